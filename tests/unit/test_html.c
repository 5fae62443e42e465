#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "html/components.h"
#include "html/svg.h"

static struct arena *arena;

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

static void assert_html(struct html *h, const char *expected)
{
	assert_string_equal(str_c(arena, html_finish(h)), expected);
}

static void text_and_attributes_are_escaped(void **state)
{
	(void)state;
	struct html h;
	html_init(&h, arena);
	html_open(&h, "p", "a");
	html_attr(&h, "title", STR("\"><script>'&"));
	html_text(&h, STR("<b>&\"'\x01\ttwo\r\nlines"));
	html_end(&h);
	assert_html(&h, "<p class=\"a\" title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">&lt;b&gt;&amp;&quot;&#39;\xef\xbf\xbd\ttwo\nlines</p>");
}

static void links_go_only_where_they_may(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		bool ok;
	} cases[] = {{"/p/1", true},	      {"/", true},	  {"#a", true},		   {"?f=late", true},
		     {"https://x.example.org/", true}, {"tel:01632960100", true}, {"javascript:alert(1)", false}, {"//evil.example.org", false},
		     {"http://example.org", false},    {"", false},	  {"/a b", false},	   {" /a", false},
		     {"/\\evil.example.org", false},   {"data:text/html,x", false}, {"\tjavascript:1", false}, {"p/1", false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct html h;
		html_init(&h, arena);
		html_link(&h, str_from(cases[i].url), NULL, STR("x"));
		struct str want = str_printf(arena, "<a href=\"%s\">x</a>", cases[i].ok ? cases[i].url : "#");
		assert_html(&h, str_c(arena, want));
	}
}

static void void_elements_end_as_their_language_says(void **state)
{
	(void)state;
	struct html h;
	html_init(&h, arena);
	html_start(&h, "input");
	html_attr_flag(&h, "disabled");
	html_void(&h);
	html_start(&h, "path");
	html_attrz(&h, "d", "M0 0");
	html_void(&h);
	assert_html(&h, "<input disabled><path d=\"M0 0\"/>");
}

static void a_writer_that_is_too_deep_says_nothing(void **state)
{
	(void)state;
	struct html h;
	html_init(&h, arena);
	for (int i = 0; i < HTML_DEPTH + 1; i++)
		html_start(&h, "div");
	for (int i = 0; i < HTML_DEPTH; i++)
		html_end(&h);
	assert_null(html_finish(&h).p);
}

static void a_first_newline_typed_is_not_lost(void **state)
{
	(void)state;
	struct html h;
	html_init(&h, arena);
	html_textarea(&h, &(struct html_textarea){.field = {.name = STR("w"), .label = STR("Words"), .value = STR("\nhello")}});
	assert_true(str_find(html_finish(&h), STR(">\n\nhello</textarea>")) > 0);
}

static size_t count(struct str s, struct str what)
{
	size_t n = 0;
	for (ptrdiff_t i; (i = str_find(s, what)) >= 0; n++)
		s = str_sub(s, (size_t)i + what.n, s.n);
	return n;
}

static void the_strip_says_what_it_shows(void **state)
{
	(void)state;
	int64_t today = days_from_civil(2026, 11, 24);
	const struct strip_event events[] = {
		{.days = days_from_civil(2021, 8, 14), .lane = STRIP_CONCERN, .significant = true, .title = STR("Broken collarbone"), .ref = STR("e1")},
		{.days = days_from_civil(2026, 2, 11), .lane = STRIP_CONCERN, .mark = STRIP_NOT_BROUGHT, .title = STR("Was <not> brought")},
		{.days = days_from_civil(2026, 6, 12), .end_days = INT64_MAX, .lane = STRIP_SERVICE, .mark = STRIP_PLAN, .title = STR("Plan")},
	};
	struct strip s = {.name = STR("Maya"), .born_days = days_from_civil(2019, 6, 12), .today_days = today, .events = events, .n = 3};
	assert_string_equal(str_c(arena, svg_strip_sentence(arena, &s)),
			    "2 concerns, 1 of them appointments not attended or not brought to. 1 of the 2 fall in the last 13 months. "
			    "1 plan is in force today. Every entry is in the list below.");
	struct html h;
	html_init(&h, arena);
	svg_strip(&h, &s);
	struct str svg = html_finish(&h);
	assert_int_equal(count(svg, STR("class=\"ev ")), 3);
	assert_int_equal(count(svg, STR("data-ref=\"e1\"")), 1);
	assert_true(str_find(svg, STR("Was &lt;not&gt; brought")) > 0);
	assert_int_equal(count(svg, STR("style=")), 0);
	assert_int_equal(count(svg, STR("nan")), 0);
}

static void a_strip_of_nothing_and_of_the_unborn_can_be_drawn(void **state)
{
	(void)state;
	const int64_t births[] = {INT64_MIN, days_from_civil(2026, 11, 24), days_from_civil(2027, 3, 1), days_from_civil(1931, 1, 1)};
	for (size_t i = 0; i < sizeof births / sizeof *births; i++) {
		struct strip s = {.name = STR("X"), .born_days = births[i], .today_days = days_from_civil(2026, 11, 24)};
		struct html h;
		html_init(&h, arena);
		svg_strip(&h, &s);
		struct str svg = html_finish(&h);
		assert_int_equal(count(svg, STR("nan")) + count(svg, STR("inf")), 0);
		assert_true(str_find(svg, STR("Today")) > 0);
	}
}

static double x_of(struct str svg, const char *name)
{
	ptrdiff_t at = str_find(svg, str_printf(arena, ">%s</text>", name));
	assert_true(at > 0);
	struct str before = str_sub(svg, 0, (size_t)at);
	ptrdiff_t from = -1;
	for (ptrdiff_t i; (i = str_find(str_sub(before, (size_t)(from + 1), before.n), STR(" x=\""))) >= 0;)
		from += i + 1;
	int64_t v = 0;
	struct str digits = str_sub(before, (size_t)from + 4, before.n);
	digits = str_sub(digits, 0, (size_t)str_find_char(digits, '"'));
	assert_true(str_to_i64(digits, &v));
	return (double)v;
}

static void the_family_stands_in_rows_eldest_on_the_left(void **state)
{
	(void)state;
	const struct kin people[] = {
		{.name = STR("Maya"), .sex = KIN_FEMALE, .index = true, .same_home = true, .born_days = days_from_civil(2019, 6, 12), .number = 1},
		{.name = STR("Kelly"), .relation = STR("mother"), .sub = STR("34"), .sex = KIN_FEMALE, .same_home = true, .born_days = days_from_civil(1992, 3, 1)},
		{.name = STR("Marcus"), .relation = STR("father"), .sub = STR("37"), .sex = KIN_MALE, .born_days = days_from_civil(1989, 3, 1)},
		{.name = STR("Dean"), .sex = KIN_MALE, .same_home = true, .born_days = days_from_civil(1985, 3, 1)},
		{.name = STR("Esme"), .sex = KIN_FEMALE, .same_home = true, .born_days = days_from_civil(2026, 6, 20)},
		{.name = STR("Jayden"), .sex = KIN_MALE, .same_home = true, .born_days = days_from_civil(2012, 5, 2)},
		{.name = STR("Pat"), .sex = KIN_FEMALE, .born_days = days_from_civil(1965, 1, 1)},
	};
	const size_t shared[] = {0, 5}, later[] = {4}, grown[] = {1};
	const struct kin_union unions[] = {{2, 1, UNION_SEPARATED, shared, 2}, {1, 3, UNION_UNSETTLED, later, 1}, {6, KIN_NOBODY, UNION_ENDURING, grown, 1}};
	struct family f = {.name = STR("Maya"), .people = people, .n = 7, .unions = unions, .union_count = 3};
	struct html h;
	html_init(&h, arena);
	svg_family(&h, &f);
	struct str svg = html_finish(&h);
	assert_true(x_of(svg, "Jayden") < x_of(svg, "Maya"));
	assert_true(x_of(svg, "Maya") < x_of(svg, "Esme"));
	assert_true(x_of(svg, "Marcus") < x_of(svg, "Kelly"));
	assert_true(x_of(svg, "Kelly") < x_of(svg, "Dean"));
	assert_int_equal(count(svg, STR("class=\"slash\"")), 1);
	assert_int_equal(count(svg, STR("transitory")), 1);
	assert_true(str_find(svg, STR("Maya lives with mother Kelly (34), ")) > 0);
}

static void a_family_of_strangers_can_be_drawn(void **state)
{
	(void)state;
	struct kin people[FAMILY_MAX + 1] = {{.name = STR("A"), .index = true}};
	for (size_t i = 1; i <= FAMILY_MAX; i++)
		people[i] = (struct kin){.name = STR("Long Name Of Somebody"), .same_home = i % 2};
	for (size_t n = 0; n <= FAMILY_MAX + 1; n += 7) {
		struct html h;
		html_init(&h, arena);
		html_start(&h, "p");
		svg_family(&h, &(struct family){.name = STR("A"), .people = people, .n = n});
		html_end(&h);
		assert_int_equal(count(html_finish(&h), STR("class=\"per")), n > FAMILY_MAX ? 0 : n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_and_attributes_are_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(links_go_only_where_they_may, setup, teardown),
		cmocka_unit_test_setup_teardown(void_elements_end_as_their_language_says, setup, teardown),
		cmocka_unit_test_setup_teardown(a_writer_that_is_too_deep_says_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_first_newline_typed_is_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(the_strip_says_what_it_shows, setup, teardown),
		cmocka_unit_test_setup_teardown(a_strip_of_nothing_and_of_the_unborn_can_be_drawn, setup, teardown),
		cmocka_unit_test_setup_teardown(the_family_stands_in_rows_eldest_on_the_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_family_of_strangers_can_be_drawn, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
