#include "ledger/ledger_int.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct ledger {
	struct store *store;
};

static const unsigned char no_hash[LEDGER_HASH_BYTES]; /* before the first row */

void ledger_sha256(struct str s, unsigned char out[LEDGER_HASH_BYTES])
{
	if (EVP_Digest(s.p ? s.p : "", s.n, out, NULL, EVP_sha256(), NULL) == 1)
		return;
	log_line(LOG_ERROR, "ledger", "SHA-256 cannot be computed");
	abort();
}

/* ---- rows ---- */

static void put_i64(struct buf *b, int64_t v)
{
	for (int i = 0; i < 8; i++)
		buf_char(b, (char)((uint64_t)v >> (8 * i)));
}

/* Each field with its length, so that no two rows have the same bytes. */
static void put_str(struct buf *b, struct str s)
{
	put_i64(b, (int64_t)s.n);
	buf_add(b, s);
}

void ledger_row_hash(struct arena *a, struct str before, const struct ledger_row *row, unsigned char out[LEDGER_HASH_BYTES])
{
	const struct ledger_entry *n = &row->entry;
	const struct str fields[] = {n->act.agent, n->act.role, n->act.on_behalf_of, n->act.purpose, n->act.reason, n->act.channel,
				     n->act.request, n->person, n->items, n->detail, row->digest};
	struct buf b = buf_new(a, 256 * 1024);
	buf_add(&b, before);
	put_i64(&b, n->seq);
	put_i64(&b, n->at_us);
	put_i64(&b, n->kind);
	put_i64(&b, row->version_seq);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		put_str(&b, fields[i]);
	ledger_sha256(buf_str(&b), out);
}

void ledger_entry_from_row(struct sql_stmt *s, struct ledger_entry *out)
{
	*out = (struct ledger_entry){.seq = sql_i64(s, 0), .at_us = sql_i64(s, 1), .kind = (enum ledger_kind)sql_i64(s, 2)};
	struct str *fields[] = {&out->act.agent, &out->act.role, &out->act.on_behalf_of, &out->act.purpose, &out->act.reason,
				&out->act.channel, &out->act.request, &out->person, &out->items, &out->detail};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		*fields[i] = sql_str(s, (int)i + 3);
}

static bool read_head(struct sql *db, int64_t *seq, unsigned char hash[LEDGER_HASH_BYTES], struct err *e)
{
	struct sql_stmt *s = sql_use(db, "ledger_head");
	enum sql_step r = sql_step(s, e);
	*seq = 0;
	memcpy(hash, no_hash, LEDGER_HASH_BYTES);
	if (r == SQL_ROW) {
		*seq = sql_i64(s, 0);
		struct str h = sql_str(s, 1);
		memcpy(hash, h.p, h.n < LEDGER_HASH_BYTES ? h.n : LEDGER_HASH_BYTES);
	}
	sql_done(s);
	return r != SQL_FAILED;
}

static bool insert(struct sql *db, const struct ledger_row *row, const unsigned char hash[LEDGER_HASH_BYTES], struct err *e)
{
	const struct ledger_entry *n = &row->entry;
	const struct str fields[] = {n->act.agent, n->act.role, n->act.on_behalf_of, n->act.purpose, n->act.reason,
				     n->act.channel, n->act.request, n->person, n->items, n->detail};
	struct sql_stmt *s = sql_use(db, "ledger_insert");
	sql_bind_i64(s, 1, n->seq);
	sql_bind_i64(s, 2, n->at_us);
	sql_bind_i64(s, 3, n->kind);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		sql_bind_str(s, (int)i + 4, fields[i].p ? fields[i] : STR(""));
	sql_bind_i64(s, 14, row->version_seq);
	sql_bind_blob(s, 15, row->digest.p ? row->digest : STR(""));
	sql_bind_blob(s, 16, (struct str){(const char *)hash, LEDGER_HASH_BYTES});
	return sql_run(s, e);
}

static bool append_row(struct txn *t, struct ledger_row *row, struct err *e)
{
	unsigned char before[LEDGER_HASH_BYTES], hash[LEDGER_HASH_BYTES];
	if (!read_head(txn_sql(t), &row->entry.seq, before, e))
		return false;
	row->entry.seq++;
	if (!row->entry.at_us)
		row->entry.at_us = txn_now_us(t);
	ledger_row_hash(txn_arena(t), (struct str){(const char *)before, LEDGER_HASH_BYTES}, row, hash);
	return insert(txn_sql(t), row, hash, e);
}

/* Whole items only, and how many were left off. */
static struct str cut_items(struct arena *a, struct str items)
{
	if (items.n <= LEDGER_ITEMS_MAX)
		return items;
	size_t end = LEDGER_ITEMS_MAX - 32, left = 1;
	while (end > 0 && items.p[end] != ' ')
		end--;
	for (size_t i = end + 1; i < items.n; i++)
		left += items.p[i] == ' ';
	return str_printf(a, "%.*s and %zu more", STR_ARG(str_sub(items, 0, end)), left);
}

bool ledger_append(struct txn *t, const struct ledger_entry *entry, struct err *e)
{
	struct ledger_row row = {.entry = *entry};
	row.entry.items = cut_items(txn_arena(t), entry->items);
	row.entry.detail = str_sub(entry->detail, 0, LEDGER_DETAIL_MAX);
	return append_row(t, &row, e);
}

/* ---- reads ---- */

static bool record_job(struct txn *t, void *arg, struct err *e)
{
	return ledger_append(t, arg, e);
}

bool ledger_record(struct ledger *l, struct arena *a, const struct ledger_entry *entry, struct err *e)
{
	return store_submit_row(l->store, a, &entry->act, record_job, (void *)(uintptr_t)entry, e);
}

/* ---- writes ---- */

/* Whom a resource is about, where it says so itself. */
static struct str person_of(struct arena *a, const struct resource *r, const struct json *body)
{
	static const char *const names[] = {"subject", "patient", "for", "beneficiary", "individual"};
	if (str_is(r->type, "Patient"))
		return str_printf(a, "Patient/%.*s", STR_ARG(r->id));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct fhir_reference ref;
		struct str text = json_str(json_getz(body, names[i]), "reference");
		if (str_starts(text, STR("Patient/")) && fhir_reference_parse(text, STR(""), &ref))
			return str_printf(a, "Patient/%.*s", STR_ARG(ref.id));
	}
	return STR("");
}

static bool wrote(void *arg, struct txn *t, const struct store_event *event, struct err *e)
{
	static const char *const methods[] = {[STORE_CREATE] = "create", [STORE_UPDATE] = "update", [STORE_DELETE] = "delete"};
	const struct resource *r = event->resource;
	struct arena *a = txn_arena(t);
	unsigned char digest[LEDGER_HASH_BYTES];
	(void)arg;
	ledger_sha256(r->body, digest);
	struct ledger_row row = {.version_seq = r->seq, .digest = {(const char *)digest, sizeof digest}};
	row.entry = (struct ledger_entry){
		.at_us = r->recorded_us, .kind = LEDGER_WRITE, .person = person_of(a, r, event->body ? event->body : event->previous),
		.items = str_printf(a, "%.*s/%.*s/_history/%lld", STR_ARG(r->type), STR_ARG(r->id), (long long)r->version),
		.detail = str_from(methods[r->method]),
	};
	if (txn_act(t))
		row.entry.act = *txn_act(t);
	return append_row(t, &row, e);
}

bool ledger_open(struct store *s, struct ledger **out, struct err *e)
{
	struct ledger *l = calloc(1, sizeof *l);
	if (!l)
		return err_set(e, ERR_INTERNAL, "out of memory");
	l->store = s;
	store_hook_add(s, &(struct store_hook){.name = "ledger", .arg = l, .wrote = wrote});
	*out = l;
	return true;
}

void ledger_close(struct ledger *l)
{
	free(l);
}

/* ---- listing ---- */

static struct ledger_entry entry_dup(struct arena *a, const struct ledger_entry *x)
{
	struct ledger_entry n = *x;
	struct str *fields[] = {&n.act.agent, &n.act.role, &n.act.on_behalf_of, &n.act.purpose, &n.act.reason,
				&n.act.channel, &n.act.request, &n.person, &n.items, &n.detail};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		*fields[i] = str_dup(a, *fields[i]);
	return n;
}

bool ledger_list(struct store_read *r, struct str person, int64_t before_seq, size_t limit, struct ledger_entries *out, struct err *e)
{
	struct arena *a = store_read_arena(r);
	struct sql_stmt *s = sql_use(store_read_sql(r), person.p ? "ledger_list_person" : "ledger_list_all");
	VEC(struct ledger_entry) list = {0};
	enum sql_step step;
	sql_bind_i64(s, 1, before_seq ? before_seq : INT64_MAX);
	sql_bind_i64(s, 2, (int64_t)limit);
	if (person.p)
		sql_bind_str(s, 3, person);
	while ((step = sql_step(s, e)) == SQL_ROW) {
		struct ledger_entry entry;
		ledger_entry_from_row(s, &entry);
		VEC_PUSH(a, &list, entry_dup(a, &entry));
	}
	sql_done(s);
	*out = (struct ledger_entries){list.v, list.n};
	return step == SQL_END;
}
