/* numbers: a number in a demo file, and what it is when it is not there. */
#ifndef HEED_DEMO_NUMBERS_H
#define HEED_DEMO_NUMBERS_H

#include "json/json.h"

double number_of(const struct json *item, const char *key, double otherwise);

#endif
