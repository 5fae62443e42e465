#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, ALIGN = 16 };

struct chunk {
	struct chunk *prev;
	size_t size;
	size_t used;
	size_t pad; /* keeps the payload 16-byte aligned */
	unsigned char data[];
};

struct cleanup {
	struct cleanup *prev;
	void (*fn)(void *arg);
	void *arg;
};

struct arena {
	struct chunk *top;
	struct cleanup *cleanups;
	size_t total; /* bytes handed out in full chunks below the top */
	size_t soft_limit;
	size_t next_size;
};

static void out_of_memory(void)
{
	static const char text[] = "heed: out of memory\n";
	fwrite(text, 1, sizeof text - 1, stderr);
	abort();
}

static struct chunk *chunk_new(struct chunk *prev, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct chunk))
		out_of_memory();
	struct chunk *c = malloc(sizeof *c + size);
	if (!c)
		out_of_memory();
	c->prev = prev;
	c->size = size;
	c->used = 0;
	c->pad = 0;
	return c;
}

struct arena *arena_new(size_t soft_limit)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a)
		out_of_memory();
	a->soft_limit = soft_limit;
	a->next_size = FIRST_CHUNK;
	return a;
}

static void run_cleanups(struct arena *a, const struct cleanup *until)
{
	while (a->cleanups && a->cleanups != until) {
		struct cleanup *c = a->cleanups;
		a->cleanups = c->prev;
		c->fn(c->arg);
	}
}

void arena_destroy(struct arena *a)
{
	if (!a)
		return;
	run_cleanups(a, NULL);
	while (a->top) {
		struct chunk *prev = a->top->prev;
		free(a->top);
		a->top = prev;
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	run_cleanups(a, NULL);
	while (a->top && a->top->prev) {
		struct chunk *prev = a->top->prev;
		free(a->top);
		a->top = prev;
	}
	if (a->top)
		a->top->used = 0;
	a->total = 0;
	a->next_size = FIRST_CHUNK * 2;
}

static void push_chunk(struct arena *a, size_t need)
{
	size_t size = a->next_size;
	if (size < need)
		size = need;
	if (a->next_size < LARGEST_CHUNK)
		a->next_size *= 2;
	if (a->top)
		a->total += a->top->used;
	a->top = chunk_new(a->top, size);
}

static size_t round_up(size_t n)
{
	if (n > SIZE_MAX - ALIGN)
		out_of_memory();
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t need = round_up(n ? n : 1);
	if (!a->top || a->top->size - a->top->used < need)
		push_chunk(a, need);
	void *p = a->top->data + a->top->used;
	a->top->used += need;
	return memset(p, 0, need);
}

void *arena_dup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

void *arena_grow(struct arena *a, void *p, size_t old_n, size_t new_n)
{
	if (p && a->top) {
		size_t old_need = round_up(old_n ? old_n : 1);
		size_t new_need = round_up(new_n ? new_n : 1);
		unsigned char *end = a->top->data + a->top->used;
		bool newest = a->top->used >= old_need && (unsigned char *)p + old_need == end;
		if (newest && new_need >= old_need && a->top->size - a->top->used >= new_need - old_need) {
			memset(end, 0, new_need - old_need);
			a->top->used += new_need - old_need;
			return p;
		}
	}
	void *bigger = arena_alloc(a, new_n);
	if (p && old_n)
		memcpy(bigger, p, old_n < new_n ? old_n : new_n);
	return bigger;
}

void arena_defer(struct arena *a, void (*fn)(void *arg), void *arg)
{
	struct cleanup *c = arena_alloc(a, sizeof *c);
	c->prev = a->cleanups;
	c->fn = fn;
	c->arg = arg;
	a->cleanups = c;
}

size_t arena_used(const struct arena *a)
{
	return a->total + (a->top ? a->top->used : 0);
}

bool arena_over(const struct arena *a)
{
	return a->soft_limit && arena_used(a) > a->soft_limit;
}

struct arena_mark arena_mark(struct arena *a)
{
	return (struct arena_mark){a->top, a->top ? a->top->used : 0, a->cleanups};
}

void arena_rewind(struct arena *a, struct arena_mark m)
{
	run_cleanups(a, m.cleanups);
	while (a->top && a->top != m.chunk) {
		struct chunk *prev = a->top->prev;
		free(a->top);
		a->top = prev;
		if (prev)
			a->total -= prev->used;
	}
	if (a->top)
		a->top->used = m.used;
}
