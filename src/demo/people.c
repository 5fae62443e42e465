#include "demo/people.h"

#include <stdio.h>

enum { LINES_MAX = 1 << 20, SAMPLE_EVERY = 10, CHANGE_PUTS = 400 };

/* Lines of NDJSON as one change. */
static bool commit_lines(struct arena *a, struct store *s, struct str lines, struct err *e)
{
	VEC(struct put) puts = {0};
	struct str line;
	while (str_next(&lines, '\n', &line)) {
		struct json *body;
		if (!line.n)
			continue;
		if (!json_parse(a, line, NULL, &body, e))
			return false;
		VEC_PUSH(a, &puts, (struct put){STORE_UPDATE, json_str(body, "resourceType"), json_str(body, "id"), body, 0, STR_NONE, STR_NONE});
	}
	struct change change = {.act = {.agent = STR("system"), .channel = STR("cli")}, .puts = puts.v, .n = puts.n};
	change.results = ARENA_ARRAY(a, struct put_result, puts.n + 1);
	return puts.n == 0 || store_commit(s, a, &change, e);
}

static struct attender attender(const struct household *h, const struct resident *r)
{
	struct attender x = {.resident = *r, .practice = h->practice};
	snprintf(x.house_line, sizeof x.house_line, "%d %s %s", h->house, h->street_name, h->street_kind);
	snprintf(x.postcode, sizeof x.postcode, "%s", h->postcode);
	snprintf(x.phone, sizeof x.phone, "%s", h->phone);
	return x;
}

static void write_household(struct buf *b, const struct household *h)
{
	for (int i = 0; i < h->n; i++) {
		population_write_patient(b, h, &h->members[i]);
		buf_char(b, '\n');
		population_write_ties(b, h, &h->members[i]);
	}
	population_write_group(b, h);
	buf_char(b, '\n');
}

bool people_fill(struct arena *a, const struct fill *f, size_t *written, struct attenders *sample, struct err *e)
{
	struct population p = {f->seed, f->people};
	struct household h;
	struct arena *scratch = arena_new(0);
	struct buf lines = buf_new(scratch, LINES_MAX);
	uint64_t first = 0;
	size_t pending = 0;
	bool ok = true;
	sample->v = ARENA_ARRAY(a, struct attender, f->people / SAMPLE_EVERY + HOUSEHOLD_MAX);
	for (uint64_t number = 0; ok && first < p.people; number++, first += (uint64_t)h.n) {
		population_household(&p, number, first, &h);
		write_household(&lines, &h);
		for (int i = 0; i < h.n; i++)
			if (h.members[i].number % SAMPLE_EVERY == 0)
				sample->v[sample->n++] = attender(&h, &h.members[i]);
		pending += (size_t)h.n * 2;
		if (pending < CHANGE_PUTS && first + (uint64_t)h.n < p.people)
			continue;
		ok = commit_lines(scratch, f->store, buf_str(&lines), e);
		arena_reset(scratch);
		lines = buf_new(scratch, LINES_MAX);
		pending = 0;
	}
	arena_destroy(scratch);
	*written = (size_t)first;
	return ok;
}
