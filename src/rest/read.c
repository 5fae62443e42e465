#include "rest/internal.h"

/* Anything that finds nothing, or something its reader must not know of, ends in the same words. */
static void fail_read(struct call *c, struct store_read *read, const struct err *e)
{
	if (e->code == ERR_NOT_FOUND)
		call_not_found(c, read, ACCESS_READ);
	else
		call_fail(c, e);
}

static bool wants_raw(struct call *c)
{
	struct str accept = http_header(c->q, "Accept");
	return accept.n && str_find(accept, STR("json")) < 0 && str_find(accept, STR("*/*")) < 0;
}

/* R4 binary.html#rest. Whatever it holds, no browser runs it. */
static void answer_binary(struct call *c, const struct json *body)
{
	struct str bytes;
	if (!base64_decode(c->a, json_str(body, "data"), &bytes)) {
		call_refuse(c, ERR_NOT_ACCEPTABLE, "the content is not there as bytes");
		return;
	}
	c->r->status = 200;
	http_set(c->r, "Content-Type", json_str(body, "contentType"));
	http_setz(c->r, "Content-Disposition", "attachment");
	http_setz(c->r, "Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'");
	c->r->body = bytes;
}

static void answer(struct call *c, const struct resource *found, const struct json *body)
{
	if (etag_list_has(http_header(c->q, "If-None-Match"), found->version)) {
		c->r->status = 304;
		set_version_headers(c, found);
		return;
	}
	if (str_is(c->type, "Binary") && wants_raw(c)) {
		set_version_headers(c, found);
		answer_binary(c, body);
		return;
	}
	struct shape shape;
	if (!shape_parse(c, &shape))
		return;
	set_version_headers(c, found);
	call_json(c, 200, shape_apply(c, &shape, found));
}

static bool only_shapes(struct call *c)
{
	struct http_field *f;
	size_t n;
	if (!http_form(c->a, c->query, &f, &n, NULL))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_is(f[i].name, "_elements") && (!str_is(f[i].name, "_summary") || str_is(f[i].value, "count")))
			return false;
	return true;
}

static bool fetch(struct call *c, struct store_read *read, int64_t version, struct resource *out, struct err *e)
{
	if (!version)
		return store_get(read, c->type, c->id, out, e);
	if (!store_get_version(read, c->type, c->id, version, out, e))
		return false;
	return !out->deleted || err_set(e, ERR_GONE, "this version says that the resource was deleted");
}

/* The connection is given back before the ledger is waited for. */
static bool open_resource(struct call *c, int64_t version, struct resource *found, struct json **body)
{
	struct err e = ERR_INIT;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read) {
		call_fail(c, &e);
		return false;
	}
	struct access_decision d;
	bool ok = fetch(c, read, version, found, &e) && json_parse(c->a, found->body, NULL, body, &e);
	if (!ok) {
		fail_read(c, read, &e);
	} else {
		struct access_request q = call_request(c, ACCESS_READ, *body);
		ok = call_allowed(c, read, &q, &d);
	}
	store_read_end(read);
	return ok;
}

static void read_version(struct call *c, int64_t version)
{
	struct resource found;
	struct json *body = NULL;
	if (!type_known(c))
		return;
	if (!fhir_id_ok(c->id)) {
		call_refuse(c, ERR_NOT_FOUND, "an id has 1 to 64 letters, digits, \"-\" and \".\"");
		return;
	}
	if (audit_read(c) || (!version && definition_read(c)) || !open_resource(c, version, &found, &body))
		return;
	struct access_request q = call_request(c, ACCESS_READ, body);
	if (call_disclosed(c, &q, item_of(c->a, &found)))
		answer(c, &found, body);
}

void do_read(struct call *c)
{
	if (!only_shapes(c)) {
		call_refuse(c, ERR_INVALID, "a read takes no parameters but _format, _pretty, _summary and _elements");
		return;
	}
	read_version(c, 0);
}

void do_vread(struct call *c)
{
	int64_t version;
	if (!str_to_i64(c->version, &version) || version < 1) {
		call_not_found(c, NULL, ACCESS_READ);
		return;
	}
	read_version(c, version);
}
