/* type: what each plain scalar is, by the FHIR definition of its element. */
#ifndef HEED_YAML_TYPE_H
#define HEED_YAML_TYPE_H

#include "fhir/fhir.h"

/* The tree as the YAML reader builds it has every scalar as a JSON_STRING, `truth` set on those written plain (no quotes).
 * This gives each plain one its JSON type, in place, and clears `truth`. A mapping with a resourceType is typed as that
 * resource, wherever it stands; what no definition knows follows YAML's core schema. */
void yaml_type_tree(struct json *j);

#endif
