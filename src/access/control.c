#include "access/internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LONGEST = 64 * 1024 };

struct access_control {
	int fd;
	pthread_t thread;
	struct sockaddr_un address;
};

/* ---- what can be asked ---- */

static struct str list_users(struct arena *arena, const struct users *users)
{
	struct buf b = buf_new(arena, LONGEST);
	for (size_t i = 0; i < users->n; i++) {
		const struct user *u = &users->v[i];
		buf_printf(&b, "%.*s\t%.*s\t%.*s%s\n", STR_ARG(u->name), STR_ARG(u->role), STR_ARG(u->display),
			   u->disabled ? "\tdisabled" : "");
	}
	return buf_str(&b);
}

bool access_command(struct access *a, struct arena *arena, const struct json *q, struct str *text, struct err *e)
{
	struct str what = json_str(q, "do"), name = json_str(q, "name");
	if (str_is(what, "user-add")) {
		*text = str_printf(arena, "added %.*s\n", STR_ARG(name));
		return access_user_add(a, name, json_str(q, "display"), json_str(q, "role"), json_str(q, "password"), e);
	}
	if (str_is(what, "user-disable")) {
		*text = str_printf(arena, "disabled %.*s: every session and token of theirs has ended\n", STR_ARG(name));
		return access_user_disable(a, name, e);
	}
	if (str_is(what, "user-list")) {
		struct users users;
		if (!access_users(a, arena, &users, e))
			return false;
		*text = list_users(arena, &users);
		return true;
	}
	int64_t minutes = 0;
	if (!str_is(what, "token"))
		return err_set(e, ERR_NOT_SUPPORTED, "\"%.*s\" cannot be asked of the server", STR_ARG(what));
	if (json_getz(q, "minutes") && (!json_i64(json_getz(q, "minutes"), &minutes) || minutes < 1 || minutes > INT32_MAX))
		return err_set(e, ERR_VALUE, "minutes is not a whole number above 0");
	if (!access_token_make(a, arena, name, json_str(q, "scope"), (int)minutes, text, e))
		return false;
	*text = str_cat(arena, *text, STR("\n"));
	return true;
}

/* ---- the socket ---- */

static bool address_of(const char *dir, struct sockaddr_un *out, struct err *e)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	int n = snprintf(out->sun_path, sizeof out->sun_path, "%s/control.sock", dir);
	if (n < 0 || (size_t)n >= sizeof out->sun_path)
		return err_set(e, ERR_VALUE, "the path of the data directory is too long for its control socket: %s", dir);
	return true;
}

static void limit_waiting(int fd)
{
	struct timeval limit = {.tv_sec = 10};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static void send_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		s = str_sub(s, (size_t)n, s.n);
	}
}

/* Up to a line end or the end of what is sent. */
static struct str read_line(struct arena *arena, int fd)
{
	struct buf b = buf_new(arena, LONGEST);
	char block[4096];
	while (buf_ok(&b)) {
		ssize_t n = recv(fd, block, sizeof block, 0);
		if (n <= 0)
			break;
		buf_add(&b, (struct str){block, (size_t)n});
		if (block[n - 1] == '\n')
			break;
	}
	return buf_str(&b);
}

static bool is_same_user(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void serve_one(struct access *a, int fd)
{
	struct arena *arena = arena_new(0);
	struct json *request, *reply = json_object(arena);
	struct str text = STR("");
	struct err e = ERR_INIT;
	bool ok = is_same_user(fd) && json_parse(arena, str_trim(read_line(arena, fd)), NULL, &request, &e) &&
		  access_command(a, arena, request, &text, &e);
	json_setz(arena, reply, "ok", json_bool(arena, ok));
	json_set_str(arena, reply, "text", ok ? text : str_from(e.message));
	send_all(fd, str_cat(arena, json_to_str(arena, reply), STR("\n")));
	arena_destroy(arena);
}

static void *serve(void *arg)
{
	struct access *a = arg;
	for (;;) {
		int fd = accept4(a->control->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL; /* stopped */
		limit_waiting(fd);
		serve_one(a, fd);
		close(fd);
	}
}

/* A socket file left by a server that died is in the way; the lock on the data directory says that nobody uses it. */
bool access_control_start(struct access *a, const char *dir, struct err *e)
{
	struct access_control *c = ARENA_NEW(a->arena, struct access_control);
	if (!address_of(dir, &c->address, e))
		return false;
	unlink(c->address.sun_path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask = umask(0177);
	bool ok = c->fd >= 0 && bind(c->fd, (struct sockaddr *)&c->address, sizeof c->address) == 0 && listen(c->fd, 8) == 0;
	umask(mask);
	a->control = ok ? c : NULL;
	ok = ok && pthread_create(&c->thread, NULL, serve, a) == 0;
	if (ok)
		return true;
	err_set(e, ERR_UNAVAILABLE, "the control socket %s cannot be made: %m", c->address.sun_path);
	a->control = NULL;
	if (c->fd >= 0)
		close(c->fd);
	return false;
}

void access_control_stop(struct access *a)
{
	struct access_control *c = a->control;
	if (!c)
		return;
	shutdown(c->fd, SHUT_RDWR);
	pthread_join(c->thread, NULL);
	close(c->fd);
	unlink(c->address.sun_path);
	a->control = NULL;
}

bool access_control_ask(struct arena *arena, const char *dir, const struct json *request, bool *running, struct str *text, struct err *e)
{
	struct sockaddr_un address;
	*running = false;
	if (!address_of(dir, &address, e))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, ERR_UNAVAILABLE, "no socket: %m");
	*running = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	struct json *reply = NULL;
	bool ok = *running;
	if (ok) {
		limit_waiting(fd);
		send_all(fd, str_cat(arena, json_to_str(arena, request), STR("\n")));
		ok = json_parse(arena, str_trim(read_line(arena, fd)), NULL, &reply, NULL) ||
		     err_set(e, ERR_UNAVAILABLE, "the server of %s did not answer", dir);
	}
	close(fd);
	if (!ok)
		return false;
	*text = json_str(reply, "text");
	return json_true(json_getz(reply, "ok")) || err_set(e, ERR_INVALID, "%.*s", STR_ARG(*text));
}
