/* names: given and family names by background and era, common ones, put together by chance. */
#ifndef HEED_DEMO_NAMES_H
#define HEED_DEMO_NAMES_H

#include "demo/population.h"

/* draw picks; born decides the era of given names. */
const char *name_given(enum ethnic e, bool female, int born_year, uint64_t draw);
const char *name_family(enum ethnic e, uint64_t draw);
const char *name_street(uint64_t draw);
const char *name_street_kind(uint64_t draw);

#endif
