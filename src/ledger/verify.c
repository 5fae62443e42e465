/* Is the ledger whole, and is every version in the store the one it says was written? */
#include "ledger/ledger_int.h"

#include <string.h>

struct walk {
	struct arena *arena;
	struct sql_stmt *versions; /* stepped beside the ledger: writes are in the order of their versions */
	bool has_version;
	unsigned char hash[LEDGER_HASH_BYTES];
	struct ledger_check *out;
	struct err *e;
	bool failed;
};

static void bad(struct walk *w, int64_t seq)
{
	if (!w->out->first_bad_seq)
		w->out->first_bad_seq = seq;
}

static void next_version(struct walk *w)
{
	enum sql_step r = sql_step(w->versions, w->e);
	w->has_version = r == SQL_ROW;
	w->failed = w->failed || r == SQL_FAILED;
}

static void check_version(struct walk *w, const struct ledger_row *row)
{
	unsigned char digest[LEDGER_HASH_BYTES];
	if (!row->version_seq)
		return;
	if (!w->has_version || sql_i64(w->versions, 0) != row->version_seq) {
		bad(w, row->entry.seq);
		return;
	}
	ledger_sha256(sql_str(w->versions, 1), digest);
	if (row->digest.n != sizeof digest || memcmp(row->digest.p, digest, sizeof digest) != 0)
		bad(w, row->entry.seq);
	next_version(w);
}

static void check_row(struct walk *w, struct sql_stmt *s)
{
	struct ledger_row row;
	unsigned char hash[LEDGER_HASH_BYTES];
	struct arena_mark mark = arena_mark(w->arena);
	ledger_entry_from_row(s, &row.entry);
	row.version_seq = sql_i64(s, 13);
	row.digest = sql_str(s, 14);
	struct str kept = sql_str(s, 15);
	ledger_row_hash(w->arena, (struct str){(const char *)w->hash, sizeof w->hash}, &row, hash);
	if (row.entry.seq != ++w->out->rows || kept.n != sizeof hash || memcmp(kept.p, hash, sizeof hash) != 0)
		bad(w, row.entry.seq);
	check_version(w, &row);
	memcpy(w->hash, hash, sizeof hash);
	arena_rewind(w->arena, mark);
}

bool ledger_verify(struct store_read *r, struct ledger_check *out, struct err *e)
{
	struct arena *a = store_read_arena(r);
	struct sql *db = store_read_sql(r);
	struct walk w = {.arena = a, .out = out, .e = e, .versions = sql_use(db, "ledger_version_walk")};
	struct sql_stmt *s = sql_use(db, "ledger_walk");
	enum sql_step step = SQL_END;
	*out = (struct ledger_check){0};
	next_version(&w);
	while (!w.failed && (step = sql_step(s, e)) == SQL_ROW)
		check_row(&w, s);
	if (w.has_version) /* a version that no row speaks of */
		bad(&w, out->rows + 1);
	sql_done(s);
	sql_done(w.versions);
	out->head = hex_encode(a, w.hash, sizeof w.hash);
	return !w.failed && step == SQL_END;
}

bool ledger_hash_at(struct store_read *r, int64_t seq, struct str *hex, struct err *e)
{
	struct sql_stmt *s = sql_use(store_read_sql(r), "ledger_hash_at");
	sql_bind_i64(s, 1, seq);
	enum sql_step step = sql_step(s, e);
	if (step == SQL_ROW) {
		struct str hash = sql_str(s, 0);
		*hex = hex_encode(store_read_arena(r), hash.p, hash.n);
	}
	sql_done(s);
	if (step == SQL_END)
		err_set(e, ERR_NOT_FOUND, "the ledger has no row %lld", (long long)seq);
	return step == SQL_ROW;
}
