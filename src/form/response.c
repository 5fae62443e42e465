/* The QuestionnaireResponse of a form. */
#include "form/internal.h"

struct writer {
	struct arena *arena;
	bool keep_wrong; /* a draft keeps what was typed and is no value */
};

static struct json *items_json(struct writer *w, const struct form_item *items, size_t n);

static struct json *new_item(struct arena *a, struct str link_id, struct str text)
{
	struct json *j = json_object(a);
	json_set_str(a, j, "linkId", link_id);
	if (text.n)
		json_set_str(a, j, "text", text);
	return j;
}

static struct json *typed_extension(struct arena *a, struct str typed)
{
	struct json *x = json_object(a);
	json_setz(a, x, "url", json_stringz(a, FORM_EXT("typed")));
	json_set_str(a, x, "valueString", typed);
	return x;
}

static void push_answer(struct writer *w, struct json *answers, const char *name, struct json *value)
{
	struct json *answer = json_object(w->arena);
	json_setz(w->arena, answer, name, value);
	json_push(w->arena, answers, answer);
}

static void put_list(struct arena *a, struct json *j, const char *key, struct json *list)
{
	if (json_n(list))
		json_setz(a, j, key, list);
}

static struct json *question_json(struct writer *w, const struct form_item *i)
{
	struct arena *a = w->arena;
	struct json *j = new_item(a, i->link_id, i->text), *answers = json_array(a), *kept = json_array(a);
	for (size_t k = 0; k < i->answer_count; k++) {
		const char *name;
		struct json *value;
		if (form_answer_json(a, i, &i->answers[k], &name, &value, NULL))
			push_answer(w, answers, name, value);
		else if (w->keep_wrong)
			json_push(a, kept, typed_extension(a, i->answers[k].code_or_text));
	}
	if (json_n(answers) && i->child_count) /* R4: what is asked because of an answer stands within it */
		put_list(a, json_at(answers, 0), "item", items_json(w, i->children, i->child_count));
	put_list(a, j, "extension", kept);
	put_list(a, j, "answer", answers);
	return json_n(answers) || json_n(kept) ? j : NULL;
}

static struct json *group_json(struct writer *w, const struct form_item *i)
{
	struct json *children = items_json(w, i->children, i->child_count);
	if (!json_n(children))
		return NULL;
	struct json *j = new_item(w->arena, i->link_id, i->text);
	json_setz(w->arena, j, "item", children);
	return j;
}

/* Why a prompt was not asked stands in the item the form has for it. */
static struct json *reason_json(struct writer *w, const struct form_item *prompt)
{
	if (!prompt->reason_definition || !prompt->reason.n || !prompt->answer_count || !str_is(prompt->answers[0].code_or_text, "not-asked"))
		return NULL;
	struct form_item i = {.link_id = json_str(prompt->reason_definition, "linkId"),
			      .text = json_str(prompt->reason_definition, "text"),
			      .kind = prompt->reason_count ? FORM_CHOICE : FORM_TEXT,
			      .open = !str_is(json_str(prompt->reason_definition, "type"), "choice"),
			      .options = prompt->reasons,
			      .option_count = prompt->reason_count,
			      .definition = prompt->reason_definition};
	form_set_answer(w->arena, &i, prompt->reason);
	return question_json(w, &i);
}

static struct json *items_json(struct writer *w, const struct form_item *items, size_t n)
{
	struct json *list = json_array(w->arena);
	for (size_t k = 0; k < n; k++) {
		const struct form_item *i = &items[k];
		if (!i->enabled || i->kind == FORM_DISPLAY)
			continue;
		struct json *j = i->kind == FORM_GROUP ? group_json(w, i) : question_json(w, i);
		if (j)
			json_push(w->arena, list, j);
		if (i->kind == FORM_PROMPT && (j = reason_json(w, i)))
			json_push(w->arena, list, j);
	}
	return list;
}

static struct json *reference(struct arena *a, struct str to)
{
	struct json *j = json_object(a);
	json_set_str(a, j, "reference", to);
	return j;
}

static void put_links(struct arena *a, struct json *j, const struct form *f)
{
	if (f->task.n) {
		struct json *list = json_array(a), *x = json_object(a);
		json_setz(a, x, "url", json_stringz(a, FORM_EXT("answers-task")));
		json_setz(a, x, "valueReference", reference(a, f->task));
		json_push(a, list, x);
		json_setz(a, j, "extension", list);
	}
	if (f->based_on.n) {
		struct json *list = json_array(a);
		json_push(a, list, reference(a, f->based_on));
		json_setz(a, j, "basedOn", list);
	}
}

static struct str canonical(struct arena *a, const struct pack_resource *q)
{
	return q->version.n ? str_printf(a, "%.*s|%.*s", STR_ARG(q->url), STR_ARG(q->version)) : q->url;
}

struct json *form_response(struct arena *a, const struct form *f, struct str status, struct str subject, struct str author, int64_t now_us)
{
	struct writer w = {a, str_is(status, "in-progress")};
	struct json *j = json_object(a);
	json_setz(a, j, "resourceType", json_stringz(a, "QuestionnaireResponse"));
	if (f->id.n)
		json_set_str(a, j, "id", f->id);
	put_links(a, j, f);
	json_set_str(a, j, "questionnaire", canonical(a, f->questionnaire));
	json_set_str(a, j, "status", status);
	if (subject.n)
		json_setz(a, j, "subject", reference(a, subject));
	if (f->encounter.n)
		json_setz(a, j, "encounter", reference(a, f->encounter));
	json_set_str(a, j, "authored", date_local_iso(a, now_us));
	if (author.n)
		json_setz(a, j, "author", reference(a, author));
	put_list(a, j, "item", items_json(&w, f->items, f->item_count));
	return j;
}

struct json *form_response_so_far(struct arena *a, const struct form *f, int64_t now_us)
{
	return form_response(a, f, STR("in-progress"), STR_NONE, STR_NONE, now_us);
}
