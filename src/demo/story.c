#include "demo/story.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "demo/story_entries.h"
#include "demo/story_people.h"
#include "yaml/yaml.h"

enum { MAX_FILES = 500, MAX_FILE_BYTES = 1 << 20, FOUNDED_DAYS = 430 };

/* ---- times told from now ---- */

static bool take_amount(struct str *s, int *amount, char *unit)
{
	size_t n = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	int64_t v;
	if (!n || n == s->n || !str_to_i64(str_sub(*s, 0, n), &v) || v > 40000)
		return false;
	*amount = (int)v;
	*unit = s->p[n];
	*s = str_sub(*s, n + 1, s->n);
	return true;
}

static bool move_days(int64_t *days, int amount, char unit)
{
	switch (unit) {
	case 'y':
		*days = days_add_months(*days, amount * 12);
		return true;
	case 'm':
		*days = days_add_months(*days, amount);
		return true;
	case 'w':
		*days += (int64_t)amount * 7;
		return true;
	case 'd':
		*days += amount;
		return true;
	default:
		return false;
	}
}

static bool parse_hour(struct str s, int *hour, int *minute)
{
	int64_t h, m;
	if (s.n != 5 || s.p[2] != ':' || !str_to_i64(str_sub(s, 0, 2), &h) || !str_to_i64(str_sub(s, 3, 5), &m))
		return false;
	*hour = (int)h;
	*minute = (int)m;
	return h >= 0 && h < 24 && m >= 0 && m < 60;
}

bool story_when(struct str text, int64_t now_us, int64_t *at_us, bool *is_date)
{
	if (text.n < 3 || text.p[0] != '@' || (text.p[1] != '-' && text.p[1] != '+'))
		return false;
	int sign = text.p[1] == '-' ? -1 : 1, hour = 0, minute = 0;
	int64_t days = local_from_us(now_us).days;
	struct str rest = str_sub(text, 2, text.n), amounts;
	str_next(&rest, ' ', &amounts);
	*is_date = rest.p == NULL;
	if (!*is_date && !parse_hour(rest, &hour, &minute))
		return false;
	while (amounts.n) {
		int amount;
		char unit;
		if (!take_amount(&amounts, &amount, &unit) || !move_days(&days, sign * amount, unit))
			return false;
	}
	*at_us = us_from_local(days, hour, minute, 0);
	return true;
}

static bool fill_text(struct arena *a, struct json *j, int64_t now_us, struct err *e)
{
	int64_t at_us;
	bool is_date;
	if (!j->text.n || j->text.p[0] != '@')
		return true;
	if (str_starts(j->text, STR("@@"))) {
		j->text = str_sub(j->text, 1, j->text.n);
		return true;
	}
	if (!story_when(j->text, now_us, &at_us, &is_date))
		return err_set(e, ERR_VALUE, "\"%.*s\" is not a time told from now", STR_ARG(j->text));
	j->text = is_date ? date_iso_days(a, local_from_us(at_us).days) : date_local_iso(a, at_us);
	return true;
}

static bool fill_times(struct arena *a, struct json *j, int64_t now_us, struct err *e)
{
	if (j->type == JSON_STRING)
		return fill_text(a, j, now_us, e);
	for (size_t i = 0; i < json_n(j); i++)
		if (!fill_times(a, j->type == JSON_ARRAY ? j->items[i] : j->members[i].value, now_us, e))
			return false;
	return true;
}

/* ---- files ---- */

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool list_files(struct arena *a, const char *dir, const char **names, size_t *n, struct err *e)
{
	DIR *d = opendir(dir);
	if (!d)
		return err_set(e, ERR_NOT_FOUND, "cannot open the folder \"%s\"", dir);
	for (struct dirent *entry = readdir(d); entry && *n < MAX_FILES; entry = readdir(d))
		if (str_ends(str_from(entry->d_name), STR(".yaml")))
			names[(*n)++] = str_c(a, str_from(entry->d_name));
	closedir(d);
	qsort(names, *n, sizeof *names, by_name);
	return true;
}

typedef VEC(struct story_event) event_list;

static bool take_event(struct arena *a, struct json *event, struct str story, size_t i, event_list *out, struct err *e)
{
	struct story_event got = {.story = story, .by = json_str(event, "by"), .puts = json_getz(event, "put")};
	struct date at;
	if (!date_parse(json_str(event, "at"), DATE_KIND_DATETIME, &at, NULL) || at.precision < DATE_SECOND)
		return err_set(e, ERR_VALUE, "an event of \"%.*s\" has no time such as \"@-3d 16:10\"", STR_ARG(story));
	got.at_us = date_lo_us(&at);
	if (!json_is(got.puts, JSON_ARRAY) || !got.by.n)
		return err_set(e, ERR_REQUIRED, "an event of \"%.*s\" needs by and put", STR_ARG(story));
	struct story_place place = {story, i, json_str(event, "at"), got.by};
	if (!story_entries(a, json_getz(event, "put"), &place, e))
		return false;
	story_mark_synthetic(a, json_getz(event, "put"));
	VEC_PUSH(a, out, got);
	return true;
}

/* The people, ties, homes and teams were there before anything happened. */
static bool take_people(struct arena *a, const struct json *story, struct str id, int64_t now_us, event_list *out, struct err *e)
{
	struct json *puts = json_array(a);
	if (!story_people(a, story, puts, e))
		return false;
	story_mark_synthetic(a, puts);
	int64_t at_us = us_from_local(local_from_us(now_us).days - FOUNDED_DAYS, 9, 0, 0);
	if (json_n(puts))
		VEC_PUSH(a, out, (struct story_event){.at_us = at_us, .story = id, .by = STR("registry"), .puts = puts});
	return true;
}

static bool take_story(struct arena *a, struct json *story, int64_t now_us, event_list *out, struct err *e)
{
	struct str id = json_str(story, "id");
	const struct json *events = json_getz(story, "events");
	if (!id.n || !json_n(events))
		return err_set(e, ERR_REQUIRED, "a story needs id and events");
	if (!fill_times(a, story, now_us, e) || !take_people(a, story, id, now_us, out, e))
		return false;
	for (size_t i = 0; i < json_n(events); i++)
		if (!take_event(a, json_at(events, i), id, i, out, e))
			return false;
	return true;
}

static bool take_file(struct arena *a, struct env *env, const char *path, int64_t now_us, event_list *out, size_t *stories, struct err *e)
{
	struct str text;
	struct yaml_docs docs;
	if (!env->read_file(env, a, path, MAX_FILE_BYTES, &text, e) || !yaml_parse(a, text, &docs, e))
		return err_context(e, "%s", path);
	for (size_t i = 0; i < docs.n; i++) {
		if (!take_story(a, docs.v[i].root, now_us, out, e))
			return err_context(e, "%s:%d", path, docs.v[i].line);
		++*stories;
	}
	return true;
}

/* A merge sort: insertion order breaks ties, so that one story's events at the same minute keep their order. */
static void sort_events(struct arena *a, event_list *events)
{
	struct story_event *sorted = ARENA_ARRAY(a, struct story_event, events->n + 1);
	for (size_t width = 1; width < events->n; width *= 2) {
		for (size_t lo = 0; lo < events->n; lo += 2 * width) {
			size_t mid = lo + width < events->n ? lo + width : events->n;
			size_t hi = lo + 2 * width < events->n ? lo + 2 * width : events->n;
			size_t i = lo, j = mid, k = lo;
			while (k < hi)
				sorted[k++] = j >= hi || (i < mid && events->v[i].at_us <= events->v[j].at_us) ? events->v[i++] : events->v[j++];
		}
		memcpy(events->v, sorted, events->n * sizeof *sorted);
	}
}

bool story_load(struct arena *a, struct env *env, const char *dir, int64_t now_us, struct stories *out, struct err *e)
{
	const char **names = ARENA_ARRAY(a, const char *, MAX_FILES);
	size_t n = 0;
	event_list events = {0};
	*out = (struct stories){0};
	if (!list_files(a, dir, names, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *path = str_c(a, str_printf(a, "%s/%s", dir, names[i]));
		if (!take_file(a, env, path, now_us, &events, &out->story_count, e))
			return false;
	}
	sort_events(a, &events);
	out->v = events.v;
	out->n = events.n;
	return true;
}
