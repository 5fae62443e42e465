/* PV1, PV2 and DG1: an attendance or a stay; and how what several messages said of it becomes one Encounter. */
#include "hl7/map.h"

#include "identity/facts.h"

/* ---- from the message ---- */

static struct str part(struct mapping *x, const struct hl7_segment *s, int field, int component)
{
	return str_trim(hl7_get(x->m, s, field, 1, component, 1));
}

/* The sender's visit number; an arrival without one is known by its message. */
static bool map_number(struct mapping *x, const struct hl7_segment *pv1, struct json *r, struct err *e)
{
	struct str number = part(x, pv1, 19, 1), event = hl7_event(x->m);
	struct json *id = json_object(x->arena);
	const char *kind = "visit";
	if (!number.n || hl7_is_null(number)) {
		if (!str_is(event, "A01") && !str_is(event, "A04"))
			return err_set(e, ERR_REQUIRED, "%.*s needs the visit number", STR_ARG(event)), map_refuse(e, (struct place){pv1, 19});
		number = hl7_field(x->m, x->m->segments, 10);
		kind = "message";
	}
	json_set_str(x->arena, id, "system", str_printf(x->arena, SID "%.*s/%s", STR_ARG(x->sender_path), kind));
	json_set_str(x->arena, id, "value", number);
	map_push(x, r, "identifier", id);
	return true;
}

static bool map_class(struct mapping *x, const struct hl7_segment *pv1, struct json *r, struct err *e)
{
	struct str code = part(x, pv1, 2, 1);
	const char *display = NULL, *known = hl7_table_find(HL7_CLASS, code, &display);
	if (!code.n)
		return err_set(e, ERR_REQUIRED, "PV1-2 does not say what kind of visit this is"), map_refuse(e, (struct place){pv1, 2});
	if (!known)
		return err_set(e, ERR_CODE, "\"%.*s\" is not a patient class of table 0004", STR_ARG(str_sub(code, 0, 20))),
		       map_refuse(e, (struct place){pv1, 2});
	json_setz(x->arena, r, "class", map_coding(x, "http://terminology.hl7.org/CodeSystem/v3-ActCode", str_from(known), display));
	return true;
}

static const char *status_of(struct str event)
{
	if (str_is(event, "A04"))
		return "arrived";
	if (str_is(event, "A03"))
		return "finished";
	return str_is(event, "A11") ? "cancelled" : "in-progress";
}

/* An arrival's start is PV1-44, else the event; a discharge's end PV1-45, else the event. */
static bool map_period(struct mapping *x, const struct hl7_segment *pv1, struct json *r, struct err *e)
{
	struct str start, end, event = hl7_event(x->m);
	struct json *period = json_object(x->arena);
	if (!map_date(x, (struct place){pv1, 44}, hl7_field(x->m, pv1, 44), false, &start, e) ||
	    !map_date(x, (struct place){pv1, 45}, hl7_field(x->m, pv1, 45), false, &end, e))
		return false;
	if (!start.n && (str_is(event, "A01") || str_is(event, "A04")))
		start = x->fact_time;
	if (!end.n && str_is(event, "A03"))
		end = x->fact_time;
	json_set_str(x->arena, period, "start", start);
	if (str_is(event, "A03"))
		json_set_str(x->arena, period, "end", end);
	if (period->n)
		json_setz(x->arena, r, "period", period);
	return true;
}

static void map_participants(struct mapping *x, const struct hl7_segment *pv1, struct json *r)
{
	static const int fields[] = {7, 8, 9, 17};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct str display = STR_NONE;
		struct str urn = map_practitioner(x, (struct place){pv1, fields[i]}, 1, &display);
		if (!urn.n)
			continue;
		const char *words = NULL, *type = hl7_table_find(HL7_PARTICIPANT, str_printf(x->arena, "%d", fields[i]), &words);
		struct json *participant = json_object(x->arena), *who = map_reference(x, urn);
		json_set_str(x->arena, who, "display", display.n ? display : STR_NONE);
		map_push(x, participant, "type",
			 map_concept(x, map_coding(x, "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", str_from(type), words)));
		json_setz(x->arena, participant, "individual", who);
		map_push(x, r, "participant", participant);
	}
}

/* PV1-3: point of care, room, bed, facility. One Location each, known by all of it. */
static void map_location(struct mapping *x, const struct hl7_segment *pv1, struct json *r)
{
	struct str raw = hl7_raw_field(pv1, 3), point = part(x, pv1, 3, 1), room = part(x, pv1, 3, 2), bed = part(x, pv1, 3, 3);
	if (!point.n || hl7_is_null(point))
		return;
	struct json *l = map_resource(x, "Location"), *id = json_object(x->arena), *here = json_object(x->arena);
	struct str system = str_printf(x->arena, SID "%.*s/location", STR_ARG(x->sender_path)), value = map_url_part(x, raw);
	json_set_str(x->arena, id, "system", system);
	json_set_str(x->arena, id, "value", value);
	map_push(x, l, "identifier", id);
	json_set_str(x->arena, l, "name",
		     str_trim(str_printf(x->arena, "%.*s%s%.*s%s%.*s", STR_ARG(point), room.n ? " " : "", STR_ARG(room), bed.n ? " " : "", STR_ARG(bed))));
	if (x->organization.n)
		json_setz(x->arena, l, "managingOrganization", map_reference(x, x->organization));
	struct str query = str_printf(x->arena, "identifier=%.*s%%7C%.*s", STR_ARG(system), STR_ARG(value));
	json_setz(x->arena, here, "location", map_reference(x, map_add(x, l, query)));
	json_set_str(x->arena, json_getz(here, "location"), "display", json_str(l, "name"));
	map_push(x, r, "location", here);
	const struct json *area = map_concept_map(x, "hl7-area", point);
	if (area) {
		struct json *extension = json_object(x->arena);
		json_setz(x->arena, extension, "url", json_stringz(x->arena, EXTENSION "treatment-area"));
		json_set_str(x->arena, extension, "valueCode", json_str(area, "code"));
		map_push(x, r, "extension", extension);
	}
}

static void map_discharge(struct mapping *x, const struct hl7_segment *pv1, struct json *r)
{
	struct json *admit = map_coded(x, (struct place){pv1, 14}, 1, NULL), *out = map_coded(x, (struct place){pv1, 36}, 1, "hl7-discharge");
	struct json *hospitalization = json_object(x->arena);
	if (admit)
		json_setz(x->arena, hospitalization, "admitSource", admit);
	if (out)
		json_setz(x->arena, hospitalization, "dischargeDisposition", out);
	if (hospitalization->n)
		json_setz(x->arena, r, "hospitalization", hospitalization);
}

static void map_reasons(struct mapping *x, struct json *r)
{
	map_push(x, r, "reasonCode", map_coded(x, (struct place){hl7_segment(x->m, "PV2", 0), 3}, 1, "hl7-reason"));
	for (size_t i = 0; i < 20; i++) {
		const struct hl7_segment *dg1 = hl7_segment(x->m, "DG1", i);
		struct json *coded = map_coded(x, (struct place){dg1, 3}, 1, "hl7-reason");
		struct str text = hl7_field(x->m, dg1, 4);
		if (!coded && text.n) {
			coded = json_object(x->arena);
			json_set_str(x->arena, coded, "text", text);
		}
		map_push(x, r, "reasonCode", coded);
	}
}

static void label(struct mapping *x, struct json *r, struct json *coding)
{
	struct json *meta = json_getz(r, "meta");
	if (!coding)
		return;
	if (!meta)
		json_setz(x->arena, r, "meta", meta = json_object(x->arena));
	map_push(x, meta, "security", coding);
}

/* PV1-16 (VIP), PV2-22 (visit protection), and what the pack says of the place: a label hides the visit from those who may not
 * see it. */
static void map_confidential(struct mapping *x, const struct hl7_segment *pv1, struct json *r)
{
	struct str vip = part(x, pv1, 16, 1), protection = hl7_field(x->m, hl7_segment(x->m, "PV2", 0), 22);
	if (str_is(vip, "V"))
		label(x, r, map_coding(x, CONFIDENTIALITY, STR("V"), "very restricted"));
	else if (str_is(vip, "R") || str_is(vip, "Y") || str_is(protection, "Y"))
		label(x, r, map_coding(x, CONFIDENTIALITY, STR("R"), "restricted"));
	label(x, r, map_concept_map(x, "hl7-label", part(x, pv1, 3, 1)));
}

bool map_visit(struct mapping *x, struct err *e)
{
	const struct hl7_segment *pv1 = hl7_segment(x->m, "PV1", 0);
	struct str event = hl7_event(x->m);
	if (!pv1 && str_is(event, "A08"))
		return true; /* about the person only */
	if (!pv1)
		return err_set(e, ERR_REQUIRED, "%.*s without PV1", STR_ARG(event)), err_at(e, "PV1");
	if (!part(x, pv1, 19, 1).n && str_is(event, "A08"))
		return true;
	struct json *r = map_resource(x, "Encounter"), *service;
	if (!map_number(x, pv1, r, e))
		return false;
	json_setz(x->arena, r, "status", json_stringz(x->arena, status_of(event)));
	if (!map_class(x, pv1, r, e) || !map_period(x, pv1, r, e))
		return false;
	json_setz(x->arena, r, "subject", map_reference(x, x->patient));
	if ((service = map_coded(x, (struct place){pv1, 10}, 1, NULL)))
		json_setz(x->arena, r, "serviceType", service);
	map_participants(x, pv1, r);
	map_location(x, pv1, r);
	map_discharge(x, pv1, r);
	map_reasons(x, r);
	map_confidential(x, pv1, r);
	if (x->organization.n)
		json_setz(x->arena, r, "serviceProvider", map_reference(x, x->organization));
	map_add(x, r, STR_NONE);
	return true;
}

/* ---- onto what is known ---- */

static const struct facts_rule visit_rules[] = {
	{"identifier", FACTS_SET}, {"class", FACTS_ONE},    {"subject", FACTS_ONE},    {"serviceType", FACTS_ONE},
	{"participant", FACTS_ONE}, {"location", FACTS_ONE}, {"reasonCode", FACTS_ONE}, {"serviceProvider", FACTS_ONE},
	{"meta", FACTS_SET}, /* labels: never taken off by a message */
	{"status", FACTS_SET}, {"period", FACTS_SET}, {"hospitalization", FACTS_SET}, /* below */
};

struct parts {
	struct arena *arena;
	struct json *out;
	int64_t at;
	bool changed;
};

/* One member of an element, as a fact of its own: period.start, hospitalization.dischargeDisposition. */
static void merge_part(struct parts *p, const struct json *incoming, const char *element, const char *member)
{
	struct str key = str_printf(p->arena, "%s.%s", element, member);
	struct json *said = json_getz(json_getz(incoming, element), member), *parent = json_getz(p->out, element);
	const struct json *was = json_getz(parent, member);
	int64_t was_at = facts_time(p->out, key);
	bool greater = !was || str_cmp(json_to_str(p->arena, said), json_to_str(p->arena, was)) > 0;
	if (!said || p->at < was_at || (p->at == was_at && !greater))
		return;
	if (!parent)
		json_setz(p->arena, p->out, element, parent = json_object(p->arena));
	json_setz(p->arena, parent, member, json_clone(p->arena, said));
	facts_set_time(p->arena, p->out, key, p->at);
	p->changed = true;
}

static int64_t later(int64_t x, int64_t y)
{
	return x > y ? x : y;
}

static void note_event(struct parts *p, struct str event)
{
	if (p->at <= facts_time(p->out, event))
		return;
	facts_set_time(p->arena, p->out, event, p->at);
	p->changed = true;
}

/* Whatever order they came in: cancelled when A11 is the last word on whether it was, finished when A03 is on whether it ended. */
static const char *status_from_events(const struct json *r)
{
	int64_t admitted = facts_time(r, STR("A01")), registered = facts_time(r, STR("A04"));
	int64_t discharged = facts_time(r, STR("A03")), reopened = facts_time(r, STR("A13"));
	if (facts_time(r, STR("A11")) > later(later(admitted, registered), discharged))
		return "cancelled";
	if (discharged > INT64_MIN && discharged >= reopened)
		return "finished";
	return admitted == INT64_MIN && registered > INT64_MIN ? "arrived" : "in-progress";
}

static bool has_label(const struct json *all, const struct json *label)
{
	for (size_t i = 0; i < json_n(all); i++)
		if (str_eq(json_str(json_at(all, i), "code"), json_str(label, "code")))
			return true;
	return false;
}

/* A label is added by a message, and taken off by people only. */
static void merge_labels(struct parts *p, const struct json *incoming)
{
	const struct json *said = json_path(incoming, "meta", "security", NULL);
	struct json *meta = json_getz(p->out, "meta"), *all = json_getz(meta, "security");
	for (size_t i = 0; i < json_n(said); i++) {
		if (has_label(all, json_at(said, i)))
			continue;
		if (!meta)
			json_setz(p->arena, p->out, "meta", meta = json_object(p->arena));
		if (!all)
			json_setz(p->arena, meta, "security", all = json_array(p->arena));
		json_push(p->arena, all, json_clone(p->arena, json_at(said, i)));
		p->changed = true;
	}
}

/* The end is kept as a fact of its own while a stay is open again. */
static void settle(struct parts *p)
{
	const char *status = status_from_events(p->out);
	if (str_is(json_str(p->out, "status"), "triaged") && !str_is(str_from(status), "finished") && !str_is(str_from(status), "cancelled"))
		return; /* somebody here has seen the child since */
	if (!str_is(json_str(p->out, "status"), status)) {
		json_setz(p->arena, p->out, "status", json_stringz(p->arena, status));
		p->changed = true;
	}
	struct json *period = json_getz(p->out, "period");
	if (period && !str_is(str_from(status), "finished"))
		json_remove(period, STR("end"));
	if (period && !period->n)
		json_remove(p->out, STR("period"));
}

struct json *visit_merge(struct arena *a, const struct json *known, const struct json *incoming, struct str event, int64_t fact_us)
{
	struct json *bare = json_clone(a, incoming);
	json_remove(bare, STR("meta"));
	json_remove(bare, STR("status"));
	json_remove(bare, STR("period"));
	json_remove(bare, STR("hospitalization"));
	struct json *merged = facts_merge(a, visit_rules, sizeof visit_rules / sizeof *visit_rules, known, bare, fact_us);
	struct parts p = {a, merged ? merged : json_clone(a, known), fact_us, merged != NULL};
	note_event(&p, event);
	merge_part(&p, incoming, "period", "start");
	merge_part(&p, incoming, "period", "end");
	merge_part(&p, incoming, "hospitalization", "admitSource");
	merge_part(&p, incoming, "hospitalization", "dischargeDisposition");
	merge_labels(&p, incoming);
	settle(&p);
	facts_sort(p.out);
	return p.changed ? p.out : NULL;
}
