/* Working days: against the published list, the golden vectors, and the vectors of requirements.md section 7. */
#include "pathway_support.h"

#include "yaml/yaml.h"

static struct arena *arena;

static const struct json *pack_calendar(void)
{
	struct yaml_docs docs;
	struct err e = ERR_INIT;
	if (!yaml_parse(arena, slurp(arena, CALENDAR_FILE), &docs, &e))
		fail_msg("%s line %d", e.message, e.line);
	return docs.v[0].root;
}

static const struct calendar *england(void)
{
	static struct calendar *c;
	struct err e = ERR_INIT;
	if (!c && !calendar_parse(arena, pack_calendar(), STR("england-and-wales"), &c, &e))
		fail_msg("%s", e.message);
	return c;
}

static void check(const char *start, int n, const char *due)
{
	struct str got = date_iso_days(arena, calendar_add(england(), day(start), n));
	if (!str_is(got, due))
		fail_msg("%s + %d working days: expected %s, got %.*s", start, n, due, STR_ARG(got));
}

static void requirements_vectors(void **state)
{
	(void)state;
	static const struct {
		const char *start;
		int n;
		const char *due;
	} v[] = {{"2015-11-18", 20, "2015-12-16"}, {"2026-11-24", 45, "2027-01-29"}, {"2026-12-18", 15, "2027-01-13"},
		 {"2026-12-11", 20, "2027-01-13"}, {"2026-12-24", 1, "2026-12-29"}, {"2026-12-31", 1, "2027-01-04"},
		 {"2026-04-02", 1, "2026-04-07"}, {"2027-03-24", 5, "2027-04-02"}, {"2026-07-31", 20, "2026-08-28"},
		 {"2026-11-20", 10, "2026-12-04"},
		 /* counting back */
		 {"2027-01-04", -3, "2026-12-29"}, {"2026-12-26", -1, "2026-12-24"}, {"2015-08-03", -1, "2015-07-31"}};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		check(v[i].start, v[i].n, v[i].due);
}

static void golden_vectors(void **state)
{
	(void)state;
	struct str text = suite(arena, "rules/workingday-golden.json");
	if (!text.p)
		skip();
	const struct json *vectors = json_getz(parse_json(arena, text), "vectors");
	assert_int_equal(json_n(vectors), 20);
	for (size_t i = 0; i < json_n(vectors); i++) {
		const struct json *v = json_at(vectors, i);
		int64_t n;
		assert_true(json_i64(json_getz(v, "workingDays"), &n));
		check(str_c(arena, json_str(v, "start")), (int)n, str_c(arena, json_str(v, "due")));
	}
}

static void every_published_holiday_and_no_other(void **state)
{
	(void)state;
	struct str text = suite(arena, "rules/bank-holidays-alphagov-2020.json");
	if (!text.p)
		skip();
	const struct json *years = json_path(parse_json(arena, text), "divisions", "england-and-wales", NULL);
	bool published[7 * 366 + 10] = {false};
	int64_t first = day("2015-01-01"), last = day("2021-12-31");
	int count = 0;
	for (size_t i = 0; i < json_n(years); i++)
		for (size_t k = 0; k < json_n(years->members[i].value); k++) {
			struct str d = json_str(json_at(years->members[i].value, k), "date"); /* dd/mm/yyyy */
			struct str iso = str_printf(arena, "%.4s-%.2s-%.2s", d.p + 6, d.p + 3, d.p);
			published[day_of(iso) - first] = true;
			count++;
		}
	assert_int_equal(count, 56);
	for (int64_t d = first; d <= last; d++)
		assert_int_equal(calendar_is_working(england(), d), weekday(d) < 5 && !published[d - first]);
}

static void between_undoes_add(void **state)
{
	(void)state;
	const struct calendar *c = england();
	for (int64_t d = day("1990-01-01"); d < day("2050-01-01"); d += 3) /* past both ends of the list, too */
		for (int n = 1; n < 300; n = n * 2 + 1) {
			int64_t due = calendar_add(c, d, n);
			assert_int_equal(calendar_between(c, d, due), n);
			assert_true(calendar_is_working(c, due));
			int64_t back = calendar_add(c, d, -n);
			assert_true(calendar_is_working(c, back));
			assert_int_equal(calendar_between(c, back - 1, d - 1), n);
		}
}

static void adding_is_walking(void **state)
{
	(void)state;
	const struct calendar *c = england();
	for (int64_t d = day("2010-01-01"); d < day("2030-01-01"); d += 11) {
		int64_t walked = d;
		for (int n = 1; n <= 25; n++) {
			do
				walked++;
			while (!calendar_is_working(c, walked));
			assert_int_equal(calendar_add(c, d, n), walked);
		}
	}
}

static void malformed_lists_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"{\"england-and-wales\":{\"events\":[{\"title\":\"x\",\"date\":\"2026-02-31\"}]}}",
		"{\"england-and-wales\":{\"events\":[{\"title\":\"x\",\"date\":\"2026-02\"}]}}",
		"{\"england-and-wales\":{\"events\":[{\"title\":\"x\"}]}}",
		"{\"england-and-wales\":{\"events\":[]}}",
		"{\"scotland\":{\"events\":[{\"title\":\"x\",\"date\":\"2026-01-02\"}]}}",
		"{\"england-and-wales\":{\"events\":[{\"date\":\"2026-12-25\"},{\"date\":\"2026-12-25\"}]}}",
		"{\"resourceType\":\"CodeSystem\",\"concept\":[{\"code\":\"Christmas\"}]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct calendar *c;
		struct err e = ERR_INIT;
		assert_false(calendar_parse(arena, parse_json(arena, str_from(bad[i])), STR("england-and-wales"), &c, &e));
		assert_true(e.message[0]);
	}
}

static void the_published_shape_is_read(void **state)
{
	(void)state;
	const struct json *j = parse_json(arena, STR("{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":["
						     "{\"title\":\"Boxing Day\",\"date\":\"2026-12-28\",\"notes\":\"Substitute day\"},"
						     "{\"title\":\"Christmas Day\",\"date\":\"2026-12-25\",\"notes\":\"\"}]}}"));
	struct calendar *c;
	assert_true(calendar_parse(arena, j, STR("england-and-wales"), &c, NULL));
	assert_int_equal(calendar_add(c, day("2026-12-24"), 1), day("2026-12-29"));
	assert_true(calendar_covers(c, day("2026-01-01")));
	assert_false(calendar_covers(c, day("2027-01-01")));
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requirements_vectors), cmocka_unit_test(golden_vectors),
		cmocka_unit_test(every_published_holiday_and_no_other), cmocka_unit_test(between_undoes_add),
		cmocka_unit_test(adding_is_walking), cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(the_published_shape_is_read),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
