/* Section 5.1, existence. */
#include "fhirpath/functions.h"

bool fn_empty(struct call *c)
{
	return call_return_bool(c, c->in->n == 0);
}

bool fn_count(struct call *c)
{
	return call_return_int(c, (int64_t)c->in->n);
}

bool fn_not(struct call *c)
{
	enum tri t;
	if (!value_tri(c->ev, c->node, c->in, &t))
		return false;
	return t == TRI_EMPTY || call_return_bool(c, t == TRI_FALSE);
}

/* Does the condition hold for this item? Empty is no. */
static bool holds(struct call *c, size_t i, bool *out)
{
	FP_LOCAL(result);
	enum tri t;
	*out = false;
	if (!call_each(c, 0, &c->in->v[i], i, &result) || !value_tri(c->ev, c->node->args[0], &result, &t))
		return false;
	*out = t == TRI_TRUE;
	return true;
}

bool fn_exists(struct call *c)
{
	bool found = c->in->n > 0 && c->node->argc == 0;
	for (size_t i = 0; i < c->in->n && !found; i++)
		if (!holds(c, i, &found))
			return false;
	return call_return_bool(c, found);
}

bool fn_all(struct call *c)
{
	bool all = true;
	for (size_t i = 0; i < c->in->n && all; i++)
		if (!holds(c, i, &all))
			return false;
	return call_return_bool(c, all);
}

static bool has(const struct call *c, bool truth)
{
	for (size_t i = 0; i < c->in->n; i++)
		if (c->in->v[i].truth == truth)
			return true;
	return false;
}

bool fn_all_true(struct call *c)
{
	return call_return_bool(c, !has(c, false));
}

bool fn_any_true(struct call *c)
{
	return call_return_bool(c, has(c, true));
}

bool fn_all_false(struct call *c)
{
	return call_return_bool(c, !has(c, true));
}

bool fn_any_false(struct call *c)
{
	return call_return_bool(c, has(c, false));
}

static bool within(struct call *c, const struct fp_list *small, const struct fp_list *large, bool *out)
{
	FP_SET(all, c->ev);
	*out = true;
	if (!set_add_all(&all, c->node, large))
		return false;
	for (size_t i = 0; i < small->n && *out; i++) {
		*out = set_has(&all, &small->v[i]);
		if (!ev_step(c->ev, c->node))
			return false;
	}
	return true;
}

bool fn_subset_of(struct call *c)
{
	bool is;
	return within(c, c->in, &c->arg[0], &is) && call_return_bool(c, is);
}

bool fn_superset_of(struct call *c)
{
	bool is;
	return within(c, &c->arg[0], c->in, &is) && call_return_bool(c, is);
}

bool fn_distinct(struct call *c)
{
	FP_SET(all, c->ev);
	return set_add_all(&all, c->node, c->in) && list_append(c->ev, c->node, c->out, &all.items);
}

bool fn_is_distinct(struct call *c)
{
	FP_SET(all, c->ev);
	return set_add_all(&all, c->node, c->in) && call_return_bool(c, all.items.n == c->in->n);
}
