/* Equality, equivalence and order (section 6.1, 6.2). Three-valued: TRI_EMPTY is "cannot be said". */
#include "fhirpath/internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static bool is_moment(const struct fp_value *v)
{
	return v->type == FP_DATE || v->type == FP_DATETIME || v->type == FP_TIME;
}

static bool is_number(const struct fp_value *v)
{
	return v->type == FP_INTEGER || v->type == FP_DECIMAL;
}

/* ---- elements, member by member ---- */

static bool deep_equal(struct ev *ev, const struct json *a, const struct json *b);

static bool deep_number(const struct json *a, const struct json *b)
{
	struct dec x, y;
	if (dec_parse(a->text, &x) && dec_parse(b->text, &y))
		return dec_cmp(x, y) == 0;
	return str_eq(a->text, b->text);
}

static bool deep_object(struct ev *ev, const struct json *a, const struct json *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct json *other = json_get(b, a->members[i].key);
		if (!other || !deep_equal(ev, a->members[i].value, other))
			return false;
	}
	return true;
}

static bool deep_array(struct ev *ev, const struct json *a, const struct json *b)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (!deep_equal(ev, a->items[i], b->items[i]))
			return false;
	return true;
}

static bool deep_equal(struct ev *ev, const struct json *a, const struct json *b)
{
	ev->steps++;
	if (a == b)
		return true;
	if (!a || !b || a->type != b->type)
		return false;
	switch ((enum json_type)a->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return a->truth == b->truth;
	case JSON_NUMBER:
		return deep_number(a, b);
	case JSON_STRING:
		return str_eq(a->text, b->text);
	case JSON_ARRAY:
		return a->n == b->n && deep_array(ev, a, b);
	case JSON_OBJECT:
		return a->n == b->n && deep_object(ev, a, b);
	}
	return false;
}

/* ---- quantities ---- */

/* A calendar year or month is not UCUM's a or mo: whether they are the same cannot be said. FHIR's own durations (Age ...) mean
 * calendar time by their UCUM codes. */
static bool unclear_length(const struct fp_value *a, const struct unit *ua, const struct fp_value *b, const struct unit *ub)
{
	if (ua->calendar_long == ub->calendar_long || a->ftype || b->ftype)
		return false;
	return true;
}

static enum order quantity_order(const struct fp_value *a, const struct fp_value *b)
{
	struct dec x, y;
	struct unit ua, ub;
	int cmp;
	if (!dec_parse(a->text, &x) || !dec_parse(b->text, &y))
		return ORDER_UNKNOWN;
	if (str_eq(a->unit, b->unit)) {
		cmp = dec_cmp(x, y);
		return cmp < 0 ? ORDER_LESS : cmp > 0 ? ORDER_MORE : ORDER_SAME;
	}
	if (!unit_parse(a->unit, &ua) || !unit_parse(b->unit, &ub) || unclear_length(a, &ua, b, &ub) || !unit_order(x, &ua, y, &ub, &cmp))
		return ORDER_UNKNOWN;
	return cmp < 0 ? ORDER_LESS : cmp > 0 ? ORDER_MORE : ORDER_SAME;
}

/* ---- equality ---- */

static enum tri of_order(enum order o)
{
	return o == ORDER_UNKNOWN ? TRI_EMPTY : o == ORDER_SAME ? TRI_TRUE : TRI_FALSE;
}

static enum tri truth(bool b)
{
	return b ? TRI_TRUE : TRI_FALSE;
}

static enum tri moments_equal(const struct fp_value *a, const struct fp_value *b)
{
	struct date x, y;
	if ((a->type == FP_TIME) != (b->type == FP_TIME))
		return TRI_FALSE;
	if (!value_moment(a, &x) || !value_moment(b, &y))
		return truth(str_eq(a->text, b->text));
	return of_order(moment_order(&x, a->type, &y, b->type));
}

static enum tri numbers_equal(const struct fp_value *a, const struct fp_value *b)
{
	struct dec x, y;
	if (a->type == FP_INTEGER && b->type == FP_INTEGER)
		return truth(a->integer == b->integer);
	if (!value_number(a, &x) || !value_number(b, &y))
		return truth(a->type == b->type && str_eq(a->text, b->text));
	return truth(dec_cmp(x, y) == 0);
}


enum tri value_equal(struct ev *ev, const struct fp_value *a, const struct fp_value *b)
{
	ev->steps++;
	if (value_is_blank(a) || value_is_blank(b))
		return value_is_blank(a) && value_is_blank(b) ? truth(deep_equal(ev, a->extra, b->extra)) : TRI_EMPTY;
	if (is_number(a) && is_number(b))
		return numbers_equal(a, b);
	if (is_moment(a) && is_moment(b))
		return moments_equal(a, b);
	if (a->type == FP_STRING && b->type == FP_STRING)
		return truth(str_eq(a->text, b->text));
	if (a->type == FP_BOOLEAN && b->type == FP_BOOLEAN)
		return truth(a->truth == b->truth);
	if (a->node && a->node == b->node)
		return TRI_TRUE;
	struct fp_value x, y;
	bool quantity = a->type == FP_QUANTITY || b->type == FP_QUANTITY || (a->type == FP_NODE && b->type == FP_NODE);
	if (quantity && value_as_quantity(ev->arena, a, &x) && value_as_quantity(ev->arena, b, &y))
		return of_order(quantity_order(&x, &y));
	return truth(a->node && b->node && a->type == FP_NODE && b->type == FP_NODE && deep_equal(ev, a->node, b->node));
}

enum tri list_equal(struct ev *ev, const struct fp_list *a, const struct fp_list *b)
{
	if (a->n == 0 || b->n == 0)
		return TRI_EMPTY;
	if (a->n != b->n)
		return TRI_FALSE;
	enum tri all = TRI_TRUE;
	for (size_t i = 0; i < a->n; i++) {
		enum tri one = value_equal(ev, &a->v[i], &b->v[i]);
		if (one == TRI_FALSE)
			return TRI_FALSE;
		if (one == TRI_EMPTY)
			all = TRI_EMPTY;
	}
	return all;
}

bool list_has(struct ev *ev, const struct fp_list *l, const struct fp_value *v)
{
	for (size_t i = 0; i < l->n; i++)
		if (value_equal(ev, &l->v[i], v) == TRI_TRUE)
			return true;
	return false;
}

/* ---- equivalence ---- */

/* Case-folded, white space made one space, and without that at the ends. */
static struct str folded(struct arena *a, struct str s)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &mapped,
					  UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	if (n < 0)
		return s;
	struct buf b = buf_new(a, FP_MAX_TEXT);
	struct str text = str_trim((struct str){(const char *)mapped, (size_t)n});
	bool space = false;
	for (size_t i = 0; i < text.n; i++) {
		bool is_space = strchr(" \t\r\n", text.p[i]) && text.p[i];
		if (!is_space || !space)
			buf_char(&b, is_space ? ' ' : text.p[i]);
		space = is_space;
	}
	struct str out = buf_str(&b);
	free(mapped);
	return out;
}

static bool strings_equivalent(struct ev *ev, struct str a, struct str b)
{
	if (str_eq(a, b))
		return true;
	ev->steps += (a.n + b.n) / 64;
	return str_eq(folded(ev->arena, a), folded(ev->arena, b));
}

/* To the precision of the less precise one, trailing zeros not counting. */
static bool decs_equivalent(struct dec a, struct dec b)
{
	a = dec_trim(a);
	b = dec_trim(b);
	int scale = a.scale < b.scale ? a.scale : b.scale;
	return dec_round(a, scale, DEC_HALF_UP, &a) && dec_round(b, scale, DEC_HALF_UP, &b) && a.c == b.c;
}

static bool quantities_equivalent(const struct fp_value *a, const struct fp_value *b)
{
	struct dec x, y;
	struct unit ua, ub;
	if (!dec_parse(a->text, &x) || !dec_parse(b->text, &y))
		return false;
	if (str_eq(a->unit, b->unit))
		return decs_equivalent(x, y);
	if (!unit_parse(a->unit, &ua) || !unit_parse(b->unit, &ub))
		return false;
	struct dec y_in_a;
	return unit_convert(y, &ub, &ua, &y_in_a) && decs_equivalent(x, y_in_a);
}

static bool deep_equivalent(struct ev *ev, const struct json *a, const struct json *b);

static bool arrays_equivalent(struct ev *ev, const struct json *a, const struct json *b)
{
	bool *used = ARENA_ARRAY(ev->arena, bool, b->n + 1);
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t k = 0;
		while (k < b->n && (used[k] || !deep_equivalent(ev, a->items[i], b->items[k])))
			k++;
		if (k == b->n || ev->steps > ev->env->steps_left)
			return false;
		used[k] = true;
	}
	return true;
}

static bool objects_equivalent(struct ev *ev, const struct json *a, const struct json *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct json *other = json_get(b, a->members[i].key);
		if (!other || !deep_equivalent(ev, a->members[i].value, other))
			return false;
	}
	return true;
}

static bool deep_equivalent(struct ev *ev, const struct json *a, const struct json *b)
{
	ev->steps++;
	if (a->type != b->type)
		return false;
	struct dec x, y;
	switch ((enum json_type)a->type) {
	case JSON_NUMBER:
		return dec_parse(a->text, &x) && dec_parse(b->text, &y) ? decs_equivalent(x, y) : str_eq(a->text, b->text);
	case JSON_STRING:
		return strings_equivalent(ev, a->text, b->text);
	case JSON_ARRAY:
		return a->n == b->n && arrays_equivalent(ev, a, b);
	case JSON_OBJECT:
		return a->n == b->n && objects_equivalent(ev, a, b);
	default:
		return deep_equal(ev, a, b);
	}
}

bool value_equivalent(struct ev *ev, const struct fp_value *a, const struct fp_value *b)
{
	struct dec x, y;
	struct fp_value q, r;
	ev->steps++;
	if (is_number(a) && is_number(b))
		return value_number(a, &x) && value_number(b, &y) ? decs_equivalent(x, y) : value_equal(ev, a, b) == TRI_TRUE;
	if (a->type == FP_STRING && b->type == FP_STRING && a->text.p && b->text.p)
		return strings_equivalent(ev, a->text, b->text);
	bool quantity = a->type == FP_QUANTITY || b->type == FP_QUANTITY || (a->type == FP_NODE && b->type == FP_NODE);
	if (quantity && value_as_quantity(ev->arena, a, &q) && value_as_quantity(ev->arena, b, &r))
		return quantities_equivalent(&q, &r);
	if (a->type == FP_NODE && b->type == FP_NODE && a->node && b->node)
		return deep_equivalent(ev, a->node, b->node);
	return value_equal(ev, a, b) == TRI_TRUE;
}

bool list_equivalent(struct ev *ev, const struct fp_list *a, const struct fp_list *b)
{
	if (a->n != b->n)
		return false;
	bool *used = ARENA_ARRAY(ev->arena, bool, b->n + 1);
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;
		while (k < b->n && (used[k] || !value_equivalent(ev, &a->v[i], &b->v[k])))
			k++;
		if (k == b->n || ev->steps > ev->env->steps_left)
			return false;
		used[k] = true;
	}
	return true;
}

/* ---- order ---- */

static enum order of_cmp(int c)
{
	return c < 0 ? ORDER_LESS : c > 0 ? ORDER_MORE : ORDER_SAME;
}

static bool moments_order(const struct fp_value *a, const struct fp_value *b, enum order *out)
{
	struct date x, y;
	if ((a->type == FP_TIME) != (b->type == FP_TIME))
		return false;
	*out = ORDER_UNKNOWN;
	if (value_moment(a, &x) && value_moment(b, &y))
		*out = moment_order(&x, a->type, &y, b->type);
	return true;
}

static int bytes_order(struct str a, struct str b)
{
	int c = memcmp(a.n ? a.p : "", b.n ? b.p : "", a.n < b.n ? a.n : b.n);
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool value_order(struct ev *ev, const struct fp_value *a, const struct fp_value *b, enum order *out)
{
	struct dec x, y;
	struct fp_value q, r;
	ev->steps++;
	if (is_number(a) && is_number(b)) {
		if (a->type == FP_INTEGER && b->type == FP_INTEGER) {
			*out = of_cmp((a->integer > b->integer) - (a->integer < b->integer));
			return true;
		}
		if (!value_number(a, &x) || !value_number(b, &y))
			return false;
		*out = of_cmp(dec_cmp(x, y));
		return true;
	}
	if (is_moment(a) && is_moment(b))
		return moments_order(a, b, out);
	if (a->type == FP_STRING && b->type == FP_STRING) {
		*out = of_cmp(bytes_order(a->text, b->text));
		return true;
	}
	if (!value_as_quantity(ev->arena, a, &q) || !value_as_quantity(ev->arena, b, &r))
		return false;
	*out = quantity_order(&q, &r);
	return true;
}
