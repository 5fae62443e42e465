/* Section 5.8, tree navigation. */
#include "fhirpath/functions.h"

bool fn_children(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++)
		if (!member_children(c->ev, c->node, &c->in->v[i], c->out))
			return false;
	return true;
}

bool fn_descendants(struct call *c)
{
	struct fp_list all = {NULL, 0, 0};
	for (size_t i = 0; i < c->in->n; i++)
		if (!member_children(c->ev, c->node, &c->in->v[i], &all))
			return false;
	for (size_t i = 0; i < all.n; i++) {
		struct fp_value v = all.v[i]; /* a copy: the list moves as it grows */
		if (!ev_step(c->ev, c->node) || !member_children(c->ev, c->node, &v, &all))
			return false;
	}
	return list_append(c->ev, c->node, c->out, &all);
}
