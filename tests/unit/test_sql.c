#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sql/sql.h"

#include "pg_cluster.h"
#include "store_dir.h"

static struct arena *a;
static char *dir;

static int setup(void **state)
{
	(void)state;
	a = arena_new(0);
	dir = test_dir_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_dir_remove(dir);
	arena_destroy(a);
	return 0;
}

static struct sql *open_writer(void)
{
	struct sql *db = NULL;
	struct err e = ERR_INIT;
	if (!sql_open(test_dir_url(a, dir), SQL_WRITER, &db, &e) || !sql_migrate(db, &e))
		fail_msg("%s", e.message);
	return db;
}

static int64_t number(struct sql *db, struct sql_text *t)
{
	struct err e = ERR_INIT;
	struct sql_stmt *s = sql_use_text(db, t, &e);
	if (!s)
		fail_msg("%s", e.message);
	assert_int_equal(sql_step(s, &e), SQL_ROW);
	int64_t n = sql_i64(s, 0);
	sql_done(s);
	return n;
}

static void every_statement_is_good_on_sqlite(void **state)
{
	(void)state;
	struct sql *db = open_writer();
	struct err e = ERR_INIT;
	assert_true(sql_statement_count() > 20);
	if (!sql_prepare_all(db, &e))
		fail_msg("%s", e.message);
	assert_true(sql_migrate(db, NULL)); /* again changes nothing */
	assert_true(sql_migrated(db, NULL));
	sql_close(db);
}

static void an_edited_migration_is_refused(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct sql *db = open_writer();
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "UPDATE migration SET digest = ");
	sql_val_str(t, STR("other"));
	assert_true(sql_run(sql_use_text(db, t, NULL), NULL));
	assert_false(sql_migrate(db, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	sql_close(db);
}

static void values_come_back_as_they_went(void **state)
{
	(void)state;
	struct sql *db = open_writer();
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT ");
	sql_val_i64(t, INT64_MIN);
	sql_lit(t, ", ");
	sql_val_str(t, STR("'; DROP TABLE version; -- \xC3\xA9?1{blob}"));
	sql_lit(t, ", ");
	sql_val_double(t, 0.1);
	sql_lit(t, ", ");
	sql_val_str(t, STR_NONE);
	struct sql_stmt *s = sql_use_text(db, t, NULL);
	assert_int_equal(sql_step(s, NULL), SQL_ROW);
	assert_true(sql_i64(s, 0) == INT64_MIN);
	assert_true(str_eq(sql_str(s, 1), STR("'; DROP TABLE version; -- \xC3\xA9?1{blob}")));
	assert_true(sql_double(s, 2) == 0.1);
	assert_true(sql_is_null(s, 3));
	assert_null(sql_str(s, 3).p);
	sql_done(s);
	sql_close(db);
}

static void a_savepoint_undoes_only_itself(void **state)
{
	(void)state;
	struct sql *db = open_writer();
	struct sql_text *count = sql_text_new(a);
	sql_lit(count, "SELECT count(*) FROM label");
	assert_true(sql_begin(db, NULL));
	for (int i = 0; i < 4; i++) {
		assert_true(sql_savepoint(db, NULL));
		struct sql_stmt *s = sql_use(db, "label_insert");
		sql_bind_i64(s, 1, i);
		sql_bind_str(s, 2, STR("x"));
		assert_true(sql_run(s, NULL));
		if (i % 2)
			sql_rollback_to(db);
		assert_true(sql_release(db, NULL));
	}
	assert_true(sql_commit(db, NULL));
	assert_int_equal(number(db, count), 2);
	sql_close(db);
}

static void run_text(struct sql *db, const char *text)
{
	struct err e = ERR_INIT;
	struct sql_text *t = sql_text_new(a);
	sql_text_literal(t, text);
	struct sql_stmt *s = sql_use_text(db, t, &e);
	if (!s || !sql_run(s, &e))
		fail_msg("%s: %s", text, e.message);
}

static void put_labels(struct sql *db, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct sql_stmt *s = sql_use(db, "label_insert");
		sql_bind_i64(s, 1, i * 7919 % 100003);
		sql_bind_str(s, 2, str_printf(a, "%0200d", i));
		assert_true(sql_run(s, NULL));
	}
}

/* A cache of ten pages: what the transaction writes goes to the log and is read back from it before it is committed. */
static void the_log_is_whole_when_pages_spill(void **state)
{
	enum { KEPT = 8000, DROPPED = 3000 };
	(void)state;
	struct sql *db = open_writer(), *reader = NULL;
	struct sql_text *count = sql_text_new(a);
	sql_lit(count, "SELECT count(*) FROM label WHERE code >= '0'");
	run_text(db, "PRAGMA cache_size=10");
	assert_true(sql_open(test_dir_url(a, dir), SQL_READER, &reader, NULL));
	for (int round = 0; round < 3; round++) {
		assert_true(sql_begin(db, NULL));
		put_labels(db, KEPT * round, KEPT * (round + 1));
		assert_true(sql_savepoint(db, NULL));
		put_labels(db, 50000, 50000 + DROPPED);
		assert_int_equal(number(db, count), KEPT * (round + 1) + DROPPED);
		assert_int_equal(number(reader, count), KEPT * round);
		sql_rollback_to(db);
		assert_true(sql_release(db, NULL));
		assert_int_equal(number(db, count), KEPT * (round + 1));
		assert_true(sql_commit(db, NULL));
		assert_int_equal(number(reader, count), KEPT * (round + 1));
		assert_true(sql_begin(db, NULL));
		put_labels(db, 60000, 60000 + DROPPED);
		sql_rollback(db);
		if (round == 1)
			assert_true(sql_checkpoint(db, SQL_CHECKPOINT_TRUNCATE, NULL));
		assert_true(sql_sound(reader, NULL));
	}
	sql_close(reader);
	sql_close(db);
	db = open_writer();
	assert_int_equal(number(db, count), 3 * KEPT);
	assert_true(sql_sound(db, NULL));
	sql_close(db);
}

static void breaches_and_locks_have_their_codes(void **state)
{
	(void)state;
	struct sql *db = open_writer();
	struct sql *second = NULL;
	struct err e = ERR_INIT;
	for (int i = 0; i < 2; i++) {
		struct sql_stmt *s = sql_use(db, "migration_insert");
		sql_bind_str(s, 1, STR("x/1"));
		sql_bind_str(s, 2, STR("y"));
		assert_int_equal(sql_run(s, &e), i == 0);
	}
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_false(sql_open(test_dir_url(a, dir), SQL_WRITER, &second, &e));
	assert_int_equal(e.code, ERR_UNAVAILABLE);
	assert_true(sql_open(test_dir_url(a, dir), SQL_READER, &second, &e));
	struct sql_stmt *s = sql_use(second, "label_insert"); /* a reader cannot write */
	sql_bind_i64(s, 1, 1);
	sql_bind_str(s, 2, STR("x"));
	assert_false(sql_run(s, NULL));
	sql_close(second);
	assert_false(sql_open("mysql://x", SQL_WRITER, &second, &e));
	assert_int_equal(e.code, ERR_INVALID);
	sql_close(db);
}

/* ---- PostgreSQL: a cluster of its own in a temporary folder, on a socket there ---- */

static void the_files_are_their_owners_alone(void **state)
{
	(void)state;
	mode_t before = umask(0);
	struct sql *db = open_writer();
	umask(before);
	for (const char *const *name = (const char *const[]){"heed.db", "heed.db-wal", "heed.db-shm", "heed.lock", NULL}; *name; name++) {
		struct stat st;
		assert_int_equal(stat(str_c(a, str_printf(a, "%s/%s", dir, *name)), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	sql_close(db);
}

static void what_takes_too_long_is_stopped(void **state)
{
	(void)state;
	struct sql *db = open_writer(), *reader = NULL;
	struct err e = ERR_INIT;
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 4000000000) SELECT count(*) FROM n");
	assert_true(sql_open(test_dir_url(a, dir), SQL_READER, &reader, &e));
	sql_limit(reader, 20000);
	assert_false(sql_run(sql_use_text(reader, t, &e), &e));
	assert_int_equal(e.code, ERR_TOO_COSTLY);
	sql_limit(reader, 0);
	assert_true(sql_migrated(reader, NULL)); /* and it is good for the next */
	sql_close(reader);
	sql_close(db);
}

static void every_statement_is_good_on_postgresql(void **state)
{
	(void)state;
	const char *bin = pg_bin();
	char *home = bin ? start_cluster(bin) : NULL;
	if (!home) {
		print_message("skipped: PostgreSQL is not installed, or cannot be started by this user\n");
		skip();
	}
	struct err e = ERR_INIT;
	struct sql *db = NULL;
	const char *url = str_c(a, str_printf(a, "postgresql:///postgres?host=%s&user=postgres", home));
	bool ok = sql_open(url, SQL_WRITER, &db, &e) && sql_migrate(db, &e) && sql_migrate(db, &e) && sql_prepare_all(db, &e);
	int64_t kept = 0;
	struct str body = STR_NONE;
	if (ok) { /* and they do what they say */
		struct sql_stmt *s = sql_use(db, "version_insert");
		for (int i = 1; i <= 4; i++)
			sql_bind_i64(s, i, i);
		sql_bind_str(s, 4, STR("Basic"));
		sql_bind_str(s, 5, STR("b1"));
		sql_bind_i64(s, 6, 0);
		sql_bind_i64(s, 7, 0);
		sql_bind_str(s, 8, STR("{\"x\":1.00}"));
		ok = sql_begin(db, &e) && sql_run(s, &e) && sql_savepoint(db, &e);
		sql_rollback_to(db);
		ok = ok && sql_release(db, &e) && sql_commit(db, &e);
		s = sql_use(db, "version_by_seq");
		sql_bind_i64(s, 1, 1);
		ok = ok && sql_step(s, &e) == SQL_ROW;
		kept = ok ? sql_i64(s, 2) : 0;
		body = ok ? str_dup(a, sql_str(s, 7)) : STR_NONE;
		sql_done(s);
	}
	sql_close(db);
	stop_cluster(bin, home);
	if (!ok)
		fail_msg("%s", e.message);
	assert_int_equal(kept, 2);
	assert_true(str_is(body, "{\"x\":1.00}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_statement_is_good_on_sqlite, setup, teardown),
		cmocka_unit_test_setup_teardown(an_edited_migration_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(values_come_back_as_they_went, setup, teardown),
		cmocka_unit_test_setup_teardown(a_savepoint_undoes_only_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(the_log_is_whole_when_pages_spill, setup, teardown),
		cmocka_unit_test_setup_teardown(breaches_and_locks_have_their_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(the_files_are_their_owners_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(what_takes_too_long_is_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(every_statement_is_good_on_postgresql, setup, teardown),
	};
	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
