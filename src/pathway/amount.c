#include "pathway/internal.h"

static const struct {
	const char *code, *one, *many;
} units[] = {
	[UNIT_WORKING_DAY] = {"wd", "working day", "working days"},
	[UNIT_WORKING_HOUR] = {"wh", "working hour", "working hours"},
	[UNIT_MINUTE] = {"min", "minute", "minutes"},
	[UNIT_HOUR] = {"h", "hour", "hours"},
	[UNIT_DAY] = {"d", "day", "days"},
	[UNIT_WEEK] = {"wk", "week", "weeks"},
	[UNIT_MONTH] = {"mo", "month", "months"},
};

bool clock_unit_parse(struct str code, enum unit *out)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (str_is(code, units[i].code)) {
			*out = (enum unit)i;
			return true;
		}
	return false;
}

bool unit_is_elapsed(enum unit u)
{
	return u == UNIT_HOUR || u == UNIT_MINUTE;
}

bool unit_needs_calendar(enum unit u)
{
	return u == UNIT_WORKING_DAY || u == UNIT_WORKING_HOUR;
}

struct amount amount_negative(struct amount x)
{
	return (struct amount){-x.n, x.unit};
}

/* ---- working minutes ---- */

struct working_time {
	int64_t day; /* a working day */
	int minute;  /* since opening, 0 ... length of the day */
};

/* Time outside the office counts as the next opening, or (back) as the last closing. */
static struct working_time to_working(const struct calendar *cal, int64_t us, bool back)
{
	int open, close;
	calendar_hours(cal, &open, &close);
	struct local_time t = local_from_us(us);
	int minute = t.hour * 60 + t.minute - open;
	bool working = calendar_is_working(cal, t.days);
	if (working && minute >= 0 && minute <= close - open)
		return (struct working_time){t.days, minute};
	if (back)
		return (struct working_time){working && minute > 0 ? t.days : calendar_add(cal, t.days, -1), close - open};
	return (struct working_time){working && minute < 0 ? t.days : calendar_add(cal, t.days, 1), 0};
}

int64_t add_working_minutes(const struct calendar *cal, int64_t us, int64_t minutes)
{
	int open, close;
	calendar_hours(cal, &open, &close);
	int length = close - open;
	struct working_time w = to_working(cal, us, minutes < 0);
	int64_t total = w.minute + minutes;
	int64_t days = (total >= 0 ? total : total - length + 1) / length;
	int64_t rest = total - days * length;
	if (rest == 0 && minutes > 0 && days > 0) { /* exactly at closing, not at the next opening */
		days--;
		rest = length;
	}
	int64_t day = calendar_add(cal, w.day, (int)days);
	return us_from_local(day, (int)((open + rest) / 60), (int)((open + rest) % 60), 0);
}

int64_t working_minutes_between(const struct calendar *cal, int64_t from_us, int64_t to_us)
{
	if (to_us <= from_us)
		return 0;
	int open, close;
	calendar_hours(cal, &open, &close);
	struct working_time from = to_working(cal, from_us, false), to = to_working(cal, to_us, true);
	int64_t minutes = (int64_t)calendar_between(cal, from.day, to.day) * (close - open) + to.minute - from.minute;
	return minutes > 0 ? minutes : 0;
}

int64_t received_in_office_hours(const struct calendar *cal, int64_t us)
{
	int open, close;
	calendar_hours(cal, &open, &close);
	struct local_time t = local_from_us(us);
	if (calendar_is_working(cal, t.days) && t.hour * 60 + t.minute <= close)
		return us;
	return us_from_local(calendar_add(cal, t.days, 1), open / 60, open % 60, 0);
}

/* ---- days ---- */

static int64_t at_time(const struct calendar *cal, int64_t day, enum due_at at, const struct local_time *same)
{
	int open = 9 * 60, close = 17 * 60;
	if (cal)
		calendar_hours(cal, &open, &close);
	if (at == DUE_CLOSE)
		return us_from_local(day, close / 60, close % 60, 0);
	if (at == DUE_MIDNIGHT)
		return us_from_local(day, 23, 59, 59);
	return us_from_local(day, same->hour, same->minute, same->second);
}

int64_t working_day_from(const struct calendar *cal, int64_t day, int n)
{
	if (n == 0 && !calendar_is_working(cal, day))
		return calendar_add(cal, day, 1);
	return calendar_add(cal, day, n);
}

int64_t amount_from(const struct calendar *cal, int64_t us, struct amount by, enum due_at at)
{
	struct local_time t = local_from_us(us);
	switch (by.unit) {
	case UNIT_MINUTE:
		return us + by.n * US_PER_MINUTE;
	case UNIT_HOUR:
		return us + by.n * US_PER_HOUR;
	case UNIT_WORKING_HOUR:
		return add_working_minutes(cal, us, (int64_t)by.n * 60);
	case UNIT_WORKING_DAY:
		return at_time(cal, working_day_from(cal, t.days, by.n), at, &t);
	case UNIT_DAY:
		return at_time(cal, t.days + by.n, at, &t);
	case UNIT_WEEK:
		return at_time(cal, t.days + 7 * (int64_t)by.n, at, &t);
	case UNIT_MONTH:
		break;
	}
	return at_time(cal, days_add_months(t.days, by.n), at, &t);
}

/* ---- words ---- */

struct str amount_words(struct arena *a, struct amount x)
{
	int n = x.n < 0 ? -x.n : x.n;
	return str_printf(a, "%d %s", n, n == 1 ? units[x.unit].one : units[x.unit].many);
}

static struct str day_words(struct arena *a, int64_t days, bool with_year)
{
	static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	struct str s = str_printf(a, "%s %d %s", weekdays[weekday(days)], d, months[m - 1]);
	return with_year ? str_printf(a, "%.*s %d", STR_ARG(s), y) : s;
}

struct str instant_words(struct arena *a, int64_t us)
{
	struct local_time t = local_from_us(us);
	return str_printf(a, "%.*s %02d:%02d", STR_ARG(day_words(a, t.days, true)), t.hour, t.minute);
}

static struct str days_off_words(struct arena *a, const struct calendar *cal, int64_t from, int64_t to)
{
	int weekend = 0;
	struct buf holidays = buf_new(a, 2000);
	for (int64_t d = from; d <= to && d - from < 1000; d++) {
		if (weekday(d) > 4)
			weekend++;
		else if (!calendar_is_working(cal, d))
			buf_printf(&holidays, "%sbank holiday %.*s", holidays.n ? ", " : "", STR_ARG(day_words(a, d, false)));
	}
	if (!weekend && !holidays.n)
		return STR("");
	struct str h = buf_str(&holidays);
	if (!weekend)
		return str_printf(a, " (not counting %.*s)", STR_ARG(h));
	return str_printf(a, " (not counting %d weekend day%s%s%.*s)", weekend, weekend == 1 ? "" : "s", h.n ? ", " : "", STR_ARG(h));
}

struct str due_words(struct arena *a, const struct calendar *cal, int64_t start_us, struct amount within, int64_t due_us)
{
	struct str off = STR("");
	int64_t from = local_from_us(start_us).days, to = local_from_us(due_us).days;
	if (cal && unit_needs_calendar(within.unit))
		off = within.n < 0 ? days_off_words(a, cal, to, from - 1) : days_off_words(a, cal, from + 1, to);
	struct str unknown = STR("");
	if (cal && unit_needs_calendar(within.unit) && !calendar_covers(cal, to))
		unknown = STR("; bank holidays of that year are not known yet");
	return str_printf(a, "%.*s %s %.*s%.*s = %.*s%.*s", STR_ARG(instant_words(a, start_us)), within.n < 0 ? "-" : "+",
			  STR_ARG(amount_words(a, within)), STR_ARG(off), STR_ARG(instant_words(a, due_us)), STR_ARG(unknown));
}
