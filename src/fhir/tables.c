#include <string.h>

#include "fhir/tables.h"

/* FNV-1a seeded with the owner; tools/gen_fhir.mjs fills the slots with the same function. */
static uint32_t fhir_hash(uint32_t owner, struct str name)
{
	uint32_t h = 0x811c9dc5u ^ ((owner + 1) * 0x9e3779b1u);
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 0x01000193u;
	return h ^ (h >> 15);
}

const struct fhir_type *fhir_type(struct str name)
{
	for (uint32_t at = fhir_hash(UINT16_MAX, name) & fhir_type_slot_mask;; at = (at + 1) & fhir_type_slot_mask) {
		if (fhir_type_slots[at] == UINT16_MAX)
			return NULL;
		const struct fhir_type *t = &fhir_types[fhir_type_slots[at]];
		if (str_is(name, t->name))
			return t;
	}
}

bool fhir_is_resource(struct str name)
{
	const struct fhir_type *t = fhir_type(name);
	return t && t->kind == FHIR_RESOURCE && !t->is_abstract;
}

bool fhir_type_is(const struct fhir_type *t, struct str ancestor)
{
	for (; t; t = t->base)
		if (str_is(ancestor, t->name))
			return true;
	return false;
}

size_t fhir_element_n(const struct fhir_type *t)
{
	return t ? t->element_count : 0;
}

const struct fhir_element *fhir_element_at(const struct fhir_type *t, size_t i)
{
	return t && i < t->element_count ? &fhir_elements[t->first_element + i] : NULL;
}

static const struct fhir_name *name_find(const struct fhir_type *t, struct str name)
{
	if (!t || !name.n)
		return NULL;
	uint16_t owner = (uint16_t)(t - fhir_types);
	for (uint32_t at = fhir_hash(owner, name) & fhir_name_slot_mask;; at = (at + 1) & fhir_name_slot_mask) {
		if (fhir_name_slots[at] == UINT16_MAX)
			return NULL;
		const struct fhir_name *n = &fhir_names[fhir_name_slots[at]];
		if (n->owner == owner && n->length == name.n && memcmp(fhir_name_pool + n->text, name.p, name.n) == 0)
			return n;
	}
}

const struct fhir_element *fhir_element(const struct fhir_type *t, struct str json_name, const struct fhir_type **type)
{
	const struct fhir_name *n = name_find(t, json_name);
	if (!n || n->type == UINT16_MAX)
		return NULL;
	if (type)
		*type = &fhir_types[n->type];
	return &fhir_elements[n->element];
}

const struct fhir_element *fhir_element_by_path(const struct fhir_type *t, struct str name)
{
	const struct fhir_name *n = name_find(t, name);
	if (!n)
		return NULL;
	const struct fhir_element *e = &fhir_elements[n->element];
	return e->is_choice && n->type != UINT16_MAX ? NULL : e;
}

const struct fhir_type *fhir_element_type(const struct fhir_element *e, size_t i)
{
	return e && i < e->type_count ? &fhir_types[fhir_type_refs[e->first_type + i].type] : NULL;
}

bool fhir_element_targets(const struct fhir_element *e, size_t i, struct str *out)
{
	if (!e || i >= e->type_count || !fhir_type_refs[e->first_type + i].targets)
		return false;
	*out = str_from(fhir_target_lists[fhir_type_refs[e->first_type + i].targets]);
	return true;
}

struct str fhir_element_json_name(struct arena *a, const struct fhir_element *e, const struct fhir_type *type)
{
	if (!e->is_choice || !type)
		return str_from(e->name);
	char first = type->name[0];
	if (first >= 'a' && first <= 'z')
		first = (char)(first - 'a' + 'A');
	return str_printf(a, "%s%c%s", e->name, first, type->name + 1);
}

const struct fhir_invariant *fhir_type_invariant(const struct fhir_type *t, size_t i)
{
	return t && i < t->invariant_count ? &fhir_invariants[fhir_invariant_refs[t->first_invariant + i]] : NULL;
}

const struct fhir_invariant *fhir_element_invariant(const struct fhir_element *e, size_t i)
{
	return e && i < e->invariant_count ? &fhir_invariants[fhir_invariant_refs[e->first_invariant + i]] : NULL;
}

/* ---- resource types, search parameters, compartments ---- */

static const struct fhir_resource_row *resource_row(struct str name)
{
	size_t lo = 0, hi = fhir_resource_total;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = str_cmp(str_from(fhir_resources[mid].name), name);
		if (c == 0)
			return &fhir_resources[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

size_t fhir_resource_type_count(void)
{
	return fhir_resource_total;
}

const char *fhir_resource_type_name(size_t i)
{
	return i < fhir_resource_total ? fhir_resources[i].name : NULL;
}

size_t fhir_search_params(struct str type, const struct fhir_search_param *const **out)
{
	const struct fhir_resource_row *r = resource_row(type);
	*out = r ? &fhir_search_refs[r->first_search] : NULL;
	return r ? r->search_count : 0;
}

const struct fhir_search_param *fhir_search_param(struct str type, struct str code)
{
	const struct fhir_search_param *const *list;
	size_t lo = 0, hi = fhir_search_params(type, &list);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = str_cmp(str_from(list[mid]->code), code);
		if (c == 0)
			return list[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *fhir_compartment(struct str compartment, struct str type)
{
	size_t lo = 0, hi = fhir_compartment_total;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct fhir_compartment_row *row = &fhir_compartments[mid];
		int c = str_cmp(str_from(row->compartment), compartment);
		if (c == 0)
			c = str_cmp(str_from(row->type), type);
		if (c == 0)
			return row->params;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* ---- value sets ---- */

uint16_t fhir_value_set_find(struct str url)
{
	ptrdiff_t bar = str_find_char(url, '|');
	if (bar >= 0)
		url = str_sub(url, 0, (size_t)bar);
	uint16_t lo = 0, hi = fhir_value_set_total;
	while (lo < hi) {
		uint16_t mid = (uint16_t)((lo + hi) / 2);
		int c = str_cmp(str_from(fhir_value_sets[mid].url), url);
		if (c == 0)
			return mid;
		if (c < 0)
			lo = (uint16_t)(mid + 1);
		else
			hi = mid;
	}
	return UINT16_MAX;
}

const char *fhir_value_set_url(uint16_t value_set)
{
	return value_set < fhir_value_set_total ? fhir_value_sets[value_set].url : NULL;
}

size_t fhir_value_set_n(uint16_t value_set)
{
	return value_set < fhir_value_set_total ? fhir_value_sets[value_set].count : 0;
}

bool fhir_value_set_code(uint16_t value_set, size_t i, struct fhir_code *out)
{
	if (i >= fhir_value_set_n(value_set))
		return false;
	const struct fhir_value_set_row *set = &fhir_value_sets[value_set];
	for (size_t k = 0; k < set->count; k++) {
		const struct fhir_code_row *row = &fhir_codes[set->first + k];
		if (row->place != i)
			continue;
		*out = (struct fhir_code){fhir_systems[row->system], row->code, row->display};
		return true;
	}
	return false;
}

enum fhir_in fhir_value_set_has(uint16_t value_set, struct str system, struct str code)
{
	if (value_set >= fhir_value_set_total || !fhir_value_sets[value_set].known)
		return FHIR_IN_UNKNOWN;
	const struct fhir_code_row *rows = &fhir_codes[fhir_value_sets[value_set].first];
	size_t n = fhir_value_sets[value_set].count, lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (str_cmp(str_from(rows[mid].code), code) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && str_is(code, rows[lo].code); lo++)
		if (!system.p || str_is(system, fhir_systems[rows[lo].system]))
			return FHIR_IN_YES;
	return FHIR_IN_NO;
}
