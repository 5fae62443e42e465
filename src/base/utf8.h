/* utf8: is it well formed (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF)? */
#ifndef HEED_BASE_UTF8_H
#define HEED_BASE_UTF8_H

#include "base/str.h"

/* Length of the well-formed part; equals s.n when all of it is. */
size_t utf8_valid_prefix(struct str s);
bool utf8_valid(struct str s);

/* Decodes one scalar at s.p (s.n > 0, well formed), returns its length in bytes. */
size_t utf8_next(struct str s, uint32_t *scalar);
size_t utf8_encode(uint32_t scalar, char out[4]);

#endif
