/* Files to resources: folders in the order given, each in the order of its sorted paths; a later folder overrides by type and id. */
#include "pack/internal.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 4 << 20, DEEPEST_FOLDER = 8, MOST_FILES = 5000 };

struct paths {
	VEC(struct str) list;
};

struct loading {
	struct pack *pack;
	struct env *env;
	struct map here; /* "Type/id" defined by the folder being read */
};

/* ---- problems ---- */

static int by_place(const void *a, const void *b)
{
	const struct pack_problem *x = a, *y = b;
	int c = str_cmp(x->file, y->file);
	return c ? c : x->line != y->line ? (x->line > y->line) - (x->line < y->line) : str_cmp(x->message, y->message);
}

/* ---- finding files ---- */

static void find_files(struct pack *p, struct paths *paths, struct str dir, int depth)
{
	DIR *d = opendir(str_c(p->arena, dir));
	if (!d) {
		pack_problem(p, dir, 0, "the folder cannot be opened: %s", strerror(errno));
		return;
	}
	struct dirent *f;
	while ((f = readdir(d))) {
		struct str name = str_from(f->d_name);
		if (str_starts(name, STR(".")))
			continue;
		struct str path = str_printf(p->arena, "%.*s/%s", STR_ARG(dir), f->d_name);
		if (f->d_type == DT_DIR && depth < DEEPEST_FOLDER)
			find_files(p, paths, path, depth + 1);
		else if (f->d_type != DT_DIR && str_ends(name, STR(".yaml")) && paths->list.n < MOST_FILES)
			VEC_PUSH(p->arena, &paths->list, path);
	}
	closedir(d);
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* ---- one resource ---- */

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct json_member *)a)->key, ((const struct json_member *)b)->key);
}

static void sort_members(struct json *j)
{
	if (j->type == JSON_ARRAY)
		for (uint32_t i = 0; i < j->n; i++)
			sort_members(j->items[i]);
	if (j->type != JSON_OBJECT)
		return;
	for (uint32_t i = 0; i < j->n; i++)
		sort_members(j->members[i].value);
	if (j->n)
		qsort(j->members, j->n, sizeof *j->members, by_key);
}

/* Of what it says: neither the order of members nor comments and line ends change it. */
static struct str digest_of(struct arena *a, const struct json *body)
{
	struct json *sorted = json_clone(a, body);
	sort_members(sorted);
	struct str text = json_to_str(a, sorted);
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, (const unsigned char *)text.p, text.n);
	return hex_encode(a, hash, sizeof hash);
}

static struct pack_resource *make_resource(struct loading *l, const struct json *body, struct str file)
{
	struct arena *a = l->pack->arena;
	struct pack_resource *r = ARENA_NEW(a, struct pack_resource);
	*r = (struct pack_resource){.type = json_str(body, "resourceType"), .id = json_str(body, "id"), .url = json_str(body, "url"),
				    .version = json_str(body, "version"), .body = body, .file = file, .digest = digest_of(a, body)};
	return r;
}

static void put_resource(struct loading *l, struct pack_resource *r)
{
	struct pack *p = l->pack;
	struct str key = str_printf(p->arena, "%.*s/%.*s", STR_ARG(r->type), STR_ARG(r->id));
	const struct pack_resource *twin = map_get(&l->here, key);
	if (twin) {
		PACK_PROBLEM(p, r, r->body, "%.*s is defined already, in %.*s line %d", STR_ARG(key), STR_ARG(twin->file),
			     (int)twin->body->offset);
		return;
	}
	map_put(&l->here, key, r);
	struct pack_resource *old = map_get(&p->by_id, key);
	if (old)
		*old = *r;
	else
		VEC_PUSH(p->arena, &p->resources, r);
	map_put(&p->by_id, key, old ? old : r);
}

/* Not of R4, but ours to hold (SQL on FHIR). */
static bool known_type(struct str type)
{
	return fhir_is_resource(type) || str_is(type, "ViewDefinition");
}

static void load_document(struct loading *l, const struct json *body, struct str file)
{
	struct pack *p = l->pack;
	int line = (int)body->offset;
	struct str type = json_str(body, "resourceType"), id = json_str(body, "id");
	if (!type.n)
		pack_problem(p, file, line, "a document must be a resource, with a resourceType");
	else if (!known_type(type))
		pack_problem(p, file, line, "there is no resource type \"%.*s\"", STR_ARG(type));
	else if (!fhir_id_ok(id))
		pack_problem(p, file, line, "this %.*s needs an id of letters, digits, - and .", STR_ARG(type));
	else
		put_resource(l, make_resource(l, body, file));
}

static void load_file(struct loading *l, struct str path)
{
	struct pack *p = l->pack;
	struct str text;
	struct err e = ERR_INIT;
	struct yaml_docs docs;
	if (!l->env->read_file(l->env, p->arena, str_c(p->arena, path), LARGEST_FILE, &text, &e) || !yaml_parse(p->arena, text, &docs, &e)) {
		pack_problem(p, path, e.line, "%s", e.message);
		return;
	}
	for (size_t i = 0; i < docs.n; i++)
		load_document(l, docs.v[i].root, path);
}

static void load_folder(struct loading *l, const char *dir)
{
	struct pack *p = l->pack;
	struct paths paths = {0};
	struct str name = str_from(dir);
	while (name.n > 1 && str_ends(name, STR("/")))
		name.n--;
	find_files(p, &paths, name, 0);
	if (paths.list.n)
		qsort(paths.list.v, paths.list.n, sizeof *paths.list.v, by_bytes);
	l->here = map_new(p->arena);
	for (size_t i = 0; i < paths.list.n; i++)
		load_file(l, paths.list.v[i]);
}

/* ---- indexes ---- */

static int by_id(const void *a, const void *b)
{
	const struct pack_resource *x = *(const struct pack_resource *const *)a, *y = *(const struct pack_resource *const *)b;
	return str_cmp(x->id, y->id);
}

static void index_type(struct pack *p, struct pack_resource *r)
{
	struct pack_type *t = map_get(&p->types, r->type);
	if (!t) {
		t = ARENA_NEW(p->arena, struct pack_type);
		t->name = r->type;
		t->v = ARENA_ARRAY(p->arena, const struct pack_resource *, p->resources.n);
		map_put(&p->types, t->name, t);
	}
	t->v[t->n++] = r;
}

static void index_url(struct pack *p, struct pack_resource *r)
{
	if (!r->url.n)
		return;
	const struct pack_resource *twin = map_get(&p->by_url, r->url);
	if (twin)
		PACK_PROBLEM(p, r, r->body, "the url %.*s is that of %.*s/%.*s, too", STR_ARG(r->url), STR_ARG(twin->type), STR_ARG(twin->id));
	else
		map_put(&p->by_url, r->url, r);
}

static void index_settings(struct pack *p, const struct pack_resource *r)
{
	const struct json *list = json_getz(r->body, "parameter");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json *one = json_at(list, i);
		struct str name = json_str(one, "name");
		if (name.n)
			map_put(&p->settings, name, one);
	}
}

static void index_resources(struct pack *p)
{
	for (size_t i = 0; i < p->resources.n; i++) {
		struct pack_resource *r = p->resources.v[i];
		index_type(p, r);
		index_url(p, r);
		if (str_is(r->type, "Parameters"))
			index_settings(p, r);
	}
	for (size_t i = 0; i < p->types.n; i++) {
		struct pack_type *t = p->types.entries[i].value;
		qsort(t->v, t->n, sizeof *t->v, by_id);
	}
}

bool pack_load(struct arena *a, struct env *env, const char *const *dirs, size_t n, struct pack **out, struct pack_problems *problems)
{
	struct pack *p = *out = ARENA_NEW(a, struct pack);
	*problems = (struct pack_problems){.arena = a};
	*p = (struct pack){.arena = a, .problems = problems, .by_id = map_new(a), .by_url = map_new(a), .types = map_new(a),
			   .displays = map_new(a), .expansions = map_new(a), .settings = map_new(a), .roles = map_new(a), .labels = map_new(a)};
	struct loading l = {.pack = p, .env = env};
	for (size_t i = 0; i < n; i++)
		load_folder(&l, dirs[i]);
	index_resources(p);
	pack_index_terms(p);
	pack_index_roles(p);
	pack_check(p);
	p->problems = NULL; /* the caller's; it may be gone before the pack */
	if (problems->list.n)
		qsort(problems->list.v, problems->list.n, sizeof *problems->list.v, by_place);
	return problems->list.n == 0;
}
