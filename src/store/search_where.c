/* Which resources a search is about, as SQL. The outline of every select, the outer one and those inside chains:
 *
 *     FROM (SELECT rid FROM <the most selective criterion's index rows> GROUP BY rid) d CROSS JOIN current c
 *     WHERE c.rid = d.rid AND c.deleted = 0 AND <the other criteria, each by the resource's rid> AND <what may be seen>
 *
 * CROSS JOIN keeps SQLite from turning the order round, and lets it run d as a coroutine: a page reads no more than it needs.
 * Everything goes through an index: a test asks the planner. What the
 * reader may not see is excluded here, inside chains and includes too, so counts and pages cannot tell it from what is not there. */
#include <string.h>

#include "store/search_where.h"

static void select_from_where(struct sql_text *t, const struct search *q, const struct criteria *w);

void where_val_strs(struct sql_text *t, const struct str *v, size_t n)
{
	sql_lit(t, "(");
	for (size_t i = 0; i < n; i++) {
		if (i)
			sql_lit(t, ",");
		sql_val_str(t, v[i]);
	}
	sql_lit(t, ")");
}

static void val_texts(struct sql_text *t, const struct criterion *c)
{
	sql_lit(t, "(");
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			sql_lit(t, ",");
		sql_val_str(t, c->values[i].text);
	}
	sql_lit(t, ")");
}

/* ---- conditions on one index row ---- */

static void token_value(struct sql_text *t, const struct search_value *v)
{
	if (v->has_code) {
		sql_lit(t, "i.code = ");
		sql_val_str(t, v->text);
	}
	if (v->has_code && v->has_system)
		sql_lit(t, " AND ");
	if (!v->has_system)
		return;
	sql_lit(t, "i.system IN ("); /* an element of type code has the system its binding implies */
	sql_val_i64(t, v->system);
	sql_lit(t, ",");
	sql_val_i64(t, v->has_code ? SYSTEM_IMPLIED : v->system);
	sql_lit(t, ")");
}

/* text + U+10FFFF: after everything that begins with text */
static struct str after_prefix(struct arena *a, struct str text)
{
	return str_cat(a, text, STR("\xF4\x8F\xBF\xBF"));
}

/* %, _ and \ of the text are ordinary characters. */
static struct str like_contains(struct arena *a, struct str text)
{
	struct buf b = buf_new(a, text.n * 2 + 8);
	buf_char(&b, '%');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\')
			buf_char(&b, '\\');
		buf_char(&b, text.p[i]);
	}
	buf_char(&b, '%');
	return buf_str(&b);
}

static void string_value(struct sql_text *t, struct arena *a, const struct search_value *v, enum search_modifier m)
{
	if (m == MODIFIER_CONTAINS) {
		sql_lit(t, "i.folded LIKE ");
		sql_val_str(t, like_contains(a, v->text));
		sql_lit(t, " ESCAPE '\\'");
		return;
	}
	if (m == MODIFIER_EXACT) {
		sql_lit(t, "i.folded = ");
		sql_val_str(t, v->text);
		sql_lit(t, " AND i.exact = ");
		sql_val_str(t, str_eq(v->exact, v->text) ? STR("") : v->exact);
		return;
	}
	sql_lit(t, "i.folded >= ");
	sql_val_str(t, v->text);
	sql_lit(t, " AND i.folded < ");
	sql_val_str(t, after_prefix(a, v->text));
}

static void within(struct sql_text *t, const struct search_value *v)
{
	sql_lit(t, "(i.lo_us >= ");
	sql_val_i64(t, v->lo);
	sql_lit(t, " AND i.lo_us < ");
	sql_val_i64(t, v->hi);
	sql_lit(t, " AND i.hi_us <= ");
	sql_val_i64(t, v->hi);
	sql_lit(t, ")");
}

/* lo is never after hi, so that each comparison is a range of idx_date_lo or of idx_date_hi. */
static void date_value(struct sql_text *t, const struct search_value *v)
{
	bool by_hi = v->prefix == PREFIX_GT || v->prefix == PREFIX_SA;
	switch (v->prefix) {
	case PREFIX_EQ: within(t, v); return;
	case PREFIX_NE:
		sql_lit(t, "NOT ");
		within(t, v);
		return;
	case PREFIX_GE: /* ends after it, or lies within it */
		sql_lit(t, "i.hi_us > ");
		sql_val_i64(t, v->lo);
		sql_lit(t, " AND (i.lo_us >= ");
		sql_val_i64(t, v->lo);
		sql_lit(t, " OR i.hi_us > ");
		sql_val_i64(t, v->hi);
		sql_lit(t, ")");
		return;
	case PREFIX_LE: /* begins before it, or lies within it */
		sql_lit(t, "i.lo_us < ");
		sql_val_i64(t, v->hi);
		sql_lit(t, " AND (i.hi_us <= ");
		sql_val_i64(t, v->hi);
		sql_lit(t, " OR i.lo_us < ");
		sql_val_i64(t, v->lo);
		sql_lit(t, ")");
		return;
	case PREFIX_AP:
		sql_lit(t, "i.hi_us > ");
		sql_val_i64(t, v->lo);
		sql_lit(t, " AND i.lo_us < ");
		sql_val_i64(t, v->hi);
		return;
	case PREFIX_GT: sql_lit(t, "i.hi_us > "); break;
	case PREFIX_LT: sql_lit(t, "i.lo_us < "); break;
	case PREFIX_SA: sql_lit(t, "i.lo_us >= "); break;
	case PREFIX_EB: sql_lit(t, "i.hi_us <= "); break;
	}
	sql_val_i64(t, by_hi ? v->hi : v->lo);
}

static void number_value(struct sql_text *t, const struct search_value *v)
{
	switch (v->prefix) {
	case PREFIX_GT:
	case PREFIX_SA: sql_lit(t, "i.value > "); break;
	case PREFIX_LT:
	case PREFIX_EB: sql_lit(t, "i.value < "); break;
	case PREFIX_GE: sql_lit(t, "i.value >= "); break;
	case PREFIX_LE: sql_lit(t, "i.value <= "); break;
	default:
		if (v->prefix == PREFIX_NE)
			sql_lit(t, "NOT ");
		sql_lit(t, "(i.value >= ");
		sql_val_double(t, v->low);
		sql_lit(t, " AND i.value < ");
		sql_val_double(t, v->high);
		sql_lit(t, ")");
		return;
	}
	sql_val_double(t, v->number);
}

static void quantity_value(struct sql_text *t, const struct search_value *v)
{
	number_value(t, v);
	if (v->has_code) {
		sql_lit(t, " AND i.code = ");
		sql_val_str(t, v->text);
	}
	if (v->has_system) {
		sql_lit(t, " AND i.system = ");
		sql_val_i64(t, v->system);
	}
}

static void one_value(struct sql_text *t, struct arena *a, const struct criterion *c, const struct search_value *v)
{
	switch (c->as) {
	case FHIR_SEARCH_TOKEN: token_value(t, v); break;
	case FHIR_SEARCH_STRING: string_value(t, a, v, c->modifier); break;
	case FHIR_SEARCH_DATE: date_value(t, v); break;
	case FHIR_SEARCH_NUMBER: number_value(t, v); break;
	default: quantity_value(t, v); break;
	}
}

/* Where every value has one text to look up, the list of them is what the index is entered by. */
static void entry_list(struct sql_text *t, const struct criterion *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->values[i].has_code)
			return;
	sql_lit(t, " AND i.code IN ");
	val_texts(t, c);
}

/* AND (value OR value ...) on index row i */
static void any_value(struct sql_text *t, const struct search *q, const struct criterion *c)
{
	if (c->as == FHIR_SEARCH_REFERENCE || c->as == FHIR_SEARCH_URI) {
		if (c->as == FHIR_SEARCH_URI)
			sql_lit(t, " AND i.value IN ");
		else
			sql_lit(t, " AND i.target IN ");
		val_texts(t, c);
		return;
	}
	if (c->as == FHIR_SEARCH_TOKEN && c->n > 1)
		entry_list(t, c);
	sql_lit(t, " AND (");
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			sql_lit(t, ") OR (");
		else
			sql_lit(t, "(");
		one_value(t, q->arena, c, &c->values[i]);
	}
	sql_lit(t, "))");
}

static void index_table(struct sql_text *t, enum fhir_search_type as)
{
	switch (as) {
	case FHIR_SEARCH_TOKEN: sql_lit(t, "idx_token i"); break;
	case FHIR_SEARCH_REFERENCE: sql_lit(t, "idx_reference i"); break;
	case FHIR_SEARCH_STRING: sql_lit(t, "idx_string i"); break;
	case FHIR_SEARCH_DATE: sql_lit(t, "idx_date i"); break;
	case FHIR_SEARCH_NUMBER: sql_lit(t, "idx_number i"); break;
	case FHIR_SEARCH_QUANTITY: sql_lit(t, "idx_quantity i"); break;
	default: sql_lit(t, "idx_uri i"); break;
	}
}

/* SELECT Type/id of what the inner criteria find */
static void inner_targets(struct sql_text *t, const struct search *q, const struct criterion *c)
{
	for (size_t k = 0; k < c->inner_n; k++) {
		if (k)
			sql_lit(t, " UNION ALL ");
		sql_lit(t, "SELECT c.type || '/' || c.id");
		select_from_where(t, q, &c->inner[k]);
	}
}

/* The index rows of a criterion, without the words that join them to c. */
static void row_condition(struct sql_text *t, const struct search *q, const struct criterion *c)
{
	sql_lit(t, "i.param = ");
	sql_val_i64(t, c->param);
	if (c->modifier == MODIFIER_MISSING)
		return;
	if (c->kind == CRITERION_CHAIN) {
		sql_lit(t, " AND i.target IN (");
		inner_targets(t, q, c);
		sql_lit(t, ")");
		return;
	}
	any_value(t, q, c);
}

/* ---- conditions on a resource c ---- */

/* An instant, so that the interval rules come down to these. */
static void updated_value(struct sql_text *t, const struct search_value *v)
{
	switch (v->prefix) {
	case PREFIX_GT:
	case PREFIX_SA: sql_lit(t, "c.recorded_us >= "); break;
	case PREFIX_LT:
	case PREFIX_EB: sql_lit(t, "c.recorded_us < "); break;
	case PREFIX_GE: sql_lit(t, "c.recorded_us >= "); break;
	case PREFIX_LE: sql_lit(t, "c.recorded_us < "); break;
	default:
		if (v->prefix == PREFIX_NE)
			sql_lit(t, "NOT ");
		sql_lit(t, "(c.recorded_us >= ");
		sql_val_i64(t, v->lo);
		sql_lit(t, " AND c.recorded_us < ");
		sql_val_i64(t, v->hi);
		sql_lit(t, ")");
		return;
	}
	bool by_hi = v->prefix == PREFIX_GT || v->prefix == PREFIX_SA || v->prefix == PREFIX_LE;
	sql_val_i64(t, by_hi ? v->hi : v->lo);
}

static void updated_condition(struct sql_text *t, const struct criterion *c)
{
	sql_lit(t, "(");
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			sql_lit(t, " OR ");
		updated_value(t, &c->values[i]);
	}
	sql_lit(t, ")");
}

/* Kinds whose rows can be had by rid are asked for one resource at a time; the others give their set once. */
static bool has_rid_index(const struct criterion *c)
{
	if (c->as == FHIR_SEARCH_TOKEN) {
		if (c->modifier == MODIFIER_MISSING)
			return false;
		for (size_t i = 0; i < c->n; i++)
			if (!c->values[i].has_code)
				return false;
		return true;
	}
	return c->as == FHIR_SEARCH_REFERENCE || c->as == FHIR_SEARCH_STRING || c->as == FHIR_SEARCH_DATE;
}

static void has_condition(struct sql_text *t, const struct search *q, const struct criterion *c)
{
	sql_lit(t, "c.id IN (SELECT substr(i.target, ");
	sql_val_i64(t, (int64_t)c->type.n + 2);
	sql_lit(t, ") FROM (SELECT c.rid AS rid");
	select_from_where(t, q, &c->inner[0]);
	sql_lit(t, ") h CROSS JOIN idx_reference i WHERE i.param = ");
	sql_val_i64(t, c->param);
	sql_lit(t, " AND i.rid = h.rid AND i.target >= ");
	sql_val_str(t, str_cat(q->arena, c->type, STR("/")));
	sql_lit(t, " AND i.target < ");
	sql_val_str(t, str_cat(q->arena, c->type, STR("0"))); /* the character after the slash */
	sql_lit(t, ")");
}

void where_condition(struct sql_text *t, const struct search *q, const struct criterion *c)
{
	sql_lit(t, " AND ");
	if (c->kind == CRITERION_ID) {
		sql_lit(t, "c.id IN ");
		val_texts(t, c);
		return;
	}
	if (c->kind == CRITERION_UPDATED) {
		updated_condition(t, c);
		return;
	}
	if (c->kind == CRITERION_HAS) {
		has_condition(t, q, c);
		return;
	}
	if (c->modifier == MODIFIER_NOT || (c->modifier == MODIFIER_MISSING && c->missing))
		sql_lit(t, "NOT ");
	if (has_rid_index(c)) {
		sql_lit(t, "EXISTS (SELECT 1 FROM ");
		/* By param and rid: + 0 keeps SQLite from walking half the years of idx_date_lo or _hi for each resource. */
		if (c->as == FHIR_SEARCH_DATE)
			sql_lit(t, "(SELECT param, rid, lo_us + 0 AS lo_us, hi_us + 0 AS hi_us FROM idx_date) i");
		else
			index_table(t, c->as);
		sql_lit(t, " WHERE i.rid = c.rid AND ");
	} else {
		sql_lit(t, "c.rid IN (SELECT i.rid FROM ");
		index_table(t, c->as);
		sql_lit(t, " WHERE ");
	}
	row_condition(t, q, c);
	sql_lit(t, ")");
}

/* ---- what may be seen ---- */

static void label_condition(struct sql_text *t, struct arena *a, const struct str *labels, size_t n, struct str type)
{
	sql_lit(t, " AND NOT EXISTS (SELECT 1 FROM idx_token h WHERE h.rid = c.rid AND h.param = ");
	sql_val_i64(t, index_param_hash(type, STR("_security")));
	sql_lit(t, " AND (");
	for (size_t i = 0; i < n; i++) {
		struct str code = labels[i], system = STR_NONE;
		ptrdiff_t bar = str_find_char(code, '|');
		if (bar >= 0) {
			system = str_sub(code, 0, (size_t)bar);
			code = str_sub(code, (size_t)bar + 1, code.n);
		}
		if (i)
			sql_lit(t, " OR ");
		sql_lit(t, "(h.code = ");
		sql_val_str(t, str_lower(a, code));
		if (system.n) {
			sql_lit(t, " AND h.system = ");
			sql_val_i64(t, index_system_hash(system));
		}
		sql_lit(t, ")");
	}
	sql_lit(t, ")) AND NOT EXISTS (SELECT 1 FROM label l WHERE l.rid = c.rid AND l.code IN ");
	where_val_strs(t, labels, n);
	sql_lit(t, ")");
}

static bool in_compartment(struct str type)
{
	return str_is(type, "Patient") || fhir_compartment(STR("Patient"), type) != NULL;
}

static void patient_condition(struct sql_text *t, const struct search *q, struct str type)
{
	struct str code;
	if (!q->only_n) {
		sql_lit(t, " AND 1 = 0");
		return;
	}
	if (str_is(type, "Patient")) {
		sql_lit(t, " AND c.id IN ");
		where_val_strs(t, q->only_patients, q->only_n);
		return;
	}
	const char *params = fhir_compartment(STR("Patient"), type);
	struct str rest = str_from(params ? params : "");
	struct str *targets = ARENA_ARRAY(q->arena, struct str, q->only_n);
	for (size_t i = 0; i < q->only_n; i++)
		targets[i] = str_cat(q->arena, STR("Patient/"), q->only_patients[i]);
	sql_lit(t, " AND EXISTS (SELECT 1 FROM idx_reference o WHERE o.rid = c.rid AND o.param IN (0");
	while (rest.n && str_next(&rest, ' ', &code)) {
		sql_lit(t, ",");
		sql_val_i64(t, index_param_hash(type, code));
	}
	sql_lit(t, ") AND o.target IN ");
	where_val_strs(t, targets, q->only_n);
	sql_lit(t, ")");
}

void where_visible(struct sql_text *t, const struct search *q, struct str type, bool kin)
{
	if (q->hidden_n)
		label_condition(t, q->arena, q->hidden, q->hidden_n, type);
	if (q->only && !(kin && !in_compartment(type)))
		patient_condition(t, q, type);
}

/* ---- the driver ---- */

enum { NO_DRIVER = 100 };

static int token_rank(const struct criterion *c)
{
	static const char *const few_values[] = {"gender", "active", "status", "deceased", "class", "category", "intent",
						 "priority", "_security", "_tag", "use"};
	if (!has_rid_index(c))
		return 90;
	if (str_find(c->code, STR("identifier")) >= 0)
		return 1;
	for (size_t i = 0; i < sizeof few_values / sizeof *few_values; i++)
		if (str_is(c->code, few_values[i]))
			return 80;
	return 40;
}

/* How much lies between the value and the open end it looks towards: little, when it looks from lately on. */
static int date_value_rank(const struct search *q, const struct search_value *v)
{
	bool onwards = v->prefix == PREFIX_GT || v->prefix == PREFIX_GE || v->prefix == PREFIX_SA;
	int64_t width = v->prefix == PREFIX_EQ || v->prefix == PREFIX_AP ? v->hi - v->lo : onwards ? q->now_us - v->lo : INT64_MAX;
	if (width <= 32 * US_PER_DAY)
		return 20;
	return width <= 370 * US_PER_DAY ? 60 : 85;
}

static int date_rank(const struct search *q, const struct criterion *c)
{
	int worst = 0;
	for (size_t i = 0; i < c->n; i++) {
		int rank = date_value_rank(q, &c->values[i]);
		if (rank > worst)
			worst = rank;
	}
	return worst;
}

/* Lower is likelier to be few rows. */
int where_rank(const struct search *q, const struct criterion *c)
{
	if (c->kind == CRITERION_ID)
		return 0;
	if (c->kind == CRITERION_UPDATED || c->kind == CRITERION_HAS || c->modifier == MODIFIER_NOT)
		return NO_DRIVER;
	if (c->modifier == MODIFIER_MISSING)
		return NO_DRIVER;
	if (c->kind == CRITERION_CHAIN)
		return 30;
	switch (c->as) {
	case FHIR_SEARCH_REFERENCE: return 10;
	case FHIR_SEARCH_URI: return 5;
	case FHIR_SEARCH_TOKEN: return token_rank(c);
	case FHIR_SEARCH_STRING: return c->modifier == MODIFIER_CONTAINS ? 95 : c->modifier == MODIFIER_EXACT ? 15 : 25;
	case FHIR_SEARCH_DATE: return date_rank(q, c);
	default: return 50;
	}
}

const struct criterion *where_choose_driver(const struct search *q, const struct criteria *w)
{
	const struct criterion *best = NULL;
	int lowest = NO_DRIVER;
	for (size_t i = 0; i < w->n; i++)
		if (where_rank(q, &w->v[i]) < lowest) {
			best = &w->v[i];
			lowest = where_rank(q, best);
		}
	return best;
}

bool where_has_id(const struct criteria *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].kind == CRITERION_ID)
			return true;
	return false;
}

/* Are its rows kept in the order of rid? Else "+ 0" keeps the planner from an index that is in that order but finds nothing. */
static bool in_rid_order(const struct criterion *c)
{
	return c->kind == CRITERION_INDEX && c->n == 1 &&
	       (c->as == FHIR_SEARCH_TOKEN || c->as == FHIR_SEARCH_REFERENCE || c->as == FHIR_SEARCH_URI);
}

static void driver_rid(struct sql_text *t, const struct criterion *driver)
{
	if (in_rid_order(driver))
		sql_lit(t, "i.rid");
	else
		sql_lit(t, "i.rid + 0");
}

static void driver_rows(struct sql_text *t, const struct search *q, const struct criterion *driver, const struct driver_order *order)
{
	sql_lit(t, " FROM (SELECT ");
	driver_rid(t, driver);
	sql_lit(t, " AS rid FROM ");
	index_table(t, driver->as);
	sql_lit(t, " WHERE ");
	row_condition(t, q, driver);
	if (order && order->below) {
		sql_lit(t, " AND ");
		driver_rid(t, driver);
		sql_lit(t, " < ");
		sql_val_i64(t, order->below);
	}
	sql_lit(t, " GROUP BY 1"); /* each once, by the one sort that the order needs too: a quarter of what DISTINCT takes */
	if (order && order->newest_first) { /* a limit, or SQLite takes the order for idle and drops it */
		sql_lit(t, " ORDER BY 1 DESC LIMIT ");
		sql_val_i64(t, INT64_MAX);
	}
	sql_lit(t, ") d CROSS JOIN current c WHERE c.rid = d.rid AND c.deleted = 0");
}

void where_select_body(struct sql_text *t, const struct search *q, const struct criteria *w, bool kin, const struct driver_order *order)
{
	const struct criterion *driver = where_choose_driver(q, w);
	if (driver && driver->kind == CRITERION_ID)
		driver = NULL; /* (type, id) is an index of current itself */
	if (driver) {
		driver_rows(t, q, driver, order);
	} else {
		sql_lit(t, " FROM current c WHERE c.type = ");
		sql_val_str(t, w->type);
		if (where_has_id(w))
			sql_lit(t, " AND c.deleted + 0 = 0"); /* enters by name, not by the index of what is live */
		else
			sql_lit(t, " AND c.deleted = 0");
		if (order && order->below) {
			sql_lit(t, " AND c.rid < ");
			sql_val_i64(t, order->below);
		}
	}
	for (size_t i = 0; i < w->n; i++)
		if (&w->v[i] != driver)
			where_condition(t, q, &w->v[i]);
	where_visible(t, q, w->type, kin);
	if (order && order->newest_first && !driver)
		sql_lit(t, " ORDER BY c.rid DESC");
}

static void select_from_where(struct sql_text *t, const struct search *q, const struct criteria *w)
{
	where_select_body(t, q, w, true, NULL);
}
