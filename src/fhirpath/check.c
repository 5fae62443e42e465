/* The static check: follows the types through an expression and says where a path cannot exist. What it cannot know (variables, what
 * a reference leads to, contained resources) it lets pass. It is as strict as FHIRPath on choices: "value", not "valueQuantity",
 * though evaluation takes both. */
#include "fhirpath/internal.h"

#include <string.h>

#define MAX_TYPES 64 /* Extension.value has 50 */

struct types {
	bool unknown;
	bool unordered; /* children() and descendants() come in no order that means something (5.8) */
	uint16_t system; /* a bit for each enum fp_type */
	uint16_t n;
	const struct fhir_type *v[MAX_TYPES];
};

struct check {
	const struct fp_expr *expr;
	struct err *e;
	struct types context, resource;
	fp_variable_type *variable;
	void *arg;
};

static bool check(struct check *c, const struct node *n, const struct types *self, struct types *out);

static void set_unknown(struct types *t)
{
	t->unknown = true;
	t->n = 0;
	t->system = 0;
}

static void set_system(struct types *t, enum fp_type type)
{
	t->unknown = false;
	t->n = 0;
	t->system = (uint16_t)(1u << type);
}

static void add_type(struct types *t, const struct fhir_type *type)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i] == type)
			return;
	if (!type || t->n == MAX_TYPES)
		set_unknown(t);
	else if (!t->unknown)
		t->v[t->n++] = type;
}

static void add_types(struct types *to, const struct types *from)
{
	if (from->unknown)
		set_unknown(to);
	for (size_t i = 0; i < from->n; i++)
		add_type(to, from->v[i]);
	if (!to->unknown)
		to->system |= from->system;
}

static bool is_nothing(const struct types *t)
{
	return !t->unknown && !t->n && !t->system;
}

/* ---- members ---- */

/* Insertions, deletions and changes that make one name of the other; only whether they are few matters. */
static int distance(struct str a, struct str b)
{
	int row[41];
	if (a.n > 40 || b.n > 40)
		return 99;
	for (size_t k = 0; k <= b.n; k++)
		row[k] = (int)k;
	for (size_t i = 1; i <= a.n; i++) {
		int diagonal = row[0];
		row[0] = (int)i;
		for (size_t k = 1; k <= b.n; k++) {
			int change = diagonal + (a.p[i - 1] != b.p[k - 1]);
			diagonal = row[k];
			int least = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
			row[k] = least < change ? least : change;
		}
	}
	return row[b.n];
}

static const char *nearest(const struct fhir_type *t, struct str name)
{
	const char *best = NULL;
	int least = name.n > 3 ? 3 : 2;
	for (size_t i = 0; i < fhir_element_n(t); i++) {
		const char *candidate = fhir_element_at(t, i)->name;
		int d = distance(name, str_from(candidate));
		if (d < least) {
			least = d;
			best = candidate;
		}
	}
	return best;
}

static bool no_member(struct check *c, const struct node *n, const struct types *of)
{
	const struct fhir_type *type = NULL;
	const char *first = of->n ? of->v[0]->name : "a value";
	const struct fhir_element *choice = of->n ? fhir_element(of->v[0], n->name, &type) : NULL;
	const char *hint = of->n ? nearest(of->v[0], n->name) : NULL;
	if (choice)
		return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "in FHIRPath %s has no \"%.*s\": write \"%s\", or \"%s.ofType(%s)\"",
				   first, STR_ARG(n->name), choice->name, choice->name, type ? type->name : "type");
	if (hint)
		return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "%s has no element \"%.*s\"; did you mean \"%s\"?", first,
				   STR_ARG(n->name), hint);
	return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "%s has no element \"%.*s\"", first, STR_ARG(n->name));
}

static bool holds_any_resource(const struct fhir_type *t)
{
	return t && t->kind == FHIR_RESOURCE && t->is_abstract;
}

static bool add_member(const struct fhir_type *of, struct str name, struct types *out)
{
	if (strcmp(of->name, "xhtml") == 0 || of->kind == FHIR_PRIMITIVE) {
		bool known = str_is(name, "id") || str_is(name, "extension");
		if (known)
			add_type(out, fhir_type(str_is(name, "id") ? STR("string") : STR("Extension")));
		return known;
	}
	const struct fhir_element *e = fhir_element_by_path(of, name);
	for (size_t i = 0; e && i < e->type_count; i++) {
		const struct fhir_type *type = fhir_element_type(e, i);
		add_type(out, holds_any_resource(type) ? NULL : type);
	}
	return e != NULL;
}

static bool members(struct check *c, const struct node *n, const struct types *of, struct types *out)
{
	if (of->unknown || is_nothing(of)) {
		set_unknown(out);
		return true;
	}
	bool any = false;
	for (size_t i = 0; i < of->n; i++)
		any = add_member(of->v[i], n->name, out) || any;
	return any || no_member(c, n, of);
}

/* Patient.name: the first name may be the type the expression starts from. */
static bool is_own_type(const struct node *n, const struct types *self)
{
	for (size_t i = 0; i < self->n; i++)
		if (fhir_type_is(self->v[i], n->name))
			return true;
	return false;
}

static bool check_member(struct check *c, const struct node *n, const struct types *self, struct types *out)
{
	struct types from = {0};
	if (n->left)
		return check(c, n->left, self, &from) && members(c, n, &from, out);
	bool names_type = n->root_type && n->root_type->kind == FHIR_RESOURCE;
	if (is_own_type(n, self)) {
		*out = *self;
		return true;
	}
	if (names_type && self->unknown) {
		add_type(out, n->root_type->is_abstract ? NULL : n->root_type);
		return true;
	}
	if (names_type && self->n)
		return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "the path begins at %.*s, and this is evaluated on %s",
				   STR_ARG(n->name), self->v[0]->name);
	return members(c, n, self, out);
}

/* ---- functions ---- */

static enum fp_type system_of(char gives)
{
	switch (gives) {
	case 'B':
		return FP_BOOLEAN;
	case 'I':
		return FP_INTEGER;
	case 'S':
		return FP_STRING;
	case 'N':
		return FP_DECIMAL;
	case 'D':
		return FP_DATE;
	case 'M':
		return FP_DATETIME;
	case 'T':
		return FP_TIME;
	case 'Q':
		return FP_QUANTITY;
	default:
		return FP_NODE;
	}
}

static void named_type(const struct type_ref *t, struct types *out)
{
	if (t->fhir && t->fhir->is_abstract)
		set_unknown(out);
	else if (t->fhir)
		add_type(out, t->fhir);
	if (t->is_system && !out->unknown)
		out->system |= (uint16_t)(1u << t->system);
}

static void result_of(const struct node *n, const struct types *in, const struct types *arg, struct types *out)
{
	enum fp_type system = system_of(n->fn->gives);
	if (system != FP_NODE) {
		set_system(out, system);
		return;
	}
	switch (n->fn->gives) {
	case '=':
		*out = *in;
		break;
	case 'e':
	case 'r':
		*out = arg[0];
		break;
	case 't':
		named_type(&n->type, out);
		break;
	case 'u':
		add_types(out, in);
		add_types(out, &arg[0]);
		break;
	case 'i':
		add_types(out, &arg[1]);
		add_types(out, &arg[2]);
		break;
	case 'x':
		add_type(out, fhir_type(STR("Extension")));
		break;
	default:
		set_unknown(out);
	}
}

static bool wants_text(struct check *c, const struct node *n, const struct types *in)
{
	if (!(n->fn->flags & FN_STRING) || in->unknown || is_nothing(in) || in->system)
		return true;
	for (size_t i = 0; i < in->n; i++)
		if (value_type_of(in->v[i]) != FP_NODE)
			return true;
	return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "%s() works on a string, and this is %s", n->fn->name, in->v[0]->name);
}

static bool wants_order(struct check *c, const struct node *n, const struct types *in)
{
	static const char *const positional[] = {"first", "last", "tail", "skip", "take"};
	for (size_t i = 0; in->unordered && i < sizeof positional / sizeof *positional; i++)
		if (strcmp(n->fn->name, positional[i]) == 0)
			return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "%s() on children() or descendants(), which have no order",
					   n->fn->name);
	return true;
}

static bool wants_condition(struct check *c, const struct node *n, const struct types *condition)
{
	bool known = !condition->unknown && !condition->n && condition->system;
	if (n->fn->gives != 'i' || !known || condition->system & 1u << FP_BOOLEAN)
		return true;
	return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->args[0]->at, "the condition of iif() is not a boolean");
}

static bool check_call(struct check *c, const struct node *n, const struct types *self, struct types *out)
{
	struct types in = {0}, arg[3];
	memset(arg, 0, sizeof arg);
	if (n->left ? !check(c, n->left, self, &in) : (in = *self, false))
		return false;
	if (!wants_text(c, n, &in) || !wants_order(c, n, &in))
		return false;
	for (size_t i = 0; i < n->argc; i++) {
		struct types ignored = {0}, *given = i < 3 ? &arg[i] : &ignored;
		char kind = n->fn->args[i];
		if (kind != 'T' && !check(c, n->args[i], kind == 'E' ? &in : self, given))
			return false;
	}
	if (!wants_condition(c, n, &arg[0]))
		return false;
	result_of(n, &in, arg, out);
	out->unordered = out->unordered || n->fn->gives == 'c';
	return true;
}

/* ---- the rest ---- */

static void start_at(struct types *t, const struct fhir_type *type)
{
	if (type && !holds_any_resource(type))
		add_type(t, type);
	else
		set_unknown(t);
}

static bool is_known_text(struct str name)
{
	return str_is(name, "ucum") || str_is(name, "sct") || str_is(name, "loinc") || str_starts(name, STR("vs-")) ||
	       str_starts(name, STR("ext-"));
}

/* Does the expression define the variable itself? Where it is in scope is left to the evaluator. */
static bool defines(const struct node *n, struct str name)
{
	if (!n)
		return false;
	bool here = n->kind == NODE_CALL && strcmp(n->fn->name, "defineVariable") == 0 && n->args[0]->kind == NODE_LITERAL &&
		    str_eq(n->args[0]->value.text, name);
	for (size_t i = 0; i < n->argc && !here; i++)
		here = defines(n->args[i], name);
	return here || defines(n->left, name) || defines(n->right, name);
}

static bool check_external(struct check *c, const struct node *n, struct types *out)
{
	struct str type = STR_NONE;
	set_unknown(out);
	if (str_is(n->name, "context"))
		*out = c->context;
	else if (str_is(n->name, "resource"))
		*out = c->resource;
	else if (is_known_text(n->name))
		set_system(out, FP_STRING);
	else if (!c->variable || str_is(n->name, "rootResource") || defines(c->expr->root, n->name))
		return true;
	else if (!c->variable(c->arg, n->name, &type))
		return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->at, "there is no variable %%%.*s", STR_ARG(n->name));
	if (!type.n)
		return true;
	*out = (struct types){0};
	start_at(out, fhir_type(type));
	return true;
}

#define BIT(type) (1u << (type))

static bool only(const struct types *t, unsigned system)
{
	return !t->unknown && !t->n && t->system && !(t->system & ~system);
}

static bool arithmetic(struct check *c, const struct node *n, const struct types *left, const struct types *right, struct types *out)
{
	bool additive = n->op == OP_ADD || n->op == OP_SUB;
	if (additive && only(left, BIT(FP_DATE) | BIT(FP_DATETIME) | BIT(FP_TIME)) &&
	    only(right, BIT(FP_INTEGER) | BIT(FP_DECIMAL) | BIT(FP_STRING) | BIT(FP_BOOLEAN)))
		return fp_error_at(c->e, ERR_INVALID, c->expr->source, n->right->start,
				   "what is added to a date or a time must be a quantity, such as 7 days");
	if (additive && only(left, ~0u) && only(right, left->system))
		*out = *left;
	else
		set_unknown(out);
	return true;
}

static bool check_binary(struct check *c, const struct node *n, const struct types *self, struct types *out)
{
	struct types left = {0}, right = {0};
	if (!check(c, n->left, self, &left) || !check(c, n->right, self, &right))
		return false;
	if (n->op == OP_UNION) {
		add_types(out, &left);
		add_types(out, &right);
	} else if (n->op <= OP_GE) {
		set_system(out, FP_BOOLEAN);
	} else if (n->op == OP_CAT) {
		set_system(out, FP_STRING);
	} else {
		return arithmetic(c, n, &left, &right, out);
	}
	return true;
}

static bool check_type(struct check *c, const struct node *n, const struct types *self, struct types *out)
{
	struct types from = {0};
	if (!check(c, n->left, self, &from))
		return false;
	if (n->op == OP_IS)
		set_system(out, FP_BOOLEAN);
	else
		named_type(&n->type, out);
	return true;
}

static bool check(struct check *c, const struct node *n, const struct types *self, struct types *out)
{
	struct types ignored = {0};
	switch ((enum node_kind)n->kind) {
	case NODE_LITERAL:
		set_system(out, n->value.type);
		return true;
	case NODE_THIS:
		*out = *self;
		return true;
	case NODE_INDEX:
		set_system(out, FP_INTEGER);
		return true;
	case NODE_EMPTY:
	case NODE_TOTAL:
		set_unknown(out);
		return true;
	case NODE_EXTERNAL:
		return check_external(c, n, out);
	case NODE_MEMBER:
		return check_member(c, n, self, out);
	case NODE_CALL:
		return check_call(c, n, self, out);
	case NODE_ITEM:
		return check(c, n->left, self, out) && check(c, n->right, self, &ignored);
	case NODE_UNARY:
		return check(c, n->right, self, out);
	case NODE_BINARY:
		return check_binary(c, n, self, out);
	case NODE_TYPE:
		return check_type(c, n, self, out);
	}
	return true;
}

bool fp_check_with(const struct fp_expr *expr, struct str type, fp_variable_type *variable, void *arg, struct err *e)
{
	struct check c = {.expr = expr, .e = e, .variable = variable, .arg = arg};
	struct types out = {0};
	struct str rest = type, resource; /* "Patient.contact" is evaluated within a Patient */
	str_next(&rest, '.', &resource);
	start_at(&c.resource, fhir_is_resource(resource) ? fhir_type(resource) : NULL);
	start_at(&c.context, fhir_type(type));
	return check(&c, expr->root, &c.context, &out);
}

bool fp_check(const struct fp_expr *expr, struct str type, struct err *e)
{
	return fp_check_with(expr, type, NULL, NULL, e);
}
