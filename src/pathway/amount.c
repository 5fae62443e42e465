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

static void add_amount(struct buf *b, struct amount x)
{
	int n = x.n < 0 ? -x.n : x.n;
	buf_i64(b, n);
	buf_char(b, ' ');
	buf_c(b, n == 1 ? units[x.unit].one : units[x.unit].many);
}

struct str amount_words(struct arena *a, struct amount x)
{
	struct buf b = buf_new(a, 64);
	add_amount(&b, x);
	return buf_str(&b);
}

static void add_day(struct buf *b, int64_t days, bool with_year)
{
	static const char *const weekdays[] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};
	static const char *const months[] = {" Jan", " Feb", " Mar", " Apr", " May", " Jun", " Jul", " Aug", " Sep", " Oct", " Nov", " Dec"};
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	buf_c(b, weekdays[weekday(days)]);
	buf_i64(b, d);
	buf_c(b, months[m - 1]);
	if (!with_year)
		return;
	buf_char(b, ' ');
	buf_i64(b, y);
}

static void add_two_digits(struct buf *b, int n)
{
	buf_char(b, (char)('0' + n / 10));
	buf_char(b, (char)('0' + n % 10));
}

static void add_instant(struct buf *b, int64_t us)
{
	struct local_time t = local_from_us(us);
	add_day(b, t.days, true);
	buf_char(b, ' ');
	add_two_digits(b, t.hour);
	buf_char(b, ':');
	add_two_digits(b, t.minute);
}

struct str instant_words(struct arena *a, int64_t us)
{
	struct buf b = buf_new(a, 64);
	add_instant(&b, us);
	return buf_str(&b);
}

/* The days off between, both included: weekends counted, bank holidays named. */
static void add_days_off(struct buf *b, const struct calendar *cal, int64_t from, int64_t to)
{
	int weekend = 0, named = 0;
	struct buf holidays = buf_new(b->arena, 2000);
	for (int64_t d = from; d <= to && d - from < 1000; d++) {
		if (weekday(d) > 4) {
			weekend++;
		} else if (!calendar_is_working(cal, d)) {
			buf_c(&holidays, named++ ? ", bank holiday " : "bank holiday ");
			add_day(&holidays, d, false);
		}
	}
	if (!weekend && !named)
		return;
	buf_c(b, " (not counting ");
	if (weekend) {
		buf_i64(b, weekend);
		buf_c(b, weekend == 1 ? " weekend day" : " weekend days");
		buf_c(b, named ? ", " : "");
	}
	buf_add(b, buf_str(&holidays));
	buf_char(b, ')');
}

struct str due_words(struct arena *a, const struct calendar *cal, int64_t start_us, struct amount within, int64_t due_us)
{
	int64_t from = local_from_us(start_us).days, to = local_from_us(due_us).days;
	bool working = cal && unit_needs_calendar(within.unit);
	struct buf b = buf_new(a, 4000);
	add_instant(&b, start_us);
	buf_c(&b, within.n < 0 ? " - " : " + ");
	add_amount(&b, within);
	if (working)
		add_days_off(&b, cal, within.n < 0 ? to : from + 1, within.n < 0 ? from - 1 : to);
	buf_c(&b, " = ");
	add_instant(&b, due_us);
	if (working && !calendar_covers(cal, to))
		buf_c(&b, "; bank holidays of that year are not known yet");
	return buf_str(&b);
}
