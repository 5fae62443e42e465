/* Everything derived, forgotten and made again from the versions, in one transaction of its own; and whether it came out the same.
 * What was there is kept as a hash a row, so that comparing costs eight bytes a row and no second database. */
#include <stdlib.h>

#include "store/store_int.h"

static const char *const tables[][2] = {
	{"reindex_rows_current", "reindex_forget_current"},     {"reindex_rows_token", "reindex_forget_token"},
	{"reindex_rows_reference", "reindex_forget_reference"}, {"reindex_rows_string", "reindex_forget_string"},
	{"reindex_rows_date", "reindex_forget_date"},           {"reindex_rows_number", "reindex_forget_number"},
	{"reindex_rows_quantity", "reindex_forget_quantity"},   {"reindex_rows_uri", "reindex_forget_uri"},
};
enum { TABLES = sizeof tables / sizeof *tables };

struct hashes {
	VEC(uint64_t) list;
};

static int cmp_u64(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
	return a < b ? -1 : a > b;
}

static bool collect(struct txn *t, struct arena *a, struct hashes *out, struct err *e)
{
	for (size_t i = 0; i < TABLES; i++) {
		struct sql_stmt *s = sql_use(t->db, tables[i][0]);
		enum sql_step r;
		while ((r = sql_step(s, e)) == SQL_ROW)
			VEC_PUSH(a, &out->list, str_hash(sql_str(s, 0)) + i);
		sql_done(s);
		if (r == SQL_FAILED)
			return false;
	}
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof *out->list.v, cmp_u64);
	return true;
}

/* Rows in one and not in the other. */
static int64_t differences(const struct hashes *x, const struct hashes *y)
{
	size_t i = 0, k = 0;
	int64_t n = 0;
	while (i < x->list.n && k < y->list.n) {
		int c = cmp_u64(&x->list.v[i], &y->list.v[k]);
		n += c != 0;
		i += c <= 0;
		k += c >= 0;
	}
	return n + (int64_t)(x->list.n - i + y->list.n - k);
}

static bool forget(struct txn *t, struct err *e)
{
	for (size_t i = 0; i < TABLES; i++)
		if (!sql_run(sql_use(t->db, tables[i][1]), e))
			return false;
	return true;
}

/* ---- index rows ---- */

static bool index_one(struct txn *t, const struct resource *r, struct reindex_report *out, struct err *e)
{
	struct json *body;
	struct index_rows rows;
	static const struct index_rows none;
	if (!json_parse(t->arena, r->body, NULL, &body, e) || !index_extract(t->arena, body, t->now_us, &rows, e))
		return err_context(e, "%.*s/%.*s", STR_ARG(r->type), STR_ARG(r->id));
	out->resources++;
	return index_write(t->db, r->rid, &none, &rows, &out->index_rows, e);
}

static bool index_some(struct txn *t, int64_t *after_rid, struct reindex_report *out, struct err *e)
{
	struct sql_stmt *s = sql_use(t->db, "reindex_next");
	enum sql_step r;
	sql_bind_i64(s, 1, *after_rid);
	*after_rid = 0;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		struct arena_mark mark = arena_mark(t->arena);
		struct resource one;
		resource_from_row(t->arena, s, &one);
		*after_rid = one.rid;
		if (!index_one(t, &one, out, e))
			break;
		arena_rewind(t->arena, mark);
	}
	sql_done(s);
	return r == SQL_END;
}

static bool index_all(struct txn *t, struct reindex_report *out, struct err *e)
{
	int64_t after = 0;
	if (!sql_run(sql_use(t->db, "reindex_current"), e))
		return false;
	do {
		if (!index_some(t, &after, out, e))
			return false;
	} while (after);
	return true;
}

/* ---- what other folders derive ---- */

static bool parse_before(struct txn *t, const struct resource *r, struct json **out, struct err *e)
{
	struct sql_stmt *s = sql_use(t->db, "version_before");
	sql_bind_i64(s, 1, r->rid);
	sql_bind_i64(s, 2, r->version);
	enum sql_step step = sql_step(s, e);
	struct str body = step == SQL_ROW ? str_dup(t->arena, sql_str(s, 0)) : STR_NONE;
	sql_done(s);
	*out = NULL;
	return step != SQL_FAILED && (!body.p || json_parse(t->arena, body, NULL, out, e));
}

static bool replay_one(struct txn *t, const struct resource *r, struct err *e)
{
	struct store *s = t->store;
	struct json *body = NULL, *previous = NULL;
	if ((r->body.p && !json_parse(t->arena, r->body, NULL, &body, e)) || !parse_before(t, r, &previous, e))
		return false;
	struct store_event event = {.resource = r, .body = body, .previous = previous};
	t->now_us = r->recorded_us;
	for (size_t i = 0; i < s->hook_n; i++)
		if (s->hooks[i].forget && s->hooks[i].wrote && !s->hooks[i].wrote(s->hooks[i].arg, t, &event, e))
			return false;
	return true;
}

static bool replay_some(struct txn *t, int64_t *after_seq, bool *any, struct reindex_report *out, struct err *e)
{
	struct sql_stmt *s = sql_use(t->db, "version_after");
	enum sql_step r;
	sql_bind_i64(s, 1, *after_seq);
	sql_bind_i64(s, 2, 200);
	*any = false;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		struct arena_mark mark = arena_mark(t->arena);
		struct resource one;
		resource_from_row(t->arena, s, &one);
		*after_seq = one.seq;
		*any = true;
		out->versions++;
		if (!replay_one(t, &one, e))
			break;
		arena_rewind(t->arena, mark);
	}
	sql_done(s);
	return r == SQL_END;
}

static bool replay_hooks(struct txn *t, struct reindex_report *out, struct err *e)
{
	struct store *s = t->store;
	int64_t after = 0;
	bool any = true;
	for (size_t i = 0; i < s->hook_n; i++)
		if (s->hooks[i].forget && !s->hooks[i].forget(s->hooks[i].arg, t->db, e))
			return false;
	while (any)
		if (!replay_some(t, &after, &any, out, e))
			return false;
	return true;
}

static bool reindex_job(struct txn *t, void *arg, struct err *e)
{
	struct reindex_report *out = arg;
	struct arena *kept = arena_new(0);
	struct hashes before = {0}, after = {0};
	t->reindexing = true;
	bool ok = collect(t, kept, &before, e) && forget(t, e) && index_all(t, out, e) && replay_hooks(t, out, e) &&
		  collect(t, kept, &after, e);
	if (ok)
		out->differences = differences(&before, &after);
	arena_destroy(kept);
	return ok;
}

bool store_reindex(struct store *s, struct reindex_report *out, struct err *e)
{
	static const struct act act = {.agent = {"system", 6}, .channel = {"cli", 3}};
	struct arena *a = arena_new(0);
	*out = (struct reindex_report){0};
	bool ok = store_submit_alone(s, a, &act, reindex_job, out, e);
	arena_destroy(a);
	return ok;
}
