/* fp_explain: an evaluation that writes down, in the order things were decided, each sub-expression that gave a boolean (a condition,
 * a comparison, a test) with its source and value; comparisons with the values compared. Bounded, and holding only a few characters of
 * each value: it is kept with what a rule did. */
#include "fhirpath/internal.h"

#define MAX_LINES 60
#define MAX_VALUES 5
#define MAX_SHOWN 120

struct explanation {
	struct json *lines;
	size_t n;
};


static struct str source_of(const struct ev *ev, const struct node *n)
{
	return str_sub(ev->expr->source, n->start, n->end);
}

static struct json *shown(struct ev *ev, const struct fp_value *v)
{
	struct arena *a = ev->arena;
	if (v->type == FP_BOOLEAN && !value_is_blank(v))
		return json_bool(a, v->truth);
	if (v->type == FP_INTEGER && !value_is_blank(v))
		return json_int(a, v->integer);
	struct str text = fp_text(a, v);
	if (text.n <= MAX_SHOWN)
		return json_string(a, text);
	size_t cut = MAX_SHOWN;
	while (cut > 0 && ((unsigned char)text.p[cut] & 0xc0) == 0x80)
		cut--;
	return json_string(a, str_cat(a, str_sub(text, 0, cut), STR("...")));
}

static struct json *shown_list(struct ev *ev, const struct fp_list *l)
{
	struct json *all = json_array(ev->arena);
	for (size_t i = 0; i < l->n && i < MAX_VALUES; i++)
		json_push(ev->arena, all, shown(ev, &l->v[i]));
	return all;
}

static bool is_decision(const struct node *n, const struct fp_list *out)
{
	if (n->kind == NODE_BINARY && n->op >= OP_IMPLIES && n->op <= OP_GE)
		return true;
	return (n->kind == NODE_CALL || n->kind == NODE_TYPE) && out->n == 1 && out->v[0].type == FP_BOOLEAN && !out->v[0].node;
}

/* The operands are evaluated once more, quietly: an explanation is asked for seldom, and evaluation has no effects. */
static void record_side(struct ev *ev, struct json *line, const char *name, const struct node *side)
{
	struct explanation *kept = ev->explain;
	struct fp_list values = {NULL, 0, 0};
	const struct variable *vars = ev->vars;
	struct err *e = ev->e, ignored = ERR_INIT;
	ev->explain = NULL;
	ev->e = &ignored;
	if (side->kind != NODE_LITERAL && ev_node(ev, side, &values))
		json_setz(ev->arena, line, name, shown_list(ev, &values));
	ev->explain = kept;
	ev->vars = vars;
	ev->e = e;
}

void explain_record(struct ev *ev, const struct node *n, const struct fp_list *out)
{
	struct explanation *x = ev->explain;
	if (!is_decision(n, out) || x->n++ >= MAX_LINES)
		return;
	struct json *line = json_object(ev->arena);
	json_setz(ev->arena, line, "expression", json_string(ev->arena, source_of(ev, n)));
	json_setz(ev->arena, line, "value", out->n ? shown(ev, &out->v[0]) : json_null(ev->arena));
	if (n->kind == NODE_BINARY && n->op >= OP_IN) {
		record_side(ev, line, "left", n->left);
		record_side(ev, line, "right", n->right);
	}
	json_push(ev->arena, x->lines, line);
}

struct json *fp_explain(const struct fp_expr *expr, struct fp_env *env, struct err *e)
{
	struct explanation x = {json_array(env->arena), 0};
	struct ev ev = {.arena = env->arena, .env = env, .expr = expr, .e = e, .explain = &x};
	struct fp_list input = {&env->context, 1, 1}, out;
	if (!fp_run(&ev, &input, &out))
		return NULL;
	return x.lines;
}
