#include "access/internal.h"

#include <sodium.h>
#include <string.h>

static const char csrf_name[] = "csrf";

static bool put_secret(struct txn *t, void *arg, struct err *e)
{
	struct sql_stmt *s = sql_use(txn_sql(t), "access_secret_put");
	sql_bind_str(s, 1, str_from(csrf_name));
	sql_bind_blob(s, 2, *(const struct str *)arg);
	return sql_run(s, e);
}

static bool get_secret(struct access *a, struct arena *arena, bool *found, struct err *e)
{
	struct store_read *r = store_read_begin(a->store, arena, e);
	if (!r)
		return false;
	struct sql_stmt *s = sql_use(store_read_sql(r), "access_secret_get");
	sql_bind_str(s, 1, str_from(csrf_name));
	enum sql_step step = sql_step(s, e);
	struct str value = step == SQL_ROW ? sql_str(s, 0) : STR_NONE;
	*found = value.n == sizeof a->csrf_key;
	if (*found)
		memcpy(a->csrf_key, value.p, value.n);
	sql_done(s);
	store_read_end(r);
	return step != SQL_FAILED;
}

/* Kept in the database, so that a form opened before a restart can still be filed after it. */
static bool load_csrf_key(struct access *a, struct err *e)
{
	struct arena *arena = arena_new(0);
	bool found = false;
	bool ok = get_secret(a, arena, &found, e);
	if (ok && !found) {
		unsigned char fresh[SECRET_BYTES];
		env_random(a->env, fresh, sizeof fresh);
		struct str value = {(const char *)fresh, sizeof fresh};
		struct act act = {.agent = STR("system"), .role = STR("system"), .channel = STR("cli")};
		ok = store_submit(a->store, arena, &act, put_secret, &value, e) && get_secret(a, arena, &found, e);
	}
	arena_destroy(arena);
	return ok && (found || err_set(e, ERR_INTERNAL, "the key of form tokens was written and is not there"));
}

bool access_open(struct store *s, struct ledger *l, const struct pack *p, struct access **out, struct err *e)
{
	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, "libsodium does not start");
	struct arena *arena = arena_new(0);
	struct access *a = ARENA_NEW(arena, struct access);
	a->arena = arena;
	a->store = s;
	a->ledger = l;
	a->pack = p;
	a->env = store_env(s);
	pthread_mutex_init(&a->hash_lock, NULL);
	pthread_mutex_init(&a->grant_lock, NULL);
	pthread_cond_init(&a->hash_free, NULL);
	access_roles_load(a);
	struct str dummy;
	if (!load_csrf_key(a, e) || !password_hash(a, arena, STR("no account has this"), &dummy, e)) {
		access_close(a);
		return false;
	}
	memcpy(a->dummy_hash, dummy.p, dummy.n);
	*out = a;
	return true;
}

void access_close(struct access *a)
{
	if (!a)
		return;
	access_control_stop(a);
	sodium_memzero(a->csrf_key, sizeof a->csrf_key);
	pthread_mutex_destroy(&a->hash_lock);
	pthread_mutex_destroy(&a->grant_lock);
	pthread_cond_destroy(&a->hash_free);
	arena_destroy(a->arena);
}

struct act access_act(const struct user *u, struct str channel, struct str request)
{
	return (struct act){.agent = u->practitioner, .role = u->role, .on_behalf_of = u->team, .purpose = STR("TREAT"),
			    .channel = channel, .request = request};
}
