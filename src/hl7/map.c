#include "hl7/receive.h"

#include <string.h>

/* ---- making things ---- */

bool map_refuse(struct err *e, struct place at)
{
	return err_at(e, "%.*s^%zu^%d", STR_ARG(at.segment ? at.segment->name : STR("MSH")), at.segment ? at.segment->nth : 1, at.field);
}

struct json *map_resource(struct mapping *x, const char *type)
{
	struct json *resource = json_object(x->arena);
	json_setz(x->arena, resource, "resourceType", json_stringz(x->arena, type));
	return resource;
}

struct str map_add(struct mapping *x, struct json *resource, struct str if_none_exist)
{
	struct arena *a = x->arena;
	struct json *entry = json_object(a), *request = json_object(a);
	struct str urn = str_printf(a, "urn:uuid:00000000-0000-4000-8000-%012zx", json_n(x->entries) + 1);
	json_set_str(a, entry, "fullUrl", urn);
	json_setz(a, entry, "resource", resource);
	json_setz(a, request, "method", json_stringz(a, "POST"));
	json_set_str(a, request, "url", json_str(resource, "resourceType"));
	json_set_str(a, request, "ifNoneExist", if_none_exist);
	json_setz(a, entry, "request", request);
	json_push(a, x->entries, entry);
	return urn;
}

void map_push(struct mapping *x, struct json *resource, const char *element, struct json *value)
{
	if (!value)
		return;
	struct json *list = json_getz(resource, element);
	if (!list)
		json_setz(x->arena, resource, element, list = json_array(x->arena));
	json_push(x->arena, list, value);
}

struct json *map_reference(struct mapping *x, struct str reference)
{
	struct json *r = json_object(x->arena);
	json_set_str(x->arena, r, "reference", reference);
	return r;
}

struct json *map_coding(struct mapping *x, const char *system, struct str code, const char *display)
{
	struct json *coding = json_object(x->arena);
	if (system)
		json_setz(x->arena, coding, "system", json_stringz(x->arena, system));
	json_set_str(x->arena, coding, "code", code);
	if (display)
		json_setz(x->arena, coding, "display", json_stringz(x->arena, display));
	return coding;
}

struct json *map_concept(struct mapping *x, struct json *coding)
{
	struct json *concept = json_object(x->arena);
	map_push(x, concept, "coding", coding);
	return concept;
}

struct str map_url_part(struct mapping *x, struct str s)
{
	char *out = str_c(x->arena, str_trim(s));
	size_t n = str_trim(s).n;
	for (size_t i = 0; i < n; i++) {
		char c = out[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
		out[i] = plain ? c : '-';
	}
	return n ? (struct str){out, n} : STR("-");
}

bool map_date(struct mapping *x, struct place at, struct str value, bool day_only, struct str *out, struct err *e)
{
	struct date d;
	*out = STR_NONE;
	if (!value.n || hl7_is_null(value))
		return true;
	if (!hl7_time(value, &d, e))
		return map_refuse(e, at);
	if (day_only && d.precision > DATE_DAY)
		d.precision = DATE_DAY;
	*out = hl7_time_fhir(x->arena, &d);
	return true;
}

/* ---- codes ---- */

static struct json *target_of(const struct json *element, const struct json *group, struct mapping *x)
{
	const struct json *target = json_path(element, "target", "0", NULL);
	if (!target || !json_str(target, "code").n)
		return NULL;
	struct json *coding = json_object(x->arena);
	json_set_str(x->arena, coding, "system", json_str(group, "target"));
	json_set_str(x->arena, coding, "code", json_str(target, "code"));
	json_set_str(x->arena, coding, "display", json_str(target, "display"));
	return coding;
}

struct json *map_concept_map(struct mapping *x, const char *id, struct str code)
{
	const struct pack_resource *r = x->pack && id ? pack_get(x->pack, STR("ConceptMap"), str_from(id)) : NULL;
	const struct json *groups = r ? json_getz(r->body, "group") : NULL;
	for (size_t g = 0; g < json_n(groups); g++) {
		const struct json *elements = json_getz(json_at(groups, g), "element");
		for (size_t i = 0; i < json_n(elements); i++)
			if (str_eq_nocase(json_str(json_at(elements, i), "code"), code))
				return target_of(json_at(elements, i), json_at(groups, g), x);
	}
	return NULL;
}

static const char *system_of(struct mapping *x, struct str name)
{
	const char *known = name.n ? hl7_table_find(HL7_CODING_SYSTEM, name, NULL) : NULL;
	if (known || !name.n)
		return known;
	return str_c(x->arena, str_printf(x->arena, SID "coding/%.*s", STR_ARG(map_url_part(x, name))));
}

struct json *map_coded(struct mapping *x, struct place at, int repetition, const char *concept_map)
{
	const struct hl7_message *m = x->m;
	struct str code = str_trim(hl7_get(m, at.segment, at.field, repetition, 1, 1)), text = hl7_get(m, at.segment, at.field, repetition, 2, 1);
	struct str system = hl7_get(m, at.segment, at.field, repetition, 3, 1);
	if (hl7_is_null(code) || (!code.n && !text.n))
		return NULL;
	struct json *concept = json_object(x->arena);
	if (code.n) {
		struct json *coding = map_coding(x, system_of(x, system), code, NULL);
		json_set_str(x->arena, coding, "display", text.n ? text : STR_NONE);
		map_push(x, concept, "coding", coding);
		map_push(x, concept, "coding", map_concept_map(x, concept_map, code));
	}
	json_set_str(x->arena, concept, "text", text.n ? text : STR_NONE);
	return concept;
}

/* ---- who and where ---- */

static bool ods_code(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z')))
			return false;
	return s.n >= 3 && s.n <= 8;
}

static struct json *identifier_of(struct mapping *x, const char *system, struct str value)
{
	struct json *id = json_object(x->arena);
	json_setz(x->arena, id, "system", json_stringz(x->arena, system));
	json_set_str(x->arena, id, "value", value);
	return id;
}

struct str hl7_identifier_query(struct arena *a, const struct json *id)
{
	static const char hex[] = "0123456789ABCDEF";
	struct str parts[] = {json_str(id, "system"), json_str(id, "value")};
	struct buf b = buf_new(a, 4096);
	buf_c(&b, "identifier=");
	for (int p = 0; p < 2; p++) {
		for (size_t i = 0; i < parts[p].n; i++) {
			uint8_t c = (uint8_t)parts[p].p[i];
			if (c == '\\' || c == ',' || c == '$' || c == '|')
				buf_c(&b, "%5C");
			if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.')
				buf_char(&b, (char)c);
			else
				buf_printf(&b, "%%%c%c", hex[c >> 4], hex[c & 15]);
		}
		if (p == 0)
			buf_c(&b, "%7C");
	}
	return buf_str(&b);
}

struct str map_organization(struct mapping *x, struct str code, struct str name)
{
	code = str_trim(code);
	if (!code.n && !name.n)
		return STR_NONE;
	struct json *r = map_resource(x, "Organization");
	struct str query = STR_NONE;
	if (code.n) {
		struct json *id = identifier_of(x, ods_code(code) ? ODS_SYSTEM : SID "organization", code);
		map_push(x, r, "identifier", id);
		query = hl7_identifier_query(x->arena, id);
	}
	json_set_str(x->arena, r, "name", name.n ? name : code);
	return map_add(x, r, query);
}

/* XCN.9 says whose number it is: GMC and GP codes are national, others the sender's. */
static const char *practitioner_system(struct mapping *x, struct str authority)
{
	if (str_is(authority, "GMC"))
		return "https://fhir.hl7.org.uk/Id/gmc-number";
	if (str_is(authority, "GMP") || str_is(authority, "GP"))
		return "https://fhir.hl7.org.uk/Id/gmp-number";
	return str_c(x->arena, str_printf(x->arena, SID "%.*s/practitioner", STR_ARG(x->sender_path)));
}

static struct json *practitioner_name(struct mapping *x, struct place at, int repetition, struct str *display)
{
	struct str family = hl7_get(x->m, at.segment, at.field, repetition, 2, 1), given = hl7_get(x->m, at.segment, at.field, repetition, 3, 1);
	struct str prefix = hl7_get(x->m, at.segment, at.field, repetition, 6, 1);
	struct json *name = json_object(x->arena);
	*display = str_trim(str_printf(x->arena, "%.*s %.*s", STR_ARG(given), STR_ARG(family)));
	json_set_str(x->arena, name, "family", family);
	if (given.n)
		map_push(x, name, "given", json_string(x->arena, given));
	if (prefix.n)
		map_push(x, name, "prefix", json_string(x->arena, prefix));
	return name->n ? name : NULL;
}

struct str map_practitioner(struct mapping *x, struct place at, int repetition, struct str *display)
{
	struct str code = str_trim(hl7_get(x->m, at.segment, at.field, repetition, 1, 1));
	*display = STR_NONE;
	if (!code.n || hl7_is_null(code))
		return STR_NONE;
	struct json *r = map_resource(x, "Practitioner");
	struct json *id = identifier_of(x, practitioner_system(x, hl7_get(x->m, at.segment, at.field, repetition, 9, 1)), code);
	map_push(x, r, "identifier", id);
	map_push(x, r, "name", practitioner_name(x, at, repetition, display));
	return map_add(x, r, hl7_identifier_query(x->arena, id));
}

/* ---- the whole ---- */

static bool fact_time(struct mapping *x, int64_t *us, struct err *e)
{
	const struct hl7_segment *evn = hl7_segment(x->m, "EVN", 0);
	struct place at = {evn, 2};
	struct str said = hl7_field(x->m, evn, 2);
	if (!said.n) {
		at = (struct place){x->m->segments, 7};
		said = hl7_field(x->m, x->m->segments, 7);
	}
	struct date d;
	if (!said.n)
		return err_set(e, ERR_REQUIRED, "neither EVN-2 nor MSH-7 says when this happened"), map_refuse(e, at);
	if (!hl7_time(said, &d, e))
		return map_refuse(e, at);
	*us = date_lo_us(&d);
	x->fact_time = date_instant(x->arena, *us);
	return true;
}

static void add_binary(struct mapping *x)
{
	struct json *r = map_resource(x, "Binary");
	json_setz(x->arena, r, "contentType", json_stringz(x->arena, "x-application/hl7-v2+er7"));
	json_set_str(x->arena, r, "data", base64_encode(x->arena, x->m->raw));
	map_add(x, r, STR_NONE);
}

static void add_provenance(struct mapping *x, struct str binary)
{
	struct arena *a = x->arena;
	struct json *r = map_resource(x, "Provenance"), *agent = json_object(a), *who = json_object(a), *entity = json_object(a);
	for (size_t i = 0; i < x->entries->n; i++) {
		const struct json *entry = json_at(x->entries, i);
		struct str type = json_str(json_getz(entry, "resource"), "resourceType");
		if (str_is(type, "Patient") || str_is(type, "Encounter") || str_is(type, "RelatedPerson"))
			map_push(x, r, "target", map_reference(x, json_str(entry, "fullUrl")));
	}
	json_set_str(a, r, "occurredDateTime", x->fact_time);
	json_set_str(a, r, "recorded", x->fact_time);
	json_setz(a, who, "identifier", identifier_of(x, SID "hl7-sender", hl7_sender(a, x->m)));
	json_setz(a, agent, "who", who);
	if (x->organization.n)
		json_setz(a, agent, "onBehalfOf", map_reference(x, x->organization));
	map_push(x, r, "agent", agent);
	json_setz(a, entity, "role", json_stringz(a, "source"));
	json_setz(a, entity, "what", map_reference(x, binary));
	map_push(x, r, "entity", entity);
	map_add(x, r, STR_NONE);
}

static bool all_valid(struct mapping *x, struct err *e)
{
	for (size_t i = 0; i < x->entries->n; i++) {
		const struct json *r = json_getz(json_at(x->entries, i), "resource");
		struct fhir_outcome *outcome = fhir_outcome_new(x->arena);
		if (str_is(json_str(r, "resourceType"), "Binary") || fhir_validate(x->arena, r, STR_NONE, outcome))
			continue;
		for (size_t k = 0; k < outcome->issues.n; k++) {
			const struct fhir_issue *issue = &outcome->issues.v[k];
			if (issue->severity > FHIR_ERROR)
				continue;
			return err_set(e, ERR_VALUE, "%.*s: %.*s", STR_ARG(issue->expression), STR_ARG(issue->diagnostics));
		}
	}
	return true;
}

static bool one_patient(const struct hl7_message *m, struct err *e)
{
	size_t n = hl7_segment_n(m, "PID");
	if (n == 1)
		return true;
	if (n == 0)
		return err_set(e, ERR_REQUIRED, "the message has no PID"), err_at(e, "PID");
	return err_set(e, ERR_STRUCTURE, "the message has %zu PIDs, and is about one person", n), err_at(e, "PID^2");
}

/* The events of ADT there is a map for. */
static const struct event {
	const char *code;
	bool visit; /* PV1 is about an Encounter */
	bool merge; /* MRG names a record that goes */
} events[] = {
	{"A01", .visit = true}, {"A03", .visit = true}, {"A04", .visit = true}, {"A08", .visit = true}, {"A11", .visit = true},
	{"A13", .visit = true}, {"A28", .visit = false}, {"A31", .visit = false}, {"A40", .merge = true},
};

static const struct event *event_of(const struct hl7_message *m)
{
	for (size_t i = 0; str_is(hl7_type(m), "ADT") && i < sizeof events / sizeof *events; i++)
		if (str_is(hl7_event(m), events[i].code))
			return &events[i];
	return NULL;
}

static bool map_all(struct mapping *x, const struct event *event, struct err *e)
{
	struct str facility = hl7_field(x->m, x->m->segments, 4), app = hl7_field(x->m, x->m->segments, 3);
	x->sender_path = str_printf(x->arena, "%.*s/%.*s", STR_ARG(map_url_part(x, app)), STR_ARG(map_url_part(x, facility)));
	add_binary(x);
	struct str binary = json_str(json_at(x->entries, 0), "fullUrl");
	x->organization = map_organization(x, facility, STR_NONE);
	if (!map_patient(x, e))
		return false;
	if (event->merge && !map_merged(x, e))
		return false;
	if (event->visit && !map_visit(x, e))
		return false;
	add_provenance(x, binary);
	return all_valid(x, e);
}

bool hl7_map(struct arena *a, const struct hl7_message *m, const struct pack *pack, struct json **bundle, struct err *e)
{
	struct mapping x = {.arena = a, .m = m, .pack = pack, .entries = json_array(a)};
	const struct event *event = event_of(m);
	int64_t us;
	if (!event) {
		struct str type = str_sub(hl7_type(m), 0, 20), code = str_sub(hl7_event(m), 0, 20);
		err_set(e, ERR_METHOD, "there is no map for %.*s^%.*s", STR_ARG(type), STR_ARG(code));
		return err_at(e, "MSH^1^9");
	}
	if (!one_patient(m, e) || !fact_time(&x, &us, e) || !map_all(&x, event, e))
		return false;
	struct json *out = map_resource(&x, "Bundle");
	json_setz(a, out, "type", json_stringz(a, "transaction"));
	json_set_str(a, out, "timestamp", x.fact_time);
	json_setz(a, out, "entry", x.entries);
	*bundle = out;
	return true;
}
