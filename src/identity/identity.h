/* identity: is this the same person?
 *
 * First part: link when a valid NHS number agrees together with date of birth or name, or when full demographics agree (family,
 * given, date of birth, sex and postcode, no valid NHS number in conflict). Otherwise new; and where something points to
 * somebody known, a Task "possible same person" for people to judge. Never a link on a name and birthday alone (I12). Two
 * valid NHS numbers that differ are a definite conflict, never a typo (rules.md A2). Placeholders ("Baby", "Twin 1", ZZ99
 * postcodes, 1900-01-01) are missing values.
 *
 * Threads  functions taking a txn: the committer. The pure ones: any.
 */
#ifndef HEED_IDENTITY_IDENTITY_H
#define HEED_IDENTITY_IDENTITY_H

#include "store/store.h"

#define NHS_NUMBER_SYSTEM "https://fhir.nhs.uk/Id/nhs-number"

/* Modulus 11 check digit (NHS Data Dictionary, NHS NUMBER); spaces and hyphens between groups are allowed; digits gets the ten. */
bool nhs_number_ok(struct str s, char digits[11]);
struct str nhs_number_display(struct arena *a, struct str digits); /* "999 048 7723" */

enum identity_answer { IDENTITY_LINK, IDENTITY_NEW, IDENTITY_NEW_POSSIBLE };

struct identity_match {
	enum identity_answer answer;
	struct resource person;     /* of IDENTITY_LINK */
	struct str because;         /* in words: which facts agreed */
	struct resources possible;  /* of IDENTITY_NEW_POSSIBLE */
};

bool identity_find(struct txn *t, const struct json *patient, struct identity_match *out, struct err *e);

/* Facts of `incoming` onto `known`: newer wins by fact time, older never overwrites newer, names and addresses are kept with
 * period and use; an unknown never erases. Returns the Patient to write, or NULL when nothing changes. */
struct json *identity_merge_facts(struct arena *a, const struct json *known, const struct json *incoming, int64_t fact_us);

/* Writes the "possible same person" Task. */
bool identity_raise_possible(struct txn *t, const struct resource *person, const struct resources *possible, struct str because,
			     struct err *e);

#endif
