#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "demo/story.h"
#include "fhir/fhir.h"
#include "identity/identity.h"

/* Tests run with the project's folder as working directory (tests/meson.build). */
static const char folder[] = "demo/stories";

static int64_t noon(void)
{
	return us_from_local(days_from_civil(2026, 12, 18), 12, 0, 0);
}

static void times_are_told_from_now(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	int64_t at;
	bool is_date;
	assert_true(story_when(STR("@-3d 16:10"), noon(), &at, &is_date));
	assert_false(is_date);
	assert_true(str_is(date_local_iso(a, at), "2026-12-15T16:10:00+00:00"));
	assert_true(story_when(STR("@-200d 16:10"), noon(), &at, &is_date)); /* summer time then */
	assert_true(str_is(date_local_iso(a, at), "2026-06-01T16:10:00+01:00"));
	assert_true(story_when(STR("@-7y5m"), noon(), &at, &is_date));
	assert_true(is_date);
	assert_true(str_is(date_iso_days(a, local_from_us(at).days), "2019-07-18"));
	assert_false(story_when(STR("@3d"), noon(), &at, &is_date));
	assert_false(story_when(STR("@-3q"), noon(), &at, &is_date));
	assert_false(story_when(STR("@-3d 25:00"), noon(), &at, &is_date));
	arena_destroy(a);
}

static void every_story_is_valid_fhir(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct stories s;
	struct err e = ERR_INIT;
	bool loaded = story_load(a, env_system(), folder, noon(), &s, &e);
	assert_string_equal(loaded ? "" : e.message, "");
	assert_true(s.story_count >= 30);
	size_t wrong = 0;
	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; k < json_n(s.v[i].puts); k++) {
			struct fhir_outcome *o = fhir_outcome_new(a);
			const struct json *r = json_at(s.v[i].puts, k);
			if (fhir_validate(a, r, STR_NONE, o))
				continue;
			wrong++;
			print_message("%.*s: %.*s %.*s\n", STR_ARG(s.v[i].story), STR_ARG(o->issues.v[0].expression), STR_ARG(o->issues.v[0].diagnostics));
		}
	assert_int_equal(wrong, 0);
	arena_destroy(a);
}

static void stories_are_in_the_order_of_time(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct stories s;
	assert_true(story_load(a, env_system(), folder, noon(), &s, NULL));
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.v[i - 1].at_us <= s.v[i].at_us);
	assert_true(s.v[s.n - 1].at_us < noon());
	arena_destroy(a);
}

static void check_number(const struct json *r, size_t *seen)
{
	struct str nhs = json_text(json_path(r, "identifier", "0", "value", NULL));
	char digits[11];
	if (!str_is(json_str(r, "resourceType"), "Patient") || !nhs.n)
		return;
	assert_true(nhs_number_ok(nhs, digits));
	assert_true(str_starts(nhs, STR("99900")) && str_cmp(nhs, STR("9990120000")) < 0); /* population.c leaves these to stories */
	++*seen;
}

static void numbers_are_valid_and_kept_apart_from_the_area(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct stories s;
	size_t seen = 0;
	assert_true(story_load(a, env_system(), folder, noon(), &s, NULL));
	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; k < json_n(s.v[i].puts); k++)
			check_number(json_at(s.v[i].puts, k), &seen);
	assert_true(seen > 50);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_told_from_now),
		cmocka_unit_test(every_story_is_valid_fhir),
		cmocka_unit_test(stories_are_in_the_order_of_time),
		cmocka_unit_test(numbers_are_valid_and_kept_apart_from_the_area),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
