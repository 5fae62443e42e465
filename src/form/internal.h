/* internal: what the files of form/ share. model.c builds the items, values.c reads and writes answers, express.c evaluates,
 * state.c keeps what depends on answers up to date, fill.c, check.c, response.c, extract.c and validate.c do what they say. */
#ifndef HEED_FORM_INTERNAL_H
#define HEED_FORM_INTERNAL_H

#include "form/form.h"

#define FORM_EXT(name) HEED_BASE_URL "/StructureDefinition/" name
#define SDC_EXT(name) "http://hl7.org/fhir/uv/sdc/StructureDefinition/" name
#define HL7_EXT(name) "http://hl7.org/fhir/StructureDefinition/" name

#define FORM_REPEATS_MAX 50
#define FORM_ITEMS_MAX 5000

/* ---- reading the Questionnaire ---- */

const struct json *form_ext(const struct json *of, const char *url); /* the first extension with the url */
const struct json *form_ext_value(const struct json *of, const char *url); /* its value[x] */
const struct json *form_value(const struct json *of, const char *prefix);  /* value[x], answer[x]: the member that begins so */
struct str form_ext_expression(const struct json *of, const char *url);    /* of valueExpression or valueString */

/* ---- the model ---- */

/* Where an item stands: it, and the items it is in. Found in a list on the stack, so that items may move. */
struct form_scope {
	const struct form_scope *up;
	struct form_item *items; /* the list looked in */
	size_t n;
};

bool form_build(struct arena *a, const struct pack *p, const struct pack_resource *q, struct form **out, struct err *e);
/* Adds a blank one of a repeating group after the last in the list; NULL when there is no room. */
struct form_item *form_add_instance(struct arena *a, const struct pack *p, struct form_item **items, size_t *n, struct str link_id, struct err *e);

/* ---- answers ---- */

void form_set_answer(struct arena *a, struct form_item *i, struct str typed); /* replaces; blank clears */
void form_add_answer(struct arena *a, struct form_item *i, struct str typed);
void form_clear(struct form_item *i);

/* The answer as the value of an element ("valueDate" and its JSON); false when what was typed is not one, with the reason. */
bool form_answer_json(struct arena *a, const struct form_item *i, const struct form_answer *answer, const char **name, struct json **value, struct err *e);
/* The other way: what would have been typed. False when the kind of value is not that of the item. */
bool form_answer_from(struct arena *a, struct form_item *i, const struct json *value);
bool form_answered(const struct form_item *i); /* it, or anything within it */
const struct form_option *form_option_of(const struct form_option *options, size_t n, struct str code);

/* ---- expressions ---- */

struct form_env {
	struct arena *arena;
	const struct pack *pack;
	const struct form_context *context;
	const struct json *response; /* so far */
	const struct json *questionnaire;
	struct map computed; /* variables of the form: name -> struct fp_list */
};

struct form_env form_env_for(struct arena *a, const struct pack *p, const struct form_context *c, const struct json *questionnaire, const struct json *response);
bool form_variables(struct form_env *env, struct err *e); /* evaluates those of the form */
/* node: the context of the evaluation, NULL for the response. */
bool form_eval(struct form_env *env, struct str source, const struct json *node, const struct fhir_type *type, struct fp_list *out, struct err *e);
bool form_eval_true(struct form_env *env, struct str source, const struct json *node, const struct fhir_type *type, bool *out, struct err *e);

/* ---- what depends on answers ---- */

/* Calculated values and what is on, until nothing changes. first: also initial expressions. */
bool form_update(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, bool first, struct err *e);

struct json *form_response_so_far(struct arena *a, const struct form *f, int64_t now_us);

#endif
