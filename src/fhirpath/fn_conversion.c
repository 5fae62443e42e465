/* Section 5.5, conversion; 6.3 is and as; 9 type(). */
#include "fhirpath/functions.h"

bool fn_iif(struct call *c)
{
	FP_LOCAL(result);
	enum tri t;
	struct ev *ev = c->ev;
	if (c->in->n > 1)
		return ev_fail(ev, c->node, "iif() works on one item, and there are %zu", c->in->n);
	if (!ev_with(ev, c->node->args[0], c->in, ev->scope.index, &result) || !value_tri(ev, c->node->args[0], &result, &t))
		return false;
	if (result.n && result.v[0].type != FP_BOOLEAN)
		return ev_fail(ev, c->node->args[0], "the condition of iif() is not a boolean");
	if (t == TRI_TRUE)
		return ev_with(ev, c->node->args[1], c->in, ev->scope.index, c->out);
	return c->node->argc < 3 || ev_with(ev, c->node->args[2], c->in, ev->scope.index, c->out);
}

/* ---- text to a type ---- */

static bool word_in(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq_nocase(s, str_from(*words)))
			return true;
	return false;
}

static bool to_boolean(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	static const char *const yes[] = {"true", "t", "yes", "y", "1", "1.0", NULL};
	static const char *const no[] = {"false", "f", "no", "n", "0", "0.0", NULL};
	struct dec d;
	(void)a;
	if (v->type == FP_BOOLEAN) {
		*out = fp_boolean(v->truth);
		return true;
	}
	if (v->type == FP_STRING) {
		*out = fp_boolean(word_in(v->text, yes));
		return out->truth || word_in(v->text, no);
	}
	if (!value_number(v, &d))
		return false;
	*out = fp_boolean(dec_cmp(d, dec_int(1)) == 0);
	return out->truth || d.c == 0;
}

static struct str unsigned_text(struct str s)
{
	return s.n > 1 && s.p[0] == '+' ? str_sub(s, 1, s.n) : s;
}

static bool to_integer(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	(void)a;
	*out = fp_integer(0);
	if (v->type == FP_INTEGER)
		out->integer = v->integer;
	else if (v->type == FP_BOOLEAN)
		out->integer = v->truth;
	else
		return v->type == FP_STRING && str_to_i64(unsigned_text(v->text), &out->integer);
	return true;
}

static bool to_decimal(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	struct dec d;
	*out = (struct fp_value){.type = FP_DECIMAL};
	if (v->type == FP_BOOLEAN)
		out->text = v->truth ? STR("1.0") : STR("0.0");
	else if (v->type == FP_INTEGER || v->type == FP_DECIMAL)
		out->text = fp_text(a, v);
	else if (v->type == FP_STRING && dec_parse(v->text, &d) && str_find_char(v->text, 'e') < 0 && str_find_char(v->text, 'E') < 0)
		out->text = unsigned_text(v->text);
	return out->text.p != NULL;
}

static bool to_moment(struct arena *a, const struct fp_value *v, enum fp_type type, struct fp_value *out)
{
	struct date d;
	(void)a;
	*out = (struct fp_value){.type = type, .text = v->text};
	if (v->type == FP_STRING)
		return moment_parse(v->text, type, &d);
	return v->type == type && moment_parse(v->text, type, &d);
}

static bool to_date(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	struct date d;
	if (v->type != FP_DATETIME)
		return to_moment(a, v, FP_DATE, out);
	if (!moment_parse(v->text, FP_DATETIME, &d))
		return false;
	if (d.precision > DATE_DAY)
		d.precision = DATE_DAY;
	*out = value_of_moment(a, &d, FP_DATE);
	return true;
}

static bool to_datetime(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	if (v->type != FP_DATE)
		return to_moment(a, v, FP_DATETIME, out);
	*out = (struct fp_value){.type = FP_DATETIME, .text = v->text};
	return true;
}

static bool to_time(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	return to_moment(a, v, FP_TIME, out);
}

static bool to_string(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	struct fp_value q;
	if (!value_is_primitive(v) && !value_quantity(v, &q))
		return false;
	*out = fp_string(fp_text(a, v));
	return true;
}

/* "4 days", "10.1 'mg'", "4" */
static bool quantity_of_text(struct str s, struct fp_value *out)
{
	size_t n = 0;
	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\'')
		n++;
	struct str number = str_sub(s, 0, n), unit = str_trim(str_sub(s, n, s.n));
	struct dec d;
	if (!dec_parse(number, &d) || str_find_char(number, 'e') >= 0 || str_find_char(number, 'E') >= 0)
		return false;
	*out = (struct fp_value){.type = FP_QUANTITY, .text = unsigned_text(number), .unit = STR("1")};
	if (!unit.n)
		return n == s.n;
	if (unit.n > 2 && unit.p[0] == '\'' && unit.p[unit.n - 1] == '\'') {
		out->unit = str_sub(unit, 1, unit.n - 1);
		return str_find_char(out->unit, '\'') < 0;
	}
	out->unit = unit;
	return unit_calendar(unit).p != NULL;
}

static bool to_quantity(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	if (v->type == FP_STRING)
		return quantity_of_text(v->text, out);
	if (!value_is_primitive(v))
		return value_quantity(v, out);
	struct fp_value d;
	if ((v->type != FP_BOOLEAN && v->type != FP_INTEGER && v->type != FP_DECIMAL) || !to_decimal(a, v, &d))
		return false;
	*out = (struct fp_value){.type = FP_QUANTITY, .text = d.text, .unit = STR("1")};
	return true;
}

/* toQuantity('g'): the same amount in another unit. */
static bool in_unit(struct call *c, struct fp_value *q)
{
	if (!c->arg[0].n)
		return true;
	struct unit from, to;
	struct dec d;
	struct str wanted = call_str(c, 0);
	if (str_eq(wanted, q->unit))
		return true;
	if (!unit_parse(q->unit, &from) || !unit_parse(wanted, &to) || !dec_parse(q->text, &d) || !unit_convert(d, &from, &to, &d))
		return false;
	*q = value_quantity_of(c->ev->arena, d, wanted);
	return true;
}

typedef bool converter(struct arena *a, const struct fp_value *v, struct fp_value *out);

static bool convert(struct call *c, converter *to)
{
	struct fp_value v;
	return !to(c->ev->arena, c->item, &v) || call_return(c, v);
}

static bool converts(struct call *c, converter *to)
{
	struct fp_value v;
	return call_return_bool(c, to(c->ev->arena, c->item, &v));
}

#define CONVERSION(name)                                                                                                   \
	bool fn_to_##name(struct call *c)                                                                                  \
	{                                                                                                                  \
		return convert(c, to_##name);                                                                              \
	}                                                                                                                  \
	bool fn_converts_to_##name(struct call *c)                                                                         \
	{                                                                                                                  \
		return converts(c, to_##name);                                                                             \
	}

CONVERSION(boolean)
CONVERSION(integer)
CONVERSION(decimal)
CONVERSION(date)
CONVERSION(datetime)
CONVERSION(time)
CONVERSION(string)

bool fn_to_quantity(struct call *c)
{
	struct fp_value q;
	return !to_quantity(c->ev->arena, c->item, &q) || !in_unit(c, &q) || call_return(c, q);
}

bool fn_converts_to_quantity(struct call *c)
{
	struct fp_value q;
	return call_return_bool(c, to_quantity(c->ev->arena, c->item, &q) && in_unit(c, &q));
}

/* ---- types ---- */

bool fn_is(struct call *c)
{
	return call_return_bool(c, value_is(c->item, &c->node->type, false));
}

bool fn_as(struct call *c)
{
	return !value_is(c->item, &c->node->type, false) || call_return(c, *c->item);
}

bool fn_type(struct call *c)
{
	struct arena *a = c->ev->arena;
	for (size_t i = 0; i < c->in->n; i++) {
		const struct fp_value *v = &c->in->v[i];
		struct json *o = json_object(a);
		json_setz(a, o, "namespace", json_stringz(a, v->ftype ? "FHIR" : "System"));
		json_setz(a, o, "name", json_string(a, fp_type_name(v)));
		if (!call_return(c, value_of(o, NULL, NULL, FP_NODE)))
			return false;
	}
	return true;
}
