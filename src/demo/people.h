/* people: the synthetic area's residents into the store. */
#ifndef HEED_DEMO_PEOPLE_H
#define HEED_DEMO_PEOPLE_H

#include "demo/fill.h"
#include "demo/population.h"

/* One of those who will attend this week: what the department's reception types. */
struct attender {
	struct resident resident;
	char house_line[48];
	char postcode[9];
	char phone[14];
	int practice;
};

struct attenders {
	struct attender *v;
	size_t n;
};

/* Patients, family ties and households, in changes of a few hundred. `sample` gets every tenth resident. */
bool people_fill(struct arena *a, const struct fill *f, size_t *written, struct attenders *sample, struct err *e);

#endif
