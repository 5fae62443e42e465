/* store: every version of every resource, what is derived from them, and the one way to write.
 *
 * Content      `version` holds each version's bytes as written; nothing else is truth.
 * Derived      `current`, the index tables, and whatever hooks keep. store_reindex rebuilds them, and a test compares.
 * Writing      one committer thread. Callers hand it jobs; it runs what is waiting inside one transaction, each job in a savepoint
 *              of its own, does one durable commit, and only then answers. A job that fails leaves nothing.
 * Hooks        folders above this one (ledger, pathway, measure, ...) register a hook: it sees each version as it is written, inside
 *              the same transaction, and may write more. So a change and all it sets off commit together, or not at all.
 * Reading      any number of readers, each on a snapshot. No read blocks a write.
 * Time         everything is stamped by env; order is seq, which the committer hands out without gaps.
 *
 * Threads      store functions: any thread. struct store_read: one thread. struct txn: only inside a job or hook.
 * Errors       ERR_NOT_FOUND, ERR_GONE, ERR_PRECONDITION, ERR_CONFLICT, ERR_MULTIPLE; ERR_STORAGE and ERR_UNAVAILABLE when the disk
 *              failed, in which case the outcome is unknown and says so.
 */
#ifndef HEED_STORE_STORE_H
#define HEED_STORE_STORE_H

#include "fhirpath/fhirpath.h"
#include "sql/sql.h"

struct store;
struct store_read;
struct txn;

struct store_config {
	const char *url; /* sqlite:DIR */
	struct env *env;
	size_t readers; /* connections; 0: 8 */
	bool read_only; /* for verify and export beside a running server: no committer, writes are refused */
};

bool store_open(const struct store_config *config, struct store **out, struct err *e);
void store_close(struct store *s); /* finishes what is waiting */
struct env *store_env(struct store *s);

/* ---- resources ---- */

enum store_method { STORE_CREATE, STORE_UPDATE, STORE_DELETE };

struct resource {
	struct str type, id;
	int64_t rid;      /* of the resource, the same for all its versions */
	int64_t version;  /* 1, 2, 3 ... */
	int64_t seq;      /* of this version, over everything */
	int64_t recorded_us;
	enum store_method method; /* how this version came about */
	bool deleted;
	struct str body; /* JSON with id and meta.versionId, meta.lastUpdated; STR_NONE when deleted */
};

/* ---- reading ---- */

/* Waits for a free connection. `a` owns what is read. */
struct store_read *store_read_begin(struct store *s, struct arena *a, struct err *e);
void store_read_end(struct store_read *r);

bool store_get(struct store_read *r, struct str type, struct str id, struct resource *out, struct err *e);
bool store_get_version(struct store_read *r, struct str type, struct str id, int64_t version, struct resource *out, struct err *e);

struct resources {
	struct resource *v;
	size_t n;
};
/* Newest first, from below `before_version` (0: the newest), at most `limit`. */
bool store_history(struct store_read *r, struct str type, struct str id, int64_t before_version, size_t limit, struct resources *out,
		   struct err *e);
/* Versions with seq > after, in order: replay, outbox, export. */
bool store_versions_after(struct store_read *r, int64_t after_seq, size_t limit, struct resources *out, struct err *e);
struct sql *store_read_sql(struct store_read *r); /* for the tables of other folders */
struct arena *store_read_arena(struct store_read *r);

/* ---- searching (search.h has the parser's own parts) ---- */

struct search; /* a parsed, checked query */

/* query: the part after '?', still percent-encoded, or a form body. Strict: an unknown parameter or modifier is ERR_INVALID. */
bool search_parse(struct arena *a, struct str type, struct str query, int64_t now_us, struct search **out, struct err *e);

/* Resources carrying any of these meta.security or derived labels are not there, for this search: before counts, sorts and pages. */
void search_hide_labels(struct search *q, const struct str *labels, size_t n);
/* Only resources in these Patients' compartments. */
void search_only_patients(struct search *q, const struct str *ids, size_t n);

struct search_page {
	struct resources matches;
	struct resources included; /* by _include and _revinclude */
	bool has_total;
	int64_t total;
	struct str self_query; /* what was applied, canonical */
	struct str next_query; /* STR_NONE on the last page; holds an opaque keyset token */
};
bool store_search(struct store_read *r, const struct search *q, struct search_page *out, struct err *e);

/* ---- writing ---- */

/* Who does it, for the ledger and Provenance; carried by every job. */
struct act {
	struct str agent;   /* "Practitioner/id", "Device/id" of a sending system, or "system" */
	struct str role;    /* pack role code */
	struct str on_behalf_of; /* Organization or team */
	struct str purpose; /* v3 PurposeOfUse: TREAT, ETREAT, HOPERAT ... */
	struct str reason;  /* when one was asked for */
	struct str channel; /* web, fhir, hl7, rule, cli */
	struct str request; /* id of the request, for the log */
};

struct put {
	enum store_method method;
	struct str type;
	struct str id;              /* STR_NONE on create: one is made */
	const struct json *body;    /* validated by the caller with fhir_validate; NULL on delete */
	int64_t if_version;         /* 0: no If-Match */
	struct str if_none_exist;   /* a search query: one match means no write and that match is the answer */
	struct str if_query;        /* conditional update or delete: the query that picks the target */
};

struct put_result {
	struct resource resource;
	bool created;
	bool unchanged; /* same content, or an existing match: no new version */
};

struct change {
	struct act act;
	const struct put *puts;
	size_t n;
	struct put_result *results; /* n of them, in the caller's arena */
};

/* All of it or nothing; durable when it returns true. Blocks until then. Local references "urn:uuid:..." must be rewritten before. */
bool store_commit(struct store *s, struct arena *a, struct change *c, struct err *e);

/* A job: fn runs on the committer thread inside the transaction. `a` must outlive the call (it blocks). */
bool store_submit(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e), void *arg,
		  struct err *e);

/* As store_submit, for a job that adds one row and sets nothing off (a ledger entry): no savepoint, so it must not fail after it
 * has written. */
bool store_submit_row(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e),
		      void *arg, struct err *e);

/* store_submit without waiting: done(arg, ok, error) runs on the committer thread after the durable commit. `a` is not kept:
 * the job gets an arena of its own, which ends after done(). */
void store_submit_async(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e),
			void (*done)(void *arg, bool ok, const struct err *e), void *arg);

/* Inside a job or hook: */
bool txn_put(struct txn *t, const struct put *p, struct put_result *out, struct err *e);
bool txn_get(struct txn *t, struct str type, struct str id, struct resource *out, struct err *e);
bool txn_search(struct txn *t, const struct search *q, struct search_page *out, struct err *e); /* sees what this transaction wrote */
struct sql *txn_sql(struct txn *t);
struct arena *txn_arena(struct txn *t); /* lives until the job's answer */
int64_t txn_now_us(struct txn *t);      /* one instant a job */
const struct act *txn_act(const struct txn *t);
struct store *txn_store(struct txn *t);
bool txn_reindexing(const struct txn *t); /* a hook then only rebuilds its tables: txn_put is refused */

/* What a hook sees of one write. */
struct store_event {
	const struct resource *resource;
	const struct json *body;     /* NULL when deleted */
	const struct json *previous; /* of the version before; NULL when there was none */
};

struct store_hook {
	const char *name;
	void *arg;
	/* Refusing (false) undoes the whole job. */
	bool (*wrote)(void *arg, struct txn *t, const struct store_event *event, struct err *e);
	/* The committer wakes at or after this instant and calls due() in a transaction of its own; INT64_MAX for never. */
	int64_t (*next_due_us)(void *arg, struct sql *db);
	bool (*due)(void *arg, struct txn *t, int64_t now_us, struct err *e);
	/* store_reindex: forget what is derived; wrote() is then called for every version in order of seq. NULL: what this hook
	 * keeps is not derived, and reindexing leaves it alone. */
	bool (*forget)(void *arg, struct sql *db, struct err *e);
};

/* Before the first write; hooks run in the order of registration. What is due is looked at from the first store_run_due on, which
 * the program calls once all hooks are there. */
void store_hook_add(struct store *s, const struct store_hook *hook);

/* Runs what is due now (a turned clock); returns when it has committed. */
bool store_run_due(struct store *s, struct err *e);

/* ---- keeping ---- */

struct reindex_report {
	int64_t versions, resources, index_rows, differences;
};
/* Rebuilds derived rows; counts rows that differ from what was there. */
bool store_reindex(struct store *s, struct reindex_report *out, struct err *e);

/* Text folded for searching and matching: NFKC, case and marks removed, white space collapsed (utf8proc). */
struct str text_fold(struct arena *a, struct str s);

/* Sets up SQLite's memory and threading; call once, first thing. */
void store_library_init(void);

#endif
