/* client: a small HTTP client over a raw socket, for tests that drive a server in process. */
#ifndef HEED_TESTS_CLIENT_H
#define HEED_TESTS_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/base.h"

struct answer {
	int status; /* 0: the connection closed without an answer */
	struct str head, body;
	bool closed; /* the server closed after it */
};

static inline int client_connect(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = 20};
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0) {
		perror("connect");
		abort();
	}
	return fd;
}

static inline void client_send(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t sent = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (sent <= 0)
			return; /* refused early: what it answered can still be read */
		bytes = str_sub(bytes, (size_t)sent, bytes.n);
	}
}

static inline struct str client_header(const struct answer *r, const char *name)
{
	struct str rest = r->head, line;
	while (str_next(&rest, '\n', &line)) {
		ptrdiff_t colon = str_find_char(line, ':');
		if (colon > 0 && str_eq_nocase(str_sub(line, 0, (size_t)colon), str_from(name)))
			return str_trim(str_sub(line, (size_t)colon + 1, line.n));
	}
	return STR_NONE;
}

/* Reads one answer; `has_body` is false for HEAD. */
static inline struct answer client_read(struct arena *a, int fd, bool has_body)
{
	struct answer r = {0};
	struct buf b = buf_new(a, 64u << 20);
	char block[16384];
	ptrdiff_t end = -1;
	int64_t length = -1;
	for (;;) {
		if (end < 0 && (end = str_find(buf_str(&b), STR("\r\n\r\n"))) >= 0) {
			if (str_starts(buf_str(&b), STR("HTTP/1.1 100"))) {
				struct str after = str_dup(a, str_sub(buf_str(&b), (size_t)end + 4, b.n));
				b = buf_new(a, 64u << 20);
				buf_add(&b, after);
				end = -1;
				continue;
			}
			r.head = str_dup(a, str_sub(buf_str(&b), 0, (size_t)end));
			int64_t status = 0;
			str_to_i64(str_sub(r.head, 9, 12), &status);
			r.status = (int)status;
			if (!str_to_i64(client_header(&r, "Content-Length"), &length) || !has_body || r.status == 204 || r.status == 304)
				length = 0;
		}
		if (end >= 0 && b.n >= (size_t)end + 4 + (size_t)length)
			break;
		ssize_t got = recv(fd, block, sizeof block, 0);
		if (got <= 0) {
			r.closed = true;
			break;
		}
		buf_add(&b, (struct str){block, (size_t)got});
	}
	if (end >= 0)
		r.body = str_dup(a, str_sub(buf_str(&b), (size_t)end + 4, (size_t)end + 4 + (size_t)length));
	if (str_eq_nocase(client_header(&r, "Connection"), STR("close")))
		r.closed = true;
	return r;
}

/* One request on a connection of its own. `headers`: lines each ended by CR LF, or "". */
static inline struct answer client_ask(struct arena *a, int port, const char *method, const char *path, const char *headers, struct str body)
{
	int fd = client_connect(port);
	struct buf b = buf_new(a, 64u << 20);
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path, headers);
	if (body.p)
		buf_printf(&b, "Content-Length: %zu\r\n", body.n);
	buf_c(&b, "\r\n");
	buf_add(&b, body);
	client_send(fd, buf_str(&b));
	struct answer r = client_read(a, fd, strcmp(method, "HEAD") != 0);
	close(fd);
	return r;
}

#endif
