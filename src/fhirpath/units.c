/* UCUM, as much of it as health records carry: the base units, the common derived and customary ones, metric prefixes, and
 * expressions of them with . and / and exponents. Factors are exact fractions. Calendar words (year, month ... millisecond) are
 * FHIRPath's own; year and month have no fixed length and so do not compare with UCUM's a and mo. */
#include "fhirpath/internal.h"

#include <string.h>

enum { L, M, T, K, AMOUNT, RAD, CURRENT, CD, OTHER };

struct known {
	const char *code;
	bool metric; /* takes a prefix */
	int8_t dim[9];
	const char *num, *den;
	int8_t other; /* arbitrary units are each their own dimension */
};

static const struct known known[] = {
	{"m", true, {[L] = 1}, "1", "1", 0},
	{"g", true, {[M] = 1}, "1", "1", 0},
	{"s", true, {[T] = 1}, "1", "1", 0},
	{"K", true, {[K] = 1}, "1", "1", 0},
	{"mol", true, {[AMOUNT] = 1}, "1", "1", 0},
	{"rad", true, {[RAD] = 1}, "1", "1", 0},
	{"A", true, {[CURRENT] = 1}, "1", "1", 0},
	{"cd", true, {[CD] = 1}, "1", "1", 0},
	{"1", false, {0}, "1", "1", 0},
	{"%", false, {0}, "1", "100", 0},
	{"[ppth]", false, {0}, "1", "1000", 0},
	{"[ppm]", false, {0}, "1", "1000000", 0},
	{"10*", false, {0}, "10", "1", 0},
	{"10^", false, {0}, "10", "1", 0},
	{"min", false, {[T] = 1}, "60", "1", 0},
	{"h", false, {[T] = 1}, "3600", "1", 0},
	{"d", false, {[T] = 1}, "86400", "1", 0},
	{"wk", false, {[T] = 1}, "604800", "1", 0},
	{"mo", false, {[T] = 1}, "2629800", "1", 0},
	{"a", false, {[T] = 1}, "31557600", "1", 0},
	{"l", true, {[L] = 3}, "0.001", "1", 0},
	{"L", true, {[L] = 3}, "0.001", "1", 0},
	{"ar", true, {[L] = 2}, "100", "1", 0},
	{"t", true, {[M] = 1}, "1000000", "1", 0},
	{"u", true, {[M] = 1}, "0.00000000000000000000000166053906660", "1", 0},
	{"Hz", true, {[T] = -1}, "1", "1", 0},
	{"N", true, {[L] = 1, [M] = 1, [T] = -2}, "1000", "1", 0},
	{"Pa", true, {[L] = -1, [M] = 1, [T] = -2}, "1000", "1", 0},
	{"J", true, {[L] = 2, [M] = 1, [T] = -2}, "1000", "1", 0},
	{"W", true, {[L] = 2, [M] = 1, [T] = -3}, "1000", "1", 0},
	{"V", true, {[L] = 2, [M] = 1, [T] = -3, [CURRENT] = -1}, "1000", "1", 0},
	{"C", true, {[T] = 1, [CURRENT] = 1}, "1", "1", 0},
	{"Ohm", true, {[L] = 2, [M] = 1, [T] = -3, [CURRENT] = -2}, "1000", "1", 0},
	{"bar", true, {[L] = -1, [M] = 1, [T] = -2}, "100000000", "1", 0},
	{"m[H2O]", true, {[L] = -1, [M] = 1, [T] = -2}, "9806650", "1", 0},
	{"m[Hg]", true, {[L] = -1, [M] = 1, [T] = -2}, "133322000", "1", 0},
	{"cal", true, {[L] = 2, [M] = 1, [T] = -2}, "4184", "1", 0},
	{"[Cal]", false, {[L] = 2, [M] = 1, [T] = -2}, "4184000", "1", 0},
	{"eq", true, {[AMOUNT] = 1}, "1", "1", 0},
	{"osm", true, {[AMOUNT] = 1}, "1", "1", 0},
	{"kat", true, {[AMOUNT] = 1, [T] = -1}, "1", "1", 0},
	{"U", true, {[AMOUNT] = 1, [T] = -1}, "0.000001", "60", 0},
	{"Bq", true, {[T] = -1}, "1", "1", 0},
	{"Gy", true, {[L] = 2, [T] = -2}, "1", "1", 0},
	{"Sv", true, {[L] = 2, [T] = -2}, "1", "1", 0},
	{"deg", false, {[RAD] = 1}, "3.14159265358979323846", "180", 0},
	{"[in_i]", false, {[L] = 1}, "0.0254", "1", 0},
	{"[ft_i]", false, {[L] = 1}, "0.3048", "1", 0},
	{"[yd_i]", false, {[L] = 1}, "0.9144", "1", 0},
	{"[mi_i]", false, {[L] = 1}, "1609.344", "1", 0},
	{"[lb_av]", false, {[M] = 1}, "453.59237", "1", 0},
	{"[oz_av]", false, {[M] = 1}, "28.349523125", "1", 0},
	{"[stone_av]", false, {[M] = 1}, "6350.29318", "1", 0},
	{"[gr]", false, {[M] = 1}, "0.06479891", "1", 0},
	{"[pt_br]", false, {[L] = 3}, "0.00056826125", "1", 0},
	{"[gal_br]", false, {[L] = 3}, "0.00454609", "1", 0},
	{"[foz_br]", false, {[L] = 3}, "0.0000284130625", "1", 0},
	{"[foz_us]", false, {[L] = 3}, "0.0000295735295625", "1", 0},
	{"[tsp_us]", false, {[L] = 3}, "0.00000492892159375", "1", 0},
	{"[iU]", true, {0}, "1", "1", 1},
	{"[IU]", true, {0}, "1", "1", 1},
	{"[arb'U]", false, {0}, "1", "1", 2},
	{"[drp]", false, {[L] = 3}, "0.00000005", "1", 0},
	{"[CFU]", false, {0}, "1", "1", 3},
	{"[pH]", false, {0}, "1", "1", 4},
	{"{score}", false, {0}, "1", "1", 0},
	{"Cel", true, {0}, "1", "1", 5}, /* an offset scale: compares with itself only */
	{"[degF]", false, {0}, "1", "1", 6},
	{"B", true, {0}, "1", "1", 7},
	{"bit", true, {0}, "1", "1", 8},
};

static const struct {
	const char *code;
	int power;
} prefixes[] = {{"da", 1}, {"d", -1}, {"c", -2}, {"m", -3}, {"u", -6}, {"n", -9}, {"p", -12}, {"f", -15}, {"h", 2}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}};

/* ---- calendar words ---- */

static const struct {
	const char *word, *seconds_num, *seconds_den;
} calendar[] = {
	{"year", "31557600", "1"}, {"month", "2629800", "1"}, {"week", "604800", "1"}, {"day", "86400", "1"},
	{"hour", "3600", "1"},	   {"minute", "60", "1"},     {"second", "1", "1"},    {"millisecond", "1", "1000"},
};

struct str unit_calendar(struct str s)
{
	if (s.n > 1 && s.p[s.n - 1] == 's')
		s.n--;
	for (size_t i = 0; i < sizeof calendar / sizeof *calendar; i++)
		if (str_is(s, calendar[i].word))
			return str_from(calendar[i].word);
	return STR_NONE;
}

static struct dec number(const char *text)
{
	struct dec d = {0, 0};
	dec_parse(str_from(text), &d);
	return d;
}

static bool calendar_unit(struct str s, struct unit *out)
{
	for (size_t i = 0; i < sizeof calendar / sizeof *calendar; i++)
		if (str_is(s, calendar[i].word)) {
			*out = (struct unit){.dim = {[T] = 1}, .num = number(calendar[i].seconds_num), .den = number(calendar[i].seconds_den),
					     .calendar_long = i < 2};
			return true;
		}
	return false;
}

/* ---- UCUM ---- */

static bool scale(struct unit *u, int power)
{
	struct dec ten = dec_int(10);
	for (int i = 0; i < power; i++)
		if (!dec_mul(u->num, ten, &u->num))
			return false;
	for (int i = 0; i < -power; i++)
		if (!dec_mul(u->den, ten, &u->den))
			return false;
	return true;
}

static bool from_known(const struct known *k, int power, struct unit *out)
{
	memset(out, 0, sizeof *out);
	memcpy(out->dim, k->dim, sizeof out->dim);
	out->dim[OTHER] = k->other;
	out->num = number(k->num);
	out->den = number(k->den);
	return scale(out, power);
}

static bool atom(struct str s, struct unit *out)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_is(s, known[i].code))
			return from_known(&known[i], 0, out);
	for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
		struct str prefix = str_from(prefixes[p].code);
		if (!str_starts(s, prefix))
			continue;
		struct str rest = str_sub(s, prefix.n, s.n);
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (known[i].metric && str_is(rest, known[i].code))
				return from_known(&known[i], prefixes[p].power, out);
	}
	return false;
}

static bool multiply(struct unit *to, const struct unit *by, int times)
{
	for (int i = 0; i < (times < 0 ? -times : times); i++) {
		for (int d = 0; d < 9; d++) {
			int sum = to->dim[d] + (times < 0 ? -by->dim[d] : by->dim[d]);
			if (sum > 60 || sum < -60)
				return false;
			to->dim[d] = (int8_t)sum;
		}
		if (!dec_mul(to->num, times < 0 ? by->den : by->num, &to->num) || !dec_mul(to->den, times < 0 ? by->num : by->den, &to->den))
			return false;
	}
	return true;
}

/* unit with an exponent: m2, s-1, 10*3, 10*-6; or a bare number. */
static bool component(struct str s, int sign, struct unit *to)
{
	struct unit u;
	ptrdiff_t note = str_find_char(s, '{');
	if (note == 0)
		return s.p[s.n - 1] == '}';
	if (note > 0)
		s.n = (size_t)note;
	int64_t whole;
	if (!str_is(s, "1") && str_to_i64(s, &whole) && whole > 0) {
		u = (struct unit){.num = dec_int(whole), .den = dec_int(1)};
		return multiply(to, &u, sign);
	}
	if (atom(s, &u))
		return multiply(to, &u, sign);
	size_t at = s.n;
	while (at > 0 && s.p[at - 1] >= '0' && s.p[at - 1] <= '9')
		at--;
	if (at > 0 && at < s.n && (s.p[at - 1] == '-' || s.p[at - 1] == '+'))
		at--;
	int64_t power;
	if (at == 0 || at == s.n || !str_to_i64(str_sub(s, at + (s.p[at] == '+'), s.n), &power) || power > 30 || power < -30)
		return false;
	return atom(str_sub(s, 0, at), &u) && multiply(to, &u, (int)power * sign);
}

static size_t component_end(struct str s, size_t from)
{
	int depth = 0;
	for (size_t i = from; i < s.n; i++) {
		if (s.p[i] == '[' || s.p[i] == '{')
			depth++;
		else if (s.p[i] == ']' || s.p[i] == '}')
			depth--;
		else if (depth == 0 && strchr("./()", s.p[i]))
			return i;
	}
	return s.n;
}

/* Left to right, as UCUM has it: a/b.c is (a/b).c; brackets are only known right after a slash, as unit_product writes them. */
static bool expression(struct str s, struct unit *out)
{
	*out = (struct unit){.num = dec_int(1), .den = dec_int(1)};
	int sign = 1, inside = 1;
	size_t at = 0;
	if (at < s.n && s.p[at] == '/') {
		sign = -1;
		at++;
	}
	for (int parts = 0; at < s.n && parts < 20; parts++) {
		if (s.p[at] == '(') {
			inside = sign;
			sign = 1;
			at++;
		}
		size_t end = component_end(s, at);
		if (end == at || !component(str_sub(s, at, end), sign * inside, out))
			return false;
		if (end < s.n && s.p[end] == ')') {
			inside = 1;
			end++;
		}
		if (end == s.n)
			return true;
		if (s.p[end] != '.' && s.p[end] != '/')
			return false;
		sign = s.p[end] == '/' ? -1 : 1;
		at = end + 1;
	}
	return false;
}

bool unit_parse(struct str s, struct unit *out)
{
	struct str word = unit_calendar(s);
	if (word.p)
		return calendar_unit(word, out);
	return s.n > 0 && s.n < 100 && expression(s, out);
}

bool unit_same_dimension(const struct unit *a, const struct unit *b)
{
	return memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

bool unit_convert(struct dec v, const struct unit *from, const struct unit *to, struct dec *out)
{
	struct dec up, down;
	return unit_same_dimension(from, to) && dec_mul(from->num, to->den, &up) && dec_mul(from->den, to->num, &down) &&
	       dec_mul(v, up, &up) && dec_div(up, down, out);
}

bool unit_order(struct dec a, const struct unit *ua, struct dec b, const struct unit *ub, int *cmp)
{
	struct dec x, y;
	if (!unit_same_dimension(ua, ub) || !dec_mul(a, ua->num, &x) || !dec_mul(x, ub->den, &x) || !dec_mul(b, ub->num, &y) ||
	    !dec_mul(y, ua->den, &y))
		return false;
	*cmp = dec_cmp(x, y);
	return true;
}

struct str unit_product(struct arena *a, struct str x, struct str y, bool divide)
{
	if (str_is(y, "1"))
		return x;
	if (divide && str_eq(x, y))
		return STR("1");
	if (str_is(x, "1"))
		return divide ? str_cat(a, STR("/"), y) : y;
	bool many = str_find_char(y, '.') >= 0 || str_find_char(y, '/') >= 0;
	return str_printf(a, many ? "%.*s%c(%.*s)" : "%.*s%c%.*s", STR_ARG(x), divide ? '/' : '.', STR_ARG(y));
}
