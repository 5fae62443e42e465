/* clock: the life of one obligation, as a pure state machine. Nothing here knows of resources, tables or the present instant.
 *
 *   running -> met | met late | met, recorded late | paused | cancelled | superseded
 *   paused  -> running (resumed, or its maximum passed) | met ... | cancelled
 *   met ... -> running (the evidence was entered in error)
 *
 * A breach is not a state of its own: it is how many steps of the ladder have fired. A clock met after its due time keeps them:
 * what was known then stays known.
 */
#ifndef HEED_PATHWAY_CLOCK_H
#define HEED_PATHWAY_CLOCK_H

#include "pathway/amount.h"

#define NEVER INT64_MAX
#define CLOCK_MAX_STEPS 8

enum restart { RESTART_NO, RESTART_MET, RESTART_ELAPSED };

struct clock_spec {
	bool has_within;
	struct amount within; /* n < 0: counts back from the start, as in "3 wd before the conference" */
	enum due_at due_at;
	bool in_office_hours;
	bool has_warn;
	struct amount warn;
	int met_count;
	bool has_pause_max;
	struct amount pause_max;
	enum restart restart;
	size_t steps; /* of the ladder; a clock without one still breaches once, at due */
	struct amount after[CLOCK_MAX_STEPS];
};

struct clock {
	enum clock_state state;
	int64_t start_us, due_us, next_us;
	int step; /* of the ladder, fired so far */
	bool warned;
	int met; /* evidences so far */
	int64_t remaining;   /* while paused: working days, working minutes, days, or microseconds, as the unit is */
	int64_t paused_us;   /* since when */
	int64_t pause_until; /* NEVER: no maximum */
	int64_t paused_total_us;
};

enum fired { FIRED_WARNING, FIRED_BREACH, FIRED_PAUSE_OVER, FIRED_RESTART };

struct clock clock_start(const struct clock_spec *spec, const struct calendar *cal, int64_t start_us);
/* The start moved (a corrected date) or the calendar did: due again. True when it changed. Steps that fired stay fired. */
bool clock_recompute(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t start_us);
/* Something else made it due: it may not be later than this. */
void clock_due_by(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t us);
int64_t clock_next(const struct clock_spec *spec, const struct calendar *cal, const struct clock *c);
/* What next_us stood for; advances. For a breach, *step is its number on the ladder. */
enum fired clock_fire(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int *step);

/* Evidence valid at one instant and recorded at another. True when that was enough to close it. */
bool clock_evidence(const struct clock_spec *spec, struct clock *c, int64_t valid_us, int64_t recorded_us);
/* One evidence taken back: open again when too few are left. */
bool clock_withdraw(const struct clock_spec *spec, const struct calendar *cal, struct clock *c);

bool clock_pause(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t at_us);
bool clock_resume(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, int64_t at_us);
void clock_close(const struct clock_spec *spec, const struct calendar *cal, struct clock *c, enum clock_state state);

bool clock_is_open(enum clock_state s);
bool clock_is_met(enum clock_state s);
const char *clock_state_name(enum clock_state s);
const char *clock_state_words(enum clock_state s);

#endif
