/* story: invented families whose record is written as files (demo/stories), so that a safeguarding lead can read and correct them.
 *
 * A story is one YAML document: id, title, cites (requirement ids), and events in any order: `at`, `by` (a demo user's sign-in name, or a
 * sending system), and `put`, a list of FHIR resources with ids of their own.
 *
 * A string that begins with "@" is a time told from the demo's now, in local time:
 *     "@-3d 16:10"  three days ago at ten past four, a dateTime      "@-3d"      the date
 *     "@-7y5m"      seven years and five months ago, a date           "@+14d"     in two weeks
 * y and m are calendar years and months, then w and d. "@@..." is a string that begins with one "@".
 */
#ifndef HEED_DEMO_STORY_H
#define HEED_DEMO_STORY_H

#include "json/json.h"

struct story_event {
	int64_t at_us;
	struct str story; /* id */
	struct str by;
	const struct json *puts; /* array of resources, times filled in */
};

struct stories {
	struct story_event *v; /* by time, then as in the files */
	size_t n;
	size_t story_count;
};

/* Every .yaml file of the folder, in order of name. A wrong one is refused with its file and line. */
bool story_load(struct arena *a, struct env *env, const char *dir, int64_t now_us, struct stories *out, struct err *e);

/* The time a "@" string means; is_date when it has no clock time. */
bool story_when(struct str text, int64_t now_us, int64_t *at_us, bool *is_date);

#endif
