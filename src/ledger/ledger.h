/* ledger: who read, wrote, shared and decided; append-only, each row chained to the one before by SHA-256.
 *
 * A write's row is appended by the store hook, in the transaction of the write. A read's row is durable before the first byte of
 * the answer leaves (reliability.md I5): ledger_read blocks until then, sharing one fsync with whatever else is waiting. If the
 * row cannot be written, the read is refused.
 *
 * Threads  any.
 */
#ifndef HEED_LEDGER_LEDGER_H
#define HEED_LEDGER_LEDGER_H

#include "store/store.h"

struct ledger;

enum ledger_kind {
	LEDGER_READ,     /* one resource or one person's page */
	LEDGER_SEARCH,   /* a query; items are what it disclosed */
	LEDGER_WRITE,
	LEDGER_DENIED,
	LEDGER_SIGN_IN,
	LEDGER_SIGN_OUT,
	LEDGER_SHARE,    /* sent to somebody: a notice, a message, a letter */
	LEDGER_DECISION
};

struct ledger_entry {
	int64_t seq;
	int64_t at_us;
	enum ledger_kind kind;
	struct act act;
	struct str person; /* "Patient/id" it is about, when there is one */
	struct str items;  /* space-separated "Type/id/_history/v" disclosed or written; cut at 4,000 bytes with a count */
	struct str detail; /* search parameters by name only; the decision's because; never values */
};

/* Registers the store hook: before every other hook, so that the rows of writes are in the order of their versions. */
bool ledger_open(struct store *s, struct ledger **out, struct err *e);
void ledger_close(struct ledger *l);

/* Durable when it returns true. */
bool ledger_record(struct ledger *l, struct arena *a, const struct ledger_entry *entry, struct err *e);

/* In a job: joins its transaction. */
bool ledger_append(struct txn *t, const struct ledger_entry *entry, struct err *e);

struct ledger_entries {
	struct ledger_entry *v;
	size_t n;
};
/* Newest first; person STR_NONE: all. */
bool ledger_list(struct store_read *r, struct str person, int64_t before_seq, size_t limit, struct ledger_entries *out, struct err *e);

struct ledger_check {
	int64_t rows;
	int64_t first_bad_seq; /* 0 when the chain holds */
	struct str head;       /* hex */
};
/* Recomputes the chain, and that each version in the store has its write row with the digest of its bytes. */
bool ledger_verify(struct store_read *r, struct ledger_check *out, struct err *e);
/* The hash of one row, hex: a head that was noted elsewhere must still be found at its row, which shows that nothing was cut off. */
bool ledger_hash_at(struct store_read *r, int64_t seq, struct str *hex, struct err *e);

/* The AuditEvent of a row (IHE BALP shapes). */
struct json *ledger_audit_event(struct arena *a, const struct ledger_entry *entry);

#endif
