/* MLLP (HL7 v2 Transport Specification, release 1): <VT> message <FS><CR>, one thread a connection, answers in order.
 *
 * Between frames only CR and LF are passed over; anything else closes the connection, and so do a frame that grows past the limit
 * (after an AR) and one that stops coming for FRAME_MS. A connection may stand idle as long as it likes. */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hl7/hl7.h"

enum {
	VT = 0x0B,
	FS = 0x1C,
	CR = 0x0D,
	LF = 0x0A,
	MAX_CONNECTIONS = 64, /* each may hold a message of the largest size */
	MAX_MESSAGE = 4 << 20,
	FRAME_MS = 30 * 1000,
	SEND_S = 30,
	READ_BYTES = 64 * 1024,
	KEEP_BYTES = 1 << 20 /* a connection's memory is given back when a message took more */
};

struct mllp_server {
	struct arena *arena;
	struct mllp_config config;
	int listener, stop_event, port;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t gone;
	bool stopping;
	int fds[MAX_CONNECTIONS]; /* -1: free */
	int connections;
};

struct connection {
	struct mllp_server *server;
	int fd, slot;
	struct arena *own;     /* holds this */
	struct arena *message; /* one message and its answer */
	char in[READ_BYTES];
	size_t at, n; /* unread part of in */
};

/* ---- bytes ---- */

enum got { GOT_BYTE, GOT_END, GOT_LATE };

static bool read_some(struct connection *c)
{
	ssize_t r;
	do
		r = recv(c->fd, c->in, sizeof c->in, 0);
	while (r < 0 && errno == EINTR);
	c->at = 0;
	c->n = r > 0 ? (size_t)r : 0;
	return r > 0;
}

static enum got next_byte(struct connection *c, int64_t deadline_us, uint8_t *out)
{
	while (c->at == c->n) {
		int wait_ms = -1;
		if (deadline_us) {
			int64_t left = deadline_us - env_monotonic_us();
			if (left <= 0)
				return GOT_LATE;
			wait_ms = (int)(left / 1000) + 1;
		}
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		int ready = poll(&p, 1, wait_ms);
		if (ready < 0 && errno != EINTR)
			return GOT_END;
		if (ready > 0 && !read_some(c))
			return GOT_END;
	}
	*out = (uint8_t)c->in[c->at++];
	return GOT_BYTE;
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static bool send_answer(struct connection *c, struct str answer)
{
	struct buf b = buf_new(c->message, answer.n + 3);
	buf_char(&b, VT);
	buf_add(&b, answer);
	buf_char(&b, FS);
	buf_char(&b, CR);
	return send_all(c->fd, b.p, b.n);
}

/* ---- frames ---- */

enum frame { FRAME_WHOLE, FRAME_CLOSED, FRAME_LATE, FRAME_JUNK, FRAME_LONG };

static enum frame find_start(struct connection *c)
{
	uint8_t byte;
	while (next_byte(c, 0, &byte) == GOT_BYTE) {
		if (byte == VT)
			return FRAME_WHOLE;
		if (byte != CR && byte != LF)
			return FRAME_JUNK;
	}
	return FRAME_CLOSED;
}

/* Up to the next FS of what is in the buffer, at once; it may be the end. */
static void take_run(struct connection *c, struct buf *b)
{
	const char *from = c->in + c->at, *fs = memchr(from, FS, c->n - c->at);
	size_t n = fs ? (size_t)(fs - from) : c->n - c->at;
	buf_add(b, (struct str){from, n});
	c->at += n;
}

static enum frame read_frame(struct connection *c, struct str *out)
{
	enum frame start = find_start(c);
	if (start != FRAME_WHOLE)
		return start;
	struct buf b = buf_new(c->message, c->server->config.max_message);
	int64_t deadline = env_monotonic_us() + FRAME_MS * INT64_C(1000);
	uint8_t byte, before = 0;
	for (;;) {
		enum got got = next_byte(c, deadline, &byte);
		if (got != GOT_BYTE)
			return got == GOT_LATE ? FRAME_LATE : FRAME_CLOSED;
		if (byte == CR && before == FS)
			break;
		if (before == FS)
			buf_char(&b, FS); /* it was not the end: the message has a control character, and is refused as such */
		before = byte;
		if (byte == FS)
			continue;
		buf_char(&b, (char)byte);
		take_run(c, &b);
		if (!buf_ok(&b))
			return FRAME_LONG;
	}
	*out = buf_str(&b);
	return buf_ok(&b) ? FRAME_WHOLE : FRAME_LONG;
}

static void refuse_long(struct connection *c)
{
	struct hl7_message none = {.arena = c->message};
	struct err e = ERR_INIT;
	err_set(&e, ERR_TOO_LARGE, "the message is longer than %zu bytes", c->server->config.max_message);
	send_answer(c, hl7_ack(c->message, &none, "AR", &e, env_now_us(c->server->config.env), id_new(c->server->config.env, c->message)));
}

/* ---- a connection ---- */

static void log_end(enum frame f)
{
	static const char *const why[] = {[FRAME_LATE] = "a frame did not end in time", [FRAME_JUNK] = "bytes between frames",
					  [FRAME_LONG] = "a frame is too long"};
	if (f != FRAME_CLOSED && f != FRAME_WHOLE)
		log_line(LOG_WARN, "mllp", "connection closed: %s", why[f]);
}

static void serve(struct connection *c)
{
	struct str raw;
	enum frame f;
	while ((f = read_frame(c, &raw)) == FRAME_WHOLE) {
		struct str answer = hl7_receive(&c->server->config, c->message, raw);
		if (answer.n && !send_answer(c, answer))
			break;
		if (arena_used(c->message) > KEEP_BYTES) {
			arena_destroy(c->message);
			c->message = arena_new(0);
		}
		arena_reset(c->message);
	}
	if (f == FRAME_LONG)
		refuse_long(c);
	log_end(f);
}

static void forget(struct mllp_server *s, int slot)
{
	pthread_mutex_lock(&s->lock);
	close(s->fds[slot]);
	s->fds[slot] = -1;
	s->connections--;
	pthread_cond_signal(&s->gone);
	pthread_mutex_unlock(&s->lock);
}

static void *connection_main(void *arg)
{
	struct connection *c = arg;
	struct mllp_server *s = c->server;
	int slot = c->slot;
	serve(c);
	arena_destroy(c->message);
	arena_destroy(c->own);
	forget(s, slot);
	return NULL;
}

/* ---- the listener ---- */

static int take_slot(struct mllp_server *s, int fd)
{
	int slot = -1;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < MAX_CONNECTIONS && slot < 0 && !s->stopping; i++)
		if (s->fds[i] < 0)
			slot = i;
	if (slot >= 0) {
		s->fds[slot] = fd;
		s->connections++;
	}
	pthread_mutex_unlock(&s->lock);
	return slot;
}

static void start_connection(struct mllp_server *s, int fd)
{
	int one = 1, slot = take_slot(s, fd);
	struct timeval send_limit = {.tv_sec = SEND_S};
	pthread_t thread;
	if (slot < 0) {
		log_line(LOG_WARN, "mllp", "more than %d connections: one was turned away", MAX_CONNECTIONS);
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit);
	struct arena *own = arena_new(0);
	struct connection *c = ARENA_NEW(own, struct connection);
	*c = (struct connection){.server = s, .fd = fd, .slot = slot, .own = own, .message = arena_new(0)};
	if (pthread_create(&thread, NULL, connection_main, c) == 0) {
		pthread_detach(thread);
		return;
	}
	log_line(LOG_ERROR, "mllp", "no thread for a connection");
	arena_destroy(c->message);
	arena_destroy(own);
	forget(s, slot);
}

static void *listener_main(void *arg)
{
	struct mllp_server *s = arg;
	struct pollfd p[] = {{.fd = s->listener, .events = POLLIN}, {.fd = s->stop_event, .events = POLLIN}};
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents)
			break;
		if (!p[0].revents)
			continue;
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			start_connection(s, fd);
		else if (errno == EMFILE || errno == ENFILE)
			poll(NULL, 0, 100); /* until somebody hangs up */
	}
	return NULL;
}

/* "127.0.0.1:2575", "[::1]:2575": numbers, no look-up. */
static bool resolve(struct arena *a, const char *address, struct addrinfo **out, struct err *e)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct str s = str_from(address);
	size_t colon = s.n;
	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	struct str host = colon ? str_sub(s, 0, colon - 1) : STR_NONE;
	if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_sub(host, 1, host.n - 1);
	if (!colon || getaddrinfo(host.n ? str_c(a, host) : NULL, str_c(a, str_sub(s, colon, s.n)), &hints, out) != 0)
		return err_set(e, ERR_INVALID, "\"%s\" is not HOST:PORT in numbers", address);
	return true;
}

static int port_of(int fd)
{
	struct sockaddr_storage at;
	socklen_t n = sizeof at;
	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		return 0;
	return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port : ((struct sockaddr_in *)&at)->sin_port);
}

static bool listen_on(struct mllp_server *s, const struct addrinfo *at, struct err *e)
{
	int one = 1;
	s->listener = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listener < 0)
		return err_set(e, ERR_UNAVAILABLE, "no socket: %s", strerror(errno));
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s->listener, at->ai_addr, at->ai_addrlen) != 0 || listen(s->listener, 64) != 0)
		return err_set(e, ERR_UNAVAILABLE, "cannot listen on %s: %s", s->config.address, strerror(errno));
	s->port = port_of(s->listener);
	return true;
}

static bool open_sockets(struct mllp_server *s, struct err *e)
{
	struct addrinfo *at = NULL;
	if (!resolve(s->arena, s->config.address, &at, e))
		return false;
	bool ok = listen_on(s, at, e);
	freeaddrinfo(at);
	s->stop_event = ok ? eventfd(0, EFD_CLOEXEC) : -1;
	if (ok && s->stop_event < 0)
		return err_set(e, ERR_UNAVAILABLE, "no event descriptor: %s", strerror(errno));
	return ok;
}

static void destroy(struct mllp_server *s)
{
	if (s->listener >= 0)
		close(s->listener);
	if (s->stop_event >= 0)
		close(s->stop_event);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->gone);
	arena_destroy(s->arena);
}

bool mllp_start(const struct mllp_config *c, struct mllp_server **out, struct err *e)
{
	struct arena *a = arena_new(0);
	struct mllp_server *s = ARENA_NEW(a, struct mllp_server);
	*s = (struct mllp_server){.arena = a, .config = *c, .listener = -1, .stop_event = -1};
	if (!s->config.max_message)
		s->config.max_message = MAX_MESSAGE;
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		s->fds[i] = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->gone, NULL);
	bool ok = open_sockets(s, e);
	if (ok && pthread_create(&s->thread, NULL, listener_main, s) != 0)
		ok = err_set(e, ERR_UNAVAILABLE, "no thread for the listener");
	if (!ok) {
		destroy(s);
		return false;
	}
	*out = s;
	return true;
}

int mllp_port(const struct mllp_server *s)
{
	return s->port;
}

void mllp_stop(struct mllp_server *s)
{
	uint64_t one = 1;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	if (write(s->stop_event, &one, sizeof one) != (ssize_t)sizeof one)
		shutdown(s->listener, SHUT_RDWR); /* wakes the listener as well */
	pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		if (s->fds[i] >= 0)
			shutdown(s->fds[i], SHUT_RD); /* what is being worked on is still answered */
	while (s->connections > 0)
		pthread_cond_wait(&s->gone, &s->lock);
	pthread_mutex_unlock(&s->lock);
	destroy(s);
}
