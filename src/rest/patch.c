#include "rest/internal.h"
#include "rest/fhirpath_patch.h"
#include "rest/json_patch.h"

enum { TRIES = 5 };

/* An array is a JSON Patch, a Parameters resource a FHIRPath Patch; each under its own media type. */
static bool read_patch(struct call *c, struct json **out)
{
	struct err e = ERR_INIT;
	struct str type = http_header(c->q, "Content-Type");
	if (!str_starts(type, STR("application/json-patch+json"))) {
		if (!str_starts(type, STR("application/fhir+json"))) {
			call_refuse(c, ERR_MEDIA_TYPE, "a patch is application/json-patch+json, or Parameters as application/fhir+json");
			return false;
		}
		return call_body(c, out);
	}
	if (json_parse(c->a, c->q->body, NULL, out, &e) && json_is(*out, JSON_ARRAY))
		return true;
	if (e.code == ERR_NONE)
		err_set(&e, ERR_INVALID, "a JSON Patch is an array of operations");
	call_fail(c, &e);
	return false;
}

static bool read_current(struct call *c, struct resource *now)
{
	struct err e = ERR_INIT;
	struct access_decision d;
	struct json *body;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	bool ok = read && store_get(read, c->type, c->id, now, &e) && json_parse(c->a, now->body, NULL, &body, &e);
	if (!ok && e.code == ERR_NOT_FOUND)
		call_not_found(c, read, ACCESS_WRITE);
	else if (!ok)
		call_fail(c, &e);
	if (ok) {
		struct access_request q = call_request(c, ACCESS_WRITE, body);
		ok = call_allowed(c, read, &q, &d);
	}
	if (read)
		store_read_end(read);
	return ok;
}

/* What may not change by a patch: the type and the id. */
static bool same_resource(struct call *c, const struct json *body)
{
	if (str_eq(json_str(body, "resourceType"), c->type) && str_eq(json_str(body, "id"), c->id))
		return true;
	call_refuse(c, ERR_INVARIANT, "a patch cannot change the type or the id of a resource");
	return false;
}

static bool patched(struct call *c, const struct resource *now, const struct json *patch, struct json **out)
{
	struct err e = ERR_INIT;
	bool ok = json_parse(c->a, now->body, NULL, out, &e);
	if (json_is(patch, JSON_ARRAY))
		ok = ok && json_patch(c->a, out, patch, &e);
	else
		ok = ok && fhirpath_patch(c->a, *out, patch, env_now_us(c->rest->config.env), &e);
	if (!ok) {
		call_fail(c, &e);
		return false;
	}
	return same_resource(c, *out) && write_checked(c, *out, STR_NONE) && may_write(c, *out, NULL, false);
}

/* R4 http.html#patch. The patch is applied to the version that was read, and written only over that version; when somebody was
 * faster and the caller did not name a version, it is applied again to what is there now. */
void do_patch(struct call *c)
{
	struct json *patch, *body;
	struct resource now;
	int64_t version;
	if (!type_known(c) || !if_match(c, &version) || !read_patch(c, &patch))
		return;
	for (int i = 0; i < TRIES; i++) {
		if (!read_current(c, &now) || !patched(c, &now, patch, &body))
			return;
		struct put put = {.method = STORE_UPDATE, .type = c->type, .id = c->id, .body = body, .if_version = version ? version : now.version};
		struct put_result written;
		struct change change = {.act = access_act(&c->user, STR("fhir"), c->q->id), .puts = &put, .n = 1, .results = &written};
		struct err e = ERR_INIT;
		if (store_commit(c->rest->config.store, c->a, &change, &e)) {
			answer_written(c, &written);
			return;
		}
		if (version || e.code != ERR_PRECONDITION) {
			call_fail(c, &e);
			return;
		}
	}
	call_refuse(c, ERR_CONFLICT, "the resource is being changed by others: read it and try again");
}
