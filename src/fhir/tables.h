/* tables: the rows that tools/gen_fhir.mjs writes at build. Private to fhir/. */
#ifndef HEED_FHIR_TABLES_H
#define HEED_FHIR_TABLES_H

#include "fhir/fhir.h"

struct fhir_type_ref {
	uint16_t type;
	uint16_t targets; /* into fhir_target_lists; 0 for any or none */
};

/* One JSON name of one type: "valueQuantity" of Observation; or the bare name of a choice, with type UINT16_MAX. */
struct fhir_name {
	uint32_t text; /* into fhir_name_pool */
	uint16_t owner, element, type;
	uint16_t length;
};

struct fhir_code_row { /* sorted by code, then system */
	const char *code, *display;
	uint16_t system;
	uint16_t place; /* in the order of the value set */
};

struct fhir_value_set_row { /* sorted by url */
	const char *url;
	uint16_t first, count;
	bool known;
};

struct fhir_resource_row { /* sorted by name */
	const char *name;
	uint16_t type;
	uint16_t first_search, search_count;
};

struct fhir_compartment_row { /* sorted by compartment, then type */
	const char *compartment, *type, *params;
};

extern const struct fhir_type fhir_types[];
extern const uint16_t fhir_type_total;
extern const struct fhir_element fhir_elements[];
extern const uint64_t fhir_required[]; /* of each type: bit i when element i must be there */
extern const struct fhir_type_ref fhir_type_refs[];
extern const char *const fhir_target_lists[];

extern const char fhir_name_pool[];
extern const struct fhir_name fhir_names[];
extern const uint16_t fhir_name_slots[];
extern const uint32_t fhir_name_slot_mask;
extern const uint16_t fhir_type_slots[];
extern const uint32_t fhir_type_slot_mask;

extern const struct fhir_invariant fhir_invariants[];
extern const uint16_t fhir_invariant_refs[];

extern const char *const fhir_systems[];
extern const struct fhir_code_row fhir_codes[];
extern const struct fhir_value_set_row fhir_value_sets[];
extern const uint16_t fhir_value_set_total;

extern const struct fhir_search_param fhir_search_rows[];
extern const struct fhir_search_param *const fhir_search_refs[];
extern const struct fhir_resource_row fhir_resources[];
extern const uint16_t fhir_resource_total;
extern const struct fhir_compartment_row fhir_compartments[];
extern const uint16_t fhir_compartment_total;

#endif
