#include "pathway/pathway_int.h"
#include "pathway/sim.h"

/* The engine as a hook of the store: versions come in as they are written, what rules make goes out in the same transaction. A version that
 * a rule wrote waits until the event that caused it is done: so the order is that of seq, in the store and in a replay. */

struct here {
	struct pathway *w;
	struct txn *t;
};

/* ---- the world ---- */

static bool parse_body(struct arena *a, struct str body, const struct json **out, struct err *e)
{
	struct json *j = NULL;
	bool ok = json_parse(a, body, NULL, &j, e);
	*out = j;
	return ok;
}

static bool world_get(void *arg, struct str type, struct str id, const struct json **out, struct err *e)
{
	struct here *h = arg;
	struct resource r;
	struct err missing = ERR_INIT;
	*out = NULL;
	if (!txn_get(h->t, type, id, &r, &missing)) {
		if (missing.code == ERR_NOT_FOUND || missing.code == ERR_GONE)
			return true;
		*e = missing;
		return false;
	}
	return r.deleted ? true : parse_body(txn_arena(h->t), r.body, out, e);
}

static bool world_search(void *arg, const struct query *q, struct found *out, struct err *e)
{
	struct here *h = arg;
	struct arena *a = txn_arena(h->t);
	struct search *search;
	struct search_page page;
	struct str text = str_printf(a, "%.*s&_count=200", STR_ARG(query_string(a, q)));
	if (!search_parse(a, q->type, text, txn_now_us(h->t), &search, e) || !txn_search(h->t, search, &page, e))
		return false;
	out->n = page.matches.n;
	out->v = ARENA_ARRAY(a, const struct json *, out->n);
	for (size_t i = 0; i < out->n; i++)
		if (!parse_body(a, page.matches.v[i].body, &out->v[i], e))
			return false;
	return true;
}

static bool world_put(void *arg, const struct json *resource, bool create, struct err *e)
{
	struct here *h = arg;
	struct arena *a = txn_arena(h->t);
	struct fhir_outcome *outcome = fhir_outcome_new(a);
	if (!fhir_validate(a, resource, STR_NONE, outcome)) {
		const struct fhir_issue *i = &outcome->issues.v[0];
		return err_set(e, ERR_INVARIANT, "what the rule makes is not valid: %.*s %.*s", STR_ARG(i->expression), STR_ARG(i->diagnostics));
	}
	(void)create;
	struct put put = {.method = STORE_UPDATE, .type = json_str(resource, "resourceType"), .id = json_str(resource, "id"), .body = resource};
	struct put_result result;
	return txn_put(h->t, &put, &result, e);
}

static const struct pack_role *world_role(void *arg, struct str code)
{
	struct here *h = arg;
	return pack_role(h->w->pack, code);
}

static struct engine engine_here(struct here *h, struct world *world)
{
	struct pathway *w = h->w;
	*world = (struct world){.arg = h, .get = world_get, .search = world_search, .put = world_put, .role = world_role, .pack = w->pack};
	return (struct engine){.world = world,
			       .db = txn_sql(h->t),
			       .a = txn_arena(h->t),
			       .rules = w->rules,
			       .roles = &w->roles,
			       .next_clock = &w->next_clock,
			       .next_firing = &w->next_firing,
			       .recorded_us = txn_now_us(h->t)};
}

/* ---- running, and what waits ---- */

static void forget_waiting(struct pathway *w)
{
	w->queue.v = NULL;
	w->queue.n = w->queue.cap = 0;
	w->running = false;
}

static bool drain(struct pathway *w, struct engine *g, struct err *e)
{
	for (size_t i = 0; i < w->queue.n; i++) {
		struct event ev = w->queue.v[i];
		if (!engine_event(g, &ev, e))
			return false;
	}
	return true;
}

static bool finish(struct pathway *w, struct engine *g, bool ok, struct err *e)
{
	ok = ok && drain(w, g, e);
	forget_waiting(w);
	if (!ok) { /* the job is undone; what it taught us about roles may be, too */
		arena_reset(w->roles.arena);
		w->roles.holders = map_new(w->roles.arena);
	}
	return ok;
}

static struct event event_of(struct arena *a, const struct store_event *in)
{
	const struct resource *r = in->resource;
	struct event ev = {.name = r->type,
			   .ref = pw_ref_of(a, r->type, r->id),
			   .version = r->version,
			   .recorded_us = r->recorded_us,
			   .body = in->body ? in->body : in->previous,
			   .previous = in->previous,
			   .removed = in->body == NULL};
	ev.versioned = str_printf(a, "%.*s/_history/%lld", STR_ARG(ev.ref), (long long)r->version);
	return ev;
}

/* ---- reindexing: the store's index is as of now, while the log is told from its beginning; so the engine sees a world of its own, made
 * from the log alone, and keeps its clocks where they belong. What rules made is in the log, a little further on. ---- */

static const struct pack_role *rebuild_role(void *arg, struct str code)
{
	const struct pathway *w = arg;
	return pack_role(w->pack, code);
}

static bool rebuild(struct pathway *w, struct txn *t, const struct store_event *in, struct err *e)
{
	if (!w->rebuilding) {
		w->rebuilding_arena = arena_new(0);
		w->rebuilding = sim_new(w->rebuilding_arena, txn_sql(t), w->rules, rebuild_role, w, false, e);
		if (!w->rebuilding)
			return false;
		sim_engine(w->rebuilding)->next_clock = &w->next_clock;
		sim_engine(w->rebuilding)->next_firing = &w->next_firing;
	}
	const struct resource *r = in->resource;
	struct str body = in->body ? str_dup(w->rebuilding_arena, r->body) : STR_NONE;
	return sim_version(w->rebuilding, r->type, r->id, body, r->version, r->recorded_us, e);
}

static bool wrote(void *arg, struct txn *t, const struct store_event *in, struct err *e)
{
	struct pathway *w = arg;
	if (txn_reindexing(t))
		return rebuild(w, t, in, e);
	pathway_end_rebuilding(w);
	struct arena *a = txn_arena(t);
	struct event ev = event_of(a, in);
	if (!ev.body)
		return true;
	if (w->running) {
		VEC_PUSH(a, &w->queue, ev);
		return true;
	}
	struct here h = {w, t};
	struct world world;
	struct engine g = engine_here(&h, &world);
	w->running = true;
	return finish(w, &g, engine_event(&g, &ev, e), e);
}

static int64_t next_due(void *arg, struct sql *db)
{
	(void)arg;
	struct sql_stmt *s = sql_use(db, "pathway_next_us");
	int64_t next = sql_step(s, NULL) == SQL_ROW && !sql_is_null(s, 0) ? sql_i64(s, 0) : NEVER;
	sql_done(s);
	return next;
}

static bool due(void *arg, struct txn *t, int64_t now_us, struct err *e)
{
	struct pathway *w = arg;
	struct here h = {w, t};
	struct world world;
	struct engine g = engine_here(&h, &world);
	pathway_end_rebuilding(w);
	g.recorded_us = now_us;
	w->running = true;
	return finish(w, &g, engine_due(&g, now_us, e), e);
}

static bool forget(void *arg, struct sql *db, struct err *e)
{
	static const char *const all[] = {"pathway_forget_evidence", "pathway_forget_firings", "pathway_forget_clocks", "pathway_forget_aliases"};
	struct pathway *w = arg;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!sql_run(sql_use(db, all[i]), e))
			return false;
	pathway_end_rebuilding(w);
	return keep_max(db, "pathway_clock_max", &w->next_clock, e) && keep_max(db, "pathway_firing_max", &w->next_firing, e);
}

/* ---- starting ---- */

static bool keep_rules(struct pathway *w, struct sql *db, struct err *e)
{
	for (size_t i = 0; i < w->rules->list.n; i++) {
		const struct rule *r = w->rules->list.v[i];
		struct sql_stmt *s = sql_use(db, "pathway_rule_insert");
		sql_bind_str(s, 1, r->digest);
		sql_bind_str(s, 2, r->name);
		sql_bind_str(s, 3, r->version);
		sql_bind_str(s, 4, r->body);
		if (!sql_run(s, e))
			return false;
	}
	return true;
}

/* Rules that the pack no longer has in that version, but clocks still run by. */
static bool load_kept(struct pathway *w, struct sql *db, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "pathway_rules_running");
	struct rule_source source = pathway_source(w);
	enum sql_step r;
	bool ok = true;
	while (ok && (r = sql_step(s, e)) == SQL_ROW)
		if (!rules_find(w->rules, sql_str(s, 0)))
			ok = rules_add_kept(w->rules, sql_str(s, 0), sql_str(s, 1), &source, e);
	sql_done(s);
	return ok && r == SQL_END;
}

static bool same_calendar(struct sql *db, const struct pack_resource *r, bool *same, bool *known, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "pathway_calendar_get");
	sql_bind_str(s, 1, r->url);
	enum sql_step step = sql_step(s, e);
	*known = step == SQL_ROW;
	*same = *known && str_eq(sql_str(s, 0), r->digest);
	sql_done(s);
	return step != SQL_FAILED;
}

static bool put_calendar(struct sql *db, const struct pack_resource *r, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "pathway_calendar_put");
	sql_bind_str(s, 1, r->url);
	sql_bind_str(s, 2, r->digest);
	sql_bind_str(s, 3, r->version);
	return sql_run(s, e);
}

static bool follow_calendars(struct pathway *w, struct engine *g, struct err *e)
{
	const struct pack_resource *const *list;
	size_t n = pack_all(w->pack, STR("CodeSystem"), &list);
	for (size_t i = 0; i < n; i++) {
		bool same, known;
		if (!map_get(&w->calendars, list[i]->url))
			continue;
		if (!same_calendar(g->db, list[i], &same, &known, e))
			return false;
		if (same)
			continue;
		for (size_t k = 0; known && k < w->rules->list.n; k++)
			if (str_eq(w->rules->list.v[k]->calendar_urn, list[i]->url) && !engine_recompute(g, w->rules->list.v[k], e))
				return false;
		if (!put_calendar(g->db, list[i], e))
			return false;
	}
	return true;
}

static bool start(struct txn *t, void *arg, struct err *e)
{
	struct pathway *w = arg;
	struct here h = {w, t};
	struct world world;
	struct engine g = engine_here(&h, &world);
	if (!keep_max(g.db, "pathway_clock_max", &w->next_clock, e) || !keep_max(g.db, "pathway_firing_max", &w->next_firing, e))
		return false;
	w->running = true;
	return finish(w, &g, keep_rules(w, g.db, e) && load_kept(w, g.db, e) && follow_calendars(w, &g, e), e);
}

bool pathway_open(struct store *s, const struct pack *p, struct pathway **out, struct err *e)
{
	struct pathway *w;
	if (!pathway_load(store_env(s), p, &w, e))
		return false;
	w->store = s;
	store_hook_add(s, &(struct store_hook){.name = "pathway", .arg = w, .wrote = wrote, .next_due_us = next_due, .due = due, .forget = forget});
	struct arena *a = arena_new(0);
	const struct act act = {.agent = STR("system"), .role = STR("system"), .purpose = STR("HOPERAT"), .channel = STR("rule")};
	bool ok = store_submit(s, a, &act, start, w, e);
	arena_destroy(a);
	*out = w; /* the hook points at it: it lives as long as the store */
	return ok;
}

/* ---- what others tell the engine ---- */

bool pathway_heard(struct txn *t, struct pathway *w, struct str sender, struct err *e)
{
	struct here h = {w, t};
	struct world world;
	struct engine g = engine_here(&h, &world);
	w->running = true;
	return finish(w, &g, engine_heard(&g, sender, e), e);
}

static struct json *coded_reason(struct arena *a, struct str code)
{
	struct json *concept = json_object(a), *codings = json_array(a), *coding = json_object(a);
	json_set_str(a, coding, "system", STR(HEED_BASE_URL "/CodeSystem/pause-reason"));
	json_set_str(a, coding, "code", code);
	json_push(a, codings, coding);
	json_setz(a, concept, "coding", codings);
	return concept;
}

/* The task of a clock, to be written again with another status: that version is the event that pauses and resumes. */
static bool task_of(struct txn *t, int64_t clock_id, struct json **out, struct err *e)
{
	struct kept k;
	bool any;
	struct resource r;
	struct str type, id;
	if (!keep_by_id(txn_sql(t), txn_arena(t), clock_id, &k, &any, e))
		return false;
	if (!any)
		return err_set(e, ERR_NOT_FOUND, "there is no clock %lld", (long long)clock_id);
	if (!str_starts(k.task, STR("Task/")) || !pw_split_ref(k.task, &type, &id))
		return err_set(e, ERR_NOT_SUPPORTED, "\"%.*s\" has no task that could be put on hold", STR_ARG(k.title));
	return txn_get(t, type, id, &r, e) && json_parse(txn_arena(t), r.body, NULL, out, e);
}

static bool put_task(struct txn *t, struct json *task, struct err *e)
{
	struct put put = {.method = STORE_UPDATE, .type = STR("Task"), .id = json_str(task, "id"), .body = task};
	struct put_result result;
	return txn_put(t, &put, &result, e);
}

bool pathway_pause(struct txn *t, struct pathway *w, int64_t clock_id, struct str reason, struct str second_person, struct err *e)
{
	struct arena *a = txn_arena(t);
	struct json *task;
	(void)w;
	if (!reason.n || !second_person.n)
		return err_set(e, ERR_REQUIRED, "pausing a clock needs a coded reason and a second person");
	if (str_eq(second_person, txn_act(t)->agent))
		return err_set(e, ERR_INVARIANT, "the second person must be another person");
	if (!task_of(t, clock_id, &task, e))
		return false;
	json_set_str(a, task, "status", STR("on-hold"));
	json_setz(a, task, "statusReason", coded_reason(a, reason));
	struct json *list = json_getz(task, "extension"), *x = json_object(a), *who = json_object(a);
	if (!list)
		json_setz(a, task, "extension", list = json_array(a));
	json_set_str(a, who, "reference", second_person);
	json_set_str(a, x, "url", STR(EXT "second-person"));
	json_setz(a, x, "valueReference", who);
	json_push(a, list, x);
	return put_task(t, task, e);
}

bool pathway_resume(struct txn *t, struct pathway *w, int64_t clock_id, struct err *e)
{
	struct json *task;
	(void)w;
	if (!task_of(t, clock_id, &task, e))
		return false;
	json_set_str(txn_arena(t), task, "status", STR("in-progress"));
	json_remove(task, STR("statusReason"));
	return put_task(t, task, e);
}
