/* Runs a search: one page of matches, what they include, the total, and the token of the next page.
 *
 * A token holds the sort keys of the last row, sealed with the store's key (XSalsa20-Poly1305): nobody can read a name out of it
 * or make one up. It is bound to the query it belongs to; what the reader may see is asked again on every page. */
#include <sodium.h>
#include <string.h>

#include "store/search_int.h"

struct hit {
	int64_t rid, seq;
};

struct hits {
	struct hit *v;
	size_t n, cap;
};

static void hits_push(struct arena *a, struct hits *h, struct hit hit)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 32;
		h->v = arena_grow(a, h->v, h->n * sizeof hit, cap * sizeof hit);
		h->cap = cap;
	}
	h->v[h->n++] = hit;
}

static bool hits_have(const struct hits *h, int64_t rid)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].rid == rid)
			return true;
	return false;
}

/* ---- page tokens ---- */

static void put_u64(struct buf *b, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		buf_char(b, (char)(v >> (8 * i)));
}

static bool get_u64(struct str *s, uint64_t *v)
{
	if (s->n < 8)
		return false;
	*v = 0;
	for (int i = 0; i < 8; i++)
		*v |= (uint64_t)(unsigned char)s->p[i] << (8 * i);
	*s = str_sub(*s, 8, s->n);
	return true;
}

static struct str token_plain(struct arena *a, const struct search *q, const struct search_after *after)
{
	struct buf b = buf_new(a, 4096);
	put_u64(&b, str_hash(str_cat(a, q->where.type, q->self_query)));
	put_u64(&b, (uint64_t)after->rid);
	for (size_t i = 0; i < q->sort_n; i++) {
		const struct search_key *k = &after->keys[i];
		put_u64(&b, k->is_text);
		put_u64(&b, k->is_text ? k->text.n : (uint64_t)k->number);
		if (k->is_text)
			buf_add(&b, k->text);
	}
	return buf_str(&b);
}

static struct str token_seal(struct store *s, struct arena *a, const struct search *q, const struct search_after *after)
{
	struct str plain = token_plain(a, q, after);
	size_t n = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.n;
	unsigned char *sealed = ARENA_ARRAY(a, unsigned char, n);
	env_random(s->env, sealed, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const unsigned char *)plain.p, plain.n, sealed, s->page_key);
	return base64url_encode(a, (struct str){(char *)sealed, n});
}

static bool base64url_decode(struct arena *a, struct str text, struct str *out)
{
	char *p = ARENA_ARRAY(a, char, text.n + 4);
	size_t n = text.n;
	for (size_t i = 0; i < n; i++)
		p[i] = text.p[i] == '-' ? '+' : text.p[i] == '_' ? '/' : text.p[i];
	while (n % 4)
		p[n++] = '=';
	return base64_decode(a, (struct str){p, n}, out);
}

static bool token_open(struct store *s, struct arena *a, struct str token, struct str *plain)
{
	struct str sealed;
	size_t fixed = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
	if (token.n > 8192 || !base64url_decode(a, token, &sealed) || sealed.n < fixed)
		return false;
	unsigned char *open = ARENA_ARRAY(a, unsigned char, sealed.n);
	const unsigned char *p = (const unsigned char *)sealed.p;
	if (crypto_secretbox_open_easy(open, p + crypto_secretbox_NONCEBYTES, sealed.n - crypto_secretbox_NONCEBYTES, p, s->page_key) != 0)
		return false;
	*plain = (struct str){(char *)open, sealed.n - fixed};
	return true;
}

static bool token_read(struct arena *a, const struct search *q, struct str plain, struct search_after *after)
{
	uint64_t query, rid;
	if (!get_u64(&plain, &query) || !get_u64(&plain, &rid) || query != str_hash(str_cat(a, q->where.type, q->self_query)))
		return false;
	after->rid = (int64_t)rid;
	for (size_t i = 0; i < q->sort_n; i++) {
		uint64_t is_text, value;
		if (!get_u64(&plain, &is_text) || !get_u64(&plain, &value) || (is_text && value > plain.n))
			return false;
		after->keys[i] = (struct search_key){.is_text = is_text != 0, .number = (int64_t)value};
		if (!is_text)
			continue;
		after->keys[i].text = str_sub(plain, 0, value);
		plain = str_sub(plain, value, plain.n);
	}
	return after->set = plain.n == 0;
}

static bool load_after(struct store *s, struct arena *a, const struct search *q, struct search_after *after, struct err *e)
{
	struct str plain;
	*after = (struct search_after){0};
	if (!q->page_token.p)
		return true;
	if (token_open(s, a, q->page_token, &plain) && token_read(a, q, plain, after))
		return true;
	return err_set(e, ERR_INVALID, "the page token is not one of this query: search again from the first page");
}

/* ---- one page ---- */

static bool is_text_key(const struct search_sort *s)
{
	return s->by_id || (!s->by_updated && s->as == FHIR_SEARCH_STRING);
}

static void keep_keys(struct arena *a, struct sql_stmt *s, const struct search *q, struct search_after *last)
{
	last->set = true;
	last->rid = sql_i64(s, 0);
	for (size_t i = 0; i < q->sort_n; i++) {
		struct search_key *k = &last->keys[i];
		k->is_text = is_text_key(&q->sorts[i]);
		if (k->is_text)
			k->text = str_dup(a, sql_str(s, (int)i + 2));
		else
			k->number = sql_i64(s, (int)i + 2);
	}
}

struct page {
	struct hits *hits;
	struct search_after last; /* of the page */
	bool more;                /* there is another page, which begins after last */
};

static bool read_page(struct sql *db, struct arena *a, const struct search *q, struct sql_text *text, struct page *out, struct err *e)
{
	struct sql_stmt *s = sql_use_text(db, text, e);
	enum sql_step r;
	if (!s)
		return false;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		if (out->hits->n == q->count) {
			out->more = true;
			continue;
		}
		hits_push(a, out->hits, (struct hit){sql_i64(s, 0), sql_i64(s, 1)});
		if (out->hits->n == q->count)
			keep_keys(a, s, q, &out->last);
	}
	sql_done(s);
	return r == SQL_END;
}

static bool find_hits(struct sql *db, struct arena *a, const struct search *q, const struct search_after *after, struct page *out,
		      struct err *e)
{
	if (!search_in_key_order(q))
		return read_page(db, a, q, search_sql_page(a, q, after), out, e);
	bool past_keys = after->set && search_key_is_none(q, &after->keys[0]);
	if (!past_keys && !read_page(db, a, q, search_sql_with_key(a, q, after), out, e))
		return false;
	size_t left = q->count + 1 - out->hits->n;
	return out->more || read_page(db, a, q, search_sql_without_key(a, q, after, left), out, e);
}

static bool run_hits(struct sql *db, struct arena *a, struct sql_text *text, const struct hits *known, struct hits *out, struct err *e)
{
	struct sql_stmt *s = sql_use_text(db, text, e);
	enum sql_step r;
	if (!s)
		return false;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		struct hit hit = {sql_i64(s, 0), sql_i64(s, 1)};
		if (!hits_have(known, hit.rid) && !hits_have(out, hit.rid))
			hits_push(a, out, hit);
	}
	sql_done(s);
	if (r == SQL_END && out->n > SEARCH_INCLUDED_MAX)
		return err_set(e, ERR_TOO_COSTLY, "more than %d resources to include: ask for smaller pages", SEARCH_INCLUDED_MAX);
	return r == SQL_END;
}

static bool load(struct sql *db, struct arena *a, const struct hits *hits, struct resources *out, struct err *e)
{
	out->v = ARENA_ARRAY(a, struct resource, hits->n);
	out->n = hits->n;
	for (size_t i = 0; i < hits->n; i++)
		if (!resource_by_seq(db, a, hits->v[i].seq, &out->v[i], e))
			return false;
	return true;
}

/* ---- includes: not counted, never cut ---- */

struct including {
	struct sql *db;
	struct arena *arena;
	const struct search *q;
	const struct hits *matches;
	struct hits *out;
};

struct type_ids {
	struct str type;
	VEC(struct str) ids;
};

static void add_id(struct arena *a, struct map *by_type, struct map *seen, const struct fhir_reference *ref)
{
	struct str name = str_printf(a, "%.*s/%.*s", STR_ARG(ref->type), STR_ARG(ref->id));
	struct type_ids *g = map_get(by_type, ref->type);
	if (map_get(seen, name))
		return;
	if (!g) {
		g = ARENA_NEW(a, struct type_ids);
		g->type = ref->type;
		map_put(by_type, ref->type, g);
	}
	VEC_PUSH(a, &g->ids, ref->id);
	map_put(seen, name, g);
}

static bool group_targets(struct including *x, const struct search_include *inc, struct map *by_type, struct err *e)
{
	int64_t *rids = ARENA_ARRAY(x->arena, int64_t, x->matches->n);
	for (size_t i = 0; i < x->matches->n; i++)
		rids[i] = x->matches->v[i].rid;
	struct sql_stmt *s = sql_use_text(x->db, search_sql_targets(x->arena, inc->param, rids, x->matches->n), e);
	struct map seen = map_new(x->arena);
	enum sql_step r;
	if (!s)
		return false;
	while ((r = sql_step(s, e)) == SQL_ROW) {
		struct fhir_reference ref;
		struct str target = str_dup(x->arena, sql_str(s, 0));
		if (!fhir_reference_parse(target, STR(""), &ref) || !ref.type.n)
			continue; /* somewhere else */
		if (inc->target_type.p && !str_eq(inc->target_type, ref.type))
			continue;
		add_id(x->arena, by_type, &seen, &ref);
	}
	sql_done(s);
	return r == SQL_END;
}

static bool include(struct including *x, const struct search_include *inc, struct err *e)
{
	struct map by_type = map_new(x->arena);
	if (!group_targets(x, inc, &by_type, e))
		return false;
	for (size_t i = 0; i < by_type.n; i++) {
		struct type_ids *g = by_type.entries[i].value;
		struct sql_text *t = search_sql_by_ids(x->arena, x->q, g->type, g->ids.v, g->ids.n);
		if (!run_hits(x->db, x->arena, t, x->matches, x->out, e))
			return false;
	}
	return true;
}

static bool revinclude(struct including *x, const struct resources *matches, const struct search_include *inc, struct err *e)
{
	struct str *targets = ARENA_ARRAY(x->arena, struct str, matches->n);
	if (inc->target_type.p && !str_eq(inc->target_type, x->q->where.type))
		return true;
	for (size_t i = 0; i < matches->n; i++)
		targets[i] = str_printf(x->arena, "%.*s/%.*s", STR_ARG(matches->v[i].type), STR_ARG(matches->v[i].id));
	struct sql_text *t = search_sql_referrers(x->arena, x->q, inc->source_type, inc->param, targets, matches->n);
	return run_hits(x->db, x->arena, t, x->matches, x->out, e);
}

static bool add_included(struct sql *db, struct arena *a, const struct search *q, const struct hits *hits, struct search_page *out,
			 struct err *e)
{
	struct hits found = {0};
	struct including x = {db, a, q, hits, &found};
	for (size_t i = 0; hits->n && i < q->include_n; i++) {
		const struct search_include *inc = &q->includes[i];
		if (inc->reverse ? !revinclude(&x, &out->matches, inc, e) : !include(&x, inc, e))
			return false;
	}
	return load(db, a, &found, &out->included, e);
}

/* whole: the page holds all there is, so it need not be counted again. */
static bool add_total(struct sql *db, struct arena *a, const struct search *q, bool whole, struct search_page *out, struct err *e)
{
	if (!q->want_total)
		return true;
	if (whole) {
		out->has_total = true;
		out->total = (int64_t)out->matches.n;
		return true;
	}
	struct sql_stmt *s = sql_use_text(db, search_sql_total(a, q), e);
	if (!s)
		return false;
	out->has_total = sql_step(s, e) == SQL_ROW;
	out->total = out->has_total ? sql_i64(s, 0) : 0;
	sql_done(s);
	return out->has_total;
}

static struct str with_token(struct arena *a, struct str query, struct str token)
{
	return str_printf(a, "%.*s%s_page=%.*s", STR_ARG(query), query.n ? "&" : "", STR_ARG(token));
}

static bool run(struct store *s, struct sql *db, struct arena *a, const struct search *q, struct search_page *out, struct err *e)
{
	struct hits hits = {0};
	struct page page = {.hits = &hits};
	struct search_after after;
	if (!load_after(s, a, q, &after, e) || (q->count && !find_hits(db, a, q, &after, &page, e)))
		return false;
	bool whole = q->count && !page.more && !q->page_token.p;
	if (!load(db, a, &hits, &out->matches, e) || !add_included(db, a, q, &hits, out, e) || !add_total(db, a, q, whole, out, e))
		return false;
	out->self_query = q->page_token.p ? with_token(a, q->self_query, q->page_token) : q->self_query;
	out->next_query = page.more ? with_token(a, q->self_query, token_seal(s, a, q, &page.last)) : STR_NONE;
	return true;
}

bool search_run(struct store *s, struct sql *db, struct arena *a, const struct search *q, struct search_page *out, struct err *e)
{
	*out = (struct search_page){0};
	sql_limit(db, SEARCH_US_MAX);
	bool ok = run(s, db, a, q, out, e);
	sql_limit(db, 0);
	return ok;
}

bool store_search(struct store_read *r, const struct search *q, struct search_page *out, struct err *e)
{
	return search_run(r->store, r->reader->db, r->arena, q, out, e);
}

bool txn_search(struct txn *t, const struct search *q, struct search_page *out, struct err *e)
{
	return search_run(t->store, t->db, t->arena, q, out, e);
}
