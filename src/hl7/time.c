/* HL7 timestamps (DTM, chapter 2A.22) to Heed's dates. */
#include "hl7/er7.h"

/* Takes n digits off *s. */
static bool take_digits(struct str *s, size_t n, int *out)
{
	int64_t v;
	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
	if (!str_to_i64(str_sub(*s, 0, n), &v))
		return false;
	*out = (int)v;
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool take_zone(struct str *s, struct date *d)
{
	int hours, minutes;
	char sign = s->n ? s->p[0] : '\0';
	if (sign != '+' && sign != '-')
		return true;
	*s = str_sub(*s, 1, s->n);
	if (!take_digits(s, 2, &hours) || !take_digits(s, 2, &minutes) || hours > 14 || minutes > 59)
		return false;
	d->has_zone = true;
	d->zone_minutes = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
	return true;
}

static bool take_fraction(struct str *s, struct date *d)
{
	if (!s->n || s->p[0] != '.')
		return true;
	*s = str_sub(*s, 1, s->n);
	int scale = 100000;
	for (; s->n && s->p[0] >= '0' && s->p[0] <= '9'; *s = str_sub(*s, 1, s->n), scale /= 10) {
		d->micro += (s->p[0] - '0') * scale;
		d->fraction_digits++;
	}
	d->precision = DATE_FRACTION;
	return d->fraction_digits > 0 && d->fraction_digits <= 6;
}

static bool take_parts(struct str *s, struct date *d)
{
	int *const parts[] = {&d->month, &d->day, &d->hour, &d->minute, &d->second};
	static const enum date_precision precisions[] = {DATE_MONTH, DATE_DAY, DATE_HOUR, DATE_MINUTE, DATE_SECOND};
	d->month = d->day = 1;
	if (!take_digits(s, 4, &d->year))
		return false;
	for (size_t i = 0; i < 5 && s->n && s->p[0] >= '0' && s->p[0] <= '9'; i++) {
		if (!take_digits(s, 2, parts[i]))
			return false;
		d->precision = precisions[i];
	}
	return (d->precision < DATE_SECOND || take_fraction(s, d)) && take_zone(s, d);
}

bool hl7_time(struct str s, struct date *out, struct err *e)
{
	struct date d = {.precision = DATE_YEAR};
	struct str rest = str_trim(s);
	bool ok = take_parts(&rest, &d) && rest.n == 0 && d.year > 0 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
		  d.day <= days_in_month(d.year, d.month) && d.hour < 24 && d.minute < 60 && d.second < 60;
	if (!ok)
		return err_set(e, ERR_VALUE, "\"%.*s\" is not a date or time (YYYYMMDD[HHMMSS])", STR_ARG(str_sub(s, 0, 40)));
	*out = d;
	return true;
}

struct str hl7_time_fhir(struct arena *a, const struct date *d)
{
	if (d->precision == DATE_YEAR)
		return str_printf(a, "%04d", d->year);
	if (d->precision == DATE_MONTH)
		return str_printf(a, "%04d-%02d", d->year, d->month);
	if (d->precision == DATE_DAY)
		return str_printf(a, "%04d-%02d-%02d", d->year, d->month, d->day);
	if (!d->has_zone)
		return date_local_iso(a, us_from_local(days_from_civil(d->year, d->month, d->day), d->hour, d->minute, d->second));
	int z = d->zone_minutes < 0 ? -d->zone_minutes : d->zone_minutes;
	return str_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", d->year, d->month, d->day, d->hour, d->minute, d->second,
			  d->zone_minutes < 0 ? '-' : '+', z / 60, z % 60);
}
