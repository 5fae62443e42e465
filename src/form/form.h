/* form: the Questionnaire engine. A form is data (a Questionnaire of the pack); this renders a model of it, checks answers, and
 * extracts resources. HTML is made from the model by web/ with html/ components; nothing here writes HTML.
 *
 * What a Questionnaire may say (docs/forms.md is for whoever writes one):
 *   R4 itself     group, display, string, text, integer, decimal, date, dateTime, time, boolean, choice, open-choice, reference, url;
 *                 required, repeats, readOnly, maxLength, initial, answerOption, answerValueSet, enableWhen with enableBehavior
 *   HL7 SDC       initialExpression (prefill), calculatedExpression, enableWhenExpression, variable (of the whole form)
 *   HL7 core      questionnaire-constraint, minOccurs, maxOccurs, minValue, maxValue, minLength
 *   our own       prompt     the four-answer prompt: a choice whose answers are yes, no, declined and not-asked; its one part, `reason`,
 *                            names the item that says why it was not asked. Blank cannot be filed.
 *                 finding    the requirement a question answers ("F2.8"); hint: a sentence below the question
 *                 extract    what filing makes: `template` refers to a contained resource, `when` is a condition on the response.
 *                            On an item: once for each time that item was answered, which is then the context.
 *
 * Expressions are FHIRPath on the QuestionnaireResponse so far. Variables: those of the form, %resource (the response), and what
 * form_context gives under the names of form_context_names; one of these that is not given is empty, any other is an error.
 *
 * Names of HTML fields are linkIds; within a repeating group the group's linkId, its index and ":" come first ("child.0:name").
 * A prompt adds ".reason" for its reason. A date takes the whole ("2026-03-27", "27/3/2026", "27-Mar-2026") under its name, or parts
 * under name-day, name-month, name-year. A choice that repeats, and a question that repeats, takes its name several times.
 *
 * What was typed stays as typed, right or wrong: in the model, and in a draft (extension `typed`).
 *
 * Threads  any; a model belongs to its arena, and refers into the pack.
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
	struct str system, code, display; /* system empty: the answer is a string, and code is what it says */
};

struct form_item {
	struct str link_id, name; /* name: of the HTML field, with repeat index */
	struct str text, hint;
	struct str finding; /* the requirement it answers ("F2.8"), for the page's small print */
	enum form_kind kind;
	bool required, read_only, enabled, prefilled;
	bool open; /* a choice that takes other text, too */
	const struct form_option *options;
	size_t option_count;
	const struct form_option *reasons; /* of a prompt: why it was not asked */
	size_t reason_count;
	struct form_answer *answers;
	size_t answer_count;
	struct str reason; /* given for "not asked": the code of one of the reasons, or text */
	struct str error;  /* message beside the field, when checked */
	struct form_item *children; /* of a group; of a question: asked because of its answer */
	size_t child_count;
	bool repeats; /* a group: each time it is filled in is an item of its own, index 0, 1 ... */
	uint32_t index;
	const struct json *definition; /* the Questionnaire item */
	const struct json *reason_definition; /* of a prompt: the item its reason is stored under */
	/* Data for app.js: "any NAME=VALUE ..." or "all NAME=VALUE ...", each NAME=* when any answer does; empty when it is always on
	 * or only the server can tell. The server decides all the same. */
	struct str enable_when;
};

struct form {
	const struct pack_resource *questionnaire;
	struct str title, intro;
	struct form_item *items;
	size_t item_count;
	size_t errors;
	struct str error; /* about the form as a whole, when checked; counted in errors */
	/* Carried into the response. From the context's resources; may be set. */
	struct str id;        /* of the response: what form_extract derives ids from */
	struct str encounter; /* "Encounter/id" */
	struct str based_on;  /* "ServiceRequest/id": %request */
	struct str task;      /* "Task/id": %task; kept as extension `answers-task`, R4 having no element for it */
};

struct form_context { /* for prefill and expressions: %patient, %encounter, %user, %resource ... */
	struct map variables; /* name -> const struct json *: a resource, or a string, number or boolean */
	int64_t now_us;
	/* Nothing is known of the record (a response that comes by the API): an expression that would switch an item on or off cannot
	 * tell, so what is answered applies, and what is not was not asked. */
	bool record_unknown;
};

/* patient, encounter, user (Practitioner), role (string), team (string), request (ServiceRequest), task, response (the
 * QuestionnaireResponse this one follows: the phone referral that is being written up), gp (Organization), flags (Bundle). */
extern const char *const form_context_names[]; /* ends with NULL */

/* The form whose useContext names the setting (code `venue`, CodeSystem/form-setting) and the age in years (code `age`); NULL when none
 * does. Which form opens is a matter of age and not of place (F1.2). */
const struct pack_resource *form_for(const struct pack *p, struct str setting, int age);

/* A fresh form: initial values and prefilled facts. */
bool form_open(struct arena *a, const struct pack *p, struct str questionnaire_url, const struct form_context *c, struct form **out,
	       struct err *e);

/* name=value pairs as posted; values are kept as typed even when wrong. Unknown names are refused. What is not posted is blank. */
struct form_field {
	struct str name, value;
};
bool form_fill(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, const struct form_field *fields, size_t n, struct err *e);
/* From a stored draft or filed response. */
bool form_fill_response(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, const struct json *response, struct err *e);

/* Known facts into what is blank: for a draft that somebody else's act began (the written copy of a phone referral), and that a person now opens. */
bool form_prefill(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct err *e);

/* One more of a repeating group, blank; `name` is that of any of them ("child.0"). False when there is none, or no room. */
bool form_repeat(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct str name, struct err *e);

/* Checks for filing; sets error on items. True when it may be filed. Drafts need no check. */
bool form_check(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct err *e);

/* Walks the items that are on and have an error, in the order of the page: NULL at the end. Begin with *at = 0. */
const struct form_item *form_next_error(const struct form *f, size_t *at);
/* The item with this HTML name; NULL. */
struct form_item *form_find(struct form *f, struct str name);

/* The QuestionnaireResponse: status "in-progress" or "completed"; only enabled items. */
struct json *form_response(struct arena *a, const struct form *f, struct str status, struct str subject, struct str author, int64_t now_us);

/* Validates a response posted by the API against its Questionnaire: its items, types, options; when it is completed, all that
 * form_check asks, as of when it was authored. One whose Questionnaire the pack does not have gets a warning. True when there is no error. */
bool form_validate(struct arena *a, const struct pack *p, const struct json *response, struct fhir_outcome *out);

/* Resources the form makes when filed: an array, in the order of the templates; a template whose `when` is not true is left out.
 *
 * A template is a contained resource of the Questionnaire. A string in it may hold {{FHIRPath}}; where the type of an element
 * does not take that (a date, a reference), or a whole element is to be put, the element carries SDC's templateExtractValue
 * instead. What is empty is left out. %index counts the times of an item, from 0. When the response has an id, each resource gets the id RESPONSE.TEMPLATE (or
 * RESPONSE.TEMPLATE.N of an item), so that filing twice makes nothing twice, and templates may refer to one another. */
bool form_extract(struct arena *a, const struct pack *p, const struct json *response, const struct form_context *c, struct json **resources, struct err *e);

struct store;
/* From now on a response of a known form that is written as completed makes what it should in the same transaction, whichever way it
 * came in; one that was completed before makes nothing again. Call at start, after pathway_open, so that rules see the response before
 * what it makes. `a` must outlive the store. */
bool form_attach(struct store *s, const struct pack *p, struct arena *a);

#endif
