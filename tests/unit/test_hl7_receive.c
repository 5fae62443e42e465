#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "hl7/hl7.h"
#include "ledger/ledger.h"

#include "store_dir.h"

static struct arena *a, *whole;
static struct env *env;
static struct store *s;
static struct ledger *ledger;
static struct pack *pack;
static char *dir;
static struct mllp_config config;

static int load_pack(void **state)
{
	static const char *const dirs[] = {"pack/england", "pack/derby", "tests/data/hl7-pack"};
	(void)state;
	whole = arena_new(0);
	struct pack_problems problems = {.arena = whole};
	if (!pack_load(whole, env_system(), dirs, 3, &pack, &problems))
		fail_msg("%.*s: %.*s", STR_ARG(problems.list.v[0].file), STR_ARG(problems.list.v[0].message));
	return 0;
}

static int unload_pack(void **state)
{
	(void)state;
	arena_destroy(whole);
	return 0;
}

static int up(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	a = arena_new(0);
	env = env_manual(INT64_C(1797604200000000)); /* 18 December 2026, 16:30 */
	dir = test_dir_new();
	struct store_config c = {.url = test_dir_url(a, dir), .env = env};
	if (!store_open(&c, &s, &e) || !ledger_open(s, &ledger, &e))
		fail_msg("%s", e.message);
	config = (struct mllp_config){.store = s, .pack = pack, .env = env, .address = "127.0.0.1:0"};
	return 0;
}

static int down(void **state)
{
	(void)state;
	store_close(s);
	ledger_close(ledger);
	test_dir_remove(dir);
	env_manual_free(env);
	arena_destroy(a);
	return 0;
}

/* ---- asking ---- */

static struct resources found(const char *type, const char *query)
{
	struct search *q;
	struct search_page page = {0};
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, &e);
	if (!r || !search_parse(a, str_from(type), str_from(query), env_now_us(env), &q, &e) || !store_search(r, q, &page, &e))
		fail_msg("%s?%s: %s", type, query, e.message);
	store_read_end(r);
	return page.matches;
}

static size_t count(const char *type, const char *query)
{
	return found(type, query).n;
}

static const struct json *one(const char *type, const char *query)
{
	struct resources all = found(type, query);
	struct json *j;
	struct err e = ERR_INIT;
	if (all.n != 1)
		fail_msg("%s?%s: %zu found", type, query, all.n);
	assert_true(json_parse(a, all.v[0].body, NULL, &j, &e));
	return j;
}

static int64_t last_seq(void)
{
	struct resources all = {0};
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, &e);
	assert_true(store_versions_after(r, 0, 100000, &all, &e));
	store_read_end(r);
	return all.n ? all.v[all.n - 1].seq : 0;
}

/* Everything that was ever written is FHIR. */
static size_t all_valid(void)
{
	struct resources all = {0};
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, &e);
	assert_true(store_versions_after(r, 0, 100000, &all, &e));
	store_read_end(r);
	for (size_t i = 0; i < all.n; i++) {
		struct fhir_outcome *o = fhir_outcome_new(a);
		struct json *j;
		assert_true(json_parse(a, all.v[i].body, NULL, &j, &e));
		if (!fhir_validate(a, j, all.v[i].body, o))
			fail_msg("%.*s: %.*s", STR_ARG(json_to_str(a, fhir_outcome_json(a, o))), STR_ARG(all.v[i].body));
	}
	return all.n;
}

/* ---- saying ---- */

struct said {
	const char *event, *control, *when, *nhs, *local, *name, *born, *sex, *postcode, *visit, *rest;
};

static struct str message(struct said m)
{
	const char *when = m.when ? m.when : "20261218100000";
	return str_printf(a,
			  "MSH|^~\\&|EDSYS|RXX01|HEED|DERBY|%s||ADT^%s|%s|P|2.4||||||UNICODE UTF-8\rEVN|%s|%s\r"
			  "PID|1||%s^^^NHS^NH~%s^^^RXX01^PI||%s||%s|%s|||1 Road^^Derby^^%s^GBR^H\r%s%s%s",
			  when, m.event, m.control, m.event, when, m.nhs ? m.nhs : "", m.local ? m.local : "", m.name ? m.name : "Khan^Anna",
			  m.born ? m.born : "20150304", m.sex ? m.sex : "F", m.postcode ? m.postcode : "DE90 1AA", m.visit ? "PV1|1|E|CED^^^RXX01||||||||||||||||" : "",
			  m.visit ? m.visit : "", m.rest ? m.rest : "");
}

static struct str say(struct said m)
{
	return hl7_receive(&config, a, message(m));
}

static void assert_answer(struct str answer, const char *code, const char *control)
{
	struct str want = str_printf(a, "\rMSA|%s|%s", code, control);
	if (str_find(answer, want) < 0)
		fail_msg("want %s of %s, got %.*s", code, control, STR_ARG(answer));
}

#define NHS_A "9993395633"
#define NHS_B "9991581766"

static void test_attendance(void **state)
{
	(void)state;
	assert_answer(say((struct said){.event = "A04", .control = "M1", .nhs = NHS_A, .local = "H1", .visit = "V1"}), "AA", "M1");
	const struct json *p = one("Patient", "identifier=" NHS_A), *v = one("Encounter", "identifier=V1");
	struct str subject = str_printf(a, "Patient/%.*s", STR_ARG(json_str(p, "id")));
	assert_true(str_eq(json_str(json_getz(v, "subject"), "reference"), subject));
	assert_true(str_is(json_str(v, "status"), "arrived"));
	assert_true(str_is(json_str(json_path(v, "extension", "0", NULL), "valueCode"), "adult") == false);
	assert_int_equal(count("Location", "name=CED"), 1);
	assert_int_equal(count("Organization", "identifier=RXX01"), 1);
	assert_int_equal(count("Task", ""), 0);
	const struct json *provenance = one("Provenance", "");
	struct str raw_at = json_str(json_getz(json_path(provenance, "entity", "0", NULL), "what"), "reference");
	assert_true(str_starts(raw_at, STR("Binary/")));
	assert_answer(say((struct said){.event = "A03", .control = "M2", .when = "20261218113000", .nhs = NHS_A, .visit = "V1|||||||||||||||||LBS\r"}), "AA", "M2");
	v = one("Encounter", "identifier=V1");
	assert_true(str_is(json_str(v, "status"), "finished"));
	assert_true(str_find(json_to_str(a, v), STR("left-before-seen")) > 0);
	assert_true(str_find(json_to_str(a, v), STR("\"valueCode\":\"child\"")) > 0);
	assert_int_equal(count("Location", ""), 1);
	assert_true(all_valid() > 0);
}

static void test_repeat(void **state)
{
	(void)state;
	struct said m = {.event = "A04", .control = "M1", .nhs = NHS_A, .visit = "V1"};
	struct str first = say(m);
	int64_t seq = last_seq();
	env_manual_set(env, env_now_us(env) + US_PER_HOUR);
	struct str again = say(m);
	assert_true(str_eq(first, again));
	assert_int_equal(last_seq(), seq);
}

static void test_same_control_other_bytes(void **state)
{
	(void)state;
	assert_answer(say((struct said){.event = "A04", .control = "M1", .nhs = NHS_A, .visit = "V1"}), "AA", "M1");
	struct said other = {.event = "A04", .control = "M1", .nhs = NHS_A, .visit = "V2"};
	struct str answer = say(other);
	assert_answer(answer, "AE", "M1");
	assert_true(str_find(answer, STR("205&Duplicate key identifier")) > 0);
	assert_int_equal(count("Encounter", ""), 1);
	assert_int_equal(count("Task", "code=integration-error"), 1);
	assert_true(str_eq(say(other), answer));
	assert_int_equal(count("Task", ""), 1);
}

static void test_refused_then_good(void **state)
{
	(void)state;
	struct said cancel = {.event = "A03", .control = "M1", .nhs = NHS_A, .born = "20150230", .visit = "V1"};
	assert_answer(say(cancel), "AE", "M1");
	assert_int_equal(count("Patient", ""), 0);
	const struct json *task = one("Task", "code=integration-error&status=requested");
	assert_true(str_starts(json_str(json_getz(task, "focus"), "reference"), STR("Binary/")));
	assert_true(str_find(json_to_str(a, task), STR("integration-officer")) > 0);
}

static void test_older_never_overwrites(void **state)
{
	(void)state;
	say((struct said){.event = "A08", .control = "M1", .when = "20261218120000", .nhs = NHS_A, .postcode = "DE92 2BB", .visit = "V1"});
	assert_answer(say((struct said){.event = "A08", .control = "M2", .when = "20261218110000", .nhs = NHS_A, .postcode = "DE91 1AA", .visit = "V1"}), "AA", "M2");
	const struct json *p = one("Patient", "");
	assert_true(str_is(json_str(json_path(p, "address", "0", NULL), "postalCode"), "DE92 2BB"));
	assert_true(str_is(json_str(json_path(p, "address", "1", NULL), "use"), "old"));
}

/* ---- the right person ---- */

static void test_number_without_agreement(void **state)
{
	(void)state;
	say((struct said){.event = "A28", .control = "M1", .nhs = NHS_A});
	assert_answer(say((struct said){.event = "A28", .control = "M2", .nhs = NHS_A, .name = "Shah^Zara", .born = "20100101"}), "AA", "M2");
	assert_int_equal(count("Patient", ""), 2);
	const struct json *task = one("Task", "code=possible-same-person");
	assert_int_equal(json_n(json_getz(task, "input")), 1);
}

static void test_name_and_birthday_alone(void **state)
{
	(void)state;
	say((struct said){.event = "A28", .control = "M1", .nhs = NHS_A, .local = "H1"});
	say((struct said){.event = "A28", .control = "M2", .local = "H2", .postcode = "DE95 9ZZ"});
	assert_int_equal(count("Patient", ""), 2);
	assert_int_equal(count("Task", "code=possible-same-person"), 1);
	say((struct said){.event = "A28", .control = "M3", .local = "H3"});
	assert_int_equal(count("Patient", ""), 2); /* full demographics agree with the first */
}

static void test_twins(void **state)
{
	(void)state;
	say((struct said){.event = "A28", .control = "M1", .nhs = NHS_A, .local = "H1", .name = "Khan^Anna"});
	say((struct said){.event = "A28", .control = "M2", .nhs = NHS_B, .local = "H2", .name = "Khan^Adam", .sex = "M"});
	say((struct said){.event = "A28", .control = "M3", .local = "H4", .name = "Khan^Bella"});
	assert_int_equal(count("Patient", ""), 3);
	assert_int_equal(count("Task", ""), 0);
}

static void test_local_number(void **state)
{
	(void)state;
	say((struct said){.event = "A04", .control = "M1", .local = "H1", .name = "Baby", .postcode = "ZZ99 3WZ", .visit = "V1"});
	say((struct said){.event = "A08", .control = "M2", .when = "20261218110000", .local = "H1", .nhs = NHS_A, .name = "Khan^Anna", .visit = "V1"});
	const struct json *p = one("Patient", "");
	assert_true(str_is(json_str(json_path(p, "name", "0", NULL), "family"), "Khan"));
	assert_int_equal(count("Encounter", ""), 1);
}

static void test_visit_of_another(void **state)
{
	(void)state;
	say((struct said){.event = "A04", .control = "M1", .nhs = NHS_A, .visit = "V1"});
	struct str answer = say((struct said){.event = "A08", .control = "M2", .nhs = NHS_B, .name = "Shah^Zara", .born = "20100101", .visit = "V1"});
	assert_answer(answer, "AE", "M2");
	assert_int_equal(count("Patient", ""), 1); /* nothing of it is left */
}

/* ---- merges ---- */

static void test_merge(void **state)
{
	(void)state;
	say((struct said){.event = "A04", .control = "M1", .nhs = NHS_A, .local = "H1", .visit = "V1"});
	say((struct said){.event = "A04", .control = "M2", .local = "H2", .name = "Kahn^Ana", .born = "20150403", .visit = "V2"});
	assert_int_equal(count("Patient", ""), 2);
	assert_answer(say((struct said){.event = "A40", .control = "M3", .nhs = NHS_A, .local = "H1", .rest = "MRG|H2^^^RXX01^PI\r"}), "AA", "M3");
	const struct json *old = one("Patient", "identifier=H2");
	assert_true(json_is(json_getz(old, "active"), JSON_BOOL) && !json_true(json_getz(old, "active")));
	assert_true(str_is(json_str(json_path(old, "link", "0", NULL), "type"), "replaced-by"));
	/* what comes for the old number goes to the one that stayed; the visit it had stays */
	assert_answer(say((struct said){.event = "A08", .control = "M4", .when = "20261218113000", .local = "H2", .name = "Kahn^Ana", .born = "20150304", .visit = "V2"}), "AA", "M4");
	assert_int_equal(count("Patient", ""), 2);
	assert_int_equal(count("Encounter", ""), 2);
	assert_true(all_valid() > 0);
	/* and a second time changes nothing */
	int64_t seq = last_seq();
	assert_answer(say((struct said){.event = "A40", .control = "M3", .nhs = NHS_A, .local = "H1", .rest = "MRG|H2^^^RXX01^PI\r"}), "AA", "M3");
	assert_int_equal(last_seq(), seq);
}

static void test_merge_that_people_decide(void **state)
{
	(void)state;
	say((struct said){.event = "A28", .control = "M1", .nhs = NHS_A, .local = "H1"});
	say((struct said){.event = "A28", .control = "M2", .nhs = NHS_B, .local = "H2", .name = "Shah^Zara", .born = "20100101"});
	assert_answer(say((struct said){.event = "A40", .control = "M3", .nhs = NHS_A, .local = "H1", .rest = "MRG|H2^^^RXX01^PI\r"}), "AE", "M3");
	assert_answer(say((struct said){.event = "A40", .control = "M4", .nhs = NHS_A, .local = "H1", .rest = "MRG|H1^^^RXX01^PI\r"}), "AE", "M4");
	assert_int_equal(count("Patient", "active=false"), 0);
	assert_int_equal(count("Task", "code=integration-error"), 2);
}

static void test_merge_of_restricted(void **state)
{
	(void)state;
	say((struct said){.event = "A28", .control = "M1", .nhs = NHS_A, .local = "H1"});
	say((struct said){.event = "A28", .control = "M2", .local = "H2", .name = "Shah^Zara", .born = "20100101"});
	struct json *p = json_clone(a, one("Patient", "identifier=H2")), *label = json_object(a), *labels = json_array(a);
	json_setz(a, label, "system", json_stringz(a, HEED_BASE_URL "/CodeSystem/label"));
	json_setz(a, label, "code", json_stringz(a, "adoption"));
	json_push(a, labels, label);
	json_setz(a, json_getz(p, "meta"), "security", labels);
	struct put put = {.method = STORE_UPDATE, .type = STR("Patient"), .id = json_str(p, "id"), .body = p};
	struct put_result result;
	struct change change = {.act = {.agent = STR("system")}, .puts = &put, .n = 1, .results = &result};
	struct err e = ERR_INIT;
	assert_true(store_commit(s, a, &change, &e));
	assert_answer(say((struct said){.event = "A40", .control = "M3", .nhs = NHS_A, .local = "H1", .rest = "MRG|H2^^^RXX01^PI\r"}), "AE", "M3");
	/* nor is the record ever offered as a candidate */
	say((struct said){.event = "A28", .control = "M4", .local = "H5", .name = "Shah^Zara", .born = "20100101", .postcode = "DE97 7ZZ"});
	assert_int_equal(count("Task", "code=possible-same-person"), 0);
}

/* ---- senders and clocks ---- */

static void test_unknown_sender(void **state)
{
	(void)state;
	struct str text = STR("MSH|^~\\&|EVIL|XXX|HEED|DERBY|20261218||ADT^A28|M1|P|2.4\rEVN||20261218\rPID|1||H1||A^B\r");
	assert_answer(hl7_receive(&config, a, text), "AR", "M1");
	assert_int_equal(count("Patient", ""), 0);
	assert_int_equal(count("Task", "code=integration-error"), 1);
}

static void test_clock_ahead(void **state)
{
	(void)state;
	say((struct said){.event = "A08", .control = "M1", .when = "20991231235959", .nhs = NHS_A, .postcode = "DE91 1AA", .visit = "V1"});
	say((struct said){.event = "A08", .control = "M2", .when = "20991231235959", .nhs = NHS_A, .postcode = "DE91 1AA", .visit = "V1"});
	assert_int_equal(count("Task", "code=integration-error"), 1);
	env_manual_set(env, env_now_us(env) + US_PER_HOUR);
	say((struct said){.event = "A08", .control = "M3", .when = "20261218171500", .nhs = NHS_A, .postcode = "DE92 2BB", .visit = "V1"});
	const struct json *p = one("Patient", "");
	assert_true(str_is(json_str(json_path(p, "address", "0", NULL), "postalCode"), "DE92 2BB"));
}

static void test_place_with_a_label(void **state)
{
	(void)state;
	struct said m = {.event = "A04", .control = "M1", .nhs = NHS_A, .rest = "PV1|1|O|SHC^^^RXX01|||||||||||||V|||V1\r"};
	assert_answer(say(m), "AA", "M1");
	const struct json *labels = json_path(one("Encounter", ""), "meta", "security", NULL);
	assert_int_equal(json_n(labels), 2);
	assert_true(str_find(json_to_str(a, labels), STR("sexual-health")) > 0);
	struct search *q;
	struct search_page page = {0};
	struct err e = ERR_INIT;
	struct str hidden[] = {STR("sexual-health")};
	struct store_read *r = store_read_begin(s, a, &e);
	assert_true(search_parse(a, STR("Encounter"), STR(""), env_now_us(env), &q, &e));
	search_hide_labels(q, hidden, 1);
	assert_true(store_search(r, q, &page, &e));
	store_read_end(r);
	assert_int_equal(page.matches.n, 0);
}

static void test_character_sets(void **state)
{
	(void)state;
	struct str text = STR("MSH|^~\\&|EDSYS|RXX01|HEED|DERBY|20261218||ADT^A28|M1|P|2.4||||||8859/1\rEVN||20261218\rPID|1||H1||O'BRIEN-SMITH^SI\xc2N\r");
	assert_answer(hl7_receive(&config, a, text), "AA", "M1");
	const struct json *p = one("Patient", "family=o'brien");
	assert_true(str_is(json_text(json_path(p, "name", "0", "given", "0", NULL)), "SI\xc3\x82N"));
}

/* ---- many at once ---- */

static void *send_same(void *arg)
{
	(void)arg;
	struct arena *own = arena_new(0);
	struct str text = STR("MSH|^~\\&|EDSYS|RXX01|HEED|DERBY|20261218||ADT^A04|M1|P|2.4\rEVN||20261218\rPID|1||" NHS_A "^^^NHS||Khan^Anna||20150304\rPV1|1|E|ED||||||||||||||||V1\r");
	struct str answer = hl7_receive(&config, own, text);
	void *ok = str_find(answer, STR("MSA|AA|M1")) > 0 ? arg : NULL;
	arena_destroy(own);
	return ok;
}

static void test_the_same_from_many(void **state)
{
	(void)state;
	pthread_t threads[16];
	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_same, &config), 0);
	for (int i = 0; i < 16; i++) {
		void *ok = NULL;
		pthread_join(threads[i], &ok);
		assert_non_null(ok);
	}
	assert_int_equal(count("Encounter", ""), 1);
	assert_int_equal(count("Patient", ""), 1);
	assert_int_equal(count("Provenance", ""), 1);
}

/* ---- on the wire ---- */

/* Sends the bytes, says it has no more, and gives all that came back. */
static struct str exchange(int port, struct str bytes)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	struct buf b = buf_new(a, 1 << 20);
	for (size_t sent = 0; sent < bytes.n;) {
		ssize_t n = send(fd, bytes.p + sent, bytes.n - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	shutdown(fd, SHUT_WR);
	char chunk[4096];
	for (ssize_t n; (n = recv(fd, chunk, sizeof chunk, 0)) > 0;)
		buf_add(&b, (struct str){chunk, (size_t)n});
	close(fd);
	return buf_str(&b);
}

/* "AA AA": the codes of the answers, in order. */
static struct str codes_of(struct str answers)
{
	struct buf b = buf_new(a, 4096);
	for (ptrdiff_t at; (at = str_find(answers, STR("\rMSA|"))) >= 0;) {
		if (b.n)
			buf_char(&b, ' ');
		buf_add(&b, str_sub(answers, (size_t)at + 5, (size_t)at + 7));
		answers = str_sub(answers, (size_t)at + 7, answers.n);
	}
	return buf_str(&b);
}

static const struct {
	const char *expect, *allowed; /* what the manifest begins with; codes that fulfil it, "" for no answer */
} meanings[] = {
	{"AA then close", "AA"}, {"AA AA", "AA AA"},	     {"AA or AE", "AA,AE"},	{"AE or AR", "AE,AR"},	{"AR or close", "AR,"},
	{"AR or AA", "AR,AA"},	 {"CA only", "CA"},	     {"CA", "CA"},		{"no reply", ""},	{"close at time-out", ""},
	{"AA", "AA"},		 {"AE", "AE"},		     {"AR", "AR"},
};

static bool fulfils(struct str codes, struct str expect)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		if (!str_starts(expect, str_from(meanings[i].expect)))
			continue;
		struct str allowed = str_from(meanings[i].allowed), part;
		if (!allowed.n)
			return codes.n == 0;
		while (str_next(&allowed, ',', &part))
			if (str_eq(part, codes))
				return true;
		return false;
	}
	fail_msg("the manifest says \"%.*s\", which is not understood", STR_ARG(expect));
	return false;
}

static struct str suite(const char *name)
{
	const char *suites = getenv("HEED_SUITES");
	struct str text = STR_NONE;
	struct err e = ERR_INIT;
	if (suites)
		env_system()->read_file(env_system(), a, str_c(a, str_printf(a, "%s/%s", suites, name)), 8 << 20, &text, &e);
	return text;
}

static int one_of_manifest(struct str line)
{
	struct str name, expect;
	if (!str_next(&line, '\t', &name) || !str_next(&line, '\t', &expect) || str_is(name, "file"))
		return 0;
	void *fresh = NULL;
	up(&fresh); /* a store of its own: files share control ids */
	struct mllp_server *server;
	struct err e = ERR_INIT;
	assert_true(mllp_start(&config, &server, &e));
	struct str bytes = suite(str_c(a, str_printf(a, "hostile/hl7v2-malformed/%.*s", STR_ARG(name))));
	assert_true(bytes.n > 0);
	struct str codes = codes_of(exchange(mllp_port(server), bytes));
	if (!fulfils(codes, expect))
		fail_msg("%.*s: answered \"%.*s\", expected \"%.*s\"", STR_ARG(name), STR_ARG(codes), STR_ARG(expect));
	mllp_stop(server);
	down(&fresh);
	return 1;
}

static void test_malformed_suite(void **state)
{
	(void)state;
	struct arena *own = arena_new(0);
	struct arena *outer = a;
	struct str manifest = suite("hostile/hl7v2-malformed/manifest.tsv"), line;
	int n = 0;
	down(state);
	(void)outer;
	a = own;
	manifest = suite("hostile/hl7v2-malformed/manifest.tsv");
	while (manifest.n && str_next(&manifest, '\n', &line))
		n += one_of_manifest(line);
	up(state);
	arena_destroy(own);
	if (n == 0) {
		print_message("skipped: no malformed HL7 v2\n");
		skip();
	}
	print_message("%d malformed cases answered as they should be\n", n);
}

static void test_wire(void **state)
{
	(void)state;
	struct mllp_server *server;
	struct err e = ERR_INIT;
	assert_true(mllp_start(&config, &server, &e));
	struct str one = message((struct said){.event = "A28", .control = "M1", .nhs = NHS_A}), two = message((struct said){.event = "A28", .control = "M2", .nhs = NHS_A});
	struct str frames = str_printf(a, "\r\n\x0b%.*s\x1c\r\x0b%.*s\x1c\r", STR_ARG(one), STR_ARG(two));
	struct str back = exchange(mllp_port(server), frames);
	assert_true(str_is(codes_of(back), "AA AA"));
	assert_true(back.p[0] == '\x0b' && back.p[back.n - 1] == '\r' && back.p[back.n - 2] == '\x1c');
	assert_int_equal(exchange(mllp_port(server), STR("GET / HTTP/1.1\r\n\r\n")).n, 0);
	assert_int_equal(exchange(mllp_port(server), STR("\x0bMSH|^~\\&|half")).n, 0);
	assert_true(str_is(codes_of(exchange(mllp_port(server), STR("\x0bMSH|^~\\&|A\x1cx\x1c\r"))), "AR"));
	mllp_stop(server);
	config.max_message = 1000;
	assert_true(mllp_start(&config, &server, &e));
	struct buf big = buf_new(a, 1 << 20);
	buf_char(&big, '\x0b');
	for (int i = 0; i < 5000; i++)
		buf_char(&big, 'x');
	assert_true(str_is(codes_of(exchange(mllp_port(server), buf_str(&big))), "AR"));
	mllp_stop(server);
	assert_false(mllp_start(&(struct mllp_config){.address = "nowhere", .store = s, .env = env}, &server, &e));
}

/* ---- every published message: exactly one answer, with its own MSH-10 ---- */

static struct str own_control(struct str raw)
{
	struct str rest = raw, part = STR_NONE;
	ptrdiff_t end = str_find_char(rest, '\r');
	rest = end < 0 ? rest : str_sub(rest, 0, (size_t)end);
	for (int i = 0; i < 10; i++)
		if (!str_next(&rest, raw.p[3], &part))
			return STR("");
	return part;
}

static void answer_one(const char *path)
{
	struct str raw;
	struct err e = ERR_INIT;
	struct hl7_message m;
	assert_true(env_system()->read_file(env_system(), a, path, 1 << 24, &raw, &e));
	struct str answer = hl7_receive(&config, a, raw);
	bool parsed = hl7_parse(a, raw, &m, &e);
	bool wants_none = str_is(hl7_type(&m), "ACK") || hl7_segment(&m, "MSA", 0) || (parsed && hl7_field(&m, m.segments, 15).n) ||
			  (parsed && hl7_field(&m, m.segments, 16).n);
	if (!answer.n && wants_none)
		return;
	struct str want = str_printf(a, "\rMSA|%.*s", STR_ARG(codes_of(answer)));
	want = str_printf(a, "%.*s|%.*s", STR_ARG(want), STR_ARG(own_control(raw)));
	if (str_find(answer, want) < 0)
		fail_msg("%s: answered %.*s", path, STR_ARG(answer));
}

static int answer_all(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;
	for (struct dirent *f; d && (f = readdir(d));) {
		const char *path = str_c(a, str_printf(a, "%s/%s", folder, f->d_name));
		if (f->d_name[0] == '.')
			continue;
		if (str_ends(str_from(path), STR(".hl7"))) {
			answer_one(path);
			n++;
		} else {
			n += answer_all(path);
		}
	}
	if (d)
		closedir(d);
	return n;
}

static void test_published_messages(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	config.pack = NULL; /* any sender */
	int n = suites ? answer_all(str_c(a, str_printf(a, "%s/hl7v2", suites))) : 0;
	if (n == 0) {
		print_message("skipped: no HL7 v2 suite\n");
		skip();
	}
	print_message("%d messages answered, %zu people, %zu visits\n", n, count("Patient", "_count=500"), count("Encounter", "_count=500"));
	assert_true(all_valid() > 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attendance),	  TEST(test_repeat),	TEST(test_same_control_other_bytes), TEST(test_refused_then_good),
		TEST(test_older_never_overwrites), TEST(test_number_without_agreement), TEST(test_name_and_birthday_alone), TEST(test_twins),
		TEST(test_local_number),  TEST(test_visit_of_another), TEST(test_merge), TEST(test_merge_that_people_decide),
		TEST(test_merge_of_restricted), TEST(test_unknown_sender), TEST(test_clock_ahead), TEST(test_place_with_a_label), TEST(test_character_sets),
		TEST(test_the_same_from_many), TEST(test_malformed_suite), TEST(test_wire), TEST(test_published_messages),
	};
	return cmocka_run_group_tests(tests, load_pack, unload_pack);
}
