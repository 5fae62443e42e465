/* access: who may, decided in one pure function; and who is asking (users, sign-in, sessions, tokens).
 *
 * access_decide does no I/O: facts in, decision out, with the reason in words. Every page, API call and message goes through
 * access_check, which gathers the facts, decides, and records the decision and the read in the ledger before any byte leaves.
 *
 *   allow  go on. labels says which security labels this reader may not see: searches hide them before counting.
 *   ask    the reader has no relationship with the person: a reason is asked for, kept, and shown to the child and to review.
 *   deny   403; the page says what, why, and how to ask.
 *
 * Threads  any.
 */
#ifndef HEED_ACCESS_ACCESS_H
#define HEED_ACCESS_ACCESS_H

#include "ledger/ledger.h"
#include "pack/pack.h"

enum access_action { ACCESS_READ, ACCESS_SEARCH, ACCESS_WRITE, ACCESS_ADMIN };
enum access_answer { ACCESS_ALLOW, ACCESS_ASK, ACCESS_DENY };

/* How the reader stands to the person. */
enum access_relationship {
	ACCESS_NONE,
	ACCESS_TEAM,     /* an open EpisodeOfCare, CareTeam or Encounter of the reader's team */
	ACCESS_TASK,     /* an open Task for the reader or the reader's team */
	ACCESS_REFERRAL, /* sender or receiver of a referral */
	ACCESS_REASON,   /* gave a reason that still holds */
	ACCESS_SELF_OR_FAMILY /* the reader is the person, a relative or lives there: stopped, whatever the role */
};

struct access_facts {
	enum access_action action;
	struct str resource_type;
	bool about_person;       /* about one person, or a search that could reach any; false for a Location, Questionnaire, ... */
	struct str role;         /* pack role code; "system" */
	bool role_open;          /* pack: may_open_without_relationship */
	bool role_may_write;     /* pack: the role's capabilities name this type */
	bool role_may_read;
	bool is_admin;
	bool scope_allows;       /* a token's SMART scope covers type and action; true for a session */
	enum access_relationship relationship;
	const struct str *labels; /* restricting labels on the resource */
	size_t label_count;
	const struct str *cleared; /* labels the role may see */
	size_t cleared_count;
	const struct str *known;   /* all labels that restrict */
	size_t known_count;
};

enum { ACCESS_MAX_LABELS = 24 };

struct access_decision {
	enum access_answer answer;
	bool invisible; /* a denial that must look like absence: 404, not 403 (reliability.md I4) */
	struct str hidden[ACCESS_MAX_LABELS]; /* known labels this reader may not see, to hide in searches and lists */
	size_t hidden_count;
	const char *because; /* a sentence; never names the hidden service */
};

/* In this order; the first that holds decides:
 *   1 the token's scope does not cover it: deny                    5 not about a person: allow
 *   2 administration: by administrators only                       6 the reader, their family or household: ask, whatever the role
 *   3 nobody writes the audit trail; the role may not: deny        7 any other relationship, or a reason that holds: allow
 *   4 a label the role is not cleared for: deny, invisibly         8 none: allow when the role may open without one, else ask
 */
struct access_decision access_decide(const struct access_facts *f);

/* ---- who is asking ---- */

struct access; /* users, sessions and tokens over one store */

struct user {
	struct str id;   /* our own */
	struct str name; /* sign-in name */
	struct str display; /* "Priya Shah" */
	struct str practitioner; /* "Practitioner/id" */
	struct str role, role_label, team;
	bool is_system; /* a token for a program */
	struct str scope; /* "" for a session */
	struct str session; /* id, for CSRF and reasons */
	bool disabled;
};

bool access_open(struct store *s, struct ledger *l, const struct pack *p, struct access **out, struct err *e);
void access_close(struct access *a);

/* argon2id; a wrong name costs the same as a wrong password. Locked after 5 failures for 15 minutes (both in the pack). */
bool access_sign_in(struct access *a, struct arena *arena, struct str name, struct str password, struct str *cookie, struct user *out,
		    struct err *e);
void access_sign_out(struct access *a, struct str cookie);
/* Idle 15 minutes, 12 hours at most. False with ERR_LOGIN when there is none. */
bool access_session(struct access *a, struct arena *arena, struct str cookie, struct user *out, struct err *e);
/* "__Host-heed" over TLS, "heed" without; and the Set-Cookie value (an empty cookie takes it away). */
const char *access_cookie_name(bool secure);
struct str access_cookie_set(struct arena *arena, struct str cookie, bool secure);
struct str access_csrf(struct access *a, struct arena *arena, const struct user *u);
bool access_csrf_ok(struct access *a, const struct user *u, struct str token);

/* Without a password (STR_NONE) the user can only be given tokens. A user is Practitioner/NAME to FHIR, a system Device/NAME. */
bool access_user_add(struct access *a, struct str name, struct str display, struct str role, struct str password, struct err *e);
bool access_user_disable(struct access *a, struct str name, struct err *e);
struct users {
	struct user *v;
	size_t n;
};
bool access_users(struct access *a, struct arena *arena, struct users *out, struct err *e);

// Scopes are SMART's: user/Patient.read, user/*.cruds, system/*.* (for systems alone). Empty: all that the user's role may.
bool access_token_make(struct access *a, struct arena *arena, struct str user_name, struct str scope, int minutes, struct str *out,
		       struct err *e);
bool access_token(struct access *a, struct arena *arena, struct str bearer, struct user *out, struct err *e);

/* ---- from another process ----
 *
 * The data directory has one writer (design decision 5), so `heed user` and `heed token` do not open it while a server runs:
 * they ask the server, through DIR/control.sock, which only the same user of this machine can open. A second connection would
 * have been less code, and would have brought SQLite's WAL-reset race back.
 */

/* {"do": "user-add" | "user-list" | "user-disable" | "token", "name", "display", "role", "password", "scope", "minutes"} */
bool access_command(struct access *a, struct arena *arena, const struct json *request, struct str *text, struct err *e);
bool access_control_start(struct access *a, const char *dir, struct err *e);
void access_control_stop(struct access *a);
/* Asks the server of that directory. *running is false when there is none. */
bool access_control_ask(struct arena *arena, const char *dir, const struct json *request, bool *running, struct str *text, struct err *e);

/* ---- may I ---- */

struct access_request {
	const struct user *user;
	enum access_action action;
	struct str type;
	struct str person; /* "Patient/id", or STR_NONE */
	const struct json *resource; /* for its labels, and its person when none is named; may be NULL */
	struct str channel, request, detail;
};

/* The person a resource is about: "Patient/id", or STR_NONE. */
struct str access_person_of(struct arena *arena, const struct json *resource);

/* Decides; on ask or deny also writes the ledger row. Reads pass their row to access_disclose once they know what they disclose. */
struct access_decision access_check(struct access *a, struct store_read *r, const struct access_request *q);

/* Decides and writes nothing: for the parts of something whose whole is checked or recorded once. */
struct access_decision access_look(struct access *a, struct store_read *r, const struct access_request *q);

/* What was asked for is not there: the same ledger row as for what is hidden, so that neither time nor the ledger's length tells
 * the one from the other (reliability.md I4, S4). */
void access_absent(struct access *a, struct store_read *r, const struct access_request *q); /* r may be NULL */

/* The ledger row of what is about to be sent; false means: do not send. */
bool access_disclose(struct access *a, struct arena *arena, const struct access_request *q, struct str items, struct err *e);

/* A reason for opening a record without a relationship: code of the pack's list, and words. Holds 3 hours (T-IG-3). */
bool access_give_reason(struct access *a, const struct user *u, struct str person, struct str code, struct str words, struct err *e);

struct act access_act(const struct user *u, struct str channel, struct str request);

#endif
