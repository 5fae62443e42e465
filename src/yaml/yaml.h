/* yaml: libyaml events to a json tree, typed by the FHIR definition, so that `no`, `1.0` and `2026-01-01` stay what the element is.
 *
 * A plain scalar becomes what the element's FHIR type says (boolean, integer, decimal, else string); where the element is unknown,
 * true/false/null and numbers as in YAML's core schema. Anchors and aliases work, merge keys too; tags, and duplicate keys, are refused.
 */
#ifndef HEED_YAML_YAML_H
#define HEED_YAML_YAML_H

#include "fhir/fhir.h"

struct yaml_doc {
	struct json *root;
	int line; /* where the document starts */
};
struct yaml_docs {
	struct yaml_doc *v;
	size_t n;
};

/* Every document of the text. json.offset of each node is its line in the file. */
bool yaml_parse(struct arena *a, struct str text, struct yaml_docs *out, struct err *e);

#endif
