/* pathway: rules, clocks, silence, escalation, and why.
 *
 * Rules are the pack's PlanDefinitions (rules.md B2). The engine is a store hook: every version written is matched against the
 * rules of its type; clocks open, are met, paused, resumed, cancelled; what is due fires from the due index. All in the
 * transaction of the write, all from its recorded time: no wall clock, no chance, no hash order. The same log and rules give the
 * same digest.
 *
 * The clock extension (StructureDefinition/clock on a PlanDefinition.action), all parts optional:
 *   within          valueQuantity n wd|wh|min|h|d|wk|mo; n < 0 counts back from the start. Without it only dueOn makes it due.
 *   calendar        valueUri, for wd and wh
 *   dueAt           valueCode close|midnight|same-time (midnight when not said; elapsed units keep their time)
 *   receivedInOfficeHours  valueBoolean: a start after close or on a day off counts as the next opening
 *   start, key      valueExpression: when it starts (the event's own time when not said), and what it is about (Type/id of the event):
 *                   one clock runs per rule, subject and key
 *   about           valueExpression: the reference it is about, when that is not the event's subject (a team, a queue)
 *   holder          valueExpression: reference of who holds it, when that is a matter of the record and not of a role
 *   warnBefore      valueQuantity before due
 *   metBy*          valueTriggerDefinition; metCount valuePositiveInt; metAt valueExpression: when the evidence happened;
 *                   metKey valueExpression: finds the clocks by key, when the evidence is about another person than the clock
 *   cancelledBy*, pausedBy*, resumedBy*   valueTriggerDefinition; pauseMax valueQuantity, after which it runs again and says so
 *   dueOn*          valueTriggerDefinition: an event that makes it due there and then ("before triage ends")
 *   restartOn       valueCode met|elapsed
 *   escalate*       after valueQuantity (from due), to valueCode role, toManager valueBoolean, holder valueExpression, action valueCanonical
 *   unsigned        valueBoolean: its numbers are defaults nobody has signed off locally; screens say so
 * An action without a clock is done once for its key (a notice, a copy); one with a clock but without time stands until it is cancelled
 * (a flag). An ActivityDefinition says what is made: extension outcome-type (else kind), code, priority, description with {{FHIRPath}}, and
 * dynamicValue. Ids of what is made come from what set it off, so doing it twice makes one.
 *
 * Threads  the hook runs on the committer; reading functions take a store_read.
 */
#ifndef HEED_PATHWAY_PATHWAY_H
#define HEED_PATHWAY_PATHWAY_H

#include "pack/pack.h"
#include "store/store.h"

struct pathway;

/* Loads the rules, hooks into the store, keeps what is new of them, and recomputes what a changed calendar moves. */
bool pathway_open(struct store *s, const struct pack *p, struct pathway **out, struct err *e);
/* The rules alone, without a store: for replay and simulation. */
bool pathway_load(struct env *env, const struct pack *p, struct pathway **out, struct err *e);
void pathway_close(struct pathway *w); /* after store_close: the store's hook points at it */

/* Every rule of a pack, read as the engine reads it; heed pack check. False when it added problems. */
bool pathway_check(const struct pack *p, struct pack_problems *problems);

/* ---- calendar ---- */

struct calendar; /* a versioned list of bank holidays, from the pack */
const struct calendar *calendar_of(const struct pathway *w, struct str urn);
bool calendar_parse(struct arena *a, const struct json *bank_holidays, struct str division, struct calendar **out, struct err *e);
bool calendar_is_working(const struct calendar *c, int64_t days);
/* The n-th working day strictly after `days`; n < 0 counts back. */
int64_t calendar_add(const struct calendar *c, int64_t days, int n);
int calendar_between(const struct calendar *c, int64_t from_days, int64_t to_days);

/* ---- what runs ---- */

enum clock_state { CLOCK_RUNNING, CLOCK_PAUSED, CLOCK_MET, CLOCK_MET_LATE, CLOCK_MET_RECORDED_LATE, CLOCK_CANCELLED, CLOCK_SUPERSEDED };

struct clock_row {
	int64_t id;
	struct str rule;    /* "plan-id#action-id" */
	struct str version; /* of the PlanDefinition */
	struct str title;   /* action.title */
	struct str subject; /* "Patient/id", or "Device/id" of a feed */
	struct str key;
	struct str opened_by; /* "Type/id/_history/v" */
	struct str owner_role, owner; /* role code; "Practitioner/id" or team when resolved */
	struct str task;      /* "Task/id", "Flag/id" ...: what its opening made, if anything */
	int64_t start_us, due_us, next_us; /* next_us: when it next does something; INT64_MAX: never */
	int64_t paused_total_us; /* still shown, on a clock that is or was paused */
	int64_t closed_us; /* 0 while open */
	struct str closed_by;
	int breached; /* escalation steps fired */
	enum clock_state state;
};
struct clock_rows {
	struct clock_row *v;
	size_t n;
};
bool pathway_clocks(struct store_read *r, struct str subject, bool open_only, struct clock_rows *out, struct err *e);
/* Of anything a rule made: "Task/id", "Flag/id", "Communication/id" ... ERR_NOT_FOUND when no rule did. */
bool pathway_clock_of_task(struct store_read *r, struct str task, struct clock_row *out, struct err *e);

/* "Why am I seeing this?": sentences, oldest first, from the explanation kept with each firing; cites the finding. */
struct why {
	struct str title;
	struct str finding; /* the plan's purpose: "CQC Derby 1.3, 2.9 ..." */
	struct str *sentences;
	size_t n;
};
bool pathway_why(struct pathway *w, struct store_read *r, int64_t clock_id, struct why *out, struct err *e);

/* Pause needs a coded reason and a second person; resume recomputes what is left. */
bool pathway_pause(struct txn *t, struct pathway *w, int64_t clock_id, struct str reason, struct str second_person, struct err *e);
bool pathway_resume(struct txn *t, struct pathway *w, int64_t clock_id, struct err *e);

/* Silence of a feed: the hl7 listener says a sender spoke ("Device/id"), and rules with a feed subject restart. */
bool pathway_heard(struct txn *t, struct pathway *w, struct str sender, struct err *e);

struct replay_report {
	int64_t events, clocks, firings;
	struct str digest; /* hex, of every clock and firing in order */
	struct str stored_digest; /* the same of what the store has: equal when the log and the rules are */
	struct json *differences; /* [{rule, gained, lost}]: firings, where the two differ */
};
/* Runs the loaded rules over the store's versions, in memory, up to where the store's engine has come, and reports on what began
 * since an instant. Feeds are left out: what a listener heard is no version. */
bool pathway_replay(struct pathway *w, struct store_read *r, struct arena *a, int64_t since_us, struct replay_report *out, struct err *e);

#endif
