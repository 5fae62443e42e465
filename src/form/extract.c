/* What filing makes: the form's templates, with the response's answers in them. */
#include <string.h>

#include "form/internal.h"

#define TEMPLATE_DEPTH_MAX 40

struct extraction {
	struct arena *arena;
	struct form_env env;
	const struct json *node; /* the item a template is made for; NULL: the response */
	struct err *e;
};

static const struct fhir_type *node_type(const struct extraction *x)
{
	return x->node ? fhir_type(STR("QuestionnaireResponse.item")) : NULL;
}

static bool eval(struct extraction *x, struct str source, struct fp_list *out)
{
	return form_eval(&x->env, source, x->node, node_type(x), out, x->e);
}

/* ---- {{ }} ---- */

static bool one_braced(struct extraction *x, struct buf *b, struct str source)
{
	struct fp_list list;
	if (!eval(x, source, &list))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			buf_c(b, ", ");
		buf_add(b, fp_text(x->arena, &list.v[i]));
	}
	return true;
}

/* Text with each {{FHIRPath}} replaced by what it gives. */
static bool fill_text(struct extraction *x, struct str text, struct json **out)
{
	struct buf b = buf_new(x->arena, 1024 * 1024);
	ptrdiff_t open, close;
	*out = NULL;
	while ((open = str_find(text, STR("{{"))) >= 0) {
		buf_add(&b, str_sub(text, 0, (size_t)open));
		text = str_sub(text, (size_t)open + 2, text.n);
		if ((close = str_find(text, STR("}}"))) < 0)
			return err_set(x->e, ERR_SYNTAX, "{{ has no }} in a template");
		if (!one_braced(x, &b, str_trim(str_sub(text, 0, (size_t)close))))
			return false;
		text = str_sub(text, (size_t)close + 2, text.n);
	}
	buf_add(&b, text);
	if (!buf_ok(&b))
		return err_set(x->e, ERR_TOO_LARGE, "a template makes more than 1 MiB of text");
	struct str made = buf_str(&b);
	if (str_trim(made).n)
		*out = json_string(x->arena, made);
	return true;
}

/* ---- templateExtractValue ---- */

/* The values of the expression: one element, or a list of them where the element repeats. */
static bool put_values(struct extraction *x, struct str source, bool list, struct json **out)
{
	struct fp_list values;
	*out = NULL;
	if (!eval(x, source, &values))
		return false;
	if (!list) {
		*out = values.n ? fp_to_json(x->arena, &values.v[0]) : NULL;
		return true;
	}
	*out = json_array(x->arena);
	for (size_t i = 0; i < values.n; i++)
		json_push(x->arena, *out, fp_to_json(x->arena, &values.v[i]));
	return true;
}

static struct str value_source(const struct json *element)
{
	return json_is(element, JSON_OBJECT) ? form_ext_expression(element, SDC_EXT("sdc-questionnaire-templateExtractValue")) : STR_NONE;
}

/* ---- the tree ---- */

static bool make(struct extraction *x, const struct json *template, int depth, struct json **out);

static bool make_array(struct extraction *x, const struct json *template, int depth, struct json **out)
{
	*out = json_array(x->arena);
	for (uint32_t i = 0; i < template->n; i++) {
		struct json *made;
		struct str source = value_source(template->items[i]);
		if (source.n ? !put_values(x, source, true, &made) : !make(x, template->items[i], depth, &made))
			return false;
		for (size_t k = 0; source.n && k < json_n(made); k++)
			json_push(x->arena, *out, json_at(made, k));
		if (!source.n && made)
			json_push(x->arena, *out, made);
	}
	if (!json_n(*out))
		*out = NULL;
	return true;
}

/* "_authoredOn" with an expression gives "authoredOn". */
static bool make_member(struct extraction *x, const struct json_member *m, int depth, struct json *into)
{
	struct json *made;
	struct str key = m->key, source = key.n > 1 && key.p[0] == '_' ? value_source(m->value) : STR_NONE;
	if (source.n ? !put_values(x, source, false, &made) : !make(x, m->value, depth, &made))
		return err_context(x->e, "%.*s", STR_ARG(key));
	if (made)
		json_set(x->arena, into, source.n ? str_sub(key, 1, key.n) : key, made);
	return true;
}

static bool make_object(struct extraction *x, const struct json *template, int depth, struct json **out)
{
	struct str source = value_source(template);
	if (source.n)
		return put_values(x, source, false, out);
	*out = json_object(x->arena);
	for (uint32_t i = 0; i < template->n; i++)
		if (!make_member(x, &template->members[i], depth, *out))
			return false;
	if (!json_n(*out))
		*out = NULL;
	return true;
}

static bool make(struct extraction *x, const struct json *template, int depth, struct json **out)
{
	if (depth > TEMPLATE_DEPTH_MAX)
		return err_set(x->e, ERR_TOO_COSTLY, "template is nested more than %d deep", TEMPLATE_DEPTH_MAX);
	switch (template->type) {
	case JSON_STRING:
		return fill_text(x, template->text, out);
	case JSON_ARRAY:
		return make_array(x, template, depth + 1, out);
	case JSON_OBJECT:
		return make_object(x, template, depth + 1, out);
	default:
		*out = json_clone(x->arena, template);
		return true;
	}
}

/* ---- which templates ---- */

static const struct json *template_of(const struct json *questionnaire, const struct json *extract)
{
	struct str to = json_str(form_ext_value(extract, "template"), "reference");
	const struct json *list = json_getz(questionnaire, "contained");
	for (size_t i = 0; to.n > 1 && i < json_n(list); i++)
		if (str_eq(json_str(json_at(list, i), "id"), str_sub(to, 1, to.n)))
			return json_at(list, i);
	return NULL;
}

/* An id that is the same however often the response is filed. */
static void put_id(struct extraction *x, const struct json *template, struct json *made, int64_t index)
{
	struct str response = json_str(x->env.response, "id"), id = json_str(template, "id");
	json_remove(made, STR("id"));
	if (!response.n)
		return;
	struct str text = index < 0 ? str_printf(x->arena, "%.*s.%.*s", STR_ARG(response), STR_ARG(id))
				    : str_printf(x->arena, "%.*s.%.*s.%lld", STR_ARG(response), STR_ARG(id), (long long)index);
	json_set_str(x->arena, made, "id", text);
}

static bool run_one(struct extraction *x, const struct json *extract, int64_t index, struct json *resources)
{
	struct str when = form_ext_expression(extract, "when");
	bool wanted = true;
	struct json *made;
	if (when.n && !form_eval_true(&x->env, when, x->node, node_type(x), &wanted, x->e))
		return false;
	if (!wanted)
		return true;
	const struct json *template = template_of(x->env.questionnaire, extract);
	if (!template)
		return err_set(x->e, ERR_STRUCTURE, "form refers to a template it does not contain");
	if (!make(x, template, 0, &made))
		return err_context(x->e, "template %.*s", STR_ARG(json_str(template, "id")));
	put_id(x, template, made, index);
	json_push(x->arena, resources, made);
	return true;
}

static bool run_extensions(struct extraction *x, const struct json *definition, int64_t index, struct json *resources)
{
	const struct json *list = json_getz(definition, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), FORM_EXT("extract")) && !run_one(x, json_at(list, i), index, resources))
			return false;
	return true;
}

/* Those of the items: once for each time the item stands in the response, wherever. */
static void gather_items(struct arena *a, const struct json *within, struct str link_id, struct json *found)
{
	const struct json *list = json_getz(within, "item"), *answers = json_getz(within, "answer");
	for (size_t i = 0; i < json_n(list); i++) {
		if (str_eq(json_str(json_at(list, i), "linkId"), link_id))
			json_push(a, found, json_at(list, i));
		gather_items(a, json_at(list, i), link_id, found);
	}
	for (size_t i = 0; i < json_n(answers); i++)
		gather_items(a, json_at(answers, i), link_id, found);
}

static bool run_items(struct extraction *x, const struct json *definition, struct json *resources)
{
	const struct json *list = json_getz(definition, "item");
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *item = json_at(list, i);
		struct json *found = json_array(x->arena);
		if (form_ext(item, FORM_EXT("extract")))
			gather_items(x->arena, x->env.response, json_str(item, "linkId"), found);
		for (size_t k = 0; k < json_n(found); k++) {
			struct fp_list index = {0};
			fp_list_push(x->arena, &index, fp_integer((int64_t)k));
			map_put(&x->env.computed, STR("index"), arena_dup(x->arena, &index, sizeof index));
			x->node = json_at(found, k);
			if (!run_extensions(x, item, (int64_t)k, resources))
				return err_context(x->e, "item \"%.*s\"", STR_ARG(json_str(item, "linkId")));
		}
		x->node = NULL;
		if (!run_items(x, item, resources))
			return false;
	}
	return true;
}

bool form_extract(struct arena *a, const struct pack *p, const struct json *response, const struct form_context *c, struct json **resources, struct err *e)
{
	const struct pack_resource *q = pack_by_url(p, json_str(response, "questionnaire"));
	*resources = json_array(a);
	if (!q || !str_is(q->type, "Questionnaire"))
		return err_set(e, ERR_NOT_FOUND, "there is no form \"%.*s\"", STR_ARG(json_str(response, "questionnaire")));
	struct extraction x = {.arena = a, .env = form_env_for(a, p, c, q->body, response), .e = e};
	return form_variables(&x.env, e) && run_extensions(&x, q->body, -1, *resources) && run_items(&x, q->body, *resources);
}
