/* S3 Person. */
#include "web/page.h"

#include <string.h>

enum { FLAGS_SHOWN = 3, SEEN_SHOWN = 5 };

/* ---- flags ---- */

static int weight_rank(const char *w)
{
	return strcmp(w, "act") == 0 ? 0 : strcmp(w, "know") == 0 ? 1 : 2;
}

static void sort_flags(struct flag_view *f, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct flag_view one = f[i];
		size_t k = i;
		for (; k > 0 && weight_rank(one.weight) < weight_rank(f[k - 1].weight); k--)
			f[k] = f[k - 1];
		f[k] = one;
	}
}

struct person_flags gather_flags(struct visit *v)
{
	struct docs docs = docs_find_counted(v, "Flag", "patient=%.*s&_count=50&_sort=-_lastUpdated", STR_ARG(v->person));
	struct person_flags f = {ARENA_ARRAY(v->a, struct flag_view, docs.n + 1), ARENA_ARRAY(v->a, struct flag_view, docs.n + 1), 0, 0};
	for (size_t i = 0; i < docs.n; i++) {
		struct str status = json_str(docs.v[i].j, "status");
		if (str_is(status, "active"))
			f.on[f.on_count++] = flag_of(v, &docs.v[i]);
		else if (!str_is(status, "entered-in-error"))
			f.ended[f.ended_count++] = flag_of(v, &docs.v[i]);
	}
	sort_flags(f.on, f.on_count);
	return f;
}

static void flags(struct visit *v, struct person_view *out)
{
	struct person_flags f = gather_flags(v);
	out->flags = f.on;
	out->flag_count = f.on_count < FLAGS_SHOWN ? f.on_count : FLAGS_SHOWN;
	out->more_flags = f.on_count - out->flag_count;
	out->ended_flags = f.ended_count;
	out->flags_href = str_cat(v->a, out->self, STR("/flags"));
}

void page_flags(struct visit *v)
{
	if (!visit_person(v, v->q->params[0]))
		return;
	struct person_flags f = gather_flags(v);
	struct flags_view view = {.flags = f.on, .n = f.on_count, .ended = f.ended, .ended_count = f.ended_count};
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", flags")), PART_PEOPLE);
	view_flags(&v->h, &v->frame, &view);
	page_send(v, 200);
}

/* ---- what can be done: settings person-actions-child and -adult of the pack, or with -ROLE: names of forms ---- */

static struct str action_ids(struct visit *v, bool child)
{
	const char *base = child ? "person-actions-child" : "person-actions-adult";
	struct str by_role = pack_setting_str(v->w->c.pack, str_c(v->a, str_printf(v->a, "%s-%.*s", base, STR_ARG(v->user.role))), STR(""));
	return by_role.n ? by_role : pack_setting_str(v->w->c.pack, base, STR(""));
}

static void actions(struct visit *v, struct person_view *out)
{
	struct str rest = action_ids(v, out->child), id;
	struct action *list = ARENA_ARRAY(v->a, struct action, 6);
	bool may = pack_role_may(pack_role(v->w->c.pack, v->user.role), STR("QuestionnaireResponse"), true);
	while (may && rest.p && rest.n && out->action_count < 4 && str_next(&rest, ' ', &id)) {
		const struct pack_resource *q = id.n ? pack_get(v->w->c.pack, STR("Questionnaire"), id) : NULL;
		if (!q)
			continue;
		struct str label = pack_setting_str(v->w->c.pack, str_c(v->a, str_cat(v->a, STR("action-"), id)), json_str(q->body, "title"));
		list[out->action_count] = (struct action){label, str_printf(v->a, "%.*s/form/%.*s", STR_ARG(out->self), STR_ARG(id)), out->action_count > 1};
		out->action_count++;
	}
	if (may)
		list[out->action_count++] = (struct action){STR("All forms"), str_cat(v->a, out->self, STR("/forms")), true};
	out->actions = list;
}

/* ---- still to do ---- */

static bool is_task_of(const struct docs *tasks, struct str reference)
{
	for (size_t i = 0; i < tasks->n; i++)
		if (str_eq(reference, tasks->v[i].r.id) || str_eq(id_of_reference(reference, "Task"), tasks->v[i].r.id))
			return true;
	return false;
}

/* The same thing awaited of several people is one line: "You; Carol Lim". */
static bool joined(const struct docs *tasks, size_t i, struct visit *v, struct clock_view *list, const size_t *row_of)
{
	for (size_t k = 0; k < i; k++) {
		struct str focus = json_str(json_getz(tasks->v[i].j, "focus"), "reference");
		if (!focus.n || !str_eq(focus, json_str(json_getz(tasks->v[k].j, "focus"), "reference")) ||
		    !str_eq(task_title(v, tasks->v[i].j), task_title(v, tasks->v[k].j)))
			continue;
		struct clock_view *c = &list[row_of[k]];
		struct str who = who_is(v, json_str(json_getz(tasks->v[i].j, "owner"), "reference"));
		c->detail = str_printf(v->a, "%.*s; %.*s", STR_ARG(who), STR_ARG(c->detail));
		return true;
	}
	return false;
}

static void from_tasks(struct visit *v, const struct docs *tasks, struct clock_view *list, int64_t *dues, size_t *n)
{
	size_t *row_of = ARENA_ARRAY(v->a, size_t, tasks->n + 1);
	for (size_t i = 0; i < tasks->n; i++) {
		if (joined(tasks, i, v, list, row_of))
			continue;
		int64_t due = work_due(v, &tasks->v[i]);
		struct clock_view *c = &list[*n];
		row_of[i] = *n;
		*c = (struct clock_view){.what = task_title(v, tasks->v[i].j), .href = str_cat(v->a, STR("/t/"), tasks->v[i].r.id)};
		c->due = when_due(v, due, &c->colour);
		struct str who = who_is(v, json_str(json_getz(tasks->v[i].j, "owner"), "reference"));
		struct str by = due == INT64_MAX ? STR("") : str_printf(v->a, ", by %.*s", STR_ARG(staff_time(v, due)));
		c->detail = str_printf(v->a, "%.*s%.*s", STR_ARG(who), STR_ARG(by));
		if (json_str(tasks->v[i].j, "instantiatesUri").n)
			c->why_href = str_printf(v->a, "/why/Task/%.*s", STR_ARG(tasks->v[i].r.id));
		dues[(*n)++] = due;
	}
}

static void from_clocks(struct visit *v, const struct docs *tasks, const struct clock_rows *clocks, struct clock_view *list, int64_t *dues, size_t *n)
{
	for (size_t i = 0; i < clocks->n; i++) {
		const struct clock_row *k = &clocks->v[i];
		if (!k->due_us || k->due_us == INT64_MAX || is_task_of(tasks, k->task))
			continue;
		struct clock_view *c = &list[*n];
		const struct pack_role *role = pack_role(v->w->c.pack, k->owner_role);
		*c = (struct clock_view){.what = k->title};
		c->due = when_due(v, k->due_us, &c->colour);
		struct str who = k->owner.n ? who_is(v, k->owner) : role ? role->label : STR("Nobody named");
		c->detail = str_printf(v->a, "%.*s, by %.*s%s", STR_ARG(who), STR_ARG(staff_time(v, k->due_us)), k->state == CLOCK_PAUSED ? ". Paused" : "");
		c->why_href = str_printf(v->a, "/p/%.*s/why/%lld", STR_ARG(id_of_reference(v->person, "Patient")), (long long)k->id);
		dues[(*n)++] = k->due_us;
	}
}

static void sort_clocks(struct clock_view *c, int64_t *dues, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct clock_view one = c[i];
		int64_t due = dues[i];
		size_t k = i;
		for (; k > 0 && due < dues[k - 1]; k--) {
			c[k] = c[k - 1];
			dues[k] = dues[k - 1];
		}
		c[k] = one;
		dues[k] = due;
	}
}

size_t gather_clocks(struct visit *v, struct clock_view **out, bool *failed)
{
	struct docs tasks = docs_find_counted(v, "Task", "patient=%.*s&status=draft,requested,received,accepted,ready,in-progress,on-hold&_count=50",
					      STR_ARG(v->person));
	struct clock_rows clocks = {0};
	*failed = !pathway_clocks(v->read, v->person, true, &clocks, NULL);
	struct clock_view *list = ARENA_ARRAY(v->a, struct clock_view, tasks.n + clocks.n + 1);
	int64_t *dues = ARENA_ARRAY(v->a, int64_t, tasks.n + clocks.n + 1);
	size_t n = 0;
	from_tasks(v, &tasks, list, dues, &n);
	from_clocks(v, &tasks, &clocks, list, dues, &n);
	sort_clocks(list, dues, n);
	*out = list;
	return n;
}

static void todo(struct visit *v, struct person_view *out)
{
	struct clock_view *list;
	bool failed;
	out->clock_count = gather_clocks(v, &list, &failed);
	out->clocks = list;
	if (failed)
		out->feed_warning = STR("The clocks could not be read. What is due may not be shown here.");
}

/* ---- facts ---- */

static struct str language(struct visit *v, const struct json *p)
{
	const struct json *list = json_getz(p, "communication");
	struct buf b = buf_new(v->a, 500);
	for (size_t i = 0; i < json_n(list); i++) {
		buf_c(&b, b.n ? ", " : "");
		buf_add(&b, concept_text(v, json_getz(json_at(list, i), "language")));
	}
	const struct json *interpreter = extension(p, "patient-interpreterRequired");
	if (json_true(json_getz(interpreter, "valueBoolean")))
		buf_c(&b, ". Needs an interpreter");
	return buf_str(&b);
}

static struct str ethnicity(struct visit *v, const struct json *p)
{
	const struct json *concept = json_getz(extension(p, "Extension-UKCore-EthnicCategory"), "valueCodeableConcept");
	return concept_text(v, concept);
}

static void care_team(struct visit *v, struct fact *facts, size_t *n, size_t cap)
{
	struct docs teams = docs_find(v, "CareTeam", "patient=%.*s&status=active&_count=10", STR_ARG(v->person));
	for (size_t i = 0; i < teams.n; i++) {
		const struct json *list = json_getz(teams.v[i].j, "participant");
		struct str team_phone = json_str(json_at(json_getz(teams.v[i].j, "telecom"), 0), "value");
		for (size_t k = 0; k < json_n(list) && *n < cap; k++) {
			const struct json *p = json_at(list, k);
			struct str code = coding_code(json_at(json_getz(p, "role"), 0));
			const struct pack_role *role = pack_role(v->w->c.pack, code);
			struct str phone = extension_text(json_getz(p, "member"), "phone");
			facts[(*n)++] = (struct fact){.name = role ? role->label : code, .value = reference_text(v, json_getz(p, "member")),
						      .number = phone.n ? phone : team_phone};
		}
	}
}

size_t gather_facts(struct visit *v, struct str self, bool child, struct fact **out)
{
	enum { CAP = 20 };
	const struct json *p = v->patient;
	struct fact *f = ARENA_ARRAY(v->a, struct fact, CAP);
	size_t n = 0;
	bool may = pack_role_may(pack_role(v->w->c.pack, v->user.role), STR("Patient"), true);
	struct str href = may ? str_cat(v->a, self, STR("/facts")) : STR("");
	const struct json *religion = json_getz(extension(p, "patient-religion"), "valueCodeableConcept");
	f[n++] = (struct fact){STR("Language"), language(v, p), STR_NONE, href};
	f[n++] = (struct fact){STR("Ethnicity"), ethnicity(v, p), STR_NONE, href};
	f[n++] = (struct fact){STR("Religion"), concept_text(v, religion), STR_NONE, href};
	f[n++] = (struct fact){STR("Address"), patient_address(v->a, p), STR_NONE, href};
	f[n++] = (struct fact){STR("Phone"), STR_NONE, json_str(json_at(json_getz(p, "telecom"), 0), "value"), href};
	if (child)
		f[n++] = (struct fact){STR("School"), reference_text(v, json_getz(extension(p, "school"), "valueReference")), STR_NONE, href};
	f[n++] = (struct fact){STR("GP practice"), reference_text(v, json_at(json_getz(p, "generalPractitioner"), 0)), STR_NONE, href};
	care_team(v, f, &n, CAP);
	*out = f;
	return n;
}

/* ---- who has seen it ---- */

/* Each reader once, with the last time. */
static bool seen_before(const struct ledger_entries *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (list->v[k].kind == LEDGER_READ && str_eq(list->v[k].act.agent, list->v[i].act.agent))
			return true;
	return false;
}

static void seen(struct visit *v, struct person_view *out)
{
	struct ledger_entries list = {0};
	struct str *words = ARENA_ARRAY(v->a, struct str, SEEN_SHOWN);
	int64_t mine = 0;
	out->opened = str_printf(v->a, "You opened this record at %.*s. %.*s and those who care for them can be told who has opened it.",
				 STR_ARG(date_staff(v->a, v->now_us)), STR_ARG(out->name));
	if (!ledger_list(v->read, v->person, 0, 120, &list, NULL))
		return;
	for (size_t i = 0; i < list.n; i++) {
		const struct ledger_entry *e = &list.v[i];
		if (e->kind != LEDGER_READ)
			continue;
		bool me = str_eq(e->act.agent, v->user.practitioner);
		if (me && !mine && v->now_us - e->at_us > 10 * US_PER_MINUTE)
			mine = e->at_us;
		if (me || out->seen_count == SEEN_SHOWN || seen_before(&list, i))
			continue;
		const struct pack_role *role = pack_role(v->w->c.pack, e->act.role);
		struct str reason = e->act.reason.n ? str_printf(v->a, ". Reason: %.*s", STR_ARG(e->act.reason)) : STR("");
		words[out->seen_count++] = str_printf(v->a, "%.*s, %.*s, %.*s%.*s", STR_ARG(who_is(v, e->act.agent)), STR_ARG(role ? role->label : e->act.role),
						      STR_ARG(date_staff(v->a, e->at_us)), STR_ARG(reason));
	}
	out->seen = words;
	out->last_looked = mine ? str_printf(v->a, "%lld", (long long)mine) : STR("");
}

void page_person(struct visit *v)
{
	struct person_view view = {0};
	if (!visit_person(v, v->q->params[0]))
		return;
	view.self = str_cat(v->a, STR("/p/"), v->q->params[0]);
	view.name = patient_given(v->a, v->patient);
	view.child = patient_is_child(v, v->patient);
	flags(v, &view);
	actions(v, &view);
	todo(v, &view);
	struct fact *facts;
	view.fact_count = gather_facts(v, view.self, view.child, &facts);
	view.facts = facts;
	seen(v, &view);
	gather_chronology(v, &view);
	gather_family(v, &view);
	struct str words = pack_setting_str(v->w->c.pack, "ask-words", STR("concern-note")), family = pack_setting_str(v->w->c.pack, "ask-family", STR(""));
	if (words.n && pack_get(v->w->c.pack, STR("Questionnaire"), words))
		view.ask_words_href = str_printf(v->a, "%.*s/form/%.*s", STR_ARG(view.self), STR_ARG(words));
	if (family.n && pack_get(v->w->c.pack, STR("Questionnaire"), family))
		view.family_ask = str_printf(v->a, "%.*s/form/%.*s", STR_ARG(view.self), STR_ARG(family));
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", record summary")), PART_PEOPLE);
	v->banner.href = STR_NONE;
	if (str_is(field(v, "filed"), "1"))
		v->frame.done_heading = STR("Filed. It is in the chronology below.");
	if (str_is(field(v, "saved"), "1"))
		v->frame.done_heading = STR("Saved.");
	view_person(&v->h, &v->frame, &view);
	page_send(v, 200);
}
