/* HL7's own examples are right, every small damage to one is seen, and the malformed bodies are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/fhir.h"

/* Examples that R4's own rules refuse, and why. */
static const struct {
	const char *file, *says;
} wrong[] = {
	{"DeviceMetric-example.json", "refers to a DeviceDefinition"},		   /* parent may only be a Device */
	{"Observation-clinical-gender.json", "refers to a Encounter"},		   /* an Encounter performs nothing */
	{"EventDefinition-example.json", "narrative is empty"},			   /* txt-2 */
	{"Questionnaire-zika-virus-exposure-assessment.json", "narrative is empty"}, /* txt-2 */
};

static const char *wrong_says(const char *file)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (strcmp(file, wrong[i].file) == 0)
			return wrong[i].says;
	return NULL;
}

static struct str file_text(struct arena *a, const char *dir, const char *name)
{
	const char *suites = getenv("HEED_SUITES");
	struct str text = STR_NONE, path = str_printf(a, "%s/%s/%s", suites ? suites : ".", dir, name);
	env_system()->read_file(env_system(), a, path.p, 1 << 26, &text, NULL);
	return text;
}

/* Calls fn for each .json file of the folder; how many there were. */
static size_t each_file(const char *dir, void (*fn)(struct arena *a, const char *name, struct str text))
{
	struct arena *a = arena_new(0);
	const char *suites = getenv("HEED_SUITES");
	struct str path = str_printf(a, "%s/%s", suites ? suites : ".", dir);
	DIR *d = opendir(path.p);
	size_t n = 0;
	for (struct dirent *f; d && (f = readdir(d));) {
		if (!str_ends(str_from(f->d_name), STR(".json")) || strcmp(f->d_name, "package.json") == 0)
			continue;
		struct arena_mark m = arena_mark(a);
		fn(a, f->d_name, file_text(a, dir, f->d_name));
		arena_rewind(a, m);
		n++;
	}
	if (d)
		closedir(d);
	else
		printf("skipped: no %s\n", path.p);
	arena_destroy(a);
	return n;
}

static void example_passes(struct arena *a, const char *name, struct str text)
{
	struct json *j = NULL;
	struct fhir_outcome *out = fhir_outcome_new(a);
	assert_true(json_parse(a, text, NULL, &j, NULL));
	fhir_validate(a, j, text, out);
	const char *says = wrong_says(name);
	if (says ? !out->errors || str_find(out->issues.v[0].diagnostics, str_from(says)) < 0 : out->errors > 0)
		fail_msg("%s: %s", name, str_c(a, json_to_str(a, fhir_outcome_json(a, out))));
}

static void all_examples_pass(void **state)
{
	(void)state;
	if (!each_file("examples", example_passes))
		skip();
}

/* ---- damage ---- */

enum damage { UNKNOWN, WRONG_TYPE, TOO_MANY, MISSING, BAD_CODE, BAD_DATE, DAMAGES };
static const char *const damage_names[] = {"unknown element", "wrong type", "too many", "missing", "bad code", "bad date"};
static size_t damaged[DAMAGES];

struct site {
	struct arena *arena;
	struct json *root;
	const char *file;
	size_t countdown;
};

static void must_fail(struct site *s, enum damage d, struct str key)
{
	struct arena_mark m = arena_mark(s->arena);
	bool passed = fhir_validate(s->arena, s->root, STR_NONE, fhir_outcome_new(s->arena));
	arena_rewind(s->arena, m);
	if (passed)
		fail_msg("%s: %s at %.*s passed", s->file, damage_names[d], STR_ARG(key));
	damaged[d]++;
}

static void swap_and_check(struct site *s, struct json_member *m, struct json *with, enum damage d)
{
	struct json *was = m->value;
	m->value = with;
	must_fail(s, d, m->key);
	m->value = was;
}

static void remove_and_check(struct site *s, struct json_member *m)
{
	struct str was = m->key;
	m->key = STR("extra"); /* the name of no element: missing, and unknown beside */
	struct fhir_outcome *out = fhir_outcome_new(s->arena);
	fhir_validate(s->arena, s->root, STR_NONE, out);
	bool said = false;
	for (size_t i = 0; i < out->issues.n; i++)
		said |= out->issues.v[i].code == ERR_REQUIRED;
	if (!said)
		fail_msg("%s: %.*s missing, not said", s->file, STR_ARG(was));
	m->key = was;
	damaged[MISSING]++;
	damaged[UNKNOWN]++;
}

static void damage_member(struct site *s, const struct json *object, struct json_member *m, const struct fhir_element *e, const struct fhir_type *t)
{
	struct json *wrong_kind = t->kind == FHIR_PRIMITIVE ? json_object(s->arena) : json_int(s->arena, 1);
	struct json *many = json_array(s->arena);
	json_push(s->arena, many, m->value);
	if (e->max == 1)
		swap_and_check(s, m, many, TOO_MANY);
	else
		many->items[0] = wrong_kind, wrong_kind = many;
	swap_and_check(s, m, wrong_kind, WRONG_TYPE);
	bool date = strcmp(t->name, "date") == 0 || strcmp(t->name, "dateTime") == 0 || strcmp(t->name, "instant") == 0;
	if (date && e->max == 1)
		swap_and_check(s, m, json_stringz(s->arena, "2015-02-30"), BAD_DATE);
	if (strcmp(t->name, "code") == 0 && e->max == 1 && e->binding == FHIR_BIND_REQUIRED &&
	    fhir_value_set_has(e->value_set, STR_NONE, STR("no-such-code")) == FHIR_IN_NO)
		swap_and_check(s, m, json_stringz(s->arena, "no-such-code"), BAD_CODE);
	if (e->min > 0 && !json_get(object, str_cat(s->arena, STR("_"), m->key)))
		remove_and_check(s, m);
}

static void damage_object(struct site *s, struct json *j, const struct fhir_type *t)
{
	if (t && t->kind == FHIR_RESOURCE)
		t = fhir_type(json_str(j, "resourceType"));
	for (uint32_t i = 0; t && json_is(j, JSON_OBJECT) && i < j->n; i++) {
		const struct fhir_type *of = NULL;
		struct json_member *m = &j->members[i];
		const struct fhir_element *e = fhir_element(t, m->key, &of);
		if (!e)
			continue;
		if (s->countdown-- == 0) {
			s->countdown = 4;
			damage_member(s, j, m, e, of);
		}
		if (of->kind == FHIR_PRIMITIVE)
			continue;
		if (m->value->type != JSON_ARRAY)
			damage_object(s, m->value, of);
		for (uint32_t k = 0; m->value->type == JSON_ARRAY && k < m->value->n; k++)
			damage_object(s, m->value->items[k], of);
	}
}

static void example_is_damaged(struct arena *a, const char *name, struct str text)
{
	struct json *j = NULL;
	if (wrong_says(name) || text.n > 60000)
		return;
	assert_true(json_parse(a, text, NULL, &j, NULL));
	struct site s = {a, j, name, strlen(name) % 5};
	damage_object(&s, j, fhir_type(STR("Resource")));
	struct fhir_outcome *out = fhir_outcome_new(a);
	assert_true(fhir_validate(a, j, text, out)); /* all put back */
}

static void all_damage_is_seen(void **state)
{
	(void)state;
	if (!each_file("examples", example_is_damaged))
		skip();
	for (size_t i = 0; i < DAMAGES; i++) {
		printf("%s: %zu seen\n", damage_names[i], damaged[i]);
		assert_true(damaged[i] > 50);
	}
}

/* ---- noise ---- */

static uint64_t seed = 88172645463325252u;

static size_t chance(size_t below)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (size_t)(seed % below);
}

static void spoil(char *p, size_t n)
{
	static const char likely[] = "{}[]\",:<>&;-0123456789";
	for (size_t edits = 1 + chance(3); edits; edits--)
		p[chance(n)] = chance(2) ? likely[chance(sizeof likely - 1)] : (char)chance(256);
}

/* Whatever comes, the answer is an outcome that is itself right FHIR. */
static void noise_is_answered(struct arena *a, const char *name, struct str text)
{
	for (int i = 0; i < 20 && text.n && text.n < 30000; i++) {
		struct arena_mark m = arena_mark(a);
		char *p = arena_dup(a, text.p, text.n);
		struct json *j = NULL;
		struct fhir_outcome *out = fhir_outcome_new(a);
		spoil(p, text.n);
		if (json_parse(a, (struct str){p, text.n}, NULL, &j, NULL))
			fhir_validate(a, j, (struct str){p, text.n}, out);
		if (!fhir_validate(a, fhir_outcome_json(a, out), STR_NONE, fhir_outcome_new(a)))
			fail_msg("%s: %s", name, str_c(a, json_to_str(a, fhir_outcome_json(a, out))));
		arena_rewind(a, m);
	}
}

static void all_noise_is_answered(void **state)
{
	(void)state;
	if (!each_file("examples", noise_is_answered))
		skip();
}

/* ---- hostile bodies ---- */

/* What other layers refuse: the URL, the store, rights, Bundle processing, patches, other formats. */
static bool is_structure(struct str file)
{
	static const char *const others[] = {"032", "034", "036", "066", "068", "071", "074", "077", "078", "079", "080", "081", "082", "089", "090", "092"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_starts(file, str_from(others[i])))
			return false;
	return true;
}

static enum err_code refused_with(struct arena *a, struct str text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	struct fhir_outcome *out = fhir_outcome_new(a);
	if (!json_parse(a, text, NULL, &j, &e))
		return e.code;
	fhir_validate(a, j, text, out);
	return fhir_outcome_worst(out);
}

static void malformed_bodies_are_refused(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct str rest = file_text(a, "hostile/fhir-malformed", "manifest.tsv"), line, file, expect;
	size_t n = 0;
	while (str_next(&rest, '\n', &line)) {
		if (!str_next(&line, '\t', &file) || !str_next(&line, '\t', &expect) || !is_structure(file) || str_is(file, "file"))
			continue;
		enum err_code code = refused_with(a, file_text(a, "hostile/fhir-malformed", str_c(a, file)));
		struct str status = str_printf(a, "%d", err_status(code));
		bool accept = str_starts(expect, STR("201"));
		if (accept ? code != ERR_NONE : str_find(expect, status) < 0 && !(str_starts(expect, STR("4xx")) && code != ERR_NONE))
			fail_msg("%.*s: answered %s, should be %.*s", STR_ARG(file), status.p, STR_ARG(expect));
		n++;
	}
	arena_destroy(a);
	if (!n)
		skip();
	assert_true(n > 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_examples_pass),
		cmocka_unit_test(all_damage_is_seen),
		cmocka_unit_test(all_noise_is_answered),
		cmocka_unit_test(malformed_bodies_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
