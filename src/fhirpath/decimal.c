/* Exact decimals: a 128-bit whole number and a scale. Nothing here goes through binary floating point but dec_to_double and
 * dec_from_double, which serve ln(), exp() and their like. */
#include "fhirpath/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool mul10(__int128 *c)
{
	return !__builtin_mul_overflow(*c, (__int128)10, c);
}

/* The one value whose negation does not fit is refused, so that negating is always safe. */
static bool fits(__int128 c)
{
	return c != (__int128)((unsigned __int128)1 << 127);
}

static bool shift_up(struct dec *d, int places)
{
	for (int i = 0; i < places; i++)
		if (!mul10(&d->c) || !fits(d->c))
			return false;
	d->scale += places;
	return true;
}

struct dec dec_int(int64_t i)
{
	return (struct dec){i, 0};
}

struct dec dec_trim(struct dec a)
{
	while (a.scale > 0 && a.c % 10 == 0) {
		a.c /= 10;
		a.scale--;
	}
	return a;
}

static bool is_digit(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* e-7 in 12e-7: moves the point. */
static bool apply_exponent(struct str exponent, struct dec *d)
{
	if (exponent.n && exponent.p[0] == '+')
		exponent = str_sub(exponent, 1, exponent.n);
	int64_t power;
	if (!str_to_i64(exponent, &power) || power > 1000 || power < -1000)
		return false;
	int64_t scale = d->scale - power;
	if (d->c == 0)
		scale = scale < 0 ? 0 : scale;
	if (scale > DEC_MAX_SCALE)
		return d->c == 0 ? (d->scale = 0, true) : false;
	if (scale >= 0) {
		d->scale = (int)scale;
		return true;
	}
	d->scale = 0;
	bool ok = shift_up(d, (int)-scale);
	d->scale = 0;
	return ok;
}

bool dec_parse(struct str s, struct dec *out)
{
	struct dec d = {0, 0};
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
	bool negative = s.n && s.p[0] == '-';
	size_t first = i;
	for (; is_digit(s, i); i++)
		if (!mul10(&d.c) || __builtin_add_overflow(d.c, (__int128)(s.p[i] - '0'), &d.c))
			return false;
	if (i == first)
		return false;
	if (i < s.n && s.p[i] == '.') {
		if (!is_digit(s, ++i))
			return false;
		for (; is_digit(s, i); i++, d.scale++)
			if (d.scale == DEC_MAX_SCALE || !mul10(&d.c) || __builtin_add_overflow(d.c, (__int128)(s.p[i] - '0'), &d.c))
				return false;
	}
	if (negative)
		d.c = -d.c;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		if (!apply_exponent(str_sub(s, i + 1, s.n), &d))
			return false;
		i = s.n;
	}
	*out = d;
	return i == s.n;
}

static int digit_count(__int128 c)
{
	int n = 0;
	for (; c; c /= 10)
		n++;
	return n;
}

int dec_cmp(struct dec a, struct dec b)
{
	if ((a.c < 0) != (b.c < 0) || a.c == 0 || b.c == 0 || a.scale == b.scale)
		return a.c == 0 || b.c == 0 || a.scale == b.scale || a.c < 0 || b.c < 0 ? (a.c > b.c) - (a.c < b.c) : 0;
	int sign = a.c < 0 ? -1 : 1;
	a = dec_trim(a);
	b = dec_trim(b);
	int top_a = digit_count(a.c) - a.scale, top_b = digit_count(b.c) - b.scale;
	if (top_a != top_b)
		return top_a > top_b ? sign : -sign;
	/* The same first place: aligning the shorter one gives it as many digits as the longer one has, so it fits. */
	if (a.scale < b.scale)
		shift_up(&a, b.scale - a.scale);
	else
		shift_up(&b, a.scale - b.scale);
	return (a.c > b.c) - (a.c < b.c);
}

static bool align(struct dec *a, struct dec *b)
{
	if (a->scale < b->scale)
		return shift_up(a, b->scale - a->scale);
	return shift_up(b, a->scale - b->scale);
}

bool dec_add(struct dec a, struct dec b, struct dec *out)
{
	if (!align(&a, &b)) {
		a = dec_trim(a);
		b = dec_trim(b);
		if (!align(&a, &b))
			return false;
	}
	out->scale = a.scale;
	return !__builtin_add_overflow(a.c, b.c, &out->c) && fits(out->c);
}

bool dec_sub(struct dec a, struct dec b, struct dec *out)
{
	b.c = -b.c;
	return dec_add(a, b, out);
}

bool dec_mul(struct dec a, struct dec b, struct dec *out)
{
	out->scale = a.scale + b.scale;
	if (out->scale <= DEC_MAX_SCALE && !__builtin_mul_overflow(a.c, b.c, &out->c) && fits(out->c))
		return true;
	a = dec_trim(a);
	b = dec_trim(b);
	out->scale = a.scale + b.scale;
	return out->scale <= DEC_MAX_SCALE && !__builtin_mul_overflow(a.c, b.c, &out->c) && fits(out->c);
}

/* Long division: the whole part, then digit by digit until exact or 28 significant digits; the last one rounded. */
bool dec_div(struct dec a, struct dec b, struct dec *out)
{
	if (b.c == 0)
		return false;
	a = dec_trim(a);
	b = dec_trim(b);
	if (!align(&a, &b))
		return false;
	bool negative = (a.c < 0) != (b.c < 0);
	unsigned __int128 n = a.c < 0 ? -(unsigned __int128)a.c : (unsigned __int128)a.c;
	unsigned __int128 m = b.c < 0 ? -(unsigned __int128)b.c : (unsigned __int128)b.c;
	unsigned __int128 q = n / m, rest = n % m, limit = (unsigned __int128)1;
	for (int i = 0; i < 28; i++)
		limit *= 10;
	int scale = 0;
	while (rest && q < limit && scale < 28) {
		if (rest > ~(unsigned __int128)0 / 10)
			return false;
		rest *= 10;
		q = q * 10 + rest / m;
		rest %= m;
		scale++;
	}
	if (rest >= m - rest)
		q++;
	if (q >> 127)
		return false;
	*out = dec_trim((struct dec){negative ? -(__int128)q : (__int128)q, scale});
	return true;
}

bool dec_idiv(struct dec a, struct dec b, struct dec *out)
{
	if (b.c == 0 || !align(&a, &b))
		return false;
	*out = (struct dec){a.c / b.c, 0};
	return true;
}

bool dec_mod(struct dec a, struct dec b, struct dec *out)
{
	if (b.c == 0 || !align(&a, &b))
		return false;
	*out = (struct dec){a.c % b.c, a.scale};
	return true;
}

static __int128 rounded(__int128 q, __int128 rest, __int128 unit, enum dec_round how)
{
	bool negative = rest < 0;
	__int128 size = negative ? -rest : rest;
	switch (how) {
	case DEC_HALF_UP:
		return size >= unit - size ? q + (negative ? -1 : 1) : q;
	case DEC_FLOOR:
		return negative ? q - 1 : q;
	case DEC_CEILING:
		return rest > 0 ? q + 1 : q;
	case DEC_DOWN:
	default:
		return q;
	}
}

bool dec_round(struct dec a, int scale, enum dec_round how, struct dec *out)
{
	if (scale >= a.scale) {
		*out = a;
		return scale <= DEC_MAX_SCALE && shift_up(out, scale - a.scale);
	}
	int cut = a.scale - scale;
	if (cut > 38) { /* more places than a 128-bit number has digits: nothing is left but the direction */
		__int128 sign = a.c < 0 ? -1 : a.c > 0;
		*out = (struct dec){rounded(0, sign, 3, how), scale};
		return true;
	}
	__int128 unit = 1;
	for (int i = 0; i < cut; i++)
		unit *= 10;
	*out = (struct dec){rounded(a.c / unit, a.c % unit, unit, how), scale};
	return true;
}

bool dec_to_i64(struct dec a, int64_t *out)
{
	a = dec_trim(a);
	*out = (int64_t)a.c;
	return a.scale == 0 && a.c <= INT64_MAX && a.c >= INT64_MIN;
}

double dec_to_double(struct dec a)
{
	return (double)((long double)a.c / powl(10.0L, a.scale));
}

bool dec_from_double(double d, struct dec *out)
{
	char text[40];
	if (!isfinite(d))
		return false;
	int n = snprintf(text, sizeof text, "%.15g", d);
	if (!dec_parse((struct str){text, (size_t)n}, out)) {
		*out = dec_int(0);
		return fabs(d) < 1;
	}
	*out = dec_trim(*out);
	return true;
}

struct str dec_text(struct arena *a, struct dec d)
{
	char digits[48], text[128];
	unsigned __int128 c = d.c < 0 ? -(unsigned __int128)d.c : (unsigned __int128)d.c;
	int n = 0;
	do {
		digits[n++] = (char)('0' + (int)(c % 10));
		c /= 10;
	} while (c);
	size_t at = 0;
	if (d.c < 0)
		text[at++] = '-';
	for (int place = (n > d.scale ? n - 1 : d.scale); place >= 0; place--) {
		text[at++] = place < n ? digits[place] : '0';
		if (place == d.scale && place > 0)
			text[at++] = '.';
	}
	return str_dup(a, (struct str){text, at});
}
