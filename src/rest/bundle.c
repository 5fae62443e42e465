#include "rest/internal.h"

enum { MOST_ENTRIES = 5000 };

/* ---- reading the Bundle ---- */

static bool entry_method(const struct json *request, struct entry *e)
{
	static const struct {
		const char *name;
		enum http_method method;
	} known[] = {{"GET", HTTP_GET}, {"HEAD", HTTP_HEAD}, {"POST", HTTP_POST}, {"PUT", HTTP_PUT}, {"DELETE", HTTP_DELETE}};
	struct str name = json_str(request, "method");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_is(name, known[i].name)) {
			e->method = known[i].method;
			return true;
		}
	return false;
}

static void entry_address(struct call *c, struct entry *e)
{
	struct str url = e->url;
	if (str_starts(url, c->base))
		url = str_sub(url, c->base.n, url.n);
	if (url.n && url.p[0] == '/')
		url = str_sub(url, 1, url.n);
	ptrdiff_t mark = str_find_char(url, '?');
	e->path = mark < 0 ? url : str_sub(url, 0, (size_t)mark);
	e->query = mark < 0 ? STR_NONE : str_sub(url, (size_t)mark + 1, url.n);
	ptrdiff_t slash = str_find_char(e->path, '/');
	struct str type = slash < 0 ? e->path : str_sub(e->path, 0, (size_t)slash);
	struct str id = slash < 0 ? STR_NONE : str_sub(e->path, (size_t)slash + 1, e->path.n);
	if (!fhir_is_resource(type) || (id.p && !fhir_id_ok(id)))
		return;
	e->type = type;
	e->id = id;
}

static bool read_entry(struct call *c, struct json *json, size_t at, struct entry *e)
{
	const struct json *request = json_getz(json, "request");
	*e = (struct entry){.json = json, .resource = json_getz(json, "resource"), .url = json_str(request, "url"),
			    .full_url = json_str(json, "fullUrl"), .if_match = json_str(request, "ifMatch"),
			    .if_none_exist = json_str(request, "ifNoneExist"), .if_none_match = json_str(request, "ifNoneMatch")};
	e->method_known = entry_method(request, e);
	if (!json_is(request, JSON_OBJECT) || !e->url.n) {
		call_refuse(c, ERR_INVALID, "entry %zu has no request with a method and a url", at);
		return false;
	}
	if (str_is(json_str(e->resource, "resourceType"), "Bundle") && e->path.n == 0 && e->method == HTTP_POST && e->url.n < 2) {
		call_refuse(c, ERR_INVALID, "entry %zu is a batch within the batch", at);
		return false;
	}
	entry_address(c, e);
	return true;
}

bool bundle_entries(struct call *c, const struct json *bundle, struct entry **out, size_t *n)
{
	const struct json *list = json_getz(bundle, "entry");
	*n = json_n(list);
	if (list && !json_is(list, JSON_ARRAY)) {
		call_refuse(c, ERR_SYNTAX, "Bundle.entry is not an array");
		return false;
	}
	if (*n > MOST_ENTRIES) {
		call_refuse(c, ERR_TOO_LARGE, "the Bundle has more than %d entries", MOST_ENTRIES);
		return false;
	}
	*out = ARENA_ARRAY(c->a, struct entry, *n ? *n : 1);
	for (size_t i = 0; i < *n; i++)
		if (!read_entry(c, json_at(list, i), i, &(*out)[i]))
			return false;
	return true;
}

/* ---- answering one ---- */

static const char *status_words(int status)
{
	switch (status) {
	case 200:
		return "200 OK";
	case 201:
		return "201 Created";
	case 204:
		return "204 No Content";
	case 304:
		return "304 Not Modified";
	case 404:
		return "404 Not Found";
	case 410:
		return "410 Gone";
	default:
		return NULL;
	}
}

static struct json *answer_entry(struct call *c, const struct http_response *r)
{
	struct json *entry = json_object(c->a), *response = json_object(c->a), *body = NULL;
	const char *words = status_words(r->status);
	json_set_str(c->a, response, "status", words ? str_from(words) : str_printf(c->a, "%d", r->status));
	for (size_t i = 0; i < r->header_count; i++) {
		if (str_is(r->headers[i].name, "Location"))
			json_set_str(c->a, response, "location", r->headers[i].value);
		if (str_is(r->headers[i].name, "ETag"))
			json_set_str(c->a, response, "etag", r->headers[i].value);
	}
	if (r->body.n)
		json_parse(c->a, r->body, NULL, &body, NULL);
	json_set_str(c->a, response, "lastModified", json_str(json_getz(body, "meta"), "lastUpdated"));
	if (body && str_is(json_str(body, "resourceType"), "OperationOutcome"))
		json_setz(c->a, response, "outcome", body);
	else if (body)
		json_setz(c->a, entry, "resource", body);
	json_setz(c->a, entry, "response", response);
	return entry;
}

static size_t split_path(struct arena *a, struct str path, struct str *segments, size_t most)
{
	struct str rest = path, one;
	size_t n = 0;
	while (str_next(&rest, '/', &one)) {
		if (n == most || !http_decode(a, one, false, &segments[n]))
			return most + 1;
		n++;
	}
	return n;
}

static void add_header(struct http_request *q, const char *name, struct str value)
{
	if (value.p)
		q->headers[q->header_count++] = (struct http_header){str_from(name), value};
}

struct json *entry_run(struct call *c, const struct entry *e)
{
	struct str segments[4];
	struct http_response r = {0};
	struct http_request q = *c->q;
	q.headers = ARENA_ARRAY(c->a, struct http_header, 4);
	q.header_count = 0;
	add_header(&q, "If-Match", e->if_match);
	add_header(&q, "If-None-Exist", e->if_none_exist);
	add_header(&q, "If-None-Match", e->if_none_match);
	q.method = e->method;
	q.query = e->query;
	q.body = e->resource ? json_to_str(c->a, e->resource) : STR("");
	struct call sub = {.rest = c->rest, .q = &q, .r = &r, .a = c->a, .user = c->user, .base = c->base, .prefer = c->prefer,
			   .in_bundle = true};
	size_t n = split_path(c->a, e->path, segments, 4);
	const struct interaction *i = e->method_known && n <= 4 ? interaction_find(e->method, segments, n, &sub) : NULL;
	if (!i || i->run == do_bundle || i->run == do_search_post)
		call_refuse(&sub, ERR_INVALID, "\"%.*s\" with that method is not something an entry may ask", STR_ARG(e->url));
	else if (call_negotiate(&sub))
		i->run(&sub);
	return answer_entry(c, &r);
}

struct json *answer_bundle(struct call *c, const char *type, struct json *const *entries, size_t n)
{
	struct json *bundle = json_object(c->a), *list = json_array(c->a);
	json_setz(c->a, bundle, "resourceType", json_stringz(c->a, "Bundle"));
	json_setz(c->a, bundle, "type", json_stringz(c->a, type));
	for (size_t i = 0; i < n; i++)
		json_push(c->a, list, entries[i]);
	if (n)
		json_setz(c->a, bundle, "entry", list);
	return bundle;
}

static void run_batch(struct call *c, const struct entry *entries, size_t n)
{
	struct json **answers = ARENA_ARRAY(c->a, struct json *, n ? n : 1);
	for (size_t i = 0; i < n; i++)
		answers[i] = entry_run(c, &entries[i]);
	call_json(c, 200, json_to_str(c->a, answer_bundle(c, "batch-response", answers, n)));
}

void do_bundle(struct call *c)
{
	struct json *bundle;
	struct entry *entries;
	size_t n;
	if (!call_body(c, &bundle))
		return;
	struct str type = json_str(bundle, "type");
	if (!str_is(json_str(bundle, "resourceType"), "Bundle") || (!str_is(type, "batch") && !str_is(type, "transaction"))) {
		call_refuse(c, ERR_INVALID, "what is posted here is a Bundle of type batch or transaction");
		return;
	}
	if (!bundle_entries(c, bundle, &entries, &n))
		return;
	if (str_is(type, "batch"))
		run_batch(c, entries, n);
	else
		run_transaction(c, bundle, entries, n);
}
