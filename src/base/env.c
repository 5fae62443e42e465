#include "base/env.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

static int64_t system_now_us(struct env *env)
{
	(void)env;
	return clock_us(CLOCK_REALTIME);
}

int64_t env_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void system_random(struct env *env, void *out, size_t n)
{
	(void)env;
	unsigned char *p = out;
	while (n) {
		ssize_t got = getrandom(p, n < 256 ? n : 256, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* no randomness, no tokens: there is nothing safe to go on with */
		p += got;
		n -= (size_t)got;
	}
}

static bool read_all(int fd, char *p, size_t n, size_t *got)
{
	*got = 0;
	while (*got < n) {
		ssize_t r = read(fd, p + *got, n - *got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return true;
}

/* A pipe or /dev/stdin has no size to ask for; read until it ends. */
static bool read_stream(struct arena *a, int fd, size_t max, struct str *out, bool *too_large)
{
	size_t cap = 65536, n = 0, got = 0;
	char *p = arena_alloc(a, cap);
	for (;;) {
		if (!read_all(fd, p + n, cap - n, &got))
			return false;
		n += got;
		*too_large = n > max;
		if (n < cap || *too_large)
			break;
		p = arena_grow(a, p, cap, cap * 2);
		cap *= 2;
	}
	*out = (struct str){p, n};
	return true;
}

static bool system_read_file(struct env *env, struct arena *a, const char *path, size_t max, struct str *out, struct err *e)
{
	(void)env;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_NOT_FOUND, "cannot open \"%s\": %s", path, strerror(errno));
	bool too_large = false;
	bool ok = read_stream(a, fd, max, out, &too_large);
	int why = errno;
	close(fd);
	if (!ok)
		return err_set(e, ERR_UNAVAILABLE, "cannot read \"%s\": %s", path, strerror(why));
	if (too_large)
		return err_set(e, ERR_TOO_LARGE, "\"%s\" is longer than %zu bytes", path, max);
	return true;
}

static struct env system_env = {system_now_us, system_random, system_read_file};

struct env *env_system(void)
{
	return &system_env;
}

struct manual_env {
	struct env env;
	_Atomic int64_t now_us;
	atomic_bool released;
	pthread_mutex_t lock; /* guards seed */
	uint64_t seed;
};

static int64_t manual_now_us(struct env *env)
{
	struct manual_env *m = (struct manual_env *)env;
	int64_t stood = atomic_load(&m->now_us);
	if (!atomic_load(&m->released))
		return stood;
	int64_t real = system_now_us(env);
	return real > stood ? real : stood;
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void seeded_random(struct env *env, void *out, size_t n)
{
	struct manual_env *m = (struct manual_env *)env;
	unsigned char *p = out;
	pthread_mutex_lock(&m->lock);
	while (n) {
		uint64_t r = splitmix(&m->seed);
		size_t take = n < sizeof r ? n : sizeof r;
		memcpy(p, &r, take);
		p += take;
		n -= take;
	}
	pthread_mutex_unlock(&m->lock);
}

struct env *env_manual(int64_t start_us)
{
	struct manual_env *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->env = (struct env){manual_now_us, system_random, system_read_file};
	atomic_store(&m->now_us, start_us);
	pthread_mutex_init(&m->lock, NULL);
	return &m->env;
}

struct env *env_replay(int64_t start_us, uint64_t seed)
{
	struct env *env = env_manual(start_us);
	env->random = seeded_random;
	((struct manual_env *)env)->seed = seed;
	return env;
}

bool env_is_manual(const struct env *env)
{
	return env->now_us == manual_now_us && !atomic_load(&((const struct manual_env *)env)->released);
}

void env_manual_release(struct env *env)
{
	if (env_is_manual(env))
		atomic_store(&((struct manual_env *)env)->released, true);
}

bool env_manual_set(struct env *env, int64_t now_us)
{
	if (!env_is_manual(env) || now_us < manual_now_us(env))
		return false;
	atomic_store(&((struct manual_env *)env)->now_us, now_us);
	return true;
}

void env_manual_free(struct env *env)
{
	if (!env)
		return;
	pthread_mutex_destroy(&((struct manual_env *)env)->lock);
	free(env);
}

int64_t env_now_us(struct env *env)
{
	return env->now_us(env);
}

void env_random(struct env *env, void *out, size_t n)
{
	env->random(env, out, n);
}
