#include "pathway/internal.h"
#include "pathway/rule.h"

/* The named queries of a plan (application/x-fhir-query): the only way out of the resource, so each rule's read set is known when
 * it is loaded. Only what an index answers is allowed: references, tokens, dates, URIs, exact; no modifiers, no chains. */

static bool check_param(struct str type, struct str code, bool *narrows, struct err *e)
{
	if (str_is(code, "_id") || str_is(code, "_lastUpdated") || str_is(code, "_count") || str_is(code, "_sort")) {
		*narrows |= str_is(code, "_id");
		return true;
	}
	const struct fhir_search_param *p = fhir_search_param(type, code);
	if (!p)
		return err_set(e, ERR_NOT_SUPPORTED, "\"%.*s\" is not a search parameter of %.*s, or has a modifier no index answers",
			       STR_ARG(code), STR_ARG(type));
	if (p->type == FHIR_SEARCH_COMPOSITE || p->type == FHIR_SEARCH_SPECIAL || p->type == FHIR_SEARCH_STRING)
		return err_set(e, ERR_NOT_SUPPORTED, "\"%.*s\" of %.*s is not answered by an exact index", STR_ARG(code), STR_ARG(type));
	*narrows |= p->type == FHIR_SEARCH_REFERENCE || p->type == FHIR_SEARCH_TOKEN || p->type == FHIR_SEARCH_URI;
	return true;
}

/* Up to the next '&' that is not inside {{ }}. */
static bool next_part(struct str *rest, struct str *part)
{
	if (!rest->p || !rest->n)
		return false;
	int depth = 0;
	for (size_t i = 0; i < rest->n; i++) {
		depth += rest->p[i] == '{' ? 1 : rest->p[i] == '}' ? -1 : 0;
		if (rest->p[i] == '&' && depth == 0) {
			*part = str_sub(*rest, 0, i);
			*rest = str_sub(*rest, i + 1, rest->n);
			return true;
		}
	}
	*part = *rest;
	*rest = STR_NONE;
	return true;
}

bool query_parse(struct arena *a, struct str source, struct query **out, struct err *e)
{
	struct query *q = ARENA_NEW(a, struct query);
	struct str rest = source, part;
	if (!str_next(&rest, '?', &q->type) || !fhir_is_resource(q->type) || !rest.p)
		return err_set(e, ERR_SYNTAX, "\"%.*s\" is not Type?parameter=value", STR_ARG(source));
	bool narrows = false;
	VEC(struct query_param) list = {0};
	while (next_part(&rest, &part)) {
		ptrdiff_t eq = str_find_char(part, '=');
		if (eq <= 0)
			return err_set(e, ERR_SYNTAX, "\"%.*s\" has no value", STR_ARG(part));
		struct query_param p = {str_sub(part, 0, (size_t)eq), str_sub(part, (size_t)eq + 1, part.n)};
		if (!check_param(q->type, p.code, &narrows, e) || !template_check(a, p.value, e))
			return false;
		VEC_PUSH(a, &list, p);
	}
	if (!narrows)
		return err_set(e, ERR_TOO_COSTLY, "\"%.*s\" would look at every %.*s: name a reference or a code", STR_ARG(source),
			       STR_ARG(q->type));
	q->v = list.v;
	q->n = list.n;
	*out = q;
	return true;
}

/* ---- answering one in memory, for replay ---- */

static bool token_is(struct str system, struct str code, struct str want)
{
	ptrdiff_t bar = str_find_char(want, '|');
	if (bar < 0)
		return str_eq(code, want);
	return str_eq(str_sub(want, 0, (size_t)bar), system) && str_eq(str_sub(want, (size_t)bar + 1, want.n), code);
}

static bool token_matches(const struct fp_value *v, struct str want)
{
	if (!v->node || !json_is(v->node, JSON_OBJECT)) {
		struct str text = v->type == FP_BOOLEAN ? (v->truth ? STR("true") : STR("false")) : v->text;
		return token_is(STR_NONE, text, want) || (str_find_char(want, '|') > 0 && str_ends(want, text));
	}
	const struct json *codings = json_getz(v->node, "coding");
	for (size_t i = 0; i < json_n(codings); i++)
		if (token_is(json_str(json_at(codings, i), "system"), json_str(json_at(codings, i), "code"), want))
			return true;
	struct str code = json_str(v->node, "code");
	return token_is(json_str(v->node, "system"), code.p ? code : json_str(v->node, "value"), want);
}

static bool interval_of(const struct fp_value *v, int64_t *lo, int64_t *hi)
{
	struct date d;
	if (!v->node || !json_is(v->node, JSON_OBJECT)) {
		if (!date_parse(v->text, DATE_KIND_DATETIME, &d, NULL))
			return false;
		date_interval(&d, lo, hi);
		return true;
	}
	int64_t unused;
	*lo = INT64_MIN;
	*hi = INT64_MAX;
	if (date_parse(json_str(v->node, "start"), DATE_KIND_DATETIME, &d, NULL))
		date_interval(&d, lo, &unused);
	if (date_parse(json_str(v->node, "end"), DATE_KIND_DATETIME, &d, NULL))
		date_interval(&d, &unused, hi);
	return true;
}

static bool date_matches(const struct fp_value *v, struct str want)
{
	struct str prefix = want.n > 2 && want.p[0] >= 'a' ? str_sub(want, 0, 2) : STR("eq");
	struct date d;
	int64_t lo, hi, want_lo, want_hi;
	if (!date_parse(want.p[0] >= 'a' ? str_sub(want, 2, want.n) : want, DATE_KIND_DATETIME, &d, NULL) || !interval_of(v, &lo, &hi))
		return false;
	date_interval(&d, &want_lo, &want_hi);
	if (str_is(prefix, "ge"))
		return hi > want_lo;
	if (str_is(prefix, "gt"))
		return hi > want_hi;
	if (str_is(prefix, "le"))
		return lo < want_hi;
	if (str_is(prefix, "lt"))
		return lo < want_lo;
	return lo >= want_lo && hi <= want_hi;
}

static bool reference_matches(const struct fp_value *v, struct str want)
{
	struct str ref = v->node && json_is(v->node, JSON_OBJECT) ? json_str(v->node, "reference") : v->text;
	if (str_eq(ref, want))
		return true;
	ptrdiff_t slash = str_find_char(ref, '/');
	return str_find_char(want, '/') < 0 && slash > 0 && str_eq(str_sub(ref, (size_t)slash + 1, ref.n), want);
}

static bool value_matches(enum fhir_search_type type, const struct fp_value *v, struct str want)
{
	switch (type) {
	case FHIR_SEARCH_TOKEN:
		return token_matches(v, want);
	case FHIR_SEARCH_DATE:
		return date_matches(v, want);
	case FHIR_SEARCH_REFERENCE:
		return reference_matches(v, want);
	default:
		return str_eq(v->text, want);
	}
}

static bool param_matches(struct arena *a, const struct json *resource, const struct fhir_search_param *p, struct str value)
{
	const struct fp_expr *expr;
	struct fp_env env = fp_env_for(a, resource, 0);
	struct fp_list found = {0};
	if (!fp_cached(str_from(p->expression), &expr, NULL) || !fp_eval(expr, &env, &found, NULL))
		return false;
	struct str want;
	while (str_next(&value, ',', &want))
		for (size_t i = 0; i < found.n; i++)
			if (value_matches(p->type, &found.v[i], want))
				return true;
	return false;
}

bool query_matches(struct arena *a, const struct query *filled, const struct json *resource)
{
	for (size_t i = 0; i < filled->n; i++) {
		struct query_param q = filled->v[i];
		if (str_is(q.code, "_count") || str_is(q.code, "_sort"))
			continue;
		if (str_is(q.code, "_id")) {
			if (!str_eq(json_str(resource, "id"), q.value))
				return false;
			continue;
		}
		if (str_is(q.code, "_lastUpdated")) {
			struct fp_value v = fp_string(json_str(json_getz(resource, "meta"), "lastUpdated"));
			if (!date_matches(&v, q.value))
				return false;
			continue;
		}
		const struct fhir_search_param *p = fhir_search_param(filled->type, q.code);
		if (!p || !param_matches(a, resource, p, q.value))
			return false;
	}
	return true;
}

static void encode(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("-._~/:,|", c, 8);
		if (plain) {
			buf_char(b, (char)c);
			continue;
		}
		buf_char(b, '%');
		buf_char(b, hex[c >> 4]);
		buf_char(b, hex[c & 15]);
	}
}

struct str query_string(struct arena *a, const struct query *filled)
{
	struct buf b = buf_new(a, 1 << 16);
	for (size_t i = 0; i < filled->n; i++) {
		if (i)
			buf_char(&b, '&');
		buf_add(&b, filled->v[i].code);
		buf_char(&b, '=');
		encode(&b, filled->v[i].value);
	}
	return buf_str(&b);
}
