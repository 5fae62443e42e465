/* http/internal: what the files of this folder share. */
#ifndef HEED_HTTP_INTERNAL_H
#define HEED_HTTP_INTERNAL_H

#include <sys/socket.h>

#include "http/http.h"

/* ---- strict.c: pure checks on what libmicrohttpd parsed ---- */

/* A header as it lies in the buffer it was read into. Names and values are NUL-terminated there. */
struct raw_header {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

struct raw_request {
	const char *method;
	const char *target; /* as sent; libmicrohttpd cuts it at '?', which is why its length is kept apart */
	size_t target_len;
	const char *version;
	const struct raw_header *headers;
	size_t n;
};

/* 0 when fine, else the status to refuse with; *why gets a sentence. */
int strict_check(const struct raw_request *r, const char **why);

/* Splits the target; takes off "http://authority" of the absolute form when it names the same host. False: 400. */
bool strict_target(struct str target, struct str host, struct str *path, struct str *query);

/* A NUL in the last header shows only here: the body then begins later than the head as parsed ends. `within`: size of the buffer
 * both lie in, when they do. */
bool strict_body_joins(const char *head_end, const char *body, size_t within, bool chunked);

/* A whole number in a Content-Length of at most 18 digits; false when it is something else. */
bool strict_length(struct str value, uint64_t *out);

/* ---- peers.c: connections, from any thread ---- */

struct peers;
struct peer;
struct peers *peers_start(struct arena *a, unsigned patience_seconds); /* NULL: no thread for it */
void peers_stop(struct peers *p);
bool peers_welcome(const struct peers *p, const struct sockaddr *a); /* too many from that address already? */
struct peer *peers_add(struct peers *p, int fd, const struct sockaddr *a);
void peers_remove(struct peers *p, struct peer *peer); /* before its socket is closed */
void peer_asking(struct peers *p, struct peer *peer, bool asking); /* between requests and until a head is complete */
bool peer_is_loopback(const struct sockaddr *a);

/* ---- route.c ---- */

enum { ROUTE_SEGMENTS = 12 };

struct route_path {
	struct str segments[ROUTE_SEGMENTS]; /* decoded */
	size_t n;
	struct str rest[ROUTE_SEGMENTS]; /* from that segment to the end, decoded */
	bool too_deep;
};

/* Decodes segment by segment, so that an escaped slash is never a separator: it is refused, as are empty, "." and "..". */
bool route_split(struct arena *a, struct str raw_path, struct route_path *out);

struct route_table;
struct route_table *route_table_new(struct arena *a, const struct http_route *routes, size_t n);

/* The route, with params filled; NULL when none. *allow gets the methods of routes that match but for the method. */
const struct http_route *route_match(const struct route_table *t, enum http_method method, const struct route_path *path,
				     struct str params[8], unsigned *allow);

const char *http_method_name(enum http_method m);
bool http_method_parse(const char *name, enum http_method *out);

#endif
