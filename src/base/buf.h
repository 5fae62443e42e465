/* buf: text being built, in an arena, with a maximum.
 *
 * Failure is sticky: once the maximum is passed every further call does nothing, so build in a row and ask buf_ok() once.
 * The maximum is part of the call that makes the buffer, where a reader can judge it.
 */
#ifndef HEED_BASE_BUF_H
#define HEED_BASE_BUF_H

#include "base/str.h"

struct buf {
	struct arena *arena;
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	bool failed;
};

struct buf buf_new(struct arena *a, size_t max);
void buf_add(struct buf *b, struct str s);
void buf_c(struct buf *b, const char *c_string);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_ok(const struct buf *b);

/* What was built so far; followed by a NUL that is not counted. */
struct str buf_str(struct buf *b);

#endif
