#include "http/internal.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	DEFAULT_THREADS = 48,
	MAX_CONNECTIONS = 1024,
	HEAD_BYTES = 32 * 1024,
	MAX_HEADERS = 100,
	SILENCE_SECONDS = 30,
	HEAD_SECONDS = 60,
	STOP_SECONDS = 10,
	STACK_BYTES = 1 << 20,
	KEPT_ARENA = 32 * 1024
};

static const int64_t REQUEST_US = 120 * US_PER_SECOND;

/* One request's state: taken from the spare list when its first line is read, given back when its answer is out. */
struct exchange {
	struct exchange *next_spare;
	struct http_server *server;
	struct arena *arena;
	struct http_request q;
	struct str target; /* as sent */
	const char *target_at; /* where libmicrohttpd holds it */
	struct buf body;
	const struct http_route *route;
	struct route_path path;
	unsigned allow;
	int64_t began_us; /* monotonic */
	const char *head_end; /* where the body begins, when it lies right behind the head */
	bool started, too_large, torn;
	int status;
	size_t sent;
};

struct http_server {
	struct http_config config;
	struct arena *arena; /* holds the server itself and its exchanges */
	struct route_table *routes;
	struct MHD_Daemon *daemon;
	int port;
	pthread_mutex_t spare_lock;
	struct exchange *spare;
	_Atomic uint64_t requests, responses_4xx, responses_5xx, refused;
	_Atomic int busy;
	struct peers *peers;
};

/* ---- exchanges ---- */

static struct exchange *exchange_new(struct http_server *s)
{
	struct arena *a = arena_new(256u << 20);
	arena_alloc(a, KEPT_ARENA);
	arena_reset(a); /* keeps the block: an ordinary request needs no other */
	pthread_mutex_lock(&s->spare_lock);
	struct exchange *x = ARENA_NEW(s->arena, struct exchange);
	pthread_mutex_unlock(&s->spare_lock);
	x->arena = a;
	x->server = s;
	return x;
}

static struct exchange *exchange_take(struct http_server *s)
{
	pthread_mutex_lock(&s->spare_lock);
	struct exchange *x = s->spare;
	if (x)
		s->spare = x->next_spare;
	pthread_mutex_unlock(&s->spare_lock);
	return x ? x : exchange_new(s);
}

static void exchange_give(struct exchange *x)
{
	struct http_server *s = x->server;
	arena_reset(x->arena);
	struct arena *a = x->arena;
	*x = (struct exchange){.server = s, .arena = a};
	pthread_mutex_lock(&s->spare_lock);
	x->next_spare = s->spare;
	s->spare = x;
	pthread_mutex_unlock(&s->spare_lock);
}

/* ---- answering ---- */

static bool has_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(r->headers[i].name, str_from(name)))
			return true;
	return false;
}

static void careful_headers(struct http_response *r, bool secure)
{
	static const char *const defaults[][2] = {
		{"Cache-Control", "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
	};
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!has_header(r, defaults[i][0]))
			http_setz(r, defaults[i][0], defaults[i][1]);
	if (secure)
		http_setz(r, "Strict-Transport-Security", "max-age=31536000");
}

static bool header_safe(struct str v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7F)
			return false;
	return true;
}

static void count_status(struct http_server *s, int status)
{
	if (status >= 500)
		atomic_fetch_add(&s->responses_5xx, 1);
	else if (status >= 400)
		atomic_fetch_add(&s->responses_4xx, 1);
}

/* The body lives in the exchange's arena, which outlives the sending of it. */
static enum MHD_Result send_answer(struct exchange *x, struct MHD_Connection *c, struct http_response *r)
{
	careful_headers(r, x->q.secure);
	if (r->status == 204 || r->status == 304)
		r->body = STR_NONE;
	struct MHD_Response *m =
		MHD_create_response_from_buffer(r->body.n, r->body.n ? (void *)(uintptr_t)r->body.p : NULL, MHD_RESPMEM_PERSISTENT);
	if (!m)
		return MHD_NO;
	for (size_t i = 0; i < r->header_count; i++)
		if (r->headers[i].value.p && header_safe(r->headers[i].value))
			MHD_add_response_header(m, r->headers[i].name.p, str_c(x->arena, r->headers[i].value));
	x->status = r->status;
	x->sent = r->body.n;
	count_status(x->server, r->status);
	enum MHD_Result ok = MHD_queue_response(c, (unsigned)r->status, m);
	MHD_destroy_response(m);
	return ok;
}

static enum MHD_Result refuse(struct exchange *x, struct MHD_Connection *c, int status, const char *why)
{
	struct http_response r = {0};
	http_text(&r, status, "text/plain; charset=utf-8", str_printf(x->arena, "%d: %s\n", status, why));
	http_setz(&r, "Connection", "close");
	if (status == 405)
		http_setz(&r, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
	atomic_fetch_add(&x->server->refused, 1);
	return send_answer(x, c, &r);
}

static struct str allow_list(struct arena *a, unsigned allow)
{
	struct buf b = buf_new(a, 200);
	for (int m = HTTP_GET; m <= HTTP_OPTIONS; m++) {
		if (!(allow & (1u << m)))
			continue;
		buf_c(&b, b.n ? ", " : "");
		buf_c(&b, m == HTTP_GET ? "GET, HEAD" : http_method_name((enum http_method)m));
	}
	buf_c(&b, ", OPTIONS");
	return buf_str(&b);
}

static void answer_no_route(struct exchange *x, struct http_response *r)
{
	if (x->allow) {
		bool asked = x->q.method == HTTP_OPTIONS;
		http_text(r, asked ? 204 : 405, "text/plain; charset=utf-8", STR("this address does not take that method\n"));
		http_set(r, "Allow", allow_list(x->arena, x->allow));
		return;
	}
	if (x->server->config.not_found) {
		x->server->config.not_found(x->server->config.not_found_arg, &x->q, r);
		return;
	}
	http_text(r, 404, "text/plain; charset=utf-8", STR("there is nothing at this address\n"));
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *c)
{
	struct http_response r = {.status = 200};
	if (x->torn)
		return refuse(x, c, 400, "the request is not well formed");
	if (x->too_large)
		return refuse(x, c, 413, "the body is too large");
	x->q.body = buf_str(&x->body);
	atomic_fetch_add(&x->server->busy, 1);
	if (x->route)
		x->route->handler(x->route->arg, &x->q, &r);
	else
		answer_no_route(x, &r);
	atomic_fetch_sub(&x->server->busy, 1);
	return send_answer(x, c, &r);
}

/* ---- receiving ---- */

struct collect {
	struct arena *arena;
	VEC(struct raw_header) v;
};

static enum MHD_Result collect_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
				      size_t value_len)
{
	(void)kind;
	struct collect *c = arg;
	if (c->v.n > MAX_HEADERS)
		return MHD_NO;
	VEC_PUSH(c->arena, &c->v, (struct raw_header){name, name_len, value ? value : "", value ? value_len : 0});
	return MHD_YES;
}

static void keep_headers(struct exchange *x, const struct collect *c)
{
	x->q.headers = ARENA_ARRAY(x->arena, struct http_header, c->v.n ? c->v.n : 1);
	x->q.header_count = c->v.n;
	for (size_t i = 0; i < c->v.n; i++)
		x->q.headers[i] = (struct http_header){{c->v.v[i].name, c->v.v[i].name_len}, {c->v.v[i].value, c->v.v[i].value_len}};
}

static const struct sockaddr *peer_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	return i ? i->client_addr : NULL;
}

static void set_asking(struct exchange *x, struct MHD_Connection *c, bool asking)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	if (i && i->socket_context)
		peer_asking(x->server->peers, i->socket_context, asking);
}

static void describe(struct exchange *x, struct MHD_Connection *c)
{
	const struct sockaddr *peer = peer_of(c);
	char text[INET6_ADDRSTRLEN] = "";
	if (peer && peer->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, text, sizeof text);
	else if (peer && peer->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, text, sizeof text);
	x->q.peer = str_dup(x->arena, str_from(text));
	/* Only a proxy on this machine is believed about what the client spoke. */
	x->q.secure = peer && peer_is_loopback(peer) && str_eq_nocase(http_header(&x->q, "X-Forwarded-Proto"), STR("https"));
	struct str host = http_header(&x->q, "Host");
	if (!host.n)
		host = str_printf(x->arena, "localhost:%d", x->server->port);
	x->q.base_url = str_cat(x->arena, x->q.secure ? STR("https://") : STR("http://"), host);
}

static int check(struct exchange *x, struct MHD_Connection *c, const char *method, const char *version, const char **why)
{
	struct collect got = {.arena = x->arena};
	MHD_get_connection_values_n(c, MHD_HEADER_KIND, collect_header, &got);
	*why = "too many headers";
	if (got.v.n > MAX_HEADERS)
		return 431;
	struct raw_request raw = {.method = method, .target = x->target_at, .target_len = x->target.n, .version = version,
				  .headers = got.v.v, .n = got.v.n};
	int status = strict_check(&raw, why);
	if (status)
		return status;
	if (got.v.n)
		x->head_end = got.v.v[got.v.n - 1].value + got.v.v[got.v.n - 1].value_len + 4;
	keep_headers(x, &got);
	http_method_parse(method, &x->q.method);
	struct str path;
	*why = "the request target is not well formed";
	if (!strict_target(x->target, http_header(&x->q, "Host"), &path, &x->q.query) || !route_split(x->arena, path, &x->path) ||
	    !http_decode(x->arena, path, false, &x->q.path))
		return 400;
	uint64_t length = 0;
	*why = "the body is too large";
	if (strict_length(http_header(&x->q, "Content-Length"), &length) && length > x->server->config.max_body)
		return 413;
	return 0;
}

/* The head is here, the body not yet. A refusal now closes the connection, so nothing after it is taken for a request. */
static enum MHD_Result receive_head(struct exchange *x, struct MHD_Connection *c, const char *method, const char *version)
{
	struct http_server *s = x->server;
	x->started = true;
	x->q.arena = x->arena;
	x->q.env = s->config.env;
	x->q.id = id_new(s->config.env, x->arena);
	x->body = buf_new(x->arena, s->config.max_body);
	atomic_fetch_add(&s->requests, 1);
	set_asking(x, c, false);
	const char *why = NULL;
	int status = check(x, c, method, version, &why);
	if (status)
		return refuse(x, c, status, why);
	describe(x, c);
	x->route = route_match(s->routes, x->q.method, &x->path, x->q.params, &x->allow);
	x->q.route = x->route ? x->route->pattern : NULL;
	return MHD_YES;
}

static enum MHD_Result receive_body(struct exchange *x, const char *data, size_t *n)
{
	if (env_monotonic_us() - x->began_us > REQUEST_US)
		return MHD_NO;
	if (x->body.n == 0 && !strict_body_joins(x->head_end, data, HEAD_BYTES, http_header(&x->q, "Transfer-Encoding").n > 0))
		x->torn = true;
	if (!x->too_large)
		buf_add(&x->body, (struct str){data, *n});
	if (!buf_ok(&x->body))
		x->too_large = true;
	*n = 0;
	return x->too_large && arena_over(x->arena) ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
				  const char *data, size_t *n, void **state)
{
	(void)arg;
	(void)url;
	struct exchange *x = *state;
	if (!x)
		return MHD_NO;
	if (!x->started)
		return receive_head(x, c, method, version);
	if (*n)
		return receive_body(x, data, n);
	return answer(x, c);
}

static void *on_target(void *arg, const char *target, struct MHD_Connection *c)
{
	(void)c;
	struct exchange *x = exchange_take(arg);
	x->target = str_dup(x->arena, str_from(target));
	x->target_at = target;
	x->began_us = env_monotonic_us();
	return x;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	(void)arg;
	struct exchange *x = *state;
	if (!x)
		return;
	*state = NULL;
	set_asking(x, c, true);
	if (x->started)
		log_line(LOG_INFO, "http", "request=%.*s method=%s route=%s status=%d bytes=%zu us=%lld%s", STR_ARG(x->q.id),
			 http_method_name(x->q.method), x->q.route ? x->q.route : "-", x->status, x->sent,
			 (long long)(env_monotonic_us() - x->began_us), code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " cut=1");
	exchange_give(x);
}

/* Paths are decoded segment by segment later, so that %2F and %00 are seen for what they are. */
static size_t leave_escapes(void *arg, struct MHD_Connection *c, char *s)
{
	(void)arg;
	(void)c;
	return strlen(s);
}

/* ---- connections ---- */

static enum MHD_Result may_connect(void *arg, const struct sockaddr *a, socklen_t n)
{
	(void)n;
	struct http_server *s = arg;
	if (peers_welcome(s->peers, a))
		return MHD_YES;
	atomic_fetch_add(&s->refused, 1);
	return MHD_NO;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = arg;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		peers_remove(s->peers, *state);
		return;
	}
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	*state = peers_add(s->peers, fd->connect_fd, peer_of(c));
}

static bool parse_address(struct str text, struct sockaddr_storage *out, socklen_t *n, struct err *e)
{
	size_t colon = text.n;
	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	int64_t port;
	if (!colon || !str_to_i64(str_sub(text, colon, text.n), &port) || port < 0 || port > 65535)
		return err_set(e, ERR_VALUE, "address \"%.*s\" is not HOST:PORT", STR_ARG(text));
	struct str host = str_sub(text, 0, colon - 1);
	if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_sub(host, 1, host.n - 1);
	char name[64] = "";
	snprintf(name, sizeof name, "%.*s", STR_ARG(host));
	const char *numeric = str_is(host, "localhost") ? "127.0.0.1" : host.n ? name : "0.0.0.0";
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;
	*out = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, numeric, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*n = sizeof *v4;
		return true;
	}
	if (inet_pton(AF_INET6, numeric, &v6->sin6_addr) != 1)
		return err_set(e, ERR_VALUE, "address \"%.*s\" needs a numeric host", STR_ARG(text));
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	*n = sizeof *v6;
	return true;
}

static int listen_on(const char *address, int *port, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t n = 0;
	if (!parse_address(str_from(address), &sa, &n, e))
		return -1;
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, n) != 0 || listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &n) != 0) {
		err_set(e, ERR_UNAVAILABLE, "cannot listen on \"%s\": %m", address);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(((struct sockaddr_in *)(void *)&sa)->sin_port); /* the same place for both families */
	return fd;
}

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
	unsigned threads = s->config.threads ? s->config.threads : DEFAULT_THREADS;
	return MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD, 0, may_connect, s, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_THREAD_POOL_SIZE, threads,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
		MHD_OPTION_END);
}

bool http_start(const struct http_config *c, struct http_server **out, struct err *e)
{
	int port;
	int fd = listen_on(c->address, &port, e);
	if (fd < 0)
		return false;
	struct arena *arena = arena_new(0);
	struct http_server *s = ARENA_NEW(arena, struct http_server);
	s->arena = arena;
	s->config = *c;
	s->config.max_body = c->max_body ? c->max_body : 16u << 20;
	s->config.env = c->env ? c->env : env_system();
	s->routes = route_table_new(s->arena, c->routes, c->route_count);
	s->port = port;
	pthread_mutex_init(&s->spare_lock, NULL);
	s->peers = peers_start(arena, c->head_seconds ? c->head_seconds : HEAD_SECONDS);
	s->daemon = s->peers ? start_daemon(s, fd) : NULL;
	if (!s->daemon) {
		close(fd);
		http_stop(s);
		return err_set(e, ERR_UNAVAILABLE, "the HTTP server does not start on \"%s\"", c->address);
	}
	*out = s;
	return true;
}

int http_port(const struct http_server *s)
{
	return s->port;
}

static void finish_daemon(struct http_server *s)
{
	MHD_socket fd = MHD_quiesce_daemon(s->daemon);
	int64_t until = env_monotonic_us() + STOP_SECONDS * US_PER_SECOND;
	while (atomic_load(&s->busy) > 0 && env_monotonic_us() < until)
		usleep(5000);
	MHD_stop_daemon(s->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
}

void http_stop(struct http_server *s)
{
	if (!s)
		return;
	if (s->daemon)
		finish_daemon(s);
	if (s->peers)
		peers_stop(s->peers);
	while (s->spare) {
		struct exchange *x = s->spare;
		s->spare = x->next_spare;
		arena_destroy(x->arena);
	}
	pthread_mutex_destroy(&s->spare_lock);
	arena_destroy(s->arena);
}

struct http_stats http_stats(const struct http_server *s)
{
	return (struct http_stats){atomic_load(&s->requests), atomic_load(&s->responses_4xx), atomic_load(&s->responses_5xx),
				   atomic_load(&s->refused)};
}
