/* facts: what was said about something, at different times and out of order, as one resource (reliability.md C4).
 *
 * Each fact carries the time of the event it came with. The newest wins, element by element, and the result is the same in
 * whatever order the messages came: every rule below is a maximum or a union. An older fact never overwrites a newer one; an
 * absent element says nothing, so an unknown never erases.
 *
 *   FACTS_ONE      one value (birthDate; deceased[x] by its stem): the newest; at the same instant, the greater by bytes.
 *   FACTS_SET      identifiers: all that were ever said.
 *   FACTS_HISTORY  names, addresses, telecom: each value with when it was first and last said. Those of the newest message are
 *                  current; the others get use "old" and a period. An entry with only a data-absent-reason is HL7's explicit
 *                  null: it ends what was current and deletes nothing.
 *
 * Times are kept in the resource: extension fact-times for FACTS_ONE, extension last-said on each entry of a history. What has no
 * time is as old as the version it stands in (meta.lastUpdated).
 *
 * Threads   any; pure.
 */
#ifndef HEED_IDENTITY_FACTS_H
#define HEED_IDENTITY_FACTS_H

#include "json/json.h"

enum facts_kind { FACTS_ONE, FACTS_SET, FACTS_HISTORY };

struct facts_rule {
	const char *element; /* "birthDate"; a choice by its stem and '*': "deceased*" */
	enum facts_kind kind;
};

/* Writes `incoming`, said at fact_us, onto a copy of `known` (NULL: there was nothing). Elements without a rule are taken from
 * incoming when known has none. Extensions are FACTS_ONE each. NULL when nothing changes. */
struct json *facts_merge(struct arena *a, const struct facts_rule *rules, size_t n, const struct json *known, const struct json *incoming,
			 int64_t fact_us);

/* The time of a FACTS_ONE; INT64_MIN when none is kept. */
int64_t facts_time(const struct json *resource, struct str key);
void facts_set_time(struct arena *a, struct json *resource, struct str key, int64_t us);

void facts_sort(struct json *resource); /* extensions by url: after facts_set_time, so that order tells nothing */

struct json *facts_extension(const struct json *element, struct str url); /* NULL when there is none */

#endif
