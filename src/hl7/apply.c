/* What a mapped message does to the record, inside the committer's transaction. */
#include "hl7/receive.h"

#include <string.h>

#include "identity/facts.h"

enum { MAX_HOPS = 5, MAX_DEPTH = 24 };

struct applying {
	struct txn *txn;
	struct arena *arena;
	struct receipt *receipt;
	struct str *references; /* of entry i: "Type/id" */
	size_t n;
	int64_t fact_us;
	struct str patient; /* id */
	struct str binary;
};

/* ---- small things ---- */

static bool write(struct applying *x, enum store_method method, struct str type, struct str id, const struct json *body, struct put_result *out,
		  struct err *e)
{
	struct put put = {.method = method, .type = type, .id = id, .body = body};
	return txn_put(x->txn, &put, out, e);
}

static struct str reference_of(struct applying *x, const struct resource *r)
{
	return str_printf(x->arena, "%.*s/%.*s", STR_ARG(r->type), STR_ARG(r->id));
}

/* "urn:uuid:00000000-0000-4000-8000-0000000000NN" names entry NN, from 1. */
static struct str resolve(const struct applying *x, struct str urn)
{
	size_t n = 0;
	if (!str_starts(urn, STR("urn:uuid:00000000-0000-4000-8000-")) || urn.n != 45)
		return urn;
	for (size_t i = 33; i < urn.n; i++)
		n = n * 16 + (size_t)(urn.p[i] <= '9' ? urn.p[i] - '0' : urn.p[i] - 'a' + 10);
	return n >= 1 && n <= x->n ? x->references[n - 1] : urn;
}

static void resolve_all(struct applying *x, struct json *j, int depth)
{
	if (depth > MAX_DEPTH)
		return;
	if (j->type == JSON_ARRAY)
		for (size_t i = 0; i < j->n; i++)
			resolve_all(x, j->items[i], depth + 1);
	if (j->type != JSON_OBJECT)
		return;
	for (size_t i = 0; i < j->n; i++) {
		struct json *value = j->members[i].value;
		if (str_is(j->members[i].key, "reference") && value->type == JSON_STRING)
			value->text = resolve(x, value->text);
		else
			resolve_all(x, value, depth + 1);
	}
}

static bool find(struct applying *x, struct str type, struct str query, struct search_page *out, struct err *e)
{
	struct search *q;
	*out = (struct search_page){0};
	return search_parse(x->arena, type, query, txn_now_us(x->txn), &q, e) && txn_search(x->txn, q, out, e);
}

/* ---- Organization, Practitioner, Location: known by their identifier ---- */

static bool apply_known(struct applying *x, const struct json *r, struct str query, struct str *reference, struct err *e)
{
	struct search_page page;
	struct put_result made;
	struct str type = json_str(r, "resourceType");
	if (query.n) {
		if (!find(x, type, query, &page, e))
			return false;
		if (page.matches.n > 0) {
			*reference = reference_of(x, &page.matches.v[0]);
			return true;
		}
	}
	if (!write(x, STORE_CREATE, type, STR_NONE, r, &made, e))
		return false;
	*reference = reference_of(x, &made.resource);
	return true;
}

/* ---- Patient ---- */

static bool update_person(struct applying *x, const struct resource *known, const struct json *said, struct err *e)
{
	struct json *body;
	struct put_result done;
	if (!json_parse(x->arena, known->body, NULL, &body, e))
		return false;
	struct json *merged = identity_merge_facts(x->arena, body, said, x->fact_us);
	return !merged || write(x, STORE_UPDATE, known->type, known->id, merged, &done, e);
}

static bool create_person(struct applying *x, const struct identity_match *match, const struct json *said, struct resource *out, struct err *e)
{
	struct put_result made;
	struct json *body = identity_merge_facts(x->arena, NULL, said, x->fact_us);
	if (!write(x, STORE_CREATE, STR("Patient"), STR_NONE, body, &made, e))
		return false;
	*out = made.resource;
	return match->answer != IDENTITY_NEW_POSSIBLE || identity_raise_possible(x->txn, out, &match->possible, match->because, e);
}

static bool apply_person(struct applying *x, const struct json *said, struct str *reference, struct err *e)
{
	struct identity_match match;
	if (!identity_find(x->txn, said, &match, e))
		return false;
	struct resource person = match.person;
	bool ok = match.answer == IDENTITY_LINK ? update_person(x, &match.person, said, e) : create_person(x, &match, said, &person, e);
	x->patient = person.id;
	*reference = str_printf(x->arena, "Patient/%.*s", STR_ARG(person.id));
	return ok;
}

static bool apply_patient(struct applying *x, const struct json *r, struct str *reference, struct err *e)
{
	if (!x->patient.n)
		return apply_person(x, r, reference, e);
	*reference = STR_NONE;
	return hl7_merge(x->txn, x->patient, r, e);
}

/* ---- RelatedPerson: known by name, beside one patient ---- */

static bool same_name(struct applying *x, const struct json *a, const struct json *b)
{
	const struct json *p = json_path(a, "name", "0", NULL), *q = json_path(b, "name", "0", NULL);
	struct str pg = json_text(json_path(p, "given", "0", NULL)), qg = json_text(json_path(q, "given", "0", NULL));
	return str_eq(text_fold(x->arena, json_str(p, "family")), text_fold(x->arena, json_str(q, "family"))) &&
	       str_eq(text_fold(x->arena, pg), text_fold(x->arena, qg));
}

static const struct facts_rule relative_rules[] = {
	{"name", FACTS_HISTORY}, {"telecom", FACTS_HISTORY}, {"address", FACTS_HISTORY}, {"gender", FACTS_ONE},
	{"birthDate", FACTS_ONE}, {"relationship", FACTS_ONE}, {"patient", FACTS_ONE},
};

static bool apply_relative(struct applying *x, const struct json *r, struct str *reference, struct err *e)
{
	struct search_page page;
	struct put_result done;
	const size_t rules = sizeof relative_rules / sizeof *relative_rules;
	if (!find(x, STR("RelatedPerson"), str_printf(x->arena, "patient=%.*s&_count=50", STR_ARG(x->patient)), &page, e))
		return false;
	for (size_t i = 0; i < page.matches.n; i++) {
		struct json *known;
		if (!json_parse(x->arena, page.matches.v[i].body, NULL, &known, e))
			return false;
		if (!same_name(x, known, r))
			continue;
		*reference = reference_of(x, &page.matches.v[i]);
		struct json *merged = facts_merge(x->arena, relative_rules, rules, known, r, x->fact_us);
		return !merged || write(x, STORE_UPDATE, STR("RelatedPerson"), page.matches.v[i].id, merged, &done, e);
	}
	struct json *body = facts_merge(x->arena, relative_rules, rules, NULL, r, x->fact_us);
	if (!write(x, STORE_CREATE, STR("RelatedPerson"), STR_NONE, body, &done, e))
		return false;
	*reference = reference_of(x, &done.resource);
	return true;
}

/* ---- Encounter ---- */

static struct str id_of(struct str reference)
{
	return str_starts(reference, STR("Patient/")) ? str_sub(reference, 8, reference.n) : STR_NONE;
}

/* Whose visit it is, when that record has been replaced by another since. */
static bool current_person(struct applying *x, struct str id, struct str *out, struct err *e)
{
	for (int hop = 0; hop < MAX_HOPS && !str_eq(id, x->patient); hop++) {
		struct resource r;
		struct json *body;
		if (!txn_get(x->txn, STR("Patient"), id, &r, e) || !json_parse(x->arena, r.body, NULL, &body, e))
			return false;
		const struct json *link = json_path(body, "link", "0", NULL);
		if (!str_is(json_str(link, "type"), "replaced-by"))
			break;
		id = id_of(json_str(json_getz(link, "other"), "reference"));
	}
	*out = id;
	return true;
}

static bool update_visit(struct applying *x, const struct resource *known, struct json *said, struct err *e)
{
	struct json *body;
	struct put_result done;
	struct str owner;
	if (!json_parse(x->arena, known->body, NULL, &body, e) ||
	    !current_person(x, id_of(json_str(json_getz(body, "subject"), "reference")), &owner, e))
		return false;
	if (!str_eq(owner, x->patient)) {
		err_set(e, ERR_CONFLICT, "the visit number is already another person's");
		return err_at(e, "PV1^1^19");
	}
	struct json *merged = visit_merge(x->arena, body, said, hl7_event(&x->receipt->m), x->fact_us);
	return !merged || write(x, STORE_UPDATE, STR("Encounter"), known->id, merged, &done, e);
}

static bool apply_visit(struct applying *x, struct json *r, struct str *reference, struct err *e)
{
	struct search_page page;
	struct put_result made;
	struct str query = hl7_identifier_query(x->arena, json_path(r, "identifier", "0", NULL));
	if (!find(x, STR("Encounter"), query, &page, e))
		return false;
	if (page.matches.n > 0) {
		*reference = reference_of(x, &page.matches.v[0]);
		return update_visit(x, &page.matches.v[0], r, e);
	}
	struct json *body = visit_merge(x->arena, NULL, r, hl7_event(&x->receipt->m), x->fact_us);
	if (!write(x, STORE_CREATE, STR("Encounter"), STR_NONE, body, &made, e))
		return false;
	*reference = reference_of(x, &made.resource);
	return true;
}

/* ---- the rest ---- */

/* A merge makes an entry that is written elsewhere: nothing points at it. */
static void drop_unresolved(struct json *provenance)
{
	struct json *targets = json_getz(provenance, "target");
	size_t n = 0;
	for (size_t i = 0; i < json_n(targets); i++)
		if (json_str(targets->items[i], "reference").n && !str_starts(json_str(targets->items[i], "reference"), STR("urn:")))
			targets->items[n++] = targets->items[i];
	if (targets)
		targets->n = (uint32_t)n;
}

static bool apply_provenance(struct applying *x, struct json *r, struct err *e)
{
	struct put_result made;
	json_set_str(x->arena, r, "recorded", date_instant(x->arena, txn_now_us(x->txn)));
	drop_unresolved(r);
	return write(x, STORE_CREATE, STR("Provenance"), STR_NONE, r, &made, e);
}

static bool apply_raw(struct applying *x, const struct json *r, struct str *reference, struct err *e)
{
	struct put_result made;
	if (!write(x, STORE_CREATE, STR("Binary"), STR_NONE, r, &made, e))
		return false;
	x->binary = made.resource.id;
	*reference = reference_of(x, &made.resource);
	return true;
}

static bool apply_entry(struct applying *x, const struct json *entry, struct str *reference, struct err *e)
{
	struct json *r = json_getz(entry, "resource");
	struct str type = json_str(r, "resourceType");
	resolve_all(x, r, 0);
	if (str_is(type, "Binary"))
		return apply_raw(x, r, reference, e);
	if (str_is(type, "Patient"))
		return apply_patient(x, r, reference, e);
	if (str_is(type, "RelatedPerson"))
		return apply_relative(x, r, reference, e);
	if (str_is(type, "Encounter"))
		return apply_visit(x, r, reference, e);
	if (str_is(type, "Provenance"))
		return apply_provenance(x, r, e);
	return apply_known(x, r, json_str(json_getz(entry, "request"), "ifNoneExist"), reference, e);
}

/* A fact from the future would outlast every correction: it is as old as the moment it came. */
static int64_t fact_time(const struct receipt *r, int64_t now_us)
{
	struct date d;
	if (!date_parse(json_str(r->bundle, "timestamp"), DATE_KIND_INSTANT, &d, NULL))
		return now_us;
	int64_t us = date_lo_us(&d);
	return us > now_us ? now_us : us;
}

bool hl7_apply(struct txn *t, struct receipt *r, struct str *binary, struct err *e)
{
	struct json *bundle = json_clone(r->arena, r->bundle); /* references are written into it, and a job may run twice */
	const struct json *entries = json_getz(bundle, "entry");
	struct applying x = {.txn = t, .arena = r->arena, .receipt = r, .n = json_n(entries)};
	x.references = ARENA_ARRAY(r->arena, struct str, x.n);
	x.fact_us = fact_time(r, txn_now_us(t));
	for (size_t i = 0; i < x.n; i++)
		if (!apply_entry(&x, json_at(entries, i), &x.references[i], e))
			return false;
	*binary = x.binary;
	return true;
}
