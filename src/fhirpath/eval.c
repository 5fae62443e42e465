/* The walk over the tree.
 *
 * ev_node appends what a node gives to a list the caller owns; lists begin on the caller's stack (FP_LOCAL), so a path that
 * gives one item allocates nothing. The depth of the tree is bounded by the parser, the work by ev_step.
 */
#include "fhirpath/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- failing ---- */

bool ev_fail(struct ev *ev, const struct node *n, const char *fmt, ...)
{
	char text[400];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return fp_error_at(ev->e, ERR_INVALID, ev->expr->source, n ? n->at : 0, "%s", text);
}

bool ev_costly(struct ev *ev, const struct node *n, const char *what)
{
	return fp_error_at(ev->e, ERR_TOO_COSTLY, ev->expr->source, n ? n->at : 0, "%s", what);
}

bool ev_step(struct ev *ev, const struct node *n)
{
	if (++ev->steps < ev->env->steps_left)
		return true;
	return ev_costly(ev, n, "the expression takes too many steps on this input");
}

/* ---- nodes ---- */

static bool is_of_type(const struct node *n, const struct fp_value *v)
{
	if (v->type != FP_NODE)
		return false;
	if (!v->ftype)
		return str_eq(json_str(v->node, "resourceType"), n->name);
	return v->ftype == n->root_type || (v->ftype->kind == FHIR_RESOURCE && fhir_type_is(v->ftype, n->name));
}

/* The first name of a path may be the type of what it starts from: Patient.name on a Patient. */
static bool ev_first_member(struct ev *ev, const struct node *n, struct fp_list *out)
{
	const struct fp_list *self = ev->scope.self;
	bool may_be_type = n->name.n && n->name.p[0] >= 'A' && n->name.p[0] <= 'Z';
	for (size_t i = 0; i < self->n; i++) {
		bool ok = may_be_type && is_of_type(n, &self->v[i]) ? list_push(ev, n, out, &self->v[i]) : member_step(ev, n, &self->v[i], out);
		if (!ok)
			return false;
	}
	return true;
}

static bool ev_member(struct ev *ev, const struct node *n, struct fp_list *out)
{
	if (!n->left)
		return ev_first_member(ev, n, out);
	FP_LOCAL(from);
	if (!ev_node(ev, n->left, &from))
		return false;
	for (size_t i = 0; i < from.n; i++)
		if (!member_step(ev, n, &from.v[i], out))
			return false;
	return true;
}

static bool ev_item(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(from);
	FP_LOCAL(at);
	if (!ev_node(ev, n->left, &from))
		return false;
	const struct variable *vars = ev->vars;
	if (!ev_node(ev, n->right, &at))
		return false;
	ev->vars = vars;
	if (at.n == 0)
		return true;
	if (at.n > 1 || at.v[0].type != FP_INTEGER)
		return ev_fail(ev, n->right, "an index must be a single integer");
	int64_t i = at.v[0].integer;
	return i < 0 || (uint64_t)i >= from.n || list_push(ev, n, out, &from.v[i]);
}

static bool ev_type(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(from);
	if (!ev_node(ev, n->left, &from))
		return false;
	if (n->op == OP_IS) {
		if (from.n > 1)
			return ev_fail(ev, n, "\"is\" asks about one item, and there are %zu", from.n);
		struct fp_value v = fp_boolean(from.n && value_is(&from.v[0], &n->type, false));
		return from.n == 0 || list_push(ev, n, out, &v);
	}
	/* On several items the operator keeps those of the type: FHIR R4's search parameters are written so. */
	for (size_t i = 0; i < from.n; i++)
		if (value_is(&from.v[i], &n->type, false) && !list_push(ev, n, out, &from.v[i]))
			return false;
	return true;
}

static bool ev_index(struct ev *ev, const struct node *n, struct fp_list *out)
{
	if (ev->scope.index < 0)
		return ev_fail(ev, n, "$index has a meaning only in an expression that is evaluated for each item");
	struct fp_value v = fp_integer(ev->scope.index);
	return list_push(ev, n, out, &v);
}

static bool ev_total(struct ev *ev, const struct node *n, struct fp_list *out)
{
	if (!ev->scope.total)
		return ev_fail(ev, n, "$total has a meaning only within aggregate()");
	return list_append(ev, n, out, ev->scope.total);
}

static bool ev_dispatch(struct ev *ev, const struct node *n, struct fp_list *out)
{
	switch ((enum node_kind)n->kind) {
	case NODE_LITERAL:
		return list_push(ev, n, out, &n->value);
	case NODE_EMPTY:
		return true;
	case NODE_THIS:
		return list_append(ev, n, out, ev->scope.self);
	case NODE_INDEX:
		return ev_index(ev, n, out);
	case NODE_TOTAL:
		return ev_total(ev, n, out);
	case NODE_EXTERNAL:
		return ev_external(ev, n, out);
	case NODE_MEMBER:
		return ev_member(ev, n, out);
	case NODE_CALL:
		return ev_call(ev, n, out);
	case NODE_ITEM:
		return ev_item(ev, n, out);
	case NODE_UNARY:
		return ev_unary(ev, n, out);
	case NODE_BINARY:
		return ev_binary(ev, n, out);
	case NODE_TYPE:
		return ev_type(ev, n, out);
	}
	return ev_fail(ev, n, "this cannot be evaluated");
}

bool ev_node(struct ev *ev, const struct node *n, struct fp_list *out)
{
	if (!ev_step(ev, n))
		return false;
	if (!ev->explain)
		return ev_dispatch(ev, n, out);
	size_t before = out->n;
	if (!ev_dispatch(ev, n, out))
		return false;
	struct fp_list made = {out->v + before, out->n - before, out->n - before};
	explain_record(ev, n, &made);
	return true;
}

bool ev_with(struct ev *ev, const struct node *n, const struct fp_list *self, int64_t index, struct fp_list *out)
{
	struct scope saved = ev->scope;
	const struct variable *vars = ev->vars;
	ev->scope.self = self;
	ev->scope.index = index;
	bool ok = ev_node(ev, n, out);
	ev->scope = saved;
	ev->vars = vars;
	return ok;
}

/* ---- %variables ---- */

static bool push_text(struct ev *ev, const struct node *n, struct fp_list *out, struct str text)
{
	struct fp_value v = fp_string(text);
	return list_push(ev, n, out, &v);
}

static struct str after(struct str name, const char *prefix)
{
	struct str p = str_from(prefix);
	return str_starts(name, p) ? str_sub(name, p.n, name.n) : STR_NONE;
}

static const struct {
	const char *name, *url;
} systems[] = {
	{"ucum", "http://unitsofmeasure.org"},
	{"sct", "http://snomed.info/sct"},
	{"loinc", "http://loinc.org"},
};

static bool push_if_set(struct ev *ev, const struct node *n, struct fp_list *out, const struct fp_value *v)
{
	return (!v->node && !v->text.p && v->type == FP_NODE) || list_push(ev, n, out, v);
}

static bool ev_fixed(struct ev *ev, const struct node *n, struct fp_list *out, bool *found)
{
	*found = true;
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
		if (str_is(n->name, systems[i].name))
			return push_text(ev, n, out, str_from(systems[i].url));
	if (str_is(n->name, "resource"))
		return push_if_set(ev, n, out, ev->root);
	if (str_is(n->name, "rootResource"))
		return push_if_set(ev, n, out, &ev->env->root_resource);
	if (str_is(n->name, "context"))
		return push_if_set(ev, n, out, &ev->env->context);
	struct str vs = after(n->name, "vs-"), ext = after(n->name, "ext-");
	if (vs.p)
		return push_text(ev, n, out, str_cat(ev->arena, STR("http://hl7.org/fhir/ValueSet/"), vs));
	if (ext.p)
		return push_text(ev, n, out, str_cat(ev->arena, STR("http://hl7.org/fhir/StructureDefinition/"), ext));
	*found = false;
	return true;
}

bool ev_external(struct ev *ev, const struct node *n, struct fp_list *out)
{
	for (const struct variable *v = ev->vars; v; v = v->outer)
		if (str_eq(v->name, n->name))
			return list_append(ev, n, out, &v->value);
	bool found;
	if (!ev_fixed(ev, n, out, &found) || found)
		return found;
	struct fp_list given = {NULL, 0, 0};
	struct err why = ERR_INIT;
	if (ev->env->variable && ev->env->variable(ev->env->arg, ev->env, n->name, &given, &why))
		return list_append(ev, n, out, &given);
	if (why.code != ERR_NONE)
		return fp_error_at(ev->e, why.code, ev->expr->source, n->at, "%%%.*s: %s", STR_ARG(n->name), why.message);
	return ev_fail(ev, n, "there is no variable %%%.*s", STR_ARG(n->name));
}

/* ---- the doors ---- */

struct fp_env fp_env_for(struct arena *a, const struct json *resource, int64_t now_us)
{
	struct fp_value v = fp_node(resource, NULL);
	return (struct fp_env){.arena = a, .now_us = now_us, .resource = v, .root_resource = v, .context = v};
}

static bool has_value(const struct fp_value *v)
{
	return v->node || v->text.p || v->type != FP_NODE;
}

bool fp_run(struct ev *ev, const struct fp_list *input, struct fp_list *out)
{
	struct fp_env *env = ev->env;
	uint64_t asked = env->steps_left;
	if (!asked)
		env->steps_left = FP_DEFAULT_STEPS;
	ev->root = arena_dup(env->arena, &env->resource, sizeof env->resource);
	ev->scope = (struct scope){.self = input, .index = -1};
	*out = (struct fp_list){NULL, 0, 0};
	bool ok = ev_node(ev, ev->expr->root, out);
	env->steps_left = asked;
	if (!ok)
		*out = (struct fp_list){NULL, 0, 0};
	return ok;
}

bool fp_eval_on(const struct fp_expr *expr, struct fp_env *env, const struct fp_list *input, struct fp_list *out, struct err *e)
{
	struct ev ev = {.arena = env->arena, .env = env, .expr = expr, .e = e};
	return fp_run(&ev, input, out);
}

bool fp_eval(const struct fp_expr *expr, struct fp_env *env, struct fp_list *out, struct err *e)
{
	struct fp_list input = {&env->context, has_value(&env->context) ? 1 : 0, 1};
	return fp_eval_on(expr, env, &input, out, e);
}

bool fp_eval_bool(const struct fp_expr *expr, struct fp_env *env, bool *out, struct err *e)
{
	struct fp_list l;
	*out = false;
	if (!fp_eval(expr, env, &l, e))
		return false;
	struct ev ev = {.arena = env->arena, .env = env, .expr = expr, .e = e};
	enum tri t;
	if (!value_tri(&ev, expr->root, &l, &t))
		return false;
	*out = t == TRI_TRUE;
	return true;
}

bool fp_eval_str(const struct fp_expr *expr, struct fp_env *env, struct str *out, struct err *e)
{
	struct fp_list l;
	*out = STR_NONE;
	if (!fp_eval(expr, env, &l, e))
		return false;
	if (l.n)
		*out = fp_text(env->arena, &l.v[0]);
	return true;
}
