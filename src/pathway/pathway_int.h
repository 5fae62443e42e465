/* The engine's place in the store: what pathway_open made. */
#ifndef HEED_PATHWAY_PATHWAY_INT_H
#define HEED_PATHWAY_PATHWAY_INT_H

#include "pathway/internal.h"

struct sim;

struct pathway {
	struct store *store; /* NULL: loaded only, for replay and checks */
	struct env *env;
	const struct pack *pack;
	struct arena *arena;
	struct rules *rules;
	struct map calendars; /* urn -> struct calendar */
	struct role_cache roles;
	int64_t next_clock, next_firing;
	VEC(struct event) queue; /* versions written by rules while rules run, in order */
	bool running;
	struct sim *rebuilding; /* while the store is reindexed */
	struct arena *rebuilding_arena;
};

/* A rule's plan, activities, calendars and roles, from the pack. */
struct rule_source pathway_source(struct pathway *w);

void pathway_end_rebuilding(struct pathway *w);

#endif
