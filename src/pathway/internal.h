/* What the files of this folder share: the engine, the world it runs in, and what it keeps. */
#ifndef HEED_PATHWAY_INTERNAL_H
#define HEED_PATHWAY_INTERNAL_H

#include <stdlib.h>
#include <string.h>

#include "pathway/clock.h"
#include "pathway/rule.h"

#define EXT HEED_BASE_URL "/StructureDefinition/"

/* ---- small things ---- */

bool calendar_covers(const struct calendar *c, int64_t days);
struct str calendar_urn(const struct calendar *c);
struct str calendar_version(const struct calendar *c);
void calendar_hours(const struct calendar *c, int *open_minute, int *close_minute);

const struct json *pw_ext_find(const struct json *element, const char *url); /* the extension of that url, or NULL */
struct str pw_sha256_hex(struct arena *a, struct str s);
struct str pw_join(struct arena *a, const struct str *parts, size_t n);
struct str pw_ref_of(struct arena *a, struct str type, struct str id);           /* Type/id */
struct str pw_versioned_ref(struct arena *a, const struct json *resource);       /* Type/id/_history/v */
bool pw_split_ref(struct str ref, struct str *type, struct str *id);             /* of Type/id[/_history/v] */
struct str pw_subject_of(struct arena *a, const struct json *resource);          /* Patient/id it is about, else itself */
int64_t pw_valid_time(const struct json *resource, int64_t otherwise_us);        /* when what it tells of happened */
const struct json *pw_device_of(struct arena *a, struct str sender);                /* a sending system, as a Device */
bool pw_json_has_code(const struct json *concept, struct str code);              /* CodeableConcept */

/* ---- the world: what a rule may see and make; the store, or a replayed log ---- */

struct found {
	const struct json **v;
	size_t n;
};

struct world {
	void *arg;
	bool (*get)(void *arg, struct str type, struct str id, const struct json **out, struct err *e); /* NULL when there is none */
	bool (*search)(void *arg, const struct query *filled, struct found *out, struct err *e);
	bool (*put)(void *arg, const struct json *resource, bool create, struct err *e);
	const struct pack_role *(*role)(void *arg, struct str code);
	const struct pack *pack; /* for displays; may be NULL */
};

bool query_matches(struct arena *a, const struct query *filled, const struct json *resource);
struct str query_string(struct arena *a, const struct query *filled); /* percent-encoded */

/* ---- what is kept ---- */

struct engine;

struct kept {
	int64_t id;
	struct str rule, version, digest, title, subject, home, key;
	struct clock c;
	struct str opened_by, opened_ref;
	int64_t opened_us, closed_us;
	struct str closed_by, owner_role, owner, task;
	enum clock_state state_kept;  /* as the row has it */
	struct str subject_kept;
};

struct kept_list {
	struct kept *v;
	size_t n;
};

bool keep_insert(struct engine *g, const struct kept *k, struct err *e);
bool keep_update(struct engine *g, struct kept *k, struct err *e);
/* A statement that gives clocks; up to two texts are bound first, then a number when it is not negative. */
bool keep_list(struct sql *db, struct arena *a, const char *statement, struct str x, struct str y, struct kept_list *out, struct err *e);
bool keep_same(struct sql *db, struct arena *a, struct str rule, struct str subject, struct str key, bool open_only, struct kept_list *out,
	       struct err *e);
bool keep_due(struct sql *db, struct arena *a, int64_t until_us, struct kept *out, bool *any, struct err *e);
bool keep_by_id(struct sql *db, struct arena *a, int64_t id, struct kept *out, bool *any, struct err *e);
bool keep_of_subject(struct sql *db, struct arena *a, struct str subject, int max_state, struct kept_list *out, struct err *e);
bool keep_since(struct sql *db, struct arena *a, int64_t since_us, struct kept_list *out, struct err *e);
bool keep_max(struct sql *db, const char *statement, int64_t *out, struct err *e);

/* ---- the engine ---- */

/* Who holds a role, remembered until a PractitionerRole is written. */
struct role_cache {
	struct arena *arena;
	struct map holders; /* role -> struct found */
};

struct event {
	struct str name; /* resource type, or the name of a named event */
	struct str ref;  /* Type/id */
	struct str versioned;
	int64_t version, recorded_us;
	const struct json *body;     /* the last one, when removed */
	const struct json *previous; /* NULL: none */
	bool removed, named;
};

/* What a run that nothing undoes may remember. (In the store a job can be undone after the engine is done with it.) */
struct shortcuts {
	int64_t next_due; /* nothing is due before it */
	bool any_alias;
};

struct scope;

struct engine {
	struct world *world;
	struct sql *db;
	struct arena *a;
	const struct rules *rules;
	struct role_cache *roles;
	int64_t *next_clock, *next_firing;
	struct shortcuts *shortcuts; /* NULL: ask the tables each time */
	int64_t recorded_us; /* of the event, or of the waking */
	const struct event *event; /* NULL while due clocks fire by themselves */
	struct map asked; /* of one event: plan, '|', what was asked -> struct answer; several rules of a plan ask the same */
	struct kept_list open; /* of the event's subject, read once an event and again after a change */
	bool has_open;
};

/* Due clocks first, then the event, then what is due by it already. */
bool engine_event(struct engine *g, const struct event *ev, struct err *e);
/* What is due until an instant, in order of due and id. */
bool engine_due(struct engine *g, int64_t until_us, struct err *e);
bool engine_heard(struct engine *g, struct str sender, struct err *e);
/* After a calendar changed: running clocks of these rules again. */
bool engine_recompute(struct engine *g, const struct rule *rule, struct err *e);

/* The world's get and put; what was got is kept for the event, until it is put. */
bool engine_get(struct engine *g, struct str type, struct str id, const struct json **out, struct err *e);
bool engine_put(struct engine *g, const struct json *resource, bool create, struct err *e);
/* What holds for every rule: records entered in error, merges, tasks put on hold. */
bool engine_housekeeping(struct engine *g, const struct event *ev, struct err *e);
bool engine_hold(struct scope *s, struct kept *k, bool pause, struct str by, struct str reason, struct err *e);

/* ---- scope: what an expression of a rule sees ---- */

struct answer {
	struct fp_list list;
	const struct str *inputs;
	size_t input_n;
};

struct scope {
	struct engine *g;
	bool shares; /* it asks of the event alone: answers hold for every rule of the plan */
	const struct rule *rule;
	const struct json *event, *previous; /* event may be NULL when a due clock fires */
	const struct kept *clock;            /* NULL before it is opened */
	struct str subject_ref;
	struct str holder;
	int64_t as_of_us;
	const struct json *trigger, *subject, *clock_view;
	bool has_trigger, has_subject;
	struct map variables; /* name -> struct fp_list */
	VEC(struct str) inputs; /* Type/id/_history/v, in the order they were read */
};

struct scope scope_new(struct engine *g, const struct rule *rule, const struct event *ev, const struct kept *clock, int64_t as_of_us);
bool scope_eval(struct scope *s, const struct expr *x, struct fp_list *out, struct err *e);
bool scope_bool(struct scope *s, const struct expr *x, bool *out, struct err *e);
bool scope_asked(struct scope *s, const struct expr *x, bool *out, struct err *e); /* scope_bool, once an event */
bool scope_str(struct scope *s, const struct expr *x, struct str *out, struct err *e); /* STR_NONE: empty */
struct json *scope_explain(struct scope *s, const struct expr *x);
/* Text with {{FHIRPath}} in it. */
bool template_check(struct arena *a, struct str text, struct err *e);
enum template_use { TEMPLATE_QUERY, TEMPLATE_WORDS }; /* for the store, or for people */
bool template_fill(struct scope *s, struct str text, enum template_use use, struct str *out, struct err *e);

/* ---- who, and what is made ---- */

struct owner {
	struct str role, ref; /* ref STR_NONE: nobody, and no team either */
	struct str words;     /* how it was found, for the because */
};
bool owner_find(struct scope *s, struct str role, const struct expr *holder, bool to_manager, struct owner *out, struct err *e);

struct outcome {
	const struct activity *activity;
	const struct dynamics *more; /* of the action; may be NULL */
	struct owner owner;
	int64_t at_us, due_us; /* due NEVER: none */
	struct str id;         /* made from what set it off, so that doing it twice makes one */
};
/* Puts it unless it is there already; *ref is Type/id. */
bool outcome_make(struct scope *s, const struct outcome *o, struct str *ref, struct err *e);
enum ending { ENDING_MET, ENDING_CANCELLED, ENDING_ERROR, ENDING_REOPENED };
bool outcome_end(struct engine *g, struct str ref, enum ending how, struct str because, struct err *e);
bool outcomes_end(struct engine *g, const struct kept *k, enum ending how, struct str because, struct err *e);

/* ---- because ---- */

bool firing_write(struct engine *g, const struct kept *k, const char *kind, int step, int64_t at_us, struct str outcome, const struct json *why,
		  struct err *e);
bool pathway_why_sql(struct sql *db, struct arena *a, int64_t clock_id, struct why *out, struct err *e);
/* The calendar, and how the due date came about. */
void why_add_due(struct arena *a, struct json *why, const struct rule *rule, const struct clock *c);
struct json *why_of(struct scope *s, const struct kept *k, bool opening); /* the opening's has it all, later ones what is new */

#endif
