/* fp_compile, and the process-wide cache of compiled expressions. Entries, failures among them, are never freed: the sources come
 * from packs, search parameters and forms, and are few. What a stranger sends is compiled in the stranger's own arena. */
#include "fhirpath/internal.h"

#include <pthread.h>
#include <string.h>

#define CACHE_MAX_ENTRIES 20000

struct entry {
	struct fp_expr expr;
	bool failed;
	struct err why;
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct arena *memory;
static struct map entries;

bool fp_compile(struct arena *a, struct str source, struct fp_expr **out, struct err *e)
{
	struct fp_expr *expr = ARENA_NEW(a, struct fp_expr);
	*out = NULL;
	if (!fp_parse(a, str_dup(a, source), expr, e))
		return false;
	*out = expr;
	return true;
}

static struct entry *find(struct str source)
{
	pthread_rwlock_rdlock(&lock);
	struct entry *found = memory ? map_get(&entries, source) : NULL;
	pthread_rwlock_unlock(&lock);
	return found;
}

static struct entry *add_locked(struct str source)
{
	if (!memory) {
		memory = arena_new(0);
		entries = map_new(memory);
	}
	struct entry *made = map_get(&entries, source);
	if (made || entries.n >= CACHE_MAX_ENTRIES)
		return made;
	struct str kept = str_dup(memory, source);
	made = ARENA_NEW(memory, struct entry);
	made->why = ERR_INIT;
	made->failed = !fp_parse(memory, kept, &made->expr, &made->why);
	map_put(&entries, kept, made);
	return made;
}

bool fp_cached(struct str source, const struct fp_expr **out, struct err *e)
{
	struct entry *found = find(source);
	*out = NULL;
	if (!found) {
		pthread_rwlock_wrlock(&lock);
		found = add_locked(source);
		pthread_rwlock_unlock(&lock);
	}
	if (!found)
		return err_set(e, ERR_TOO_COSTLY, "more than %d different expressions: compile this one on its own", CACHE_MAX_ENTRIES);
	if (found->failed) {
		if (e)
			*e = found->why;
		return false;
	}
	*out = &found->expr;
	return true;
}
