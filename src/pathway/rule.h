/* rule: a PlanDefinition's action, read and checked once.
 *
 * Trigger kinds, for what opens a clock (R4 TriggerType):
 *   data-added      the condition holds on this version and did not on the one before: it became true
 *   data-modified   it holds on a later version of a resource that was there
 *   data-changed    it holds on this version, whichever
 *   data-removed    the resource was deleted; the condition is asked of its last version
 *   named-event     something that is not a resource: a feed was heard
 * For what meets, cancels, pauses, resumes or makes due, a kind only says whether the resource is there or was removed: a condition
 * that holds is enough, so evidence filed complete at once counts as much as evidence completed later.
 * A trigger's data[].codeFilter (a path and codes) is the index: rules whose codes a resource does not carry are never looked at.
 */
#ifndef HEED_PATHWAY_RULE_H
#define HEED_PATHWAY_RULE_H

#include "pathway/clock.h"

enum purpose { FOR_OPEN, FOR_MET, FOR_CANCEL, FOR_PAUSE, FOR_RESUME, FOR_DUE, PURPOSES };
enum trigger_kind { TRIGGER_ADDED, TRIGGER_MODIFIED, TRIGGER_CHANGED, TRIGGER_REMOVED, TRIGGER_NAMED };

struct expr {
	struct str source;
	const struct fp_expr *compiled; /* NULL: not stated */
};

struct trigger {
	enum trigger_kind kind;
	struct str type; /* of resource; or the event's name */
	struct str path; /* of the codeFilter, STR_NONE when there is none */
	struct str *codes;
	size_t code_n;
	struct expr condition;
};

struct triggers {
	struct trigger *v;
	size_t n;
};

struct query_param {
	struct str code;
	struct str value; /* may hold {{FHIRPath}} */
};

struct query {
	struct str type;
	struct query_param *v;
	size_t n;
};

struct variable {
	struct str name;
	struct expr expr;
	const struct query *query; /* when it is one */
};

struct dynamic {
	struct str path;
	struct expr expr;
};

struct dynamics {
	struct dynamic *v;
	size_t n;
};

struct activity {
	struct str url, type; /* of the resource it makes */
	const struct json *body;
	struct dynamics dynamics;
};

struct step {
	struct str role;
	bool to_manager; /* of who holds the clock; role when that is nobody */
	struct expr holder;
	const struct activity *activity;
};

struct rule {
	struct str name, plan, action, version, digest, url, title, purpose, documentation;
	struct str body; /* JSON of plan and activities: what pathway_rule keeps */
	struct str role;
	struct expr holder; /* who holds it, when that is a matter of the record and not of a role */
	bool has_clock;
	bool unsigned_locally; /* its numbers are defaults nobody here has signed off: screens say so */
	struct clock_spec spec;
	struct str calendar_urn;
	const struct calendar *calendar;
	struct expr start, key, about, met_at, met_key;
	struct triggers on[PURPOSES];
	struct expr *conditions;
	size_t condition_n;
	struct variable *variables;
	size_t variable_n;
	struct step ladder[CLOCK_MAX_STEPS];
	const struct activity *activity;
	struct dynamics dynamics; /* the action's own, after the activity's */
	int ordinal;
	bool current; /* of the loaded pack: may open clocks */
};

struct candidate {
	const struct rule *rule;
	const struct trigger *trigger;
	enum purpose purpose;
	int order;
};

struct rules {
	struct arena *arena;
	VEC(struct rule *) list;
	struct map buckets;   /* resource type or event name -> struct bucket */
	struct map by_digest; /* digest -> struct rule */
};

struct rules *rules_new(struct arena *a);
/* Every action of a plan. find gives the ActivityDefinition of a canonical; calendars the calendar of a urn. */
struct rule_source {
	void *arg;
	const struct json *(*activity)(void *arg, struct str canonical);
	const struct calendar *(*calendar)(void *arg, struct str urn);
	bool (*has_role)(void *arg, struct str code); /* may be NULL */
};
bool rules_add_plan(struct rules *r, const struct json *plan, const struct rule_source *from, struct err *e);
/* One rule as it was kept: for clocks that began with it. */
bool rules_add_kept(struct rules *r, struct str digest, struct str body, const struct rule_source *from, struct err *e);
const struct rule *rules_find(const struct rules *r, struct str digest);
/* The rules a resource (or named event) can concern, in order of rule, then purpose. `resource` may be NULL for a named event. */
size_t rules_match(const struct rules *r, struct arena *a, struct str type, const struct json *resource, struct candidate **out);

bool query_parse(struct arena *a, struct str source, struct query **out, struct err *e);

#endif
