#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/search_int.h"

#include "pg_cluster.h"
#include "store_dir.h"

static struct arena *a;
static struct env *env;
static struct store *s;
static char *dir;

/* A family in the 999 range and what was recorded of it. */
static const char *const resources[] = {
	"{\"resourceType\":\"Organization\",\"id\":\"o1\",\"name\":\"Derby Test Trust\"}",
	"{\"resourceType\":\"Patient\",\"id\":\"p1\",\"active\":true,\"identifier\":[{\"system\":\"https://fhir.nhs.uk/Id/nhs-number\","
	"\"value\":\"9990000018\"},{\"system\":\"urn:x\",\"value\":\"a|b,c\"}],\"name\":[{\"family\":\"O\xE2\x80\x99" "Brien\",\"given\":[\"Jos\xC3\xA9\","
	"\"Ann\"]}],\"gender\":\"male\",\"birthDate\":\"2012\",\"managingOrganization\":{\"reference\":\"Organization/o1\"}}",
	"{\"resourceType\":\"Patient\",\"id\":\"p2\",\"identifier\":[{\"system\":\"https://fhir.nhs.uk/Id/nhs-number\",\"value\":"
	"\"9990000026\"}],\"name\":[{\"family\":\"Smith_100%\",\"given\":[\"Bo\"]}],\"gender\":\"female\",\"birthDate\":\"2012-05-01\","
	"\"meta\":{\"security\":[{\"system\":\"urn:l\",\"code\":\"sealed\"}],\"tag\":[{\"code\":\"Demo\"}]}}",
	"{\"resourceType\":\"Patient\",\"id\":\"p3\",\"name\":[{\"family\":\"Smithson\"}],\"gender\":\"female\",\"birthDate\":\"1999-12-31\"}",
	"{\"resourceType\":\"Encounter\",\"id\":\"e1\",\"status\":\"finished\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":"
	"\"Patient/p1\"},\"period\":{\"start\":\"2024-02-10T10:00:00Z\",\"end\":\"2024-02-10T12:00:00Z\"}}",
	"{\"resourceType\":\"Encounter\",\"id\":\"e2\",\"status\":\"in-progress\",\"class\":{\"code\":\"EMER\"},\"subject\":{\"reference\":"
	"\"Patient/p2\"},\"period\":{\"start\":\"2024-03-05T10:00:00Z\"}}",
	"{\"resourceType\":\"Observation\",\"id\":\"b1\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":"
	"\"29463-7\"},{\"system\":\"urn:y\",\"code\":\"29463-7\"}]},\"subject\":{\"reference\":\"Patient/p1\"},\"encounter\":{\"reference\":"
	"\"Encounter/e1\"},\"effectiveDateTime\":\"2024-02-10\",\"valueQuantity\":{\"value\":21.4,\"unit\":\"kg\",\"system\":"
	"\"http://unitsofmeasure.org\",\"code\":\"kg\"}}",
	"{\"resourceType\":\"Observation\",\"id\":\"b2\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":"
	"\"29463-7\"}]},\"subject\":{\"reference\":\"Patient/p1\"},\"effectiveDateTime\":\"2024-03\",\"valueQuantity\":{\"value\":22}}",
	"{\"resourceType\":\"Observation\",\"id\":\"b3\",\"status\":\"preliminary\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\","
	"\"code\":\"8302-2\"}]},\"subject\":{\"reference\":\"Patient/p2\"},\"effectiveDateTime\":\"2024-02-11T00:30:00+00:00\"}",
	"{\"resourceType\":\"ValueSet\",\"id\":\"v1\",\"url\":\"http://example.org/vs\",\"status\":\"draft\"}",
	"{\"resourceType\":\"RiskAssessment\",\"id\":\"r1\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/p1\"},\"prediction\":"
	"[{\"probabilityDecimal\":0.80}]}",
};

static void put_text(struct store *to, const char *text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, str_from(text), NULL, &j, &e))
		fail_msg("%s", e.message);
	struct put p = {.method = STORE_UPDATE, .type = json_str(j, "resourceType"), .id = json_str(j, "id"), .body = j};
	struct put_result r;
	struct change c = {.act = {.agent = STR("system")}, .puts = &p, .n = 1, .results = &r};
	if (!store_commit(to, a, &c, &e))
		fail_msg("%s", e.message);
}

static int setup(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	a = arena_new(0);
	env = env_manual(INT64_C(1797604200000000));
	dir = test_dir_new();
	if (!store_open(&(struct store_config){.url = test_dir_url(a, dir), .env = env, .readers = 2}, &s, &e))
		fail_msg("%s", e.message);
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
		put_text(s, resources[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_close(s);
	test_dir_remove(dir);
	env_manual_free(env);
	arena_destroy(a);
	return 0;
}

static struct search *parsed(const char *query, struct err *e)
{
	struct search *q = NULL;
	struct str text = str_from(query), type;
	str_next(&text, '?', &type);
	return search_parse(a, type, text.p ? text : STR(""), env_now_us(env), &q, e) ? q : NULL;
}

static bool page_of(const struct search *q, struct search_page *page, struct err *e)
{
	struct store_read *r = store_read_begin(s, a, e);
	bool ok = r && store_search(r, q, page, e);
	store_read_end(r);
	return ok;
}

static struct str ids_of(const struct resources *list)
{
	struct buf b = buf_new(a, 10000);
	for (size_t i = 0; i < list->n; i++) {
		buf_c(&b, i ? " " : "");
		buf_add(&b, list->v[i].id);
	}
	return buf_str(&b);
}

static void check(const char *query, const struct search *q, const char *want)
{
	struct err e = ERR_INIT;
	struct search_page page;
	if (!q || !page_of(q, &page, &e))
		fail_msg("%s: %s", query, e.message);
	struct str got = ids_of(&page.matches);
	if (!str_is(got, want))
		fail_msg("%s: got \"%.*s\", not \"%s\"", query, STR_ARG(got), want);
}

struct found {
	const char *query, *ids; /* newest first */
};

static const struct found finds[] = {
	{"Patient?", "p3 p2 p1"},
	{"Patient?_id=p1,p3", "p3 p1"},
	{"Patient?_id=p1,nobody&gender=male", "p1"},
	/* token */
	{"Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018", "p1"},
	{"Patient?identifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C9990000018", "p1"},
	{"Patient?identifier=9990000018", "p1"},
	{"Patient?identifier=9990000018,9990000026", "p2 p1"},
	{"Patient?identifier=urn:x|9990000018", ""},
	{"Patient?identifier=|9990000018", ""},
	{"Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|", "p2 p1"},
	{"Patient?identifier=a\\|b\\,c", "p1"},
	{"Patient?gender=FEMALE", "p3 p2"},
	{"Patient?gender=http://hl7.org/fhir/administrative-gender|female", "p3 p2"},
	{"Patient?gender=|female", "p3 p2"},
	{"Patient?gender:not=male", "p3 p2"},
	{"Patient?active=true", "p1"},
	{"Patient?active:missing=true", "p3 p2"},
	{"Patient?active:missing=false", "p1"},
	{"Patient?_tag=demo", "p2"},
	{"Patient?_security=urn:l|sealed", "p2"},
	{"Observation?code=http://loinc.org|29463-7", "b2 b1"},
	{"Observation?code=29463-7", "b2 b1"}, /* two codings, one row */
	{"Observation?code=http://loinc.org|29463-7,http://loinc.org|8302-2", "b3 b2 b1"},
	{"Observation?code=urn:y|29463-7,8302-2", "b3 b1"},
	{"Observation?code=urn:y|", "b1"},
	/* string */
	{"Patient?name=jose", "p1"},
	{"Patient?given=JOS%C3%89", "p1"},
	{"Patient?family=o'brien", "p1"},
	{"Patient?family=smith", "p3 p2"},
	{"Patient?family:exact=Smithson", "p3"},
	{"Patient?family:exact=smithson", ""},
	{"Patient?family:contains=MITH", "p3 p2"},
	{"Patient?family=%25", ""},
	{"Patient?family=_____", ""},
	{"Patient?family:contains=%25", "p2"},
	{"Patient?family:contains=h_1", "p2"},
	{"Patient?family='+OR+1=1--", ""},
	{"Patient?family=smith,o'b", "p3 p2 p1"},
	{"Patient?family=smith&given=bo", "p2"},
	{"Organization?name=derby", "o1"},
	/* date */
	{"Patient?birthdate=2012", "p2 p1"},
	{"Patient?birthdate=2012-05", "p2"},
	{"Patient?birthdate=2012-05-01", "p2"},
	{"Patient?birthdate=ne2012", "p3"},
	{"Patient?birthdate=lt2000", "p3"},
	{"Patient?birthdate=ge2012-05-01", "p2 p1"}, /* 2012 may be later */
	{"Patient?birthdate=gt2012-05-01", "p1"},
	{"Patient?birthdate=sa2012-05-01", ""},
	{"Observation?date=2024-02", "b3 b1"},
	{"Observation?date=2024-03", "b2"},
	{"Observation?date=sa2024-02-10", "b3 b2"},
	{"Observation?date=eb2024-02-11", "b1"},
	{"Observation?date=ge2024-02-10&date=lt2024-02-11", "b1"},
	{"Observation?date=2024-02-11T00:30Z", "b3"},
	{"Observation?date=2024-02-11T00:30:00+00:00", "b3"},
	{"Observation?date=2024-02-11T00:30", "b3"}, /* local time is UTC in February */
	{"Encounter?date=2024-02-10", "e1"},
	{"Encounter?date=gt2024-06", "e2"}, /* not ended */
	{"Encounter?date=eb2024-06", "e1"},
	{"Patient?_lastUpdated=2026-12-18", "p3 p2 p1"},
	{"Patient?_lastUpdated=gt2026-12-18", ""},
	{"Patient?_lastUpdated=le2026-12-18T14:30:00Z", "p3 p2 p1"},
	/* number, quantity, uri */
	{"RiskAssessment?probability=0.8", "r1"},
	{"RiskAssessment?probability=gt0.8", ""},
	{"RiskAssessment?probability=ge0.8", "r1"},
	{"RiskAssessment?probability=ap0.85", "r1"},
	{"Observation?value-quantity=21", "b1"},
	{"Observation?value-quantity=21.0", ""},
	{"Observation?value-quantity=gt21.4", "b2"},
	{"Observation?value-quantity=21.4|http://unitsofmeasure.org|kg", "b1"},
	{"Observation?value-quantity=21.4||kg", "b1"},
	{"Observation?value-quantity=21.4|http://unitsofmeasure.org|g", ""},
	{"ValueSet?url=http://example.org/vs", "v1"},
	{"ValueSet?url=http://example.org", ""},
	/* reference, chains, _has */
	{"Observation?subject=Patient/p1", "b2 b1"},
	{"Observation?subject:Patient=p1", "b2 b1"},
	{"Observation?patient=p1", "b2 b1"},
	{"Observation?patient=p1&date=2024-03", "b2"},
	{"Observation?encounter=e1", "b1"},
	{"Observation?patient.identifier=9990000018", "b2 b1"},
	{"Observation?subject:Patient.family=o'brien", "b2 b1"},
	{"Observation?encounter.date=2024-02", "b1"},
	{"Observation?encounter.patient.family=o", "b1"},
	{"Patient?organization.name=derby", "p1"},
	{"Patient?_has:Observation:patient:code=8302-2", "p2"},
	{"Patient?_has:Observation:patient:code=29463-7&gender=male", "p1"},
	{"Patient?_has:Encounter:patient:date=gt2024-06", "p2"},
	/* order */
	{"Patient?_sort=family", "p1 p2 p3"},
	{"Patient?_sort=-family", "p3 p2 p1"},
	{"Patient?_sort=given", "p1 p2 p3"}, /* p3 has none */
	{"Patient?_sort=-birthdate", "p1 p2 p3"},
	{"Observation?_sort=-date", "b2 b3 b1"},
	{"Observation?_sort=date,_id", "b1 b3 b2"},
	{"Patient?_sort=_id", "p1 p2 p3"},
	{"Observation?patient=p1&_sort=-_lastUpdated", "b2 b1"},
	{"Patient?_count=2", "p3 p2"},
	{"Patient?_count=0", ""},
};

static void queries_find_what_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		struct err e = ERR_INIT;
		struct search *q = parsed(finds[i].query, &e);
		if (!q)
			fail_msg("%s: %s", finds[i].query, e.message);
		check(finds[i].query, q, finds[i].ids);
	}
}

static const struct {
	const char *query;
	enum err_code code;
} refusals[] = {
	{"Patient?banana=1", ERR_INVALID},
	{"Patient?family:banana=x", ERR_NOT_SUPPORTED},
	{"Patient?gender:exact=male", ERR_NOT_SUPPORTED},
	{"Patient?gender:text=male", ERR_NOT_SUPPORTED},
	{"Patient?birthdate=tomorrow", ERR_VALUE},
	{"Patient?birthdate=2012-02-30", ERR_VALUE},
	{"Patient?birthdate=2012-13", ERR_VALUE},
	{"Patient?family=", ERR_INVALID},
	{"Patient?family", ERR_INVALID},
	{"Patient?family=%zz", ERR_INVALID},
	{"Patient?family=%00", ERR_INVALID},
	{"Patient?family=%C3", ERR_INVALID},
	{"Patient?_count=x", ERR_VALUE},
	{"Patient?_count=-1", ERR_VALUE},
	{"Patient?_total=maybe", ERR_VALUE},
	{"Patient?_sort=banana", ERR_INVALID},
	{"Patient?_sort=gender", ERR_NOT_SUPPORTED},
	{"Patient?_include=Patient:banana", ERR_INVALID},
	{"Patient?_include=Patient", ERR_VALUE},
	{"Patient?_include=Patient:gender", ERR_INVALID},
	{"Patient?_include=Observation:subject", ERR_INVALID},
	{"Patient?_include:iterate=Patient:organization", ERR_INVALID},
	{"Patient?_id=a/b", ERR_VALUE},
	{"Patient?gender.name=x", ERR_INVALID},
	{"Observation?subject:Banana.name=x", ERR_NOT_SUPPORTED},
	{"Observation?patient.banana=x", ERR_INVALID},
	{"Observation?subject:Practitioner=x", ERR_NOT_SUPPORTED},
	{"Patient?_has:Observation:code:code=x", ERR_INVALID},
	{"Patient?_has:Observation=x", ERR_INVALID},
	{"Patient?_page=AAAA", ERR_INVALID},
	{"RiskAssessment?probability=many", ERR_VALUE},
	{"RiskAssessment?probability=1e999", ERR_VALUE},
	{"Observation?value-quantity=1|x", ERR_VALUE},
	{"Observation?code-value-quantity=1$2", ERR_NOT_SUPPORTED},
	{"Location?near=1|2", ERR_NOT_SUPPORTED},
	{"Banana?x=1", ERR_INVALID},
};

static void what_is_not_understood_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct err e = ERR_INIT;
		struct search_page page;
		struct search *q = parsed(refusals[i].query, &e);
		if (q && page_of(q, &page, &e))
			fail_msg("%s was answered", refusals[i].query);
		if (e.code != refusals[i].code)
			fail_msg("%s: %s: %s", refusals[i].query, err_name(e.code), e.message);
	}
}

static struct str next_of(const char *type, struct search_page *page)
{
	return page->next_query.p ? str_printf(a, "%s?%.*s", type, STR_ARG(page->next_query)) : STR_NONE;
}

static void pages_visit_each_once_while_rows_arrive(void **state)
{
	(void)state;
	static const char *const queries[] = {"Patient?_count=2", "Patient?_count=1&_sort=family", "Patient?_count=1&_sort=given",
					      "Patient?_count=1&gender=male,female&_sort=-birthdate", "Patient?_count=2&_sort=-given", "Patient?_count=2&_sort=-birthdate,given",
					      "Patient?_count=1&gender=female,male", "Patient?_count=1&_sort=-_lastUpdated"};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct str at = str_from(queries[i]);
		struct str seen = STR("");
		for (int pages = 0; at.p && pages < 20; pages++) {
			struct err e = ERR_INIT;
			struct search_page page;
			struct search *q = parsed(str_c(a, at), &e);
			if (!q || !page_of(q, &page, &e))
				fail_msg("%.*s: %s", STR_ARG(at), e.message);
			seen = str_printf(a, "%.*s %.*s", STR_ARG(seen), STR_ARG(ids_of(&page.matches)));
			at = next_of("Patient", &page);
			if (pages == 0) /* one more arrives, ahead of what has been read */
				put_text(s, str_c(a, str_printf(a, "{\"resourceType\":\"Patient\",\"id\":\"new%d\",\"gender\":\"male\",\"name\":"
								   "[{\"family\":\"Aaa\",\"given\":[\"Aaa\"]}],\"birthDate\":\"2025\"}", (int)i)));
		}
		for (const char *const *id = (const char *const[]){"p1", "p2", "p3", NULL}; *id; id++) {
			ptrdiff_t first = str_find(seen, str_from(*id));
			assert_true(first >= 0);
			assert_true(str_find(str_sub(seen, (size_t)first + 2, seen.n), str_from(*id)) < 0);
		}
	}
}

static void a_page_token_is_bound_to_its_query_and_hides_the_name(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct search_page page;
	assert_true(page_of(parsed("Patient?_sort=family&_count=1", &e), &page, &e));
	ptrdiff_t at = str_find(page.next_query, STR("_page="));
	struct str token = str_sub(page.next_query, (size_t)at + 6, page.next_query.n), plain;
	assert_true(at > 0);
	assert_true(base64_decode(a, token, &plain) ? str_find(plain, STR("brien")) < 0 : true);
	struct search *other = parsed(str_c(a, str_printf(a, "Patient?_sort=given&_count=1&_page=%.*s", STR_ARG(token))), &e);
	assert_false(page_of(other, &page, &e));
	char *forged = str_c(a, token);
	forged[30] = forged[30] == 'A' ? 'B' : 'A';
	struct search *bad = parsed(str_c(a, str_printf(a, "Patient?_sort=family&_count=1&_page=%s", forged)), &e);
	assert_false(page_of(bad, &page, &e));
	assert_int_equal(e.code, ERR_INVALID);
}

static void includes_come_beside_the_matches_once(void **state)
{
	(void)state;
	static const struct {
		const char *query, *matches, *included;
	} cases[] = {
		{"Observation?patient=p1&_count=1&_include=Observation:patient", "b2", "p1"},
		{"Observation?code=29463-7&_include=Observation:subject&_include=Observation:encounter", "b2 b1", "p1 e1"},
		{"Observation?_id=b1&_include=Observation:subject:Group", "b1", ""},
		{"Patient?_id=p1&_revinclude=Observation:patient&_revinclude=Encounter:patient", "p1", "b1 b2 e1"},
		{"Patient?_id=p1&_include=Patient:organization", "p1", "o1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = ERR_INIT;
		struct search_page page;
		struct search *q = parsed(cases[i].query, &e);
		if (!q || !page_of(q, &page, &e))
			fail_msg("%s: %s", cases[i].query, e.message);
		assert_string_equal(str_c(a, ids_of(&page.matches)), cases[i].matches);
		assert_string_equal(str_c(a, ids_of(&page.included)), cases[i].included);
	}
}

static void totals_count_all_and_deleted_is_gone(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct search_page page;
	assert_true(page_of(parsed("Patient?_count=1&_total=accurate", &e), &page, &e));
	assert_true(page.has_total);
	assert_int_equal(page.total, 3);
	assert_true(page_of(parsed("Patient?_count=1", &e), &page, &e));
	assert_false(page.has_total);
	assert_string_equal(str_c(a, page.self_query), "_count=1");
	struct put p = {.method = STORE_DELETE, .type = STR("Patient"), .id = STR("p3")};
	struct put_result r;
	struct change c = {.puts = &p, .n = 1, .results = &r};
	assert_true(store_commit(s, a, &c, &e));
	check("Patient?gender=female", parsed("Patient?gender=female", &e), "p2");
	check("Patient?", parsed("Patient?", &e), "p2 p1");
	check("Patient?_id=p3", parsed("Patient?_id=p3", &e), "");
}

static void an_update_moves_its_rows(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	put_text(s, "{\"resourceType\":\"Patient\",\"id\":\"p3\",\"name\":[{\"family\":\"Jones\"}],\"gender\":\"female\"}");
	check("Patient?family=smithson", parsed("Patient?family=smithson", &e), "");
	check("Patient?family=jones", parsed("Patient?family=jones", &e), "p3");
	check("Patient?birthdate=1999", parsed("Patient?birthdate=1999", &e), "");
	check("Patient?gender=female", parsed("Patient?gender=female", &e), "p3 p2");
}

/* I4: what is hidden is not there, by any way in. */
static void what_is_hidden_is_not_there_by_any_way(void **state)
{
	(void)state;
	static const struct found hidden[] = {
		{"Patient?", "p3 p1"}, {"Patient?_id=p2", ""}, {"Patient?identifier=9990000026", ""}, {"Patient?gender:not=male", "p3"},
		{"Observation?patient.family=smith", ""}, {"Observation?subject:Patient.gender=female", ""},
	};
	static const struct str labels[] = {{"urn:l|sealed", 12}};
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		struct err e = ERR_INIT;
		struct search *q = parsed(hidden[i].query, &e);
		assert_non_null(q);
		search_hide_labels(q, labels, 1);
		check(hidden[i].query, q, hidden[i].ids);
	}
	struct err e = ERR_INIT;
	struct search_page page;
	struct search *q = parsed("Observation?_include=Observation:patient&_total=accurate", &e);
	search_hide_labels(q, labels, 1);
	assert_true(page_of(q, &page, &e));
	assert_string_equal(str_c(a, ids_of(&page.included)), "p1");
	q = parsed("Patient?gender=female&_total=accurate&_count=0", &e);
	search_hide_labels(q, labels, 1);
	assert_true(page_of(q, &page, &e));
	assert_int_equal(page.total, 1);
}

static void only_these_patients_means_only_these(void **state)
{
	(void)state;
	static const struct found only[] = {
		{"Patient?", "p1"}, {"Observation?", "b2 b1"}, {"Observation?code=8302-2", ""}, {"Encounter?", "e1"}, {"Organization?", ""},
		{"Observation?patient.gender=female", ""}, {"Patient?_has:Observation:patient:code=8302-2", ""}, {"Patient?organization.name=derby", "p1"},
	};
	static const struct str ids[] = {{"p1", 2}};
	for (size_t i = 0; i < sizeof only / sizeof *only; i++) {
		struct err e = ERR_INIT;
		struct search *q = parsed(only[i].query, &e);
		assert_non_null(q);
		search_only_patients(q, ids, 1);
		check(only[i].query, q, only[i].ids);
	}
	struct err e = ERR_INIT;
	struct search_page page;
	struct search *q = parsed("Patient?_include=Patient:organization&_revinclude=Observation:patient", &e);
	search_only_patients(q, ids, 1);
	assert_true(page_of(q, &page, &e));
	assert_string_equal(str_c(a, ids_of(&page.included)), "o1 b1 b2");
	q = parsed("Patient?", &e);
	search_only_patients(q, NULL, 0);
	check("nobody", q, "");
}

/* ---- plans ---- */

static void check_plan(struct sql *db, const char *query, struct sql_text *page)
{
	struct err e = ERR_INIT;
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "EXPLAIN QUERY PLAN ");
	sql_text_append(t, page);
	struct sql_stmt *stmt = sql_use_text(db, t, &e);
	if (!stmt)
		fail_msg("%s: %s", query, e.message);
	while (sql_step(stmt, &e) == SQL_ROW) {
		struct str line = sql_str(stmt, 3);
		bool bad = str_starts(line, STR("SCAN")) && !str_starts(line, STR("SCAN p")) && !str_starts(line, STR("SCAN d")) &&
			   !str_starts(line, STR("SCAN h")) && !str_starts(line, STR("SCAN CONSTANT"));
		if (bad || str_find(line, STR("AUTOMATIC")) >= 0)
			fail_msg("%s: %.*s", query, STR_ARG(line));
	}
	sql_done(stmt);
}

static struct search_after somewhere(const struct search *q)
{
	struct search_after after = {.set = true, .rid = 5};
	for (size_t k = 0; k < q->sort_n; k++)
		after.keys[k] = (struct search_key){.is_text = q->sorts[k].as == FHIR_SEARCH_STRING || q->sorts[k].by_id, .text = STR("x")};
	return after;
}

static void no_query_scans_a_big_table(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct sql *db = NULL;
	int in_key_order = 0;
	assert_true(sql_open(test_dir_url(a, dir), SQL_READER, &db, &e));
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		struct search *q = parsed(finds[i].query, &e);
		struct search_after after = somewhere(q);
		if (!q->count)
			continue;
		check_plan(db, finds[i].query, search_sql_page(a, q, &after));
		check_plan(db, finds[i].query, search_sql_total(a, q));
		if (!search_in_key_order(q))
			continue;
		check_plan(db, finds[i].query, search_sql_with_key(a, q, &after));
		check_plan(db, finds[i].query, search_sql_without_key(a, q, &after, 5));
		in_key_order++;
	}
	assert_true(in_key_order > 3);
	sql_close(db);
}

static bool is_good(struct sql *db, struct sql_text *t, struct err *e)
{
	struct sql_stmt *stmt = sql_use_text(db, t, e);
	enum sql_step r = SQL_FAILED;
	while (stmt && (r = sql_step(stmt, e)) == SQL_ROW)
		continue;
	if (stmt)
		sql_done(stmt);
	return r == SQL_END;
}

static void every_search_is_good_on_postgresql(void **state)
{
	(void)state;
	static const struct str labels[] = {{"urn:l|sealed", 12}, {"x", 1}}, only[] = {{"p1", 2}};
	const char *bin = pg_bin();
	char *home = bin ? start_cluster(bin) : NULL;
	if (!home) {
		print_message("skipped: PostgreSQL is not installed, or cannot be started by this user\n");
		skip();
	}
	struct err e = ERR_INIT;
	struct sql *db = NULL;
	const char *url = str_c(a, str_printf(a, "postgresql:///postgres?host=%s&user=postgres", home)), *at = "open";
	bool ok = sql_open(url, SQL_WRITER, &db, &e) && sql_migrate(db, &e);
	for (size_t i = 0; ok && i < sizeof finds / sizeof *finds; i++) {
		at = finds[i].query;
		struct search *q = parsed(at, &e);
		struct search_after after = somewhere(q);
		after.set = i % 2;
		if (i % 3 == 0)
			search_hide_labels(q, labels, 2);
		if (i % 3 == 1)
			search_only_patients(q, only, 1);
		if (search_in_key_order(q))
			ok = is_good(db, search_sql_with_key(a, q, &after), &e) && is_good(db, search_sql_without_key(a, q, &after, 5), &e);
		ok = ok && is_good(db, search_sql_page(a, q, &after), &e) && is_good(db, search_sql_total(a, q), &e) &&
		     is_good(db, search_sql_by_ids(a, q, STR("Patient"), only, 1), &e) &&
		     is_good(db, search_sql_referrers(a, q, STR("Observation"), 1, only, 1), &e) &&
		     is_good(db, search_sql_targets(a, 1, &after.rid, 1), &e);
	}
	sql_close(db);
	stop_cluster(bin, home);
	if (!ok)
		fail_msg("%s: %s", at, e.message);
}

/* ---- conditional writes ---- */

enum { STORM_THREADS = 16, STORM_ROUNDS = 20 };

struct storm {
	int round;
	int created;
};

static void *conditional_create(void *arg)
{
	struct storm *storm = arg;
	struct arena *mine = arena_new(0);
	struct json *body = NULL;
	struct str text = str_printf(mine, "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:s\",\"value\":\"r%d\"}]}", storm->round);
	json_parse(mine, text, NULL, &body, NULL);
	struct put p = {.method = STORE_CREATE, .type = STR("Patient"), .body = body,
			.if_none_exist = str_printf(mine, "identifier=urn:s|r%d", storm->round)};
	struct put_result r = {0};
	struct change c = {.act = {.agent = STR("system")}, .puts = &p, .n = 1, .results = &r};
	if (store_commit(s, mine, &c, NULL) && r.created)
		__atomic_add_fetch(&storm->created, 1, __ATOMIC_SEQ_CST);
	arena_destroy(mine);
	return NULL;
}

static void a_storm_of_conditional_creates_makes_exactly_one(void **state)
{
	(void)state;
	for (int round = 0; round < STORM_ROUNDS; round++) {
		struct storm storm = {.round = round};
		pthread_t threads[STORM_THREADS];
		for (int i = 0; i < STORM_THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, conditional_create, &storm), 0);
		for (int i = 0; i < STORM_THREADS; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(storm.created, 1);
	}
	struct err e = ERR_INIT;
	struct search_page page;
	assert_true(page_of(parsed("Patient?identifier=urn:s|&_count=0", &e), &page, &e));
	assert_int_equal(page.total, STORM_ROUNDS);
}

static void conditions_pick_their_target(void **state)
{
	(void)state;
	struct json *body = NULL;
	assert_true(json_parse(a, STR("{\"resourceType\":\"Patient\",\"gender\":\"other\",\"identifier\":[{\"value\":\"9990000018\"}]}"), NULL, &body, NULL));
	struct put p = {.method = STORE_UPDATE, .type = STR("Patient"), .body = body, .if_query = STR("identifier=9990000018")};
	struct put_result r;
	struct err e = ERR_INIT;
	struct change c = {.puts = &p, .n = 1, .results = &r};
	assert_true(store_commit(s, a, &c, &e));
	assert_string_equal(str_c(a, r.resource.id), "p1");
	assert_int_equal(r.resource.version, 2);
	assert_false(r.created);
	p.if_query = STR("gender=female");
	assert_false(store_commit(s, a, &c, &e));
	assert_int_equal(e.code, ERR_MULTIPLE);
	p.if_query = STR("identifier=nobody");
	assert_true(store_commit(s, a, &c, &e));
	assert_true(r.created);
	struct put d = {.method = STORE_DELETE, .type = STR("Patient"), .if_query = STR("identifier=9990000026")};
	struct change del = {.puts = &d, .n = 1, .results = &r};
	assert_true(store_commit(s, a, &del, &e));
	assert_string_equal(str_c(a, r.resource.id), "p2");
	assert_false(store_commit(s, a, &del, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
}

/* ---- reindex ---- */

static bool damage(struct txn *t, void *arg, struct err *e)
{
	(void)arg;
	static const char *const names[] = {"reindex_forget_date", "reindex_forget_uri"};
	for (size_t i = 0; i < 2; i++)
		if (!sql_run(sql_use(txn_sql(t), names[i]), e))
			return false;
	struct sql_stmt *q = sql_use(txn_sql(t), "token_insert");
	sql_bind_i64(q, 1, index_param_hash(STR("Patient"), STR("gender")));
	sql_bind_str(q, 2, STR("female"));
	sql_bind_i64(q, 3, 2); /* p1 */
	sql_bind_i64(q, 4, SYSTEM_IMPLIED);
	return sql_run(q, e);
}

static struct reindex_report reindexed(void)
{
	struct reindex_report report;
	struct err e = ERR_INIT;
	if (!store_reindex(s, &report, &e))
		fail_msg("%s", e.message);
	return report;
}

static void reindexing_gives_the_same_rows(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	put_text(s, "{\"resourceType\":\"Patient\",\"id\":\"p3\",\"name\":[{\"family\":\"Jones\"}],\"gender\":\"female\"}");
	struct put p = {.method = STORE_DELETE, .type = STR("Encounter"), .id = STR("e2")};
	struct put_result r;
	struct change c = {.puts = &p, .n = 1, .results = &r};
	assert_true(store_commit(s, a, &c, &e));
	struct reindex_report report = reindexed();
	assert_int_equal(report.differences, 0);
	assert_int_equal(report.versions, sizeof resources / sizeof *resources + 2);
	assert_int_equal(report.resources, sizeof resources / sizeof *resources - 1);
	assert_true(report.index_rows > 50);

	static const struct act nobody;
	assert_true(store_submit(s, a, &nobody, damage, NULL, &e));
	check("Patient?gender=female", parsed("Patient?gender=female", &e), "p3 p2 p1");
	check("Patient?birthdate=2012", parsed("Patient?birthdate=2012", &e), "");
	assert_true(reindexed().differences > 5);
	check("Patient?gender=female", parsed("Patient?gender=female", &e), "p3 p2");
	check("Patient?birthdate=2012", parsed("Patient?birthdate=2012", &e), "p2 p1");
	assert_int_equal(reindexed().differences, 0);
}

static void no_two_parameters_share_a_hash(void **state)
{
	(void)state;
	size_t n = 0;
	struct map seen = map_new(a);
	for (size_t i = 0; i < fhir_resource_type_count(); i++) {
		const struct fhir_search_param *const *params;
		struct str type = str_from(fhir_resource_type_name(i));
		size_t k = fhir_search_params(type, &params);
		while (k--) {
			struct str key = str_printf(a, "%lld", (long long)index_param_hash(type, str_from(params[k]->code)));
			assert_null(map_get(&seen, key));
			map_put(&seen, key, &n);
			n++;
		}
	}
	assert_true(n > 1300);
}

int main(void)
{
	store_library_init();
#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		STORE_TEST(queries_find_what_they_should),
		STORE_TEST(what_is_not_understood_is_refused),
		STORE_TEST(pages_visit_each_once_while_rows_arrive),
		STORE_TEST(a_page_token_is_bound_to_its_query_and_hides_the_name),
		STORE_TEST(includes_come_beside_the_matches_once),
		STORE_TEST(totals_count_all_and_deleted_is_gone),
		STORE_TEST(an_update_moves_its_rows),
		STORE_TEST(what_is_hidden_is_not_there_by_any_way),
		STORE_TEST(only_these_patients_means_only_these),
		STORE_TEST(no_query_scans_a_big_table),
		STORE_TEST(every_search_is_good_on_postgresql),
		STORE_TEST(a_storm_of_conditional_creates_makes_exactly_one),
		STORE_TEST(conditions_pick_their_target),
		STORE_TEST(reindexing_gives_the_same_rows),
		STORE_TEST(no_two_parameters_share_a_hash),
	};
	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
