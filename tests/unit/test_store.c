#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

#include "pg_cluster.h"
#include "store_dir.h"

static struct arena *a;
static struct env *env;
static struct store *s;
static char *dir;

static char *pg_home;    /* the group that runs on PostgreSQL */
static const char *url;  /* of this test's store */
static int pg_schemas;

/* A schema of its own for each test. */
static const char *pg_url(void)
{
	struct err e = ERR_INIT;
	struct sql *db = NULL;
	const char *base = str_c(a, str_printf(a, "postgresql:///postgres?host=%s&user=postgres", pg_home));
	if (!sql_open(base, SQL_READER, &db, &e))
		fail_msg("%s", e.message);
	struct sql_text *t = sql_text_new(a);
	sql_text_literal(t, str_c(a, str_printf(a, "CREATE SCHEMA t%d", ++pg_schemas)));
	assert_true(sql_run(sql_use_text(db, t, &e), &e));
	sql_close(db);
	return str_c(a, str_printf(a, "%s&options=-csearch_path%%3Dt%d", base, pg_schemas));
}

static int setup(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	a = arena_new(0);
	env = env_manual(INT64_C(1797604200000000)); /* 18 December 2026, 16:30 */
	dir = test_dir_new();
	url = pg_home ? pg_url() : test_dir_url(a, dir);
	struct store_config config = {.url = url, .env = env};
	if (!store_open(&config, &s, &e))
		fail_msg("%s", e.message);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_close(s);
	test_dir_remove(dir);
	env_manual_free(env);
	arena_destroy(a);
	return 0;
}

static struct json *parse(const char *text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, str_from(text), NULL, &j, &e))
		fail_msg("%s", e.message);
	return j;
}

static bool commit(struct put *puts, size_t n, struct put_result *results, struct err *e)
{
	struct change c = {.act = {.agent = STR("system"), .channel = STR("cli")}, .puts = puts, .n = n, .results = results};
	return store_commit(s, a, &c, e);
}

static struct put_result must_put(struct put p)
{
	struct put_result r;
	struct err e = ERR_INIT;
	if (!commit(&p, 1, &r, &e))
		fail_msg("%s", e.message);
	return r;
}

static struct put create(const char *body)
{
	struct json *j = parse(body);
	return (struct put){.method = STORE_CREATE, .type = json_str(j, "resourceType"), .body = j};
}

static struct put update(const char *id, const char *body)
{
	struct json *j = parse(body);
	return (struct put){.method = STORE_UPDATE, .type = json_str(j, "resourceType"), .id = str_from(id), .body = j};
}

static struct put delete(const char *type, const char *id)
{
	return (struct put){.method = STORE_DELETE, .type = str_from(type), .id = str_from(id)};
}

static enum err_code put_code(struct put p)
{
	struct put_result r;
	struct err e = ERR_INIT;
	return commit(&p, 1, &r, &e) ? ERR_NONE : e.code;
}

static enum err_code get(const char *type, const char *id, int64_t version, struct resource *out)
{
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, &e);
	assert_non_null(r);
	bool ok = version ? store_get_version(r, str_from(type), str_from(id), version, out, &e)
			  : store_get(r, str_from(type), str_from(id), out, &e);
	store_read_end(r);
	return ok ? ERR_NONE : e.code;
}

static void what_is_written_is_read_back_to_the_digit(void **state)
{
	(void)state;
	struct put_result r = must_put(create("{\"resourceType\":\"Observation\",\"id\":\"mine\",\"meta\":{\"versionId\":\"9\","
					      "\"tag\":[{\"code\":\"x\"}]},\"status\":\"final\",\"valueQuantity\":{\"value\":1.200,\"unit\":\"kg\"}}"));
	assert_true(r.created);
	assert_int_equal(r.resource.version, 1);
	struct resource got;
	assert_int_equal(get("Observation", str_c(a, r.resource.id), 0, &got), ERR_NONE);
	struct str want = str_printf(a, "{\"resourceType\":\"Observation\",\"id\":\"%.*s\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":"
				     "\"2026-12-18T14:30:00.000Z\",\"tag\":[{\"code\":\"x\"}]},\"status\":\"final\",\"valueQuantity\":"
				     "{\"value\":1.200,\"unit\":\"kg\"}}", STR_ARG(r.resource.id));
	assert_string_equal(str_c(a, got.body), str_c(a, want));
	assert_int_equal(got.method, STORE_CREATE);
}

static void versions_are_kept_and_listed_newest_first(void **state)
{
	(void)state;
	must_put(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"en\"}"));
	assert_int_equal(must_put(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"cy\"}")).resource.version, 2);
	assert_int_equal(must_put(delete("Basic", "b1")).resource.version, 3);
	struct resource got;
	assert_int_equal(get("Basic", "b1", 0, &got), ERR_GONE);
	assert_int_equal(get("Basic", "b1", 1, &got), ERR_NONE);
	assert_true(str_find(got.body, STR("\"en\"")) > 0);
	assert_int_equal(get("Basic", "b1", 3, &got), ERR_GONE);
	assert_int_equal(get("Basic", "b1", 4, &got), ERR_NOT_FOUND);
	assert_int_equal(get("Basic", "nobody", 0, &got), ERR_NOT_FOUND);

	struct put_result back = must_put(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"en\"}"));
	assert_true(back.created);
	assert_int_equal(back.resource.version, 4);
	struct resources h;
	struct store_read *r = store_read_begin(s, a, NULL);
	assert_true(store_history(r, STR("Basic"), STR("b1"), 0, 10, &h, NULL));
	assert_int_equal(h.n, 4);
	static const enum store_method methods[] = {STORE_UPDATE, STORE_DELETE, STORE_UPDATE, STORE_UPDATE};
	for (size_t i = 0; i < h.n; i++) {
		assert_int_equal(h.v[i].version, 4 - (int64_t)i);
		assert_int_equal(h.v[i].method, methods[i]);
	}
	assert_true(store_history(r, STR("Basic"), STR("b1"), 3, 1, &h, NULL));
	assert_int_equal(h.n, 1);
	assert_int_equal(h.v[0].version, 2);
	store_read_end(r);
}

static void the_same_again_makes_no_version(void **state)
{
	(void)state;
	must_put(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"en\"}"));
	struct put_result r = must_put(update("b1", "{\"resourceType\":\"Basic\", \"language\":\"en\"}"));
	assert_true(r.unchanged);
	assert_int_equal(r.resource.version, 1);
	must_put(delete("Basic", "b1"));
	assert_true(must_put(delete("Basic", "b1")).unchanged);
}

static void writes_that_must_be_refused_are(void **state)
{
	(void)state;
	must_put(update("b1", "{\"resourceType\":\"Basic\"}"));
	struct put stale = update("b1", "{\"resourceType\":\"Basic\",\"language\":\"en\"}");
	stale.if_version = 2;
	assert_int_equal(put_code(stale), ERR_PRECONDITION);
	stale.if_version = 1;
	assert_int_equal(put_code(stale), ERR_NONE);
	assert_int_equal(put_code(stale), ERR_PRECONDITION);
	assert_int_equal(put_code(delete("Basic", "nobody")), ERR_NOT_FOUND);
	struct put again = update("b1", "{\"resourceType\":\"Basic\"}");
	again.method = STORE_CREATE;
	assert_int_equal(put_code(again), ERR_CONFLICT);
	struct put wrong = create("{\"resourceType\":\"Basic\"}");
	wrong.type = STR("Patient");
	assert_int_equal(put_code(wrong), ERR_INVALID);
	struct put bad_id = update("a b", "{\"resourceType\":\"Basic\"}");
	assert_int_equal(put_code(bad_id), ERR_VALUE);
}

static void a_change_is_all_or_nothing(void **state)
{
	(void)state;
	struct put puts[] = {update("b1", "{\"resourceType\":\"Basic\"}"), delete("Basic", "nobody")};
	struct put_result results[2];
	struct err e = ERR_INIT;
	assert_false(commit(puts, 2, results, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	struct resource got;
	assert_int_equal(get("Basic", "b1", 0, &got), ERR_NOT_FOUND);
	assert_int_equal(must_put(update("b2", "{\"resourceType\":\"Basic\"}")).resource.seq, 1); /* no gap was left */
}

/* ---- hooks ---- */

struct watcher {
	int writes;
	bool refuse;
	int64_t due_us;
	int dues;
	char previous[32];
};

static bool watch(void *arg, struct txn *t, const struct store_event *event, struct err *e)
{
	struct watcher *w = arg;
	w->writes++;
	snprintf(w->previous, sizeof w->previous, "%.*s", STR_ARG(json_str(event->previous, "language")));
	if (w->refuse)
		return err_set(e, ERR_INVARIANT, "no");
	if (str_is(event->resource->type, "Basic") && !event->previous && event->body) {
		assert_true(str_eq(json_str(event->body, "id"), event->resource->id));
		assert_string_equal(str_c(a, json_str(json_getz(event->body, "meta"), "versionId")), "1");
		struct json *task = json_object(txn_arena(t));
		json_set_str(txn_arena(t), task, "resourceType", STR("Task"));
		struct put p = {.method = STORE_CREATE, .type = STR("Task"), .body = task};
		struct put_result r;
		return txn_put(t, &p, &r, e);
	}
	return true;
}

static int64_t watcher_due(void *arg, struct sql *db)
{
	(void)db;
	return ((struct watcher *)arg)->due_us;
}

static bool watcher_do(void *arg, struct txn *t, int64_t now_us, struct err *e)
{
	struct watcher *w = arg;
	(void)t;
	(void)e;
	assert_true(now_us >= w->due_us);
	w->due_us = INT64_MAX;
	w->dues++;
	return true;
}

static int64_t count_versions(void)
{
	struct resources all;
	struct store_read *r = store_read_begin(s, a, NULL);
	assert_true(store_versions_after(r, 0, 1000, &all, NULL));
	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(all.v[i].seq, i + 1);
	store_read_end(r);
	return (int64_t)all.n;
}

static void a_hook_writes_with_the_change_or_undoes_it(void **state)
{
	(void)state;
	static struct watcher w;
	w = (struct watcher){.due_us = INT64_MAX};
	store_hook_add(s, &(struct store_hook){.name = "watch", .arg = &w, .wrote = watch});
	must_put(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"en\"}"));
	assert_int_equal(count_versions(), 2); /* and the Task */
	assert_int_equal(w.writes, 2);
	must_put(update("b1", "{\"resourceType\":\"Basic\"}"));
	assert_string_equal(w.previous, "en");
	w.refuse = true;
	assert_int_equal(put_code(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"cy\"}")), ERR_INVARIANT);
	assert_int_equal(count_versions(), 3);
	struct resource got;
	assert_int_equal(get("Basic", "b1", 0, &got), ERR_NONE);
	assert_int_equal(got.version, 2);
}

static void what_is_due_runs_when_the_clock_gets_there(void **state)
{
	(void)state;
	static struct watcher w; /* outlives the store */
	w = (struct watcher){.due_us = env_now_us(env) + US_PER_HOUR};
	store_hook_add(s, &(struct store_hook){.name = "watch", .arg = &w, .next_due_us = watcher_due, .due = watcher_do});
	assert_true(store_run_due(s, NULL));
	assert_int_equal(w.dues, 0);
	assert_true(env_manual_set(env, env_now_us(env) + US_PER_HOUR));
	assert_true(store_run_due(s, NULL));
	assert_int_equal(w.dues, 1);
	assert_true(store_run_due(s, NULL));
	assert_int_equal(w.dues, 1);
}

/* ---- many at once ---- */

enum { THREADS = 16, EACH = 50 };

static void *count_up(void *arg)
{
	intptr_t won = 0;
	(void)arg;
	for (int tries = 0; won < EACH && tries < 100000; tries++) {
		struct arena *mine = arena_new(0);
		struct resource now;
		struct store_read *r = store_read_begin(s, mine, NULL);
		bool there = store_get(r, STR("Basic"), STR("counter"), &now, NULL);
		store_read_end(r);
		struct json *body = json_object(mine);
		json_set_str(mine, body, "resourceType", STR("Basic"));
		json_set_str(mine, body, "language", str_printf(mine, "%d", (int)now.version));
		struct put p = {.method = STORE_UPDATE, .type = STR("Basic"), .id = STR("counter"), .body = body, .if_version = now.version};
		struct put_result result;
		struct change c = {.act = {.agent = STR("system")}, .puts = &p, .n = 1, .results = &result};
		struct err e = ERR_INIT;
		if (there && store_commit(s, mine, &c, &e))
			won++;
		else if (e.code != ERR_PRECONDITION)
			break;
		arena_destroy(mine);
	}
	return (void *)won;
}

static void no_update_is_lost(void **state)
{
	(void)state;
	must_put(update("counter", "{\"resourceType\":\"Basic\"}"));
	pthread_t threads[THREADS];
	intptr_t wins = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		void *won;
		pthread_join(threads[i], &won);
		wins += (intptr_t)won;
	}
	assert_int_equal(wins, THREADS * EACH);
	struct resource now;
	assert_int_equal(get("Basic", "counter", 0, &now), ERR_NONE);
	assert_int_equal(now.version, wins + 1);
}

static void a_second_writer_is_kept_out_and_a_reader_is_not(void **state)
{
	(void)state;
	struct store *second = NULL;
	struct err e = ERR_INIT;
	struct store_config config = {.url = url, .env = env};
	assert_false(store_open(&config, &second, &e));
	assert_int_equal(e.code, ERR_UNAVAILABLE);
	must_put(update("b1", "{\"resourceType\":\"Basic\"}"));
	config.read_only = true;
	config.readers = 1;
	assert_true(store_open(&config, &second, &e));
	struct resource got;
	struct store_read *r = store_read_begin(second, a, NULL);
	assert_true(store_get(r, STR("Basic"), STR("b1"), &got, NULL));
	store_read_end(r);
	struct put p = update("b2", "{\"resourceType\":\"Basic\"}");
	struct put_result result;
	struct change c = {.puts = &p, .n = 1, .results = &result};
	assert_false(store_commit(second, a, &c, &e));
	store_close(second);
}

/* ---- the log ---- */

static bool stop_reading;

static void *read_on(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop_reading, __ATOMIC_RELAXED)) {
		struct arena *mine = arena_new(0);
		struct resource got;
		struct store_read *r = store_read_begin(s, mine, NULL);
		store_get(r, STR("Basic"), STR("small"), &got, NULL);
		store_read_end(r);
		arena_destroy(mine);
	}
	return NULL;
}

static void the_log_starts_over_under_steady_reading(void **state)
{
	(void)state;
	enum { READS = 4, WRITES = 130, KIB = 1024 };
	pthread_t threads[READS];
	char *big = arena_alloc(a, KIB * KIB);
	memset(big, 'x', KIB * KIB - 1);
	stop_reading = false;
	must_put(update("small", "{\"resourceType\":\"Basic\"}"));
	for (int i = 0; i < READS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, NULL), 0);
	for (int i = 0; i < WRITES; i++) { /* a megabyte each */
		struct json *body = json_object(a);
		json_set_str(a, body, "resourceType", STR("Basic"));
		json_set_str(a, body, "language", str_from(big));
		must_put((struct put){.method = STORE_UPDATE, .type = STR("Basic"), .id = str_printf(a, "b%d", i), .body = body});
	}
	__atomic_store_n(&stop_reading, true, __ATOMIC_RELAXED);
	for (int i = 0; i < READS; i++)
		pthread_join(threads[i], NULL);
	struct stat st;
	assert_int_equal(stat(str_c(a, str_printf(a, "%s/heed.db-wal", dir)), &st), 0);
	assert_true(st.st_size > 0);
	assert_true(st.st_size < 110 * KIB * KIB);
}

static void it_is_all_there_after_opening_again(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	must_put(update("b1", "{\"resourceType\":\"Basic\"}"));
	store_close(s);
	struct store_config config = {.url = url, .env = env};
	if (!store_open(&config, &s, &e))
		fail_msg("%s", e.message);
	assert_int_equal(must_put(update("b1", "{\"resourceType\":\"Basic\",\"language\":\"en\"}")).resource.seq, 2);
}

/* ---- HL7's own examples: stored, searched out and read back equal, decimals to the digit ---- */

static void read_back_equal(const char *path, const char *name)
{
	struct str text;
	struct json *sent = NULL, *back = NULL;
	struct err e = ERR_INIT;
	if (!env->read_file(env, a, path, 64 << 20, &text, &e) || !json_parse(a, text, NULL, &sent, &e))
		fail_msg("%s: %s", name, e.message);
	struct put p = {.method = STORE_UPDATE, .type = json_str(sent, "resourceType"), .id = json_str(sent, "id"), .body = sent};
	struct put_result r;
	if (!commit(&p, 1, &r, &e))
		fail_msg("%s: %s", name, e.message);
	struct resource got;
	assert_int_equal(get(str_c(a, p.type), str_c(a, p.id), 0, &got), ERR_NONE);
	assert_true(json_parse(a, got.body, NULL, &back, &e));
	struct json *meta = json_getz(back, "meta");
	json_remove(meta, STR("versionId"));
	json_remove(meta, STR("lastUpdated"));
	struct json *own = json_getz(sent, "meta");
	if (own) {
		json_remove(own, STR("versionId"));
		json_remove(own, STR("lastUpdated"));
	}
	if (!json_n(own))
		json_setz(a, sent, "meta", meta);
	if (!json_equal(sent, back))
		fail_msg("%s came back different", name);
}

static void the_published_examples_come_back_equal(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	char path[1000];
	snprintf(path, sizeof path, "%s/examples", suites ? suites : "");
	DIR *d = suites ? opendir(path) : NULL;
	if (!d) {
		print_message("skipped: no examples in HEED_SUITES\n");
		skip();
	}
	int n = 0;
	for (struct dirent *f = readdir(d); f; f = readdir(d)) {
		if (!str_ends(str_from(f->d_name), STR(".json")) || str_is(str_from(f->d_name), "package.json"))
			continue;
		snprintf(path, sizeof path, "%s/examples/%s", suites, f->d_name);
		read_back_equal(path, f->d_name);
		n++;
	}
	closedir(d);
	assert_true(n > 100);
}

static void text_folds_to_what_people_type(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"  O\xE2\x80\x99" "Brien-  Smith ", "o'brien- smith"}, {"Jos\xC3\xA9", "jose"}, {"S\xC3\xB8ren", "soren"},
		{"\xC5\x81ukasz", "lukasz"}, {"STRASSE", "strasse"}, {"Stra\xC3\x9F" "e", "strasse"}, {"\xEF\xBC\xA1", "a"}, {"", ""},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_string_equal(str_c(a, text_fold(a, str_from(pairs[i][0]))), pairs[i][1]);
}

static int start_pg(void **state)
{
	(void)state;
	const char *bin = pg_bin();
	pg_home = bin ? start_cluster(bin) : NULL;
	return 0;
}

static int stop_pg(void **state)
{
	(void)state;
	if (pg_home)
		stop_cluster(pg_bin(), pg_home);
	pg_home = NULL;
	return 0;
}

static void postgresql_is_there(void **state)
{
	(void)state;
	if (pg_home)
		return;
	print_message("skipped: PostgreSQL is not installed, or cannot be started by this user; what follows is SQLite again\n");
	skip();
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define ON_BOTH                                                                                                            \
	STORE_TEST(what_is_written_is_read_back_to_the_digit), STORE_TEST(versions_are_kept_and_listed_newest_first),      \
		STORE_TEST(the_same_again_makes_no_version), STORE_TEST(writes_that_must_be_refused_are),                  \
		STORE_TEST(a_change_is_all_or_nothing), STORE_TEST(a_hook_writes_with_the_change_or_undoes_it),            \
		STORE_TEST(what_is_due_runs_when_the_clock_gets_there), STORE_TEST(no_update_is_lost),                     \
		STORE_TEST(a_second_writer_is_kept_out_and_a_reader_is_not), STORE_TEST(it_is_all_there_after_opening_again)

int main(void)
{
	store_library_init();
	const struct CMUnitTest on_sqlite[] = {
		ON_BOTH,
		STORE_TEST(the_published_examples_come_back_equal),
		STORE_TEST(the_log_starts_over_under_steady_reading),
		STORE_TEST(text_folds_to_what_people_type),
	};
	const struct CMUnitTest on_postgresql[] = {cmocka_unit_test(postgresql_is_there), ON_BOTH};
	int failed = cmocka_run_group_tests_name("store", on_sqlite, NULL, NULL);
	return failed + cmocka_run_group_tests_name("store on PostgreSQL", on_postgresql, start_pg, stop_pg);
}
