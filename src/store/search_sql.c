/* The statements of a search: a page in the order asked for, the total, what is included. search_where.c says which resources. */
#include "store/search_where.h"

/* ---- sorting and paging ---- */

static const struct str after_all_text = {"\xF4\x8F\xBF\xBF", 4};

/* What stands for the value of a resource that has none: they come last, whichever way. */
static struct search_key no_key(const struct search_sort *s)
{
	if (s->as == FHIR_SEARCH_STRING)
		return (struct search_key){.is_text = true, .text = s->descending ? STR("") : after_all_text};
	return (struct search_key){.number = s->descending ? INT64_MIN : INT64_MAX};
}

static void key_value(struct sql_text *t, const struct search_key *k)
{
	if (k->is_text)
		sql_val_str(t, k->text);
	else
		sql_val_i64(t, k->number);
}

static void sort_expression(struct sql_text *t, const struct search_sort *s)
{
	if (s->by_updated) {
		sql_lit(t, "c.recorded_us");
		return;
	}
	if (s->by_id) {
		sql_lit(t, "c.id");
		return;
	}
	/* The resource's least value going up, its greatest going down; those without one come last. The idle sums keep the planner
	 * from walking an index by value until it meets the resource. */
	if (s->as == FHIR_SEARCH_DATE && s->descending)
		sql_lit(t, "coalesce((SELECT max(s.hi_us + 0) FROM idx_date s WHERE s.rid = c.rid AND s.param = ");
	else if (s->as == FHIR_SEARCH_DATE)
		sql_lit(t, "coalesce((SELECT min(s.lo_us + 0) FROM idx_date s WHERE s.rid = c.rid AND s.param = ");
	else if (s->descending)
		sql_lit(t, "coalesce((SELECT max(s.folded || '') FROM idx_string s WHERE s.rid = c.rid AND s.param = ");
	else
		sql_lit(t, "coalesce((SELECT min(s.folded || '') FROM idx_string s WHERE s.rid = c.rid AND s.param = ");
	sql_val_i64(t, s->param);
	sql_lit(t, "), ");
	struct search_key none = no_key(s);
	key_value(t, &none);
	sql_lit(t, ")");
}

static void key_name(struct sql_text *t, size_t i)
{
	if (i == 0)
		sql_lit(t, "k0");
	else if (i == 1)
		sql_lit(t, "k1");
	else
		sql_lit(t, "k2");
}

/* After the last row of the page before: (k0 past v0) OR (k0 = v0 AND k1 past v1) OR ... (all equal AND rid below) */
static void past(struct sql_text *t, const struct search *q, const struct search_after *after)
{
	sql_lit(t, " WHERE ");
	for (size_t i = 0; i <= q->sort_n; i++) {
		if (i)
			sql_lit(t, " OR ");
		sql_lit(t, "(");
		for (size_t k = 0; k < i; k++) {
			key_name(t, k);
			sql_lit(t, " = ");
			key_value(t, &after->keys[k]);
			sql_lit(t, " AND ");
		}
		if (i == q->sort_n) {
			sql_lit(t, "rid < ");
			sql_val_i64(t, after->rid);
		} else {
			key_name(t, i);
			if (q->sorts[i].descending)
				sql_lit(t, " < ");
			else
				sql_lit(t, " > ");
			key_value(t, &after->keys[i]);
		}
		sql_lit(t, ")");
	}
}

static void order_and_limit(struct sql_text *t, const struct search *q)
{
	sql_lit(t, " ORDER BY ");
	for (size_t i = 0; i < q->sort_n; i++) {
		key_name(t, i);
		if (q->sorts[i].descending)
			sql_lit(t, " DESC, ");
		else
			sql_lit(t, ", ");
	}
	sql_lit(t, "rid DESC LIMIT ");
	sql_val_i64(t, (int64_t)q->count + 1);
}

/* Without a sort the rows come newest resource first, which is the order the index rows of one value are kept in. */
static struct sql_text *page_unsorted(struct arena *a, const struct search *q, const struct search_after *after)
{
	struct sql_text *t = sql_text_new(a);
	struct driver_order order = {true, after->set ? after->rid : 0};
	sql_lit(t, "SELECT c.rid, c.seq");
	where_select_body(t, q, &q->where, false, &order);
	sql_lit(t, " LIMIT ");
	sql_val_i64(t, (int64_t)q->count + 1);
	return t;
}

struct sql_text *search_sql_page(struct arena *a, const struct search *q, const struct search_after *after)
{
	if (!q->sort_n)
		return page_unsorted(a, q, after);
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT * FROM (SELECT c.rid AS rid, c.seq AS seq");
	for (size_t i = 0; i < q->sort_n; i++) {
		sql_lit(t, ", ");
		sort_expression(t, &q->sorts[i]);
		sql_lit(t, " AS ");
		key_name(t, i);
	}
	where_select_body(t, q, &q->where, false, NULL);
	sql_lit(t, ") p");
	if (after->set)
		past(t, q, after);
	order_and_limit(t, q);
	return t;
}

/* ---- a page in the order of an index ---- */

enum { MANY_ROWS_RANK = 60 };

bool search_in_key_order(const struct search *q)
{
	if (q->sort_n != 1 || q->sorts[0].by_id || q->sorts[0].by_updated || where_has_id(&q->where))
		return false;
	const struct criterion *driver = where_choose_driver(q, &q->where);
	return !driver || where_rank(q, driver) >= MANY_ROWS_RANK;
}

bool search_key_is_none(const struct search *q, const struct search_key *k)
{
	struct search_key none = no_key(&q->sorts[0]);
	return k->is_text ? str_eq(k->text, none.text) : k->number == none.number;
}

static void all_conditions(struct sql_text *t, const struct search *q)
{
	for (size_t i = 0; i < q->where.n; i++)
		where_condition(t, q, &q->where.v[i]);
	where_visible(t, q, q->where.type, false);
}

/* k is the row's key, o another of the same resource: only the row with the resource's first key counts. */
static void first_of_resource(struct sql_text *t, const struct search_sort *s)
{
	sql_lit(t, " AND NOT EXISTS (SELECT 1 FROM ");
	if (s->as == FHIR_SEARCH_STRING)
		sql_lit(t, "idx_string o WHERE o.rid = k.rid AND o.param = ");
	else
		sql_lit(t, "idx_date o WHERE o.rid = k.rid AND o.param = ");
	sql_val_i64(t, s->param);
	if (s->as == FHIR_SEARCH_STRING && s->descending)
		sql_lit(t, " AND (o.folded > k.folded OR (o.folded = k.folded AND o.exact > k.exact)))");
	else if (s->as == FHIR_SEARCH_STRING)
		sql_lit(t, " AND (o.folded < k.folded OR (o.folded = k.folded AND o.exact < k.exact)))");
	else if (s->descending)
		sql_lit(t, " AND (o.hi_us > k.hi_us OR (o.hi_us = k.hi_us AND o.lo_us > k.lo_us)))");
	else
		sql_lit(t, " AND (o.lo_us < k.lo_us OR (o.lo_us = k.lo_us AND o.hi_us < k.hi_us)))");
}

static void key_column(struct sql_text *t, const struct search_sort *s)
{
	if (s->as == FHIR_SEARCH_STRING)
		sql_lit(t, "k.folded");
	else if (s->descending)
		sql_lit(t, "k.hi_us");
	else
		sql_lit(t, "k.lo_us");
}

static void key_compare(struct sql_text *t, const struct search_sort *s, const struct search_key *k, bool or_same)
{
	key_column(t, s);
	if (s->descending && or_same)
		sql_lit(t, " <= ");
	else if (s->descending)
		sql_lit(t, " < ");
	else if (or_same)
		sql_lit(t, " >= ");
	else
		sql_lit(t, " > ");
	key_value(t, k);
}

struct sql_text *search_sql_with_key(struct arena *a, const struct search *q, const struct search_after *after)
{
	const struct search_sort *s = &q->sorts[0];
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT c.rid, c.seq, ");
	key_column(t, s);
	if (s->as == FHIR_SEARCH_STRING)
		sql_lit(t, " FROM idx_string k CROSS JOIN current c WHERE k.param = ");
	else
		sql_lit(t, " FROM idx_date k CROSS JOIN current c WHERE k.param = ");
	sql_val_i64(t, s->param);
	sql_lit(t, " AND c.rid = k.rid AND c.deleted = 0");
	if (after->set) { /* the range first, which the index is entered by */
		sql_lit(t, " AND ");
		key_compare(t, s, &after->keys[0], true);
		sql_lit(t, " AND (");
		key_compare(t, s, &after->keys[0], false);
		sql_lit(t, " OR k.rid < ");
		sql_val_i64(t, after->rid);
		sql_lit(t, ")");
	}
	first_of_resource(t, s);
	all_conditions(t, q);
	sql_lit(t, " ORDER BY ");
	key_column(t, s);
	if (s->descending)
		sql_lit(t, " DESC");
	sql_lit(t, ", k.rid DESC LIMIT ");
	sql_val_i64(t, (int64_t)q->count + 1);
	return t;
}

struct sql_text *search_sql_without_key(struct arena *a, const struct search *q, const struct search_after *after, size_t limit)
{
	const struct search_sort *s = &q->sorts[0];
	struct search_key none = no_key(s);
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT c.rid, c.seq, ");
	key_value(t, &none);
	sql_lit(t, " FROM current c WHERE c.type = ");
	sql_val_str(t, q->where.type);
	sql_lit(t, " AND c.deleted = 0");
	if (after->set && search_key_is_none(q, &after->keys[0])) {
		sql_lit(t, " AND c.rid < ");
		sql_val_i64(t, after->rid);
	}
	if (s->as == FHIR_SEARCH_STRING)
		sql_lit(t, " AND NOT EXISTS (SELECT 1 FROM idx_string o WHERE o.rid = c.rid AND o.param = ");
	else
		sql_lit(t, " AND NOT EXISTS (SELECT 1 FROM idx_date o WHERE o.rid = c.rid AND o.param = ");
	sql_val_i64(t, s->param);
	sql_lit(t, ")");
	all_conditions(t, q);
	sql_lit(t, " ORDER BY c.rid DESC LIMIT ");
	sql_val_i64(t, (int64_t)limit);
	return t;
}

struct sql_text *search_sql_total(struct arena *a, const struct search *q)
{
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT count(*)");
	where_select_body(t, q, &q->where, false, NULL);
	return t;
}

/* ---- includes ---- */

struct sql_text *search_sql_by_ids(struct arena *a, const struct search *q, struct str type, const struct str *ids, size_t n)
{
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT c.rid, c.seq FROM current c WHERE c.type = ");
	sql_val_str(t, type);
	sql_lit(t, " AND c.id IN ");
	where_val_strs(t, ids, n);
	sql_lit(t, " AND c.deleted + 0 = 0");
	where_visible(t, q, type, true);
	return t;
}

struct sql_text *search_sql_referrers(struct arena *a, const struct search *q, struct str type, int64_t param, const struct str *targets,
				      size_t n)
{
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT DISTINCT c.rid, c.seq FROM idx_reference i CROSS JOIN current c WHERE i.param = ");
	sql_val_i64(t, param);
	sql_lit(t, " AND i.target IN ");
	where_val_strs(t, targets, n);
	sql_lit(t, " AND c.rid = i.rid AND c.deleted = 0");
	where_visible(t, q, type, true);
	sql_lit(t, " LIMIT ");
	sql_val_i64(t, SEARCH_INCLUDED_MAX + 1);
	return t;
}

struct sql_text *search_sql_targets(struct arena *a, int64_t param, const int64_t *rids, size_t n)
{
	struct sql_text *t = sql_text_new(a);
	sql_lit(t, "SELECT i.target FROM idx_reference i WHERE i.param = ");
	sql_val_i64(t, param);
	sql_lit(t, " AND i.rid IN (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			sql_lit(t, ",");
		sql_val_i64(t, rids[i]);
	}
	sql_lit(t, ")");
	return t;
}
