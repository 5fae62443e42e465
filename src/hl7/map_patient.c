/* PID, PD1 and NK1: a person, and the people round them. HL7 UK and NHS ITK senders' habits are named where they differ. */
#include "hl7/map.h"

#define UKCORE "https://fhir.hl7.org.uk/StructureDefinition/"
#define ABSENT "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
#define INLINE_LABEL "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"

static struct str part(struct mapping *x, struct place at, int repetition, int component)
{
	return str_trim(hl7_get(x->m, at.segment, at.field, repetition, component, 1));
}

static struct json *text_json(struct mapping *x, struct str s)
{
	return json_string(x->arena, s);
}

static struct json *extension(struct mapping *x, const char *url, const char *value, struct json *v)
{
	struct json *one = json_object(x->arena);
	json_setz(x->arena, one, "url", json_stringz(x->arena, url));
	json_setz(x->arena, one, value, v);
	return one;
}

/* HL7's explicit null: what was there has ended. */
static struct json *ended(struct mapping *x)
{
	struct json *one = json_object(x->arena);
	map_push(x, one, "extension", extension(x, ABSENT, "valueCode", json_stringz(x->arena, "not-applicable")));
	return one;
}

/* ---- data types ---- */

static void push_words(struct mapping *x, struct json *name, const char *element, struct str words)
{
	struct str word;
	while (str_next(&words, ' ', &word))
		if (word.n)
			map_push(x, name, element, text_json(x, word));
}

struct json *map_name(struct mapping *x, struct place at, int repetition)
{
	struct str family = part(x, at, repetition, 1), given = part(x, at, repetition, 2), middle = part(x, at, repetition, 3);
	if (hl7_is_null(family) || (!family.n && !given.n))
		return NULL;
	struct json *name = json_object(x->arena);
	struct str use = part(x, at, repetition, 7);
	const char *known = hl7_table_find(HL7_NAME_USE, use, NULL);
	json_setz(x->arena, name, "use", json_stringz(x->arena, known ? known : "usual"));
	json_set_str(x->arena, name, "family", family.n ? family : STR_NONE);
	if (given.n && !hl7_is_null(given))
		map_push(x, name, "given", text_json(x, given));
	if (!hl7_is_null(middle))
		push_words(x, name, "given", middle);
	struct str prefix = part(x, at, repetition, 5), suffix = part(x, at, repetition, 4);
	if (prefix.n && !hl7_is_null(prefix))
		map_push(x, name, "prefix", text_json(x, prefix));
	if (suffix.n && !hl7_is_null(suffix))
		map_push(x, name, "suffix", text_json(x, suffix));
	return name;
}

struct json *map_address(struct mapping *x, struct place at, int repetition)
{
	static const struct {
		int component;
		const char *element;
	} parts[] = {{3, "city"}, {9, "district"}, {4, "state"}, {5, "postalCode"}, {6, "country"}};
	const char *use = hl7_table_find(HL7_ADDRESS_USE, part(x, at, repetition, 7), NULL);
	struct json *address = json_object(x->arena);
	if (hl7_is_null(part(x, at, repetition, 1)))
		return ended(x);
	if (use && !*use)
		return NULL;
	for (int c = 1; c <= 2; c++) {
		struct str line = part(x, at, repetition, c);
		if (line.n && !hl7_is_null(line))
			map_push(x, address, "line", text_json(x, line));
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct str value = part(x, at, repetition, parts[i].component);
		if (value.n && !hl7_is_null(value))
			json_set_str(x->arena, address, parts[i].element, value);
	}
	if (!address->n)
		return NULL;
	json_put_first(x->arena, address, STR("use"), json_stringz(x->arena, use ? use : "home"));
	return address;
}

struct json *map_telecom(struct mapping *x, struct place at, int repetition, const char *use)
{
	struct str value = part(x, at, repetition, 1), kind = part(x, at, repetition, 3), email = part(x, at, repetition, 4);
	if (hl7_is_null(value))
		return ended(x);
	if (!value.n)
		value = email.n ? email : part(x, at, repetition, 12);
	if (!value.n)
		return NULL;
	const char *system = str_eq(value, email) ? "email" : hl7_table_find(HL7_TELECOM_SYSTEM, kind, NULL);
	if (str_is(part(x, at, repetition, 2), "NET"))
		system = "email";
	struct json *telecom = json_object(x->arena);
	json_setz(x->arena, telecom, "system", json_stringz(x->arena, system ? system : "phone"));
	json_set_str(x->arena, telecom, "value", value);
	json_setz(x->arena, telecom, "use", json_stringz(x->arena, str_is(kind, "CP") ? "mobile" : use));
	return telecom;
}

/* ---- identifiers ---- */

/* NHS numbers come as ^^^NHS, ^^^^NH, ^^^^NNGBR (table 0203, NNxxx) or with the OID of the number. */
static bool says_nhs(struct mapping *x, struct place at, int repetition)
{
	struct str authority = part(x, at, repetition, 4), type = part(x, at, repetition, 5);
	struct str oid = hl7_get(x->m, at.segment, at.field, repetition, 4, 2);
	return str_is(authority, "NHS") || str_starts(authority, STR("NHSNBR")) || str_is(type, "NH") || str_is(type, "NHS") ||
	       str_is(type, "NNGBR") || str_is(type, "NNNGBR") || str_is(oid, "2.16.840.1.113883.2.1.4.1");
}

static struct str local_system(struct mapping *x, struct place at, int repetition)
{
	struct str authority = part(x, at, repetition, 4), type = part(x, at, repetition, 5);
	struct str oid = hl7_get(x->m, at.segment, at.field, repetition, 4, 2);
	if (str_is(hl7_get(x->m, at.segment, at.field, repetition, 4, 3), "ISO") && oid.n)
		return str_printf(x->arena, "urn:oid:%.*s", STR_ARG(oid));
	if (!authority.n)
		authority = hl7_field(x->m, x->m->segments, 4);
	struct str path = map_url_part(x, authority);
	return type.n ? str_printf(x->arena, SID "%.*s/%.*s", STR_ARG(path), STR_ARG(map_url_part(x, type))) :
			str_printf(x->arena, SID "%.*s", STR_ARG(path));
}

/* PID-32 of ITK senders: how well the number was traced (NSTS01 is verified). */
static struct json *trace_status(struct mapping *x)
{
	const struct hl7_segment *pid = hl7_segment(x->m, "PID", 0);
	struct str status = hl7_field(x->m, pid, 32);
	bool verified = str_is(status, "NSTS01") || str_is(status, "01");
	struct json *coding = map_coding(x, "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland",
					 verified ? STR("number-present-and-verified") : STR("number-present-but-not-traced"), NULL);
	return extension(x, UKCORE "Extension-UKCore-NHSNumberVerificationStatus", "valueCodeableConcept", map_concept(x, coding));
}

/* A number that fails its check digit is kept as what was sent, never as an NHS number. */
static struct json *nhs_identifier(struct mapping *x, struct str value)
{
	char digits[11];
	struct json *id = json_object(x->arena);
	if (!nhs_number_ok(value, digits)) {
		json_setz(x->arena, id, "use", json_stringz(x->arena, "temp"));
		json_setz(x->arena, id, "system", json_stringz(x->arena, SID "nhs-number-as-sent"));
		json_set_str(x->arena, id, "value", value);
		return id;
	}
	map_push(x, id, "extension", trace_status(x));
	json_setz(x->arena, id, "system", json_stringz(x->arena, NHS_NUMBER_SYSTEM));
	json_set_str(x->arena, id, "value", str_dup(x->arena, (struct str){digits, 10}));
	return id;
}

static bool placeholder_number(struct str s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return false;
	return s.n == 0 || hl7_is_null(s) || s.n > 6;
}

bool map_identifiers(struct mapping *x, struct place at, struct json *resource, struct err *e)
{
	size_t n = hl7_repetitions(x->m, at.segment, at.field);
	if (n > 100)
		return err_set(e, ERR_TOO_LARGE, "%zu identifiers", n), map_refuse(e, at);
	for (int r = 1; r <= (int)n; r++) {
		struct str value = part(x, at, r, 1);
		bool nhs = says_nhs(x, at, r);
		if (!value.n || hl7_is_null(value) || (nhs && placeholder_number(value)))
			continue;
		struct json *id = json_object(x->arena);
		if (nhs) {
			id = nhs_identifier(x, value);
		} else {
			json_set_str(x->arena, id, "system", local_system(x, at, r));
			json_set_str(x->arena, id, "value", value);
		}
		map_push(x, resource, "identifier", id);
	}
	return true;
}

/* PID-2 and PID-4 of old senders are local numbers, too. */
static void old_identifiers(struct mapping *x, const struct hl7_segment *pid, struct json *patient)
{
	struct str value = part(x, (struct place){pid, 2}, 1, 1);
	char digits[11];
	if (json_getz(patient, "identifier") || !value.n || hl7_is_null(value))
		return;
	struct json *id = json_object(x->arena);
	if (nhs_number_ok(value, digits)) {
		id = nhs_identifier(x, value);
	} else {
		json_set_str(x->arena, id, "system", local_system(x, (struct place){pid, 2}, 1));
		json_set_str(x->arena, id, "value", value);
	}
	map_push(x, patient, "identifier", id);
}

/* ---- parts of the Patient ---- */

typedef struct json *(*data_type)(struct mapping *x, struct place at, int repetition);

static bool repeated(struct mapping *x, struct place at, struct json *resource, const char *element, data_type map_one, struct err *e)
{
	size_t n = hl7_repetitions(x->m, at.segment, at.field);
	if (n > 50)
		return err_set(e, ERR_TOO_LARGE, "%zu repetitions, where 50 are taken", n), map_refuse(e, at);
	for (int r = 1; r <= (int)n; r++)
		map_push(x, resource, element, map_one(x, at, r));
	return true;
}

static struct json *home_telecom(struct mapping *x, struct place at, int repetition)
{
	return map_telecom(x, at, repetition, "home");
}

static struct json *work_telecom(struct mapping *x, struct place at, int repetition)
{
	struct json *telecom = map_telecom(x, at, repetition, "work");
	return json_getz(telecom, "value") ? telecom : NULL; /* a null of the work number says nothing of the others */
}

static struct json *alias(struct mapping *x, struct place at, int repetition)
{
	struct json *name = map_name(x, at, repetition);
	if (name)
		json_setz(x->arena, name, "use", json_stringz(x->arena, "nickname"));
	return name;
}

static bool map_sex(struct mapping *x, struct place at, struct json *resource, struct err *e)
{
	struct str code = part(x, at, 1, 1);
	if (!code.n || hl7_is_null(code))
		return true;
	const char *gender = hl7_table_find(HL7_SEX, code.n > 1 ? str_sub(code, 0, 1) : code, NULL);
	if (!gender)
		return err_set(e, ERR_CODE, "\"%.*s\" is not a sex of table 0001", STR_ARG(str_sub(code, 0, 20))), map_refuse(e, at);
	json_setz(x->arena, resource, "gender", json_stringz(x->arena, gender));
	return true;
}

static bool map_birth(struct mapping *x, struct place at, struct json *resource, struct err *e)
{
	struct str born;
	if (!map_date(x, at, part(x, at, 1, 1), true, &born, e))
		return false;
	json_set_str(x->arena, resource, "birthDate", born);
	return true;
}

static bool map_death(struct mapping *x, const struct hl7_segment *pid, struct json *patient, struct err *e)
{
	struct str when, dead = hl7_field(x->m, pid, 30);
	if (!map_date(x, (struct place){pid, 29}, hl7_field(x->m, pid, 29), false, &when, e))
		return false;
	if (when.n)
		json_set_str(x->arena, patient, "deceasedDateTime", when);
	else if (str_is(dead, "Y") || str_is(dead, "N"))
		json_setz(x->arena, patient, "deceasedBoolean", json_bool(x->arena, str_is(dead, "Y")));
	return true;
}

static void map_multiple_birth(struct mapping *x, const struct hl7_segment *pid, struct json *patient)
{
	int64_t order;
	struct str twin = hl7_field(x->m, pid, 24);
	if (str_to_i64(hl7_field(x->m, pid, 25), &order) && order > 0 && order < 20)
		json_setz(x->arena, patient, "multipleBirthInteger", json_int(x->arena, order));
	else if (str_is(twin, "Y") || str_is(twin, "N"))
		json_setz(x->arena, patient, "multipleBirthBoolean", json_bool(x->arena, str_is(twin, "Y")));
}

static void map_language(struct mapping *x, const struct hl7_segment *pid, struct json *patient)
{
	struct str code = part(x, (struct place){pid, 15}, 1, 1), text = part(x, (struct place){pid, 15}, 1, 2);
	if (!code.n || hl7_is_null(code))
		return;
	struct json *communication = json_object(x->arena), *language;
	if (code.n <= 3) {
		struct json *coding = map_coding(x, "urn:ietf:bcp:47", str_lower(x->arena, code), NULL);
		language = map_concept(x, coding);
	} else {
		language = json_object(x->arena);
		text = text.n ? text : code;
	}
	json_set_str(x->arena, language, "text", text.n ? text : STR_NONE);
	json_setz(x->arena, communication, "language", language);
	json_setz(x->arena, communication, "preferred", json_bool(x->arena, true));
	map_push(x, patient, "communication", communication);
}

static void map_ethnicity(struct mapping *x, const struct hl7_segment *pid, struct json *patient)
{
	struct str code = part(x, (struct place){pid, 22}, 1, 1), text = part(x, (struct place){pid, 22}, 1, 2);
	if (!code.n || hl7_is_null(code))
		return;
	struct json *coding = map_coding(x, "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland", code, NULL);
	json_set_str(x->arena, coding, "display", text.n ? text : STR_NONE);
	map_push(x, patient, "extension",
		 extension(x, UKCORE "Extension-UKCore-EthnicCategory", "valueCodeableConcept", map_concept(x, coding)));
}

static void map_marital(struct mapping *x, const struct hl7_segment *pid, struct json *patient)
{
	struct str code = part(x, (struct place){pid, 16}, 1, 1);
	const char *display = NULL, *known = hl7_table_find(HL7_MARITAL, code, &display);
	if (!code.n || !known)
		return;
	json_setz(x->arena, patient, "maritalStatus",
		  map_concept(x, map_coding(x, "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", str_from(known), display)));
}

static void map_religion(struct mapping *x, const struct hl7_segment *pid, struct json *patient)
{
	struct json *concept = map_coded(x, (struct place){pid, 17}, 1, NULL);
	if (concept)
		map_push(x, patient, "extension",
			 extension(x, "http://hl7.org/fhir/StructureDefinition/patient-religion", "valueCodeableConcept", concept));
}

/* ---- PD1: the GP, and protection ---- */

static void map_gp(struct mapping *x, struct json *patient)
{
	const struct hl7_segment *pd1 = hl7_segment(x->m, "PD1", 0);
	struct str name = part(x, (struct place){pd1, 3}, 1, 1), code = part(x, (struct place){pd1, 3}, 1, 3), display;
	if (!hl7_is_null(name) && (code.n || name.n)) {
		struct str urn = map_organization(x, code, name);
		struct json *reference = map_reference(x, urn);
		json_set_str(x->arena, reference, "display", name.n ? name : STR_NONE);
		map_push(x, patient, "generalPractitioner", reference);
	}
	struct str gp = map_practitioner(x, (struct place){pd1, 4}, 1, &display);
	if (gp.n) {
		struct json *reference = map_reference(x, gp);
		json_set_str(x->arena, reference, "display", display.n ? display : STR_NONE);
		map_push(x, patient, "generalPractitioner", reference);
	}
}

/* PD1-12 "Y", or an S flag in a ZSD: where this person lives is not for everybody. */
static bool is_protected(struct mapping *x)
{
	return str_is(hl7_field(x->m, hl7_segment(x->m, "PD1", 0), 12), "Y") || str_is(hl7_field(x->m, hl7_segment(x->m, "ZSD", 0), 1), "S");
}

static void seal(struct mapping *x, struct json *patient, const char *element)
{
	struct json *all = json_getz(patient, element);
	for (size_t i = 0; i < json_n(all); i++) {
		struct json *coding = map_coding(x, HEED_BASE_URL "/CodeSystem/label", STR("protected-address"), "Protected address");
		map_push(x, json_at(all, i), "extension", extension(x, INLINE_LABEL, "valueCoding", coding));
	}
}

static void map_protection(struct mapping *x, struct json *patient)
{
	if (!is_protected(x))
		return;
	struct json *meta = json_object(x->arena);
	map_push(x, meta, "security",
		 map_coding(x, "http://terminology.hl7.org/CodeSystem/v3-ActCode", STR("PROCESSINLINELABEL"), "process inline security label"));
	json_setz(x->arena, patient, "meta", meta);
	seal(x, patient, "address");
	seal(x, patient, "telecom");
}

/* ---- NK1 ---- */

static struct json *relationship(struct mapping *x, struct place at)
{
	struct str code = part(x, at, 1, 1), text = part(x, at, 1, 2);
	const char *display = NULL, *known = hl7_table_find(HL7_RELATIONSHIP, code, &display);
	if (!code.n && !text.n)
		return NULL;
	struct json *concept = json_object(x->arena);
	if (known)
		map_push(x, concept, "coding", map_coding(x, "http://terminology.hl7.org/CodeSystem/v3-RoleCode", str_from(known), display));
	json_set_str(x->arena, concept, "text", text.n ? text : code);
	return concept;
}

static bool map_relative(struct mapping *x, const struct hl7_segment *nk1, struct err *e)
{
	struct json *r = map_resource(x, "RelatedPerson");
	if (!repeated(x, (struct place){nk1, 2}, r, "name", map_name, e))
		return false;
	if (!json_getz(r, "name"))
		return true; /* nobody is named */
	json_setz(x->arena, r, "patient", map_reference(x, x->patient));
	map_push(x, r, "relationship", relationship(x, (struct place){nk1, 3}));
	if (!repeated(x, (struct place){nk1, 5}, r, "telecom", home_telecom, e) || !map_sex(x, (struct place){nk1, 15}, r, e) ||
	    !map_birth(x, (struct place){nk1, 16}, r, e) || !repeated(x, (struct place){nk1, 4}, r, "address", map_address, e))
		return false;
	map_add(x, r, STR_NONE);
	return true;
}

static bool map_relatives(struct mapping *x, struct err *e)
{
	for (size_t i = 0; i < 20; i++) {
		const struct hl7_segment *nk1 = hl7_segment(x->m, "NK1", i);
		if (!nk1)
			return true;
		if (!map_relative(x, nk1, e))
			return false;
	}
	return err_set(e, ERR_TOO_LARGE, "more than 20 NK1"), err_at(e, "NK1^21");
}

/* ---- the whole ---- */

bool map_patient(struct mapping *x, struct err *e)
{
	const struct hl7_segment *pid = hl7_segment(x->m, "PID", 0);
	struct json *p = map_resource(x, "Patient");
	if (!map_identifiers(x, (struct place){pid, 3}, p, e))
		return false;
	old_identifiers(x, pid, p);
	if (!repeated(x, (struct place){pid, 5}, p, "name", map_name, e) || !repeated(x, (struct place){pid, 9}, p, "name", alias, e) ||
	    !repeated(x, (struct place){pid, 13}, p, "telecom", home_telecom, e) ||
	    !repeated(x, (struct place){pid, 14}, p, "telecom", work_telecom, e) || !map_sex(x, (struct place){pid, 8}, p, e) ||
	    !map_birth(x, (struct place){pid, 7}, p, e) || !map_death(x, pid, p, e) ||
	    !repeated(x, (struct place){pid, 11}, p, "address", map_address, e))
		return false;
	if (!json_getz(p, "identifier") && !json_getz(p, "name"))
		return err_set(e, ERR_REQUIRED, "neither an identifier (PID-3) nor a name (PID-5)"), err_at(e, "PID^1^3");
	map_marital(x, pid, p);
	map_multiple_birth(x, pid, p);
	map_language(x, pid, p);
	map_ethnicity(x, pid, p);
	map_religion(x, pid, p);
	map_protection(x, p);
	map_gp(x, p);
	x->patient = map_add(x, p, STR_NONE);
	return map_relatives(x, e);
}

static bool shares_identifier(const struct json *p, const struct json *q)
{
	const struct json *ps = json_getz(p, "identifier"), *qs = json_getz(q, "identifier");
	for (size_t i = 0; i < json_n(ps); i++)
		for (size_t k = 0; k < json_n(qs); k++)
			if (str_eq(json_str(json_at(ps, i), "system"), json_str(json_at(qs, k), "system")) &&
			    str_eq(json_str(json_at(ps, i), "value"), json_str(json_at(qs, k), "value")))
				return true;
	return false;
}

static const struct json *survivor(const struct mapping *x)
{
	for (size_t i = 0; i < json_n(x->entries); i++)
		if (str_eq(json_str(json_at(x->entries, i), "fullUrl"), x->patient))
			return json_getz(json_at(x->entries, i), "resource");
	return NULL;
}

/* MRG-1: the numbers of the record that goes. */
bool map_merged(struct mapping *x, struct err *e)
{
	const struct hl7_segment *mrg = hl7_segment(x->m, "MRG", 0);
	struct json *p = map_resource(x, "Patient"), *link = json_object(x->arena);
	if (!mrg)
		return err_set(e, ERR_REQUIRED, "a merge without MRG"), err_at(e, "MRG");
	if (hl7_segment(x->m, "MRG", 1))
		return err_set(e, ERR_STRUCTURE, "more than one MRG: send one merge a message"), err_at(e, "MRG^2");
	if (!map_identifiers(x, (struct place){mrg, 1}, p, e))
		return false;
	if (!json_getz(p, "identifier"))
		return err_set(e, ERR_REQUIRED, "MRG-1 has no number"), err_at(e, "MRG^1^1");
	if (shares_identifier(p, survivor(x)))
		return err_set(e, ERR_CONFLICT, "a record cannot be merged into itself"), err_at(e, "MRG^1^1");
	json_setz(x->arena, p, "active", json_bool(x->arena, false));
	json_setz(x->arena, link, "other", map_reference(x, x->patient));
	json_setz(x->arena, link, "type", json_stringz(x->arena, "replaced-by"));
	map_push(x, p, "link", link);
	map_add(x, p, STR_NONE);
	return true;
}
