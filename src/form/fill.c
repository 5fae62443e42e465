/* Opening a form, and putting answers in: as posted, or from a stored response. */
#include <string.h>

#include "form/internal.h"

/* ---- opening ---- */

static struct str reference_to(struct arena *a, const struct form_context *c, const char *name, const char *type)
{
	const struct json *r = c ? map_get(&c->variables, str_from(name)) : NULL;
	if (!str_is(json_str(r, "resourceType"), type) || !json_str(r, "id").n)
		return STR_NONE;
	return str_printf(a, "%s/%.*s", type, STR_ARG(json_str(r, "id")));
}

static bool age_within(const struct json *range, int age)
{
	int64_t low = 0, high = 200;
	json_i64(json_getz(json_getz(range, "low"), "value"), &low);
	json_i64(json_getz(json_getz(range, "high"), "value"), &high);
	return age >= low && age <= high;
}

static bool context_fits(const struct json *questionnaire, struct str setting, int age)
{
	const struct json *list = json_getz(questionnaire, "useContext");
	bool venue = false, years = false;
	for (size_t i = 0; i < json_n(list); i++) {
		struct str code = json_str(json_getz(json_at(list, i), "code"), "code");
		const struct json *coding = json_at(json_getz(json_getz(json_at(list, i), "valueCodeableConcept"), "coding"), 0);
		venue |= str_is(code, "venue") && str_eq(json_str(coding, "code"), setting);
		years |= str_is(code, "age") && age_within(json_getz(json_at(list, i), "valueRange"), age);
	}
	return venue && years;
}

const struct pack_resource *form_for(const struct pack *p, struct str setting, int age)
{
	const struct pack_resource *const *forms;
	size_t n = pack_all(p, STR("Questionnaire"), &forms);
	for (size_t i = 0; i < n; i++)
		if (context_fits(forms[i]->body, setting, age))
			return forms[i];
	return NULL;
}

bool form_open(struct arena *a, const struct pack *p, struct str questionnaire_url, const struct form_context *c, struct form **out, struct err *e)
{
	const struct pack_resource *q = pack_by_url(p, questionnaire_url);
	if (!q || !str_is(q->type, "Questionnaire"))
		return err_set(e, ERR_NOT_FOUND, "there is no form \"%.*s\"", STR_ARG(questionnaire_url));
	if (!form_build(a, p, q, out, e))
		return false;
	struct form *f = *out;
	f->encounter = reference_to(a, c, "encounter", "Encounter");
	f->based_on = reference_to(a, c, "request", "ServiceRequest");
	f->task = reference_to(a, c, "task", "Task");
	return form_update(a, f, p, c, true, e);
}

bool form_prefill(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct err *e)
{
	return form_update(a, f, p, c, true, e);
}

/* ---- finding an item by its HTML name ---- */

static struct form_item *find_in(struct form_item *items, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(items[i].name, name))
			return &items[i];
		struct form_item *deeper = find_in(items[i].children, items[i].child_count, name);
		if (deeper)
			return deeper;
	}
	return NULL;
}

struct form_item *form_find(struct form *f, struct str name)
{
	return find_in(f->items, f->item_count, name);
}

/* Adds one to the list that the repeating group of this name is in. */
static bool repeat_in(struct arena *a, const struct pack *p, struct form_item **items, size_t *n, struct str name, struct err *e)
{
	for (size_t i = 0; i < *n; i++) {
		struct form_item *at = &(*items)[i];
		if (str_eq(at->name, name) && at->kind == FORM_GROUP && at->repeats)
			return form_add_instance(a, p, items, n, at->link_id, e) != NULL;
		if (repeat_in(a, p, &at->children, &at->child_count, name, e))
			return true;
	}
	return false;
}

bool form_repeat(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct str name, struct err *e)
{
	err_set(e, ERR_INVALID, "the form has no repeating part \"%.*s\"", STR_ARG(name));
	return repeat_in(a, p, &f->items, &f->item_count, name, e) && form_update(a, f, p, c, false, e);
}

/* "child.2" of "child.2:name": the group must be there as often as that. */
static bool want_group(struct arena *a, struct form *f, const struct pack *p, struct str group, struct err *e)
{
	size_t dot = group.n;
	while (dot > 0 && group.p[dot - 1] != '.')
		dot--;
	int64_t index;
	if (!dot || !str_to_i64(str_sub(group, dot, group.n), &index) || index < 0 || index >= FORM_REPEATS_MAX)
		return err_set(e, ERR_INVALID, "the form has no part \"%.*s\"", STR_ARG(group));
	struct str before = str_printf(a, "%.*s0", (int)dot, group.p);
	for (int64_t have = 0; have <= index; have++) {
		struct str name = str_printf(a, "%.*s%lld", (int)dot, group.p, (long long)have);
		if (!form_find(f, name)) {
			err_set(e, ERR_INVALID, "the form has no part \"%.*s\"", STR_ARG(group));
			if (have == 0 || !repeat_in(a, p, &f->items, &f->item_count, before, e))
				return false;
		}
		before = name;
	}
	return true;
}

static bool want_groups(struct arena *a, struct form *f, const struct pack *p, struct str name, struct err *e)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == ':' && !want_group(a, f, p, str_sub(name, 0, i), e))
			return false;
	return true;
}

/* ---- posted fields ---- */

struct parts { /* of a date given as day, month and year */
	struct form_item *item;
	struct str day, month, year;
};

struct fill {
	struct arena *arena;
	struct form *form;
	VEC(struct parts) dates;
};

static void clear_items(struct form_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!items[i].read_only)
			form_clear(&items[i]);
		clear_items(items[i].children, items[i].child_count);
	}
}

static struct parts *parts_of(struct fill *w, struct form_item *item)
{
	for (size_t i = 0; i < w->dates.n; i++)
		if (w->dates.v[i].item == item)
			return &w->dates.v[i];
	VEC_PUSH(w->arena, &w->dates, (struct parts){.item = item});
	return &w->dates.v[w->dates.n - 1];
}

static bool put_part(struct fill *w, const struct form_field *field)
{
	static const char *const suffixes[] = {"-day", "-month", "-year"};
	for (size_t i = 0; i < 3; i++) {
		if (!str_ends(field->name, str_from(suffixes[i])))
			continue;
		struct form_item *item = form_find(w->form, str_sub(field->name, 0, field->name.n - strlen(suffixes[i])));
		if (!item || item->kind != FORM_DATE)
			return false;
		struct parts *p = parts_of(w, item);
		*(i == 0 ? &p->day : i == 1 ? &p->month : &p->year) = str_trim(field->value);
		return true;
	}
	return false;
}

static bool put_reason(struct fill *w, const struct form_field *field)
{
	if (!str_ends(field->name, STR(".reason")))
		return false;
	struct form_item *item = form_find(w->form, str_sub(field->name, 0, field->name.n - 7));
	if (!item || item->kind != FORM_PROMPT)
		return false;
	if (str_trim(field->value).n)
		item->reason = field->value;
	return true;
}

static bool put_field(struct fill *w, const struct form_field *field, struct err *e)
{
	struct form_item *item = form_find(w->form, field->name);
	if (item && item->kind != FORM_GROUP && item->kind != FORM_DISPLAY) {
		if (item->read_only)
			return true; /* what the form works out is not for the sender to say */
		if (item->kind == FORM_MULTI_CHOICE || item->repeats)
			form_add_answer(w->arena, item, field->value);
		else
			form_set_answer(w->arena, item, field->value);
		return true;
	}
	if (put_reason(w, field) || put_part(w, field))
		return true;
	return err_set(e, ERR_INVALID, "the form has no field \"%.*s\"", (int)(field->name.n < 60 ? field->name.n : 60), field->name.p);
}

/* What is not known of a date may be left out: the year alone, or month and year. */
static struct str joined(struct arena *a, const struct parts *p)
{
	int64_t month;
	if (!p->day.n && !p->month.n)
		return p->year;
	if (!p->day.n && p->year.n == 4 && str_to_i64(p->month, &month) && month >= 1 && month <= 12)
		return str_printf(a, "%.*s-%02d", STR_ARG(p->year), (int)month);
	return str_printf(a, "%.*s/%.*s/%.*s", STR_ARG(p->day), STR_ARG(p->month), STR_ARG(p->year));
}

static void join_dates(struct fill *w)
{
	for (size_t i = 0; i < w->dates.n; i++) {
		struct parts *p = &w->dates.v[i];
		if (!p->item->read_only && (p->day.n || p->month.n || p->year.n))
			form_set_answer(w->arena, p->item, joined(w->arena, p));
	}
}

bool form_fill(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, const struct form_field *fields, size_t n, struct err *e)
{
	struct fill w = {.arena = a, .form = f};
	clear_items(f->items, f->item_count);
	for (size_t i = 0; i < n; i++)
		if (!want_groups(a, f, p, fields[i].name, e))
			return false;
	for (size_t i = 0; i < n; i++)
		if (!put_field(&w, &fields[i], e))
			return false;
	join_dates(&w);
	return form_update(a, f, p, c, false, e);
}

/* ---- a stored response ---- */

struct restore {
	struct arena *arena;
	const struct pack *pack;
	struct err *e;
};

static bool restore_items(struct restore *r, struct form_item **items, size_t *n, const struct json *list);

static bool refuse(struct restore *r, const struct json *item, const char *why)
{
	return err_set(r->e, ERR_STRUCTURE, "item \"%.*s\" %s", STR_ARG(json_str(item, "linkId")), why);
}

/* The index-th item with this linkId; a repeating group grows as needed. */
static struct form_item *item_for(struct restore *r, struct form_item **items, size_t *n, struct str link_id, size_t index)
{
	size_t seen = 0;
	for (size_t i = 0; i < *n; i++)
		if (str_eq((*items)[i].link_id, link_id) && seen++ == index)
			return &(*items)[i];
	return seen ? form_add_instance(r->arena, r->pack, items, n, link_id, r->e) : NULL;
}

static struct form_item *prompt_of_reason(struct form_item *items, size_t n, struct str link_id)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].reason_definition && str_eq(json_str(items[i].reason_definition, "linkId"), link_id))
			return &items[i];
	return NULL;
}

static void restore_reason(struct form_item *prompt, const struct json *item)
{
	const struct json *value = form_value(json_at(json_getz(item, "answer"), 0), "value");
	prompt->reason = json_is(value, JSON_OBJECT) ? json_str(value, "code") : json_text(value);
}

static bool restore_answers(struct restore *r, struct form_item *i, const struct json *item)
{
	const struct json *answers = json_getz(item, "answer"), *kept = json_getz(item, "extension");
	form_clear(i);
	if (json_n(answers) > 1 && i->kind != FORM_MULTI_CHOICE && !i->repeats)
		return refuse(r, item, "takes one answer");
	for (size_t k = 0; k < json_n(answers); k++) {
		const struct json *answer = json_at(answers, k);
		if (!form_answer_from(r->arena, i, form_value(answer, "value")))
			return refuse(r, item, "has an answer of another type than its question");
		if (json_getz(answer, "item") && !restore_items(r, &i->children, &i->child_count, json_getz(answer, "item")))
			return false;
	}
	for (size_t k = 0; k < json_n(kept); k++)
		if (str_is(json_str(json_at(kept, k), "url"), FORM_EXT("typed")))
			form_add_answer(r->arena, i, json_str(json_at(kept, k), "valueString"));
	return true;
}

static bool restore_item(struct restore *r, struct form_item **items, size_t *n, const struct json *item, size_t index)
{
	struct str link_id = json_str(item, "linkId");
	struct form_item *prompt = prompt_of_reason(*items, *n, link_id);
	if (prompt) {
		restore_reason(prompt, item);
		return true;
	}
	struct form_item *i = item_for(r, items, n, link_id, index);
	if (!i)
		return refuse(r, item, "is not in this form, or not as often");
	if (i->kind != FORM_GROUP)
		return restore_answers(r, i, item);
	if (json_getz(item, "answer"))
		return refuse(r, item, "is a group, which has no answer");
	return restore_items(r, &i->children, &i->child_count, json_getz(item, "item"));
}

static bool restore_items(struct restore *r, struct form_item **items, size_t *n, const struct json *list)
{
	if (json_n(list) > FORM_ITEMS_MAX)
		return err_set(r->e, ERR_TOO_COSTLY, "response has more than %d items in one list", FORM_ITEMS_MAX);
	for (size_t k = 0; k < json_n(list); k++) {
		size_t index = 0;
		for (size_t before = 0; before < k; before++)
			index += str_eq(json_str(json_at(list, before), "linkId"), json_str(json_at(list, k), "linkId"));
		if (!restore_item(r, items, n, json_at(list, k), index))
			return false;
	}
	return true;
}

/* Of an old draft: links that the context does not say. */
static void restore_links(struct form *f, const struct json *response)
{
	struct str encounter = json_str(json_getz(response, "encounter"), "reference");
	struct str based_on = json_str(json_at(json_getz(response, "basedOn"), 0), "reference");
	struct str task = json_str(form_ext_value(response, FORM_EXT("answers-task")), "reference");
	f->id = json_str(response, "id");
	f->encounter = encounter.n ? encounter : f->encounter;
	f->based_on = based_on.n ? based_on : f->based_on;
	f->task = task.n ? task : f->task;
}

bool form_fill_response(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, const struct json *response, struct err *e)
{
	struct restore r = {a, p, e};
	clear_items(f->items, f->item_count);
	restore_links(f, response);
	return restore_items(&r, &f->items, &f->item_count, json_getz(response, "item")) && form_update(a, f, p, c, false, e);
}
