#include "access/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const int64_t FRESH_US = 900 * 1000; /* a grant read longer ago than this is read again */

struct str secret_new(struct access *a, struct arena *arena)
{
	unsigned char bytes[SECRET_BYTES];
	env_random(a->env, bytes, sizeof bytes);
	struct str s = base64url_encode(arena, (struct str){(const char *)bytes, sizeof bytes});
	sodium_memzero(bytes, sizeof bytes);
	return s;
}

struct str secret_key(struct arena *arena, struct str secret)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(digest, (const unsigned char *)secret.p, secret.n);
	return hex_encode(arena, digest, sizeof digest);
}

static struct grant *slot_of(struct access *a, struct str key)
{
	return &a->grants[str_hash(key) % GRANT_SLOTS];
}

static bool keep(char *to, size_t cap, struct str s)
{
	if (s.n >= cap)
		return false;
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

static bool fill(struct grant *g, enum grant_kind kind, struct str key, struct sql_stmt *s)
{
	*g = (struct grant){.kind = kind, .used_us = sql_i64(s, 7), .saved_us = sql_i64(s, 7), .expires_us = sql_i64(s, 8),
			    .disabled = sql_i64(s, 5) != 0};
	return keep(g->key, sizeof g->key, key) && keep(g->id, sizeof g->id, sql_str(s, 0)) &&
	       keep(g->name, sizeof g->name, sql_str(s, 1)) && keep(g->display, sizeof g->display, sql_str(s, 2)) &&
	       keep(g->role, sizeof g->role, sql_str(s, 3)) && keep(g->practitioner, sizeof g->practitioner, sql_str(s, 4)) &&
	       keep(g->scope, sizeof g->scope, sql_str(s, 6));
}

static bool read_grant(struct access *a, struct arena *arena, enum grant_kind kind, struct str key, bool *found, struct grant *out,
		       struct err *e)
{
	struct store_read *r = store_read_begin(a->store, arena, e);
	if (!r)
		return false;
	struct sql_stmt *s = sql_use(store_read_sql(r), "access_grant_get");
	sql_bind_str(s, 1, key);
	sql_bind_i64(s, 2, kind);
	enum sql_step step = sql_step(s, e);
	*found = step == SQL_ROW && fill(out, kind, key, s);
	sql_done(s);
	store_read_end(r);
	return step != SQL_FAILED;
}

static bool cached(struct access *a, enum grant_kind kind, struct str key, struct grant *out)
{
	pthread_mutex_lock(&a->grant_lock);
	struct grant *g = slot_of(a, key);
	bool hit = g->kind == kind && str_is(key, g->key) && g->generation == atomic_load(&a->generation) &&
		   env_monotonic_us() - g->read_us < FRESH_US;
	if (hit)
		*out = *g;
	pthread_mutex_unlock(&a->grant_lock);
	return hit;
}

/* The use of a session is written to the minute, but known to the microsecond while its slot lives. */
static void store_slot(struct access *a, struct str key, struct grant *g)
{
	pthread_mutex_lock(&a->grant_lock);
	struct grant *slot = slot_of(a, key);
	if (str_is(key, slot->key) && slot->used_us > g->used_us)
		g->used_us = slot->used_us;
	*slot = *g;
	pthread_mutex_unlock(&a->grant_lock);
}

static bool look_up(struct access *a, struct arena *arena, enum grant_kind kind, struct str key, struct grant *g, struct err *e)
{
	if (cached(a, kind, key, g))
		return true;
	uint64_t generation = atomic_load(&a->generation);
	bool found = false;
	if (!read_grant(a, arena, kind, key, &found, g, e))
		return false;
	if (!found)
		return err_set(e, ERR_LOGIN, "%s", kind == GRANT_TOKEN ? "the token is not known, or was withdrawn" : "you are signed out");
	g->generation = generation;
	g->read_us = env_monotonic_us();
	store_slot(a, key, g);
	return true;
}

struct use {
	struct str key;
	int64_t at_us;
};

static bool write_use(struct txn *t, void *arg, struct err *e)
{
	const struct use *u = arg;
	struct sql_stmt *s = sql_use(txn_sql(t), "access_grant_used");
	sql_bind_str(s, 1, u->key);
	sql_bind_i64(s, 2, u->at_us);
	return sql_run(s, e);
}

static void note_use(struct access *a, struct arena *arena, struct str key, int64_t now_us)
{
	bool save = false;
	pthread_mutex_lock(&a->grant_lock);
	struct grant *g = slot_of(a, key);
	if (str_is(key, g->key)) {
		g->used_us = now_us;
		save = now_us - g->saved_us >= US_PER_MINUTE;
		if (save)
			g->saved_us = now_us;
	}
	pthread_mutex_unlock(&a->grant_lock);
	struct use use = {key, now_us};
	struct act act = {.agent = STR("system"), .role = STR("system"), .channel = STR("web")};
	if (save && !store_submit(a->store, arena, &act, write_use, &use, NULL))
		log_line(LOG_WARN, "access", "the last use of a session was not written");
}

static struct user user_of(const struct access *a, struct arena *arena, const struct grant *g)
{
	const struct role_facts *role = access_role(a, str_from(g->role));
	struct user u = {.id = str_dup(arena, str_from(g->id)), .name = str_dup(arena, str_from(g->name)),
			 .display = str_dup(arena, str_from(g->display)), .role = str_dup(arena, str_from(g->role)),
			 .practitioner = str_dup(arena, str_from(g->practitioner)), .scope = str_dup(arena, str_from(g->scope)),
			 .session = str_dup(arena, str_from(g->key)), .disabled = g->disabled};
	u.role_label = role ? role->label : u.role;
	u.team = role ? role->team : STR("");
	u.is_system = str_is(u.role, "system");
	return u;
}

bool grant_find(struct access *a, struct arena *arena, enum grant_kind kind, struct str secret, struct user *out, struct err *e)
{
	if (secret.n == 0 || secret.n > 256)
		return err_set(e, ERR_LOGIN, "you are not signed in");
	struct str key = secret_key(arena, secret);
	struct grant g;
	if (!look_up(a, arena, kind, key, &g, e))
		return false;
	int64_t now_us = env_now_us(a->env);
	if (g.disabled)
		return err_set(e, ERR_LOGIN, "this account is disabled");
	if (now_us >= g.expires_us)
		return err_set(e, ERR_LOGIN, "%s", kind == GRANT_TOKEN ? "the token has expired" : "you have been signed in too long: sign in again");
	if (kind == GRANT_SESSION && now_us - g.used_us >= a->settings.idle_us)
		return err_set(e, ERR_LOGIN, "you were signed out because nothing was done for a while");
	if (kind == GRANT_SESSION)
		note_use(a, arena, key, now_us);
	*out = user_of(a, arena, &g);
	return true;
}

void grant_forget_all(struct access *a)
{
	atomic_fetch_add(&a->generation, 1);
}
