/* Collections without doubles. A few items are compared one by one; more are found by a hash that equal values share, so that
 * distinct() on a large questionnaire is not quadratic. Values whose equality has shades (moments, quantities) hash by kind alone. */
#include "fhirpath/internal.h"

#include <string.h>

#define LINEAR_UP_TO 12

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
	return h * UINT64_C(0xff51afd7ed558ccd);
}

static uint64_t hash_number(struct dec d)
{
	d = dec_trim(d);
	return mix(mix(1, (uint64_t)d.c), (uint64_t)d.scale);
}

/* Members in any order are the same object, so their hashes are added. */
static uint64_t hash_json(struct ev *ev, const struct json *j)
{
	struct dec d;
	uint64_t h = j->type;
	ev->steps++;
	switch ((enum json_type)j->type) {
	case JSON_BOOL:
		return mix(2, j->truth);
	case JSON_NUMBER:
		return dec_parse(j->text, &d) ? hash_number(d) : str_hash(j->text);
	case JSON_STRING:
		return str_hash(j->text);
	case JSON_ARRAY:
		for (uint32_t i = 0; i < j->n; i++)
			h = mix(h, hash_json(ev, j->items[i]));
		return h;
	case JSON_OBJECT:
		for (uint32_t i = 0; i < j->n; i++)
			h += mix(str_hash(j->members[i].key), hash_json(ev, j->members[i].value));
		return h;
	default:
		return h;
	}
}

static uint64_t hash_value(struct ev *ev, const struct fp_value *v)
{
	struct dec d;
	struct fp_value q;
	if (value_is_blank(v))
		return 3;
	switch (v->type) {
	case FP_BOOLEAN:
		return mix(4, v->truth);
	case FP_INTEGER:
		return hash_number(dec_int(v->integer));
	case FP_DECIMAL:
		return dec_parse(v->text, &d) ? hash_number(d) : str_hash(v->text);
	case FP_STRING:
		return str_hash(v->text);
	case FP_NODE:
		return value_quantity(v, &q) || !v->node ? FP_QUANTITY : hash_json(ev, v->node);
	case FP_QUANTITY:
		return FP_QUANTITY;
	default:
		return FP_DATE;
	}
}

static void insert(struct set *s, uint64_t hash, uint32_t number)
{
	size_t at = hash & (s->slot_count - 1);
	while (s->slots[at].number)
		at = (at + 1) & (s->slot_count - 1);
	s->slots[at] = (struct set_slot){hash, number};
}

static void grow(struct set *s)
{
	struct set_slot *old = s->slots;
	size_t old_count = s->slot_count;
	s->slot_count = old_count ? old_count * 2 : 64;
	s->slots = ARENA_ARRAY(s->ev->arena, struct set_slot, s->slot_count);
	for (size_t i = 0; i < old_count; i++)
		if (old[i].number)
			insert(s, old[i].hash, old[i].number);
	for (size_t i = 0; !old_count && i < s->items.n; i++)
		insert(s, hash_value(s->ev, &s->items.v[i]), (uint32_t)i + 1);
}

static bool find(const struct set *s, const struct fp_value *v, uint64_t hash)
{
	for (size_t at = hash & (s->slot_count - 1); s->slots[at].number; at = (at + 1) & (s->slot_count - 1))
		if (s->slots[at].hash == hash && value_equal(s->ev, &s->items.v[s->slots[at].number - 1], v) == TRI_TRUE)
			return true;
	return false;
}

bool set_has(const struct set *s, const struct fp_value *v)
{
	return s->slot_count ? find(s, v, hash_value(s->ev, v)) : list_has(s->ev, &s->items, v);
}

bool set_add(struct set *s, const struct node *n, const struct fp_value *v, bool *added)
{
	uint64_t hash = 0;
	if (s->items.n >= LINEAR_UP_TO && s->items.n * 2 >= s->slot_count)
		grow(s);
	if (s->slot_count)
		hash = hash_value(s->ev, v);
	*added = s->slot_count ? !find(s, v, hash) : !list_has(s->ev, &s->items, v);
	if (!ev_step(s->ev, n))
		return false;
	if (!*added)
		return true;
	if (!list_push(s->ev, n, &s->items, v))
		return false;
	if (s->slot_count)
		insert(s, hash, (uint32_t)s->items.n);
	return true;
}

bool set_add_all(struct set *s, const struct node *n, const struct fp_list *l)
{
	bool added;
	for (size_t i = 0; i < l->n; i++)
		if (!set_add(s, n, &l->v[i], &added))
			return false;
	return true;
}
