/* internal: what the files of fhir/ share among themselves. */
#ifndef HEED_FHIR_INTERNAL_H
#define HEED_FHIR_INTERNAL_H

#include "fhir/tables.h"

/* At most 40 bytes of s, ending between characters: what a message quotes. */
struct str fhir_excerpt(struct str s);

/* Is the text a narrative div of the whitelist? R4 narrative, txt-1 and txt-2. */
bool fhir_narrative_ok(struct str div, struct err *e);

/* What a Reference.reference may be. */
enum fhir_reference_form {
	FHIR_REF_BAD,
	FHIR_REF_RELATIVE,    /* Type/id */
	FHIR_REF_ABSOLUTE,    /* http://.../Type/id, or another URL of an unknown type */
	FHIR_REF_CONTAINED,   /* #id, or # for the container */
	FHIR_REF_URN,         /* urn:uuid:, urn:oid: */
	FHIR_REF_CONDITIONAL, /* Type?query, in a transaction */
};

/* The type it names, when it does; points into s. */
enum fhir_reference_form fhir_reference_form(struct str s, struct str *type);

#endif
