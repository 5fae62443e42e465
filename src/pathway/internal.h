/* What the files of this folder share. */
#ifndef HEED_PATHWAY_INTERNAL_H
#define HEED_PATHWAY_INTERNAL_H

#include <stdlib.h>
#include <string.h>

#include "pathway/clock.h"

bool calendar_covers(const struct calendar *c, int64_t days);
struct str calendar_urn(const struct calendar *c);
struct str calendar_version(const struct calendar *c);
void calendar_hours(const struct calendar *c, int *open_minute, int *close_minute);

/* The extension of that url on an element, or NULL. */
const struct json *ext_find(const struct json *element, const char *url);

#endif
