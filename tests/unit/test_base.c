#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/base.h"

static void arena_gives_zeroed_aligned_blocks(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	for (size_t n = 1; n < 9000; n += 37) {
		unsigned char *p = arena_alloc(a, n);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		p[0] = 1;
	}
	arena_destroy(a);
}

static void count(void *arg)
{
	++*(int *)arg;
}

static void arena_runs_cleanups_once(void **state)
{
	(void)state;
	int n = 0;
	struct arena *a = arena_new(100);
	arena_defer(a, count, &n);
	struct arena_mark m = arena_mark(a);
	arena_defer(a, count, &n);
	arena_alloc(a, 10000);
	assert_true(arena_over(a));
	arena_rewind(a, m);
	assert_int_equal(n, 1);
	assert_false(arena_over(a));
	arena_destroy(a);
	assert_int_equal(n, 2);
}

static void dates_refuse_what_cannot_be(void **state)
{
	(void)state;
	static const char *const bad[] = {"2015-13", "2015-02-29", "2015-1-1", "15-01-01", "2015-01-01T10:00:00", "2015-01-01T24:00:00Z",
					  "2015-01-01T10:00Z", "0000", "2015-01-01T10:00:60Z", "2015-01-01T10:00:00+15:00", "2015-", ""};
	struct date d;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(date_parse(str_from(bad[i]), DATE_KIND_DATETIME, &d, NULL));
	assert_true(date_parse(STR("2016-02-29"), DATE_KIND_DATE, &d, NULL));
	assert_false(date_parse(STR("2016-02-29T10:00:00Z"), DATE_KIND_DATE, &d, NULL));
}

static void dates_are_intervals_across_the_clock_change(void **state)
{
	(void)state;
	struct date d;
	int64_t lo, hi;
	assert_true(date_parse(STR("2026-10-25"), DATE_KIND_DATE, &d, NULL)); /* summer time ends: 25 hours */
	date_interval(&d, &lo, &hi);
	assert_int_equal(hi - lo, 25 * US_PER_HOUR);
	assert_true(date_parse(STR("2027-03-28"), DATE_KIND_DATE, &d, NULL)); /* begins: 23 */
	date_interval(&d, &lo, &hi);
	assert_int_equal(hi - lo, 23 * US_PER_HOUR);
	struct arena *a = arena_new(0);
	/* 01:30 is skipped on 28 March 2027: the instant after the gap */
	assert_true(str_is(date_local_iso(a, us_from_local(days_from_civil(2027, 3, 28), 1, 30, 0)), "2027-03-28T02:30:00+01:00"));
	/* 01:30 happens twice on 25 October 2026: the earlier */
	assert_true(str_is(date_local_iso(a, us_from_local(days_from_civil(2026, 10, 25), 1, 30, 0)), "2026-10-25T01:30:00+01:00"));
	arena_destroy(a);
}

static void ages_follow_the_common_user_interface(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	int64_t born = days_from_civil(2019, 6, 12);
	assert_true(str_is(date_age(a, born, days_from_civil(2026, 11, 24)), "7y 5m"));
	assert_true(str_is(date_age(a, born, days_from_civil(2019, 6, 20)), "8d"));
	int64_t leap = days_from_civil(2008, 2, 29); /* requirements.md section 7 rule 6 */
	assert_int_equal(age_years(leap, days_from_civil(2026, 2, 28)), 17);
	assert_int_equal(age_years(leap, days_from_civil(2026, 3, 1)), 18);
	int y, m, d;
	civil_from_days(days_add_months(days_from_civil(2026, 11, 30), 3), &y, &m, &d);
	assert_int_equal(y * 10000 + m * 100 + d, 20270228);
	arena_destroy(a);
}

static void utf8_refuses_what_is_not(void **state)
{
	(void)state;
	assert_true(utf8_valid(STR("Zo\xC3\xAB \xF0\x9F\x91\xB6")));
	assert_false(utf8_valid(STR("\xC0\xAF")));         /* overlong */
	assert_false(utf8_valid(STR("\xED\xA0\x80")));     /* surrogate */
	assert_false(utf8_valid(STR("\xF4\x90\x80\x80"))); /* past U+10FFFF */
	assert_int_equal(utf8_valid_prefix(STR("ab\xFF")), 2);
}

static void ids_and_encodings_round_trip(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct env *env = env_replay(INT64_C(1798000000000000), 7);
	struct str id = id_new(env, a);
	assert_int_equal(id.n, 36);
	assert_int_equal(id.p[14], '7');
	char bytes[64];
	for (size_t n = 0; n < sizeof bytes; n++) {
		env_random(env, bytes, n);
		struct str back;
		assert_true(base64_decode(a, base64_encode(a, (struct str){bytes, n}), &back));
		assert_true(str_eq(back, (struct str){bytes, n}));
	}
	env_manual_free(env);
	arena_destroy(a);
}

static void map_keeps_order(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct map m = map_new(a);
	static int values[500];
	for (int i = 0; i < 500; i++)
		map_put(&m, str_printf(a, "k%d", i), &values[i]);
	for (int i = 0; i < 500; i++) {
		assert_ptr_equal(map_get(&m, str_printf(a, "k%d", i)), &values[i]);
		assert_ptr_equal(m.entries[i].value, &values[i]);
	}
	assert_null(map_get(&m, STR("k500")));
	arena_destroy(a);
}

static void integers_fit_or_are_refused(void **state)
{
	(void)state;
	int64_t v;
	assert_true(str_to_i64(STR("-9223372036854775808"), &v));
	assert_int_equal(v, INT64_MIN);
	assert_false(str_to_i64(STR("9223372036854775808"), &v));
	assert_false(str_to_i64(STR("12a"), &v));
	assert_false(str_to_i64(STR("-"), &v));
}

static void errors_gain_facts(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	assert_false(err_set(&e, ERR_VALUE, "\"%s\" is not a date", "x"));
	err_context(&e, "line %d", 12);
	assert_string_equal(e.message, "line 12: \"x\" is not a date");
	assert_int_equal(err_status(e.code), 422);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_aligned_blocks),
		cmocka_unit_test(arena_runs_cleanups_once),
		cmocka_unit_test(dates_refuse_what_cannot_be),
		cmocka_unit_test(dates_are_intervals_across_the_clock_change),
		cmocka_unit_test(ages_follow_the_common_user_interface),
		cmocka_unit_test(utf8_refuses_what_is_not),
		cmocka_unit_test(ids_and_encodings_round_trip),
		cmocka_unit_test(map_keeps_order),
		cmocka_unit_test(integers_fit_or_are_refused),
		cmocka_unit_test(errors_gain_facts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
