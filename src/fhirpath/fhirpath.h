/* fhirpath: the one expression language (search indexes, forms, rules, views, invariants).
 *
 * FHIRPath 2.0 (http://hl7.org/fhirpath/N1) with FHIR R4's additions. Source is compiled once (fp_compile, or fp_cached for
 * the process-wide cache) and evaluated many times, in the caller's arena, against JSON trees typed by the FHIR tables.
 *
 * A collection is an array of values. Empty is n == 0. Evaluation is bounded: steps, depth and collection size; hitting a bound
 * is ERR_TOO_COSTLY. now(), today() and timeOfDay() are bound to env->now_us, so the same inputs give the same answer.
 *
 * FHIR's Quantity stays an FP_NODE (with its ftype); where FHIRPath wants a quantity, it is read as one. An element that has only
 * extensions (a _sibling and no value) is a value with node NULL and extra set.
 *
 * More lenient than the specification, on purpose: `valueQuantity` finds what `value` does (fp_check refuses it), "as" on
 * several items keeps those of the type (R4's search parameters need it), and a date is compared with a zoned dateTime by the local day.
 *
 * Stack      the deepest expression the parser takes needs up to 1 MiB.
 * Threads    a compiled expression is read-only and may be shared; an fp_env belongs to one thread.
 * Errors     parse: ERR_SYNTAX with offset, line and column. Evaluation: ERR_INVALID with what was wrong and where.
 */
#ifndef HEED_FHIRPATH_FHIRPATH_H
#define HEED_FHIRPATH_FHIRPATH_H

#include "fhir/fhir.h"

enum fp_type {
	FP_NODE, /* an element that is not one of the below; or a resource */
	FP_BOOLEAN,
	FP_STRING, /* string, code, uri, id, markdown ... : ftype says which */
	FP_INTEGER,
	FP_DECIMAL, /* text kept in `text` */
	FP_DATE,
	FP_DATETIME, /* and instant */
	FP_TIME,
	FP_QUANTITY
};

struct fp_value {
	enum fp_type type;
	const struct fhir_type *ftype; /* NULL: a System type, not an element of a resource */
	const struct json *node;       /* the element; NULL for a computed value */
	const struct json *extra;      /* its _sibling (id, extension), when there is one */
	const struct fp_value *parent_resource; /* the resource it was found in; for resolve() and %resource */
	union {
		bool truth;
		int64_t integer;
	};
	struct str text; /* string; decimal, date, dateTime, time as written; quantity: its value */
	struct str unit; /* quantity: UCUM code, or a calendar word such as "years" */
};

struct fp_list {
	struct fp_value *v;
	size_t n;
	size_t cap;
};

struct fp_expr;

bool fp_compile(struct arena *a, struct str source, struct fp_expr **out, struct err *e);

/* As fp_compile, through a cache that lives as long as the process. A failure is cached, too. */
bool fp_cached(struct str source, const struct fp_expr **out, struct err *e);

/* Static check against the type tables: paths that cannot exist on `type` ("Patient", "Patient.contact"; "" when it is not
 * known). Variables, resolved references and contained resources are not followed. ERR_INVALID with the place and the nearest name. */
bool fp_check(const struct fp_expr *expr, struct str type, struct err *e);

/* The same, knowing the variables: variable() sets *type to the type of %name ("" when it may be any) or returns false when there is
 * no such variable, which is then an error. */
typedef bool fp_variable_type(void *arg, struct str name, struct str *type);
bool fp_check_with(const struct fp_expr *expr, struct str type, fp_variable_type *variable, void *arg, struct err *e);

struct fp_env {
	struct arena *arena; /* results and scratch */
	int64_t now_us;
	struct fp_value resource;      /* %resource */
	struct fp_value root_resource; /* %rootResource */
	struct fp_value context;       /* %context */
	/* %name; false when there is no such variable (an error to the evaluator). May be NULL. */
	bool (*variable)(void *arg, struct fp_env *env, struct str name, struct fp_list *out, struct err *e);
	/* resolve(): the resource a reference names, or NULL when it cannot be had. What is contained, or in the Bundle that is the
	 * root, is found without. When it is NULL, a relative reference gives a bare resource of its type and id, so that
	 * "where(resolve() is Patient)" works while an index is built. */
	const struct json *(*resolve)(void *arg, struct fp_env *env, struct str reference);
	/* memberOf() beyond the bundled value sets. May be NULL. */
	enum fhir_in (*member_of)(void *arg, struct fp_env *env, struct str value_set_url, struct str system, struct str code);
	void (*trace)(void *arg, struct str name, const struct fp_list *values);
	void *arg;
	uint64_t steps_left; /* 0: the default of 1,000,000 */
};

/* An environment on one resource, the input collection of which is that resource. */
struct fp_env fp_env_for(struct arena *a, const struct json *resource, int64_t now_us);
struct fp_value fp_node(const struct json *node, const struct fhir_type *type);

/* Input is env->context. */
bool fp_eval(const struct fp_expr *expr, struct fp_env *env, struct fp_list *out, struct err *e);
bool fp_eval_on(const struct fp_expr *expr, struct fp_env *env, const struct fp_list *input, struct fp_list *out, struct err *e);

/* Common shapes: a condition (empty is false; a single non-boolean is true, as the specification's singleton rule has it);
 * the first value as text. */
bool fp_eval_bool(const struct fp_expr *expr, struct fp_env *env, bool *out, struct err *e);
bool fp_eval_str(const struct fp_expr *expr, struct fp_env *env, struct str *out, struct err *e);

void fp_list_push(struct arena *a, struct fp_list *l, struct fp_value v);
struct fp_value fp_string(struct str s);
struct fp_value fp_boolean(bool b);
struct fp_value fp_integer(int64_t i);
struct fp_value fp_datetime(struct arena *a, int64_t us);
struct str fp_text(struct arena *a, const struct fp_value *v);     /* as toString() gives it */
struct str fp_type_name(const struct fp_value *v);                 /* "HumanName", "string", "System.Integer" has no prefix */
struct json *fp_to_json(struct arena *a, const struct fp_value *v); /* the value as an element */

/* Canonical source of the parsed tree, fully bracketed: the parser's golden tests compare it. */
struct str fp_print(struct arena *a, const struct fp_expr *expr);

/* Explanation: each sub-expression that gave a boolean or compared something, in the order they were decided, bounded; for "because":
 * [{"expression": "status='active'", "value": true, "left": ["active"]}]. NULL when evaluation fails. */
struct json *fp_explain(const struct fp_expr *expr, struct fp_env *env, struct err *e);

#endif
