/* The clock algebra: due dates, ladders, pauses, evidence. The traps of rules.md B4 that need no store. */
#include "pathway_support.h"

static struct arena *arena;
static struct calendar *cal; /* the days that the cases below need */

static struct clock_spec spec_of(int n, enum unit u, enum due_at d)
{
	return (struct clock_spec){.has_within = true, .within = {n, u}, .due_at = d, .met_count = 1};
}

static void due_is(struct clock_spec s, const char *start, const char *due)
{
	struct clock c = clock_start(&s, cal, at(start));
	assert_at(arena, c.due_us, due);
}

static void working_days(void **state)
{
	(void)state;
	struct clock_spec close = spec_of(1, UNIT_WORKING_DAY, DUE_CLOSE), midnight = spec_of(1, UNIT_WORKING_DAY, DUE_MIDNIGHT);
	due_is(close, "2015-07-31 16:10", "2015-08-03 17:00");    /* rules.md, the worked case */
	due_is(midnight, "2015-07-31 16:10", "2015-08-03 23:59");
	due_is(close, "2026-12-19 10:00", "2026-12-21 17:00");    /* starts on a Saturday: Monday is day 1 */
	due_is(close, "2026-12-25 10:00", "2026-12-29 17:00");    /* starts on Christmas Day */
	due_is(close, "2026-12-24 23:30", "2026-12-29 17:00");    /* would be due on Christmas Day */
	due_is(spec_of(0, UNIT_WORKING_DAY, DUE_CLOSE), "2026-12-19 10:00", "2026-12-21 17:00");
	due_is(spec_of(0, UNIT_WORKING_DAY, DUE_CLOSE), "2026-12-18 10:00", "2026-12-18 17:00");
	due_is(spec_of(-3, UNIT_WORKING_DAY, DUE_CLOSE), "2027-01-04 10:00", "2026-12-29 17:00"); /* T-CON-1 counts back */
}

static void received_in_office(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(1, UNIT_WORKING_DAY, DUE_MIDNIGHT);
	s.in_office_hours = true;
	due_is(s, "2026-12-19 10:00", "2026-12-22 23:59"); /* scenario 24: received Saturday, day 0 is Monday */
	due_is(s, "2026-12-18 17:01", "2026-12-22 23:59"); /* after the cut-off */
	due_is(s, "2026-12-18 17:00", "2026-12-21 23:59"); /* at it */
}

static void elapsed_hours_cross_the_clock_change(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(48, UNIT_HOUR, DUE_SAME_TIME); /* scenario 19, T-REF-2 */
	due_is(s, "2026-10-24 12:00", "2026-10-26 11:00");
	due_is(s, "2027-03-27 12:00", "2027-03-29 13:00");
	due_is(s, "2026-12-18 16:30", "2026-12-20 16:30"); /* scenario 5: weekends count */
	due_is(spec_of(2, UNIT_DAY, DUE_SAME_TIME), "2026-10-24 12:00", "2026-10-26 12:00"); /* days of the calendar do not shift */
}

static void months_clamp(void **state)
{
	(void)state;
	due_is(spec_of(3, UNIT_MONTH, DUE_MIDNIGHT), "2026-11-30 09:00", "2027-02-28 23:59");
	due_is(spec_of(3, UNIT_MONTH, DUE_MIDNIGHT), "2027-11-30 09:00", "2028-02-29 23:59");
	due_is(spec_of(6, UNIT_WEEK, DUE_CLOSE), "2026-11-13 09:00", "2026-12-25 17:00"); /* a statutory maximum stays on the day off */
}

static void working_hours(void **state)
{
	(void)state;
	struct clock_spec two = spec_of(2, UNIT_WORKING_HOUR, DUE_SAME_TIME);
	due_is(two, "2026-12-18 10:00", "2026-12-18 12:00");
	due_is(two, "2026-12-18 16:00", "2026-12-21 10:00"); /* over the weekend */
	due_is(two, "2026-12-18 15:00", "2026-12-18 17:00"); /* exactly at closing */
	due_is(two, "2026-12-19 03:00", "2026-12-21 11:00");
	due_is(two, "2026-12-24 16:00", "2026-12-29 10:00"); /* over Christmas */
	due_is(spec_of(16, UNIT_WORKING_HOUR, DUE_SAME_TIME), "2026-12-21 09:00", "2026-12-22 17:00");
	assert_at(arena, amount_from(cal, at("2026-12-21 10:00"), (struct amount){-2, UNIT_WORKING_HOUR}, DUE_SAME_TIME), "2026-12-18 16:00");
	assert_int_equal(working_minutes_between(cal, at("2026-12-18 16:00"), at("2026-12-21 10:00")), 120);
	assert_int_equal(working_minutes_between(cal, at("2026-12-18 20:00"), at("2026-12-20 10:00")), 0);
}

/* Working minutes: between undoes add, at every start. */
static void working_minutes_agree(void **state)
{
	(void)state;
	for (int64_t start = at("2026-12-14 00:05"); start < at("2027-01-12 00:00"); start += 97 * US_PER_MINUTE)
		for (int minutes = 1; minutes < 4000; minutes = minutes * 3 + 1) {
			int64_t due = add_working_minutes(cal, start, minutes);
			assert_int_equal(working_minutes_between(cal, start, due), minutes);
		}
}

static void the_ladder_climbs(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(1, UNIT_WORKING_DAY, DUE_CLOSE); /* F3.12: decision 1 wd, chase at 3, stage 1 at 5 */
	s.steps = 3;
	s.after[0] = (struct amount){0, UNIT_WORKING_DAY};
	s.after[1] = (struct amount){2, UNIT_WORKING_DAY};
	s.after[2] = (struct amount){4, UNIT_WORKING_DAY};
	s.has_warn = true;
	s.warn = (struct amount){2, UNIT_WORKING_HOUR};
	struct clock c = clock_start(&s, cal, at("2026-12-21 11:00"));
	static const struct {
		const char *when;
		enum fired what;
		int step;
	} expected[] = {{"2026-12-22 15:00", FIRED_WARNING, 0}, {"2026-12-22 17:00", FIRED_BREACH, 0},
			{"2026-12-24 17:00", FIRED_BREACH, 1}, {"2026-12-30 17:00", FIRED_BREACH, 2}};
	for (size_t i = 0; i < 4; i++) {
		int step;
		assert_at(arena, c.next_us, expected[i].when);
		assert_int_equal(clock_fire(&s, cal, &c, &step), expected[i].what);
		assert_int_equal(step, expected[i].step);
	}
	assert_true(c.next_us == NEVER);
	assert_int_equal(c.step, 3);
	assert_int_equal(c.state, CLOCK_RUNNING); /* it informs; it does not close itself */
}

static void evidence_in_time_late_and_recorded_late(void **state)
{
	(void)state;
	static const struct {
		const char *valid, *recorded;
		enum clock_state state;
	} cases[] = {{"2015-08-03 16:00", "2015-08-03 16:30", CLOCK_MET},
		     {"2015-08-05 09:00", "2015-08-05 09:00", CLOCK_MET_LATE},
		     {"2015-08-03 16:00", "2015-08-05 09:00", CLOCK_MET_RECORDED_LATE}};
	struct clock_spec s = spec_of(1, UNIT_WORKING_DAY, DUE_CLOSE);
	for (size_t i = 0; i < 3; i++) {
		struct clock c = clock_start(&s, cal, at("2015-07-31 16:10"));
		int step;
		if (at(cases[i].recorded) > c.due_us)
			clock_fire(&s, cal, &c, &step);
		int breached = c.step;
		assert_true(clock_evidence(&s, &c, at(cases[i].valid), at(cases[i].recorded)));
		assert_int_equal(c.state, cases[i].state);
		assert_int_equal(c.step, breached); /* what was known then stays */
	}
}

static void evidence_taken_back_reopens(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(1, UNIT_WORKING_DAY, DUE_CLOSE);
	struct clock c = clock_start(&s, cal, at("2015-07-31 16:10"));
	assert_true(clock_evidence(&s, &c, at("2015-08-01 10:00"), at("2015-08-01 10:00")));
	assert_true(c.next_us == NEVER);
	assert_true(clock_withdraw(&s, cal, &c));
	assert_int_equal(c.state, CLOCK_RUNNING);
	assert_at(arena, c.next_us, "2015-08-03 17:00"); /* and will fire, even when that is past by now */
}

static void several_evidences(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(30, UNIT_DAY, DUE_MIDNIGHT);
	s.met_count = 3;
	struct clock c = clock_start(&s, cal, at("2026-12-01 09:00"));
	assert_false(clock_evidence(&s, &c, at("2026-12-02 09:00"), at("2026-12-02 09:00")));
	assert_false(clock_evidence(&s, &c, at("2026-12-03 09:00"), at("2026-12-03 09:00")));
	assert_false(clock_withdraw(&s, cal, &c));
	assert_false(clock_evidence(&s, &c, at("2026-12-04 09:00"), at("2026-12-04 09:00")));
	assert_true(clock_evidence(&s, &c, at("2026-12-05 09:00"), at("2026-12-05 09:00")));
}

static void pause_keeps_what_is_left(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(20, UNIT_WORKING_DAY, DUE_MIDNIGHT);
	struct clock c = clock_start(&s, cal, at("2026-12-11 09:00")); /* T-LAC-2: due 13 January */
	assert_at(arena, c.due_us, "2027-01-13 23:59");
	assert_true(clock_pause(&s, cal, &c, at("2026-12-18 12:00"))); /* 5 used, 15 left */
	assert_int_equal(c.remaining, 15);
	assert_true(c.next_us == NEVER);
	assert_false(clock_pause(&s, cal, &c, at("2026-12-18 13:00")));
	assert_true(clock_resume(&s, cal, &c, at("2027-01-04 09:00")));
	assert_at(arena, c.due_us, "2027-01-25 23:59");
	assert_int_equal(c.paused_total_us, at("2027-01-04 09:00") - at("2026-12-18 12:00")); /* the total is still shown */
}

static void pause_of_hours_keeps_minutes(void **state)
{
	(void)state;
	struct clock_spec h = spec_of(48, UNIT_HOUR, DUE_SAME_TIME), wh = spec_of(4, UNIT_WORKING_HOUR, DUE_SAME_TIME);
	struct clock c = clock_start(&h, cal, at("2026-12-18 16:30"));
	clock_pause(&h, cal, &c, at("2026-12-18 17:00"));
	clock_resume(&h, cal, &c, at("2026-12-20 10:00"));
	assert_at(arena, c.due_us, "2026-12-22 09:30");
	c = clock_start(&wh, cal, at("2026-12-18 14:30"));
	clock_pause(&wh, cal, &c, at("2026-12-18 16:00"));
	assert_int_equal(c.remaining, 150);
	clock_resume(&wh, cal, &c, at("2026-12-21 12:00"));
	assert_at(arena, c.due_us, "2026-12-21 14:30");
}

static void a_pause_has_an_end(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(5, UNIT_WORKING_DAY, DUE_CLOSE);
	s.has_pause_max = true;
	s.pause_max = (struct amount){10, UNIT_WORKING_DAY};
	struct clock c = clock_start(&s, cal, at("2026-11-02 09:00"));
	clock_pause(&s, cal, &c, at("2026-11-04 09:00"));
	assert_at(arena, c.next_us, "2026-11-18 09:00");
	int step;
	assert_int_equal(clock_fire(&s, cal, &c, &step), FIRED_PAUSE_OVER);
	assert_int_equal(c.state, CLOCK_RUNNING);
	assert_at(arena, c.due_us, "2026-11-23 17:00"); /* 3 working days were left */
}

static void fixed_rhythm_restarts_at_due(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(6, UNIT_MONTH, DUE_MIDNIGHT);
	s.restart = RESTART_ELAPSED;
	struct clock c = clock_start(&s, cal, at("2026-01-10 09:00"));
	assert_true(clock_evidence(&s, &c, at("2026-05-01 09:00"), at("2026-05-01 09:00")));
	assert_at(arena, c.next_us, "2026-07-10 23:59");
	int step;
	assert_int_equal(clock_fire(&s, cal, &c, &step), FIRED_RESTART);
	assert_int_equal(c.state, CLOCK_MET);
	assert_true(c.next_us == NEVER);
}

static void an_event_makes_it_due(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(0, UNIT_HOUR, DUE_SAME_TIME);
	s.has_within = false; /* "before triage ends": no time, only an event */
	struct clock c = clock_start(&s, cal, at("2026-12-18 16:30"));
	assert_true(c.next_us == NEVER);
	clock_due_by(&s, cal, &c, at("2026-12-18 16:50"));
	assert_at(arena, c.next_us, "2026-12-18 16:50");
	clock_due_by(&s, cal, &c, at("2026-12-18 17:50")); /* later does not put it off */
	assert_at(arena, c.due_us, "2026-12-18 16:50");
}

static void a_moved_start_moves_due(void **state)
{
	(void)state;
	struct clock_spec s = spec_of(-3, UNIT_WORKING_DAY, DUE_CLOSE);
	struct clock c = clock_start(&s, cal, at("2027-01-06 10:00"));
	assert_true(clock_recompute(&s, cal, &c, at("2027-01-13 10:00")));
	assert_at(arena, c.next_us, "2027-01-08 17:00");
	assert_false(clock_recompute(&s, cal, &c, at("2027-01-13 10:00")));
}

static void due_dates_explain_themselves(void **state)
{
	(void)state;
	struct amount one = {1, UNIT_WORKING_DAY}, two_days = {48, UNIT_HOUR};
	struct str s = due_words(arena, cal, at("2026-12-24 16:10"), one, at("2026-12-29 17:00"));
	assert_true(str_is(s, "Thu 24 Dec 2026 16:10 + 1 working day (not counting 2 weekend days, bank holiday Fri 25 Dec, "
			      "bank holiday Mon 28 Dec) = Tue 29 Dec 2026 17:00"));
	s = due_words(arena, cal, at("2026-12-18 16:30"), two_days, at("2026-12-20 16:30"));
	assert_true(str_is(s, "Fri 18 Dec 2026 16:30 + 48 hours = Sun 20 Dec 2026 16:30"));
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(0);
	const struct json *j = parse_json(arena, STR("{\"ew\":{\"events\":[{\"date\":\"2015-08-31\"},{\"date\":\"2026-12-25\"},"
						     "{\"date\":\"2026-12-28\"},{\"date\":\"2027-01-01\"},{\"date\":\"2027-12-27\"}]}}"));
	return calendar_parse(arena, j, STR("ew"), &cal, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(working_days), cmocka_unit_test(received_in_office),
		cmocka_unit_test(elapsed_hours_cross_the_clock_change), cmocka_unit_test(months_clamp),
		cmocka_unit_test(working_hours), cmocka_unit_test(working_minutes_agree), cmocka_unit_test(the_ladder_climbs),
		cmocka_unit_test(evidence_in_time_late_and_recorded_late), cmocka_unit_test(evidence_taken_back_reopens),
		cmocka_unit_test(several_evidences), cmocka_unit_test(pause_keeps_what_is_left),
		cmocka_unit_test(pause_of_hours_keeps_minutes), cmocka_unit_test(a_pause_has_an_end),
		cmocka_unit_test(fixed_rhythm_restarts_at_due), cmocka_unit_test(an_event_makes_it_due),
		cmocka_unit_test(a_moved_start_moves_due), cmocka_unit_test(due_dates_explain_themselves),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
