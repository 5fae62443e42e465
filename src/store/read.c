#include "store/store_int.h"

void resource_from_row(struct arena *a, struct sql_stmt *s, struct resource *out)
{
	*out = (struct resource){
		.type = str_dup(a, sql_str(s, 0)),
		.id = str_dup(a, sql_str(s, 1)),
		.rid = sql_i64(s, 2),
		.version = sql_i64(s, 3),
		.seq = sql_i64(s, 4),
		.recorded_us = sql_i64(s, 5),
		.method = (enum store_method)sql_i64(s, 6),
		.deleted = sql_i64(s, 6) == STORE_DELETE,
		.body = sql_is_null(s, 7) ? STR_NONE : str_dup(a, sql_str(s, 7)),
	};
}

/* One row or ERR_NOT_FOUND. */
static bool one(struct sql_stmt *s, struct arena *a, struct resource *out, struct err *e)
{
	enum sql_step r = sql_step(s, e);
	if (r == SQL_ROW)
		resource_from_row(a, s, out);
	sql_done(s);
	if (r == SQL_END)
		err_set(e, ERR_NOT_FOUND, "there is no such resource");
	return r == SQL_ROW;
}

static bool many(struct sql_stmt *s, struct arena *a, struct resources *out, struct err *e)
{
	VEC(struct resource) list = {0};
	enum sql_step r;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		struct resource row;
		resource_from_row(a, s, &row);
		VEC_PUSH(a, &list, row);
	}
	sql_done(s);
	*out = (struct resources){list.v, list.n};
	return r == SQL_END;
}

bool resource_newest(struct sql *db, struct arena *a, struct str type, struct str id, struct resource *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "current_get");
	sql_bind_str(s, 1, type);
	sql_bind_str(s, 2, id);
	return one(s, a, out, e);
}

bool resource_by_seq(struct sql *db, struct arena *a, int64_t seq, struct resource *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "version_by_seq");
	sql_bind_i64(s, 1, seq);
	return one(s, a, out, e);
}

static bool gone(const struct resource *r, struct err *e)
{
	if (!r->deleted)
		return true;
	return err_set(e, ERR_GONE, "the resource was deleted");
}

bool store_get(struct store_read *r, struct str type, struct str id, struct resource *out, struct err *e)
{
	return resource_newest(r->reader->db, r->arena, type, id, out, e) && gone(out, e);
}

bool store_get_version(struct store_read *r, struct str type, struct str id, int64_t version, struct resource *out, struct err *e)
{
	struct sql_stmt *s = sql_use(r->reader->db, "version_get");
	sql_bind_str(s, 1, type);
	sql_bind_str(s, 2, id);
	sql_bind_i64(s, 3, version);
	return one(s, r->arena, out, e) && gone(out, e);
}

static bool find_rid(struct sql *db, struct str type, struct str id, int64_t *rid, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "current_rid");
	sql_bind_str(s, 1, type);
	sql_bind_str(s, 2, id);
	enum sql_step r = sql_step(s, e);
	if (r == SQL_ROW)
		*rid = sql_i64(s, 0);
	sql_done(s);
	if (r == SQL_END)
		err_set(e, ERR_NOT_FOUND, "there is no such resource");
	return r == SQL_ROW;
}

bool store_history(struct store_read *r, struct str type, struct str id, int64_t before_version, size_t limit, struct resources *out,
		   struct err *e)
{
	int64_t rid;
	if (!find_rid(r->reader->db, type, id, &rid, e))
		return false;
	struct sql_stmt *s = sql_use(r->reader->db, "version_history");
	sql_bind_i64(s, 1, rid);
	sql_bind_i64(s, 2, before_version ? before_version : INT64_MAX);
	sql_bind_i64(s, 3, (int64_t)limit);
	return many(s, r->arena, out, e);
}

bool store_versions_after(struct store_read *r, int64_t after_seq, size_t limit, struct resources *out, struct err *e)
{
	struct sql_stmt *s = sql_use(r->reader->db, "version_after");
	sql_bind_i64(s, 1, after_seq);
	sql_bind_i64(s, 2, (int64_t)limit);
	return many(s, r->arena, out, e);
}

struct sql *store_read_sql(struct store_read *r)
{
	return r->reader->db;
}

struct arena *store_read_arena(struct store_read *r)
{
	return r->arena;
}

/* ---- the pool ---- */

static struct reader *free_reader(struct store *s)
{
	for (size_t i = 0; i < s->reader_n && !s->gate; i++)
		if (!s->readers[i].busy)
			return &s->readers[i];
	return NULL;
}

static struct reader *take_reader(struct store *s)
{
	struct reader *got;
	pthread_mutex_lock(&s->readers_lock);
	while (!(got = free_reader(s)))
		pthread_cond_wait(&s->reader_free, &s->readers_lock);
	got->busy = true;
	s->reading++;
	pthread_mutex_unlock(&s->readers_lock);
	return got;
}

static void give_reader(struct store *s, struct reader *r)
{
	pthread_mutex_lock(&s->readers_lock);
	r->busy = false;
	bool last = --s->reading == 0 && s->gate;
	pthread_cond_signal(&s->reader_free);
	pthread_mutex_unlock(&s->readers_lock);
	if (!last)
		return;
	pthread_mutex_lock(&s->lock);
	pthread_cond_signal(&s->wake); /* the committer waits for this */
	pthread_mutex_unlock(&s->lock);
}

void readers_gate(struct store *s, bool closed)
{
	pthread_mutex_lock(&s->readers_lock);
	s->gate = closed;
	if (!closed)
		pthread_cond_broadcast(&s->reader_free);
	pthread_mutex_unlock(&s->readers_lock);
}

bool readers_idle(struct store *s)
{
	pthread_mutex_lock(&s->readers_lock);
	bool idle = s->reading == 0;
	pthread_mutex_unlock(&s->readers_lock);
	return idle;
}

struct store_read *store_read_begin(struct store *s, struct arena *a, struct err *e)
{
	struct reader *reader = take_reader(s);
	if (!sql_begin(reader->db, e)) {
		give_reader(s, reader);
		return NULL;
	}
	struct store_read *r = ARENA_NEW(a, struct store_read);
	*r = (struct store_read){s, reader, a};
	return r;
}

void store_read_end(struct store_read *r)
{
	if (!r)
		return;
	sql_rollback(r->reader->db); /* nothing was written: this only lets the snapshot go */
	give_reader(r->store, r->reader);
}
