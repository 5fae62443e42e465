#include "demo/story_people.h"

#include "demo/story_build.h"

static struct json *human_name(struct arena *a, struct str name)
{
	struct str rest = name, family, given;
	str_next(&rest, ',', &family);
	struct json *n = json_object(a), *givens = json_array(a);
	json_setz(a, n, "use", json_stringz(a, "official"));
	json_set_str(a, n, "family", str_trim(family));
	rest = str_trim(rest);
	while (rest.p && rest.n && str_next(&rest, ' ', &given))
		if (given.n)
			json_push(a, givens, json_string(a, given));
	if (json_n(givens))
		json_setz(a, n, "given", givens);
	return n;
}

/* "14 Example Road, Derby, DE90 1AA" */
static struct json *address(struct arena *a, struct str text)
{
	struct str rest = text, line, city = STR_NONE, code = STR_NONE;
	str_next(&rest, ',', &line);
	if (str_next(&rest, ',', &city))
		str_next(&rest, ',', &code);
	struct json *x = json_object(a);
	json_setz(a, x, "use", json_stringz(a, "home"));
	json_setz(a, x, "line", build_one(a, json_string(a, str_trim(line))));
	json_set_str(a, x, "city", city.p ? str_trim(city) : STR_NONE);
	json_set_str(a, x, "postalCode", code.p ? str_trim(code) : STR_NONE);
	return x;
}

static void set_identifier(struct arena *a, struct json *r, struct str nhs)
{
	if (!nhs.n)
		return;
	struct json *id = json_object(a);
	json_setz(a, id, "system", json_stringz(a, "https://fhir.nhs.uk/Id/nhs-number"));
	json_set_str(a, id, "value", nhs);
	json_setz(a, r, "identifier", build_one(a, id));
}

static void set_contact(struct arena *a, struct json *r, const struct json *person)
{
	struct str phone = json_str(person, "phone"), home = json_str(person, "home");
	if (phone.n) {
		struct json *t = json_object(a);
		json_setz(a, t, "system", json_stringz(a, "phone"));
		json_set_str(a, t, "value", phone);
		json_setz(a, r, "telecom", build_one(a, t));
	}
	if (home.n)
		json_setz(a, r, "address", build_one(a, address(a, home)));
}

static void set_background(struct arena *a, struct json *r, const struct json *person)
{
	struct str language = json_str(person, "language"), religion = json_str(person, "religion"), ethnic = json_str(person, "ethnic");
	if (language.n) {
		struct json *c = json_object(a), *text = json_object(a);
		json_set_str(a, text, "text", language);
		json_setz(a, c, "language", text);
		json_setz(a, c, "preferred", json_bool(a, true));
		json_setz(a, r, "communication", build_one(a, c));
	}
	if (religion.n) {
		struct json *text = json_object(a);
		json_set_str(a, text, "text", religion);
		build_extend(a, r, "http://hl7.org/fhir/StructureDefinition/patient-religion", "valueCodeableConcept", text);
	}
	if (ethnic.n)
		build_extend(a, r, "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory", "valueCodeableConcept",
		       build_concept(a, "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland", ethnic, STR_NONE));
}

static void set_places(struct arena *a, struct json *r, const struct json *person)
{
	struct str gp = json_str(person, "gp"), school = json_str(person, "school");
	if (gp.n)
		json_setz(a, r, "generalPractitioner", build_one(a, build_reference(a, "Organization", STR_NONE, gp)));
	if (school.n)
		build_extend(a, r, EXTENSION("school"), "valueReference", build_reference(a, "Organization", STR_NONE, school));
}

static void add_person(struct arena *a, const struct json *person, struct json *puts)
{
	struct json *r = build_resource(a, "Patient", json_str(person, "id"));
	set_identifier(a, r, json_str(person, "nhs"));
	json_setz(a, r, "name", build_one(a, human_name(a, json_str(person, "name"))));
	set_contact(a, r, person);
	json_set_str(a, r, "gender", json_str(person, "sex"));
	json_set_str(a, r, "birthDate", json_str(person, "born"));
	json_set_str(a, r, "deceasedDateTime", json_str(person, "died"));
	set_places(a, r, person);
	set_background(a, r, person);
	if (json_str(person, "edd").n)
		build_extend(a, r, EXTENSION("expected-delivery"), "valueDate", json_string(a, json_str(person, "edd")));
	if (json_str(person, "mother").n)
		build_extend(a, r, EXTENSION("mother"), "valueReference", build_reference(a, "Patient", json_str(person, "mother"), STR_NONE));
	json_push(a, puts, r);
}

static void add_tie(struct arena *a, const struct json *tie, struct json *puts)
{
	struct str of = json_str(tie, "of"), to = json_str(tie, "to"), ended = json_str(tie, "ended");
	struct json *r = build_resource(a, "RelatedPerson", str_printf(a, "%.*s-to-%.*s", STR_ARG(to), STR_ARG(of)));
	json_setz(a, r, "active", json_bool(a, !ended.n));
	json_setz(a, r, "patient", build_reference(a, "Patient", of, STR_NONE));
	json_setz(a, r, "relationship",
		  build_one(a, build_concept(a, "http://terminology.hl7.org/CodeSystem/v3-RoleCode", json_str(tie, "is"), STR_NONE)));
	build_extend(a, r, EXTENSION("person"), "valueReference", build_reference(a, "Patient", to, STR_NONE));
	if (json_getz(tie, "responsibility"))
		build_extend(a, r, EXTENSION("parental-responsibility"), "valueBoolean", json_getz(tie, "responsibility"));
	if (ended.n) {
		struct json *period = json_object(a);
		json_set_str(a, period, "end", ended);
		json_setz(a, r, "period", period);
	}
	json_push(a, puts, r);
}

static void add_home(struct arena *a, const struct json *home, struct json *puts)
{
	struct json *r = build_resource(a, "Group", json_str(home, "id")), *members = json_array(a);
	json_setz(a, r, "type", json_stringz(a, "person"));
	json_setz(a, r, "actual", json_bool(a, true));
	json_setz(a, r, "code", build_concept(a, CODE_SYSTEM("group-code"), STR("household"), STR_NONE));
	json_set_str(a, r, "name", json_str(home, "address"));
	for (size_t i = 0; i < json_n(json_getz(home, "members")); i++) {
		struct json *m = json_object(a);
		json_setz(a, m, "entity", build_reference(a, "Patient", json_text(json_at(json_getz(home, "members"), i)), STR_NONE));
		json_push(a, members, m);
	}
	json_setz(a, r, "member", members);
	json_push(a, puts, r);
}

/* A role of the pack by its code; one the pack does not have yet, in words. */
static struct json *role_of(struct arena *a, struct str role)
{
	struct json *words = json_object(a);
	if (str_find_char(role, ' ') < 0)
		return build_concept(a, CODE_SYSTEM("role"), role, STR_NONE);
	json_set_str(a, words, "text", role);
	return words;
}

static void add_team(struct arena *a, const struct json *team, struct json *puts)
{
	struct str of = json_str(team, "for");
	struct json *r = build_resource(a, "CareTeam", str_printf(a, "%.*s-team", STR_ARG(of))), *list = json_array(a);
	json_setz(a, r, "status", json_stringz(a, "active"));
	json_setz(a, r, "subject", build_reference(a, "Patient", of, STR_NONE));
	for (size_t i = 0; i < json_n(json_getz(team, "members")); i++) {
		const struct json *m = json_at(json_getz(team, "members"), i);
		struct json *p = json_object(a);
		json_setz(a, p, "role", build_one(a, role_of(a, json_str(m, "role"))));
		struct json *member = build_reference(a, "Practitioner", json_str(m, "id"), json_str(m, "who"));
		if (json_str(m, "phone").n)
			build_extend(a, member, EXTENSION("phone"), "valueString", json_string(a, json_str(m, "phone")));
		json_setz(a, p, "member", member);
		json_push(a, list, p);
	}
	json_setz(a, r, "participant", list);
	json_push(a, puts, r);
}

static const struct {
	const char *key;
	const char *needs; /* the member every item must have */
	void (*add)(struct arena *a, const struct json *item, struct json *puts);
} parts[] = {
	{"people", "name", add_person},
	{"ties", "is", add_tie},
	{"homes", "address", add_home},
	{"teams", "for", add_team},
};

bool story_people(struct arena *a, const struct json *story, struct json *puts, struct err *e)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const struct json *list = json_getz(story, parts[i].key);
		for (size_t k = 0; k < json_n(list); k++) {
			if (!json_str(json_at(list, k), parts[i].needs).n)
				return err_set(e, ERR_REQUIRED, "item %zu of %s has no %s", k + 1, parts[i].key, parts[i].needs);
			parts[i].add(a, json_at(list, k), puts);
		}
	}
	return true;
}

void story_mark_synthetic(struct arena *a, struct json *puts)
{
	for (size_t i = 0; i < json_n(puts); i++) {
		struct json *r = json_at(puts, i), *meta = json_getz(r, "meta");
		if (!meta) {
			meta = json_object(a);
			json_setz(a, r, "meta", meta);
		}
		json_setz(a, meta, "tag", build_one(a, build_coding(a, CODE_SYSTEM("data-kind"), STR("synthetic"), STR_NONE)));
	}
}
