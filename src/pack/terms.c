/* The words: displays of codes, and the codes of value sets. */
#include "pack/internal.h"

#include <string.h>

enum { DEEPEST_VALUE_SET = 8 };

const struct json *pack_concept(const struct json *within, struct str code)
{
	const struct json *list = json_getz(within, "concept");
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *c = json_at(list, i), *below;
		if (str_eq(json_str(c, "code"), code))
			return c;
		if ((below = pack_concept(c, code)))
			return below;
	}
	return NULL;
}

static const struct json *property_value(const struct json *property)
{
	for (uint32_t i = 0; property->type == JSON_OBJECT && i < property->n; i++)
		if (str_starts(property->members[i].key, STR("value")))
			return property->members[i].value;
	return NULL;
}

const struct json *pack_property(const struct json *concept, const char *code)
{
	const struct json *list = json_getz(concept, "property"), *found = NULL;
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "code"), code))
			found = property_value(json_at(list, i));
	return found;
}

/* ---- displays ---- */

static struct str display_key(struct arena *a, struct str system, struct str code)
{
	return str_printf(a, "%.*s|%.*s", STR_ARG(system), STR_ARG(code));
}

static void put_display(struct pack *p, struct str system, const struct json *concept)
{
	struct json *display = json_getz(concept, "display");
	if (display)
		map_put(&p->displays, display_key(p->arena, system, json_str(concept, "code")), display);
}

static void put_displays(struct pack *p, struct str system, const struct json *within)
{
	const struct json *list = json_getz(within, "concept");
	for (size_t i = 0; i < json_n(list); i++) {
		put_display(p, system, json_at(list, i));
		put_displays(p, system, json_at(list, i));
	}
}

struct str pack_display(const struct pack *p, struct str system, struct str code)
{
	char key[512];
	if (system.n + code.n + 1 > sizeof key)
		return code;
	memcpy(key, system.p ? system.p : "", system.n);
	key[system.n] = '|';
	memcpy(key + system.n + 1, code.p ? code.p : "", code.n);
	const struct json *display = map_get(&p->displays, (struct str){key, system.n + code.n + 1});
	return display ? json_text(display) : code;
}

/* ---- value sets ---- */

struct expansion {
	struct pack *pack;
	const struct pack_resource *set; /* for messages */
	struct json *list;
};

static size_t find_coding(const struct json *list, struct str system, struct str code)
{
	for (size_t i = 0; i < json_n(list); i++)
		if (str_eq(json_str(json_at(list, i), "code"), code) && str_eq(json_str(json_at(list, i), "system"), system))
			return i;
	return SIZE_MAX;
}

static void add_coding(struct expansion *x, struct str system, const struct json *concept)
{
	struct arena *a = x->pack->arena;
	struct str code = json_str(concept, "code"), display = json_str(concept, "display");
	if (!code.n || find_coding(x->list, system, code) != SIZE_MAX)
		return;
	struct json *coding = json_object(a);
	json_set_str(a, coding, "system", system);
	json_set_str(a, coding, "code", code);
	json_set_str(a, coding, "display", display.p ? display : pack_display(x->pack, system, code));
	json_push(a, x->list, coding);
}

static void add_concepts(struct expansion *x, struct str system, const struct json *within)
{
	const struct json *list = json_getz(within, "concept");
	for (size_t i = 0; i < json_n(list); i++) {
		add_coding(x, system, json_at(list, i));
		add_concepts(x, system, json_at(list, i));
	}
}

static void add_compose(struct expansion *x, const struct json *compose, int depth);

static void add_value_set(struct expansion *x, const struct json *canonical, int depth)
{
	const struct pack_resource *set = pack_by_url(x->pack, json_text(canonical));
	if (!set || !str_is(set->type, "ValueSet"))
		PACK_PROBLEM(x->pack, x->set, canonical, "no pack has the value set %.*s", STR_ARG(json_text(canonical)));
	else if (depth >= DEEPEST_VALUE_SET)
		PACK_PROBLEM(x->pack, x->set, canonical, "value sets include one another without end");
	else
		add_compose(x, json_getz(set->body, "compose"), depth + 1);
}

static void add_include(struct expansion *x, const struct json *include, int depth)
{
	struct str system = json_str(include, "system");
	const struct json *sets = json_getz(include, "valueSet"), *filter = json_getz(include, "filter");
	if (filter)
		PACK_PROBLEM(x->pack, x->set, filter, "a filter is not supported: list the codes");
	for (size_t i = 0; i < json_n(sets); i++)
		add_value_set(x, json_at(sets, i), depth);
	if (!system.n)
		return;
	if (json_getz(include, "concept")) {
		add_concepts(x, system, include);
		return;
	}
	const struct pack_resource *codes = pack_by_url(x->pack, system);
	if (codes && str_is(codes->type, "CodeSystem"))
		add_concepts(x, system, codes->body);
	else
		PACK_PROBLEM(x->pack, x->set, include, "no pack has the code system %.*s: list the codes of it that belong here", STR_ARG(system));
}

static void leave_out(struct expansion *x, const struct json *exclude)
{
	struct str system = json_str(exclude, "system");
	const struct json *list = json_getz(exclude, "concept");
	for (size_t i = 0; i < json_n(list); i++) {
		size_t at = find_coding(x->list, system, json_str(json_at(list, i), "code"));
		if (at == SIZE_MAX)
			continue;
		memmove(x->list->items + at, x->list->items + at + 1, (x->list->n - at - 1) * sizeof *x->list->items);
		x->list->n--;
	}
}

static void add_compose(struct expansion *x, const struct json *compose, int depth)
{
	const struct json *include = json_getz(compose, "include"), *exclude = json_getz(compose, "exclude");
	for (size_t i = 0; i < json_n(include); i++)
		add_include(x, json_at(include, i), depth);
	for (size_t i = 0; i < json_n(exclude); i++)
		leave_out(x, json_at(exclude, i));
}

static void index_value_set(struct pack *p, const struct pack_resource *set)
{
	struct expansion x = {p, set, json_array(p->arena)};
	if (!set->url.n)
		return;
	add_compose(&x, json_getz(set->body, "compose"), 0);
	map_put(&p->expansions, set->url, x.list);
}

void pack_index_terms(struct pack *p)
{
	const struct pack_resource *const *list;
	size_t n = pack_all(p, STR("CodeSystem"), &list);
	for (size_t i = 0; i < n; i++)
		put_displays(p, list[i]->url, list[i]->body);
	n = pack_all(p, STR("ValueSet"), &list);
	for (size_t i = 0; i < n; i++)
		index_value_set(p, list[i]);
}

const struct json *pack_value_set(const struct pack *p, struct str url)
{
	return pack_by_url(p, url) ? map_get(&p->expansions, pack_bare_url(url)) : NULL;
}

enum fhir_in pack_value_set_has(const struct pack *p, struct str url, struct str system, struct str code)
{
	const struct json *list = pack_value_set(p, url);
	if (!list)
		return FHIR_IN_UNKNOWN;
	if (system.n)
		return find_coding(list, system, code) != SIZE_MAX ? FHIR_IN_YES : FHIR_IN_NO;
	for (size_t i = 0; i < json_n(list); i++)
		if (str_eq(json_str(json_at(list, i), "code"), code))
			return FHIR_IN_YES;
	return FHIR_IN_NO;
}
