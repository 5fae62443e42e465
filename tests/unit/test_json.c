#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json/json.h"

static struct arena *a;

static int arena_up(void **state)
{
	(void)state;
	a = arena_new(0);
	return 0;
}

static int arena_down(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

static struct json *parsed(const char *text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, str_from(text), NULL, &j, &e))
		fail_msg("%s refused: %s", text, e.message);
	return j;
}

static void assert_text(struct str s, const char *want)
{
	if (!str_is(s, want))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(s), want);
}

/* ---- suites ---- */

static const char *suite(const char *part)
{
	const char *suites = getenv("HEED_SUITES");
	return suites ? str_c(a, str_printf(a, "%s/%s", suites, part)) : NULL;
}

/* Calls fn for each .json file; gives how many. */
static int each_file(const char *dir, void (*fn)(const char *name, struct str text))
{
	DIR *d = dir ? opendir(dir) : NULL;
	if (!d)
		return 0;
	int n = 0;
	struct dirent *f;
	while ((f = readdir(d))) {
		if (!str_ends(str_from(f->d_name), STR(".json")))
			continue;
		struct arena_mark m = arena_mark(a);
		struct str text;
		struct err e = ERR_INIT;
		if (!env_system()->read_file(env_system(), a, str_c(a, str_printf(a, "%s/%s", dir, f->d_name)), 16 << 20, &text, &e))
			fail_msg("%s: %s", f->d_name, e.message);
		fn(f->d_name, text);
		arena_rewind(a, m);
		n++;
	}
	closedir(d);
	return n;
}

/* A copy that ends where its memory ends, so that AddressSanitizer sees a read past it. */
static bool parse_exact(struct str text, struct json **out, struct err *e)
{
	char *copy = malloc(text.n ? text.n : 1);
	assert_non_null(copy);
	if (text.n)
		memcpy(copy, text.p, text.n);
	bool ok = json_parse(a, (struct str){copy, text.n}, NULL, out, e);
	if (ok)
		*out = json_clone_deep(a, *out);
	free(copy);
	return ok;
}

static void suite_case(const char *name, struct str text)
{
	struct json *j;
	struct err e = ERR_INIT;
	bool ok = parse_exact(text, &j, &e);
	/* RFC 8259 section 4: names SHOULD be unique. We refuse those that are not, and say so. */
	bool duplicate = strstr(name, "y_object_duplicated_key") == name;
	if (name[0] == 'y' && !duplicate && !ok)
		fail_msg("%s refused: %s", name, e.message);
	if ((name[0] == 'n' || duplicate) && ok)
		fail_msg("%s accepted", name);
	if (!ok && (e.code == ERR_NONE || !e.message[0] || e.line < 1 || e.column < 1 || e.offset < 0 || e.offset > (int64_t)text.n))
		fail_msg("%s: refused without saying where or why", name);
}

static void whatever_is_read_is_written(const char *name, struct str text)
{
	struct json *j, *again;
	if (parse_exact(text, &j, NULL) && (!parse_exact(json_to_str(a, j), &again, NULL) || !json_equal(j, again)))
		fail_msg("%s changed", name);
}

static void answers_the_parsing_suite(void **state)
{
	(void)state;
	if (each_file(suite("hostile/json/test_parsing"), suite_case) == 0) {
		puts("skipped: no hostile/json suite");
		skip();
	}
	each_file(suite("hostile/json/test_transform"), whatever_is_read_is_written);
}

static void there_and_back(const char *name, struct str text)
{
	struct json *j, *again;
	struct err e = ERR_INIT;
	if (!parse_exact(text, &j, &e))
		fail_msg("%s:%d:%d: %s", name, e.line, e.column, e.message);
	struct buf pretty = buf_new(a, 64 << 20);
	json_write_pretty(&pretty, j);
	assert_true(parse_exact(json_to_str(a, j), &again, &e));
	assert_true(json_equal(j, again));
	assert_true(parse_exact(buf_str(&pretty), &again, &e));
	assert_true(json_equal(j, again));
	assert_true(json_equal(json_clone(a, j), again));
}

static void examples_survive_there_and_back(void **state)
{
	(void)state;
	if (each_file(suite("examples"), there_and_back) == 0) {
		puts("skipped: no examples suite");
		skip();
	}
}

/* ---- own cases ---- */

static void keeps_numbers_as_written(void **state)
{
	(void)state;
	const char *text = "[1.00,0.10,-0,1E+2,12345678901234567890123,3.14159265358979323846]";
	assert_text(json_to_str(a, parsed(text)), text);
	int64_t v;
	assert_true(json_i64(parsed("-42"), &v) && v == -42);
	assert_false(json_i64(parsed("1.0"), &v));
	assert_false(json_i64(parsed("9223372036854775808"), &v));
	assert_false(json_equal(parsed("1.0"), parsed("1.00")));
}

static void decodes_escapes(void **state)
{
	(void)state;
	assert_text(parsed("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\uDE00z\"")->text,
		    "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
	struct str nul = parsed("\"a\\u0000b\"")->text;
	assert_int_equal(nul.n, 3);
	assert_memory_equal(nul.p, "a\0b", 3);
	assert_text(json_to_str(a, parsed("\"\\u0000\\u001f\\u007f\\n\\/\"")), "\"\\u0000\\u001f\x7f\\n/\"");
}

static void plain_text_points_into_the_input(void **state)
{
	(void)state;
	const char *text = "{\"name\":\"Amira\"}";
	struct json *j = parsed(text);
	assert_ptr_equal(json_str(j, "name").p, text + 9);
	assert_int_equal(json_getz(j, "name")->offset, 8);
}

static void finds_the_special_byte_wherever_it_lies(void **state)
{
	(void)state;
	static const char *const special[] = {"\"", "\\n\"", "\x01\"", "\xC3\xA9\"", ""};
	for (size_t s = 0; s < 5; s++)
		for (size_t n = 0; n < 70; n++) {
			struct buf b = buf_new(a, 1000);
			buf_char(&b, '"');
			for (size_t i = 0; i < n; i++)
				buf_char(&b, (char)('!' + 2 + i % 50));
			buf_c(&b, special[s]);
			struct json *j;
			bool ok = parse_exact(buf_str(&b), &j, NULL);
			assert_int_equal(ok, s != 2 && s != 4);
			if (ok)
				assert_int_equal(j->text.n, n + (s == 1 ? 1 : s == 3 ? 2 : 0));
		}
}

static void refuses_and_says_where(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line, column;
		const char *why;
	} cases[] = {
		{"", 1, 1, "ends too early"},
		{"{\"a\":1,\n \"a\":2}", 2, 2, "has this name already"},
		{"{\"a\":1,\"\\u0061\":2}", 1, 8, "has this name already"},
		{"{\"\":1,\"\":2}", 1, 7, "has this name already"},
		{"[1,]", 1, 4, "expected a value"},
		{"[1 2]", 1, 4, "expected \",\" or \"]\""},
		{"{\"a\" 1}", 1, 6, "expected \":\""},
		{"{a:1}", 1, 2, "a name in quotes"},
		{"{\"a\":1,}", 1, 8, "a name in quotes"},
		{"[\"\xC3\xA9\", x]", 1, 7, "expected a value"},
		{"01", 1, 2, "nothing may follow"},
		{"-", 1, 2, "ends too early"},
		{"1.e1", 1, 3, "a digit"},
		{"NaN", 1, 1, "expected a value"},
		{"tru", 1, 1, "expected a value"},
		{"\"\t\"", 1, 2, "control character"},
		{"\"\\x41\"", 1, 2, "escape does not exist"},
		{"\"\\u12G4\"", 1, 6, "four hexadecimal"},
		{"\"\\ud800\"", 1, 2, "half a surrogate"},
		{"\"\\ud800\\u0041\"", 1, 2, "half a surrogate"},
		{"\"\\udc00\"", 1, 2, "half a surrogate"},
		{"\"abc", 1, 5, "ends too early"},
		{"\"abc\\", 1, 6, "ends too early"},
		{"[\n\n\"\xC0\xAF\"]", 3, 2, "not UTF-8"},
		{"\"\xED\xA0\x80\"", 1, 2, "not UTF-8"},
		{"\xEF\xBB\xBF{}", 1, 1, "byte order mark"},
		{"{} x", 1, 4, "nothing may follow"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = ERR_INIT;
		struct json *j;
		if (json_parse(a, str_from(cases[i].text), NULL, &j, &e))
			fail_msg("accepted %s", cases[i].text);
		if (!strstr(e.message, cases[i].why) || e.line != cases[i].line || e.column != cases[i].column)
			fail_msg("%s: %d:%d %s", cases[i].text, e.line, e.column, e.message);
	}
}

static struct str nested(size_t depth)
{
	struct buf b = buf_new(a, 1 << 20);
	for (size_t i = 0; i < depth; i++)
		buf_char(&b, '[');
	for (size_t i = 0; i < depth; i++)
		buf_char(&b, ']');
	return buf_str(&b);
}

static void keeps_its_limits(void **state)
{
	(void)state;
	struct json *j;
	struct err e = ERR_INIT;
	assert_true(json_parse(a, nested(64), NULL, &j, NULL));
	assert_false(json_parse(a, nested(65), NULL, &j, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_int_equal(e.offset, 64);
	assert_false(json_parse(a, nested(100000), &(struct json_limits){.max_depth = 1000000}, &j, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_true(json_parse(a, STR("[1,2,3]"), &(struct json_limits){.max_nodes = 4}, &j, NULL));
	assert_false(json_parse(a, STR("[1,2,3]"), &(struct json_limits){.max_nodes = 3}, &j, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_false(json_parse(a, STR("[1,2,3]"), &(struct json_limits){.max_bytes = 6}, &j, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	struct arena *small = arena_new(4000);
	struct buf b = buf_new(a, 1 << 20);
	buf_c(&b, "[0");
	for (int i = 0; i < 10000; i++)
		buf_c(&b, ",0");
	buf_c(&b, "]");
	assert_false(json_parse(small, buf_str(&b), NULL, &j, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	arena_destroy(small);
}

static struct str many_names(size_t n, size_t repeated)
{
	struct buf b = buf_new(a, 8 << 20);
	buf_char(&b, '{');
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\"name%zu\":%zu", i ? "," : "", i, i);
	if (repeated != SIZE_MAX)
		buf_printf(&b, ",\"name%zu\":0", repeated);
	buf_char(&b, '}');
	return buf_str(&b);
}

static void finds_a_repeated_name_in_objects_of_any_size(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 2, 30, 31, 32, 33, 34, 100, 50000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct json *j;
		struct err e = ERR_INIT;
		size_t n = sizes[i];
		assert_true(json_parse(a, many_names(n, SIZE_MAX), NULL, &j, NULL));
		assert_int_equal(json_n(j), n);
		assert_text(j->members[n - 1].key, str_printf(a, "name%zu", n - 1).p);
		assert_false(json_parse(a, many_names(n, n / 2), NULL, &j, &e));
		assert_non_null(strstr(e.message, "has this name already"));
	}
}

static void looks_up_in_chains(void **state)
{
	(void)state;
	struct json *j = parsed("{\"name\":[{\"given\":[\"Amira\",\"Rose\"],\"use\":\"official\"}],\"active\":true,\"n\":3}");
	assert_text(json_text(json_path(j, "name", "0", "given", "1", NULL)), "Rose");
	assert_null(json_path(j, "name", "1", "given", NULL));
	assert_null(json_path(j, "name", "use", NULL));
	assert_null(json_path(j, "active", "x", NULL));
	assert_null(json_path(NULL, "x", NULL));
	assert_true(json_true(json_getz(j, "active")));
	assert_false(json_true(json_getz(j, "n")));
	assert_null(json_str(j, "n").p);
	assert_text(json_text(json_getz(j, "n")), "3");
	assert_null(json_text(NULL).p);
	assert_int_equal(json_n(json_getz(j, "name")), 1);
	assert_int_equal(json_n(json_getz(j, "active")), 0);
	assert_null(json_at(j, 0));
	assert_true(json_is(j, JSON_OBJECT));
	assert_false(json_is(NULL, JSON_NULL));
}

static void edits_in_place(void **state)
{
	(void)state;
	struct json *j = parsed("{\"b\":1,\"c\":[2]}");
	json_setz(a, j, "b", json_int(a, INT64_MIN));
	json_setz(a, j, "d", json_null(a));
	json_set_str(a, j, "e", STR("x"));
	json_set_str(a, j, "f", STR_NONE);
	json_put_first(a, j, STR("a"), json_bool(a, true));
	json_put_first(a, j, STR("e"), json_string(a, STR_NONE));
	json_push(a, json_getz(j, "c"), json_object(a));
	json_push(a, json_getz(j, "c"), json_array(a));
	assert_text(json_to_str(a, j), "{\"e\":\"\",\"a\":true,\"b\":-9223372036854775808,\"c\":[2,{},[]],\"d\":null}");
	assert_true(json_remove(j, STR("a")));
	assert_false(json_remove(j, STR("a")));
	assert_int_equal(json_n(j), 4);
	for (int i = 0; i < 100; i++)
		json_set(a, j, str_printf(a, "k%d", i), json_int(a, i));
	assert_text(json_text(json_getz(j, "k77")), "77");
}

static void compares_without_order(void **state)
{
	(void)state;
	assert_true(json_equal(parsed("{\"a\":1,\"b\":[true,null]}"), parsed("{ \"b\" : [true,null], \"a\":1 }")));
	assert_false(json_equal(parsed("{\"a\":1}"), parsed("{\"a\":1,\"b\":2}")));
	assert_false(json_equal(parsed("[1,2]"), parsed("[2,1]")));
	assert_false(json_equal(parsed("\"1\""), parsed("1")));
	assert_false(json_equal(parsed("{\"a\":1}"), parsed("{\"b\":1}")));
	assert_true(json_equal(NULL, NULL));
	assert_false(json_equal(parsed("null"), NULL));
}

static void writes_indented(void **state)
{
	(void)state;
	struct buf b = buf_new(a, 1000);
	json_write_pretty(&b, parsed("{\"a\":[1,{}],\"b\":[],\"c\":{\"d\":\"e\"}}"));
	assert_text(buf_str(&b), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n    \"d\": \"e\"\n  }\n}");
	struct buf little = buf_new(a, 10);
	json_write(&little, parsed("[\"more than ten bytes\"]"));
	assert_false(buf_ok(&little));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_the_parsing_suite, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(examples_survive_there_and_back, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(keeps_numbers_as_written, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(decodes_escapes, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(plain_text_points_into_the_input, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(finds_the_special_byte_wherever_it_lies, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(refuses_and_says_where, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(keeps_its_limits, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(finds_a_repeated_name_in_objects_of_any_size, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(looks_up_in_chains, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(edits_in_place, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(compares_without_order, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(writes_indented, arena_up, arena_down),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
