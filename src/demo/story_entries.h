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

/* Replaces short items by resources, in place. at: the event's time, an ISO dateTime. */
bool story_entries(struct arena *a, struct json *puts, struct str story, size_t event, struct str at, struct err *e);

#endif
