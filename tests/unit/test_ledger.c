#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "ledger/ledger.h"

#include "store_dir.h"

static struct arena *a;
static struct env *env;
static struct store *s;
static struct ledger *l;
static char *dir;

static void open_all(void)
{
	struct err e = ERR_INIT;
	if (!store_open(&(struct store_config){.url = test_dir_url(a, dir), .env = env, .readers = 4}, &s, &e) || !ledger_open(s, &l, &e))
		fail_msg("%s", e.message);
}

static void close_all(void)
{
	store_close(s);
	ledger_close(l);
}

static int setup(void **state)
{
	(void)state;
	a = arena_new(0);
	env = env_manual(INT64_C(1797604200000000));
	dir = test_dir_new();
	open_all();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_all();
	test_dir_remove(dir);
	env_manual_free(env);
	arena_destroy(a);
	return 0;
}

static const struct act nurse = {.agent = {"Practitioner/n1", 15}, .role = {"ed-nurse", 8}, .purpose = {"TREAT", 5},
				 .channel = {"web", 3}, .request = {"r-1", 3}};

static bool put(const char *type, const char *id, const char *more)
{
	struct json *body = NULL;
	struct str text = str_printf(a, "{\"resourceType\":\"%s\"%s}", type, more);
	assert_true(json_parse(a, text, NULL, &body, NULL));
	struct put p = {.method = STORE_UPDATE, .type = str_from(type), .id = str_from(id), .body = body};
	struct put_result r;
	struct change c = {.act = nurse, .puts = &p, .n = 1, .results = &r};
	return store_commit(s, a, &c, NULL);
}

static bool record(struct arena *arena, const char *person, const char *items)
{
	struct ledger_entry n = {.kind = LEDGER_READ, .act = nurse, .person = str_from(person), .items = str_from(items)};
	return ledger_record(l, arena, &n, NULL);
}

static struct ledger_check verify(void)
{
	struct ledger_check check;
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, NULL);
	if (!ledger_verify(r, &check, &e))
		fail_msg("%s", e.message);
	store_read_end(r);
	return check;
}

static struct ledger_entries list(struct str person)
{
	struct ledger_entries entries;
	struct store_read *r = store_read_begin(s, a, NULL);
	assert_true(ledger_list(r, person, 0, 100, &entries, NULL));
	store_read_end(r);
	return entries;
}

static void fill(void)
{
	assert_true(put("Patient", "p1", ",\"gender\":\"male\""));
	assert_true(put("Patient", "p1", ",\"gender\":\"female\""));
	assert_true(record(a, "Patient/p1", "Patient/p1/_history/2"));
	assert_true(put("Encounter", "e1", ",\"subject\":{\"reference\":\"Patient/p1\"}"));
	assert_true(record(a, "Patient/p2", "Patient/p2/_history/1 Encounter/e9/_history/3"));
	assert_true(put("Organization", "o1", ""));
}

static void reads_and_writes_are_listed_for_the_person(void **state)
{
	(void)state;
	fill();
	struct ledger_entries all = list(STR_NONE);
	assert_int_equal(all.n, 6);
	assert_int_equal(all.v[0].seq, 6);
	struct ledger_entries mine = list(STR("Patient/p1"));
	assert_int_equal(mine.n, 4);
	assert_int_equal(mine.v[0].kind, LEDGER_WRITE);
	assert_string_equal(str_c(a, mine.v[0].items), "Encounter/e1/_history/1");
	assert_int_equal(mine.v[1].kind, LEDGER_READ);
	assert_string_equal(str_c(a, mine.v[1].act.agent), "Practitioner/n1");
	assert_string_equal(str_c(a, mine.v[2].items), "Patient/p1/_history/2");
	assert_string_equal(str_c(a, mine.v[2].detail), "update");
}

static void a_refused_write_leaves_no_row(void **state)
{
	(void)state;
	fill();
	struct put p = {.method = STORE_DELETE, .type = STR("Patient"), .id = STR("nobody")};
	struct put ok = {.method = STORE_DELETE, .type = STR("Patient"), .id = STR("p1")};
	struct put puts[] = {ok, p};
	struct put_result r[2];
	struct change c = {.act = nurse, .puts = puts, .n = 2, .results = r};
	assert_false(store_commit(s, a, &c, NULL));
	assert_int_equal(list(STR_NONE).n, 6);
	struct ledger_check check = verify();
	assert_int_equal(check.rows, 6);
	assert_int_equal(check.first_bad_seq, 0);
}

static void long_lists_are_cut_with_a_count(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 100000);
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%sPatient/p%d/_history/1", i ? " " : "", i);
	assert_true(record(a, "", str_c(a, buf_str(&b))));
	struct ledger_entries all = list(STR_NONE);
	struct str items = all.v[0].items;
	assert_true(items.n <= 4000);
	assert_true(str_ends(items, STR(" more")));
	size_t kept = 0;
	for (size_t i = 0; i < items.n; i++)
		kept += items.p[i] == '/';
	assert_true(str_find(items, str_printf(a, " and %zu more", 1000 - kept / 3)) > 0);
	assert_int_equal(verify().first_bad_seq, 0);
}

/* The head, noted elsewhere, is found again; anything done to the file behind the program's back is not missed (I6). */
static void every_kind_of_tampering_is_found(void **state)
{
	(void)state;
	static const char *const tamperings[] = {
		"UPDATE ledger SET agent = 'Practitioner/n2' WHERE seq = 3",
		"UPDATE ledger SET at_us = at_us + 1 WHERE seq = 1",
		"UPDATE ledger SET items = '' WHERE seq = 5",
		"UPDATE ledger SET person = 'Patient/p2', items = items WHERE seq = 2",
		"DELETE FROM ledger WHERE seq = 3",
		"DELETE FROM ledger WHERE seq = 1",
		"UPDATE ledger SET seq = seq + 1 WHERE seq = 6",
		"UPDATE ledger SET version_seq = 0 WHERE seq = 1",
		"UPDATE version SET body = replace(body, 'female', 'male') WHERE seq = 2",
		"UPDATE version SET body = NULL WHERE seq = 1",
		"DELETE FROM version WHERE seq = 4",
		"INSERT INTO version SELECT seq + 4, rid + 4, version, type, id || 'x', recorded_us, method, body FROM version WHERE seq = 4",
	};
	fill();
	assert_int_equal(verify().first_bad_seq, 0);
	for (size_t i = 0; i < sizeof tamperings / sizeof *tamperings; i++) {
		sqlite3 *db = NULL;
		char *why = NULL;
		close_all();
		char *file = str_c(a, str_printf(a, "%s/heed.db", dir));
		assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
		sqlite3_exec(db, "CREATE TABLE kept_v AS SELECT * FROM version; CREATE TABLE kept_l AS SELECT * FROM ledger;", NULL, NULL, NULL);
		if (sqlite3_exec(db, tamperings[i], NULL, NULL, &why) != SQLITE_OK)
			fail_msg("%s: %s", tamperings[i], why);
		assert_true(sqlite3_changes(db) > 0);
		open_all();
		if (verify().first_bad_seq == 0)
			fail_msg("not found: %s", tamperings[i]);
		assert_int_equal(sqlite3_exec(db, "DELETE FROM version; INSERT INTO version SELECT * FROM kept_v; DROP TABLE kept_v; DELETE FROM ledger;"
						  "INSERT INTO ledger SELECT * FROM kept_l; DROP TABLE kept_l;", NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		assert_int_equal(verify().first_bad_seq, 0);
	}
}

static void a_chain_that_was_cut_short_has_another_head(void **state)
{
	(void)state;
	fill();
	struct ledger_check before = verify();
	assert_int_equal(before.head.n, 64);
	assert_true(record(a, "", "x"));
	struct ledger_check after = verify();
	assert_false(str_eq(before.head, after.head));
	struct str at;
	struct store_read *r = store_read_begin(s, a, NULL);
	assert_true(ledger_hash_at(r, before.rows, &at, NULL));
	assert_true(str_eq(at, before.head));
	assert_false(ledger_hash_at(r, after.rows + 1, &at, NULL));
	store_read_end(r);
}

enum { THREADS = 16, EACH = 200 };

static void *read_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < EACH; i++) {
		struct arena *mine = arena_new(0);
		bool ok = record(mine, "Patient/p1", "Patient/p1/_history/1");
		arena_destroy(mine);
		if (!ok)
			return NULL;
	}
	return read_many;
}

static void many_at_once_make_one_chain(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_many, NULL), 0);
	for (int i = 0; i < 50; i++)
		assert_true(put("Basic", str_c(a, str_printf(a, "b%d", i)), ""));
	for (int i = 0; i < THREADS; i++) {
		void *ok;
		pthread_join(threads[i], &ok);
		assert_non_null(ok);
	}
	struct ledger_check check = verify();
	assert_int_equal(check.rows, THREADS * EACH + 50);
	assert_int_equal(check.first_bad_seq, 0);
}

static void rows_are_served_as_audit_events(void **state)
{
	(void)state;
	fill();
	struct ledger_entries all = list(STR_NONE);
	static const char *const actions[] = {"U", "R", "U", "R", "U", "U"};
	for (size_t i = 0; i < all.n; i++) {
		struct json *j = ledger_audit_event(a, &all.v[i]);
		struct fhir_outcome *problems = fhir_outcome_new(a);
		if (!fhir_validate(a, j, STR_NONE, problems))
			fail_msg("%s", str_c(a, json_to_str(a, fhir_outcome_json(a, problems))));
		assert_string_equal(str_c(a, json_str(j, "action")), actions[i]);
		assert_string_equal(str_c(a, json_text(json_path(j, "agent", "0", "who", "reference", NULL))), "Practitioner/n1");
	}
	struct json *read = ledger_audit_event(a, &all.v[3]);
	assert_string_equal(str_c(a, json_text(json_path(read, "entity", "0", "what", "reference", NULL))), "Patient/p1");
	assert_string_equal(str_c(a, json_text(json_path(read, "entity", "1", "what", "reference", NULL))), "Patient/p1/_history/2");
}

int main(void)
{
	store_library_init();
#define LEDGER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		LEDGER_TEST(reads_and_writes_are_listed_for_the_person),
		LEDGER_TEST(a_refused_write_leaves_no_row),
		LEDGER_TEST(long_lists_are_cut_with_a_count),
		LEDGER_TEST(every_kind_of_tampering_is_found),
		LEDGER_TEST(a_chain_that_was_cut_short_has_another_head),
		LEDGER_TEST(many_at_once_make_one_chain),
		LEDGER_TEST(rows_are_served_as_audit_events),
	};
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
