/* HL7's own cases for FHIRPath Patch (suites/patch). They are FHIR XML, so a small reader turns that into JSON by the type tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rest/fhirpath_patch.h"

enum { DEEP = 40 };

struct level {
	struct json *object; /* NULL: outside a resource, or a primitive */
	const struct fhir_type *type;
};

struct patch_case {
	struct str name;
	bool fails;
	struct json *input, *diff, *output;
};

struct reader {
	struct arena *a;
	struct level levels[DEEP];
	int depth, skipping; /* skipping: the depth of a narrative, or of what is of no interest */
	XML_Parser parser;
	struct str text;
	size_t div; /* where it began */
	struct json **into;
	VEC(struct patch_case) cases;
};

static const char *attribute(const char **list, const char *name)
{
	for (; *list; list += 2)
		if (strcmp(list[0], name) == 0)
			return list[1];
	return NULL;
}

static struct json *primitive(struct arena *a, const struct fhir_type *t, struct str text)
{
	if (str_is(STR("boolean"), t->name))
		return json_bool(a, str_is(text, "true"));
	static const char *const numbers[] = {"integer", "decimal", "positiveInt", "unsignedInt"};
	for (size_t i = 0; i < 4; i++)
		if (strcmp(t->name, numbers[i]) == 0)
			return json_number(a, text);
	return json_string(a, text);
}

static void place(struct reader *r, struct json *object, const struct fhir_element *e, struct str name, struct json *value)
{
	if (e->max == 1) {
		json_set(r->a, object, name, value);
		return;
	}
	if (!json_get(object, name))
		json_set(r->a, object, name, json_array(r->a));
	json_push(r->a, json_get(object, name), value);
}

static void begin_resource(struct reader *r, struct level *level, const char *name)
{
	level->object = json_object(r->a);
	level->type = fhir_type(str_from(name));
	json_set(r->a, level->object, STR("resourceType"), json_string(r->a, str_dup(r->a, str_from(name))));
	*r->into = level->object;
}

static void begin_element(struct reader *r, struct level *level, const char *name, const char *value)
{
	const struct level *above = level - 1;
	const struct fhir_type *type;
	struct str key = str_dup(r->a, str_from(name));
	const struct fhir_element *e = above->object ? fhir_element(above->type, key, &type) : NULL;
	if (!e) { /* extensions of a primitive are of no interest to these patches */
		r->skipping = r->depth;
		return;
	}
	struct json *v = value ? primitive(r->a, type, str_dup(r->a, str_from(value))) : json_object(r->a);
	*level = (struct level){value ? NULL : v, type};
	place(r, above->object, e, key, v);
}

static void XMLCALL on_start(void *arg, const char *name, const char **attributes)
{
	struct reader *r = arg;
	struct level *level = &r->levels[++r->depth];
	*level = (struct level){0};
	if (r->skipping || r->depth >= DEEP - 1)
		return;
	if (strcmp(name, "div") == 0) {
		r->skipping = r->depth;
		r->div = (size_t)XML_GetCurrentByteIndex(r->parser);
		return;
	}
	struct patch_case *c = r->cases.n ? &r->cases.v[r->cases.n - 1] : NULL;
	if (strcmp(name, "case") == 0)
		VEC_PUSH(r->a, &r->cases, (struct patch_case){.name = str_dup(r->a, str_from(attribute(attributes, "name")))});
	else if (r->depth == 3 && c && strcmp(name, "error") == 0)
		c->fails = true;
	else if (r->depth == 3 && c)
		r->into = strcmp(name, "input") == 0 ? &c->input : strcmp(name, "diff") == 0 ? &c->diff : &c->output;
	else if (r->depth == 4)
		begin_resource(r, level, name);
	else if (r->depth > 4)
		begin_element(r, level, name, attribute(attributes, "value"));
}

/* Narratives are compared without their white space, which XML tools change at will. */
static struct str squeeze(struct arena *a, struct str s)
{
	struct buf b = buf_new(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		bool quote = str_starts(str_sub(s, i, s.n), STR("&quot;"));
		if (quote)
			i += 5;
		if (s.p[i] > ' ')
			buf_char(&b, quote ? '"' : s.p[i]);
	}
	return buf_str(&b);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct reader *r = arg;
	if (r->skipping == r->depth) {
		r->skipping = 0;
		struct str div = str_sub(r->text, r->div, (size_t)XML_GetCurrentByteIndex(r->parser) + sizeof "</div>" - 1);
		if (strcmp(name, "div") == 0 && r->levels[r->depth - 1].object)
			json_set(r->a, r->levels[r->depth - 1].object, STR("div"), json_string(r->a, div));
	}
	r->depth--;
}

static void squeeze_narrative(struct arena *a, struct json *resource)
{
	struct json *text = json_getz(resource, "text");
	if (text)
		json_setz(a, text, "div", json_string(a, squeeze(a, json_str(text, "div"))));
}

static void hl7s_cases(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	struct arena *a = arena_new(0);
	struct str text = STR_NONE;
	const char *path = str_c(a, str_printf(a, "%s/patch/fhir-patch-tests.xml", suites ? suites : ""));
	if (!suites || !env_system()->read_file(env_system(), a, path, 1 << 20, &text, NULL)) {
		printf("skipped: no patch suite\n");
		arena_destroy(a);
		skip();
	}
	struct reader r = {.a = a};
	XML_Parser parser = XML_ParserCreate("UTF-8");
	r.parser = parser;
	r.text = text;
	XML_SetUserData(parser, &r);
	XML_SetElementHandler(parser, on_start, on_end);
	assert_int_equal(XML_Parse(parser, text.p, (int)text.n, 1), XML_STATUS_OK);
	XML_ParserFree(parser);
	for (size_t i = 0; i < r.cases.n; i++) {
		struct patch_case *c = &r.cases.v[i];
		struct err e = ERR_INIT;
		bool ok = fhirpath_patch(a, c->input, c->diff, 0, &e);
		squeeze_narrative(a, c->input);
		squeeze_narrative(a, c->output);
		if (ok == c->fails || (ok && !json_equal(c->input, c->output)))
			fail_msg("%.*s: %s\n%.*s", STR_ARG(c->name), e.message, STR_ARG(json_to_str(a, c->input)));
	}
	printf("patch/fhir-patch-tests.xml: %zu cases\n", r.cases.n);
	assert_true(r.cases.n > 25);
	arena_destroy(a);
}

static void what_does_not_apply(void **state)
{
	(void)state;
	static const struct {
		const char *parts;
		enum err_code code;
	} cases[] = {
		{"{\"name\":\"type\",\"valueCode\":\"paint\"},{\"name\":\"path\",\"valueString\":\"Patient\"}", ERR_INVALID},
		{"{\"name\":\"type\",\"valueCode\":\"add\"}", ERR_INVALID},
		{"{\"name\":\"type\",\"valueCode\":\"delete\"},{\"name\":\"path\",\"valueString\":\"Patient.(\"}", ERR_SYNTAX},
		{"{\"name\":\"type\",\"valueCode\":\"delete\"},{\"name\":\"path\",\"valueString\":\"Patient.name\"}", ERR_INVARIANT},
		{"{\"name\":\"type\",\"valueCode\":\"delete\"},{\"name\":\"path\",\"valueString\":\"1 + 1\"}", ERR_INVARIANT},
		{"{\"name\":\"type\",\"valueCode\":\"add\"},{\"name\":\"path\",\"valueString\":\"Patient\"},{\"name\":\"name\",\"valueString\":\"colour\"},{\"name\":\"value\",\"valueString\":\"x\"}", ERR_INVARIANT},
		{"{\"name\":\"type\",\"valueCode\":\"add\"},{\"name\":\"path\",\"valueString\":\"Patient\"},{\"name\":\"name\",\"valueString\":\"gender\"}", ERR_INVALID},
		{"{\"name\":\"type\",\"valueCode\":\"insert\"},{\"name\":\"path\",\"valueString\":\"Patient.name\"},{\"name\":\"index\",\"valueInteger\":3},{\"name\":\"value\",\"valueHumanName\":{}}", ERR_INVARIANT},
		{"{\"name\":\"type\",\"valueCode\":\"move\"},{\"name\":\"path\",\"valueString\":\"Patient.name\"},{\"name\":\"source\",\"valueInteger\":0},{\"name\":\"destination\",\"valueInteger\":2}", ERR_INVARIANT},
		{"{\"name\":\"type\",\"valueCode\":\"replace\"},{\"name\":\"path\",\"valueString\":\"Patient\"},{\"name\":\"value\",\"valueString\":\"x\"}", ERR_INVARIANT},
		{"{\"name\":\"type\",\"valueCode\":\"move\"},{\"name\":\"path\",\"valueString\":\"Patient.name\"},{\"name\":\"source\",\"valueInteger\":-1}", ERR_INVALID},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json *patient, *patch;
		struct err e = ERR_INIT;
		struct str text = str_printf(a, "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[%s]}]}", cases[i].parts);
		assert_true(json_parse(a, STR("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"A\"},{\"family\":\"B\"}]}"), NULL, &patient, &e));
		assert_true(json_parse(a, text, NULL, &patch, &e));
		if (fhirpath_patch(a, patient, patch, 0, &e) || e.code != cases[i].code)
			fail_msg("case %zu: %s %s", i, err_name(e.code), e.message);
	}
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hl7s_cases), cmocka_unit_test(what_does_not_apply)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
