#include "json/json.h"

#include <string.h>

static struct json *make(struct arena *a, enum json_type type)
{
	struct json *j = ARENA_NEW(a, struct json);
	j->type = (uint8_t)type;
	return j;
}

struct json *json_null(struct arena *a)
{
	return make(a, JSON_NULL);
}

struct json *json_bool(struct arena *a, bool v)
{
	struct json *j = make(a, JSON_BOOL);
	j->truth = v;
	return j;
}

struct json *json_int(struct arena *a, int64_t v)
{
	struct buf b = buf_new(a, 32);
	buf_i64(&b, v);
	return json_number(a, buf_str(&b));
}

struct json *json_number(struct arena *a, struct str text)
{
	struct json *j = make(a, JSON_NUMBER);
	j->text = text;
	return j;
}

struct json *json_string(struct arena *a, struct str text)
{
	struct json *j = make(a, JSON_STRING);
	j->text = text.p ? text : STR("");
	return j;
}

struct json *json_stringz(struct arena *a, const char *text)
{
	return json_string(a, str_from(text));
}

struct json *json_array(struct arena *a)
{
	return make(a, JSON_ARRAY);
}

struct json *json_object(struct arena *a)
{
	return make(a, JSON_OBJECT);
}

static void reserve_members(struct arena *a, struct json *object)
{
	if (object->n < object->cap)
		return;
	uint32_t cap = object->cap < 4 ? 8 : object->cap * 2;
	object->members = arena_grow(a, object->members, object->cap * sizeof *object->members, cap * sizeof *object->members);
	object->cap = cap;
}

static struct json_member *find(struct json *object, struct str key)
{
	for (uint32_t i = 0; i < object->n; i++)
		if (str_eq(object->members[i].key, key))
			return &object->members[i];
	return NULL;
}

void json_set(struct arena *a, struct json *object, struct str key, struct json *value)
{
	struct json_member *m = find(object, key);
	if (m) {
		m->value = value;
		return;
	}
	reserve_members(a, object);
	object->members[object->n++] = (struct json_member){key, value};
}

void json_setz(struct arena *a, struct json *object, const char *key, struct json *value)
{
	json_set(a, object, str_from(key), value);
}

void json_set_str(struct arena *a, struct json *object, const char *key, struct str text)
{
	if (text.p)
		json_set(a, object, str_from(key), json_string(a, text));
}

void json_put_first(struct arena *a, struct json *object, struct str key, struct json *value)
{
	json_remove(object, key);
	reserve_members(a, object);
	memmove(object->members + 1, object->members, object->n * sizeof *object->members);
	object->members[0] = (struct json_member){key, value};
	object->n++;
}

bool json_remove(struct json *object, struct str key)
{
	struct json_member *m = find(object, key);
	if (!m)
		return false;
	size_t after = object->n - (size_t)(m - object->members) - 1;
	memmove(m, m + 1, after * sizeof *m);
	object->n--;
	return true;
}

void json_push(struct arena *a, struct json *array, struct json *value)
{
	if (array->n == array->cap) {
		uint32_t cap = array->cap < 4 ? 8 : array->cap * 2;
		array->items = arena_grow(a, array->items, array->cap * sizeof *array->items, cap * sizeof *array->items);
		array->cap = cap;
	}
	array->items[array->n++] = value;
}

static struct str clone_text(struct arena *a, struct str s, bool copy_text)
{
	return copy_text ? str_dup(a, s) : s;
}

static struct json *clone(struct arena *a, const struct json *j, bool copy_text)
{
	struct json *c = make(a, j->type);
	c->truth = j->truth;
	c->offset = j->offset;
	c->n = c->cap = j->n;
	if (j->type == JSON_STRING || j->type == JSON_NUMBER)
		c->text = clone_text(a, j->text, copy_text);
	if (j->type == JSON_ARRAY && j->n) {
		c->items = ARENA_ARRAY(a, struct json *, j->n);
		for (uint32_t i = 0; i < j->n; i++)
			c->items[i] = clone(a, j->items[i], copy_text);
	}
	if (j->type == JSON_OBJECT && j->n) {
		c->members = ARENA_ARRAY(a, struct json_member, j->n);
		for (uint32_t i = 0; i < j->n; i++)
			c->members[i] = (struct json_member){clone_text(a, j->members[i].key, copy_text),
							     clone(a, j->members[i].value, copy_text)};
	}
	return c;
}

struct json *json_clone(struct arena *a, const struct json *j)
{
	return j ? clone(a, j, false) : NULL;
}

struct json *json_clone_deep(struct arena *a, const struct json *j)
{
	return j ? clone(a, j, true) : NULL;
}
