#include "pathway/pathway_int.h"
#include "pathway/sim.h"

/* ---- one line a clock, one a firing ---- */

/* What a listener heard is no version of the log, so a replay cannot hear it again. */
static bool is_of_feed(struct str opened_by)
{
	return str_starts(opened_by, STR("event/"));
}

static bool clock_lines(struct sql *db, struct arena *a, int64_t since_us, struct lines *out, struct err *e)
{
	struct kept_list list;
	if (!keep_since(db, a, since_us, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		const struct kept *k = &list.v[i];
		if (!is_of_feed(k->opened_by))
			VEC_PUSH(a, &out->v,
				 str_printf(a, "%.*s|%.*s|%.*s|%.*s|%s|%lld|%lld|%d|%d", STR_ARG(k->rule), STR_ARG(k->opened_by), STR_ARG(k->key),
					    STR_ARG(k->subject), clock_state_name(k->c.state), (long long)k->c.start_us,
					    (long long)k->c.due_us, k->c.step, k->c.met));
	}
	return true;
}

bool digest_lines(struct sql *db, struct arena *a, int64_t since_us, struct lines *clocks, struct lines *firings, struct err *e)
{
	if (!clock_lines(db, a, since_us, clocks, e))
		return false;
	struct sql_stmt *s = sql_use(db, "pathway_firing_since");
	sql_bind_i64(s, 1, since_us);
	enum sql_step r;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		struct str rule = sql_str(s, 0), opened_by = sql_str(s, 1), key = sql_str(s, 2), kind = sql_str(s, 4);
		if (!is_of_feed(opened_by))
			VEC_PUSH(a, &firings->v,
				 str_printf(a, "%.*s|%.*s|%.*s|%lld|%lld|%.*s|%lld", STR_ARG(rule), STR_ARG(opened_by), STR_ARG(key),
					    (long long)sql_i64(s, 3), (long long)sql_i64(s, 6), STR_ARG(kind), (long long)sql_i64(s, 5)));
	}
	sql_done(s);
	return r == SQL_END;
}

struct str digest_of(struct arena *a, const struct lines *clocks, const struct lines *firings)
{
	struct buf all = buf_new(a, (size_t)1 << 32);
	for (size_t i = 0; i < clocks->v.n; i++)
		buf_printf(&all, "%.*s\n", STR_ARG(clocks->v.v[i]));
	for (size_t i = 0; i < firings->v.n; i++)
		buf_printf(&all, "%.*s\n", STR_ARG(firings->v.v[i]));
	return pw_sha256_hex(a, buf_str(&all));
}

/* ---- differences ---- */

static int str_compare(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

struct change_count {
	int64_t gained, lost;
};

static void count_line(struct arena *a, struct map *by_rule, struct str line, bool gained)
{
	struct str rule = line;
	str_next(&rule, '|', &line);
	struct change_count *c = map_get(by_rule, line);
	if (!c) {
		c = ARENA_NEW(a, struct change_count);
		map_put(by_rule, line, c);
	}
	c->gained += gained;
	c->lost += !gained;
}

static struct json *differences(struct arena *a, struct lines *stored, struct lines *now)
{
	qsort(stored->v.v, stored->v.n, sizeof(struct str), str_compare);
	qsort(now->v.v, now->v.n, sizeof(struct str), str_compare);
	struct map by_rule = map_new(a);
	size_t i = 0, k = 0;
	while (i < stored->v.n || k < now->v.n) {
		int order = i == stored->v.n ? 1 : k == now->v.n ? -1 : str_cmp(stored->v.v[i], now->v.v[k]);
		if (order != 0)
			count_line(a, &by_rule, order < 0 ? stored->v.v[i] : now->v.v[k], order > 0);
		i += order <= 0;
		k += order >= 0;
	}
	struct json *out = json_array(a);
	for (size_t r = 0; r < by_rule.n; r++) {
		const struct change_count *c = by_rule.entries[r].value;
		struct json *one = json_object(a);
		json_set_str(a, one, "rule", by_rule.entries[r].key);
		json_setz(a, one, "gained", json_int(a, c->gained));
		json_setz(a, one, "lost", json_int(a, c->lost));
		json_push(a, out, one);
	}
	return out;
}

/* ---- the run ---- */

static const struct pack_role *role_of(void *arg, struct str code)
{
	const struct pathway *w = arg;
	return pack_role(w->pack, code);
}

/* The whole log, so that what began before `since` is running then; *last_us is when the store's engine last did anything. */
static bool run_log(struct store_read *r, struct sim *sim, int64_t since_us, int64_t *events, int64_t *last_us, struct err *e)
{
	int64_t after = 0;
	for (;;) {
		struct resources page;
		if (!store_versions_after(r, after, 500, &page, e))
			return false;
		for (size_t i = 0; i < page.n; i++) {
			const struct resource *v = &page.v[i];
			after = v->seq;
			*last_us = v->recorded_us > *last_us ? v->recorded_us : *last_us;
			*events += v->recorded_us >= since_us;
			if (!sim_version(sim, v->type, v->id, v->deleted ? STR_NONE : v->body, v->version, v->recorded_us, e))
				return false;
		}
		if (page.n < 500)
			return true;
	}
}

static bool compare(struct sim *sim, struct store_read *r, struct arena *a, int64_t since_us, struct replay_report *out, struct err *e)
{
	struct lines clocks = {0}, firings = {0}, stored_clocks = {0}, stored_firings = {0};
	if (!digest_lines(sim_sql(sim), a, since_us, &clocks, &firings, e) ||
	    !digest_lines(store_read_sql(r), a, since_us, &stored_clocks, &stored_firings, e))
		return false;
	out->clocks = (int64_t)clocks.v.n;
	out->firings = (int64_t)firings.v.n;
	out->digest = digest_of(a, &clocks, &firings);
	out->stored_digest = digest_of(a, &stored_clocks, &stored_firings);
	out->differences = differences(a, &stored_firings, &firings);
	return true;
}

bool pathway_replay(struct pathway *w, struct store_read *r, struct arena *a, int64_t since_us, struct replay_report *out, struct err *e)
{
	*out = (struct replay_report){0};
	int64_t last_us;
	if (!keep_max(store_read_sql(r), "pathway_firing_last", &last_us, e))
		return false;
	struct sim *sim = sim_new(a, NULL, w->rules, role_of, w, false, e);
	if (!sim)
		return false;
	bool ok = run_log(r, sim, since_us, &out->events, &last_us, e) && sim_due(sim, last_us, e) && compare(sim, r, a, since_us, out, e);
	sim_end(sim);
	return ok;
}
