#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "yaml/yaml.h"

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

static struct yaml_docs docs_of(const char *text)
{
	struct yaml_docs docs = {0};
	struct err e = ERR_INIT;
	if (!yaml_parse(a, str_from(text), &docs, &e))
		fail_msg("%s refused, line %d: %s", text, e.line, e.message);
	return docs;
}

static void reads_as(const char *yaml, const char *json)
{
	struct yaml_docs docs = docs_of(yaml);
	assert_int_equal(docs.n, 1);
	struct str got = json_to_str(a, docs.v[0].root);
	if (!str_is(got, json))
		fail_msg("%s\ngave %.*s\nwant %s", yaml, STR_ARG(got), json);
}

static void types_by_the_definition(void **state)
{
	(void)state;
	reads_as("resourceType: Patient\nid: 007\nactive: true\ngender: no\nbirthDate: 2014-03-01\nmultipleBirthInteger: 2\n",
		 "{\"resourceType\":\"Patient\",\"id\":\"007\",\"active\":true,\"gender\":\"no\",\"birthDate\":\"2014-03-01\",\"multipleBirthInteger\":2}");
	reads_as("resourceType: Patient\nname:\n- family: null\n  given: ['true', true, 12]\nidentifier:\n- value: 9990000018\n",
		 "{\"resourceType\":\"Patient\",\"name\":[{\"family\":null,\"given\":[\"true\",\"true\",\"12\"]}],"
		 "\"identifier\":[{\"value\":\"9990000018\"}]}");
	/* decimals keep their text, and what is no JSON number stays what was written, for the validator to name */
	reads_as("resourceType: Observation\nvalueQuantity: {value: 1.00, code: 1}\nstatus: on\n",
		 "{\"resourceType\":\"Observation\",\"valueQuantity\":{\"value\":1.00,\"code\":\"1\"},\"status\":\"on\"}");
	reads_as("resourceType: Observation\nvalueQuantity: {value: .5}\n", "{\"resourceType\":\"Observation\",\"valueQuantity\":{\"value\":\".5\"}}");
	reads_as("resourceType: Patient\nactive: \"true\"\n", "{\"resourceType\":\"Patient\",\"active\":\"true\"}");
	reads_as("resourceType: Patient\nactive: yes\n", "{\"resourceType\":\"Patient\",\"active\":\"yes\"}");
}

static void types_extensions_choices_and_contained(void **state)
{
	(void)state;
	reads_as("resourceType: Patient\nextension:\n- {url: u, valueBoolean: false}\n- {url: u, valueString: false}\n- {url: u, valueDecimal: 0.10}\n",
		 "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"u\",\"valueBoolean\":false},{\"url\":\"u\",\"valueString\":\"false\"},"
		 "{\"url\":\"u\",\"valueDecimal\":0.10}]}");
	reads_as("contained:\n- {status: active, resourceType: Task, code: {text: 5}}\n- {active: true, id: 1, resourceType: Patient}\nresourceType: Patient\n",
		 "{\"contained\":[{\"status\":\"active\",\"resourceType\":\"Task\",\"code\":{\"text\":\"5\"}},"
		 "{\"active\":true,\"id\":\"1\",\"resourceType\":\"Patient\"}],\"resourceType\":\"Patient\"}");
	reads_as("resourceType: Patient\n_birthDate:\n  extension:\n  - {url: u, valueBoolean: true}\n",
		 "{\"resourceType\":\"Patient\",\"_birthDate\":{\"extension\":[{\"url\":\"u\",\"valueBoolean\":true}]}}");
	/* items within items, by the definition's reference to itself */
	reads_as("resourceType: Questionnaire\nitem:\n- linkId: 1\n  required: true\n  item:\n  - {linkId: 1.10, text: no, required: false, maxLength: 5}\n",
		 "{\"resourceType\":\"Questionnaire\",\"item\":[{\"linkId\":\"1\",\"required\":true,\"item\":[{\"linkId\":\"1.10\",\"text\":\"no\","
		 "\"required\":false,\"maxLength\":5}]}]}");
}

static void follows_the_core_schema_elsewhere(void **state)
{
	(void)state;
	reads_as("[1, -2.50, 1e3, 010, +1, true, FALSE, ~, null, '', yes, 2026-01-01, 'x', \"1\"]",
		 "[1,-2.50,1e3,\"010\",\"+1\",true,false,null,null,\"\",\"yes\",\"2026-01-01\",\"x\",\"1\"]");
	reads_as("a: |\n  two\n  lines\nb: >-\n  one\n  line\nc:\n", "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\",\"c\":null}");
}

static void copies_what_an_alias_names(void **state)
{
	(void)state;
	/* the same text: a code in one element, a number in another */
	reads_as("resourceType: Observation\nvalueQuantity: {value: &n 5, unit: *n}\n",
		 "{\"resourceType\":\"Observation\",\"valueQuantity\":{\"value\":5,\"unit\":\"5\"}}");
	reads_as("a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}\nc: {<<: [{q: 4}, *x], r: 5}\n",
		 "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"q\":3,\"p\":1},\"c\":{\"r\":5,\"q\":4,\"p\":1}}");
	reads_as("- &x 1\n- &x 2\n- *x\n", "[1,2,2]");
	struct json *list = docs_of("- &x {a: 1}\n- *x\n").v[0].root;
	assert_ptr_not_equal(json_at(list, 0), json_at(list, 1));
}

static void says_the_line_of_each_value(void **state)
{
	(void)state;
	struct yaml_docs docs = docs_of("# a comment\n---\nresourceType: Patient\nname:\n- family: Example\n---\n# nothing\n---\na:\n  b: c\n");
	assert_int_equal(docs.n, 2);
	assert_int_equal(docs.v[0].line, 2);
	assert_int_equal(docs.v[1].line, 8);
	assert_int_equal(json_path(docs.v[0].root, "name", "0", "family", NULL)->offset, 5);
	assert_int_equal(json_getz(docs.v[0].root, "resourceType")->offset, 3);
	assert_int_equal(json_path(docs.v[1].root, "a", "b", NULL)->offset, 10);
	assert_int_equal(docs_of("# only words\n").n, 0);
	assert_int_equal(docs_of("").n, 0);
}

static void refuses_and_says_where(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
		int line;
	} cases[] = {
		{"a: 1\nb: 2\na: 3\n", "\"a\" is here already", 3},
		{"a: 1\n'a': 3\n", "\"a\" is here already", 2},
		{"a: 1\nb: !!int 3\n", "tag", 2},
		{"a: !x [1]\n", "tag", 1},
		{"!x {a: 1}\n", "tag", 1},
		{"!x a: 1\n", "tag", 1},
		{"\n? [1]\n: 2\n", "name must be text", 2},
		{"a: *gone\n", "nothing is named", 1},
		{"---\na: &x 1\n---\nb: *x\n", "nothing is named", 4},
		{"a: &x [1, *x]\n", "inside what it names", 1},
		{"a: &x {b: *x}\n", "inside what it names", 1},
		{"a: {<<: 1}\n", "<< needs a mapping", 1},
		{"a: {<<: [1]}\n", "<< needs a mapping", 1},
		{"a: {<<: {}, <<: {}}\n", "is here already", 1},
		{"a: [1\nb: 2\n", "", 2},
		{"a:\n\t- 1\n", "", 2},
		{"a: \"open\n", "", 2},
		{"ok: 1\nbad: \xC0\xAF\n", "not UTF-8", 2},
		{"a: b: c\n", "", 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = ERR_INIT;
		struct yaml_docs docs;
		if (yaml_parse(a, str_from(cases[i].text), &docs, &e))
			fail_msg("accepted %s", cases[i].text);
		if (!strstr(e.message, cases[i].why) || e.line != cases[i].line)
			fail_msg("%s: line %d: %s", cases[i].text, e.line, e.message);
	}
}

static void keeps_its_limits(void **state)
{
	(void)state;
	struct yaml_docs docs;
	struct err e = ERR_INIT;
	/* each line ten of the one before */
	struct buf b = buf_new(a, 1 << 20);
	buf_c(&b, "a0: &a0 x\n");
	for (int i = 1; i < 12; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&b, "%s*a%d", k ? "," : "", i - 1);
		buf_c(&b, "]\n");
	}
	assert_false(yaml_parse(a, buf_str(&b), &docs, &e));
	assert_non_null(strstr(e.message, "more values"));
	struct buf deep = buf_new(a, 1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_char(&deep, '[');
	assert_false(yaml_parse(a, buf_str(&deep), &docs, &e));
	assert_non_null(strstr(e.message, "nested deeper"));
	struct buf wide = buf_new(a, 1 << 20);
	for (int i = 0; i < 1001; i++)
		buf_printf(&wide, "k%d: 1\n", i);
	assert_false(yaml_parse(a, buf_str(&wide), &docs, &e));
	assert_non_null(strstr(e.message, "more names"));
	assert_int_equal(e.line, 1001);
	/* shallow on the page, deep by its aliases */
	struct buf chain = buf_new(a, 1 << 20);
	buf_c(&chain, "a0: &a0 [x]\n");
	for (int i = 1; i < 100; i++)
		buf_printf(&chain, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_false(yaml_parse(a, buf_str(&chain), &docs, &e));
	assert_non_null(strstr(e.message, "nested deeper"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(types_by_the_definition, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(types_extensions_choices_and_contained, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(follows_the_core_schema_elsewhere, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(copies_what_an_alias_names, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(says_the_line_of_each_value, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(refuses_and_says_where, arena_up, arena_down),
		cmocka_unit_test_setup_teardown(keeps_its_limits, arena_up, arena_down),
	};
	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
