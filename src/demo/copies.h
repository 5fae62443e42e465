/* copies: what each agency wrote down about the same child, with its own omissions and mistakes (the source error model of rules.md C3).
 * Each copy is a Patient of its own, linked (seealso) to the resident it is about: the link is the truth a matcher is scored against.
 */
#ifndef HEED_DEMO_COPIES_H
#define HEED_DEMO_COPIES_H

#include "demo/population.h"

enum { AGENCIES = 9 };

const char *copies_agency(int agency);

/* The agency's copy as a line of JSON with its newline; nothing when that agency does not know the child. */
void copies_write(struct buf *b, const struct population *p, const struct household *h, const struct resident *r, int agency);

#endif
