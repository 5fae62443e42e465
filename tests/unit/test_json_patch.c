/* The community's JSON Patch cases (suites/patch), and our own for what they leave out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "rest/json_patch.h"

static struct json *parse(struct arena *a, struct str text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, text, NULL, &j, &e))
		fail_msg("%s", e.message);
	return j;
}

static void own_cases(void **state)
{
	(void)state;
	static const struct {
		const char *document, *patch, *expected; /* NULL: must not apply */
	} cases[] = {
		{"{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/-\",\"value\":3}]", "{\"a\":[1,2,3]}"},
		{"{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/0\",\"value\":0}]", "{\"a\":[0,1,2]}"},
		{"{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/2\",\"value\":3}]", "{\"a\":[1,2,3]}"},
		{"{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/3\",\"value\":3}]", NULL},
		{"{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/00\",\"value\":3}]", NULL},
		{"{\"a\":[1,2]}", "[{\"op\":\"remove\",\"path\":\"/a/0\"}]", "{\"a\":[2]}"},
		{"{\"a\":[1,2]}", "[{\"op\":\"remove\",\"path\":\"/a/-\"}]", NULL},
		{"{\"a\":[]}", "[{\"op\":\"remove\",\"path\":\"/a/0\"}]", NULL},
		{"{\"a\":[1]}", "[{\"op\":\"replace\",\"path\":\"/a/0\",\"value\":1.00}]", "{\"a\":[1.00]}"},
		{"{\"a/b\":1,\"c~d\":2}", "[{\"op\":\"move\",\"from\":\"/a~1b\",\"path\":\"/c~0d\"}]", "{\"c~d\":1}"},
		{"{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]", NULL},
		{"{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},{\"op\":\"remove\",\"path\":\"/a\"}]", "{\"b\":1}"},
		{"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"b\":2}}]", "{\"b\":2}"},
		{"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"\"}]", NULL},
		{"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a~2\",\"value\":1}]", NULL},
		{"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]", NULL},
		{"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", NULL},
		{"{\"a\":1}", "[1]", NULL},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json *document = parse(a, str_from(cases[i].document));
		struct err e = ERR_INIT;
		bool ok = json_patch(a, &document, parse(a, str_from(cases[i].patch)), &e);
		bool right = cases[i].expected ? ok && json_equal(document, parse(a, str_from(cases[i].expected))) : !ok && e.message[0];
		if (!right)
			fail_msg("case %zu: %s %.*s", i, e.message, STR_ARG(json_to_str(a, document)));
	}
	arena_destroy(a);
}

static void community_cases(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	struct arena *a = arena_new(0);
	struct str text = STR_NONE;
	const char *path = str_c(a, str_printf(a, "%s/patch/json-patch-tests.json", suites ? suites : ""));
	if (!suites || !env_system()->read_file(env_system(), a, path, 1 << 20, &text, NULL)) {
		printf("skipped: no patch suite\n");
		arena_destroy(a);
		skip();
	}
	const struct json *cases = parse(a, text);
	for (size_t i = 0; i < json_n(cases); i++) {
		const struct json *c = json_at(cases, i), *expected = json_getz(c, "expected");
		struct json *document = json_clone(a, json_getz(c, "doc"));
		struct err e = ERR_INIT;
		bool ok = json_patch(a, &document, json_getz(c, "patch"), &e);
		if (ok != !json_getz(c, "error") || (ok && expected && !json_equal(document, expected)))
			fail_msg("%zu %.*s: %s", i, STR_ARG(json_str(c, "comment")), e.message);
	}
	printf("patch/json-patch-tests.json: %zu cases\n", json_n(cases));
	assert_true(json_n(cases) > 10);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(own_cases), cmocka_unit_test(community_cases)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
