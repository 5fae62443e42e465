#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "form/form.h"

#define URL STR(HEED_BASE_URL "/Questionnaire/engine")
#define NOW INT64_C(1798043400000000) /* 2026-12-23T16:30:00Z */

static struct arena *a;
static const struct pack *pack;
static struct form_context context;
static struct form *f;

static int load(void **state)
{
	(void)state;
	a = arena_new(0);
	static const char *const dirs[] = {"pack/england", "tests/data/form"};
	struct pack_problems problems = {.arena = a};
	struct pack *p = NULL;
	if (!pack_load(a, env_system(), dirs, 2, &p, &problems))
		for (size_t i = 0; i < problems.list.n; i++)
			printf("%.*s:%d: %.*s\n", STR_ARG(problems.list.v[i].file), problems.list.v[i].line, STR_ARG(problems.list.v[i].message));
	pack = p;
	return problems.list.n ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

static struct json *parsed(const char *text)
{
	struct json *j = NULL;
	assert_true(json_parse(a, str_from(text), NULL, &j, NULL));
	return j;
}

static void must(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->message);
}

static int fresh(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	context = (struct form_context){.variables = map_new(a), .now_us = NOW};
	map_put(&context.variables, STR("patient"),
		parsed("{\"resourceType\":\"Patient\",\"id\":\"p1\",\"name\":[{\"family\":\"Testperson\"}],\"birthDate\":\"2012-05-01\"}"));
	map_put(&context.variables, STR("encounter"), parsed("{\"resourceType\":\"Encounter\",\"id\":\"e1\",\"status\":\"triaged\"}"));
	map_put(&context.variables, STR("task"), parsed("{\"resourceType\":\"Task\",\"id\":\"t1\"}"));
	must(form_open(a, pack, URL, &context, &f, &e), &e);
	return 0;
}

/* "name=value" each, NULL at the end. */
static bool fill(struct err *e, ...)
{
	struct form_field fields[40];
	size_t n = 0;
	va_list args;
	va_start(args, e);
	for (const char *pair; (pair = va_arg(args, const char *));) {
		struct str s = str_from(pair);
		size_t at = (size_t)str_find_char(s, '=');
		fields[n++] = (struct form_field){str_sub(s, 0, at), str_sub(s, at + 1, s.n)};
	}
	va_end(args);
	return form_fill(a, f, pack, &context, fields, n, e);
}
#define FILL(...)                                                                                                          \
	do {                                                                                                               \
		struct err fill_e_ = ERR_INIT;                                                                             \
		must(fill(&fill_e_, __VA_ARGS__, (const char *)NULL), &fill_e_);                                           \
	} while (0)
#define WHOLE "surname=Testperson", "who=Mother", "who=An aunt", "cares=no"

static struct form_item *item(const char *name)
{
	struct form_item *i = form_find(f, str_from(name));
	if (!i)
		fail_msg("no item %s", name);
	return i;
}

static struct str value(const char *name)
{
	return item(name)->answer_count ? item(name)->answers[0].code_or_text : STR("");
}

static bool check(void)
{
	struct err e = ERR_INIT;
	bool ok = form_check(a, f, pack, &context, &e);
	assert_true(ok || f->errors);
	return ok;
}

static void error_is(const char *name, const char *says)
{
	struct str error = item(name)->error;
	if (str_find(error, str_from(says)) < 0)
		fail_msg("%s says \"%.*s\", not \"%s\"", name, STR_ARG(error), says);
}

/* ---- opening ---- */

static void a_fresh_form_knows_what_the_record_holds(void **state)
{
	(void)state;
	assert_true(str_is(f->title, "Everything") && str_is(f->intro, "An introduction"));
	assert_true(str_is(value("surname"), "Testperson"));
	assert_true(item("surname")->prefilled);
	assert_true(str_is(item("surname")->finding, "F1.2") && str_is(item("surname")->hint, "As on the wristband"));
	assert_true(str_is(value("born"), "2012-05-01"));
	assert_true(str_is(value("colour"), "blue") && str_is(value("sure"), "false"));
	assert_false(item("colour")->prefilled);
	assert_true(item("young")->enabled);
	assert_true(str_is(f->encounter, "Encounter/e1") && str_is(f->task, "Task/t1"));
	assert_int_equal(item("gender")->option_count, 4);
	assert_true(str_is(item("gender")->options[0].display, "Male"));
}

static void items_have_their_kind(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum form_kind kind;
	} rows[] = {{"surname", FORM_TEXT},   {"note", FORM_LONG_TEXT}, {"born", FORM_DATE},	  {"seen-at", FORM_DATETIME}, {"seen-time", FORM_TIME},
		    {"weight", FORM_DECIMAL}, {"count", FORM_INTEGER},	{"sure", FORM_BOOLEAN},	  {"colour", FORM_CHOICE},    {"who", FORM_MULTI_CHOICE},
		    {"young", FORM_DISPLAY},  {"cares", FORM_PROMPT},	{"child.0", FORM_GROUP}, {"practitioner", FORM_REFERENCE}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(item(rows[i].name)->kind, rows[i].kind);
	assert_null(form_find(f, STR("cares-reason"))); /* shown with its prompt */
	assert_true(item("cares")->reason_count > 3 && item("cares")->option_count == 4);
	assert_true(item("who")->open);
	assert_non_null(form_find(f, STR("child.0:child-name")));
}

static void an_unknown_form_or_variable_is_an_error(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct form *none;
	assert_false(form_open(a, pack, STR(HEED_BASE_URL "/Questionnaire/none"), &context, &none, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	must(form_open(a, pack, URL, NULL, &none, &e), &e); /* without a record nothing is known, and that is no error */
	assert_true(str_is(none->title, "Everything"));
}

/* ---- filling ---- */

static void what_was_typed_stays(void **state)
{
	(void)state;
	FILL("surname= O'Testperson ", "count=ten", "born=31/2/2012", "who=Mother", "who=An aunt", "note=a\nb");
	assert_true(str_is(value("surname"), " O'Testperson "));
	assert_true(str_is(value("count"), "ten") && str_is(value("born"), "31/2/2012"));
	assert_int_equal(item("who")->answer_count, 2);
	assert_int_equal(item("colour")->answer_count, 0); /* not posted is blank, whatever it began as */
	assert_false(check());
	error_is("count", "whole number");
	error_is("born", "date that exists");
}

static void unknown_fields_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"banana=1", "young=1", "child=1", "child.0=1", "child.99:child-name=x", "child.x:child-name=x",
					  "child.0:banana=x", "colour.reason=x", "surname-day=1", "nothing.0:x=1", ":=1", "=1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = ERR_INIT;
		if (fill(&e, bad[i], NULL) || e.code == ERR_NONE)
			fail_msg("%s was taken", bad[i]);
	}
}

static void dates_may_be_written_as_people_do(void **state)
{
	(void)state;
	static const char *const rows[][2] = {{"born=2012-05-01", "2012-05-01"},   {"born=1/5/2012", "2012-05-01"}, {"born=01 May 2012", "2012-05-01"},
					      {"born=1-may-2012", "2012-05-01"},   {"born=2012", "2012"},	     {"seen-at=1/7/2012 9:05", NULL},
					      {"seen-at=1/7/2012 09:05", "2012-07-01T09:05:00+01:00"}, {"seen-at=2012-01-01T10:00", "2012-01-01T10:00:00+00:00"},
					      {"seen-time=16:10", "16:10:00"},	   {"seen-time=25:00", NULL}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		FILL(rows[i][0], WHOLE);
		struct str name = str_from(rows[i][0]);
		name.n = (size_t)str_find_char(name, '=');
		const struct json *r = form_response(a, f, STR("completed"), STR("Patient/p1"), STR_NONE, NOW), *found = NULL;
		for (size_t k = 0; k < json_n(json_getz(r, "item")); k++)
			if (str_eq(json_str(json_at(json_getz(r, "item"), k), "linkId"), name))
				found = json_at(json_getz(json_at(json_getz(r, "item"), k), "answer"), 0);
		struct str got = found ? json_text(found->members[0].value) : STR_NONE;
		if (rows[i][1] ? !str_is(got, rows[i][1]) : got.n > 0)
			fail_msg("%s gave %.*s", rows[i][0], STR_ARG(got));
	}
	FILL("born-day=1", "born-month=5", "born-year=2012");
	assert_true(str_is(value("born"), "1/5/2012"));
	FILL("born-day=", "born-month=", "born-year=2012");
	assert_true(str_is(value("born"), "2012"));
	FILL("born-day=", "born-month=5", "born-year=2012");
	assert_true(str_is(value("born"), "2012-05"));
	FILL("born-day=1", "born-month=", "born-year=2012");
	check();
	error_is("born", "date that exists");
	assert_false(fill(NULL, "sure-day=1", NULL));
}

static void answers_switch_items_on(void **state)
{
	(void)state;
	FILL(WHOLE, "colour=blue");
	assert_false(item("why-red")->enabled || item("many")->enabled || item("child.0")->enabled);
	FILL(WHOLE, "colour=red", "count=9");
	assert_true(item("why-red")->enabled && !item("many")->enabled);
	assert_false(item("not-red")->enabled);
	FILL(WHOLE, "count=10");
	assert_true(item("not-red")->enabled); /* no answer is not red, either */
	assert_true(item("many")->enabled);
	FILL(WHOLE, "count=9", "sure=true");
	assert_true(item("many")->enabled);
	assert_true(str_is(item("why-red")->enable_when, "all colour=red"));
	assert_int_equal(item("many")->enable_when.n, 0); /* >= is for the server */
	assert_true(str_is(item("child.0:child-other")->enable_when, "all child.0:child-tie=other"));
	map_put(&context.variables, STR("patient"), parsed("{\"resourceType\":\"Patient\",\"birthDate\":\"1980-05-01\"}"));
	FILL(WHOLE);
	assert_false(item("young")->enabled);
}

static void calculated_values_follow(void **state)
{
	(void)state;
	FILL(WHOLE, "count=21", "twice=99"); /* what the form works out is not for the sender to say */
	assert_true(str_is(value("twice"), "42"));
	assert_true(item("twice")->read_only);
	FILL(WHOLE);
	assert_int_equal(item("twice")->answer_count, 0);
}

static void groups_repeat(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	FILL("surname=X", "who=Mother", "who=Father", "cares=yes", "child.0:child-name=Ann", "child.2:child-name=Cy", "child.2:child-tie=other");
	assert_true(str_is(value("child.0:child-name"), "Ann") && str_is(value("child.2:child-name"), "Cy"));
	assert_true(item("child.2:child-other")->enabled);
	assert_false(item("child.0:child-other")->enabled); /* each by its own answer */
	assert_int_equal(item("child.2")->index, 2);
	assert_false(check());
	error_is("child.2:child-other", "What tie");
	assert_int_equal(item("child.1:child-name")->error.n, 0); /* one left blank is none */
	assert_int_equal(f->errors, 1);
	must(form_repeat(a, f, pack, &context, STR("child.0"), &e), &e);
	assert_true(str_is(item("child.3")->name, "child.3"));
	assert_false(form_repeat(a, f, pack, &context, STR("surname"), &e));
	for (int i = 4; i < 50; i++)
		assert_true(form_repeat(a, f, pack, &context, STR("child.0"), &e));
	assert_false(form_repeat(a, f, pack, &context, STR("child.0"), &e));
}

/* ---- checking ---- */

static void blank_cannot_be_filed(void **state)
{
	(void)state;
	FILL("note=x");
	assert_false(check());
	error_is("surname", "Enter: What is the surname");
	error_is("cares", "Choose yes, no, declined or not asked");
	error_is("who", "");
	size_t at = 0;
	assert_true(str_is(form_next_error(f, &at)->name, "surname"));
	assert_true(str_is(form_next_error(f, &at)->name, "cares"));
	assert_null(form_next_error(f, &at));
	FILL(WHOLE);
	assert_true(check());
}

static void a_prompt_has_four_answers_and_wants_a_reason(void **state)
{
	(void)state;
	static const char *const fine[] = {"cares=no", "cares=declined"};
	for (size_t i = 0; i < 2; i++) {
		FILL("surname=X", "who=Mother", "who=Father", fine[i]);
		assert_true(check());
	}
	FILL("surname=X", "who=Mother", "who=Father", "cares=not-asked");
	assert_false(check());
	error_is("cares", "Say why this was not asked");
	FILL("surname=X", "who=Mother", "who=Father", "cares=not-asked", "cares.reason=too-unwell");
	assert_true(check());
	FILL("surname=X", "who=Mother", "who=Father", "cares=not-asked", "cares.reason=The alarm went off");
	assert_true(check()); /* open-choice: other words will do */
	FILL("surname=X", "who=Mother", "who=Father", "cares=perhaps");
	assert_false(check());
	error_is("cares", "one of those listed");
	FILL("surname=X", "who=Mother", "who=Father", "cares=yes");
	assert_false(check());
	error_is("child.0", "Each child");
	error_is("child.0:child-name", "Name");
}

static void bounds_and_constraints_are_kept(void **state)
{
	(void)state;
	static const struct {
		const char *field, *name, *says;
	} rows[] = {
		{"weight=0.99", "weight", "Must be 1 or more"}, {"weight=200.5", "weight", "Must be 200 or less"}, {"weight=200.0", "weight", NULL},
		{"weight=-1", "weight", "or more"},		 {"weight=1e3", "weight", "Enter a number"},	    {"weight=.5", "weight", "Enter a number"},
		{"count=3000000000", "count", "whole number"},	 {"count=-0", "count", "whole number"},		    {"count=007", "count", "whole number"},
		{"surname=Abcdefghijklm", "surname", "12 characters"}, {"who=Brother", "who", NULL},		    {"sure=maybe", "sure", "Choose yes or no"},
		{"colour=green", "colour", "one of those listed"},  {"seen=2026-12-24", "seen", "cannot be in the future"}, {"seen=2026-12-23", "seen", NULL},
		{"practitioner=Dr Foo", "practitioner", "one of those listed"}, {"practitioner=Practitioner/1", "practitioner", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		FILL(WHOLE, "seen-by=x", rows[i].field);
		check();
		if (rows[i].says)
			error_is(rows[i].name, rows[i].says);
		else if (item(rows[i].name)->error.n)
			fail_msg("%s: %.*s", rows[i].field, STR_ARG(item(rows[i].name)->error));
	}
	FILL("surname=X", "who=Mother", "cares=no");
	assert_false(check());
	error_is("who", "at least 2");
	FILL(WHOLE, "who=Father", "who=Mother");
	assert_false(check());
	error_is("who", "at most 3");
	FILL("surname=X", "who=Mother", "who=Father", "cares=no", "colour=red", "why-red=abc");
	assert_false(check());
	error_is("why-red", "at least 5 characters");
	FILL("surname=Nobody", "who=Mother", "who=Father", "cares=no");
	assert_false(check());
	assert_true(str_is(f->error, "Nobody cannot fill this in"));
	FILL(WHOLE, "seen=2026-12-01");
	assert_false(check());
	error_is("seen-by", "By whom"); /* asked because of an answer */
}

/* ---- the response ---- */

static const struct json *in_response(const struct json *r, const char *link_id)
{
	const struct json *list = json_getz(r, "item");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "linkId"), link_id))
			return json_at(list, i);
	return NULL;
}

static struct json *filled_response(const char *status)
{
	FILL("surname=Testperson", "who=Mother", "who=An aunt", "cares=yes", "child.0:child-name=Ann", "child.0:child-born=1/2/2020", "child.0:child-tie=mother",
	     "child.1:child-name=Bo", "seen=2026-12-01", "seen-by=Nurse", "note=We talked", "weight=12.50", "colour=blue", "why-red=not shown");
	return form_response(a, f, str_from(status), STR("Patient/p1"), STR("Practitioner/n1"), NOW);
}

static void a_response_holds_what_applies(void **state)
{
	(void)state;
	struct json *r = filled_response("completed");
	struct fhir_outcome *o = fhir_outcome_new(a);
	if (!fhir_validate(a, r, STR_NONE, o))
		fail_msg("%.*s", STR_ARG(json_to_str(a, fhir_outcome_json(a, o))));
	assert_true(str_is(json_str(r, "questionnaire"), HEED_BASE_URL "/Questionnaire/engine|1.0.0"));
	assert_true(str_is(json_str(r, "authored"), "2026-12-23T16:30:00+00:00"));
	assert_true(str_is(json_str(json_getz(r, "encounter"), "reference"), "Encounter/e1"));
	assert_true(str_is(json_text(json_path(r, "extension", "0", "valueReference", "reference", NULL)), "Task/t1"));
	assert_null(in_response(r, "why-red")); /* off: not in it, though it was typed */
	assert_true(str_is(json_text(json_path(in_response(r, "weight"), "answer", "0", "valueDecimal", NULL)), "12.50"));
	assert_true(str_is(json_text(json_path(in_response(r, "who"), "answer", "1", "valueString", NULL)), "An aunt"));
	assert_true(str_is(json_text(json_path(in_response(r, "colour"), "answer", "0", "valueCoding", "system", NULL)), "http://example.org/colour"));
	assert_true(str_is(json_text(json_path(in_response(r, "seen"), "answer", "0", "item", "0", "answer", "0", "valueString", NULL)), "Nurse"));
	assert_true(str_is(json_text(json_path(in_response(r, "child"), "item", "0", "answer", "0", "valueString", NULL)), "Ann"));
	FILL("surname=X", "who=Mother", "who=Father", "cares=not-asked", "cares.reason=too-unwell");
	r = form_response(a, f, STR("completed"), STR("Patient/p1"), STR_NONE, NOW);
	assert_true(str_is(json_text(json_path(in_response(r, "cares-reason"), "answer", "0", "valueCoding", "code", NULL)), "too-unwell"));
}

static void a_draft_comes_back_as_it_was_typed(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	FILL("count=ten", "born=31/2/2012", "cares=not-asked", "cares.reason=other", "child.1:child-name=Bo", "who=A", "who=B");
	struct json *draft = form_response(a, f, STR("in-progress"), STR("Patient/p1"), STR_NONE, NOW);
	assert_true(fhir_validate(a, draft, STR_NONE, fhir_outcome_new(a)));
	json_setz(a, draft, "id", json_stringz(a, "d1"));
	must(form_open(a, pack, URL, &context, &f, &e), &e);
	must(form_fill_response(a, f, pack, &context, draft, &e), &e);
	assert_true(str_is(value("count"), "ten") && str_is(value("born"), "31/2/2012"));
	assert_true(str_is(value("cares"), "not-asked") && str_is(item("cares")->reason, "other"));
	assert_int_equal(item("who")->answer_count, 2);
	assert_int_equal(item("surname")->answer_count, 0); /* prefill does not come back over what was cleared */
	assert_true(str_is(f->id, "d1"));
	struct json *again = form_response(a, f, STR("in-progress"), STR("Patient/p1"), STR_NONE, NOW);
	assert_true(json_equal(draft, again));
}

static void a_filed_response_comes_back_whole(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct json *r = filled_response("completed");
	must(form_open(a, pack, URL, &context, &f, &e), &e);
	must(form_fill_response(a, f, pack, &context, r, &e), &e);
	assert_true(check());
	assert_true(json_equal(r, form_response(a, f, STR("completed"), STR("Patient/p1"), STR("Practitioner/n1"), NOW)));
}

/* ---- by the API ---- */

static void posted_responses_are_compared_with_the_form(void **state)
{
	(void)state;
	struct json *r = filled_response("completed");
	struct fhir_outcome *o = fhir_outcome_new(a);
	assert_true(form_validate(a, pack, r, o));
	static const struct {
		const char *item, *says;
	} rows[] = {
		{"{\"linkId\":\"banana\",\"answer\":[{\"valueString\":\"x\"}]}", "is not in this form"},
		{"{\"linkId\":\"note\",\"answer\":[{\"valueInteger\":1}]}", "another type"},
		{"{\"linkId\":\"note\",\"answer\":[{\"valueString\":\"a\"},{\"valueString\":\"b\"}]}", "takes one answer"},
		{"{\"linkId\":\"many\",\"answer\":[{\"valueString\":\"x\"}]}", "does not apply"},
		{"{\"linkId\":\"gender\",\"answer\":[{\"valueCoding\":{\"system\":\"http://example.org/x\",\"code\":\"male\"}}]}", "not one of the form's options"},
		{"{\"linkId\":\"count\",\"answer\":[{\"valueInteger\":1}],\"item\":[]}", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json *bad = json_clone(a, r), *list = json_clone(a, json_getz(r, "item"));
		json_push(a, list, parsed(rows[i].item));
		json_setz(a, bad, "item", list);
		/* the item is in the form once, so what stands already gives way */
		for (uint32_t k = 0; k + 1 < list->n; k++)
			if (str_eq(json_str(list->items[k], "linkId"), json_str(list->items[list->n - 1], "linkId")))
				list->items[k] = list->items[list->n - 1], list->n--;
		o = fhir_outcome_new(a);
		bool ok = form_validate(a, pack, bad, o);
		if (ok != !rows[i].says || (rows[i].says && str_find(o->issues.v[0].diagnostics, str_from(rows[i].says)) < 0))
			fail_msg("%s: %.*s", rows[i].item, STR_ARG(json_to_str(a, fhir_outcome_json(a, o))));
	}
	struct json *blank = json_clone(a, r);
	json_remove(blank, STR("item"));
	o = fhir_outcome_new(a);
	assert_false(form_validate(a, pack, blank, o));
	assert_true(o->errors >= 2);
	json_setz(a, blank, "status", json_stringz(a, "in-progress"));
	assert_true(form_validate(a, pack, blank, fhir_outcome_new(a))); /* a draft may be blank */
	json_setz(a, blank, "questionnaire", json_stringz(a, "http://example.org/none"));
	o = fhir_outcome_new(a);
	assert_true(form_validate(a, pack, blank, o));
	assert_int_equal(o->issues.n, 1); /* said, and no error */
}

/* ---- extraction ---- */

static void filing_makes_resources(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct json *r = filled_response("completed"), *made;
	json_setz(a, r, "id", json_stringz(a, "r1"));
	must(form_extract(a, pack, r, &context, &made, &e), &e);
	assert_int_equal(json_n(made), 3);
	const struct json *words = json_at(made, 0), *ann = json_at(made, 1), *bo = json_at(made, 2);
	assert_true(str_is(json_str(words, "id"), "r1.words"));
	assert_true(str_is(json_str(words, "valueString"), "Testperson said: We talked"));
	assert_true(str_is(json_str(words, "effectiveDateTime"), "2026-12-23T16:30:00+00:00") || json_str(words, "effectiveDateTime").n);
	assert_true(str_is(json_str(json_getz(words, "subject"), "reference"), "Patient/p1"));
	assert_null(json_getz(words, "note")); /* what is empty is left out */
	assert_true(str_is(json_str(ann, "id"), "r1.child.0") && str_is(json_str(bo, "id"), "r1.child.1"));
	assert_true(str_is(json_text(json_path(ann, "name", "0", "text", NULL)), "Ann"));
	assert_true(str_is(json_str(ann, "birthDate"), "2020-02-01"));
	assert_true(str_is(json_text(json_path(ann, "contact", "0", "relationship", "0", "coding", "0", "code", NULL)), "mother"));
	assert_true(str_is(json_text(json_path(ann, "contact", "0", "name", "text", NULL)), "Testperson"));
	assert_null(json_getz(bo, "birthDate"));
	for (size_t i = 0; i < 3; i++)
		if (!fhir_validate(a, json_at(made, i), STR_NONE, fhir_outcome_new(a)))
			fail_msg("%.*s", STR_ARG(json_to_str(a, json_at(made, i))));
	json_setz(a, r, "item", json_getz(parsed("{\"item\":[{\"linkId\":\"surname\",\"answer\":[{\"valueString\":\"X\"}]}]}"), "item"));
	must(form_extract(a, pack, r, &context, &made, &e), &e);
	assert_int_equal(json_n(made), 0); /* `when` does not hold, and no child was answered */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_fresh_form_knows_what_the_record_holds, fresh),
		cmocka_unit_test_setup(items_have_their_kind, fresh),
		cmocka_unit_test_setup(an_unknown_form_or_variable_is_an_error, fresh),
		cmocka_unit_test_setup(what_was_typed_stays, fresh),
		cmocka_unit_test_setup(unknown_fields_are_refused, fresh),
		cmocka_unit_test_setup(dates_may_be_written_as_people_do, fresh),
		cmocka_unit_test_setup(answers_switch_items_on, fresh),
		cmocka_unit_test_setup(calculated_values_follow, fresh),
		cmocka_unit_test_setup(groups_repeat, fresh),
		cmocka_unit_test_setup(blank_cannot_be_filed, fresh),
		cmocka_unit_test_setup(a_prompt_has_four_answers_and_wants_a_reason, fresh),
		cmocka_unit_test_setup(bounds_and_constraints_are_kept, fresh),
		cmocka_unit_test_setup(a_response_holds_what_applies, fresh),
		cmocka_unit_test_setup(a_draft_comes_back_as_it_was_typed, fresh),
		cmocka_unit_test_setup(a_filed_response_comes_back_whole, fresh),
		cmocka_unit_test_setup(posted_responses_are_compared_with_the_form, fresh),
		cmocka_unit_test_setup(filing_makes_resources, fresh),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
