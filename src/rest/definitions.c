/* What the pack defines is served beside what the store holds, and is changed in the pack alone. Another definition, with an id and
 * a url of its own, may be stored like any resource; rules and forms take no notice of it. */
#include "rest/internal.h"

/* MetadataResource: what has a url to be known by and can be experimental (CodeSystem, Questionnaire, PlanDefinition ...). */
static bool is_definition(struct str type)
{
	const struct fhir_type *t = fhir_type(type);
	return t && fhir_element_by_path(t, STR("experimental")) != NULL;
}

bool pack_has(const struct rest *r, struct str type, struct str id, struct str url)
{
	if (!r->config.pack || !is_definition(type))
		return false;
	if (id.n && pack_get(r->config.pack, type, id))
		return true;
	const struct pack_resource *same = url.n ? pack_by_url(r->config.pack, url) : NULL;
	return same && str_eq(same->type, type);
}

/* Not about a person: the role and scope are asked, and nothing is disclosed that the ledger would need. */
static bool may_read(struct call *c)
{
	struct err e = ERR_INIT;
	struct access_decision d;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read) {
		call_fail(c, &e);
		return false;
	}
	struct access_request q = call_request(c, ACCESS_READ, NULL);
	bool ok = call_allowed(c, read, &q, &d);
	store_read_end(read);
	return ok;
}

bool definition_read(struct call *c)
{
	if (!pack_has(c->rest, c->type, c->id, STR_NONE))
		return false;
	const struct pack_resource *r = pack_get(c->rest->config.pack, c->type, c->id);
	if (may_read(c)) {
		http_set(c->r, "ETag", str_printf(c->a, "W/\"%.*s\"", STR_ARG(str_sub(r->digest, 0, 16))));
		call_json(c, 200, json_to_str(c->a, r->body));
	}
	return true;
}

struct wanted {
	struct str id, url, name;
	bool later_page;
};

static bool parse(struct call *c, struct wanted *w)
{
	struct http_field *f;
	size_t n;
	struct err e = ERR_INIT;
	*w = (struct wanted){0};
	bool ok = http_form(c->a, c->query, &f, &n, &e);
	for (size_t i = 0; ok && i < n; i++) {
		struct str name = f[i].name;
		bool shape = str_is(name, "_count") || str_is(name, "_total") || str_is(name, "_summary") || str_is(name, "_elements");
		if (str_is(name, "_id"))
			w->id = f[i].value;
		else if (str_is(name, "url"))
			w->url = f[i].value;
		else if (str_is(name, "name"))
			w->name = f[i].value;
		else if (str_is(name, "_page"))
			w->later_page = true;
		else if (!shape)
			ok = err_set(&e, ERR_INVALID, "definitions are searched by _id, url and name, not by \"%.*s\"", STR_ARG(name));
	}
	if (!ok)
		call_fail(c, &e);
	return ok;
}

static bool matches(struct call *c, const struct wanted *w, const struct pack_resource *r)
{
	if (w->later_page || (w->id.p && !str_eq(w->id, r->id)) || (w->url.p && !str_eq(w->url, r->url)))
		return false;
	return !w->name.p || str_starts(str_lower(c->a, json_str(r->body, "name")), str_lower(c->a, w->name));
}

bool definitions_found(struct call *c, struct resources *out)
{
	const struct pack_resource *const *list;
	struct wanted w;
	*out = (struct resources){0};
	if (!c->rest->config.pack || !is_definition(c->type))
		return true;
	size_t n = pack_all(c->rest->config.pack, c->type, &list);
	if (!n)
		return true;
	if (!parse(c, &w))
		return false;
	out->v = ARENA_ARRAY(c->a, struct resource, n);
	for (size_t i = 0; i < n; i++)
		if (matches(c, &w, list[i]))
			out->v[out->n++] = (struct resource){.type = list[i]->type, .id = list[i]->id, .version = 1,
							     .body = json_to_str(c->a, list[i]->body)};
	return true;
}

bool searched_as_definition(const struct rest *r, struct str type)
{
	const struct pack_resource *const *list;
	return r->config.pack && is_definition(type) && pack_all(r->config.pack, type, &list) > 0;
}
