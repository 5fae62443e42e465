/* Values and lists: making them, reading them as numbers, moments and quantities, and printing them. */
#include "fhirpath/internal.h"

#include <string.h>

/* A list whose room is smaller than this starts on somebody's stack (FP_LOCAL, fp_one), so it is copied, not grown. */
#define BORROWED_BELOW 8

void fp_list_push(struct arena *a, struct fp_list *l, struct fp_value v)
{
	if (l->n == l->cap) {
		size_t cap = l->cap < BORROWED_BELOW ? BORROWED_BELOW : l->cap * 2;
		if (l->cap < BORROWED_BELOW) {
			struct fp_value *grown = ARENA_ARRAY(a, struct fp_value, cap);
			if (l->n)
				memcpy(grown, l->v, l->n * sizeof *grown);
			l->v = grown;
		} else {
			l->v = arena_grow(a, l->v, l->cap * sizeof *l->v, cap * sizeof *l->v);
		}
		l->cap = cap;
	}
	l->v[l->n++] = v;
}

bool list_push(struct ev *ev, const struct node *n, struct fp_list *l, const struct fp_value *v)
{
	if (l->n >= FP_MAX_ITEMS)
		return ev_costly(ev, n, "a collection has too many items");
	ev->steps++;
	fp_list_push(ev->arena, l, *v);
	return true;
}

bool list_append(struct ev *ev, const struct node *n, struct fp_list *to, const struct fp_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (!list_push(ev, n, to, &from->v[i]))
			return false;
	return true;
}

struct fp_list list_keep(struct arena *a, const struct fp_list *l)
{
	struct fp_list kept = {NULL, 0, 0};
	for (size_t i = 0; i < l->n; i++)
		fp_list_push(a, &kept, l->v[i]);
	return kept;
}

/* ---- making ---- */

struct fp_value fp_string(struct str s)
{
	return (struct fp_value){.type = FP_STRING, .text = s};
}

struct fp_value fp_boolean(bool b)
{
	return (struct fp_value){.type = FP_BOOLEAN, .truth = b};
}

struct fp_value fp_integer(int64_t i)
{
	return (struct fp_value){.type = FP_INTEGER, .integer = i};
}

struct fp_value fp_datetime(struct arena *a, int64_t us)
{
	struct local_time t = local_from_us(us);
	struct date d = {.year = t.year, .month = t.month, .day = t.day, .hour = t.hour, .minute = t.minute, .second = t.second};
	int64_t micro = us % US_PER_SECOND;
	d.micro = (int)(micro < 0 ? micro + US_PER_SECOND : micro);
	d.precision = DATE_FRACTION;
	d.fraction_digits = 3;
	d.has_zone = true;
	d.zone_minutes = t.offset_minutes;
	return value_of_moment(a, &d, FP_DATETIME);
}

struct fp_value value_decimal(struct arena *a, struct dec d)
{
	return (struct fp_value){.type = FP_DECIMAL, .text = dec_text(a, d)};
}

struct fp_value value_quantity_of(struct arena *a, struct dec d, struct str unit)
{
	return (struct fp_value){.type = FP_QUANTITY, .text = dec_text(a, d), .unit = unit};
}

struct fp_value value_of_moment(struct arena *a, const struct date *d, enum fp_type type)
{
	return (struct fp_value){.type = type, .text = moment_text(a, d, type)};
}

struct fp_value fp_node(const struct json *node, const struct fhir_type *type)
{
	struct str name = json_str(node, "resourceType");
	if (!type && name.p)
		type = fhir_type(name);
	return value_of(node, NULL, type, type ? value_type_of(type) : FP_NODE);
}

/* ---- the type of an element's value ---- */

static const struct {
	const char *name;
	enum fp_type type;
} primitives[] = {
	{"boolean", FP_BOOLEAN},  {"integer", FP_INTEGER},   {"positiveInt", FP_INTEGER}, {"unsignedInt", FP_INTEGER}, {"decimal", FP_DECIMAL},
	{"date", FP_DATE},	  {"dateTime", FP_DATETIME}, {"instant", FP_DATETIME},	  {"time", FP_TIME},
};

enum fp_type value_type_of(const struct fhir_type *type)
{
	if (!type || (type->kind != FHIR_PRIMITIVE && strcmp(type->name, "xhtml") != 0))
		return FP_NODE;
	for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
		if (strcmp(type->name, primitives[i].name) == 0)
			return primitives[i].type;
	return FP_STRING;
}

static enum fp_type type_of_text(enum fp_type wanted)
{
	return wanted == FP_DATE || wanted == FP_DATETIME || wanted == FP_TIME ? wanted : FP_STRING;
}

/* The JSON decides where it disagrees with the definition: a resource that was never validated must not be misread. */
struct fp_value value_of(const struct json *node, const struct json *extra, const struct fhir_type *type, enum fp_type value_type)
{
	struct fp_value v = {.type = value_type, .ftype = type, .node = node, .extra = extra};
	if (!node)
		return v;
	switch ((enum json_type)node->type) {
	case JSON_BOOL:
		v.type = FP_BOOLEAN;
		v.truth = node->truth;
		break;
	case JSON_NUMBER:
		v.text = node->text;
		v.type = (value_type == FP_INTEGER || !type) && json_i64(node, &v.integer) ? FP_INTEGER : FP_DECIMAL;
		break;
	case JSON_STRING:
		v.text = node->text;
		v.type = type_of_text(value_type);
		break;
	default:
		v.type = FP_NODE;
	}
	return v;
}

/* ---- asking ---- */

bool value_is_primitive(const struct fp_value *v)
{
	return v->type != FP_NODE && v->type != FP_QUANTITY;
}

bool value_is_blank(const struct fp_value *v)
{
	return !v->node && v->extra && value_is_primitive(v);
}

static const char *const type_words[] = {"Any", "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"};

const char *fp_type_word(enum fp_type t)
{
	return type_words[t];
}

bool type_ref_resolve(struct str namespace, struct str name, struct type_ref *out)
{
	*out = (struct type_ref){.name = name};
	if (!namespace.n || str_is(namespace, "FHIR"))
		out->fhir = fhir_type(name);
	if (namespace.n && !str_is(namespace, "System"))
		return out->fhir != NULL;
	for (size_t i = FP_BOOLEAN; i <= FP_QUANTITY; i++)
		if (str_is(name, type_words[i])) {
			out->is_system = true;
			out->system = (enum fp_type)i;
		}
	/* System.Patient names nothing in System: a type nothing is of, not a mistake in the name. */
	return out->fhir || out->is_system || fhir_type(name);
}

bool value_is(const struct fp_value *v, const struct type_ref *t, bool exact_primitive)
{
	if (!v->ftype)
		return t->is_system && v->type == t->system;
	if (!t->fhir)
		return false;
	if (v->ftype == t->fhir)
		return true;
	if (exact_primitive && t->fhir->kind == FHIR_PRIMITIVE)
		return false;
	for (const struct fhir_type *f = v->ftype->base; f; f = f->base)
		if (f == t->fhir)
			return true;
	return false;
}

bool value_number(const struct fp_value *v, struct dec *out)
{
	if (value_is_blank(v))
		return false;
	if (v->type == FP_INTEGER) {
		*out = dec_int(v->integer);
		return true;
	}
	return v->type == FP_DECIMAL && dec_parse(v->text, out);
}

static bool is_quantity_type(const struct fp_value *v)
{
	for (const struct fhir_type *t = v->ftype; t; t = t->base)
		if (strcmp(t->name, "Quantity") == 0)
			return true;
	return false;
}

/* FHIR's Quantity as FHIRPath's (R4 fhirpath.html, "Quantity"): only without a comparator; the UCUM code, else the unit. */
static bool from_fhir_quantity(const struct fp_value *v, struct fp_value *out)
{
	const struct json *value = json_getz(v->node, "value");
	if (!json_is(value, JSON_NUMBER) || json_getz(v->node, "comparator"))
		return false;
	struct str system = json_str(v->node, "system"), code = json_str(v->node, "code"), unit = json_str(v->node, "unit");
	*out = (struct fp_value){.type = FP_QUANTITY, .ftype = v->ftype, .text = value->text};
	out->unit = code.n && (!system.n || str_is(system, "http://unitsofmeasure.org")) ? code : unit.n ? unit : code;
	if (!out->unit.n)
		out->unit = STR("1");
	return true;
}

bool value_quantity(const struct fp_value *v, struct fp_value *out)
{
	if (v->type == FP_QUANTITY) {
		*out = *v;
		return true;
	}
	if (v->type == FP_DECIMAL && v->text.p) {
		*out = *v;
		out->type = FP_QUANTITY;
		out->unit = STR("1");
		return true;
	}
	return v->type == FP_NODE && is_quantity_type(v) && from_fhir_quantity(v, out);
}

bool value_as_quantity(struct arena *a, const struct fp_value *v, struct fp_value *out)
{
	if (v->type != FP_INTEGER)
		return value_quantity(v, out);
	*out = (struct fp_value){.type = FP_QUANTITY, .text = fp_text(a, v), .unit = STR("1")};
	return true;
}

bool value_moment(const struct fp_value *v, struct date *out)
{
	return (v->type == FP_DATE || v->type == FP_DATETIME || v->type == FP_TIME) && moment_parse(v->text, v->type, out);
}

bool value_tri(struct ev *ev, const struct node *n, const struct fp_list *l, enum tri *out)
{
	*out = TRI_EMPTY;
	if (l->n == 0)
		return true;
	if (l->n > 1)
		return ev_fail(ev, n, "a condition came out as %zu items, and must be a single one", l->n);
	if (value_is_blank(&l->v[0]))
		return true;
	*out = l->v[0].type == FP_BOOLEAN && !l->v[0].truth ? TRI_FALSE : TRI_TRUE;
	return true;
}

/* ---- printing ---- */

static struct str quantity_text(struct arena *a, const struct fp_value *v)
{
	bool word = unit_calendar(v->unit).p != NULL;
	return str_printf(a, word ? "%.*s %.*s" : "%.*s '%.*s'", STR_ARG(v->text), STR_ARG(v->unit));
}

static struct str decimal_text(struct arena *a, struct str text)
{
	struct dec d;
	bool plain = str_find_char(text, 'e') < 0 && str_find_char(text, 'E') < 0;
	return plain || !dec_parse(text, &d) ? text : dec_text(a, d);
}

struct str fp_text(struct arena *a, const struct fp_value *v)
{
	struct fp_value q;
	switch (v->type) {
	case FP_BOOLEAN:
		return value_is_blank(v) ? STR("") : v->truth ? STR("true") : STR("false");
	case FP_INTEGER:
		return value_is_blank(v) ? STR("") : str_printf(a, "%lld", (long long)v->integer);
	case FP_DECIMAL:
		return decimal_text(a, v->text);
	case FP_QUANTITY:
		return quantity_text(a, v);
	case FP_NODE:
		if (value_quantity(v, &q))
			return quantity_text(a, &q);
		return v->node ? json_to_str(a, v->node) : STR("");
	default:
		return v->text;
	}
}

struct str fp_type_name(const struct fp_value *v)
{
	if (v->ftype)
		return str_from(v->ftype->name);
	if (v->type == FP_NODE && json_str(v->node, "resourceType").p)
		return json_str(v->node, "resourceType");
	return str_from(type_words[v->type]);
}

static struct json *quantity_json(struct arena *a, const struct fp_value *v)
{
	struct json *o = json_object(a);
	json_setz(a, o, "value", json_number(a, v->text));
	json_set_str(a, o, "unit", v->unit);
	if (!unit_calendar(v->unit).p) {
		json_setz(a, o, "system", json_stringz(a, "http://unitsofmeasure.org"));
		json_set_str(a, o, "code", v->unit);
	}
	return o;
}

struct json *fp_to_json(struct arena *a, const struct fp_value *v)
{
	if (v->node)
		return (struct json *)v->node;
	if (value_is_blank(v))
		return json_null(a);
	switch (v->type) {
	case FP_BOOLEAN:
		return json_bool(a, v->truth);
	case FP_INTEGER:
		return json_int(a, v->integer);
	case FP_DECIMAL:
		return json_number(a, v->text);
	case FP_QUANTITY:
		return quantity_json(a, v);
	case FP_NODE:
		return json_null(a);
	default:
		return json_string(a, v->text);
	}
}
