/* The engine, on small plans of its own: the traps of rules.md B4, restarts, pauses, who is told, and what is refused at load. */
#include "pathway_world.h"

static struct rules *rules;
static struct calendar *cal;
static const struct json *activities[8];
static size_t activity_n;

static const struct json *find_activity(void *arg, struct str canonical)
{
	(void)arg;
	for (size_t i = 0; i < activity_n; i++)
		if (str_eq(json_str(activities[i], "url"), canonical))
			return activities[i];
	return NULL;
}

static const struct calendar *find_calendar(void *arg, struct str urn)
{
	(void)arg;
	return str_is(urn, "urn:calendar:test") ? cal : NULL;
}

static const struct rule_source source = {NULL, find_activity, find_calendar, NULL};

static const struct pack_role roles[] = {
	{.code = {"nurse", 5}, .team = {"ward", 4}, .manager = {"charge", 6}, .deputy = {"charge", 6}},
	{.code = {"charge", 6}, .team = {"ward", 4}, .manager = {"lead", 4}},
	{.code = {"lead", 4}, .team = {"leads", 5}},
};

static const struct pack_role *role(void *arg, struct str code)
{
	(void)arg;
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq(roles[i].code, code))
			return &roles[i];
	return NULL;
}

#define ACTIVITIES                                                                                                                         \
	"resourceType: ActivityDefinition\nurl: urn:do\nstatus: active\ntitle: Do it\nkind: Task\n"                                         \
	"code: {coding: [{code: do}]}\n"                                                                                                   \
	"---\nresourceType: ActivityDefinition\nurl: urn:late\nstatus: active\ntitle: Late\nkind: Task\ncode: {coding: [{code: late}]}\n"   \
	"description: \"{{%trigger.id}} late for {{%subject.id}}\"\n"
#define PLAN(version, conditions, clock)                                                                                                   \
	"resourceType: PlanDefinition\nid: p\nurl: urn:p\nversion: '" version "'\npurpose: finding X\nextension:\n"                         \
	"- {url: 'http://hl7.org/fhir/StructureDefinition/variable', valueExpression: {name: fast, language: text/fhirpath, expression: \"%event.priority = 'stat'\"}}\n" \
	"action:\n- id: a\n  title: The thing\n"                                                                                           \
	"  trigger: [{type: data-added, data: [{type: ServiceRequest}], condition: {language: text/fhirpath, expression: \"status = 'active'\"}}]\n"  \
	"  participant: [{type: practitioner, role: {coding: [{code: nurse}]}}]\n" conditions                                              \
	"  definitionCanonical: urn:do\n  extension:\n  - url: https://heed.example/fhir/StructureDefinition/clock\n    extension:\n"       \
	"    - {url: calendar, valueUri: 'urn:calendar:test'}\n" clock
#define LATE(n, unit, to)                                                                                                                  \
	"    - {url: escalate, extension: [{url: after, valueQuantity: {value: " n ", code: " unit "}}, {url: to, valueCode: " to "}, "     \
	"{url: action, valueCanonical: 'urn:late'}]}\n"
#define WITHIN(n, unit) "    - {url: within, valueQuantity: {value: " n ", code: " unit "}}\n"
#define CLOSE "    - {url: dueAt, valueCode: close}\n"
#define ON(what, type, expression)                                                                                                         \
	"    - {url: " what ", valueTriggerDefinition: {type: data-changed, data: [{type: " type "}], condition: {language: text/fhirpath, expression: \"" expression "\"}}}\n"
#define MET ON("metBy", "Communication", "status = 'completed' and basedOn.where(reference = 'ServiceRequest/' & %trigger.id).exists()")
#define REQUEST(id, status, more)                                                                                                          \
	"{'resourceType':'ServiceRequest','id':'" id "','status':'" status "','intent':'order','subject':{'reference':'Patient/x'}" more "}"
#define ANSWER(id, status, sent)                                                                                                           \
	"{'resourceType':'Communication','id':'" id "','status':'" status "','subject':{'reference':'Patient/x'},'sent':'" sent "',"          \
	"'basedOn':[{'reference':'ServiceRequest/s'}]}"

static bool load(const char *plan, struct err *e)
{
	struct yaml_docs docs;
	must(yaml_parse(arena, str_from(plan), &docs, e), e);
	return rules_add_plan(rules, docs.v[0].root, &source, e);
}

/* A fresh world under one plan. */
static void world(const char *plan)
{
	struct err e = ERR_INIT;
	if (sim)
		sim_end(sim);
	rules = rules_new(arena);
	must(load(plan, &e), &e);
	sim = sim_new(arena, NULL, rules, role, NULL, true, &e);
	must(sim != NULL, &e);
	put("2015-01-01 08:00", "{'resourceType':'Patient','id':'x','birthDate':'1998-08-02'}");
}

static struct kept the_clock(void)
{
	return clock_of("Patient/x", "p#a");
}

/* ---- evidence ---- */

static void recorded_late_stays_a_breach(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-07-31 16:10", REQUEST("s", "active", ",'authoredOn':'2015-07-31T16:10:00+01:00'"));
	until("2015-08-03 17:00");
	assert_int_equal(tasks("Patient/x", "late").n, 1);
	put("2015-08-05 09:00", ANSWER("c", "completed", "2015-08-03T15:00:00+01:00"));
	struct kept k = the_clock();
	assert_int_equal(k.c.state, CLOCK_MET_RECORDED_LATE);
	assert_int_equal(k.c.step, 1);
	assert_true(says(k.id, "met in time, recorded late by Communication/c/_history/1: done Mon 3 Aug 2015 15:00, recorded Wed 5 Aug 2015 09:00"));
	assert_str(json_str(task("Patient/x", "do"), "status"), "completed");
	assert_str(json_str(task("Patient/x", "late"), "description"), "s late for x");
}

static void evidence_entered_in_error_reopens(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	put("2015-07-31 17:00", ANSWER("c", "completed", "2015-07-31T16:30:00+01:00"));
	assert_int_equal(the_clock().c.state, CLOCK_MET);
	put("2015-08-05 09:00", ANSWER("c", "entered-in-error", "2015-07-31T16:30:00+01:00"));
	struct kept k = the_clock();
	assert_int_equal(k.c.state, CLOCK_RUNNING);
	assert_int_equal(k.c.step, 1); /* due has passed meanwhile: it fires now */
	assert_str(json_str(task("Patient/x", "do"), "status"), "requested");
	assert_true(says(k.id, "Communication/c was entered in error; it runs again"));
	put("2015-08-06 09:00", ANSWER("d", "completed", "2015-08-06T09:00:00+01:00"));
	assert_int_equal(the_clock().c.state, CLOCK_MET_LATE);
	removed("2015-08-07 09:00", "Communication", "d"); /* deleted is as good as entered in error */
	assert_int_equal(the_clock().c.state, CLOCK_RUNNING);
}

static void one_evidence_counts_once(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("10", "d") "    - {url: metCount, valuePositiveInt: 2}\n" MET LATE("0", "d", "lead")));
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	put("2015-08-01 09:00", ANSWER("c", "completed", "2015-08-01T09:00:00+01:00"));
	put("2015-08-01 10:00", ANSWER("c", "completed", "2015-08-01T09:00:00+01:00")); /* amended */
	assert_int_equal(the_clock().c.met, 1);
	put("2015-08-02 09:00", ANSWER("d", "completed", "2015-08-02T09:00:00+01:00"));
	assert_int_equal(the_clock().c.state, CLOCK_MET);
}

/* ---- subjects ---- */

static void merge_moves_clocks_and_unmerge_brings_them_back(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-07-31 09:00", "{'resourceType':'Patient','id':'y','birthDate':'1998-08-02'}");
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	put("2015-07-31 17:00", "{'resourceType':'Patient','id':'x','birthDate':'1998-08-02','link':[{'type':'replaced-by','other':{'reference':'Patient/y'}}]}");
	assert_int_equal(clocks("Patient/x").n, 0);
	assert_int_equal(clock_of("Patient/y", "p#a").c.state, CLOCK_RUNNING);
	put("2015-07-31 18:00", REQUEST("s2", "active", "")); /* still says the old one */
	assert_int_equal(clock_count("Patient/y", "p#a"), 2);
	put("2015-07-31 19:00", "{'resourceType':'Patient','id':'x','birthDate':'1998-08-02'}");
	assert_int_equal(clock_count("Patient/x", "p#a"), 1); /* its own came back */
	put("2015-08-01 09:00", ANSWER("c", "completed", "2015-08-01T09:00:00+01:00"));
	assert_int_equal(the_clock().c.state, CLOCK_MET);
}

/* Asked when it opened: a birthday later changes nothing that runs. Born 2 August 1998. */
static void a_birthday_does_not_stop_a_clock(void **state)
{
	(void)state;
	world(PLAN("1", "  condition: [{kind: applicability, expression: {language: text/fhirpath, expression: \"%subject.birthDate > %asOf.toDate() - 17 years\"}}]\n",
		   WITHIN("5", "d") MET LATE("0", "d", "lead")));
	put("2015-08-01 16:10", REQUEST("s", "active", ""));
	until("2015-08-07 09:00"); /* 17 since the second */
	assert_int_equal(the_clock().c.step, 1);
	put("2015-08-07 10:00", REQUEST("s2", "active", ""));
	assert_int_equal(clock_count("Patient/x", "p#a"), 1);
}

/* Unborn and born are one Patient; a date of delivery that moves takes the clock along (T-PRE-2 counts back). */
static void counting_back_from_a_date_that_moves(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("-3", "wd") CLOSE "    - {url: start, valueExpression: {language: text/fhirpath, expression: \"%event.occurrence\"}}\n" MET
							  LATE("0", "wd", "lead")));
	put("2015-08-10 09:00", REQUEST("s", "active", ",'occurrenceDateTime':'2015-08-28'"));
	assert_at(arena, the_clock().c.due_us, "2015-08-25 17:00");
	put("2015-08-11 09:00", "{'resourceType':'Patient','id':'x','birthDate':'2015-08-11'}");
	put("2015-08-12 09:00", REQUEST("s", "completed", ",'occurrenceDateTime':'2015-09-02'"));
	assert_at(arena, the_clock().c.due_us, "2015-08-25 17:00"); /* not active: not an opening */
	put("2015-08-13 09:00", REQUEST("s", "active", ",'occurrenceDateTime':'2015-09-02'"));
	struct kept k = the_clock();
	assert_at(arena, k.c.due_us, "2015-08-27 17:00"); /* 31 August is a bank holiday */
	assert_int_equal(firings(k.id, "due-changed"), 1);
	assert_int_equal(clock_count("Patient/x", "p#a"), 1);
}

static void without_its_date_nothing_starts(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("-3", "wd") CLOSE "    - {url: start, valueExpression: {language: text/fhirpath, expression: \"%event.occurrence\"}}\n" LATE("0", "wd", "lead")));
	put("2015-08-10 09:00", REQUEST("s", "active", ""));
	assert_int_equal(clocks("Patient/x").n, 0);
}

/* ---- restart ---- */

static void supervision_starts_again_when_met(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("3", "mo") "    - {url: restartOn, valueCode: met}\n" MET LATE("0", "d", "lead")));
	put("2015-01-10 09:00", REQUEST("s", "active", ""));
	put("2015-03-01 09:00", ANSWER("c", "completed", "2015-02-28T09:00:00Z"));
	assert_int_equal(clock_count("Patient/x", "p#a"), 2);
	assert_at(arena, the_clock().c.due_us, "2015-05-28 23:59");
	put("2015-03-02 09:00", ANSWER("c", "entered-in-error", "2015-02-28T09:00:00Z")); /* it never happened, nor did the restart */
	assert_int_equal(the_clock().c.state, CLOCK_SUPERSEDED);
	assert_int_equal(clocks("Patient/x").v[0].c.state, CLOCK_RUNNING);
}

static void a_fixed_rhythm_goes_on_by_itself(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("6", "mo") "    - {url: restartOn, valueCode: elapsed}\n" MET LATE("0", "d", "lead")));
	put("2015-01-10 09:00", REQUEST("s", "active", ""));
	put("2015-03-01 09:00", ANSWER("c", "completed", "2015-03-01T09:00:00Z"));
	assert_int_equal(clock_count("Patient/x", "p#a"), 1);
	until("2015-07-11 00:00");
	assert_int_equal(clock_count("Patient/x", "p#a"), 2);
	until("2016-01-11 00:00"); /* missed: said once, and the next begins */
	assert_int_equal(clock_count("Patient/x", "p#a"), 3);
	assert_int_equal(tasks("Patient/x", "late").n, 1);
	assert_at(arena, the_clock().c.due_us, "2016-07-10 23:59");
}

/* ---- pause ---- */

#define PAUSES \
	ON("pausedBy", "Consent", "status = 'rejected'") ON("resumedBy", "Consent", "status = 'active'") \
	"    - {url: pauseMax, valueQuantity: {value: 10, code: wd}}\n"
#define CONSENT(id, status) \
	"{'resourceType':'Consent','id':'" id "','status':'" status "','patient':{'reference':'Patient/x'},'scope':{},'category':[{}]}"

static void a_pause_keeps_what_was_left(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("5", "wd") CLOSE MET PAUSES LATE("0", "wd", "lead")));
	put("2015-07-27 09:00", REQUEST("s", "active", ""));
	put("2015-07-29 09:00", CONSENT("c1", "rejected"));
	until("2015-08-05 09:00");
	struct kept k = the_clock();
	assert_int_equal(k.c.state, CLOCK_PAUSED);
	assert_int_equal(k.c.step, 0);
	put("2015-08-05 09:00", CONSENT("c2", "active"));
	assert_at(arena, the_clock().c.due_us, "2015-08-10 17:00");
	assert_int_equal(firings(k.id, "paused") + firings(k.id, "resumed"), 2);
}

static void a_pause_that_goes_on_is_told(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("5", "wd") CLOSE MET PAUSES LATE("0", "wd", "lead")));
	put("2015-07-27 09:00", REQUEST("s", "active", ""));
	put("2015-07-29 09:00", CONSENT("c1", "rejected"));
	until("2015-08-12 09:00");
	struct kept k = the_clock();
	assert_int_equal(k.c.state, CLOCK_RUNNING);
	assert_int_equal(tasks("Patient/x", "late").n, 1);
	assert_int_equal(k.c.step, 0); /* not yet a breach */
	assert_true(says(k.id, "The pause reached its maximum on Wed 12 Aug 2015 09:00"));
}

static void a_task_on_hold_needs_a_reason_and_a_second_person(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("5", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-07-27 09:00", REQUEST("s", "active", ""));
	char *id = str_c(arena, json_str(task("Patient/x", "do"), "id"));
	put("2015-07-28 09:00", "{'resourceType':'Task','id':'%s','status':'on-hold','intent':'order','code':{'coding':[{'code':'do'}]},"
				"'for':{'reference':'Patient/x'}}", id);
	assert_int_equal(the_clock().c.state, CLOCK_RUNNING);
	put("2015-07-28 09:30", "{'resourceType':'Task','id':'%s','status':'in-progress','intent':'order','for':{'reference':'Patient/x'}}", id);
	put("2015-07-28 10:00", "{'resourceType':'Task','id':'%s','status':'on-hold','intent':'order','statusReason':{'coding':[{'code':'police-request'}]},"
				"'for':{'reference':'Patient/x'},'extension':[{'url':'https://heed.example/fhir/StructureDefinition/second-person',"
				"'valueReference':{'reference':'Practitioner/b'}}]}", id);
	assert_int_equal(the_clock().c.state, CLOCK_PAUSED);
	assert_true(says(the_clock().id, "reason police-request"));
	put("2015-07-30 10:00", "{'resourceType':'Task','id':'%s','status':'in-progress','intent':'order','for':{'reference':'Patient/x'}}", id);
	assert_int_equal(the_clock().c.state, CLOCK_RUNNING);
	assert_at(arena, the_clock().c.due_us, "2015-08-05 17:00"); /* two working days were lost */
}

/* ---- cancelled, due by an event ---- */

static void cancelled_and_made_due(void **state)
{
	(void)state;
	world(PLAN("1", "", ON("dueOn", "ServiceRequest", "id = %trigger.id and status = 'completed'")
			    ON("cancelledBy", "ServiceRequest", "id = %trigger.id and status = 'revoked'") LATE("0", "d", "lead")));
	put("2015-07-27 09:00", REQUEST("s", "active", ""));
	assert_true(the_clock().c.due_us == NEVER);
	put("2015-07-27 11:00", REQUEST("s", "completed", ""));
	assert_int_equal(the_clock().c.step, 1);
	put("2015-07-27 12:00", REQUEST("s2", "active", ""));
	put("2015-07-27 13:00", REQUEST("s2", "revoked", ""));
	assert_int_equal(the_clock().c.state, CLOCK_CANCELLED);
}

/* ---- who ---- */

#define HOLDS(id, who, code, more) \
	"{'resourceType':'PractitionerRole','id':'" id "','practitioner':{'reference':'Practitioner/" who "'},'active':true," \
	"'code':[{'coding':[{'code':'" code "'}]}]" more "}"

static void the_holder_the_deputy_the_team(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("5", "wd") MET LATE("0", "wd", "nurse") LATE("1", "wd", "lead")
			    "    - {url: key, valueExpression: {language: text/fhirpath, expression: \"%event.id\"}}\n"));
	put("2015-07-27 09:00", REQUEST("s1", "active", ""));
	assert_str(the_clock().owner, "Organization/ward"); /* nobody at all: the team's queue */
	put("2015-07-27 09:10", HOLDS("r1", "cathy", "charge", ""));
	put("2015-07-27 09:20", REQUEST("s2", "active", ""));
	assert_str(the_clock().owner, "Practitioner/cathy"); /* the deputy */
	put("2015-07-27 09:30", HOLDS("r2", "nora", "nurse", ""));
	put("2015-07-27 09:40", REQUEST("s3", "active", ""));
	assert_str(the_clock().owner, "Practitioner/nora");
	put("2015-07-27 09:50", HOLDS("r2", "nora", "nurse", ",'notAvailable':[{'description':'leave','during':{'start':'2015-07-27','end':'2015-08-01'}}]"));
	put("2015-07-27 10:00", REQUEST("s4", "active", ""));
	assert_str(the_clock().owner, "Practitioner/cathy"); /* on leave: the deputy again */
	put("2015-07-27 10:10", HOLDS("r3", "nils", "nurse", ""));
	put("2015-07-27 10:15", HOLDS("r4", "nell", "nurse", ""));
	put("2015-07-27 10:20", REQUEST("s5", "active", ""));
	assert_str(the_clock().owner, "Organization/ward"); /* two of them: nobody is picked */
	put("2015-07-27 10:30", "{'resourceType':'CareTeam','id':'t','status':'active','subject':{'reference':'Patient/x'},'participant':["
				"{'role':[{'coding':[{'code':'nurse'}]}],'member':{'reference':'Practitioner/nell'}}]}");
	put("2015-07-27 10:40", REQUEST("s6", "active", ""));
	assert_str(the_clock().owner, "Practitioner/nell"); /* whoever knows this child */
}

/* ---- versions of rules, and of calendars ---- */

static void a_running_clock_ends_on_its_version(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	struct rules *old = rules;
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	struct err e = ERR_INIT;
	rules = rules_new(arena);
	must(load(PLAN("2", "", WITHIN("9", "wd") CLOSE ON("metBy", "Communication", "status = 'not-done'") LATE("0", "wd", "lead")), &e), &e);
	must(rules_add_kept(rules, old->list.v[0]->digest, old->list.v[0]->body, &source, &e), &e);
	sim_engine(sim)->rules = rules;
	put("2015-07-31 16:20", REQUEST("s2", "active", ""));
	assert_at(arena, the_clock().c.due_us, "2015-08-13 17:00"); /* the new one begins on the new version */
	assert_str(the_clock().version, "2");
	put("2015-07-31 17:00", ANSWER("c", "completed", "2015-07-31T16:30:00+01:00"));
	assert_int_equal(clocks("Patient/x").v[0].c.state, CLOCK_MET); /* the old one by the old rule */
	assert_int_equal(the_clock().c.state, CLOCK_RUNNING);
}

static void a_new_bank_holiday_moves_what_runs(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	struct calendar *before = cal;
	const struct json *j = parse_json(arena, STR("{\"x\":{\"events\":[{\"date\":\"2015-08-03\"},{\"date\":\"2015-08-31\"}]}}"));
	assert_true(calendar_parse(arena, j, STR("x"), &cal, NULL));
	rules->list.v[0]->calendar = cal;
	struct err e = ERR_INIT;
	sim_engine(sim)->recorded_us = at("2015-08-01 09:00");
	must(engine_recompute(sim_engine(sim), rules->list.v[0], &e), &e);
	struct kept k = the_clock();
	assert_at(arena, k.c.due_us, "2015-08-04 17:00");
	assert_true(says(k.id, "it had been Mon 3 Aug 2015 17:00"));
	cal = before;
}

/* ---- determinism ---- */

static struct str run_story(void)
{
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET PAUSES LATE("0", "wd", "lead") LATE("1", "wd", "nurse")));
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	put("2015-07-31 16:10", REQUEST("s2", "active", ""));
	put("2015-08-04 09:00", ANSWER("c", "completed", "2015-08-04T09:00:00+01:00"));
	put("2015-08-06 09:00", CONSENT("c1", "rejected"));
	put("2015-08-08 09:00", ANSWER("c", "entered-in-error", "2015-08-04T09:00:00+01:00"));
	until("2015-09-01 09:00");
	return digest();
}

static void the_same_log_gives_the_same_digest(void **state)
{
	(void)state;
	struct str first = run_story();
	assert_int_equal(first.n, 64);
	assert_true(str_eq(first, run_story()));
}

static void late_clocks_fire_before_the_event_that_wakes_them(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-07-31 16:10", REQUEST("s", "active", ""));
	put("2015-08-03 17:00", ANSWER("c", "completed", "2015-08-03T17:00:00+01:00")); /* the very instant: due comes first */
	assert_int_equal(the_clock().c.step, 1);
	assert_int_equal(the_clock().c.state, CLOCK_MET);
}

static void an_event_of_long_ago_fires_at_once(void **state)
{
	(void)state;
	world(PLAN("1", "", WITHIN("1", "wd") CLOSE MET LATE("0", "wd", "lead")));
	put("2015-08-20 09:00", REQUEST("s", "active", ",'authoredOn':'2015-07-31T16:10:00+01:00'"));
	assert_int_equal(the_clock().c.step, 1);
	assert_at(arena, the_clock().c.due_us, "2015-08-03 17:00");
}

/* ---- what is refused ---- */

static void refused(const char *plan, const char *because)
{
	struct err e = ERR_INIT;
	rules = rules_new(arena);
	if (load(plan, &e))
		fail_msg("was taken, though: %s", because);
	if (str_find(str_from(e.message), str_from(because)) < 0)
		fail_msg("expected \"%s\", got \"%s\"", because, e.message);
}

#define QUERY(q) \
	"resourceType: PlanDefinition\nid: p\nurl: urn:p\nversion: '1'\nextension:\n" \
	"- {url: 'http://hl7.org/fhir/StructureDefinition/variable', valueExpression: {name: q, language: application/x-fhir-query, expression: \"" q "\"}}\n" \
	"action:\n- id: a\n  title: T\n  trigger: [{type: data-added, data: [{type: Encounter}]}]\n"

static void bad_rules_are_refused(void **state)
{
	(void)state;
	refused(PLAN("1", "", WITHIN("1", "wd") ON("metBy", "Communication", "basedOn.resolve().exists()") LATE("0", "wd", "lead")), "looks outside its inputs");
	refused(PLAN("1", "", WITHIN("1", "wd") ON("metBy", "Communication", "text.trace('x').exists()") LATE("0", "wd", "lead")), "looks outside its inputs");
	refused(PLAN("1", "", WITHIN("1", "wd") ON("metBy", "Communication", "statuss = 'completed'") LATE("0", "wd", "lead")), "statuss");
	refused(PLAN("1", "", WITHIN("1", "wd") ON("metBy", "Communication", "status = ") LATE("0", "wd", "lead")), "p#a");
	refused(PLAN("1", "", WITHIN("1", "wd") ON("metBy", "Nonsense", "true") LATE("0", "wd", "lead")), "not a resource type");
	refused(PLAN("1", "", WITHIN("1", "fortnight") LATE("0", "wd", "lead")), "not one of wd wh h min d wk mo");
	refused(PLAN("1", "", WITHIN("1.5", "wd") LATE("0", "wd", "lead")), "whole number");
	refused(PLAN("1", "", WITHIN("1", "wd")), "needs an escalate step");
	refused(PLAN("1", "", WITHIN("1", "wd") ON("pausedBy", "Consent", "true") LATE("0", "wd", "lead")), "needs pauseMax");
	refused(PLAN("1", "", WITHIN("-1", "wd") PAUSES LATE("0", "wd", "lead")), "counts back");
	refused(PLAN("1", "", WITHIN("1", "wd") "    - {url: dueAt, valueCode: noon}\n" LATE("0", "wd", "lead")), "dueAt");
	refused(PLAN("1", "", WITHIN("1", "wd") "    - {url: escalate, extension: [{url: after, valueQuantity: {value: 0, code: wd}}]}\n"), "who is told");
	refused(QUERY("Encounter?date=ge2015-01-01"), "would look at every Encounter");
	refused(QUERY("Encounter?subject:missing=true"), "not a search parameter");
	refused(QUERY("Patient?name=Smith&_id=1"), "not answered by an exact index");
	refused(QUERY("Encounter?subject={{%subject.id"), "has no }}");
	refused(QUERY("Encounter"), "is not Type?parameter=value");
}

/* The six example pathways: each action is taken, or refused for a reason that is ours. */
static const struct {
	const char *file, *action, *refused; /* NULL: taken */
} examples[] = {
	{"ed-attendance-under-19", "review", NULL},
	{"ed-attendance-under-19", "left-unseen", NULL},
	{"ed-attendance-under-19", "frequent", NULL},
	{"referral-verbal-written-response", "write-up", "has no \"valueCode\""}, /* R4's FHIRPath says value */
	{"referral-verbal-written-response", "response", NULL},
	{"lac-initial-health-assessment", "notified", NULL},
	{"lac-initial-health-assessment", "iha", "needs pauseMax"}, /* every pause has a maximum */
	{"lac-initial-health-assessment", "rha-under5", "needs an escalate step"}, /* silence ends with somebody */
	{"safeguarding-supervision-quarterly", "supervise", NULL},
	{"dv-enquiry-pregnancy", "three-times", "has no \"valueBoolean\""},
	{"dv-enquiry-pregnancy", "by-28", "has no \"valueBoolean\""},
	{"dv-enquiry-pregnancy", "never-alone", "has no \"valueBoolean\""},
	{"camhs-wait", "choice", "needs pauseMax"},
	{"camhs-wait", "partnership", NULL},
	{"camhs-wait", "waiting-well", NULL},
	{"camhs-wait", "was-not-brought", NULL},
	{"camhs-wait", "cancelled-meeting", NULL},
};

static const struct json *any_activity(void *arg, struct str canonical)
{
	(void)arg;
	(void)canonical;
	return activities[0];
}

static const struct calendar *any_calendar(void *arg, struct str urn)
{
	(void)arg;
	(void)urn;
	return cal;
}

/* The plan with that one action, under our own base. */
static struct json *example(const char *file, const char *action)
{
	struct str text = suite(arena, str_c(arena, str_printf(arena, "rules/%s.json", file))), base = STR("https://example.nhs.uk/fhir");
	if (!text.p)
		skip();
	struct buf b = buf_new(arena, 1 << 20);
	for (ptrdiff_t at; (at = str_find(text, base)) >= 0; text = str_sub(text, (size_t)at + base.n, text.n)) {
		buf_add(&b, str_sub(text, 0, (size_t)at));
		buf_c(&b, HEED_BASE_URL);
	}
	buf_add(&b, text);
	struct json *plan;
	struct err e = ERR_INIT;
	must(json_parse(arena, buf_str(&b), NULL, &plan, &e), &e);
	struct json *one = json_array(arena), *all = json_getz(plan, "action");
	for (size_t i = 0; i < json_n(all); i++)
		if (str_is(json_str(json_at(all, i), "id"), action))
			json_push(arena, one, json_at(all, i));
	assert_int_equal(json_n(one), 1);
	json_setz(arena, plan, "action", one);
	return plan;
}

static void the_example_pathways_load(void **state)
{
	(void)state;
	const struct rule_source any = {NULL, any_activity, any_calendar, NULL};
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct err e = ERR_INIT;
		struct json *plan = example(examples[i].file, examples[i].action);
		bool ok = rules_add_plan(rules_new(arena), plan, &any, &e);
		if (ok != !examples[i].refused || (!ok && str_find(str_from(e.message), str_from(examples[i].refused)) < 0))
			fail_msg("%s#%s: %s", examples[i].file, examples[i].action, ok ? "was taken" : e.message);
	}
}

static void index_looks_only_at_what_can_match(void **state)
{
	(void)state;
	rules = rules_new(arena);
	struct err e = ERR_INIT;
	must(load("resourceType: PlanDefinition\nid: p\nurl: urn:p\nversion: '1'\naction:\n"
		  "- {id: a, title: A, trigger: [{type: data-added, data: [{type: Encounter, codeFilter: [{path: class, code: [{code: EMER}]}]}]}]}\n"
		  "- {id: b, title: B, trigger: [{type: data-added, data: [{type: Encounter, codeFilter: [{path: reasonCode, code: [{code: x}, {code: y}]}]}]}]}\n"
		  "- {id: c, title: C, trigger: [{type: data-added, data: [{type: QuestionnaireResponse, codeFilter: [{path: questionnaire, code: [{code: 'urn:q'}]}]}]}]}\n",
		  &e), &e);
	struct candidate *c;
	const struct json *j = parse_json(arena, STR("{\"resourceType\":\"Encounter\",\"class\":{\"code\":\"AMB\"}}"));
	assert_int_equal(rules_match(rules, arena, STR("Encounter"), j, &c), 0);
	j = parse_json(arena, STR("{\"resourceType\":\"Encounter\",\"class\":{\"code\":\"EMER\"},\"reasonCode\":[{\"coding\":[{\"code\":\"y\"},{\"code\":\"x\"}]}]}"));
	assert_int_equal(rules_match(rules, arena, STR("Encounter"), j, &c), 2); /* both codes of one filter: once */
	assert_str(c[0].rule->action, "a");
	j = parse_json(arena, STR("{\"resourceType\":\"QuestionnaireResponse\",\"questionnaire\":\"urn:q|1.0\"}"));
	assert_int_equal(rules_match(rules, arena, STR("QuestionnaireResponse"), j, &c), 1);
	assert_int_equal(rules_match(rules, arena, STR("Observation"), j, &c), 0);
}

/* ---- */

static int setup(void **state)
{
	(void)state;
	struct yaml_docs docs;
	struct err e = ERR_INIT;
	arena = arena_new(0);
	must(yaml_parse(arena, STR(ACTIVITIES), &docs, &e), &e);
	for (activity_n = 0; activity_n < docs.n; activity_n++)
		activities[activity_n] = docs.v[activity_n].root;
	const struct json *j = parse_json(arena, STR("{\"test\":{\"events\":[{\"date\":\"2015-08-31\"}]}}"));
	return calendar_parse(arena, j, STR("test"), &cal, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (sim)
		sim_end(sim);
	arena_destroy(arena);
	return 0;
}

static int check(void **state)
{
	(void)state;
	if (sim)
		assert_nothing_failed();
	return 0;
}

#define CASE(f) cmocka_unit_test_teardown(f, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(recorded_late_stays_a_breach), CASE(evidence_entered_in_error_reopens), CASE(one_evidence_counts_once),
		CASE(merge_moves_clocks_and_unmerge_brings_them_back), CASE(a_birthday_does_not_stop_a_clock),
		CASE(counting_back_from_a_date_that_moves), CASE(without_its_date_nothing_starts), CASE(supervision_starts_again_when_met),
		CASE(a_fixed_rhythm_goes_on_by_itself), CASE(a_pause_keeps_what_was_left), CASE(a_pause_that_goes_on_is_told),
		CASE(a_task_on_hold_needs_a_reason_and_a_second_person), CASE(cancelled_and_made_due), CASE(the_holder_the_deputy_the_team),
		CASE(a_running_clock_ends_on_its_version), CASE(a_new_bank_holiday_moves_what_runs), CASE(the_same_log_gives_the_same_digest),
		CASE(late_clocks_fire_before_the_event_that_wakes_them), CASE(an_event_of_long_ago_fires_at_once), CASE(bad_rules_are_refused),
		CASE(the_example_pathways_load), CASE(index_looks_only_at_what_can_match),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
