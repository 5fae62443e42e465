/* May the form be filed? What is wrong is said beside the item, in words for whoever fills it in. */
#include "form/internal.h"

struct checker {
	struct arena *arena;
	struct form *form;
	struct form_env env;
	struct err *e;
};

static bool wrong(struct checker *c, struct form_item *i, struct str why)
{
	if (!i->error.n) {
		i->error = why;
		c->form->errors++;
	}
	return true;
}

__attribute__((format(printf, 3, 4))) static bool wrongf(struct checker *c, struct form_item *i, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str why = str_vprintf(c->arena, fmt, args);
	va_end(args);
	return wrong(c, i, why);
}

/* "Who came with the child?" as it stands in "Answer: ..."; without the question mark. */
static struct str asked(const struct form_item *i)
{
	struct str s = str_trim(i->text);
	return s.n && (s.p[s.n - 1] == '?' || s.p[s.n - 1] == ':') ? str_sub(s, 0, s.n - 1) : s;
}

static bool is_choice(const struct form_item *i)
{
	return i->kind == FORM_CHOICE || i->kind == FORM_MULTI_CHOICE || i->kind == FORM_BOOLEAN || i->kind == FORM_REFERENCE;
}

/* ---- one answer ---- */

static size_t characters(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

static void check_length(struct checker *c, struct form_item *i, struct str typed)
{
	int64_t most, least;
	if (json_i64(json_getz(i->definition, "maxLength"), &most) && characters(typed) > (size_t)most)
		wrongf(c, i, "Use %lld characters or fewer", (long long)most);
	if (json_i64(form_ext_value(i->definition, HL7_EXT("minLength")), &least) && characters(str_trim(typed)) < (size_t)least)
		wrongf(c, i, "Say more: at least %lld characters", (long long)least);
}

/* A bound has the type of the answer; one of dates is compared as an interval. */
static int compare_bound(const struct form_item *i, const struct json *value, const struct json *bound)
{
	if (i->kind == FORM_DATE || i->kind == FORM_DATETIME) {
		struct date x, y;
		if (!date_parse(json_text(value), DATE_KIND_DATETIME, &x, NULL) || !date_parse(json_text(bound), DATE_KIND_DATETIME, &y, NULL))
			return 0;
		int64_t one = date_lo_us(&x), two = date_lo_us(&y);
		return one < two ? -1 : one > two;
	}
	if (i->kind == FORM_TIME)
		return str_cmp(json_text(value), json_text(bound));
	int64_t one, two; /* decimals are bounded by whole numbers here */
	struct str text = json_text(value);
	ptrdiff_t dot = str_find_char(text, '.');
	bool minus = text.n && text.p[0] == '-';
	if (!str_to_i64(dot < 0 ? text : str_sub(text, 0, (size_t)dot), &one) || !json_i64(bound, &two))
		return 0;
	if (one != two || dot < 0)
		return one < two ? -1 : one > two;
	for (size_t k = (size_t)dot + 1; k < text.n; k++)
		if (text.p[k] != '0')
			return minus ? -1 : 1;
	return 0;
}

static struct str shown(struct arena *a, const struct json *bound)
{
	struct date d;
	if (date_parse(json_text(bound), DATE_KIND_DATE, &d, NULL) && d.precision == DATE_DAY)
		return date_staff_days(a, days_from_civil(d.year, d.month, d.day));
	return json_text(bound);
}

static void check_bounds(struct checker *c, struct form_item *i, const struct json *value)
{
	const struct json *least = form_ext_value(i->definition, HL7_EXT("minValue")), *most = form_ext_value(i->definition, HL7_EXT("maxValue"));
	if (least && compare_bound(i, value, least) < 0)
		wrongf(c, i, "Must be %.*s or more", STR_ARG(shown(c->arena, least)));
	if (most && compare_bound(i, value, most) > 0)
		wrongf(c, i, "Must be %.*s or less", STR_ARG(shown(c->arena, most)));
}

static void check_answer(struct checker *c, struct form_item *i, const struct form_answer *answer)
{
	const char *name;
	struct json *value;
	struct err why = ERR_INIT;
	if (!form_answer_json(c->arena, i, answer, &name, &value, &why)) {
		wrong(c, i, str_dup(c->arena, str_from(why.message)));
		return;
	}
	if (i->kind == FORM_TEXT || i->kind == FORM_LONG_TEXT)
		check_length(c, i, answer->code_or_text);
	check_bounds(c, i, value);
}

/* ---- one item ---- */

static void check_prompt(struct checker *c, struct form_item *i)
{
	if (!i->answer_count) {
		wrongf(c, i, "Choose yes, no, declined or not asked: %.*s", STR_ARG(asked(i)));
		return;
	}
	if (!str_is(i->answers[0].code_or_text, "not-asked"))
		return;
	if (!str_trim(i->reason).n)
		wrongf(c, i, "Say why this was not asked: %.*s", STR_ARG(asked(i)));
	else if (i->reason_count && str_is(json_str(i->reason_definition, "type"), "choice") && !form_option_of(i->reasons, i->reason_count, i->reason))
		wrong(c, i, STR("Choose one of the reasons listed"));
}

static void check_count(struct checker *c, struct form_item *i)
{
	int64_t least, most;
	if (!i->required && !i->answer_count)
		return;
	if (json_i64(form_ext_value(i->definition, HL7_EXT("questionnaire-minOccurs")), &least) && (int64_t)i->answer_count < least)
		wrongf(c, i, "Give at least %lld", (long long)least);
	if (json_i64(form_ext_value(i->definition, HL7_EXT("questionnaire-maxOccurs")), &most) && (int64_t)i->answer_count > most)
		wrongf(c, i, "Give at most %lld", (long long)most);
}

static void check_items(struct checker *c, struct form_item *items, size_t n);

static void check_group(struct checker *c, struct form_item *i)
{
	bool first = !i->repeats || i->index == 0;
	if (i->repeats && !(first && i->required) && !form_answered(i))
		return; /* one more that was left blank is no more */
	if (i->required && first && !form_answered(i))
		wrongf(c, i, "Give: %.*s", STR_ARG(asked(i)));
	check_items(c, i->children, i->child_count);
}

static void check_question(struct checker *c, struct form_item *i)
{
	if (i->kind == FORM_PROMPT)
		check_prompt(c, i);
	else if (i->required && !i->answer_count)
		wrongf(c, i, "%s: %.*s", is_choice(i) ? "Choose" : i->kind == FORM_DATE ? "Enter a date" : "Enter", STR_ARG(asked(i)));
	for (size_t k = 0; k < i->answer_count; k++)
		check_answer(c, i, &i->answers[k]);
	check_count(c, i);
	if (i->answer_count)
		check_items(c, i->children, i->child_count);
}

static void check_items(struct checker *c, struct form_item *items, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (!items[k].enabled || items[k].kind == FORM_DISPLAY)
			continue;
		if (items[k].kind == FORM_GROUP)
			check_group(c, &items[k]);
		else
			check_question(c, &items[k]);
	}
}

/* ---- constraints ---- */

/* Of one constraint: what is said when it does not hold; empty when it does, or only warns. */
static bool broken(struct checker *c, const struct json *constraint, const struct json *node, const struct fhir_type *type, struct str *human)
{
	bool held = true;
	*human = STR_NONE;
	if (!str_is(json_text(form_ext_value(constraint, "severity")), "warning") &&
	    !form_eval_true(&c->env, form_ext_expression(constraint, "expression"), node, type, &held, c->e))
		return false;
	if (!held)
		*human = json_text(form_ext_value(constraint, "human"));
	return true;
}

static bool each_constraint(struct checker *c, const struct json *definition, struct form_item *item, const struct json *node, const struct fhir_type *type)
{
	const struct json *list = json_getz(definition, "extension");
	for (size_t i = 0; i < json_n(list); i++) {
		struct str human, url = json_str(json_at(list, i), "url");
		if (!str_is(url, HL7_EXT("questionnaire-constraint")) && !str_is(url, SDC_EXT("targetConstraint")))
			continue;
		if (!broken(c, json_at(list, i), node, type, &human))
			return false;
		if (human.n && item)
			wrong(c, item, human);
		else if (human.n && !c->form->error.n) {
			c->form->error = human;
			c->form->errors++;
		}
	}
	return true;
}

static const struct json *response_item(const struct json *within, struct str link_id, uint32_t index)
{
	const struct json *list = json_getz(within, "item");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_eq(json_str(json_at(list, i), "linkId"), link_id) && index-- == 0)
			return json_at(list, i);
	return NULL;
}

/* An item's constraint is about its answer; one that was not given breaks none. */
static bool check_constraints(struct checker *c, struct form_item *items, size_t n, const struct json *within)
{
	for (size_t k = 0; k < n; k++) {
		struct form_item *i = &items[k];
		const struct json *node = i->enabled ? response_item(within, i->link_id, i->repeats && i->kind == FORM_GROUP ? i->index : 0) : NULL;
		if (!node)
			continue;
		if (!each_constraint(c, i->definition, i, node, fhir_type(STR("QuestionnaireResponse.item"))))
			return err_context(c->e, "item \"%.*s\"", STR_ARG(i->link_id));
		const struct json *inside = i->kind == FORM_GROUP ? node : json_at(json_getz(node, "answer"), 0);
		if (!check_constraints(c, i->children, i->child_count, inside))
			return false;
	}
	return true;
}

static void clear_errors(struct form_item *items, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		items[k].error = STR_NONE;
		clear_errors(items[k].children, items[k].child_count);
	}
}

bool form_check(struct arena *a, struct form *f, const struct pack *p, const struct form_context *c, struct err *e)
{
	if (!form_update(a, f, p, c, false, e))
		return false;
	const struct json *response = form_response_so_far(a, f, c ? c->now_us : 0), *definition = f->questionnaire->body;
	struct checker k = {a, f, form_env_for(a, p, c, definition, response), e};
	f->errors = 0;
	f->error = STR_NONE;
	clear_errors(f->items, f->item_count);
	check_items(&k, f->items, f->item_count);
	if (!form_variables(&k.env, e) || !check_constraints(&k, f->items, f->item_count, response) ||
	    !each_constraint(&k, definition, NULL, NULL, NULL))
		return false;
	return f->errors == 0 || err_set(e, ERR_INVARIANT, "%zu answers are missing or wrong", f->errors);
}

static const struct form_item *nth_error(const struct form_item *items, size_t n, size_t *skip)
{
	for (size_t k = 0; k < n; k++) {
		if (!items[k].enabled)
			continue;
		if (items[k].error.n && (*skip)-- == 0)
			return &items[k];
		const struct form_item *deeper = nth_error(items[k].children, items[k].child_count, skip);
		if (deeper)
			return deeper;
	}
	return NULL;
}

const struct form_item *form_next_error(const struct form *f, size_t *at)
{
	size_t skip = (*at)++;
	return nth_error(f->items, f->item_count, &skip);
}
