/* Parts of a search's SQL that say which resources it is about. `c` is the row of current that is looked at. */
#ifndef HEED_STORE_SEARCH_WHERE_H
#define HEED_STORE_SEARCH_WHERE_H

#include "store/search_int.h"

/* How the rids of the driver are wanted. */
struct driver_order {
	bool newest_first;
	int64_t below; /* 0: from the newest */
};

/* FROM ... WHERE ...; kin: see where_visible. */
void where_select_body(struct sql_text *t, const struct search *q, const struct criteria *w, bool kin, const struct driver_order *order);

/* The criterion whose rows are gone through, NULL for all of the type; how likely it is to be few, 0 the likeliest. */
const struct criterion *where_choose_driver(const struct search *q, const struct criteria *w);
int where_rank(const struct search *q, const struct criterion *c);
bool where_has_id(const struct criteria *w);

/* AND the criterion holds for c */
void where_condition(struct sql_text *t, const struct search *q, const struct criterion *c);

/* AND the reader may see c. kin: reached from a resource that may be seen, where a type that is in nobody's compartment (a
 * practitioner, an organisation) may be shown. */
void where_visible(struct sql_text *t, const struct search *q, struct str type, bool kin);

void where_val_strs(struct sql_text *t, const struct str *v, size_t n);

#endif
