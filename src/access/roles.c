#include "access/internal.h"

static const struct role_facts system_role = {.code = {"system", 6}, .label = {"System", 6}, .team = {"", 0}, .open = true,
					      .admin = true, .everything = true};

const struct role_facts *access_role(const struct access *a, struct str code)
{
	if (str_is(code, "system"))
		return &system_role;
	return map_get(&a->roles, code);
}

static void load_labels(struct access *a)
{
	VEC(struct str) labels = {0};
	const struct pack_label *const *known = NULL;
	size_t n = a->pack ? pack_labels(a->pack, &known) : 0;
	/* HL7 Confidentiality: restricted and very restricted are so whatever the pack says. */
	VEC_PUSH(a->arena, &labels, STR("R"));
	VEC_PUSH(a->arena, &labels, STR("V"));
	for (size_t i = 0; i < n; i++)
		if (!str_is(known[i]->code, "R") && !str_is(known[i]->code, "V"))
			VEC_PUSH(a->arena, &labels, known[i]->code);
	a->labels = labels.v;
	a->label_count = labels.n;
}

static int64_t setting(const struct access *a, const char *name, int64_t otherwise)
{
	return a->pack ? pack_setting(a->pack, name, otherwise) : otherwise;
}

static void load_settings(struct access *a)
{
	a->settings = (struct settings){
		.idle_us = setting(a, "idle-minutes", 15) * US_PER_MINUTE,
		.session_us = setting(a, "session-hours", 12) * US_PER_HOUR,
		.failures = setting(a, "lock-after-failures", 5),
		.lock_us = setting(a, "lock-minutes", 15) * US_PER_MINUTE,
		.reason_us = setting(a, "reason-hours", 3) * US_PER_HOUR,
		.password_length = setting(a, "password-length", 12),
		.token_minutes = setting(a, "token-minutes", 60),
	};
}

/* A role that stands for whoever a record names is nobody's to sign in with. */
void access_roles_load(struct access *a)
{
	const struct pack_role *const *roles = NULL;
	size_t n = a->pack ? pack_roles(a->pack, &roles) : 0;
	a->roles = map_new(a->arena);
	for (size_t i = 0; i < n; i++) {
		if (roles[i]->is_relative)
			continue;
		struct role_facts *f = ARENA_NEW(a->arena, struct role_facts);
		*f = (struct role_facts){.code = roles[i]->code, .label = roles[i]->label, .team = roles[i]->team, .role = roles[i],
					 .open = roles[i]->may_open_without_relationship, .admin = roles[i]->is_admin};
		map_put(&a->roles, f->code, f);
	}
	load_labels(a);
	load_settings(a);
}
