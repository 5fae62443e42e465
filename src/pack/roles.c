/* Roles, what they may, and labels: from CodeSystem/role, its supplements, and CodeSystem/label. */
#include "pack/internal.h"

#define SYSTEM(id) HEED_BASE_URL "/CodeSystem/" id

enum { LONGEST_LADDER = 20 };

/* Where the properties of one role are looked for, the first that has one wins: supplements newest first, then the role. */
struct role_source {
	struct pack *pack;
	VEC(const struct json *) concepts;
};

static const struct json *property(const struct role_source *s, const char *code)
{
	for (size_t i = 0; i < s->concepts.n; i++) {
		const struct json *v = pack_property(s->concepts.v[i], code);
		if (v)
			return v;
	}
	return NULL;
}

static bool flag(const struct role_source *s, const char *code)
{
	return json_true(property(s, code));
}

static struct str text(const struct role_source *s, const char *code)
{
	return json_text(property(s, code));
}

struct word_list {
	VEC(struct str) list;
};

static void add_word(struct arena *a, struct word_list *w, struct str word)
{
	for (size_t i = 0; i < w->list.n; i++)
		if (str_eq(w->list.v[i], word))
			return;
	VEC_PUSH(a, &w->list, word);
}

static void add_words(struct arena *a, struct word_list *w, const struct json *concept, const char *code)
{
	const struct json *list = json_getz(concept, "property");
	for (size_t i = 0; i < json_n(list); i++) {
		struct str rest = json_str(json_at(list, i), "valueString"), word;
		if (!str_is(json_str(json_at(list, i), "code"), code))
			continue;
		while (str_next(&rest, ' ', &word))
			if (word.n)
				add_word(a, w, word);
	}
}

/* Words add up: those of the role, and of each supplement. */
static struct pack_words words(const struct role_source *s, const char *code)
{
	struct word_list w = {0};
	for (size_t i = s->concepts.n; i-- > 0;)
		add_words(s->pack->arena, &w, s->concepts.v[i], code);
	return (struct pack_words){w.list.v, w.list.n};
}

/* "*" becomes each label there is: who is cleared for what must be a plain list. */
static struct pack_words cleared_labels(const struct role_source *s)
{
	struct pack_words w = words(s, "clears");
	if (!pack_words_have(w, STR("*")))
		return w;
	struct word_list all = {0};
	for (size_t i = 0; i < s->pack->labels.n; i++)
		add_word(s->pack->arena, &all, s->pack->label_list[i]->code);
	return (struct pack_words){all.list.v, all.list.n};
}

static const struct pack_resource *code_system(const struct pack *p, const char *url)
{
	const struct pack_resource *r = map_get(&p->by_url, str_from(url));
	return r && str_is(r->type, "CodeSystem") ? r : NULL;
}

static void find_sources(struct role_source *s, const struct json *concept, struct str code)
{
	struct pack *p = s->pack;
	for (size_t i = p->resources.n; i-- > 0;) {
		const struct pack_resource *r = p->resources.v[i];
		if (!str_is(json_str(r->body, "supplements"), SYSTEM("role")))
			continue;
		const struct json *more = pack_concept(r->body, code);
		if (more)
			VEC_PUSH(p->arena, &s->concepts, more);
	}
	VEC_PUSH(p->arena, &s->concepts, concept);
}

static const struct pack_role *make_role(struct pack *p, const struct json *concept)
{
	struct role_source s = {.pack = p};
	struct pack_role *r = ARENA_NEW(p->arena, struct pack_role);
	r->code = json_str(concept, "code");
	r->label = json_str(concept, "display");
	find_sources(&s, concept, r->code);
	r->team = text(&s, "team");
	r->manager = text(&s, "manager");
	r->deputy = text(&s, "deputy");
	r->may_open_without_relationship = flag(&s, "open-without-relationship");
	r->is_admin = flag(&s, "admin");
	r->is_system = flag(&s, "system");
	r->is_relative = flag(&s, "relative");
	r->may_read = words(&s, "reads");
	r->may_write = words(&s, "writes");
	r->screens = words(&s, "screens");
	r->cleared = cleared_labels(&s);
	return r;
}

/* ---- what is wrong ---- */

static void check_words(struct pack *p, const struct pack_resource *set, const struct json *concept, const struct pack_role *r)
{
	for (int write = 0; write < 2; write++) {
		struct pack_words w = write ? r->may_write : r->may_read;
		for (size_t i = 0; i < w.n; i++)
			if (!str_is(w.v[i], "*") && !fhir_is_resource(w.v[i]))
				PACK_PROBLEM(p, set, concept, "role \"%.*s\" may %s \"%.*s\", which is no resource type", STR_ARG(r->code),
					     write ? "write" : "read", STR_ARG(w.v[i]));
	}
	for (size_t i = 0; i < r->cleared.n; i++)
		if (!pack_label(p, r->cleared.v[i]))
			PACK_PROBLEM(p, set, concept, "role \"%.*s\" is cleared for \"%.*s\", which is no label", STR_ARG(r->code),
				     STR_ARG(r->cleared.v[i]));
}

static void check_ladder(struct pack *p, const struct pack_resource *set, const struct json *concept, const struct pack_role *r)
{
	const struct pack_role *at = r;
	for (int step = 0; at && at->manager.n; step++) {
		if (step == LONGEST_LADDER) {
			PACK_PROBLEM(p, set, concept, "role \"%.*s\": its ladder of managers never ends", STR_ARG(r->code));
			return;
		}
		at = pack_role(p, at->manager);
	}
}

static void check_role(struct pack *p, const struct pack_resource *set, const struct json *concept)
{
	const struct pack_role *r = pack_role(p, json_str(concept, "code"));
	struct str roles[] = {r->manager, r->deputy};
	for (size_t i = 0; i < 2; i++)
		if (roles[i].n && !pack_role(p, roles[i]))
			PACK_PROBLEM(p, set, concept, "role \"%.*s\": its %s \"%.*s\" is no role", STR_ARG(r->code), i ? "deputy" : "manager",
				     STR_ARG(roles[i]));
	if (r->team.n && !pack_get(p, STR("Organization"), r->team))
		PACK_PROBLEM(p, set, concept, "role \"%.*s\": there is no Organization \"%.*s\" to be its team", STR_ARG(r->code), STR_ARG(r->team));
	check_words(p, set, concept, r);
	check_ladder(p, set, concept, r);
}

/* A supplement adds to roles that are there; a new role belongs in the code system itself. */
static void check_supplement(struct pack *p, const struct pack_resource *r)
{
	const struct json *list = json_getz(r->body, "concept");
	for (size_t i = 0; i < json_n(list); i++)
		if (!pack_role(p, json_str(json_at(list, i), "code")))
			PACK_PROBLEM(p, r, json_at(list, i), "\"%.*s\" is no role", STR_ARG(json_str(json_at(list, i), "code")));
}

/* ---- indexes ---- */

static void index_labels(struct pack *p)
{
	const struct pack_resource *set = code_system(p, PACK_LABEL_SYSTEM);
	const struct json *list = set ? json_getz(set->body, "concept") : NULL;
	p->label_list = ARENA_ARRAY(p->arena, const struct pack_label *, json_n(list));
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *c = json_at(list, i);
		struct pack_label *label = ARENA_NEW(p->arena, struct pack_label);
		int64_t visibility = 0;
		if (!json_i64(pack_property(c, "visibility"), &visibility) || visibility < 0 || visibility > 4)
			PACK_PROBLEM(p, set, c, "a label needs a visibility of 0 to 4");
		*label = (struct pack_label){json_str(c, "code"), json_str(c, "display"), (int)visibility, json_true(pack_property(c, "may-print"))};
		if (map_get(&p->labels, label->code))
			continue; /* pack_check names the code that is there twice */
		p->label_list[p->labels.n] = label;
		map_put(&p->labels, label->code, label);
	}
}

void pack_index_roles(struct pack *p)
{
	index_labels(p);
	const struct pack_resource *set = code_system(p, SYSTEM("role"));
	const struct json *list = set ? json_getz(set->body, "concept") : NULL;
	p->role_list = ARENA_ARRAY(p->arena, const struct pack_role *, json_n(list));
	for (size_t i = 0; i < json_n(list); i++) {
		const struct pack_role *r = make_role(p, json_at(list, i));
		if (!r->code.n || map_get(&p->roles, r->code))
			continue;
		p->role_list[p->roles.n] = r;
		map_put(&p->roles, r->code, (void *)(uintptr_t)r);
	}
	for (size_t i = 0; i < json_n(list); i++)
		if (pack_role(p, json_str(json_at(list, i), "code")))
			check_role(p, set, json_at(list, i));
	for (size_t i = 0; i < p->resources.n; i++)
		if (str_is(json_str(p->resources.v[i]->body, "supplements"), SYSTEM("role")))
			check_supplement(p, p->resources.v[i]);
}

/* ---- looking up ---- */

const struct pack_role *pack_role(const struct pack *p, struct str code)
{
	return map_get(&p->roles, code);
}

size_t pack_roles(const struct pack *p, const struct pack_role *const **out)
{
	*out = p->role_list;
	return p->roles.n;
}

const struct pack_label *pack_label(const struct pack *p, struct str code)
{
	return map_get(&p->labels, code);
}

size_t pack_labels(const struct pack *p, const struct pack_label *const **out)
{
	*out = p->label_list;
	return p->labels.n;
}

bool pack_words_have(struct pack_words w, struct str word)
{
	for (size_t i = 0; i < w.n; i++)
		if (str_eq(w.v[i], word) || str_is(w.v[i], "*"))
			return true;
	return false;
}

bool pack_role_may(const struct pack_role *r, struct str type, bool write)
{
	return r && pack_words_have(write ? r->may_write : r->may_read, type);
}

bool pack_role_sees(const struct pack_role *r, struct str screen)
{
	return r && pack_words_have(r->screens, screen);
}
