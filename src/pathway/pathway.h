/* pathway: rules, clocks, silence, escalation, and why.
 *
 * Rules are the pack's PlanDefinitions (rules.md B2). The engine is a store hook: every version written is matched against the
 * rules of its type; clocks open, are met, paused, resumed, cancelled; what is due fires from the due index. All in the
 * transaction of the write, all from its recorded time: no wall clock, no chance, no hash order. The same log and rules give the
 * same digest.
 *
 * Threads  the hook runs on the committer; reading functions take a store_read.
 */
#ifndef HEED_PATHWAY_PATHWAY_H
#define HEED_PATHWAY_PATHWAY_H

#include "pack/pack.h"
#include "store/store.h"

struct pathway;

bool pathway_open(struct store *s, const struct pack *p, struct pathway **out, struct err *e);
void pathway_close(struct pathway *w);

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
	struct str task;      /* "Task/id" the firing made, if any */
	int64_t start_us, due_us, next_us; /* next_us: when it next does something */
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

/* Silence of a feed: the hl7 listener says a sender spoke, and rules with a feed subject restart. */
bool pathway_heard(struct txn *t, struct pathway *w, struct str sender, struct err *e);

struct replay_report {
	int64_t events, clocks, firings;
	struct str digest; /* hex, of every clock and firing in order */
	struct json *differences; /* against what is stored: firings gained and lost by rule */
};
/* Runs the loaded rules over the store's versions since an instant, in memory. */
bool pathway_replay(struct pathway *w, struct store_read *r, struct arena *a, int64_t since_us, struct replay_report *out, struct err *e);

#endif
