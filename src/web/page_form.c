/* S4 Form: any Questionnaire of the pack, about one person. */
#include "web/page.h"

#include <string.h>

struct filling {
	struct visit *v;
	const struct pack_resource *q;
	struct form_context context;
	struct form *form;
	struct str once;   /* id of the response: a second sending of the same page makes nothing twice */
	struct str id;     /* of the person */
	struct str query;  /* "?task=..." kept in the page's address */
	bool resumed;
	int64_t draft_us;
};

/* ---- what the form may ask the record for ---- */

static struct str query_field(struct visit *v, const char *name)
{
	struct http_field *f;
	size_t n;
	return http_form(v->a, v->q->query, &f, &n, NULL) ? http_field_get(f, n, name) : STR_NONE;
}

static void give(struct filling *x, const char *name, const struct json *value)
{
	if (value)
		map_put(&x->context.variables, str_from(name), (void *)(uintptr_t)value);
}

static const struct json *find_doc(struct visit *v, const char *type, struct str id, struct doc *d)
{
	if (!id.n || !fhir_id_ok(id) || !doc_get(v, str_printf(v->a, "%s/%.*s", type, STR_ARG(id)), d))
		return NULL;
	/* what another person's record holds does not belong in this form */
	struct str about = access_person_of(v->a, d->j);
	return !about.n || str_eq(about, v->person) ? d->j : NULL;
}

static struct str focus_id(const struct json *task, const char *type)
{
	return id_of_reference(json_str(json_getz(task, "focus"), "reference"), type);
}

static const struct json *open_encounter(struct visit *v)
{
	struct docs d = docs_find(v, "Encounter", "patient=%.*s&status=arrived,triaged,in-progress&_sort=-date&_count=1", STR_ARG(v->person));
	return d.n ? d.v[0].j : NULL;
}

static const struct json *flags_bundle(struct visit *v)
{
	struct docs d = docs_active_flags(v, v->person, 20);
	struct json *bundle = json_object(v->a), *entries = json_array(v->a);
	json_set_str(v->a, bundle, "resourceType", STR("Bundle"));
	json_set_str(v->a, bundle, "type", STR("collection"));
	for (size_t i = 0; i < d.n; i++) {
		struct json *entry = json_object(v->a);
		json_setz(v->a, entry, "resource", json_clone(v->a, d.v[i].j));
		json_push(v->a, entries, entry);
	}
	if (json_n(entries))
		json_setz(v->a, bundle, "entry", entries);
	return bundle;
}

/* The response this one follows: what was said on the phone, for the written referral. */
static const struct json *earlier_response(struct visit *v, const struct json *request)
{
	if (!request)
		return NULL;
	struct docs d = docs_find(v, "QuestionnaireResponse", "based-on=ServiceRequest/%.*s&status=completed&_sort=-_lastUpdated&_count=1",
				  STR_ARG(json_str(request, "id")));
	if (d.n)
		return d.v[0].j;
	/* a phone referral's request is made by its form: RESPONSE.TEMPLATE */
	struct str id = json_str(request, "id");
	ptrdiff_t dot = str_find_char(id, '.');
	struct doc made_by;
	return dot > 0 ? find_doc(v, "QuestionnaireResponse", str_sub(id, 0, (size_t)dot), &made_by) : NULL;
}

/* The attendance that the request, or the answers the task is about, came from. */
static const struct json *encounter_behind(struct visit *v, const struct json *request, const struct json *task, struct doc *d)
{
	struct doc answers;
	const struct json *from = request ? request : find_doc(v, "QuestionnaireResponse", focus_id(task, "QuestionnaireResponse"), &answers);
	return find_doc(v, "Encounter", id_of_reference(json_str(json_getz(from, "encounter"), "reference"), "Encounter"), d);
}

static void gather_context(struct filling *x)
{
	struct visit *v = x->v;
	struct doc task = {0}, request = {0}, encounter = {0}, user = {0}, gp = {0};
	x->context = (struct form_context){.variables = map_new(v->a), .now_us = v->now_us};
	give(x, "patient", v->patient);
	const struct json *t = find_doc(v, "Task", query_field(v, "task"), &task);
	give(x, "task", t);
	struct str request_id = query_field(v, "request"), encounter_id = query_field(v, "encounter");
	const struct json *r = find_doc(v, "ServiceRequest", request_id.n ? request_id : focus_id(t, "ServiceRequest"), &request);
	give(x, "request", r);
	const struct json *e = find_doc(v, "Encounter", encounter_id.n ? encounter_id : focus_id(t, "Encounter"), &encounter);
	if (!e)
		e = encounter_behind(v, r, t, &encounter);
	give(x, "encounter", e ? e : open_encounter(v));
	give(x, "response", earlier_response(v, r));
	give(x, "user", doc_get(v, v->user.practitioner, &user) ? user.j : NULL);
	give(x, "role", json_string(v->a, v->user.role));
	if (v->user.team.n)
		give(x, "team", json_string(v->a, v->user.team));
	struct str practice = json_str(json_at(json_getz(v->patient, "generalPractitioner"), 0), "reference");
	give(x, "gp", doc_get(v, practice, &gp) ? gp.j : NULL);
	give(x, "flags", flags_bundle(v));
}

/* ---- opening ---- */

static bool begin(struct visit *v, struct filling *x)
{
	*x = (struct filling){.v = v, .id = v->q->params[0]};
	if (!visit_person(v, x->id) || !visit_may_write(v, "QuestionnaireResponse"))
		return false;
	x->q = pack_get(v->w->c.pack, STR("Questionnaire"), v->q->params[1]);
	if (!x->q) {
		page_error(v, 404, "Page not found", STR("There is no such form."), NULL);
		return false;
	}
	struct buf b = buf_new(v->a, 400);
	static const char *const kept[] = {"task", "request", "encounter"};
	for (size_t i = 0; i < 3; i++) {
		struct str value = query_field(v, kept[i]);
		if (value.n && fhir_id_ok(value))
			buf_printf(&b, "%c%s=%.*s", b.n ? '&' : '?', kept[i], STR_ARG(value));
	}
	x->query = buf_str(&b);
	gather_context(x);
	struct err e = ERR_INIT;
	if (form_open(v->a, v->w->c.pack, x->q->url, &x->context, &x->form, &e))
		return true;
	page_err(v, &e);
	return false;
}

/* The reader's own draft of this form about this person, or the one begun for this referral (a phone call drafts its written copy). */
static void resume(struct filling *x)
{
	struct visit *v = x->v;
	struct err e = ERR_INIT;
	struct str query = str_printf(v->a, "subject=%.*s&questionnaire=%.*s&status=in-progress&_sort=-_lastUpdated&_count=1", STR_ARG(v->person),
				      STR_ARG(http_encode(v->a, x->q->url)));
	struct docs d;
	if (x->form->based_on.n)
		d = docs_find(v, "QuestionnaireResponse", "%.*s&based-on=%.*s", STR_ARG(query), STR_ARG(x->form->based_on));
	else
		d = docs_find(v, "QuestionnaireResponse", "%.*s&author=%.*s", STR_ARG(query), STR_ARG(v->user.practitioner));
	x->once = id_new(v->w->c.env, v->a);
	if (!d.n || !form_fill_response(v->a, x->form, v->w->c.pack, &x->context, d.v[0].j, &e) ||
	    !form_prefill(v->a, x->form, v->w->c.pack, &x->context, &e))
		return;
	x->once = d.v[0].r.id;
	x->draft_us = d.v[0].r.recorded_us;
	x->resumed = true;
}

/* ---- showing ---- */

static bool listed(struct visit *v, const char *setting, struct str id)
{
	struct str rest = pack_setting_str(v->w->c.pack, setting, STR("")), one;
	while (rest.p && str_next(&rest, ' ', &one))
		if (str_eq(one, id))
			return true;
	return false;
}

/* The attendance and the referral the form is about, so that nobody answers about another one. */
static void about(struct filling *x, struct fact *facts, size_t *n)
{
	struct visit *v = x->v;
	const struct json *e = map_get(&x->context.variables, STR("encounter")), *r = map_get(&x->context.variables, STR("request"));
	int64_t at;
	if (e && instant_of(json_str(json_getz(e, "period"), "start"), &at)) {
		struct str why = concept_text(v, json_at(json_getz(e, "reasonCode"), 0));
		facts[(*n)++] = (struct fact){.name = STR("Attendance"), .value = why.n ? why : STR("Reason not recorded"), .number = staff_time(v, at)};
	}
	if (r && instant_of(json_str(r, "authoredOn"), &at)) {
		struct str why = concept_text(v, json_at(json_getz(r, "reasonCode"), 0));
		facts[(*n)++] = (struct fact){.name = STR("Referral"), .value = why.n ? why : STR("Reason not recorded"), .number = staff_time(v, at)};
	}
}

static void fill_view(struct filling *x, struct form_view *view)
{
	struct visit *v = x->v;
	struct fact *facts;
	struct str self = str_cat(v->a, STR("/p/"), x->id), here = str_printf(v->a, "%.*s/form/%.*s", STR_ARG(self), STR_ARG(x->q->id));
	struct person_flags flags = gather_flags(v);
	size_t n = gather_facts(v, self, patient_is_child(v, v->patient), &facts), known = 0;
	struct fact *list = ARENA_ARRAY(v->a, struct fact, n + 2);
	about(x, list, &known);
	for (size_t i = 0; i < n; i++)
		if (facts[i].value.n || facts[i].number.n)
			list[known++] = facts[i];
	*view = (struct form_view){.form = x->form, .once = x->once, .back_href = self, .back_text = STR("Summary"), .known = list, .known_count = known,
				   .flags = flags.on, .flag_count = flags.on_count < 3 ? flags.on_count : 3};
	view->action = str_cat(v->a, here, x->query);
	view->draft = str_printf(v->a, "%.*s/draft%.*s", STR_ARG(here), STR_ARG(x->query));
	view->leaves = listed(v, "forms-that-leave", x->q->id);
	if (x->resumed)
		view->draft_saved = str_printf(v->a, "Your draft of %.*s. It is not filed yet.", STR_ARG(date_staff(v->a, x->draft_us)));
}

static void title(struct filling *x)
{
	struct visit *v = x->v;
	page_begin(v, str_printf(v->a, "%.*s, %.*s", STR_ARG(patient_initials(v->a, v->patient)), STR_ARG(x->form->title)), PART_PEOPLE);
	v->frame.error = x->form->errors > 0;
}

static void show(struct filling *x, int status)
{
	struct visit *v = x->v;
	struct form_view view;
	fill_view(x, &view);
	title(x);
	if (str_is(query_field(v, "saved"), "1")) {
		v->frame.done_heading = STR("Kept as a draft");
		v->frame.done_text = x->form->based_on.n ? STR("Whoever writes up this referral opens it here. It is not part of the record until it is filed.")
							  : STR("Only you see it. It is not part of the record until you file it.");
	}
	view_form(&v->h, &v->frame, &view);
	page_send(v, status);
}

static void show_check(struct filling *x)
{
	struct visit *v = x->v;
	struct form_view view;
	struct str *to = ARENA_ARRAY(v->a, struct str, 8);
	size_t n = 0;
	struct str rest = pack_setting_str(v->w->c.pack, str_c(v->a, str_cat(v->a, STR("recipients-"), x->q->id)), STR("")), one;
	while (rest.p && rest.n && n < 8 && str_next(&rest, ';', &one))
		to[n++] = str_trim(one);
	fill_view(x, &view);
	title(x);
	view_form_check(&v->h, &v->frame, &view, to, n);
	page_send(v, 200);
}

void page_form(struct visit *v)
{
	struct filling x;
	if (!begin(v, &x))
		return;
	resume(&x);
	show(&x, 200);
}

/* ---- what was posted ---- */

static bool is_ours(struct str name)
{
	static const char *const own[] = {"csrf", "once", "do", "add"};
	for (size_t i = 0; i < 4; i++)
		if (str_is(name, own[i]))
			return true;
	return false;
}

static struct str base_of(struct str name, const char *suffix)
{
	return str_ends(name, str_from(suffix)) ? str_sub(name, 0, name.n - strlen(suffix)) : STR_NONE;
}

static struct str posted(const struct visit *v, struct arena *a, struct str base, const char *suffix)
{
	return str_trim(http_field_get(v->fields, v->field_count, str_c(a, str_cat(a, base, str_from(suffix)))));
}

/* A moment is posted as day, month, year and time, and read as one. */
static bool join_moment(struct filling *x, struct str name, struct form_field *out)
{
	struct visit *v = x->v;
	static const char *const parts[] = {"-day", "-month", "-year", "-time"};
	for (size_t i = 0; i < 4; i++) {
		struct str base = base_of(name, parts[i]);
		const struct form_item *item = base.p ? form_find(x->form, base) : NULL;
		if (!item || item->kind != FORM_DATETIME)
			continue;
		struct str day = posted(v, v->a, base, "-day"), month = posted(v, v->a, base, "-month"), year = posted(v, v->a, base, "-year");
		struct str time = posted(v, v->a, base, "-time");
		*out = (struct form_field){base, STR("")};
		if (i == 0 && (day.n || month.n || year.n || time.n))
			out->value = str_printf(v->a, "%.*s/%.*s/%.*s %.*s", STR_ARG(day), STR_ARG(month), STR_ARG(year), STR_ARG(time));
		return true;
	}
	return false;
}

static bool fill(struct filling *x)
{
	struct visit *v = x->v;
	struct form_field *fields = ARENA_ARRAY(v->a, struct form_field, v->field_count + 1);
	size_t n = 0;
	struct err e = ERR_INIT;
	for (size_t i = 0; i < v->field_count; i++) {
		struct form_field f = {v->fields[i].name, v->fields[i].value};
		if (is_ours(f.name))
			continue;
		if (!join_moment(x, f.name, &f) || f.value.n)
			fields[n++] = f;
	}
	x->once = field(v, "once");
	if (!fhir_id_ok(x->once) || x->once.n > 40)
		x->once = id_new(v->w->c.env, v->a);
	x->form->id = x->once;
	if (form_fill(v->a, x->form, v->w->c.pack, &x->context, fields, n, &e))
		return true;
	page_err(v, &e);
	return false;
}

/* A response with this id by somebody else, or filed already, is not to be written over. */
static bool free_to_write(struct filling *x, bool *filed)
{
	struct visit *v = x->v;
	struct doc there;
	*filed = false;
	if (!doc_get(v, str_cat(v->a, STR("QuestionnaireResponse/"), x->once), &there))
		return true;
	struct str request = json_str(json_at(json_getz(there.j, "basedOn"), 0), "reference");
	bool same = str_eq(json_str(json_getz(there.j, "subject"), "reference"), v->person) &&
		    pack_by_url(v->w->c.pack, json_str(there.j, "questionnaire")) == x->q;
	bool mine = str_eq(json_str(json_getz(there.j, "author"), "reference"), v->user.practitioner);
	bool shared = request.n && str_eq(request, x->form->based_on);
	*filed = same && (mine || shared) && str_is(json_str(there.j, "status"), "completed");
	return same && (mine || shared) && !*filed;
}

static bool keep_draft(struct filling *x, struct err *e)
{
	struct visit *v = x->v;
	bool filed;
	struct put_result result;
	if (!free_to_write(x, &filed))
		return err_set(e, ERR_CONFLICT, "this form has been filed already");
	struct json *response = form_response(v->a, x->form, STR("in-progress"), v->person, v->user.practitioner, v->now_us);
	json_set_str(v->a, response, "id", x->once);
	struct put put = {.method = STORE_UPDATE, .type = STR("QuestionnaireResponse"), .id = x->once, .body = response};
	return visit_commit(v, &put, &result, 1, e);
}

/* Where to go after filing: to the referral when one was made or answered. */
static struct str after(struct filling *x, const struct json *made)
{
	struct visit *v = x->v;
	for (size_t i = 0; i < json_n(made); i++)
		if (str_is(json_str(json_at(made, i), "resourceType"), "ServiceRequest"))
			return str_printf(v->a, "/r/%.*s?filed=1", STR_ARG(json_str(json_at(made, i), "id")));
	struct str request = id_of_reference(x->form->based_on, "ServiceRequest");
	if (request.n)
		return str_printf(v->a, "/r/%.*s?filed=1", STR_ARG(request));
	return str_printf(v->a, "/p/%.*s?filed=1", STR_ARG(x->id));
}

static bool valid(struct filling *x, const struct json *resource, struct err *e)
{
	struct fhir_outcome *outcome = fhir_outcome_new(x->v->a);
	if (fhir_validate(x->v->a, resource, STR_NONE, outcome))
		return true;
	struct str text = json_to_str(x->v->a, fhir_outcome_json(x->v->a, outcome));
	log_line(LOG_ERROR, "web", "form=%.*s makes an invalid %.*s", STR_ARG(x->q->id), STR_ARG(json_str(resource, "resourceType")));
	return err_set(e, ERR_INTERNAL, "the form makes a record that is not valid: %.300s", str_c(x->v->a, text));
}

static bool file(struct filling *x, struct json **made, struct err *e)
{
	struct visit *v = x->v;
	struct json *response = form_response(v->a, x->form, STR("completed"), v->person, v->user.practitioner, v->now_us);
	json_set_str(v->a, response, "id", x->once);
	if (!form_extract(v->a, v->w->c.pack, response, &x->context, made, e))
		return false;
	size_t n = json_n(*made) + 1;
	struct put *puts = ARENA_ARRAY(v->a, struct put, n);
	struct put_result *results = ARENA_ARRAY(v->a, struct put_result, n);
	for (size_t i = 0; i < n; i++) {
		const struct json *r = i ? json_at(*made, i - 1) : response;
		if (!valid(x, r, e))
			return false;
		puts[i] = (struct put){.method = STORE_UPDATE, .type = json_str(r, "resourceType"), .id = json_str(r, "id"), .body = r};
		if (!puts[i].id.n)
			puts[i].method = STORE_CREATE;
	}
	return visit_commit(v, puts, results, n, e);
}

static void file_and_go(struct filling *x)
{
	struct visit *v = x->v;
	struct json *made = NULL;
	struct err e = ERR_INIT;
	bool filed;
	if (!free_to_write(x, &filed)) {
		if (filed) /* a second click, or a page sent again */
			page_go(v, str_printf(v->a, "/p/%.*s?filed=1", STR_ARG(x->id)));
		else
			page_error(v, 409, "This form belongs to somebody else", STR("Open the form again from the person’s record."), NULL);
		return;
	}
	if (file(x, &made, &e))
		page_go(v, after(x, made));
	else
		page_err(v, &e);
}

static void add_another(struct filling *x)
{
	struct err e = ERR_INIT;
	if (form_repeat(x->v->a, x->form, x->v->w->c.pack, &x->context, field(x->v, "add"), &e))
		show(x, 200);
	else
		page_err(x->v, &e);
}

void page_form_post(struct visit *v)
{
	struct filling x;
	struct err e = ERR_INIT;
	if (!begin(v, &x) || !fill(&x))
		return;
	struct str what = field(v, "do");
	if (field(v, "add").n) {
		add_another(&x);
	} else if (str_is(what, "draft")) {
		if (keep_draft(&x, &e))
			page_go(v, str_printf(v->a, "/p/%.*s/form/%.*s%.*s%csaved=1", STR_ARG(x.id), STR_ARG(x.q->id), STR_ARG(x.query), x.query.n ? '&' : '?'));
		else
			page_err(v, &e);
	} else if (str_is(what, "edit")) {
		show(&x, 200);
	} else if (!form_check(v->a, x.form, v->w->c.pack, &x.context, &e)) {
		show(&x, 422);
	} else if (str_is(what, "check")) {
		show_check(&x);
	} else {
		file_and_go(&x);
	}
}

/* By script, every 20 seconds while something changes. */
void page_form_draft(struct visit *v)
{
	struct filling x;
	struct err e = ERR_INIT;
	if (!begin(v, &x) || !fill(&x))
		return;
	if (!keep_draft(&x, &e)) {
		page_err(v, &e);
		return;
	}
	struct local_time t = local_from_us(v->now_us);
	http_text(v->r, 200, "application/json",
		  str_printf(v->a, "{\"saved\":\"Draft kept at %02d:%02d. It is not filed yet.\"}\n", t.hour, t.minute));
}

/* ---- reading what was filed ---- */

static bool doc_of_person(struct visit *v, struct str type, struct str id, struct doc *d)
{
	bool known = fhir_is_resource(type) && fhir_id_ok(id) && doc_get(v, str_printf(v->a, "%.*s/%.*s", STR_ARG(type), STR_ARG(id)), d) &&
		     str_eq(access_person_of(v->a, d->j), v->person);
	if (!known)
		page_error(v, 404, "Page not found", STR("There is nothing at this address."), NULL);
	return known && visit_resource(v, d);
}

static void show_answers(struct visit *v, const struct doc *d)
{
	struct form *form = NULL;
	struct form_context none = {.variables = map_new(v->a), .now_us = v->now_us};
	struct err e = ERR_INIT;
	struct str canonical = json_str(d->j, "questionnaire");
	if (!form_open(v->a, v->w->c.pack, canonical, &none, &form, &e) || !form_fill_response(v->a, form, v->w->c.pack, &none, d->j, &e))
		form = NULL;
	int64_t at = d->r.recorded_us;
	instant_of(json_str(d->j, "authored"), &at);
	struct answers_view view = {.title = form ? form->title : STR("A form that is no longer in use"), .form = form,
				    .back_href = str_cat(v->a, STR("/p/"), v->q->params[0])};
	view.about = str_printf(v->a, "Filed %.*s by %.*s. It cannot be changed, only added to.", STR_ARG(date_staff(v->a, at)),
				STR_ARG(reference_text(v, json_getz(d->j, "author"))));
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", answers")), PART_PEOPLE);
	view_answers(&v->h, &v->frame, &view);
	page_send(v, 200);
}

void page_answers(struct visit *v)
{
	struct doc d;
	if (visit_person(v, v->q->params[0]) && doc_of_person(v, STR("QuestionnaireResponse"), v->q->params[1], &d))
		show_answers(v, &d);
}

/* One entry of the chronology in full: its plain words, whatever type it is. */
static void add_line(struct visit *v, struct form *f, const char *name, struct str value)
{
	if (!value.n)
		return;
	struct form_answer *a = ARENA_NEW(v->a, struct form_answer);
	*a = (struct form_answer){value, value};
	f->items[f->item_count++] = (struct form_item){.text = str_from(name), .kind = FORM_TEXT, .enabled = true, .answers = a, .answer_count = 1};
}

static void entry_lines(struct visit *v, const struct doc *d, struct form *f)
{
	const struct json *r = d->j;
	static const char *const whens[] = {"sent", "authoredOn", "effectiveDateTime", "identifiedDateTime"};
	int64_t at;
	struct str start = json_str(json_getz(r, "period"), "start");
	for (size_t i = 0; !start.n && i < 4; i++)
		start = json_str(r, whens[i]);
	add_line(v, f, "When", instant_of(start, &at) ? staff_time(v, at) : STR(""));
	add_line(v, f, "Until", instant_of(json_str(json_getz(r, "period"), "end"), &at) ? staff_time(v, at) : STR(""));
	add_line(v, f, "What", concept_text(v, json_getz(r, "code")));
	add_line(v, f, "Why", concept_text(v, json_at(json_getz(r, "reasonCode"), 0)));
	add_line(v, f, "Words", json_str(r, "valueString"));
	add_line(v, f, "Message", json_str(json_at(json_getz(r, "payload"), 0), "contentString"));
	const struct json *parts = json_getz(extension(r, "chronology"), "extension");
	for (size_t i = 0; i < json_n(parts); i++)
		if (str_is(json_str(json_at(parts, i), "url"), "text"))
			add_line(v, f, "What was recorded", json_str(json_at(parts, i), "valueString"));
	add_line(v, f, "Where", reference_text(v, json_getz(r, "serviceProvider")));
	add_line(v, f, "Who", reference_text(v, json_getz(json_at(json_getz(r, "participant"), 0), "individual")));
	add_line(v, f, "From", reference_text(v, json_getz(r, "sender")));
	add_line(v, f, "How it ended", concept_text(v, json_getz(json_getz(r, "hospitalization"), "dischargeDisposition")));
	add_line(v, f, "Written", date_staff(v->a, d->r.recorded_us));
	add_line(v, f, "Version", str_printf(v->a, "%lld", (long long)d->r.version));
}

void page_entry(struct visit *v)
{
	struct doc d;
	if (!visit_person(v, v->q->params[0]) || !doc_of_person(v, v->q->params[1], v->q->params[2], &d))
		return;
	if (str_is(d.r.type, "QuestionnaireResponse")) {
		show_answers(v, &d);
		return;
	}
	struct form form = {.items = ARENA_ARRAY(v->a, struct form_item, 20)};
	const struct json *parts = json_getz(extension(d.j, "chronology"), "extension");
	struct str heading = STR("");
	for (size_t i = 0; i < json_n(parts); i++)
		if (str_is(json_str(json_at(parts, i), "url"), "title"))
			heading = json_str(json_at(parts, i), "valueString");
	entry_lines(v, &d, &form);
	struct answers_view view = {.title = heading.n ? heading : STR("Entry"), .form = &form, .back_href = str_cat(v->a, STR("/p/"), v->q->params[0]),
				    .about = STR("As it was recorded. It is never changed, only added to.")};
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", entry")), PART_PEOPLE);
	view_answers(&v->h, &v->frame, &view);
	page_send(v, 200);
}

/* ---- all forms ---- */

void page_forms(struct visit *v)
{
	const struct pack_resource *const *all;
	if (!visit_person(v, v->q->params[0]) || !visit_may_write(v, "QuestionnaireResponse"))
		return;
	size_t n = pack_all(v->w->c.pack, STR("Questionnaire"), &all), count = 0;
	struct action *list = ARENA_ARRAY(v->a, struct action, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (str_is(json_str(all[i]->body, "status"), "retired"))
			continue;
		list[count++] = (struct action){json_str(all[i]->body, "title"), str_printf(v->a, "/p/%.*s/form/%.*s", STR_ARG(v->q->params[0]), STR_ARG(all[i]->id)), true};
	}
	page_begin(v, str_cat(v->a, patient_initials(v->a, v->patient), STR(", forms")), PART_PEOPLE);
	view_forms(&v->h, &v->frame, list, count);
	page_send(v, 200);
}
