#include "rest/json_patch.h"

#include <string.h>

enum { MOST_OPERATIONS = 1000 };

/* Where a pointer leads: the container and the last token; container NULL for the whole document. */
struct place {
	struct json *container;
	struct str token;
};

static bool unescape(struct arena *a, struct str token, struct str *out, struct err *e)
{
	struct buf b = buf_new(a, token.n + 1);
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] != '~') {
			buf_char(&b, token.p[i]);
			continue;
		}
		char next = i + 1 < token.n ? token.p[++i] : '\0';
		if (next != '0' && next != '1')
			return err_set(e, ERR_INVALID, "a \"~\" in a pointer is followed by 0 or 1");
		buf_char(&b, next == '0' ? '~' : '/');
	}
	*out = buf_str(&b);
	return true;
}

static bool array_index(struct str token, size_t limit, size_t *out)
{
	int64_t v;
	bool digits = token.n > 0 && token.p[0] >= '0' && token.p[0] <= '9' && (token.n == 1 || token.p[0] != '0');
	if (!digits || !str_to_i64(token, &v) || (uint64_t)v > limit)
		return false;
	*out = (size_t)v;
	return true;
}

static struct json *child(const struct json *container, struct str token)
{
	size_t i;
	if (json_is(container, JSON_OBJECT))
		return json_get(container, token);
	if (json_is(container, JSON_ARRAY) && json_n(container) > 0 && array_index(token, json_n(container) - 1, &i))
		return json_at(container, i);
	return NULL;
}

static bool find_place(struct arena *a, struct json *document, struct str pointer, struct place *out, struct err *e)
{
	struct str rest, token;
	*out = (struct place){0};
	if (pointer.n == 0)
		return true;
	if (pointer.p[0] != '/')
		return err_set(e, ERR_INVALID, "the pointer \"%.*s\" does not begin with \"/\"", STR_ARG(pointer));
	rest = str_sub(pointer, 1, pointer.n);
	struct json *at = document;
	while (str_next(&rest, '/', &token)) {
		if (out->container)
			at = child(out->container, out->token);
		if (!json_is(at, JSON_OBJECT) && !json_is(at, JSON_ARRAY))
			return err_set(e, ERR_INVARIANT, "there is nothing at \"%.*s\"", STR_ARG(pointer));
		out->container = at;
		if (!unescape(a, token, &out->token, e))
			return false;
	}
	return true;
}

static struct json *value_at(struct json *document, const struct place *p)
{
	return p->container ? child(p->container, p->token) : document;
}

void json_array_insert(struct arena *a, struct json *array, size_t i, struct json *value)
{
	json_push(a, array, value);
	memmove(&array->items[i + 1], &array->items[i], (array->n - 1 - i) * sizeof *array->items);
	array->items[i] = value;
}

struct json *json_array_take(struct json *array, size_t i)
{
	struct json *taken = array->items[i];
	memmove(&array->items[i], &array->items[i + 1], (array->n - 1 - i) * sizeof *array->items);
	array->n--;
	return taken;
}

static bool add(struct arena *a, struct json **document, const struct place *p, struct json *value, struct err *e)
{
	size_t i;
	if (!p->container) {
		*document = value;
		return true;
	}
	if (json_is(p->container, JSON_OBJECT)) {
		json_set(a, p->container, str_dup(a, p->token), value);
		return true;
	}
	if (str_is(p->token, "-"))
		i = json_n(p->container);
	else if (!array_index(p->token, json_n(p->container), &i))
		return err_set(e, ERR_INVARIANT, "\"%.*s\" is not a place in that array", STR_ARG(p->token));
	json_array_insert(a, p->container, i, value);
	return true;
}

static bool take(struct json *document, const struct place *p, struct json **out, struct err *e)
{
	size_t i;
	*out = value_at(document, p);
	if (!*out || !p->container)
		return err_set(e, ERR_INVARIANT, "there is nothing to take away at \"%.*s\"", STR_ARG(p->token));
	if (json_is(p->container, JSON_OBJECT))
		return json_remove(p->container, p->token);
	array_index(p->token, json_n(p->container) - 1, &i);
	json_array_take(p->container, i);
	return true;
}

static bool replace(struct arena *a, struct json **document, const struct place *p, struct json *value, struct err *e)
{
	size_t i;
	if (!value_at(*document, p))
		return err_set(e, ERR_INVARIANT, "there is nothing to replace at \"%.*s\"", STR_ARG(p->token));
	if (!p->container || json_is(p->container, JSON_OBJECT))
		return add(a, document, p, value, e);
	array_index(p->token, json_n(p->container) - 1, &i);
	p->container->items[i] = value;
	return true;
}

static bool member(const struct json *operation, const char *name, struct str *out, struct err *e)
{
	*out = json_str(operation, name);
	return out->p || err_set(e, ERR_INVALID, "an operation has no \"%s\"", name);
}

static bool copy_or_move(struct arena *a, struct json **document, const struct json *operation, struct str path, bool move, struct err *e)
{
	struct str from;
	struct place source, target;
	if (!member(operation, "from", &from, e) || !find_place(a, *document, from, &source, e))
		return false;
	if (move && str_starts(path, str_cat(a, from, STR("/"))))
		return err_set(e, ERR_INVARIANT, "a value cannot be moved into itself");
	struct json *value = value_at(*document, &source);
	if (!value)
		return err_set(e, ERR_INVARIANT, "there is nothing at \"%.*s\"", STR_ARG(from));
	if (move && str_eq(from, path))
		return true;
	if (move && !take(*document, &source, &value, e))
		return false;
	if (!move)
		value = json_clone(a, value);
	return find_place(a, *document, path, &target, e) && add(a, document, &target, value, e);
}

static bool apply(struct arena *a, struct json **document, const struct json *operation, struct err *e)
{
	struct str op, path;
	struct place p;
	struct json *gone;
	if (!json_is(operation, JSON_OBJECT) || !member(operation, "op", &op, e) || !member(operation, "path", &path, e))
		return json_is(operation, JSON_OBJECT) ? false : err_set(e, ERR_INVALID, "an operation is not an object");
	if (str_is(op, "move") || str_is(op, "copy"))
		return copy_or_move(a, document, operation, path, str_is(op, "move"), e);
	if (!find_place(a, *document, path, &p, e))
		return false;
	if (str_is(op, "remove"))
		return take(*document, &p, &gone, e);
	struct json *value = json_getz(operation, "value");
	if (!value)
		return err_set(e, ERR_INVALID, "an operation has no \"value\"");
	if (str_is(op, "add"))
		return add(a, document, &p, json_clone(a, value), e);
	if (str_is(op, "replace"))
		return replace(a, document, &p, json_clone(a, value), e);
	if (!str_is(op, "test"))
		return err_set(e, ERR_INVALID, "\"%.*s\" is not add, remove, replace, move, copy or test", STR_ARG(op));
	struct json *there = value_at(*document, &p);
	return (there && json_equal(there, value)) || err_set(e, ERR_INVARIANT, "the test of \"%.*s\" fails", STR_ARG(path));
}

bool json_patch(struct arena *a, struct json **document, const struct json *patch, struct err *e)
{
	if (!json_is(patch, JSON_ARRAY))
		return err_set(e, ERR_INVALID, "a JSON Patch is an array of operations");
	if (json_n(patch) > MOST_OPERATIONS)
		return err_set(e, ERR_TOO_LARGE, "the patch has more than %d operations", MOST_OPERATIONS);
	for (size_t i = 0; i < json_n(patch); i++)
		if (!apply(a, document, json_at(patch, i), e))
			return err_context(e, "operation %zu", i);
	return !arena_over(a) || err_set(e, ERR_TOO_COSTLY, "the patch makes too much of little");
}
