/* The tree as text, every bracket shown: what the golden tests of the parser compare, and what an explanation says. */
#include "fhirpath/internal.h"

static void print(struct buf *b, const struct node *n);

static void print_string(struct buf *b, struct str s, char quote)
{
	buf_char(b, quote);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == quote || c == '\\')
			buf_printf(b, "\\%c", c);
		else if ((unsigned char)c < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)c);
		else
			buf_char(b, c);
	}
	buf_char(b, quote);
}

static void print_name(struct buf *b, struct str s)
{
	bool plain = s.n > 0 && !(s.p[0] >= '0' && s.p[0] <= '9');
	for (size_t i = 0; i < s.n && plain; i++)
		plain = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_';
	if (plain)
		buf_add(b, s);
	else
		print_string(b, s, '`');
}

static void print_literal(struct buf *b, const struct fp_value *v)
{
	struct date d;
	switch (v->type) {
	case FP_STRING:
		print_string(b, v->text, '\'');
		return;
	case FP_DATE:
	case FP_TIME:
	case FP_DATETIME:
		buf_c(b, v->type == FP_TIME ? "@T" : "@");
		buf_add(b, v->text);
		if (v->type == FP_DATETIME && moment_parse(v->text, FP_DATETIME, &d) && d.precision < DATE_HOUR && !str_ends(v->text, STR("T")))
			buf_char(b, 'T');
		return;
	default:
		buf_add(b, fp_text(b->arena, v));
	}
}

static void print_call(struct buf *b, const struct node *n)
{
	print_name(b, n->name);
	buf_char(b, '(');
	for (size_t i = 0; i < n->argc; i++) {
		if (i)
			buf_c(b, ", ");
		print(b, n->args[i]);
	}
	buf_char(b, ')');
}

static void print_invocation(struct buf *b, const struct node *n)
{
	if (n->left) {
		print(b, n->left);
		buf_char(b, '.');
	}
	if (n->kind == NODE_CALL)
		print_call(b, n);
	else
		print_name(b, n->name);
}

static void print_operation(struct buf *b, const struct node *n)
{
	buf_char(b, '(');
	if (n->left) {
		print(b, n->left);
		buf_char(b, ' ');
	}
	buf_c(b, fp_op_text((enum fp_op)n->op));
	if (n->left)
		buf_char(b, ' ');
	if (n->kind == NODE_TYPE)
		print_name(b, n->type.name);
	else
		print(b, n->right);
	buf_char(b, ')');
}

static void print(struct buf *b, const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_LITERAL:
		print_literal(b, &n->value);
		return;
	case NODE_EMPTY:
		buf_c(b, "{}");
		return;
	case NODE_THIS:
		buf_c(b, "$this");
		return;
	case NODE_INDEX:
		buf_c(b, "$index");
		return;
	case NODE_TOTAL:
		buf_c(b, "$total");
		return;
	case NODE_EXTERNAL:
		buf_char(b, '%');
		print_name(b, n->name);
		return;
	case NODE_MEMBER:
	case NODE_CALL:
		print_invocation(b, n);
		return;
	case NODE_ITEM:
		print(b, n->left);
		buf_char(b, '[');
		print(b, n->right);
		buf_char(b, ']');
		return;
	case NODE_UNARY:
	case NODE_BINARY:
	case NODE_TYPE:
		print_operation(b, n);
		return;
	}
}

struct str fp_print(struct arena *a, const struct fp_expr *expr)
{
	struct buf b = buf_new(a, 4 * FP_MAX_SOURCE);
	print(&b, expr->root);
	return buf_str(&b);
}
