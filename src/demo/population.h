/* population: an area's residents in households (rules.md C2 and C3).
 *
 * Everything is a function of (seed, what, number) by splitmix64: no state, no order, two runs byte for byte the same. Ages are as of
 * POPULATION_DAY, so that the area does not depend on when it is made.
 *
 * Rates: household mix, ethnic mix and child factors of rules.md C3, tuned there to a mean household of 2.41 and 26 % under twenty.
 */
#ifndef HEED_DEMO_POPULATION_H
#define HEED_DEMO_POPULATION_H

#include "base/base.h"

enum { HOUSEHOLD_MAX = 12 };

#define POPULATION_DAY days_from_civil(2026, 11, 24)

/* ONS census categories, the first letter of the NHS ethnic category code among them. */
enum ethnic { ETHNIC_WHITE_BRITISH, ETHNIC_WHITE_OTHER, ETHNIC_PAKISTANI, ETHNIC_INDIAN, ETHNIC_BLACK, ETHNIC_MIXED, ETHNIC_OTHER, ETHNIC__COUNT };

enum household_kind { HOUSEHOLD_SINGLE, HOUSEHOLD_COUPLE, HOUSEHOLD_FAMILY, HOUSEHOLD_LONE_PARENT, HOUSEHOLD_GENERATIONS, HOUSEHOLD_SHARED };

struct resident {
	uint64_t number;    /* over the whole area */
	uint64_t household;
	char nhs[11];
	const char *given, *middle, *family;
	bool female;
	int64_t born_days;
	enum ethnic ethnic;
	int mother, father; /* index in the household; -1 when not there */
	bool twin;          /* one of two born the same day */
	bool adopted;       /* has an earlier identity that nothing may join (rules.md A2) */
	int school;         /* number of the school; -1 none */
};

struct household {
	uint64_t number;
	enum household_kind kind;
	struct resident members[HOUSEHOLD_MAX];
	int n;
	int house;          /* number in the street */
	const char *street_name, *street_kind;
	char postcode[9];
	char phone[14];
	int practice;       /* number of the GP practice */
};

struct population {
	uint64_t seed;
	uint64_t people; /* wanted */
};

/* first: the number of its first resident. Households are made in order 0, 1, 2 ...; residents are numbered as they come. */
void population_household(const struct population *p, uint64_t number, uint64_t first, struct household *out);

/* The NHS number of resident n: below 900,000 every one is valid and different; beyond, "". */
void population_nhs(uint64_t n, char out[11]);

/* A number that depends only on its arguments, evenly spread. */
uint64_t population_draw(uint64_t seed, uint64_t kind, uint64_t number);
bool population_chance(uint64_t draw, double p);

const char *population_ethnic_code(enum ethnic e); /* NHS Data Dictionary ETHNIC CATEGORY */
enum { PRACTICES = 34, PRIMARY_SCHOOLS = 75, SECONDARY_SCHOOLS = 14 };

/* The FHIR Patient, and the household's Group, as one line of JSON without the newline. id "r<number>", "h<number>". */
void population_write_patient(struct buf *b, const struct household *h, const struct resident *r);
void population_write_ties(struct buf *b, const struct household *h, const struct resident *r); /* RelatedPerson lines; may be none */
void population_write_group(struct buf *b, const struct household *h);

#endif
