/* Sections 5.9 utility, 7 aggregates, 9 sort(), and defineVariable(). */
#include "fhirpath/functions.h"

#include <string.h>

bool fn_trace(struct call *c)
{
	struct fp_env *env = c->ev->env;
	if (env->trace && c->node->argc > 1) {
		struct fp_list shown = {NULL, 0, 0};
		for (size_t i = 0; i < c->in->n; i++)
			if (!call_each(c, 1, &c->in->v[i], i, &shown))
				return false;
		env->trace(env->arg, call_str(c, 0), &shown);
	} else if (env->trace) {
		env->trace(env->arg, call_str(c, 0), c->in);
	}
	return list_append(c->ev, c->node, c->out, c->in);
}

/* ---- the clock: bound to the environment's instant ---- */

bool fn_now(struct call *c)
{
	return call_return(c, fp_datetime(c->ev->arena, c->ev->env->now_us));
}

static bool part_of_now(struct call *c, enum fp_type type)
{
	struct local_time t = local_from_us(c->ev->env->now_us);
	struct date d = {.year = t.year, .month = t.month, .day = t.day, .hour = t.hour, .minute = t.minute, .second = t.second,
			 .precision = type == FP_DATE ? DATE_DAY : DATE_FRACTION, .fraction_digits = 3};
	int64_t micro = c->ev->env->now_us % US_PER_SECOND;
	d.micro = (int)(micro < 0 ? micro + US_PER_SECOND : micro);
	return call_return(c, value_of_moment(c->ev->arena, &d, type));
}

bool fn_today(struct call *c)
{
	return part_of_now(c, FP_DATE);
}

bool fn_time_of_day(struct call *c)
{
	return part_of_now(c, FP_TIME);
}

/* ---- parts of a date or time ---- */

static bool part(struct call *c, int least, int (*get)(const struct date *))
{
	struct date d;
	if (!value_moment(c->item, &d))
		return ev_fail(c->ev, c->node, "%s() wants a date or a time", c->fn->name);
	bool is_time = c->item->type == FP_TIME;
	if ((int)d.precision < least || (is_time && least < DATE_HOUR))
		return true;
	return call_return_int(c, get(&d));
}

#define PART(name, least, expression)                                                                                     \
	static int get_##name(const struct date *d)                                                                        \
	{                                                                                                                  \
		return expression;                                                                                         \
	}                                                                                                                  \
	bool fn_##name##_of(struct call *c)                                                                                \
	{                                                                                                                  \
		return part(c, least, get_##name);                                                                         \
	}

PART(year, DATE_YEAR, d->year)
PART(month, DATE_MONTH, d->month)
PART(day, DATE_DAY, d->day)
PART(hour, DATE_HOUR, d->hour)
PART(minute, DATE_MINUTE, d->minute)
PART(second, DATE_SECOND, d->second)
PART(millisecond, DATE_FRACTION, d->micro / 1000)

/* ---- aggregate() ---- */

bool fn_aggregate(struct call *c)
{
	struct ev *ev = c->ev;
	struct fp_list total = list_keep(ev->arena, &c->arg[1]);
	struct scope saved = ev->scope;
	for (size_t i = 0; i < c->in->n; i++) {
		FP_LOCAL(next);
		ev->scope.total = &total;
		bool ok = call_each(c, 0, &c->in->v[i], i, &next);
		ev->scope = saved;
		if (!ok)
			return false;
		total = list_keep(ev->arena, &next);
	}
	return list_append(ev, c->node, c->out, &total);
}

/* ---- defineVariable() ---- */

static bool is_fixed_name(struct str name)
{
	static const char *const fixed[] = {"resource", "rootResource", "context", "ucum", "sct", "loinc"};
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (str_is(name, fixed[i]))
			return true;
	return str_starts(name, STR("vs-")) || str_starts(name, STR("ext-"));
}

bool fn_define_variable(struct call *c)
{
	struct ev *ev = c->ev;
	struct str name = call_str(c, 0);
	if (is_fixed_name(name))
		return ev_fail(ev, c->node, "%%%.*s has a fixed meaning and cannot be defined", STR_ARG(name));
	for (const struct variable *v = ev->vars; v; v = v->outer)
		if (str_eq(v->name, name))
			return ev_fail(ev, c->node, "%%%.*s is defined already", STR_ARG(name));
	struct variable *v = ARENA_NEW(ev->arena, struct variable);
	v->name = name;
	if (c->node->argc < 2)
		v->value = list_keep(ev->arena, c->in);
	else if (!ev_with(ev, c->node->args[1], c->in, ev->scope.index, &v->value))
		return false;
	v->outer = ev->vars;
	ev->vars = v;
	return list_append(ev, c->node, c->out, c->in);
}

/* ---- sort() ---- */

struct sort_item {
	struct fp_value value;
	struct fp_list key[FN_MAX_ARGS];
};

struct sorter {
	struct call *c;
	size_t keys;
	bool failed;
};

/* A key written with a minus sorts downwards, whatever its type. */
static bool is_descending(const struct node *key)
{
	return key->kind == NODE_UNARY && key->op == OP_SUB;
}

static bool sort_keys(struct call *c, struct sort_item *item, size_t index)
{
	struct ev *ev = c->ev;
	for (size_t k = 0; k < c->node->argc; k++) {
		const struct node *n = c->node->args[k];
		struct fp_list self = fp_one(&item->value);
		if (is_descending(n))
			n = n->right;
		if (!ev_with(ev, n, &self, (int64_t)index, &item->key[k]))
			return false;
		if (item->key[k].n > 1)
			return ev_fail(ev, n, "a key of sort() came out as %zu items", item->key[k].n);
		item->key[k] = list_keep(ev->arena, &item->key[k]);
	}
	if (!c->node->argc) {
		item->key[0] = (struct fp_list){NULL, 0, 0};
		fp_list_push(ev->arena, &item->key[0], item->value);
	}
	return true;
}

static int compare_items(struct sorter *s, const struct sort_item *a, const struct sort_item *b)
{
	for (size_t k = 0; k < s->keys; k++) {
		const struct fp_list *x = &a->key[k], *y = &b->key[k];
		enum order o = ORDER_SAME;
		if (x->n != y->n)
			return x->n < y->n ? -1 : 1; /* no key comes first, either way */
		if (x->n && !value_order(s->c->ev, &x->v[0], &y->v[0], &o)) {
			s->failed = true;
			return 0;
		}
		if (o == ORDER_SAME || o == ORDER_UNKNOWN)
			continue;
		bool down = s->c->node->argc > k && is_descending(s->c->node->args[k]);
		return (o == ORDER_LESS) != down ? -1 : 1;
	}
	return 0;
}

static void merge(struct sorter *s, struct sort_item **v, struct sort_item **room, size_t n)
{
	if (n < 2)
		return;
	size_t half = n / 2, i = 0, k = half, at = 0;
	merge(s, v, room, half);
	merge(s, v + half, room, n - half);
	while (i < half && k < n)
		room[at++] = compare_items(s, v[i], v[k]) <= 0 ? v[i++] : v[k++];
	while (i < half)
		room[at++] = v[i++];
	while (k < n)
		room[at++] = v[k++];
	memcpy(v, room, n * sizeof *v);
}

bool fn_sort(struct call *c)
{
	struct arena *a = c->ev->arena;
	size_t n = c->in->n;
	struct sort_item **v = ARENA_ARRAY(a, struct sort_item *, n + 1);
	struct sorter s = {c, c->node->argc ? c->node->argc : 1, false};
	for (size_t i = 0; i < n; i++) {
		v[i] = ARENA_NEW(a, struct sort_item);
		v[i]->value = c->in->v[i];
		if (!ev_step(c->ev, c->node) || !sort_keys(c, v[i], i))
			return false;
	}
	merge(&s, v, ARENA_ARRAY(a, struct sort_item *, n + 1), n);
	if (s.failed)
		return ev_fail(c->ev, c->node, "sort() cannot put these in order: their types differ");
	for (size_t i = 0; i < n; i++)
		if (!list_push(c->ev, c->node, c->out, &v[i]->value))
			return false;
	return true;
}
