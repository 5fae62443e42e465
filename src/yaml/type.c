#include "yaml/type.h"

/* RFC 8259 section 6: what may stand in JSON as it is. 010, +1, .5 and 1_000 are text. */
static bool is_json_number(struct str s)
{
	size_t i = s.n && s.p[0] == '-', from = i;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == from || (s.p[from] == '0' && i - from > 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		for (from = ++i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9';)
			i++;
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
		for (from = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9';)
			i++;
		if (i == from)
			return false;
	}
	return i == s.n;
}

static bool is_true(struct str s)
{
	return str_is(s, "true") || str_is(s, "True") || str_is(s, "TRUE");
}

static bool is_false(struct str s)
{
	return str_is(s, "false") || str_is(s, "False") || str_is(s, "FALSE");
}

static bool is_null(struct str s)
{
	return !s.n || str_is(s, "~") || str_is(s, "null") || str_is(s, "Null") || str_is(s, "NULL");
}

enum scalar { SCALAR_ANY, SCALAR_BOOLEAN, SCALAR_NUMBER, SCALAR_TEXT };

static enum scalar scalar_of(const struct fhir_type *t)
{
	if (!t || t->kind != FHIR_PRIMITIVE)
		return SCALAR_ANY;
	if (str_is(str_from(t->name), "boolean"))
		return SCALAR_BOOLEAN;
	if (str_is(str_from(t->name), "decimal") || fhir_type_is(t, STR("integer")))
		return SCALAR_NUMBER;
	return SCALAR_TEXT;
}

static void type_scalar(struct json *j, const struct fhir_type *t)
{
	struct str text = j->text;
	enum scalar want = scalar_of(t);
	bool plain = j->truth;
	j->truth = false;
	if (!plain)
		return;
	if (is_null(text)) {
		j->type = JSON_NULL;
	} else if ((want == SCALAR_ANY || want == SCALAR_BOOLEAN) && (is_true(text) || is_false(text))) {
		j->type = JSON_BOOL;
		j->truth = is_true(text);
	} else if ((want == SCALAR_ANY || want == SCALAR_NUMBER) && is_json_number(text)) {
		j->type = JSON_NUMBER;
	}
}

static void type_node(struct json *j, const struct fhir_type *t);

/* The type of a member: of the element, of Element for the _sibling of a primitive, or none that is known. */
static const struct fhir_type *member_type(const struct fhir_type *t, struct str key)
{
	const struct fhir_type *type = NULL;
	if (!t)
		return NULL;
	if (key.n && key.p[0] == '_')
		return fhir_type(STR("Element"));
	return fhir_element(t, key, &type) ? type : NULL;
}

static void type_object(struct json *j, const struct fhir_type *t)
{
	struct str name = json_str(j, "resourceType");
	if (name.p)
		t = fhir_type(name);
	for (uint32_t i = 0; i < j->n; i++) {
		struct str key = j->members[i].key;
		if (str_is(key, "resourceType"))
			j->members[i].value->truth = false;
		else
			type_node(j->members[i].value, member_type(t, key));
	}
}

static void type_node(struct json *j, const struct fhir_type *t)
{
	if (j->type == JSON_STRING)
		type_scalar(j, t);
	if (j->type == JSON_OBJECT)
		type_object(j, t);
	if (j->type == JSON_ARRAY)
		for (uint32_t i = 0; i < j->n; i++)
			type_node(j->items[i], t);
}

void yaml_type_tree(struct json *j)
{
	type_node(j, NULL);
}
