/* amount: how long a clock gives, and what instant that is. Pure: a calendar and numbers in, an instant out.
 *
 * Units and rules are those of requirements.md section 7:
 *   wd   the n-th working day strictly after the start's local date; a start on a day off counts the next working day as day 1
 *   wh   hours in which the office is open
 *   h, min   elapsed time, whatever day or season (48 h over the clock change is 48 h)
 *   d, wk    days of the calendar
 *   mo   months of the calendar, clamped to the end of the month; a due date on a day off stays (a statutory maximum)
 * Counting back is the mirror: 1 wd before a date is the working day before it.
 */
#ifndef HEED_PATHWAY_AMOUNT_H
#define HEED_PATHWAY_AMOUNT_H

#include "pathway/pathway.h"

enum unit { UNIT_WORKING_DAY, UNIT_WORKING_HOUR, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH };

struct amount {
	int n;
	enum unit unit;
};

enum due_at { DUE_SAME_TIME, DUE_CLOSE, DUE_MIDNIGHT };

bool clock_unit_parse(struct str code, enum unit *out);
bool unit_is_elapsed(enum unit u);      /* h and min: the time of day follows, no due_at applies */
bool unit_needs_calendar(enum unit u);  /* wd and wh: a changed calendar moves it */

/* The instant n units after (or, n < 0, before) an instant. cal may be NULL when the unit needs none. */
int64_t amount_from(const struct calendar *cal, int64_t us, struct amount by, enum due_at at);
struct amount amount_negative(struct amount x);

/* "received in office hours" (section 7 rule 2): after close, or on a day off, it counts as received when the office next opens. */
int64_t received_in_office_hours(const struct calendar *cal, int64_t us);

int64_t working_minutes_between(const struct calendar *cal, int64_t from_us, int64_t to_us);

int64_t add_working_minutes(const struct calendar *cal, int64_t us, int64_t minutes);
/* The n-th working day after; 0 is that day itself, or the next working one. */
int64_t working_day_from(const struct calendar *cal, int64_t day, int n);

struct str amount_words(struct arena *a, struct amount x);  /* "1 working day", "48 hours" */
struct str instant_words(struct arena *a, int64_t us);      /* "Fri 31 Jul 2015 16:10" */
/* How a due date came about: "Fri 31 Jul 2015 16:10 + 1 working day (not counting 2 weekend days) = Mon 3 Aug 2015 17:00". */
struct str due_words(struct arena *a, const struct calendar *cal, int64_t start_us, struct amount within, int64_t due_us);

#endif
