#include "base/date.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/env.h"

/* Day counting after Howard Hinnant's "chrono-compatible low-level date algorithms": years start in March, so that the leap
 * day is the last of its year. */
int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

void civil_from_days(int64_t days, int *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

int weekday(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

bool is_leap_year(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap_year(year) ? 29 : lengths[month - 1];
}

int64_t days_add_months(int64_t days, int n)
{
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	int64_t total = (int64_t)y * 12 + (m - 1) + n;
	y = (int)(total >= 0 ? total / 12 : (total - 11) / 12);
	m = (int)(total - (int64_t)y * 12) + 1;
	int last = days_in_month(y, m);
	return days_from_civil(y, m, d < last ? d : last);
}

int age_years(int64_t born_days, int64_t on_days)
{
	int by, bm, bd, y, m, d;
	civil_from_days(born_days, &by, &bm, &bd);
	civil_from_days(on_days, &y, &m, &d);
	return y - by - (m < bm || (m == bm && d < bd));
}

/* ---- parsing ---- */

static bool digits(struct str *s, size_t n, int *out)
{
	if (s->n < n)
		return false;
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	*out = v;
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool skip(struct str *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

static bool parse_day(struct str *s, struct date *d)
{
	if (!digits(s, 4, &d->year) || d->year == 0)
		return false;
	d->precision = DATE_YEAR;
	if (!skip(s, '-'))
		return true;
	if (!digits(s, 2, &d->month) || d->month < 1 || d->month > 12)
		return false;
	d->precision = DATE_MONTH;
	if (!skip(s, '-'))
		return true;
	if (!digits(s, 2, &d->day) || d->day < 1 || d->day > days_in_month(d->year, d->month))
		return false;
	d->precision = DATE_DAY;
	return true;
}

static bool parse_fraction(struct str *s, struct date *d)
{
	int scale = 100000;
	while (s->n && s->p[0] >= '0' && s->p[0] <= '9') {
		d->micro += (s->p[0] - '0') * scale; /* past microseconds the scale is 0: the text keeps the rest */
		scale /= 10;
		d->fraction_digits++;
		*s = str_sub(*s, 1, s->n);
	}
	d->precision = DATE_FRACTION;
	return d->fraction_digits > 0;
}

static bool parse_clock(struct str *s, struct date *d)
{
	if (!digits(s, 2, &d->hour) || d->hour > 23 || !skip(s, ':'))
		return false;
	if (!digits(s, 2, &d->minute) || d->minute > 59 || !skip(s, ':'))
		return false;
	if (!digits(s, 2, &d->second) || d->second > 59)
		return false;
	d->precision = DATE_SECOND;
	return !skip(s, '.') || parse_fraction(s, d);
}

static bool parse_zone(struct str *s, struct date *d)
{
	d->has_zone = true;
	if (skip(s, 'Z'))
		return true;
	int sign = skip(s, '+') ? 1 : skip(s, '-') ? -1 : 0;
	int h = 0, m = 0;
	if (!sign || !digits(s, 2, &h) || !skip(s, ':') || !digits(s, 2, &m) || h > 14 || m > 59)
		return false;
	d->zone_minutes = sign * (h * 60 + m);
	return true;
}

static bool parse_kind(struct str *s, enum date_kind kind, struct date *d)
{
	if (kind == DATE_KIND_TIME)
		return parse_clock(s, d);
	if (!parse_day(s, d))
		return false;
	if (kind == DATE_KIND_DATE || (kind == DATE_KIND_DATETIME && s->n == 0))
		return true;
	return d->precision == DATE_DAY && skip(s, 'T') && parse_clock(s, d) && parse_zone(s, d);
}

bool date_parse(struct str s, enum date_kind kind, struct date *out, struct err *e)
{
	static const char *const names[] = {"date", "dateTime", "instant", "time"};
	struct str rest = s;
	*out = (struct date){.month = 1, .day = 1};
	if (parse_kind(&rest, kind, out) && rest.n == 0)
		return true;
	return err_set(e, ERR_VALUE, "\"%.*s\" is not a valid %s", (int)(s.n < 40 ? s.n : 40), s.p, names[kind]);
}

static int64_t civil_us(const struct date *d, int64_t days)
{
	if (d->has_zone)
		return days * US_PER_DAY + ((int64_t)d->hour * 60 + d->minute - d->zone_minutes) * US_PER_MINUTE +
		       d->second * US_PER_SECOND;
	return us_from_local(days, d->hour, d->minute, d->second);
}

int64_t date_lo_us(const struct date *d)
{
	return civil_us(d, days_from_civil(d->year, d->month, d->day)) + d->micro;
}

static int64_t fraction_step(int fraction_digits)
{
	int64_t step = US_PER_SECOND;
	while (fraction_digits-- > 0 && step > 1)
		step /= 10;
	return step;
}

void date_interval(const struct date *d, int64_t *lo_us, int64_t *hi_us)
{
	int64_t days = days_from_civil(d->year, d->month, d->day);
	*lo_us = date_lo_us(d);
	switch (d->precision) {
	case DATE_YEAR:
		*hi_us = civil_us(d, days_from_civil(d->year + 1, 1, 1));
		break;
	case DATE_MONTH:
		*hi_us = civil_us(d, days_add_months(days, 1));
		break;
	case DATE_DAY:
		*hi_us = civil_us(d, days + 1);
		break;
	case DATE_HOUR:
		*hi_us = *lo_us + US_PER_HOUR;
		break;
	case DATE_MINUTE:
		*hi_us = *lo_us + US_PER_MINUTE;
		break;
	case DATE_SECOND:
		*hi_us = *lo_us + US_PER_SECOND;
		break;
	case DATE_FRACTION:
		*hi_us = *lo_us + fraction_step(d->fraction_digits);
		break;
	}
}

/* ---- the local zone ---- */

void date_zone_set(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

__attribute__((constructor)) static void zone_default(void)
{
	date_zone_set("Europe/London");
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct local_time local_from_us(int64_t us)
{
	time_t t = (time_t)floor_div(us, US_PER_SECOND);
	struct tm tm;
	localtime_r(&t, &tm);
	return (struct local_time){
		.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = tm.tm_sec,
		.offset_minutes = (int)(tm.tm_gmtoff / 60),
		.days = days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday),
	};
}

static int64_t offset_us(int64_t us)
{
	return local_from_us(us).offset_minutes * US_PER_MINUTE;
}

int64_t us_from_local(int64_t days, int hour, int minute, int second)
{
	int64_t wall = days * US_PER_DAY + ((int64_t)hour * 60 + minute) * US_PER_MINUTE + second * US_PER_SECOND;
	int64_t before = offset_us(wall - US_PER_DAY);
	int64_t after = offset_us(wall + US_PER_DAY);
	int64_t early = wall - before; /* reading the wall clock as it was before a change near it */
	if (before == after || offset_us(early) == before)
		return early;
	int64_t late = wall - after;
	return offset_us(late) == after ? late : early; /* a skipped time lands after the gap */
}

/* ---- printing ---- */

static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
					  "July",    "August",   "September", "October", "November", "December"};
static const char *const day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

struct str date_instant(struct arena *a, int64_t us)
{
	int64_t days = floor_div(us, US_PER_DAY);
	int64_t rest = us - days * US_PER_DAY;
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	int s = (int)(rest / US_PER_SECOND);
	return str_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", y, m, d, s / 3600, s / 60 % 60, s % 60,
			  (int)(rest % US_PER_SECOND / 1000));
}

struct str date_local_iso(struct arena *a, int64_t us)
{
	struct local_time t = local_from_us(us);
	int off = abs(t.offset_minutes);
	return str_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", t.year, t.month, t.day, t.hour, t.minute, t.second,
			  t.offset_minutes < 0 ? '-' : '+', off / 60, off % 60);
}

struct str date_iso_days(struct arena *a, int64_t days)
{
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	return str_printf(a, "%04d-%02d-%02d", y, m, d);
}

struct str date_staff_days(struct arena *a, int64_t days)
{
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	return str_printf(a, "%02d-%.3s-%04d", d, month_names[m - 1], y);
}

struct str date_staff(struct arena *a, int64_t us)
{
	struct local_time t = local_from_us(us);
	return str_printf(a, "%02d-%.3s-%04d %02d:%02d", t.day, month_names[t.month - 1], t.year, t.hour, t.minute);
}

struct str date_family_days(struct arena *a, int64_t days)
{
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	return str_printf(a, "%s %d %s %d", day_names[weekday(days)], d, month_names[m - 1], y);
}

static int whole_months(int64_t born_days, int64_t on_days)
{
	int by, bm, bd, y, m, d;
	civil_from_days(born_days, &by, &bm, &bd);
	civil_from_days(on_days, &y, &m, &d);
	return (y - by) * 12 + (m - bm) - (d < bd);
}

struct str date_age(struct arena *a, int64_t born_days, int64_t on_days)
{
	int64_t days = on_days - born_days;
	if (days < 0)
		return STR("not yet born");
	if (days < 2)
		return str_printf(a, "%dh", (int)(days * 24));
	if (days < 28)
		return str_printf(a, "%dd", (int)days);
	int years = age_years(born_days, on_days);
	if (years < 1)
		return str_printf(a, "%dw %dd", (int)(days / 7), (int)(days % 7));
	int months = whole_months(born_days, on_days);
	if (years < 2)
		return str_printf(a, "%dm %dd", months, (int)(on_days - days_add_months(born_days, months)));
	if (years < 18)
		return str_printf(a, "%dy %dm", years, months - years * 12);
	return str_printf(a, "%dy", years);
}
