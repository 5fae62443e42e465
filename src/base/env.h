/* env: what the world gives (time, chance, files), behind one table, so that a test can turn the clock to a Friday before
 * Christmas, replay a seed, and make the n-th write fail. Nothing else in Heed calls time(), getrandom() or open() for data.
 *
 * Instants are int64_t microseconds since 1970-01-01T00:00:00Z, named *_us.
 *
 * Threads: every function may be called from any thread.
 */
#ifndef HEED_BASE_ENV_H
#define HEED_BASE_ENV_H

#include "base/err.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

struct env {
	int64_t (*now_us)(struct env *env);
	void (*random)(struct env *env, void *out, size_t n);
	/* Whole file into the arena; max bytes, else ERR_TOO_LARGE. */
	bool (*read_file)(struct env *env, struct arena *a, const char *path, size_t max, struct str *out, struct err *e);
};

/* The real world. */
struct env *env_system(void);

/* A clock that stands until it is set, everything else real. Free with env_manual_free. */
struct env *env_manual(int64_t start_us);
bool env_manual_set(struct env *env, int64_t now_us); /* false when it would go back, or env is not a manual one */
bool env_is_manual(const struct env *env);

/* From here on the clock is the real one (never before where it stood). A demo lives through its past by hand, then lets go. */
void env_manual_release(struct env *env);
void env_manual_free(struct env *env);

/* As env_manual, and chance comes from the seed: two runs are the same. */
struct env *env_replay(int64_t start_us, uint64_t seed);

int64_t env_now_us(struct env *env);
void env_random(struct env *env, void *out, size_t n);

/* For measuring how long something took; not wall time. */
int64_t env_monotonic_us(void);

#endif
