#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "form/form.h"
#include "store/store.h"
#include "store_dir.h"

static struct arena *a;
static char *dir;
static struct env *env;
static struct store *s;
static struct pack *pack;

static int up(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	static const char *const dirs[] = {"pack/england", "pack/derby"};
	store_library_init();
	a = arena_new(0);
	dir = test_dir_new();
	env = env_replay(INT64_C(1798043400000000), 7);
	struct pack_problems problems = {.arena = a};
	struct store_config config = {.url = test_dir_url(a, dir), .env = env};
	if (!pack_load(a, env_system(), dirs, 2, &pack, &problems) || !store_open(&config, &s, &e))
		return -1;
	return form_attach(s, pack, a) ? 0 : -1;
}

static int down(void **state)
{
	(void)state;
	store_close(s);
	env_manual_free(env);
	test_dir_remove(dir);
	arena_destroy(a);
	return 0;
}

static bool put_json(struct json *j, struct put_result *result, struct err *e)
{
	struct put put = {.method = STORE_UPDATE, .type = json_str(j, "resourceType"), .id = json_str(j, "id"), .body = j};
	struct change c = {.act = {.agent = STR("Practitioner/n1"), .channel = STR("fhir")}, .puts = &put, .n = 1, .results = result};
	return store_commit(s, a, &c, e);
}

static bool put_text(const char *text, struct err *e)
{
	struct json *j;
	struct put_result result;
	assert_true(json_parse(a, str_from(text), NULL, &j, NULL));
	return put_json(j, &result, e);
}

static void must_put(const char *text)
{
	struct err e = ERR_INIT;
	if (!put_text(text, &e))
		fail_msg("%s", e.message);
}

/* The resource as it stands; NULL when there is none. *version is its number. */
static struct json *get(const char *type, const char *id, int64_t *version)
{
	struct err e = ERR_INIT;
	struct resource r;
	struct json *j = NULL;
	struct store_read *read = store_read_begin(s, a, &e);
	assert_non_null(read);
	if (store_get(read, str_from(type), str_from(id), &r, NULL))
		assert_true(json_parse(a, r.body, NULL, &j, NULL));
	if (version)
		*version = j ? r.version : 0;
	store_read_end(read);
	return j;
}

#define ANSWER(id, value) "{\"linkId\":\"" id "\",\"answer\":[{\"valueString\":\"" value "\"}]}"
#define PHONE(id, status, subject)                                                                                         \
	"{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"" id "\",\"questionnaire\":\"" HEED_BASE_URL                 \
	"/Questionnaire/referral-phone\",\"status\":\"" status "\"," subject                                               \
	"\"authored\":\"2026-12-23T16:30:00Z\",\"author\":{\"reference\":\"Practitioner/n1\"},\"item\":["                  \
	ANSWER("spoke-to", "Kim, duty team") "," ANSWER("concern", "Bruises on both arms") "," ANSWER("advice", "Write it up today") "]}"
#define ABOUT "\"subject\":{\"reference\":\"Patient/p1\"},"

static void filing_by_any_way_makes_what_it_should(void **state)
{
	(void)state;
	int64_t version;
	must_put("{\"resourceType\":\"Patient\",\"id\":\"p1\",\"birthDate\":\"2012-05-01\"}");
	must_put(PHONE("r1", "in-progress", ABOUT));
	assert_null(get("ServiceRequest", "r1.request", NULL)); /* a draft makes nothing */
	must_put(PHONE("r1", "completed", ABOUT));
	struct json *request = get("ServiceRequest", "r1.request", &version);
	assert_non_null(request);
	assert_true(str_is(json_text(json_path(request, "reasonCode", "0", "text", NULL)), "Bruises on both arms"));
	assert_non_null(get("QuestionnaireResponse", "r1.written", NULL));
	assert_non_null(get("Communication", "r1.copy", NULL));
	must_put(PHONE("r1", "amended", ABOUT));
	get("ServiceRequest", "r1.request", &version);
	assert_int_equal(version, 1); /* once made, it is not made again */
}

/* A page that writes what the form makes beside the response writes nothing twice. */
static void the_same_again_is_no_new_version(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct json *response, *made;
	struct form_context context = {.variables = map_new(a), .now_us = env_now_us(env)};
	assert_true(json_parse(a, STR(PHONE("r2", "completed", ABOUT)), NULL, &response, NULL));
	assert_true(form_extract(a, pack, response, &context, &made, &e));
	struct put puts[4] = {{.method = STORE_UPDATE, .type = STR("QuestionnaireResponse"), .id = STR("r2"), .body = response}};
	struct put_result results[4];
	assert_int_equal(json_n(made), 3);
	for (size_t i = 0; i < 3; i++)
		puts[i + 1] = (struct put){.method = STORE_UPDATE, .type = json_str(json_at(made, i), "resourceType"), .id = json_str(json_at(made, i), "id"), .body = json_at(made, i)};
	struct change c = {.act = {.agent = STR("Practitioner/n1"), .channel = STR("web")}, .puts = puts, .n = 4, .results = results};
	if (!store_commit(s, a, &c, &e))
		fail_msg("%s", e.message);
	for (size_t i = 1; i < 4; i++)
		assert_true(results[i].unchanged);
}

static void what_cannot_be_made_is_not_filed(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	assert_false(put_text(PHONE("r3", "completed", ""), &e)); /* a referral about nobody */
	assert_int_equal(e.code, ERR_INVARIANT);
	assert_null(get("QuestionnaireResponse", "r3", NULL));
	must_put("{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"r4\",\"questionnaire\":\"http://example.org/form\",\"status\":\"completed\"}");
}

/* F2.9, F1.3: feedback finds the practitioner of the attendance. */
static void templates_see_the_record(void **state)
{
	(void)state;
	must_put("{\"resourceType\":\"Encounter\",\"id\":\"e1\",\"status\":\"finished\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":\"Patient/p1\"},"
		 "\"participant\":[{\"individual\":{\"reference\":\"Practitioner/n2\"}}]}");
	must_put("{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"r5\",\"questionnaire\":\"" HEED_BASE_URL
		 "/Questionnaire/liaison-review|1.0.0\",\"status\":\"completed\"," ABOUT "\"encounter\":{\"reference\":\"Encounter/e1\"},"
		 "\"authored\":\"2026-12-23T16:30:00Z\",\"item\":[" ANSWER("missed-what", "The siblings") "," ANSWER("feedback", "Ask about brothers and sisters") "]}");
	struct json *feedback = get("Communication", "r5.feedback", NULL);
	assert_true(str_is(json_text(json_path(feedback, "recipient", "0", "reference", NULL)), "Practitioner/n2"));
	assert_true(str_is(json_text(json_path(feedback, "about", "0", "reference", NULL)), "Encounter/e1"));
}

static size_t count(const char *type, const char *query)
{
	struct err e = ERR_INIT;
	struct search *q;
	struct search_page page = {0};
	struct store_read *read = store_read_begin(s, a, &e);
	if (!search_parse(a, str_from(type), str_from(query), 0, &q, &e) || !store_search(read, q, &page, &e))
		fail_msg("%s", e.message);
	store_read_end(read);
	return page.matches.n;
}

#define CODING(id, code) "{\"linkId\":\"" id "\",\"answer\":[{\"valueCoding\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"" code "\"}}]}"

/* F2.8: a child an adult speaks of gets a record and a tie; one who may be known already is for people to judge. */
static void a_child_spoken_of_may_be_known(void **state)
{
	(void)state;
	must_put("{\"resourceType\":\"Patient\",\"id\":\"known\",\"birthDate\":\"2019-04-05\",\"name\":[{\"family\":\"Example\",\"given\":[\"Ann\"]}]}");
	must_put("{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"r6\",\"questionnaire\":\"" HEED_BASE_URL
		 "/Questionnaire/ed-adult\",\"status\":\"completed\"," ABOUT "\"authored\":\"2026-12-23T16:30:00Z\",\"item\":[{\"linkId\":\"child\",\"item\":["
		 ANSWER("child-given", "Ann") "," ANSWER("child-family", "Example") ",{\"linkId\":\"child-born\",\"answer\":[{\"valueDate\":\"2019-04-05\"}]},"
		 CODING("child-tie", "MTH") "]},{\"linkId\":\"child\",\"item\":[" ANSWER("child-given", "Zed") "," ANSWER("child-family", "Other") "," CODING("child-tie", "MTH") "]}]}");
	assert_non_null(get("Patient", "r6.child.0", NULL));
	assert_true(str_is(json_str(json_getz(get("RelatedPerson", "r6.tie.1", NULL), "patient"), "reference"), "Patient/r6.child.1"));
	assert_int_equal(count("Task", "code=possible-same-person"), 1); /* Ann, and not Zed */
}

static void reindexing_makes_nothing(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct reindex_report report;
	if (!store_reindex(s, &report, &e))
		fail_msg("%s", e.message);
	assert_int_equal(report.differences, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filing_by_any_way_makes_what_it_should),
		cmocka_unit_test(the_same_again_is_no_new_version),
		cmocka_unit_test(what_cannot_be_made_is_not_filed),
		cmocka_unit_test(templates_see_the_record),
		cmocka_unit_test(a_child_spoken_of_may_be_known),
		cmocka_unit_test(reindexing_makes_nothing),
	};
	return cmocka_run_group_tests(tests, up, down);
}
