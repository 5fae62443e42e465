#include "base/str.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct str str_from(const char *c_string)
{
	return c_string ? (struct str){c_string, strlen(c_string)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(struct str a, const char *c_string)
{
	return str_eq(a, str_from(c_string));
}

static unsigned char ascii_lower(char c)
{
	unsigned char u = (unsigned char)c;
	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	if (d)
		return d;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq((struct str){s.p + (s.n - suffix.n), suffix.n}, suffix);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	if (!needle.n)
		return 0;
	const char *hit = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return hit ? hit - s.p : -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
	return hit ? hit - s.p : -1;
}

struct str str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return s.p ? (struct str){s.p + from, to - from} : s;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n && is_space(s.p[0]))
		s = str_sub(s, 1, s.n);
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_next(struct str *rest, char sep, struct str *part)
{
	if (!rest->p)
		return false;
	ptrdiff_t at = str_find_char(*rest, sep);
	if (at < 0) {
		*part = *rest;
		*rest = STR_NONE;
		return true;
	}
	*part = str_sub(*rest, 0, (size_t)at);
	*rest = str_sub(*rest, (size_t)at + 1, rest->n);
	return true;
}

struct str str_dup(struct arena *a, struct str s)
{
	return (struct str){str_c(a, s), s.n};
}

char *str_c(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(copy, s.p, s.n);
	return copy;
}

struct str str_cat(struct arena *a, struct str x, struct str y)
{
	char *copy = arena_alloc(a, x.n + y.n + 1);
	if (x.n)
		memcpy(copy, x.p, x.n);
	if (y.n)
		memcpy(copy + x.n, y.p, y.n);
	return (struct str){copy, x.n + y.n};
}

struct str str_lower(struct arena *a, struct str s)
{
	char *copy = str_c(a, s);
	for (size_t i = 0; i < s.n; i++)
		copy[i] = (char)ascii_lower(copy[i]);
	return (struct str){copy, s.n};
}

struct str str_vprintf(struct arena *a, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	char small[256]; /* most fit: one pass over the format */
	int n = vsnprintf(small, sizeof small, fmt, args);
	size_t room = n > 0 ? (size_t)n + 1 : 1;
	char *text = arena_alloc(a, room);
	if (room <= sizeof small)
		memcpy(text, small, room - 1);
	else
		vsnprintf(text, room, fmt, again);
	va_end(again);
	return (struct str){text, room - 1};
}

struct str str_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str s = str_vprintf(a, fmt, args);
	va_end(args);
	return s;
}

bool str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	if (negative)
		s = str_sub(s, 1, s.n);
	if (!s.n)
		return false;
	int64_t v = 0; /* built below zero, where the range is one wider */
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return false;
	}
	if (!negative && v == INT64_MIN)
		return false;
	*out = negative ? v : -v;
	return true;
}

uint64_t str_hash(struct str s)
{
	/* FNV-1a with a final mix, so that the low bits serve as a table index. */
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	return h * 0x9e3779b97f4a7c15u;
}
