#include "pathway/internal.h"

/* The rows of pathway.sql. */

static void bind_time(struct sql_stmt *s, int i, int64_t us)
{
	if (us == NEVER)
		sql_bind_null(s, i);
	else
		sql_bind_i64(s, i, us);
}

static int64_t time_at(struct sql_stmt *s, int column)
{
	return sql_is_null(s, column) ? NEVER : sql_i64(s, column);
}

static void bind_progress(struct sql_stmt *s, int i, const struct kept *k)
{
	sql_bind_i64(s, i++, k->c.start_us);
	bind_time(s, i++, k->c.due_us);
	bind_time(s, i++, k->c.next_us);
	sql_bind_i64(s, i++, k->c.step);
	sql_bind_i64(s, i++, k->c.warned);
	sql_bind_i64(s, i++, k->c.met);
	sql_bind_i64(s, i++, k->c.remaining);
	sql_bind_i64(s, i++, k->c.paused_us);
	bind_time(s, i++, k->c.pause_until);
	sql_bind_i64(s, i, k->c.paused_total_us);
}

static void note_due(struct engine *g, const struct kept *k)
{
	if (g->shortcuts && k->c.next_us < g->shortcuts->next_due)
		g->shortcuts->next_due = k->c.next_us;
}

bool keep_insert(struct engine *g, const struct kept *k, struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_clock_insert");
	const struct str texts[] = {k->rule, k->version, k->digest, k->title, k->subject, k->home, k->key};
	sql_bind_i64(s, 1, k->id);
	for (int i = 0; i < 7; i++)
		sql_bind_str(s, i + 2, texts[i]);
	sql_bind_i64(s, 9, k->c.state);
	bind_progress(s, 10, k);
	sql_bind_str(s, 20, k->opened_by);
	sql_bind_str(s, 21, k->opened_ref);
	sql_bind_i64(s, 22, k->opened_us);
	sql_bind_i64(s, 23, k->closed_us);
	sql_bind_str(s, 24, k->closed_by);
	sql_bind_str(s, 25, k->owner_role);
	sql_bind_str(s, 26, k->owner);
	sql_bind_str(s, 27, k->task);
	note_due(g, k);
	return sql_run(s, e);
}

static bool keep_progress(struct engine *g, const struct kept *k, struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_clock_progress");
	sql_bind_i64(s, 1, k->id);
	bind_progress(s, 2, k);
	sql_bind_str(s, 12, k->owner);
	return sql_run(s, e);
}

static bool keep_state(struct engine *g, const struct kept *k, struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_clock_state");
	sql_bind_i64(s, 1, k->id);
	sql_bind_i64(s, 2, k->c.state);
	sql_bind_i64(s, 3, k->closed_us);
	sql_bind_str(s, 4, k->closed_by);
	return sql_run(s, e);
}

static bool keep_subject(struct engine *g, const struct kept *k, struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_clock_move");
	sql_bind_i64(s, 1, k->id);
	sql_bind_str(s, 2, k->subject);
	return sql_run(s, e);
}

bool keep_update(struct engine *g, struct kept *k, struct err *e)
{
	note_due(g, k);
	if (!keep_progress(g, k, e) || (k->c.state != k->state_kept && !keep_state(g, k, e)) ||
	    (!str_eq(k->subject, k->subject_kept) && !keep_subject(g, k, e)))
		return false;
	k->state_kept = k->c.state;
	k->subject_kept = k->subject;
	return true;
}

static struct str text_at(struct arena *a, struct sql_stmt *s, int column)
{
	struct str t = sql_str(s, column);
	return t.p ? str_dup(a, t) : STR_NONE;
}

static struct kept row(struct arena *a, struct sql_stmt *s)
{
	struct kept k = {.id = sql_i64(s, 0),
			 .rule = text_at(a, s, 1),
			 .version = text_at(a, s, 2),
			 .digest = text_at(a, s, 3),
			 .title = text_at(a, s, 4),
			 .subject = text_at(a, s, 5),
			 .home = text_at(a, s, 6),
			 .key = text_at(a, s, 7),
			 .opened_by = text_at(a, s, 19),
			 .opened_ref = text_at(a, s, 20),
			 .opened_us = sql_i64(s, 21),
			 .closed_us = sql_i64(s, 22),
			 .closed_by = text_at(a, s, 23),
			 .owner_role = text_at(a, s, 24),
			 .owner = text_at(a, s, 25),
			 .task = text_at(a, s, 26)};
	k.c = (struct clock){.state = (enum clock_state)sql_i64(s, 8),
			     .start_us = sql_i64(s, 9),
			     .due_us = time_at(s, 10),
			     .next_us = time_at(s, 11),
			     .step = (int)sql_i64(s, 12),
			     .warned = sql_i64(s, 13) != 0,
			     .met = (int)sql_i64(s, 14),
			     .remaining = sql_i64(s, 15),
			     .paused_us = sql_i64(s, 16),
			     .pause_until = time_at(s, 17),
			     .paused_total_us = sql_i64(s, 18)};
	k.state_kept = k.c.state;
	k.subject_kept = k.subject;
	return k;
}

static bool collect(struct sql_stmt *s, struct arena *a, struct kept_list *out, struct err *e)
{
	VEC(struct kept) list = {0};
	enum sql_step r;
	while ((r = sql_step(s, e)) == SQL_ROW)
		VEC_PUSH(a, &list, row(a, s));
	sql_done(s);
	out->v = list.v;
	out->n = list.n;
	return r == SQL_END;
}

bool keep_list(struct sql *db, struct arena *a, const char *statement, struct str x, struct str y, struct kept_list *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, statement);
	sql_bind_str(s, 1, x);
	if (y.p)
		sql_bind_str(s, 2, y);
	return collect(s, a, out, e);
}

bool keep_same(struct sql *db, struct arena *a, struct str rule, struct str subject, struct str key, bool open_only, struct kept_list *out,
	       struct err *e)
{
	struct sql_stmt *s = sql_use(db, open_only ? "pathway_clock_same_open" : "pathway_clock_same_any");
	sql_bind_str(s, 1, rule);
	sql_bind_str(s, 2, subject);
	sql_bind_str(s, 3, key);
	return collect(s, a, out, e);
}

bool keep_of_subject(struct sql *db, struct arena *a, struct str subject, int max_state, struct kept_list *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "pathway_clock_of_subject");
	sql_bind_str(s, 1, subject);
	sql_bind_i64(s, 2, max_state);
	return collect(s, a, out, e);
}

bool keep_since(struct sql *db, struct arena *a, int64_t since_us, struct kept_list *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "pathway_clock_opened_since");
	sql_bind_i64(s, 1, since_us);
	return collect(s, a, out, e);
}

static bool one(struct sql *db, struct arena *a, const char *statement, int64_t n, struct kept *out, bool *any, struct err *e)
{
	struct sql_stmt *s = sql_use(db, statement);
	sql_bind_i64(s, 1, n);
	enum sql_step r = sql_step(s, e);
	*any = r == SQL_ROW;
	if (*any)
		*out = row(a, s);
	sql_done(s);
	return r != SQL_FAILED;
}

bool keep_due(struct sql *db, struct arena *a, int64_t until_us, struct kept *out, bool *any, struct err *e)
{
	return one(db, a, "pathway_clock_next_due", until_us, out, any, e);
}

bool keep_by_id(struct sql *db, struct arena *a, int64_t id, struct kept *out, bool *any, struct err *e)
{
	return one(db, a, "pathway_clock_by_id", id, out, any, e);
}

bool keep_max(struct sql *db, const char *statement, int64_t *out, struct err *e)
{
	struct sql_stmt *s = sql_use(db, statement);
	enum sql_step r = sql_step(s, e);
	*out = r == SQL_ROW ? sql_i64(s, 0) : 0;
	sql_done(s);
	return r != SQL_FAILED;
}

bool firing_write(struct engine *g, const struct kept *k, const char *kind, int step, int64_t at_us, struct str outcome, const struct json *why,
		  struct err *e)
{
	struct sql_stmt *s = sql_use(g->db, "pathway_firing_insert");
	sql_bind_i64(s, 1, ++*g->next_firing);
	sql_bind_i64(s, 2, k ? k->id : 0);
	sql_bind_str(s, 3, str_from(kind));
	sql_bind_i64(s, 4, step);
	sql_bind_i64(s, 5, at_us);
	sql_bind_i64(s, 6, g->recorded_us);
	sql_bind_str(s, 7, outcome);
	sql_bind_str(s, 8, json_to_str(g->a, why));
	return sql_run(s, e);
}
