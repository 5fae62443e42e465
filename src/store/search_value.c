/* Prefixes and precision of what is searched for: R4 search.html sections 3.1.1.4.5 to 3.1.1.4.7. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/search_int.h"

static const char *const prefixes[] = {
	[PREFIX_EQ] = "eq", [PREFIX_NE] = "ne", [PREFIX_GT] = "gt", [PREFIX_LT] = "lt", [PREFIX_GE] = "ge",
	[PREFIX_LE] = "le", [PREFIX_SA] = "sa", [PREFIX_EB] = "eb", [PREFIX_AP] = "ap",
};

static enum search_prefix take_prefix(struct str *s)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (str_starts(*s, str_from(prefixes[i]))) {
			*s = str_sub(*s, 2, s->n);
			return (enum search_prefix)i;
		}
	return PREFIX_EQ;
}

/* ---- dates ---- */

static bool has_zone(struct str time)
{
	return str_ends(time, STR("Z")) || str_find_char(time, '+') >= 0 || str_find_char(time, '-') >= 0;
}

/* What a search may say and a resource may not: hours and minutes alone, and no zone (then it is local time here).
 * Rewrites it to a full dateTime; *minute: it stands for the whole minute. */
static bool complete(struct str s, char *out, size_t max, bool *minute, bool *local)
{
	ptrdiff_t t = str_find_char(s, 'T');
	*minute = *local = false;
	if (s.n + 5 > max)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	char *plus = t < 0 ? NULL : strchr(out + t, ' ');
	if (plus)
		*plus = '+'; /* a plus sign that was not percent-encoded */
	if (t < 0)
		return true;
	size_t n = s.n;
	struct str time = {out + t + 1, n - (size_t)t - 1};
	*local = !has_zone(time);
	*minute = time.n >= 5 && time.p[2] == ':' && (time.n == 5 || time.p[5] != ':');
	if (*minute) {
		char *at = out + t + 6;
		memmove(at + 3, at, n - ((size_t)t + 6) + 1);
		memcpy(at, ":00", 3);
		n += 3;
	}
	if (*local)
		memcpy(out + n, "Z", 2);
	return true;
}

static bool date_range(struct str s, int64_t *lo, int64_t *hi)
{
	char text[64];
	bool minute, local;
	struct date d;
	if (!complete(s, text, sizeof text, &minute, &local) || !date_parse(str_from(text), DATE_KIND_DATETIME, &d, NULL))
		return false;
	date_interval(&d, lo, hi);
	if (local) {
		int64_t width = *hi - *lo;
		*lo = us_from_local(days_from_civil(d.year, d.month, d.day), d.hour, d.minute, d.second) + d.micro;
		*hi = *lo + width;
	}
	if (minute)
		*hi = *lo + US_PER_MINUTE;
	return true;
}

bool search_value_date(struct str s, int64_t now_us, struct search_value *out, struct err *e)
{
	struct str rest = s;
	out->prefix = take_prefix(&rest);
	if (!date_range(rest, &out->lo, &out->hi))
		return err_set(e, ERR_VALUE, "\"%.*s\" is not a date", STR_ARG(s));
	if (out->prefix == PREFIX_AP) { /* a tenth of how long ago it is */
		int64_t gap = (now_us > out->lo ? now_us - out->lo : out->lo - now_us) / 10;
		out->lo -= gap;
		out->hi += gap;
	}
	return true;
}

/* ---- numbers ---- */

/* Half a unit of the last digit written: 100 is [99.5, 100.5), 5.40 is [5.395, 5.405). */
static double half_unit(const char *text)
{
	const char *point = strchr(text, '.');
	const char *exponent = strpbrk(text, "eE");
	size_t end = exponent ? (size_t)(exponent - text) : strlen(text);
	int decimals = point ? (int)(end - (size_t)(point - text) - 1) : 0;
	int power = exponent ? (int)strtol(exponent + 1, NULL, 10) : 0;
	return 0.5 * pow(10, power - decimals);
}

bool search_value_number(struct str s, struct search_value *out, struct err *e)
{
	static const char digits[] = "0123456789.eE+-";
	char text[64], *end;
	struct str rest = s;
	out->prefix = take_prefix(&rest);
	bool ok = rest.n > 0 && rest.n < sizeof text;
	for (size_t i = 0; ok && i < rest.n; i++)
		ok = rest.p[i] && strchr(digits, rest.p[i]);
	if (!ok)
		return err_set(e, ERR_VALUE, "\"%.*s\" is not a number", STR_ARG(s));
	memcpy(text, rest.p, rest.n);
	text[rest.n] = 0;
	out->number = strtod(text, &end);
	if (*end || !isfinite(out->number))
		return err_set(e, ERR_VALUE, "\"%.*s\" is not a number", STR_ARG(s));
	double around = out->prefix == PREFIX_AP ? fabs(out->number) / 10 : half_unit(text);
	out->low = out->number - around;
	out->high = out->number + around;
	return true;
}
