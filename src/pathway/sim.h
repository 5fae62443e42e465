/* sim: the engine over a log held in memory. For replay ("would today's rules have said the same?"), simulation, tests and the bench.
 *
 * It holds each resource's newest version as text, answers the named queries from it, and keeps clocks in a database in memory. With
 * `makes` what rules make becomes a version and an event, as in the store; without, the log is taken to hold those versions already.
 */
#ifndef HEED_PATHWAY_SIM_H
#define HEED_PATHWAY_SIM_H

#include "pathway/internal.h"

struct sim;

/* db: where clocks are kept; NULL: a database in memory of its own. */
struct sim *sim_new(struct arena *a, struct sql *db, const struct rules *rules, const struct pack_role *(*role)(void *arg, struct str code), void *role_arg,
		    bool makes, struct err *e);
void sim_end(struct sim *s);

/* Only state: no rule sees it. */
void sim_put(struct sim *s, struct str body, int64_t version);
/* One version of the log: body as stored; STR_NONE when it was deleted. */
bool sim_version(struct sim *s, struct str type, struct str id, struct str body, int64_t version, int64_t recorded_us, struct err *e);
bool sim_due(struct sim *s, int64_t until_us, struct err *e);
bool sim_heard(struct sim *s, struct str sender, int64_t at_us, struct err *e);
bool sim_get(struct sim *s, struct str type, struct str id, const struct json **out, struct err *e);
int64_t sim_version_of(struct sim *s, struct str type, struct str id); /* the newest; 0: there is none */
/* How many versions rules made, or would have. */
int64_t sim_made(const struct sim *s);
struct sql *sim_sql(struct sim *s);
struct engine *sim_engine(struct sim *s);

/* One line a clock opened since and one a firing of those, in an order that does not depend on how they were numbered. */
struct lines {
	VEC(struct str) v;
};
bool digest_lines(struct sql *db, struct arena *a, int64_t since_us, struct lines *clocks, struct lines *firings, struct err *e);
struct str digest_of(struct arena *a, const struct lines *clocks, const struct lines *firings);

#endif
