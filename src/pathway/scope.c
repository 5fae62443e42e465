#include "pathway/internal.h"

/* What an expression of a rule sees: %event %previous %trigger %subject %asOf %clock %holder, and the plan's variables. Everything is
 * read when first asked for, and each resource read is noted with its version: that list is the "inputs" of the because. */

struct scope scope_new(struct engine *g, const struct rule *rule, const struct event *ev, const struct kept *clock, int64_t as_of_us)
{
	struct scope s = {.g = g, .rule = rule, .clock = clock, .as_of_us = as_of_us, .variables = map_new(g->a)};
	if (ev) {
		s.event = ev->body;
		s.previous = ev->previous;
	}
	if (clock)
		s.subject_ref = clock->subject;
	return s;
}

static void note(struct scope *s, const struct json *resource)
{
	if (!resource)
		return;
	struct str ref = pw_versioned_ref(s->g->a, resource);
	for (size_t i = 0; i < s->inputs.n; i++)
		if (str_eq(s->inputs.v[i], ref))
			return;
	VEC_PUSH(s->g->a, &s->inputs, ref);
}

static bool fetch(struct scope *s, struct str ref, const struct json **out, struct err *e)
{
	struct str type, id;
	*out = NULL;
	if (!pw_split_ref(ref, &type, &id) || !fhir_is_resource(type))
		return true;
	return engine_get(s->g, type, id, out, e);
}

static bool trigger_of(struct scope *s, const struct json **out, struct err *e)
{
	if (!s->has_trigger) {
		s->has_trigger = true;
		s->trigger = s->event;
		if (s->clock && str_starts(s->clock->opened_ref, STR("Device/")))
			s->trigger = pw_device_of(s->g->a, str_sub(s->clock->opened_ref, 7, s->clock->opened_ref.n));
		else if (s->clock && !fetch(s, s->clock->opened_ref, &s->trigger, e))
			return false;
	}
	*out = s->trigger;
	return true;
}

static bool subject_json(struct scope *s, const struct json **out, struct err *e)
{
	if (!s->has_subject) {
		s->has_subject = true;
		if (s->event && str_eq(s->subject_ref, pw_ref_of(s->g->a, json_str(s->event, "resourceType"), json_str(s->event, "id"))))
			s->subject = s->event;
		else if (!fetch(s, s->subject_ref, &s->subject, e))
			return false;
	}
	*out = s->subject;
	return true;
}

/* %clock is shown as the Task it amounts to: restriction.period is from start to due. */
static const struct json *clock_json(struct scope *s)
{
	if (s->clock_view || !s->clock)
		return s->clock_view;
	struct arena *a = s->g->a;
	struct json *t = json_object(a), *restriction = json_object(a), *period = json_object(a);
	json_set_str(a, t, "resourceType", STR("Task"));
	json_set_str(a, t, "status", clock_is_open(s->clock->c.state) ? STR("in-progress") : STR("completed"));
	json_set_str(a, t, "intent", STR("order"));
	json_set_str(a, t, "description", s->clock->title);
	json_set_str(a, period, "start", date_local_iso(a, s->clock->c.start_us));
	if (s->clock->c.due_us != NEVER)
		json_set_str(a, period, "end", date_local_iso(a, s->clock->c.due_us));
	json_setz(a, restriction, "period", period);
	json_setz(a, t, "restriction", restriction);
	return s->clock_view = t;
}

static bool push_resource(struct scope *s, const struct json *resource, struct fp_list *out)
{
	if (!resource)
		return true;
	note(s, resource);
	fp_list_push(s->g->a, out, fp_node(resource, fhir_type(json_str(resource, "resourceType"))));
	return true;
}

static const struct json *bundle_of(struct scope *s, const struct found *f)
{
	struct arena *a = s->g->a;
	struct json *bundle = json_object(a), *entries = json_array(a);
	json_set_str(a, bundle, "resourceType", STR("Bundle"));
	json_set_str(a, bundle, "type", STR("searchset"));
	json_setz(a, bundle, "total", json_int(a, (int64_t)f->n));
	for (size_t i = 0; i < f->n; i++) {
		struct json *entry = json_object(a);
		json_setz(a, entry, "resource", json_clone(a, f->v[i]));
		json_push(a, entries, entry);
		note(s, f->v[i]);
	}
	if (f->n)
		json_setz(a, bundle, "entry", entries);
	return bundle;
}

static bool run_query(struct scope *s, const struct query *q, struct fp_list *out, struct err *e)
{
	struct query filled = {q->type, ARENA_ARRAY(s->g->a, struct query_param, q->n), q->n};
	for (size_t i = 0; i < q->n; i++) {
		filled.v[i].code = q->v[i].code;
		if (!template_fill(s, q->v[i].value, TEMPLATE_QUERY, &filled.v[i].value, e))
			return false;
	}
	struct found f = {0};
	if (!s->g->world->search(s->g->world->arg, &filled, &f, e))
		return false;
	fp_list_push(s->g->a, out, fp_node(bundle_of(s, &f), fhir_type(STR("Bundle"))));
	return true;
}

static void note_refs(struct scope *s, const struct str *refs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(s->g->a, &s->inputs, refs[i]);
}

static struct str question(struct scope *s, struct str what)
{
	return pw_join(s->g->a, (struct str[]){s->rule->plan, STR("|"), what}, 3);
}

static struct map *answers(struct scope *s)
{
	return s->shares ? &s->g->asked : &s->variables;
}

static bool answer_variable(struct scope *s, const struct variable *v, struct fp_list *out, struct err *e)
{
	struct str key = question(s, v->name);
	struct answer *known = map_get(answers(s), key);
	if (known) {
		note_refs(s, known->inputs, known->input_n);
		*out = known->list;
		return true;
	}
	size_t before = s->inputs.n;
	if (!(v->query ? run_query(s, v->query, out, e) : scope_eval(s, &v->expr, out, e)))
		return false;
	known = ARENA_NEW(s->g->a, struct answer);
	known->list = *out;
	known->input_n = s->inputs.n - before;
	known->inputs = arena_dup(s->g->a, s->inputs.v + before, known->input_n * sizeof *known->inputs);
	map_put(answers(s), key, known);
	return true;
}

static bool plan_variable(struct scope *s, struct str name, struct fp_list *out, bool *known, struct err *e)
{
	*known = true;
	for (size_t i = 0; i < s->rule->variable_n; i++)
		if (str_eq(s->rule->variables[i].name, name))
			return answer_variable(s, &s->rule->variables[i], out, e);
	*known = false;
	return true;
}

static bool variable(void *arg, struct fp_env *env, struct str name, struct fp_list *out, struct err *e)
{
	struct scope *s = arg;
	const struct json *resource = NULL;
	(void)env;
	if (str_is(name, "event"))
		return push_resource(s, s->event, out);
	if (str_is(name, "previous"))
		return push_resource(s, s->previous, out);
	if (str_is(name, "trigger"))
		return trigger_of(s, &resource, e) && push_resource(s, resource, out);
	if (str_is(name, "subject"))
		return subject_json(s, &resource, e) && push_resource(s, resource, out);
	if (str_is(name, "clock")) {
		resource = clock_json(s);
		if (resource)
			fp_list_push(s->g->a, out, fp_node(resource, fhir_type(STR("Task"))));
		return true;
	}
	if (str_is(name, "asOf")) {
		fp_list_push(s->g->a, out, fp_datetime(s->g->a, s->as_of_us));
		return true;
	}
	if (str_is(name, "holder")) {
		if (s->holder.n)
			fp_list_push(s->g->a, out, fp_string(s->holder));
		return true;
	}
	bool known;
	if (!plan_variable(s, name, out, &known, e))
		return false;
	return known ? true : err_set(e, ERR_INVALID, "there is no variable %%%.*s", STR_ARG(name));
}

static const struct json *context_of(struct scope *s)
{
	if (s->event)
		return s->event;
	const struct json *trigger = NULL;
	trigger_of(s, &trigger, NULL);
	return trigger;
}

static struct fp_env env_of(struct scope *s)
{
	struct fp_env env = fp_env_for(s->g->a, context_of(s), s->as_of_us);
	env.variable = variable;
	env.arg = s;
	return env;
}

bool scope_eval(struct scope *s, const struct expr *x, struct fp_list *out, struct err *e)
{
	struct fp_env env = env_of(s);
	return fp_eval(x->compiled, &env, out, e);
}

bool scope_bool(struct scope *s, const struct expr *x, bool *out, struct err *e)
{
	*out = true;
	if (!x->compiled)
		return true;
	struct fp_env env = env_of(s);
	return fp_eval_bool(x->compiled, &env, out, e);
}

bool scope_asked(struct scope *s, const struct expr *x, bool *out, struct err *e)
{
	*out = true;
	if (!x->compiled)
		return true;
	struct str key = question(s, x->source);
	const struct answer *known = map_get(answers(s), key);
	if (!known) {
		if (!scope_bool(s, x, out, e))
			return false;
		struct answer *now = ARENA_NEW(s->g->a, struct answer);
		now->input_n = *out; /* no list: yes is one, no is none */
		map_put(answers(s), key, now);
		return true;
	}
	*out = known->input_n != 0;
	return true;
}

bool scope_str(struct scope *s, const struct expr *x, struct str *out, struct err *e)
{
	*out = STR_NONE;
	if (!x->compiled)
		return true;
	struct fp_list list = {0};
	if (!scope_eval(s, x, &list, e))
		return false;
	if (list.n)
		*out = fp_text(s->g->a, &list.v[0]);
	return true;
}

struct json *scope_explain(struct scope *s, const struct expr *x)
{
	struct fp_env env = env_of(s);
	return fp_explain(x->compiled, &env, NULL);
}

/* ---- templates ---- */

/* Takes the text before {{ and the expression inside; false when there is no more. */
static bool next_braces(struct str *rest, struct str *before, struct str *inside)
{
	ptrdiff_t open = str_find(*rest, STR("{{"));
	ptrdiff_t close = open < 0 ? -1 : str_find(str_sub(*rest, (size_t)open, rest->n), STR("}}"));
	if (close < 0)
		return false;
	*before = str_sub(*rest, 0, (size_t)open);
	*inside = str_trim(str_sub(*rest, (size_t)open + 2, (size_t)(open + close)));
	*rest = str_sub(*rest, (size_t)(open + close) + 2, rest->n);
	return true;
}

bool template_check(struct arena *a, struct str text, struct err *e)
{
	struct str before, inside;
	struct fp_expr *x;
	while (next_braces(&text, &before, &inside))
		if (!fp_compile(a, inside, &x, e))
			return false;
	return str_find(text, STR("{{")) < 0 ? true : err_set(e, ERR_SYNTAX, "\"%.*s\" has no }}", STR_ARG(text));
}

/* As people here read a date; FHIR's own form where a query wants it. */
static struct str words(struct arena *a, const struct fp_value *v)
{
	struct date d;
	bool day = v->type == FP_DATE;
	if ((!day && v->type != FP_DATETIME) || !date_parse(v->text, day ? DATE_KIND_DATE : DATE_KIND_DATETIME, &d, NULL))
		return fp_text(a, v);
	if (d.precision >= DATE_SECOND)
		return date_staff(a, date_lo_us(&d));
	return d.precision == DATE_DAY ? date_staff_days(a, days_from_civil(d.year, d.month, d.day)) : v->text;
}

static bool fill_one(struct scope *s, struct str source, enum template_use use, struct buf *b, struct err *e)
{
	struct expr x = {.source = source};
	struct fp_list list = {0};
	if (!fp_cached(source, &x.compiled, e) || !scope_eval(s, &x, &list, e))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			buf_c(b, ", ");
		buf_add(b, use == TEMPLATE_WORDS ? words(s->g->a, &list.v[i]) : fp_text(s->g->a, &list.v[i]));
	}
	return true;
}

bool template_fill(struct scope *s, struct str text, enum template_use use, struct str *out, struct err *e)
{
	struct buf b = buf_new(s->g->a, 16384);
	struct str before, inside;
	while (next_braces(&text, &before, &inside)) {
		buf_add(&b, before);
		if (!fill_one(s, inside, use, &b, e))
			return false;
	}
	buf_add(&b, text);
	*out = use == TEMPLATE_WORDS ? str_trim(buf_str(&b)) : buf_str(&b);
	return buf_ok(&b) ? true : err_set(e, ERR_TOO_LARGE, "a filled template is too long");
}
