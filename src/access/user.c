#include "access/internal.h"

static struct act admin_act(void)
{
	return (struct act){.agent = STR("system"), .role = STR("system"), .purpose = STR("HSYSADMIN"), .channel = STR("cli")};
}

struct user user_from_row(const struct access *a, struct arena *arena, struct sql_stmt *s)
{
	struct user u = {.id = str_dup(arena, sql_str(s, 0)), .name = str_dup(arena, sql_str(s, 1)),
			 .display = str_dup(arena, sql_str(s, 2)), .role = str_dup(arena, sql_str(s, 3)),
			 .practitioner = str_dup(arena, sql_str(s, 4)), .disabled = sql_i64(s, 5) != 0};
	const struct role_facts *role = access_role(a, u.role);
	u.role_label = role ? role->label : u.role;
	u.team = role ? role->team : STR("");
	u.is_system = str_is(u.role, "system");
	return u;
}

bool user_by_name(struct access *a, struct arena *arena, struct str name, bool *found, struct user_row *out, struct err *e)
{
	struct store_read *r = store_read_begin(a->store, arena, e);
	if (!r)
		return false;
	struct sql_stmt *s = sql_use(store_read_sql(r), "access_user_by_name");
	sql_bind_str(s, 1, str_lower(arena, name));
	enum sql_step step = sql_step(s, e);
	*found = step == SQL_ROW;
	if (*found) {
		out->user = user_from_row(a, arena, s);
		out->hash = str_dup(arena, sql_str(s, 6));
		out->failures = sql_i64(s, 7);
		out->locked_until_us = sql_i64(s, 8);
	}
	sql_done(s);
	store_read_end(r);
	return step != SQL_FAILED;
}

/* ---- adding ---- */

static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '@';
		if (!plain)
			return false;
	}
	return name.n > 0 && name.n <= 64;
}

/* A name that can be a FHIR id is the id of the Practitioner, so that whoever writes both agrees without asking. */
static struct str agent_of(struct arena *arena, struct str id, struct str name, bool is_system)
{
	return str_cat(arena, is_system ? STR("Device/") : STR("Practitioner/"), fhir_id_ok(name) ? name : id);
}

struct adding {
	struct str id, name, display, role, practitioner, hash;
};

static bool insert_user(struct txn *t, void *arg, struct err *e)
{
	const struct adding *u = arg;
	struct sql_stmt *s = sql_use(txn_sql(t), "access_user_insert");
	sql_bind_str(s, 1, u->id);
	sql_bind_str(s, 2, u->name);
	sql_bind_str(s, 3, u->display);
	sql_bind_str(s, 4, u->role);
	sql_bind_str(s, 5, u->practitioner);
	sql_bind_str(s, 6, u->hash);
	sql_bind_i64(s, 7, txn_now_us(t));
	if (sql_run(s, e))
		return true;
	if (e && e->code == ERR_CONFLICT)
		return err_set(e, ERR_CONFLICT, "there is a user \"%.*s\" already", STR_ARG(u->name));
	return false;
}

static bool add(struct access *a, struct arena *arena, struct adding *u, struct str password, struct err *e)
{
	u->name = str_lower(arena, str_trim(u->name));
	if (!name_ok(u->name))
		return err_set(e, ERR_VALUE, "a sign-in name has 1 to 64 of a-z, 0-9, '.', '-', '_' and '@'");
	if (!access_role(a, u->role))
		return err_set(e, ERR_VALUE, "the pack has no role \"%.*s\"", STR_ARG(u->role));
	if (!u->display.n)
		u->display = u->name;
	if (u->display.n > 128)
		return err_set(e, ERR_VALUE, "the name shown is longer than 128 bytes");
	u->hash = STR("");
	if (password.p && !password_hash(a, arena, password, &u->hash, e))
		return false;
	u->id = id_new(a->env, arena);
	u->practitioner = agent_of(arena, u->id, u->name, str_is(u->role, "system"));
	struct act act = admin_act();
	return store_submit(a->store, arena, &act, insert_user, u, e);
}

bool access_user_add(struct access *a, struct str name, struct str display, struct str role, struct str password, struct err *e)
{
	struct arena *arena = arena_new(0);
	struct adding u = {.name = name, .display = display, .role = role};
	struct err own = ERR_INIT;
	bool ok = add(a, arena, &u, password, &own);
	if (!ok && e)
		*e = own;
	arena_destroy(arena);
	return ok;
}

/* ---- disabling and listing ---- */

static bool disable(struct txn *t, void *arg, struct err *e)
{
	const struct user *u = arg;
	struct sql_stmt *s = sql_use(txn_sql(t), "access_user_disable");
	sql_bind_str(s, 1, u->id);
	if (!sql_run(s, e))
		return false;
	s = sql_use(txn_sql(t), "access_grant_delete_user");
	sql_bind_str(s, 1, u->id);
	return sql_run(s, e);
}

bool access_user_disable(struct access *a, struct str name, struct err *e)
{
	struct arena *arena = arena_new(0);
	struct user_row row;
	bool found = false;
	bool ok = user_by_name(a, arena, name, &found, &row, e);
	if (ok && !found)
		ok = err_set(e, ERR_NOT_FOUND, "there is no user \"%.*s\"", STR_ARG(name));
	struct act act = admin_act();
	ok = ok && store_submit(a->store, arena, &act, disable, &row.user, e);
	if (ok)
		grant_forget_all(a);
	arena_destroy(arena);
	return ok;
}

bool access_users(struct access *a, struct arena *arena, struct users *out, struct err *e)
{
	struct store_read *r = store_read_begin(a->store, arena, e);
	if (!r)
		return false;
	VEC(struct user) list = {0};
	struct sql_stmt *s = sql_use(store_read_sql(r), "access_user_list");
	enum sql_step step;
	while ((step = sql_step(s, e)) == SQL_ROW)
		VEC_PUSH(arena, &list, user_from_row(a, arena, s));
	sql_done(s);
	store_read_end(r);
	*out = (struct users){list.v, list.n};
	return step != SQL_FAILED;
}
