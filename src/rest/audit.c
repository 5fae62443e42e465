#include "rest/internal.h"

enum { DEFAULT_COUNT = 50, MOST = 500 };

struct asked {
	struct str person;
	int64_t count, before;
};

static bool parse(struct call *c, struct asked *out)
{
	struct http_field *f;
	size_t n;
	struct err e = ERR_INIT;
	*out = (struct asked){.count = DEFAULT_COUNT};
	bool ok = http_form(c->a, c->query, &f, &n, &e);
	for (size_t i = 0; ok && i < n; i++) {
		struct fhir_reference ref;
		if (str_is(f[i].name, "patient") || str_is(f[i].name, "entity")) {
			bool full = fhir_reference_parse(f[i].value, c->base, &ref);
			ok = full || fhir_id_ok(f[i].value) || err_set(&e, ERR_INVALID, "patient is not a reference to a Patient");
			out->person = full ? str_printf(c->a, "%.*s/%.*s", STR_ARG(ref.type), STR_ARG(ref.id)) : str_cat(c->a, STR("Patient/"), f[i].value);
		} else if (str_is(f[i].name, "_count"))
			ok = (str_to_i64(f[i].value, &out->count) && out->count > 0) || err_set(&e, ERR_INVALID, "_count is not a number above 0");
		else if (str_is(f[i].name, "_before"))
			ok = (str_to_i64(f[i].value, &out->before) && out->before > 0) || err_set(&e, ERR_INVALID, "_before is not a number");
		else
			ok = err_set(&e, ERR_INVALID, "AuditEvent is searched by patient, entity and _count, not by \"%.*s\"", STR_ARG(f[i].name));
	}
	if (out->count > MOST)
		out->count = MOST;
	if (!ok)
		call_fail(c, &e);
	return ok;
}

static bool fetch(struct call *c, const struct asked *asked, struct ledger_entries *out)
{
	struct err e = ERR_INIT;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read) {
		call_fail(c, &e);
		return false;
	}
	struct access_request q = call_request(c, ACCESS_READ, NULL);
	struct access_decision d;
	bool ok = call_allowed(c, read, &q, &d);
	if (ok && !ledger_list(read, asked->person, asked->before, (size_t)asked->count, out, &e)) {
		call_fail(c, &e);
		ok = false;
	}
	store_read_end(read);
	q.person = asked->person;
	q.detail = STR("AuditEvent");
	return ok && call_disclosed(c, &q, STR(""));
}

bool audit_read(struct call *c)
{
	int64_t seq;
	struct ledger_entries found = {0};
	if (!str_is(c->type, "AuditEvent"))
		return false;
	struct str prefix = STR("ledger-");
	bool ours = str_starts(c->id, prefix) && str_to_i64(str_sub(c->id, prefix.n, c->id.n), &seq) && seq > 0;
	if (!ours) {
		call_not_found(c, NULL, ACCESS_READ);
		return true;
	}
	struct asked asked = {.count = 1, .before = seq + 1};
	if (!fetch(c, &asked, &found))
		return true;
	if (found.n == 1 && found.v[0].seq == seq)
		call_json(c, 200, json_to_str(c->a, ledger_audit_event(c->a, &found.v[0])));
	else
		call_not_found(c, NULL, ACCESS_READ);
	return true;
}

bool audit_search(struct call *c)
{
	struct asked asked;
	struct ledger_entries found = {0};
	if (!str_is(c->type, "AuditEvent"))
		return false;
	if (!parse(c, &asked) || !fetch(c, &asked, &found))
		return true;
	struct json *bundle = json_object(c->a), *links = json_array(c->a), *entries = json_array(c->a);
	json_setz(c->a, bundle, "resourceType", json_stringz(c->a, "Bundle"));
	json_setz(c->a, bundle, "type", json_stringz(c->a, "searchset"));
	struct json *self = json_object(c->a);
	json_setz(c->a, self, "relation", json_stringz(c->a, "self"));
	json_set_str(c->a, self, "url", str_printf(c->a, "%.*s/AuditEvent?%.*s", STR_ARG(c->base), STR_ARG(c->query)));
	json_push(c->a, links, self);
	if (found.n == (size_t)asked.count) {
		struct json *next = json_object(c->a);
		json_setz(c->a, next, "relation", json_stringz(c->a, "next"));
		json_set_str(c->a, next, "url", str_printf(c->a, "%.*s/AuditEvent?%s%.*s&_count=%lld&_before=%lld", STR_ARG(c->base),
							   asked.person.n ? "patient=" : "", STR_ARG(asked.person), (long long)asked.count,
							   (long long)found.v[found.n - 1].seq));
		json_push(c->a, links, next);
	}
	json_setz(c->a, bundle, "link", links);
	for (size_t i = 0; i < found.n; i++) {
		struct json *entry = json_object(c->a), *event = ledger_audit_event(c->a, &found.v[i]);
		json_set_str(c->a, entry, "fullUrl", str_printf(c->a, "%.*s/AuditEvent/%.*s", STR_ARG(c->base), STR_ARG(json_str(event, "id"))));
		json_setz(c->a, entry, "resource", event);
		json_push(c->a, entries, entry);
	}
	if (found.n)
		json_setz(c->a, bundle, "entry", entries);
	call_json(c, 200, json_to_str(c->a, bundle));
	return true;
}
