/* map: text to pointer, in an arena; open addressing, keeps insertion order for walking (never hash order, so that what
 * depends on it replays the same). Keys are slices and must live as long as the map. Nothing is ever removed.
 */
#ifndef HEED_BASE_MAP_H
#define HEED_BASE_MAP_H

#include "base/str.h"

struct map_entry {
	struct str key;
	void *value;
};

struct map {
	struct arena *arena;
	struct map_entry *entries; /* in order of first put */
	size_t n;
	size_t cap;
	uint32_t *slots; /* entry number + 1, or 0 */
	size_t slot_count;
};

struct map map_new(struct arena *a);
void map_put(struct map *m, struct str key, void *value); /* replaces an earlier value */
void *map_get(const struct map *m, struct str key);       /* NULL when absent */

#endif
