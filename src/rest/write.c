#include "rest/internal.h"

/* ---- what all writes share ---- */

static struct act act_of(struct call *c)
{
	return access_act(&c->user, STR("fhir"), c->q->id);
}

static bool commit(struct call *c, const struct put *put, struct put_result *out)
{
	struct change change = {.act = act_of(c), .puts = put, .n = 1, .results = out};
	struct err e = ERR_INIT;
	if (store_commit(c->rest->config.store, c->a, &change, &e))
		return true;
	call_fail(c, &e);
	return false;
}

static void location(struct call *c, const struct resource *r)
{
	http_set(c->r, "Location", str_printf(c->a, "%.*s/%.*s/%.*s/_history/%lld", STR_ARG(c->base), STR_ARG(r->type), STR_ARG(r->id),
					      (long long)r->version));
}

void answer_written(struct call *c, const struct put_result *w)
{
	c->r->status = w->created ? 201 : 200;
	if (w->created || w->unchanged)
		location(c, &w->resource);
	set_version_headers(c, &w->resource);
	if (c->prefer == PREFER_OUTCOME)
		call_done(c, w->created ? "created" : w->unchanged ? "nothing to change" : "updated");
	else if (c->prefer == PREFER_REPRESENTATION)
		call_json(c, c->r->status, w->resource.body);
}

/* May this caller write this (new, and where there is one, old) content? The old one may carry labels, or be about somebody else. */
bool may_write(struct call *c, const struct json *body, const struct map *coming, bool new_fact)
{
	struct err e = ERR_INIT;
	struct access_decision d;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read) {
		call_fail(c, &e);
		return false;
	}
	struct access_request q = call_request(c, ACCESS_WRITE, body);
	bool ok = call_allowed(c, read, &q, &d);
	struct resource old;
	struct json *old_body;
	if (ok && c->id.n && store_get(read, c->type, c->id, &old, NULL) && json_parse(c->a, old.body, NULL, &old_body, NULL)) {
		q.resource = old_body;
		ok = call_allowed(c, read, &q, &d);
	}
	struct fhir_outcome *o = fhir_outcome_new(c->a);
	if (ok && new_fact && !people_exist(c, read, body, coming, o)) {
		call_outcome(c, outcome_status(o), o);
		ok = false;
	}
	store_read_end(read);
	return ok;
}

/* A match that answers a conditional create is somebody's record: it is read, and the read is recorded. */
static bool may_see_match(struct call *c, const struct resource *match)
{
	struct err e = ERR_INIT;
	struct json *body;
	struct access_decision d;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read || !json_parse(c->a, match->body, NULL, &body, &e)) {
		if (read)
			store_read_end(read);
		call_fail(c, &e);
		return false;
	}
	struct access_request q = call_request(c, ACCESS_READ, body);
	bool ok = call_allowed(c, read, &q, &d);
	store_read_end(read);
	return ok && call_disclosed(c, &q, item_of(c->a, match));
}

bool if_match(struct call *c, int64_t *version)
{
	struct str header = http_header(c->q, "If-Match");
	*version = 0;
	if (!header.n || etag_parse(header, version))
		return true;
	call_refuse(c, ERR_INVALID, "If-Match must be one version, as in W/\"3\"");
	return false;
}

/* ---- the interactions ---- */

void do_create(struct call *c)
{
	struct json *body;
	if (!type_known(c) || !call_body(c, &body) || !write_checked(c, body, c->q->body) || !may_write(c, body, NULL, true))
		return;
	struct str condition = http_header(c->q, "If-None-Exist");
	if (condition.p && condition.n && condition.p[0] == '?')
		condition = str_sub(condition, 1, condition.n);
	if (condition.p && !condition.n) {
		call_refuse(c, ERR_INVALID, "If-None-Exist is empty");
		return;
	}
	struct put put = {.method = STORE_CREATE, .type = c->type, .body = body, .if_none_exist = condition};
	struct put_result written;
	if (!commit(c, &put, &written) || (written.unchanged && !may_see_match(c, &written.resource)))
		return;
	answer_written(c, &written);
}

/* R4 http.html#update: the id in the body is that of the address. */
static bool id_agrees(struct call *c, const struct json *body)
{
	struct str id = json_str(body, "id");
	if (str_eq(id, c->id))
		return true;
	call_refuse(c, ERR_INVALID, id.p ? "the id in the body is not that of the address" : "the body of an update needs its id");
	return false;
}

void do_update(struct call *c)
{
	struct json *body;
	int64_t version;
	if (!type_known(c) || !if_match(c, &version))
		return;
	if (!fhir_id_ok(c->id)) {
		call_refuse(c, ERR_INVALID, "an id has 1 to 64 letters, digits, \"-\" and \".\"");
		return;
	}
	if (!call_body(c, &body) || !write_checked(c, body, c->q->body) || !id_agrees(c, body) || !may_write(c, body, NULL, false))
		return;
	struct put put = {.method = STORE_UPDATE, .type = c->type, .id = c->id, .body = body, .if_version = version};
	struct put_result written;
	if (commit(c, &put, &written))
		answer_written(c, &written);
}

/* Finds whom a conditional write would touch, so that access is asked about it. The write itself runs the condition again, inside
 * its transaction; *target is held to it by version. */
static bool resolve(struct call *c, struct resource *target, bool *found)
{
	struct err e = ERR_INIT;
	struct search *q;
	struct search_page page = {0};
	*found = false;
	if (!c->query.n) {
		call_refuse(c, ERR_INVALID, "a conditional write needs a condition");
		return false;
	}
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	bool ok = read && search_parse(c->a, c->type, c->query, env_now_us(c->rest->config.env), &q, &e) && store_search(read, q, &page, &e);
	if (read)
		store_read_end(read);
	if (ok && page.matches.n > 1)
		ok = err_set(&e, ERR_MULTIPLE, "the condition matches more than one resource");
	if (!ok) {
		query_fail(c, &e);
		return false;
	}
	*found = page.matches.n == 1;
	if (*found)
		*target = page.matches.v[0];
	return true;
}

void do_conditional_update(struct call *c)
{
	struct json *body;
	struct resource target;
	bool found;
	int64_t version;
	if (!type_known(c) || !if_match(c, &version) || !call_body(c, &body) || !write_checked(c, body, c->q->body) ||
	    !resolve(c, &target, &found))
		return;
	if (found)
		c->id = target.id;
	if (!may_write(c, body, NULL, !found))
		return;
	struct put put = {.method = STORE_UPDATE, .type = c->type, .id = json_str(body, "id"), .body = body, .if_query = c->query,
			  .if_version = version};
	struct put_result written;
	if (commit(c, &put, &written))
		answer_written(c, &written);
}

/* Never there is 404, as what must not be seen is; deleted before is done already (*there false). */
bool may_delete(struct call *c, bool *there)
{
	struct err e = ERR_INIT;
	struct resource old;
	struct json *body = NULL;
	struct access_decision d;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	*there = read && store_get(read, c->type, c->id, &old, &e);
	bool ok = *there ? json_parse(c->a, old.body, NULL, &body, &e) : read && e.code == ERR_GONE;
	if (*there && ok) {
		struct access_request q = call_request(c, ACCESS_WRITE, body);
		ok = call_allowed(c, read, &q, &d);
	} else if (!ok && e.code == ERR_NOT_FOUND) {
		call_not_found(c, read, ACCESS_WRITE);
	} else if (!ok) {
		call_fail(c, &e);
	}
	if (read)
		store_read_end(read);
	return ok;
}

void do_delete(struct call *c)
{
	int64_t version;
	bool there = false;
	if (!type_known(c) || !if_match(c, &version))
		return;
	if (pack_has(c->rest, c->type, c->id, STR_NONE) || str_is(c->type, "AuditEvent")) {
		call_refuse(c, ERR_FORBIDDEN, "this %.*s is not deleted through the API", STR_ARG(c->type));
		return;
	}
	if (!may_delete(c, &there))
		return;
	c->r->status = 204;
	struct put put = {.method = STORE_DELETE, .type = c->type, .id = c->id, .if_version = version};
	struct put_result written;
	if (there && commit(c, &put, &written))
		set_version_headers(c, &written.resource);
}

void do_conditional_delete(struct call *c)
{
	struct resource target;
	bool found, there;
	if (!type_known(c) || !resolve(c, &target, &found))
		return;
	if (!found) {
		call_refuse(c, ERR_NOT_FOUND, "the condition matches no resource");
		return;
	}
	c->id = target.id;
	if (!may_delete(c, &there))
		return;
	struct put put = {.method = STORE_DELETE, .type = c->type, .if_query = c->query};
	struct put_result written;
	c->r->status = 204;
	commit(c, &put, &written);
}

void do_validate(struct call *c)
{
	struct json *body;
	struct fhir_outcome *o = fhir_outcome_new(c->a);
	if (!type_known(c) || !call_body(c, &body))
		return;
	if (str_is(json_str(body, "resourceType"), "Parameters"))
		for (size_t i = 0; i < json_n(json_getz(body, "parameter")); i++)
			if (str_is(json_str(json_at(json_getz(body, "parameter"), i), "name"), "resource"))
				body = json_getz(json_at(json_getz(body, "parameter"), i), "resource");
	if (!str_eq(json_str(body, "resourceType"), c->type))
		fhir_outcome_add(o, FHIR_ERROR, ERR_INVALID, STR_NONE, "the resource is not a %.*s", STR_ARG(c->type));
	else if (fhir_validate(c->a, body, c->q->body, o) && !o->issues.n)
		fhir_outcome_add(o, FHIR_INFORMATION, ERR_NONE, STR_NONE, "nothing is wrong");
	call_outcome(c, 200, o);
}
