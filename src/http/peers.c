/* Who is connected: how many from where, and who is taking too long to say what they want. libmicrohttpd ends a connection that is
 * silent; one that sends a byte now and then would live for ever, and is ended here. */
#include "http/internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { PER_ADDRESS = 64, ADDRESS_SLOTS = 4096, LOOK_MS = 250 };

struct peer {
	struct peer *next, *before;
	int fd;
	size_t slot;
	int64_t asking_since_us; /* monotonic; 0 while an answer is made */
};

struct peers {
	struct arena *arena;
	int64_t patience_us;
	pthread_mutex_t lock;
	pthread_cond_t stopped;
	pthread_t watcher;
	bool stop;
	struct peer *first, *spare;
	_Atomic uint16_t by_address[ADDRESS_SLOTS];
};

bool peer_is_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24) == 127;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

static size_t slot_of(const struct sockaddr *a)
{
	struct str key = STR_NONE;
	if (a->sa_family == AF_INET)
		key = (struct str){(const char *)&((const struct sockaddr_in *)(const void *)a)->sin_addr, 4};
	else if (a->sa_family == AF_INET6) /* a network of /64 is one household */
		key = (struct str){(const char *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 8};
	return str_hash(key) % ADDRESS_SLOTS;
}

bool peers_welcome(const struct peers *p, const struct sockaddr *a)
{
	return peer_is_loopback(a) || atomic_load(&p->by_address[slot_of(a)]) < PER_ADDRESS;
}

struct peer *peers_add(struct peers *p, int fd, const struct sockaddr *a)
{
	pthread_mutex_lock(&p->lock);
	struct peer *peer = p->spare;
	if (peer)
		p->spare = peer->next;
	else
		peer = ARENA_NEW(p->arena, struct peer);
	*peer = (struct peer){.next = p->first, .fd = fd, .slot = slot_of(a), .asking_since_us = env_monotonic_us()};
	if (p->first)
		p->first->before = peer;
	p->first = peer;
	pthread_mutex_unlock(&p->lock);
	atomic_fetch_add(&p->by_address[peer->slot], 1);
	return peer;
}

void peers_remove(struct peers *p, struct peer *peer)
{
	atomic_fetch_sub(&p->by_address[peer->slot], 1);
	pthread_mutex_lock(&p->lock);
	if (peer->before)
		peer->before->next = peer->next;
	else
		p->first = peer->next;
	if (peer->next)
		peer->next->before = peer->before;
	peer->next = p->spare;
	p->spare = peer;
	pthread_mutex_unlock(&p->lock);
}

void peer_asking(struct peers *p, struct peer *peer, bool asking)
{
	pthread_mutex_lock(&p->lock);
	peer->asking_since_us = asking ? env_monotonic_us() : 0;
	pthread_mutex_unlock(&p->lock);
}

/* The socket is only shut down here; its owner closes it, after peers_remove, so the number cannot belong to another by now. */
static void end_the_slow(struct peers *p)
{
	int64_t oldest_us = env_monotonic_us() - p->patience_us;
	for (struct peer *peer = p->first; peer; peer = peer->next)
		if (peer->asking_since_us && peer->asking_since_us < oldest_us)
			shutdown(peer->fd, SHUT_RDWR);
}

static void *watch(void *arg)
{
	struct peers *p = arg;
	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		int64_t us = env_monotonic_us() + LOOK_MS * 1000;
		struct timespec until = {.tv_sec = us / US_PER_SECOND, .tv_nsec = us % US_PER_SECOND * 1000};
		pthread_cond_timedwait(&p->stopped, &p->lock, &until);
		end_the_slow(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct peers *peers_start(struct arena *a, unsigned patience_seconds)
{
	struct peers *p = ARENA_NEW(a, struct peers);
	p->arena = arena_new(0);
	p->patience_us = patience_seconds * US_PER_SECOND;
	pthread_condattr_t by_monotonic;
	pthread_condattr_init(&by_monotonic);
	pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->stopped, &by_monotonic);
	pthread_condattr_destroy(&by_monotonic);
	if (pthread_create(&p->watcher, NULL, watch, p) == 0)
		return p;
	arena_destroy(p->arena);
	return NULL;
}

void peers_stop(struct peers *p)
{
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->stopped);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->watcher, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->stopped);
	arena_destroy(p->arena);
}
