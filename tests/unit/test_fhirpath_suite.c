/* The published FHIRPath conformance cases for R4 (tests-fhir-r4.xml). Each failing case is printed. The number that must pass is the
 * number that did when this was last looked at, so that it cannot quietly fall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fhirpath/fhirpath.h"

#define MUST_PASS 611
#define NOW_US INT64_C(1764000000000000)
#define MAX_OUTPUTS 64

struct output {
	struct str type, text;
};

struct kase {
	struct str name, input, expression, invalid;
	bool strict, predicate, unordered;
	struct output outputs[MAX_OUTPUTS];
	size_t n;
};

struct suite {
	struct arena *arena, *scratch;
	const char *folder;
	struct map inputs;
	struct kase now;
	struct buf text;
	bool in_text;
	size_t passed, total;
};

static struct str attribute(struct suite *s, const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return str_dup(s->arena, str_from(attributes[1]));
	return STR_NONE;
}

static struct json *input(struct suite *s, struct str file)
{
	if (!file.n)
		return json_object(s->arena);
	struct json *known = map_get(&s->inputs, file);
	if (known)
		return known;
	struct str base = str_sub(file, 0, file.n - (str_ends(file, STR(".xml")) ? 4 : 5)), text;
	struct str path = str_printf(s->arena, "%s/input-json/%.*s.json", s->folder, STR_ARG(base));
	struct err e = ERR_INIT;
	if (!env_system()->read_file(env_system(), s->arena, path.p, 1 << 24, &text, &e) || !json_parse(s->arena, text, NULL, &known, &e)) {
		print_message("%s\n", e.message);
		return NULL;
	}
	map_put(&s->inputs, file, known);
	return known;
}

static struct str plain(struct str s)
{
	s = str_trim(s);
	if (str_starts(s, STR("@T")))
		return str_sub(s, 2, s.n);
	return str_starts(s, STR("@")) ? str_sub(s, 1, s.n) : s;
}

static bool same_value(struct suite *s, const struct output *want, const struct fp_value *got)
{
	struct str text = fp_text(s->scratch, got);
	if (want->type.n && !str_eq_nocase(want->type, fp_type_name(got)))
		return false;
	return str_eq(plain(want->text), text) || str_eq(want->text, text);
}

static bool same(struct suite *s, const struct fp_list *got)
{
	const struct kase *k = &s->now;
	if (got->n != k->n)
		return false;
	for (size_t i = 0; i < got->n; i++) {
		bool found = false;
		for (size_t o = 0; o < k->n && !found; o++)
			found = (k->unordered || o == i) && same_value(s, &k->outputs[o], &got->v[i]);
		if (!found)
			return false;
	}
	return true;
}

static bool run(struct suite *s, struct fp_list *got, struct err *e)
{
	struct kase *k = &s->now;
	struct json *resource = input(s, k->input);
	struct fp_expr *expr;
	assert_non_null(resource);
	if (!fp_compile(s->scratch, k->expression, &expr, e))
		return false;
	if ((!k->invalid.n || str_is(k->invalid, "semantic")) && !fp_check(expr, json_str(resource, "resourceType"), e))
		return false;
	struct fp_env env = fp_env_for(s->scratch, resource, NOW_US);
	return fp_eval(expr, &env, got, e);
}

static void report(struct suite *s, const struct fp_list *got, const struct err *e)
{
	const struct kase *k = &s->now;
	print_message("FAIL %.*s: %.*s\n", STR_ARG(k->name), STR_ARG(k->expression));
	if (k->invalid.n)
		print_message("     wanted a %.*s error\n", STR_ARG(k->invalid));
	for (size_t i = 0; i < k->n; i++)
		print_message("     wanted %.*s %.*s\n", STR_ARG(k->outputs[i].type), STR_ARG(k->outputs[i].text));
	if (e->code)
		print_message("     error: %s\n", e->message);
	for (size_t i = 0; i < got->n; i++) {
		struct str type = fp_type_name(&got->v[i]), text = fp_text(s->scratch, &got->v[i]);
		print_message("     got %.*s %.*s\n", STR_ARG(type), STR_ARG(text));
	}
}

static void finish_case(struct suite *s)
{
	struct fp_list got = {NULL, 0, 0};
	struct err e = ERR_INIT;
	bool ok = run(s, &got, &e);
	bool pass = s->now.invalid.n ? !ok : ok && same(s, &got);
	s->total++;
	s->passed += pass;
	if (!pass)
		report(s, &got, &e);
	arena_reset(s->scratch);
}

static void begin_text(struct suite *s)
{
	s->text = buf_new(s->arena, 1 << 20);
	s->in_text = true;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct suite *s = arg;
	if (strcmp(name, "test") == 0) {
		s->now = (struct kase){.name = attribute(s, attributes, "name"), .input = attribute(s, attributes, "inputfile")};
		s->now.strict = str_is(attribute(s, attributes, "mode"), "strict");
		s->now.predicate = str_is(attribute(s, attributes, "predicate"), "true");
		s->now.unordered = str_is(attribute(s, attributes, "ordered"), "false");
	} else if (strcmp(name, "expression") == 0) {
		s->now.invalid = attribute(s, attributes, "invalid");
		begin_text(s);
	} else if (strcmp(name, "output") == 0) {
		assert_true(s->now.n < MAX_OUTPUTS);
		s->now.outputs[s->now.n].type = attribute(s, attributes, "type");
		begin_text(s);
	}
}

static void on_text(void *arg, const char *p, int n)
{
	struct suite *s = arg;
	if (s->in_text)
		buf_add(&s->text, (struct str){p, (size_t)n});
}

static void on_end(void *arg, const char *name)
{
	struct suite *s = arg;
	if (strcmp(name, "expression") == 0)
		s->now.expression = buf_str(&s->text);
	else if (strcmp(name, "output") == 0)
		s->now.outputs[s->now.n++].text = buf_str(&s->text);
	else if (strcmp(name, "test") == 0)
		finish_case(s);
	s->in_text = false;
}

static void run_suite(struct suite *s, struct str xml)
{
	XML_Parser p = XML_ParserCreate(NULL);
	XML_SetUserData(p, s);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	assert_int_equal(XML_Parse(p, xml.p, (int)xml.n, 1), XML_STATUS_OK);
	XML_ParserFree(p);
}

static void conformance(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	struct arena *a = arena_new(0);
	struct str xml = STR_NONE, folder = str_printf(a, "%s/fhirpath", suites ? suites : "");
	struct err e = ERR_INIT;
	if (!suites || !env_system()->read_file(env_system(), a, str_printf(a, "%s/tests-fhir-r4.xml", folder.p).p, 1 << 24, &xml, &e)) {
		print_message("skipped: no conformance suite for FHIRPath at HEED_SUITES\n");
		arena_destroy(a);
		skip();
	}
	struct suite s = {.arena = a, .scratch = arena_new(0), .folder = folder.p, .inputs = map_new(a)};
	run_suite(&s, xml);
	print_message("FHIRPath R4: %zu of %zu cases pass\n", s.passed, s.total);
	assert_true(s.passed >= MUST_PASS);
	arena_destroy(s.scratch);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(conformance)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
