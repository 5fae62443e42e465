#include "pathway/pathway_int.h"

/* Clocks as the screens want them, and why they are there in words. */

static struct clock_row view(const struct kept *k)
{
	return (struct clock_row){.id = k->id,
				  .rule = k->rule,
				  .version = k->version,
				  .title = k->title,
				  .subject = k->subject,
				  .key = k->key,
				  .opened_by = k->opened_by,
				  .owner_role = k->owner_role,
				  .owner = k->owner,
				  .task = k->task,
				  .start_us = k->c.start_us,
				  .due_us = k->c.due_us,
				  .next_us = k->c.next_us,
				  .closed_us = k->closed_us,
				  .closed_by = k->closed_by,
				  .paused_total_us = k->c.paused_total_us,
				  .breached = k->c.step,
				  .state = k->c.state};
}

bool pathway_clocks(struct store_read *r, struct str subject, bool open_only, struct clock_rows *out, struct err *e)
{
	struct kept_list list;
	struct arena *a = store_read_arena(r);
	if (!keep_of_subject(store_read_sql(r), a, subject, open_only ? CLOCK_PAUSED : CLOCK_SUPERSEDED, &list, e))
		return false;
	out->v = ARENA_ARRAY(a, struct clock_row, list.n);
	out->n = list.n;
	for (size_t i = 0; i < list.n; i++)
		out->v[i] = view(&list.v[i]);
	return true;
}

bool pathway_clock_of_task(struct store_read *r, struct str task, struct clock_row *out, struct err *e)
{
	struct kept_list list;
	if (!keep_list(store_read_sql(r), store_read_arena(r), "pathway_clock_of_outcome", task, STR_NONE, &list, e))
		return false;
	if (!list.n)
		return err_set(e, ERR_NOT_FOUND, "no rule made %.*s", STR_ARG(task));
	*out = view(&list.v[0]);
	return true;
}

/* ---- why ---- */

struct telling {
	struct arena *a;
	const struct kept *k;
	VEC(struct str) said;
};

static void say(struct telling *t, struct str sentence)
{
	VEC_PUSH(t->a, &t->said, sentence);
}

static struct str when(struct telling *t, int64_t us)
{
	return instant_words(t->a, us);
}

static void say_opened(struct telling *t, const struct json *why, struct str outcome)
{
	struct arena *a = t->a;
	say(t, str_printf(a, "This began with %.*s, on %.*s.", STR_ARG(t->k->opened_by), STR_ARG(when(t, t->k->c.start_us))));
	struct str due = json_str(why, "due");
	if (due.n)
		say(t, str_printf(a, "It is due: %.*s.", STR_ARG(due)));
	struct str calendar = json_str(json_getz(why, "calendar"), "version");
	if (due.n && calendar.n)
		say(t, str_printf(a, "Working days are those of calendar %.*s, version %.*s.",
				  STR_ARG(json_str(json_getz(why, "calendar"), "urn")), STR_ARG(calendar)));
	if (outcome.n)
		say(t, str_printf(a, "It made %.*s%s%.*s.", STR_ARG(outcome), json_str(why, "owner").n ? " for " : "",
				  STR_ARG(json_str(why, "owner"))));
	if (json_true(json_getz(why, "unsigned")))
		say(t, STR("Its time limit is a default that has not been signed off locally yet."));
}

static void say_breached(struct telling *t, const struct json *why, int64_t at_us, struct str outcome, int step)
{
	struct arena *a = t->a;
	struct str by = when(t, at_us);
	if (step == 0)
		say(t, str_printf(a, "Nothing that would have met it was known on %.*s.", STR_ARG(by)));
	else
		say(t, str_printf(a, "Still nothing was known on %.*s.", STR_ARG(by)));
	if (json_str(why, "to").n)
		say(t, str_printf(a, "So it went to %.*s%s%.*s.", STR_ARG(json_str(why, "to")), outcome.n ? " as " : "", STR_ARG(outcome)));
	if (json_str(why, "owner").n)
		say(t, str_printf(a, "Found by %.*s.", STR_ARG(json_str(why, "owner"))));
}

static void say_moved(struct telling *t, const struct json *why, struct str at)
{
	struct str was = json_str(why, "was"), due = json_str(why, "due");
	say(t, str_printf(t->a, "On %.*s its due date changed%s%.*s.", STR_ARG(at), was.n ? "; it had been " : "", STR_ARG(was)));
	if (due.n)
		say(t, str_printf(t->a, "Now it is due: %.*s.", STR_ARG(due)));
}

static void say_firing(struct telling *t, struct str kind, int step, int64_t at_us, int64_t recorded_us, struct str outcome,
		       const struct json *why)
{
	struct arena *a = t->a;
	struct str at = when(t, at_us), because = json_str(why, "because");
	if (str_is(kind, "opened"))
		say_opened(t, why, outcome);
	else if (str_is(kind, "breached"))
		say_breached(t, why, at_us, outcome, step);
	else if (str_is(kind, "warned"))
		say(t, str_printf(a, "On %.*s it was nearly due.", STR_ARG(at)));
	else if (str_is(kind, "met"))
		say(t, str_printf(a, "It was %.*s by %.*s: done %.*s, recorded %.*s.", STR_ARG(json_str(why, "state")), STR_ARG(t->k->closed_by),
				  STR_ARG(at), STR_ARG(when(t, recorded_us))));
	else if (str_is(kind, "cancelled"))
		say(t, str_printf(a, "It was cancelled on %.*s%s%.*s.", STR_ARG(at), because.n ? ": " : "", STR_ARG(because)));
	else if (str_is(kind, "withdrawn"))
		say(t, str_printf(a, "On %.*s, %.*s; it runs again.", STR_ARG(at), STR_ARG(because)));
	else if (str_is(kind, "paused"))
		say(t, str_printf(a, "It was paused on %.*s, reason %.*s, by %.*s.", STR_ARG(at), STR_ARG(json_str(why, "reason")),
				  STR_ARG(json_str(why, "by"))));
	else if (str_is(kind, "resumed"))
		say(t, str_printf(a, "It ran again from %.*s.", STR_ARG(at)));
	else if (str_is(kind, "pause-over"))
		say(t, str_printf(a, "The pause reached its maximum on %.*s.", STR_ARG(at)));
	else if (str_is(kind, "due-changed"))
		say_moved(t, why, at);
	else if (because.n)
		say(t, str_printf(a, "On %.*s: %.*s.", STR_ARG(at), STR_ARG(because)));
}

static bool say_all(struct telling *t, struct sql *db, struct why *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "pathway_firings_of_clock");
	sql_bind_i64(s, 1, t->k->id);
	enum sql_step r;
	bool ok = true;
	while (ok && (r = sql_step(s, e)) == SQL_ROW) {
		struct json *why;
		struct str text = str_dup(t->a, sql_str(s, 5)), outcome = sql_is_null(s, 4) ? STR_NONE : str_dup(t->a, sql_str(s, 4));
		ok = json_parse(t->a, text, NULL, &why, e);
		if (!ok)
			break;
		if (json_str(why, "finding").n)
			out->finding = json_str(why, "finding");
		say_firing(t, sql_str(s, 0), (int)sql_i64(s, 1), sql_i64(s, 2), sql_i64(s, 3), outcome, why);
	}
	sql_done(s);
	return ok && r == SQL_END;
}

bool pathway_why_sql(struct sql *db, struct arena *a, int64_t clock_id, struct why *out, struct err *e)
{
	struct kept k;
	bool any;
	if (!keep_by_id(db, a, clock_id, &k, &any, e))
		return false;
	if (!any)
		return err_set(e, ERR_NOT_FOUND, "there is no clock %lld", (long long)clock_id);
	struct telling t = {.a = a, .k = &k};
	*out = (struct why){.title = k.title};
	say(&t, str_printf(a, "Rule %.*s, version %.*s.", STR_ARG(k.rule), STR_ARG(k.version)));
	if (!say_all(&t, db, out, e))
		return false;
	say(&t, str_printf(a, "Now it is %s.", clock_state_words(k.c.state)));
	out->sentences = t.said.v;
	out->n = t.said.n;
	return true;
}

bool pathway_why(struct pathway *w, struct store_read *r, int64_t clock_id, struct why *out, struct err *e)
{
	(void)w;
	return pathway_why_sql(store_read_sql(r), store_read_arena(r), clock_id, out, e);
}
