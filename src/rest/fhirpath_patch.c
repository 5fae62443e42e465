#include "rest/fhirpath_patch.h"

#include "rest/json_patch.h"

enum { MOST_OPERATIONS = 500 };

struct patch {
	struct arena *a;
	struct json *resource;
	int64_t now_us;
	struct err *e;
};

struct operation {
	struct str type, path, name;
	const struct json *value; /* the part that holds it */
	int64_t index, source, destination; /* -1 when not given */
};

/* Where an element is: member `key` of `owner`, or there in `array` at `index`. */
struct spot {
	struct json *owner, *array;
	struct str key;
	size_t index;
};

/* ---- reading an operation ---- */

static struct str part_text(const struct json *part)
{
	static const char *const kinds[] = {"valueCode", "valueString"};
	for (size_t i = 0; i < 2; i++)
		if (json_str(part, kinds[i]).p)
			return json_str(part, kinds[i]);
	return STR_NONE;
}

static bool read_number(const struct json *part, int64_t *out)
{
	return json_i64(json_getz(part, "valueInteger"), out) && *out >= 0;
}

static bool read_operation(const struct json *parameter, struct operation *o, struct err *e)
{
	*o = (struct operation){.index = -1, .source = -1, .destination = -1};
	const struct json *parts = json_getz(parameter, "part");
	for (size_t i = 0; i < json_n(parts); i++) {
		const struct json *part = json_at(parts, i);
		struct str name = json_str(part, "name");
		bool ok = true;
		if (str_is(name, "type"))
			o->type = part_text(part);
		else if (str_is(name, "path"))
			o->path = part_text(part);
		else if (str_is(name, "name"))
			o->name = part_text(part);
		else if (str_is(name, "value"))
			o->value = part;
		else if (str_is(name, "index"))
			ok = read_number(part, &o->index);
		else if (str_is(name, "source"))
			ok = read_number(part, &o->source);
		else
			ok = str_is(name, "destination") && read_number(part, &o->destination);
		if (!ok)
			return err_set(e, ERR_INVALID, "an operation has no use for its part \"%.*s\"", STR_ARG(name));
	}
	return (o->type.p && o->path.p) || err_set(e, ERR_INVALID, "an operation needs a type and a path");
}

/* ---- the value ---- */

static struct json *build(struct patch *p, const struct json *part, const struct fhir_type *type, struct str *suffix);

/* A value given as parts: an element of no type that has a name of its own (Patient.contact). */
static struct json *build_parts(struct patch *p, const struct json *parts, const struct fhir_type *type)
{
	struct json *out = json_object(p->a);
	for (size_t i = 0; i < json_n(parts); i++) {
		const struct json *part = json_at(parts, i);
		struct str name = json_str(part, "name"), suffix;
		const struct fhir_element *element = type ? fhir_element_by_path(type, name) : NULL;
		struct json *value = build(p, part, element && element->type_count == 1 ? fhir_element_type(element, 0) : NULL, &suffix);
		if (!value || !element)
			return NULL;
		struct str key = element->is_choice ? str_cat(p->a, name, suffix) : name;
		if (element->max > 1 && !json_get(out, key))
			json_set(p->a, out, key, json_array(p->a));
		if (element->max > 1)
			json_push(p->a, json_get(out, key), value);
		else
			json_set(p->a, out, key, value);
	}
	return out;
}

static struct json *build(struct patch *p, const struct json *part, const struct fhir_type *type, struct str *suffix)
{
	*suffix = STR("");
	for (size_t i = 0; json_is(part, JSON_OBJECT) && i < part->n; i++) {
		struct str key = part->members[i].key;
		if (!str_starts(key, STR("value")) || key.n < 6)
			continue;
		*suffix = str_sub(key, 5, key.n);
		return json_clone(p->a, part->members[i].value);
	}
	return json_getz(part, "part") ? build_parts(p, json_getz(part, "part"), type) : NULL;
}

static struct json *value_of(struct patch *p, const struct operation *o, const struct fhir_type *type, struct str *suffix)
{
	struct json *v = o->value ? build(p, o->value, type, suffix) : NULL;
	if (!v)
		err_set(p->e, ERR_INVALID, "the operation has no value, or one that cannot be there");
	return v;
}

/* ---- places ---- */

static bool find_spot(struct json *j, const struct json *node, struct spot *out)
{
	for (size_t i = 0; json_is(j, JSON_OBJECT) && i < j->n; i++) {
		struct json *value = j->members[i].value;
		*out = (struct spot){.owner = j, .key = j->members[i].key};
		if (value == node)
			return true;
		for (size_t k = 0; json_is(value, JSON_ARRAY) && k < value->n; k++) {
			*out = (struct spot){.owner = j, .key = j->members[i].key, .array = value, .index = k};
			if (value->items[k] == node || find_spot(value->items[k], node, out))
				return true;
		}
		if (json_is(value, JSON_OBJECT) && find_spot(value, node, out))
			return true;
	}
	return false;
}

static bool evaluate(struct patch *p, const struct operation *o, struct fp_list *out)
{
	struct fp_expr *expr;
	struct fp_env env = fp_env_for(p->a, p->resource, p->now_us);
	*out = (struct fp_list){0};
	return fp_compile(p->a, o->path, &expr, p->e) && fp_eval(expr, &env, out, p->e);
}

static bool one_place(struct patch *p, const struct operation *o, struct fp_list *list, struct spot *out)
{
	if (list->n != 1)
		return err_set(p->e, ERR_INVARIANT, "\"%.*s\" is %zu places, and must be one", STR_ARG(o->path), list->n);
	return find_spot(p->resource, list->v[0].node, out) ||
	       err_set(p->e, ERR_INVARIANT, "\"%.*s\" is not a place that can change", STR_ARG(o->path));
}

/* ---- the operations ---- */

static bool add(struct patch *p, const struct operation *o)
{
	struct fp_list list;
	struct str suffix;
	if (!evaluate(p, o, &list))
		return false;
	if (list.n != 1 || !json_is(list.v[0].node, JSON_OBJECT))
		return err_set(p->e, ERR_INVARIANT, "\"%.*s\" is not one element to add to", STR_ARG(o->path));
	const struct fhir_element *element = list.v[0].ftype && o->name.n ? fhir_element_by_path(list.v[0].ftype, o->name) : NULL;
	if (!element)
		return err_set(p->e, ERR_INVARIANT, "\"%.*s\" has no element \"%.*s\"", STR_ARG(o->path), STR_ARG(o->name));
	struct json *value = value_of(p, o, element->type_count == 1 ? fhir_element_type(element, 0) : NULL, &suffix);
	if (!value)
		return false;
	struct json *target = (struct json *)(uintptr_t)list.v[0].node; /* of our own copy */
	struct str key = element->is_choice ? str_cat(p->a, o->name, suffix) : o->name;
	if (element->max == 1) {
		json_set(p->a, target, key, value);
		return true;
	}
	if (!json_is(json_get(target, key), JSON_ARRAY))
		json_set(p->a, target, key, json_array(p->a));
	json_push(p->a, json_get(target, key), value);
	return true;
}

/* insert and move work on the list that the path names. */
static bool list_of(struct patch *p, const struct operation *o, struct fp_list *list, struct spot *first)
{
	if (!evaluate(p, o, list))
		return false;
	bool is_list = list->n > 0 && find_spot(p->resource, list->v[0].node, first) && first->array && first->array->n == list->n;
	return is_list || err_set(p->e, ERR_INVARIANT, "\"%.*s\" is not a list", STR_ARG(o->path));
}

static bool insert(struct patch *p, const struct operation *o)
{
	struct fp_list list;
	struct spot first;
	struct str suffix;
	if (!list_of(p, o, &list, &first))
		return false;
	if (o->index < 0 || (size_t)o->index > list.n)
		return err_set(p->e, ERR_INVARIANT, "an index between 0 and %zu is needed", list.n);
	struct json *value = value_of(p, o, list.v[0].ftype, &suffix);
	if (value)
		json_array_insert(p->a, first.array, (size_t)o->index, value);
	return value != NULL;
}

static bool move(struct patch *p, const struct operation *o)
{
	struct fp_list list;
	struct spot first;
	if (!list_of(p, o, &list, &first))
		return false;
	bool inside = o->source >= 0 && o->destination >= 0 && (size_t)o->source < list.n && (size_t)o->destination < list.n;
	if (!inside)
		return err_set(p->e, ERR_INVARIANT, "source and destination are between 0 and %zu", list.n - 1);
	struct json *value = json_array_take(first.array, (size_t)o->source);
	json_array_insert(p->a, first.array, (size_t)o->destination, value);
	return true;
}

/* FHIR has no empty elements: what a delete leaves empty goes, too. */
static bool prune(struct json *j)
{
	for (size_t i = 0; json_is(j, JSON_ARRAY) && i < j->n;) {
		if (prune(j->items[i]))
			json_array_take(j, i);
		else
			i++;
	}
	for (size_t i = 0; json_is(j, JSON_OBJECT) && i < j->n;) {
		if (prune(j->members[i].value))
			json_remove(j, j->members[i].key);
		else
			i++;
	}
	return (json_is(j, JSON_ARRAY) || json_is(j, JSON_OBJECT)) && j->n == 0;
}

/* What is not there is deleted already. A primitive's id and extensions, in "_name", go with it. */
static bool delete(struct patch *p, const struct operation *o)
{
	struct fp_list list;
	struct spot spot;
	if (!evaluate(p, o, &list))
		return false;
	if (list.n == 0)
		return true;
	if (!one_place(p, o, &list, &spot))
		return false;
	struct str shadow = str_cat(p->a, STR("_"), spot.key);
	struct json *beside = json_get(spot.owner, shadow);
	if (spot.array && spot.array->n > 1) {
		json_array_take(spot.array, spot.index);
		if (json_is(beside, JSON_ARRAY) && spot.index < beside->n)
			json_array_take(beside, spot.index);
		return true;
	}
	json_remove(spot.owner, shadow);
	json_remove(spot.owner, spot.key);
	prune(p->resource);
	return true;
}

static bool replace(struct patch *p, const struct operation *o)
{
	struct fp_list list;
	struct spot spot;
	struct str suffix;
	if (!evaluate(p, o, &list) || !one_place(p, o, &list, &spot))
		return false;
	struct json *value = value_of(p, o, list.v[0].ftype, &suffix);
	if (!value)
		return false;
	if (spot.array)
		spot.array->items[spot.index] = value;
	else
		json_set(p->a, spot.owner, spot.key, value);
	return true;
}

static bool apply(struct patch *p, const struct json *parameter)
{
	static const struct {
		const char *type;
		bool (*run)(struct patch *p, const struct operation *o);
	} known[] = {{"add", add}, {"insert", insert}, {"delete", delete}, {"replace", replace}, {"move", move}};
	struct operation o;
	if (!str_is(json_str(parameter, "name"), "operation"))
		return err_set(p->e, ERR_INVALID, "the parameters of a patch are all called \"operation\"");
	if (!read_operation(parameter, &o, p->e))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_is(o.type, known[i].type))
			return known[i].run(p, &o);
	return err_set(p->e, ERR_INVALID, "\"%.*s\" is not add, insert, delete, replace or move", STR_ARG(o.type));
}

bool fhirpath_patch(struct arena *a, struct json *resource, const struct json *parameters, int64_t now_us, struct err *e)
{
	struct patch p = {a, resource, now_us, e};
	const struct json *list = json_getz(parameters, "parameter");
	if (!str_is(json_str(parameters, "resourceType"), "Parameters"))
		return err_set(e, ERR_INVALID, "a FHIRPath Patch is a Parameters resource");
	if (json_n(list) > MOST_OPERATIONS)
		return err_set(e, ERR_TOO_LARGE, "the patch has more than %d operations", MOST_OPERATIONS);
	for (size_t i = 0; i < json_n(list); i++)
		if (!apply(&p, json_at(list, i)))
			return err_context(e, "operation %zu", i);
	return true;
}
