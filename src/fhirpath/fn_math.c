/* Section 5.7, math. Whole and decimal results are exact; the transcendental ones are binary, kept to 15 digits. */
#include "fhirpath/functions.h"

#include <math.h>

static bool number_in(struct call *c, struct dec *d, struct fp_value *quantity)
{
	quantity->unit = STR_NONE;
	if (value_number(c->item, d))
		return true;
	if (!value_is_primitive(c->item) && value_quantity(c->item, quantity) && dec_parse(quantity->text, d))
		return true;
	return ev_fail(c->ev, c->node, "%s() wants a number", c->fn->name);
}

static bool return_number(struct call *c, struct dec d, bool whole, const struct fp_value *quantity)
{
	int64_t i;
	if (quantity && quantity->unit.p)
		return call_return(c, value_quantity_of(c->ev->arena, d, quantity->unit));
	if (whole)
		return !dec_to_i64(d, &i) || call_return_int(c, i);
	return call_return(c, value_decimal(c->ev->arena, d));
}

bool fn_abs(struct call *c)
{
	struct dec d;
	struct fp_value q;
	if (!number_in(c, &d, &q))
		return false;
	if (d.c < 0)
		d.c = -d.c;
	return return_number(c, d, c->item->type == FP_INTEGER, &q);
}

static bool whole(struct call *c, enum dec_round how)
{
	struct dec d;
	struct fp_value q;
	return number_in(c, &d, &q) && (!dec_round(d, 0, how, &d) || return_number(c, d, true, &q));
}

bool fn_ceiling(struct call *c)
{
	return whole(c, DEC_CEILING);
}

bool fn_floor(struct call *c)
{
	return whole(c, DEC_FLOOR);
}

bool fn_truncate(struct call *c)
{
	return whole(c, DEC_DOWN);
}

bool fn_round(struct call *c)
{
	struct dec d;
	struct fp_value q;
	int64_t places = 0;
	call_int(c, 0, &places);
	if (places < 0)
		return ev_fail(c->ev, c->node, "round() cannot round to a negative number of places");
	if (!number_in(c, &d, &q))
		return false;
	if (places < d.scale)
		dec_round(d, (int)places, DEC_HALF_UP, &d);
	return return_number(c, d, false, &q);
}

static bool return_double(struct call *c, double v)
{
	struct dec d;
	return !dec_from_double(v, &d) || return_number(c, d, false, NULL);
}

static bool input(struct call *c, double *v)
{
	struct dec d;
	struct fp_value q;
	if (!number_in(c, &d, &q))
		return false;
	if (q.unit.p)
		return ev_fail(c->ev, c->node, "%s() wants a number without a unit", c->fn->name);
	*v = dec_to_double(d);
	return true;
}

static double argument(const struct call *c)
{
	struct dec d = {0, 0};
	return value_number(&c->arg[0].v[0], &d) ? dec_to_double(d) : (double)NAN;
}

bool fn_exp(struct call *c)
{
	double v;
	return input(c, &v) && return_double(c, exp(v));
}

bool fn_ln(struct call *c)
{
	double v;
	return input(c, &v) && (v <= 0 || return_double(c, log(v)));
}

bool fn_log(struct call *c)
{
	double v, base = argument(c);
	if (!input(c, &v))
		return false;
	if (v <= 0 || base <= 0 || base == 1)
		return true;
	return return_double(c, base == 2 ? log2(v) : base == 10 ? log10(v) : log(v) / log(base));
}

bool fn_sqrt(struct call *c)
{
	double v;
	return input(c, &v) && (v < 0 || return_double(c, sqrt(v)));
}

/* A small whole exponent is exact. */
static bool exact_power(struct dec base, int64_t exponent, struct dec *out)
{
	*out = dec_int(1);
	if (exponent < 0 || exponent > 200)
		return false;
	for (int64_t i = 0; i < exponent; i++)
		if (!dec_mul(*out, base, out))
			return false;
	return true;
}

bool fn_power(struct call *c)
{
	struct dec base, exponent, r;
	struct fp_value q;
	int64_t n;
	if (!number_in(c, &base, &q) || q.unit.p)
		return ev_fail(c->ev, c->node, "power() wants a number");
	if (!value_number(&c->arg[0].v[0], &exponent))
		return ev_fail(c->ev, c->node, "power() wants a number as its exponent");
	bool whole_in = c->item->type == FP_INTEGER && c->arg[0].v[0].type == FP_INTEGER;
	if (dec_to_i64(exponent, &n) && exact_power(base, n, &r))
		return return_number(c, r, whole_in, NULL);
	if (base.c < 0 && !dec_to_i64(exponent, &n))
		return true;
	return return_double(c, pow(dec_to_double(base), dec_to_double(exponent)));
}

/* ---- what is between a value and the next one of its precision (FHIR's extension to FHIRPath) ---- */

bool fn_precision(struct call *c)
{
	struct date d;
	struct dec n;
	if (c->item->type == FP_DECIMAL && dec_parse(c->item->text, &n))
		return call_return_int(c, n.scale);
	if (c->item->type == FP_INTEGER)
		return call_return_int(c, 0);
	if (value_moment(c->item, &d))
		return call_return_int(c, moment_digits(&d, c->item->type));
	return ev_fail(c->ev, c->node, "precision() wants a decimal, a date or a time");
}

static struct str signed_zero(struct arena *a, struct dec d, bool negative)
{
	struct str text = dec_text(a, d);
	return negative && d.c == 0 ? str_cat(a, STR("-"), text) : text;
}

/* Half a unit in the last place down or up, then cut to the asked places, away from the value; but a value that does not even reach the
 * place after the asked ones is zero, as the published conformance cases have it. */
static bool decimal_boundary(struct arena *a, struct dec d, int64_t places, bool high, struct str *out)
{
	bool negative = d.c < 0;
	struct dec half = {high ? 5 : -5, d.scale + 1}, edge, shown;
	if (places < 0 || places > 31 || !dec_add(d, half, &edge) || !dec_round(edge, (int)places + 1, DEC_DOWN, &shown))
		return false;
	bool vanishes = shown.c == 0 && d.c != 0 && negative != high;
	if (!dec_round(edge, (int)places, vanishes ? DEC_DOWN : high ? DEC_CEILING : DEC_FLOOR, &shown))
		return false;
	*out = signed_zero(a, shown, negative);
	return true;
}

static bool boundary(struct call *c, bool high)
{
	struct arena *a = c->ev->arena;
	struct fp_value v = *c->item, q;
	struct date d;
	struct dec n;
	int64_t digits;
	bool given = call_int(c, 0, &digits);
	if (value_moment(&v, &d)) {
		if (!given)
			digits = v.type == FP_TIME ? 9 : v.type == FP_DATE ? 8 : 17;
		if (digits < 0 || digits > 17 || !moment_boundary(&d, v.type, (int)digits, high))
			return true;
		return call_return(c, value_of_moment(a, &d, v.type));
	}
	struct fp_value r = {.type = FP_DECIMAL};
	if (!number_in(c, &n, &q))
		return false;
	if (!decimal_boundary(a, n, given ? digits : 8, high, &r.text))
		return true;
	if (q.unit.p) {
		r.type = FP_QUANTITY;
		r.unit = q.unit;
	}
	return call_return(c, r);
}

bool fn_low_boundary(struct call *c)
{
	return boundary(c, false);
}

bool fn_high_boundary(struct call *c)
{
	return boundary(c, true);
}

bool fn_comparable(struct call *c)
{
	struct fp_value a, b;
	struct unit ua, ub;
	if (!value_quantity(c->item, &a) || !value_quantity(&c->arg[0].v[0], &b))
		return call_return_bool(c, false);
	if (str_eq(a.unit, b.unit))
		return call_return_bool(c, true);
	return call_return_bool(c, unit_parse(a.unit, &ua) && unit_parse(b.unit, &ub) && unit_same_dimension(&ua, &ub));
}
