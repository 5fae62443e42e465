/* people: the synthetic area's residents into the store. */
#ifndef HEED_DEMO_PEOPLE_H
#define HEED_DEMO_PEOPLE_H

#include "demo/fill.h"

/* Patients in changes of a few hundred; households as Group. How many people were written. */
bool people_fill(struct arena *a, const struct fill *f, size_t *written, struct err *e);

#endif
