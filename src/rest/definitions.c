#include "rest/internal.h"

/* Definitions are not about a person: the role and scope are asked, and nothing is disclosed that the ledger would need. */
static bool may_read(struct call *c, enum access_action action)
{
	struct err e = ERR_INIT;
	struct access_decision d;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read) {
		call_fail(c, &e);
		return false;
	}
	struct access_request q = call_request(c, action, NULL);
	bool ok = call_allowed(c, read, &q, &d);
	store_read_end(read);
	return ok;
}

bool definition_read(struct call *c)
{
	if (!pack_owns(c->rest, c->type))
		return false;
	const struct pack_resource *r = pack_get(c->rest->config.pack, c->type, c->id);
	if (!r)
		call_not_found(c);
	else if (may_read(c, ACCESS_READ)) {
		http_set(c->r, "ETag", str_printf(c->a, "W/\"%.*s\"", STR_ARG(str_sub(r->digest, 0, 16))));
		call_json(c, 200, json_to_str(c->a, r->body));
	}
	return true;
}

struct wanted {
	struct str id, url, name;
};

static bool parse(struct call *c, struct wanted *w)
{
	struct http_field *f;
	size_t n;
	struct err e = ERR_INIT;
	*w = (struct wanted){0};
	bool ok = http_form(c->a, c->query, &f, &n, &e);
	for (size_t i = 0; ok && i < n; i++) {
		if (str_is(f[i].name, "_id"))
			w->id = f[i].value;
		else if (str_is(f[i].name, "url"))
			w->url = f[i].value;
		else if (str_is(f[i].name, "name"))
			w->name = f[i].value;
		else if (!str_is(f[i].name, "_count"))
			ok = err_set(&e, ERR_INVALID, "what the pack defines is searched by _id, url and name, not by \"%.*s\"", STR_ARG(f[i].name));
	}
	if (!ok)
		call_fail(c, &e);
	return ok;
}

static bool matches(struct call *c, const struct wanted *w, const struct pack_resource *r)
{
	if (w->id.p && !str_eq(w->id, r->id))
		return false;
	if (w->url.p && !str_eq(w->url, r->url))
		return false;
	return !w->name.p || str_starts(str_lower(c->a, json_str(r->body, "name")), str_lower(c->a, w->name));
}

bool definition_search(struct call *c)
{
	const struct pack_resource *const *list;
	struct wanted w;
	if (!pack_owns(c->rest, c->type))
		return false;
	if (!parse(c, &w) || !may_read(c, ACCESS_SEARCH))
		return true;
	size_t n = pack_all(c->rest->config.pack, c->type, &list), found = 0;
	struct json *bundle = json_object(c->a), *entries = json_array(c->a);
	for (size_t i = 0; i < n; i++) {
		if (!matches(c, &w, list[i]))
			continue;
		struct json *entry = json_object(c->a);
		json_set_str(c->a, entry, "fullUrl", str_printf(c->a, "%.*s/%.*s/%.*s", STR_ARG(c->base), STR_ARG(c->type), STR_ARG(list[i]->id)));
		json_setz(c->a, entry, "resource", json_clone(c->a, list[i]->body));
		json_push(c->a, entries, entry);
		found++;
	}
	json_setz(c->a, bundle, "resourceType", json_stringz(c->a, "Bundle"));
	json_setz(c->a, bundle, "type", json_stringz(c->a, "searchset"));
	json_setz(c->a, bundle, "total", json_int(c->a, (int64_t)found));
	if (found)
		json_setz(c->a, bundle, "entry", entries);
	call_json(c, 200, json_to_str(c->a, bundle));
	return true;
}
