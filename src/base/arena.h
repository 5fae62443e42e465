/* arena: memory with one owner and one end.
 *
 * A request, a message, a job or a batch owns an arena; what it makes lives there and goes in one call. A function that
 * returns memory takes an arena: the signature says who owns the result.
 *
 * Shapes    every block is zeroed and 16-byte aligned.
 * Limits    an arena has a soft limit. Passing it never fails an allocation; it sets a flag that parsers and loops ask for
 *           with arena_over() and turn into ERR_TOO_LARGE. Real exhaustion of memory ends the process (there is nothing
 *           safe left to do), so arena_alloc never returns NULL.
 * Threads   an arena belongs to one thread at a time.
 */
#ifndef HEED_BASE_ARENA_H
#define HEED_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena_mark {
	void *chunk;
	size_t used;
	void *cleanups;
};

/* soft_limit in bytes; 0 means none. */
struct arena *arena_new(size_t soft_limit);
void arena_destroy(struct arena *a);

/* Runs the cleanups, newest first, and forgets everything; keeps one chunk for reuse. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t n);
void *arena_dup(struct arena *a, const void *p, size_t n);

/* Grows the block p of old_n bytes to new_n, in place when it is the newest one. */
void *arena_grow(struct arena *a, void *p, size_t old_n, size_t new_n);

/* fn(arg) runs when the arena is reset, rewound past this point, or destroyed. */
void arena_defer(struct arena *a, void (*fn)(void *arg), void *arg);

bool arena_over(const struct arena *a);
size_t arena_used(const struct arena *a);

/* Scratch work: what was allocated after the mark is forgotten by the rewind. */
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark m);

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))

#endif
