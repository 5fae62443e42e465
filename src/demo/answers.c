#include "demo/answers.h"

#include "demo/numbers.h"
#include "form/form.h"
#include "pack/pack.h"
#include "yaml/yaml.h"

enum { SHEETS_MAX_BYTES = 1 << 16 };

bool answers_load(struct arena *a, const struct fill *f, struct answer_sheets *out, struct err *e)
{
	struct str text;
	struct yaml_docs docs;
	const char *path = str_c(a, str_printf(a, "%s/answers.yaml", f->demo_dir));
	if (!f->env->read_file(f->env, a, path, SHEETS_MAX_BYTES, &text, e) || !yaml_parse(a, text, &docs, e))
		return err_context(e, "%s", path);
	const struct json *list = docs.v[0].root;
	out->v = ARENA_ARRAY(a, struct answer_sheet, json_n(list) + 1);
	out->n = json_n(list);
	for (size_t i = 0; i < out->n; i++) {
		const struct json *s = json_at(list, i);
		out->v[i] = (struct answer_sheet){.form = json_str(s, "form"), .by = json_str(s, "by"), .area = json_str(s, "area"), .from = (int)number_of(s, "from", 0),
						  .to = (int)number_of(s, "to", 120), .asked_only = json_true(json_getz(s, "asked")),
						  .after_min = (int)number_of(s, "after", 30), .done = number_of(s, "done", 1), .variants = json_getz(s, "variants")};
		if (!json_n(out->v[i].variants))
			return err_set(e, ERR_REQUIRED, "%s: sheet %zu has no variants", path, i + 1);
	}
	return true;
}

static const struct json *choose_variant(const struct json *variants, uint64_t draw)
{
	double total = 0, u = (double)(draw >> 11) / 9007199254740992.0;
	for (size_t i = 0; i < json_n(variants); i++)
		total += number_of(json_at(variants, i), "weight", 1);
	u *= total;
	for (size_t i = 0; i < json_n(variants); i++) {
		double weight = number_of(json_at(variants, i), "weight", 1);
		if (u < weight)
			return json_getz(json_at(variants, i), "values");
		u -= weight;
	}
	return json_getz(json_at(variants, 0), "values");
}

/* ---- what would be posted: what the form knew already, and the variant's values ---- */

struct posting {
	struct arena *a;
	const struct json *values;
	VEC(struct form_field) fields;
};

static void post(struct posting *p, struct str name, const struct json *value)
{
	if (json_is(value, JSON_ARRAY)) {
		for (size_t i = 0; i < json_n(value); i++)
			VEC_PUSH(p->a, &p->fields, (struct form_field){name, json_text(json_at(value, i))});
		return;
	}
	VEC_PUSH(p->a, &p->fields, (struct form_field){name, json_text(value)});
}

static void post_item(struct posting *p, const struct form_item *item)
{
	const struct json *value = json_get(p->values, item->name);
	struct str reason_name = str_cat(p->a, item->name, STR(".reason"));
	if (value)
		post(p, item->name, value);
	for (size_t i = 0; !value && i < item->answer_count; i++)
		VEC_PUSH(p->a, &p->fields, (struct form_field){item->name, item->answers[i].code_or_text});
	if (item->kind == FORM_PROMPT && json_get(p->values, reason_name))
		post(p, reason_name, json_get(p->values, reason_name));
}

static void post_items(struct posting *p, const struct form_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].kind != FORM_GROUP && items[i].kind != FORM_DISPLAY)
			post_item(p, &items[i]);
		post_items(p, items[i].children, items[i].child_count);
	}
}

/* ---- one response ---- */

struct filing {
	struct json *encounter, *patient;
	struct form_context context;
};

static bool find_visit(struct arena *a, const struct fill *f, struct str visit, struct filing *out, struct err *e)
{
	struct search *q;
	struct search_page page = {0};
	struct resource patient;
	struct fhir_reference who;
	struct store_read *r = NULL;
	struct str query = str_printf(a, "identifier=%.*s", STR_ARG(visit));
	bool ok = search_parse(a, STR("Encounter"), query, env_now_us(f->env), &q, e) && (r = store_read_begin(f->store, a, e)) && store_search(r, q, &page, e);
	if (ok && page.matches.n != 1)
		ok = err_set(e, ERR_NOT_FOUND, "there are %zu attendances %.*s", page.matches.n, STR_ARG(visit));
	ok = ok && json_parse(a, page.matches.v[0].body, NULL, &out->encounter, e) &&
	     fhir_reference_parse(json_str(json_getz(out->encounter, "subject"), "reference"), STR(""), &who) &&
	     store_get(r, STR("Patient"), who.id, &patient, e) && json_parse(a, patient.body, NULL, &out->patient, e);
	if (r)
		store_read_end(r);
	return ok;
}

static bool fill_form(struct arena *a, const struct fill *f, const struct answer_sheet *s, struct filing *x, uint64_t draw, struct form **out, struct err *e)
{
	struct posting p = {.a = a, .values = choose_variant(s->variants, draw)};
	struct str url = str_printf(a, HEED_BASE_URL "/Questionnaire/%.*s", STR_ARG(s->form));
	x->context = (struct form_context){.variables = map_new(a), .now_us = env_now_us(f->env)};
	map_put(&x->context.variables, STR("patient"), x->patient);
	map_put(&x->context.variables, STR("encounter"), x->encounter);
	if (!form_open(a, f->pack, url, &x->context, out, e))
		return false;
	post_items(&p, (*out)->items, (*out)->item_count);
	if (!form_fill(a, *out, f->pack, &x->context, p.fields.v, p.fields.n, e))
		return false;
	if (form_check(a, *out, f->pack, &x->context, e))
		return true;
	size_t at = 0;
	const struct form_item *wrong = form_next_error(*out, &at);
	return err_set(e, ERR_INVALID, "form %.*s: %.*s: %.*s", STR_ARG(s->form), STR_ARG(wrong ? wrong->name : STR("")), STR_ARG(wrong ? wrong->error : (*out)->error));
}

bool answers_file(struct arena *a, const struct fill *f, const struct answer_sheet *sheet, struct str visit, uint64_t draw, struct err *e)
{
	struct filing x = {0};
	struct form *form;
	if (!find_visit(a, f, visit, &x, e) || !fill_form(a, f, sheet, &x, draw, &form, e))
		return false;
	form->encounter = str_cat(a, STR("Encounter/"), json_str(x.encounter, "id"));
	struct str author = str_cat(a, STR("Practitioner/"), sheet->by);
	struct str subject = json_str(json_getz(x.encounter, "subject"), "reference");
	struct json *body = form_response(a, form, STR("completed"), subject, author, env_now_us(f->env));
	struct put put = {STORE_CREATE, STR("QuestionnaireResponse"), STR_NONE, body, 0, STR_NONE, STR_NONE};
	struct put_result result;
	struct change change = {.act = {.agent = author, .purpose = STR("TREAT"), .channel = STR("web")}, .puts = &put, .n = 1, .results = &result};
	return store_commit(f->store, a, &change, e);
}
