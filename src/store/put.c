/* One write. What does not need the transaction (writing the JSON, selecting what can be searched, reading the version that is
 * replaced) is done on the caller's thread; put_apply does the rest on the committer's. */
#include "store/store_int.h"

enum { BODY_MAX = 32 * 1024 * 1024, HOOK_DEPTH_MAX = 24 };

/* ---- before the committer ---- */

static void write_member(struct buf *b, const struct json_member *m)
{
	buf_char(b, ',');
	json_write_string(b, m->key);
	buf_char(b, ':');
	json_write(b, m->value);
}

static bool is_key(const struct json_member *m, const char *a, const char *b, const char *c)
{
	return str_is(m->key, a) || str_is(m->key, b) || str_is(m->key, c);
}

/* The meta the store writes: versionId and lastUpdated are its own, the rest is kept. */
static struct json *own_meta(struct arena *a, const struct json *meta, struct prepared *out)
{
	struct json *m = json_object(a);
	struct buf b = buf_new(a, BODY_MAX);
	out->version_node = json_string(a, STR(""));
	out->updated_node = json_string(a, STR(""));
	json_setz(a, m, "versionId", out->version_node);
	json_setz(a, m, "lastUpdated", out->updated_node);
	for (size_t i = 0; json_is(meta, JSON_OBJECT) && i < meta->n; i++) {
		const struct json_member *member = &meta->members[i];
		if (is_key(member, "versionId", "lastUpdated", "lastUpdated"))
			continue;
		json_set(a, m, member->key, member->value);
		write_member(&b, member);
	}
	out->meta_rest = buf_str(&b);
	return m;
}

static bool prepare_body(struct arena *a, const struct put *p, struct prepared *out, struct err *e)
{
	struct buf b = buf_new(a, BODY_MAX);
	struct json *tree = json_object(a);
	out->id_node = json_string(a, p->id);
	json_set(a, tree, STR("resourceType"), json_string(a, p->type));
	json_set(a, tree, STR("id"), out->id_node);
	json_set(a, tree, STR("meta"), own_meta(a, json_getz(p->body, "meta"), out));
	for (size_t i = 0; i < p->body->n; i++) {
		const struct json_member *member = &p->body->members[i];
		if (is_key(member, "resourceType", "id", "meta"))
			continue;
		json_set(a, tree, member->key, member->value);
		write_member(&b, member);
	}
	if (!buf_ok(&b))
		return err_set(e, ERR_TOO_LARGE, "the resource is larger than %d MiB", BODY_MAX >> 20);
	out->rest = buf_str(&b);
	out->tree = tree;
	return true;
}

static bool check_put(const struct put *p, struct err *e)
{
	if (!fhir_is_resource(p->type))
		return err_set(e, ERR_INVALID, "\"%.*s\" is not a type of resource", STR_ARG(p->type));
	if (p->id.p && !fhir_id_ok(p->id))
		return err_set(e, ERR_VALUE, "id \"%.*s\" is not 1 to 64 letters, digits, \"-\" or \".\"", STR_ARG(p->id));
	if (p->method == STORE_DELETE)
		return true;
	if (!json_is(p->body, JSON_OBJECT) || !str_eq(json_str(p->body, "resourceType"), p->type))
		return err_set(e, ERR_INVALID, "the body is not a %.*s", STR_ARG(p->type));
	return true;
}

bool put_prepare(struct arena *a, const struct put *p, int64_t now_us, struct prepared *out, struct err *e)
{
	*out = (struct prepared){.put = p};
	struct str query = p->if_none_exist.p ? p->if_none_exist : p->if_query;
	if (!check_put(p, e))
		return false;
	if (query.p && !search_parse(a, p->type, query, now_us, &out->query, e))
		return false;
	if (p->method == STORE_DELETE)
		return true;
	return prepare_body(a, p, out, e) && index_extract(a, out->tree, now_us, &out->rows, e);
}

static bool parse_base(struct arena *a, const struct resource *r, int64_t now_us, struct prepared *p, struct err *e)
{
	struct json *base = NULL;
	p->has_base = true;
	p->base_seq = r->seq;
	p->base = NULL;
	p->base_rows = (struct index_rows){0};
	if (r->deleted)
		return true;
	if (!json_parse(a, r->body, NULL, &base, e) || !index_extract(a, base, now_us, &p->base_rows, e))
		return err_context(e, "the stored version");
	p->base = base;
	return true;
}

bool put_prepare_base(struct store_read *r, struct prepared *p, struct err *e)
{
	struct resource newest;
	if (p->put->method == STORE_CREATE || !p->put->id.p || p->query)
		return true;
	if (!resource_newest(r->reader->db, r->arena, p->put->type, p->put->id, &newest, NULL))
		return true; /* there is none yet, or the committer will meet the same trouble and say so */
	return parse_base(r->arena, &newest, env_now_us(r->store->env), p, e);
}

/* ---- on the committer ---- */

struct target {
	struct str id;
	bool exists; /* maybe deleted */
	struct resource newest;
};

static bool find_target(struct txn *t, const struct put *p, struct target *out, struct err *e)
{
	struct err why = ERR_INIT;
	if (!out->id.p)
		return true;
	out->exists = resource_newest(t->db, t->arena, p->type, out->id, &out->newest, &why);
	if (out->exists || why.code == ERR_NOT_FOUND)
		return true;
	if (e)
		*e = why;
	return false;
}

/* Conditional create, update and delete (http.html#ccreate, #cond-update, #cdelete): the query runs here, inside the one
 * transaction that writes, so no second request can slip in between. *found: an existing match answers the create. */
static bool run_condition(struct txn *t, struct prepared *p, struct target *target, bool *found, struct err *e)
{
	struct search_page page = {0};
	*found = false;
	if (!p->query)
		return true;
	if (!txn_search(t, p->query, &page, e))
		return false;
	if (page.matches.n > 1)
		return err_set(e, ERR_MULTIPLE, "the condition matches more than one resource");
	if (page.matches.n == 0)
		return p->put->method != STORE_DELETE || err_set(e, ERR_NOT_FOUND, "the condition matches no resource");
	const struct resource *match = &page.matches.v[0];
	if (p->put->method == STORE_UPDATE && p->put->id.p && !str_eq(p->put->id, match->id))
		return err_set(e, ERR_INVALID, "the id in the body is not that of the resource the condition matches");
	target->id = match->id;
	target->newest = *match;
	*found = true;
	return true;
}

static bool check_target(const struct put *p, const struct target *target, struct err *e)
{
	if (p->method == STORE_CREATE && target->exists)
		return err_set(e, ERR_CONFLICT, "there is already a resource with that id");
	if (p->method == STORE_DELETE && !target->exists)
		return err_set(e, ERR_NOT_FOUND, "there is no such resource");
	if (p->method == STORE_UPDATE && !target->id.p && !p->if_query.p)
		return err_set(e, ERR_REQUIRED, "an update needs an id");
	if (!p->if_version)
		return true;
	if (!target->exists || target->newest.deleted || target->newest.version != p->if_version)
		return err_set(e, ERR_PRECONDITION, "version %lld is not the current one", (long long)p->if_version);
	return true;
}

static struct str compose(struct txn *t, const struct prepared *p, struct str id, int64_t version, int64_t recorded_us)
{
	size_t fixed = 160 + p->put->type.n + id.n;
	struct buf b = buf_new(t->arena, fixed + p->meta_rest.n + p->rest.n + 64);
	buf_c(&b, "{\"resourceType\":\"");
	buf_add(&b, p->put->type);
	buf_c(&b, "\",\"id\":\"");
	buf_add(&b, id);
	buf_c(&b, "\",\"meta\":{\"versionId\":\"");
	buf_i64(&b, version);
	buf_c(&b, "\",\"lastUpdated\":\"");
	buf_add(&b, date_instant(t->arena, recorded_us));
	buf_c(&b, "\"");
	buf_add(&b, p->meta_rest);
	buf_c(&b, "}");
	buf_add(&b, p->rest);
	buf_c(&b, "}");
	return buf_str(&b);
}

static bool insert_version(struct txn *t, const struct resource *r, struct err *e)
{
	struct sql_stmt *s = sql_use(t->db, "version_insert");
	sql_bind_i64(s, 1, r->seq);
	sql_bind_i64(s, 2, r->rid);
	sql_bind_i64(s, 3, r->version);
	sql_bind_str(s, 4, r->type);
	sql_bind_str(s, 5, r->id);
	sql_bind_i64(s, 6, r->recorded_us);
	sql_bind_i64(s, 7, r->method);
	sql_bind_str(s, 8, r->body);
	return sql_run(s, e);
}

bool current_write(struct sql *db, const struct resource *r, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "current_put");
	sql_bind_i64(s, 1, r->rid);
	sql_bind_str(s, 2, r->type);
	sql_bind_str(s, 3, r->id);
	sql_bind_i64(s, 4, r->version);
	sql_bind_i64(s, 5, r->seq);
	sql_bind_i64(s, 6, r->recorded_us);
	sql_bind_i64(s, 7, r->deleted);
	return sql_run(s, e);
}

bool hooks_run(struct txn *t, const struct store_event *event, struct err *e)
{
	struct store *s = t->store;
	if (t->depth >= HOOK_DEPTH_MAX)
		return err_set(e, ERR_TOO_COSTLY, "rules set each other off more than %d deep", HOOK_DEPTH_MAX);
	t->depth++;
	bool ok = true;
	for (size_t i = 0; ok && i < s->hook_n; i++)
		if (s->hooks[i].wrote)
			ok = s->hooks[i].wrote(s->hooks[i].arg, t, event, e);
	t->depth--;
	return ok;
}

static struct resource next_version(struct txn *t, const struct put *p, const struct target *target)
{
	struct resource r = {.type = p->type, .id = target->id, .method = p->method, .deleted = p->method == STORE_DELETE};
	r.seq = t->store->next_seq++;
	r.recorded_us = t->now_us;
	r.rid = target->exists ? target->newest.rid : r.seq;
	r.version = target->exists ? target->newest.version + 1 : 1;
	return r;
}

static bool write_version(struct txn *t, struct prepared *p, const struct target *target, struct resource *r, struct err *e)
{
	*r = next_version(t, p->put, target);
	if (!r->deleted) {
		r->body = compose(t, p, r->id, r->version, r->recorded_us);
		p->id_node->text = r->id;
		p->version_node->text = str_printf(t->arena, "%lld", (long long)r->version);
		p->updated_node->text = date_instant(t->arena, r->recorded_us);
	}
	if (!insert_version(t, r, e) || !current_write(t->db, r, e) ||
	    !index_write(t->db, r->rid, &p->base_rows, &p->rows, NULL, e))
		return false;
	struct store_event event = {.resource = r, .body = r->deleted ? NULL : p->tree, .previous = p->base};
	return hooks_run(t, &event, e);
}

/* Is it what is there already? Then there is no new version. */
static bool is_unchanged(struct txn *t, const struct prepared *p, const struct target *target)
{
	if (!target->exists)
		return false;
	const struct resource *now = &target->newest;
	if (p->put->method == STORE_DELETE || now->deleted)
		return p->put->method == STORE_DELETE && now->deleted;
	return str_eq(now->body, compose(t, p, now->id, now->version, now->recorded_us));
}

bool put_apply(struct txn *t, struct prepared *p, struct put_result *out, struct err *e)
{
	const struct put *put = p->put;
	struct target target = {.id = put->id};
	bool found;
	*out = (struct put_result){0};
	if (!run_condition(t, p, &target, &found, e))
		return false;
	if (found && put->method == STORE_CREATE) {
		*out = (struct put_result){.resource = target.newest, .unchanged = true};
		return true;
	}
	if (!find_target(t, put, &target, e) || !check_target(put, &target, e))
		return false;
	if (is_unchanged(t, p, &target)) {
		*out = (struct put_result){.resource = target.newest, .unchanged = true};
		return true;
	}
	if (!target.id.p)
		target.id = id_new(t->store->env, t->arena);
	bool stale = target.exists && (!p->has_base || p->base_seq != target.newest.seq);
	if (stale && !parse_base(t->arena, &target.newest, t->now_us, p, e))
		return false;
	if (!target.exists)
		p->base_rows = (struct index_rows){0};
	out->created = !target.exists || (target.newest.deleted && put->method != STORE_DELETE);
	return write_version(t, p, &target, &out->resource, e);
}

bool txn_put(struct txn *t, const struct put *p, struct put_result *out, struct err *e)
{
	struct prepared prepared;
	if (t->reindexing)
		return err_set(e, ERR_INTERNAL, "reindexing writes no versions");
	return put_prepare(t->arena, p, t->now_us, &prepared, e) && put_apply(t, &prepared, out, e);
}

bool txn_get(struct txn *t, struct str type, struct str id, struct resource *out, struct err *e)
{
	if (!resource_newest(t->db, t->arena, type, id, out, e))
		return false;
	return !out->deleted || err_set(e, ERR_GONE, "the resource was deleted");
}

/* ---- the ordinary way in ---- */

struct commit {
	struct change *change;
	struct prepared *prepared;
};

static bool apply_all(struct txn *t, void *arg, struct err *e)
{
	struct commit *c = arg;
	for (size_t i = 0; i < c->change->n; i++)
		if (!put_apply(t, &c->prepared[i], &c->change->results[i], e))
			return false;
	return true;
}

static bool prepare_bases(struct store *s, struct arena *a, struct commit *c, struct err *e)
{
	bool any = false;
	for (size_t i = 0; i < c->change->n; i++)
		any = any || c->change->puts[i].method != STORE_CREATE;
	if (!any)
		return true;
	struct store_read *r = store_read_begin(s, a, e);
	bool ok = r != NULL;
	for (size_t i = 0; ok && i < c->change->n; i++)
		ok = put_prepare_base(r, &c->prepared[i], e);
	store_read_end(r);
	return ok;
}

bool store_commit(struct store *s, struct arena *a, struct change *c, struct err *e)
{
	struct commit commit = {c, ARENA_ARRAY(a, struct prepared, c->n)};
	int64_t now_us = env_now_us(s->env);
	for (size_t i = 0; i < c->n; i++)
		if (!put_prepare(a, &c->puts[i], now_us, &commit.prepared[i], e))
			return false;
	return prepare_bases(s, a, &commit, e) && store_submit(s, a, &c->act, apply_all, &commit, e);
}
