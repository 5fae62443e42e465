#include "http/internal.h"

#include <string.h>

enum segment_kind { SEGMENT_TEXT, SEGMENT_PARAM, SEGMENT_REST };

struct segment {
	enum segment_kind kind;
	struct str text;
};

struct compiled_route {
	const struct http_route *route;
	struct segment segments[ROUTE_SEGMENTS];
	size_t n;
};

struct route_table {
	struct compiled_route *v;
	size_t n;
};

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

const char *http_method_name(enum http_method m)
{
	return method_names[m];
}

bool http_method_parse(const char *name, enum http_method *out)
{
	for (size_t i = 0; i < sizeof method_names / sizeof *method_names; i++)
		if (strcmp(name, method_names[i]) == 0) {
			*out = (enum http_method)i;
			return true;
		}
	return false;
}

static bool segment_ok(struct str s)
{
	return s.n > 0 && !str_is(s, ".") && !str_is(s, "..") && str_find_char(s, '/') < 0 && str_find_char(s, '\\') < 0;
}

bool route_split(struct arena *a, struct str raw_path, struct route_path *out)
{
	*out = (struct route_path){0};
	if (raw_path.n == 0 || raw_path.p[0] != '/')
		return false;
	struct str rest = str_sub(raw_path, 1, raw_path.n), whole, part;
	if (rest.n == 0)
		return true;
	if (!http_decode(a, rest, false, &whole))
		return false;
	size_t at = 0; /* into the decoded rest: segments hold no slash, so decoded lengths add up */
	bool more = true;
	while (more) {
		more = str_find_char(rest, '/') >= 0;
		if (!str_next(&rest, '/', &part) || !http_decode(a, part, false, &part))
			return false;
		bool closing = part.n == 0 && !more; /* a trailing slash matches no route, and is no attack */
		if (!segment_ok(part) && !closing)
			return false;
		if (out->n == ROUTE_SEGMENTS) {
			out->too_deep = true;
			continue;
		}
		out->rest[out->n] = str_sub(whole, at, whole.n);
		out->segments[out->n++] = part;
		at += part.n + 1;
	}
	return true;
}

static void compile(struct compiled_route *c, const struct http_route *route)
{
	c->route = route;
	struct str rest = str_from(route->pattern), part;
	rest = rest.n > 1 ? str_sub(rest, 1, rest.n) : STR_NONE;
	while (c->n < ROUTE_SEGMENTS && str_next(&rest, '/', &part)) {
		struct segment *s = &c->segments[c->n++];
		s->text = part;
		s->kind = SEGMENT_TEXT;
		if (str_is(part, "*"))
			s->kind = SEGMENT_REST;
		else if (part.n && part.p[0] == '{')
			s->kind = SEGMENT_PARAM;
	}
}

struct route_table *route_table_new(struct arena *a, const struct http_route *routes, size_t n)
{
	struct route_table *t = ARENA_NEW(a, struct route_table);
	t->v = ARENA_ARRAY(a, struct compiled_route, n ? n : 1);
	t->n = n;
	for (size_t i = 0; i < n; i++)
		compile(&t->v[i], &routes[i]);
	return t;
}

static bool matches(const struct compiled_route *c, const struct route_path *p, struct str params[8])
{
	size_t param = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct segment *s = &c->segments[i];
		if (i == p->n)
			return false;
		if (s->kind == SEGMENT_REST) {
			params[param] = p->rest[i];
			return !p->too_deep;
		}
		if (s->kind == SEGMENT_TEXT && !str_eq(s->text, p->segments[i]))
			return false;
		if (s->kind == SEGMENT_PARAM && p->segments[i].n == 0)
			return false;
		if (s->kind == SEGMENT_PARAM && param < 7)
			params[param++] = p->segments[i];
	}
	return c->n == p->n && !p->too_deep;
}

const struct http_route *route_match(const struct route_table *t, enum http_method method, const struct route_path *path,
				     struct str params[8], unsigned *allow)
{
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	*allow = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct compiled_route *c = &t->v[i];
		if (!matches(c, path, params))
			continue;
		if (c->route->method == wanted || c->route->method == method)
			return c->route;
		*allow |= 1u << c->route->method;
	}
	return NULL;
}
