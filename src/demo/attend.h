/* attend: a week of the two emergency departments, sent as HL7 v2 through the receiver like a real feed's. */
#ifndef HEED_DEMO_ATTEND_H
#define HEED_DEMO_ATTEND_H

#include "demo/people.h"

struct attendances;

/* Messages from since_us to f->now_us: arrivals, discharges, some who left unseen; and reviews that liaison has done. */
bool attend_plan(struct arena *a, const struct fill *f, const struct attenders *sample, int64_t since_us, struct attendances **out, struct err *e);
bool attend_more(const struct attendances *w);
int64_t attend_next_us(const struct attendances *w); /* INT64_MAX when there are no more */
bool attend_one(struct arena *a, const struct fill *f, struct attendances *w, struct err *e);

#endif
