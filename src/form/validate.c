/* A response that comes by the API, against its form. */
#include "form/internal.h"

struct verify {
	struct arena *arena;
	const struct pack *pack;
	struct fhir_outcome *out;
	struct form_context context; /* nothing but the time, which is when it was authored */
};

static void say(struct verify *v, struct str link_id, enum err_code code, struct str why)
{
	struct str at = link_id.n ? str_printf(v->arena, "QuestionnaireResponse.descendants().where(linkId='%.*s')", STR_ARG(link_id))
				  : STR("QuestionnaireResponse");
	fhir_outcome_add(v->out, FHIR_ERROR, code, at, "%.*s", STR_ARG(why));
}

/* Codings must be the options', system and all; a code alone is filled in the same way by two systems. */
static void verify_coding(struct verify *v, const struct form_item *i, const struct json *value)
{
	if (i->kind != FORM_CHOICE && i->kind != FORM_MULTI_CHOICE && i->kind != FORM_PROMPT)
		return;
	const struct form_option *o = form_option_of(i->options, i->option_count, json_is(value, JSON_OBJECT) ? json_str(value, "code") : json_text(value));
	bool same = o && (json_is(value, JSON_OBJECT) ? str_eq(o->system, json_str(value, "system")) : !o->system.n);
	if (!same && !(i->open && json_is(value, JSON_STRING)))
		say(v, i->link_id, ERR_CODE, STR("the answer is not one of the form's options"));
}

static void verify_items(struct verify *v, const struct form_item *items, size_t n, const struct json *list);

static const struct form_item *item_of(const struct form_item *items, size_t n, struct str link_id, size_t index)
{
	const struct form_item *last = NULL;
	for (size_t i = 0; i < n; i++)
		if (str_eq(items[i].link_id, link_id) && (last = &items[i], index-- == 0))
			return last;
	return last;
}

static void verify_item(struct verify *v, const struct form_item *i, const struct json *item)
{
	const struct json *answers = json_getz(item, "answer");
	if (!i->enabled) {
		say(v, i->link_id, ERR_INVARIANT, STR("is answered, but does not apply (enableWhen)"));
		return;
	}
	for (size_t k = 0; k < json_n(answers); k++) {
		verify_coding(v, i, form_value(json_at(answers, k), "value"));
		verify_items(v, i->children, i->child_count, json_getz(json_at(answers, k), "item"));
	}
	verify_items(v, i->children, i->child_count, json_getz(item, "item"));
}

static void verify_items(struct verify *v, const struct form_item *items, size_t n, const struct json *list)
{
	for (size_t k = 0; k < json_n(list); k++) {
		size_t index = 0;
		struct str link_id = json_str(json_at(list, k), "linkId");
		for (size_t before = 0; before < k; before++)
			index += str_eq(json_str(json_at(list, before), "linkId"), link_id);
		const struct form_item *i = item_of(items, n, link_id, index);
		if (i)
			verify_item(v, i, json_at(list, k));
	}
}

static void verify_complete(struct verify *v, struct form *f)
{
	struct err e = ERR_INIT;
	if (form_check(v->arena, f, v->pack, &v->context, &e))
		return;
	if (!f->errors) {
		fhir_outcome_add_err(v->out, &e);
		return;
	}
	size_t at = 0;
	for (const struct form_item *i; (i = form_next_error(f, &at));)
		say(v, i->link_id, ERR_REQUIRED, i->error);
	if (f->error.n)
		say(v, STR_NONE, ERR_INVARIANT, f->error);
}

static int64_t authored_us(const struct json *response)
{
	struct date d;
	return date_parse(json_str(response, "authored"), DATE_KIND_DATETIME, &d, NULL) ? date_lo_us(&d) : 0;
}

bool form_validate(struct arena *a, const struct pack *p, const struct json *response, struct fhir_outcome *out)
{
	struct str url = json_str(response, "questionnaire"), status = json_str(response, "status");
	const struct pack_resource *q = url.n ? pack_by_url(p, url) : NULL;
	if (!q || !str_is(q->type, "Questionnaire")) {
		fhir_outcome_add(out, FHIR_WARNING, ERR_NOT_FOUND, STR("QuestionnaireResponse.questionnaire"), "the form is not known here, so the answers were not compared with it");
		return true;
	}
	struct verify v = {a, p, out, {map_new(a), authored_us(response), true}};
	struct err e = ERR_INIT;
	size_t before = out->errors;
	struct form *f;
	if (!form_open(a, p, url, &v.context, &f, &e) || !form_fill_response(a, f, p, &v.context, response, &e)) {
		fhir_outcome_add_err(out, &e);
		return false;
	}
	verify_items(&v, f->items, f->item_count, json_getz(response, "item"));
	if (str_is(status, "completed") || str_is(status, "amended"))
		verify_complete(&v, f);
	return out->errors == before;
}
