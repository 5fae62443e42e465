/* id: identifiers and their text. */
#ifndef HEED_BASE_ID_H
#define HEED_BASE_ID_H

#include "base/env.h"

/* A UUID version 7 (RFC 9562): time-ordered, so that new rows land at the end of an index. 36 characters. */
struct str id_new(struct env *env, struct arena *a);

struct str hex_encode(struct arena *a, const void *p, size_t n); /* lower case */
bool hex_decode(struct str s, void *out, size_t n);              /* s.n must be 2 n */

struct str base64_encode(struct arena *a, struct str bytes);             /* RFC 4648 section 4, padded */
bool base64_decode(struct arena *a, struct str text, struct str *bytes); /* strict: no white space, right padding */
struct str base64url_encode(struct arena *a, struct str bytes);          /* section 5, no padding */

#endif
