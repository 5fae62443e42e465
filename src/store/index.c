/* What of a resource can be searched: the values its type's search parameters select (FHIRPath), as index rows.
 * FHIR R4 search.html sections 3.1.1.4.1 to 3.1.1.4.16 say which datatypes each kind of parameter finds. */
#include "store/store_int.h"

#include <stdlib.h>
#include <string.h>

int64_t index_param_hash(struct str type, struct str code)
{
	char text[160];
	if (type.n + code.n + 1 > sizeof text)
		return 0;
	memcpy(text, type.p, type.n);
	text[type.n] = '.';
	memcpy(text + type.n + 1, code.p, code.n);
	return (int64_t)str_hash((struct str){text, type.n + 1 + code.n});
}

int64_t index_system_hash(struct str system)
{
	if (!system.n)
		return SYSTEM_NONE;
	int64_t h = (int64_t)str_hash(system);
	return h == SYSTEM_NONE || h == SYSTEM_IMPLIED ? 1 : h;
}

struct str index_cut(struct str s)
{
	if (s.n <= STRING_INDEX_MAX)
		return s;
	size_t n = STRING_INDEX_MAX;
	while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return (struct str){s.p, n};
}

/* ---- the parameters of a type, with their expressions compiled ---- */

struct index_param {
	int64_t hash;
	const struct fhir_search_param *param;
	const struct fp_expr *expr;
};

struct index_plan {
	const char *type;
	struct index_param *v;
	size_t n;
	struct err err;
};

static bool is_indexed(const struct fhir_search_param *p)
{
	if (!p->expression || !*p->expression || p->type == FHIR_SEARCH_COMPOSITE || p->type == FHIR_SEARCH_SPECIAL)
		return false;
	return strcmp(p->code, "_id") != 0 && strcmp(p->code, "_lastUpdated") != 0; /* columns of current */
}

static void plan_build(struct arena *a, struct index_plan *plan)
{
	const struct fhir_search_param *const *params;
	struct str type = str_from(plan->type);
	size_t n = fhir_search_params(type, &params);
	struct index_param *v = ARENA_ARRAY(a, struct index_param, n);
	plan->err = ERR_INIT;
	for (size_t i = 0; i < n; i++) {
		if (!is_indexed(params[i]))
			continue;
		struct index_param *p = &v[plan->n];
		*p = (struct index_param){index_param_hash(type, str_from(params[i]->code)), params[i], NULL};
		if (!fp_cached(str_from(params[i]->expression), &p->expr, &plan->err)) {
			err_context(&plan->err, "search parameter %s.%s", plan->type, params[i]->code);
			return;
		}
		plan->n++;
	}
	plan->v = v;
}

/* One for each type, made on first use, for the life of the process. */
static const struct index_plan *plan_for(struct str type)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct arena *arena;
	static struct map plans;
	pthread_mutex_lock(&lock);
	if (!arena) {
		arena = arena_new(0);
		plans = map_new(arena);
	}
	struct index_plan *plan = map_get(&plans, type);
	if (!plan) {
		plan = ARENA_NEW(arena, struct index_plan);
		plan->type = str_c(arena, type);
		plan_build(arena, plan);
		map_put(&plans, str_from(plan->type), plan);
	}
	pthread_mutex_unlock(&lock);
	return plan;
}

/* ---- values to rows ---- */

struct extraction {
	struct arena *arena;
	struct index_rows *rows;
	const struct index_param *param;
};

static void add(struct extraction *x, struct index_row row)
{
	row.param = x->param->hash;
	if (x->rows->n == x->rows->cap) {
		size_t cap = x->rows->cap ? x->rows->cap * 2 : 32;
		x->rows->v = arena_grow(x->arena, x->rows->v, x->rows->cap * sizeof row, cap * sizeof row);
		x->rows->cap = cap;
	}
	x->rows->v[x->rows->n++] = row;
}

static bool type_is(const struct fp_value *v, const char *name)
{
	return v->ftype && strcmp(v->ftype->name, name) == 0;
}

static struct str type_name(const struct fp_value *v)
{
	return v->ftype ? str_from(v->ftype->name) : STR("");
}

static void add_token(struct extraction *x, int64_t system, struct str code)
{
	if (!code.n && system == SYSTEM_NONE)
		return;
	add(x, (struct index_row){.kind = INDEX_TOKEN, .text = str_lower(x->arena, index_cut(code)), .lo = system});
}

static void add_coding(struct extraction *x, const struct json *coding)
{
	add_token(x, index_system_hash(json_str(coding, "system")), json_str(coding, "code"));
}

static void token(struct extraction *x, const struct fp_value *v)
{
	struct str t = type_name(v);
	if (str_is(t, "CodeableConcept")) {
		const struct json *codings = json_getz(v->node, "coding");
		for (size_t i = 0; i < json_n(codings); i++)
			add_coding(x, json_at(codings, i));
	} else if (str_is(t, "Coding")) {
		add_coding(x, v->node);
	} else if (str_is(t, "Identifier")) {
		add_token(x, index_system_hash(json_str(v->node, "system")), json_str(v->node, "value"));
	} else if (str_is(t, "ContactPoint")) {
		add_token(x, SYSTEM_NONE, json_str(v->node, "value"));
	} else if (v->type == FP_BOOLEAN) {
		add_token(x, SYSTEM_NONE, v->truth ? STR("true") : STR("false"));
	} else if (v->type == FP_STRING) {
		add_token(x, str_is(t, "code") ? SYSTEM_IMPLIED : SYSTEM_NONE, v->text);
	}
}

static void add_string(struct extraction *x, struct str s)
{
	struct str exact = index_cut(str_trim(s));
	struct str folded = index_cut(text_fold(x->arena, exact));
	if (!folded.n)
		return;
	add(x, (struct index_row){.kind = INDEX_STRING, .text = folded, .exact = str_eq(exact, folded) ? STR("") : exact});
}

static void add_string_members(struct extraction *x, const struct json *node, const char *const *names)
{
	for (; *names; names++) {
		const struct json *m = json_getz(node, *names);
		if (json_is(m, JSON_STRING))
			add_string(x, json_text(m));
		for (size_t i = 0; json_is(m, JSON_ARRAY) && i < m->n; i++)
			if (json_is(m->items[i], JSON_STRING))
				add_string(x, json_text(m->items[i]));
	}
}

static void string(struct extraction *x, const struct fp_value *v)
{
	static const char *const of_name[] = {"text", "family", "given", "prefix", "suffix", NULL};
	static const char *const of_address[] = {"text", "line", "city", "district", "state", "postalCode", "country", NULL};
	if (type_is(v, "HumanName"))
		add_string_members(x, v->node, of_name);
	else if (type_is(v, "Address"))
		add_string_members(x, v->node, of_address);
	else if (v->type == FP_STRING)
		add_string(x, v->text);
}

/* A reference as it is looked for: "Type/id" for ours (a version is cut off), else the URL. */
static struct str reference_target(struct str s)
{
	struct fhir_reference r;
	if (!fhir_reference_parse(s, STR(""), &r) || !r.type.n)
		return s;
	return (struct str){r.type.p, (size_t)(r.id.p + r.id.n - r.type.p)};
}

static void add_reference(struct extraction *x, struct str target)
{
	if (target.n && target.p[0] != '#' && target.n <= 512)
		add(x, (struct index_row){.kind = INDEX_REFERENCE, .text = reference_target(target)});
}

static void reference(struct extraction *x, const struct fp_value *v)
{
	if (type_is(v, "Reference"))
		add_reference(x, json_str(v->node, "reference"));
	else if (v->type == FP_STRING)
		add_reference(x, v->text);
	if (v->type == FP_STRING && str_find_char(v->text, '|') > 0) /* a canonical's version: found with and without it */
		add_reference(x, str_sub(v->text, 0, (size_t)str_find_char(v->text, '|')));
}

static void add_interval(struct extraction *x, int64_t lo, int64_t hi)
{
	if (lo < hi)
		add(x, (struct index_row){.kind = INDEX_DATE, .lo = lo, .hi = hi});
}

static bool interval_of(struct str s, int64_t *lo, int64_t *hi)
{
	struct date d;
	if (!s.p || !date_parse(s, DATE_KIND_DATETIME, &d, NULL))
		return false;
	date_interval(&d, lo, hi);
	return true;
}

/* The first instant of the start to the end of the last; a side that is not there is open. */
static void add_period(struct extraction *x, const struct json *period)
{
	int64_t lo = INT64_MIN, hi = INT64_MAX, other;
	bool any = interval_of(json_str(period, "start"), &lo, &other);
	any = interval_of(json_str(period, "end"), &other, &hi) || any;
	if (any)
		add_interval(x, lo, hi);
}

static void add_date_text(struct extraction *x, struct str s)
{
	int64_t lo, hi;
	if (interval_of(s, &lo, &hi))
		add_interval(x, lo, hi);
}

static void date(struct extraction *x, const struct fp_value *v)
{
	if (type_is(v, "Period")) {
		add_period(x, v->node);
	} else if (type_is(v, "Timing")) {
		const struct json *events = json_getz(v->node, "event");
		for (size_t i = 0; i < json_n(events); i++)
			add_date_text(x, json_text(json_at(events, i)));
		add_period(x, json_path(v->node, "repeat", "boundsPeriod", NULL));
	} else if (v->type == FP_DATE || v->type == FP_DATETIME) {
		add_date_text(x, v->text);
	}
}

static bool number_of(struct str s, double *out)
{
	char text[64];
	if (!s.n || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	*out = strtod(text, NULL);
	return true;
}

static void number(struct extraction *x, const struct fp_value *v)
{
	double d = (double)v->integer;
	if (v->type == FP_INTEGER || (v->type == FP_DECIMAL && number_of(v->text, &d)))
		add(x, (struct index_row){.kind = INDEX_NUMBER, .number = d});
}

static void add_quantity(struct extraction *x, const struct json *q, const char *code_name, const char *unit_name)
{
	struct index_row row = {.kind = INDEX_QUANTITY};
	if (!number_of(json_text(json_getz(q, "value")), &row.number))
		return;
	struct str code = json_str(q, code_name);
	struct str unit = json_str(q, unit_name);
	row.lo = index_system_hash(json_str(q, "system"));
	row.text = code.p ? index_cut(code) : STR("");
	add(x, row);
	if (!unit.n || str_eq(unit, code))
		return;
	row.lo = SYSTEM_NONE;
	row.text = index_cut(unit);
	add(x, row);
}

static void quantity(struct extraction *x, const struct fp_value *v)
{
	if (!v->node)
		return;
	if (type_is(v, "Money")) {
		add_quantity(x, v->node, "currency", "currency");
	} else if (type_is(v, "Range")) {
		add_quantity(x, json_getz(v->node, "low"), "code", "unit");
		add_quantity(x, json_getz(v->node, "high"), "code", "unit");
	} else {
		add_quantity(x, v->node, "code", "unit");
	}
}

static void uri(struct extraction *x, const struct fp_value *v)
{
	if (v->type == FP_STRING && v->text.n && v->text.n <= 512)
		add(x, (struct index_row){.kind = INDEX_URI, .text = v->text});
}

static void (*const by_type[])(struct extraction *x, const struct fp_value *v) = {
	[FHIR_SEARCH_NUMBER] = number, [FHIR_SEARCH_DATE] = date,         [FHIR_SEARCH_STRING] = string, [FHIR_SEARCH_TOKEN] = token,
	[FHIR_SEARCH_REFERENCE] = reference, [FHIR_SEARCH_QUANTITY] = quantity, [FHIR_SEARCH_URI] = uri,
};

/* ---- the resource ---- */

/* resolve() in a search parameter only asks what type a reference has; its text says so. */
static const struct json *stand_in(void *arg, struct fp_env *env, struct str text)
{
	struct fhir_reference r;
	(void)arg;
	if (!fhir_reference_parse(text, STR(""), &r) || !r.type.n)
		return NULL;
	struct json *j = json_object(env->arena);
	json_set_str(env->arena, j, "resourceType", r.type);
	json_set_str(env->arena, j, "id", r.id);
	return j;
}

static int cmp_rows(const void *x, const void *y)
{
	return index_row_cmp(x, y);
}

static void sort_and_dedupe(struct index_rows *rows)
{
	size_t n = 0;
	if (rows->n > 1)
		qsort(rows->v, rows->n, sizeof *rows->v, cmp_rows);
	for (size_t i = 0; i < rows->n; i++)
		if (!n || index_row_cmp(&rows->v[n - 1], &rows->v[i]) != 0)
			rows->v[n++] = rows->v[i];
	rows->n = n;
}

bool index_extract(struct arena *a, const struct json *resource, int64_t now_us, struct index_rows *out, struct err *e)
{
	const struct index_plan *plan = plan_for(json_str(resource, "resourceType"));
	*out = (struct index_rows){0};
	if (plan->err.code != ERR_NONE) {
		if (e)
			*e = plan->err;
		return false;
	}
	struct fp_env env = fp_env_for(a, resource, now_us);
	env.resolve = stand_in;
	for (size_t i = 0; i < plan->n; i++) {
		struct extraction x = {a, out, &plan->v[i]};
		struct fp_list values = {0};
		if (!fp_eval(plan->v[i].expr, &env, &values, e))
			return err_context(e, "search parameter %s.%s", plan->type, plan->v[i].param->code);
		for (size_t k = 0; k < values.n; k++)
			by_type[plan->v[i].param->type](&x, &values.v[k]);
	}
	sort_and_dedupe(out);
	return true;
}
