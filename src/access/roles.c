#include "access/internal.h"

/* Where the pack says it: the CodeSystem of roles, with properties "reads" and "writes" (resource types, none for all), "clears"
 * (a label, repeated) and "admin"; the CodeSystem of labels, each concept of which restricts; Parameters "access" with times. */
#define ROLES_URL HEED_BASE_URL "/CodeSystem/role"
#define LABELS_URL HEED_BASE_URL "/CodeSystem/label"

static const struct role_facts system_role = {.code = {"system", 6}, .label = {"System", 6}, .team = {"", 0}, .open = true,
					      .admin = true, .everything = true};

bool role_names(struct str list, struct str type)
{
	struct str rest = list, one;
	if (list.n == 0)
		return true;
	while (str_next(&rest, ' ', &one))
		if (str_eq(one, type))
			return true;
	return false;
}

const struct role_facts *access_role(const struct access *a, struct str code)
{
	if (str_is(code, "system"))
		return &system_role;
	return map_get(&a->roles, code);
}

static const struct json *body_of(const struct access *a, const char *canonical)
{
	const struct pack_resource *r = a->pack ? pack_by_url(a->pack, str_from(canonical)) : NULL;
	return r ? r->body : NULL;
}

static const struct json *concept_of(const struct json *system, struct str code)
{
	const struct json *concepts = json_getz(system, "concept");
	for (size_t i = 0; i < json_n(concepts); i++)
		if (str_eq(json_str(json_at(concepts, i), "code"), code))
			return json_at(concepts, i);
	return NULL;
}

static struct str property_text(const struct json *property)
{
	static const char *const values[] = {"valueCode", "valueString"};
	for (size_t i = 0; i < 2; i++)
		if (json_str(property, values[i]).p)
			return json_str(property, values[i]);
	return STR_NONE;
}

static void add_capabilities(struct access *a, struct role_facts *f, const struct json *concept)
{
	VEC(struct str) cleared = {0};
	const struct json *properties = json_getz(concept, "property");
	for (size_t i = 0; i < json_n(properties); i++) {
		const struct json *p = json_at(properties, i);
		struct str code = json_str(p, "code");
		if (str_is(code, "reads"))
			f->reads = property_text(p);
		else if (str_is(code, "writes"))
			f->writes = property_text(p);
		else if (str_is(code, "clears"))
			VEC_PUSH(a->arena, &cleared, property_text(p));
		else if (str_is(code, "admin"))
			f->admin = json_true(json_getz(p, "valueBoolean"));
	}
	f->cleared = cleared.v;
	f->cleared_count = cleared.n;
}

static void load_labels(struct access *a)
{
	VEC(struct str) labels = {0};
	/* HL7 Confidentiality: restricted and very restricted are so whatever the pack says. */
	VEC_PUSH(a->arena, &labels, STR("R"));
	VEC_PUSH(a->arena, &labels, STR("V"));
	const struct json *concepts = json_getz(body_of(a, LABELS_URL), "concept");
	for (size_t i = 0; i < json_n(concepts); i++)
		VEC_PUSH(a->arena, &labels, json_str(json_at(concepts, i), "code"));
	a->labels = labels.v;
	a->label_count = labels.n;
}

static int64_t setting(const struct access *a, const char *name, int64_t otherwise)
{
	const struct pack_resource *r = a->pack ? pack_get(a->pack, STR("Parameters"), STR("access")) : NULL;
	const struct json *list = r ? json_getz(r->body, "parameter") : NULL;
	for (size_t i = 0; i < json_n(list); i++) {
		int64_t v;
		if (str_is(json_str(json_at(list, i), "name"), name) && json_i64(json_getz(json_at(list, i), "valueInteger"), &v))
			return v;
	}
	return otherwise;
}

static void load_settings(struct access *a)
{
	a->settings = (struct settings){
		.idle_us = setting(a, "idle-minutes", 15) * US_PER_MINUTE,
		.session_us = setting(a, "session-hours", 12) * US_PER_HOUR,
		.failures = setting(a, "lock-after-failures", 5),
		.lock_us = setting(a, "lock-minutes", 15) * US_PER_MINUTE,
		.reason_us = setting(a, "reason-hours", 3) * US_PER_HOUR,
	};
}

void access_roles_load(struct access *a)
{
	const struct pack_role *const *roles = NULL;
	size_t n = a->pack ? pack_roles(a->pack, &roles) : 0;
	const struct json *system = body_of(a, ROLES_URL);
	a->roles = map_new(a->arena);
	for (size_t i = 0; i < n; i++) {
		struct role_facts *f = ARENA_NEW(a->arena, struct role_facts);
		f->code = roles[i]->code;
		f->label = roles[i]->label;
		f->team = roles[i]->team;
		f->open = roles[i]->may_open_without_relationship;
		add_capabilities(a, f, concept_of(system, f->code));
		map_put(&a->roles, f->code, f);
	}
	load_labels(a);
	load_settings(a);
}
