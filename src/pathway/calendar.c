#include "pathway/internal.h"

/* Working days by rank: rank(d) is how many working days there are up to and including d, counted from an arbitrary zero.
 * Mondays to Fridays are a formula, holidays a prefix sum, and the inverse a table; so adding and counting are O(1). */

struct calendar {
	struct str urn, version;
	int64_t first, last; /* days covered: whole years */
	int64_t zero;        /* rank of the day before `first` */
	int32_t *holidays;   /* [d - first]: holidays on weekdays up to and including d */
	int32_t *nth;        /* [k]: offset from `first` of the k-th working day inside, k from 0 */
	size_t working;
	int open_minute, close_minute;
};

/* Mondays to Fridays up to and including d; Monday 29 December 1969 is day -3. */
static int64_t weekdays_upto(int64_t d)
{
	int64_t x = d + 3;
	int64_t week = (x >= 0 ? x : x - 6) / 7;
	int64_t in = x - week * 7 + 1;
	return week * 5 + (in > 5 ? 5 : in);
}

static int64_t weekday_at(int64_t n) /* the inverse: the smallest d with weekdays_upto(d) == n */
{
	int64_t i = n - 1;
	int64_t week = (i >= 0 ? i : i - 4) / 5;
	return week * 7 + (i - week * 5) - 3;
}

static int64_t holidays_upto(const struct calendar *c, int64_t d)
{
	if (d < c->first)
		return 0;
	return c->holidays[(d > c->last ? c->last : d) - c->first];
}

static int64_t rank(const struct calendar *c, int64_t d)
{
	return weekdays_upto(d) - holidays_upto(c, d);
}

static int64_t day_of_rank(const struct calendar *c, int64_t r)
{
	if (r <= c->zero)
		return weekday_at(r);
	if (r <= c->zero + (int64_t)c->working)
		return c->first + c->nth[r - c->zero - 1];
	return weekday_at(r + c->holidays[c->last - c->first]);
}

bool calendar_is_working(const struct calendar *c, int64_t days)
{
	return rank(c, days) > rank(c, days - 1);
}

int64_t calendar_add(const struct calendar *c, int64_t days, int n)
{
	if (n == 0)
		return days;
	return n > 0 ? day_of_rank(c, rank(c, days) + n) : day_of_rank(c, rank(c, days - 1) + n + 1);
}

int calendar_between(const struct calendar *c, int64_t from_days, int64_t to_days)
{
	return (int)(rank(c, to_days) - rank(c, from_days));
}

bool calendar_covers(const struct calendar *c, int64_t days)
{
	return days >= c->first && days <= c->last;
}

struct str calendar_urn(const struct calendar *c)
{
	return c->urn;
}

struct str calendar_version(const struct calendar *c)
{
	return c->version;
}

void calendar_hours(const struct calendar *c, int *open_minute, int *close_minute)
{
	*open_minute = c->open_minute;
	*close_minute = c->close_minute;
}

/* ---- reading ---- */

typedef VEC(int64_t) day_list;

static bool add_day(struct arena *a, day_list *list, struct str text, struct err *e)
{
	struct date d;
	if (!date_parse(text, DATE_KIND_DATE, &d, e))
		return false;
	if (d.precision != DATE_DAY)
		return err_set(e, ERR_VALUE, "holiday \"%.*s\" is not a whole date", STR_ARG(text));
	VEC_PUSH(a, list, days_from_civil(d.year, d.month, d.day));
	return true;
}

/* Each of an array's members holds its date under `key`. */
static bool add_days(struct arena *a, day_list *list, const struct json *array, const char *key, struct err *e)
{
	for (size_t i = 0; i < json_n(array); i++)
		if (!add_day(a, list, json_str(json_at(array, i), key), e))
			return false;
	return list->n ? true : err_set(e, ERR_REQUIRED, "the list of bank holidays is empty");
}

static int day_compare(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

static bool each_once(const day_list *list, struct arena *a, struct err *e)
{
	for (size_t i = 1; i < list->n; i++)
		if (list->v[i] == list->v[i - 1])
			return err_set(e, ERR_VALUE, "holiday \"%.*s\" is listed twice", STR_ARG(date_iso_days(a, list->v[i])));
	return true;
}

static void index_days(struct arena *a, struct calendar *c, const day_list *list)
{
	int year, month, day;
	civil_from_days(list->v[0], &year, &month, &day);
	c->first = days_from_civil(year, 1, 1);
	civil_from_days(list->v[list->n - 1], &year, &month, &day);
	c->last = days_from_civil(year, 12, 31);
	size_t n = (size_t)(c->last - c->first + 1);
	c->holidays = ARENA_ARRAY(a, int32_t, n);
	c->nth = ARENA_ARRAY(a, int32_t, n);
	c->zero = weekdays_upto(c->first - 1);
	int32_t seen = 0;
	for (size_t i = 0, next = 0; i < n; i++) {
		int64_t d = c->first + (int64_t)i;
		bool holiday = next < list->n && list->v[next] == d;
		next += holiday;
		seen += holiday && weekday(d) < 5;
		c->holidays[i] = seen;
		if (!holiday && weekday(d) < 5)
			c->nth[c->working++] = (int32_t)i;
	}
}

static int minute_of(struct str time, int otherwise)
{
	struct date d;
	return date_parse(time, DATE_KIND_TIME, &d, NULL) ? d.hour * 60 + d.minute : otherwise;
}

static void read_hours(struct calendar *c, const struct json *resource)
{
	c->open_minute = 9 * 60;
	c->close_minute = 17 * 60;
	const struct json *hours = pw_ext_find(resource, HEED_BASE_URL "/StructureDefinition/office-hours");
	c->open_minute = minute_of(json_str(pw_ext_find(hours, "open"), "valueTime"), c->open_minute);
	c->close_minute = minute_of(json_str(pw_ext_find(hours, "close"), "valueTime"), c->close_minute);
}

bool calendar_parse(struct arena *a, const struct json *bank_holidays, struct str division, struct calendar **out, struct err *e)
{
	struct calendar *c = ARENA_NEW(a, struct calendar);
	day_list list = {0};
	bool resource = str_is(json_str(bank_holidays, "resourceType"), "CodeSystem");
	bool ok = resource ? add_days(a, &list, json_getz(bank_holidays, "concept"), "code", e)
			   : add_days(a, &list, json_getz(json_get(bank_holidays, division), "events"), "date", e);
	if (!ok)
		return false;
	qsort(list.v, list.n, sizeof *list.v, day_compare);
	if (!each_once(&list, a, e))
		return false;
	c->urn = resource ? json_str(bank_holidays, "url") : str_cat(a, STR("urn:calendar:"), division);
	c->version = resource ? json_str(bank_holidays, "version") : STR("gov.uk");
	read_hours(c, resource ? bank_holidays : NULL);
	if (c->close_minute <= c->open_minute)
		return err_set(e, ERR_VALUE, "calendar \"%.*s\" closes before it opens", STR_ARG(c->urn));
	index_days(a, c, &list);
	*out = c;
	return true;
}
