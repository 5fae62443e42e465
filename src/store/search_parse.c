/* A query string into a checked search. Nothing is ignored: a parameter, modifier or value that is not understood is refused by
 * name, because a dropped filter shows more than was asked for. */
#include "store/search_int.h"

#include <string.h>

struct parser {
	struct arena *arena;
	struct search *q;
	size_t values; /* so far */
};

static bool parse_criterion(struct parser *p, struct str type, struct str name, struct str value, int depth, struct criterion *out,
			    struct err *e);

/* ---- query strings ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* application/x-www-form-urlencoded */
static bool decode(struct arena *a, struct str s, struct str *out, struct err *e)
{
	char *p = ARENA_ARRAY(a, char, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] == '+' ? ' ' : s.p[i];
		if (c == '%') {
			int hi = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
			int lo = hi >= 0 ? hex_digit(s.p[i + 2]) : -1;
			if (lo < 0)
				return err_set(e, ERR_INVALID, "a %% in the query is not followed by two hexadecimal digits");
			c = (char)(hi * 16 + lo);
			i += 2;
		}
		if ((unsigned char)c < 0x20 && c != '\t')
			return err_set(e, ERR_INVALID, "the query has a control character");
		p[n++] = c;
	}
	*out = (struct str){p, n};
	return utf8_valid(*out) || err_set(e, ERR_INVALID, "the query is not UTF-8");
}

static void encode(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "-_.~:,|/$*";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (alnum || (c && strchr(plain, c))) {
			buf_char(b, (char)c);
			continue;
		}
		buf_char(b, '%');
		buf_char(b, hex[c >> 4]);
		buf_char(b, hex[c & 15]);
	}
}

/* ---- values ---- */

/* The part before an unescaped separator; the rest stays in *s. */
static bool next_part(struct str *s, char separator, struct str *part)
{
	if (!s->p)
		return false;
	size_t i = 0;
	while (i < s->n && s->p[i] != separator)
		i += s->p[i] == '\\' && i + 1 < s->n ? 2 : 1;
	if (i > s->n)
		i = s->n;
	*part = str_sub(*s, 0, i);
	*s = i < s->n ? str_sub(*s, i + 1, s->n) : STR_NONE;
	return true;
}

/* \, \| \$ \\ (R4 search.html section 3.1.1.4.0.1) */
static struct str unescape(struct arena *a, struct str s)
{
	if (str_find_char(s, '\\') < 0)
		return s;
	char *p = ARENA_ARRAY(a, char, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool escaped = s.p[i] == '\\' && i + 1 < s.n && strchr(",|$\\", s.p[i + 1]);
		p[n++] = s.p[escaped ? ++i : i];
	}
	return (struct str){p, n};
}

static bool token_value(struct parser *p, struct str s, struct search_value *v, struct err *e)
{
	struct str system = STR_NONE, code, rest = s, extra;
	next_part(&rest, '|', &code);
	if (rest.p) {
		system = code;
		next_part(&rest, '|', &code);
		if (next_part(&rest, '|', &extra))
			return err_set(e, ERR_VALUE, "a token is [system|]code, with \"\\|\" for a bar of its own");
	}
	v->has_system = system.p != NULL;
	v->system = index_system_hash(unescape(p->arena, system));
	v->text = str_lower(p->arena, index_cut(unescape(p->arena, code)));
	v->has_code = v->text.n > 0;
	return v->has_code || (v->has_system && v->system) || err_set(e, ERR_VALUE, "a token needs a code or a system");
}

static bool string_value(struct parser *p, struct str s, struct search_value *v, struct err *e)
{
	v->exact = index_cut(str_trim(unescape(p->arena, s)));
	v->text = index_cut(text_fold(p->arena, v->exact));
	return v->text.n || err_set(e, ERR_VALUE, "there is nothing to search for");
}

static bool quantity_value(struct parser *p, struct str s, struct search_value *v, struct err *e)
{
	struct str number, system, code, rest = s;
	next_part(&rest, '|', &number);
	if (!search_value_number(number, v, e))
		return false;
	if (!next_part(&rest, '|', &system))
		return true;
	if (!next_part(&rest, '|', &code) || rest.p)
		return err_set(e, ERR_VALUE, "a quantity is number, or number|system|code");
	v->has_code = true;
	v->text = index_cut(unescape(p->arena, code));
	v->has_system = system.n > 0;
	v->system = index_system_hash(unescape(p->arena, system));
	return v->text.n || err_set(e, ERR_VALUE, "a quantity with a system needs a code");
}

static bool add_value(struct parser *p, struct criterion *c, struct search_value v, struct err *e)
{
	if (++p->values > SEARCH_VALUES_MAX)
		return err_set(e, ERR_TOO_COSTLY, "more than %d values to search for", SEARCH_VALUES_MAX);
	size_t n = c->n;
	if ((n & (n - 1)) == 0) /* grows by doubling */
		c->values = arena_grow(p->arena, c->values, n * sizeof v, (n ? n * 2 : 1) * sizeof v);
	c->values[c->n++] = v;
	return true;
}

/* "Patient/x", a URL, or an id, which stands for each type the parameter can point to. */
static bool reference_values(struct parser *p, struct str s, struct str targets, struct criterion *c, struct err *e)
{
	struct str type, text = unescape(p->arena, s);
	if (str_find_char(text, '/') >= 0 || str_find_char(text, ':') >= 0)
		return add_value(p, c, (struct search_value){.text = text}, e);
	if (!fhir_id_ok(text))
		return err_set(e, ERR_VALUE, "\"%.*s\" is not a reference", STR_ARG(text));
	if (!targets.n)
		return err_set(e, ERR_VALUE, "write the type too, \"Type/id\": this reference can point to any");
	while (str_next(&targets, ' ', &type)) {
		struct search_value v = {.text = str_printf(p->arena, "%.*s/%.*s", STR_ARG(type), STR_ARG(text))};
		if (!add_value(p, c, v, e))
			return false;
	}
	return true;
}

static bool id_value(struct str s, struct search_value *v, struct err *e)
{
	v->text = s;
	return fhir_id_ok(s) || err_set(e, ERR_VALUE, "\"%.*s\" is not an id", STR_ARG(s));
}

static bool one_value(struct parser *p, struct str s, struct str targets, struct criterion *c, struct err *e)
{
	struct search_value v = {0};
	bool ok;
	if (c->kind == CRITERION_ID)
		return id_value(s, &v, e) && add_value(p, c, v, e);
	switch (c->as) {
	case FHIR_SEARCH_TOKEN: ok = token_value(p, s, &v, e); break;
	case FHIR_SEARCH_STRING: ok = string_value(p, s, &v, e); break;
	case FHIR_SEARCH_DATE: ok = search_value_date(s, p->q->now_us, &v, e); break;
	case FHIR_SEARCH_NUMBER: ok = search_value_number(s, &v, e); break;
	case FHIR_SEARCH_QUANTITY: ok = quantity_value(p, s, &v, e); break;
	case FHIR_SEARCH_REFERENCE: return reference_values(p, s, targets, c, e);
	default:
		v.text = unescape(p->arena, s);
		ok = v.text.n || err_set(e, ERR_VALUE, "there is nothing to search for");
		break;
	}
	return ok && add_value(p, c, v, e);
}

static bool all_values(struct parser *p, struct str value, struct str targets, struct criterion *c, struct err *e)
{
	struct str part;
	if (value.n > SEARCH_VALUE_BYTES_MAX * 8)
		return err_set(e, ERR_TOO_LARGE, "the value is too long");
	while (next_part(&value, ',', &part))
		if (!one_value(p, part, targets, c, e))
			return false;
	return true;
}

/* ---- names and modifiers ---- */

static bool is_searchable(const struct fhir_search_param *param)
{
	return param && param->expression && *param->expression && param->type != FHIR_SEARCH_COMPOSITE &&
	       param->type != FHIR_SEARCH_SPECIAL;
}

static const struct fhir_search_param *find_param(struct str type, struct str code, struct err *e)
{
	const struct fhir_search_param *param = fhir_search_param(type, code);
	if (!param)
		err_set(e, ERR_INVALID, "%.*s has no search parameter \"%.*s\"", STR_ARG(type), STR_ARG(code));
	else if (!is_searchable(param))
		err_set(e, ERR_NOT_SUPPORTED, "search parameter \"%.*s\" is not supported", STR_ARG(code));
	return is_searchable(param) ? param : NULL;
}

static bool targets_have(struct str targets, struct str type)
{
	struct str one;
	if (!targets.n)
		return true;
	while (str_next(&targets, ' ', &one))
		if (str_eq(one, type))
			return true;
	return false;
}

static bool set_modifier(struct criterion *c, struct str modifier, struct str *targets, struct err *e)
{
	static const struct {
		const char *name;
		enum fhir_search_type as;
		enum search_modifier modifier;
	} known[] = {
		{"not", FHIR_SEARCH_TOKEN, MODIFIER_NOT},
		{"exact", FHIR_SEARCH_STRING, MODIFIER_EXACT},
		{"contains", FHIR_SEARCH_STRING, MODIFIER_CONTAINS},
	};
	if (!modifier.p)
		return true;
	if (str_is(modifier, "missing")) {
		c->modifier = MODIFIER_MISSING;
		return true;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_is(modifier, known[i].name) && c->as == known[i].as) {
			c->modifier = known[i].modifier;
			return true;
		}
	if (c->as == FHIR_SEARCH_REFERENCE && fhir_is_resource(modifier) && targets_have(*targets, modifier)) {
		c->modifier = MODIFIER_TYPE;
		*targets = modifier;
		return true;
	}
	return err_set(e, ERR_NOT_SUPPORTED, "modifier \":%.*s\" of search parameter \"%.*s\" is not supported", STR_ARG(modifier),
		       STR_ARG(c->code));
}

static bool parse_missing(struct criterion *c, struct str value, struct err *e)
{
	c->missing = str_is(value, "true");
	return c->missing || str_is(value, "false") || err_set(e, ERR_VALUE, "\":missing\" takes true or false");
}

static bool parse_own(struct criterion *c, struct parser *p, struct str modifier, struct str value, struct err *e)
{
	if (modifier.p)
		return err_set(e, ERR_NOT_SUPPORTED, "modifier \":%.*s\" of search parameter \"%.*s\" is not supported", STR_ARG(modifier),
			       STR_ARG(c->code));
	return all_values(p, value, STR_NONE, c, e);
}

static struct criteria *one_criteria(struct parser *p, struct str type, struct criterion c)
{
	struct criteria *all = ARENA_NEW(p->arena, struct criteria);
	all->type = type;
	all->v = ARENA_NEW(p->arena, struct criterion);
	all->v[0] = c;
	all->n = all->cap = 1;
	return all;
}

/* reference[:Type].inner=value: each type it may point to that has such a parameter. */
static bool parse_chain(struct parser *p, struct criterion *c, struct str targets, struct str inner, struct str value, int depth,
			struct err *e)
{
	struct str type;
	VEC(struct criteria) list = {0};
	if (c->as != FHIR_SEARCH_REFERENCE)
		return err_set(e, ERR_INVALID, "search parameter \"%.*s\" is not a reference, so nothing can follow it", STR_ARG(c->code));
	if (c->modifier != MODIFIER_NONE && c->modifier != MODIFIER_TYPE)
		return err_set(e, ERR_INVALID, "a chain takes a type, not another modifier");
	if (!targets.n)
		return err_set(e, ERR_INVALID, "say which type \"%.*s\" leads to, \"%.*s:Type.\"", STR_ARG(c->code), STR_ARG(c->code));
	bool single = str_find_char(targets, ' ') < 0;
	while (str_next(&targets, ' ', &type)) {
		struct criterion one;
		struct err why = ERR_INIT;
		if (parse_criterion(p, type, inner, value, depth + 1, &one, &why)) {
			VEC_PUSH(p->arena, &list, *one_criteria(p, type, one));
		} else if (single || why.code != ERR_INVALID) {
			*e = why;
			return false;
		}
	}
	c->kind = CRITERION_CHAIN;
	c->inner = list.v;
	c->inner_n = list.n;
	return list.n || err_set(e, ERR_INVALID, "nothing that \"%.*s\" leads to has search parameter \"%.*s\"", STR_ARG(c->code), STR_ARG(inner));
}

/* _has:Type:reference:inner=value */
static bool parse_has(struct parser *p, struct str type, struct str rest, struct str value, int depth, struct criterion *out, struct err *e)
{
	struct str source, code;
	struct criterion one;
	if (!str_next(&rest, ':', &source) || !str_next(&rest, ':', &code) || !rest.n)
		return err_set(e, ERR_INVALID, "it is _has:Type:reference:parameter");
	if (!fhir_is_resource(source))
		return err_set(e, ERR_INVALID, "\"%.*s\" is not a type of resource", STR_ARG(source));
	const struct fhir_search_param *param = find_param(source, code, e);
	if (!param)
		return false;
	if (param->type != FHIR_SEARCH_REFERENCE || !targets_have(str_from(param->targets), type))
		return err_set(e, ERR_INVALID, "%.*s.%.*s does not refer to %.*s", STR_ARG(source), STR_ARG(code), STR_ARG(type));
	if (!parse_criterion(p, source, rest, value, depth + 1, &one, e))
		return false;
	*out = (struct criterion){.kind = CRITERION_HAS, .type = type, .code = code, .as = FHIR_SEARCH_REFERENCE};
	out->param = index_param_hash(source, code);
	out->inner = one_criteria(p, source, one);
	out->inner_n = 1;
	return true;
}

static bool parse_indexed(struct parser *p, const struct fhir_search_param *param, struct str modifier, struct str inner, struct str value,
			  int depth, struct criterion *c, struct err *e)
{
	struct str targets = str_from(param->targets);
	c->as = param->type;
	c->param = index_param_hash(c->type, c->code);
	if (!set_modifier(c, modifier, &targets, e))
		return false;
	if (inner.p)
		return parse_chain(p, c, targets, inner, value, depth, e);
	if (c->modifier == MODIFIER_MISSING)
		return parse_missing(c, value, e);
	return all_values(p, value, targets, c, e);
}

static bool parse_criterion(struct parser *p, struct str type, struct str name, struct str value, int depth, struct criterion *out,
			    struct err *e)
{
	struct str code, modifier = STR_NONE, inner = name, head;
	if (depth > SEARCH_CHAIN_MAX)
		return err_set(e, ERR_TOO_COSTLY, "a chain of more than %d", SEARCH_CHAIN_MAX);
	if (str_starts(name, STR("_has:")))
		return parse_has(p, type, str_sub(name, 5, name.n), value, depth, out, e);
	str_next(&inner, '.', &head);
	modifier = head;
	str_next(&modifier, ':', &code);
	*out = (struct criterion){.type = type, .code = code};
	if (str_is(code, "_id")) {
		out->kind = CRITERION_ID;
		return !inner.p ? parse_own(out, p, modifier, value, e) : err_set(e, ERR_INVALID, "nothing can follow \"_id\"");
	}
	if (str_is(code, "_lastUpdated")) {
		out->kind = CRITERION_UPDATED;
		out->as = FHIR_SEARCH_DATE;
		return !inner.p ? parse_own(out, p, modifier, value, e) : err_set(e, ERR_INVALID, "nothing can follow \"_lastUpdated\"");
	}
	const struct fhir_search_param *param = find_param(type, code, e);
	return param && parse_indexed(p, param, modifier, inner, value, depth, out, e);
}

/* ---- parameters about the result ---- */

static bool parse_count(struct parser *p, struct str value, struct err *e)
{
	int64_t n;
	if (!str_to_i64(value, &n) || n < 0)
		return err_set(e, ERR_VALUE, "\"_count\" is not a number of entries");
	p->q->count = n > SEARCH_COUNT_MAX ? SEARCH_COUNT_MAX : (size_t)n;
	if (n == 0)
		p->q->want_total = true; /* as _summary=count */
	return true;
}

static bool parse_total(struct parser *p, struct str value, struct err *e)
{
	if (str_is(value, "none"))
		return true;
	p->q->want_total = str_is(value, "accurate") || str_is(value, "estimate");
	return p->q->want_total || err_set(e, ERR_VALUE, "\"_total\" takes none, estimate or accurate");
}

static bool parse_one_sort(struct parser *p, struct str part, struct err *e)
{
	struct search_sort s = {.descending = str_starts(part, STR("-"))};
	struct str code = s.descending ? str_sub(part, 1, part.n) : part;
	if (p->q->sort_n == SEARCH_SORTS_MAX)
		return err_set(e, ERR_TOO_COSTLY, "more than %d things to sort by", SEARCH_SORTS_MAX);
	s.by_updated = str_is(code, "_lastUpdated");
	s.by_id = str_is(code, "_id");
	if (!s.by_updated && !s.by_id) {
		const struct fhir_search_param *param = find_param(p->q->where.type, code, e);
		if (!param)
			return false;
		if (param->type != FHIR_SEARCH_DATE && param->type != FHIR_SEARCH_STRING)
			return err_set(e, ERR_NOT_SUPPORTED, "sorting is by date or string parameters, \"_id\" and \"_lastUpdated\", not by \"%.*s\"",
				       STR_ARG(code));
		s.as = param->type;
		s.param = index_param_hash(p->q->where.type, code);
	}
	p->q->sorts[p->q->sort_n++] = s;
	return true;
}

static bool parse_sort(struct parser *p, struct str value, struct err *e)
{
	struct str part;
	while (str_next(&value, ',', &part))
		if (!parse_one_sort(p, part, e))
			return false;
	return true;
}

/* Source:parameter[:Target] */
static bool parse_include(struct parser *p, struct str value, bool reverse, struct err *e)
{
	struct str source, code, target = STR_NONE, extra;
	struct search *q = p->q;
	bool ok = str_next(&value, ':', &source) && str_next(&value, ':', &code);
	if (ok && str_next(&value, ':', &target))
		ok = fhir_is_resource(target) && !str_next(&value, ':', &extra);
	if (!ok || !fhir_is_resource(source))
		return err_set(e, ERR_VALUE, "an include is Type:parameter or Type:parameter:Target");
	if (!reverse && !str_eq(source, q->where.type))
		return err_set(e, ERR_INVALID, "\"_include\" starts from %.*s, what is searched for", STR_ARG(q->where.type));
	const struct fhir_search_param *param = find_param(source, code, e);
	if (!param)
		return false;
	if (param->type != FHIR_SEARCH_REFERENCE)
		return err_set(e, ERR_INVALID, "%.*s.%.*s is not a reference", STR_ARG(source), STR_ARG(code));
	if (q->include_n == q->include_cap) {
		size_t cap = q->include_cap ? q->include_cap * 2 : 4;
		q->includes = arena_grow(p->arena, q->includes, q->include_n * sizeof *q->includes, cap * sizeof *q->includes);
		q->include_cap = cap;
	}
	q->includes[q->include_n++] = (struct search_include){reverse, source, index_param_hash(source, code), target};
	return true;
}

/* What shapes the answer and not the search: the caller reads it, and it stays in the links. */
static bool is_shape(struct str name)
{
	static const char *const names[] = {"_format", "_pretty", "_summary", "_elements"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static bool parse_where(struct parser *p, struct str name, struct str value, struct err *e)
{
	struct criteria *w = &p->q->where;
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 8;
		w->v = arena_grow(p->arena, w->v, w->n * sizeof *w->v, cap * sizeof *w->v);
		w->cap = cap;
	}
	return parse_criterion(p, w->type, name, value, 0, &w->v[w->n++], e);
}

static bool parse_pair(struct parser *p, struct str name, struct str value, struct err *e)
{
	if (str_is(name, "_count"))
		return parse_count(p, value, e);
	if (str_is(name, "_total"))
		return parse_total(p, value, e);
	if (str_is(name, "_sort"))
		return parse_sort(p, value, e);
	if (str_is(name, "_include") || str_is(name, "_revinclude"))
		return parse_include(p, value, str_is(name, "_revinclude"), e);
	if (is_shape(name)) {
		p->q->want_total = p->q->want_total || (str_is(name, "_summary") && str_is(value, "count"));
		return true;
	}
	return parse_where(p, name, value, e);
}

static bool parse_pairs(struct parser *p, struct str query, struct err *e)
{
	struct str pair;
	struct buf self = buf_new(p->arena, 64 * 1024);
	size_t n = 0;
	while (str_next(&query, '&', &pair)) {
		struct str name, value = pair;
		if (!pair.n)
			continue;
		if (++n > SEARCH_PARAMS_MAX)
			return err_set(e, ERR_TOO_COSTLY, "more than %d search parameters", SEARCH_PARAMS_MAX);
		str_next(&value, '=', &name);
		if (!value.n)
			return err_set(e, ERR_INVALID, "search parameter \"%.*s\" has no value", STR_ARG(name));
		if (!decode(p->arena, name, &name, e) || !decode(p->arena, value, &value, e))
			return false;
		if (str_is(name, "_page")) {
			p->q->page_token = value;
			continue;
		}
		if (!parse_pair(p, name, value, e))
			return err_at(e, "%.*s", STR_ARG(name));
		if (self.n)
			buf_char(&self, '&');
		encode(&self, name);
		buf_char(&self, '=');
		encode(&self, value);
	}
	p->q->self_query = buf_str(&self);
	return buf_ok(&self) || err_set(e, ERR_TOO_LARGE, "the query is too long");
}

bool search_parse(struct arena *a, struct str type, struct str query, int64_t now_us, struct search **out, struct err *e)
{
	struct err why = ERR_INIT;
	struct search *q = ARENA_NEW(a, struct search);
	struct parser p = {a, q, 0};
	q->arena = a;
	q->now_us = now_us;
	q->count = SEARCH_COUNT_DEFAULT;
	q->where.type = type;
	if (!fhir_is_resource(type))
		return err_set(e, ERR_INVALID, "\"%.*s\" is not a type of resource", STR_ARG(type));
	if (!parse_pairs(&p, query, &why)) {
		if (e)
			*e = why;
		return false;
	}
	*out = q;
	return true;
}

void search_hide_labels(struct search *q, const struct str *labels, size_t n)
{
	q->hidden = labels;
	q->hidden_n = n;
}

void search_only_patients(struct search *q, const struct str *ids, size_t n)
{
	q->only = true;
	q->only_patients = ids;
	q->only_n = n;
}
