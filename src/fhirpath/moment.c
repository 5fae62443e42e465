/* Dates and times with partial precision: reading, printing, comparing (section 6.2), arithmetic (6.7) and boundaries. */
#include "fhirpath/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static bool two(struct str s, size_t at, int least, int most, int *out)
{
	if (at + 2 > s.n || s.p[at] < '0' || s.p[at] > '9' || s.p[at + 1] < '0' || s.p[at + 1] > '9')
		return false;
	*out = (s.p[at] - '0') * 10 + s.p[at + 1] - '0';
	return *out >= least && *out <= most;
}

static bool at_char(struct str s, size_t at, char c)
{
	return at < s.n && s.p[at] == c;
}

static bool read_date(struct str s, size_t *at, struct date *d)
{
	int high, low;
	d->month = d->day = 1;
	if (!two(s, 0, 0, 99, &high) || !two(s, 2, 0, 99, &low))
		return false;
	d->year = high * 100 + low;
	d->precision = DATE_YEAR;
	*at = 4;
	if (!at_char(s, *at, '-'))
		return d->year > 0;
	if (!two(s, 5, 1, 12, &d->month))
		return false;
	d->precision = DATE_MONTH;
	*at = 7;
	if (!at_char(s, *at, '-'))
		return d->year > 0;
	d->precision = DATE_DAY;
	*at = 10;
	return two(s, 8, 1, 31, &d->day) && d->year > 0 && d->day <= days_in_month(d->year, d->month);
}

static bool read_fraction(struct str s, size_t *at, struct date *d)
{
	int scale = 100000;
	while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9') {
		d->micro += (s.p[(*at)++] - '0') * scale;
		scale /= 10;
		d->fraction_digits++;
	}
	d->precision = DATE_FRACTION;
	return d->fraction_digits > 0;
}

static bool read_time(struct str s, size_t *at, struct date *d)
{
	if (!two(s, *at, 0, 23, &d->hour))
		return false;
	*at += 2;
	d->precision = DATE_HOUR;
	if (!at_char(s, *at, ':'))
		return true;
	if (!two(s, *at + 1, 0, 59, &d->minute))
		return false;
	*at += 3;
	d->precision = DATE_MINUTE;
	if (!at_char(s, *at, ':'))
		return true;
	if (!two(s, *at + 1, 0, 59, &d->second))
		return false;
	*at += 3;
	d->precision = DATE_SECOND;
	if (!at_char(s, *at, '.'))
		return true;
	++*at;
	return read_fraction(s, at, d);
}

static bool read_zone(struct str s, size_t *at, struct date *d)
{
	int hours, minutes;
	if (at_char(s, *at, 'Z')) {
		d->has_zone = true;
		++*at;
		return true;
	}
	if (!at_char(s, *at, '+') && !at_char(s, *at, '-'))
		return true;
	if (!two(s, *at + 1, 0, 14, &hours) || !at_char(s, *at + 3, ':') || !two(s, *at + 4, 0, 59, &minutes))
		return false;
	d->has_zone = true;
	d->zone_minutes = (hours * 60 + minutes) * (s.p[*at] == '-' ? -1 : 1);
	*at += 6;
	return true;
}

bool moment_parse(struct str s, enum fp_type type, struct date *out)
{
	struct date d = {0};
	size_t at = 0;
	if (type == FP_TIME) {
		at = at_char(s, 0, 'T');
		if (!read_time(s, &at, &d))
			return false;
	} else {
		if (!read_date(s, &at, &d))
			return false;
		if (type == FP_DATETIME && at_char(s, at, 'T')) {
			at++;
			if (at < s.n && (d.precision != DATE_DAY || !read_time(s, &at, &d) || !read_zone(s, &at, &d)))
				return false;
		}
	}
	*out = d;
	return at == s.n;
}

/* ---- printing ---- */

static void print_time(struct buf *b, const struct date *d)
{
	buf_printf(b, "%02d", d->hour);
	if (d->precision >= DATE_MINUTE)
		buf_printf(b, ":%02d", d->minute);
	if (d->precision >= DATE_SECOND)
		buf_printf(b, ":%02d", d->second);
	if (d->precision < DATE_FRACTION)
		return;
	char micro[8];
	int digits = d->fraction_digits > 6 ? 6 : d->fraction_digits;
	for (int i = 5, v = d->micro; i >= 0; i--, v /= 10)
		micro[i] = (char)('0' + v % 10);
	buf_char(b, '.');
	buf_add(b, (struct str){micro, (size_t)digits});
}

struct str moment_text(struct arena *a, const struct date *d, enum fp_type type)
{
	struct buf b = buf_new(a, 64);
	if (type == FP_TIME) {
		print_time(&b, d);
		return buf_str(&b);
	}
	buf_printf(&b, "%04d", d->year);
	if (d->precision >= DATE_MONTH)
		buf_printf(&b, "-%02d", d->month);
	if (d->precision >= DATE_DAY)
		buf_printf(&b, "-%02d", d->day);
	if (type == FP_DATE || d->precision < DATE_HOUR)
		return buf_str(&b);
	buf_char(&b, 'T');
	print_time(&b, d);
	if (d->has_zone && d->zone_minutes == 0)
		buf_char(&b, 'Z');
	else if (d->has_zone)
		buf_printf(&b, "%c%02d:%02d", d->zone_minutes < 0 ? '-' : '+', abs(d->zone_minutes) / 60, abs(d->zone_minutes) % 60);
	return buf_str(&b);
}

/* ---- comparing ---- */

static int64_t time_us(const struct date *d)
{
	return ((int64_t)d->hour * 3600 + d->minute * 60 + d->second) * US_PER_SECOND + d->micro;
}

/* The first instant it can be, with the zone taken as `zone` minutes. */
static int64_t instant_us(const struct date *d, int zone)
{
	return days_from_civil(d->year, d->month, d->day) * US_PER_DAY + time_us(d) - zone * US_PER_MINUTE;
}

static void set_time(struct date *d, int64_t us)
{
	d->hour = (int)(us / US_PER_HOUR);
	d->minute = (int)(us / US_PER_MINUTE % 60);
	d->second = (int)(us / US_PER_SECOND % 60);
	d->micro = (int)(us % US_PER_SECOND);
}

static void set_instant(struct date *d, int64_t us)
{
	int64_t days = us / US_PER_DAY, rest = us % US_PER_DAY;
	if (rest < 0) {
		days--;
		rest += US_PER_DAY;
	}
	civil_from_days(days, &d->year, &d->month, &d->day);
	set_time(d, rest);
}

static int field_count(const struct date *d)
{
	return d->precision >= DATE_SECOND ? 6 : (int)d->precision + 1;
}

static enum order by_fields(const struct date *a, const struct date *b, int from)
{
	int64_t x[] = {a->year, a->month, a->day, a->hour, a->minute, (int64_t)a->second * US_PER_SECOND + a->micro};
	int64_t y[] = {b->year, b->month, b->day, b->hour, b->minute, (int64_t)b->second * US_PER_SECOND + b->micro};
	int na = field_count(a), nb = field_count(b);
	for (int i = from; i < na && i < nb; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? ORDER_LESS : ORDER_MORE;
	return na == nb ? ORDER_SAME : ORDER_UNKNOWN;
}

static enum order flip(enum order o)
{
	return o == ORDER_LESS ? ORDER_MORE : o == ORDER_MORE ? ORDER_LESS : o;
}

/* One has a zone, the other has none. A bare date is a date here, so the instant becomes a local date; a bare time of day may be
 * anywhere on earth, so only a difference no zone can explain counts. */
static enum order zoned_with_bare(const struct date *zoned, const struct date *bare)
{
	int64_t us = instant_us(zoned, zoned->zone_minutes);
	if (bare->precision < DATE_HOUR) {
		struct local_time t = local_from_us(us);
		struct date local = *zoned;
		local.year = t.year;
		local.month = t.month;
		local.day = t.day;
		return by_fields(&local, bare, 0);
	}
	if (us < instant_us(bare, 14 * 60))
		return ORDER_LESS;
	return us > instant_us(bare, -12 * 60) + US_PER_MINUTE ? ORDER_MORE : ORDER_UNKNOWN;
}

enum order moment_order(const struct date *a, enum fp_type at, const struct date *b, enum fp_type bt)
{
	if (at == FP_TIME || bt == FP_TIME)
		return by_fields(a, b, 3);
	if (a->has_zone && !b->has_zone)
		return zoned_with_bare(a, b);
	if (b->has_zone && !a->has_zone)
		return flip(zoned_with_bare(b, a));
	struct date x = *a, y = *b;
	if (a->has_zone && a->zone_minutes != b->zone_minutes) {
		set_instant(&x, instant_us(a, a->zone_minutes));
		set_instant(&y, instant_us(b, b->zone_minutes));
	}
	return by_fields(&x, &y, 0);
}

/* ---- arithmetic ---- */

static const struct {
	const char *word, *ucum;
	int months;
	int64_t us;
} steps[] = {
	{"year", "", 12, 0},
	{"month", "", 1, 0},
	{"week", "wk", 0, 7 * US_PER_DAY},
	{"day", "d", 0, US_PER_DAY},
	{"hour", "h", 0, US_PER_HOUR},
	{"minute", "min", 0, US_PER_MINUTE},
	{"second", "s", 0, US_PER_SECOND},
	{"millisecond", "ms", 0, 1000},
};

static int find_step(struct str unit)
{
	struct str word = unit_calendar(unit);
	for (int i = 0; i < (int)(sizeof steps / sizeof *steps); i++)
		if (str_is(word.p ? word : unit, word.p ? steps[i].word : steps[i].ucum) && unit.n)
			return i;
	return -1;
}

static bool out_of_range(struct err *e)
{
	return err_set(e, ERR_INVALID, "the date would fall outside the years 1 to 9999");
}

static bool add_months(struct date *d, int64_t months, struct err *e)
{
	int64_t all = (int64_t)d->year * 12 + d->month - 1 + months;
	if (all < 12 || all >= 10000 * 12)
		return out_of_range(e);
	d->year = (int)(all / 12);
	d->month = (int)(all % 12) + 1;
	int last = days_in_month(d->year, d->month);
	if (d->day > last)
		d->day = last;
	return true;
}

static bool add_us(struct date *d, int64_t us, struct err *e)
{
	static const int64_t grain[] = {0, 0, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, 1};
	if (d->precision == DATE_YEAR)
		return add_months(d, us / (365 * US_PER_DAY) * 12, e);
	if (d->precision == DATE_MONTH)
		return add_months(d, us / (30 * US_PER_DAY), e);
	set_instant(d, instant_us(d, 0) + us / grain[d->precision] * grain[d->precision]);
	return (d->year >= 1 && d->year <= 9999) || out_of_range(e);
}

static void add_to_time(struct date *d, int64_t us)
{
	int64_t sum = (time_us(d) + us % US_PER_DAY) % US_PER_DAY;
	struct date t = *d;
	set_time(&t, sum < 0 ? sum + US_PER_DAY : sum);
	*d = t;
	if (d->precision < DATE_MINUTE)
		d->minute = 0;
	if (d->precision < DATE_SECOND)
		d->second = 0;
	if (d->precision < DATE_FRACTION)
		d->micro = 0;
}

bool moment_add(struct date *d, enum fp_type type, struct dec amount, struct str unit, struct err *e)
{
	int step = find_step(unit);
	if (step < 0)
		return err_set(e, ERR_INVALID, "\"%.*s\" is no unit that can be added to a date: use years, months, weeks, days, hours, minutes, "
			       "seconds or milliseconds", STR_ARG(unit));
	struct dec whole;
	int64_t n;
	if (!dec_round(amount, 0, DEC_DOWN, &whole) || !dec_to_i64(whole, &n) || n > INT64_C(400000000000) || n < -INT64_C(400000000000))
		return out_of_range(e);
	if (steps[step].months)
		return type == FP_TIME ? err_set(e, ERR_INVALID, "years and months cannot be added to a time of day")
				       : add_months(d, d->precision == DATE_YEAR ? n * steps[step].months / 12 * 12 : n * steps[step].months, e);
	int64_t us;
	if (__builtin_mul_overflow(n, steps[step].us, &us) || us > INT64_C(400000000000000000) || us < -INT64_C(400000000000000000))
		return out_of_range(e);
	if (type != FP_TIME)
		return add_us(d, us, e);
	add_to_time(d, us);
	return true;
}

/* ---- precision and boundaries ---- */

static const int digits_of[] = {4, 6, 8, 10, 12, 14, 17};
static const int time_digits_of[] = {0, 0, 0, 2, 4, 6, 9};

int moment_digits(const struct date *d, enum fp_type type)
{
	return type == FP_TIME ? time_digits_of[d->precision] : digits_of[d->precision];
}

static void fill(struct date *d, bool high)
{
	if (d->precision < DATE_MONTH)
		d->month = high ? 12 : 1;
	if (d->precision < DATE_DAY)
		d->day = high ? days_in_month(d->year, d->month) : 1;
	if (d->precision < DATE_HOUR)
		d->hour = high ? 23 : 0;
	/* FHIR has no hour alone, so an hour is taken as that hour and no minutes, as the published conformance cases do. */
	if (d->precision < DATE_HOUR)
		d->minute = high ? 59 : 0;
	if (d->precision < DATE_SECOND)
		d->second = high ? 59 : 0;
	if (d->precision < DATE_FRACTION)
		d->micro = high ? 999000 : 0;
	else if (high)
		d->micro += d->fraction_digits == 1 ? 99000 : d->fraction_digits == 2 ? 9000 : 0;
	d->fraction_digits = 3;
}

bool moment_boundary(struct date *d, enum fp_type type, int digits, bool high)
{
	const int *table = type == FP_TIME ? time_digits_of : digits_of;
	int precision = type == FP_TIME ? DATE_HOUR : DATE_YEAR;
	int last = type == FP_DATE ? DATE_DAY : DATE_FRACTION;
	while (precision <= last && table[precision] != digits)
		precision++;
	if (precision > last)
		return false;
	fill(d, high);
	d->precision = (enum date_precision)precision;
	if (type == FP_DATETIME && !d->has_zone && precision >= DATE_HOUR) {
		d->has_zone = true;
		d->zone_minutes = high ? -12 * 60 : 14 * 60;
	}
	return true;
}
