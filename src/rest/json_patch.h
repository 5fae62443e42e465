/* json_patch: RFC 6902 over our JSON trees, with RFC 6901 pointers. Changes the tree in place: give it a copy. */
#ifndef HEED_REST_JSON_PATCH_H
#define HEED_REST_JSON_PATCH_H

#include "json/json.h"

/* ERR_INVALID for a patch that is none, ERR_INVARIANT for one that does not apply (a path that is not there, a test that fails). */
bool json_patch(struct arena *a, struct json **document, const struct json *patch, struct err *e);

/* What both kinds of patch do to arrays; i is in range. */
void json_array_insert(struct arena *a, struct json *array, size_t i, struct json *value);
struct json *json_array_take(struct json *array, size_t i);

#endif
