/* Structural validation. One walk over the JSON tree beside the tables. The way to where we are is a list of frames on the
 * stack, and becomes text only when there is something to say. */
#include <string.h>

#include "fhir/internal.h"

#define DEPTH_MAX 64
#define ISSUES_MAX 100 /* after these we stop looking: a body that is all errors must not cost more than one that has none */

struct frame {
	const struct frame *up;
	const char *name;
	long index; /* -1: not in a list */
};

/* The resource we are in; contained ones share their container's. */
struct owner {
	const struct json *resource;
	const struct json *contained; /* NULL when there are none */
	uint64_t used;                /* contained[i] is referred to, or refers to its container, for i < 64 */
	long inside;                  /* which contained resource we are in; -1: none */
};

struct check {
	struct arena *arena;
	struct str text;
	struct fhir_outcome *out;
	struct owner *owner;
	int depth;
};

static void path_write(struct buf *b, const struct frame *f)
{
	if (f->up) {
		path_write(b, f->up);
		buf_char(b, '.');
	}
	buf_c(b, f->name);
	if (f->index >= 0)
		buf_printf(b, "[%ld]", f->index);
}

static struct str path_of(struct check *c, const struct frame *f)
{
	struct buf b = buf_new(c->arena, 4096);
	path_write(&b, f);
	return buf_str(&b);
}

static bool full(const struct check *c)
{
	return c->out->issues.n >= ISSUES_MAX;
}

__attribute__((format(printf, 5, 6))) static void problem(struct check *c, const struct frame *f, const struct json *at, enum err_code code,
							   const char *fmt, ...)
{
	if (full(c))
		return;
	va_list args;
	va_start(args, fmt);
	struct str say = str_vprintf(c->arena, fmt, args);
	va_end(args);
	fhir_outcome_add(c->out, FHIR_ERROR, code, path_of(c, f), "%.*s", STR_ARG(say));
	struct fhir_issue *issue = &c->out->issues.v[c->out->issues.n - 1];
	issue->offset = at ? at->offset : 0;
	if (c->text.p && issue->offset)
		json_line_column(c->text, issue->offset, &issue->line, &issue->column);
}

static void object_check(struct check *c, const struct frame *f, const struct fhir_type *t, const struct json *j);
static void resource_check(struct check *c, const struct frame *f, const struct json *j, bool contained);

/* ---- codes ---- */

static void code_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct json *j)
{
	if (fhir_value_set_has(e->value_set, STR_NONE, json_text(j)) == FHIR_IN_NO)
		problem(c, f, j, ERR_CODE, "\"%.*s\" is not a code of %s", STR_ARG(fhir_excerpt(json_text(j))), fhir_value_set_url(e->value_set));
}

static enum fhir_in coding_in(const struct fhir_element *e, const struct json *coding)
{
	struct str system = json_str(coding, "system"), code = json_str(coding, "code");
	if (!code.p)
		return FHIR_IN_NO;
	return fhir_value_set_has(e->value_set, system.p ? system : STR(""), code);
}

static void coding_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct json *j)
{
	if (coding_in(e, j) == FHIR_IN_NO)
		problem(c, f, j, ERR_CODE, "\"%.*s|%.*s\" is not a code of %s", STR_ARG(fhir_excerpt(json_str(j, "system"))),
			STR_ARG(fhir_excerpt(json_str(j, "code"))), fhir_value_set_url(e->value_set));
}

/* A required binding wants one of the codings in the set; text alone does not do. */
static void concept_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct json *j)
{
	const struct json *codings = json_getz(j, "coding");
	if (!json_n(codings) && (json_n(json_getz(j, "extension")) || fhir_value_set_has(e->value_set, STR_NONE, STR("")) == FHIR_IN_UNKNOWN))
		return;
	for (size_t i = 0; i < json_n(codings); i++)
		if (coding_in(e, json_at(codings, i)) != FHIR_IN_NO)
			return;
	problem(c, f, j, ERR_CODE, "no coding is in %s", fhir_value_set_url(e->value_set));
}

static void binding_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct fhir_type *t, const struct json *j)
{
	if (strcmp(t->name, "code") == 0)
		code_check(c, f, e, j);
	else if (strcmp(t->name, "Coding") == 0)
		coding_check(c, f, e, j);
	else if (strcmp(t->name, "CodeableConcept") == 0)
		concept_check(c, f, e, j);
}

/* ---- references ---- */

/* "#id" in any reference, canonical or URI: the contained resource is used (dom-3), "#" uses the container. */
static bool contained_use(struct check *c, struct str s)
{
	struct owner *o = c->owner;
	if (!o)
		return false;
	if (s.n == 1) {
		if (o->inside >= 0 && o->inside < 64)
			o->used |= UINT64_C(1) << o->inside;
		return true;
	}
	for (size_t i = 0; i < json_n(o->contained); i++) {
		if (!str_eq(json_str(json_at(o->contained, i), "id"), str_sub(s, 1, s.n)))
			continue;
		if (i < 64)
			o->used |= UINT64_C(1) << i;
		return true;
	}
	return false;
}

static bool has_word(struct str list, struct str word)
{
	struct str one;
	while (str_next(&list, ' ', &one))
		if (str_eq(one, word))
			return true;
	return false;
}

static void target_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct json *at, struct str type)
{
	size_t i = 0;
	while (i < e->type_count && strcmp(fhir_element_type(e, i)->name, "Reference") != 0)
		i++;
	struct str targets;
	if (type.p && fhir_element_targets(e, i, &targets) && !has_word(targets, type))
		problem(c, f, at, ERR_VALUE, "refers to a %.*s, but may only refer to %.*s", STR_ARG(type), STR_ARG(targets));
}

static struct str contained_type(struct check *c, struct str s)
{
	if (!c->owner)
		return STR_NONE;
	if (s.n == 1)
		return json_str(c->owner->resource, "resourceType");
	for (size_t i = 0; i < json_n(c->owner->contained); i++)
		if (str_eq(json_str(json_at(c->owner->contained, i), "id"), str_sub(s, 1, s.n)))
			return json_str(json_at(c->owner->contained, i), "resourceType");
	return STR_NONE;
}

static void reference_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct json *j)
{
	const struct json *at = json_getz(j, "reference");
	struct str said = json_str(j, "type"), type;
	if (json_is(at, JSON_STRING)) {
		enum fhir_reference_form form = fhir_reference_form(at->text, &type);
		if (form == FHIR_REF_BAD)
			problem(c, f, at, ERR_INVALID, "reference \"%.*s\" is not Type/id, a URL, a urn or #id", STR_ARG(fhir_excerpt(at->text)));
		else if (form == FHIR_REF_CONTAINED && !contained_use(c, at->text))
			problem(c, f, at, ERR_VALUE, "reference \"%.*s\" names no contained resource", STR_ARG(fhir_excerpt(at->text)));
		else if (form == FHIR_REF_CONTAINED)
			type = contained_type(c, at->text);
		target_check(c, f, e, at, type);
		if (type.p && said.p && !str_eq(said, type) && fhir_is_resource(said))
			problem(c, f, at, ERR_VALUE, "the type says %.*s, the reference %.*s", STR_ARG(said), STR_ARG(type));
	} else if (said.p && fhir_is_resource(said)) {
		target_check(c, f, e, j, said);
	}
}

/* ---- elements ---- */

static bool no_content(const struct json *j)
{
	return j->n == 0 || (j->n == 1 && str_is(j->members[0].key, "id"));
}

/* The _name beside a primitive: an object with id and extension. */
static void sibling_check(struct check *c, const struct frame *f, const struct fhir_type *t, const struct json *j)
{
	if (!json_is(j, JSON_OBJECT) || j->n == 0) {
		problem(c, f, j, ERR_SYNTAX, "what stands beside a primitive is an object with an id or extensions");
		return;
	}
	object_check(c, f, t, j);
}

static void primitive_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct fhir_type *t, const struct json *j)
{
	struct err why = ERR_INIT;
	if (!fhir_primitive_ok(t, j, &why)) {
		problem(c, f, j, why.code, "%s", why.message);
		return;
	}
	if (e->binding == FHIR_BIND_REQUIRED)
		binding_check(c, f, e, t, j);
	if (j->type == JSON_STRING && j->text.p[0] == '#')
		contained_use(c, j->text);
}

static void complex_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct fhir_type *t, const struct json *j)
{
	if (!json_is(j, JSON_OBJECT)) {
		problem(c, f, j, ERR_SYNTAX, "must be an object (%s)", t->name);
		return;
	}
	if (no_content(j)) {
		problem(c, f, j, ERR_SYNTAX, "is empty: an element has a value or children");
		return;
	}
	object_check(c, f, t, j);
	if (e->binding == FHIR_BIND_REQUIRED)
		binding_check(c, f, e, t, j);
	if (strcmp(t->name, "Reference") == 0)
		reference_check(c, f, e, j);
}

static void value_check(struct check *c, const struct frame *f, const struct fhir_element *e, const struct fhir_type *t, const struct json *j)
{
	if (t->kind == FHIR_PRIMITIVE)
		primitive_check(c, f, e, t, j);
	else if (t->kind == FHIR_RESOURCE)
		resource_check(c, f, j, strcmp(e->name, "contained") == 0);
	else
		complex_check(c, f, e, t, j);
}

/* The other half of a primitive: "_given" of "given", "given" of "_given". */
static const struct json *other_half(struct check *c, const struct json *object, struct str key)
{
	if (key.p[0] == '_')
		return json_get(object, str_sub(key, 1, key.n));
	return json_get(object, str_cat(c->arena, STR("_"), key));
}

static bool null_has_other(const struct json *other, size_t i)
{
	const struct json *beside = json_at(other, i);
	return beside && beside->type != JSON_NULL;
}

static void list_check(struct check *c, struct frame *f, const struct fhir_element *e, const struct fhir_type *t, const struct json *object,
		       const struct json_member *m)
{
	const struct json *list = m->value, *other = NULL;
	bool beside = m->key.p[0] == '_';
	if (list->n == 0)
		problem(c, f, list, ERR_SYNTAX, "is an empty list: leave the element out");
	if (beside && json_is(other_half(c, object, m->key), JSON_ARRAY) && json_n(other_half(c, object, m->key)) != list->n)
		problem(c, f, list, ERR_SYNTAX, "has %u items, its values %zu", list->n, json_n(other_half(c, object, m->key)));
	for (size_t i = 0; i < list->n && !full(c); i++) {
		f->index = (long)i;
		const struct json *item = list->items[i];
		if (item->type != JSON_NULL) {
			beside ? sibling_check(c, f, t, item) : value_check(c, f, e, t, item);
			continue;
		}
		if (t->kind == FHIR_PRIMITIVE && !other)
			other = other_half(c, object, m->key);
		if (t->kind != FHIR_PRIMITIVE || !null_has_other(other, i))
			problem(c, f, item, ERR_SYNTAX, "is null, which only stands for a primitive that has extensions");
	}
	f->index = -1;
}

static void member_check(struct check *c, struct frame *f, const struct fhir_element *e, const struct fhir_type *t, const struct json *object,
			 const struct json_member *m)
{
	bool many = e->max != 1;
	if (m->value->type == JSON_NULL)
		problem(c, f, m->value, ERR_SYNTAX, "is null: leave the element out");
	else if (many && m->value->type != JSON_ARRAY)
		problem(c, f, m->value, ERR_SYNTAX, "may repeat, so it must be a list");
	else if (many)
		list_check(c, f, e, t, object, m);
	else if (m->value->type == JSON_ARRAY)
		problem(c, f, m->value, ERR_SYNTAX, "does not repeat, so it must not be a list");
	else if (m->key.p[0] == '_')
		sibling_check(c, f, t, m->value);
	else
		value_check(c, f, e, t, m->value);
}

static void missing_check(struct check *c, const struct frame *f, const struct fhir_type *t, const struct json *j, uint64_t missing)
{
	for (size_t i = 0; i < t->element_count; i++)
		if (missing >> i & 1)
			problem(c, f, j, ERR_REQUIRED, "%s must have %s", t->name, fhir_element_at(t, i)->name);
}

/* Which elements were seen, a bit each; of a choice, which type too. */
struct seen {
	uint64_t all;
	uint16_t choice[64]; /* into fhir_types; only what `all` has a bit for is set */
};

static void choice_check(struct check *c, const struct frame *f, const struct json *at, struct seen *s, size_t i, const struct fhir_type *t)
{
	uint16_t type = (uint16_t)(t - fhir_types);
	if ((s->all >> i & 1) && s->choice[i] != type)
		problem(c, f, at, ERR_STRUCTURE, "has two values, a %s and a %s", fhir_types[s->choice[i]].name, t->name);
	s->choice[i] = type;
}

static void one_member(struct check *c, const struct frame *up, const struct fhir_type *t, const struct json *j, const struct json_member *m, struct seen *seen)
{
	const struct fhir_type *of = NULL;
	bool beside = m->key.n > 1 && m->key.p[0] == '_';
	const struct fhir_element *e = fhir_element(t, beside ? str_sub(m->key, 1, m->key.n) : m->key, &of);
	if (!e || (beside && of->kind != FHIR_PRIMITIVE)) {
		problem(c, up, m->value, ERR_SYNTAX, "%s has no element \"%.*s\"", t->name, STR_ARG(fhir_excerpt(m->key)));
		return;
	}
	struct frame f = {up, e->name, -1};
	size_t i = (size_t)(e - &fhir_elements[t->first_element]);
	if (e->is_choice)
		choice_check(c, &f, m->value, seen, i, of);
	seen->all |= UINT64_C(1) << i;
	member_check(c, &f, e, of, j, m);
}

static void extension_check(struct check *c, const struct frame *f, const struct json *j)
{
	bool value = false;
	for (size_t i = 0; i < j->n; i++)
		value |= str_starts(j->members[i].key, STR("value")) || str_starts(j->members[i].key, STR("_value"));
	if (value == (json_getz(j, "extension") != NULL))
		problem(c, f, j, ERR_INVARIANT, "ext-1: an extension has a value or extensions, %s", value ? "not both" : "and this has neither");
}

static void object_check(struct check *c, const struct frame *f, const struct fhir_type *t, const struct json *j)
{
	struct seen seen;
	seen.all = 0;
	if (++c->depth > DEPTH_MAX) {
		problem(c, f, j, ERR_TOO_COSTLY, "is nested more than %d deep", DEPTH_MAX);
	} else {
		for (size_t i = 0; i < j->n && !full(c); i++)
			if (t->kind != FHIR_RESOURCE || !str_is(j->members[i].key, "resourceType"))
				one_member(c, f, t, j, &j->members[i], &seen);
		uint64_t missing = fhir_required[t - fhir_types] & ~seen.all;
		if (missing && !full(c))
			missing_check(c, f, t, j, missing);
		if (strcmp(t->name, "Extension") == 0)
			extension_check(c, f, j);
	}
	c->depth--;
}

/* ---- resources ---- */

static void contained_check(struct check *c, const struct frame *f, const struct json *j)
{
	const struct json *meta = json_getz(j, "meta");
	if (!json_str(j, "id").n)
		problem(c, f, j, ERR_REQUIRED, "a contained resource must have an id");
	if (json_getz(j, "contained"))
		problem(c, f, j, ERR_INVARIANT, "dom-2: a contained resource contains no other");
	if (json_getz(meta, "versionId") || json_getz(meta, "lastUpdated"))
		problem(c, f, j, ERR_INVARIANT, "dom-4: a contained resource has no version");
	if (json_getz(meta, "security"))
		problem(c, f, j, ERR_INVARIANT, "dom-5: a contained resource has no security label of its own");
}

static void unused_check(struct check *c, const struct frame *f, const struct owner *o)
{
	for (size_t i = 0; i < json_n(o->contained) && i < 64; i++) {
		struct frame at = {f, "contained", (long)i};
		if (!(o->used >> i & 1))
			problem(c, &at, json_at(o->contained, i), ERR_INVARIANT, "dom-3: nothing refers to this contained resource");
	}
}

static const struct fhir_type *resource_type(struct check *c, const struct frame *f, const struct json *j)
{
	const struct json *name = json_getz(j, "resourceType");
	if (!json_is(j, JSON_OBJECT)) {
		problem(c, f, j, ERR_SYNTAX, "a resource must be a JSON object");
		return NULL;
	}
	if (!json_is(name, JSON_STRING)) {
		problem(c, f, j, ERR_SYNTAX, "a resource must say its type (resourceType)");
		return NULL;
	}
	if (!fhir_is_resource(name->text)) {
		problem(c, f, name, ERR_SYNTAX, "\"%.*s\" is not a resource type of FHIR R4", STR_ARG(fhir_excerpt(name->text)));
		return NULL;
	}
	return fhir_type(name->text);
}

static void resource_check(struct check *c, const struct frame *f, const struct json *j, bool contained)
{
	const struct fhir_type *t = resource_type(c, f, j);
	if (!t)
		return;
	struct owner *container = c->owner;
	if (contained && container) {
		container->inside = f->index;
		contained_check(c, f, j);
		object_check(c, f, t, j);
		container->inside = -1;
		return;
	}
	struct owner own = {j, json_getz(j, "contained"), 0, -1};
	c->owner = &own;
	object_check(c, f, t, j);
	unused_check(c, f, &own);
	c->owner = container;
}

bool fhir_validate(struct arena *a, const struct json *resource, struct str text, struct fhir_outcome *out)
{
	struct check c = {a, text, out, NULL, 0};
	struct str name = json_str(resource, "resourceType");
	struct frame root = {NULL, fhir_is_resource(name) ? fhir_type(name)->name : "Resource", -1};
	size_t before = out->errors;
	resource_check(&c, &root, resource, false);
	return out->errors == before;
}
