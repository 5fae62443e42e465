#include "pathway/internal.h"

bool clock_is_open(enum clock_state s)
{
	return s == CLOCK_RUNNING || s == CLOCK_PAUSED;
}

bool clock_is_met(enum clock_state s)
{
	return s == CLOCK_MET || s == CLOCK_MET_LATE || s == CLOCK_MET_RECORDED_LATE;
}

static const struct {
	const char *name, *words;
} states[] = {
	[CLOCK_RUNNING] = {"running", "running"},
	[CLOCK_PAUSED] = {"paused", "paused"},
	[CLOCK_MET] = {"met", "met in time"},
	[CLOCK_MET_LATE] = {"met-late", "met late"},
	[CLOCK_MET_RECORDED_LATE] = {"met-recorded-late", "met in time, recorded late"},
	[CLOCK_CANCELLED] = {"cancelled", "cancelled"},
	[CLOCK_SUPERSEDED] = {"superseded", "replaced by a newer clock"},
};

const char *clock_state_name(enum clock_state s)
{
	return states[s].name;
}

const char *clock_state_words(enum clock_state s)
{
	return states[s].words;
}

static int64_t due_of(const struct clock_spec *spec, const struct calendar *cal, int64_t start_us)
{
	if (!spec->has_within)
		return NEVER;
	int64_t from = spec->in_office_hours ? received_in_office_hours(cal, start_us) : start_us;
	return amount_from(cal, from, spec->within, spec->due_at);
}

static int64_t step_us(const struct clock_spec *spec, const struct calendar *cal, const struct clock *c, int step)
{
	if (c->due_us == NEVER)
		return NEVER;
	if (spec->steps == 0 || spec->after[step].n == 0)
		return c->due_us;
	return amount_from(cal, c->due_us, spec->after[step], DUE_SAME_TIME);
}

static int64_t warn_us(const struct clock_spec *spec, const struct calendar *cal, const struct clock *c)
{
	if (!spec->has_warn || c->warned || c->due_us == NEVER)
		return NEVER;
	return amount_from(cal, c->due_us, amount_negative(spec->warn), DUE_SAME_TIME);
}

static int ladder_length(const struct clock_spec *spec)
{
	return spec->steps ? (int)spec->steps : 1;
}

int64_t clock_next(const struct clock_spec *spec, const struct calendar *cal, const struct clock *c)
{
	if (c->state == CLOCK_PAUSED)
		return c->pause_until;
	if (clock_is_met(c->state))
		return spec->restart == RESTART_ELAPSED ? c->due_us : NEVER;
	if (c->state != CLOCK_RUNNING)
		return NEVER;
	int64_t step = c->step < ladder_length(spec) ? step_us(spec, cal, c, c->step) : NEVER;
	if (c->step == 0) { /* once it has breached, a warning says nothing */
		int64_t warn = warn_us(spec, cal, c);
		return warn < step ? warn : step;
	}
	return step;
}

struct clock clock_start(const struct clock_spec *spec, const struct calendar *cal, int64_t start_us)
{
	struct clock c = {.state = CLOCK_RUNNING, .start_us = start_us, .due_us = due_of(spec, cal, start_us), .pause_until = NEVER};
	c.next_us = clock_next(spec, cal, &c);
	return c;
}

bool clock_recompute(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t start_us)
{
	int64_t due = due_of(spec, cal, start_us);
	c->start_us = start_us;
	if (due == c->due_us || c->state != CLOCK_RUNNING || c->paused_total_us)
		return false;
	c->due_us = due;
	c->next_us = clock_next(spec, cal, c);
	return true;
}

void clock_due_by(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t us)
{
	if (c->state != CLOCK_RUNNING || c->due_us <= us)
		return;
	c->due_us = us;
	c->next_us = clock_next(spec, cal, c);
}

enum fired clock_fire(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int *step)
{
	enum fired what = FIRED_BREACH;
	*step = c->step;
	if (c->state == CLOCK_PAUSED) {
		what = FIRED_PAUSE_OVER;
		clock_resume(spec, cal, c, c->pause_until);
	} else if (clock_is_met(c->state)) {
		what = FIRED_RESTART;
		c->next_us = NEVER;
		return what;
	} else if (c->step == 0 && !c->warned && c->next_us < step_us(spec, cal, c, 0)) {
		what = FIRED_WARNING;
		c->warned = true;
	} else {
		c->step++;
	}
	c->next_us = clock_next(spec, cal, c);
	return what;
}

bool clock_evidence(const struct clock_spec *spec, struct clock *c, int64_t valid_us, int64_t recorded_us)
{
	if (!clock_is_open(c->state) || ++c->met < (spec->met_count > 1 ? spec->met_count : 1))
		return false;
	/* A paused clock has not come due: what arrives meanwhile is in time. */
	bool paused = c->state == CLOCK_PAUSED && c->step == 0;
	if (paused || recorded_us <= c->due_us)
		c->state = CLOCK_MET;
	else
		c->state = valid_us <= c->due_us ? CLOCK_MET_RECORDED_LATE : CLOCK_MET_LATE;
	c->next_us = spec->restart == RESTART_ELAPSED ? c->due_us : NEVER;
	return true;
}

bool clock_withdraw(const struct clock_spec *spec, const struct calendar *cal, struct clock *c)
{
	if (c->met > 0)
		c->met--;
	if (!clock_is_met(c->state))
		return false;
	c->state = CLOCK_RUNNING;
	c->next_us = clock_next(spec, cal, c);
	return true;
}

/* ---- pause ---- */

static int64_t remaining_at(const struct clock_spec *spec, const struct calendar *cal, const struct clock *c, int64_t at_us)
{
	int64_t day = local_from_us(at_us).days, due_day = local_from_us(c->due_us).days;
	switch (spec->within.unit) {
	case UNIT_WORKING_DAY:
		return calendar_between(cal, day, due_day);
	case UNIT_WORKING_HOUR:
		return working_minutes_between(cal, at_us, c->due_us);
	case UNIT_MINUTE:
	case UNIT_HOUR:
		return c->due_us - at_us;
	default:
		return due_day - day;
	}
}

static int64_t due_after(const struct clock_spec *spec, const struct calendar *cal, const struct clock *c, int64_t at_us)
{
	struct local_time due = local_from_us(c->due_us);
	int64_t day = local_from_us(at_us).days;
	switch (spec->within.unit) {
	case UNIT_WORKING_DAY:
		day = working_day_from(cal, day, (int)c->remaining);
		break;
	case UNIT_WORKING_HOUR:
		return add_working_minutes(cal, at_us, c->remaining);
	case UNIT_MINUTE:
	case UNIT_HOUR:
		return at_us + c->remaining;
	default:
		day += c->remaining;
	}
	return us_from_local(day, due.hour, due.minute, due.second);
}

bool clock_pause(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t at_us)
{
	if (c->state != CLOCK_RUNNING || !spec->has_within || spec->within.n < 0)
		return false;
	c->state = CLOCK_PAUSED;
	c->paused_us = at_us;
	c->remaining = at_us < c->due_us ? remaining_at(spec, cal, c, at_us) : 0;
	c->pause_until = spec->has_pause_max ? amount_from(cal, at_us, spec->pause_max, DUE_SAME_TIME) : NEVER;
	c->next_us = c->pause_until;
	return true;
}

bool clock_resume(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t at_us)
{
	if (c->state != CLOCK_PAUSED)
		return false;
	c->state = CLOCK_RUNNING;
	c->paused_total_us += at_us - c->paused_us;
	if (c->paused_us < c->due_us)
		c->due_us = due_after(spec, cal, c, at_us);
	c->pause_until = NEVER;
	c->next_us = clock_next(spec, cal, c);
	return true;
}

void clock_close(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, enum clock_state state)
{
	c->state = state;
	c->next_us = clock_next(spec, cal, c);
}
