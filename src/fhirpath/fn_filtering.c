/* Sections 5.2 filtering and projection, 5.3 subsetting, 5.4 combining. */
#include "fhirpath/functions.h"

static bool push(struct call *c, const struct fp_value *v)
{
	return list_push(c->ev, c->node, c->out, v);
}

bool fn_where(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++) {
		FP_LOCAL(result);
		enum tri t;
		if (!call_each(c, 0, &c->in->v[i], i, &result) || !value_tri(c->ev, c->node->args[0], &result, &t))
			return false;
		if (t == TRI_TRUE && !push(c, &c->in->v[i]))
			return false;
	}
	return true;
}

bool fn_select(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++)
		if (!call_each(c, 0, &c->in->v[i], i, c->out))
			return false;
	return true;
}

/* Breadth first; each pass works on what the pass before found. With `distinct`, what was found before is not followed again. */
static bool repeat_level(struct call *c, bool distinct, const struct fp_list *level, struct set *found, struct fp_list *next)
{
	for (size_t i = 0; i < level->n; i++) {
		FP_LOCAL(made);
		if (!ev_step(c->ev, c->node) || !call_each(c, 0, &level->v[i], i, &made))
			return false;
		for (size_t k = 0; k < made.n; k++) {
			bool added = true;
			if (!(distinct ? set_add(found, c->node, &made.v[k], &added) : list_push(c->ev, c->node, &found->items, &made.v[k])))
				return false;
			if (added && !list_push(c->ev, c->node, next, &made.v[k]))
				return false;
		}
	}
	return true;
}

static bool repeat(struct call *c, bool distinct)
{
	FP_SET(found, c->ev);
	struct fp_list level = *c->in;
	while (level.n) {
		struct fp_list next = {NULL, 0, 0};
		if (!repeat_level(c, distinct, &level, &found, &next))
			return false;
		level = next;
	}
	return list_append(c->ev, c->node, c->out, &found.items);
}

bool fn_repeat(struct call *c)
{
	return repeat(c, true);
}

bool fn_repeat_all(struct call *c)
{
	return repeat(c, false);
}

bool fn_of_type(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++)
		if (value_is(&c->in->v[i], &c->node->type, true) && !push(c, &c->in->v[i]))
			return false;
	return true;
}

/* ---- subsetting ---- */

bool fn_single(struct call *c)
{
	if (c->in->n > 1)
		return ev_fail(c->ev, c->node, "single() found %zu items", c->in->n);
	return c->in->n == 0 || push(c, &c->in->v[0]);
}

bool fn_first(struct call *c)
{
	return c->in->n == 0 || push(c, &c->in->v[0]);
}

bool fn_last(struct call *c)
{
	return c->in->n == 0 || push(c, &c->in->v[c->in->n - 1]);
}

static bool range(struct call *c, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < c->in->n; i++)
		if (!push(c, &c->in->v[i]))
			return false;
	return true;
}

bool fn_tail(struct call *c)
{
	return range(c, 1, c->in->n);
}

bool fn_skip(struct call *c)
{
	int64_t n;
	return !call_int(c, 0, &n) || range(c, n < 0 ? 0 : (size_t)n, c->in->n);
}

bool fn_take(struct call *c)
{
	int64_t n;
	return !call_int(c, 0, &n) || n <= 0 || range(c, 0, (size_t)n);
}

bool fn_intersect(struct call *c)
{
	FP_SET(other, c->ev);
	FP_SET(all, c->ev);
	bool added;
	if (!set_add_all(&other, c->node, &c->arg[0]))
		return false;
	for (size_t i = 0; i < c->in->n; i++)
		if (set_has(&other, &c->in->v[i]) && !set_add(&all, c->node, &c->in->v[i], &added))
			return false;
	return ev_step(c->ev, c->node) && list_append(c->ev, c->node, c->out, &all.items);
}

bool fn_exclude(struct call *c)
{
	FP_SET(other, c->ev);
	if (!set_add_all(&other, c->node, &c->arg[0]))
		return false;
	for (size_t i = 0; i < c->in->n; i++)
		if (!ev_step(c->ev, c->node) || (!set_has(&other, &c->in->v[i]) && !push(c, &c->in->v[i])))
			return false;
	return true;
}

/* ---- combining ---- */

bool fn_union(struct call *c)
{
	FP_SET(all, c->ev);
	return set_add_all(&all, c->node, c->in) && set_add_all(&all, c->node, &c->arg[0]) &&
	       list_append(c->ev, c->node, c->out, &all.items);
}

bool fn_combine(struct call *c)
{
	return list_append(c->ev, c->node, c->out, c->in) && list_append(c->ev, c->node, c->out, &c->arg[0]);
}

bool fn_coalesce(struct call *c)
{
	for (size_t i = 0; i < c->node->argc; i++)
		if (c->arg[i].n)
			return list_append(c->ev, c->node, c->out, &c->arg[i]);
	return true;
}
