#include "demo/story_build.h"

struct json *build_resource(struct arena *a, const char *type, struct str id)
{
	struct json *r = json_object(a);
	json_setz(a, r, "resourceType", json_stringz(a, type));
	json_set_str(a, r, "id", id);
	return r;
}

struct json *build_coding(struct arena *a, const char *system, struct str code, struct str display)
{
	struct json *c = json_object(a);
	json_set_str(a, c, "system", str_from(system));
	json_set_str(a, c, "code", code);
	json_set_str(a, c, "display", display.n ? display : STR_NONE);
	return c;
}

struct json *build_concept(struct arena *a, const char *system, struct str code, struct str display)
{
	struct json *list = json_array(a), *c = json_object(a);
	json_push(a, list, build_coding(a, system, code, display));
	json_setz(a, c, "coding", list);
	return c;
}

struct json *build_one(struct arena *a, struct json *item)
{
	struct json *list = json_array(a);
	json_push(a, list, item);
	return list;
}

struct json *build_reference(struct arena *a, const char *type, struct str id, struct str display)
{
	struct json *r = json_object(a);
	if (id.n)
		json_set_str(a, r, "reference", str_printf(a, "%s/%.*s", type, STR_ARG(id)));
	json_set_str(a, r, "display", display.n ? display : STR_NONE);
	return r;
}

void build_extend(struct arena *a, struct json *target, const char *url, const char *key, struct json *value)
{
	struct json *list = json_getz(target, "extension");
	if (!list) {
		list = json_array(a);
		json_setz(a, target, "extension", list);
	}
	struct json *x = json_object(a);
	json_setz(a, x, "url", json_stringz(a, url));
	json_setz(a, x, key, value);
	json_push(a, list, x);
}
