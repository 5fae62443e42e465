#include "base/map.h"

struct map map_new(struct arena *a)
{
	return (struct map){.arena = a};
}

static size_t slot_of(const struct map *m, struct str key)
{
	size_t i = (size_t)str_hash(key) & (m->slot_count - 1);
	while (m->slots[i] && !str_eq(m->entries[m->slots[i] - 1].key, key))
		i = (i + 1) & (m->slot_count - 1);
	return i;
}

static void grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 8;
	m->entries = arena_grow(m->arena, m->entries, m->cap * sizeof *m->entries, cap * sizeof *m->entries);
	m->cap = cap;
	m->slot_count = cap * 2;
	m->slots = ARENA_ARRAY(m->arena, uint32_t, m->slot_count);
	for (size_t i = 0; i < m->n; i++)
		m->slots[slot_of(m, m->entries[i].key)] = (uint32_t)i + 1;
}

void map_put(struct map *m, struct str key, void *value)
{
	if (m->n == m->cap)
		grow(m);
	size_t slot = slot_of(m, key);
	if (m->slots[slot]) {
		m->entries[m->slots[slot] - 1].value = value;
		return;
	}
	m->entries[m->n++] = (struct map_entry){key, value};
	m->slots[slot] = (uint32_t)m->n;
}

void *map_get(const struct map *m, struct str key)
{
	if (!m->n)
		return NULL;
	size_t slot = slot_of(m, key);
	return m->slots[slot] ? m->entries[m->slots[slot] - 1].value : NULL;
}
