/* FHIRPath: the cases in tests/data/fhirpath (three lines a case: expression, input or -, expected JSON array or ! part of the
 * message), the parser printed back, explanations, the static check, hostile expressions, many threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fhirpath/fhirpath.h"

#define FOLDER "tests/data/fhirpath/"
#define NOW_US INT64_C(1795537800000000) /* 2026-11-24T16:30:00Z */

static struct str read_all(struct arena *a, const char *name)
{
	struct str text = STR_NONE, path = str_printf(a, FOLDER "%s", name);
	struct err e = ERR_INIT;
	if (!env_system()->read_file(env_system(), a, path.p, 1 << 22, &text, &e))
		fail_msg("%s", e.message);
	return text;
}

static struct json *parse(struct arena *a, struct str text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, text, NULL, &j, &e))
		fail_msg("%s: %.*s", e.message, STR_ARG(text));
	return j;
}

static struct json *input_of(struct arena *a, struct str line)
{
	if (str_is(line, "-"))
		return NULL;
	return parse(a, line.p[0] == '{' ? line : read_all(a, str_c(a, line)));
}

static bool evaluate(struct arena *a, struct str source, const struct json *resource, struct fp_list *out, struct err *e)
{
	struct fp_expr *expr;
	struct fp_env env = fp_env_for(a, resource, NOW_US);
	*e = ERR_INIT;
	return fp_compile(a, source, &expr, e) && fp_eval(expr, &env, out, e);
}

static struct json *as_json(struct arena *a, const struct fp_list *l)
{
	struct json *all = json_array(a);
	for (size_t i = 0; i < l->n; i++)
		json_push(a, all, fp_to_json(a, &l->v[i]));
	return all;
}

/* ---- the data-driven cases ---- */

static bool next_line(struct str *rest, struct str *line)
{
	while (str_next(rest, '\n', line))
		if (str_trim(*line).n && line->p[0] != '#')
			return true;
	return false;
}

static bool case_ok(struct arena *a, struct str expression, struct str input, struct str want)
{
	struct fp_list out;
	struct err e;
	bool ok = evaluate(a, expression, input_of(a, input), &out, &e);
	if (want.p[0] == '!') {
		if (!ok && str_find(str_from(e.message), str_sub(want, 2, want.n)) >= 0)
			return true;
	} else if (ok && json_equal(as_json(a, &out), parse(a, want))) {
		return true;
	}
	struct str got = ok ? json_to_str(a, as_json(a, &out)) : str_from(e.message);
	print_message("FAIL %.*s\n    wanted %.*s\n    got    %.*s\n", STR_ARG(expression), STR_ARG(want), STR_ARG(got));
	return false;
}

static void run_file(const char *name, size_t *cases, size_t *failures)
{
	struct arena *a = arena_new(0);
	struct str rest = read_all(a, name), expression, input, want;
	while (next_line(&rest, &expression)) {
		assert_true(next_line(&rest, &input));
		assert_true(next_line(&rest, &want));
		++*cases;
		*failures += !case_ok(a, expression, input, want);
	}
	arena_destroy(a);
}

static void chapters(void **state)
{
	(void)state;
	size_t cases = 0, failures = 0;
	DIR *d = opendir(FOLDER);
	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d));)
		if (str_ends(str_from(f->d_name), STR(".test")))
			run_file(f->d_name, &cases, &failures);
	closedir(d);
	print_message("%zu cases\n", cases);
	assert_true(cases > 250);
	assert_int_equal(failures, 0);
}

/* ---- the parser ---- */

static void printed_back(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct str rest = read_all(a, "print.golden"), source, want;
	while (next_line(&rest, &source)) {
		assert_true(next_line(&rest, &want));
		struct fp_expr *expr;
		struct err e = ERR_INIT;
		bool ok = fp_compile(a, source, &expr, &e);
		if (str_is(want, "!")) {
			assert_false(ok);
			continue;
		}
		if (!ok)
			fail_msg("%.*s: %s", STR_ARG(source), e.message);
		struct str once = fp_print(a, expr);
		assert_string_equal(once.p, str_c(a, want));
		assert_true(fp_compile(a, once, &expr, &e));
		assert_string_equal(fp_print(a, expr).p, once.p);
	}
	arena_destroy(a);
}

static void error_places(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct fp_expr *expr;
	struct err e = ERR_INIT;
	assert_false(fp_compile(a, STR("name.\n  given ++"), &expr, &e));
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_int_equal(e.line, 2);
	assert_int_equal(e.column, 11);
	arena_destroy(a);
}

/* ---- the static check ---- */

static const struct {
	const char *type, *expression, *problem; /* NULL: none */
} checks[] = {
	{"Patient", "name.given", NULL},
	{"Patient", "Patient.name.where(use = 'official').family", NULL},
	{"Patient", "name.gven", "did you mean \"given\"?"},
	{"Patient", "name.where(famly = 'x')", "did you mean \"family\"?"},
	{"Observation", "valueQuantity.unit", "write \"value\""},
	{"Observation", "value.unit", NULL},
	{"Observation", "value.ofType(Quantity).unit", NULL},
	{"Observation", "value.ofType(Period).unit", "Period has no element"},
	{"Patient", "Encounter.status", "the path begins at Encounter"},
	{"Patient", "name.startsWith('x')", "works on a string"},
	{"Patient", "children().first()", "no order"},
	{"Patient", "birthDate.day", "date has no element"},
	{"Patient", "birthDate.extension.value", NULL},
	{"Patient", "contained.anything.at.all", NULL},
	{"Patient", "%variable.anything", NULL},
	{"Patient", "managingOrganization.resolve().anything", NULL},
	{"Patient", "%resource.nme", "did you mean \"name\"?"},
	{"Patient.contact", "name.family and %resource.birthDate.exists()", NULL},
	{"Patient", "@2026-11-24 + 7", "must be a quantity"},
	{"Patient", "iif(1, 2, 3)", "is not a boolean"},
	{"QuestionnaireResponse", "repeat(item).answer.value.ofType(Coding).code", NULL},
	{"QuestionnaireResponse", "repeat(item).answer.vlue", "did you mean \"value\"?"},
	{"", "anything.at.all", NULL},
};

static void static_check(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct fp_expr *expr;
		struct err e = ERR_INIT;
		assert_true(fp_compile(a, str_from(checks[i].expression), &expr, &e));
		bool ok = fp_check(expr, str_from(checks[i].type), &e);
		if (checks[i].problem ? ok || !strstr(e.message, checks[i].problem) : !ok)
			fail_msg("%s: %s", checks[i].expression, ok ? "passed" : e.message);
	}
	arena_destroy(a);
}

static bool variable_type(void *arg, struct str name, struct str *type)
{
	*type = str_is(name, "event") ? str_from(arg) : STR("");
	return str_is(name, "event") || str_is(name, "asOf");
}

static void static_check_of_variables(void **state)
{
	(void)state;
	static const struct {
		const char *expression, *problem;
	} asked[] = {
		{"%event.period.start <= %asOf and %resource.name.exists() and %ucum = 'x'", NULL},
		{"%event.perod.start", "did you mean \"period\"?"},
		{"%evnt.id", "there is no variable %evnt"},
		{"defineVariable('x', 1).select(%x)", NULL},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct fp_expr *expr;
		struct err e = ERR_INIT;
		assert_true(fp_compile(a, str_from(asked[i].expression), &expr, &e));
		bool ok = fp_check_with(expr, STR("Patient"), variable_type, (void *)"Encounter", &e);
		if (asked[i].problem ? ok || !strstr(e.message, asked[i].problem) : !ok)
			fail_msg("%s: %s", asked[i].expression, ok ? "passed" : e.message);
	}
	arena_destroy(a);
}

/* ---- explanations ---- */

static void explained(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct fp_expr *expr;
	struct err e = ERR_INIT;
	assert_true(fp_compile(a, STR("(gender = 'female' or 1 / 0 = 1) and birthDate > today() - 8 years and name.exists()"), &expr, &e));
	struct fp_env env = fp_env_for(a, parse(a, read_all(a, "patient.json")), NOW_US);
	struct json *lines = fp_explain(expr, &env, &e);
	struct str want = STR("[{\"expression\":\"gender = 'female'\",\"value\":true,\"left\":[\"female\"]},"
			      "{\"expression\":\"(gender = 'female' or 1 / 0 = 1)\",\"value\":true},"
			      "{\"expression\":\"birthDate > today() - 8 years\",\"value\":true,\"left\":[\"2019-02-28\"],\"right\":[\"2018-11-24\"]},"
			      "{\"expression\":\"(gender = 'female' or 1 / 0 = 1) and birthDate > today() - 8 years\",\"value\":true},"
			      "{\"expression\":\"name.exists()\",\"value\":true},"
			      "{\"expression\":\"(gender = 'female' or 1 / 0 = 1) and birthDate > today() - 8 years and name.exists()\",\"value\":true}]");
	assert_string_equal(json_to_str(a, lines).p, want.p);
	arena_destroy(a);
}

/* ---- the callers' doors ---- */

static bool variable(void *arg, struct fp_env *env, struct str name, struct fp_list *out, struct err *e)
{
	(void)arg;
	if (str_is(name, "broken"))
		return err_set(e, ERR_UNAVAILABLE, "the store does not answer");
	if (!str_is(name, "asOf"))
		return false;
	fp_list_push(env->arena, out, fp_datetime(env->arena, env->now_us));
	return true;
}

static const struct json *resolve(void *arg, struct fp_env *env, struct str reference)
{
	return str_is(reference, "Practitioner/dr1") ? parse(env->arena, str_from(arg)) : NULL;
}

static enum fhir_in member_of(void *arg, struct fp_env *env, struct str url, struct str system, struct str code)
{
	(void)arg, (void)env, (void)system;
	assert_true(str_is(url, "https://example.org/vs"));
	return str_is(code, "female") ? FHIR_IN_YES : FHIR_IN_NO;
}

static void callbacks(void **state)
{
	(void)state;
	static const struct {
		const char *expression;
		bool want;
	} asked[] = {
		{"%asOf = now()", true},
		{"generalPractitioner.resolve().ofType(Practitioner).active", true},
		{"managingOrganization.resolve().exists()", false},
		{"gender.memberOf('https://example.org/vs')", true},
		{"{}", false},
		{"'a single thing is true'", true},
	};
	struct arena *a = arena_new(0);
	struct fp_env env = fp_env_for(a, parse(a, read_all(a, "patient.json")), NOW_US);
	env.variable = variable;
	env.resolve = resolve;
	env.member_of = member_of;
	env.arg = (void *)"{\"resourceType\":\"Practitioner\",\"id\":\"dr1\",\"active\":true}";
	const struct fp_expr *expr;
	struct err e = ERR_INIT;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		bool got;
		assert_true(fp_cached(str_from(asked[i].expression), &expr, &e));
		if (!fp_eval_bool(expr, &env, &got, &e))
			fail_msg("%s: %s", asked[i].expression, e.message);
		assert_int_equal(got, asked[i].want);
	}
	struct str text = STR_NONE;
	assert_true(fp_cached(STR("name.family"), &expr, &e) && fp_eval_str(expr, &env, &text, &e));
	assert_true(str_is(text, "Example"));
	assert_true(fp_cached(STR("%broken"), &expr, &e));
	assert_false(fp_eval_str(expr, &env, &text, &e));
	assert_int_equal(e.code, ERR_UNAVAILABLE);
	arena_destroy(a);
}

/* ---- hostile expressions ---- */

static struct str repeated(struct arena *a, const char *before, const char *piece, const char *after, size_t n)
{
	struct buf b = buf_new(a, 1 << 20);
	buf_c(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_c(&b, piece);
	buf_c(&b, after);
	return buf_str(&b);
}

static void refused(struct arena *a, struct str source, enum err_code code)
{
	struct fp_list out;
	struct err e;
	if (evaluate(a, source, NULL, &out, &e))
		fail_msg("not refused: %.60s", source.p);
	if (e.code != code)
		fail_msg("%s instead of %s: %.60s: %s", err_name(e.code), err_name(code), source.p, e.message);
	assert_true(strlen(e.message) > 10);
}

static void hostile(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	refused(a, repeated(a, "", "(", "", 60000), ERR_SYNTAX);
	refused(a, repeated(a, "", "-", "1", 60000), ERR_SYNTAX);
	refused(a, repeated(a, "a", ".a", "", 30000), ERR_SYNTAX);
	refused(a, repeated(a, "1", "+1", "", 30000), ERR_SYNTAX);
	refused(a, repeated(a, "a", "[0]", "", 20000), ERR_SYNTAX);
	refused(a, repeated(a, "", "iif(", "", 10000), ERR_SYNTAX);
	refused(a, repeated(a, "'", "aaaaaaaaaa", "'", 10000), ERR_TOO_LARGE);
	refused(a, repeated(a, "{", "{", "", 1000), ERR_SYNTAX);
	refused(a, STR("1.repeat($this + 1)"), ERR_TOO_COSTLY);
	refused(a, STR("1.repeatAll($this | 2)"), ERR_TOO_COSTLY);
	refused(a, STR("'x'.repeat($this & $this)"), ERR_TOO_COSTLY);
	refused(a, STR("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')"), ERR_TOO_COSTLY);
	refused(a, STR("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.replaceMatches('^(a+)+$', 'b')"), ERR_TOO_COSTLY);
	refused(a, STR("'\xff'"), ERR_SYNTAX);
	refused(a, (struct str){"a\0b", 3}, ERR_SYNTAX);
	refused(a, STR(""), ERR_SYNTAX);
	refused(a, repeated(a, "'0123456789abcdef'", ".replace('', '0123456789abcdef')", "", 40), ERR_TOO_COSTLY);
	arena_destroy(a);
}

/* Every prefix and every one-byte change of real expressions: an answer or an error, never a crash. */
static void mangled(void **state)
{
	(void)state;
	static const char *const seeds[] = {
		"Patient.name.where(use = 'official' and period.start <= @2015-02-04T14:34:28.5+09:00).given.first() & 'a\\u0041'",
		"iif($this.value > 4.50 'mg', %`x`.ofType(FHIR.Quantity), (1 | 2)[0] mod 3 is Integer) // c",
		"repeat(item).answer.value.as(Coding).code.matches('^[a-z]+$') implies today() - 18 years > @T10:30 /* x */",
	};
	static const char bytes[] = "()[]{}.'`@$%/*\\-0a \x00\xc3";
	struct arena *a = arena_new(0), *scratch = arena_new(0);
	struct json *patient = parse(a, read_all(a, "patient.json"));
	size_t answers = 0, runs = 0;
	for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
		struct str seed = str_from(seeds[s]);
		for (size_t i = 0; i <= seed.n; i++) {
			for (size_t b = 0; b < sizeof bytes; b++) {
				char *p = arena_dup(scratch, seed.p, seed.n + 1);
				size_t n = b ? seed.n : i;
				if (b && i < seed.n)
					p[i] = bytes[b - 1];
				struct fp_list out;
				struct err e;
				answers += evaluate(scratch, (struct str){p, n}, patient, &out, &e);
				runs++;
				arena_reset(scratch);
			}
		}
	}
	assert_true(answers > 100 && answers < runs);
	arena_destroy(scratch);
	arena_destroy(a);
}

/* ---- large inputs: what is quadratic when done plainly must not be ---- */

static void large(void **state)
{
	(void)state;
	static const char *const asked[] = {
		"repeat(item).count() = 20000", "repeat(item).linkId.isDistinct()", "item.linkId.distinct().count() = 20000",
		"item.subsetOf(repeat(item))", "item.exclude(item).empty()", "(item.linkId | item.text).count() = 20001",
		"item.linkId.sort(-$this).first() = '19999'",
	};
	struct arena *a = arena_new(0);
	struct buf b = buf_new(a, 1 << 24);
	buf_c(&b, "{\"resourceType\":\"Questionnaire\",\"status\":\"draft\",\"item\":[");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "%s{\"linkId\":\"%05d\",\"text\":\"same\",\"type\":\"display\"}", i ? "," : "", i);
	buf_c(&b, "]}");
	struct json *resource = parse(a, buf_str(&b));
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct fp_list out;
		struct err e;
		if (!evaluate(a, str_from(asked[i]), resource, &out, &e))
			fail_msg("%s: %s", asked[i], e.message);
		assert_true(out.n == 1 && out.v[0].truth);
	}
	arena_destroy(a);
}

/* ---- threads ---- */

static void *worker(void *arg)
{
	struct arena *a = arena_new(0);
	size_t right = 0;
	for (int i = 0; i < 400; i++) {
		struct str source = str_printf(a, "name.where(use = 'official').given.count() + %d", i % 100);
		const struct fp_expr *expr;
		struct fp_list out;
		struct err e = ERR_INIT;
		struct fp_env env = fp_env_for(a, arg, NOW_US);
		if (fp_cached(source, &expr, &e) && fp_eval(expr, &env, &out, &e) && out.n == 1 && out.v[0].integer == 2 + i % 100)
			right++;
	}
	arena_destroy(a);
	return (void *)right;
}

static void threads(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct json *patient = parse(a, read_all(a, "patient.json"));
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, worker, patient), 0);
	for (int i = 0; i < 4; i++) {
		void *right;
		pthread_join(t[i], &right);
		assert_int_equal((size_t)right, 400);
	}
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chapters),  cmocka_unit_test(printed_back), cmocka_unit_test(error_places), cmocka_unit_test(static_check),
		cmocka_unit_test(static_check_of_variables),
		cmocka_unit_test(explained), cmocka_unit_test(callbacks),    cmocka_unit_test(hostile),	     cmocka_unit_test(mangled),
		cmocka_unit_test(large),     cmocka_unit_test(threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
