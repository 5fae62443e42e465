#include "base/buf.h"

#include <stdio.h>
#include <string.h>

struct buf buf_new(struct arena *a, size_t max)
{
	return (struct buf){.arena = a, .max = max};
}

static bool reserve(struct buf *b, size_t more)
{
	if (b->failed || more > b->max || b->n > b->max - more) {
		b->failed = true;
		return false;
	}
	size_t need = b->n + more + 1;
	if (need <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap * 2 : 256;
	while (cap < need)
		cap *= 2;
	b->p = arena_grow(b->arena, b->p, b->cap, cap);
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, struct str s)
{
	if (!reserve(b, s.n))
		return;
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_c(struct buf *b, const char *c_string)
{
	buf_add(b, str_from(c_string));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, (struct str){&c, 1});
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, (struct str){digits + at, sizeof digits - at});
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n >= 0 && reserve(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

struct str buf_str(struct buf *b)
{
	if (!reserve(b, 0))
		return (struct str){b->p ? b->p : "", b->n};
	b->p[b->n] = '\0';
	return (struct str){b->p, b->n};
}
