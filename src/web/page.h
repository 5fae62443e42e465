/* page: what the gatherers share. One visit is one request: who is asking, a snapshot to read from, and what was shown.
 *
 * A page: visit_person (or visit_anybody) decides through access_check; then docs are read, which hides what this reader may not see
 * and remembers every version read; page_send writes the ledger row, and only when that is durable does the page go out.
 */
#ifndef HEED_WEB_PAGE_H
#define HEED_WEB_PAGE_H

#include "identity/identity.h"
#include "web/view.h"
#include "web/web.h"

struct found_slot;

struct web {
	struct arena *arena;
	struct web_config c;
	struct str service;
	struct found_slot *slots; /* searches, so that no name stands in an address */
};

struct visit {
	struct web *w;
	struct http_request *q;
	struct http_response *r;
	struct arena *a;
	struct user user;
	bool signed_in;
	struct str csrf;
	struct store_read *read;
	int64_t now_us, today; /* today: local day number */
	struct http_field *fields; /* of a POST's body, or a GET's query */
	size_t field_count;
	struct html h;
	struct frame frame;
	struct banner banner;
	struct str person; /* "Patient/id" once visit_person allowed it */
	const struct json *patient;
	struct str hidden[ACCESS_MAX_LABELS];
	size_t hidden_count;
	size_t held_back; /* how many results this role may not see */
	struct buf items; /* versions shown, for the ledger */
};

struct str field(const struct visit *v, const char *name);

/* ---- deciding ---- */

/* For lists over many people: what this reader's labels hide. False after an error page. */
bool visit_anybody(struct visit *v);
/* Reads the Patient of the route's {id}; asks for a reason, or refuses, when it must. False after the answer was made. */
bool visit_person(struct visit *v, struct str id);
/* May the reader write such a resource about this person? False after an error page. */
bool visit_may_write(struct visit *v, const char *type);

/* ---- reading ---- */

struct doc {
	struct resource r;
	const struct json *j;
};
struct docs {
	struct doc *v;
	size_t n;
	int64_t total; /* -1 when not asked for (_total=accurate) */
};
/* A search, without what the reader may not see. A type the role may not read gives nothing. */
struct docs docs_find(struct visit *v, const char *type, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* As docs_find, and adds to v->held_back how many were left out. */
struct docs docs_find_counted(struct visit *v, const char *type, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* R4 has no search parameter for a Flag's status, so those in force are picked out here. person: "Patient/id". */
struct docs docs_active_flags(struct visit *v, struct str person, size_t most);
bool doc_get(struct visit *v, struct str reference, struct doc *out); /* "Type/id", for names and links; not what labels hide */
void doc_shown(struct visit *v, const struct doc *d);
/* May this one resource be shown, its labels counted? A 404 page when not. The person was decided before. */
bool visit_resource(struct visit *v, const struct doc *d);

/* ---- writing ---- */

bool visit_commit(struct visit *v, struct put *puts, struct put_result *results, size_t n, struct err *e);

/* ---- answering ---- */

void page_send(struct visit *v, int status); /* ends v->h; ledger row first when something of a record was shown */
void page_error(struct visit *v, int status, const char *heading, struct str text, const char *todo);
void page_err(struct visit *v, const struct err *e);
/* Shows what was posted when it cannot be taken; false when there are no words in it. */
bool page_words_back(struct visit *v, const char *title, struct words_view *view, int status);
void page_go(struct visit *v, struct str path);
/* The frame of a page about v->person, or about nobody. */
void page_begin(struct visit *v, struct str title, enum web_part part);

/* ---- words ---- */

struct str patient_name(struct arena *a, const struct json *p);   /* "REED, Maya" */
struct str patient_given(struct arena *a, const struct json *p);  /* "Maya" */
struct str patient_plain(struct arena *a, const struct json *p);  /* "Maya Reed" */
struct str patient_initials(struct arena *a, const struct json *p);
struct str patient_nhs(struct arena *a, const struct json *p);    /* "999 048 7723" or "" */
struct str patient_address(struct arena *a, const struct json *p);
bool patient_born(const struct json *p, int64_t *days);
bool patient_is_child(const struct visit *v, const struct json *p);
struct str patient_age(struct visit *v, const struct json *p);    /* "7y 5m" */
struct str patient_gender(const struct json *p);
struct banner banner_of(struct visit *v, const struct json *p);

const struct json *extension(const struct json *resource, const char *name); /* ours, by its last part */
struct str extension_text(const struct json *resource, const char *name);    /* its string, code or date */
struct str coding_code(const struct json *concept);
struct str concept_text(struct visit *v, const struct json *concept); /* text, else display, else what the pack calls the code */
struct str reference_text(struct visit *v, const struct json *reference); /* display, or the name behind it */
struct str who_is(struct visit *v, struct str reference); /* "You", "June Hartley", "Paediatric liaison", "Nobody" */

bool instant_of(struct str date_time, int64_t *us);
struct str when_due(struct visit *v, int64_t due_us, const char **colour); /* "16 hours late", "17:00 today", "12 days" */
struct str staff_time(struct visit *v, int64_t us); /* with the time of day unless it is midnight */

/* Dates as staff write them, and "an attendance" for "Encounter/id": texts that rules write are read by people. */
struct str friendly(struct visit *v, struct str text);

bool task_open(const struct json *task);
/* The same thing asked of the same owner about the same event. */
bool task_twins(const struct json *a, const struct json *b);
/* When it is due; when it has no date of its own, when what it is about was due. INT64_MAX: never. */
int64_t work_due(struct visit *v, const struct doc *task);
bool task_due(const struct json *task, int64_t *us);
struct str task_title(struct visit *v, const struct json *task);
/* The form that answers a task (setting task-form-CODE of the pack), as an address; "" when there is none. */
struct str task_form(struct visit *v, const struct doc *task, struct str *title);

struct work_row work_row_of(struct visit *v, const struct doc *task);
struct flag_view flag_of(struct visit *v, const struct doc *d);
struct str id_of_reference(struct str reference, const char *type); /* "" when it is of another type */

/* ---- pages; each answers ---- */

typedef void page_fn(struct visit *v);
page_fn page_today, page_task, page_task_take, page_task_give, page_task_done, page_task_add, page_people, page_find, page_found, page_person, page_flags, page_facts, page_facts_saved,
	page_reason, page_reason_given, page_forms, page_form, page_form_post, page_form_draft, page_answers, page_entry, page_referral,
	page_referrals, page_why, page_why_of, page_feeds, page_help, page_accessibility, page_cover, page_sign_in, page_sign_in_post,
	page_sign_out;

/* Searches remembered by an opaque token (page_find.c). */
struct found_slot *found_slots_new(struct arena *a);

/* page_person.c, person_chronology.c, person_family.c */
struct person_flags {
	struct flag_view *on, *ended;
	size_t on_count, ended_count;
};
struct person_flags gather_flags(struct visit *v);
size_t gather_facts(struct visit *v, struct str self, bool child, struct fact **out);
/* What is to be done about v->person, soonest first. */
size_t gather_clocks(struct visit *v, struct clock_view **out, bool *failed);
void gather_chronology(struct visit *v, struct person_view *out);
void gather_family(struct visit *v, struct person_view *out);

#endif
