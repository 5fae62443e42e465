/* The committer: the one thread that writes, commits and checkpoints.
 *
 * It takes what is waiting (never waiting for more), runs each job in a savepoint of one transaction, commits once, and then
 * answers. When the disk fails so that nobody can know what was kept, the process ends: a restart reads what is on the disk,
 * and a client that got no answer knows that it does not know. */
#include "store/store_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH_JOBS_MAX = 1024,
	BATCH_US_MAX = 50 * 1000,  /* a batch older than this is committed with what it has */
	LOG_PAGES_IDLE = 500,      /* checkpoint when there is nothing else to do and this many are new */
	LOG_PAGES_STEP = 4000,     /* checkpoint between batches: 16 MB */
	LOG_PAGES_FULL = 16000,    /* time for the log to start over: 64 MB */
	GATE_US_MAX = 100 * 1000,  /* readers are held back no longer */
	DUE_ROUNDS_MAX = 1000000,
	DUE_SAME_MAX = 10000,      /* rounds that leave the same instant due */
	SLEEP_MAX_S = 60,          /* the wall clock may be set meanwhile */
	EXIT_DISK = 74
};

static void die_if_lost(struct store *s, const struct err *e)
{
	if (!sql_must_exit(s->writer))
		return;
	log_line(LOG_ERROR, "store", "the disk failed and the outcome of the last writes is unknown; ending: %s", e->message);
	_exit(EXIT_DISK);
}

static void answer(struct job *j)
{
	struct arena *own = j->done ? j->arena : NULL;
	if (!j->done) {
		sem_post(&j->ready); /* j is the caller's again from here */
		return;
	}
	j->done(j->arg, j->ok, &j->err);
	arena_destroy(own); /* holds j */
}

/* ---- a batch ---- */

struct batch {
	struct job *jobs;   /* what was taken; those run come first */
	struct job *rest;   /* not run, for the next one */
	bool lost;          /* the engine rolled the transaction back by itself */
	bool plain;         /* only rows that set nothing off */
};

static bool run_job(struct store *s, struct job *j)
{
	struct txn t = {.store = s, .db = s->writer, .arena = j->arena, .act = j->act};
	int64_t seq = s->next_seq;
	bool guarded = j->kind != JOB_ROW;
	t.now_us = env_now_us(s->env);
	if (t.now_us < s->last_us)
		t.now_us = s->last_us;
	s->last_us = t.now_us;
	if (guarded && !sql_savepoint(s->writer, &j->err))
		return false;
	j->ok = j->fn(&t, j->arg, &j->err);
	if (!j->ok) {
		s->next_seq = seq;
		if (guarded)
			sql_rollback_to(s->writer);
	}
	die_if_lost(s, &j->err);
	return !guarded || sql_release(s->writer, NULL);
}

static void run_jobs(struct store *s, struct batch *b)
{
	int64_t start = env_monotonic_us();
	b->plain = true;
	for (struct job *j = b->jobs; j; j = j->next) {
		b->plain = b->plain && j->kind == JOB_ROW;
		if (!run_job(s, j)) {
			b->lost = true;
			return;
		}
		if (j->next && env_monotonic_us() - start > BATCH_US_MAX) {
			b->rest = j->next;
			j->next = NULL;
		}
	}
}

/* Those that had failed by themselves keep their own reason. */
static void fail_all(struct batch *b, const struct err *e)
{
	for (struct job *j = b->jobs; j; j = j->next) {
		if (j->ok || j->err.code == ERR_NONE || j->err.code == ERR_STORAGE)
			j->err = *e;
		j->ok = false;
	}
}

static void commit_batch(struct store *s, struct batch *b)
{
	struct err e = ERR_INIT;
	int64_t seq = s->next_seq;
	bool ok = sql_begin(s->writer, &e);
	if (ok) {
		run_jobs(s, b);
		ok = b->lost ? err_set(&e, ERR_STORAGE, "there is no room on the disk; nothing was kept") : sql_commit(s->writer, &e);
	}
	die_if_lost(s, &e);
	if (ok)
		return;
	sql_rollback(s->writer);
	s->next_seq = seq;
	log_line(LOG_ERROR, "store", "a batch was not kept: %s", e.message);
	fail_all(b, &e);
}

static void answer_all(struct batch *b)
{
	for (struct job *j = b->jobs; j;) {
		struct job *next = j->next; /* j is gone once answered */
		answer(j);
		j = next;
	}
}

/* ---- what is due ---- */

static int64_t next_due(struct store *s)
{
	int64_t least = INT64_MAX;
	for (size_t i = 0; i < s->hook_n; i++) {
		int64_t us = s->hooks[i].next_due_us ? s->hooks[i].next_due_us(s->hooks[i].arg, s->writer) : INT64_MAX;
		if (us < least)
			least = us;
	}
	return least;
}

/* A transaction of its own around one call. */
static bool run_alone(struct store *s, struct txn *t, bool (*fn)(struct txn *t, void *arg, struct err *e), void *arg, struct err *e)
{
	int64_t seq = s->next_seq;
	if (t->now_us < s->last_us)
		t->now_us = s->last_us;
	s->last_us = t->now_us;
	if (!sql_begin(s->writer, e))
		return false;
	bool ok = fn(t, arg, e) && sql_commit(s->writer, e);
	die_if_lost(s, e);
	if (!ok) {
		sql_rollback(s->writer);
		s->next_seq = seq;
	}
	return ok;
}

static bool call_due(struct txn *t, void *arg, struct err *e)
{
	struct store_hook *hook = arg;
	return hook->due(hook->arg, t, t->now_us, e);
}

static bool run_hook_due(struct store *s, struct store_hook *hook, int64_t now_us, struct err *e)
{
	static const struct act system_act = {.agent = {"system", 6}, .channel = {"rule", 4}};
	struct arena *a = arena_new(0);
	struct txn t = {.store = s, .db = s->writer, .arena = a, .act = &system_act, .now_us = now_us};
	bool ok = run_alone(s, &t, call_due, hook, e);
	arena_destroy(a);
	return ok;
}

/* Until nothing is due, or what is due does not get done. */
static bool run_due(struct store *s, struct err *e)
{
	int64_t same_since = INT64_MIN;
	int same = 0;
	for (int round = 0; round < DUE_ROUNDS_MAX; round++) {
		int64_t now_us = env_now_us(s->env);
		int64_t before = next_due(s);
		if (before > now_us)
			return true;
		for (size_t i = 0; i < s->hook_n; i++) {
			struct store_hook *h = &s->hooks[i];
			bool is_due = h->due && h->next_due_us && h->next_due_us(h->arg, s->writer) <= now_us;
			if (is_due && !run_hook_due(s, h, now_us, e))
				return false;
		}
		same = before == same_since ? same + 1 : 0;
		same_since = before;
		if (same > DUE_SAME_MAX)
			return err_set(e, ERR_INTERNAL, "what is due stays due");
	}
	return err_set(e, ERR_TOO_COSTLY, "what is due does not end");
}

static void due_now(struct store *s)
{
	struct err e = ERR_INIT;
	if (!run_due(s, &e))
		log_line(LOG_ERROR, "store", "due work failed, again in a second: %s", e.message);
	int64_t next = next_due(s);
	int64_t now_us = env_now_us(s->env);
	pthread_mutex_lock(&s->lock);
	s->next_due_us = e.code != ERR_NONE && next <= now_us ? now_us + US_PER_SECOND : next;
	pthread_mutex_unlock(&s->lock);
}

/* ---- checkpoints ---- */

static void copy_log(struct store *s, enum sql_checkpoint how)
{
	struct err e = ERR_INIT;
	s->log_copied = sql_log_pages(s->writer);
	if (sql_checkpoint(s->writer, how, &e))
		return;
	die_if_lost(s, &e);
	log_line(LOG_WARN, "store", "checkpoint: %s", e.message);
}

static int log_grown(struct store *s, int *since)
{
	int pages = sql_log_pages(s->writer);
	if (pages < *since)
		*since = 0; /* it started over */
	return pages - *since;
}

/* The log can only start over at a moment when nobody reads from it, and under steady reading there is none. So new reads are held
 * back for the moment it takes those under way to end. Jobs go on meanwhile: who reads may be waiting for one. */
static void open_gate(struct store *s)
{
	s->gate_until_us = 0;
	s->log_gated = sql_log_pages(s->writer);
	readers_gate(s, false);
}

static void mind_gate(struct store *s)
{
	bool full = sql_log_pages(s->writer) >= LOG_PAGES_FULL && log_grown(s, &s->log_gated) >= LOG_PAGES_STEP;
	if (!s->gate_until_us && full) {
		s->gate_until_us = env_monotonic_us() + GATE_US_MAX;
		readers_gate(s, true);
	}
	if (!s->gate_until_us)
		return;
	if (readers_idle(s)) {
		copy_log(s, SQL_CHECKPOINT_RESTART);
		open_gate(s);
	} else if (env_monotonic_us() > s->gate_until_us) {
		open_gate(s); /* somebody reads for long: again when the log has grown by a step */
	}
}

static void checkpoint(struct store *s, bool idle)
{
	if (log_grown(s, &s->log_copied) >= (idle ? LOG_PAGES_IDLE : LOG_PAGES_STEP))
		copy_log(s, SQL_CHECKPOINT_PASSIVE);
	mind_gate(s);
}

/* ---- the thread ---- */

static int64_t sleep_us(struct store *s)
{
	int64_t left = SLEEP_MAX_S * US_PER_SECOND;
	if (!env_is_manual(s->env) && s->next_due_us - env_now_us(s->env) < left)
		left = s->next_due_us - env_now_us(s->env);
	if (s->gate_until_us && s->gate_until_us - env_monotonic_us() < left)
		left = s->gate_until_us - env_monotonic_us();
	return left;
}

static void wait_for_work(struct store *s)
{
	struct timespec until;
	int64_t left = sleep_us(s);
	if (left <= 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + left % US_PER_SECOND * 1000;
	until.tv_sec += left / US_PER_SECOND + ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_cond_timedwait(&s->wake, &s->lock, &until);
}

static bool has_work(struct store *s)
{
	return s->first || s->closing || s->next_due_us <= env_now_us(s->env);
}

/* Waits; takes what there is. NULL jobs: something is due, or it is time to stop. */
static struct job *take(struct store *s, bool *stop)
{
	pthread_mutex_lock(&s->lock);
	while (!has_work(s)) {
		pthread_mutex_unlock(&s->lock);
		checkpoint(s, true);
		pthread_mutex_lock(&s->lock);
		if (!has_work(s))
			wait_for_work(s);
	}
	struct job *jobs = s->first;
	struct job *last = jobs;
	for (int n = 1; last && last->next && n < BATCH_JOBS_MAX; n++)
		last = last->next;
	s->first = last ? last->next : NULL;
	if (!s->first)
		s->last = &s->first;
	if (last)
		last->next = NULL;
	*stop = s->closing && !jobs;
	pthread_mutex_unlock(&s->lock);
	return jobs;
}

/* store_run_due, store_reindex: after the batch, each by itself. */
static void run_lone_job(struct store *s, struct job *j)
{
	struct txn t = {.store = s, .db = s->writer, .arena = j->arena, .act = j->act, .now_us = env_now_us(s->env)};
	j->ok = j->kind == JOB_DUE ? run_due(s, &j->err) : run_alone(s, &t, j->fn, j->arg, &j->err);
	sem_post(&j->ready);
}

static struct job *split_lone(struct job **jobs)
{
	struct job *lone = NULL, **at = jobs;
	while (*at) {
		struct job *j = *at;
		if (j->kind != JOB_DUE && j->kind != JOB_ALONE) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		j->next = lone;
		lone = j;
	}
	return lone;
}

void *committer_main(void *arg)
{
	struct store *s = arg;
	struct batch b = {0};
	for (bool stop = false; !stop;) {
		struct job *jobs = b.rest ? b.rest : take(s, &stop);
		struct job *lone = split_lone(&jobs);
		b = (struct batch){.jobs = jobs};
		if (jobs) {
			commit_batch(s, &b);
			answer_all(&b);
		}
		while (lone) {
			struct job *next = lone->next;
			run_lone_job(s, lone);
			lone = next;
		}
		if (s->hook_n && !stop && !(jobs && b.plain))
			due_now(s);
		checkpoint(s, false);
	}
	readers_gate(s, false);
	return NULL;
}

/* ---- asking ---- */

static void enqueue(struct store *s, struct job *j)
{
	pthread_mutex_lock(&s->lock);
	bool was_empty = !s->first;
	*s->last = j;
	s->last = &j->next;
	if (was_empty)
		pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static bool wait_for(struct store *s, struct job *j, struct err *e)
{
	if (s->read_only)
		return err_set(e, ERR_UNAVAILABLE, "the store is open for reading only");
	if (pthread_equal(pthread_self(), s->committer))
		return err_set(e, ERR_INTERNAL, "a job or hook cannot wait for another job: it writes through its own transaction");
	j->err = ERR_INIT;
	sem_init(&j->ready, 0, 0);
	enqueue(s, j);
	while (sem_wait(&j->ready) != 0 && errno == EINTR)
		;
	sem_destroy(&j->ready);
	if (!j->ok && e)
		*e = j->err;
	return j->ok;
}

bool store_submit(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e), void *arg,
		  struct err *e)
{
	struct job j = {.act = act, .arena = a, .fn = fn, .arg = arg};
	return wait_for(s, &j, e);
}

bool store_submit_row(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e),
		      void *arg, struct err *e)
{
	struct job j = {.kind = JOB_ROW, .act = act, .arena = a, .fn = fn, .arg = arg};
	return wait_for(s, &j, e);
}

bool store_submit_alone(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e),
			void *arg, struct err *e)
{
	struct job j = {.kind = JOB_ALONE, .act = act, .arena = a, .fn = fn, .arg = arg};
	return wait_for(s, &j, e);
}

bool store_run_due(struct store *s, struct err *e)
{
	struct job j = {.kind = JOB_DUE};
	return wait_for(s, &j, e);
}

static struct act act_dup(struct arena *a, const struct act *act)
{
	return (struct act){
		.agent = str_dup(a, act->agent), .role = str_dup(a, act->role), .on_behalf_of = str_dup(a, act->on_behalf_of),
		.purpose = str_dup(a, act->purpose), .reason = str_dup(a, act->reason), .channel = str_dup(a, act->channel),
		.request = str_dup(a, act->request),
	};
}

void store_submit_async(struct store *s, struct arena *a, const struct act *act, bool (*fn)(struct txn *t, void *arg, struct err *e),
			void (*done)(void *arg, bool ok, const struct err *e), void *arg)
{
	(void)a;
	struct arena *own = arena_new(0);
	struct job *j = ARENA_NEW(own, struct job);
	j->act_copy = act_dup(own, act);
	j->act = &j->act_copy;
	j->arena = own;
	j->fn = fn;
	j->done = done;
	j->arg = arg;
	j->err = ERR_INIT;
	enqueue(s, j);
}

/* ---- what a job sees ---- */

struct sql *txn_sql(struct txn *t)
{
	return t->db;
}

struct arena *txn_arena(struct txn *t)
{
	return t->arena;
}

int64_t txn_now_us(struct txn *t)
{
	return t->now_us;
}

const struct act *txn_act(const struct txn *t)
{
	return t->act;
}

struct store *txn_store(struct txn *t)
{
	return t->store;
}

bool txn_reindexing(const struct txn *t)
{
	return t->reindexing;
}
