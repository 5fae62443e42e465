/* One task: take it, give it, finish it with an outcome. Opening is not doing. */
#include "web/page.h"

#include <string.h>


/* Reads the task of the route, deciding for the person it is about. */
static bool task_of_route(struct visit *v, struct doc *task)
{
	if (!fhir_id_ok(v->q->params[0]) || !doc_get(v, str_cat(v->a, STR("Task/"), v->q->params[0]), task)) {
		page_error(v, 404, "Page not found", STR("There is no such task."), NULL);
		return false;
	}
	struct str person = id_of_reference(json_str(json_getz(task->j, "for"), "reference"), "Patient");
	if (!(person.n ? visit_person(v, person) : visit_anybody(v)))
		return false;
	doc_shown(v, task);
	return true;
}

static struct str state_words(const struct json *task)
{
	static const char *const words[][2] = {{"requested", "Waiting"}, {"accepted", "Taken"}, {"in-progress", "Being done"}, {"on-hold", "On hold"},
					       {"completed", "Done"}, {"cancelled", "Ended by the rule that made it"}, {"rejected", "Refused"}};
	struct str status = json_str(task, "status");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(status, words[i][0]))
			return str_from(words[i][1]);
	return status;
}

static void outcomes(struct visit *v, struct task_view *view)
{
	static const char *const words[][2] = {{"done", "Done"}, {"not-needed", "Not needed any more"}, {"could-not", "Could not be done"}};
	struct choice *c = ARENA_ARRAY(v->a, struct choice, 3);
	for (size_t i = 0; i < 3; i++)
		c[i] = (struct choice){str_from(words[i][0]), str_from(words[i][1]), str_is(field(v, "outcome"), words[i][0])};
	view->outcomes = c;
	view->outcome_count = 3;
}

/* Colleagues, by the roles they hold; the team itself first. */
static void people(struct visit *v, struct task_view *view)
{
	struct docs roles = docs_find(v, "PractitionerRole", "active=true&_count=60");
	struct choice *c = ARENA_ARRAY(v->a, struct choice, roles.n + 2);
	size_t n = 0;
	c[n++] = (struct choice){STR(""), STR("Choose"), true};
	if (v->user.team.n) {
		struct str team = str_cat(v->a, STR("Organization/"), v->user.team);
		c[n++] = (struct choice){team, str_printf(v->a, "My team’s queue: %.*s", STR_ARG(who_is(v, team))), false};
	}
	for (size_t i = 0; i < roles.n; i++) {
		struct str who = json_str(json_getz(roles.v[i].j, "practitioner"), "reference");
		struct str code = coding_code(json_at(json_getz(roles.v[i].j, "code"), 0));
		const struct pack_role *r = pack_role(v->w->c.pack, code);
		if (!who.n || str_eq(who, v->user.practitioner) || (r && r->is_system))
			continue;
		struct str name = reference_text(v, json_getz(roles.v[i].j, "practitioner"));
		c[n++] = (struct choice){who, str_printf(v->a, "%.*s, %.*s", STR_ARG(name), STR_ARG(r ? r->label : code)), false};
	}
	view->people = c;
	view->people_count = n;
}

static void history(struct visit *v, const struct doc *task, struct task_view *view)
{
	const struct json *notes = json_getz(task->j, "note");
	struct str *s = ARENA_ARRAY(v->a, struct str, json_n(notes) + 1);
	for (size_t i = json_n(notes); i-- > 0;) {
		const struct json *note = json_at(notes, i);
		int64_t at;
		struct str when = instant_of(json_str(note, "time"), &at) ? date_staff(v->a, at) : STR("");
		struct str who = json_getz(note, "authorReference") ? reference_text(v, json_getz(note, "authorReference")) : json_str(note, "authorString");
		s[view->history_count++] = str_printf(v->a, "%.*s, %.*s: %.*s", STR_ARG(when), STR_ARG(who), STR_ARG(friendly(v, json_str(note, "text"))));
	}
	view->history = s;
}

static void focus(struct visit *v, const struct doc *task, struct task_view *view)
{
	struct doc d;
	struct str ref = json_str(json_getz(task->j, "focus"), "reference");
	if (!doc_get(v, ref, &d))
		return;
	struct str person = id_of_reference(v->person, "Patient");
	if (str_is(d.r.type, "ServiceRequest")) {
		view->focus_text = STR("The referral");
		view->focus_href = str_cat(v->a, STR("/r/"), d.r.id);
	} else if (person.n) {
		view->focus_text = str_is(d.r.type, "Encounter") ? STR("The attendance") : STR("The entry");
		view->focus_href = str_printf(v->a, "/p/%.*s/entry/%.*s/%.*s", STR_ARG(person), STR_ARG(d.r.type), STR_ARG(d.r.id));
	}
}

static void show(struct visit *v, const struct doc *task, struct task_view *view, int status)
{
	int64_t due = work_due(v, task);
	struct str owner = json_str(json_getz(task->j, "owner"), "reference");
	view->id = task->r.id;
	view->title = task_title(v, task->j);
	view->detail = friendly(v, json_str(task->j, "description"));
	if (str_eq(view->detail, view->title))
		view->detail = STR("");
	view->status = state_words(task->j);
	view->open = task_open(task->j);
	const char *colour;
	struct str late = when_due(v, due, &colour);
	view->due = due == INT64_MAX ? STR("") : view->open ? str_printf(v->a, "%.*s, by %.*s", STR_ARG(late), STR_ARG(staff_time(v, due))) : staff_time(v, due);
	view->colour = view->open && due != INT64_MAX ? colour : NULL;
	view->who = who_is(v, owner);
	view->mine = str_eq(owner, v->user.practitioner);
	view->nobody = !str_starts(owner, STR("Practitioner/"));
	view->form_href = task_form(v, task, &view->form_title);
	if (json_str(task->j, "instantiatesUri").n)
		view->why = str_printf(v->a, "/why/Task/%.*s", STR_ARG(task->r.id));
	view->once = str_printf(v->a, "%lld", (long long)task->r.version);
	outcomes(v, view);
	if (view->open)
		people(v, view);
	history(v, task, view);
	focus(v, task, view);
	struct str initials = v->patient ? str_cat(v->a, patient_initials(v->a, v->patient), STR(", ")) : STR("");
	page_begin(v, str_cat(v->a, initials, view->title), PART_TODAY);
	v->frame.error = view->outcome_error.n || view->give_error.n;
	view_task(&v->h, &v->frame, view);
	page_send(v, status);
}

void page_task(struct visit *v)
{
	struct doc task;
	struct task_view view = {0};
	if (task_of_route(v, &task))
		show(v, &task, &view, 200);
}

/* ---- changing it ---- */

static void add_note(struct visit *v, struct json *task, struct str text)
{
	struct arena *a = v->a;
	struct json *list = json_getz(task, "note"), *note = json_object(a), *who = json_object(a);
	if (!list) {
		list = json_array(a);
		json_setz(a, task, "note", list);
	}
	json_set_str(a, who, "reference", v->user.practitioner);
	json_set_str(a, who, "display", v->user.display);
	json_setz(a, note, "authorReference", who);
	json_set_str(a, note, "time", date_local_iso(a, v->now_us));
	json_set_str(a, note, "text", text);
	json_push(a, list, note);
}

static void set_owner(struct visit *v, struct json *task, struct str reference)
{
	struct json *owner = json_object(v->a);
	json_set_str(v->a, owner, "reference", reference);
	json_setz(v->a, task, "owner", owner);
}

static void conflict(struct visit *v, const struct doc *task, struct str mine)
{
	struct doc now;
	struct conflict_view view = {.what = STR("this task"), .mine = mine.n ? mine : STR("(you took it)"), .once = STR("")};
	doc_get(v, str_cat(v->a, STR("Task/"), task->r.id), &now);
	const struct json *notes = json_getz(now.j, "note"), *last = json_at(notes, json_n(notes) ? json_n(notes) - 1 : 0);
	view.theirs = last ? json_str(last, "text") : state_words(now.j);
	view.theirs_who = who_is(v, json_str(json_getz(now.j, "owner"), "reference"));
	view.back_href = str_cat(v->a, STR("/t/"), task->r.id);
	if (mine.n)
		view.add_action = str_cat(v->a, view.back_href, STR("/add"));
	page_begin(v, STR("Somebody else wrote first"), PART_TODAY);
	v->frame.error = true;
	view_conflict(&v->h, &v->frame, &view);
	page_send(v, 409);
}

/* The version the page was made from rides along, so that nobody overwrites what they have not seen. */
static bool save(struct visit *v, const struct doc *task, const struct json *body, struct str words)
{
	int64_t seen = 0;
	struct err e = ERR_INIT;
	struct put_result result;
	str_to_i64(field(v, "once"), &seen);
	struct put put = {.method = STORE_UPDATE, .type = STR("Task"), .id = task->r.id, .body = body,
			  .if_version = seen > 0 ? seen : task->r.version};
	if (visit_commit(v, &put, &result, 1, &e))
		return true;
	if (e.code == ERR_PRECONDITION || e.code == ERR_CONFLICT)
		conflict(v, task, words);
	else
		page_err(v, &e);
	return false;
}

static bool may_change(struct visit *v, const struct doc *task)
{
	if (!visit_may_write(v, "Task"))
		return false;
	if (task_open(task->j))
		return true;
	page_error(v, 409, "This is finished already", str_printf(v->a, "Its state is: %.*s.", STR_ARG(state_words(task->j))), NULL);
	return false;
}

void page_task_take(struct visit *v)
{
	struct doc task;
	if (!task_of_route(v, &task) || !may_change(v, &task))
		return;
	if (str_eq(json_str(json_getz(task.j, "owner"), "reference"), v->user.practitioner)) {
		page_go(v, str_cat(v->a, STR("/t/"), task.r.id)); /* a second click */
		return;
	}
	struct json *body = json_clone(v->a, task.j);
	set_owner(v, body, v->user.practitioner);
	json_set_str(v->a, body, "status", STR("accepted"));
	json_set_str(v->a, body, "lastModified", date_local_iso(v->a, v->now_us));
	if (save(v, &task, body, STR("")))
		page_go(v, str_cat(v->a, STR("/t/"), task.r.id));
}

void page_task_give(struct visit *v)
{
	struct doc task, to;
	struct task_view view = {0};
	if (!task_of_route(v, &task) || !may_change(v, &task))
		return;
	struct str who = field(v, "to");
	bool known = (str_starts(who, STR("Practitioner/")) || str_starts(who, STR("Organization/"))) && doc_get(v, who, &to);
	if (!known) {
		view.give_error = STR("Choose who takes it");
		show(v, &task, &view, 422);
		return;
	}
	struct json *body = json_clone(v->a, task.j);
	set_owner(v, body, who);
	json_set_str(v->a, body, "status", STR("requested"));
	json_set_str(v->a, body, "lastModified", date_local_iso(v->a, v->now_us));
	add_note(v, body, str_printf(v->a, "Given to %.*s", STR_ARG(who_is(v, who))));
	if (save(v, &task, body, STR("")))
		page_go(v, STR("/?done=1"));
}

static struct json *finished(struct visit *v, const struct json *task, struct str outcome, struct str words)
{
	struct json *body = json_clone(v->a, task), *business = json_object(v->a);
	bool could_not = str_is(outcome, "could-not");
	json_set_str(v->a, body, "status", could_not ? STR("failed") : STR("completed"));
	json_set_str(v->a, body, "lastModified", date_local_iso(v->a, v->now_us));
	json_set_str(v->a, business, "text", str_is(outcome, "done") ? STR("Done") : could_not ? STR("Could not be done") : STR("Not needed any more"));
	json_setz(v->a, body, "businessStatus", business);
	set_owner(v, body, v->user.practitioner);
	add_note(v, body, words);
	return body;
}

/* What Today shows as one line is finished as one. */
static void finish_twins(struct visit *v, const struct doc *task, struct str outcome, struct str words)
{
	struct str focus = json_str(json_getz(task->j, "focus"), "reference");
	struct docs d = focus.n ? docs_find(v, "Task", "focus=%.*s&status=requested,received,accepted,ready,in-progress,on-hold&_count=20", STR_ARG(focus))
				: (struct docs){0};
	for (size_t i = 0; i < d.n; i++) {
		struct err e = ERR_INIT;
		struct put_result result;
		if (str_eq(d.v[i].r.id, task->r.id) || !task_twins(d.v[i].j, task->j))
			continue;
		struct put put = {.method = STORE_UPDATE, .type = STR("Task"), .id = d.v[i].r.id, .body = finished(v, d.v[i].j, outcome, words),
				  .if_version = d.v[i].r.version};
		if (!visit_commit(v, &put, &result, 1, &e)) /* somebody changed it meanwhile: it stays open, and is seen */
			log_line(LOG_INFO, "web", "request=%.*s a twin task stays open: %s", STR_ARG(v->q->id), err_name(e.code));
	}
}

void page_task_done(struct visit *v)
{
	struct doc task;
	struct task_view view = {0};
	if (!task_of_route(v, &task) || !may_change(v, &task))
		return;
	struct str words = str_trim(field(v, "words")), outcome = field(v, "outcome");
	view.outcome_words = field(v, "words");
	if (words.n < 3 || !outcome.n)
		view.outcome_error = outcome.n ? STR("Say what was done, in a few words") : STR("Choose what came of it");
	if (words.n > 4000)
		view.outcome_error = STR("Use 4,000 characters or fewer");
	if (view.outcome_error.n) {
		show(v, &task, &view, 422);
		return;
	}
	if (!save(v, &task, finished(v, task.j, outcome, words), words))
		return;
	finish_twins(v, &task, outcome, words);
	page_go(v, STR("/?done=1"));
}

/* Words as an addition, whatever became of the task meanwhile: nothing typed is lost, and nothing written is changed. */
void page_task_add(struct visit *v)
{
	struct doc task;
	struct err e = ERR_INIT;
	struct put_result result;
	struct str words = str_trim(field(v, "words"));
	if (!task_of_route(v, &task) || !visit_may_write(v, "Task"))
		return;
	if (!words.n || words.n > 4000) {
		page_error(v, 422, "There is nothing to add", STR("The addition was empty, or longer than 4,000 characters."), NULL);
		return;
	}
	struct json *body = json_clone(v->a, task.j);
	add_note(v, body, words);
	struct put put = {.method = STORE_UPDATE, .type = STR("Task"), .id = task.r.id, .body = body, .if_version = task.r.version};
	if (visit_commit(v, &put, &result, 1, &e))
		page_go(v, str_cat(v->a, STR("/t/"), task.r.id));
	else if (e.code == ERR_PRECONDITION)
		conflict(v, &task, words);
	else
		page_err(v, &e);
}
