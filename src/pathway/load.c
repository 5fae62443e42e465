#include "pathway/pathway_int.h"
#include "pathway/sim.h"

/* Rules and calendars from the pack. */

static bool add_calendar(struct pathway *w, const struct pack_resource *r, struct err *e)
{
	struct calendar *c;
	if (!str_starts(r->url, STR("urn:calendar:")))
		return true;
	if (!calendar_parse(w->arena, r->body, STR_NONE, &c, e))
		return err_context(e, "%.*s", STR_ARG(r->file));
	map_put(&w->calendars, r->url, c);
	return true;
}

static bool load_calendars(struct pathway *w, struct err *e)
{
	const struct pack_resource *const *list;
	size_t n = pack_all(w->pack, STR("CodeSystem"), &list);
	for (size_t i = 0; i < n; i++)
		if (!add_calendar(w, list[i], e))
			return false;
	return true;
}

static const struct json *source_activity(void *arg, struct str canonical)
{
	const struct pathway *w = arg;
	const struct pack_resource *r = pack_by_url(w->pack, canonical);
	return r ? r->body : NULL;
}

static const struct calendar *source_calendar(void *arg, struct str urn)
{
	const struct pathway *w = arg;
	return map_get(&w->calendars, urn);
}

static bool source_has_role(void *arg, struct str code)
{
	const struct pathway *w = arg;
	return pack_role(w->pack, code) != NULL;
}

struct rule_source pathway_source(struct pathway *w)
{
	const struct pack_role *const *roles;
	bool any = pack_roles(w->pack, &roles) > 0;
	return (struct rule_source){w, source_activity, source_calendar, any ? source_has_role : NULL};
}

static bool is_live_rule(const struct json *plan)
{
	return pw_json_has_code(json_getz(plan, "type"), STR("eca-rule")) && str_is(json_str(plan, "status"), "active");
}

static bool load_rules(struct pathway *w, struct err *e)
{
	const struct pack_resource *const *list;
	struct rule_source source = pathway_source(w);
	size_t n = pack_all(w->pack, STR("PlanDefinition"), &list);
	for (size_t i = 0; i < n; i++)
		if (is_live_rule(list[i]->body) && !rules_add_plan(w->rules, list[i]->body, &source, e))
			return err_context(e, "%.*s", STR_ARG(list[i]->file));
	return true;
}

bool pathway_load(struct env *env, const struct pack *p, struct pathway **out, struct err *e)
{
	struct arena *a = arena_new(0);
	struct pathway *w = ARENA_NEW(a, struct pathway);
	*w = (struct pathway){.env = env, .pack = p, .arena = a, .rules = rules_new(a), .calendars = map_new(a)};
	w->roles.arena = arena_new(0);
	w->roles.holders = map_new(w->roles.arena);
	if (!load_calendars(w, e) || !load_rules(w, e)) {
		pathway_close(w);
		return false;
	}
	*out = w;
	return true;
}

void pathway_end_rebuilding(struct pathway *w)
{
	if (!w->rebuilding)
		return;
	sim_end(w->rebuilding);
	arena_destroy(w->rebuilding_arena);
	w->rebuilding = NULL;
}

void pathway_close(struct pathway *w)
{
	if (!w)
		return;
	pathway_end_rebuilding(w);
	arena_destroy(w->roles.arena);
	arena_destroy(w->arena);
}

const struct calendar *calendar_of(const struct pathway *w, struct str urn)
{
	return map_get(&w->calendars, urn);
}

/* Each plan by itself, so that one bad file does not hide the next. */
bool pathway_check(const struct pack *p, struct pack_problems *problems)
{
	struct arena *a = arena_new(0);
	struct pathway w = {.pack = p, .arena = a, .calendars = map_new(a)};
	struct err e = ERR_INIT;
	size_t before = problems->list.n;
	const struct pack_resource *const *list;
	if (!load_calendars(&w, &e))
		VEC_PUSH(problems->arena, &problems->list, (struct pack_problem){STR_NONE, 0, str_dup(problems->arena, str_from(e.message))});
	struct rule_source source = pathway_source(&w);
	size_t n = pack_all(p, STR("PlanDefinition"), &list);
	for (size_t i = 0; i < n; i++) {
		e = ERR_INIT;
		struct rules *rules = rules_new(a);
		if (pw_json_has_code(json_getz(list[i]->body, "type"), STR("eca-rule")) && !rules_add_plan(rules, list[i]->body, &source, &e))
			VEC_PUSH(problems->arena, &problems->list,
				 (struct pack_problem){list[i]->file, (int)list[i]->body->offset, str_dup(problems->arena, str_from(e.message))});
	}
	arena_destroy(a);
	return problems->list.n == before;
}
