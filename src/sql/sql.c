#include "sql/sql_int.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
	if (!p) {
		log_line(LOG_ERROR, "sql", "out of memory");
		abort();
	}
	return p;
}

bool sql_open(const char *url, enum sql_mode mode, struct sql **out, struct err *e)
{
	struct sql *db = must(calloc(1, sizeof *db));
	db->named = must(calloc(sql_named_count + 1, sizeof *db->named));
	db->mode = mode;
	db->lock_fd = -1;
	struct str u = str_from(url);
	bool ok = false;
	if (str_starts(u, STR("sqlite:")))
		ok = sqlite_connect(url + strlen("sqlite:"), mode, db, e);
	else if (str_starts(u, STR("postgresql://")) || str_starts(u, STR("postgres://")))
		ok = libpq_connect(url, mode, db, e);
	else
		err_set(e, ERR_INVALID, "store \"%s\" is neither sqlite:DIR nor postgresql://...", url);
	if (!ok) {
		sql_close(db);
		return false;
	}
	*out = db;
	return true;
}

static void free_list(struct sql_stmt *s)
{
	while (s) {
		struct sql_stmt *next = s->next;
		if (s->handle)
			s->db->driver->finalize(s->handle);
		free(s->text);
		free(s);
		s = next;
	}
}

void sql_close(struct sql *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < sql_named_count; i++)
		free_list(db->named[i]);
	for (size_t i = 0; i < SQL_TEXT_BUCKETS; i++)
		free_list(db->texts[i]);
	if (db->driver)
		db->driver->close(db);
	free(db->named);
	free(db);
}

bool sql_must_exit(const struct sql *db)
{
	return db->must_exit;
}

int sql_log_pages(const struct sql *db)
{
	return db->wal_pages;
}

bool sql_exec(struct sql *db, const char *text, struct err *e)
{
	return db->driver->exec(db, text, e);
}

/* ---- texts ---- */

static const char *word_meaning(const struct sql_driver *driver, const char *p, size_t n)
{
	for (const char *const *w = driver->words; *w; w += 2)
		if (strlen(*w) == n && memcmp(*w, p, n) == 0)
			return w[1];
	return NULL;
}

struct out {
	char *p;
	size_t n, cap;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (o->n + n + 1 > o->cap) {
		o->cap = (o->n + n + 1) * 2;
		o->p = must(realloc(o->p, o->cap));
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
	o->p[o->n] = 0;
}

/* {word} becomes what the engine calls it; ?1 becomes $1 where the engine says so; quoted text stays. */
char *sql_translate(const struct sql_driver *driver, const char *text)
{
	struct out o = {0};
	bool quoted = false;
	for (const char *p = text; *p; p++) {
		const char *end = *p == '{' && !quoted ? strchr(p, '}') : NULL;
		const char *meaning = end ? word_meaning(driver, p + 1, (size_t)(end - p - 1)) : NULL;
		if (*p == '\'')
			quoted = !quoted;
		if (meaning) {
			put(&o, meaning, strlen(meaning));
			p = end;
		} else if (*p == '?' && !quoted) {
			put(&o, &driver->parameter, 1);
		} else {
			put(&o, p, 1);
		}
	}
	return o.p ? o.p : must(calloc(1, 1));
}

/* ---- statements ---- */

static void prepare(struct sql_stmt *s, const char *text)
{
	char *final = sql_translate(s->db->driver, text);
	s->failed = ERR_INIT;
	s->db->driver->prepare(s->db, final, &s->handle, &s->failed);
	free(final);
}

static struct sql_stmt *stmt_new(struct sql *db, const char *text)
{
	struct sql_stmt *s = must(calloc(1, sizeof *s));
	s->db = db;
	prepare(s, text);
	return s;
}

static int by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct sql_named *)row)->name);
}

struct sql_stmt *sql_use(struct sql *db, const char *name)
{
	const struct sql_named *row = bsearch(name, sql_named, sql_named_count, sizeof *row, by_name);
	if (!row) {
		log_line(LOG_ERROR, "sql", "no statement is called %s", name);
		abort();
	}
	struct sql_stmt **head = &db->named[row - sql_named];
	struct sql_stmt *s = *head;
	while (s && s->busy)
		s = s->next;
	if (s && !s->handle)
		prepare(s, row->text); /* what failed once may do now */
	if (!s) { /* first use, or the one before is still being stepped, further up the stack */
		s = stmt_new(db, row->text);
		s->next = *head;
		*head = s;
	}
	s->busy = true;
	return s;
}

/* Called when the cache is full: everything that is not in use goes. Searches come in few shapes, so this is rare. */
static void forget_texts(struct sql *db)
{
	for (size_t i = 0; i < SQL_TEXT_BUCKETS; i++) {
		struct sql_stmt **at = &db->texts[i];
		while (*at) {
			struct sql_stmt *s = *at;
			if (s->busy) {
				at = &s->next;
				continue;
			}
			*at = s->next;
			s->next = NULL;
			free_list(s);
			db->text_count--;
		}
	}
}

struct sql_stmt *sql_use_cached(struct sql *db, struct str text, struct err *e)
{
	struct sql_stmt **head = &db->texts[str_hash(text) % SQL_TEXT_BUCKETS];
	for (struct sql_stmt *s = *head; s; s = s->next)
		if (!s->busy && str_is(text, s->text)) {
			s->busy = true;
			return s;
		}
	if (db->text_count >= SQL_TEXT_MAX)
		forget_texts(db);
	char *copy = must(calloc(1, text.n + 1));
	memcpy(copy, text.p, text.n);
	struct sql_stmt *s = stmt_new(db, copy);
	s->text = copy;
	if (!s->handle) {
		if (e)
			*e = s->failed;
		free_list(s);
		return NULL;
	}
	s->busy = true;
	s->next = *head;
	*head = s;
	db->text_count++;
	return s;
}

#define BIND(call)                                                                                                         \
	do {                                                                                                               \
		if (s->handle && !s->db->driver->call)                                                                     \
			s->bad_bind = true;                                                                                \
	} while (0)

void sql_bind_i64(struct sql_stmt *s, int i, int64_t v)
{
	BIND(bind_i64(s->handle, i, v));
}

void sql_bind_str(struct sql_stmt *s, int i, struct str v)
{
	if (!v.p)
		BIND(bind_null(s->handle, i));
	else
		BIND(bind_text(s->handle, i, v));
}

void sql_bind_blob(struct sql_stmt *s, int i, struct str v)
{
	if (!v.p)
		BIND(bind_null(s->handle, i));
	else
		BIND(bind_blob(s->handle, i, v));
}

void sql_bind_double(struct sql_stmt *s, int i, double v)
{
	BIND(bind_double(s->handle, i, v));
}

void sql_bind_null(struct sql_stmt *s, int i)
{
	BIND(bind_null(s->handle, i));
}

enum sql_step sql_step(struct sql_stmt *s, struct err *e)
{
	if (!s->handle) {
		if (e)
			*e = s->failed;
		return SQL_FAILED;
	}
	if (s->bad_bind) {
		err_set(e, ERR_INTERNAL, "a value could not be bound to a statement");
		return SQL_FAILED;
	}
	return s->db->driver->step(s->db, s->handle, e);
}

int64_t sql_i64(struct sql_stmt *s, int column)
{
	return s->db->driver->i64(s->handle, column);
}

double sql_double(struct sql_stmt *s, int column)
{
	return s->db->driver->real(s->handle, column);
}

struct str sql_str(struct sql_stmt *s, int column)
{
	return s->db->driver->str(s->handle, column);
}

bool sql_is_null(struct sql_stmt *s, int column)
{
	return s->db->driver->is_null(s->handle, column);
}

void sql_done(struct sql_stmt *s)
{
	if (s->handle)
		s->db->driver->reset(s->handle);
	s->bad_bind = false;
	s->busy = false;
}

bool sql_run(struct sql_stmt *s, struct err *e)
{
	enum sql_step r;
	do
		r = sql_step(s, e);
	while (r == SQL_ROW);
	sql_done(s);
	return r == SQL_END;
}

int64_t sql_changed(struct sql *db)
{
	return db->driver->changed(db);
}

void sql_limit(struct sql *db, int64_t us)
{
	if (db->mode == SQL_WRITER || db->limit_us == us)
		return;
	db->limit_us = us;
	db->driver->limit(db);
}

/* ---- transactions ---- */

bool sql_begin(struct sql *db, struct err *e)
{
	return sql_run(sql_use(db, db->mode == SQL_WRITER ? "sql_begin_write" : "sql_begin_read"), e);
}

bool sql_commit(struct sql *db, struct err *e)
{
	return sql_run(sql_use(db, "sql_commit"), e);
}

void sql_rollback(struct sql *db)
{
	sql_run(sql_use(db, "sql_rollback"), NULL); /* an error means there is none: the engine rolled back by itself */
}

bool sql_savepoint(struct sql *db, struct err *e)
{
	return sql_run(sql_use(db, "sql_savepoint"), e);
}

bool sql_release(struct sql *db, struct err *e)
{
	return sql_run(sql_use(db, "sql_release"), e);
}

void sql_rollback_to(struct sql *db)
{
	sql_run(sql_use(db, "sql_rollback_to"), NULL);
}

/* ---- for tests ---- */

size_t sql_statement_count(void)
{
	return sql_named_count;
}

const char *sql_statement_name(size_t i)
{
	return sql_named[i].name;
}

const char *sql_statement_text(size_t i)
{
	return sql_named[i].text;
}

bool sql_prepare_all(struct sql *db, struct err *e)
{
	for (size_t i = 0; i < sql_named_count; i++) {
		struct sql_stmt *s = sql_use(db, sql_named[i].name);
		bool ok = s->handle != NULL;
		if (!ok && e) {
			*e = s->failed;
			err_context(e, "statement %s", sql_named[i].name);
		}
		sql_done(s);
		if (!ok)
			return false;
	}
	return true;
}
