/* What the files of this folder share: the store's own struct, jobs, prepared puts, index rows. */
#ifndef HEED_STORE_STORE_INT_H
#define HEED_STORE_STORE_INT_H

#include <pthread.h>
#include <semaphore.h>

#include "store/store.h"

/* ---- index rows: what search finds ---- */

enum index_kind { INDEX_TOKEN, INDEX_REFERENCE, INDEX_STRING, INDEX_DATE, INDEX_NUMBER, INDEX_QUANTITY, INDEX_URI, INDEX_KINDS };

enum { SYSTEM_NONE = 0, SYSTEM_IMPLIED = -1, STRING_INDEX_MAX = 200 };

struct index_row {
	enum index_kind kind;
	int64_t param;    /* index_param_hash */
	int64_t lo, hi;   /* date: instants; token, quantity: lo is the system */
	double number;    /* number, quantity */
	struct str text;  /* token, quantity: code; string: folded; uri; reference: target */
	struct str exact; /* string */
};

struct index_rows {
	struct index_row *v;
	size_t n, cap;
};

int64_t index_param_hash(struct str type, struct str code);
int64_t index_system_hash(struct str system); /* STR_NONE or "": SYSTEM_NONE */
struct str index_cut(struct str s);           /* at most STRING_INDEX_MAX bytes, on a character's edge */

/* All rows of a resource, sorted, each once. */
bool index_extract(struct arena *a, const struct json *resource, int64_t now_us, struct index_rows *out, struct err *e);

int index_row_cmp(const struct index_row *x, const struct index_row *y);
/* Turns the rows `before` into `after`, touching only what differs; counts what it touched. */
bool index_write(struct sql *db, int64_t rid, const struct index_rows *before, const struct index_rows *after, int64_t *touched,
		 struct err *e);

/* ---- reading from any connection ---- */

/* The columns type, id, rid, version, seq, recorded_us, method, body. Copies into a. */
void resource_from_row(struct arena *a, struct sql_stmt *s, struct resource *out);
/* The newest version, deleted or not; ERR_NOT_FOUND when there never was one. */
bool resource_newest(struct sql *db, struct arena *a, struct str type, struct str id, struct resource *out, struct err *e);
bool resource_by_seq(struct sql *db, struct arena *a, int64_t seq, struct resource *out, struct err *e);

/* ---- jobs ---- */

enum job_kind { JOB_NORMAL, JOB_ROW, JOB_DUE, JOB_ALONE };

struct job {
	struct job *next;
	enum job_kind kind;
	const struct act *act;
	struct arena *arena;
	bool (*fn)(struct txn *t, void *arg, struct err *e);
	void (*done)(void *arg, bool ok, const struct err *e); /* asynchronous ones; else ready */
	void *arg;
	struct act act_copy; /* of asynchronous ones */
	bool ok;
	struct err err;
	sem_t ready;
};

struct txn {
	struct store *store;
	struct sql *db;
	struct arena *arena;
	const struct act *act;
	int64_t now_us;
	int depth; /* of puts made by hooks of puts */
	bool reindexing;
};

/* A job in a transaction of its own, without a savepoint: for what touches everything. */
bool store_submit_alone(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e),
			void *arg, struct err *e);

struct reader {
	struct sql *db;
	bool busy;
};

enum { HOOKS_MAX = 16 };

struct store {
	struct env *env;
	bool read_only;
	unsigned char page_key[32]; /* signs paging tokens */

	struct sql *writer; /* the committer's alone */
	int64_t next_seq;   /* the committer's alone */
	int64_t last_us;    /* the newest recorded_us; the committer's alone */
	struct store_hook hooks[HOOKS_MAX];
	size_t hook_n;

	int log_copied;  /* pages of the log at the last checkpoint; the committer's alone */
	int log_gated;   /* ... when readers were last held back */
	int64_t gate_until_us;

	pthread_t committer;
	bool committer_runs;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct job *first, **last;
	bool closing;
	bool has_next_due;
	int64_t next_due_us;

	pthread_mutex_t readers_lock;
	pthread_cond_t reader_free;
	struct reader *readers;
	size_t reader_n;
	size_t reading; /* of them, busy */
	bool gate;      /* new reads wait a moment, so that the log can start over */
};

/* Between reads: nobody is on a snapshot of the log. */
void readers_gate(struct store *s, bool closed);
bool readers_idle(struct store *s);

struct store_read {
	struct store *store;
	struct reader *reader;
	struct arena *arena;
};

void *committer_main(void *store);

/* ---- puts: what can be done before the committer, done by the caller ---- */

struct prepared {
	const struct put *put;
	struct json *tree;          /* the body, with id and meta of its own */
	struct json *id_node, *version_node, *updated_node;
	struct str meta_rest, rest; /* written: what follows lastUpdated inside meta, what follows meta */
	struct index_rows rows;
	struct search *query;       /* of if_none_exist or if_query */
	/* The version it replaces, as read before the committer; looked at again there. */
	bool has_base;
	int64_t base_seq;
	const struct json *base;
	struct index_rows base_rows;
};

bool put_prepare(struct arena *a, const struct put *p, int64_t now_us, struct prepared *out, struct err *e);
bool put_prepare_base(struct store_read *r, struct prepared *p, struct err *e);
bool put_apply(struct txn *t, struct prepared *p, struct put_result *out, struct err *e);

bool current_write(struct sql *db, const struct resource *r, struct err *e);

/* Runs the hooks on a version already written (put_apply, reindex). */
bool hooks_run(struct txn *t, const struct store_event *event, struct err *e);

#endif
