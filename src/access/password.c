#include "access/internal.h"

#include <sodium.h>

/* About a tenth of a second on one core: slow to guess, and a sign-in stays under 300 ms. At most two at once and a few waiting, so
 * that a flood of sign-ins takes neither the memory, the cores nor the threads from the rest. */
enum { PASSES = 3, MEMORY = 64 << 20, AT_ONCE = 2, WAITING = 12, LONGEST = 256 };

static bool take_turn(struct access *a, struct err *e)
{
	pthread_mutex_lock(&a->hash_lock);
	bool free = a->waiting < WAITING;
	a->waiting += free;
	while (free && a->hashing >= AT_ONCE)
		pthread_cond_wait(&a->hash_free, &a->hash_lock);
	a->waiting -= free;
	a->hashing += free;
	pthread_mutex_unlock(&a->hash_lock);
	return free || err_set(e, ERR_TOO_MANY, "many people are signing in at this moment: try again in a few seconds");
}

static void end_turn(struct access *a)
{
	pthread_mutex_lock(&a->hash_lock);
	a->hashing--;
	pthread_cond_signal(&a->hash_free);
	pthread_mutex_unlock(&a->hash_lock);
}

bool password_hash(struct access *a, struct arena *arena, struct str password, struct str *out, struct err *e)
{
	if ((int64_t)password.n < a->settings.password_length || password.n > LONGEST)
		return err_set(e, ERR_VALUE, "a password has %d to %d bytes", (int)a->settings.password_length, LONGEST);
	char *text = arena_alloc(arena, crypto_pwhash_STRBYTES);
	if (!take_turn(a, e))
		return false;
	int failed = crypto_pwhash_str_alg(text, password.p, password.n, PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13);
	end_turn(a);
	if (failed)
		return err_set(e, ERR_UNAVAILABLE, "there is no memory to hash a password");
	*out = str_from(text);
	return true;
}

bool password_check(struct access *a, struct arena *arena, struct str hash, struct str password, bool *right, struct err *e)
{
	bool usable = hash.n > 0 && password.n <= LONGEST;
	const char *text = usable ? str_c(arena, hash) : a->dummy_hash;
	if (!take_turn(a, e))
		return false;
	int differs = crypto_pwhash_str_verify(text, password.p ? password.p : "", usable ? password.n : 0);
	end_turn(a);
	*right = usable && !differs;
	return true;
}
