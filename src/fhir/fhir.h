/* fhir: what FHIR R4 (4.0.1) says, as tables; and whether a resource keeps to it.
 *
 * The tables are generated at build from HL7's definitions (tools/gen_fhir.mjs). Lookups are by name and cheap. Nothing here
 * does I/O; all of it may be called from any thread.
 */
#ifndef HEED_FHIR_FHIR_H
#define HEED_FHIR_FHIR_H

#include "json/json.h"

enum fhir_kind { FHIR_PRIMITIVE, FHIR_COMPLEX, FHIR_BACKBONE, FHIR_RESOURCE };

struct fhir_type {
	const char *name; /* "Patient", "HumanName", "code", "Patient.contact" for a backbone */
	enum fhir_kind kind;
	bool is_abstract;
	const struct fhir_type *base; /* Resource for DomainResource, Element for string ... NULL at the top */
	uint16_t first_element;
	uint16_t element_count; /* own and inherited, in the order of the definition */
	uint16_t first_invariant;
	uint16_t invariant_count; /* its own; those of its bases hold, too */
};

enum fhir_binding { FHIR_BIND_NONE, FHIR_BIND_EXAMPLE, FHIR_BIND_PREFERRED, FHIR_BIND_EXTENSIBLE, FHIR_BIND_REQUIRED };

struct fhir_element {
	const char *name; /* as in JSON, without the [x] of a choice: "value", "family" */
	uint16_t first_type; /* into the list of its types: several for a choice */
	uint16_t type_count;
	uint16_t min;
	uint16_t max; /* UINT16_MAX for * */
	bool is_choice;
	bool is_summary;
	bool is_modifier;
	enum fhir_binding binding;
	uint16_t value_set; /* index, when bound; UINT16_MAX otherwise */
	uint16_t first_invariant;
	uint16_t invariant_count; /* beside those of its type */
};

/* A primitive has the elements id and extension; its value is the JSON value itself. An element that R4 defines by
 * contentReference has the type it refers to: Questionnaire.item.item is a Questionnaire.item. Resource.id is an id, the id of
 * any other element a string, Extension.url a uri. */

const struct fhir_type *fhir_type(struct str name);
bool fhir_is_resource(struct str name); /* a concrete resource type */
bool fhir_type_is(const struct fhir_type *t, struct str ancestor); /* itself or any of its bases */
size_t fhir_element_n(const struct fhir_type *t);
const struct fhir_element *fhir_element_at(const struct fhir_type *t, size_t i);

/* By JSON name: "valueQuantity" finds value and says Quantity. *type gets the type of the value. */
const struct fhir_element *fhir_element(const struct fhir_type *t, struct str json_name, const struct fhir_type **type);
/* By FHIRPath name: "value". */
const struct fhir_element *fhir_element_by_path(const struct fhir_type *t, struct str name);
const struct fhir_type *fhir_element_type(const struct fhir_element *e, size_t i);
/* For a Reference or canonical element: the resource types it may point to, sorted, space-separated; false when any or none. */
bool fhir_element_targets(const struct fhir_element *e, size_t i, struct str *out);
/* The type an element has when JSON gives it the value of a choice type: "valueQuantity". */
struct str fhir_element_json_name(struct arena *a, const struct fhir_element *e, const struct fhir_type *type);

enum fhir_search_type {
	FHIR_SEARCH_NUMBER,
	FHIR_SEARCH_DATE,
	FHIR_SEARCH_STRING,
	FHIR_SEARCH_TOKEN,
	FHIR_SEARCH_REFERENCE,
	FHIR_SEARCH_COMPOSITE,
	FHIR_SEARCH_QUANTITY,
	FHIR_SEARCH_URI,
	FHIR_SEARCH_SPECIAL
};

struct fhir_search_param {
	uint16_t id; /* stable within one build; index rows carry a stable hash of type and code instead */
	const char *code;
	const char *base; /* the resource type it is for */
	enum fhir_search_type type;
	const char *expression; /* FHIRPath, cut down to this base; "" for _text, _content and _query */
	const char *targets;    /* space-separated resource types of a reference, "" for any */
	const char *components; /* of a composite: "code#expression code#expression", no white space in an expression; code is
				   that of another parameter of this type, the expression is on what `expression` gives */
};

/* Those of one type, sorted by code, the ones of Resource ("_id") and DomainResource among them. */
size_t fhir_search_params(struct str type, const struct fhir_search_param *const **out);
const struct fhir_search_param *fhir_search_param(struct str type, struct str code);

/* Search parameters of `type` that put it in the compartment ("Patient", "Practitioner", ...), space-separated; NULL when it
 * is never in it. A resource is always in its own compartment; then they may be "" (or "link" for Patient, as R4 has it). */
const char *fhir_compartment(struct str compartment, struct str type);

size_t fhir_resource_type_count(void);
const char *fhir_resource_type_name(size_t i); /* sorted */

/* Value sets that R4 elements are bound to. UNKNOWN when not all of its codes are known here (ucum-units, mimetypes, SNOMED CT
 * and the like). STR_NONE as system: of any system, as for an element of type code. */
enum fhir_in { FHIR_IN_YES, FHIR_IN_NO, FHIR_IN_UNKNOWN };
enum fhir_in fhir_value_set_has(uint16_t value_set, struct str system, struct str code);
const char *fhir_value_set_url(uint16_t value_set);
uint16_t fhir_value_set_find(struct str url); /* with or without |version; UINT16_MAX when there is none */

struct fhir_code {
	const char *system, *code, *display;
};
size_t fhir_value_set_n(uint16_t value_set); /* 0 when UNKNOWN */
bool fhir_value_set_code(uint16_t value_set, size_t i, struct fhir_code *out); /* in the order of the value set */

struct fhir_invariant {
	const char *key; /* "pat-1" */
	uint8_t severity; /* FHIR_ERROR or FHIR_WARNING */
	bool best_practice; /* a warning that says "should" */
	const char *human;
	const char *expression;
};
const struct fhir_invariant *fhir_type_invariant(const struct fhir_type *t, size_t i);
const struct fhir_invariant *fhir_element_invariant(const struct fhir_element *e, size_t i);

/* The format of a primitive ("date", "id", "decimal", ...), R4 datatypes section 2.24.0.1. */
bool fhir_primitive_ok(const struct fhir_type *t, const struct json *value, struct err *e);

/* ---- OperationOutcome ---- */

enum fhir_severity { FHIR_FATAL, FHIR_ERROR, FHIR_WARNING, FHIR_INFORMATION };

struct fhir_issue {
	enum fhir_severity severity;
	enum err_code code;
	struct str diagnostics;
	struct str expression;
	int line, column; /* 0 when unknown */
	uint32_t offset;  /* json.offset of the element at fault; 0 when unknown or made here */
};

struct fhir_outcome {
	struct arena *arena;
	VEC(struct fhir_issue) issues;
	size_t errors; /* how many are FATAL or ERROR */
};

struct fhir_outcome *fhir_outcome_new(struct arena *a);
void fhir_outcome_add(struct fhir_outcome *o, enum fhir_severity s, enum err_code code, struct str expression, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void fhir_outcome_add_err(struct fhir_outcome *o, const struct err *e);
struct json *fhir_outcome_json(struct arena *a, const struct fhir_outcome *o);
enum err_code fhir_outcome_worst(const struct fhir_outcome *o); /* for the HTTP status */

/* Structural validation: unknown elements, types, cardinality, primitive formats, empty values, null alignment of _elements,
 * required bindings, reference form and type, narrative whitelist. `text` is the source, for lines; may be STR_NONE.
 * What the store knows (does the target exist) is not asked. Stops at 100 issues. A few microseconds for a Patient; allocates only
 * for what it says. True when there is no error. */
bool fhir_validate(struct arena *a, const struct json *resource, struct str text, struct fhir_outcome *out);

/* A local reference "Type/id" or "Type/id/_history/v", or one under base: parts point into s. */
struct fhir_reference {
	struct str type, id, version;
};
bool fhir_reference_parse(struct str s, struct str base_url, struct fhir_reference *out);
bool fhir_id_ok(struct str s); /* [A-Za-z0-9\-\.]{1,64} */

#endif
