/* story_entries: the short way a story says what happened, written out as FHIR. An item of `put` that has no resourceType is one of
 *
 *   {entry: person, title, text, lane, kind, significant: true, source}      something another service wrote down
 *   {words: person, says, alone: true, share, source}                        the child's own words
 *   {missed: person, what, text, source}                                     was not brought
 *   {attended: person, id, where: child|adult, why, presentation, text, left: true, source}   an A&E attendance
 *   {plan: person, id, since, review, ended, why, text, who}                 a child protection plan
 *   {phoned: person, id, concern, text, to}                                  a phone referral to social care
 *   {answered: referral, about: person, id, decision, rationale, who}        social care's decision on it
 */
#ifndef HEED_DEMO_STORY_ENTRIES_H
#define HEED_DEMO_STORY_ENTRIES_H

#include "demo/story_build.h"

struct story_place {
	struct str story; /* id */
	size_t event;     /* its place in the story, from 0 */
	struct str at;    /* an ISO dateTime */
	struct str by;    /* a user's sign-in name (it has a dot), or a system */
};

/* Replaces short items by resources, in place. */
bool story_entries(struct arena *a, struct json *puts, const struct story_place *p, struct err *e);

#endif
