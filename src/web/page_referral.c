/* S5 Referral thread, and the list of referrals. */
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

struct step {
	int64_t at_us;
	struct thread_item item;
};

struct thread {
	struct visit *v;
	struct doc request;
	VEC(struct step) steps;
	bool verbal, written, decided;
};

static void add(struct thread *t, int64_t at_us, struct thread_item item)
{
	item.when = item.when.n ? item.when : staff_time(t->v, at_us);
	VEC_PUSH(t->v->a, &t->steps, (struct step){at_us, item});
}

static void add_request(struct thread *t)
{
	struct visit *v = t->v;
	int64_t at = t->request.r.recorded_us;
	instant_of(json_str(t->request.j, "authoredOn"), &at);
	const struct json *parts = json_getz(extension(t->request.j, "chronology"), "extension");
	struct str text = concept_text(v, json_at(json_getz(t->request.j, "reasonCode"), 0)), more = STR("");
	for (size_t i = 0; i < json_n(parts); i++)
		if (str_is(json_str(json_at(parts, i), "url"), "text"))
			more = json_str(json_at(parts, i), "valueString");
	if (!more.n)
		more = json_str(json_at(json_getz(t->request.j, "note"), 0), "text");
	struct str to = reference_text(v, json_at(json_getz(t->request.j, "performer"), 0));
	struct str who = reference_text(v, json_getz(t->request.j, "requester"));
	struct thread_item item = {.title = t->verbal ? STR("Told by phone") : STR("Referred"), .state = "done"};
	item.text = more.n && text.n ? str_printf(v->a, "%.*s %.*s", STR_ARG(text), STR_ARG(more)) : more.n ? more : text;
	item.who = to.n ? str_printf(v->a, "%.*s to %.*s", STR_ARG(who.n ? who : STR("Author not recorded")), STR_ARG(to)) : who;
	item.tag = STR("Done");
	item.colour = "green";
	add(t, at, item);
}

static void add_forms(struct thread *t)
{
	struct visit *v = t->v;
	struct docs d = docs_find(v, "QuestionnaireResponse", "based-on=ServiceRequest/%.*s&status=completed,amended&_count=50", STR_ARG(t->request.r.id));
	for (size_t i = 0; i < d.n; i++) {
		int64_t at = d.v[i].r.recorded_us;
		instant_of(json_str(d.v[i].j, "authored"), &at);
		const struct pack_resource *q = pack_by_url(v->w->c.pack, json_str(d.v[i].j, "questionnaire"));
		struct thread_item item = {.title = q ? json_str(q->body, "title") : STR("A form"), .state = "done", .tag = STR("Done"), .colour = "green"};
		item.who = reference_text(v, json_getz(d.v[i].j, "author"));
		item.href = str_printf(v->a, "/p/%.*s/answers/%.*s", STR_ARG(id_of_reference(v->person, "Patient")), STR_ARG(d.v[i].r.id));
		item.link = STR("Read it");
		t->written |= q && str_eq(q->id, pack_setting_str(v->w->c.pack, "task-form-write-referral", STR("")));
		add(t, at, item);
	}
}

static void add_messages(struct thread *t)
{
	struct visit *v = t->v;
	struct docs d = docs_find(v, "Communication", "based-on=ServiceRequest/%.*s&_count=50", STR_ARG(t->request.r.id));
	for (size_t i = 0; i < d.n; i++) {
		int64_t at = d.v[i].r.recorded_us;
		instant_of(json_str(d.v[i].j, "sent"), &at);
		const struct json *category = json_at(json_getz(d.v[i].j, "category"), 0);
		struct thread_item item = {.title = concept_text(v, category), .state = "done", .tag = STR("Done"), .colour = "green"};
		item.text = friendly(v, json_str(json_at(json_getz(d.v[i].j, "payload"), 0), "contentString"));
		item.who = reference_text(v, json_getz(d.v[i].j, "sender"));
		if (!item.title.n)
			item.title = STR("Message");
		t->decided |= str_is(coding_code(category), "csc-referral-decision");
		add(t, at, item);
	}
}

/* An escalation says the same thing to several people: one item, with all of them. */
static bool joined(struct thread *t, const struct thread_item *item)
{
	for (size_t i = 0; i < t->steps.n; i++) {
		struct thread_item *there = &t->steps.v[i].item;
		if (strcmp(there->state, "done") == 0 || !str_eq(there->title, item->title))
			continue;
		if (str_find(there->who, item->who) < 0)
			there->who = str_printf(t->v->a, "%.*s; %.*s", STR_ARG(there->who), STR_ARG(item->who));
		return true;
	}
	return false;
}

/* What is still awaited stands in its place, with whose it is. */
static void add_awaited(struct thread *t)
{
	struct visit *v = t->v;
	struct docs d = docs_find(v, "Task", "focus=ServiceRequest/%.*s&status=requested,received,accepted,ready,in-progress,on-hold&_count=20",
				  STR_ARG(t->request.r.id));
	for (size_t i = 0; i < d.n; i++) {
		int64_t due = work_due(v, &d.v[i]);
		struct str form;
		struct thread_item item = {.title = task_title(v, d.v[i].j)};
		item.tag = when_due(v, due, &item.colour);
		item.state = due <= v->now_us ? "late" : "wait";
		item.who = who_is(v, json_str(json_getz(d.v[i].j, "owner"), "reference"));
		item.when = due == INT64_MAX ? STR("no date") : str_printf(v->a, "due %.*s", STR_ARG(staff_time(v, due)));
		item.href = task_form(v, &d.v[i], &form);
		item.link = STR("Do it now");
		if (!item.href.n) {
			item.href = str_cat(v->a, STR("/t/"), d.v[i].r.id);
			item.link = STR("Open it");
		}
		if (!joined(t, &item))
			add(t, due, item);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	return x->at_us < y->at_us ? -1 : x->at_us > y->at_us;
}

static void clocks(struct thread *t, struct referral_view *view)
{
	struct visit *v = t->v;
	struct clock_rows rows = {0};
	struct str key = str_cat(v->a, STR("ServiceRequest/"), t->request.r.id);
	if (!pathway_clocks(v->read, v->person, true, &rows, NULL))
		return;
	struct clock_view *list = ARENA_ARRAY(v->a, struct clock_view, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		const struct clock_row *k = &rows.v[i];
		bool ours = str_eq(k->key, key) || str_eq(k->key, t->request.r.id) || str_starts(k->opened_by, str_cat(v->a, key, STR("/")));
		if (!ours || !k->due_us || k->due_us == INT64_MAX)
			continue;
		const struct pack_role *role = pack_role(v->w->c.pack, k->owner_role);
		struct clock_view *c = &list[view->clock_count++];
		*c = (struct clock_view){.what = k->title};
		c->due = when_due(v, k->due_us, &c->colour);
		c->detail = str_printf(v->a, "%.*s, by %.*s", STR_ARG(role ? role->label : STR("Nobody named")), STR_ARG(staff_time(v, k->due_us)));
		c->why_href = str_printf(v->a, "/p/%.*s/why/%lld", STR_ARG(id_of_reference(v->person, "Patient")), (long long)k->id);
	}
	view->clocks = list;
}

/* Settings referral-actions-ROLE, else referral-actions, of the pack: names of forms. */
static void actions(struct thread *t, struct referral_view *view)
{
	struct visit *v = t->v;
	struct str by_role = pack_setting_str(v->w->c.pack, str_c(v->a, str_cat(v->a, STR("referral-actions-"), v->user.role)), STR(""));
	struct str rest = by_role.n ? by_role : pack_setting_str(v->w->c.pack, "referral-actions", STR("")), id;
	struct action *list = ARENA_ARRAY(v->a, struct action, 6);
	while (rest.p && rest.n && view->action_count < 6 && str_next(&rest, ' ', &id)) {
		const struct pack_resource *q = id.n ? pack_get(v->w->c.pack, STR("Questionnaire"), id) : NULL;
		if (!q)
			continue;
		struct str label = pack_setting_str(v->w->c.pack, str_c(v->a, str_cat(v->a, STR("action-"), id)), json_str(q->body, "title"));
		list[view->action_count] = (struct action){label, str_printf(v->a, "/p/%.*s/form/%.*s?request=%.*s", STR_ARG(id_of_reference(v->person, "Patient")),
								     STR_ARG(id), STR_ARG(t->request.r.id)), view->action_count > 0};
		view->action_count++;
	}
	view->actions = list;
}

static bool names(struct str items, struct str needle)
{
	return str_find(items, needle) >= 0;
}

static void seen(struct thread *t, struct referral_view *view)
{
	struct visit *v = t->v;
	struct ledger_entries list = {0};
	struct str *words = ARENA_ARRAY(v->a, struct str, 8);
	struct str needle = str_printf(v->a, "ServiceRequest/%.*s/", STR_ARG(t->request.r.id));
	if (!ledger_list(v->read, v->person, 0, 200, &list, NULL))
		return;
	for (size_t i = 0; i < list.n && view->seen_count < 8; i++) {
		const struct ledger_entry *e = &list.v[i];
		if (e->kind != LEDGER_READ || str_eq(e->act.agent, v->user.practitioner) || !names(e->items, needle))
			continue;
		const struct pack_role *role = pack_role(v->w->c.pack, e->act.role);
		words[view->seen_count++] = str_printf(v->a, "%.*s, %.*s, %.*s", STR_ARG(who_is(v, e->act.agent)), STR_ARG(role ? role->label : e->act.role),
						       STR_ARG(date_staff(v->a, e->at_us)));
	}
	view->seen = words;
}

static void finish(struct thread *t, struct referral_view *view)
{
	struct visit *v = t->v;
	if (t->steps.n)
		qsort(t->steps.v, t->steps.n, sizeof *t->steps.v, by_time);
	struct thread_item *items = ARENA_ARRAY(v->a, struct thread_item, t->steps.n + 1);
	for (size_t i = 0; i < t->steps.n; i++)
		items[i] = t->steps.v[i].item;
	view->items = items;
	view->n = t->steps.n;
	view->summary = str_printf(v->a, "%s. %s. %s.", t->verbal ? "Told by phone" : "Made in writing",
				   t->written || !t->verbal ? "It is in writing" : "It is not yet in writing",
				   t->decided ? "Social care has decided" : "No decision from social care is recorded");
	view->person_href = str_cat(v->a, STR("/p/"), id_of_reference(v->person, "Patient"));
}

void page_referral(struct visit *v)
{
	struct thread t = {.v = v};
	struct referral_view view = {0};
	bool known = fhir_id_ok(v->q->params[0]) && doc_get(v, str_cat(v->a, STR("ServiceRequest/"), v->q->params[0]), &t.request);
	struct str person = known ? id_of_reference(json_str(json_getz(t.request.j, "subject"), "reference"), "Patient") : STR("");
	if (!person.n) {
		page_error(v, 404, "Page not found", STR("There is no such referral."), NULL);
		return;
	}
	if (!visit_person(v, person) || !visit_resource(v, &t.request))
		return;
	t.verbal = str_is(extension_text(t.request.j, "mode"), "verbal");
	add_request(&t);
	add_forms(&t);
	add_messages(&t);
	add_awaited(&t);
	clocks(&t, &view);
	actions(&t, &view);
	seen(&t, &view);
	finish(&t, &view);
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", referral")), PART_REFERRALS);
	if (str_is(field(v, "filed"), "1"))
		v->frame.done_heading = STR("Filed. What happens next is below.");
	view_referral(&v->h, &v->frame, &view);
	page_send(v, 200);
}

/* ---- the list ---- */

enum { REFERRALS = 60 };

struct listing {
	struct visit *v;
	struct doc v_[REFERRALS];
	size_t n;
};

static void take(struct listing *l, const struct docs *d)
{
	for (size_t i = 0; i < d->n && l->n < REFERRALS; i++) {
		bool known = false;
		for (size_t k = 0; k < l->n && !known; k++)
			known = str_eq(l->v_[k].r.id, d->v[i].r.id);
		if (!known)
			l->v_[l->n++] = d->v[i];
	}
}

/* By or to the reader or the team, or with work for the team; a role that may open any record sees all that are open. */
static void read_list(struct listing *l)
{
	struct visit *v = l->v;
	const struct pack_role *role = pack_role(v->w->c.pack, v->user.role);
	static const char open[] = "code=csc-referral&status=draft,active,on-hold&_count=60&_sort=-authored";
	if (role && role->may_open_without_relationship) {
		struct docs all = docs_find(v, "ServiceRequest", "%s", open);
		take(l, &all);
		return;
	}
	struct str who = v->user.practitioner;
	if (v->user.team.n)
		who = str_printf(v->a, "%.*s,Organization/%.*s", STR_ARG(who), STR_ARG(v->user.team));
	struct docs sent = docs_find(v, "ServiceRequest", "%s&requester=%.*s", open, STR_ARG(who));
	struct docs received = docs_find(v, "ServiceRequest", "%s&performer=%.*s", open, STR_ARG(who));
	struct docs work = docs_find(v, "Task", "owner=%.*s&status=requested,received,accepted,ready,in-progress&focus:ServiceRequest.code=csc-referral&_count=60",
				     STR_ARG(who));
	take(l, &sent);
	take(l, &received);
	for (size_t i = 0; i < work.n; i++) {
		struct doc d;
		struct str ref = json_str(json_getz(work.v[i].j, "focus"), "reference");
		struct docs one = {&d, 1, -1};
		if (doc_get(v, ref, &d))
			take(l, &one);
	}
}

static struct referral_row row_of(struct visit *v, const struct doc *d, int64_t *soonest)
{
	struct doc p;
	int64_t at = d->r.recorded_us;
	struct referral_row row = {.href = str_cat(v->a, STR("/r/"), d->r.id), .colour = "grey", .due = STR("Nothing due")};
	instant_of(json_str(d->j, "authoredOn"), &at);
	row.sent = staff_time(v, at);
	if (doc_get(v, json_str(json_getz(d->j, "subject"), "reference"), &p)) {
		doc_shown(v, &p);
		row.person = patient_name(v->a, p.j);
		row.facts = patient_age(v, p.j);
	}
	struct docs tasks = docs_find(v, "Task", "focus=ServiceRequest/%.*s&status=requested,received,accepted,ready,in-progress&_count=10", STR_ARG(d->r.id));
	*soonest = INT64_MAX;
	row.state = STR("Waiting for nothing that is recorded");
	for (size_t i = 0; i < tasks.n; i++) {
		int64_t due = work_due(v, &tasks.v[i]);
		if (due > *soonest)
			continue;
		*soonest = due;
		row.state = task_title(v, tasks.v[i].j);
		row.due = when_due(v, due, &row.colour);
	}
	return row;
}

void page_referrals(struct visit *v)
{
	if (!visit_anybody(v))
		return;
	struct listing *l = ARENA_NEW(v->a, struct listing);
	l->v = v;
	read_list(l);
	struct referral_row *rows = ARENA_ARRAY(v->a, struct referral_row, l->n + 1);
	int64_t *due = ARENA_ARRAY(v->a, int64_t, l->n + 1);
	for (size_t i = 0; i < l->n; i++) {
		int64_t soonest;
		struct referral_row row = row_of(v, &l->v_[i], &soonest);
		size_t k = i;
		for (; k > 0 && soonest < due[k - 1]; k--) {
			rows[k] = rows[k - 1];
			due[k] = due[k - 1];
		}
		rows[k] = row;
		due[k] = soonest;
	}
	struct referrals_view view = {.rows = rows, .n = l->n};
	view.line = (struct list_line){.shown = l->n, .total = l->n, .what = STR("open referrals"), .order = STR("most urgent first"),
				       .filter = STR("by or to your team"), .read = date_staff(v->a, v->now_us), .again = STR("/referrals"), .id = STR("count")};
	page_begin(v, STR("Referrals"), PART_REFERRALS);
	v->frame.part_is_page = true;
	view_referrals(&v->h, &v->frame, &view);
	page_send(v, 200);
}
