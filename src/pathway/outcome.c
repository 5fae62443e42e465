#include "pathway/internal.h"

/* An ActivityDefinition made into a resource: what its type needs, its code and words, then each dynamicValue at its path. */

/* ---- setting a value at a path: code.coding.code, extension('url').valueString ---- */

struct path_step {
	struct str name;
	struct str url; /* of an extension */
};

static bool next_step(struct str *rest, struct path_step *out, struct err *e)
{
	*out = (struct path_step){0};
	if (str_starts(*rest, STR("extension('"))) {
		struct str after = str_sub(*rest, 11, rest->n);
		ptrdiff_t end = str_find(after, STR("')"));
		if (end < 0)
			return err_set(e, ERR_SYNTAX, "\"%.*s\" has no end of the extension's url", STR_ARG(*rest));
		*out = (struct path_step){STR("extension"), str_sub(after, 0, (size_t)end)};
		*rest = str_sub(after, (size_t)end + 2, after.n);
		if (rest->n && rest->p[0] == '.')
			*rest = str_sub(*rest, 1, rest->n);
		return true;
	}
	struct str all = *rest;
	str_next(&all, '.', &out->name);
	*rest = all.p ? all : STR("");
	return true;
}

static struct json *extension_of(struct arena *a, struct json *owner, struct str url)
{
	struct json *list = json_getz(owner, "extension");
	if (!list)
		json_setz(a, owner, "extension", list = json_array(a));
	for (size_t i = 0; i < json_n(list); i++)
		if (str_eq(json_str(json_at(list, i), "url"), url))
			return json_at(list, i);
	struct json *x = json_object(a);
	json_set_str(a, x, "url", url);
	json_push(a, list, x);
	return x;
}

static bool is_list(const struct fhir_type *type, struct str name, const struct fhir_type **child)
{
	*child = NULL;
	const struct fhir_element *el = type ? fhir_element(type, name, child) : NULL;
	return el && el->max > 1;
}

static struct json *descend(struct arena *a, struct json *at, const struct path_step *step, const struct fhir_type **type)
{
	if (step->url.n) {
		*type = fhir_type(STR("Extension"));
		return extension_of(a, at, step->url);
	}
	const struct fhir_type *child;
	bool list = is_list(*type, step->name, &child);
	*type = child;
	struct json *next = json_get(at, step->name);
	if (!next)
		json_set(a, at, step->name, next = list ? json_array(a) : json_object(a));
	if (!json_is(next, JSON_ARRAY))
		return next;
	if (!json_n(next))
		json_push(a, next, json_object(a));
	return json_at(next, 0);
}

static void set_leaf(struct arena *a, struct json *at, const struct fhir_type *type, struct str name, const struct fp_list *values)
{
	const struct fhir_type *child;
	if (!is_list(type, name, &child)) {
		json_set(a, at, name, fp_to_json(a, &values->v[0]));
		return;
	}
	struct json *list = json_array(a);
	for (size_t i = 0; i < values->n; i++)
		json_push(a, list, fp_to_json(a, &values->v[i]));
	json_set(a, at, name, list);
}

static bool set_path(struct arena *a, struct json *resource, struct str path, const struct fp_list *values, struct err *e)
{
	const struct fhir_type *type = fhir_type(json_str(resource, "resourceType"));
	struct json *at = resource;
	struct str rest = path;
	struct path_step step;
	for (int depth = 0; depth < 12; depth++) {
		if (!next_step(&rest, &step, e))
			return false;
		if (!rest.n && !step.url.n) {
			set_leaf(a, at, type, step.name, values);
			return true;
		}
		at = descend(a, at, &step, &type);
	}
	return err_set(e, ERR_SYNTAX, "path \"%.*s\" is too deep", STR_ARG(path));
}

static bool set_dynamics(struct scope *s, const struct dynamics *list, struct json *resource, struct err *e)
{
	for (size_t i = 0; list && i < list->n; i++) {
		struct fp_list values = {0};
		if (!scope_eval(s, &list->v[i].expr, &values, e))
			return false;
		if (values.n && !set_path(s->g->a, resource, list->v[i].path, &values, e))
			return false;
	}
	return true;
}

/* ---- what each type needs ---- */

static struct json *reference_to(struct arena *a, struct str ref)
{
	struct json *r = json_object(a);
	json_set_str(a, r, "reference", ref);
	return r;
}

static struct json *role_concept(struct arena *a, struct str role)
{
	struct json *concept = json_object(a), *codings = json_array(a), *coding = json_object(a);
	json_set_str(a, coding, "system", STR(HEED_BASE_URL "/CodeSystem/role"));
	json_set_str(a, coding, "code", role);
	json_push(a, codings, coding);
	json_setz(a, concept, "coding", codings);
	return concept;
}

static struct json *list_of(struct arena *a, struct json *x)
{
	struct json *list = json_array(a);
	json_push(a, list, x);
	return list;
}

static void set_code(struct arena *a, struct json *resource, const char *name, const struct json *code, bool list)
{
	if (code)
		json_setz(a, resource, name, list ? list_of(a, json_clone(a, code)) : json_clone(a, code));
}

static struct str focus_of(struct scope *s)
{
	if (s->event)
		return pw_ref_of(s->g->a, json_str(s->event, "resourceType"), json_str(s->event, "id"));
	return s->clock ? s->clock->opened_ref : STR_NONE;
}

static bool about_patient(struct scope *s)
{
	return str_starts(s->subject_ref, STR("Patient/"));
}

/* The reference must be to something a Task can be about; a feed's sender may be no resource here. */
static void set_focus(struct scope *s, struct json *task)
{
	struct str ref = s->clock ? s->clock->opened_ref : focus_of(s);
	if (ref.n && !str_starts(ref, STR("event/")))
		json_setz(s->g->a, task, "focus", reference_to(s->g->a, ref));
}

static void base_task(struct scope *s, const struct outcome *o, struct json *t, struct str words)
{
	struct arena *a = s->g->a;
	json_set_str(a, t, "status", STR("requested"));
	json_set_str(a, t, "intent", STR("order"));
	struct str priority = json_str(o->activity->body, "priority");
	json_set_str(a, t, "priority", priority.n ? priority : STR("routine"));
	set_code(a, t, "code", json_getz(o->activity->body, "code"), false);
	json_set_str(a, t, "description", words);
	set_focus(s, t);
	if (about_patient(s))
		json_setz(a, t, "for", reference_to(a, s->subject_ref));
	struct str now = date_local_iso(a, o->at_us);
	json_set_str(a, t, "authoredOn", now);
	json_set_str(a, t, "lastModified", now);
	if (o->owner.role.n)
		json_setz(a, t, "performerType", list_of(a, role_concept(a, o->owner.role)));
	if (o->owner.ref.n)
		json_setz(a, t, "owner", reference_to(a, o->owner.ref));
	if (o->due_us != NEVER) {
		struct json *restriction = json_object(a), *period = json_object(a);
		json_set_str(a, period, "end", date_local_iso(a, o->due_us));
		json_setz(a, restriction, "period", period);
		json_setz(a, t, "restriction", restriction);
	}
}

static void base_flag(struct scope *s, const struct outcome *o, struct json *f, struct str words)
{
	struct arena *a = s->g->a;
	struct json *period = json_object(a);
	json_set_str(a, f, "status", STR("active"));
	set_code(a, f, "code", json_getz(o->activity->body, "code"), false);
	json_setz(a, f, "subject", reference_to(a, s->subject_ref));
	json_set_str(a, period, "start", date_local_iso(a, o->at_us));
	json_setz(a, f, "period", period);
	if (words.n)
		json_set_str(a, extension_of(a, f, STR(EXT "flag-reason")), "valueString", words);
	struct str source = focus_of(s);
	if (source.n)
		json_setz(a, extension_of(a, f, STR(EXT "flag-source")), "valueReference", reference_to(a, source));
	if (o->due_us != NEVER)
		json_set_str(a, extension_of(a, f, STR(EXT "flag-review")), "valueDate", date_iso_days(a, local_from_us(o->due_us).days));
}

static void base_communication(struct scope *s, const struct outcome *o, struct json *c, struct str words)
{
	struct arena *a = s->g->a;
	json_set_str(a, c, "status", STR("preparation"));
	set_code(a, c, "category", json_getz(o->activity->body, "code"), true);
	struct str priority = json_str(o->activity->body, "priority");
	json_set_str(a, c, "priority", priority.n ? priority : STR("routine"));
	if (about_patient(s))
		json_setz(a, c, "subject", reference_to(a, s->subject_ref));
	struct str about = focus_of(s);
	if (about.n)
		json_setz(a, c, "about", list_of(a, reference_to(a, about)));
	if (o->owner.ref.n)
		json_setz(a, c, "recipient", list_of(a, reference_to(a, o->owner.ref)));
	if (o->owner.role.n)
		json_set_str(a, extension_of(a, c, STR(EXT "recipient-role")), "valueCode", o->owner.role);
	if (words.n) {
		struct json *payload = json_object(a);
		json_set_str(a, payload, "contentString", words);
		json_setz(a, c, "payload", list_of(a, payload));
	}
}

static void base_issue(struct scope *s, const struct outcome *o, struct json *d, struct str words)
{
	struct arena *a = s->g->a;
	json_set_str(a, d, "status", STR("final"));
	set_code(a, d, "code", json_getz(o->activity->body, "code"), false);
	json_set_str(a, d, "severity", STR("high"));
	if (about_patient(s))
		json_setz(a, d, "patient", reference_to(a, s->subject_ref));
	json_set_str(a, d, "identifiedDateTime", date_local_iso(a, o->at_us));
	if (words.n)
		json_set_str(a, d, "detail", words);
}

static void set_base(struct scope *s, const struct outcome *o, struct json *resource, struct str words)
{
	struct str type = o->activity->type;
	if (str_is(type, "Task"))
		base_task(s, o, resource, words);
	else if (str_is(type, "Flag"))
		base_flag(s, o, resource, words);
	else if (str_is(type, "Communication"))
		base_communication(s, o, resource, words);
	else if (str_is(type, "DetectedIssue"))
		base_issue(s, o, resource, words);
}

static void set_origin(struct scope *s, struct json *resource)
{
	struct arena *a = s->g->a;
	struct str origin = str_printf(a, "%.*s#%.*s", STR_ARG(s->rule->url), STR_ARG(s->rule->action));
	if (str_is(json_str(resource, "resourceType"), "Task"))
		json_set_str(a, resource, "instantiatesUri", origin);
	else if (fhir_element_by_path(fhir_type(json_str(resource, "resourceType")), STR("extension")))
		json_set_str(a, extension_of(a, resource, STR(EXT "because")), "valueUri", origin);
}

/* What the sentence says in words lives in the definition's description; its title is the fall-back. */
static bool words_of(struct scope *s, const struct outcome *o, struct str *out, struct err *e)
{
	struct str text = json_str(o->activity->body, "description");
	return template_fill(s, text.n ? text : json_str(o->activity->body, "title"), TEMPLATE_WORDS, out, e);
}

bool outcome_make(struct scope *s, const struct outcome *o, struct str *ref, struct err *e)
{
	struct engine *g = s->g;
	const struct json *there;
	*ref = pw_ref_of(g->a, o->activity->type, o->id);
	if (!g->world->get(g->world->arg, o->activity->type, o->id, &there, e))
		return false;
	if (there)
		return true;
	struct json *resource = json_object(g->a);
	json_set_str(g->a, resource, "resourceType", o->activity->type);
	json_set_str(g->a, resource, "id", o->id);
	struct str words;
	if (!words_of(s, o, &words, e))
		return false;
	set_base(s, o, resource, words);
	if (!set_dynamics(s, &o->activity->dynamics, resource, e) || !set_dynamics(s, o->more, resource, e))
		return err_context(e, "%.*s", STR_ARG(o->activity->url));
	set_origin(s, resource);
	return engine_put(g, resource, true, e);
}

/* ---- ending ---- */

static bool task_is_open(struct str status)
{
	static const char *const open[] = {"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"};
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		if (str_is(status, open[i]))
			return true;
	return false;
}

static bool end_task(struct engine *g, const struct json *task, enum ending how, struct str because, struct err *e)
{
	bool open = task_is_open(json_str(task, "status"));
	if (open == (how == ENDING_REOPENED))
		return true;
	struct json *t = json_clone(g->a, task);
	static const char *const status[] = {"completed", "cancelled", "cancelled", "requested"};
	json_set_str(g->a, t, "status", str_from(status[how]));
	json_set_str(g->a, t, "lastModified", date_local_iso(g->a, g->recorded_us));
	struct json *reason = json_object(g->a);
	json_set_str(g->a, reason, "text", because);
	json_setz(g->a, t, "statusReason", reason);
	return engine_put(g, t, false, e);
}

static bool end_flag(struct engine *g, const struct json *flag, enum ending how, struct err *e)
{
	if (how == ENDING_MET || how == ENDING_REOPENED || !str_is(json_str(flag, "status"), "active"))
		return true;
	struct json *f = json_clone(g->a, flag), *period = json_clone(g->a, json_getz(flag, "period"));
	json_set_str(g->a, f, "status", how == ENDING_ERROR ? STR("entered-in-error") : STR("inactive"));
	if (period) {
		json_set_str(g->a, period, "end", date_local_iso(g->a, g->recorded_us));
		json_setz(g->a, f, "period", period);
	}
	return engine_put(g, f, false, e);
}

bool outcome_end(struct engine *g, struct str ref, enum ending how, struct str because, struct err *e)
{
	struct str type, id;
	const struct json *resource;
	if (!pw_split_ref(ref, &type, &id) || !g->world->get(g->world->arg, type, id, &resource, e))
		return false;
	if (!resource)
		return true;
	if (str_is(type, "Task"))
		return end_task(g, resource, how, because, e);
	return str_is(type, "Flag") ? end_flag(g, resource, how, e) : true;
}

bool outcomes_end(struct engine *g, const struct kept *k, enum ending how, struct str because, struct err *e)
{
	bool only_opening = k->c.step == 0 && k->c.paused_total_us == 0; /* nothing but its opening can have made anything */
	if (how == ENDING_REOPENED || only_opening)
		return k->task.n ? outcome_end(g, k->task, how, because, e) : true;
	struct sql_stmt *s = sql_use(g->db, "pathway_firings_of_clock");
	sql_bind_i64(s, 1, k->id);
	VEC(struct str) refs = {0};
	enum sql_step r;
	while ((r = sql_step(s, e)) == SQL_ROW)
		if (!sql_is_null(s, 4))
			VEC_PUSH(g->a, &refs, str_dup(g->a, sql_str(s, 4)));
	sql_done(s);
	for (size_t i = 0; r != SQL_FAILED && i < refs.n; i++)
		if (!outcome_end(g, refs.v[i], how, because, e))
			return false;
	return r != SQL_FAILED;
}
