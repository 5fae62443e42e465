#include "rest/internal.h"

/* R4 search.html#elements, #summary: part of each resource, tagged SUBSETTED so that nobody takes it for the whole. */

static bool shape_of_summary(struct str value, enum shape_kind *out)
{
	static const struct {
		const char *name;
		enum shape_kind kind;
	} known[] = {{"true", SHAPE_SUMMARY}, {"text", SHAPE_TEXT}, {"data", SHAPE_DATA}, {"count", SHAPE_COUNT}, {"false", SHAPE_WHOLE}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_is(value, known[i].name)) {
			*out = known[i].kind;
			return true;
		}
	return false;
}

bool shape_parse(struct call *c, struct shape *out)
{
	struct http_field *f;
	size_t n;
	*out = (struct shape){0};
	if (!http_form(c->a, c->query, &f, &n, NULL))
		return true; /* whoever parses the query for its own purpose will say so */
	for (size_t i = 0; i < n; i++) {
		if (str_is(f[i].name, "_elements")) {
			out->kind = SHAPE_ELEMENTS;
			out->elements = f[i].value;
		} else if (str_is(f[i].name, "_summary") && !shape_of_summary(f[i].value, &out->kind)) {
			call_refuse(c, ERR_INVALID, "_summary is true, text, data, count or false");
			return false;
		}
	}
	return true;
}

static bool listed(struct str list, struct str type, struct str name)
{
	struct str rest = list, one;
	while (str_next(&rest, ',', &one)) {
		one = str_trim(one);
		ptrdiff_t dot = str_find_char(one, '.');
		bool fits = dot < 0 || str_eq(str_sub(one, 0, (size_t)dot), type);
		if (fits && str_eq(dot < 0 ? one : str_sub(one, (size_t)dot + 1, one.n), name))
			return true;
	}
	return false;
}

static bool kept(const struct shape *s, const struct fhir_type *type, struct str key)
{
	static const char *const always[] = {"resourceType", "id", "meta"};
	for (size_t i = 0; i < 3; i++)
		if (str_is(key, always[i]))
			return true;
	struct str name = key.n && key.p[0] == '_' ? str_sub(key, 1, key.n) : key;
	const struct fhir_type *of;
	const struct fhir_element *e = fhir_element(type, name, &of);
	bool needed = e && (e->min > 0 || e->is_modifier);
	switch (s->kind) {
	case SHAPE_ELEMENTS:
		return needed || listed(s->elements, str_from(type->name), name) || (e && listed(s->elements, str_from(type->name), str_from(e->name)));
	case SHAPE_SUMMARY:
		return needed || (e && e->is_summary);
	case SHAPE_TEXT:
		return needed || str_is(name, "text");
	case SHAPE_DATA:
		return !str_is(name, "text");
	case SHAPE_COUNT:
	case SHAPE_WHOLE:
		break;
	}
	return true;
}

static void add_tag(struct arena *a, struct json *body)
{
	struct json *meta = json_getz(body, "meta"), *tag = json_object(a);
	if (!meta) {
		meta = json_object(a);
		json_setz(a, body, "meta", meta);
	}
	if (!json_getz(meta, "tag"))
		json_setz(a, meta, "tag", json_array(a));
	json_setz(a, tag, "system", json_stringz(a, "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"));
	json_setz(a, tag, "code", json_stringz(a, "SUBSETTED"));
	json_push(a, json_getz(meta, "tag"), tag);
}

struct str shape_apply(struct call *c, const struct shape *s, const struct resource *r)
{
	struct json *whole, *part = json_object(c->a);
	const struct fhir_type *type = fhir_type(r->type);
	if (s->kind == SHAPE_WHOLE || !type || !json_parse(c->a, r->body, NULL, &whole, NULL))
		return r->body;
	for (size_t i = 0; i < whole->n; i++)
		if (kept(s, type, whole->members[i].key))
			json_set(c->a, part, whole->members[i].key, whole->members[i].value);
	add_tag(c->a, part);
	return json_to_str(c->a, part);
}
