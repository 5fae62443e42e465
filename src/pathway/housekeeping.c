#include "pathway/internal.h"

/* What no rule has to say, because it is so for all of them: evidence entered in error reopens what it closed; what was opened by a record
 * entered in error ends; a merged subject takes its clocks along and an unmerged one takes them back; a task put on hold holds its clock. */

static bool set_aside(struct engine *g, const struct event *ev)
{
	(void)g;
	bool now = ev->removed || str_is(json_str(ev->body, "status"), "entered-in-error");
	return now && !(ev->previous && str_is(json_str(ev->previous, "status"), "entered-in-error"));
}

static struct json *why_plain(struct engine *g, const struct rule *rule, const struct event *ev, const char *name, struct str text)
{
	struct scope s = scope_new(g, rule, ev, NULL, g->recorded_us);
	struct json *why = why_of(&s, NULL, false);
	json_set_str(g->a, why, name, text);
	return why;
}

/* A clock that its evidence had restarted: the restart never happened. */
static bool drop_successors(struct engine *g, const struct rule *rule, const struct kept *k, struct str because, struct err *e)
{
	struct kept_list same;
	if (!keep_same(g->db, g->a, k->rule, k->subject, k->key, true, &same, e))
		return false;
	for (size_t i = 0; i < same.n; i++) {
		struct kept *next = &same.v[i];
		if (next->id == k->id)
			continue;
		clock_close(&rule->spec, rule->calendar, &next->c, CLOCK_SUPERSEDED);
		next->closed_us = g->recorded_us;
		next->closed_by = because;
		if (!keep_update(g, next, e) || !outcomes_end(g, next, ENDING_CANCELLED, because, e))
			return false;
	}
	return true;
}

static bool withdraw(struct engine *g, struct kept *k, const struct event *ev, struct err *e)
{
	const struct rule *rule = rules_find(g->rules, k->digest);
	if (!rule)
		return true;
	bool reopened = clock_withdraw(&rule->spec, rule->calendar, &k->c);
	struct str because = str_printf(g->a, "%.*s was entered in error", STR_ARG(ev->ref));
	if (reopened) {
		if (!drop_successors(g, rule, k, because, e))
			return false;
		k->closed_us = 0;
		k->closed_by = STR_NONE;
	}
	return keep_update(g, k, e) &&
	       firing_write(g, k, "withdrawn", k->c.met, ev->recorded_us, STR_NONE, why_plain(g, rule, ev, "because", because), e) &&
	       (!reopened || outcomes_end(g, k, ENDING_REOPENED, because, e));
}

static bool withdraw_evidence(struct engine *g, const struct event *ev, struct err *e)
{
	struct kept_list met;
	if (!keep_list(g->db, g->a, "pathway_clock_met_by", ev->ref, STR_NONE, &met, e) || !met.n)
		return e->code == ERR_NONE;
	struct sql_stmt *s = sql_use(g->db, "pathway_evidence_withdraw");
	sql_bind_str(s, 1, ev->ref);
	if (!sql_run(s, e))
		return false;
	for (size_t i = 0; i < met.n; i++)
		if (!withdraw(g, &met.v[i], ev, e))
			return false;
	return true;
}

static bool end_opened(struct engine *g, const struct event *ev, struct err *e)
{
	struct kept_list list;
	if (!keep_list(g->db, g->a, "pathway_clock_opened_by", ev->ref, STR_NONE, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		struct kept *k = &list.v[i];
		const struct rule *rule = rules_find(g->rules, k->digest);
		if (!rule)
			continue;
		struct str because = str_printf(g->a, "%.*s was entered in error", STR_ARG(ev->ref));
		clock_close(&rule->spec, rule->calendar, &k->c, CLOCK_CANCELLED);
		k->closed_us = g->recorded_us;
		k->closed_by = ev->versioned;
		if (!keep_update(g, k, e) ||
		    !firing_write(g, k, "cancelled", k->c.step, ev->recorded_us, STR_NONE, why_plain(g, rule, ev, "because", because), e) ||
		    !outcomes_end(g, k, ENDING_ERROR, because, e))
			return false;
	}
	return true;
}

/* ---- merge ---- */

static struct str replaced_by(const struct json *patient)
{
	const struct json *links = json_getz(patient, "link");
	for (size_t i = 0; i < json_n(links); i++)
		if (str_is(json_str(json_at(links, i), "type"), "replaced-by"))
			return json_str(json_getz(json_at(links, i), "other"), "reference");
	return STR_NONE;
}

/* Two clocks of one obligation meet: the one due first stays. */
static bool settle(struct engine *g, const struct rule *rule, struct kept *k, struct str to, struct err *e)
{
	struct kept_list same;
	if (!keep_same(g->db, g->a, k->rule, to, k->key, true, &same, e) || !same.n)
		return e->code == ERR_NONE;
	struct kept *gone = same.v[0].c.due_us <= k->c.due_us ? k : &same.v[0];
	clock_close(&rule->spec, rule->calendar, &gone->c, CLOCK_SUPERSEDED);
	gone->closed_us = g->recorded_us;
	gone->closed_by = to;
	return (gone == k || keep_update(g, gone, e)) && outcomes_end(g, gone, ENDING_CANCELLED, STR("the same obligation runs already"), e);
}

static bool move(struct engine *g, struct kept_list *list, struct str to, const struct event *ev, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		struct kept *k = &list->v[i];
		const struct rule *rule = rules_find(g->rules, k->digest);
		if (!rule)
			continue;
		struct str words = str_printf(g->a, "moved from %.*s to %.*s", STR_ARG(k->subject), STR_ARG(to));
		if (!settle(g, rule, k, to, e))
			return false;
		k->subject = to;
		if (!keep_update(g, k, e) ||
		    !firing_write(g, k, "moved", k->c.step, ev->recorded_us, STR_NONE, why_plain(g, rule, ev, "because", words), e))
			return false;
	}
	return true;
}

static bool alias(struct engine *g, struct str from, struct str to, struct err *e)
{
	if (g->shortcuts)
		g->shortcuts->any_alias = true;
	struct sql_stmt *s = sql_use(g->db, to.n ? "pathway_alias_put" : "pathway_alias_drop");
	sql_bind_str(s, 1, from);
	if (to.n)
		sql_bind_str(s, 2, to);
	return sql_run(s, e);
}

static bool follow_merge(struct engine *g, const struct event *ev, struct err *e)
{
	struct str now = ev->removed ? STR_NONE : replaced_by(ev->body), before = ev->previous ? replaced_by(ev->previous) : STR_NONE;
	if (str_eq(now, before))
		return true;
	struct kept_list list = {0};
	if (before.n) { /* unmerged: its own come back */
		if (!alias(g, ev->ref, STR_NONE, e) ||
		    !keep_list(g->db, g->a, "pathway_clock_of_home", before, ev->ref, &list, e) || !move(g, &list, ev->ref, ev, e))
			return false;
	}
	if (!now.n)
		return true;
	return keep_of_subject(g->db, g->a, ev->ref, CLOCK_PAUSED, &list, e) && move(g, &list, now, ev, e) && alias(g, ev->ref, now, e);
}

/* ---- the task of a clock ---- */

static bool clock_of_task(struct engine *g, const struct event *ev, struct kept *out, bool *any, struct err *e)
{
	struct kept_list list;
	if (!keep_list(g->db, g->a, "pathway_clock_of_outcome", ev->ref, STR_NONE, &list, e))
		return false;
	*any = list.n && str_eq(list.v[0].task, ev->ref);
	if (*any)
		*out = list.v[0];
	return true;
}

static bool follow_task(struct engine *g, const struct event *ev, struct err *e)
{
	bool held = str_is(json_str(ev->body, "status"), "on-hold"), was = str_is(json_str(ev->previous, "status"), "on-hold");
	struct str owner = json_str(json_getz(ev->body, "owner"), "reference");
	bool other_owner = !str_eq(owner, json_str(json_getz(ev->previous, "owner"), "reference"));
	if (held == was && !other_owner)
		return true;
	struct kept k;
	bool any;
	if (!clock_of_task(g, ev, &k, &any, e) || !any)
		return e->code == ERR_NONE;
	const struct rule *rule = rules_find(g->rules, k.digest);
	if (other_owner) {
		k.owner = owner;
		if (!keep_update(g, &k, e))
			return false;
	}
	struct str reason = json_str(json_path(ev->body, "statusReason", "coding", "0", NULL), "code");
	bool second = pw_ext_find(ev->body, EXT "second-person") != NULL;
	if (!rule || held == was || (held && !(reason.n && second))) /* without a reason and a second person nothing is paused */
		return true;
	struct scope s = scope_new(g, rule, ev, &k, ev->recorded_us);
	return engine_hold(&s, &k, held, ev->versioned, reason, e);
}

bool engine_housekeeping(struct engine *g, const struct event *ev, struct err *e)
{
	if (set_aside(g, ev) && (!withdraw_evidence(g, ev, e) || !end_opened(g, ev, e)))
		return false;
	if (str_is(ev->name, "Patient"))
		return follow_merge(g, ev, e);
	if (str_is(ev->name, "Task") && ev->previous && !ev->removed)
		return follow_task(g, ev, e);
	return true;
}
