#include "store/store_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { READERS_DEFAULT = 8, READERS_MAX = 64 };

void store_library_init(void)
{
	/* Every connection stays on one thread at a time, so SQLite needs no locks of its own, and no shared counters. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_initialize();
}

static void *must(void *p)
{
	if (!p) {
		log_line(LOG_ERROR, "store", "out of memory");
		abort();
	}
	return p;
}

static bool load_last(struct store *s, struct err *e)
{
	struct sql_stmt *q = sql_use(s->writer, "version_last");
	enum sql_step r = sql_step(q, e);
	s->next_seq = r == SQL_ROW ? sql_i64(q, 0) + 1 : 1;
	s->last_us = r == SQL_ROW ? sql_i64(q, 1) : 0;
	sql_done(q);
	return r != SQL_FAILED;
}

static bool read_secret(struct sql *db, void *out, size_t n, bool *there, struct err *e)
{
	struct sql_stmt *q = sql_use(db, "secret_get");
	sql_bind_str(q, 1, STR("page"));
	enum sql_step r = sql_step(q, e);
	*there = r == SQL_ROW && sql_str(q, 0).n == n;
	if (*there)
		memcpy(out, sql_str(q, 0).p, n);
	sql_done(q);
	return r != SQL_FAILED;
}

/* The key that signs paging tokens: made once, kept, so that a token outlives a restart. */
static bool load_secret(struct store *s, struct err *e)
{
	bool there;
	struct sql *db = s->read_only ? s->readers[0].db : s->writer;
	if (!read_secret(db, s->page_key, sizeof s->page_key, &there, e) || there || s->read_only)
		return e == NULL || e->code == ERR_NONE;
	env_random(s->env, s->page_key, sizeof s->page_key);
	struct sql_stmt *q = sql_use(s->writer, "secret_insert");
	sql_bind_str(q, 1, STR("page"));
	sql_bind_blob(q, 2, (struct str){(const char *)s->page_key, sizeof s->page_key});
	return sql_run(q, e);
}

static bool open_writer(struct store *s, const char *url, struct err *e)
{
	return sql_open(url, SQL_WRITER, &s->writer, e) && sql_migrate(s->writer, e) && load_last(s, e);
}

static bool open_readers(struct store *s, const char *url, struct err *e)
{
	s->readers = must(calloc(s->reader_n, sizeof *s->readers));
	for (size_t i = 0; i < s->reader_n; i++)
		if (!sql_open(url, SQL_READER, &s->readers[i].db, e))
			return false;
	return !s->read_only || sql_migrated(s->readers[0].db, e);
}

static bool start_committer(struct store *s, struct err *e)
{
	if (s->read_only)
		return true;
	if (pthread_create(&s->committer, NULL, committer_main, s) != 0)
		return err_set(e, ERR_UNAVAILABLE, "the committer thread cannot be started");
	s->committer_runs = true;
	return true;
}

static void init_locks(struct store *s)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&s->readers_lock, NULL);
	pthread_cond_init(&s->reader_free, NULL);
}

bool store_open(const struct store_config *config, struct store **out, struct err *e)
{
	struct err why = ERR_INIT;
	struct store *s = must(calloc(1, sizeof *s));
	s->env = config->env ? config->env : env_system();
	s->read_only = config->read_only;
	s->reader_n = config->readers ? config->readers : READERS_DEFAULT;
	if (s->reader_n > READERS_MAX)
		s->reader_n = READERS_MAX;
	s->last = &s->first;
	s->next_due_us = INT64_MAX;
	init_locks(s);
	bool ok = (s->read_only || open_writer(s, config->url, &why)) && open_readers(s, config->url, &why) && load_secret(s, &why) &&
		  start_committer(s, &why);
	if (!ok) {
		store_close(s);
		if (e)
			*e = why;
		return false;
	}
	*out = s;
	return true;
}

static void stop_committer(struct store *s)
{
	if (!s->committer_runs)
		return;
	pthread_mutex_lock(&s->lock);
	s->closing = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->committer, NULL);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	stop_committer(s);
	for (size_t i = 0; s->readers && i < s->reader_n; i++)
		sql_close(s->readers[i].db);
	if (s->committer_runs) {
		struct err e = ERR_INIT;
		if (!sql_checkpoint(s->writer, SQL_CHECKPOINT_TRUNCATE, &e))
			log_line(LOG_WARN, "store", "last checkpoint: %s", e.message);
	}
	sql_close(s->writer);
	free(s->readers);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->readers_lock);
	pthread_cond_destroy(&s->reader_free);
	free(s);
}

struct env *store_env(struct store *s)
{
	return s->env;
}

void store_hook_add(struct store *s, const struct store_hook *hook)
{
	if (s->hook_n == HOOKS_MAX) {
		log_line(LOG_ERROR, "store", "more than %d hooks", HOOKS_MAX);
		abort();
	}
	s->hooks[s->hook_n++] = *hook;
}
