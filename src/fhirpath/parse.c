/* A Pratt parser: each operator has a binding power (FP_OPS), and an expression is a prefix followed by whatever binds tighter
 * than the caller. Precedence is the specification's section 6.7; every operator is left-associative. */
#include "fhirpath/internal.h"

#include <string.h>

struct parser {
	struct lexer lex;
	struct token now;
	uint32_t last_end;
	struct arena *arena;
	struct err *e;
	int depth;
};

static struct node *expression(struct parser *p, int power);

static struct node *fail(struct parser *p, size_t at, const char *what)
{
	fp_error_at(p->e, ERR_SYNTAX, p->lex.source, at, "%s", what);
	return NULL;
}

static struct node *unexpected(struct parser *p, const char *wanted)
{
	if (p->now.kind == TOKEN_END)
		fp_error_at(p->e, ERR_SYNTAX, p->lex.source, p->now.start, "the expression ends where %s was expected", wanted);
	else
		fp_error_at(p->e, ERR_SYNTAX, p->lex.source, p->now.start, "\"%.*s\" where %s was expected",
		    (int)(p->now.text.n > 60 ? 60 : p->now.text.n), p->now.text.p ? p->now.text.p : "", wanted);
	return NULL;
}

static bool advance(struct parser *p)
{
	p->last_end = p->now.end;
	return lex_next(&p->lex, &p->now, p->e);
}

static bool at_symbol(const struct parser *p, const char *s)
{
	return p->now.kind == TOKEN_SYMBOL && str_is(p->now.text, s);
}

static bool at_word(const struct parser *p, const char *s)
{
	return p->now.kind == TOKEN_NAME && str_is(p->now.text, s);
}

static bool expect(struct parser *p, const char *s, const char *wanted)
{
	if (!at_symbol(p, s)) {
		unexpected(p, wanted);
		return false;
	}
	return advance(p);
}

static struct node *make(struct parser *p, enum node_kind kind, uint32_t start)
{
	struct node *n = ARENA_NEW(p->arena, struct node);
	n->kind = (uint8_t)kind;
	n->start = start;
	n->at = p->now.start;
	n->end = p->now.end;
	n->depth = 1;
	return n;
}

static uint16_t depth_of(const struct node *n)
{
	return n ? n->depth : 0;
}

/* Every node passes here once its children are set: the depth of the tree is what bounds the evaluator's stack. */
static struct node *finish(struct parser *p, struct node *n)
{
	uint16_t deepest = depth_of(n->left) > depth_of(n->right) ? depth_of(n->left) : depth_of(n->right);
	for (size_t i = 0; i < n->argc; i++)
		if (n->args[i]->depth > deepest)
			deepest = n->args[i]->depth;
	n->depth = (uint16_t)(deepest + 1);
	n->end = p->last_end;
	if (n->depth > FP_MAX_DEPTH)
		return fail(p, n->start, "the expression is nested or chained too deeply");
	return n;
}

/* ---- literals ---- */

static bool is_calendar_unit(struct str s)
{
	return unit_calendar(s).p != NULL;
}

static struct node *number_literal(struct parser *p)
{
	struct node *n = make(p, NODE_LITERAL, p->now.start);
	struct str text = p->now.text;
	bool whole = p->now.kind == TOKEN_INTEGER;
	if (!advance(p))
		return NULL;
	if (p->now.kind == TOKEN_STRING || (p->now.kind == TOKEN_NAME && is_calendar_unit(p->now.text))) {
		n->value = (struct fp_value){.type = FP_QUANTITY, .text = text, .unit = p->now.text};
		if (!advance(p))
			return NULL;
	} else if (whole) {
		n->value = fp_integer(0);
		if (!str_to_i64(text, &n->value.integer))
			return fail(p, n->start, "the integer has more digits than can be kept");
	} else {
		n->value = (struct fp_value){.type = FP_DECIMAL, .text = text};
	}
	struct dec d;
	if (n->value.type != FP_INTEGER && !dec_parse(text, &d))
		return fail(p, n->start, "the number has more digits than can be kept");
	n->end = p->last_end;
	return n;
}

static struct node *literal(struct parser *p, struct fp_value v)
{
	struct node *n = make(p, NODE_LITERAL, p->now.start);
	n->value = v;
	return advance(p) ? n : NULL;
}

static struct node *moment_literal(struct parser *p)
{
	enum fp_type type = p->now.kind == TOKEN_DATE ? FP_DATE : p->now.kind == TOKEN_TIME ? FP_TIME : FP_DATETIME;
	struct str text = p->now.text;
	if (type == FP_TIME) /* without the T */
		text = str_sub(text, 1, text.n);
	return literal(p, (struct fp_value){.type = type, .text = text});
}

/* ---- terms ---- */

static struct node *external(struct parser *p)
{
	struct node *n = make(p, NODE_EXTERNAL, p->now.start);
	if (!advance(p))
		return NULL;
	if (p->now.kind != TOKEN_NAME && p->now.kind != TOKEN_QUOTED && p->now.kind != TOKEN_STRING)
		return unexpected(p, "the name of a variable");
	n->name = p->now.text;
	n->end = p->now.end;
	return advance(p) ? n : NULL;
}

static struct node *dollar(struct parser *p)
{
	enum node_kind kind = str_is(p->now.text, "this") ? NODE_THIS : str_is(p->now.text, "index") ? NODE_INDEX : NODE_TOTAL;
	struct node *n = make(p, kind, p->now.start);
	return advance(p) ? n : NULL;
}

static struct node *bracketed(struct parser *p)
{
	uint32_t start = p->now.start;
	if (!advance(p))
		return NULL;
	struct node *n = expression(p, 0);
	if (!n || !expect(p, ")", "\")\""))
		return NULL;
	n->start = start;
	n->end = p->last_end;
	return n;
}

static struct node *empty(struct parser *p)
{
	struct node *n = make(p, NODE_EMPTY, p->now.start);
	if (!advance(p) || !expect(p, "}", "\"}\": a collection is written ( a | b ), only {} is empty"))
		return NULL;
	n->end = p->last_end;
	return n;
}

/* ---- calls ---- */

static bool arguments(struct parser *p, struct node *call)
{
	struct node *args[FN_MAX_ARGS];
	size_t n = 0;
	while (!at_symbol(p, ")")) {
		if (n == FN_MAX_ARGS) {
			fail(p, p->now.start, "no function takes so many arguments");
			return false;
		}
		args[n] = expression(p, 0);
		if (!args[n++])
			return false;
		if (at_symbol(p, ")"))
			break;
		if (!expect(p, ",", "\",\" or \")\""))
			return false;
		if (at_symbol(p, ")")) {
			unexpected(p, "an argument");
			return false;
		}
	}
	call->argc = (uint16_t)n;
	call->args = n ? arena_dup(p->arena, args, n * sizeof *args) : NULL;
	return advance(p);
}

static bool type_of_argument(const struct node *arg, struct str *space, struct str *name)
{
	if (arg->kind != NODE_MEMBER)
		return false;
	*name = arg->name;
	*space = STR_NONE;
	if (!arg->left)
		return true;
	*space = arg->left->name;
	return arg->left->kind == NODE_MEMBER && !arg->left->left;
}

static bool resolve_type(struct parser *p, struct node *n, uint32_t at, struct str space, struct str name)
{
	if (type_ref_resolve(space, name, &n->type))
		return true;
	return fp_error_at(p->e, ERR_INVALID, p->lex.source, at, "there is no type \"%.*s%s%.*s\"", STR_ARG(space), space.n ? "." : "",
			   STR_ARG(name));
}

static bool check_call(struct parser *p, struct node *n)
{
	n->fn = function_find(n->name);
	if (!n->fn)
		return fp_error_at(p->e, ERR_INVALID, p->lex.source, n->at, "there is no function \"%.*s\"", STR_ARG(n->name));
	if (n->argc < n->fn->min || n->argc > n->fn->max)
		return fp_error_at(p->e, ERR_INVALID, p->lex.source, n->at, "%s() takes %d%s%d arguments, and here are %d", n->fn->name,
				   n->fn->min, n->fn->min == n->fn->max ? ", not more than " : " to ", n->fn->max, n->argc);
	if (n->argc && n->fn->args[0] == 'T') {
		struct str space, name;
		if (!type_of_argument(n->args[0], &space, &name))
			return fp_error_at(p->e, ERR_INVALID, p->lex.source, n->args[0]->start, "%s() wants the name of a type", n->fn->name);
		return resolve_type(p, n, n->args[0]->start, space, name);
	}
	return fp_regex_prepare(p->arena, n, p->lex.source, p->e);
}

/* After a dot, or at the start of a path: a name, and when "(" follows, a call. */
static struct node *invocation(struct parser *p, struct node *left, bool dotted)
{
	if (p->now.kind == TOKEN_DOLLAR && !dotted)
		return dollar(p);
	if (p->now.kind != TOKEN_NAME && p->now.kind != TOKEN_QUOTED)
		return unexpected(p, dotted ? "a name after the dot" : "an expression");
	struct node *n = make(p, NODE_MEMBER, left ? left->start : p->now.start);
	n->left = left;
	n->dotted = dotted;
	n->name = p->now.text;
	n->hash = member_hash(n->name);
	if (!advance(p))
		return NULL;
	if (!at_symbol(p, "(")) {
		if (!left && n->name.n && n->name.p[0] >= 'A' && n->name.p[0] <= 'Z')
			n->root_type = fhir_type(n->name);
		return finish(p, n);
	}
	n->kind = NODE_CALL;
	if (!advance(p) || !arguments(p, n) || !check_call(p, n))
		return NULL;
	return finish(p, n);
}

static bool is_reserved(const struct parser *p)
{
	static const char *const words[] = {"and", "or", "xor", "implies", "div", "mod"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (at_word(p, words[i]))
			return true;
	return false;
}

static struct node *term(struct parser *p)
{
	switch (p->now.kind) {
	case TOKEN_INTEGER:
	case TOKEN_DECIMAL:
		return number_literal(p);
	case TOKEN_STRING:
		return literal(p, fp_string(p->now.text));
	case TOKEN_DATE:
	case TOKEN_DATETIME:
	case TOKEN_TIME:
		return moment_literal(p);
	default:
		break;
	}
	if (at_word(p, "true") || at_word(p, "false"))
		return literal(p, fp_boolean(at_word(p, "true")));
	if (at_symbol(p, "("))
		return bracketed(p);
	if (at_symbol(p, "{"))
		return empty(p);
	if (at_symbol(p, "%"))
		return external(p);
	if (is_reserved(p))
		return unexpected(p, "an expression");
	return invocation(p, NULL, false);
}

static struct node *prefix(struct parser *p)
{
	if (!at_symbol(p, "+") && !at_symbol(p, "-"))
		return term(p);
	struct node *n = make(p, NODE_UNARY, p->now.start);
	n->op = at_symbol(p, "-") ? OP_SUB : OP_ADD;
	if (!advance(p))
		return NULL;
	n->right = expression(p, FP_POWER_UNARY);
	return n->right ? finish(p, n) : NULL;
}

/* ---- operators ---- */

static const struct {
	const char *text;
	int power;
} ops[] = {
#define X(name, text, power) {text, power},
	FP_OPS(X)
#undef X
};

const char *fp_op_text(enum fp_op op)
{
	return ops[op].text;
}

static enum fp_op infix(const struct parser *p)
{
	if (p->now.kind != TOKEN_SYMBOL && p->now.kind != TOKEN_NAME)
		return OP_NONE;
	for (size_t i = OP_NONE + 1; i < sizeof ops / sizeof *ops; i++)
		if (str_is(p->now.text, ops[i].text))
			return (enum fp_op)i;
	return OP_NONE;
}

static struct node *type_test(struct parser *p, struct node *left, enum fp_op op)
{
	struct node *n = make(p, NODE_TYPE, left->start);
	n->left = left;
	n->op = (uint8_t)op;
	struct str space = STR_NONE, name = p->now.text;
	uint32_t at = p->now.start;
	for (int part = 0;; part++) {
		if (p->now.kind != TOKEN_NAME && p->now.kind != TOKEN_QUOTED)
			return unexpected(p, "the name of a type");
		space = part ? name : STR_NONE;
		name = p->now.text;
		if (!advance(p))
			return NULL;
		if (part == 1 || !at_symbol(p, "."))
			break;
		if (!advance(p))
			return NULL;
	}
	return resolve_type(p, n, at, space, name) ? finish(p, n) : NULL;
}

static struct node *item(struct parser *p, struct node *left)
{
	struct node *n = make(p, NODE_ITEM, left->start);
	n->left = left;
	if (!advance(p))
		return NULL;
	n->right = expression(p, 0);
	if (!n->right || !expect(p, "]", "\"]\""))
		return NULL;
	return finish(p, n);
}

static struct node *binary(struct parser *p, struct node *left, enum fp_op op)
{
	struct node *n = make(p, NODE_BINARY, left->start);
	n->op = (uint8_t)op;
	n->left = left;
	if (!advance(p))
		return NULL;
	if (op == OP_IS || op == OP_AS)
		return type_test(p, left, op);
	n->right = expression(p, ops[op].power);
	return n->right ? finish(p, n) : NULL;
}

static struct node *expression(struct parser *p, int power)
{
	if (++p->depth > FP_MAX_DEPTH)
		return fail(p, p->now.start, "the expression is nested too deeply");
	struct node *left = prefix(p);
	while (left) {
		if (at_symbol(p, ".")) {
			left = advance(p) ? invocation(p, left, true) : NULL;
		} else if (at_symbol(p, "[")) {
			left = item(p, left);
		} else {
			enum fp_op op = infix(p);
			if (op == OP_NONE || ops[op].power <= power)
				break;
			left = binary(p, left, op);
		}
	}
	p->depth--;
	return left;
}

bool fp_parse(struct arena *a, struct str source, struct fp_expr *out, struct err *e)
{
	if (source.n > FP_MAX_SOURCE)
		return err_set(e, ERR_TOO_LARGE, "the expression has %zu bytes, and %d is the most", source.n, FP_MAX_SOURCE);
	if (!utf8_valid(source))
		return fp_error_at(e, ERR_SYNTAX, source, utf8_valid_prefix(source), "the expression is not UTF-8");
	struct parser p = {.lex = {.arena = a, .source = source}, .arena = a, .e = e};
	if (!advance(&p))
		return false;
	if (p.now.kind == TOKEN_END)
		return fp_error_at(e, ERR_SYNTAX, source, 0, "the expression is empty");
	out->source = source;
	out->root = expression(&p, 0);
	if (!out->root)
		return false;
	if (p.now.kind != TOKEN_END) {
		unexpected(&p, "an operator or the end");
		return false;
	}
	return true;
}
