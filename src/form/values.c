/* Answers: what was typed, and the element it stands for. */
#include <string.h>

#include "form/internal.h"

const struct form_option *form_option_of(const struct form_option *options, size_t n, struct str code)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(options[i].code, code))
			return &options[i];
	return NULL;
}

bool form_answered(const struct form_item *i)
{
	if (i->answer_count)
		return true;
	for (size_t k = 0; k < i->child_count; k++)
		if (form_answered(&i->children[k]))
			return true;
	return false;
}

void form_clear(struct form_item *i)
{
	i->answer_count = 0;
	i->answers = NULL;
	i->reason = STR_NONE;
	i->error = STR_NONE;
	i->prefilled = false;
}

void form_add_answer(struct arena *a, struct form_item *i, struct str typed)
{
	if (!str_trim(typed).n)
		return;
	const struct form_option *o = form_option_of(i->options, i->option_count, typed);
	i->answers = arena_grow(a, i->answers, i->answer_count * sizeof *i->answers, (i->answer_count + 1) * sizeof *i->answers);
	i->answers[i->answer_count++] = (struct form_answer){typed, o ? o->display : typed};
}

void form_set_answer(struct arena *a, struct form_item *i, struct str typed)
{
	i->answers = NULL;
	i->answer_count = 0;
	form_add_answer(a, i, typed);
}

/* ---- dates as people write them ---- */

static int month_of(struct str s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	if (s.n < 3)
		return 0;
	for (int m = 0; m < 12; m++)
		if (str_eq_nocase(str_sub(s, 0, 3), (struct str){names + 3 * m, 3}))
			return m + 1;
	return 0;
}

/* "27/3/2026", "27-Mar-2026", "27 March 2026"; others as they are. */
static struct str iso_date(struct arena *a, struct str typed)
{
	struct str s = str_trim(typed), part[3] = {0};
	char sep = str_find_char(s, '/') > 0 ? '/' : str_find_char(s, ' ') > 0 ? ' ' : '-';
	size_t n = 0;
	struct str rest = s;
	while (n < 3 && str_next(&rest, sep, &part[n]))
		n++;
	int64_t day, month, year;
	if (n != 3 || rest.n || part[2].n != 4 || part[0].n > 2 || !str_to_i64(part[0], &day) || !str_to_i64(part[2], &year))
		return s;
	if (!str_to_i64(part[1], &month))
		month = month_of(part[1]);
	if (day < 1 || day > 31 || month < 1 || month > 12 || year < 1000)
		return s;
	return str_printf(a, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

/* A local date and time ("2026-03-27T16:10", "2026-03-27 16:10") gets its zone. */
static struct str iso_datetime(struct arena *a, struct str typed)
{
	struct str s = str_trim(typed);
	struct date day, time;
	ptrdiff_t gap = str_find_char(s, 'T');
	if (gap < 0) {
		for (gap = (ptrdiff_t)s.n - 1; gap > 0 && s.p[gap] != ' ';)
			gap--;
	}
	if (gap <= 0 || s.n - (size_t)gap - 1 > 8)
		return iso_date(a, s);
	struct str date = iso_date(a, str_sub(s, 0, (size_t)gap)), clock = str_sub(s, (size_t)gap + 1, s.n);
	if (clock.n == 5)
		clock = str_cat(a, clock, STR(":00"));
	if (!date_parse(date, DATE_KIND_DATE, &day, NULL) || day.precision != DATE_DAY || !date_parse(clock, DATE_KIND_TIME, &time, NULL))
		return s;
	return date_local_iso(a, us_from_local(days_from_civil(day.year, day.month, day.day), time.hour, time.minute, time.second));
}

static struct str iso_time(struct arena *a, struct str typed)
{
	struct str s = str_trim(typed);
	return s.n == 5 ? str_cat(a, s, STR(":00")) : s;
}

/* ---- typed to element ---- */

static bool coding_json(struct arena *a, const struct form_option *options, size_t n, struct str code, bool open, const char **name, struct json **value)
{
	const struct form_option *o = form_option_of(options, n, code);
	if (!o && !open)
		return false;
	if (!o || !o->system.p) {
		*name = "valueString";
		*value = json_string(a, o ? o->code : code);
		return true;
	}
	*name = "valueCoding";
	*value = json_object(a);
	json_set_str(a, *value, "system", o->system);
	json_set_str(a, *value, "code", o->code);
	json_set_str(a, *value, "display", o->display);
	return true;
}

static bool primitive_json(const struct json *value, const char *type, const char *wants, struct err *e)
{
	if (fhir_primitive_ok(fhir_type(str_from(type)), value, NULL))
		return true;
	return err_set(e, ERR_VALUE, "%s", wants);
}

/* JSON numbers begin with a digit or a minus, and only those are numbers here. */
static bool number_json(struct arena *a, struct str typed, bool whole, struct json **value, struct err *e)
{
	struct str s = str_trim(typed);
	size_t digits = 0, dots = 0;
	for (size_t i = 0; i < s.n; i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		dots += s.p[i] == '.' && i > 0 && i + 1 < s.n && s.p[i - 1] != '-';
	}
	bool minus = s.n && s.p[0] == '-', zero = s.n > (size_t)minus + 1 && s.p[minus] == '0' && s.p[minus + 1] != '.';
	if (!digits || digits + dots + minus != s.n || dots > (whole ? 0 : 1) || zero)
		return err_set(e, ERR_VALUE, whole ? "Enter a whole number" : "Enter a number");
	*value = json_number(a, s);
	return !whole || primitive_json(*value, "integer", "Enter a whole number", e);
}

static bool dated_json(struct arena *a, const struct form_item *i, struct str typed, const char **name, struct json **value, struct err *e)
{
	if (i->kind == FORM_DATE) {
		*name = "valueDate";
		*value = json_string(a, iso_date(a, typed));
		return primitive_json(*value, "date", "Enter a date that exists, such as 27 3 2026", e);
	}
	if (i->kind == FORM_DATETIME) {
		*name = "valueDateTime";
		*value = json_string(a, iso_datetime(a, typed));
		return primitive_json(*value, "dateTime", "Enter a date and time that exist, such as 27/3/2026 16:10", e);
	}
	*name = "valueTime";
	*value = json_string(a, iso_time(a, typed));
	return primitive_json(*value, "time", "Enter a time, such as 16:10", e);
}

static bool text_json(struct arena *a, const struct form_item *i, struct str typed, const char **name, struct json **value, struct err *e)
{
	bool url = str_is(json_str(i->definition, "type"), "url");
	*name = url ? "valueUri" : "valueString";
	*value = json_string(a, url ? str_trim(typed) : typed);
	return primitive_json(*value, url ? "uri" : "string", url ? "Enter a web address" : "This text has characters that cannot be kept", e);
}

static bool reference_json(struct arena *a, struct str typed, const char **name, struct json **value, struct err *e)
{
	struct fhir_reference ref;
	if (!fhir_reference_parse(str_trim(typed), STR_NONE, &ref))
		return err_set(e, ERR_VALUE, "Choose one of those listed");
	*name = "valueReference";
	*value = json_object(a);
	json_set_str(a, *value, "reference", str_trim(typed));
	return true;
}

bool form_answer_json(struct arena *a, const struct form_item *i, const struct form_answer *answer, const char **name, struct json **value, struct err *e)
{
	struct str typed = answer->code_or_text;
	switch (i->kind) {
	case FORM_INTEGER:
		*name = "valueInteger";
		return number_json(a, typed, true, value, e);
	case FORM_DECIMAL:
		*name = "valueDecimal";
		return number_json(a, typed, false, value, e);
	case FORM_DATE:
	case FORM_DATETIME:
	case FORM_TIME:
		return dated_json(a, i, typed, name, value, e);
	case FORM_BOOLEAN:
		*name = "valueBoolean";
		*value = json_bool(a, str_is(typed, "true"));
		return str_is(typed, "true") || str_is(typed, "false") || err_set(e, ERR_VALUE, "Choose yes or no");
	case FORM_CHOICE:
	case FORM_MULTI_CHOICE:
	case FORM_PROMPT:
		return coding_json(a, i->options, i->option_count, typed, i->open, name, value) || err_set(e, ERR_VALUE, "Choose one of those listed");
	case FORM_REFERENCE:
		return reference_json(a, typed, name, value, e);
	case FORM_TEXT:
	case FORM_LONG_TEXT:
		return text_json(a, i, typed, name, value, e);
	case FORM_GROUP:
	case FORM_DISPLAY:
		break;
	}
	return err_set(e, ERR_STRUCTURE, "a group has no answer");
}

/* ---- element to typed ---- */

static bool wants(const struct form_item *i, const struct json *value)
{
	switch (i->kind) {
	case FORM_INTEGER:
	case FORM_DECIMAL:
		return json_is(value, JSON_NUMBER);
	case FORM_BOOLEAN:
		return json_is(value, JSON_BOOL);
	case FORM_CHOICE:
	case FORM_MULTI_CHOICE:
	case FORM_PROMPT:
		return json_is(value, JSON_STRING) || json_is(value, JSON_OBJECT);
	case FORM_REFERENCE:
		return json_is(value, JSON_OBJECT) && json_str(value, "reference").n;
	case FORM_GROUP:
	case FORM_DISPLAY:
		return false;
	default:
		return json_is(value, JSON_STRING);
	}
}

bool form_answer_from(struct arena *a, struct form_item *i, const struct json *value)
{
	if (!wants(i, value))
		return false;
	struct str typed = json_text(value), display = STR_NONE;
	if (value->type == JSON_BOOL)
		typed = json_true(value) ? STR("true") : STR("false");
	if (value->type == JSON_OBJECT) {
		typed = json_str(value, i->kind == FORM_REFERENCE ? "reference" : "code");
		display = json_str(value, "display");
	}
	if (!typed.n)
		return false;
	form_add_answer(a, i, typed);
	if (display.n && i->answer_count)
		i->answers[i->answer_count - 1].display = display;
	return true;
}
