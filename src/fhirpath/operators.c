/* The operators of section 6: boolean logic, comparison, arithmetic, union and membership. */
#include "fhirpath/internal.h"

#include <string.h>

/* An operand; a literal is used where it stands. */
static bool operand(struct ev *ev, const struct node *n, struct fp_list *l)
{
	if (n->kind == NODE_LITERAL && !ev->explain) {
		*l = fp_one((struct fp_value *)&n->value);
		return true;
	}
	const struct variable *vars = ev->vars;
	bool ok = ev_node(ev, n, l);
	ev->vars = vars;
	return ok;
}

static bool push_bool(struct ev *ev, const struct node *n, struct fp_list *out, bool b)
{
	struct fp_value v = fp_boolean(b);
	return list_push(ev, n, out, &v);
}

static bool push_tri(struct ev *ev, const struct node *n, struct fp_list *out, enum tri t)
{
	return t == TRI_EMPTY || push_bool(ev, n, out, t == TRI_TRUE);
}

/* ---- and, or, xor, implies ---- */

static enum tri negated(enum tri t)
{
	return t == TRI_EMPTY ? t : t == TRI_TRUE ? TRI_FALSE : TRI_TRUE;
}

static enum tri logic_and(enum tri a, enum tri b)
{
	if (a == TRI_FALSE || b == TRI_FALSE)
		return TRI_FALSE;
	return a == TRI_TRUE && b == TRI_TRUE ? TRI_TRUE : TRI_EMPTY;
}

static enum tri logic(enum fp_op op, enum tri a, enum tri b)
{
	switch (op) {
	case OP_AND:
		return logic_and(a, b);
	case OP_OR:
		return negated(logic_and(negated(a), negated(b)));
	case OP_IMPLIES:
		return negated(logic_and(a, negated(b)));
	default: /* xor */
		return a == TRI_EMPTY || b == TRI_EMPTY ? TRI_EMPTY : a != b ? TRI_TRUE : TRI_FALSE;
	}
}

static bool ev_logic(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	enum tri a, b;
	if (!operand(ev, n->left, &left) || !value_tri(ev, n->left, &left, &a))
		return false;
	bool decided = (n->op == OP_AND && a == TRI_FALSE) || (n->op == OP_OR && a == TRI_TRUE) || (n->op == OP_IMPLIES && a == TRI_FALSE);
	if (decided)
		return push_bool(ev, n, out, n->op != OP_AND);
	if (!operand(ev, n->right, &right) || !value_tri(ev, n->right, &right, &b))
		return false;
	return push_tri(ev, n, out, logic((enum fp_op)n->op, a, b));
}

/* ---- comparison ---- */

static bool ev_equality(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	if (!operand(ev, n->left, &left) || !operand(ev, n->right, &right))
		return false;
	if (n->op == OP_EQV || n->op == OP_NEQV) {
		bool same = list_equivalent(ev, &left, &right);
		return ev_step(ev, n) && push_bool(ev, n, out, same == (n->op == OP_EQV));
	}
	enum tri t = list_equal(ev, &left, &right);
	return ev_step(ev, n) && push_tri(ev, n, out, n->op == OP_NE ? negated(t) : t);
}

static bool wants_one(struct ev *ev, const struct node *n, const struct fp_list *l)
{
	if (l->n <= 1)
		return true;
	return ev_fail(ev, n, "\"%s\" works on single values, and here are %zu items", fp_op_text((enum fp_op)n->op), l->n);
}

static bool is_nothing(const struct fp_list *l)
{
	return l->n == 0 || value_is_blank(&l->v[0]);
}

/* Both operands, each a single value; *empty when either is missing. */
static bool both(struct ev *ev, const struct node *n, struct fp_list *left, struct fp_list *right, bool *empty)
{
	if (!operand(ev, n->left, left) || !operand(ev, n->right, right))
		return false;
	*empty = left->n == 0 || right->n == 0;
	if (*empty)
		return true;
	if (!wants_one(ev, n, left) || !wants_one(ev, n, right))
		return false;
	*empty = is_nothing(left) || is_nothing(right);
	return true;
}

static bool is_moment(const struct fp_value *v)
{
	return v->type == FP_DATE || v->type == FP_DATETIME || v->type == FP_TIME;
}

static bool cannot(struct ev *ev, const struct node *n, const struct fp_value *a, const struct fp_value *b)
{
	struct str x = fp_type_name(a), y = fp_type_name(b);
	bool text_date = (is_moment(a) && b->type == FP_STRING) || (is_moment(b) && a->type == FP_STRING);
	return ev_fail(ev, n, "\"%s\" cannot work on %.*s and %.*s%s", fp_op_text((enum fp_op)n->op), STR_ARG(x), STR_ARG(y),
		       text_date ? "; a date is written @2026-11-24, a time @T14:30" : "");
}

static bool ev_order(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	bool empty;
	enum order o;
	if (!both(ev, n, &left, &right, &empty))
		return false;
	if (empty)
		return true;
	if (!value_order(ev, &left.v[0], &right.v[0], &o))
		return cannot(ev, n, &left.v[0], &right.v[0]);
	if (o == ORDER_UNKNOWN)
		return true;
	bool less = n->op == OP_LT || n->op == OP_LE;
	bool same = n->op == OP_LE || n->op == OP_GE;
	return push_bool(ev, n, out, o == ORDER_SAME ? same : (o == ORDER_LESS) == less);
}

/* ---- arithmetic ---- */

static bool push_dec(struct ev *ev, const struct node *n, struct fp_list *out, struct dec d)
{
	struct fp_value v = value_decimal(ev->arena, d);
	return list_push(ev, n, out, &v);
}

static bool integers(enum fp_op op, int64_t a, int64_t b, int64_t *r, bool *ok)
{
	*ok = false;
	switch (op) {
	case OP_ADD:
		*ok = !__builtin_add_overflow(a, b, r);
		return true;
	case OP_SUB:
		*ok = !__builtin_sub_overflow(a, b, r);
		return true;
	case OP_MUL:
		*ok = !__builtin_mul_overflow(a, b, r);
		return true;
	case OP_IDIV:
		*ok = b != 0 && !(a == INT64_MIN && b == -1);
		*r = *ok ? a / b : 0;
		return true;
	case OP_MOD:
		*ok = b != 0;
		*r = *ok && b != -1 ? a % b : 0;
		return true;
	default:
		return false; /* "/" gives a decimal */
	}
}

static bool decimals(enum fp_op op, struct dec a, struct dec b, struct dec *r)
{
	switch (op) {
	case OP_ADD:
		return dec_add(a, b, r);
	case OP_SUB:
		return dec_sub(a, b, r);
	case OP_MUL:
		return dec_mul(a, b, r);
	case OP_DIV:
		return dec_div(a, b, r);
	case OP_IDIV:
		return dec_idiv(a, b, r);
	case OP_MOD:
		return dec_mod(a, b, r);
	default:
		return false;
	}
}

/* Overflow and division by zero give empty (6.6). */
static bool arithmetic_numbers(struct ev *ev, const struct node *n, const struct fp_value *a, const struct fp_value *b, struct fp_list *out)
{
	struct fp_value v = fp_integer(0);
	bool fits;
	if (a->type == FP_INTEGER && b->type == FP_INTEGER && integers((enum fp_op)n->op, a->integer, b->integer, &v.integer, &fits))
		return !fits || list_push(ev, n, out, &v);
	struct dec x, y, r;
	if (!value_number(a, &x) || !value_number(b, &y))
		return ev_fail(ev, n, "a number here has more digits than can be kept");
	if (!decimals((enum fp_op)n->op, x, y, &r))
		return true;
	if (n->op != OP_IDIV)
		return push_dec(ev, n, out, r);
	return !dec_to_i64(r, &v.integer) || list_push(ev, n, out, &v);
}

static bool add_quantities(struct ev *ev, const struct node *n, const struct fp_value *a, const struct fp_value *b, struct fp_list *out)
{
	struct dec x, y, r;
	struct unit ua, ub;
	struct str unit = a->unit;
	if (!dec_parse(a->text, &x) || !dec_parse(b->text, &y))
		return ev_fail(ev, n, "a number here has more digits than can be kept");
	if (!str_eq(a->unit, b->unit)) {
		int cmp;
		if (!unit_parse(a->unit, &ua) || !unit_parse(b->unit, &ub) || ua.calendar_long != ub.calendar_long ||
		    !unit_order(dec_int(1), &ua, dec_int(1), &ub, &cmp))
			return true; /* units that cannot be added: empty */
		unit = cmp > 0 ? b->unit : a->unit; /* the finer one */
		if (!(cmp > 0 ? unit_convert(x, &ua, &ub, &x) : unit_convert(y, &ub, &ua, &y)))
			return true;
	}
	if (!(n->op == OP_ADD ? dec_add(x, y, &r) : dec_sub(x, y, &r)))
		return true;
	struct fp_value v = value_quantity_of(ev->arena, r, unit);
	return list_push(ev, n, out, &v);
}

/* In a product a calendar word is its UCUM unit: 1 / 2 days is 0.5 '/d'. */
static struct str product_unit(struct str unit)
{
	static const char *const words[][2] = {{"year", "a"}, {"month", "mo"}, {"week", "wk"}, {"day", "d"}, {"hour", "h"}, {"minute", "min"}, {"second", "s"}, {"millisecond", "ms"}};
	struct str word = unit_calendar(unit);
	for (size_t i = 0; word.p && i < sizeof words / sizeof *words; i++)
		if (str_is(word, words[i][0]))
			return str_from(words[i][1]);
	return unit;
}

static struct str scaled_unit(struct arena *a, struct str x, struct str y, bool divide)
{
	if (str_is(y, "1"))
		return x;
	if (str_is(x, "1") && !divide)
		return y;
	return unit_product(a, product_unit(x), product_unit(y), divide);
}

static bool scale_quantities(struct ev *ev, const struct node *n, const struct fp_value *a, const struct fp_value *b, struct fp_list *out)
{
	struct dec x, y, r;
	bool divide = n->op == OP_DIV;
	if (!dec_parse(a->text, &x) || !dec_parse(b->text, &y))
		return ev_fail(ev, n, "a number here has more digits than can be kept");
	if (!(divide ? dec_div(x, y, &r) : dec_mul(x, y, &r)))
		return true;
	struct fp_value v = value_quantity_of(ev->arena, r, scaled_unit(ev->arena, a->unit, b->unit, divide));
	return v.unit.n > 200 || list_push(ev, n, out, &v);
}

static bool arithmetic_quantities(struct ev *ev, const struct node *n, const struct fp_value *a, const struct fp_value *b,
				  struct fp_list *out)
{
	struct fp_value x, y;
	if (!value_as_quantity(ev->arena, a, &x) || !value_as_quantity(ev->arena, b, &y))
		return cannot(ev, n, a, b);
	if (n->op == OP_ADD || n->op == OP_SUB)
		return add_quantities(ev, n, &x, &y, out);
	if (n->op == OP_MUL || n->op == OP_DIV)
		return scale_quantities(ev, n, &x, &y, out);
	return cannot(ev, n, a, b);
}

static bool move_moment(struct ev *ev, const struct node *n, const struct fp_value *a, const struct fp_value *b, struct fp_list *out)
{
	struct date d;
	struct fp_value q;
	struct dec amount;
	struct err why = ERR_INIT;
	if ((n->op != OP_ADD && n->op != OP_SUB) || value_is_primitive(b) || !value_quantity(b, &q))
		return value_number(b, &amount) ? ev_fail(ev, n->right, "what is added to a date or a time must be a quantity, such as 7 days")
						: cannot(ev, n, a, b);
	if (!value_moment(a, &d) || !dec_parse(q.text, &amount))
		return ev_fail(ev, n, "\"%.*s\" is no date or time", STR_ARG(a->text));
	if (n->op == OP_SUB)
		amount.c = -amount.c;
	/* Age and Duration elements count in UCUM's a and mo, and mean years and months. */
	if (q.ftype && (str_is(q.unit, "a") || str_is(q.unit, "mo")))
		q.unit = str_is(q.unit, "a") ? STR("year") : STR("month");
	if (!moment_add(&d, a->type, amount, q.unit, &why))
		return ev_fail(ev, n, "%s", why.message);
	struct fp_value v = value_of_moment(ev->arena, &d, a->type);
	return list_push(ev, n, out, &v);
}

static bool is_text(const struct fp_value *v)
{
	return v->type == FP_STRING;
}

static bool push_joined(struct ev *ev, const struct node *n, struct str a, struct str b, struct fp_list *out)
{
	if (a.n + b.n > FP_MAX_TEXT)
		return ev_costly(ev, n, "a text grows too long");
	ev->steps += (a.n + b.n) / 64;
	struct fp_value v = fp_string(str_cat(ev->arena, a, b));
	return list_push(ev, n, out, &v);
}

static bool ev_arithmetic(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	bool empty;
	if (!both(ev, n, &left, &right, &empty))
		return false;
	if (empty)
		return true;
	const struct fp_value *a = &left.v[0], *b = &right.v[0];
	if (n->op == OP_ADD && is_text(a) && is_text(b))
		return push_joined(ev, n, a->text, b->text, out);
	if (is_moment(a))
		return move_moment(ev, n, a, b, out);
	bool number_a = a->type == FP_INTEGER || a->type == FP_DECIMAL;
	bool number_b = b->type == FP_INTEGER || b->type == FP_DECIMAL;
	if (number_a && number_b)
		return arithmetic_numbers(ev, n, a, b, out);
	return arithmetic_quantities(ev, n, a, b, out);
}

/* "&": empty counts as ''. */
static bool ev_concatenate(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	if (!operand(ev, n->left, &left) || !operand(ev, n->right, &right) || !wants_one(ev, n, &left) || !wants_one(ev, n, &right))
		return false;
	struct str a = is_nothing(&left) ? STR("") : fp_text(ev->arena, &left.v[0]);
	struct str b = is_nothing(&right) ? STR("") : fp_text(ev->arena, &right.v[0]);
	if ((left.n && !value_is_primitive(&left.v[0])) || (right.n && !value_is_primitive(&right.v[0])))
		return ev_fail(ev, n, "\"&\" joins texts, and one side is an element with parts");
	return push_joined(ev, n, a, b, out);
}

/* ---- collections ---- */

static bool ev_union(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	if (!operand(ev, n->left, &left) || !operand(ev, n->right, &right))
		return false;
	FP_SET(all, ev);
	return set_add_all(&all, n, &left) && set_add_all(&all, n, &right) && list_append(ev, n, out, &all.items);
}

static bool ev_membership(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(left);
	FP_LOCAL(right);
	if (!operand(ev, n->left, &left) || !operand(ev, n->right, &right))
		return false;
	const struct fp_list *one = n->op == OP_IN ? &left : &right;
	const struct fp_list *many = n->op == OP_IN ? &right : &left;
	if (!wants_one(ev, n, one))
		return false;
	return one->n == 0 || push_bool(ev, n, out, list_has(ev, many, &one->v[0]));
}

bool ev_binary(struct ev *ev, const struct node *n, struct fp_list *out)
{
	switch ((enum fp_op)n->op) {
	case OP_AND:
	case OP_OR:
	case OP_XOR:
	case OP_IMPLIES:
		return ev_logic(ev, n, out);
	case OP_EQ:
	case OP_NE:
	case OP_EQV:
	case OP_NEQV:
		return ev_equality(ev, n, out);
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		return ev_order(ev, n, out);
	case OP_UNION:
		return ev_union(ev, n, out);
	case OP_IN:
	case OP_CONTAINS:
		return ev_membership(ev, n, out);
	case OP_CAT:
		return ev_concatenate(ev, n, out);
	default:
		return ev_arithmetic(ev, n, out);
	}
}

bool ev_unary(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(right);
	if (!operand(ev, n->right, &right) || !wants_one(ev, n, &right))
		return false;
	if (is_nothing(&right))
		return true;
	struct fp_value v = right.v[0], q;
	struct dec d;
	if (!value_number(&v, &d) && (v.type == FP_INTEGER || v.type == FP_DECIMAL))
		return ev_fail(ev, n, "a number here has more digits than can be kept");
	if (v.type == FP_INTEGER && n->op == OP_SUB && v.integer != INT64_MIN)
		v = fp_integer(-v.integer);
	else if (v.type == FP_DECIMAL && n->op == OP_SUB)
		v = value_decimal(ev->arena, (struct dec){-d.c, d.scale});
	else if (v.type != FP_INTEGER && v.type != FP_DECIMAL && value_quantity(&v, &q) && dec_parse(q.text, &d))
		v = n->op == OP_SUB ? value_quantity_of(ev->arena, (struct dec){-d.c, d.scale}, q.unit) : q;
	else if (v.type != FP_INTEGER && v.type != FP_DECIMAL)
		return ev_fail(ev, n, "a sign can only stand before a number or a quantity");
	return list_push(ev, n, out, &v);
}
