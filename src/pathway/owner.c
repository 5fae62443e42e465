#include "pathway/internal.h"

/* Who holds a role, when it fires: the person the record names, else the one available holder of the role for this subject (CareTeam) or
 * at all (PractitionerRole), else the deputy's, else the team's queue. Several holders share a queue; nobody is chosen for them. */

enum { DEPUTY_HOPS = 4 };

static bool covers(const struct json *period, int64_t us)
{
	struct date d;
	int64_t lo, hi;
	if (date_parse(json_str(period, "start"), DATE_KIND_DATETIME, &d, NULL) && date_lo_us(&d) > us)
		return false;
	if (date_parse(json_str(period, "end"), DATE_KIND_DATETIME, &d, NULL)) {
		date_interval(&d, &lo, &hi);
		return hi > us;
	}
	return true;
}

static bool is_available(const struct json *practitioner_role, int64_t us)
{
	const struct json *active = json_getz(practitioner_role, "active");
	if ((active && !json_true(active)) || !covers(json_getz(practitioner_role, "period"), us))
		return false;
	const struct json *away = json_getz(practitioner_role, "notAvailable");
	for (size_t i = 0; i < json_n(away); i++) {
		const struct json *during = json_getz(json_at(away, i), "during");
		if (during && covers(during, us))
			return false;
	}
	return true;
}

static bool search_one(struct scope *s, struct str type, const char *code, struct str value, const char *more, struct str more_value,
		       struct found *out, struct err *e)
{
	struct query_param params[] = {{str_from(code), value}, {str_from(more), more_value}};
	struct query q = {type, params, 2};
	return s->g->world->search(s->g->world->arg, &q, out, e);
}

static bool role_holders(struct scope *s, struct str role, struct found *out, struct err *e)
{
	struct role_cache *cache = s->g->roles;
	struct found *known = map_get(&cache->holders, role);
	if (known) {
		*out = *known;
		return true;
	}
	if (!search_one(s, STR("PractitionerRole"), "role", role, "active", STR("true"), out, e))
		return false;
	known = ARENA_NEW(cache->arena, struct found);
	known->n = out->n;
	known->v = ARENA_ARRAY(cache->arena, const struct json *, out->n);
	for (size_t i = 0; i < out->n; i++)
		known->v[i] = json_clone_deep(cache->arena, out->v[i]);
	map_put(&cache->holders, str_dup(cache->arena, role), known);
	return true;
}

/* The available holders; *first is one of them. */
static bool available(struct scope *s, struct str role, size_t *n, struct str *first, struct err *e)
{
	struct found f;
	*n = 0;
	if (!role_holders(s, role, &f, e))
		return false;
	for (size_t i = 0; i < f.n; i++) {
		struct str who = json_str(json_getz(f.v[i], "practitioner"), "reference");
		if (!who.n || !is_available(f.v[i], s->as_of_us) || str_eq(who, *first))
			continue;
		if (!(*n)++)
			*first = who;
	}
	return true;
}

static bool person_available(struct scope *s, struct str who, bool *out, struct err *e)
{
	struct found f;
	*out = true;
	if (!str_starts(who, STR("Practitioner/")))
		return true;
	if (!search_one(s, STR("PractitionerRole"), "practitioner", who, "active", STR("true"), &f, e))
		return false;
	if (!f.n)
		return true; /* nothing is said about this person's availability */
	*out = false;
	for (size_t i = 0; i < f.n; i++)
		*out |= is_available(f.v[i], s->as_of_us);
	return true;
}

/* An event often makes several tasks about one child: the teams are looked up once. */
static bool care_teams(struct scope *s, struct found *out, struct err *e)
{
	struct str key = pw_join(s->g->a, (struct str[]){STR("CareTeam|"), s->subject_ref}, 2);
	struct found *known = map_get(&s->g->asked, key);
	if (!known) {
		known = ARENA_NEW(s->g->a, struct found);
		if (!search_one(s, STR("CareTeam"), "subject", s->subject_ref, "status", STR("active"), known, e))
			return false;
		map_put(&s->g->asked, key, known);
	}
	*out = *known;
	return true;
}

static bool in_care_team(struct scope *s, struct str role, struct str *out, struct err *e)
{
	struct found f;
	*out = STR_NONE;
	if (!str_starts(s->subject_ref, STR("Patient/")))
		return true;
	if (!care_teams(s, &f, e))
		return false;
	for (size_t i = 0; i < f.n; i++) {
		const struct json *people = json_getz(f.v[i], "participant");
		for (size_t k = 0; k < json_n(people); k++) {
			const struct json *p = json_at(people, k);
			if (pw_json_has_code(json_at(json_getz(p, "role"), 0), role) && covers(json_getz(p, "period"), s->as_of_us))
				*out = json_str(json_getz(p, "member"), "reference");
		}
	}
	return true;
}

static void team_queue(struct scope *s, struct str role, struct owner *out)
{
	const struct pack_role *r = s->g->world->role(s->g->world->arg, role);
	if (r && r->team.n)
		out->ref = pw_ref_of(s->g->a, STR("Organization"), r->team);
}

static bool by_role(struct scope *s, struct str role, struct owner *out, struct err *e)
{
	struct arena *a = s->g->a;
	struct buf words = buf_new(a, 2000);
	out->role = role; /* the work stays that role's, whoever stands in */
	for (int hop = 0; hop < DEPUTY_HOPS && role.n; hop++) {
		struct str member, first = STR_NONE;
		size_t n;
		bool here;
		if (!in_care_team(s, role, &member, e) || (member.n && !person_available(s, member, &here, e)))
			return false;
		if (member.n && here) {
			out->ref = member;
			buf_printf(&words, "role %.*s: in the care team", STR_ARG(role));
			break;
		}
		if (!available(s, role, &n, &first, e))
			return false;
		if (n == 1) {
			out->ref = first;
			buf_printf(&words, "role %.*s: its one available holder", STR_ARG(role));
			break;
		}
		if (n > 1) {
			buf_printf(&words, "role %.*s: %zu holders share its queue", STR_ARG(role), n);
			team_queue(s, role, out);
			break;
		}
		const struct pack_role *r = s->g->world->role(s->g->world->arg, role);
		buf_printf(&words, "role %.*s: nobody available; ", STR_ARG(role));
		role = r ? r->deputy : STR_NONE;
	}
	if (!role.n) {
		buf_c(&words, "no deputy; the team's queue");
		team_queue(s, out->role, out);
	}
	out->words = buf_str(&words);
	return true;
}

/* The role whose work it is: of the task it is about, else of the clock. */
static struct str role_in_charge(struct scope *s)
{
	struct str type, id;
	const struct json *task = NULL;
	if (s->clock && pw_split_ref(s->clock->opened_ref, &type, &id) && str_is(type, "Task") &&
	    s->g->world->get(s->g->world->arg, type, id, &task, NULL)) {
		struct str role = json_str(json_path(task, "performerType", "0", "coding", "0", NULL), "code");
		if (role.n)
			return role;
	}
	return s->clock ? s->clock->owner_role : STR_NONE;
}

static struct str managers_role(struct scope *s, struct str who, struct str otherwise)
{
	struct found f;
	const struct world *w = s->g->world;
	if (who.n && search_one(s, STR("PractitionerRole"), "practitioner", who, "active", STR("true"), &f, NULL))
		for (size_t i = 0; i < f.n; i++) {
			struct str code = json_str(json_path(f.v[i], "code", "0", "coding", "0", NULL), "code");
			const struct pack_role *r = w->role(w->arg, code);
			if (r && r->manager.n)
				return r->manager;
		}
	const struct pack_role *r = w->role(w->arg, role_in_charge(s));
	return r && r->manager.n ? r->manager : otherwise;
}

bool owner_find(struct scope *s, struct str role, const struct expr *holder, bool to_manager, struct owner *out, struct err *e)
{
	struct str who;
	*out = (struct owner){.role = role};
	if (!scope_str(s, holder, &who, e))
		return false;
	if (to_manager)
		return by_role(s, managers_role(s, who, role), out, e);
	bool here = false;
	if (str_starts(who, STR("Practitioner")) && !person_available(s, who, &here, e))
		return false;
	if (!here)
		return role.n ? by_role(s, role, out, e) : true;
	out->ref = who;
	out->words = STR("the person the record names");
	return true;
}
