/* "Why am I seeing this?" */
#include "web/page.h"

static const char *state_of(enum clock_state s)
{
	switch (s) {
	case CLOCK_RUNNING:
		return "Running";
	case CLOCK_PAUSED:
		return "Paused: the time already used still counts";
	case CLOCK_MET:
		return "Met in time";
	case CLOCK_MET_LATE:
		return "Met late";
	case CLOCK_MET_RECORDED_LATE:
		return "Met in time, recorded late";
	case CLOCK_CANCELLED:
		return "Ended: no longer called for";
	case CLOCK_SUPERSEDED:
		return "Replaced by a newer one";
	}
	return "";
}

static void show(struct visit *v, const struct why *why, const struct clock_row *c)
{
	struct str *sentences = ARENA_ARRAY(v->a, struct str, why->n + 1);
	for (size_t i = 0; i < why->n; i++)
		sentences[i] = friendly(v, why->sentences[i]);
	struct why_view view = {.title = why->title, .finding = why->finding, .sentences = sentences, .n = why->n, .back_href = STR("/"),
				.back_text = STR("Today")};
	if (v->patient) {
		view.back_href = str_cat(v->a, STR("/p/"), json_str(v->patient, "id"));
		view.back_text = STR("Summary");
	}
	if (c) {
		const struct pack_role *role = pack_role(v->w->c.pack, c->owner_role);
		view.due = c->due_us && c->due_us != INT64_MAX ? staff_time(v, c->due_us) : STR("");
		view.owner = c->owner.n ? who_is(v, c->owner) : role ? role->label : c->owner_role;
		view.state = str_from(state_of(c->state));
	}
	struct str initials = v->patient ? str_cat(v->a, patient_initials(v->a, v->patient), STR(", ")) : STR("");
	page_begin(v, str_cat(v->a, initials, STR("why this is here")), PART_NONE);
	view_why(&v->h, &v->frame, &view);
	page_send(v, 200);
}

static bool allowed(struct visit *v, struct str subject)
{
	struct str person = id_of_reference(subject, "Patient");
	return person.n ? visit_person(v, person) : visit_anybody(v);
}

/* A clock of one person. */
void page_why(struct visit *v)
{
	int64_t id = 0;
	struct why why;
	struct clock_rows clocks = {0};
	struct err e = ERR_INIT;
	if (!visit_person(v, v->q->params[0]))
		return;
	str_to_i64(v->q->params[1], &id);
	if (!pathway_clocks(v->read, v->person, false, &clocks, &e)) {
		page_err(v, &e);
		return;
	}
	for (size_t i = 0; i < clocks.n; i++)
		if (clocks.v[i].id == id && pathway_why(v->w->c.pathway, v->read, id, &why, &e)) {
			show(v, &why, &clocks.v[i]);
			return;
		}
	page_error(v, 404, "Page not found", STR("There is no such clock."), NULL);
}

/* Of a thing a rule made: a task, a flag. */
void page_why_of(struct visit *v)
{
	struct doc d;
	struct clock_row clock;
	struct why why = {0};
	struct err e = ERR_INIT;
	struct str type = v->q->params[0], ref = str_printf(v->a, "%.*s/%.*s", STR_ARG(type), STR_ARG(v->q->params[1]));
	if ((!str_is(type, "Task") && !str_is(type, "Flag")) || !doc_get(v, ref, &d)) {
		page_error(v, 404, "Page not found", STR("There is nothing at this address."), NULL);
		return;
	}
	if (!allowed(v, json_str(json_getz(d.j, str_is(type, "Task") ? "for" : "subject"), "reference")))
		return;
	doc_shown(v, &d);
	if (pathway_clock_of_task(v->read, ref, &clock, &e) && pathway_why(v->w->c.pathway, v->read, clock.id, &why, &e)) {
		show(v, &why, &clock);
		return;
	}
	struct str *sentences = ARENA_ARRAY(v->a, struct str, 2);
	sentences[0] = str_printf(v->a, "It was recorded here on %.*s.", STR_ARG(date_staff(v->a, d.r.recorded_us)));
	sentences[1] = STR("No clock is running on it. It was made by a person, or by a rule that acts at once.");
	why = (struct why){.title = str_is(type, "Task") ? task_title(v, d.j) : concept_text(v, json_getz(d.j, "code")), .sentences = sentences, .n = 2};
	show(v, &why, NULL);
}
