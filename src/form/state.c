/* What depends on answers: initial and calculated values, and which items are on. */
#include <stdlib.h>
#include <string.h>

#include "form/internal.h"

#define PASSES_MAX 6 /* a form whose values depend on one another deeper than this is wrong */

struct update {
	struct arena *arena;
	struct form_env env;
	bool first;
	bool changed;
	struct err *e;
};

/* ---- values from expressions ---- */

static struct str typed_of(struct arena *a, const struct form_item *i, const struct fp_value *v)
{
	if (v->type != FP_NODE)
		return fp_text(a, v);
	if (i->kind == FORM_REFERENCE && json_str(v->node, "reference").n)
		return json_str(v->node, "reference");
	const struct json *coding = json_getz(v->node, "coding") ? json_at(json_getz(v->node, "coding"), 0) : v->node;
	return json_str(coding, "code");
}

static bool same_answers(const struct form_answer *x, size_t n, const struct form_item *i)
{
	if (n != i->answer_count)
		return false;
	for (size_t k = 0; k < n; k++)
		if (!str_eq(x[k].code_or_text, i->answers[k].code_or_text))
			return false;
	return true;
}

static bool put_result(struct update *u, struct form_item *i, const char *url)
{
	struct fp_list list;
	if (!form_eval(&u->env, form_ext_expression(i->definition, url), NULL, NULL, &list, u->e))
		return err_context(u->e, "item \"%.*s\"", STR_ARG(i->link_id));
	struct form_answer *before = i->answers;
	size_t n = i->answer_count;
	i->answers = NULL;
	i->answer_count = 0;
	bool many = i->kind == FORM_MULTI_CHOICE || i->repeats;
	for (size_t k = 0; k < list.n && (many || k == 0); k++)
		form_add_answer(u->arena, i, str_dup(u->arena, typed_of(u->arena, i, &list.v[k])));
	u->changed |= !same_answers(before, n, i);
	return true;
}

static bool put_expressions(struct update *u, struct form_item *items, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		struct form_item *i = &items[k];
		bool calculated = form_ext(i->definition, SDC_EXT("sdc-questionnaire-calculatedExpression")) != NULL;
		bool initial = u->first && !i->answer_count && form_ext(i->definition, SDC_EXT("sdc-questionnaire-initialExpression"));
		if (calculated && !put_result(u, i, SDC_EXT("sdc-questionnaire-calculatedExpression")))
			return false;
		if (initial && !put_result(u, i, SDC_EXT("sdc-questionnaire-initialExpression")))
			return false;
		i->prefilled |= initial && i->answer_count;
		if (!put_expressions(u, i->children, i->child_count))
			return false;
	}
	return true;
}

/* ---- enableWhen ---- */

/* Answers of the question nearest to where we stand: in the same repeat, then further out. */
static bool gather_link(struct form_item *items, size_t n, struct str link_id, struct form_item **found, size_t *count)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(items[i].link_id, link_id) && *count < FORM_REPEATS_MAX)
			found[(*count)++] = &items[i];
		gather_link(items[i].children, items[i].child_count, link_id, found, count);
	}
	return *count > 0;
}

static int compare_json(const struct json *x, const struct json *y)
{
	if (x->type == JSON_NUMBER && y->type == JSON_NUMBER) {
		char one[64] = {0}, two[64] = {0};
		memcpy(one, x->text.p, x->text.n < 63 ? x->text.n : 63);
		memcpy(two, y->text.p, y->text.n < 63 ? y->text.n : 63);
		double d = strtod(one, NULL) - strtod(two, NULL);
		return d < 0 ? -1 : d > 0;
	}
	if (x->type == JSON_OBJECT && y->type == JSON_OBJECT) {
		bool system = !json_str(y, "system").n || str_eq(json_str(x, "system"), json_str(y, "system"));
		return system ? str_cmp(json_str(x, "code"), json_str(y, "code")) : 1;
	}
	if (x->type == JSON_BOOL && y->type == JSON_BOOL)
		return (int)json_true(x) - (int)json_true(y);
	return str_cmp(json_text(x), json_text(y));
}

static bool holds(struct str op, int order)
{
	return str_is(op, "=") || str_is(op, "!=") ? order == 0 : str_is(op, ">") ? order > 0 : str_is(op, "<") ? order < 0
	       : str_is(op, ">=") ? order >= 0 : order <= 0;
}

static bool any_answer_holds(struct arena *a, const struct form_item *question, struct str op, const struct json *wanted)
{
	for (size_t k = 0; k < question->answer_count; k++) {
		const char *name;
		struct json *value;
		if (form_answer_json(a, question, &question->answers[k], &name, &value, NULL) && holds(op, compare_json(value, wanted)))
			return true;
	}
	return false;
}

static bool condition_holds(struct update *u, const struct form_scope *scope, const struct json *when)
{
	struct form_item *found[FORM_REPEATS_MAX];
	size_t n = 0;
	struct str question = json_str(when, "question"), op = json_str(when, "operator");
	for (; scope && !n; scope = scope->up)
		gather_link(scope->items, scope->n, question, found, &n);
	const struct json *wanted = form_value(when, "answer");
	bool answered = false, held = false;
	for (size_t i = 0; i < n; i++) {
		if (!found[i]->enabled)
			continue;
		answered |= found[i]->answer_count > 0;
		held |= wanted && any_answer_holds(u->arena, found[i], op, wanted);
	}
	if (str_is(op, "!="))
		return !held; /* no answer equals it: so, too, where there is none */
	return str_is(op, "exists") ? answered == json_true(wanted) : held;
}

static bool is_on(struct update *u, const struct form_scope *scope, const struct form_item *i, bool *on)
{
	const struct json *list = json_getz(i->definition, "enableWhen");
	bool any = str_is(json_str(i->definition, "enableBehavior"), "any");
	*on = !json_n(list) || !any;
	for (size_t k = 0; k < json_n(list); k++) {
		bool held = condition_holds(u, scope, json_at(list, k));
		*on = any ? *on || held : *on && held;
	}
	struct str source = form_ext_expression(i->definition, SDC_EXT("sdc-questionnaire-enableWhenExpression"));
	if (source.n && u->env.context && u->env.context->record_unknown)
		*on = form_answered(i);
	else if (source.n)
		return form_eval_true(&u->env, source, NULL, NULL, on, u->e);
	return true;
}

static bool switch_items(struct update *u, const struct form_scope *up, struct form_item *items, size_t n, bool parent_on)
{
	struct form_scope scope = {up, items, n};
	for (size_t k = 0; k < n; k++) {
		bool on = false;
		if (parent_on && !is_on(u, &scope, &items[k], &on))
			return err_context(u->e, "item \"%.*s\"", STR_ARG(items[k].link_id));
		u->changed |= on != items[k].enabled;
		items[k].enabled = on;
		if (!switch_items(u, &scope, items[k].children, items[k].child_count, on))
			return false;
	}
	return true;
}

bool form_update(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, bool first, struct err *e)
{
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		struct json *so_far = form_response_so_far(a, f, c ? c->now_us : 0);
		struct update u = {a, form_env_for(a, p, c, f->questionnaire->body, so_far), first && pass == 0, false, e};
		if (!form_variables(&u.env, e) || !put_expressions(&u, f->items, f->item_count) || !switch_items(&u, NULL, f->items, f->item_count, true))
			return false;
		if (!u.changed)
			return true;
	}
	return err_set(e, ERR_TOO_COSTLY, "form \"%.*s\" has values that depend on one another in a circle", STR_ARG(f->questionnaire->id));
}
