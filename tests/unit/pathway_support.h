/* What the pathway tests share: the calendar of the pack, suites, dates. */
#ifndef TEST_PATHWAY_SUPPORT_H
#define TEST_PATHWAY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pathway/internal.h"

#define CALENDAR_FILE "pack/england/calendar/bank-holidays-england-and-wales.yaml"

static inline struct str slurp(struct arena *a, const char *path)
{
	struct str text = STR_NONE;
	struct err e = ERR_INIT;
	struct env *env = env_system();
	if (!env->read_file(env, a, path, 1 << 22, &text, &e))
		fail_msg("%s", e.message);
	return text;
}

/* A file of the suites, or a null slice when they are not here. */
static inline struct str suite(struct arena *a, const char *name)
{
	const char *suites = getenv("HEED_SUITES");
	struct str text = STR_NONE;
	struct env *env = env_system();
	if (!suites || !env->read_file(env, a, str_c(a, str_printf(a, "%s/%s", suites, name)), 1 << 22, &text, NULL)) {
		print_message("skipped: no suite %s\n", name);
		return STR_NONE;
	}
	return text;
}

static inline const struct json *parse_json(struct arena *a, struct str text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, text, NULL, &j, &e))
		fail_msg("%s", e.message);
	return j;
}

static inline int64_t day_of(struct str iso)
{
	struct date d;
	assert_true(date_parse(iso, DATE_KIND_DATE, &d, NULL));
	return days_from_civil(d.year, d.month, d.day);
}

static inline int64_t day(const char *iso)
{
	return day_of(str_from(iso));
}

/* "2015-07-31 16:10", local. */
static inline int64_t at(const char *local)
{
	int h = (local[11] - '0') * 10 + local[12] - '0', m = (local[14] - '0') * 10 + local[15] - '0';
	return us_from_local(day_of((struct str){local, 10}), h, m, 0);
}

static inline void assert_at(struct arena *a, int64_t us, const char *local)
{
	struct local_time t = local_from_us(us);
	struct str got = str_printf(a, "%.*s %02d:%02d", STR_ARG(date_iso_days(a, t.days)), t.hour, t.minute);
	if (!str_is(got, local))
		fail_msg("expected %s, got %.*s", local, STR_ARG(got));
}

#endif
