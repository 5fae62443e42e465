#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "rest_fixture.h"

static struct fixture f;
static struct arena *a; /* of one test */

static int open_all(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	if (!fixture_open(&f, &e))
		fail_msg("%s", e.message);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	a = arena_new(0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

/* ---- asking ---- */

static struct answer ask(const char *method, const char *path, const char *headers, const char *body)
{
	return fhir_ask(&f, a, method, path, headers, body ? str_from(body) : STR_NONE);
}

static struct json *parsed(const struct answer *r)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, r->body, NULL, &j, &e))
		fail_msg("%d: not JSON: %.*s", r->status, STR_ARG(r->body));
	return j;
}

static struct answer expect(int status, const char *method, const char *path, const char *headers, const char *body)
{
	struct answer r = ask(method, path, headers, body);
	if (r.status != status)
		fail_msg("%s %s: %d, expected %d: %.*s", method, path, r.status, status, STR_ARG(r.body));
	if (r.status >= 400)
		assert_true(str_is(json_str(parsed(&r), "resourceType"), "OperationOutcome"));
	return r;
}

static int64_t total(const char *query)
{
	struct answer r = expect(200, "GET", query, "", NULL);
	return (int64_t)json_n(json_getz(parsed(&r), "entry"));
}

static const char *made(const char *type, const char *body)
{
	struct answer r = expect(201, "POST", str_c(a, str_printf(a, "/%s", type)), "", body);
	return str_c(a, json_str(parsed(&r), "id"));
}

static const char *at(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *at(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str s = str_vprintf(a, fmt, args);
	va_end(args);
	return str_c(a, s);
}

/* ---- one resource ---- */

static void create_and_read(void **state)
{
	(void)state;
	struct answer r = expect(201, "POST", "/Observation", "",
				 "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"w\"},"
				 "\"valueQuantity\":{\"value\":1.20}}");
	struct str id = json_str(parsed(&r), "id");
	assert_true(str_eq(client_header(&r, "Location"), str_printf(a, "http://localhost/fhir/Observation/%.*s/_history/1", STR_ARG(id))));
	assert_true(str_is(client_header(&r, "ETag"), "W/\"1\""));
	assert_true(str_ends(client_header(&r, "Last-Modified"), STR(" GMT")));
	assert_true(str_starts(client_header(&r, "Content-Type"), STR("application/fhir+json")));
	struct answer got = expect(200, "GET", at("/Observation/%.*s", STR_ARG(id)), "", NULL);
	assert_true(str_eq(got.body, r.body));
	assert_true(str_find(got.body, STR("\"value\":1.20}")) >= 0);
	assert_int_equal(expect(304, "GET", at("/Observation/%.*s", STR_ARG(id)), "If-None-Match: W/\"1\"\r\n", NULL).body.n, 0);
	got = ask("HEAD", at("/Observation/%.*s", STR_ARG(id)), "", NULL);
	assert_int_equal(got.status, 200);
	assert_true(str_is(client_header(&got, "ETag"), "W/\"1\""));
	r = expect(201, "POST", "/Patient", "Prefer: return=minimal\r\n", "{\"resourceType\":\"Patient\"}");
	assert_int_equal(r.body.n, 0);
	r = expect(201, "POST", "/Patient", "Prefer: return=OperationOutcome\r\n", "{\"resourceType\":\"Patient\"}");
	assert_true(str_is(json_str(parsed(&r), "resourceType"), "OperationOutcome"));
	expect(404, "GET", "/Patient/none", "", NULL);
	expect(404, "GET", "/Nonsense/1", "", NULL);
	expect(404, "GET", "/Patient/a_b", "", NULL);
	expect(400, "GET", at("/Observation/%.*s?x=1", STR_ARG(id)), "", NULL);
}

static void what_is_refused(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *method, *path, *headers, *body;
	} cases[] = {
		{400, "POST", "/Patient", "", "{\"resourceType\":\"Patient\""},
		{400, "POST", "/Patient", "", "[]"},
		{400, "POST", "/Patient", "", "{\"resourceType\":\"Observation\"}"},
		{400, "POST", "/Patient", "", "{\"resourceType\":\"Patient\",\"colour\":\"red\"}"},
		{400, "POST", "/Patient", "", "{\"resourceType\":\"Patient\",\"birthDate\":\"2012-13-45\"}"},
		{400, "POST", "/Patient", "", "{\"resourceType\":\"Patient\",\"gender\":\"femail\"}"},
		{400, "PUT", "/Patient/a", "", "{\"resourceType\":\"Patient\",\"id\":\"b\"}"},
		{400, "PUT", "/Patient/a", "", "{\"resourceType\":\"Patient\"}"},
		{400, "PUT", "/Patient/a", "If-Match: 3\r\n", "{\"resourceType\":\"Patient\",\"id\":\"a\"}"},
		{415, "POST", "/Patient", "Content-Type: text/plain\r\n", "{\"resourceType\":\"Patient\"}"},
		{415, "POST", "/Patient", "Content-Type: application/fhir+xml\r\n", "<Patient/>"},
		{406, "GET", "/Patient", "Accept: application/fhir+xml\r\n", NULL},
		{406, "GET", "/Patient?_format=xml", "", NULL},
		{400, "GET", "/Patient?colour=red", "", NULL},
		{400, "GET", "/Patient?family:banana=x", "", NULL},
		{400, "GET", "/Patient?birthdate=tuesday", "", NULL},
		{403, "POST", "/AuditEvent", "", "{\"resourceType\":\"AuditEvent\"}"},
		{403, "DELETE", "/AuditEvent/1", "", NULL},
		{403, "PUT", "/CodeSystem/role", "", "{\"resourceType\":\"CodeSystem\",\"id\":\"role\",\"status\":\"draft\",\"content\":\"complete\"}"},
		{403, "POST", "/CodeSystem", "", "{\"resourceType\":\"CodeSystem\",\"url\":\"https://heed.example/fhir/CodeSystem/role\",\"status\":\"draft\",\"content\":\"complete\"}"},
		{400, "GET", "/Patient?_summary=some", "", NULL},
		{400, "POST", "", "", "{\"resourceType\":\"Bundle\",\"type\":\"collection\"}"},
		{404, "GET", "/Patient/1/_history/x", "", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].status, cases[i].method, cases[i].path, cases[i].headers, cases[i].body);
	struct answer r = expect(400, "POST", "/Patient", "", "{\"resourceType\":\"Patient\",\n\"gender\":\"femail\"}");
	const struct json *issue = json_at(json_getz(parsed(&r), "issue"), 0);
	assert_true(str_is(json_text(json_at(json_getz(issue, "expression"), 0)), "Patient.gender"));
	assert_true(str_find(r.body, STR("line")) >= 0);
}

static void formats(void **state)
{
	(void)state;
	static const char *const accepted[] = {"application/fhir+json", "application/json", "*/*", "application/*;q=0.1",
					       "text/html, application/fhir+json; fhirVersion=4.0", "application/xml,*/*;q=0.8"};
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
		expect(200, "GET", "/metadata", at("Accept: %s\r\n", accepted[i]), NULL);
	expect(200, "GET", "/metadata?_format=json", "Accept: text/html\r\n", NULL);
	expect(200, "GET", "/metadata?_format=application/fhir%2Bjson", "Accept: text/html\r\n", NULL);
	struct answer r = expect(200, "GET", "/metadata?_pretty=true", "", NULL);
	assert_true(str_find(r.body, STR("\n  \"status\": \"active\"")) > 0);
}

static void update_and_versions(void **state)
{
	(void)state;
	struct answer r = expect(201, "PUT", "/Patient/u1", "", "{\"resourceType\":\"Patient\",\"id\":\"u1\",\"active\":true}");
	assert_true(str_ends(client_header(&r, "Location"), STR("/Patient/u1/_history/1")));
	r = expect(200, "PUT", "/Patient/u1", "", "{\"resourceType\":\"Patient\",\"id\":\"u1\",\"active\":true}");
	assert_true(str_is(client_header(&r, "ETag"), "W/\"1\""));
	r = expect(200, "PUT", "/Patient/u1", "If-Match: W/\"1\"\r\n", "{\"resourceType\":\"Patient\",\"id\":\"u1\",\"active\":false}");
	assert_true(str_is(client_header(&r, "ETag"), "W/\"2\""));
	expect(412, "PUT", "/Patient/u1", "If-Match: W/\"1\"\r\n", "{\"resourceType\":\"Patient\",\"id\":\"u1\",\"active\":true}");
	r = expect(200, "GET", "/Patient/u1/_history/1", "", NULL);
	assert_true(json_true(json_getz(parsed(&r), "active")));
	expect(204, "DELETE", "/Patient/u1", "", NULL);
	expect(410, "GET", "/Patient/u1", "", NULL);
	expect(204, "DELETE", "/Patient/u1", "", NULL);
	expect(404, "DELETE", "/Patient/never", "", NULL);
	assert_int_equal(total("/Patient?_id=u1"), 0);
	expect(201, "PUT", "/Patient/u1", "", "{\"resourceType\":\"Patient\",\"id\":\"u1\"}");
	r = expect(200, "GET", "/Patient/u1/_history", "", NULL);
	static const char *const methods[] = {"PUT", "DELETE", "PUT", "PUT"};
	const struct json *entries = json_getz(parsed(&r), "entry");
	assert_true(str_is(json_str(parsed(&r), "type"), "history"));
	assert_int_equal(json_n(entries), 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(str_is(json_str(json_getz(json_at(entries, i), "request"), "method"), methods[i]));
	r = expect(200, "GET", "/Patient/u1/_history?_count=3", "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 3);
	struct str next = json_str(json_at(json_getz(parsed(&r), "link"), 1), "url");
	r = expect(200, "GET", str_c(a, str_sub(next, sizeof "http://localhost/fhir" - 1, next.n)), "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 1);
	r = expect(200, "GET", "/Patient/u1/_history?_since=2999-01-01", "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 0);
	expect(404, "GET", "/Patient/never/_history", "", NULL);
}

static void patches(void **state)
{
	(void)state;
	const char *json_patch = "Content-Type: application/json-patch+json\r\n";
	expect(201, "PUT", "/Patient/p1", "", "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"active\":true,\"name\":[{\"family\":\"A\"}]}");
	struct answer r = expect(200, "PATCH", "/Patient/p1", json_patch,
				 "[{\"op\":\"test\",\"path\":\"/active\",\"value\":true},{\"op\":\"replace\",\"path\":\"/name/0/family\",\"value\":\"B\"},"
				 "{\"op\":\"add\",\"path\":\"/birthDate\",\"value\":\"2015-02-03\"}]");
	assert_true(str_is(json_str(parsed(&r), "birthDate"), "2015-02-03"));
	assert_true(str_is(client_header(&r, "ETag"), "W/\"2\""));
	static const struct {
		int status;
		const char *patch;
	} bad[] = {
		{422, "[{\"op\":\"test\",\"path\":\"/active\",\"value\":false},{\"op\":\"remove\",\"path\":\"/active\"}]"},
		{422, "[{\"op\":\"replace\",\"path\":\"/id\",\"value\":\"x\"}]"},
		{422, "[{\"op\":\"remove\",\"path\":\"/gender\"}]"},
		{400, "[{\"op\":\"add\",\"path\":\"/gender\",\"value\":\"femail\"}]"},
		{400, "[{\"op\":\"paint\",\"path\":\"/gender\",\"value\":\"x\"}]"},
		{400, "{}"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(bad[i].status, "PATCH", "/Patient/p1", json_patch, bad[i].patch);
	expect(412, "PATCH", "/Patient/p1", at("%sIf-Match: W/\"1\"\r\n", json_patch), "[{\"op\":\"remove\",\"path\":\"/active\"}]");
	expect(415, "PATCH", "/Patient/p1", "Content-Type: application/json\r\n", "[]");
	expect(400, "PATCH", "/Patient/p1", "", "[]");
	r = expect(200, "PATCH", "/Patient/p1", "Content-Type: application/fhir+json\r\n",
		   "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"replace\"},"
		   "{\"name\":\"path\",\"valueString\":\"Patient.name[0].family\"},{\"name\":\"value\",\"valueString\":\"C\"}]}]}");
	assert_true(str_find(r.body, STR("\"family\":\"C\"")) >= 0);
	expect(422, "PATCH", "/Patient/p1", "Content-Type: application/fhir+json\r\n",
	       "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"replace\"},"
	       "{\"name\":\"path\",\"valueString\":\"Patient.photo\"},{\"name\":\"value\",\"valueString\":\"C\"}]}]}");
	expect(404, "PATCH", "/Patient/none", json_patch, "[]");
	r = expect(200, "GET", "/Patient/p1", "", NULL);
	assert_true(str_is(client_header(&r, "ETag"), "W/\"3\""));
}

static void binary_is_never_run(void **state)
{
	(void)state;
	const char *id = made("Binary", "{\"resourceType\":\"Binary\",\"contentType\":\"text/html\",\"data\":\"PGI+aGk8L2I+\"}");
	struct answer r = ask("GET", at("/Binary/%s?_format=json", id), "Accept: text/html\r\n", NULL);
	assert_true(str_is(client_header(&r, "Content-Type"), "text/html"));
	assert_true(str_is(client_header(&r, "Content-Disposition"), "attachment"));
	assert_true(str_starts(client_header(&r, "Content-Security-Policy"), STR("sandbox")));
	assert_true(str_is(client_header(&r, "X-Content-Type-Options"), "nosniff"));
	assert_true(str_is(r.body, "<b>hi</b>"));
	r = expect(200, "GET", at("/Binary/%s", id), "", NULL);
	assert_true(str_is(json_str(parsed(&r), "contentType"), "text/html"));
}

/* ---- conditions ---- */

static void conditional_writes(void **state)
{
	(void)state;
	const char *body = "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"c1\"}]}";
	const char *none = "If-None-Exist: identifier=https://example.org/id|c1\r\n";
	struct answer r = expect(201, "POST", "/Patient", none, body);
	struct str id = json_str(parsed(&r), "id");
	r = expect(200, "POST", "/Patient", none, body);
	assert_true(str_eq(json_str(parsed(&r), "id"), id));
	made("Patient", body);
	expect(412, "POST", "/Patient", none, body);
	expect(412, "PUT", "/Patient?identifier=https://example.org/id|c1", "", body);
	expect(412, "DELETE", "/Patient?identifier=https://example.org/id|c1", "", NULL);
	expect(400, "POST", "/Patient", "If-None-Exist: colour=red\r\n", body);
	const char *two = "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"c2\"}],\"active\":true}";
	expect(201, "PUT", "/Patient?identifier=https://example.org/id|c2", "", two);
	expect(200, "PUT", "/Patient?identifier=https://example.org/id|c2", "",
	       "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"c2\"}],\"active\":false}");
	assert_int_equal(total("/Patient?identifier=https://example.org/id|c2"), 1);
	expect(204, "DELETE", "/Patient?identifier=https://example.org/id|c2", "", NULL);
	assert_int_equal(total("/Patient?identifier=https://example.org/id|c2"), 0);
}

struct racer {
	pthread_t thread;
	const char *method, *path, *headers;
	struct str body;
	int status;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct arena *own = arena_new(0);
	r->status = fhir_ask(&f, own, r->method, r->path, r->headers, r->body).status;
	arena_destroy(own);
	return NULL;
}

static size_t run_race(struct racer *racers, size_t n, int status)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		pthread_create(&racers[i].thread, NULL, race, &racers[i]);
	for (size_t i = 0; i < n; i++) {
		pthread_join(racers[i].thread, NULL);
		found += racers[i].status == status;
	}
	return found;
}

static void sixty_four_conditional_creates_make_one(void **state)
{
	(void)state;
	struct racer racers[64];
	for (size_t i = 0; i < 64; i++)
		racers[i] = (struct racer){.method = "POST", .path = "/Patient",
					   .headers = "If-None-Exist: identifier=https://example.org/id|race\r\nContent-Type: application/fhir+json\r\n",
					   .body = STR("{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"race\"}]}")};
	assert_int_equal(run_race(racers, 64, 201), 1);
	for (size_t i = 0; i < 64; i++)
		assert_true(racers[i].status == 201 || racers[i].status == 200);
	assert_int_equal(total("/Patient?identifier=https://example.org/id|race"), 1);
}

static void ten_updates_of_one_version_have_one_winner(void **state)
{
	(void)state;
	struct racer racers[10];
	expect(201, "PUT", "/Patient/win", "", "{\"resourceType\":\"Patient\",\"id\":\"win\"}");
	for (size_t i = 0; i < 10; i++)
		racers[i] = (struct racer){.method = "PUT", .path = "/Patient/win", .headers = "If-Match: W/\"1\"\r\n",
					   .body = str_printf(a, "{\"resourceType\":\"Patient\",\"id\":\"win\",\"multipleBirthInteger\":%zu}", i)};
	assert_int_equal(run_race(racers, 10, 200), 1);
	for (size_t i = 0; i < 10; i++)
		assert_true(racers[i].status == 200 || racers[i].status == 412);
	struct answer r = expect(200, "GET", "/Patient/win/_history", "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 2);
}

/* ---- search ---- */

static void search_by_get_and_post(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		made("Patient", at("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Searchable%d\"}]}", i));
	struct answer r = expect(200, "GET", "/Patient?family=searchable&_count=2&_sort=family", "", NULL);
	const struct json *page = parsed(&r);
	assert_true(str_is(json_str(page, "type"), "searchset"));
	assert_int_equal(json_n(json_getz(page, "entry")), 2);
	const struct json *first = json_at(json_getz(page, "entry"), 0);
	assert_true(str_starts(json_str(first, "fullUrl"), STR("http://localhost/fhir/Patient/")));
	assert_true(str_is(json_str(json_getz(first, "search"), "mode"), "match"));
	size_t seen = 0;
	for (;;) {
		seen += json_n(json_getz(page, "entry"));
		struct str next = json_str(json_at(json_getz(page, "link"), 1), "url");
		if (!next.p)
			break;
		r = expect(200, "GET", str_c(a, str_sub(next, sizeof "http://localhost/fhir" - 1, next.n)), "", NULL);
		page = parsed(&r);
	}
	assert_int_equal(seen, 5);
	r = expect(200, "POST", "/Patient/_search", "Content-Type: application/x-www-form-urlencoded\r\n", "family=searchable3");
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 1);
	expect(415, "POST", "/Patient/_search", "Content-Type: text/plain\r\n", "family=searchable3");
	assert_int_equal(total("/Patient?family=%25"), 0);
	assert_int_equal(total("/Patient?family=x%27%20or%201%3D1--"), 0);
}

/* ---- bundles ---- */

static void batch_entries_stand_alone(void **state)
{
	(void)state;
	struct answer r = expect(200, "POST", "", "",
		"{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":["
		"{\"resource\":{\"resourceType\":\"Patient\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}},"
		"{\"request\":{\"method\":\"GET\",\"url\":\"Patient/none\"}},"
		"{\"resource\":{\"resourceType\":\"Patient\",\"gender\":\"zzz\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}},"
		"{\"request\":{\"method\":\"GET\",\"url\":\"http://127.0.0.1:22/\"}},"
		"{\"request\":{\"method\":\"GET\",\"url\":\"Patient?family=nobody-of-that-name\"}}]}");
	static const char *const status[] = {"201", "404", "400", "400", "200"};
	const struct json *entries = json_getz(parsed(&r), "entry");
	assert_true(str_is(json_str(parsed(&r), "type"), "batch-response"));
	for (size_t i = 0; i < 5; i++)
		if (!str_starts(json_str(json_getz(json_at(entries, i), "response"), "status"), str_from(status[i])))
			fail_msg("entry %zu: %.*s", i, STR_ARG(r.body));
}

static struct str status_of(const struct json *bundle, size_t i)
{
	return json_str(json_getz(json_at(json_getz(bundle, "entry"), i), "response"), "status");
}

static void transaction_rewrites_references(void **state)
{
	(void)state;
	struct answer r = expect(200, "POST", "", "",
		"{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
		"{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
		"\"subject\":{\"reference\":\"urn:uuid:6f1a1d2e-0000-4000-8000-000000000001\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}},"
		"{\"fullUrl\":\"urn:uuid:6f1a1d2e-0000-4000-8000-000000000001\",\"resource\":{\"resourceType\":\"Patient\"},"
		"\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}");
	const struct json *b = parsed(&r);
	assert_true(str_is(json_str(b, "type"), "transaction-response"));
	const struct json *entries = json_getz(b, "entry");
	struct str reference = json_str(json_getz(json_getz(json_at(entries, 0), "resource"), "subject"), "reference");
	struct str id = json_str(json_getz(json_at(entries, 1), "resource"), "id");
	assert_true(str_eq(reference, str_cat(a, STR("Patient/"), id)));
	assert_int_equal(total(at("/Observation?subject=Patient/%.*s", STR_ARG(id))), 1);
}

static void transaction_is_all_or_nothing(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *entries;
	} bad[] = {
		{400, "{\"resource\":{\"resourceType\":\"Patient\",\"gender\":\"zzz\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}"},
		{412, "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"u1\",\"active\":true},\"request\":{\"method\":\"PUT\",\"url\":\"Patient/u1\",\"ifMatch\":\"W/\\\"77\\\"\"}}"},
		{400, "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"d\"},\"request\":{\"method\":\"PUT\",\"url\":\"Patient/d\"}},"
		      "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"d\"},\"request\":{\"method\":\"PUT\",\"url\":\"Patient/d\"}}"},
		{400, "{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"urn:uuid:6f1a1d2e-0000-4000-8000-00000000dead\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}"},
		{412, "{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient?identifier=nobody\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}"},
		{403, "{\"resource\":{\"resourceType\":\"AuditEvent\"},\"request\":{\"method\":\"POST\",\"url\":\"AuditEvent\"}}"},
		{400, "{\"request\":{\"method\":\"PATCH\",\"url\":\"Patient/1\"}}"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(bad[i].status, "POST", "", "",
		       at("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
			  "{\"resource\":{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Rolledback\"}]},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}},%s]}",
			  bad[i].entries));
	assert_int_equal(total("/Patient?family=rolledback"), 0);
}

static void transaction_order_and_conditions(void **state)
{
	(void)state;
	made("Patient", "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"t1\"}]}");
	expect(201, "PUT", "/Patient/old", "", "{\"resourceType\":\"Patient\",\"id\":\"old\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"t2\"}]}");
	struct answer r = expect(200, "POST", "", "",
		"{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
		"{\"request\":{\"method\":\"GET\",\"url\":\"Patient?identifier=https://example.org/id|t2\"}},"
		"{\"fullUrl\":\"urn:uuid:6f1a1d2e-0000-4000-8000-000000000011\",\"resource\":{\"resourceType\":\"Patient\"},"
		"\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"identifier=https://example.org/id|t1\"}},"
		"{\"resource\":{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://example.org/id\",\"value\":\"t2\"}]},"
		"\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"identifier=https://example.org/id|t2\"}},"
		"{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"to entry\"},\"subject\":{\"reference\":\"urn:uuid:6f1a1d2e-0000-4000-8000-000000000011\"}},"
		"\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}},"
		"{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"by query\"},\"subject\":{\"reference\":\"Patient?identifier=https://example.org/id|t1\"}},"
		"\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}},"
		"{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/old\"}}]}");
	const struct json *b = parsed(&r);
	static const char *const status[] = {"200", "200", "201", "201", "201", "204"};
	for (size_t i = 0; i < 6; i++)
		if (!str_starts(status_of(b, i), str_from(status[i])))
			fail_msg("entry %zu: %.*s", i, STR_ARG(r.body));
	/* The GET came last: the deleted one is gone, the new one is there. */
	const struct json *seen = json_getz(json_at(json_getz(b, "entry"), 0), "resource");
	assert_int_equal(json_n(json_getz(seen, "entry")), 1);
	assert_int_equal(total("/Observation?subject:Patient.identifier=https://example.org/id|t1"), 2);
}

/* ---- who may ---- */

static struct str token_of(const char *user, const char *scope)
{
	struct str token;
	struct err e = ERR_INIT;
	if (!access_token_make(f.access, a, str_from(user), str_from(scope), 10, &token, &e))
		fail_msg("%s", e.message);
	return token;
}

static int status_as(struct str token, const char *method, const char *path, const char *body)
{
	return fhir_ask_as(&f, a, token, method, path, "", body ? str_from(body) : STR_NONE).status;
}

static void tokens_are_asked_for(void **state)
{
	(void)state;
	struct answer r = client_ask(a, f.port, "GET", "/fhir/Patient/u1", "", STR_NONE);
	assert_int_equal(r.status, 401);
	assert_true(str_starts(client_header(&r, "WWW-Authenticate"), STR("Bearer")));
	r = client_ask(a, f.port, "GET", "/fhir/Patient/u1", "Authorization: Bearer made-up\r\n", STR_NONE);
	assert_int_equal(r.status, 401);
	assert_true(str_find(client_header(&r, "WWW-Authenticate"), STR("invalid_token")) >= 0);
	assert_int_equal(client_ask(a, f.port, "GET", "/fhir/Patient/u1", "Authorization: Basic eDp5\r\n", STR_NONE).status, 401);
	assert_int_equal(client_ask(a, f.port, "GET", "/fhir/metadata", "", STR_NONE).status, 200);
	assert_int_equal(client_ask(a, f.port, "GET", "/fhir/a/b/c/d/e", "", STR_NONE).status, 401);
	expect(404, "GET", "/a/b/c/d/e", "", NULL);
	struct str reads = token_of("feed", "system/Patient.read");
	assert_int_equal(status_as(reads, "GET", "/Patient/u1", NULL), 200);
	assert_int_equal(status_as(reads, "POST", "/Patient", "{\"resourceType\":\"Patient\"}"), 403);
	assert_int_equal(status_as(reads, "GET", "/Observation", NULL), 403);
}

static void a_person_needs_a_relationship(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	if (!access_user_add(f.access, STR("nurse"), STR("A Nurse"), STR("ed-nurse"), STR_NONE, &e))
		fail_msg("%s", e.message);
	struct str nurse = token_of("nurse", "");
	expect(201, "PUT", "/Patient/n1", "", "{\"resourceType\":\"Patient\",\"id\":\"n1\",\"name\":[{\"family\":\"Mine\"}]}");
	expect(201, "PUT", "/Patient/n2", "", "{\"resourceType\":\"Patient\",\"id\":\"n2\",\"name\":[{\"family\":\"Other\"}]}");
	expect(201, "PUT", "/CareTeam/n", "", "{\"resourceType\":\"CareTeam\",\"id\":\"n\",\"status\":\"active\",\"subject\":{\"reference\":\"Patient/n1\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/nurse\"}}]}");
	expect(201, "PUT", "/Observation/open", "", "{\"resourceType\":\"Observation\",\"id\":\"open\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/n1\"}}");
	expect(201, "PUT", "/Observation/sealed", "", "{\"resourceType\":\"Observation\",\"id\":\"sealed\",\"meta\":{\"security\":[{\"system\":\"https://heed.example/fhir/CodeSystem/label\",\"code\":\"sexual-health\"}]},\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/n1\"}}");
	assert_int_equal(status_as(nurse, "GET", "/Patient/n1", NULL), 200);
	assert_int_equal(status_as(nurse, "GET", "/Patient/n2", NULL), 403);
	assert_int_equal(status_as(nurse, "GET", "/Patient/n2/_history", NULL), 403);
	assert_int_equal(status_as(nurse, "GET", "/Patient?family=other", NULL), 403);
	assert_int_equal(status_as(nurse, "GET", "/Observation?patient=n2", NULL), 403);
	assert_int_equal(status_as(nurse, "GET", "/Observation", NULL), 403);
	assert_int_equal(status_as(nurse, "GET", "/AuditEvent", NULL), 403);
	assert_int_equal(status_as(nurse, "DELETE", "/Patient/n2", NULL), 403);
	assert_int_equal(status_as(nurse, "PUT", "/Patient/n2", "{\"resourceType\":\"Patient\",\"id\":\"n2\"}"), 403);
	/* What is sealed looks as if it were not there. */
	struct answer hidden = fhir_ask_as(&f, a, nurse, "GET", "/Observation/sealed", "", STR_NONE);
	struct answer absent = fhir_ask_as(&f, a, nurse, "GET", "/Observation/absent", "", STR_NONE);
	assert_int_equal(hidden.status, 404);
	assert_true(str_eq(hidden.body, absent.body));
	static const char *const ways[][2] = {{"DELETE", ""}, {"GET", "/_history"}, {"GET", "/_history/1"}};
	for (size_t i = 0; i < 3; i++) {
		hidden = fhir_ask_as(&f, a, nurse, ways[i][0], at("/Observation/sealed%s", ways[i][1]), "", STR_NONE);
		absent = fhir_ask_as(&f, a, nurse, ways[i][0], at("/Observation/absent%s", ways[i][1]), "", STR_NONE);
		assert_int_equal(hidden.status, 404);
		assert_int_equal(absent.status, 404);
		assert_true(str_eq(hidden.body, absent.body));
	}
	struct answer r = fhir_ask_as(&f, a, nurse, "GET", "/Observation?patient=Patient/n1&_total=accurate", "", STR_NONE);
	assert_int_equal(r.status, 200);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 1);
	int64_t counted = 0;
	assert_true(json_i64(json_getz(parsed(&r), "total"), &counted) && counted == 1);
	r = fhir_ask_as(&f, a, nurse, "POST", "", "", STR("{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"AuditEvent\"}},{\"request\":{\"method\":\"GET\",\"url\":\"Patient/n2\"}}]}"));
	assert_true(str_is(status_of(parsed(&r), 0), "403") && str_is(status_of(parsed(&r), 1), "403"));
}

/* ---- the ledger ---- */

static size_t rows_about(const char *person, enum ledger_kind kind)
{
	struct err e = ERR_INIT;
	struct ledger_entries rows;
	struct store_read *r = store_read_begin(f.store, a, &e);
	if (!r || !ledger_list(r, str_from(person), 0, 500, &rows, &e))
		fail_msg("%s", e.message);
	size_t n = 0;
	for (size_t i = 0; i < rows.n; i++)
		n += rows.v[i].kind == kind;
	store_read_end(r);
	return n;
}

/* reliability.md I5: as many rows as reads, whatever the way in; none for what was not shown. */
static void every_read_is_in_the_ledger(void **state)
{
	(void)state;
	expect(201, "PUT", "/Patient/led", "", "{\"resourceType\":\"Patient\",\"id\":\"led\"}");
	assert_int_equal(rows_about("Patient/led", LEDGER_WRITE), 1);
	expect(200, "GET", "/Patient/led", "", NULL);
	expect(304, "GET", "/Patient/led", "If-None-Match: W/\"1\"\r\n", NULL);
	expect(200, "GET", "/Patient/led/_history/1", "", NULL);
	expect(200, "GET", "/Patient/led/_history", "", NULL);
	expect(200, "POST", "", "", "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"Patient/led\"}}]}");
	assert_int_equal(rows_about("Patient/led", LEDGER_READ), 5);
	expect(200, "GET", "/Patient?_id=led", "", NULL);
	expect(200, "GET", "/Observation?patient=led", "", NULL);
	assert_int_equal(rows_about("Patient/led", LEDGER_SEARCH), 2);
	expect(404, "GET", "/Patient/led/_history/9", "", NULL);
	assert_int_equal(rows_about("Patient/led", LEDGER_READ), 5);
	struct str nurse = token_of("nurse", "");
	assert_int_equal(status_as(nurse, "GET", "/Patient/led", NULL), 403);
	assert_int_equal(rows_about("Patient/led", LEDGER_DENIED), 1);
	struct answer r = expect(200, "GET", "/AuditEvent?patient=Patient/led&_count=3", "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 3);
	struct str next = json_str(json_at(json_getz(parsed(&r), "link"), 1), "url");
	const struct json *first = json_getz(json_at(json_getz(parsed(&r), "entry"), 0), "resource");
	assert_true(str_is(json_str(first, "resourceType"), "AuditEvent"));
	expect(200, "GET", str_c(a, str_sub(next, sizeof "http://localhost/fhir" - 1, next.n)), "", NULL);
	r = expect(200, "GET", at("/AuditEvent/%.*s", STR_ARG(json_str(first, "id"))), "", NULL);
	assert_true(str_eq(json_str(parsed(&r), "id"), json_str(first, "id")));
}

static void the_chain_holds(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	struct ledger_check check;
	struct store_read *r = store_read_begin(f.store, a, &e);
	if (!r || !ledger_verify(r, &check, &e))
		fail_msg("%s", e.message);
	store_read_end(r);
	assert_int_equal(check.first_bad_seq, 0);
	assert_true(check.rows > 100);
}

/* ---- what is not in the store ---- */

static void definitions_come_from_the_pack(void **state)
{
	(void)state;
	struct answer r = expect(200, "GET", "/CodeSystem/role", "", NULL);
	assert_true(str_is(json_str(parsed(&r), "id"), "role"));
	r = expect(200, "GET", "/CodeSystem?url=https://heed.example/fhir/CodeSystem/role", "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 1);
	expect(404, "GET", "/CodeSystem/none", "", NULL);
	expect(403, "DELETE", "/CodeSystem/role", "", NULL);
	expect(400, "GET", "/CodeSystem?title=x", "", NULL);
	int64_t before = total("/CodeSystem?name=role");
	/* Another's definition is stored like anything else, and found beside the pack's. */
	expect(201, "PUT", "/CodeSystem/theirs", "", "{\"resourceType\":\"CodeSystem\",\"id\":\"theirs\",\"url\":\"https://example.org/cs\",\"name\":\"Role_of_theirs\",\"status\":\"draft\",\"content\":\"complete\"}");
	assert_true(before > 0 && total("/CodeSystem?name=role") == before + 1);
	assert_int_equal(total("/CodeSystem?url=https://example.org/cs"), 1);
	/* Organizations are no definitions, wherever they come from. */
	expect(201, "PUT", "/Organization/practice", "", "{\"resourceType\":\"Organization\",\"id\":\"practice\",\"name\":\"A practice\"}");
}

static void within_one_person(void **state)
{
	(void)state;
	struct str nurse = token_of("nurse", "");
	for (int i = 0; i < 3; i++)
		made("Observation", "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"y\"},\"subject\":{\"reference\":\"Patient/n1\"}}");
	made("Observation", "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"y\"},\"subject\":{\"reference\":\"Patient/n2\"}}");
	assert_int_equal(total("/Patient/n1/Observation"), 5);
	struct answer r = expect(200, "GET", "/Patient/n1/Observation?_count=2", "", NULL);
	struct str next = json_str(json_at(json_getz(parsed(&r), "link"), 1), "url");
	r = expect(200, "GET", str_c(a, str_sub(next, sizeof "http://localhost/fhir" - 1, next.n)), "", NULL);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 2);
	expect(404, "GET", "/Observation/x/Patient", "", NULL);
	expect(404, "GET", "/Patient/n1/Organization", "", NULL);
	/* The sealed one is not there for the nurse, by either way. */
	r = fhir_ask_as(&f, a, nurse, "GET", "/Patient/n1/Observation", "", STR_NONE);
	assert_int_equal(json_n(json_getz(parsed(&r), "entry")), 4);
	r = fhir_ask_as(&f, a, nurse, "GET", "/Patient/n1/$everything", "", STR_NONE);
	const struct json *all = json_getz(parsed(&r), "entry");
	assert_int_equal(json_n(all), 1 + 4 + 1); /* the Patient, what is open, the CareTeam */
	assert_true(str_is(json_str(json_getz(json_at(all, 0), "resource"), "resourceType"), "Patient"));
	assert_int_equal(status_as(nurse, "GET", "/Patient/n2/$everything", NULL), 403);
	assert_int_equal(status_as(nurse, "GET", "/Patient/n2/Observation", NULL), 403);
	expect(404, "GET", "/Patient/none/$everything", "", NULL);
}

static void parts_of_resources(void **state)
{
	(void)state;
	expect(201, "PUT", "/Patient/part", "", "{\"resourceType\":\"Patient\",\"id\":\"part\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">x</div>\"},"
	       "\"name\":[{\"family\":\"Partial\"}],\"birthDate\":\"2015-02-03\",\"maritalStatus\":{\"text\":\"x\"}}");
	static const struct {
		const char *query, *there, *gone;
	} cases[] = {{"_elements=birthDate", "birthDate", "name"}, {"_elements=Patient.name", "name", "birthDate"},
		     {"_summary=true", "name", "maritalStatus"}, {"_summary=text", "text", "name"}, {"_summary=data", "maritalStatus", "text"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer r = expect(200, "GET", at("/Patient?family=partial&%s", cases[i].query), "", NULL);
		const struct json *p = json_getz(json_at(json_getz(parsed(&r), "entry"), 0), "resource");
		bool right = json_getz(p, cases[i].there) && !json_getz(p, cases[i].gone) && str_find(r.body, STR("SUBSETTED")) >= 0 && json_str(p, "id").n;
		if (!right)
			fail_msg("%s: %.*s", cases[i].query, STR_ARG(r.body));
		r = expect(200, "GET", at("/Patient/part?%s", cases[i].query), "", NULL);
		assert_true(json_getz(parsed(&r), cases[i].there) && !json_getz(parsed(&r), cases[i].gone));
	}
	struct answer r = expect(200, "GET", "/Patient?family=partial&_summary=count", "", NULL);
	int64_t n = 0;
	assert_true(json_i64(json_getz(parsed(&r), "total"), &n) && n == 1 && !json_getz(parsed(&r), "entry"));
}

static void capabilities_are_true(void **state)
{
	(void)state;
	struct answer r = expect(200, "GET", "/metadata", "", NULL);
	const struct json *c = parsed(&r);
	assert_true(str_is(json_str(c, "fhirVersion"), "4.0.1"));
	struct fhir_outcome *o = fhir_outcome_new(a);
	fhir_validate(a, c, r.body, o);
	if (o->errors)
		fail_msg("%.*s", STR_ARG(json_to_str(a, fhir_outcome_json(a, o))));
	const struct json *resources = json_getz(json_at(json_getz(c, "rest"), 0), "resource");
	size_t asked = 0;
	for (size_t i = 0; i < json_n(resources); i++) {
		struct str type = json_str(json_at(resources, i), "type");
		const struct json *params = json_getz(json_at(resources, i), "searchParam");
		if (!str_is(type, "Patient") && !str_is(type, "Encounter") && !str_is(type, "CodeSystem"))
			continue;
		for (size_t k = 0; k < json_n(params); k++, asked++) {
			static const struct {
				const char *type, *value;
			} values[] = {{"date", "2020"}, {"number", "1"}, {"quantity", "1"}, {"token", "x"}, {"string", "x"}, {"uri", "http://example.org"}, {"reference", "Patient/x"}};
			struct str kind = json_str(json_at(params, k), "type");
			for (size_t v = 0; v < sizeof values / sizeof *values; v++)
				if (str_is(kind, values[v].type))
					expect(200, "GET", at("/%.*s?%.*s=%s", STR_ARG(type), STR_ARG(json_str(json_at(params, k), "name")), values[v].value), "", NULL);
		}
	}
	assert_true(asked > 20);
}

static void health_and_metrics(void **state)
{
	(void)state;
	assert_int_equal(client_ask(a, f.port, "GET", "/health", "", STR_NONE).status, 200);
	struct answer r = client_ask(a, f.port, "GET", "/metrics", "", STR_NONE);
	assert_int_equal(r.status, 200);
	assert_true(str_find(r.body, STR("heed_http_requests_total ")) >= 0);
}

/* ---- hostile ---- */

static bool named(struct str list, int status)
{
	return str_find(list, str_printf(a, "%d", status)) >= 0;
}

/* The manifest's status: the first numbers of its second column; "4xx" for any. */
static void check_case(struct str folder, struct str name, struct str expected)
{
	struct str bytes;
	struct err e = ERR_INIT;
	if (!env_system()->read_file(env_system(), a, str_c(a, str_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name))), 64u << 20, &bytes, &e))
		fail_msg("%s", e.message);
	bool bundle = str_find(name, STR("bundle-")) >= 0, put = str_find(name, STR("id-mismatch")) >= 0;
	bool patch = str_find(name, STR("patch-")) >= 0;
	struct json *body = NULL;
	struct str type = json_parse(a, bytes, NULL, &body, NULL) ? json_str(body, "resourceType") : STR_NONE;
	const char *path = bundle ? "" : put ? "/Patient/1" : at("/%.*s", STR_ARG(fhir_is_resource(type) ? type : STR("Patient")));
	if (str_find(name, STR("type-mismatch")) >= 0)
		path = "/Patient";
	if (str_find(name, STR("id-dots")) >= 0)
		path = "/Patient/..", put = true;
	if (patch)
		path = "/Patient/p1";
	struct answer r = fhir_ask(&f, a, put ? "PUT" : patch ? "PATCH" : "POST", path,
				   patch ? "Content-Type: application/json-patch+json\r\n" : "", bytes);
	if (r.status >= 500 || r.status == 0)
		fail_msg("%.*s: %d", STR_ARG(name), r.status);
	bool entry = str_find(expected, STR("entry")) >= 0, any = str_find(expected, STR("4xx")) >= 0;
	bool right = any ? r.status >= 400 : entry ? r.status == 200 : named(expected, r.status);
	if (!right)
		fail_msg("%.*s: %d, expected %.*s: %.*s", STR_ARG(name), r.status, STR_ARG(expected), STR_ARG(str_sub(r.body, 0, 600)));
}

static void malformed_corpus(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	struct str folder = str_printf(a, "%s/hostile/fhir-malformed", suites ? suites : ""), text, line, name, expected;
	if (!suites || !env_system()->read_file(env_system(), a, str_c(a, str_cat(a, folder, STR("/manifest.tsv"))), 1 << 20, &text, NULL)) {
		printf("skipped: no hostile/fhir-malformed suite\n");
		skip();
	}
	size_t n = 0;
	while (str_next(&text, '\n', &line)) {
		if (!str_next(&line, '\t', &name) || !str_next(&line, '\t', &expected) || str_is(name, "file"))
			continue;
		check_case(folder, name, expected);
		n++;
	}
	printf("hostile/fhir-malformed: %zu cases\n", n);
	assert_true(n > 40);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(create_and_read), TEST(what_is_refused), TEST(formats), TEST(update_and_versions), TEST(patches), TEST(binary_is_never_run),
		TEST(conditional_writes), TEST(sixty_four_conditional_creates_make_one), TEST(ten_updates_of_one_version_have_one_winner),
		TEST(search_by_get_and_post), TEST(batch_entries_stand_alone), TEST(transaction_rewrites_references),
		TEST(transaction_is_all_or_nothing), TEST(transaction_order_and_conditions), TEST(tokens_are_asked_for),
		TEST(a_person_needs_a_relationship), TEST(every_read_is_in_the_ledger), TEST(definitions_come_from_the_pack), TEST(parts_of_resources), TEST(within_one_person), TEST(capabilities_are_true),
		TEST(health_and_metrics), TEST(malformed_corpus), TEST(the_chain_holds),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
