/* date: civil calendar arithmetic, FHIR's partial dates, and the local time of the place Heed serves.
 *
 * A FHIR date, dateTime, instant or time keeps the precision it was written with (R4 datatypes, "date", "dateTime"). For
 * search and comparison it is an interval [lo_us, hi_us): the first instant it can mean and the first after it. A date without a
 * zone means local time here.
 *
 * The local zone is Europe/London, or that of date_zone_set; read once from the system's zone data.
 * Threads: date_zone_set only at start; all else anywhere.
 */
#ifndef HEED_BASE_DATE_H
#define HEED_BASE_DATE_H

#include "base/err.h"

enum date_precision {
	DATE_YEAR,
	DATE_MONTH,
	DATE_DAY,
	DATE_HOUR, /* only FHIRPath literals have hours or minutes alone */
	DATE_MINUTE,
	DATE_SECOND,
	DATE_FRACTION
};

enum date_kind { DATE_KIND_DATE, DATE_KIND_DATETIME, DATE_KIND_INSTANT, DATE_KIND_TIME };

struct date {
	int year, month, day; /* 1-based; month and day 1 when not stated; a time has year 0 */
	int hour, minute, second;
	int micro;
	int fraction_digits;
	enum date_precision precision;
	bool has_zone;
	int zone_minutes; /* east of UTC */
};

/* The formats of R4: date YYYY[-MM[-DD]]; dateTime the same or with a time and a zone; instant; time hh:mm:ss[.f].
 * Refuses impossible days, a time without zone in a dateTime, 24:00, and second 60. */
bool date_parse(struct str s, enum date_kind kind, struct date *out, struct err *e);
void date_interval(const struct date *d, int64_t *lo_us, int64_t *hi_us);
int64_t date_lo_us(const struct date *d);

/* Proleptic Gregorian; day 0 is 1970-01-01. */
int64_t days_from_civil(int year, int month, int day);
void civil_from_days(int64_t days, int *year, int *month, int *day);
int weekday(int64_t days); /* 0 Monday ... 6 Sunday */
int days_in_month(int year, int month);
bool is_leap_year(int year);

/* The date with n calendar months added, the day clamped to the end of the month (30 Nov + 3 months = 28 or 29 Feb). */
int64_t days_add_months(int64_t days, int n);

/* Whole years at the start of that day. Born on 29 Feb: a year older on 1 Mar in common years. */
int age_years(int64_t born_days, int64_t on_days);

struct local_time {
	int year, month, day, hour, minute, second;
	int offset_minutes;
	int64_t days; /* of the local date */
};

void date_zone_set(const char *name); /* e.g. "Europe/London"; call before other threads start */
struct local_time local_from_us(int64_t us);
/* A local time that the spring change skips gives the instant after the gap; one that autumn repeats, the earlier. */
int64_t us_from_local(int64_t days, int hour, int minute, int second);

struct str date_instant(struct arena *a, int64_t us);       /* 2026-12-18T16:30:00.000Z */
struct str date_local_iso(struct arena *a, int64_t us);     /* 2026-07-31T16:10:00+01:00 */
struct str date_iso_days(struct arena *a, int64_t days);    /* 2026-07-31 */
struct str date_staff(struct arena *a, int64_t us);         /* 24-Nov-2026 09:12 */
struct str date_staff_days(struct arena *a, int64_t days);  /* 24-Nov-2026 */
struct str date_family_days(struct arena *a, int64_t days); /* Tuesday 24 November 2026 */

/* Age as the NHS Common User Interface prints it: under 2 h in minutes, under 2 d hours, under 4 w days, under 1 y weeks and
 * days, under 2 y months and days, under 18 y years and months, then years: "7y 5m". */
struct str date_age(struct arena *a, int64_t born_days, int64_t on_days);

#endif
