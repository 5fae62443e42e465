/* "Not recorded, ask": what a record must know of anybody (language, interpreter, ethnicity, religion, phone), in one place. */
#include "web/page.h"

#define INTERPRETER "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
#define RELIGION "http://hl7.org/fhir/StructureDefinition/patient-religion"
#define ETHNICITY "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
#define ETHNICITY_SYSTEM "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland"

static struct str language_of(struct visit *v)
{
	const struct json *list = json_getz(v->patient, "communication");
	return concept_text(v, json_getz(json_at(list, 0), "language"));
}

static void ethnicities(struct visit *v, struct facts_form_view *view, struct str chosen)
{
	const struct json *codes = pack_value_set(v->w->c.pack, STR(HEED_BASE_URL "/ValueSet/ethnic-category"));
	struct choice *c = ARENA_ARRAY(v->a, struct choice, json_n(codes) + 1);
	size_t n = 0;
	c[n++] = (struct choice){STR(""), STR("Not asked yet"), !chosen.n};
	for (size_t i = 0; i < json_n(codes); i++) {
		struct str code = json_str(json_at(codes, i), "code");
		c[n++] = (struct choice){code, pack_display(v->w->c.pack, STR(ETHNICITY_SYSTEM), code), str_eq(code, chosen)};
	}
	view->ethnicity = c;
	view->ethnicity_count = n;
}

static void show(struct visit *v, struct facts_form_view *view, int status)
{
	view->id = v->q->params[0];
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", what to ask")), PART_PEOPLE);
	v->frame.error = view->phone_error.n > 0;
	view_facts_form(&v->h, &v->frame, view);
	page_send(v, status);
}

static bool begin(struct visit *v, struct doc *d)
{
	return visit_person(v, v->q->params[0]) && visit_may_write(v, "Patient") && doc_get(v, v->person, d);
}

void page_facts(struct visit *v)
{
	struct doc d;
	if (!begin(v, &d))
		return;
	const struct json *interpreter = json_getz(extension(v->patient, "patient-interpreterRequired"), "valueBoolean");
	const struct json *ethnicity = json_getz(extension(v->patient, "Extension-UKCore-EthnicCategory"), "valueCodeableConcept");
	struct facts_form_view view = {.language = language_of(v),
				       .religion = concept_text(v, json_getz(extension(v->patient, "patient-religion"), "valueCodeableConcept")),
				       .phone = json_str(json_at(json_getz(v->patient, "telecom"), 0), "value"),
				       .interpreter = interpreter ? json_true(interpreter) ? STR("true") : STR("false") : STR(""),
				       .once = str_printf(v->a, "%lld", (long long)d.r.version)};
	ethnicities(v, &view, coding_code(ethnicity));
	show(v, &view, 200);
}

/* ---- saving ---- */

static struct json *list_in(struct visit *v, struct json *patient, const char *name)
{
	struct json *list = json_getz(patient, name);
	if (!list) {
		list = json_array(v->a);
		json_setz(v->a, patient, name, list);
	}
	return list;
}

static struct json *extension_in(struct visit *v, struct json *patient, const char *url)
{
	struct json *list = list_in(v, patient, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), url))
			return json_at(list, i);
	struct json *x = json_object(v->a);
	json_setz(v->a, x, "url", json_stringz(v->a, url));
	json_push(v->a, list, x);
	return x;
}

static struct json *text_concept(struct visit *v, struct str text)
{
	struct json *concept = json_object(v->a);
	json_set_str(v->a, concept, "text", text);
	return concept;
}

static void set_language(struct visit *v, struct json *patient, struct str text)
{
	if (!text.n || str_eq(text, language_of(v)))
		return;
	struct json *list = json_array(v->a), *one = json_object(v->a);
	json_setz(v->a, one, "language", text_concept(v, text));
	json_setz(v->a, one, "preferred", json_bool(v->a, true));
	json_push(v->a, list, one);
	json_setz(v->a, patient, "communication", list);
}

static void set_ethnicity(struct visit *v, struct json *patient, struct str code)
{
	if (!code.n)
		return;
	struct json *concept = json_object(v->a), *codings = json_array(v->a), *coding = json_object(v->a);
	json_set_str(v->a, coding, "system", STR(ETHNICITY_SYSTEM));
	json_set_str(v->a, coding, "code", code);
	json_set_str(v->a, coding, "display", pack_display(v->w->c.pack, STR(ETHNICITY_SYSTEM), code));
	json_push(v->a, codings, coding);
	json_setz(v->a, concept, "coding", codings);
	json_setz(v->a, extension_in(v, patient, ETHNICITY), "valueCodeableConcept", concept);
}

static void set_phone(struct visit *v, struct json *patient, struct str number)
{
	struct json *list = json_getz(patient, "telecom");
	if (!number.n || str_eq(number, json_str(json_at(list, 0), "value")))
		return;
	struct json *fresh = json_array(v->a), *one = json_object(v->a);
	json_set_str(v->a, one, "system", STR("phone"));
	json_set_str(v->a, one, "value", number);
	json_push(v->a, fresh, one);
	for (size_t i = 0; i < json_n(list); i++) /* the older ones stay, after it */
		json_push(v->a, fresh, json_at(list, i));
	json_setz(v->a, patient, "telecom", fresh);
}

static bool phone_ok(struct str s)
{
	size_t digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';
		digits += digit;
		if (!digit && s.p[i] != ' ' && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '(' && s.p[i] != ')')
			return false;
	}
	return s.n == 0 || (digits >= 6 && s.n <= 40);
}

static bool ethnicity_ok(struct visit *v, struct str code)
{
	return !code.n || pack_value_set_has(v->w->c.pack, STR(HEED_BASE_URL "/ValueSet/ethnic-category"), STR(ETHNICITY_SYSTEM), code) ==
				FHIR_IN_YES;
}

/* At most 100 bytes, never half a character. */
static struct str brief(struct str s)
{
	s = str_trim(s);
	size_t n = s.n < 100 ? s.n : 100;
	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_sub(s, 0, n);
}

static struct json *changed(struct visit *v)
{
	struct json *patient = json_clone_deep(v->a, v->patient);
	struct str religion = brief(field(v, "religion")), interpreter = field(v, "interpreter");
	set_language(v, patient, brief(field(v, "language")));
	if (str_is(interpreter, "true") || str_is(interpreter, "false"))
		json_setz(v->a, extension_in(v, patient, INTERPRETER), "valueBoolean", json_bool(v->a, str_is(interpreter, "true")));
	if (religion.n)
		json_setz(v->a, extension_in(v, patient, RELIGION), "valueCodeableConcept", text_concept(v, religion));
	set_ethnicity(v, patient, field(v, "ethnicity"));
	set_phone(v, patient, str_trim(field(v, "phone")));
	return patient;
}

void page_facts_saved(struct visit *v)
{
	struct doc d;
	struct err e = ERR_INIT;
	if (!begin(v, &d))
		return;
	if (!phone_ok(str_trim(field(v, "phone"))) || !ethnicity_ok(v, field(v, "ethnicity"))) {
		struct facts_form_view view = {.language = field(v, "language"), .religion = field(v, "religion"), .phone = field(v, "phone"),
					       .interpreter = field(v, "interpreter"), .once = field(v, "once"),
					       .phone_error = STR("Type a phone number with digits and spaces, for example 01632 960001")};
		ethnicities(v, &view, field(v, "ethnicity"));
		show(v, &view, 422);
		return;
	}
	int64_t seen = 0;
	str_to_i64(field(v, "once"), &seen);
	struct put_result result;
	struct put put = {.method = STORE_UPDATE, .type = STR("Patient"), .id = d.r.id, .body = changed(v), .if_version = seen > 0 ? seen : d.r.version};
	if (visit_commit(v, &put, &result, 1, &e))
		page_go(v, str_printf(v->a, "/p/%.*s?saved=1", STR_ARG(d.r.id)));
	else if (e.code == ERR_PRECONDITION)
		page_error(v, 409, "Somebody else wrote here first", STR("While you were asking, this person’s facts were changed by somebody else. Nothing of theirs was lost."),
			   "Open the page again: what is there now may be what you wanted to write.");
	else
		page_err(v, &e);
}
