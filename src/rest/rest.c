#include "rest/internal.h"

#include <string.h>

/* First match wins, so what begins with "_" or "$" comes before {id}. */
static const struct interaction interactions[] = {
	{HTTP_GET, "/metadata", do_capabilities, true},
	{HTTP_POST, "", do_bundle, false},
	{HTTP_POST, "/", do_bundle, false},
	{HTTP_POST, "/{type}/_search", do_search_post, false},
	{HTTP_POST, "/{type}/$validate", do_validate, false},
	{HTTP_GET, "/{type}/{id}/_history/{version}", do_vread, false},
	{HTTP_GET, "/{type}/{id}/_history", do_history, false},
	{HTTP_GET, "/{type}/{id}/$everything", do_everything, false},
	{HTTP_GET, "/{type}/{id}/{inner}", do_compartment, false},
	{HTTP_GET, "/{type}/{id}", do_read, false},
	{HTTP_PUT, "/{type}/{id}", do_update, false},
	{HTTP_PATCH, "/{type}/{id}", do_patch, false},
	{HTTP_DELETE, "/{type}/{id}", do_delete, false},
	{HTTP_GET, "/{type}", do_search, false},
	{HTTP_POST, "/{type}", do_create, false},
	{HTTP_PUT, "/{type}", do_conditional_update, false},
	{HTTP_DELETE, "/{type}", do_conditional_delete, false},
};

enum { INTERACTIONS = sizeof interactions / sizeof *interactions };

struct bound {
	struct rest *rest;
	const struct interaction *interaction;
};

static void place(struct call *c, size_t parameter, struct str value)
{
	struct str *to[] = {&c->type, &c->id, &c->version};
	if (parameter < 3)
		*to[parameter] = value;
}

static bool fits(const struct interaction *i, const struct str *segments, size_t n, struct call *c)
{
	struct str rest = str_from(i->pattern), part;
	size_t at = 0, parameter = 0;
	rest = rest.n > 1 ? str_sub(rest, 1, rest.n) : STR_NONE;
	while (str_next(&rest, '/', &part)) {
		if (at == n)
			return false;
		if (part.p[0] == '{')
			place(c, parameter++, segments[at]);
		else if (!str_eq(part, segments[at]))
			return false;
		at++;
	}
	return at == n && n > 0;
}

const struct interaction *interaction_find(enum http_method method, const struct str *segments, size_t n, struct call *c)
{
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	for (size_t i = 0; i < INTERACTIONS; i++)
		if (interactions[i].method == wanted && fits(&interactions[i], segments, n, c))
			return &interactions[i];
	return NULL;
}

bool type_known(struct call *c)
{
	if (fhir_is_resource(c->type))
		return true;
	call_refuse(c, ERR_NOT_FOUND, "R4 has no resource \"%.*s\"", STR_ARG(str_sub(c->type, 0, 64)));
	return false;
}

static void handle(void *arg, struct http_request *q, struct http_response *r)
{
	const struct bound *b = arg;
	struct call c = {.rest = b->rest, .q = q, .r = r, .a = q->arena, .base = str_cat(q->arena, q->base_url, STR("/fhir"))};
	for (size_t i = 0; i < 3; i++)
		place(&c, i, q->params[i]);
	http_set(r, "X-Request-Id", q->id);
	if (call_negotiate(&c) && (b->interaction->open || call_authenticate(&c)))
		b->interaction->run(&c);
}

/* A path below /fhir that no interaction has: told to whoever has a token in the API's own terms. */
static void handle_unknown(void *arg, struct http_request *q, struct http_response *r)
{
	struct rest *rest = arg;
	struct call c = {.rest = rest, .q = q, .r = r, .a = q->arena, .base = str_cat(q->arena, q->base_url, STR("/fhir"))};
	if (call_negotiate(&c) && call_authenticate(&c))
		call_refuse(&c, ERR_NOT_FOUND, "the API has nothing at this address");
}

struct rest *rest_new(struct arena *a, const struct rest_config *config)
{
	struct rest *r = ARENA_NEW(a, struct rest);
	r->config = *config;
	r->arena = a;
	r->started_us = env_monotonic_us();
	r->capabilities = capabilities_text(r, a);
	return r;
}

void rest_server_set(struct rest *r, const struct http_server *s)
{
	atomic_store(&r->server, s);
}

size_t rest_routes(struct rest *r, const struct http_route **out)
{
	struct http_route *routes = ARENA_ARRAY(r->arena, struct http_route, INTERACTIONS + 3);
	size_t n = 0;
	routes[n++] = (struct http_route){HTTP_GET, "/health", handle_health, r};
	routes[n++] = (struct http_route){HTTP_GET, "/metrics", handle_metrics, r};
	for (size_t i = 0; i < INTERACTIONS; i++) {
		struct bound *b = ARENA_NEW(r->arena, struct bound);
		*b = (struct bound){r, &interactions[i]};
		const char *pattern = str_c(r->arena, str_cat(r->arena, STR("/fhir"), str_from(interactions[i].pattern)));
		routes[n++] = (struct http_route){interactions[i].method, pattern, handle, b};
	}
	routes[n++] = (struct http_route){HTTP_GET, "/fhir/*", handle_unknown, r};
	*out = routes;
	return n;
}
