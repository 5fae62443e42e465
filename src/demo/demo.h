/* demo: an invented area, and a working week in it.
 *
 *   population.h  residents in households, from counters and a seed: any household alone, in any order, always the same
 *   copies.h      what nine agencies wrote down about the same child, each with its own mistakes
 *   story.h       families written as files
 *   fill.h        an empty store becomes a department on an ordinary day
 *
 * Safe by construction: NHS numbers only 999 xxx xxxx, postcodes in districts DE90 to DE98 that do not exist, phones in Ofcom's ranges for
 * drama, e-mail at example.org, and the tag "synthetic" on every resource.
 */
#ifndef HEED_DEMO_DEMO_H
#define HEED_DEMO_DEMO_H

#include "demo/copies.h"
#include "demo/fill.h"
#include "demo/population.h"
#include "demo/story.h"

#endif
