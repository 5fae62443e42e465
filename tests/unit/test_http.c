#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#include "client.h"
#include "http/http.h"

static struct http_server *server;
static int port;
static _Atomic int smuggled;

static void echo(void *arg, struct http_request *q, struct http_response *r)
{
	(void)arg;
	struct buf b = buf_new(q->arena, 1 << 22);
	buf_printf(&b, "path=%.*s query=%.*s p0=%.*s p1=%.*s body=%zu secure=%d base=%.*s", STR_ARG(q->path), STR_ARG(q->query),
		   STR_ARG(q->params[0]), STR_ARG(q->params[1]), q->body.n, q->secure, STR_ARG(q->base_url));
	http_text(r, 200, "text/plain", buf_str(&b));
}

static void on_smuggled(void *arg, struct http_request *q, struct http_response *r)
{
	atomic_fetch_add(&smuggled, 1);
	echo(arg, q, r);
}

static void form(void *arg, struct http_request *q, struct http_response *r)
{
	(void)arg;
	struct http_field *f;
	size_t n;
	struct err e = ERR_INIT;
	if (!http_form(q->arena, q->body, &f, &n, &e)) {
		http_text(r, err_status(e.code), "text/plain", str_dup(q->arena, str_from(e.message)));
		return;
	}
	http_text(r, 200, "text/plain", str_cat(q->arena, http_field_get(f, n, "a"), http_field_get(f, n, "b")));
}

static void slow(void *arg, struct http_request *q, struct http_response *r)
{
	(void)arg;
	usleep(300000);
	echo(arg, q, r);
}

static void splits_headers(void *arg, struct http_request *q, struct http_response *r)
{
	(void)arg;
	(void)q;
	http_text(r, 200, "text/plain", STR("ok"));
	http_setz(r, "X-Bad", "a\r\nX-Forged: 1");
	http_setz(r, "Content-Security-Policy", "default-src 'self'");
}

static const struct http_route routes[] = {
	{HTTP_GET, "/", echo, NULL},
	{HTTP_GET, "/smuggled", on_smuggled, NULL},
	{HTTP_GET, "/p/{id}/why/{clock}", echo, NULL},
	{HTTP_GET, "/static/*", echo, NULL},
	{HTTP_GET, "/headers", splits_headers, NULL},
	{HTTP_GET, "/slow", slow, NULL},
	{HTTP_POST, "/form", form, NULL},
	{HTTP_GET, "/fhir/{type}", echo, NULL},
	{HTTP_POST, "/fhir/{type}", echo, NULL},
	{HTTP_PUT, "/fhir/{type}/{id}", echo, NULL},
};

static struct http_server *start(void)
{
	struct http_config c = {.address = "127.0.0.1:0", .routes = routes, .route_count = sizeof routes / sizeof *routes,
				.threads = 8, .max_body = 2u << 20, .head_seconds = 1};
	struct http_server *s = NULL;
	struct err e = ERR_INIT;
	if (!http_start(&c, &s, &e))
		fail_msg("%s", e.message);
	return s;
}

static int set_up(void **state)
{
	(void)state;
	log_level_set(LOG_ERROR);
	server = start();
	port = http_port(server);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_stop(server);
	return 0;
}

static void routes_and_decodes(void **state)
{
	(void)state;
	static const struct {
		const char *method, *path;
		int status;
		const char *body;
	} cases[] = {
		{"GET", "/", 200, "path=/ query= "},
		{"GET", "/p/a%20b/why/%C3%A9?x=%26&y", 200, "path=/p/a b/why/\xC3\xA9 query=x=%26&y p0=a b p1=\xC3\xA9 "},
		{"GET", "/p/1/why", 404, "nothing"},
		{"GET", "/p//why/2", 400, NULL},
		{"GET", "/static/css/a%20b.css", 200, "p0=css/a b.css "},
		{"GET", "/static/a/", 200, "p0=a/ "},
		{"GET", "/static/../x", 400, NULL},
		{"GET", "/static/%2e%2E/x", 400, NULL},
		{"GET", "/static/a%2fb", 400, NULL},
		{"GET", "/static/a%5cb", 400, NULL},
		{"GET", "/static/%00", 400, NULL},
		{"GET", "/static/%ff", 400, NULL},
		{"GET", "/static/%4", 400, NULL},
		{"GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14", 404, NULL},
		{"HEAD", "/", 200, ""},
		{"DELETE", "/fhir/Patient", 405, NULL},
		{"BREW", "/", 405, NULL},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer r = client_ask(a, port, cases[i].method, cases[i].path, "", STR_NONE);
		if (r.status != cases[i].status)
			fail_msg("%s %s: %d", cases[i].method, cases[i].path, r.status);
		if (cases[i].body && *cases[i].body && str_find(r.body, str_from(cases[i].body)) < 0)
			fail_msg("%s %s: %.*s", cases[i].method, cases[i].path, STR_ARG(r.body));
	}
	struct answer r = client_ask(a, port, "DELETE", "/fhir/Patient", "", STR_NONE);
	assert_true(str_is(client_header(&r, "Allow"), "GET, HEAD, POST, OPTIONS"));
	r = client_ask(a, port, "OPTIONS", "/fhir/Patient", "", STR_NONE);
	assert_int_equal(r.status, 204);
	arena_destroy(a);
}

static void answers_are_careful(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct answer r = client_ask(a, port, "GET", "/", "X-Forwarded-Proto: https\r\n", STR_NONE);
	assert_true(str_is(client_header(&r, "Cache-Control"), "no-store"));
	assert_true(str_is(client_header(&r, "X-Content-Type-Options"), "nosniff"));
	assert_true(str_is(client_header(&r, "Referrer-Policy"), "no-referrer"));
	assert_true(str_starts(client_header(&r, "Content-Security-Policy"), STR("default-src 'none'")));
	assert_true(client_header(&r, "Strict-Transport-Security").n > 0);
	assert_true(str_find(r.body, STR("secure=1 base=https://localhost")) >= 0);
	r = client_ask(a, port, "GET", "/headers", "", STR_NONE);
	assert_true(str_is(client_header(&r, "Content-Security-Policy"), "default-src 'self'"));
	assert_int_equal(client_header(&r, "X-Forged").n, 0);
	arena_destroy(a);
}

static void forms_are_parsed_strictly(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct answer r = client_ask(a, port, "POST", "/form", "", STR("a=x+%C3%A9&&c&b=1%2B1"));
	assert_int_equal(r.status, 200);
	assert_true(str_is(r.body, "x \xC3\xA9" "1+1"));
	assert_int_equal(client_ask(a, port, "POST", "/form", "", STR("a=%zz")).status, 400);
	assert_int_equal(client_ask(a, port, "POST", "/form", "", STR("a=%00")).status, 400);
	arena_destroy(a);
}

static void bodies_have_a_limit(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	size_t n = (2u << 20) + 1;
	char *big = arena_alloc(a, n);
	memset(big, 'x', n);
	assert_int_equal(client_ask(a, port, "POST", "/fhir/Patient", "", (struct str){big, n - 1}).status, 200);
	assert_int_equal(client_ask(a, port, "POST", "/fhir/Patient", "Expect: 100-continue\r\n", (struct str){"", 0}).status, 200);
	int fd = client_connect(port);
	client_send(fd, STR("POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2097153\r\n\r\n"));
	struct answer r = client_read(a, fd, true);
	assert_int_equal(r.status, 413);
	assert_true(r.closed);
	close(fd);
	fd = client_connect(port);
	client_send(fd, STR("POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n200001\r\n"));
	client_send(fd, (struct str){big, n});
	client_send(fd, STR("\r\n0\r\n\r\n"));
	assert_int_equal(client_read(a, fd, true).status, 413);
	close(fd);
	arena_destroy(a);
}

/* Requests a proxy and a server could read differently. Each is followed by another on the same connection, which must not be
 * answered. */
static void ambiguous_requests_are_refused(void **state)
{
	(void)state;
	static const struct {
		struct str head;
		int status;
	} cases[] = {
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\ntransfer_encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 4\0\r\nX: 1\r\n\r\nabcd"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 4\0\r\n\r\nabcd"), 400},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\0x\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\nY: 1\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\r\nHost: a\r\nX: a\x01" "b\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\nY: 1\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\nHost: a\nY: 1\n\n"), 400},
		{STR("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
		{STR("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
		{STR("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
		{STR("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400},
		{STR("GET / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n"), 417},
		{STR("POST /form HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), 415},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		atomic_store(&smuggled, 0);
		int fd = client_connect(port);
		client_send(fd, str_cat(a, cases[i].head, STR("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")));
		struct answer r = client_read(a, fd, true);
		while (recv(fd, (char[512]){0}, 512, 0) > 0)
			;
		close(fd);
		if (r.status != cases[i].status || !r.closed || atomic_load(&smuggled))
			fail_msg("case %zu: status %d closed %d smuggled %d", i, r.status, r.closed, atomic_load(&smuggled));
	}
	struct answer r = client_ask(a, port, "GET", "http://localhost/p/1/why/2", "", STR_NONE);
	assert_int_equal(r.status, 200);
	arena_destroy(a);
}

static void connections_are_kept(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	int fd = client_connect(port);
	for (int i = 0; i < 200; i++) {
		client_send(fd, STR("POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde"));
		struct answer r = client_read(a, fd, true);
		assert_int_equal(r.status, 200);
		assert_false(r.closed);
	}
	close(fd);
	arena_destroy(a);
}

/* Heads and bodies of many lengths, the body sometimes sent late: a well-formed request is never taken for a torn one. */
static void whole_requests_are_whole(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	char *fill = arena_alloc(a, 200000);
	memset(fill, 'x', 200000);
	int fd = client_connect(port);
	for (size_t i = 0; i < 60; i++) {
		size_t head = (i * 977) % 24000, body = 1 + (i * i * 131) % 190000;
		struct buf b = buf_new(a, 1 << 20);
		buf_printf(&b, "POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nX-Fill: %.*s\r\n", (int)head, fill);
		if (i % 2)
			buf_printf(&b, "Content-Length: %zu\r\n\r\n", body);
		else
			buf_printf(&b, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", body);
		client_send(fd, buf_str(&b));
		if (i % 3 == 0)
			usleep(2000);
		client_send(fd, (struct str){fill, body});
		if (i % 2 == 0)
			client_send(fd, STR("\r\n0\r\n\r\n"));
		struct answer r = client_read(a, fd, true);
		if (r.status != 200 || str_find(r.body, str_printf(a, "body=%zu ", body)) < 0)
			fail_msg("head %zu body %zu: %d %.*s", head, body, r.status, STR_ARG(r.body));
	}
	close(fd);
	arena_destroy(a);
}

/* A byte now and then keeps no connection alive: the server ends it, or this would go on for ever. */
static void a_trickling_head_is_ended(void **state)
{
	(void)state;
	int fd = client_connect(port);
	client_send(fd, STR("GET / HTTP/1.1\r\nHost: localhost\r\nX: "));
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		usleep(20000);
	close(fd);
	struct arena *a = arena_new(0);
	assert_int_equal(client_ask(a, port, "GET", "/", "", STR_NONE).status, 200);
	arena_destroy(a);
}

static void *ask_slow(void *arg)
{
	struct arena *a = arena_new(0);
	*(int *)arg = client_ask(a, port, "GET", "/slow", "", STR_NONE).status;
	arena_destroy(a);
	return NULL;
}

static void stop_lets_answers_finish(void **state)
{
	(void)state;
	pthread_t t[4];
	int status[4] = {0};
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, ask_slow, &status[i]);
	while (http_stats(server).requests < 4)
		usleep(1000);
	usleep(50000);
	http_stop(server);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(status[i], 200);
	}
	server = start();
	port = http_port(server);
}

static struct str read_case(struct arena *a, const char *folder, struct str name)
{
	struct str bytes;
	struct err e = ERR_INIT;
	const char *path = str_c(a, str_printf(a, "%s/%.*s", folder, STR_ARG(name)));
	if (!env_system()->read_file(env_system(), a, path, 8u << 20, &bytes, &e))
		fail_msg("%s: %s", path, e.message);
	return bytes;
}

/* te, cl: refused and closed, and the request behind them never seen; the rest: any answer but 5xx (505 apart), or a close. */
static bool as_expected(struct str name, const struct answer *r)
{
	bool refused = r->status >= 400 && r->status < 500;
	if (str_starts(name, STR("te-")) || str_starts(name, STR("cl-")))
		return (refused || r->status == 0) && !atomic_load(&smuggled);
	if (str_starts(name, STR("path-")))
		return refused || r->status == 200; /* parameters are the business of whoever owns the route */
	return r->status < 500 || r->status == 505;
}

static void hostile_corpus(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	struct arena *a = arena_new(0);
	const char *folder = str_c(a, str_printf(a, "%s/hostile/http-raw", suites ? suites : ""));
	DIR *d = suites ? opendir(folder) : NULL;
	if (!d) {
		printf("skipped: no hostile/http-raw suite\n");
		arena_destroy(a);
		skip();
	}
	size_t n = 0;
	for (struct dirent *f; (f = readdir(d));) {
		struct str name = str_from(f->d_name);
		if (!str_ends(name, STR(".http")))
			continue;
		n++;
		atomic_store(&smuggled, 0);
		int fd = client_connect(port);
		client_send(fd, read_case(a, folder, name));
		shutdown(fd, SHUT_WR);
		struct answer r = client_read(a, fd, true);
		while (recv(fd, (char[4096]){0}, 4096, 0) > 0)
			;
		close(fd);
		if (!as_expected(name, &r))
			fail_msg("%s: %d %.*s", f->d_name, r.status, STR_ARG(r.body));
	}
	closedir(d);
	printf("hostile/http-raw: %zu cases\n", n);
	assert_true(n > 50);
	assert_int_equal(client_ask(a, port, "GET", "/", "", STR_NONE).status, 200);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_and_decodes),
		cmocka_unit_test(answers_are_careful),
		cmocka_unit_test(forms_are_parsed_strictly),
		cmocka_unit_test(bodies_have_a_limit),
		cmocka_unit_test(ambiguous_requests_are_refused),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(whole_requests_are_whole),
		cmocka_unit_test(a_trickling_head_is_ended),
		cmocka_unit_test(stop_lets_answers_finish),
		cmocka_unit_test(hostile_corpus),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
