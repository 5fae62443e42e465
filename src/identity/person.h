/* person: what of a Patient tells one person from another, and how two compare. Pure.
 *
 * Text is folded (text_fold, then only letters and digits). Placeholders are missing values: given names such as "Baby" or
 * "Twin 1", ZZ99 postcodes, birth dates of 1900-01-01, numbers that fail their check digit. "Twin 1" and "Twin 2" differ, though.
 */
#ifndef HEED_IDENTITY_PERSON_H
#define HEED_IDENTITY_PERSON_H

#include "identity/identity.h"

struct person_name {
	struct str family;
	struct str given[4]; /* first, middle, known-as */
	size_t given_n;
};

struct person {
	struct str nhs[4]; /* valid ones only, ten digits */
	size_t nhs_n;
	struct str local[16]; /* "system|value" of the others */
	size_t local_n;
	struct person_name names[8];
	size_t name_n;
	int twin; /* the number of a placeholder "Twin n"; 0 */
	bool placeholder_name;
	struct str born; /* as in the resource */
	struct str postcodes[8]; /* no spaces, upper case */
	size_t postcode_n;
	struct str sex; /* male, female, other; unknown is missing */
	bool restricted; /* meta.security says restricted or adoption: never offered as a candidate */
};

struct person person_of(struct arena *a, const struct json *patient);

/* What a record that was merged into this one says as well: its local numbers and names. */
void person_add(struct person *p, const struct person *merged);

enum compared { UNKNOWN, DIFFER, CLOSE, AGREE };

struct comparison {
	enum compared nhs, local, family, given, born, sex, postcode;
};

struct comparison person_compare(const struct person *x, const struct person *y);

enum person_verdict {
	PERSON_UNRELATED,
	PERSON_POSSIBLE, /* for somebody to look at */
	PERSON_LINK,
	PERSON_CONFLICT /* valid NHS numbers differ, or twin 1 and twin 2: definitely two people */
};

/* The rule of identity.h. *because gets the facts that decided, in words. */
enum person_verdict person_verdict(const struct comparison *c, const struct person *x, const struct person *y, const char **because);

struct str name_fold(struct arena *a, struct str s);

#endif
