#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/fhir.h"

static const struct fhir_element *path(const char *type, const char *name)
{
	return fhir_element_by_path(fhir_type(str_from(type)), str_from(name));
}

static void types_have_kind_and_base(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum fhir_kind kind;
		const char *base;
	} rows[] = {
		{"Patient", FHIR_RESOURCE, "DomainResource"},      {"Bundle", FHIR_RESOURCE, "Resource"},
		{"Parameters", FHIR_RESOURCE, "Resource"},         {"ValueSet", FHIR_RESOURCE, "DomainResource"},
		{"code", FHIR_PRIMITIVE, "string"},                {"canonical", FHIR_PRIMITIVE, "uri"},
		{"positiveInt", FHIR_PRIMITIVE, "integer"},        {"boolean", FHIR_PRIMITIVE, "Element"},
		{"xhtml", FHIR_PRIMITIVE, "Element"},              {"HumanName", FHIR_COMPLEX, "Element"},
		{"Age", FHIR_COMPLEX, "Quantity"},                 {"Dosage", FHIR_COMPLEX, "BackboneElement"},
		{"Patient.contact", FHIR_BACKBONE, "BackboneElement"}, {"Timing.repeat", FHIR_BACKBONE, "Element"},
		{"Bundle.entry.request", FHIR_BACKBONE, "BackboneElement"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct fhir_type *t = fhir_type(str_from(rows[i].name));
		assert_non_null(t);
		assert_int_equal(t->kind, rows[i].kind);
		assert_string_equal(t->base->name, rows[i].base);
	}
	assert_null(fhir_type(STR("patient")));
	assert_null(fhir_type(STR("")));
	assert_null(fhir_type(STR("MetadataResource")));
	assert_null(fhir_type(STR("SubscriptionStatus"))); /* R4B */
	assert_true(fhir_type_is(fhir_type(STR("id")), STR("string")));
	assert_true(fhir_type_is(fhir_type(STR("Patient")), STR("Resource")));
	assert_false(fhir_type_is(fhir_type(STR("Patient")), STR("Element")));
}

static void there_are_146_concrete_resources(void **state)
{
	(void)state;
	assert_int_equal(fhir_resource_type_count(), 146);
	for (size_t i = 1; i < fhir_resource_type_count(); i++)
		assert_true(strcmp(fhir_resource_type_name(i - 1), fhir_resource_type_name(i)) < 0);
	assert_true(fhir_is_resource(STR("Task")));
	assert_false(fhir_is_resource(STR("DomainResource")));
	assert_false(fhir_is_resource(STR("HumanName")));
	assert_false(fhir_is_resource(STR("Banana")));
}

static void elements_have_cardinality_and_flags(void **state)
{
	(void)state;
	static const struct {
		const char *type, *name, *of;
		uint16_t min, max;
		bool summary, modifier;
		enum fhir_binding binding;
	} rows[] = {
		{"Patient", "name", "HumanName", 0, UINT16_MAX, true, false, FHIR_BIND_NONE},
		{"Patient", "gender", "code", 0, 1, true, false, FHIR_BIND_REQUIRED},
		{"Patient", "active", "boolean", 0, 1, true, true, FHIR_BIND_NONE},
		{"Patient", "contact", "Patient.contact", 0, UINT16_MAX, false, false, FHIR_BIND_NONE},
		{"Patient", "id", "id", 0, 1, true, false, FHIR_BIND_NONE},
		{"Patient", "text", "Narrative", 0, 1, false, false, FHIR_BIND_NONE},
		{"HumanName", "id", "string", 0, 1, false, false, FHIR_BIND_NONE},
		{"Extension", "url", "uri", 1, 1, false, false, FHIR_BIND_NONE},
		{"Observation", "status", "code", 1, 1, true, true, FHIR_BIND_REQUIRED},
		{"Observation", "code", "CodeableConcept", 1, 1, true, false, FHIR_BIND_EXAMPLE},
		{"Encounter", "class", "Coding", 1, 1, true, false, FHIR_BIND_EXTENSIBLE},
		{"Questionnaire.item", "item", "Questionnaire.item", 0, UINT16_MAX, false, false, FHIR_BIND_NONE},
		{"Bundle.entry", "resource", "Resource", 0, 1, true, false, FHIR_BIND_NONE},
		{"Bundle.entry", "link", "Bundle.link", 0, UINT16_MAX, true, false, FHIR_BIND_NONE},
		{"Narrative", "div", "xhtml", 1, 1, false, false, FHIR_BIND_NONE},
		{"Timing", "repeat", "Timing.repeat", 0, 1, true, false, FHIR_BIND_NONE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct fhir_element *e = path(rows[i].type, rows[i].name);
		assert_non_null(e);
		assert_string_equal(fhir_element_type(e, 0)->name, rows[i].of);
		assert_int_equal(e->min, rows[i].min);
		assert_int_equal(e->max, rows[i].max);
		assert_int_equal(e->is_summary, rows[i].summary);
		assert_int_equal(e->is_modifier, rows[i].modifier);
		assert_int_equal(e->binding, rows[i].binding);
	}
}

static void elements_stand_in_the_order_of_the_definition(void **state)
{
	(void)state;
	static const char *const order[] = {"id", "meta", "implicitRules", "language", "text", "contained", "extension",
					    "modifierExtension", "identifier", "active", "name", "telecom", "gender"};
	const struct fhir_type *t = fhir_type(STR("Patient"));
	assert_int_equal(fhir_element_n(t), 24);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		assert_string_equal(fhir_element_at(t, i)->name, order[i]);
	assert_null(fhir_element_at(t, 24));
	const struct fhir_type *p = fhir_type(STR("date"));
	assert_int_equal(fhir_element_n(p), 2); /* id and extension: the value is the JSON value */
}

static void choices_resolve_by_json_name(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	const struct fhir_type *obs = fhir_type(STR("Observation")), *type = NULL;
	const struct fhir_element *e = fhir_element(obs, STR("valueQuantity"), &type);
	assert_non_null(e);
	assert_string_equal(e->name, "value");
	assert_string_equal(type->name, "Quantity");
	assert_true(e->is_choice);
	assert_int_equal(e->type_count, 11);
	assert_true(str_is(fhir_element_json_name(a, e, fhir_type(STR("dateTime"))), "valueDateTime"));
	assert_null(fhir_element(obs, STR("value"), &type));
	assert_null(fhir_element(obs, STR("valueAddress"), &type));
	assert_null(fhir_element(obs, STR("valuequantity"), &type));
	assert_ptr_equal(fhir_element_by_path(obs, STR("value")), e);
	assert_null(fhir_element_by_path(obs, STR("valueQuantity")));
	assert_int_equal(path("Extension", "value")->type_count, 50);
	assert_non_null(fhir_element(fhir_type(STR("Extension")), STR("valueBase64Binary"), &type));
	assert_string_equal(type->name, "base64Binary");
	arena_destroy(a);
}

/* Every name of every type finds its element: the hash of the generator and of the lookup agree. */
static void every_element_is_found(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	for (size_t r = 0; r < fhir_resource_type_count(); r++) {
		const struct fhir_type *t = fhir_type(str_from(fhir_resource_type_name(r))), *found = NULL;
		for (size_t i = 0; i < fhir_element_n(t); i++) {
			const struct fhir_element *e = fhir_element_at(t, i);
			assert_ptr_equal(fhir_element_by_path(t, str_from(e->name)), e);
			for (size_t k = 0; k < e->type_count; k++) {
				const struct fhir_type *of = fhir_element_type(e, k);
				assert_ptr_equal(fhir_element(t, fhir_element_json_name(a, e, of), &found), e);
				assert_ptr_equal(found, of);
			}
		}
	}
	arena_destroy(a);
}

static void references_know_their_targets(void **state)
{
	(void)state;
	struct str t;
	assert_true(fhir_element_targets(path("Encounter", "subject"), 0, &t));
	assert_true(str_is(t, "Group Patient"));
	assert_true(fhir_element_targets(path("RelatedPerson", "patient"), 0, &t));
	assert_true(str_is(t, "Patient"));
	assert_false(fhir_element_targets(path("Task", "focus"), 0, &t)); /* any */
	assert_false(fhir_element_targets(path("Patient", "name"), 0, &t));
	assert_true(fhir_element_targets(path("QuestionnaireResponse", "questionnaire"), 0, &t));
	assert_true(str_is(t, "Questionnaire"));
}

static void patient_search_parameters_are_cut_down(void **state)
{
	(void)state;
	static const struct {
		const char *type, *code;
		enum fhir_search_type kind;
		const char *expression, *targets;
	} rows[] = {
		{"Patient", "family", FHIR_SEARCH_STRING, "Patient.name.family", ""},
		{"Patient", "birthdate", FHIR_SEARCH_DATE, "Patient.birthDate", ""},
		{"Patient", "email", FHIR_SEARCH_TOKEN, "Patient.telecom.where(system='email')", ""},
		{"Patient", "deceased", FHIR_SEARCH_TOKEN, "Patient.deceased.exists() and Patient.deceased != false", ""},
		{"Patient", "general-practitioner", FHIR_SEARCH_REFERENCE, "Patient.generalPractitioner",
		 "Organization Practitioner PractitionerRole"},
		{"Patient", "_id", FHIR_SEARCH_TOKEN, "Resource.id", ""},
		{"Bundle", "_lastUpdated", FHIR_SEARCH_DATE, "Resource.meta.lastUpdated", ""},
		{"Observation", "code", FHIR_SEARCH_TOKEN, "Observation.code", ""},
		{"Encounter", "patient", FHIR_SEARCH_REFERENCE, "Encounter.subject.where(resolve() is Patient)", "Patient"},
		{"Observation", "value-quantity", FHIR_SEARCH_QUANTITY,
		 "(Observation.value as Quantity) | (Observation.value as SampledData)", ""},
		{"ValueSet", "context", FHIR_SEARCH_TOKEN, "(ValueSet.useContext.value as CodeableConcept)", ""},
		{"InsurancePlan", "name", FHIR_SEARCH_STRING, "name | alias", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct fhir_search_param *p = fhir_search_param(str_from(rows[i].type), str_from(rows[i].code));
		assert_non_null(p);
		assert_int_equal(p->type, rows[i].kind);
		assert_string_equal(p->expression, rows[i].expression);
		assert_string_equal(p->targets, rows[i].targets);
	}
	const struct fhir_search_param *const *list;
	assert_int_equal(fhir_search_params(STR("Patient"), &list), 32);
	assert_null(fhir_search_param(STR("Patient"), STR("banana")));
	assert_null(fhir_search_param(STR("Banana"), STR("_id")));
	assert_null(fhir_search_param(STR("Bundle"), STR("_text"))); /* of DomainResource */
}

/* Each component names another parameter of the same type, and there are at least two. */
static void composites_name_their_components(void **state)
{
	(void)state;
	size_t seen = 0;
	for (size_t r = 0; r < fhir_resource_type_count(); r++) {
		struct str type = str_from(fhir_resource_type_name(r));
		const struct fhir_search_param *const *list;
		size_t n = fhir_search_params(type, &list);
		for (size_t i = 0; i < n; i++) {
			struct str rest = str_from(list[i]->components), one;
			size_t parts = 0;
			while (list[i]->type == FHIR_SEARCH_COMPOSITE && str_next(&rest, ' ', &one)) {
				ptrdiff_t hash = str_find_char(one, '#');
				assert_true(hash > 0 && (size_t)hash + 1 < one.n);
				assert_non_null(fhir_search_param(type, str_sub(one, 0, (size_t)hash)));
				parts++;
			}
			assert_true(list[i]->type == FHIR_SEARCH_COMPOSITE ? parts >= 2 : *list[i]->components == 0);
			seen += parts != 0;
		}
	}
	assert_int_equal(seen, 72);
}

static void compartments_name_the_parameters(void **state)
{
	(void)state;
	assert_string_equal(fhir_compartment(STR("Patient"), STR("Observation")), "subject performer");
	assert_string_equal(fhir_compartment(STR("Patient"), STR("RelatedPerson")), "patient");
	assert_string_equal(fhir_compartment(STR("Patient"), STR("Patient")), "link");
	assert_string_equal(fhir_compartment(STR("Encounter"), STR("Encounter")), "");
	assert_string_equal(fhir_compartment(STR("Device"), STR("Device")), "");
	assert_string_equal(fhir_compartment(STR("Practitioner"), STR("Encounter")), "practitioner participant");
	assert_null(fhir_compartment(STR("Patient"), STR("Practitioner")));
	assert_null(fhir_compartment(STR("Patient"), STR("Banana")));
	assert_null(fhir_compartment(STR("Organization"), STR("Patient")));
}

static void value_sets_are_known_or_said_to_be_unknown(void **state)
{
	(void)state;
	static const struct {
		const char *url, *system, *code;
		enum fhir_in in;
	} rows[] = {
		{"http://hl7.org/fhir/ValueSet/administrative-gender", NULL, "female", FHIR_IN_YES},
		{"http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1", NULL, "femail", FHIR_IN_NO},
		{"http://hl7.org/fhir/ValueSet/administrative-gender", "http://hl7.org/fhir/administrative-gender", "male", FHIR_IN_YES},
		{"http://hl7.org/fhir/ValueSet/administrative-gender", "http://example.org/sex", "male", FHIR_IN_NO},
		{"http://hl7.org/fhir/ValueSet/issue-type", NULL, "too-costly", FHIR_IN_YES}, /* a child concept */
		{"http://hl7.org/fhir/ValueSet/task-intent", NULL, "unknown", FHIR_IN_YES},
		{"http://hl7.org/fhir/ValueSet/task-intent", NULL, "order", FHIR_IN_YES},
		{"http://hl7.org/fhir/ValueSet/care-plan-intent", NULL, "directive", FHIR_IN_NO}, /* the system has it */
		{"http://hl7.org/fhir/ValueSet/resource-types", NULL, "Task", FHIR_IN_YES},
		{"http://hl7.org/fhir/ValueSet/ucum-units", NULL, "mg", FHIR_IN_UNKNOWN},
		{"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "EMER",
		 FHIR_IN_YES}, /* by an is-a filter */
		{"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", "http://terminology.hl7.org/CodeSystem/v3-ActCode",
		 "_ActEncounterCode", FHIR_IN_NO}, /* excluded */
		{"http://hl7.org/fhir/ValueSet/event-timing", NULL, "ACM", FHIR_IN_YES},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint16_t set = fhir_value_set_find(str_from(rows[i].url));
		assert_int_not_equal(set, UINT16_MAX);
		assert_int_equal(fhir_value_set_has(set, rows[i].system ? str_from(rows[i].system) : STR_NONE, str_from(rows[i].code)),
				 rows[i].in);
	}
	assert_int_equal(fhir_value_set_find(STR("http://example.org/none")), UINT16_MAX);
	uint16_t gender = path("Patient", "gender")->value_set;
	assert_string_equal(fhir_value_set_url(gender), "http://hl7.org/fhir/ValueSet/administrative-gender");
	assert_int_equal(fhir_value_set_n(gender), 4);
	struct fhir_code code;
	assert_true(fhir_value_set_code(gender, 0, &code));
	assert_string_equal(code.code, "male"); /* in the order of the value set, not of the alphabet */
	assert_string_equal(code.display, "Male");
	assert_false(fhir_value_set_code(gender, 4, &code));
}

static void invariants_stand_where_they_are_said(void **state)
{
	(void)state;
	const struct fhir_invariant *v = fhir_element_invariant(path("Patient", "contact"), 0);
	assert_non_null(v);
	assert_string_equal(v->key, "pat-1");
	assert_string_equal(v->expression, "name.exists() or telecom.exists() or address.exists() or organization.exists()");
	assert_int_equal(v->severity, FHIR_ERROR);
	assert_null(fhir_element_invariant(path("Patient", "contact"), 1));
	assert_null(fhir_element_invariant(path("Patient", "name"), 0));
	assert_null(fhir_type_invariant(fhir_type(STR("Patient")), 0));
	const struct fhir_type *domain = fhir_type(STR("DomainResource"));
	assert_string_equal(fhir_type_invariant(domain, 0)->key, "dom-2");
	bool best = false;
	for (size_t i = 0; i < domain->invariant_count; i++)
		best |= strcmp(fhir_type_invariant(domain, i)->key, "dom-6") == 0 && fhir_type_invariant(domain, i)->best_practice;
	assert_true(best);
	assert_string_equal(fhir_type_invariant(fhir_type(STR("Period")), 0)->key, "per-1");
	assert_string_equal(fhir_type_invariant(fhir_type(STR("Extension")), 0)->key, "ext-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_have_kind_and_base),
		cmocka_unit_test(there_are_146_concrete_resources),
		cmocka_unit_test(elements_have_cardinality_and_flags),
		cmocka_unit_test(elements_stand_in_the_order_of_the_definition),
		cmocka_unit_test(choices_resolve_by_json_name),
		cmocka_unit_test(every_element_is_found),
		cmocka_unit_test(references_know_their_targets),
		cmocka_unit_test(patient_search_parameters_are_cut_down),
		cmocka_unit_test(composites_name_their_components),
		cmocka_unit_test(compartments_name_the_parameters),
		cmocka_unit_test(value_sets_are_known_or_said_to_be_unknown),
		cmocka_unit_test(invariants_stand_where_they_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
