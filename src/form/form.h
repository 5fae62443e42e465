/* form: the Questionnaire engine. A form is data (a Questionnaire of the pack); this renders a model of it, checks answers, and
 * extracts resources. HTML is made from the model by web/ with html/ components; nothing here writes HTML.
 *
 * Supported: groups, repeats, enableWhen (any/all) and enableWhenExpression, answerOption and answerValueSet, required, readOnly,
 * initial and initialExpression (prefill), calculatedExpression, variable, constraint (targetConstraint), minOccurs / maxOccurs,
 * min / max value and length, item control hints; and the four-answer prompt (extension HEED_BASE_URL/StructureDefinition/prompt):
 * yes, no, declined, not asked and why; blank cannot be filed.
 *
 * Names of HTML fields are linkIds with ":" and an index for repeats ("children.0:name"); a prompt adds ".reason".
 *
 * Threads  any; a model belongs to its arena.
 */
#ifndef HEED_FORM_FORM_H
#define HEED_FORM_FORM_H

#include "pack/pack.h"

struct form_answer {
	struct str code_or_text; /* as typed or chosen */
	struct str display;
};

enum form_kind { FORM_GROUP, FORM_DISPLAY, FORM_TEXT, FORM_LONG_TEXT, FORM_INTEGER, FORM_DECIMAL, FORM_DATE, FORM_DATETIME, FORM_TIME,
		 FORM_BOOLEAN, FORM_CHOICE, FORM_MULTI_CHOICE, FORM_REFERENCE, FORM_PROMPT };

struct form_option {
	struct str system, code, display;
};

struct form_item {
	struct str link_id, name; /* name: of the HTML field, with repeat index */
	struct str text, hint;
	struct str finding; /* the requirement it answers ("F2.8"), for the page's small print */
	enum form_kind kind;
	bool required, read_only, enabled, prefilled;
	const struct form_option *options;
	size_t option_count;
	const struct form_option *reasons; /* of a prompt: why it was not asked */
	size_t reason_count;
	struct form_answer *answers;
	size_t answer_count;
	struct str reason; /* given for "not asked" */
	struct str error;  /* message beside the field, when checked */
	struct form_item *children;
	size_t child_count;
	bool repeats;
	const struct json *definition; /* the Questionnaire item */
	struct str enable_when; /* data for app.js: which names and values switch it on; the server decides all the same */
};

struct form {
	const struct pack_resource *questionnaire;
	struct str title, intro;
	struct form_item *items;
	size_t item_count;
	size_t errors;
};

struct form_context { /* for prefill and expressions: %patient, %encounter, %user, %resource ... */
	struct map variables; /* name -> const struct json * */
	int64_t now_us;
};

/* A fresh form: initial values and prefilled facts. */
bool form_open(struct arena *a, const struct pack *p, struct str questionnaire_url, const struct form_context *c, struct form **out,
	       struct err *e);

/* name=value pairs as posted; values are kept as typed even when wrong. Unknown names are refused. */
struct form_field {
	struct str name, value;
};
bool form_fill(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, const struct form_field *fields, size_t n, struct err *e);
/* From a stored draft or filed response. */
bool form_fill_response(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, const struct json *response, struct err *e);

/* Checks for filing; sets error on items. True when it may be filed. Drafts need no check. */
bool form_check(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct err *e);

/* The QuestionnaireResponse: status "in-progress" or "completed"; only enabled items. */
struct json *form_response(struct arena *a, const struct form *f, struct str status, struct str subject, struct str author, int64_t now_us);

/* Validates a response posted by the API against its Questionnaire. */
bool form_validate(struct arena *a, const struct pack *p, const struct json *response, struct fhir_outcome *out);

/* Resources the form makes when filed (extension HEED_BASE_URL/StructureDefinition/extract: a template resource whose strings may
 * hold {{FHIRPath}}): an array of resources; a template whose "when" is false is left out. */
bool form_extract(struct arena *a, const struct pack *p, const struct json *response, const struct form_context *c, struct json **resources, struct err *e);

#endif
