/* story_people: the short way a story names its people, written out as FHIR (docs/profiles.md).
 *
 *   people: [{id, name: "Reed, Maya", born, sex, nhs, home: "14 Example Road, Derby, DE90 1AA", phone, language: "Polish", religion,
 *            ethnic: "A", gp: "Example Surgery", school, died, edd, mother}]
 *   ties:   [{of: child, to: other, is: MTH, responsibility: true, ended: date}]
 *   homes:  [{id, address, members: [id]}]
 *   teams:  [{for: id, members: [{role, who, phone}]}]
 */
#ifndef HEED_DEMO_STORY_PEOPLE_H
#define HEED_DEMO_STORY_PEOPLE_H

#include "json/json.h"

/* Appends the resources to the array. Times ("@-7y") must have been filled in. */
bool story_people(struct arena *a, const struct json *story, struct json *puts, struct err *e);

/* meta.tag: synthetic, on every resource of the array. */
void story_mark_synthetic(struct arena *a, struct json *puts);

#endif
