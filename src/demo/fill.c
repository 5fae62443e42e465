#include "demo/fill.h"

#include "demo/attend.h"
#include "demo/people.h"
#include "demo/story.h"
#include "demo/story_build.h"
#include "yaml/yaml.h"

enum { START_DAYS_BEFORE = 431, WEEK_DAYS = 7, MAX_USERS_BYTES = 1 << 16 };

int64_t fill_start_us(int64_t now_us)
{
	return us_from_local(local_from_us(now_us).days - START_DAYS_BEFORE, 0, 0, 0);
}

/* ---- the store's ordinary write path, one change at a time ---- */

static bool validate(struct arena *a, const struct json *body, struct err *e)
{
	struct fhir_outcome *found = fhir_outcome_new(a);
	if (fhir_validate(a, body, STR_NONE, found))
		return true;
	const struct fhir_issue *first = &found->issues.v[0];
	return err_set(e, ERR_STRUCTURE, "%.*s %.*s: %.*s", STR_ARG(json_str(body, "resourceType")), STR_ARG(first->expression),
		       STR_ARG(first->diagnostics));
}

static bool commit(struct arena *a, struct store *s, const struct act *act, const struct json *bodies, struct err *e)
{
	size_t n = json_n(bodies);
	struct put *puts = ARENA_ARRAY(a, struct put, n + 1);
	struct put_result *results = ARENA_ARRAY(a, struct put_result, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct json *body = json_at(bodies, i);
		if (!validate(a, body, e))
			return false;
		puts[i] = (struct put){STORE_UPDATE, json_str(body, "resourceType"), json_str(body, "id"), body, 0, STR_NONE, STR_NONE};
	}
	struct change change = {*act, puts, n, results};
	return store_commit(s, a, &change, e);
}

static bool move_clock(const struct fill *f, int64_t to_us, struct err *e)
{
	if (to_us > env_now_us(f->env))
		env_manual_set(f->env, to_us);
	return store_run_due(f->store, e);
}

/* ---- users ---- */

static struct json *practitioner(struct arena *a, const struct json *user)
{
	struct json *r = build_resource(a, "Practitioner", json_str(user, "name")), *name = json_object(a);
	json_setz(a, r, "active", json_bool(a, true));
	json_set_str(a, name, "text", json_str(user, "display"));
	json_setz(a, r, "name", build_one(a, name));
	return r;
}

static struct json *practitioner_role(struct arena *a, const struct json *user)
{
	struct str name = json_str(user, "name");
	struct json *r = build_resource(a, "PractitionerRole", str_printf(a, "%.*s-role", STR_ARG(name)));
	json_setz(a, r, "active", json_bool(a, true));
	json_setz(a, r, "practitioner", build_reference(a, "Practitioner", name, json_str(user, "display")));
	json_setz(a, r, "organization", build_reference(a, "Organization", json_str(user, "team"), STR_NONE));
	json_setz(a, r, "code", build_one(a, build_concept(a, CODE_SYSTEM("role"), json_str(user, "role"), STR_NONE)));
	return r;
}

static bool is_program(const struct json *user)
{
	return str_is(json_str(user, "role"), "system");
}

/* The pack's teams are in the store too, so that a reference to one can be followed. */
static void add_teams(struct arena *a, const struct pack *pack, struct json *resources)
{
	const struct pack_resource *const *teams;
	size_t n = pack_all(pack, STR("Organization"), &teams);
	for (size_t i = 0; i < n; i++)
		json_push(a, resources, json_clone(a, teams[i]->body));
}

static bool add_users(struct arena *a, const struct fill *f, struct fill_report *out, struct err *e)
{
	struct str text;
	struct yaml_docs docs;
	const char *path = str_c(a, str_printf(a, "%s/users.yaml", f->demo_dir));
	if (!f->env->read_file(f->env, a, path, MAX_USERS_BYTES, &text, e) || !yaml_parse(a, text, &docs, e))
		return err_context(e, "%s", path);
	const struct json *list = json_getz(docs.v[0].root, "users");
	struct str password = json_str(docs.v[0].root, "password");
	struct json *resources = json_array(a);
	add_teams(a, f->pack, resources);
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *u = json_at(list, i);
		if (!access_user_add(f->access, json_str(u, "name"), json_str(u, "display"), json_str(u, "role"), password, e))
			return err_context(e, "%s: %.*s", path, STR_ARG(json_str(u, "name")));
		if (is_program(u))
			continue;
		json_push(a, resources, practitioner(a, u));
		json_push(a, resources, practitioner_role(a, u));
	}
	out->users = json_n(list);
	out->sign_in_name = str_c(a, json_str(json_at(list, 0), "name"));
	out->password = str_c(a, password);
	struct act act = {.agent = STR("system"), .channel = STR("cli")};
	return commit(a, f->store, &act, resources, e);
}

/* ---- stories and the week, in the order of time ---- */

static struct act act_of(struct arena *a, struct str by)
{
	/* Names with a dot are people (demo/users.yaml); others are systems that send. */
	bool person = str_find_char(by, '.') >= 0;
	struct str agent = str_cat(a, person ? STR("Practitioner/") : STR("Device/"), by);
	return (struct act){.agent = agent, .purpose = STR("TREAT"), .channel = person ? STR("web") : STR("fhir")};
}

static bool tell(struct arena *a, const struct fill *f, const struct story_event *event, struct err *e)
{
	struct act act = act_of(a, event->by);
	if (!move_clock(f, event->at_us, e) || !commit(a, f->store, &act, event->puts, e))
		return err_context(e, "story %.*s", STR_ARG(event->story));
	return true;
}

static bool live_through(const struct fill *f, const struct stories *stories, struct attendances *week, struct fill_report *out, struct err *e)
{
	size_t i = 0;
	struct arena *scratch = arena_new(0);
	bool ok = true;
	while (ok && (i < stories->n || attend_more(week))) {
		int64_t visit_us = attend_next_us(week);
		arena_reset(scratch);
		if (i < stories->n && stories->v[i].at_us <= visit_us) {
			ok = tell(scratch, f, &stories->v[i++], e);
			out->events++;
			continue;
		}
		ok = move_clock(f, visit_us, e) && attend_one(scratch, f, week, e);
		out->attendances++;
	}
	arena_destroy(scratch);
	return ok;
}

bool fill_demo(struct arena *a, const struct fill *f, struct fill_report *out, struct err *e)
{
	struct stories stories;
	struct attenders sample = {0};
	struct attendances *week;
	*out = (struct fill_report){0};
	const char *dir = str_c(a, str_printf(a, "%s/stories", f->demo_dir));
	if (!add_users(a, f, out, e) || !story_load(a, f->env, dir, f->now_us, &stories, e))
		return false;
	if (!people_fill(a, f, &out->people, &sample, e))
		return false;
	out->stories = stories.story_count;
	return attend_plan(a, f, &sample, f->now_us - WEEK_DAYS * US_PER_DAY, &week, e) && live_through(f, &stories, week, out, e) && move_clock(f, f->now_us, e);
}
