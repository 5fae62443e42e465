#include "pathway/internal.h"
#include "pathway/rule.h"

/* Reading a PlanDefinition. Everything a rule can get wrong is said here, at load, with the action's name. */

struct reader {
	struct arena *a;
	const struct rule_source *from;
	struct err *e;
	const struct json *plan;
};

/* ---- expressions ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A function that looks outside its inputs, or tells the outside: the same log would not give the same answer. */
static bool is_pure(struct str source, struct err *e)
{
	char quote = 0;
	for (size_t i = 0; i < source.n; i++) {
		char c = source.p[i];
		if (quote) {
			i += c == '\\';
			quote = c == quote ? 0 : quote;
			continue;
		}
		if (c == '\'' || c == '`') {
			quote = c;
			continue;
		}
		if (!is_word(c) || (i && is_word(source.p[i - 1])))
			continue;
		struct str rest = str_sub(source, i, source.n);
		if (str_starts(rest, STR("resolve(")) || str_starts(rest, STR("trace(")))
			return err_set(e, ERR_NOT_SUPPORTED, "\"%.*s\" calls a function that a rule may not: it looks outside its inputs",
				       STR_ARG(source));
	}
	return true;
}

static bool compile(struct reader *r, struct str source, struct str type, struct expr *out)
{
	out->source = source;
	struct fp_expr *compiled;
	if (!is_pure(source, r->e) || !fp_compile(r->a, source, &compiled, r->e))
		return false;
	if (type.n && !fp_check(compiled, type, r->e))
		return false;
	out->compiled = compiled;
	return true;
}

static bool read_expression(struct reader *r, const struct json *x, struct str type, struct expr *out)
{
	if (!x)
		return true;
	if (!str_is(json_str(x, "language"), "text/fhirpath"))
		return err_set(r->e, ERR_NOT_SUPPORTED, "an expression's language must be text/fhirpath");
	return compile(r, json_str(x, "expression"), type, out);
}

/* ---- triggers ---- */

static bool read_kind(struct reader *r, struct str code, enum trigger_kind *out)
{
	static const char *const codes[] = {"data-added", "data-modified", "data-changed", "data-removed", "named-event"};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (str_is(code, codes[i])) {
			*out = (enum trigger_kind)i;
			return true;
		}
	return err_set(r->e, ERR_CODE, "trigger type \"%.*s\" is not one the engine knows", STR_ARG(code));
}

static void read_code_filter(struct reader *r, const struct json *data, struct trigger *t)
{
	const struct json *filter = json_at(json_getz(data, "codeFilter"), 0);
	const struct json *codes = json_getz(filter, "code");
	if (!json_n(codes))
		return;
	t->path = json_str(filter, "path");
	t->code_n = json_n(codes);
	t->codes = ARENA_ARRAY(r->a, struct str, t->code_n);
	for (size_t i = 0; i < t->code_n; i++)
		t->codes[i] = json_str(json_at(codes, i), "code");
}

static bool read_trigger(struct reader *r, const struct json *x, struct trigger *t)
{
	if (!read_kind(r, json_str(x, "type"), &t->kind))
		return false;
	if (t->kind == TRIGGER_NAMED) {
		t->type = json_str(x, "name");
		return t->type.n ? true : err_set(r->e, ERR_REQUIRED, "a named-event trigger needs a name");
	}
	const struct json *data = json_at(json_getz(x, "data"), 0);
	t->type = json_str(data, "type");
	if (!fhir_is_resource(t->type))
		return err_set(r->e, ERR_CODE, "trigger data type \"%.*s\" is not a resource type", STR_ARG(t->type));
	read_code_filter(r, data, t);
	return read_expression(r, json_getz(x, "condition"), t->type, &t->condition);
}

static bool push_trigger(struct reader *r, const struct json *x, struct triggers *list)
{
	struct trigger t = {0};
	if (!read_trigger(r, x, &t))
		return false;
	list->v = arena_grow(r->a, list->v, list->n * sizeof t, (list->n + 1) * sizeof t);
	list->v[list->n++] = t;
	return true;
}

/* The one type that opens a rule, for checking paths; none when there are several. */
static struct str opening_type(const struct rule *rule)
{
	const struct triggers *t = &rule->on[FOR_OPEN];
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].kind == TRIGGER_NAMED || !str_eq(t->v[i].type, t->v[0].type))
			return STR_NONE;
	return t->n ? t->v[0].type : STR_NONE;
}

/* ---- activities ---- */

static bool read_dynamics(struct reader *r, const struct json *owner, struct dynamics *out)
{
	const struct json *list = json_getz(owner, "dynamicValue");
	out->n = json_n(list);
	out->v = ARENA_ARRAY(r->a, struct dynamic, out->n);
	for (size_t i = 0; i < out->n; i++) {
		const struct json *x = json_at(list, i);
		out->v[i].path = json_str(x, "path");
		if (!out->v[i].path.n)
			return err_set(r->e, ERR_REQUIRED, "a dynamicValue needs a path");
		if (!read_expression(r, json_getz(x, "expression"), STR_NONE, &out->v[i].expr))
			return false;
	}
	return true;
}

static bool read_activity(struct reader *r, struct str canonical, const struct activity **out)
{
	*out = NULL;
	if (!canonical.n)
		return true;
	const struct json *body = r->from->activity(r->from->arg, canonical);
	if (!body)
		return err_set(r->e, ERR_NOT_FOUND, "nothing defines \"%.*s\"", STR_ARG(canonical));
	struct activity *x = ARENA_NEW(r->a, struct activity);
	x->url = canonical;
	x->body = body;
	x->type = json_str(pw_ext_find(body, EXT "outcome-type"), "valueCode");
	if (!x->type.n)
		x->type = json_str(body, "kind");
	if (!fhir_is_resource(x->type))
		return err_set(r->e, ERR_CODE, "\"%.*s\" makes \"%.*s\", which is no resource type", STR_ARG(canonical), STR_ARG(x->type));
	*out = x;
	return template_check(r->a, json_str(body, "description"), r->e) && read_dynamics(r, body, &x->dynamics);
}

/* ---- the clock extension ---- */

static bool read_amount(struct reader *r, const struct json *ext, struct amount *out, bool *has)
{
	if (!ext)
		return true;
	const struct json *q = json_getz(ext, "valueQuantity");
	int64_t n;
	if (!json_i64(json_getz(q, "value"), &n) || n < -100000 || n > 100000)
		return err_set(r->e, ERR_VALUE, "\"%.*s\" needs a whole number", STR_ARG(json_str(ext, "url")));
	if (!clock_unit_parse(json_str(q, "code"), &out->unit))
		return err_set(r->e, ERR_CODE, "unit \"%.*s\" is not one of wd wh h min d wk mo", STR_ARG(json_str(q, "code")));
	out->n = (int)n;
	if (has)
		*has = true;
	return true;
}

static bool read_due_at(struct reader *r, const struct json *clock, struct clock_spec *spec)
{
	struct str code = json_str(pw_ext_find(clock, "dueAt"), "valueCode");
	if (!code.n)
		spec->due_at = unit_is_elapsed(spec->within.unit) || spec->within.unit == UNIT_WORKING_HOUR ? DUE_SAME_TIME : DUE_MIDNIGHT;
	else if (str_is(code, "close"))
		spec->due_at = DUE_CLOSE;
	else if (str_is(code, "midnight"))
		spec->due_at = DUE_MIDNIGHT;
	else if (str_is(code, "same-time"))
		spec->due_at = DUE_SAME_TIME;
	else
		return err_set(r->e, ERR_CODE, "dueAt \"%.*s\" is not close, midnight or same-time", STR_ARG(code));
	return true;
}

static bool read_restart(struct reader *r, const struct json *clock, struct clock_spec *spec)
{
	struct str code = json_str(pw_ext_find(clock, "restartOn"), "valueCode");
	if (str_is(code, "met"))
		spec->restart = RESTART_MET;
	else if (str_is(code, "elapsed"))
		spec->restart = RESTART_ELAPSED;
	else if (code.n)
		return err_set(r->e, ERR_CODE, "restartOn \"%.*s\" is not met or elapsed", STR_ARG(code));
	return true;
}

static bool read_step(struct reader *r, const struct json *ext, struct rule *rule)
{
	struct clock_spec *spec = &rule->spec;
	if (spec->steps == CLOCK_MAX_STEPS)
		return err_set(r->e, ERR_TOO_LARGE, "a ladder has at most %d steps", CLOCK_MAX_STEPS);
	struct step *step = &rule->ladder[spec->steps];
	step->role = json_str(pw_ext_find(ext, "to"), "valueCode");
	step->to_manager = json_true(json_getz(pw_ext_find(ext, "toManager"), "valueBoolean"));
	if (!step->role.n)
		return err_set(r->e, ERR_REQUIRED, "a step of the ladder needs \"to\": who is told");
	if (r->from->has_role && !r->from->has_role(r->from->arg, step->role))
		return err_set(r->e, ERR_CODE, "nothing defines the role \"%.*s\"", STR_ARG(step->role));
	if (!read_amount(r, pw_ext_find(ext, "after"), &spec->after[spec->steps], NULL) ||
	    !read_expression(r, json_getz(pw_ext_find(ext, "holder"), "valueExpression"), STR_NONE, &step->holder))
		return false;
	if (spec->steps && spec->after[spec->steps].n < 0)
		return err_set(r->e, ERR_VALUE, "a step of the ladder cannot be before due");
	spec->steps++;
	return read_activity(r, json_str(pw_ext_find(ext, "action"), "valueCanonical"), &step->activity);
}

static bool read_clock_triggers(struct reader *r, const struct json *clock, struct rule *rule)
{
	static const struct {
		const char *url;
		enum purpose purpose;
	} kinds[] = {{"metBy", FOR_MET}, {"cancelledBy", FOR_CANCEL}, {"pausedBy", FOR_PAUSE}, {"resumedBy", FOR_RESUME}, {"dueOn", FOR_DUE}};
	const struct json *list = json_getz(clock, "extension");
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *x = json_at(list, i);
		struct str url = json_str(x, "url");
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (str_is(url, kinds[k].url) &&
			    !push_trigger(r, json_getz(x, "valueTriggerDefinition"), &rule->on[kinds[k].purpose]))
				return err_context(r->e, "%s", kinds[k].url);
		if (str_is(url, "escalate") && !read_step(r, x, rule))
			return err_context(r->e, "escalate");
	}
	return true;
}

static bool read_clock_expressions(struct reader *r, const struct json *clock, struct rule *rule)
{
	const struct {
		const char *url;
		struct expr *to;
		struct str type;
	} list[] = {{"start", &rule->start, opening_type(rule)}, {"key", &rule->key, opening_type(rule)},
		    {"about", &rule->about, opening_type(rule)},
		    {"metAt", &rule->met_at, STR_NONE}, {"metKey", &rule->met_key, STR_NONE}, {"holder", &rule->holder, STR_NONE}};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (!read_expression(r, json_getz(pw_ext_find(clock, list[i].url), "valueExpression"), list[i].type, list[i].to))
			return err_context(r->e, "%s", list[i].url);
	return true;
}

static bool needs_calendar(const struct clock_spec *spec)
{
	bool needs = spec->in_office_hours || (spec->has_within && unit_needs_calendar(spec->within.unit)) ||
		     (spec->has_warn && unit_needs_calendar(spec->warn.unit)) ||
		     (spec->has_pause_max && unit_needs_calendar(spec->pause_max.unit));
	for (size_t i = 0; i < spec->steps; i++)
		needs |= unit_needs_calendar(spec->after[i].unit);
	return needs;
}

static bool check_clock(struct reader *r, struct rule *rule)
{
	struct clock_spec *spec = &rule->spec;
	rule->calendar = rule->calendar_urn.n ? r->from->calendar(r->from->arg, rule->calendar_urn) : NULL;
	if (!rule->calendar && (rule->calendar_urn.n || needs_calendar(spec)))
		return err_set(r->e, ERR_NOT_FOUND, "nothing defines the calendar \"%.*s\" its working days need", STR_ARG(rule->calendar_urn));
	if (rule->on[FOR_PAUSE].n && !spec->has_pause_max)
		return err_set(r->e, ERR_REQUIRED, "a clock that can be paused needs pauseMax, after which it runs again");
	if (rule->on[FOR_PAUSE].n && spec->within.n < 0)
		return err_set(r->e, ERR_INVARIANT, "a clock that counts back cannot be paused: the date does not wait");
	if (spec->restart == RESTART_ELAPSED && !spec->has_within)
		return err_set(r->e, ERR_REQUIRED, "restartOn elapsed needs within");
	if ((spec->has_within || rule->on[FOR_DUE].n) && !spec->steps && spec->restart != RESTART_ELAPSED)
		return err_set(r->e, ERR_REQUIRED, "a clock needs an escalate step: somebody must be told of the silence");
	return true;
}

static bool read_clock(struct reader *r, const struct json *clock, struct rule *rule)
{
	struct clock_spec *spec = &rule->spec;
	rule->has_clock = true;
	rule->calendar_urn = json_str(pw_ext_find(clock, "calendar"), "valueUri");
	rule->unsigned_locally = json_true(json_getz(pw_ext_find(clock, "unsigned"), "valueBoolean"));
	spec->in_office_hours = json_true(json_getz(pw_ext_find(clock, "receivedInOfficeHours"), "valueBoolean"));
	int64_t count = 1;
	json_i64(json_getz(pw_ext_find(clock, "metCount"), "valuePositiveInt"), &count);
	spec->met_count = (int)count;
	return read_amount(r, pw_ext_find(clock, "within"), &spec->within, &spec->has_within) &&
	       read_amount(r, pw_ext_find(clock, "warnBefore"), &spec->warn, &spec->has_warn) &&
	       read_amount(r, pw_ext_find(clock, "pauseMax"), &spec->pause_max, &spec->has_pause_max) && read_due_at(r, clock, spec) &&
	       read_restart(r, clock, spec) && read_clock_triggers(r, clock, rule) && read_clock_expressions(r, clock, rule) &&
	       check_clock(r, rule);
}

/* ---- actions and plans ---- */

static bool read_variables(struct reader *r, struct rule *rule)
{
	const struct json *list = json_getz(r->plan, "extension");
	rule->variables = ARENA_ARRAY(r->a, struct variable, json_n(list));
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *x = json_at(list, i);
		if (!str_is(json_str(x, "url"), "http://hl7.org/fhir/StructureDefinition/variable"))
			continue;
		const struct json *value = json_getz(x, "valueExpression");
		struct variable *v = &rule->variables[rule->variable_n++];
		v->name = json_str(value, "name");
		struct query *query = NULL;
		bool ok = str_is(json_str(value, "language"), "application/x-fhir-query")
				  ? query_parse(r->a, json_str(value, "expression"), &query, r->e)
				  : read_expression(r, value, STR_NONE, &v->expr);
		if (!ok)
			return err_context(r->e, "variable \"%.*s\"", STR_ARG(v->name));
		v->query = query;
	}
	return true;
}

static bool read_conditions(struct reader *r, const struct json *action, struct rule *rule)
{
	const struct json *list = json_getz(action, "condition");
	rule->conditions = ARENA_ARRAY(r->a, struct expr, json_n(list));
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *x = json_at(list, i);
		if (!str_is(json_str(x, "kind"), "applicability"))
			return err_set(r->e, ERR_NOT_SUPPORTED, "condition kind \"%.*s\" is not applicability", STR_ARG(json_str(x, "kind")));
		if (!read_expression(r, json_getz(x, "expression"), opening_type(rule), &rule->conditions[rule->condition_n++]))
			return false;
	}
	return true;
}

static bool read_action(struct reader *r, const struct json *action, struct rule *rule)
{
	const struct json *triggers = json_getz(action, "trigger");
	for (size_t i = 0; i < json_n(triggers); i++)
		if (!push_trigger(r, json_at(triggers, i), &rule->on[FOR_OPEN]))
			return false;
	if (!rule->on[FOR_OPEN].n)
		return err_set(r->e, ERR_REQUIRED, "it has no trigger");
	rule->role = json_str(json_path(action, "participant", "0", "role", "coding", "0", NULL), "code");
	if (rule->role.n && r->from->has_role && !r->from->has_role(r->from->arg, rule->role))
		return err_set(r->e, ERR_CODE, "nothing defines the role \"%.*s\"", STR_ARG(rule->role));
	const struct json *clock = pw_ext_find(action, EXT "clock");
	return read_variables(r, rule) && read_conditions(r, action, rule) && read_dynamics(r, action, &rule->dynamics) &&
	       read_activity(r, json_str(action, "definitionCanonical"), &rule->activity) && (!clock || read_clock(r, clock, rule));
}

/* What pathway_rule keeps: the plan with this one action, and the activities it names. */
static struct str rule_body(struct arena *a, const struct json *plan, const struct json *action, const struct rule *rule)
{
	struct json *body = json_object(a), *cut = json_object(a), *one = json_array(a), *activities = json_array(a);
	for (size_t i = 0; i < json_n(plan); i++)
		if (!str_is(plan->members[i].key, "action"))
			json_set(a, cut, plan->members[i].key, plan->members[i].value);
	json_push(a, one, json_clone(a, action));
	json_setz(a, cut, "action", one);
	if (rule->activity)
		json_push(a, activities, json_clone(a, rule->activity->body));
	for (size_t i = 0; i < rule->spec.steps; i++)
		if (rule->ladder[i].activity)
			json_push(a, activities, json_clone(a, rule->ladder[i].activity->body));
	json_setz(a, body, "plan", cut);
	json_setz(a, body, "activities", activities);
	return json_to_str(a, body);
}


static void index_rule(struct rules *rules, const struct rule *rule);

static bool add_action(struct rules *rules, struct reader *r, const struct json *action, struct str digest)
{
	struct rule *rule = ARENA_NEW(rules->arena, struct rule);
	rule->plan = json_str(r->plan, "id");
	rule->action = json_str(action, "id");
	rule->name = str_printf(rules->arena, "%.*s#%.*s", STR_ARG(rule->plan), STR_ARG(rule->action));
	rule->url = json_str(r->plan, "url");
	rule->version = json_str(r->plan, "version");
	rule->title = json_str(action, "title");
	rule->purpose = json_str(r->plan, "purpose");
	rule->documentation = json_str(action, "description");
	if (!rule->action.n || !rule->title.n)
		return err_set(r->e, ERR_REQUIRED, "%.*s: an action needs an id and a title", STR_ARG(rule->plan));
	if (!read_action(r, action, rule))
		return err_context(r->e, "%.*s", STR_ARG(rule->name));
	rule->body = rule_body(rules->arena, r->plan, action, rule);
	rule->digest = pw_sha256_hex(rules->arena, rule->body);
	rule->current = !digest.p;
	if (digest.p && !str_eq(digest, rule->digest))
		rule->digest = digest; /* kept by an earlier program that wrote the body another way */
	rule->ordinal = (int)rules->list.n;
	VEC_PUSH(rules->arena, &rules->list, rule);
	map_put(&rules->by_digest, rule->digest, rule);
	index_rule(rules, rule);
	return true;
}

struct rules *rules_new(struct arena *a)
{
	struct rules *r = ARENA_NEW(a, struct rules);
	r->arena = a;
	r->buckets = map_new(a);
	r->by_digest = map_new(a);
	return r;
}

const struct rule *rules_find(const struct rules *r, struct str digest)
{
	return map_get(&r->by_digest, digest);
}

bool rules_add_plan(struct rules *rules, const struct json *plan, const struct rule_source *from, struct err *e)
{
	struct reader r = {rules->arena, from, e, plan};
	const struct json *actions = json_getz(plan, "action");
	for (size_t i = 0; i < json_n(actions); i++)
		if (!add_action(rules, &r, json_at(actions, i), STR_NONE))
			return false;
	return true;
}

struct kept_source {
	const struct json *activities;
	const struct rule_source *from;
};

static const struct json *kept_activity(void *arg, struct str canonical)
{
	struct kept_source *k = arg;
	for (size_t i = 0; i < json_n(k->activities); i++)
		if (str_eq(json_str(json_at(k->activities, i), "url"), canonical))
			return json_at(k->activities, i);
	return NULL;
}

static const struct calendar *kept_calendar(void *arg, struct str urn)
{
	struct kept_source *k = arg;
	return k->from->calendar(k->from->arg, urn);
}

bool rules_add_kept(struct rules *rules, struct str digest, struct str body, const struct rule_source *from, struct err *e)
{
	struct json *j;
	if (!json_parse(rules->arena, str_dup(rules->arena, body), NULL, &j, e))
		return false;
	struct kept_source kept = {json_getz(j, "activities"), from};
	struct rule_source source = {&kept, kept_activity, kept_calendar, NULL};
	struct reader r = {rules->arena, &source, e, json_getz(j, "plan")};
	return add_action(rules, &r, json_at(json_getz(r.plan, "action"), 0), str_dup(rules->arena, digest));
}

/* ---- the index: type, then code ---- */

struct candidates {
	VEC(struct candidate) list;
};

struct bucket {
	struct candidates any; /* without a codeFilter */
	VEC(struct str) paths;
	struct map by_code; /* path, '=', code -> struct candidates */
	int added;
};

static struct bucket *bucket_of(struct rules *rules, struct str type)
{
	struct bucket *b = map_get(&rules->buckets, type);
	if (b)
		return b;
	b = ARENA_NEW(rules->arena, struct bucket);
	b->by_code = map_new(rules->arena);
	map_put(&rules->buckets, type, b);
	return b;
}

static struct str code_key(struct arena *a, struct str path, struct str code)
{
	return pw_join(a, (struct str[]){path, STR("="), code}, 3);
}

static void index_codes(struct rules *rules, struct bucket *b, const struct trigger *t, struct candidate c)
{
	bool known = false;
	for (size_t i = 0; i < b->paths.n; i++)
		known |= str_eq(b->paths.v[i], t->path);
	if (!known)
		VEC_PUSH(rules->arena, &b->paths, t->path);
	for (size_t i = 0; i < t->code_n; i++) {
		struct str key = code_key(rules->arena, t->path, t->codes[i]);
		struct candidates *list = map_get(&b->by_code, key);
		if (!list) {
			list = ARENA_NEW(rules->arena, struct candidates);
			map_put(&b->by_code, key, list);
		}
		VEC_PUSH(rules->arena, &list->list, c);
	}
}

static void index_rule(struct rules *rules, const struct rule *rule)
{
	for (int p = 0; p < PURPOSES; p++) {
		if (p == FOR_OPEN && !rule->current)
			continue;
		for (size_t i = 0; i < rule->on[p].n; i++) {
			const struct trigger *t = &rule->on[p].v[i];
			struct bucket *b = bucket_of(rules, t->type);
			struct candidate c = {rule, t, (enum purpose)p, b->added++};
			if (t->code_n)
				index_codes(rules, b, t, c);
			else
				VEC_PUSH(rules->arena, &b->any.list, c);
		}
	}
}

struct gather {
	struct arena *a;
	const struct bucket *bucket;
	struct str path;
	VEC(struct candidate) found;
};

static void gather_code(struct gather *g, struct str code)
{
	ptrdiff_t bar = str_find_char(code, '|'); /* a canonical's version */
	struct str key = code_key(g->a, g->path, bar > 0 ? str_sub(code, 0, (size_t)bar) : code);
	const struct candidates *list = map_get(&g->bucket->by_code, key);
	for (size_t i = 0; list && i < list->list.n; i++)
		VEC_PUSH(g->a, &g->found, list->list.v[i]);
}

/* Codes under a value: a code, a canonical, a Coding, a CodeableConcept, or several of them. */
static void gather_value(struct gather *g, const struct json *v, int depth)
{
	if (json_is(v, JSON_STRING)) {
		gather_code(g, json_text(v));
		return;
	}
	if (depth == 0)
		return;
	if (json_is(v, JSON_ARRAY))
		for (size_t i = 0; i < json_n(v); i++)
			gather_value(g, json_at(v, i), depth - 1);
	else if (json_getz(v, "coding"))
		gather_value(g, json_getz(v, "coding"), depth - 1);
	else if (json_is(v, JSON_OBJECT))
		gather_value(g, json_getz(v, "code"), depth - 1);
}

static void gather_path(struct gather *g, const struct json *at, struct str rest)
{
	struct str part;
	if (json_is(at, JSON_ARRAY)) {
		for (size_t i = 0; i < json_n(at); i++)
			gather_path(g, json_at(at, i), rest);
		return;
	}
	if (!str_next(&rest, '.', &part))
		gather_value(g, at, 4);
	else
		gather_path(g, json_get(at, part), rest);
}

static int candidate_compare(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	bool open_a = a->purpose == FOR_OPEN, open_b = b->purpose == FOR_OPEN;
	if (open_a != open_b)
		return open_a - open_b; /* what closes comes before what opens */
	if (a->rule->ordinal != b->rule->ordinal)
		return a->rule->ordinal - b->rule->ordinal;
	return a->order - b->order;
}

size_t rules_match(const struct rules *r, struct arena *a, struct str type, const struct json *resource, struct candidate **out)
{
	const struct bucket *b = map_get(&r->buckets, type);
	*out = NULL;
	if (!b)
		return 0;
	struct gather g = {.a = a, .bucket = b};
	for (size_t i = 0; i < b->any.list.n; i++)
		VEC_PUSH(a, &g.found, b->any.list.v[i]);
	for (size_t i = 0; i < b->paths.n; i++) {
		g.path = b->paths.v[i];
		gather_path(&g, resource, b->paths.v[i]);
	}
	if (!g.found.n)
		return 0;
	qsort(g.found.v, g.found.n, sizeof *g.found.v, candidate_compare);
	size_t n = 1; /* a resource with both codes of a filter is one candidate */
	for (size_t i = 1; i < g.found.n; i++)
		if (g.found.v[i].trigger != g.found.v[n - 1].trigger)
			g.found.v[n++] = g.found.v[i];
	*out = g.found.v;
	return n;
}
