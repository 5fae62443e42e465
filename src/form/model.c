/* From a Questionnaire to the items of a form. */
#include <string.h>

#include "form/internal.h"

/* ---- reading the Questionnaire ---- */

const struct json *form_ext(const struct json *of, const char *url)
{
	const struct json *list = json_getz(of, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), url))
			return json_at(list, i);
	return NULL;
}

const struct json *form_value(const struct json *of, const char *prefix)
{
	for (uint32_t i = 0; json_is(of, JSON_OBJECT) && i < of->n; i++)
		if (str_starts(of->members[i].key, str_from(prefix)))
			return of->members[i].value;
	return NULL;
}

const struct json *form_ext_value(const struct json *of, const char *url)
{
	return form_value(form_ext(of, url), "value");
}

struct str form_ext_expression(const struct json *of, const char *url)
{
	const struct json *value = form_ext_value(of, url);
	return json_is(value, JSON_OBJECT) ? json_str(value, "expression") : json_text(value);
}

/* ---- options ---- */

typedef VEC(struct form_option) option_list;

static void add_coding(struct arena *a, option_list *list, const struct pack *p, const struct json *coding)
{
	struct form_option o = {json_str(coding, "system"), json_str(coding, "code"), json_str(coding, "display")};
	if (!o.display.n)
		o.display = pack_display(p, o.system, o.code);
	VEC_PUSH(a, list, o);
}

static void add_bundled(struct arena *a, option_list *list, struct str url)
{
	uint16_t set = fhir_value_set_find(url);
	struct fhir_code code;
	for (size_t i = 0; fhir_value_set_code(set, i, &code); i++)
		VEC_PUSH(a, list, (struct form_option){str_from(code.system), str_from(code.code), str_from(*code.display ? code.display : code.code)});
}

static option_list options_of(struct arena *a, const struct pack *p, const struct json *definition)
{
	option_list list = {0};
	const struct json *own = json_getz(definition, "answerOption");
	for (size_t i = 0; i < json_n(own); i++) {
		const struct json *value = form_value(json_at(own, i), "value");
		if (json_is(value, JSON_OBJECT))
			add_coding(a, &list, p, value);
		else
			VEC_PUSH(a, &list, (struct form_option){STR_NONE, json_text(value), json_text(value)});
	}
	struct str set = json_str(definition, "answerValueSet");
	const struct json *codings = set.n ? pack_value_set(p, set) : NULL;
	for (size_t i = 0; i < json_n(codings); i++)
		add_coding(a, &list, p, json_at(codings, i));
	if (set.n && !codings)
		add_bundled(a, &list, set);
	return list;
}

/* ---- kinds ---- */

static bool kind_of(const struct json *definition, enum form_kind *kind, bool *open)
{
	static const struct {
		const char *type;
		enum form_kind kind;
	} kinds[] = {
		{"group", FORM_GROUP},	     {"display", FORM_DISPLAY}, {"string", FORM_TEXT},	     {"text", FORM_LONG_TEXT}, {"url", FORM_TEXT},
		{"integer", FORM_INTEGER},   {"decimal", FORM_DECIMAL}, {"date", FORM_DATE},	     {"dateTime", FORM_DATETIME}, {"time", FORM_TIME},
		{"boolean", FORM_BOOLEAN},   {"choice", FORM_CHOICE},	{"open-choice", FORM_CHOICE}, {"reference", FORM_REFERENCE},
	};
	struct str type = json_str(definition, "type");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!str_is(type, kinds[i].type))
			continue;
		*kind = kinds[i].kind;
		*open = str_is(type, "open-choice");
		if (*kind == FORM_CHOICE && form_ext(definition, FORM_EXT("prompt")))
			*kind = FORM_PROMPT;
		else if (*kind == FORM_CHOICE && json_true(json_getz(definition, "repeats")))
			*kind = FORM_MULTI_CHOICE;
		return true;
	}
	return false;
}

/* ---- items ---- */

struct build {
	struct arena *arena;
	const struct pack *pack;
	size_t made;
	struct err *e;
};

static bool build_items(struct build *b, const struct json *list, struct str prefix, struct form_item **items, size_t *n);

/* The item that holds the reason of a prompt beside it; shown with the prompt, not by itself. */
static const struct json *reason_of(const struct json *list, const struct json *prompt)
{
	struct str id = json_text(form_ext_value(form_ext(prompt, FORM_EXT("prompt")), "reason"));
	for (size_t i = 0; id.n && i < json_n(list); i++)
		if (str_eq(json_str(json_at(list, i), "linkId"), id))
			return json_at(list, i);
	return NULL;
}

static bool is_reason(const struct json *list, const struct json *item)
{
	for (size_t i = 0; i < json_n(list); i++)
		if (form_ext(json_at(list, i), FORM_EXT("prompt")) && reason_of(list, json_at(list, i)) == item)
			return true;
	return false;
}

static void put_initial(struct arena *a, struct form_item *i)
{
	const struct json *list = json_getz(i->definition, "initial"), *options = json_getz(i->definition, "answerOption");
	for (size_t k = 0; k < json_n(list); k++)
		form_answer_from(a, i, form_value(json_at(list, k), "value"));
	for (size_t k = 0; k < json_n(options); k++)
		if (json_true(json_getz(json_at(options, k), "initialSelected")))
			form_answer_from(a, i, form_value(json_at(options, k), "value"));
}

static void fill_prompt(struct build *b, struct form_item *i, const struct json *list)
{
	i->reason_definition = reason_of(list, i->definition);
	option_list reasons = options_of(b->arena, b->pack, i->reason_definition);
	i->reasons = reasons.v;
	i->reason_count = reasons.n;
	i->required = true; /* blank cannot be filed */
}

static bool build_item(struct build *b, const struct json *list, const struct json *definition, struct str prefix, uint32_t index, struct form_item *i)
{
	*i = (struct form_item){.link_id = json_str(definition, "linkId"), .text = json_str(definition, "text"), .definition = definition, .enabled = true};
	if (++b->made > FORM_ITEMS_MAX)
		return err_set(b->e, ERR_TOO_COSTLY, "form has more than %d items", FORM_ITEMS_MAX);
	if (!kind_of(definition, &i->kind, &i->open))
		return err_set(b->e, ERR_NOT_SUPPORTED, "item \"%.*s\" has the type \"%.*s\", which forms here do not have", STR_ARG(i->link_id),
			       STR_ARG(json_str(definition, "type")));
	i->repeats = json_true(json_getz(definition, "repeats"));
	i->index = index;
	i->required = json_true(json_getz(definition, "required"));
	i->read_only = json_true(json_getz(definition, "readOnly")) || form_ext(definition, SDC_EXT("sdc-questionnaire-calculatedExpression"));
	i->hint = json_text(form_ext_value(definition, FORM_EXT("hint")));
	i->finding = json_text(form_ext_value(definition, FORM_EXT("finding")));
	i->name = str_cat(b->arena, prefix, i->link_id);
	if (i->kind == FORM_GROUP && i->repeats) {
		i->name = str_printf(b->arena, "%.*s.%u", STR_ARG(i->name), index);
		prefix = str_cat(b->arena, i->name, STR(":"));
	}
	option_list options = options_of(b->arena, b->pack, definition);
	i->options = options.v;
	i->option_count = options.n;
	if (i->kind == FORM_PROMPT)
		fill_prompt(b, i, list);
	put_initial(b->arena, i);
	return build_items(b, json_getz(definition, "item"), prefix, &i->children, &i->child_count);
}

static bool build_items(struct build *b, const struct json *list, struct str prefix, struct form_item **items, size_t *n)
{
	*items = ARENA_ARRAY(b->arena, struct form_item, json_n(list));
	*n = 0;
	for (size_t k = 0; k < json_n(list); k++) {
		if (is_reason(list, json_at(list, k)))
			continue;
		if (!build_item(b, list, json_at(list, k), prefix, 0, &(*items)[*n]))
			return false;
		(*n)++;
	}
	return true;
}

/* ---- what switches an item on, for the page's script ---- */

static const struct form_item *find_link(const struct form_item *items, size_t n, struct str link_id)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(items[i].link_id, link_id))
			return &items[i];
		const struct form_item *deeper = find_link(items[i].children, items[i].child_count, link_id);
		if (deeper)
			return deeper;
	}
	return NULL;
}

static const struct form_item *find_from(const struct form_scope *scope, struct str link_id)
{
	const struct form_item *found = NULL;
	for (; scope && !found; scope = scope->up)
		found = find_link(scope->items, scope->n, link_id);
	return found;
}

/* One "NAME=VALUE"; false when only the server can tell. */
static bool describe_condition(struct buf *b, const struct form_scope *scope, const struct json *when)
{
	const struct form_item *question = find_from(scope, json_str(when, "question"));
	const struct json *answer = form_value(when, "answer");
	struct str op = json_str(when, "operator");
	struct str value = json_is(answer, JSON_OBJECT) ? json_str(answer, "code") : json_text(answer);
	if (json_is(answer, JSON_BOOL))
		value = str_is(op, "exists") ? STR("*") : json_true(answer) ? STR("true") : STR("false");
	bool exists = str_is(op, "exists");
	if (!question || !value.n || str_find_char(value, ' ') >= 0 || (!exists && !str_is(op, "=")) || (exists && !json_true(answer)))
		return false;
	buf_printf(b, " %.*s=%.*s", STR_ARG(question->name), STR_ARG(value));
	return true;
}

static void describe_items(struct arena *a, const struct form_scope *up, struct form_item *items, size_t n)
{
	struct form_scope scope = {up, items, n};
	for (size_t i = 0; i < n; i++) {
		const struct json *list = json_getz(items[i].definition, "enableWhen");
		struct buf b = buf_new(a, 1024);
		buf_c(&b, str_is(json_str(items[i].definition, "enableBehavior"), "any") ? "any" : "all");
		bool told = json_n(list) > 0 && !form_ext(items[i].definition, SDC_EXT("sdc-questionnaire-enableWhenExpression"));
		for (size_t k = 0; told && k < json_n(list); k++)
			told = describe_condition(&b, &scope, json_at(list, k));
		items[i].enable_when = told && buf_ok(&b) ? buf_str(&b) : STR_NONE;
		describe_items(a, &scope, items[i].children, items[i].child_count);
	}
}

bool form_build(struct arena *a, const struct pack *p, const struct pack_resource *q, struct form **out, struct err *e)
{
	struct form *f = ARENA_NEW(a, struct form);
	struct build b = {a, p, 0, e};
	f->questionnaire = q;
	f->title = json_str(q->body, "title");
	f->intro = json_str(q->body, "description");
	if (!build_items(&b, json_getz(q->body, "item"), STR(""), &f->items, &f->item_count))
		return false;
	describe_items(a, NULL, f->items, f->item_count);
	*out = f;
	return true;
}

struct form_item *form_add_instance(struct arena *a, const struct pack *p, struct form_item **items, size_t *n, struct str link_id, struct err *e)
{
	size_t last = *n;
	for (size_t i = 0; i < *n; i++)
		if (str_eq((*items)[i].link_id, link_id))
			last = i;
	const struct json *max = last < *n ? form_ext_value((*items)[last].definition, HL7_EXT("questionnaire-maxOccurs")) : NULL;
	int64_t most = FORM_REPEATS_MAX;
	json_i64(max, &most);
	if (last == *n || !(*items)[last].repeats || (int64_t)(*items)[last].index + 1 >= most || most > FORM_REPEATS_MAX) {
		err_set(e, ERR_VALUE, "\"%.*s\" cannot be given more often", STR_ARG(link_id));
		return NULL;
	}
	struct build b = {a, p, 0, e};
	struct form_item made;
	struct str name = (*items)[last].name; /* PREFIX linkId . index */
	size_t dot = name.n;
	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	struct str prefix = str_sub(name, 0, dot - 1 - link_id.n);
	if (!build_item(&b, NULL, (*items)[last].definition, prefix, (*items)[last].index + 1, &made))
		return NULL;
	struct form_item *grown = ARENA_ARRAY(a, struct form_item, *n + 1);
	memcpy(grown, *items, (last + 1) * sizeof **items);
	grown[last + 1] = made;
	memcpy(grown + last + 2, *items + last + 1, (*n - last - 1) * sizeof **items);
	*items = grown;
	(*n)++;
	return &grown[last + 1];
}
