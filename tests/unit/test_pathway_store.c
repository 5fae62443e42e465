/* The engine in the store: one transaction, waking by the clock, reading, pausing, replay, reindex, and starting again. */
#include "pathway_support.h"

#include "pathway/pathway_int.h"
#include "pathway/sim.h"
#include "store_dir.h"

static struct arena *a;
static struct env *env;
static struct store *s;
static struct pack *pack;
static struct pathway *w;
static char *dir;

static void must(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->message);
}

static void start(void)
{
	struct err e = ERR_INIT;
	struct store_config config = {.url = test_dir_url(a, dir), .env = env};
	must(store_open(&config, &s, &e), &e);
	must(pathway_open(s, pack, &w, &e), &e);
	must(store_run_due(s, &e), &e);
}

static void stop(void)
{
	store_close(s);
	pathway_close(w);
}

static void turn(const char *when)
{
	struct err e = ERR_INIT;
	assert_true(env_manual_set(env, at(when)));
	must(store_run_due(s, &e), &e);
}

static void put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void put(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str text = str_vprintf(a, fmt, args);
	va_end(args);
	char *p = str_c(a, text);
	for (size_t i = 0; i < text.n; i++)
		p[i] = p[i] == '\'' ? '"' : p[i];
	const struct json *j = parse_json(a, (struct str){p, text.n});
	struct put one = {.method = STORE_UPDATE, .type = json_str(j, "resourceType"), .id = json_str(j, "id"), .body = j};
	struct put_result r;
	struct change c = {.act = {.agent = STR("Practitioner/nurse"), .channel = STR("web")}, .puts = &one, .n = 1, .results = &r};
	struct err e = ERR_INIT;
	must(store_commit(s, a, &c, &e), &e);
}

static struct store_read *reading(void)
{
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, &e);
	must(r != NULL, &e);
	return r;
}

static struct clock_row clock_of(const char *rule)
{
	struct store_read *r = reading();
	struct clock_rows rows;
	struct err e = ERR_INIT;
	must(pathway_clocks(r, STR("Patient/child"), false, &rows, &e), &e);
	store_read_end(r);
	for (size_t i = rows.n; i > 0; i--)
		if (str_is(rows.v[i - 1].rule, rule))
			return rows.v[i - 1];
	fail_msg("no clock of %s", rule);
	return (struct clock_row){0};
}

static struct resource get(struct str ref)
{
	struct store_read *r = reading();
	struct resource out;
	struct str type, id;
	struct err e = ERR_INIT;
	assert_true(pw_split_ref(ref, &type, &id));
	must(store_get(r, type, id, &out, &e), &e);
	store_read_end(r);
	return out;
}

static void nothing_failed(void)
{
	struct store_read *r = reading();
	struct sql_stmt *q = sql_use(store_read_sql(r), "pathway_firings_of_clock");
	sql_bind_i64(q, 1, 0);
	while (sql_step(q, NULL) == SQL_ROW)
		fail_msg("%.*s", STR_ARG(sql_str(q, 5)));
	sql_done(q);
	store_read_end(r);
}

static void same_in_replay(void)
{
	struct store_read *r = reading();
	struct replay_report report;
	struct err e = ERR_INIT;
	must(pathway_replay(w, r, a, 0, &report, &e), &e);
	store_read_end(r);
	assert_true(report.firings > 0);
	if (!str_eq(report.digest, report.stored_digest))
		fail_msg("replay differs: %.*s", STR_ARG(json_to_str(a, report.differences)));
}

static void a_week(void)
{
	put("{'resourceType':'Patient','id':'child','birthDate':'2012-05-04'}");
	put("{'resourceType':'PractitionerRole','id':'n','active':true,'practitioner':{'reference':'Practitioner/nurse'},"
	    "'code':[{'coding':[{'system':'https://heed.example/fhir/CodeSystem/role','code':'ed-nurse'}]}]}");
	put("{'resourceType':'Encounter','id':'e1','status':'arrived','class':{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'EMER'},"
	    "'subject':{'reference':'Patient/child'},'period':{'start':'2026-12-18T16:00:00Z'}}");
	put("{'resourceType':'ServiceRequest','id':'sr1','status':'active','intent':'order','subject':{'reference':'Patient/child'},"
	    "'code':{'coding':[{'system':'https://heed.example/fhir/CodeSystem/service-request-code','code':'csc-referral'}]},"
	    "'authoredOn':'2026-12-18T16:30:00Z','requester':{'reference':'Practitioner/nurse'},"
	    "'extension':[{'url':'https://heed.example/fhir/StructureDefinition/mode','valueCode':'verbal'}]}");
	turn("2026-12-18 18:00");
	put("{'resourceType':'Encounter','id':'e1','status':'finished','class':{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'EMER'},"
	    "'subject':{'reference':'Patient/child'},'period':{'start':'2026-12-18T16:00:00Z','end':'2026-12-18T18:00:00Z'}}");
	turn("2026-12-20 16:30");
	turn("2026-12-20 18:00");
	put("{'resourceType':'QuestionnaireResponse','id':'q1','questionnaire':'https://heed.example/fhir/Questionnaire/multi-agency-referral',"
	    "'status':'completed','subject':{'reference':'Patient/child'},'basedOn':[{'reference':'ServiceRequest/sr1'}],"
	    "'authored':'2026-12-20T18:00:00Z','author':{'reference':'Practitioner/nurse'}}");
	turn("2027-01-04 09:00");
}

static void what_an_event_sets_off_is_in_its_transaction(void **state)
{
	(void)state;
	a_week();
	struct clock_row k = clock_of("phone-referral#write-up");
	assert_int_equal(k.state, CLOCK_MET_LATE);
	assert_int_equal(k.breached, 2);
	assert_at(a, k.due_us, "2026-12-20 16:30");
	struct resource t = get(k.task);
	assert_true(str_find(t.body, STR("\"status\":\"completed\"")) > 0);
	assert_int_equal(clock_of("referral-decision#decision").breached, 3);
	nothing_failed();

	struct store_read *r = reading();
	struct clock_row of_task;
	struct why why;
	struct err e = ERR_INIT;
	must(pathway_clock_of_task(r, k.task, &of_task, &e), &e);
	assert_int_equal(of_task.id, k.id);
	must(pathway_why(w, r, k.id, &why, &e), &e);
	assert_true(str_find(why.finding, STR("CQC Derby 3.2")) == 0);
	assert_true(why.n >= 5);
	assert_false(pathway_clock_of_task(r, STR("Task/none"), &of_task, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	store_read_end(r);
}

static void replay_gives_the_same_digest(void **state)
{
	(void)state;
	a_week();
	same_in_replay();
}

/* The named queries see the log as it was then, and not what the index knows now. */
static void reindex_gives_the_same_rows(void **state)
{
	(void)state;
	a_week();
	for (int i = 0; i < 5; i++)
		put("{'resourceType':'Encounter','id':'again%d','status':'finished','class':{'code':'EMER'},'subject':{'reference':'Patient/child'},"
		    "'period':{'start':'2027-01-0%dT09:00:00Z','end':'2027-01-0%dT10:00:00Z'}}", i, i + 1, i + 1);
	struct lines c1 = {0}, f1 = {0}, c2 = {0}, f2 = {0};
	struct err e = ERR_INIT;
	struct store_read *r = reading();
	must(digest_lines(store_read_sql(r), a, 0, &c1, &f1, &e), &e);
	store_read_end(r);
	struct reindex_report report;
	must(store_reindex(s, &report, &e), &e);
	must(store_run_due(s, &e), &e);
	r = reading();
	must(digest_lines(store_read_sql(r), a, 0, &c2, &f2, &e), &e);
	store_read_end(r);
	assert_true(c1.v.n > 5);
	assert_true(str_eq(digest_of(a, &c1, &f1), digest_of(a, &c2, &f2)));
	nothing_failed();
}

static void starting_again_goes_on(void **state)
{
	(void)state;
	put("{'resourceType':'Patient','id':'child','birthDate':'2012-05-04'}");
	put("{'resourceType':'Encounter','id':'e1','status':'finished','class':{'code':'EMER'},'subject':{'reference':'Patient/child'},"
	    "'period':{'start':'2026-12-18T16:00:00Z'}}");
	stop();
	assert_true(env_manual_set(env, at("2026-12-22 09:00"))); /* it was down while it came due */
	start();
	struct clock_row k = clock_of("ed-liaison#review");
	assert_int_equal(k.breached, 1);
	put("{'resourceType':'Encounter','id':'e2','status':'finished','class':{'code':'EMER'},'subject':{'reference':'Patient/child'},"
	    "'period':{'start':'2026-12-22T08:00:00Z'}}");
	assert_true(clock_of("ed-liaison#review").id > k.id);
	nothing_failed();
	same_in_replay();
}

/* ---- pause ---- */

struct pausing {
	int64_t clock;
	const char *second;
	bool resume;
};

static bool pause_job(struct txn *t, void *arg, struct err *e)
{
	struct pausing *p = arg;
	return p->resume ? pathway_resume(t, w, p->clock, e) : pathway_pause(t, w, p->clock, STR("consent-awaited"), str_from(p->second), e);
}

static enum err_code pausing(int64_t clock, const char *second, bool resume)
{
	struct pausing p = {clock, second, resume};
	const struct act act = {.agent = STR("Practitioner/nurse"), .channel = STR("web")};
	struct err e = ERR_INIT;
	return store_submit(s, a, &act, pause_job, &p, &e) ? ERR_NONE : e.code;
}

static void pausing_needs_two_people(void **state)
{
	(void)state;
	put("{'resourceType':'Patient','id':'child','birthDate':'2012-05-04'}");
	put("{'resourceType':'Encounter','id':'e1','status':'finished','class':{'code':'EMER'},'subject':{'reference':'Patient/child'},"
	    "'period':{'start':'2026-12-18T16:00:00Z'}}");
	struct clock_row k = clock_of("ed-liaison#review");
	assert_int_equal(pausing(k.id, "", false), ERR_REQUIRED);
	assert_int_equal(pausing(k.id, "Practitioner/nurse", false), ERR_INVARIANT);
	assert_int_equal(pausing(999, "Practitioner/other", false), ERR_NOT_FOUND);
	assert_int_equal(pausing(k.id, "Practitioner/other", false), ERR_NONE);
	assert_int_equal(clock_of("ed-liaison#review").state, CLOCK_PAUSED);
	turn("2026-12-22 09:00");
	assert_int_equal(clock_of("ed-liaison#review").breached, 0);
	assert_int_equal(pausing(k.id, "", true), ERR_NONE);
	k = clock_of("ed-liaison#review");
	assert_int_equal(k.state, CLOCK_RUNNING);
	assert_at(a, k.due_us, "2026-12-23 17:00"); /* the one working day that was left */
	assert_true(k.paused_total_us > 0);
	same_in_replay();
}

/* ---- feeds ---- */

static bool heard_job(struct txn *t, void *arg, struct err *e)
{
	(void)arg;
	return pathway_heard(t, w, STR("Device/ed"), e);
}

static void a_feed_is_heard_and_missed(void **state)
{
	(void)state;
	const struct act act = {.agent = STR("Device/ed"), .channel = STR("hl7")};
	struct err e = ERR_INIT;
	must(store_submit(s, a, &act, heard_job, NULL, &e), &e);
	turn("2026-12-18 18:30");
	struct store_read *r = reading();
	struct clock_rows rows;
	must(pathway_clocks(r, STR("Device/ed"), true, &rows, &e), &e);
	store_read_end(r);
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.v[0].breached, 1);
	nothing_failed();
}

/* A rule that goes wrong is said; what was being saved is saved. */
static void a_refused_job_leaves_nothing(void **state)
{
	(void)state;
	put("{'resourceType':'Patient','id':'child','birthDate':'2012-05-04'}");
	const struct json *j = parse_json(a, STR("{\"resourceType\":\"Encounter\",\"id\":\"e1\",\"status\":\"finished\",\"class\":{\"code\":\"EMER\"},"
						 "\"subject\":{\"reference\":\"Patient/child\"}}"));
	struct put two[] = {{.method = STORE_UPDATE, .type = STR("Encounter"), .id = STR("e1"), .body = j},
			    {.method = STORE_UPDATE, .type = STR("Encounter"), .id = STR("e1"), .body = j, .if_version = 77}};
	struct put_result results[2];
	struct change c = {.act = {.agent = STR("system"), .channel = STR("cli")}, .puts = two, .n = 2, .results = results};
	struct err e = ERR_INIT;
	assert_false(store_commit(s, a, &c, &e));
	struct store_read *r = reading();
	struct clock_rows rows;
	must(pathway_clocks(r, STR("Patient/child"), false, &rows, &e), &e);
	store_read_end(r);
	assert_int_equal(rows.n, 0);
}

/* ---- another pack ---- */

static void write_file(const char *name, struct str text)
{
	FILE *f = fopen(str_c(a, str_printf(a, "%s/%s", dir, name)), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
}

static struct str replaced(struct str text, const char *what, const char *with)
{
	ptrdiff_t found = str_find(text, str_from(what));
	assert_true(found >= 0);
	struct str after = str_sub(text, (size_t)found + strlen(what), text.n);
	return pw_join(a, (struct str[]){str_sub(text, 0, (size_t)found), str_from(with), after}, 3);
}

/* The liaison review in 9 working days instead of 1, and 21 December proclaimed a bank holiday. */
static void another_pack(void)
{
	struct str plan = slurp(a, "pack/england/pathways/ed-liaison.yaml");
	plan = replaced(plan, "version: \"1.0.0\"", "version: \"2.0.0\"");
	plan = replaced(plan, "value: 1, code: wd", "value: 9, code: wd");
	write_file("ed-liaison.yaml", plan);
	struct str days = slurp(a, CALENDAR_FILE);
	days = replaced(days, "version: \"2026.1\"", "version: \"2026.2\"");
	write_file("calendar.yaml", replaced(days, "  - {code: \"2026-12-25\"", "  - {code: \"2026-12-21\", display: \"Proclaimed\"}\n  - {code: \"2026-12-25\""));
	const char *const dirs[] = {"pack/england", "pack/derby", dir};
	struct pack_problems problems;
	pack_load(a, env_system(), dirs, 3, &pack, &problems);
}

static void a_new_pack_leaves_what_runs_on_its_rule(void **state)
{
	(void)state;
	put("{'resourceType':'Patient','id':'child','birthDate':'2012-05-04'}");
	put("{'resourceType':'Encounter','id':'e1','status':'finished','class':{'code':'EMER'},'subject':{'reference':'Patient/child'},"
	    "'period':{'start':'2026-12-18T16:00:00Z'}}");
	assert_at(a, clock_of("ed-liaison#review").due_us, "2026-12-21 17:00");
	stop();
	another_pack();
	start();
	struct clock_row old = clock_of("ed-liaison#review");
	assert_true(str_is(old.version, "1.0.0"));
	assert_at(a, old.due_us, "2026-12-22 17:00"); /* the proclaimed day moved it, and nothing else */
	put("{'resourceType':'Encounter','id':'e2','status':'finished','class':{'code':'EMER'},'subject':{'reference':'Patient/child'},"
	    "'period':{'start':'2026-12-18T16:10:00Z'}}");
	assert_true(str_is(clock_of("ed-liaison#review").version, "2.0.0"));
	put("{'resourceType':'QuestionnaireResponse','id':'r1','questionnaire':'https://heed.example/fhir/Questionnaire/liaison-review',"
	    "'status':'completed','subject':{'reference':'Patient/child'},'encounter':{'reference':'Encounter/e1'},'authored':'2026-12-18T16:30:00Z'}");
	struct store_read *r = reading();
	struct clock_rows rows;
	struct why why;
	struct err e = ERR_INIT;
	bool moved = false;
	must(pathway_clocks(r, STR("Patient/child"), false, &rows, &e), &e);
	must(pathway_why(w, r, old.id, &why, &e), &e);
	for (size_t i = 0; i < why.n; i++)
		moved |= str_find(why.sentences[i], STR("it had been Mon 21 Dec 2026 17:00")) >= 0;
	assert_true(moved);
	for (size_t i = 0; i < rows.n; i++)
		if (rows.v[i].id == old.id)
			assert_int_equal(rows.v[i].state, CLOCK_MET);
	store_read_end(r);
	nothing_failed();
}

static int setup(void **state)
{
	(void)state;
	static const char *const dirs[] = {"pack/england", "pack/derby"};
	struct pack_problems problems;
	a = arena_new(0);
	if (!pack_load(a, env_system(), dirs, 2, &pack, &problems))
		print_message("%zu problems in the pack; heed pack check says which\n", problems.list.n);
	env = env_manual(at("2026-12-18 16:30"));
	dir = test_dir_new();
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop();
	test_dir_remove(dir);
	env_manual_free(env);
	arena_destroy(a);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_an_event_sets_off_is_in_its_transaction), CASE(replay_gives_the_same_digest), CASE(reindex_gives_the_same_rows),
		CASE(starting_again_goes_on), CASE(pausing_needs_two_people), CASE(a_feed_is_heard_and_missed),
		CASE(a_refused_job_leaves_nothing), CASE(a_new_pack_leaves_what_runs_on_its_rule),
	};
	store_library_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
