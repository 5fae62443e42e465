/* str: a slice of bytes, not NUL-terminated, not owned.
 *
 * Input is never trusted to end in NUL, so nothing here calls strlen on it. A slice is only as alive as the memory it
 * points into: copy with str_dup when it has to outlive that. Text is UTF-8 (see utf8.h for checking and folding).
 */
#ifndef HEED_BASE_STR_H
#define HEED_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})

/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).n, (s).p

struct str str_from(const char *c_string); /* NULL gives the empty slice */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *c_string);
bool str_eq_nocase(struct str a, struct str b); /* ASCII only: header names, hex */
int str_cmp(struct str a, struct str b);        /* by bytes, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
ptrdiff_t str_find(struct str s, struct str needle); /* -1 when absent */
ptrdiff_t str_find_char(struct str s, char c);
struct str str_sub(struct str s, size_t from, size_t to); /* clamped */
struct str str_trim(struct str s);                        /* ASCII white space */

/* Takes the part before sep off *rest; the whole of it when sep is absent. False when *rest is used up (p is NULL). */
bool str_next(struct str *rest, char sep, struct str *part);

struct str str_dup(struct arena *a, struct str s);
char *str_c(struct arena *a, struct str s); /* a NUL-terminated copy */
struct str str_cat(struct arena *a, struct str x, struct str y);
struct str str_lower(struct arena *a, struct str s); /* ASCII only */
struct str str_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str str_vprintf(struct arena *a, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/* Whole slice must be a decimal integer that fits. */
bool str_to_i64(struct str s, int64_t *out);

uint64_t str_hash(struct str s);

#endif
