/* http: libmicrohttpd behind a strict adapter, a routing table, and request and response as plain structs.
 *
 * The adapter refuses what a proxy and a server could read differently: Content-Length with Transfer-Encoding, a second Host, NUL or
 * control characters in the target or a header value, folded header lines and bare LF, an absolute target whose authority is not
 * Host, unknown transfer codings, methods it does not know, empty, "." and ".." path segments. Answers to those are text/plain
 * and the connection closes (RFC 9112 sections 2.2, 3.2, 5.1, 6.1, 6.3).
 *
 * A handler runs on one of the pool's threads, with an arena that ends with the request, and may block. A GET route answers HEAD,
 * too: the handler sees HTTP_HEAD and may skip the body. Every answer gets the headers of a careful server (nosniff, no-store,
 * no-referrer, a closed Content-Security-Policy) where the handler did not set its own.
 *
 * Limits     32 KiB of request line and headers, max_body, 30 s of silence, 60 s for a head and 120 s for a body, 1,024 connections and
 *            64 from one address; this machine's own are counted but not held to the latter.
 * Log        a line a request: id, method, route pattern, status, bytes, microseconds. No path, query, header or body.
 */
#ifndef HEED_HTTP_HTTP_H
#define HEED_HTTP_HTTP_H

#include "base/base.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

struct http_header {
	struct str name, value;
};

struct http_request {
	struct arena *arena;
	struct env *env;
	enum http_method method;
	struct str path;  /* decoded, starts with / */
	struct str query; /* raw, after the ? */
	struct http_header *headers;
	size_t header_count;
	struct str body;
	struct str id;      /* of this request, for logs and the ledger */
	struct str params[8]; /* what the route's {names} matched, decoded */
	const char *route;    /* the pattern that matched, for logs: a path may hold personal data, a pattern cannot */
	struct str base_url;  /* http://host:port, as the client sees it */
	struct str peer;      /* address of the other end */
	bool secure;          /* https, here or at the proxy on this machine in front of us */
};

struct http_response {
	int status;
	struct http_header headers[24];
	size_t header_count;
	struct str body;
};

struct str http_header(const struct http_request *q, const char *name); /* case ignored; STR_NONE when absent */
struct str http_cookie(const struct http_request *q, const char *name);
void http_set(struct http_response *r, const char *name, struct str value);
void http_setz(struct http_response *r, const char *name, const char *value);
void http_text(struct http_response *r, int status, const char *type, struct str body);
void http_redirect(struct http_response *r, struct str location); /* 303 */

/* Percent-decodes; false on a broken escape, NUL or invalid UTF-8. plus: '+' is a space (form bodies, queries). */
bool http_decode(struct arena *a, struct str s, bool plus, struct str *out);
struct str http_encode(struct arena *a, struct str s);

struct http_field {
	struct str name, value;
};
/* application/x-www-form-urlencoded, or the query; in order, repeats kept. */
bool http_form(struct arena *a, struct str text, struct http_field **out, size_t *n, struct err *e);
struct str http_field_get(const struct http_field *f, size_t n, const char *name);

typedef void (*http_handler)(void *arg, struct http_request *q, struct http_response *r);

struct http_route {
	enum http_method method;
	const char *pattern; /* "/p/{id}/why/{clock}"; a final "*" takes the rest into the last param */
	http_handler handler;
	void *arg;
};

struct http_config {
	const char *address; /* "127.0.0.1:8080"; port 0 picks one */
	struct env *env;
	const struct http_route *routes; /* first match wins; 405 with Allow when only the method differs */
	size_t route_count;
	http_handler not_found;
	void *not_found_arg;
	unsigned threads;     /* 0: 48 */
	size_t max_body;      /* 0: 16 MiB */
	unsigned head_seconds; /* for a request's head, however it trickles; 0: 60 */
};

struct http_server;
bool http_start(const struct http_config *c, struct http_server **out, struct err *e);
int http_port(const struct http_server *s);
/* Takes no new connections, lets what is being answered finish (up to 10 s), closes. */
void http_stop(struct http_server *s);

/* Counters for /metrics. */
struct http_stats {
	uint64_t requests, responses_4xx, responses_5xx, refused;
};
struct http_stats http_stats(const struct http_server *s);

#endif
