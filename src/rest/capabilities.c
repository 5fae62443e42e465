#include "rest/internal.h"

static struct json *coded(struct arena *a, const char *name, const char *code)
{
	struct json *o = json_object(a);
	json_setz(a, o, name, json_stringz(a, code));
	return o;
}

static struct json *codes(struct arena *a, const char *name, const char *const *list, size_t n)
{
	struct json *array = json_array(a);
	for (size_t i = 0; i < n; i++)
		json_push(a, array, coded(a, name, list[i]));
	return array;
}

static const char *search_type(enum fhir_search_type t)
{
	static const char *const names[] = {"number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"};
	return names[t];
}

/* Only what the store has rows for. */
static struct json *search_params(struct arena *a, struct str type)
{
	const struct fhir_search_param *const *list;
	size_t n = fhir_search_params(type, &list);
	struct json *array = json_array(a);
	for (size_t i = 0; i < n; i++) {
		if (list[i]->type == FHIR_SEARCH_COMPOSITE || list[i]->type == FHIR_SEARCH_SPECIAL || list[i]->code[0] == '_')
			continue;
		struct json *p = coded(a, "name", list[i]->code);
		json_setz(a, p, "type", json_stringz(a, search_type(list[i]->type)));
		json_push(a, array, p);
	}
	struct json *id = coded(a, "name", "_id"), *updated = coded(a, "name", "_lastUpdated");
	json_setz(a, id, "type", json_stringz(a, "token"));
	json_setz(a, updated, "type", json_stringz(a, "date"));
	json_push(a, array, id);
	json_push(a, array, updated);
	return array;
}

static struct json *some_params(struct arena *a, const char *const (*list)[2], size_t n)
{
	struct json *array = json_array(a);
	for (size_t i = 0; i < n; i++) {
		struct json *p = coded(a, "name", list[i][0]);
		json_setz(a, p, "type", json_stringz(a, list[i][1]));
		json_push(a, array, p);
	}
	return array;
}

static void describe_writable(struct arena *a, struct json *r, struct json *params)
{
	static const char *const all[] = {"read", "vread", "update", "patch", "delete", "history-instance", "create", "search-type"};
	json_setz(a, r, "interaction", codes(a, "code", all, sizeof all / sizeof *all));
	json_setz(a, r, "versioning", json_stringz(a, "versioned-update"));
	json_setz(a, r, "readHistory", json_bool(a, true));
	json_setz(a, r, "updateCreate", json_bool(a, true));
	json_setz(a, r, "conditionalCreate", json_bool(a, true));
	json_setz(a, r, "conditionalRead", json_stringz(a, "not-match"));
	json_setz(a, r, "conditionalUpdate", json_bool(a, true));
	json_setz(a, r, "conditionalDelete", json_stringz(a, "single"));
	json_setz(a, r, "searchParam", params);
	struct json *validate = coded(a, "name", "validate");
	json_setz(a, validate, "definition", json_stringz(a, "http://hl7.org/fhir/OperationDefinition/Resource-validate"));
	struct json *operations = json_array(a);
	json_push(a, operations, validate);
	json_setz(a, r, "operation", operations);
}

/* AuditEvents are rows of the ledger. */
static void describe_audit(struct arena *a, struct json *r)
{
	static const char *const some[] = {"read", "search-type"}, *const params[][2] = {{"patient", "reference"}};
	json_setz(a, r, "interaction", codes(a, "code", some, 2));
	json_setz(a, r, "versioning", json_stringz(a, "no-version"));
	json_setz(a, r, "searchParam", some_params(a, params, 1));
}

static void add_everything(struct arena *a, struct json *r)
{
	struct json *everything = coded(a, "name", "everything");
	json_setz(a, everything, "definition", json_stringz(a, "http://hl7.org/fhir/OperationDefinition/Patient-everything"));
	json_push(a, json_getz(r, "operation"), everything);
}

static struct json *describe(struct rest *r, struct arena *a, const char *name)
{
	static const char *const of_pack[][2] = {{"_id", "token"}, {"url", "uri"}, {"name", "string"}};
	struct json *j = coded(a, "type", name);
	if (str_is(STR("AuditEvent"), name))
		describe_audit(a, j);
	else if (searched_as_definition(r, str_from(name)))
		describe_writable(a, j, some_params(a, of_pack, 3));
	else
		describe_writable(a, j, search_params(a, str_from(name)));
	if (str_is(STR("Patient"), name))
		add_everything(a, j);
	return j;
}

static struct json *rest_of(struct rest *r, struct arena *a)
{
	static const char *const whole[] = {"transaction", "batch"};
	struct json *rest = coded(a, "mode", "server"), *security = json_object(a), *resources = json_array(a), *array = json_array(a);
	json_setz(a, security, "cors", json_bool(a, false));
	json_setz(a, security, "description",
		  json_stringz(a, "Bearer tokens with SMART scopes (user/Patient.read, system/*.*). Every read is recorded before it is answered."));
	json_setz(a, rest, "security", security);
	for (size_t i = 0; i < fhir_resource_type_count(); i++)
		json_push(a, resources, describe(r, a, fhir_resource_type_name(i)));
	json_setz(a, rest, "resource", resources);
	json_setz(a, rest, "interaction", codes(a, "code", whole, 2));
	struct json *compartments = json_array(a);
	json_push(a, compartments, json_stringz(a, "http://hl7.org/fhir/CompartmentDefinition/patient"));
	json_setz(a, rest, "compartment", compartments);
	json_push(a, array, rest);
	return array;
}

struct str capabilities_text(struct rest *r, struct arena *a)
{
	struct json *c = coded(a, "resourceType", "CapabilityStatement"), *formats = json_array(a), *software = coded(a, "name", "Heed");
	json_setz(a, c, "status", json_stringz(a, "active"));
	json_set_str(a, c, "date", date_instant(a, env_now_us(r->config.env)));
	json_setz(a, c, "kind", json_stringz(a, "instance"));
	json_setz(a, software, "version", json_stringz(a, "0.1.0"));
	json_setz(a, c, "software", software);
	struct json *implementation = coded(a, "description", "Heed, a multi-agency child-safeguarding record");
	json_setz(a, c, "implementation", implementation);
	json_setz(a, c, "fhirVersion", json_stringz(a, "4.0.1"));
	json_push(a, formats, json_stringz(a, "application/fhir+json"));
	json_push(a, formats, json_stringz(a, "json"));
	json_setz(a, c, "format", formats);
	struct json *patches = json_array(a);
	json_push(a, patches, json_stringz(a, "application/json-patch+json"));
	json_push(a, patches, json_stringz(a, "application/fhir+json"));
	json_setz(a, c, "patchFormat", patches);
	json_setz(a, c, "rest", rest_of(r, a));
	return json_to_str(a, c);
}

void do_capabilities(struct call *c)
{
	call_json(c, 200, c->rest->capabilities);
}
