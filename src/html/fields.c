/* What people type and choose. */
#include "html/components.h"

#include <string.h>

const char *html_classes(struct html *h, const char *first, const char *second)
{
	if (!second || !*second)
		return first;
	return str_c(h->out.arena, str_printf(h->out.arena, "%s %s", first, second));
}

static const char *add_modifier(struct html *h, const char *classes, const char *base, const char *modifier)
{
	if (!modifier)
		return classes;
	return str_c(h->out.arena, str_printf(h->out.arena, "%s %s--%s", classes, base, modifier));
}

static struct str field_id(const struct html_field *f)
{
	return f->id.n ? f->id : f->name;
}

static struct str suffixed(struct html *h, struct str id, const char *suffix)
{
	return str_cat(h->out.arena, id, str_from(suffix));
}

static void label_element(struct html *h, const struct html_field *f, struct str target)
{
	const char *classes = add_modifier(h, "nhsuk-label", "nhsuk-label", f->label_size);
	html_open(h, "label", f->label_hidden ? html_classes(h, classes, "nhsuk-u-visually-hidden") : classes);
	html_attr_opt(h, "id", f->label_id);
	html_attr_opt(h, "for", target);
	html_text(h, f->label);
	html_end(h);
}

void html_label(struct html *h, const struct html_field *f)
{
	if (!f->label.n)
		return;
	if (f->label_is_heading)
		html_open(h, "h1", "nhsuk-label-wrapper");
	label_element(h, f, field_id(f));
	if (f->label_is_heading)
		html_end(h);
}

void html_hint(struct html *h, struct str id, struct str text, const char *classes)
{
	html_open(h, "div", html_classes(h, "nhsuk-hint", classes));
	html_attr_opt(h, "id", id);
	html_text(h, text);
	html_end(h);
}

void html_error_message(struct html *h, struct str id, struct str text)
{
	html_open(h, "span", "nhsuk-error-message");
	html_attr_opt(h, "id", id);
	html_hidden(h, STR("Error: "));
	html_text(h, text);
	html_end(h);
}

/* Hint and error, and the value of aria-describedby that names them after what is there already. */
static struct str hint_and_error(struct html *h, const struct html_field *f, struct str described)
{
	struct buf b = buf_new(h->out.arena, 4096);
	buf_add(&b, described);
	struct str id = field_id(f);
	if (f->hint.n) {
		struct str hint_id = suffixed(h, id, "-hint");
		html_hint(h, hint_id, f->hint, NULL);
		buf_c(&b, b.n ? " " : "");
		buf_add(&b, hint_id);
	}
	if (f->error.n) {
		struct str error_id = suffixed(h, id, "-error");
		html_error_message(h, error_id, f->error);
		buf_c(&b, b.n ? " " : "");
		buf_add(&b, error_id);
	}
	return buf_str(&b);
}

static void form_group(struct html *h, const struct html_field *f, const char *more)
{
	const char *classes = f->error.n ? "nhsuk-form-group nhsuk-form-group--error" : "nhsuk-form-group";
	html_open(h, "div", html_classes(h, classes, more));
}

static const char *input_classes(struct html *h, const struct html_input *o, bool wrong)
{
	const char *c = "nhsuk-input";
	if (o->code)
		c = html_classes(h, c, "nhsuk-input--code");
	if (wrong)
		c = html_classes(h, c, "nhsuk-input--error");
	if (o->width)
		c = str_c(h->out.arena, str_printf(h->out.arena, "%s nhsuk-input--width-%d", c, o->width));
	return html_classes(h, c, o->field.classes);
}

static void input_element(struct html *h, const struct html_input *o, struct str described, bool wrong)
{
	const struct html_field *f = &o->field;
	html_open(h, "input", input_classes(h, o, wrong));
	html_attr(h, "id", field_id(f));
	html_attr(h, "name", f->name);
	html_attrz(h, "type", o->type ? o->type : "text");
	if (o->no_spellcheck)
		html_attrz(h, "spellcheck", "false");
	html_attr_opt(h, "value", f->value);
	html_attr_flag_if(h, "disabled", f->disabled);
	html_attr_opt(h, "aria-describedby", described);
	html_attr_opt(h, "autocomplete", str_from(f->autocomplete));
	html_attr_opt(h, "inputmode", str_from(o->inputmode));
	html_void(h);
}

static void affix(struct html *h, const char *classes, struct str text)
{
	if (!text.n)
		return;
	html_open(h, "div", classes);
	html_attrz(h, "aria-hidden", "true");
	html_text(h, text);
	html_end(h);
}

void html_input(struct html *h, const struct html_input *o)
{
	form_group(h, &o->field, NULL);
	html_label(h, &o->field);
	struct str described = hint_and_error(h, &o->field, STR_NONE);
	bool wrapped = o->prefix.n || o->suffix.n;
	if (wrapped)
		html_open(h, "div", "nhsuk-input-wrapper");
	affix(h, "nhsuk-input-wrapper__prefix", o->prefix);
	input_element(h, o, described, o->field.error.n > 0);
	affix(h, "nhsuk-input-wrapper__suffix", o->suffix);
	if (wrapped)
		html_end(h);
	html_end(h);
}

static void textarea_element(struct html *h, const struct html_textarea *o, struct str described, const char *more)
{
	const struct html_field *f = &o->field;
	const char *classes = f->error.n ? "nhsuk-textarea nhsuk-textarea--error" : "nhsuk-textarea";
	html_open(h, "textarea", html_classes(h, html_classes(h, classes, more), f->classes));
	html_attr(h, "id", field_id(f));
	html_attr(h, "name", f->name);
	html_attrf(h, "rows", "%d", o->rows ? o->rows : 5);
	html_attr_flag_if(h, "disabled", f->disabled);
	html_attr_opt(h, "aria-describedby", described);
	html_attr_opt(h, "autocomplete", str_from(f->autocomplete));
	/* a browser drops one newline after the tag; give it one to drop, or the first line typed would be lost */
	if (f->value.n && f->value.p[0] == '\n')
		html_textz(h, "\n");
	html_text(h, f->value);
	html_end(h);
}

void html_textarea(struct html *h, const struct html_textarea *o)
{
	if (o->maxlength) {
		html_character_count(h, o);
		return;
	}
	form_group(h, &o->field, NULL);
	html_label(h, &o->field);
	struct str described = hint_and_error(h, &o->field, STR_NONE);
	textarea_element(h, o, described, NULL);
	html_end(h);
}

void html_character_count(struct html *h, const struct html_textarea *o)
{
	struct str info = suffixed(h, field_id(&o->field), "-info");
	form_group(h, &o->field, "nhsuk-character-count");
	html_attrz(h, "data-module", "nhsuk-character-count");
	html_attrf(h, "data-maxlength", "%d", o->maxlength);
	html_label(h, &o->field);
	struct str described = hint_and_error(h, &o->field, info);
	textarea_element(h, o, described, "nhsuk-js-character-count");
	html_hint(h, info, str_printf(h->out.arena, "You can enter up to %d characters", o->maxlength),
		  "nhsuk-character-count__message");
	html_end(h);
}

static void select_options(struct html *h, const struct html_select *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct html_option *p = &o->options[i];
		if (p->divider.n) {
			html_start(h, "hr");
			html_void(h);
			continue;
		}
		html_start(h, "option");
		html_attr(h, "value", p->value);
		html_attr_flag_if(h, "selected", p->checked);
		html_attr_flag_if(h, "disabled", p->disabled);
		html_text(h, p->text);
		html_end(h);
	}
}

void html_select(struct html *h, const struct html_select *o)
{
	const struct html_field *f = &o->field;
	form_group(h, f, NULL);
	html_label(h, f);
	struct str described = hint_and_error(h, f, STR_NONE);
	const char *classes = f->error.n ? "nhsuk-select nhsuk-select--error" : "nhsuk-select";
	html_open(h, "select", html_classes(h, classes, f->classes));
	html_attr(h, "id", field_id(f));
	html_attr(h, "name", f->name);
	html_attr_flag_if(h, "disabled", f->disabled);
	html_attr_opt(h, "aria-describedby", described);
	select_options(h, o);
	html_end(h);
	html_end(h);
}

static void legend(struct html *h, const struct html_field *f)
{
	if (!f->label.n)
		return;
	html_open(h, "legend", add_modifier(h, "nhsuk-fieldset__legend", "nhsuk-fieldset__legend", f->label_size));
	html_attr_opt(h, "id", f->label_id);
	if (f->label_is_heading)
		html_el(h, "h1", "nhsuk-fieldset__heading", f->label);
	else
		html_text(h, f->label);
	html_end(h);
}

static struct str described_by(struct html *h, const struct html_field *f)
{
	struct buf b = buf_new(h->out.arena, 4096);
	if (f->hint.n) {
		buf_add(&b, field_id(f));
		buf_c(&b, f->error.n ? "-hint " : "-hint");
	}
	if (f->error.n) {
		buf_add(&b, field_id(f));
		buf_c(&b, "-error");
	}
	return buf_str(&b);
}

void html_fieldset_open(struct html *h, const struct html_field *f, const char *role)
{
	html_open(h, "fieldset", "nhsuk-fieldset");
	html_attr_opt(h, "id", f->id);
	html_attr_opt(h, "role", str_from(role));
	if (f->hint.n || f->error.n)
		html_attr(h, "aria-describedby", described_by(h, f));
	legend(h, f);
}

/* "nhsuk-radios" and "nhsuk-checkboxes" differ in little. */
struct choice_kind {
	const char *block, *type, *item, *input, *label, *hint, *divider, *conditional, *hidden;
};

static const struct choice_kind radios = {"nhsuk-radios",
					  "radio",
					  "nhsuk-radios__item",
					  "nhsuk-radios__input",
					  "nhsuk-label nhsuk-radios__label",
					  "nhsuk-radios__hint",
					  "nhsuk-radios__divider",
					  "nhsuk-radios__conditional",
					  "nhsuk-radios__conditional nhsuk-radios__conditional--hidden"};
static const struct choice_kind checkboxes = {"nhsuk-checkboxes",
					      "checkbox",
					      "nhsuk-checkboxes__item",
					      "nhsuk-checkboxes__input",
					      "nhsuk-label nhsuk-checkboxes__label",
					      "nhsuk-checkboxes__hint",
					      "nhsuk-checkboxes__divider",
					      "nhsuk-checkboxes__conditional",
					      "nhsuk-checkboxes__conditional nhsuk-checkboxes__conditional--hidden"};

static void choice_input(struct html *h, const struct choice_kind *k, const struct html_choices *o, const struct html_option *p,
			 struct str id)
{
	html_open(h, "input", k->input);
	html_attr(h, "id", id);
	html_attr(h, "name", p->name.n ? p->name : o->field.name);
	html_attrz(h, "type", k->type);
	html_attr(h, "value", p->value);
	html_attr_flag_if(h, "checked", p->checked);
	html_attr_flag_if(h, "disabled", p->disabled || o->field.disabled);
	if (p->exclusive)
		html_attrz(h, "data-behaviour", "exclusive");
	if (p->conditional.fn)
		html_attrf(h, "data-aria-controls", "conditional-%.*s", STR_ARG(id));
	if (p->hint.n)
		html_attrf(h, "aria-describedby", "%.*s-item-hint", STR_ARG(id));
	html_void(h);
}

static void choice_item(struct html *h, const struct choice_kind *k, const struct html_choices *o, size_t i)
{
	const struct html_option *p = &o->options[i];
	if (p->divider.n) {
		html_el(h, "div", k->divider, p->divider);
		return;
	}
	struct str prefix = field_id(&o->field);
	struct str id = p->id.n ? p->id : i == 0 ? prefix : str_printf(h->out.arena, "%.*s-%zu", STR_ARG(prefix), i + 1);
	html_open(h, "div", k->item);
	choice_input(h, k, o, p, id);
	html_open(h, "label", k->label);
	html_attr(h, "for", id);
	html_text(h, p->text);
	html_end(h);
	if (p->hint.n)
		html_hint(h, suffixed(h, id, "-item-hint"), p->hint, k->hint);
	html_end(h);
	if (!p->conditional.fn)
		return;
	html_open(h, "div", p->checked ? k->conditional : k->hidden);
	html_attrf(h, "id", "conditional-%.*s", STR_ARG(id));
	p->conditional.fn(h, p->conditional.arg);
	html_end(h);
}

static void choices(struct html *h, const struct choice_kind *k, const struct html_choices *o)
{
	struct html_field f = o->field;
	f.id = field_id(&o->field);
	form_group(h, &f, NULL);
	if (f.label.n) {
		struct html_field set = f;
		set.id = STR_NONE;
		set.name = f.id;
		html_fieldset_open(h, &set, NULL);
	}
	hint_and_error(h, &f, STR_NONE);
	const char *classes = k->block;
	classes = o->small ? add_modifier(h, classes, k->block, "small") : classes;
	classes = o->in_line ? add_modifier(h, classes, k->block, "inline") : classes;
	html_open(h, "div", html_classes(h, classes, f.classes));
	html_attrz(h, "data-module", k->block);
	for (size_t i = 0; i < o->n; i++)
		choice_item(h, k, o, i);
	html_end(h);
	if (f.label.n)
		html_end(h);
	html_end(h);
}

void html_radios(struct html *h, const struct html_choices *o)
{
	choices(h, &radios, o);
}

void html_checkboxes(struct html *h, const struct html_choices *o)
{
	choices(h, &checkboxes, o);
}

struct date_part {
	const char *key;
	struct str label, value;
	int width;
	bool wrong;
};

static void date_part(struct html *h, const struct html_field *f, const struct date_part *p)
{
	struct arena *a = h->out.arena;
	html_open(h, "div", "nhsuk-date-input__item");
	html_open(h, "div", p->wrong ? "nhsuk-form-group nhsuk-form-group--error" : "nhsuk-form-group");
	struct html_input part = {.width = p->width, .inputmode = "numeric"};
	part.field.id = str_printf(a, "%.*s-%s", STR_ARG(field_id(f)), p->key);
	part.field.name = f->name.n ? str_printf(a, "%.*s-%s", STR_ARG(f->name), p->key) : str_from(p->key);
	part.field.value = p->value;
	part.field.disabled = f->disabled;
	part.field.classes = "nhsuk-date-input__input";
	html_open(h, "label", "nhsuk-label nhsuk-date-input__label");
	html_attr(h, "for", part.field.id);
	html_text(h, p->label);
	html_end(h);
	input_element(h, &part, STR_NONE, p->wrong);
	html_end(h);
	html_end(h);
}

void html_date_input(struct html *h, const struct html_date_input *o)
{
	const struct html_field *f = &o->field;
	bool all = f->error.n && !o->day_wrong && !o->month_wrong && !o->year_wrong;
	const struct date_part parts[] = {{"day", STR("Day"), o->day, 2, all || o->day_wrong},
					  {"month", STR("Month"), o->month, 2, all || o->month_wrong},
					  {"year", STR("Year"), o->year, 4, all || o->year_wrong}};
	form_group(h, f, NULL);
	struct html_field set = *f;
	set.id = STR_NONE;
	set.name = field_id(f);
	if (f->label.n)
		html_fieldset_open(h, &set, "group");
	hint_and_error(h, f, STR_NONE);
	html_open(h, "div", "nhsuk-date-input");
	html_attr_opt(h, "id", field_id(f));
	for (size_t i = 0; i < 3; i++)
		date_part(h, f, &parts[i]);
	html_end(h);
	if (f->label.n)
		html_end(h);
	html_end(h);
}
