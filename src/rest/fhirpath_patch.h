/* fhirpath_patch: FHIRPath Patch (R4 fhirpatch.html): add, insert, delete, replace and move, each at a place a FHIRPath names.
 * Changes the tree in place: give it a copy. */
#ifndef HEED_REST_FHIRPATH_PATCH_H
#define HEED_REST_FHIRPATH_PATCH_H

#include "fhirpath/fhirpath.h"

/* ERR_INVALID or ERR_SYNTAX for a patch that is none, ERR_INVARIANT for one that does not apply. */
bool fhirpath_patch(struct arena *a, struct json *resource, const struct json *parameters, int64_t now_us, struct err *e);

#endif
