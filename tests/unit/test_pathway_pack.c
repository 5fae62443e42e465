/* The pathways of the pack, with the clock in hand: requirements.md section 14 numbers 5, 7, 22, 23, 24, and one test for each F-id. */
#include "pathway_world.h"

static struct pack *pack;
static struct pathway *w;

static const struct pack_role *role(void *arg, struct str code)
{
	(void)arg;
	return pack_role(pack, code);
}

#define PATIENT(id, born) "{'resourceType':'Patient','id':'" id "','birthDate':'" born "'}"
#define ROLE(id, who, code, more) \
	"{'resourceType':'PractitionerRole','id':'" id "','active':true,'practitioner':{'reference':'Practitioner/" who "'}," \
	"'code':[{'coding':[{'system':'https://heed.example/fhir/CodeSystem/role','code':'" code "'}]}]" more "}"
#define QR(id, form, patient, links, items) \
	"{'resourceType':'QuestionnaireResponse','id':'" id "','questionnaire':'https://heed.example/fhir/Questionnaire/" form "'," \
	"'status':'completed','subject':{'reference':'Patient/" patient "'}" links ",'item':[" items "]}"
#define CHOICE(link, code) "{'linkId':'" link "','answer':[{'valueCoding':{'code':'" code "'}}]}"
#define TEXT(link, text) "{'linkId':'" link "','answer':[{'valueString':'" text "'}]}"
#define ENCOUNTER(id, patient, status, start, more) \
	"{'resourceType':'Encounter','id':'" id "','status':'" status "','class':{'code':'EMER'},'subject':{'reference':'Patient/" patient "'}," \
	"'period':{'start':'" start "'}" more "}"
#define PHONE(id, patient, status, when) \
	"{'resourceType':'ServiceRequest','id':'" id "','status':'" status "','intent':'order','subject':{'reference':'Patient/" patient "'}," \
	"'code':{'coding':[{'code':'csc-referral'}]},'authoredOn':'" when "','requester':{'reference':'Practitioner/nurse'}," \
	"'extension':[{'url':'https://heed.example/fhir/StructureDefinition/mode','valueCode':'verbal'}]}"

/* F1.3: due the next working day at close, to the one on cover; late, to the team and then the named nurse. */
static void every_attendance_under_19_is_reviewed(void **state)
{
	(void)state;
	put("2026-12-17 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-18 14:00", ENCOUNTER("e1", "child", "in-progress", "2026-12-18T14:00:00Z", ""));
	assert_int_equal(clock_count("Patient/child", "ed-liaison#review"), 0);
	put("2026-12-18 16:30", ENCOUNTER("e1", "child", "finished", "2026-12-18T14:00:00Z", ""));
	struct kept k = clock_of("Patient/child", "ed-liaison#review");
	assert_at(arena, k.c.due_us, "2026-12-21 17:00");
	assert_str(owner_of(task("Patient/child", "liaison-review")), "Practitioner/liaison");
	put("2026-12-19 10:00", ENCOUNTER("e1", "child", "finished", "2026-12-18T14:00:00Z", ",'length':{'value':3}"));
	assert_int_equal(clock_count("Patient/child", "ed-liaison#review"), 1); /* amended: not a second review */
	until("2026-12-21 17:00");
	assert_str(role_of_task(task("Patient/child", "liaison-overdue")), "paediatric-liaison-team");
	until("2026-12-23 17:00");
	assert_int_equal(tasks("Patient/child", "liaison-overdue").n, 2);
	put("2026-12-24 09:00", QR("r1", "liaison-review", "child", ",'encounter':{'reference':'Encounter/e1'},'authored':'2026-12-24T09:00:00Z'",
				   CHOICE("outcome", "no-concern")));
	k = clock_of("Patient/child", "ed-liaison#review");
	assert_int_equal(k.c.state, CLOCK_MET_LATE);
	assert_int_equal(k.c.step, 2);
	assert_str(json_str(task("Patient/child", "liaison-review"), "status"), "completed");
	assert_true(says(k.id, "Fri 18 Dec 2026 14:00 + 1 working day (not counting 2 weekend days) = Mon 21 Dec 2026 17:00"));
	assert_true(says(k.id, "Nothing that would have met it was known on Mon 21 Dec 2026 17:00"));
	assert_true(says(k.id, "not been signed off locally"));
}

/* F1.3: GP always, health visitor under five, school nurse from five; nobody of 19. */
static void those_who_know_the_child_are_told(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("toddler", "2024-01-01"));
	put("2026-12-01 09:00", PATIENT("pupil", "2015-01-01"));
	put("2026-12-01 09:00", PATIENT("adult", "2007-12-01"));
	put("2026-12-01 10:00", ENCOUNTER("t", "toddler", "finished", "2026-12-01T09:30:00Z", ""));
	put("2026-12-01 10:00", ENCOUNTER("p", "pupil", "finished", "2026-12-01T09:30:00Z", ""));
	put("2026-12-01 10:00", ENCOUNTER("a", "adult", "finished", "2026-12-01T09:30:00Z", ""));
	assert_int_equal(search("Communication", "patient", "Patient/toddler", "category", "notice-attendance").n, 2);
	assert_int_equal(clock_count("Patient/toddler", "ed-liaison#notice-health-visitor"), 1);
	assert_int_equal(clock_count("Patient/pupil", "ed-liaison#notice-school-nurse"), 1);
	assert_int_equal(clock_count("Patient/pupil", "ed-liaison#notice-health-visitor"), 0);
	assert_int_equal(clocks("Patient/adult").n, 0); /* 19 that day */
}

/* Rule 9: nobody on cover is an incident, once. */
static void an_unstaffed_queue_is_an_incident(void **state)
{
	(void)state;
	put("2026-12-01 08:00", ROLE("liaison", "liaison", "paediatric-liaison",
				     ",'notAvailable':[{'description':'leave','during':{'start':'2026-12-01','end':'2026-12-10'}}]"));
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 10:00", ENCOUNTER("e1", "child", "finished", "2026-12-01T09:00:00Z", ""));
	put("2026-12-01 11:00", ENCOUNTER("e2", "child", "finished", "2026-12-01T10:30:00Z", ""));
	assert_int_equal(clocks("Organization/paediatric-liaison").n, 1);
	struct kept k = clock_of("Organization/paediatric-liaison", "ed-liaison#unstaffed");
	until("2026-12-01 12:00");
	assert_int_equal(firings(k.id, "breached"), 1);
	struct found reviews = tasks("Patient/child", "liaison-review"); /* to the deputy's team, not into nothing */
	assert_int_equal(reviews.n, 2);
	assert_true(owner_of(reviews.v[0]).n > 0);
	put("2026-12-01 13:00", ROLE("liaison", "liaison", "paediatric-liaison", ""));
	assert_int_equal(clock_of("Organization/paediatric-liaison", "ed-liaison#unstaffed").c.state, CLOCK_MET_LATE);
}

/* F1.1: told before triage ends. */
static void the_sharing_notice_is_told_before_triage_ends(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 10:00", ENCOUNTER("e1", "child", "arrived", "2026-12-01T10:00:00Z", ""));
	put("2026-12-01 10:03", ENCOUNTER("e1", "child", "triaged", "2026-12-01T10:00:00Z", ""));
	assert_int_equal(tasks("Patient/child", "sharing-notice").n, 1);
	put("2026-12-01 10:06", ENCOUNTER("e1", "child", "in-progress", "2026-12-01T10:00:00Z", ""));
	struct kept k = clock_of("Patient/child", "ed-child#sharing-notice");
	assert_at(arena, k.c.due_us, "2026-12-01 10:06");
	assert_int_equal(k.c.step, 1);
	assert_int_equal(tasks("Patient/child", "sharing-notice").n, 2);
	put("2026-12-01 10:20", QR("q1", "sharing-notice", "child",
				   ",'encounter':{'reference':'Encounter/e1'},'authored':'2026-12-01T10:05:00Z'", ""));
	assert_int_equal(clock_of("Patient/child", "ed-child#sharing-notice").c.state, CLOCK_MET_RECORDED_LATE);
}

/* F1.2: by age, wherever they sit. */
static void a_young_person_in_the_adult_area_gets_the_checklist(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("young", "2010-01-01"));
	put("2026-12-01 10:00", ENCOUNTER("e1", "young", "in-progress", "2026-12-01T10:00:00Z",
					  ",'extension':[{'url':'https://heed.example/fhir/StructureDefinition/treatment-area','valueCode':'adult'}]"));
	assert_int_equal(tasks("Patient/young", "young-person-checklist").n, 1);
	put("2026-12-01 10:30", QR("q1", "young-person-adult-area", "young", ",'encounter':{'reference':'Encounter/e1'}", ""));
	assert_int_equal(clock_of("Patient/young", "ed-child#young-person-adult-area").c.state, CLOCK_MET);
}

/* F1.4: by risk. */
static void left_before_being_seen(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 22:30", ENCOUNTER("e1", "child", "finished", "2026-12-01T20:00:00Z",
					  ",'hospitalization':{'dischargeDisposition':{'coding':[{'code':'left-before-seen'}]}}"));
	struct kept k = clock_of("Patient/child", "left-unseen#contact-family");
	assert_at(arena, k.c.due_us, "2026-12-01 23:59"); /* low: the same day */
	put("2026-12-01 23:00", QR("q1", "left-without-being-seen", "child", ",'encounter':{'reference':'Encounter/e1'}", CHOICE("risk", "high")));
	k = clock_of("Patient/child", "left-unseen#high-risk-form");
	assert_at(arena, k.c.due_us, "2026-12-02 00:00"); /* high: one hour, to a senior */
	assert_int_equal(search("Flag", "patient", "Patient/child", "_count", "9").n, 1);
	until("2026-12-02 00:30");
	assert_int_equal(tasks("Patient/child", "lwbs-senior").n, 2);
	put("2026-12-02 01:00", QR("q2", "left-without-being-seen", "child", ",'encounter':{'reference':'Encounter/e1'}",
				   CHOICE("risk", "high") "," TEXT("contact-outcome", "at home") "," TEXT("senior-sign-off", "yes")));
	assert_int_equal(clock_of("Patient/child", "left-unseen#high-risk-form").c.state, CLOCK_MET_LATE);
	assert_int_equal(clock_of("Patient/child", "left-unseen#contact-family").c.state, CLOCK_MET_LATE);
	assert_str(json_str(search("Flag", "patient", "Patient/child", "_count", "9").v[0], "status"), "inactive");
}

static void a_child_on_a_plan_who_leaves_is_high_risk_at_once(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 09:00", "{'resourceType':'CarePlan','id':'cp','status':'active','intent':'plan','subject':{'reference':'Patient/child'},"
				"'category':[{'coding':[{'code':'child-protection-plan'}]}],'period':{'start':'2026-11-01','end':'2027-02-01'}}");
	const struct json *flag = search("Flag", "patient", "Patient/child", "_count", "9").v[0];
	assert_str(json_str(pw_ext_find(flag, EXT "flag-review"), "valueDate"), "2027-02-01");
	assert_str(json_str(pw_ext_find(flag, EXT "flag-reason"), "valueString"), "On a child protection plan since 01-Nov-2026.");
	put("2026-12-01 22:30", ENCOUNTER("e1", "child", "finished", "2026-12-01T20:00:00Z",
					  ",'hospitalization':{'dischargeDisposition':{'coding':[{'code':'left-before-seen'}]}}"));
	assert_int_equal(clock_count("Patient/child", "left-unseen#high-risk-plan"), 1);
	put("2026-12-02 09:00", "{'resourceType':'CarePlan','id':'cp','status':'completed','intent':'plan','subject':{'reference':'Patient/child'},"
				"'category':[{'coding':[{'code':'child-protection-plan'}]}],'period':{'start':'2026-11-01','end':'2026-12-02'}}");
	assert_str(json_str(search("Flag", "patient", "Patient/child", "_count", "9").v[0], "status"), "inactive");
}

/* F3.1: 4 in 12 months. */
static void frequent_attendance_is_flagged_once(void **state)
{
	(void)state;
	put("2026-01-01 09:00", PATIENT("child", "2012-05-04"));
	put("2025-11-01 09:00", ENCOUNTER("e0", "child", "finished", "2025-11-01T09:00:00Z", "")); /* more than a year before the fourth */
	put("2026-02-01 09:00", ENCOUNTER("e1", "child", "finished", "2026-02-01T09:00:00Z", ""));
	put("2026-05-01 09:00", ENCOUNTER("e2", "child", "finished", "2026-05-01T09:00:00Z", ""));
	put("2026-12-01 09:00", ENCOUNTER("e3", "child", "finished", "2026-12-01T09:00:00Z", ""));
	assert_int_equal(search("Flag", "patient", "Patient/child", "_count", "9").n, 0);
	put("2026-12-02 09:00", ENCOUNTER("e4", "child", "finished", "2026-12-02T09:00:00Z", ""));
	struct found f = search("Flag", "patient", "Patient/child", "_count", "9");
	assert_int_equal(f.n, 1);
	assert_str(json_str(pw_ext_find(f.v[0], EXT "flag-reason"), "valueString"), "4 A&E attendances in 12 months.");
	put("2026-12-03 09:00", ENCOUNTER("e5", "child", "finished", "2026-12-03T09:00:00Z", ""));
	assert_int_equal(search("Flag", "patient", "Patient/child", "_count", "9").n, 1);
}

/* Section 14 number 7: F2.8, F2.9. */
static void adult_overdose_and_the_children(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("mum", "1990-01-01"));
	put("2026-12-01 20:00", ENCOUNTER("e1", "mum", "in-progress", "2026-12-01T20:00:00Z", ",'reasonCode':[{'coding':[{'code':'overdose'}]}]"));
	assert_int_equal(tasks("Patient/mum", "children-question").n, 1);
	put("2026-12-01 20:30", QR("q1", "ed-adult", "mum", ",'encounter':{'reference':'Encounter/e1'}", CHOICE("children-answer", "not-asked")));
	assert_int_equal(clock_of("Patient/mum", "adult-children#ask").c.state, CLOCK_MET);
	assert_int_equal(tasks("Patient/mum", "children-before-discharge").n, 1);
	put("2026-12-01 23:00", QR("q2", "ed-adult", "mum", ",'encounter':{'reference':'Encounter/e1'},'author':{'reference':'Practitioner/nurse'}",
				   CHOICE("children-answer", "yes")));
	assert_int_equal(clock_of("Patient/mum", "adult-children#before-discharge").c.state, CLOCK_MET);
	assert_int_equal(tasks("Patient/mum", "liaison-adult-review").n, 1);
	assert_str(owner_of(task("Patient/mum", "children-found")), "Practitioner/nurse");
	put("2026-12-02 01:00", ENCOUNTER("e1", "mum", "finished", "2026-12-01T20:00:00Z", ",'reasonCode':[{'coding':[{'code':'overdose'}]}]"));
	assert_int_equal(tasks("Patient/mum", "liaison-adult-review").n, 1); /* one review, however it was found */
	until("2026-12-02 17:00");
	assert_str(owner_of(task("Patient/mum", "concern-without-form")), "Practitioner/nurse"); /* back to its author */
	put("2026-12-03 09:00", PATIENT("stub", "2020-01-01"));
	put("2026-12-03 09:00", QR("q3", "hv-sn-form", "stub", ",'encounter':{'reference':'Encounter/e1'}", "")); /* about the child, not the adult */
	assert_int_equal(clock_of("Patient/mum", "adult-children#children-found").c.state, CLOCK_MET_LATE);
}

static void blank_at_discharge_is_a_breach(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("man", "1990-01-01"));
	put("2026-12-01 20:00", ENCOUNTER("e1", "man", "in-progress", "2026-12-01T20:00:00Z", ",'reasonCode':[{'coding':[{'code':'assault'}]}]"));
	put("2026-12-01 21:00", ENCOUNTER("e1", "man", "finished", "2026-12-01T20:00:00Z", ",'reasonCode':[{'coding':[{'code':'assault'}]}]"));
	assert_int_equal(clock_of("Patient/man", "adult-children#ask").c.step, 1);
	put("2026-12-01 21:00", PATIENT("sprain", "1990-01-01"));
	put("2026-12-01 22:00", ENCOUNTER("e2", "sprain", "in-progress", "2026-12-01T22:00:00Z", ",'reasonCode':[{'coding':[{'code':'ankle'}]}]"));
	assert_int_equal(clocks("Patient/sprain").n, 0);
}

/* Section 14 number 5: the Friday before Christmas. */
static void a_phone_referral_before_christmas(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-18 16:30", PHONE("sr1", "child", "active", "2026-12-18T16:30:00Z"));
	assert_str(owner_of(task("Patient/child", "write-referral")), "Practitioner/nurse");
	assert_int_equal(search("QuestionnaireResponse", "patient", "Patient/child", "status", "in-progress").n, 1); /* the draft */
	assert_int_equal(search("Communication", "patient", "Patient/child", "category", "referral-copy").n, 1);
	until("2026-12-20 16:29");
	assert_int_equal(tasks("Patient/child", "referral-unwritten").n, 0);
	until("2026-12-20 16:30"); /* 48 h, a Sunday: to the author and the manager */
	struct found late = tasks("Patient/child", "referral-unwritten");
	assert_int_equal(late.n, 2);
	assert_str(owner_of(late.v[0]), "Practitioner/nurse");
	assert_str(role_of_task(late.v[1]), "ed-nurse-in-charge");
	put("2026-12-20 18:00", QR("q1", "multi-agency-referral", "child",
				   ",'basedOn':[{'reference':'ServiceRequest/sr1'}],'authored':'2026-12-20T18:00:00Z','author':{'reference':'Practitioner/nurse'}",
				   TEXT("risk", "x")));
	assert_int_equal(clock_of("Patient/child", "phone-referral#write-up").c.state, CLOCK_MET_LATE);
	struct kept k = clock_of("Patient/child", "referral-decision#decision");
	assert_at(arena, k.c.due_us, "2026-12-22 23:59"); /* number 24: received Sunday, day 0 is Monday */
	until("2026-12-23 08:00");
	assert_int_equal(tasks("Patient/child", "decision-late").n, 1);
	until("2026-12-24 23:58");
	assert_int_equal(tasks("Patient/child", "chase-decision").n, 0);
	until("2026-12-25 00:00");
	assert_str(owner_of(task("Patient/child", "chase-decision")), "Practitioner/nurse"); /* 3 wd */
	until("2026-12-30 23:58");
	assert_int_equal(tasks("Patient/child", "referral-challenge").n, 0);
	until("2026-12-31 00:00"); /* 5 wd: 25 and 28 December do not count */
	assert_int_equal(tasks("Patient/child", "referral-challenge").n, 1);
	assert_int_equal(clock_of("Patient/child", "challenge#stage-1").c.state, CLOCK_RUNNING);
	assert_at(arena, clock_of("Patient/child", "challenge#stage-1").c.due_us, "2026-12-31 17:00");
	put("2026-12-31 10:00", "{'resourceType':'Communication','id':'d1','status':'completed','subject':{'reference':'Patient/child'},"
				"'category':[{'coding':[{'code':'csc-referral-decision'}]}],'basedOn':[{'reference':'ServiceRequest/sr1'}],"
				"'sent':'2026-12-31T10:00:00Z','payload':[{'contentString':'assessment, because'}]}");
	k = clock_of("Patient/child", "referral-decision#decision");
	assert_int_equal(k.c.state, CLOCK_MET_LATE);
	assert_true(says(k.id, "Sun 20 Dec 2026 18:00 counts as received when the office opened; Mon 21 Dec 2026 09:00 + 1 working day"));
	assert_int_equal(clock_of("Patient/child", "challenge#stage-1").c.state, CLOCK_MET); /* its task went with the decision */
	assert_str(owner_of(task("Patient/child", "read-feedback")), "Practitioner/nurse");
}

/* F3.12: a decision without its reasons is none. */
static void a_decision_needs_words(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 10:00", QR("q1", "multi-agency-referral", "child", ",'basedOn':[{'reference':'ServiceRequest/sr1'}],'authored':'2026-12-01T10:00:00Z'",
				   TEXT("risk", "x")));
	put("2026-12-01 11:00", "{'resourceType':'Communication','id':'d1','status':'completed','subject':{'reference':'Patient/child'},"
				"'category':[{'coding':[{'code':'csc-referral-decision'}]}],'basedOn':[{'reference':'ServiceRequest/sr1'}]}");
	assert_int_equal(clock_of("Patient/child", "referral-decision#decision").c.state, CLOCK_RUNNING);
}

/* F3.13: stage after stage, 1 / 2 / 5 / 5 / 10 working days. */
static void a_challenge_climbs(void **state)
{
	(void)state;
	put("2026-11-02 09:00", PATIENT("child", "2012-05-04"));
	put("2026-11-02 10:00", QR("q1", "referral-challenge", "child", ",'basedOn':[{'reference':'ServiceRequest/sr1'}]", "{'linkId':'stage','answer':[{'valueInteger':1}]}"));
	static const char *const dues[] = {"2026-11-03 17:00", "2026-11-05 17:00", "2026-11-12 17:00", "2026-11-19 17:00", "2026-12-03 17:00"};
	for (int i = 0; i < 5; i++) {
		struct kept k = clock_of("Patient/child", str_c(arena, str_printf(arena, "challenge#stage-%d", i + 1)));
		assert_at(arena, k.c.due_us, dues[i]);
		until(dues[i]);
	}
	assert_int_equal(tasks("Patient/child", "referral-challenge").n, 5);
	put("2026-12-04 09:00", QR("q2", "referral-challenge", "child", ",'basedOn':[{'reference':'ServiceRequest/sr1'}]",
				   "{'linkId':'stage','answer':[{'valueInteger':5}]},{'linkId':'resolved','answer':[{'valueBoolean':true}]}"));
	assert_int_equal(clock_of("Patient/child", "challenge#stage-5").c.state, CLOCK_MET_LATE);
}

/* Two working hours in a queue. */
static void work_that_nobody_takes_goes_to_the_manager(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 10:00", "{'resourceType':'Task','id':'t1','status':'requested','intent':'order','for':{'reference':'Patient/child'},"
				"'code':{'coding':[{'code':'hv-sn-form'}],'text':'Form'},'owner':{'reference':'Organization/emergency-department'},"
				"'performerType':[{'coding':[{'code':'ed-nurse'}]}]}");
	until("2026-12-01 12:00");
	const struct json *t = task("Patient/child", "queue-unowned");
	assert_str(role_of_task(t), "ed-nurse-in-charge");
	assert_str(json_str(t, "description"), "Nobody has dealt with this: Form. Take it, or say who does.");
	put("2026-12-01 13:00", "{'resourceType':'Task','id':'t1','status':'accepted','intent':'order','for':{'reference':'Patient/child'},"
				"'code':{'coding':[{'code':'hv-sn-form'}]},'owner':{'reference':'Practitioner/nurse'}}");
	assert_int_equal(clock_of("Patient/child", "queues#unowned").c.state, CLOCK_MET_LATE);
	assert_str(json_str(task("Patient/child", "queue-unowned"), "status"), "completed");
}

static void heard(const char *when)
{
	struct err e = ERR_INIT;
	must(sim_heard(sim, STR("ED|DERBY"), at(when), &e), &e);
}

/* "No attendance message for 2 hours." */
static void a_silent_feed_is_noticed(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		heard("2026-12-01 10:00");
	heard("2026-12-01 11:30");
	assert_int_equal(clocks("Device/ED-DERBY").n, 1); /* no row a message */
	until("2026-12-01 13:29");
	assert_int_equal(clock_of("Device/ED-DERBY", "queues#feed-silence").c.step, 0);
	until("2026-12-01 13:30");
	struct kept k = clock_of("Device/ED-DERBY", "queues#feed-silence");
	assert_int_equal(k.c.step, 1);
	heard("2026-12-01 14:00");
	assert_int_equal(clocks("Device/ED-DERBY").n, 2);
	assert_int_equal(clocks("Device/ED-DERBY").v[0].c.state, CLOCK_MET_LATE);
	assert_at(arena, clock_of("Device/ED-DERBY", "queues#feed-silence").c.due_us, "2026-12-01 16:00");
}

/* Section 14 number 23: the clocks of a record entered in error end, and their tasks with them. */
static void entered_in_error_ends_what_it_began(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-18 16:30", PHONE("sr1", "child", "active", "2026-12-18T16:30:00Z"));
	put("2026-12-18 17:00", PHONE("sr1", "child", "entered-in-error", "2026-12-18T16:30:00Z"));
	assert_int_equal(clock_of("Patient/child", "phone-referral#write-up").c.state, CLOCK_CANCELLED);
	assert_str(json_str(task("Patient/child", "write-referral"), "status"), "cancelled");
	until("2026-12-25 09:00");
	assert_int_equal(tasks("Patient/child", "referral-unwritten").n, 0);
}

/* Two verbal referrals, one form: one is still unwritten. */
static void two_calls_need_two_forms(void **state)
{
	(void)state;
	put("2026-12-01 09:00", PATIENT("child", "2012-05-04"));
	put("2026-12-01 10:00", PHONE("sr1", "child", "active", "2026-12-01T10:00:00Z"));
	put("2026-12-01 11:00", PHONE("sr2", "child", "active", "2026-12-01T11:00:00Z"));
	put("2026-12-01 12:00", QR("q1", "multi-agency-referral", "child", ",'basedOn':[{'reference':'ServiceRequest/sr2'}]", TEXT("risk", "x")));
	struct kept_list list = clocks("Patient/child");
	for (size_t i = 0; i < list.n; i++)
		if (str_is(list.v[i].rule, "phone-referral#write-up"))
			assert_int_equal(list.v[i].c.state, str_is(list.v[i].key, "sr2") ? CLOCK_MET : CLOCK_RUNNING);
}

static int setup(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	sim = sim_new(arena, NULL, w->rules, role, NULL, true, &e);
	if (!sim)
		return -1;
	put("2025-01-01 08:00", ROLE("nurse", "nurse", "ed-nurse", ""));
	put("2025-01-01 08:00", ROLE("nurse2", "nurse2", "ed-nurse", ""));
	put("2025-01-01 08:00", ROLE("charge", "charge", "ed-nurse-in-charge", ""));
	put("2025-01-01 08:00", ROLE("liaison", "liaison", "paediatric-liaison", ""));
	put("2025-01-01 08:00", ROLE("named", "named", "named-nurse", ""));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_nothing_failed();
	sim_end(sim);
	return 0;
}

static int load(void **state)
{
	(void)state;
	static const char *const dirs[] = {"pack/england", "pack/derby"};
	struct pack_problems problems;
	struct err e = ERR_INIT;
	arena = arena_new(0);
	if (!pack_load(arena, env_system(), dirs, 2, &pack, &problems))
		print_message("%zu problems in the pack; heed pack check says which\n", problems.list.n);
	if (pathway_load(env_system(), pack, &w, &e))
		return 0;
	print_error("%s\n", e.message);
	return -1;
}

static int unload(void **state)
{
	(void)state;
	pathway_close(w);
	arena_destroy(arena);
	return 0;
}

#define SCENARIO(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest all[] = {
		SCENARIO(every_attendance_under_19_is_reviewed), SCENARIO(those_who_know_the_child_are_told),
		SCENARIO(an_unstaffed_queue_is_an_incident), SCENARIO(the_sharing_notice_is_told_before_triage_ends),
		SCENARIO(a_young_person_in_the_adult_area_gets_the_checklist), SCENARIO(left_before_being_seen),
		SCENARIO(a_child_on_a_plan_who_leaves_is_high_risk_at_once), SCENARIO(frequent_attendance_is_flagged_once),
		SCENARIO(adult_overdose_and_the_children), SCENARIO(blank_at_discharge_is_a_breach),
		SCENARIO(a_phone_referral_before_christmas), SCENARIO(a_decision_needs_words), SCENARIO(a_challenge_climbs),
		SCENARIO(work_that_nobody_takes_goes_to_the_manager), SCENARIO(a_silent_feed_is_noticed),
		SCENARIO(entered_in_error_ends_what_it_began), SCENARIO(two_calls_need_two_forms),
	};
	return cmocka_run_group_tests(all, load, unload);
}
