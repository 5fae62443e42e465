/* vec: a growing array in an arena.
 *
 *     VEC(int) ages = {0};
 *     VEC_PUSH(arena, &ages, 14);
 *     for (size_t i = 0; i < ages.n; i++) use(ages.v[i]);
 *
 * Elements may move when the array grows: hold an index, not a pointer, across a push.
 */
#ifndef HEED_BASE_VEC_H
#define HEED_BASE_VEC_H

#include "base/arena.h"

#define VEC(T)                                                                                                             \
	struct {                                                                                                           \
		T *v;                                                                                                      \
		size_t n;                                                                                                  \
		size_t cap;                                                                                                \
	}

#define VEC_PUSH(a, vec, ...)                                                                                              \
	do {                                                                                                               \
		if ((vec)->n == (vec)->cap) {                                                                              \
			size_t vec_cap_ = (vec)->cap ? (vec)->cap * 2 : 8;                                                 \
			(vec)->v = arena_grow((a), (vec)->v, (vec)->cap * sizeof *(vec)->v,                               \
					      vec_cap_ * sizeof *(vec)->v);                                                \
			(vec)->cap = vec_cap_;                                                                             \
		}                                                                                                          \
		(vec)->v[(vec)->n++] = (__VA_ARGS__);                                                                      \
	} while (0)

#endif
