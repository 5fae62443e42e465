#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/access.h"

static struct arena *arena; /* of one test */
static struct arena *whole;
static struct env *env;
static struct store *store;
static struct ledger *ledger;
static struct pack *pack;
static struct access *access_;
static char dir[] = "/tmp/heed-access-XXXXXX";

static const char password[] = "correct horse battery";

static void must(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->message);
}

static int open_all(void **state)
{
	(void)state;
	log_level_set(LOG_ERROR);
	store_library_init();
	whole = arena_new(0);
	env = env_manual(INT64_C(1797000000) * US_PER_SECOND);
	assert_non_null(mkdtemp(dir));
	struct store_config config = {.url = str_c(whole, str_printf(whole, "sqlite:%s", dir)), .env = env};
	struct err e = ERR_INIT;
	const char *packs[] = {"pack/england", "pack/derby"};
	struct pack_problems problems = {.arena = whole};
	must(store_open(&config, &store, &e), &e);
	must(ledger_open(store, &ledger, &e), &e);
	assert_true(pack_load(whole, env, packs, 2, &pack, &problems));
	must(access_open(store, ledger, pack, &access_, &e), &e);
	must(store_run_due(store, &e), &e);
	must(access_user_add(access_, STR("Shah.P"), STR("Priya Shah"), STR("ed-nurse"), str_from(password), &e), &e);
	must(access_user_add(access_, STR("feed"), STR(""), STR("system"), STR_NONE, &e), &e);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	access_close(access_);
	store_close(store);
	ledger_close(ledger);
	env_manual_free(env);
	arena_destroy(whole);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

static void later(int64_t us)
{
	assert_true(env_manual_set(env, env_now_us(env) + us));
}

static bool sign_in(const char *name, const char *pass, struct str *cookie, struct user *u)
{
	struct err e = ERR_INIT;
	bool ok = access_sign_in(access_, arena, str_from(name), str_from(pass), cookie, u, &e);
	assert_true(ok || e.code == ERR_LOGIN);
	return ok;
}

static void a_session_begins_and_ends(void **state)
{
	(void)state;
	struct str cookie, other;
	struct user u, again;
	assert_true(sign_in("shah.p", password, &cookie, &u));
	assert_true(cookie.n >= 22); /* 128 bits and more in base64url */
	assert_true(str_is(u.display, "Priya Shah") && str_is(u.practitioner, "Practitioner/shah.p") && str_is(u.role, "ed-nurse"));
	assert_true(access_session(access_, arena, cookie, &again, NULL));
	assert_true(str_eq(u.session, again.session) && str_find(u.session, cookie) < 0);
	assert_true(sign_in("SHAH.P", password, &other, &u));
	assert_false(str_eq(cookie, other));
	access_sign_out(access_, cookie);
	assert_false(access_session(access_, arena, cookie, &again, NULL));
	assert_true(access_session(access_, arena, other, &again, NULL));
	assert_false(access_session(access_, arena, STR("made-up"), &again, NULL));
	assert_false(access_session(access_, arena, STR_NONE, &again, NULL));
}

static void sessions_end_by_themselves(void **state)
{
	(void)state;
	struct str cookie;
	struct user u;
	assert_true(sign_in("shah.p", password, &cookie, &u));
	later(14 * US_PER_MINUTE);
	assert_true(access_session(access_, arena, cookie, &u, NULL));
	later(14 * US_PER_MINUTE);
	assert_true(access_session(access_, arena, cookie, &u, NULL));
	later(15 * US_PER_MINUTE);
	assert_false(access_session(access_, arena, cookie, &u, NULL));
	assert_true(sign_in("shah.p", password, &cookie, &u));
	for (int i = 0; i < 12 * 60 / 10 - 1; i++) {
		later(10 * US_PER_MINUTE);
		assert_true(access_session(access_, arena, cookie, &u, NULL));
	}
	later(10 * US_PER_MINUTE);
	assert_false(access_session(access_, arena, cookie, &u, NULL));
}

static void five_failures_lock(void **state)
{
	(void)state;
	struct str cookie;
	struct user u;
	assert_true(sign_in("shah.p", password, &cookie, &u)); /* counts from nothing */
	for (int i = 0; i < 4; i++)
		assert_false(sign_in("shah.p", "wrong, and long enough", &cookie, &u));
	assert_true(sign_in("shah.p", password, &cookie, &u));
	for (int i = 0; i < 5; i++)
		assert_false(sign_in("shah.p", "wrong, and long enough", &cookie, &u));
	assert_false(sign_in("shah.p", password, &cookie, &u));
	later(15 * US_PER_MINUTE);
	assert_true(sign_in("shah.p", password, &cookie, &u));
	assert_false(sign_in("nobody", password, &cookie, &u));
	assert_false(sign_in("feed", "", &cookie, &u));
}

struct flood {
	pthread_t thread;
	enum err_code code;
};

static void *try_once(void *arg)
{
	struct flood *f = arg;
	struct arena *own = arena_new(0);
	struct str cookie;
	struct user u;
	struct err e = ERR_INIT;
	access_sign_in(access_, own, STR("shah.p"), str_from(password), &cookie, &u, &e);
	f->code = e.code;
	arena_destroy(own);
	return NULL;
}

/* A flood is told to come back; it does not hold every thread. */
static void a_flood_of_sign_ins_is_turned_away(void **state)
{
	(void)state;
	struct flood all[60];
	size_t in = 0;
	for (size_t i = 0; i < 60; i++)
		pthread_create(&all[i].thread, NULL, try_once, &all[i]);
	for (size_t i = 0; i < 60; i++) {
		pthread_join(all[i].thread, NULL);
		assert_true(all[i].code == ERR_NONE || all[i].code == ERR_TOO_MANY);
		in += all[i].code == ERR_NONE;
	}
	assert_true(in >= 2);
}

static void form_tokens_belong_to_a_session(void **state)
{
	(void)state;
	struct str cookie;
	struct user one, two;
	assert_true(sign_in("shah.p", password, &cookie, &one));
	assert_true(sign_in("shah.p", password, &cookie, &two));
	struct str token = access_csrf(access_, arena, &one);
	assert_true(access_csrf_ok(access_, &one, token));
	assert_false(access_csrf_ok(access_, &two, token));
	assert_false(access_csrf_ok(access_, &one, STR("")));
	assert_true(str_is(access_cookie_set(arena, STR("x"), true), "__Host-heed=x; Path=/; HttpOnly; SameSite=Strict; Secure"));
	assert_true(str_is(access_cookie_set(arena, STR(""), false), "heed=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
}

static bool may(const struct user *u, enum access_action action, const char *type, struct str person)
{
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(store, arena, &e);
	must(r, &e);
	struct access_request q = {.user = u, .action = action, .type = str_from(type), .person = person, .channel = STR("fhir")};
	struct access_decision d = access_check(access_, r, &q);
	store_read_end(r);
	return d.answer == ACCESS_ALLOW;
}

static void tokens_hold_for_their_scope_and_time(void **state)
{
	(void)state;
	static const struct {
		const char *scope, *type;
		bool read, search, write;
	} cases[] = {
		{"system/*.*", "Observation", true, true, true},
		{"user/*.read", "Observation", true, true, false},
		{"system/Patient.read system/Observation.write", "Observation", false, false, true},
		{"system/Patient.rs", "Patient", true, true, false},
		{"system/Patient.r", "Patient", true, false, false},
		{"system/Patient.cud", "Patient", false, false, true},
		{"system/Patient.cu", "Patient", false, false, false},
	};
	struct err e = ERR_INIT;
	struct str token;
	struct user u;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		must(access_token_make(access_, arena, STR("feed"), str_from(cases[i].scope), 10, &token, &e), &e);
		must(access_token(access_, arena, token, &u, &e), &e);
		bool right = may(&u, ACCESS_READ, cases[i].type, STR_NONE) == cases[i].read &&
			     may(&u, ACCESS_SEARCH, cases[i].type, STR_NONE) == cases[i].search &&
			     may(&u, ACCESS_WRITE, cases[i].type, STR_NONE) == cases[i].write;
		if (!right)
			fail_msg("scope %s on %s", cases[i].scope, cases[i].type);
	}
	assert_false(access_session(access_, arena, token, &u, NULL));
	later(10 * US_PER_MINUTE);
	assert_false(access_token(access_, arena, token, &u, &e));
	assert_false(access_token_make(access_, arena, STR("feed"), STR("patient/*.read"), 10, &token, &e));
	assert_false(access_token_make(access_, arena, STR("feed"), STR("user/Nonsense.read"), 10, &token, &e));
	assert_false(access_token_make(access_, arena, STR("who"), STR(""), 10, &token, &e));
	/* A person's token is never a system's, whatever it says. */
	must(access_token_make(access_, arena, STR("shah.p"), STR("system/*.*"), 10, &token, &e), &e);
	must(access_token(access_, arena, token, &u, &e), &e);
	assert_false(may(&u, ACCESS_READ, "Organization", STR_NONE));
}

static void a_disabled_user_is_out_at_once(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct str cookie, token;
	struct user u;
	must(access_user_add(access_, STR("leaver"), STR("Sam Low"), STR("ed-nurse"), str_from(password), &e), &e);
	assert_true(sign_in("leaver", password, &cookie, &u));
	must(access_token_make(access_, arena, STR("leaver"), STR(""), 10, &token, &e), &e);
	assert_true(access_session(access_, arena, cookie, &u, NULL) && access_token(access_, arena, token, &u, NULL));
	must(access_user_disable(access_, STR("leaver"), &e), &e);
	assert_false(access_session(access_, arena, cookie, &u, NULL));
	assert_false(access_token(access_, arena, token, &u, NULL));
	assert_false(sign_in("leaver", password, &cookie, &u));
	assert_false(access_user_disable(access_, STR("nobody"), &e));
}

static void users_are_checked(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	assert_false(access_user_add(access_, STR("shah.p"), STR(""), STR("ed-nurse"), str_from(password), &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_false(access_user_add(access_, STR("a b"), STR(""), STR("ed-nurse"), str_from(password), &e));
	assert_false(access_user_add(access_, STR("x"), STR(""), STR("king"), str_from(password), &e));
	assert_false(access_user_add(access_, STR("x"), STR(""), STR("ed-nurse"), STR("short"), &e));
	struct users all;
	must(access_users(access_, arena, &all, &e), &e);
	assert_true(all.n >= 2);
}

/* ---- relationships ---- */

static void put(const char *type, const char *id, const char *rest)
{
	struct err e = ERR_INIT;
	struct json *body;
	struct str text = str_printf(arena, "{\"resourceType\":\"%s\",\"id\":\"%s\"%s%s}", type, id, *rest ? "," : "", rest);
	must(json_parse(arena, text, NULL, &body, &e), &e);
	struct put p = {.method = STORE_UPDATE, .type = str_from(type), .id = str_from(id), .body = body};
	struct put_result done;
	struct change change = {.act = {.agent = STR("system"), .role = STR("system"), .channel = STR("cli")}, .puts = &p, .n = 1, .results = &done};
	must(store_commit(store, arena, &change, &e), &e);
}

static struct user nurse(void)
{
	struct str cookie;
	struct user u;
	assert_true(sign_in("shah.p", password, &cookie, &u));
	return u;
}

static void work_opens_a_record(void **state)
{
	(void)state;
	static const struct {
		const char *type, *open, *closed;
	} cases[] = {
		{"EpisodeOfCare", "\"status\":\"active\",\"patient\":{\"reference\":\"Patient/w\"},\"managingOrganization\":{\"reference\":\"Organization/TEAM\"}",
		 "\"status\":\"finished\",\"patient\":{\"reference\":\"Patient/w\"},\"managingOrganization\":{\"reference\":\"Organization/TEAM\"}"},
		{"CareTeam", "\"status\":\"active\",\"subject\":{\"reference\":\"Patient/w\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/shah.p\"}}]",
		 "\"status\":\"inactive\",\"subject\":{\"reference\":\"Patient/w\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/shah.p\"}}]"},
		{"Encounter", "\"status\":\"in-progress\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":\"Patient/w\"},\"participant\":[{\"individual\":{\"reference\":\"Practitioner/shah.p\"}}]",
		 "\"status\":\"finished\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":\"Patient/w\"}"},
		{"Encounter", "\"status\":\"arrived\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":\"Patient/w\"},\"serviceProvider\":{\"reference\":\"Organization/TEAM\"}",
		 "\"status\":\"cancelled\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":\"Patient/w\"},\"serviceProvider\":{\"reference\":\"Organization/TEAM\"}"},
		{"Task", "\"status\":\"requested\",\"intent\":\"order\",\"for\":{\"reference\":\"Patient/w\"},\"owner\":{\"reference\":\"Organization/TEAM\"}",
		 "\"status\":\"completed\",\"intent\":\"order\",\"for\":{\"reference\":\"Patient/w\"},\"owner\":{\"reference\":\"Organization/TEAM\"}"},
		{"ServiceRequest", "\"status\":\"active\",\"intent\":\"order\",\"subject\":{\"reference\":\"Patient/w\"},\"requester\":{\"reference\":\"Practitioner/shah.p\"}",
		 "\"status\":\"revoked\",\"intent\":\"order\",\"subject\":{\"reference\":\"Patient/w\"},\"requester\":{\"reference\":\"Practitioner/shah.p\"}"},
	};
	struct user u = nurse();
	put("Patient", "w", "");
	assert_false(may(&u, ACCESS_READ, "Patient", STR("Patient/w")));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *open = str_c(arena, str_from(cases[i].open)), *team = strstr(open, "TEAM");
		struct str text = str_from(open);
		if (team)
			text = str_printf(arena, "%.*s%.*s%s", (int)(team - open), open, STR_ARG(u.team), team + 4);
		put(cases[i].type, "tie", str_c(arena, text));
		if (!may(&u, ACCESS_READ, "Patient", STR("Patient/w")) || !may(&u, ACCESS_WRITE, "Observation", STR("Patient/w")))
			fail_msg("case %zu, %s open", i, cases[i].type);
		put(cases[i].type, "tie", cases[i].closed);
		if (may(&u, ACCESS_READ, "Patient", STR("Patient/w")))
			fail_msg("case %zu, %s closed", i, cases[i].type);
	}
}

static void a_reason_opens_one_record_for_three_hours(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct user u = nurse();
	put("Patient", "r1", "");
	put("Patient", "r2", "");
	assert_false(access_give_reason(access_, &u, STR("Patient/r1"), STR(""), STR("words"), &e));
	assert_false(access_give_reason(access_, &u, STR("Patient/r1"), STR("emergency"), STR(" "), &e));
	must(access_give_reason(access_, &u, STR("Patient/r1"), STR("emergency"), STR("brought in by ambulance"), &e), &e);
	assert_true(may(&u, ACCESS_READ, "Patient", STR("Patient/r1")));
	assert_false(may(&u, ACCESS_READ, "Patient", STR("Patient/r2")));
	later(3 * US_PER_HOUR);
	assert_false(may(&u, ACCESS_READ, "Patient", STR("Patient/r1")));
}

static void own_family_stops_even_the_team(void **state)
{
	(void)state;
	struct user u = nurse();
	put("Patient", "self", "");
	put("Patient", "niece", "");
	put("Patient", "lodger", "");
	put("Patient", "stranger", "");
	put("Person", "p", "\"link\":[{\"target\":{\"reference\":\"Practitioner/shah.p\"}},{\"target\":{\"reference\":\"Patient/self\"}}]");
	put("RelatedPerson", "rp", "\"patient\":{\"reference\":\"Patient/niece\"},\"extension\":[{\"url\":\"https://heed.example/fhir/StructureDefinition/person\",\"valueReference\":{\"reference\":\"Patient/self\"}}]");
	put("Group", "home", "\"type\":\"person\",\"actual\":true,\"member\":[{\"entity\":{\"reference\":\"Patient/self\"}},{\"entity\":{\"reference\":\"Patient/lodger\"}}]");
	static const char *const people[] = {"self", "niece", "lodger", "stranger"};
	for (size_t i = 0; i < 4; i++) {
		struct str person = str_printf(arena, "Patient/%s", people[i]);
		put("CareTeam", people[i], str_c(arena, str_printf(arena, "\"status\":\"active\",\"subject\":{\"reference\":\"%.*s\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/shah.p\"}}]", STR_ARG(person))));
		if (may(&u, ACCESS_READ, "Patient", person) != (i == 3))
			fail_msg("%s", people[i]);
	}
}

static void labels_hide_and_look_like_absence(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct user u = nurse();
	struct json *body;
	put("CareTeam", "l", "\"status\":\"active\",\"subject\":{\"reference\":\"Patient/l\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/shah.p\"}}]");
	must(json_parse(arena, STR("{\"resourceType\":\"Observation\",\"id\":\"x\",\"meta\":{\"security\":[{\"code\":\"sexual-health\"}]},"
				   "\"subject\":{\"reference\":\"Patient/l\"}}"), NULL, &body, &e), &e);
	struct store_read *r = store_read_begin(store, arena, &e);
	struct access_request q = {.user = &u, .action = ACCESS_READ, .type = STR("Observation"), .resource = body};
	struct access_decision d = access_check(access_, r, &q);
	assert_int_equal(d.answer, ACCESS_DENY);
	assert_true(d.invisible);
	q.resource = NULL;
	q.person = STR("Patient/l");
	q.action = ACCESS_SEARCH;
	d = access_check(access_, r, &q);
	assert_int_equal(d.answer, ACCESS_ALLOW);
	assert_true(d.hidden_count > 0);
	store_read_end(r);
}

static void another_process_asks_the_server(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	bool running = true;
	struct str text;
	struct json *q = json_object(arena);
	json_setz(arena, q, "do", json_stringz(arena, "user-add"));
	json_setz(arena, q, "name", json_stringz(arena, "by.socket"));
	json_setz(arena, q, "role", json_stringz(arena, "ed-nurse"));
	assert_false(access_control_ask(arena, dir, q, &running, &text, &e));
	assert_false(running);
	must(access_control_start(access_, dir, &e), &e);
	struct stat st;
	assert_int_equal(stat(str_c(arena, str_printf(arena, "%s/control.sock", dir)), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	must(access_control_ask(arena, dir, q, &running, &text, &e), &e);
	assert_true(running);
	assert_false(access_control_ask(arena, dir, q, &running, &text, &e)); /* there already */
	assert_true(running);
	json_setz(arena, q, "do", json_stringz(arena, "token"));
	json_setz(arena, q, "minutes", json_int(arena, 5));
	must(access_control_ask(arena, dir, q, &running, &text, &e), &e);
	struct user u;
	must(access_token(access_, arena, str_trim(text), &u, &e), &e);
	json_setz(arena, q, "do", json_stringz(arena, "user-disable"));
	must(access_control_ask(arena, dir, q, &running, &text, &e), &e);
	assert_false(access_token(access_, arena, str_trim(text), &u, &e));
	json_setz(arena, q, "do", json_stringz(arena, "anything"));
	assert_false(access_control_ask(arena, dir, q, &running, &text, &e));
	access_control_stop(access_);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_session_begins_and_ends), TEST(sessions_end_by_themselves), TEST(five_failures_lock),
		TEST(a_flood_of_sign_ins_is_turned_away), TEST(form_tokens_belong_to_a_session), TEST(tokens_hold_for_their_scope_and_time), TEST(a_disabled_user_is_out_at_once),
		TEST(users_are_checked), TEST(work_opens_a_record), TEST(a_reason_opens_one_record_for_three_hours),
		TEST(own_family_stops_even_the_team), TEST(labels_hide_and_look_like_absence), TEST(another_process_asks_the_server),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
