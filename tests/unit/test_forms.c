/* The forms of the pack: each opens, refuses blank, takes a full set of answers, files a response that is right FHIR, and makes
 * the resources the pathways wait for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "form/form.h"

#define NOW INT64_C(1798043400000000) /* 2026-12-23T16:30:00Z */
#define FORM(id) HEED_BASE_URL "/Questionnaire/" id

static struct arena *a;
static const struct pack *pack;
static struct form_context context;

static int load(void **state)
{
	(void)state;
	a = arena_new(0);
	static const char *const dirs[] = {"pack/england", "pack/derby"};
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
	struct err e = ERR_INIT;
	if (!json_parse(a, str_from(text), NULL, &j, &e))
		fail_msg("%s in %s", e.message, text);
	return j;
}

static void give(const char *name, const char *text)
{
	map_put(&context.variables, str_from(name), parsed(text));
}

static int fresh(void **state)
{
	(void)state;
	context = (struct form_context){.variables = map_new(a), .now_us = NOW};
	give("patient", "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"birthDate\":\"2012-05-01\",\"name\":[{\"family\":\"Testperson\"}],"
			"\"generalPractitioner\":[{\"display\":\"Example Surgery\"}]}");
	give("encounter", "{\"resourceType\":\"Encounter\",\"id\":\"e1\",\"status\":\"triaged\",\"extension\":[{\"url\":\"" HEED_BASE_URL
			  "/StructureDefinition/treatment-area\",\"valueCode\":\"adult\"}],\"participant\":[{\"individual\":{\"reference\":\"Practitioner/n2\"}}]}");
	give("user", "{\"resourceType\":\"Practitioner\",\"id\":\"n1\",\"name\":[{\"given\":[\"Ash\"],\"family\":\"Example\"}]}");
	give("request", "{\"resourceType\":\"ServiceRequest\",\"id\":\"s1\",\"requester\":{\"reference\":\"Practitioner/n2\"},\"reasonCode\":[{\"text\":\"Said by phone\"}]}");
	give("flags", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{\"resource\":{\"resourceType\":\"Flag\",\"status\":\"active\",\"code\":{\"text\":\"Child protection plan\"}}}]}");
	return 0;
}

/* One field a line, "name=value". */
static struct form *filled(const char *url, const char *lines)
{
	struct form *f = NULL;
	struct err e = ERR_INIT;
	if (!form_open(a, pack, str_from(url), &context, &f, &e))
		fail_msg("%s: %s", url, e.message);
	if (!lines)
		return f;
	VEC(struct form_field) fields = {0};
	struct str rest = str_from(lines), line;
	while (str_next(&rest, '\n', &line)) {
		size_t at = (size_t)str_find_char(line, '=');
		if (line.n)
			VEC_PUSH(a, &fields, (struct form_field){str_sub(line, 0, at), str_sub(line, at + 1, line.n)});
	}
	if (!form_fill(a, f, pack, &context, fields.v, fields.n, &e))
		fail_msg("%s: %s", url, e.message);
	return f;
}

static bool may_file(struct form *f)
{
	struct err e = ERR_INIT;
	bool ok = form_check(a, f, pack, &context, &e);
	if (!ok && !f->errors)
		fail_msg("%.*s: %s", STR_ARG(f->questionnaire->id), e.message);
	return ok;
}

static void must_file(struct form *f)
{
	if (may_file(f))
		return;
	size_t at = 0;
	for (const struct form_item *i; (i = form_next_error(f, &at));)
		printf("%.*s: %.*s\n", STR_ARG(i->name), STR_ARG(i->error));
	fail_msg("%.*s cannot be filed: %.*s", STR_ARG(f->questionnaire->id), STR_ARG(f->error));
}

static bool complains(const struct form *f, const char *name)
{
	size_t at = 0;
	for (const struct form_item *i; (i = form_next_error(f, &at));)
		if (str_is(i->name, name))
			return true;
	return false;
}

static void must_be_right(const struct json *resource)
{
	struct fhir_outcome *o = fhir_outcome_new(a);
	if (!fhir_validate(a, resource, STR_NONE, o))
		fail_msg("%s\n%s", str_c(a, json_to_str(a, fhir_outcome_json(a, o))), str_c(a, json_to_str(a, resource)));
}

static struct json *response_of(struct form *f)
{
	must_file(f);
	f->id = STR("r1");
	struct json *r = form_response(a, f, STR("completed"), STR("Patient/p1"), STR("Practitioner/n1"), NOW);
	must_be_right(r);
	struct fhir_outcome *o = fhir_outcome_new(a);
	if (!form_validate(a, pack, r, o)) /* the same by the API */
		fail_msg("%s", str_c(a, json_to_str(a, fhir_outcome_json(a, o))));
	return r;
}

static struct json *made_by(struct form *f)
{
	struct json *made;
	struct err e = ERR_INIT;
	if (!form_extract(a, pack, response_of(f), &context, &made, &e))
		fail_msg("%.*s: %s", STR_ARG(f->questionnaire->id), e.message);
	for (size_t i = 0; i < json_n(made); i++)
		must_be_right(json_at(made, i));
	return made;
}

#define SAY "=Words enough to be an answer that says something to the reader.\n"

/* What each form takes, what it makes ("Type id, ..."), and one line without which it cannot be filed. */
static const struct {
	const char *url, *lines, *makes, *without;
} forms[] = {
	{FORM("sharing-notice"),
	 "notice-told=told\nnotice-who=child\nnotice-who=mother\nnotice-format=read-aloud\nnotice-version=2026-1\nnotice-language=English\nyoung-person-told=yes", "",
	 "young-person-told"},
	{FORM("sharing-notice"), "notice-told=not-told\nnotice-not-told-reason=risk\nyoung-person-told=not-asked\nyoung-person-told.reason=too-unwell", "",
	 "notice-not-told-reason"},
	{FORM("ed-child"),
	 "treatment-area=adult\naccompanied-by=mother\naccompanying-name=Mo Example\naccompanying-pr=yes\nsocial-worker=no\ndelay=yes\nstory-fits=yes\n"
	 "injury-fits-age=yes\ninteraction=no\nprevious=not-asked\nprevious.reason=no-interpreter\nself-harm-exploitation=no\nflag-seen=considered\nfindings" SAY
	 "seen-alone=yes\nchilds-words=I fell\nmay-share=All of it\nconcern-level=lower-level\nconcern-reason" SAY,
	 "Observation r1.words", "findings"},
	{FORM("young-person-adult-area"),
	 "chaperone=yes\nseen-alone=yes\nself-harm=no\ncse=no\nexploitation=declined\nsubstance=yes\ncarer=no\nfindings" SAY "nurse-in-charge=Sam Example", "", "carer"},
	{FORM("ed-adult"),
	 "children-answer=yes\nchild.0:child-given=Ann\nchild.0:child-family=Example\nchild.0:child-born=2019\nchild.0:child-tie=MTH\nchild.0:child-where=home\nchild.0:child-with=Father\n"
	 "child.0:child-safe=yes\nchild.1:child-given=Bo\nchild.1:child-family=Example\nchild.1:child-tie=MTH\nchild.1:child-where=school\nchild.1:child-with=Teacher\nchild.1:child-safe=not-asked\n"
	 "child.1:child-safe.reason=too-unwell\ncontact-with-others=no\npregnant=no\nyoung-carer=no\nconcern-level=none\nimpact" SAY,
	 "Patient r1.child.0, RelatedPerson r1.tie.0, Patient r1.child.1, RelatedPerson r1.tie.1", "child.1:child-safe.reason"},
	{FORM("ed-adult"), "children-answer=no\ncontact-with-others=no\npregnant=no\nyoung-carer=no", "", "children-answer"},
	{FORM("ed-adult"), "children-answer=not-asked\nchildren-answer.reason=too-unwell\ncontact-with-others=not-asked\ncontact-with-others.reason=too-unwell\n"
			   "pregnant=declined\nyoung-carer=declined", "", "children-answer.reason"},
	{FORM("left-without-being-seen"),
	 "time-left=23/12/2026 15:00\nlast-seen-by=Sam Example\ntook-child=alone\nrisk=high\nrisk-reason" SAY
	 "flag-seen=considered\nattempt.0:attempt-at=23/12/2026 15:30\nattempt.0:attempt-how=Phone, mother\nattempt.0:attempt-result=No answer\ncontact-outcome=not-reached\n"
	 "welfare-check=requested\nsenior-sign-off=Dr Example",
	 "Communication r1.contact, ServiceRequest r1.welfare", "senior-sign-off"},
	{FORM("liaison-review"), "outcome=no-concern", "", "outcome"},
	{FORM("liaison-review"),
	 "outcome=missed-concern\nmissed-category=not-asked\nmissed-what" SAY "feedback" SAY "threshold=early-help\ninformed=gp\ninformed=ed-practitioner",
	 "Communication r1.feedback", "feedback"},
	{FORM("hv-sn-form"), "to=school-nurse\nwhat-happened" SAY "worry" SAY "ask" SAY "family-told=no\nnot-told-why" SAY, "", "not-told-why"},
	{FORM("referral-phone"), "spoke-to=Kim, duty team\nconcern" SAY "advice=Write it up; visit today",
	 "ServiceRequest r1.request, QuestionnaireResponse r1.written, Communication r1.copy", "concern"},
	{FORM("multi-agency-referral"),
	 "consent=refused\nconsent-reason" SAY "family-told=yes\nconcern" SAY "risk-analysis" SAY "safe-now=yes\nknown" SAY "not-known" SAY "strengths" SAY
	 "threshold=child-protection\nthreshold-reason" SAY "ask" SAY "reply-to=Ash Example, 01632 960001",
	 "Communication r1.copy", "risk-analysis"},
	{FORM("referral-receipt"), "received-by=Kim, front door", "Communication r1.receipt", "received-by"},
	{FORM("referral-decision"), "decision=assessment\nrationale" SAY "plan" SAY "decided-by=Kim", "Communication r1.decision", "rationale"},
	{FORM("referral-challenge"), "stage=2\nabout=threshold\nput-to=Team manager\nposition" SAY "child-impact" SAY "resolved=false", "Communication r1.challenge", "child-impact"},
	{FORM("referral-feedback"), "result=plan\nwhat" SAY, "Communication r1.feedback", "what"},
	{FORM("concern-note"),
	 "kind=colleague\nwhen=23/12/2026 10:00\nwhat" SAY "seen-alone=no\nchilds-words=I do not like it there\nview" SAY "concern-level=lower-level\nothers-know=yes\nagreed" SAY,
	 "Observation r1.words", "agreed"},
};

static struct str made_list(const struct json *made)
{
	struct buf b = buf_new(a, 4096);
	for (size_t i = 0; i < json_n(made); i++)
		buf_printf(&b, "%s%.*s %.*s", i ? ", " : "", STR_ARG(json_str(json_at(made, i), "resourceType")), STR_ARG(json_str(json_at(made, i), "id")));
	return buf_str(&b);
}

static const char *lines_of(const char *url)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].url, url) == 0)
			return forms[i].lines;
	fail_msg("no test fills %s", url);
	return NULL;
}

static void each_form_refuses_blank(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct form *f = filled(forms[i].url, "");
		if (may_file(f))
			fail_msg("%s was filed blank", forms[i].url);
	}
}

static void each_form_files_and_makes_what_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct str made = made_list(made_by(filled(forms[i].url, forms[i].lines)));
		if (!str_is(made, forms[i].makes))
			fail_msg("%s made %.*s", forms[i].url, STR_ARG(made));
	}
}

/* Leaves out the line that begins so. */
static const char *without(const char *lines, const char *name)
{
	struct buf b = buf_new(a, 1 << 16);
	struct str rest = str_from(lines), line, start = str_printf(a, "%s=", name);
	while (str_next(&rest, '\n', &line))
		if (!str_starts(line, start) && line.n)
			buf_printf(&b, "%s%.*s", b.n ? "\n" : "", STR_ARG(line));
	return buf_str(&b).p;
}

static void a_must_ask_left_out_stops_filing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct form *f = filled(forms[i].url, without(forms[i].lines, forms[i].without));
		struct str name = str_from(forms[i].without);
		if (str_ends(name, STR(".reason")))
			name.n -= 7;
		if (may_file(f) || !complains(f, str_c(a, name)))
			fail_msg("%s: nothing said of %s", forms[i].url, forms[i].without);
	}
}

/* rule 3: what the record holds is shown, not asked. */
static void known_facts_are_filled_in(void **state)
{
	(void)state;
	static const struct {
		const char *url, *name, *value;
	} rows[] = {
		{FORM("ed-child"), "gp", "Example Surgery"},		 {FORM("ed-child"), "treatment-area", "adult"},
		{FORM("multi-agency-referral"), "concern", "Said by phone"}, {FORM("multi-agency-referral"), "known", "Child protection plan"},
		{FORM("multi-agency-referral"), "reply-to", "Ash Example"},  {FORM("referral-decision"), "decided-by", "Ash Example"},
		{FORM("hv-sn-form"), "to", "school-nurse"},		     {FORM("sharing-notice"), "notice-language", "English"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct form *f = filled(rows[i].url, NULL);
		struct form_item *item = form_find(f, str_from(rows[i].name));
		assert_non_null(item);
		if (!item->prefilled || !str_is(item->answers[0].code_or_text, rows[i].value))
			fail_msg("%s %s holds %.*s", rows[i].url, rows[i].name, item->answer_count ? (int)item->answers[0].code_or_text.n : 0,
				 item->answer_count ? item->answers[0].code_or_text.p : "");
	}
	assert_int_equal(form_find(filled(FORM("ed-child"), NULL), STR("flag-seen"))->answer_count, 0); /* there is one: must be considered */
	give("flags", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}");
	assert_true(str_is(form_find(filled(FORM("ed-child"), NULL), STR("flag-seen"))->answers[0].code_or_text, "none"));
}

static void the_form_follows_the_age(void **state)
{
	(void)state;
	static const struct {
		int age;
		const char *id;
	} rows[] = {{0, "ed-child"}, {17, "ed-child"}, {18, "ed-adult"}, {90, "ed-adult"}};
	for (size_t i = 0; i < 4; i++)
		assert_true(str_is(form_for(pack, STR("ed"), rows[i].age)->id, rows[i].id));
	assert_null(form_for(pack, STR("nowhere"), 5));
	give("patient", "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"birthDate\":\"2020-05-01\"}");
	assert_false(form_find(filled(FORM("sharing-notice"), NULL), STR("young-person-told"))->enabled); /* from 12 */
	assert_false(form_find(filled(FORM("left-without-being-seen"), NULL), STR("capacity"))->enabled); /* from 16 */
}

/* F3.2: what was said by phone is a request by phone, a draft that holds it, and a copy to the safeguarding team, all of one request. */
static void a_phone_referral_opens_the_written_one(void **state)
{
	(void)state;
	map_put(&context.variables, STR("request"), NULL);
	struct json *made = made_by(filled(FORM("referral-phone"), "spoke-to=Kim\nconcern=Bruises on both arms\nadvice=Write it up\ncalled-at=23/12/2026 16:10"));
	const struct json *request = json_at(made, 0), *draft = json_at(made, 1), *copy = json_at(made, 2);
	assert_true(str_is(json_text(json_path(request, "code", "coding", "0", "code", NULL)), "csc-referral"));
	assert_true(str_is(json_text(json_path(request, "extension", "0", "valueCode", NULL)), "verbal"));
	assert_true(str_is(json_str(request, "authoredOn"), "2026-12-23T16:10:00+00:00"));
	assert_true(str_is(json_text(json_path(request, "requester", "reference", NULL)), "Practitioner/n1"));
	assert_true(str_is(json_text(json_path(request, "encounter", "reference", NULL)), "Encounter/e1"));
	assert_true(str_is(json_text(json_path(draft, "basedOn", "0", "reference", NULL)), "ServiceRequest/r1.request"));
	assert_true(str_is(json_text(json_path(copy, "basedOn", "0", "reference", NULL)), "ServiceRequest/r1.request"));
	struct form *f = filled(FORM("multi-agency-referral"), NULL);
	struct err e = ERR_INIT;
	assert_true(form_fill_response(a, f, pack, &context, draft, &e));
	assert_true(str_is(form_find(f, STR("concern"))->answers[0].code_or_text, "Bruises on both arms"));
	assert_true(str_is(f->based_on, "ServiceRequest/r1.request"));
}

/* F3.12: written without a call first, it is a request of its own. */
static void a_written_referral_may_come_first(void **state)
{
	(void)state;
	map_put(&context.variables, STR("request"), NULL);
	struct json *made = made_by(filled(FORM("multi-agency-referral"), lines_of(FORM("multi-agency-referral"))));
	assert_true(str_is(made_list(made), "ServiceRequest r1.request, Communication r1.copy"));
}

static void answers_go_back_to_the_referrer(void **state)
{
	(void)state;
	static const char *const urls[] = {FORM("referral-decision"), FORM("referral-receipt"), FORM("referral-feedback")};
	for (size_t k = 0; k < 3; k++) {
		const struct json *c = json_at(made_by(filled(urls[k], lines_of(urls[k]))), 0);
		assert_true(str_is(json_text(json_path(c, "recipient", "0", "reference", NULL)), "Practitioner/n2"));
		assert_true(str_is(json_text(json_path(c, "basedOn", "0", "reference", NULL)), "ServiceRequest/s1"));
		assert_true(json_text(json_path(c, "payload", "0", "contentString", NULL)).n > 10);
	}
}

/* The adult's children: a record of each, and the tie to the adult. */
static void an_adult_carries_children(void **state)
{
	(void)state;
	const struct json *made = made_by(filled(FORM("ed-adult"), lines_of(FORM("ed-adult")))), *ann = json_at(made, 0), *tie = json_at(made, 3);
	assert_true(str_is(json_text(json_path(ann, "name", "0", "given", "0", NULL)), "Ann"));
	assert_true(str_is(json_text(json_path(ann, "name", "0", "family", NULL)), "Example"));
	assert_true(str_is(json_str(ann, "birthDate"), "2019"));
	assert_true(str_is(json_text(json_path(tie, "patient", "reference", NULL)), "Patient/r1.child.1"));
	assert_true(str_is(json_text(json_path(tie, "relationship", "0", "coding", "0", "code", NULL)), "MTH"));
	assert_true(str_is(json_text(json_path(tie, "extension", "0", "valueReference", "reference", NULL)), "Patient/p1"));
}

/* Every question that must be answered says which finding it answers, and every form which review. */
static void must_asks_cite_their_finding(struct form_item *items, size_t n, struct str form)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].kind != FORM_GROUP && items[i].required && !items[i].finding.n)
			fail_msg("%.*s: %.*s cites no finding", STR_ARG(form), STR_ARG(items[i].link_id));
		must_asks_cite_their_finding(items[i].children, items[i].child_count, form);
	}
}

static void all_forms_cite(void **state)
{
	(void)state;
	const struct pack_resource *const *list;
	size_t n = pack_all(pack, STR("Questionnaire"), &list);
	assert_true(n >= 14);
	for (size_t i = 0; i < n; i++) {
		struct form *f = filled(str_c(a, list[i]->url), NULL);
		must_asks_cite_their_finding(f->items, f->item_count, list[i]->id);
		assert_true(str_starts(json_str(list[i]->body, "purpose"), STR("CQC Derby ")));
		bool tested = false;
		for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
			tested |= str_is(list[i]->url, forms[k].url);
		if (!tested)
			fail_msg("no test fills %.*s", STR_ARG(list[i]->id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_form_refuses_blank, fresh),
		cmocka_unit_test_setup(each_form_files_and_makes_what_it_should, fresh),
		cmocka_unit_test_setup(a_must_ask_left_out_stops_filing, fresh),
		cmocka_unit_test_setup(known_facts_are_filled_in, fresh),
		cmocka_unit_test_setup(the_form_follows_the_age, fresh),
		cmocka_unit_test_setup(a_phone_referral_opens_the_written_one, fresh),
		cmocka_unit_test_setup(a_written_referral_may_come_first, fresh),
		cmocka_unit_test_setup(answers_go_back_to_the_referrer, fresh),
		cmocka_unit_test_setup(an_adult_carries_children, fresh),
		cmocka_unit_test_setup(all_forms_cite, fresh),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
