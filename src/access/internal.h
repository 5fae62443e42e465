/* access/internal: what the files of this folder share. */
#ifndef HEED_ACCESS_INTERNAL_H
#define HEED_ACCESS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "access/access.h"

enum grant_kind { GRANT_SESSION, GRANT_TOKEN };

enum { GRANT_SLOTS = 1024, KEY_HEX = 64, SECRET_BYTES = 32 };

/* A session or token as last read, held for at most a second, so that a disabled user is refused at once here and within a
 * second on any other node. Fixed text, so that a slot can be overwritten without an owner. */
struct grant {
	char key[KEY_HEX + 1];
	enum grant_kind kind;
	uint64_t generation; /* of the users when it was read */
	int64_t read_us;     /* monotonic */
	int64_t used_us, saved_us, expires_us;
	bool disabled;
	char id[40], name[68], display[132], role[68], practitioner[84], scope[516];
};

/* What the pack says of a role, and what access adds. */
struct role_facts {
	struct str code, label, team;
	bool open, admin, everything;
	const struct pack_role *role; /* what it reads, writes and is cleared for; NULL with everything */
};

struct settings {
	int64_t idle_us, session_us, lock_us, reason_us;
	int64_t failures, password_length, token_minutes;
};

struct access {
	struct store *store;
	struct ledger *ledger;
	const struct pack *pack;
	struct env *env;
	struct arena *arena;
	struct settings settings;
	struct map roles; /* code -> struct role_facts * */
	const struct str *labels; /* all that restrict */
	size_t label_count;
	unsigned char csrf_key[SECRET_BYTES];
	char dummy_hash[132]; /* of no password: checked when the name is wrong */
	pthread_mutex_t hash_lock;
	pthread_cond_t hash_free;
	int hashing, waiting; /* how many are being computed (each takes memory and a core), and how many wait for that */
	_Atomic uint64_t generation;
	pthread_mutex_t grant_lock;
	struct grant grants[GRANT_SLOTS];
	struct access_control *control;
};

/* roles.c */
void access_roles_load(struct access *a);
const struct role_facts *access_role(const struct access *a, struct str code); /* NULL when the pack has none */

/* scope.c */
bool scope_allows(struct str scope, bool is_system, enum access_action action, struct str type);
bool scope_ok(struct str scope, struct err *e);

/* user.c */
struct user_row {
	struct user user;
	struct str hash;
	int64_t failures, locked_until_us;
};
/* The user in columns 0-5 of a row: id, name, display, role, practitioner, disabled. */
struct user user_from_row(const struct access *a, struct arena *arena, struct sql_stmt *s);
bool user_by_name(struct access *a, struct arena *arena, struct str name, bool *found, struct user_row *out, struct err *e);

/* password.c */
bool password_hash(struct access *a, struct arena *arena, struct str password, struct str *out, struct err *e);
/* False only when it could not be checked. An empty hash costs the same as another, and is nobody's. */
bool password_check(struct access *a, struct arena *arena, struct str hash, struct str password, bool *right, struct err *e);

/* grant.c */
struct str secret_new(struct access *a, struct arena *arena);
struct str secret_key(struct arena *arena, struct str secret);
bool grant_find(struct access *a, struct arena *arena, enum grant_kind kind, struct str secret, struct user *out, struct err *e);
void grant_forget_all(struct access *a);

#endif
