/* fill: an empty store becomes a department on an ordinary day.
 *
 * The clock is moved by hand through the story events and a week of attendances up to now, so that every clock, silence and
 * escalation happened when it would have; then the clock is let go (or stays in the hand, for tests). Attendances go through the HL7
 * receiver like a real feed's; everything else through the committer. Nothing is written around the rules.
 */
#ifndef HEED_DEMO_FILL_H
#define HEED_DEMO_FILL_H

#include "access/access.h"
#include "hl7/hl7.h"

struct fill {
	struct env *env;       /* a manual one, standing before the first event */
	struct store *store;
	struct access *access;
	struct pathway *pathway;
	const struct pack *pack;
	const char *demo_dir;  /* holds users.yaml and stories/ */
	int64_t now_us;        /* where the demo's present is */
	size_t people;
	uint64_t seed;
	void (*progress)(const char *what, size_t n);
};

struct fill_report {
	size_t users, people, stories, events, attendances;
	const char *sign_in_name; /* the first user */
	const char *password;
};

/* The earliest instant the fill needs: where the manual clock must start. */
int64_t fill_start_us(int64_t now_us);
bool fill_demo(struct arena *a, const struct fill *f, struct fill_report *out, struct err *e);

#endif
