#include "identity/facts.h"

#include <stdlib.h>

#include "pack/pack.h"
#include "store/store.h"

#define FACT_TIMES HEED_BASE_URL "/StructureDefinition/fact-times"
#define LAST_SAID HEED_BASE_URL "/StructureDefinition/last-said"
#define ABSENT "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

/* ---- extensions and times ---- */

struct json *facts_extension(const struct json *element, struct str url)
{
	const struct json *all = json_getz(element, "extension");
	for (size_t i = 0; i < json_n(all); i++)
		if (str_eq(json_str(json_at(all, i), "url"), url))
			return json_at(all, i);
	return NULL;
}

static int64_t instant_of(struct str s)
{
	struct date d;
	return s.n && date_parse(s, s.n > 10 ? DATE_KIND_INSTANT : DATE_KIND_DATETIME, &d, NULL) ? date_lo_us(&d) : INT64_MIN;
}

int64_t facts_time(const struct json *resource, struct str key)
{
	const struct json *one = facts_extension(facts_extension(resource, STR(FACT_TIMES)), key);
	return one ? instant_of(json_str(one, "valueInstant")) : INT64_MIN;
}

static struct json *extension_made(struct arena *a, struct json *element, struct str url)
{
	struct json *all = json_getz(element, "extension");
	struct json *one = facts_extension(element, url);
	if (one)
		return one;
	if (!all) {
		all = json_array(a);
		json_setz(a, element, "extension", all);
	}
	one = json_object(a);
	json_set_str(a, one, "url", url);
	json_push(a, all, one);
	return one;
}

void facts_set_time(struct arena *a, struct json *resource, struct str key, int64_t us)
{
	struct json *times = extension_made(a, resource, STR(FACT_TIMES));
	json_set_str(a, extension_made(a, times, key), "valueInstant", date_instant(a, us));
}

/* How old what carries no time of its own is. */
static int64_t base_time(const struct json *known)
{
	return instant_of(json_str(json_getz(known, "meta"), "lastUpdated"));
}

/* ---- one value ---- */

struct merge {
	struct arena *arena;
	struct json *out;
	const struct json *known, *incoming;
	int64_t at, base;
	bool changed;
};

/* The member an element rule names: exactly, or the choice that is there. */
static const struct json_member *member_of(const struct json *resource, struct str element)
{
	bool choice = str_ends(element, STR("*"));
	struct str stem = str_sub(element, 0, element.n - choice);
	for (size_t i = 0; resource && i < resource->n; i++) {
		const struct json_member *m = &resource->members[i];
		if (choice ? str_starts(m->key, stem) : str_eq(m->key, element))
			return m;
	}
	return NULL;
}

static bool newer(struct arena *a, int64_t at, const struct json *value, int64_t known_at, const struct json *known)
{
	if (at != known_at)
		return at > known_at;
	return str_cmp(json_to_str(a, value), json_to_str(a, known)) > 0;
}

static int64_t known_time(const struct merge *m, struct str key)
{
	int64_t at = facts_time(m->known, key);
	return at == INT64_MIN ? m->base : at;
}

static void set_one(struct merge *m, struct str key, int64_t at)
{
	facts_set_time(m->arena, m->out, key, at);
	m->changed = true;
}

static void merge_one(struct merge *m, const char *element)
{
	struct str name = str_from(element);
	struct str key = str_sub(name, 0, name.n - str_ends(name, STR("*")));
	const struct json_member *said = member_of(m->incoming, name), *was = member_of(m->known, name);
	if (!said)
		return;
	int64_t was_at = was ? known_time(m, key) : INT64_MIN;
	bool same = was && str_eq(said->key, was->key) && json_equal(said->value, was->value);
	if (same ? m->at <= was_at : was && !newer(m->arena, m->at, said->value, was_at, was->value))
		return;
	if (was && !str_eq(was->key, said->key))
		json_remove(m->out, was->key);
	json_set(m->arena, m->out, said->key, json_clone(m->arena, said->value));
	set_one(m, key, m->at);
}

/* ---- extensions: one each, by url ---- */

static void put_extension(struct merge *m, const struct json *said, struct str url)
{
	struct json *all = json_getz(m->out, "extension");
	if (!all) {
		all = json_array(m->arena);
		json_setz(m->arena, m->out, "extension", all);
	}
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(json_str(all->items[i], "url"), url)) {
			all->items[i] = json_clone(m->arena, said);
			return;
		}
	json_push(m->arena, all, json_clone(m->arena, said));
}

static void merge_extensions(struct merge *m)
{
	const struct json *all = json_getz(m->incoming, "extension");
	for (size_t i = 0; i < json_n(all); i++) {
		const struct json *said = json_at(all, i);
		struct str url = json_str(said, "url");
		const struct json *was = facts_extension(m->known, url);
		if (!url.n || str_is(url, FACT_TIMES))
			continue;
		int64_t was_at = was ? known_time(m, url) : INT64_MIN;
		bool same = was && json_equal(said, was);
		if (same ? m->at <= was_at : was && !newer(m->arena, m->at, said, was_at, was))
			continue;
		put_extension(m, said, url);
		set_one(m, url, m->at);
	}
}

/* ---- sets ---- */

static bool set_has(const struct json *all, const struct json *one)
{
	for (size_t i = 0; i < json_n(all); i++) {
		const struct json *x = json_at(all, i);
		if (str_eq(json_str(x, "system"), json_str(one, "system")) && str_eq(json_str(x, "value"), json_str(one, "value")))
			return true;
	}
	return false;
}

static int by_bytes(const void *x, const void *y)
{
	struct json *const *a = x, *const *b = y;
	int c = str_cmp(json_str(*a, "system"), json_str(*b, "system"));
	return c ? c : str_cmp(json_str(*a, "value"), json_str(*b, "value"));
}

static void merge_set(struct merge *m, const char *element)
{
	const struct json *said = json_getz(m->incoming, element);
	if (!json_n(said))
		return;
	struct json *all = json_getz(m->out, element);
	size_t before = json_n(all);
	all = all ? json_clone(m->arena, all) : json_array(m->arena);
	for (size_t i = 0; i < json_n(said); i++)
		if (!set_has(all, json_at(said, i)))
			json_push(m->arena, all, json_clone(m->arena, json_at(said, i)));
	if (all->n == before)
		return;
	qsort(all->items, all->n, sizeof *all->items, by_bytes);
	json_setz(m->arena, m->out, element, all);
	m->changed = true;
}

/* ---- histories ---- */

struct said {
	struct str key, slot;  /* the value folded; what it competes with */
	struct json *value;    /* without period and last-said */
	struct str bytes;
	int64_t first, last;
	bool kept; /* it had an end of its own, or a use that is not ours to change */
};

struct history {
	VEC(struct said) list;
	int64_t null_at;
	int64_t now; /* the newest time of the main slot */
};

/* Names and addresses compete by their use; nickname, maiden, temporary ones stand beside the main one. */
static struct str slot_of(struct str use)
{
	static const char *const beside[] = {"nickname", "maiden", "anonymous", "temp", "mobile"};
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		if (str_is(use, beside[i]))
			return use;
	return STR("main");
}

static struct str key_of(struct arena *a, const struct json *value)
{
	struct json *bare = json_clone(a, value);
	json_remove(bare, STR("use"));
	json_remove(bare, STR("type"));
	return text_fold(a, json_to_str(a, bare));
}

static struct json *without_times(struct arena *a, const struct json *entry)
{
	struct json *value = json_clone(a, entry);
	json_remove(value, STR("period"));
	struct json *extensions = json_getz(value, "extension");
	if (!facts_extension(value, STR(LAST_SAID)))
		return value;
	struct json *others = json_array(a);
	for (size_t i = 0; i < json_n(extensions); i++)
		if (!str_is(json_str(json_at(extensions, i), "url"), LAST_SAID))
			json_push(a, others, json_at(extensions, i));
	if (others->n)
		json_setz(a, value, "extension", others);
	else
		json_remove(value, STR("extension"));
	return value;
}

static void add_said(struct arena *a, struct history *h, const struct json *entry, int64_t first, int64_t last)
{
	struct said s = {.value = without_times(a, entry), .slot = slot_of(json_str(entry, "use")), .first = first, .last = last};
	s.key = key_of(a, s.value);
	s.bytes = json_to_str(a, s.value);
	for (size_t i = 0; i < h->list.n; i++) {
		struct said *x = &h->list.v[i];
		if (!str_eq(x->slot, s.slot) || !str_eq(x->key, s.key))
			continue;
		if (s.first < x->first)
			x->first = s.first;
		if (s.last > x->last || (s.last == x->last && str_cmp(s.bytes, x->bytes) > 0)) {
			s.first = x->first;
			*x = s;
		}
		return;
	}
	VEC_PUSH(a, &h->list, s);
}

static void add_known(const struct merge *m, struct history *h, const char *element)
{
	const struct json *all = json_getz(m->known, element);
	for (size_t i = 0; i < json_n(all); i++) {
		const struct json *entry = json_at(all, i), *period = json_getz(entry, "period");
		int64_t last = instant_of(json_str(facts_extension(entry, STR(LAST_SAID)), "valueInstant"));
		int64_t first = instant_of(json_str(period, "start")), end = instant_of(json_str(period, "end"));
		if (last == INT64_MIN)
			last = end != INT64_MIN ? end : m->base;
		add_said(m->arena, h, entry, first == INT64_MIN ? last : first, last);
	}
	h->null_at = facts_time(m->known, str_from(element));
}

static bool is_null(const struct json *entry)
{
	return json_n(entry) == 1 && facts_extension(entry, STR(ABSENT));
}

static void add_incoming(struct merge *m, struct history *h, const char *element)
{
	const struct json *all = json_getz(m->incoming, element);
	for (size_t i = 0; i < json_n(all); i++) {
		if (!is_null(json_at(all, i))) {
			add_said(m->arena, h, json_at(all, i), m->at, m->at);
			continue;
		}
		if (m->at > h->null_at)
			h->null_at = m->at;
	}
}

static int by_last(const void *x, const void *y)
{
	const struct said *a = x, *b = y;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	int c = str_cmp(a->slot, b->slot);
	return c ? c : str_cmp(a->key, b->key);
}

static int64_t newest_of(const struct history *h, struct str slot)
{
	int64_t newest = h->null_at;
	for (size_t i = 0; i < h->list.n; i++)
		if (str_eq(h->list.v[i].slot, slot) && h->list.v[i].last > newest)
			newest = h->list.v[i].last;
	return newest;
}

static struct json *history_entry(struct arena *a, const struct said *s, bool current)
{
	struct json *entry = json_clone(a, s->value), *period = json_object(a);
	if (!current)
		json_setz(a, entry, "use", json_stringz(a, "old"));
	if (s->first != INT64_MIN)
		json_set_str(a, period, "start", date_instant(a, s->first));
	if (!current && s->last != INT64_MIN)
		json_set_str(a, period, "end", date_instant(a, s->last));
	if (period->n)
		json_setz(a, entry, "period", period);
	if (s->last != INT64_MIN)
		json_set_str(a, extension_made(a, entry, STR(LAST_SAID)), "valueInstant", date_instant(a, s->last));
	return entry;
}

static void merge_history(struct merge *m, const char *element)
{
	struct arena *a = m->arena;
	if (!json_n(json_getz(m->incoming, element)))
		return;
	struct history h = {.null_at = INT64_MIN};
	add_known(m, &h, element);
	add_incoming(m, &h, element);
	struct json *all = json_array(a);
	if (h.list.n)
		qsort(h.list.v, h.list.n, sizeof *h.list.v, by_last);
	for (size_t i = 0; i < h.list.n; i++) {
		const struct said *s = &h.list.v[i];
		bool aside = !str_is(s->slot, "main");
		json_push(a, all, history_entry(a, s, aside || s->last == newest_of(&h, STR("main"))));
	}
	if (h.null_at != INT64_MIN && h.null_at != facts_time(m->known, str_from(element)))
		set_one(m, str_from(element), h.null_at);
	if (json_equal(all, json_getz(m->known, element)))
		return;
	if (all->n)
		json_setz(a, m->out, element, all);
	m->changed = m->changed || all->n;
}

/* ---- all of it ---- */

static void merge_rest(struct merge *m, const struct facts_rule *rules, size_t n)
{
	for (size_t i = 0; i < m->incoming->n; i++) {
		const struct json_member *said = &m->incoming->members[i];
		bool ruled = str_is(said->key, "extension") || str_is(said->key, "id") || json_get(m->out, said->key);
		for (size_t r = 0; r < n && !ruled; r++)
			ruled = member_of(m->incoming, str_from(rules[r].element)) == said;
		if (ruled)
			continue;
		json_set(m->arena, m->out, said->key, json_clone(m->arena, said->value));
		m->changed = true;
	}
}

static int by_url(const void *x, const void *y)
{
	struct json *const *a = x, *const *b = y;
	return str_cmp(json_str(*a, "url"), json_str(*b, "url"));
}

/* Order must not tell which message came first. */
static void sort_extensions(struct json *element)
{
	struct json *all = json_getz(element, "extension");
	if (json_n(all) > 1)
		qsort(all->items, all->n, sizeof *all->items, by_url);
}

void facts_sort(struct json *resource)
{
	sort_extensions(resource);
	sort_extensions(facts_extension(resource, STR(FACT_TIMES)));
}

struct json *facts_merge(struct arena *a, const struct facts_rule *rules, size_t n, const struct json *known, const struct json *incoming,
			 int64_t fact_us)
{
	struct merge m = {.arena = a, .known = known, .incoming = incoming, .at = fact_us, .base = base_time(known)};
	m.out = known ? json_clone(a, known) : json_object(a);
	merge_rest(&m, rules, n);
	for (size_t i = 0; i < n; i++) {
		if (rules[i].kind == FACTS_ONE)
			merge_one(&m, rules[i].element);
		else if (rules[i].kind == FACTS_SET)
			merge_set(&m, rules[i].element);
		else
			merge_history(&m, rules[i].element);
	}
	merge_extensions(&m);
	facts_sort(m.out);
	return m.changed ? m.out : NULL;
}
