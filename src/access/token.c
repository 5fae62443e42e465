#include "access/internal.h"

enum { LONGEST_MINUTES = 366 * 24 * 60 };

struct making {
	struct str key, user_id, scope;
	int64_t minutes;
};

static bool insert_token(struct txn *t, void *arg, struct err *e)
{
	const struct making *m = arg;
	int64_t now_us = txn_now_us(t);
	struct sql_stmt *s = sql_use(txn_sql(t), "access_grant_insert");
	sql_bind_str(s, 1, m->key);
	sql_bind_i64(s, 2, GRANT_TOKEN);
	sql_bind_str(s, 3, m->user_id);
	sql_bind_str(s, 4, m->scope);
	sql_bind_i64(s, 5, now_us);
	sql_bind_i64(s, 6, now_us + m->minutes * US_PER_MINUTE);
	return sql_run(s, e);
}

bool access_token_make(struct access *a, struct arena *arena, struct str user_name, struct str scope, int minutes, struct str *out,
		       struct err *e)
{
	struct user_row row;
	bool found = false;
	if (!user_by_name(a, arena, user_name, &found, &row, e))
		return false;
	if (!found || row.user.disabled)
		return err_set(e, ERR_NOT_FOUND, "there is no user \"%.*s\", or they are disabled", STR_ARG(user_name));
	if (!scope.n)
		scope = row.user.is_system ? STR("system/*.*") : STR("user/*.*");
	if (!scope_ok(scope, e))
		return false;
	if (minutes < 0 || minutes > LONGEST_MINUTES)
		return err_set(e, ERR_VALUE, "a token lives for 1 to %d minutes", LONGEST_MINUTES);
	struct str secret = secret_new(a, arena);
	struct making m = {secret_key(arena, secret), row.user.id, scope, minutes ? minutes : a->settings.token_minutes};
	struct act act = {.agent = row.user.practitioner, .role = row.user.role, .channel = STR("cli")};
	if (!store_submit(a->store, arena, &act, insert_token, &m, e))
		return false;
	*out = secret;
	return true;
}

bool access_token(struct access *a, struct arena *arena, struct str bearer, struct user *out, struct err *e)
{
	return grant_find(a, arena, GRANT_TOKEN, bearer, out, e);
}
