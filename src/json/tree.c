#include "json/json.h"

#include <string.h>

struct json *json_get(const struct json *object, struct str key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (uint32_t i = 0; i < object->n; i++) {
		const struct json_member *m = &object->members[i];
		if (m->key.n == key.n && memcmp(m->key.p, key.p, key.n) == 0)
			return m->value;
	}
	return NULL;
}

struct json *json_getz(const struct json *object, const char *key)
{
	return json_get(object, str_from(key));
}

struct json *json_at(const struct json *array, size_t i)
{
	return array && array->type == JSON_ARRAY && i < array->n ? array->items[i] : NULL;
}

size_t json_n(const struct json *j)
{
	return j && j->type >= JSON_ARRAY ? j->n : 0;
}

struct str json_text(const struct json *j)
{
	return j && (j->type == JSON_STRING || j->type == JSON_NUMBER) ? j->text : STR_NONE;
}

struct str json_str(const struct json *object, const char *key)
{
	const struct json *j = json_getz(object, key);
	return j && j->type == JSON_STRING ? j->text : STR_NONE;
}

bool json_is(const struct json *j, enum json_type type)
{
	return j && j->type == type;
}

bool json_true(const struct json *j)
{
	return j && j->type == JSON_BOOL && j->truth;
}

bool json_i64(const struct json *j, int64_t *out)
{
	return j && j->type == JSON_NUMBER && str_to_i64(j->text, out);
}

struct json *json_path(const struct json *j, ...)
{
	/* the tree that goes in is the caller's own; const is only the promise not to change it */
	struct json *at = (struct json *)(uintptr_t)j;
	va_list steps;
	va_start(steps, j);
	const char *step;
	while (at && (step = va_arg(steps, const char *))) {
		int64_t i;
		if (at->type == JSON_ARRAY)
			at = str_to_i64(str_from(step), &i) && i >= 0 ? json_at(at, (size_t)i) : NULL;
		else
			at = json_getz(at, step);
	}
	va_end(steps);
	return at;
}

static bool objects_equal(const struct json *a, const struct json *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		/* usually in the same order */
		const struct json_member *m = &a->members[i];
		const struct json *other = str_eq(m->key, b->members[i].key) ? b->members[i].value : json_get(b, m->key);
		if (!other || !json_equal(m->value, other))
			return false;
	}
	return true;
}

static bool arrays_equal(const struct json *a, const struct json *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!json_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (!a || !b || a == b)
		return a == b;
	if (a->type != b->type)
		return false;
	switch ((enum json_type)a->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return a->truth == b->truth;
	case JSON_NUMBER:
	case JSON_STRING:
		return str_eq(a->text, b->text);
	case JSON_ARRAY:
		return arrays_equal(a, b);
	case JSON_OBJECT:
		return objects_equal(a, b);
	}
	return false;
}
