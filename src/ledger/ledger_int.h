#ifndef HEED_LEDGER_LEDGER_INT_H
#define HEED_LEDGER_LEDGER_INT_H

#include "ledger/ledger.h"

enum { LEDGER_HASH_BYTES = 32, LEDGER_ITEMS_MAX = 4000, LEDGER_DETAIL_MAX = 2000 };

struct ledger_row {
	struct ledger_entry entry;
	int64_t version_seq;
	struct str digest; /* empty, or LEDGER_HASH_BYTES */
};

void ledger_sha256(struct str s, unsigned char out[LEDGER_HASH_BYTES]);
/* What a row's hash is to be, given the one before. */
void ledger_row_hash(struct arena *a, struct str before, const struct ledger_row *row, unsigned char out[LEDGER_HASH_BYTES]);
/* The columns seq ... detail. Points into the statement: copy what is kept. */
void ledger_entry_from_row(struct sql_stmt *s, struct ledger_entry *out);

#endif
