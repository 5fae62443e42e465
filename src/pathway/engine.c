#include "pathway/internal.h"

/* Rules against events, and clocks against time. All of it from the event's recorded instant: no wall clock, no chance. */

/* A rule that goes wrong must not stop a nurse from saving; a disk that does must. */
static bool is_fatal(const struct err *e)
{
	return e->code == ERR_STORAGE || e->code == ERR_UNAVAILABLE || e->code == ERR_INTERNAL || e->code == ERR_CONFLICT;
}

/* Says so in the log and among the firings, where a test and a person look. */
static bool note_failure(struct engine *g, const struct rule *rule, const struct kept *k, int64_t at_us, const struct err *failure,
			 struct err *e)
{
	log_line(LOG_ERROR, "pathway", "rule=%.*s failed=%s", STR_ARG(rule->name), err_name(failure->code));
	struct json *why = json_object(g->a);
	json_set_str(g->a, why, "rule", rule->name);
	json_set_str(g->a, why, "version", rule->version);
	json_set_str(g->a, why, "failed", str_dup(g->a, str_from(failure->message)));
	if (g->event)
		json_set_str(g->a, why, "event", g->event->versioned);
	return firing_write(g, k, "failed", 0, at_us, STR_NONE, why, e);
}

static struct str got_key(struct engine *g, struct str type, struct str id)
{
	return pw_join(g->a, (struct str[]){STR("got|"), type, STR("/"), id}, 4);
}

bool engine_get(struct engine *g, struct str type, struct str id, const struct json **out, struct err *e)
{
	struct str key = got_key(g, type, id);
	const struct json *known = map_get(&g->asked, key);
	if (known) {
		*out = known;
		return true;
	}
	if (!g->world->get(g->world->arg, type, id, out, e))
		return false;
	if (*out)
		map_put(&g->asked, key, (void *)(uintptr_t)*out);
	return true;
}

bool engine_put(struct engine *g, const struct json *resource, bool create, struct err *e)
{
	map_put(&g->asked, got_key(g, json_str(resource, "resourceType"), json_str(resource, "id")), NULL);
	return g->world->put(g->world->arg, resource, create, e);
}

/* ---- subjects ---- */

static bool canonical_subject(struct engine *g, struct str *subject, struct err *e)
{
	if (g->shortcuts && !g->shortcuts->any_alias)
		return true;
	for (int hop = 0; hop < 8; hop++) {
		struct sql_stmt *s = sql_use(g->db, "pathway_alias_get");
		sql_bind_str(s, 1, *subject);
		enum sql_step r = sql_step(s, e);
		if (r == SQL_ROW)
			*subject = str_dup(g->a, sql_str(s, 0));
		sql_done(s);
		if (r != SQL_ROW)
			return r == SQL_END;
	}
	return true;
}

/* ---- opening ---- */

static struct str outcome_id(struct engine *g, const struct kept *k, const char *kind, int step)
{
	struct str seed = str_printf(g->a, "%.*s|%.*s|%.*s|%lld|%s|%d", STR_ARG(k->rule), STR_ARG(k->opened_by), STR_ARG(k->key),
				     (long long)k->c.start_us, kind, step);
	return str_sub(pw_sha256_hex(g->a, seed), 0, 32);
}

static bool start_time(struct scope *s, const struct event *ev, int64_t *out, bool *known, struct err *e)
{
	*known = true;
	*out = ev->named ? ev->recorded_us : pw_valid_time(ev->body, ev->recorded_us);
	if (!s->rule->start.compiled)
		return true;
	struct str text;
	struct date d;
	if (!scope_str(s, &s->rule->start, &text, e))
		return false;
	*known = date_parse(text, DATE_KIND_DATETIME, &d, NULL);
	if (*known)
		*out = date_lo_us(&d);
	return true;
}

static bool key_of(struct scope *s, const struct event *ev, struct str *out, struct err *e)
{
	if (!scope_str(s, &s->rule->key, out, e))
		return false;
	if (!out->n)
		*out = ev->ref;
	return true;
}

/* The clock's row, what its opening makes, and why. */
static bool open_clock(struct scope *s, struct kept *k, struct err *e)
{
	struct engine *g = s->g;
	const struct rule *rule = s->rule;
	struct owner owner = {.role = rule->role};
	k->id = ++*g->next_clock;
	s->clock = k;
	struct str ref = STR_NONE;
	if (rule->activity) {
		if (!owner_find(s, rule->role, &rule->holder, false, &owner, e))
			return false;
		if (owner.ref.n)
			s->holder = owner.ref;
		struct outcome o = {rule->activity, &rule->dynamics, owner, g->recorded_us, k->c.due_us, outcome_id(g, k, "open", 0)};
		if (!outcome_make(s, &o, &ref, e))
			return false;
	}
	k->owner_role = owner.role;
	k->owner = s->holder;
	k->task = ref;
	if (!keep_insert(g, k, e))
		return false;
	struct json *why = why_of(s, k, true);
	if (owner.words.n)
		json_set_str(g->a, why, "owner", owner.words);
	return firing_write(g, k, "opened", 0, k->c.start_us, ref, why, e);
}

static struct kept new_clock(struct scope *s, struct str key, int64_t start_us, int64_t recorded_us)
{
	const struct rule *rule = s->rule;
	struct kept k = {.rule = rule->name,
			 .version = rule->version,
			 .digest = rule->digest,
			 .title = rule->title,
			 .subject = s->subject_ref,
			 .home = s->subject_ref,
			 .key = key,
			 .opened_us = recorded_us};
	k.c = clock_start(&rule->spec, rule->calendar, start_us);
	if (!rule->has_clock) { /* nothing to wait for: done when made */
		k.c.state = CLOCK_MET;
		k.closed_us = recorded_us;
	}
	return k;
}

static bool say_moved(struct scope *s, const struct kept *k, int64_t before_us, int64_t at_us, struct err *e)
{
	struct json *why = why_of(s, k, false);
	if (before_us != NEVER)
		json_set_str(s->g->a, why, "was", instant_words(s->g->a, before_us));
	why_add_due(s->g->a, why, s->rule, &k->c);
	return firing_write(s->g, k, "due-changed", k->c.step, at_us, STR_NONE, why, e);
}

/* The same obligation is running. A corrected date of its opener moves it; anything else changes nothing. */
static bool reopen_same(struct scope *s, const struct event *ev, struct kept *k, int64_t start_us, struct err *e)
{
	if (!s->rule->start.compiled || !str_eq(k->opened_ref, ev->ref) || !str_eq(k->digest, s->rule->digest) || start_us == k->c.start_us)
		return true;
	int64_t before = k->c.due_us;
	bool moved = clock_recompute(&s->rule->spec, s->rule->calendar, &k->c, start_us);
	s->clock = k;
	return keep_update(s->g, k, e) && (!moved || say_moved(s, k, before, ev->recorded_us, e));
}

static bool try_open(struct scope *s, const struct event *ev, struct err *e)
{
	const struct rule *rule = s->rule;
	struct str key;
	int64_t start_us;
	bool known;
	if (!scope_str(s, &rule->holder, &s->holder, e) || !key_of(s, ev, &key, e) || !start_time(s, ev, &start_us, &known, e))
		return false;
	if (!known)
		return true;
	struct str about;
	if (!scope_str(s, &rule->about, &about, e))
		return false;
	if (about.n)
		s->subject_ref = about;
	struct kept_list same;
	if (!keep_same(s->g->db, s->g->a, rule->name, s->subject_ref, key, rule->has_clock, &same, e))
		return false;
	if (same.n)
		return reopen_same(s, ev, &same.v[0], start_us, e);
	struct kept k = new_clock(s, key, start_us, ev->recorded_us);
	k.opened_by = ev->versioned;
	k.opened_ref = ev->ref;
	if (!rule->has_clock)
		k.closed_by = ev->versioned;
	return open_clock(s, &k, e);
}

static bool became_true(struct engine *g, const struct candidate *c, const struct event *ev, bool *out, struct err *e)
{
	if (c->trigger->kind != TRIGGER_ADDED || !ev->previous)
		return true;
	struct event before = *ev;
	before.body = ev->previous;
	before.previous = NULL;
	struct scope s = scope_new(g, c->rule, &before, NULL, ev->recorded_us);
	bool held = false;
	if (!scope_bool(&s, &c->trigger->condition, &held, e))
		return false;
	*out = !held;
	return true;
}

static bool kind_fits(const struct trigger *t, const struct event *ev)
{
	if (t->kind == TRIGGER_NAMED || ev->named)
		return t->kind == TRIGGER_NAMED && ev->named;
	if ((t->kind == TRIGGER_REMOVED) != ev->removed)
		return false;
	return t->kind != TRIGGER_MODIFIED || ev->previous;
}

static bool consider_opening(struct engine *g, const struct candidate *c, const struct event *ev, struct str subject, struct err *e)
{
	struct scope s = scope_new(g, c->rule, ev, NULL, ev->recorded_us);
	s.subject_ref = subject;
	s.shares = true;
	bool yes = true;
	if (!scope_asked(&s, &c->trigger->condition, &yes, e))
		return false;
	if (yes && !became_true(g, c, ev, &yes, e))
		return false;
	for (size_t i = 0; yes && i < c->rule->condition_n; i++)
		if (!scope_asked(&s, &c->rule->conditions[i], &yes, e))
			return false;
	return yes ? try_open(&s, ev, e) : true;
}

/* ---- what happens to running clocks ---- */

static struct scope clock_scope(struct engine *g, const struct rule *rule, const struct event *ev, const struct kept *k, int64_t as_of_us)
{
	struct scope s = scope_new(g, rule, ev, k, as_of_us);
	s.holder = k->owner;
	return s;
}

static bool successor(struct engine *g, const struct rule *rule, const struct kept *old, int64_t start_us, struct err *e)
{
	struct scope s = scope_new(g, rule, g->event, NULL, g->recorded_us);
	s.subject_ref = old->subject;
	if (!rule->current)
		return true; /* an old version ends with its clocks */
	struct kept k = new_clock(&s, old->key, start_us, g->recorded_us);
	k.opened_by = old->opened_by;
	k.opened_ref = old->opened_ref;
	s.holder = old->owner;
	return open_clock(&s, &k, e);
}

static struct json *why_with(struct scope *s, const struct kept *k, const char *name, struct str text)
{
	struct json *why = why_of(s, k, false);
	json_set_str(s->g->a, why, name, text);
	return why;
}

static bool close_clock(struct scope *s, struct kept *k, struct str by, const char *kind, int64_t at_us, enum ending how, struct err *e)
{
	struct engine *g = s->g;
	k->closed_us = g->recorded_us;
	k->closed_by = by;
	struct str words = str_from(clock_state_words(k->c.state));
	struct str because = str_printf(g->a, "%.*s: %.*s", STR_ARG(words), STR_ARG(by));
	return keep_update(g, k, e) && firing_write(g, k, kind, k->c.step, at_us, STR_NONE, why_with(s, k, "state", words), e) &&
	       outcomes_end(g, k, how, because, e);
}

static bool add_evidence(struct engine *g, const struct kept *k, const struct event *ev, int64_t valid_us, bool *fresh, struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_evidence_insert");
	sql_bind_i64(s, 1, k->id);
	sql_bind_str(s, 2, ev->ref);
	sql_bind_i64(s, 3, ev->version);
	sql_bind_i64(s, 4, valid_us);
	sql_bind_i64(s, 5, ev->recorded_us);
	if (!sql_run(s, e))
		return false;
	*fresh = sql_changed(g->db) > 0;
	return true;
}

static bool met_time(struct scope *s, const struct event *ev, int64_t *out, struct err *e)
{
	struct str text;
	struct date d;
	*out = ev->named ? ev->recorded_us : pw_valid_time(ev->body, ev->recorded_us);
	if (!scope_str(s, &s->rule->met_at, &text, e))
		return false;
	if (text.n && date_parse(text, DATE_KIND_DATETIME, &d, NULL))
		*out = date_lo_us(&d) < ev->recorded_us ? date_lo_us(&d) : ev->recorded_us;
	return true;
}

/* A feed that speaks before it was missed: the same clock runs again from now, without a row for every message. */
static bool roll(struct engine *g, const struct rule *rule, struct kept *k, const struct event *ev, struct err *e)
{
	k->c = clock_start(&rule->spec, rule->calendar, ev->recorded_us);
	return keep_update(g, k, e);
}

static bool meet(struct scope *s, struct kept *k, const struct event *ev, struct err *e)
{
	struct engine *g = s->g;
	const struct rule *rule = s->rule;
	int64_t valid_us;
	bool fresh = true;
	if (ev->named && rule->spec.restart == RESTART_MET && k->c.step == 0)
		return roll(g, rule, k, ev, e);
	if (!met_time(s, ev, &valid_us, e) || (!ev->named && !add_evidence(g, k, ev, valid_us, &fresh, e)))
		return false;
	if (!fresh)
		return true;
	if (!clock_evidence(&rule->spec, &k->c, valid_us, ev->recorded_us))
		return keep_update(g, k, e) && firing_write(g, k, "evidence", k->c.met, valid_us, STR_NONE, why_of(s, k, false), e);
	if (!close_clock(s, k, ev->versioned, "met", valid_us, ENDING_MET, e))
		return false;
	return rule->spec.restart == RESTART_MET ? successor(g, rule, k, valid_us, e) : true;
}

bool engine_hold(struct scope *s, struct kept *k, bool pause, struct str by, struct str reason, struct err *e)
{
	const struct rule *rule = s->rule;
	int64_t now = s->g->recorded_us;
	bool did = pause ? clock_pause(&rule->spec, rule->calendar, &k->c, now) : clock_resume(&rule->spec, rule->calendar, &k->c, now);
	if (!did)
		return true;
	struct json *why = why_of(s, k, false);
	json_set_str(s->g->a, why, "by", by);
	if (reason.n)
		json_set_str(s->g->a, why, "reason", reason);
	return keep_update(s->g, k, e) && firing_write(s->g, k, pause ? "paused" : "resumed", k->c.step, now, STR_NONE, why, e);
}

static bool affect(struct scope *s, const struct candidate *c, struct kept *k, const struct event *ev, struct err *e)
{
	const struct rule *rule = s->rule;
	switch (c->purpose) {
	case FOR_MET:
		return meet(s, k, ev, e);
	case FOR_CANCEL:
		clock_close(&rule->spec, rule->calendar, &k->c, CLOCK_CANCELLED);
		return close_clock(s, k, ev->versioned, "cancelled", ev->recorded_us, ENDING_CANCELLED, e);
	case FOR_PAUSE:
	case FOR_RESUME:
		return engine_hold(s, k, c->purpose == FOR_PAUSE, ev->versioned, STR_NONE, e);
	case FOR_DUE:
		clock_due_by(&rule->spec, rule->calendar, &k->c, ev->recorded_us);
		return keep_update(s->g, k, e);
	default:
		return true;
	}
}

static bool clocks_concerned(struct engine *g, const struct candidate *c, const struct event *ev, struct str subject, struct kept_list *out,
			     struct err *e)
{
	if (c->purpose != FOR_MET || !c->rule->met_key.compiled) {
		if (!g->has_open && !keep_list(g->db, g->a, "pathway_clock_open_of_subject", subject, STR_NONE, &g->open, e))
			return false;
		g->has_open = true;
		*out = g->open;
		return true;
	}
	struct scope s = scope_new(g, c->rule, ev, NULL, ev->recorded_us);
	s.subject_ref = subject;
	struct str key;
	if (!scope_str(&s, &c->rule->met_key, &key, e))
		return false;
	*out = (struct kept_list){0};
	return key.n ? keep_list(g->db, g->a, "pathway_clock_open_of_key", key, c->rule->name, out, e) : true;
}

static bool consider_running(struct engine *g, const struct candidate *c, const struct event *ev, struct str subject, struct err *e)
{
	struct kept_list list;
	if (!clocks_concerned(g, c, ev, subject, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		struct kept k = list.v[i];
		if (!str_eq(k.digest, c->rule->digest))
			continue; /* of another rule, or another version of it: its own triggers see to it */
		struct scope s = clock_scope(g, c->rule, ev, &k, ev->recorded_us);
		bool yes;
		if (!scope_bool(&s, &c->trigger->condition, &yes, e) || (yes && !affect(&s, c, &k, ev, e)))
			return false;
		g->has_open &= !yes;
	}
	return true;
}

/* ---- due ---- */

/* kind: "step" of the ladder; or "pause", when a pause went past its maximum and the first step's holder is told of that. */
static bool fire_step(struct engine *g, const struct rule *rule, struct kept *k, const char *kind, int n, int64_t at_us, struct err *e)
{
	struct scope s = clock_scope(g, rule, NULL, k, at_us);
	struct str ref = STR_NONE;
	struct owner owner = {0};
	const struct step *step = rule->spec.steps ? &rule->ladder[n] : NULL;
	if (step && step->activity) {
		if (!owner_find(&s, step->role, &step->holder, step->to_manager, &owner, e))
			return false;
		struct outcome o = {step->activity, NULL, owner, at_us, NEVER, outcome_id(g, k, kind, n)};
		if (!outcome_make(&s, &o, &ref, e))
			return false;
	}
	struct json *why = why_of(&s, k, false);
	if (step)
		json_set_str(g->a, why, "to", owner.role.n ? owner.role : step->role);
	if (owner.words.n)
		json_set_str(g->a, why, "owner", owner.words);
	return firing_write(g, k, kind[0] == 'p' ? "pause-over" : "breached", n, at_us, ref, why, e);
}

static bool fire_restart(struct engine *g, const struct rule *rule, struct kept *k, bool breached, struct err *e)
{
	int64_t due = k->c.due_us;
	if (breached) {
		clock_close(&rule->spec, rule->calendar, &k->c, CLOCK_SUPERSEDED);
		k->closed_us = g->recorded_us;
		if (!keep_update(g, k, e))
			return false;
	}
	return successor(g, rule, k, due, e);
}

static bool fire_what(struct engine *g, const struct rule *rule, struct kept *k, enum fired what, int step, int64_t at_us, struct err *e)
{
	struct scope s = clock_scope(g, rule, NULL, k, at_us);
	switch (what) {
	case FIRED_WARNING:
		return firing_write(g, k, "warned", 0, at_us, STR_NONE, why_of(&s, k, false), e);
	case FIRED_PAUSE_OVER:
		return fire_step(g, rule, k, "pause", 0, at_us, e);
	case FIRED_BREACH:
		if (!fire_step(g, rule, k, "step", step, at_us, e))
			return false;
		return step == 0 && rule->spec.restart == RESTART_ELAPSED ? fire_restart(g, rule, k, true, e) : true;
	case FIRED_RESTART:
		break;
	}
	return fire_restart(g, rule, k, false, e);
}

static bool fire(struct engine *g, struct kept *k, struct err *e)
{
	const struct rule *rule = rules_find(g->rules, k->digest);
	int64_t at_us = k->c.next_us;
	int step = 0;
	if (!rule) { /* cannot be: rules of running clocks are kept; but a clock must never stop the others */
		k->c.next_us = NEVER;
		log_line(LOG_ERROR, "pathway", "clock=%lld has no rule", (long long)k->id);
		return keep_update(g, k, e);
	}
	g->asked = map_new(g->a);
	enum fired what = clock_fire(&rule->spec, rule->calendar, &k->c, &step);
	struct err failure = ERR_INIT;
	if (!keep_update(g, k, e))
		return false;
	if (fire_what(g, rule, k, what, step, at_us, &failure))
		return true;
	if (is_fatal(&failure)) {
		*e = failure;
		return false;
	}
	return note_failure(g, rule, k, at_us, &failure, e);
}

static bool look_ahead(struct engine *g, struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_next_us");
	enum sql_step r = sql_step(s, e);
	g->shortcuts->next_due = r == SQL_ROW && !sql_is_null(s, 0) ? sql_i64(s, 0) : NEVER;
	sql_done(s);
	return r != SQL_FAILED;
}

enum { FIRE_AT_MOST = 200000 };

bool engine_due(struct engine *g, int64_t until_us, struct err *e)
{
	const struct event *during = g->event;
	bool ok = true, any = true;
	g->asked = map_new(g->a);
	if (g->shortcuts && g->shortcuts->next_due > until_us)
		return true;
	g->event = NULL;
	for (int i = 0; ok && any && i < FIRE_AT_MOST; i++) {
		struct kept k;
		ok = keep_due(g->db, g->a, until_us, &k, &any, e) && (!any || fire(g, &k, e));
	}
	g->event = during;
	return ok && g->shortcuts ? look_ahead(g, e) : ok;
}

/* ---- events ---- */

static bool consider(struct engine *g, const struct candidate *c, const struct event *ev, struct str subject, struct err *e)
{
	struct err failure = ERR_INIT;
	if (!kind_fits(c->trigger, ev))
		return true;
	bool ok = c->purpose == FOR_OPEN ? consider_opening(g, c, ev, subject, &failure) : consider_running(g, c, ev, subject, &failure);
	if (ok)
		return true;
	if (is_fatal(&failure)) {
		*e = failure;
		return false;
	}
	return note_failure(g, c->rule, NULL, ev->recorded_us, &failure, e);
}

static void forget_roles(struct engine *g, const struct event *ev)
{
	if (!str_is(ev->name, "PractitionerRole"))
		return;
	arena_reset(g->roles->arena);
	g->roles->holders = map_new(g->roles->arena);
}

bool engine_event(struct engine *g, const struct event *ev, struct err *e)
{
	g->recorded_us = ev->recorded_us;
	g->event = ev;
	if (!engine_due(g, ev->recorded_us, e))
		return false;
	g->asked = map_new(g->a);
	forget_roles(g, ev);
	struct str subject = pw_subject_of(g->a, ev->body);
	if (!canonical_subject(g, &subject, e) || (!ev->named && !engine_housekeeping(g, ev, e)))
		return false;
	g->has_open = false;
	struct candidate *list;
	size_t n = rules_match(g->rules, g->a, ev->name, ev->body, &list);
	for (size_t i = 0; i < n; i++)
		if (!consider(g, &list[i], ev, subject, e))
			return false;
	return engine_due(g, ev->recorded_us, e);
}

bool engine_heard(struct engine *g, struct str sender, struct err *e)
{
	struct event ev = {.name = STR("feed-heard"), .recorded_us = g->recorded_us, .named = true, .version = 0};
	ev.body = pw_device_of(g->a, sender);
	ev.ref = pw_ref_of(g->a, STR("Device"), json_str(ev.body, "id"));
	ev.versioned = str_printf(g->a, "event/%.*s", STR_ARG(json_str(ev.body, "id")));
	return engine_event(g, &ev, e);
}

bool engine_recompute(struct engine *g, const struct rule *rule, struct err *e)
{
	struct kept_list list;
	if (!keep_list(g->db, g->a, "pathway_clock_of_digest", rule->digest, STR_NONE, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		struct kept *k = &list.v[i];
		int64_t before = k->c.due_us;
		if (!rule->spec.has_within || !clock_recompute(&rule->spec, rule->calendar, &k->c, k->c.start_us))
			continue;
		struct scope s = clock_scope(g, rule, NULL, k, g->recorded_us);
		if (!keep_update(g, k, e) || !say_moved(&s, k, before, g->recorded_us, e))
			return false;
	}
	return true;
}
