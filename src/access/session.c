#include "access/internal.h"

#include <sodium.h>
#include <string.h>

struct sign_in {
	struct access *access;
	struct user user;
	bool known, right;
	int64_t failures, locked_until_us;
	struct str key;
};

static bool note_in_ledger(struct txn *t, enum ledger_kind kind, struct str detail, struct err *e)
{
	struct ledger_entry entry = {.kind = kind, .at_us = txn_now_us(t), .act = *txn_act(t), .detail = detail};
	return ledger_append(t, &entry, e);
}

static bool write_failures(struct txn *t, const struct sign_in *in, int64_t failures, int64_t locked_until_us, struct err *e)
{
	struct sql_stmt *s = sql_use(txn_sql(t), "access_user_failed");
	sql_bind_str(s, 1, in->user.id);
	sql_bind_i64(s, 2, failures);
	sql_bind_i64(s, 3, locked_until_us);
	return sql_run(s, e);
}

static bool write_failed(struct txn *t, const struct sign_in *in, struct err *e)
{
	if (!in->known)
		return note_in_ledger(t, LEDGER_DENIED, STR("sign-in: no such name"), e);
	const struct settings *set = &in->access->settings;
	bool locks = in->failures + 1 >= set->failures;
	int64_t until_us = locks ? txn_now_us(t) + set->lock_us : in->locked_until_us;
	return write_failures(t, in, locks ? 0 : in->failures + 1, until_us, e) &&
	       note_in_ledger(t, LEDGER_DENIED, locks ? STR("sign-in: wrong password, now locked") : STR("sign-in: wrong password"), e);
}

static bool write_session(struct txn *t, const struct sign_in *in, struct err *e)
{
	int64_t now_us = txn_now_us(t);
	struct sql_stmt *s = sql_use(txn_sql(t), "access_grant_delete_expired");
	sql_bind_i64(s, 1, now_us);
	if (!sql_run(s, e))
		return false;
	s = sql_use(txn_sql(t), "access_grant_insert");
	sql_bind_str(s, 1, in->key);
	sql_bind_i64(s, 2, GRANT_SESSION);
	sql_bind_str(s, 3, in->user.id);
	sql_bind_str(s, 4, STR(""));
	sql_bind_i64(s, 5, now_us);
	sql_bind_i64(s, 6, now_us + in->access->settings.session_us);
	return sql_run(s, e);
}

static bool finish_sign_in(struct txn *t, void *arg, struct err *e)
{
	const struct sign_in *in = arg;
	if (!in->right)
		return write_failed(t, in, e);
	return write_failures(t, in, 0, 0, e) && write_session(t, in, e) && note_in_ledger(t, LEDGER_SIGN_IN, STR(""), e);
}

bool access_sign_in(struct access *a, struct arena *arena, struct str name, struct str password, struct str *cookie, struct user *out,
		    struct err *e)
{
	struct user_row row = {0};
	bool found = false, right = false;
	if (!user_by_name(a, arena, str_trim(name), &found, &row, e) ||
	    !password_check(a, arena, found ? row.hash : STR(""), password, &right, e))
		return false;
	bool locked = found && env_now_us(a->env) < row.locked_until_us;
	right = right && found && !locked && !row.user.disabled;
	struct str secret = secret_new(a, arena);
	struct sign_in in = {.access = a, .user = row.user, .known = found, .right = right, .failures = row.failures,
			     .locked_until_us = row.locked_until_us, .key = secret_key(arena, secret)};
	struct act act = {.agent = found ? row.user.practitioner : STR("unknown"), .role = found ? row.user.role : STR(""),
			  .channel = STR("web")};
	if (!store_submit(a->store, arena, &act, finish_sign_in, &in, e))
		return false;
	if (!right) /* one sentence for all of it: which of them it was is for nobody who is not signed in */
		return err_set(e, ERR_LOGIN, "the name or the password is not right, or the account is locked");
	*cookie = secret;
	*out = row.user;
	out->session = in.key;
	out->scope = STR("");
	return true;
}

static bool end_session(struct txn *t, void *arg, struct err *e)
{
	const struct str *key = arg;
	struct sql_stmt *s = sql_use(txn_sql(t), "access_grant_delete");
	sql_bind_str(s, 1, *key);
	return sql_run(s, e) && note_in_ledger(t, LEDGER_SIGN_OUT, STR(""), e);
}

void access_sign_out(struct access *a, struct str cookie)
{
	struct arena *arena = arena_new(0);
	struct user u;
	if (grant_find(a, arena, GRANT_SESSION, cookie, &u, NULL)) {
		struct act act = access_act(&u, STR("web"), STR(""));
		if (!store_submit(a->store, arena, &act, end_session, &u.session, NULL))
			log_line(LOG_ERROR, "access", "a sign-out was not written");
		grant_forget_all(a);
	}
	arena_destroy(arena);
}

bool access_session(struct access *a, struct arena *arena, struct str cookie, struct user *out, struct err *e)
{
	return grant_find(a, arena, GRANT_SESSION, cookie, out, e);
}

const char *access_cookie_name(bool secure)
{
	return secure ? "__Host-heed" : "heed";
}

struct str access_cookie_set(struct arena *arena, struct str cookie, bool secure)
{
	return str_printf(arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Strict%s%s", access_cookie_name(secure), STR_ARG(cookie),
			  cookie.n ? "" : "; Max-Age=0", secure ? "; Secure" : "");
}

/* Bound to the session by a key only this server has, so nothing is stored for it. */
struct str access_csrf(struct access *a, struct arena *arena, const struct user *u)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256(mac, (const unsigned char *)u->session.p, u->session.n, a->csrf_key);
	return base64url_encode(arena, (struct str){(const char *)mac, sizeof mac});
}

bool access_csrf_ok(struct access *a, const struct user *u, struct str token)
{
	struct arena *arena = arena_new(0);
	struct str right = access_csrf(a, arena, u);
	bool ok = u->session.n > 0 && token.n == right.n && sodium_memcmp(token.p, right.p, right.n) == 0;
	arena_destroy(arena);
	return ok;
}
