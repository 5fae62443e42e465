/* From an element to its children.
 *
 * What "name" means on a type (which JSON keys, of which types) is worked out once for the process and kept in a table of
 * immutable entries, found by type and name: one load and a compare on the way down a path. Readers take no lock; an entry is
 * published when it is complete, and never freed. Of names that do not exist a few thousand are kept, too, so that asking for them
 * is as quick; beyond that the table's size is that of FHIR.
 */
#include "fhirpath/internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define TABLE_SIZE (1u << 15)
#define MAX_PROBES 24
#define MAX_ABSENT 4096

static _Atomic(const struct member *) table[TABLE_SIZE];
static const struct member no_member;
static pthread_mutex_t build_lock = PTHREAD_MUTEX_INITIALIZER;
static struct arena *memory; /* of the entries; under build_lock */
static size_t absent;        /* how many entries say there is no such element; under build_lock */

uint32_t member_hash(struct str name)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h;
}

static struct str choice_key(const char *name, const char *type)
{
	struct str key = str_printf(memory, "%s%s", name, type);
	char *first = (char *)key.p + strlen(name);
	if (*first >= 'a' && *first <= 'z')
		*first = (char)(*first - 'a' + 'A');
	return key;
}

static void set_key(struct member *m, size_t i, struct str key, const struct fhir_type *type)
{
	m->keys[i].key = key;
	m->keys[i].type = type;
	m->keys[i].value_type = value_type_of(type);
	if (type && type->kind == FHIR_RESOURCE && type->is_abstract)
		m->holds_resource = true;
}

static struct member *member_new(const struct fhir_type *of, size_t keys)
{
	struct member *m = arena_alloc(memory, sizeof *m + keys * sizeof m->keys[0]);
	m->of = of;
	m->n = (uint16_t)keys;
	return m;
}

/* By FHIRPath's name; or by the JSON name of one type of a choice ("valueQuantity"), which people write and evaluation allows. */
static struct member *member_build(const struct fhir_type *of, struct str name)
{
	const struct fhir_element *e = fhir_element_by_path(of, name);
	if (e) {
		struct member *m = member_new(of, e->type_count);
		m->choice = e->is_choice;
		m->name = str_from(e->name);
		for (size_t i = 0; i < e->type_count; i++) {
			const struct fhir_type *type = fhir_element_type(e, i);
			set_key(m, i, e->is_choice && type ? choice_key(e->name, type->name) : m->name, type);
		}
		if (!e->is_choice && m->n > 1)
			m->n = 1;
		return m;
	}
	const struct fhir_type *type = NULL;
	e = fhir_element(of, name, &type);
	if (!e || !type)
		return NULL;
	struct member *m = member_new(of, 1);
	m->name = e->is_choice ? choice_key(e->name, type->name) : str_from(e->name);
	set_key(m, 0, m->name, type);
	return m;
}

static uint32_t first_slot(const struct fhir_type *of, uint32_t hash)
{
	return hash ^ (uint32_t)((uintptr_t)of >> 4) * 2654435761u;
}

/* The entry; NULL when there is none, and then *slot is where it may go (NULL when there is no room). */
static const struct member *probe(const struct fhir_type *of, struct str name, uint32_t hash, _Atomic(const struct member *) **slot)
{
	uint32_t at = first_slot(of, hash);
	for (uint32_t i = 0; i < MAX_PROBES; i++) {
		*slot = &table[(at + i) % TABLE_SIZE];
		const struct member *m = atomic_load_explicit(*slot, memory_order_acquire);
		if (!m || (m->of == of && str_eq(m->name, name)))
			return m;
	}
	*slot = NULL;
	return NULL;
}

static const struct member *build_locked(const struct fhir_type *of, struct str name, uint32_t hash)
{
	_Atomic(const struct member *) *slot;
	const struct member *m = probe(of, name, hash, &slot);
	if (m)
		return m;
	if (!memory)
		memory = arena_new(0);
	struct member *made = member_build(of, name);
	if (!made && absent < MAX_ABSENT) {
		absent++;
		made = member_new(of, 0);
		made->name = str_dup(memory, name);
	}
	if (made && slot)
		atomic_store_explicit(slot, made, memory_order_release);
	return made ? made : &no_member;
}

const struct member *member_find(const struct fhir_type *of, struct str name, uint32_t hash)
{
	_Atomic(const struct member *) *slot;
	const struct member *m = probe(of, name, hash, &slot);
	if (m)
		return m;
	pthread_mutex_lock(&build_lock);
	m = build_locked(of, name, hash);
	pthread_mutex_unlock(&build_lock);
	return m;
}

/* ---- reading the JSON ---- */

static void find_key(const struct json *o, struct str key, bool want_extra, const struct json **value, const struct json **extra)
{
	for (uint32_t i = 0; i < o->n; i++) {
		const struct json_member *m = &o->members[i];
		if (m->key.n == key.n && memcmp(m->key.p, key.p, key.n) == 0) {
			*value = m->value;
			if (!want_extra || *extra)
				return;
		} else if (want_extra && m->key.n == key.n + 1 && m->key.p[0] == '_' && memcmp(m->key.p + 1, key.p, key.n) == 0) {
			*extra = m->value;
			if (*value)
				return;
		}
	}
}

static const struct fp_value *resource_of(struct ev *ev, const struct fp_value *v)
{
	bool is_resource = v->ftype ? v->ftype->kind == FHIR_RESOURCE : json_str(v->node, "resourceType").p != NULL;
	if (!is_resource)
		return v->parent_resource;
	if (v->node == ev->root->node)
		return ev->root;
	return arena_dup(ev->arena, v, sizeof *v);
}

struct child {
	const struct member_key *key;
	bool holds_resource;
	const struct fp_value *resource;
};

static bool push_child(struct ev *ev, const struct node *n, const struct child *c, const struct json *value, const struct json *extra,
		       struct fp_list *out)
{
	if (value && value->type == JSON_NULL)
		value = NULL;
	if (extra && extra->type != JSON_OBJECT)
		extra = NULL;
	if (!value && !extra)
		return true;
	const struct fhir_type *type = c->key->type;
	if (c->holds_resource) {
		const struct fhir_type *real = fhir_type(json_str(value, "resourceType"));
		type = real ? real : type;
	}
	struct fp_value v = value_of(value, extra, type, c->key->value_type);
	if (!type && v.type == FP_NODE)
		v.ftype = fhir_type(json_str(value, "resourceType"));
	v.parent_resource = c->resource;
	return list_push(ev, n, out, &v);
}

static bool push_children(struct ev *ev, const struct node *n, const struct child *c, const struct json *value,
			  const struct json *extra, struct fp_list *out)
{
	size_t items = json_is(value, JSON_ARRAY) ? value->n : 0;
	size_t extras = json_is(extra, JSON_ARRAY) ? extra->n : 0;
	if (!items && !extras)
		return push_child(ev, n, c, json_is(value, JSON_ARRAY) ? NULL : value, json_is(extra, JSON_ARRAY) ? NULL : extra, out);
	size_t count = items > extras ? items : extras;
	for (size_t i = 0; i < count; i++)
		if (!push_child(ev, n, c, i < items ? value->items[i] : NULL, i < extras ? extra->items[i] : NULL, out))
			return false;
	return true;
}

/* The element of a choice that is there: the key begins with its name and goes on with a type's. */
static bool step_choice(struct ev *ev, const struct node *n, const struct member *m, const struct fp_value *v, struct fp_list *out)
{
	const struct json *o = v->node;
	for (uint32_t i = 0; i < o->n; i++) {
		struct str key = o->members[i].key;
		if (key.n && key.p[0] == '_')
			key = str_sub(key, 1, key.n);
		if (key.n <= m->name.n || memcmp(key.p, m->name.p, m->name.n) != 0)
			continue;
		for (size_t k = 0; k < m->n; k++) {
			if (!str_eq(m->keys[k].key, key))
				continue;
			const struct json *value = NULL, *extra = NULL;
			find_key(o, key, true, &value, &extra);
			struct child c = {&m->keys[k], false, resource_of(ev, v)};
			return push_children(ev, n, &c, value, extra, out);
		}
	}
	return true;
}

/* On an object the tables say nothing about: the JSON key itself. */
static bool step_untyped(struct ev *ev, const struct node *n, const struct fp_value *v, struct str name, struct fp_list *out)
{
	const struct json *value = NULL, *extra = NULL;
	find_key(v->node, name, true, &value, &extra);
	if (!value && !extra)
		return true;
	struct member_key key = {name, NULL, FP_NODE};
	struct child c = {&key, false, resource_of(ev, v)};
	return push_children(ev, n, &c, value, extra, out);
}

/* A primitive has an id and extensions, kept beside it. */
static bool step_primitive(struct ev *ev, const struct node *n, const struct fp_value *v, struct str name, struct fp_list *out)
{
	bool is_extension = str_is(name, "extension");
	if (!v->extra || (!is_extension && !str_is(name, "id")))
		return true;
	const struct json *value = json_get(v->extra, name);
	struct member_key key = {name, fhir_type(is_extension ? STR("Extension") : STR("string")), is_extension ? FP_NODE : FP_STRING};
	struct child c = {&key, false, v->parent_resource};
	return push_children(ev, n, &c, value, NULL, out);
}

static bool step(struct ev *ev, const struct node *n, const struct fp_value *v, struct str name, uint32_t hash, struct fp_list *out)
{
	if (v->type != FP_NODE || !v->node || v->node->type != JSON_OBJECT)
		return step_primitive(ev, n, v, name, out);
	if (!v->ftype)
		return step_untyped(ev, n, v, name, out);
	const struct member *m = member_find(v->ftype, name, hash);
	if (m->n == 0)
		return true;
	if (m->choice)
		return step_choice(ev, n, m, v, out);
	const struct json *value = NULL, *extra = NULL;
	find_key(v->node, m->keys[0].key, m->keys[0].value_type != FP_NODE, &value, &extra);
	if (!value && !extra)
		return true;
	struct child c = {&m->keys[0], m->holds_resource, resource_of(ev, v)};
	return push_children(ev, n, &c, value, extra, out);
}

bool member_step(struct ev *ev, const struct node *n, const struct fp_value *v, struct fp_list *out)
{
	return step(ev, n, v, n->name, n->hash, out);
}

bool member_named(struct ev *ev, const struct node *n, const struct fp_value *v, struct str name, struct fp_list *out)
{
	return step(ev, n, v, name, member_hash(name), out);
}

/* Children in the order of the JSON. A _sibling without its element is a primitive without a value. */
bool member_children(struct ev *ev, const struct node *n, const struct fp_value *v, struct fp_list *out)
{
	if (v->type != FP_NODE || !v->node || v->node->type != JSON_OBJECT)
		return step_primitive(ev, n, v, STR("id"), out) && step_primitive(ev, n, v, STR("extension"), out);
	for (uint32_t i = 0; i < v->node->n; i++) {
		struct str key = v->node->members[i].key;
		if (str_is(key, "resourceType"))
			continue;
		if (key.n > 1 && key.p[0] == '_') {
			key = str_sub(key, 1, key.n);
			if (json_get(v->node, key))
				continue;
		}
		if (!member_named(ev, n, v, key, out))
			return false;
	}
	return true;
}
