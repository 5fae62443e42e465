/* S4 Form: any form of the pack, from its model. Known facts are shown, not asked. Works without script. */
#include "web/view.h"

#include <string.h>

/* "children.0:name" is a name, and a fragment may hold any of it, but an id that CSS and labels like has letters, digits, - and _ only. */
static struct str id_of(struct html *h, struct str name)
{
	char *p = arena_alloc(h->out.arena, name.n + 1);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
		p[i] = plain ? c : '_';
	}
	return str_cat(h->out.arena, STR("q-"), (struct str){p, name.n});
}

static struct str first_answer(const struct form_item *q)
{
	return q->answer_count ? q->answers[0].code_or_text : STR_NONE;
}

static bool chosen(const struct form_item *q, const struct form_option *o)
{
	for (size_t i = 0; i < q->answer_count; i++)
		if (str_eq(q->answers[i].code_or_text, o->code))
			return true;
	return false;
}

static struct html_field field_of(struct html *h, const struct form_item *q)
{
	struct str label = q->text;
	if (!q->required && q->kind != FORM_PROMPT && q->kind != FORM_GROUP)
		label = str_cat(h->out.arena, q->text, STR(" (optional)"));
	struct str hint = q->hint;
	if (q->prefilled)
		hint = str_printf(h->out.arena, "%.*s%sFilled from the record. Change it if it is wrong.", STR_ARG(hint), hint.n ? " " : "");
	return (struct html_field){.id = id_of(h, q->name), .name = q->name, .label = label, .label_size = "s", .hint = hint, .error = q->error,
				   .value = first_answer(q), .autocomplete = "off"};
}

static struct html_option *choice_options(struct html *h, const struct form_item *q)
{
	struct html_option *o = ARENA_ARRAY(h->out.arena, struct html_option, q->option_count + 1);
	for (size_t i = 0; i < q->option_count; i++)
		o[i] = (struct html_option){.value = q->options[i].code, .text = q->options[i].display, .checked = chosen(q, &q->options[i])};
	return o;
}

static void choice(struct html *h, const struct form_item *q)
{
	struct html_choices c = {.field = field_of(h, q), .options = choice_options(h, q), .n = q->option_count, .small = true};
	if (q->kind == FORM_MULTI_CHOICE) {
		html_checkboxes(h, &c);
		return;
	}
	if (q->option_count <= 8) {
		html_radios(h, &c);
		return;
	}
	struct html_option *with_none = ARENA_ARRAY(h->out.arena, struct html_option, q->option_count + 1);
	with_none[0] = (struct html_option){.text = STR("Choose")};
	for (size_t i = 0; i < q->option_count; i++)
		with_none[i + 1] = c.options[i];
	html_select(h, &(struct html_select){.field = c.field, .options = with_none, .n = q->option_count + 1});
}

/* A choice that takes other words too: the same name again, for what is not in the list. */
static void open_choice(struct html *h, const struct form_item *q)
{
	bool other = q->answer_count > 0;
	for (size_t i = 0; i < q->option_count; i++)
		other = other && !chosen(q, &q->options[i]);
	choice(h, q);
	struct html_field f = {.name = q->name, .label = STR("Something else"), .value = other ? first_answer(q) : STR("")};
	f.id = id_of(h, str_cat(h->out.arena, q->name, STR("-other")));
	html_input(h, &(struct html_input){.field = f, .width = 20});
}

static void boolean(struct html *h, const struct form_item *q)
{
	const struct html_option o[] = {{.value = STR("true"), .text = STR("Yes"), .checked = str_is(first_answer(q), "true")},
					{.value = STR("false"), .text = STR("No"), .checked = str_is(first_answer(q), "false")}};
	html_radios(h, &(struct html_choices){.field = field_of(h, q), .options = o, .n = 2, .small = true, .in_line = true});
}

/* Why it was not asked: beside the answers, and with script only while "not asked" is chosen. (The library's own conditional part puts
 * aria-expanded on a radio, which ARIA does not allow.) */
static void reason(struct html *h, const struct form_item *q)
{
	struct html_option *o = ARENA_ARRAY(h->out.arena, struct html_option, q->reason_count + 1);
	o[0] = (struct html_option){.text = STR("Choose a reason")};
	for (size_t i = 0; i < q->reason_count; i++)
		o[i + 1] = (struct html_option){.value = q->reasons[i].code, .text = q->reasons[i].display,
						.checked = str_eq(q->reasons[i].code, q->reason)};
	struct html_field f = {.name = str_cat(h->out.arena, q->name, STR(".reason")), .label = STR("If it was not asked: why?"), .value = q->reason};
	f.id = id_of(h, f.name);
	html_open(h, "div", "app-when");
	html_attrf(h, "data-when", "all %.*s=not-asked", STR_ARG(q->name));
	if (q->reason_count)
		html_select(h, &(struct html_select){.field = f, .options = o, .n = q->reason_count + 1});
	else
		html_input(h, &(struct html_input){.field = f, .width = 30});
	html_end(h);
}

/* Yes, no, declined, not asked and why. None is chosen for the reader. */
static void prompt(struct html *h, const struct form_item *q)
{
	static const struct form_option usual[] = {{{NULL, 0}, {"yes", 3}, {"Yes", 3}},
						   {{NULL, 0}, {"no", 2}, {"No", 2}},
						   {{NULL, 0}, {"declined", 8}, {"Declined to answer", 18}},
						   {{NULL, 0}, {"not-asked", 9}, {"Not asked", 9}}};
	struct form_item four = *q;
	if (!q->option_count) {
		four.options = usual;
		four.option_count = 4;
	}
	html_radios(h, &(struct html_choices){.field = field_of(h, q), .options = choice_options(h, &four), .n = four.option_count, .small = true,
					      .in_line = true});
	reason(h, q);
}

/* "2026-11-24", "24/11/2026 16:30", or what was typed instead: shown again as it was typed. */
static void date_parts(struct str v, struct html_date_input *d, struct str *time)
{
	ptrdiff_t gap = str_find_char(v, 'T') > 0 ? str_find_char(v, 'T') : str_find_char(v, ' ');
	if (gap > 0) {
		*time = str_sub(v, (size_t)gap + 1, (size_t)gap + 6);
		v = str_sub(v, 0, (size_t)gap);
	}
	bool slashes = str_find_char(v, '/') >= 0;
	struct str rest = v, part[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	for (int i = 0; i < 2; i++)
		str_next(&rest, slashes ? '/' : '-', &part[i]);
	part[2] = rest;
	d->day = part[slashes ? 0 : 2];
	d->month = part[1];
	d->year = part[slashes ? 2 : 0];
}

static void date(struct html *h, const struct form_item *q)
{
	struct html_date_input d = {.field = field_of(h, q)};
	struct str time = STR_NONE;
	date_parts(first_answer(q), &d, &time);
	html_date_input(h, &d);
	if (q->kind != FORM_DATETIME)
		return;
	struct str name = str_cat(h->out.arena, q->name, STR("-time"));
	html_input(h, &(struct html_input){.field = {.id = id_of(h, name), .name = name, .label = STR("Time"),
						     .hint = STR("24-hour clock, for example 16:30"), .value = time},
					   .width = 5, .no_spellcheck = true});
}

/* Where an item stands: how deep, and whether in a part that script may switch on. */
struct place {
	int depth;
	bool switched;
};

static void items(struct html *h, const struct form_item *v, size_t n, struct place at);

/* The answers in words; dates as staff write them. */
static void said(struct html *h, const struct form_item *q)
{
	struct arena *a = h->out.arena;
	for (size_t i = 0; i < q->answer_count; i++) {
		struct str text = q->answers[i].code_or_text;
		struct date d;
		html_textz(h, i ? ", " : "");
		bool dated = (q->kind == FORM_DATE || q->kind == FORM_DATETIME) && date_parse(text, DATE_KIND_DATETIME, &d, NULL) &&
			     d.precision >= DATE_DAY;
		if (dated)
			html_ltr(h, q->kind == FORM_DATE ? date_staff_days(a, days_from_civil(d.year, d.month, d.day)) : date_staff(a, date_lo_us(&d)));
		else if (q->kind == FORM_BOOLEAN)
			html_textz(h, str_is(text, "true") ? "Yes" : "No");
		else
			html_text(h, q->answers[i].display.n ? q->answers[i].display : text);
	}
}

static void read_only(struct html *h, const struct form_item *q)
{
	html_open(h, "dl", "app-known");
	html_start(h, "div");
	html_el(h, "dt", NULL, q->text);
	html_start(h, "dd");
	said(h, q);
	if (!q->answer_count)
		html_textz(h, "Not recorded");
	html_end(h);
	html_end(h);
	html_end(h);
}

static void group(struct html *h, const struct form_item *q, int depth, struct place inside)
{
	html_open(h, "fieldset", q->repeats ? "nhsuk-fieldset app-repeat" : "nhsuk-fieldset app-group");
	html_attr(h, "id", id_of(h, q->name));
	if (q->text.n)
		html_el(h, "legend", depth == 0 ? "nhsuk-fieldset__legend nhsuk-fieldset__legend--m" : "nhsuk-fieldset__legend nhsuk-fieldset__legend--s",
			q->text);
	if (q->hint.n)
		html_hint(h, STR_NONE, q->hint, NULL);
	if (q->error.n)
		html_error_message(h, STR_NONE, q->error);
	items(h, q->children, q->child_count, inside);
	html_end(h);
}

static void question(struct html *h, const struct form_item *q)
{
	switch (q->kind) {
	case FORM_LONG_TEXT:
		html_textarea(h, &(struct html_textarea){.field = field_of(h, q), .rows = 4});
		break;
	case FORM_CHOICE:
	case FORM_MULTI_CHOICE:
		if (q->open)
			open_choice(h, q);
		else
			choice(h, q);
		break;
	case FORM_BOOLEAN:
		boolean(h, q);
		break;
	case FORM_DATE:
	case FORM_DATETIME:
		date(h, q);
		break;
	case FORM_PROMPT:
		prompt(h, q);
		break;
	case FORM_REFERENCE:
		if (q->option_count) {
			choice(h, q);
			break;
		}
		html_input(h, &(struct html_input){.field = field_of(h, q)});
		break;
	default:
		html_input(h, &(struct html_input){.field = field_of(h, q),
						   .width = q->kind == FORM_INTEGER || q->kind == FORM_DECIMAL || q->kind == FORM_TIME ? 5 : 0,
						   .inputmode = q->kind == FORM_INTEGER ? "numeric" : q->kind == FORM_DECIMAL ? "decimal" : NULL});
	}
}

static bool has_own_condition(const struct form_item *q)
{
	const struct json *list = json_getz(q->definition, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_ends(json_str(json_at(list, i), "url"), STR("enableWhenExpression")))
			return true;
	return json_n(json_getz(q->definition, "enableWhen")) > 0;
}

/* A follow-up that is switched off is sent all the same when script may switch it on, with all that is in it; without script it is
 * simply there. What only the server can tell is not sent. */
static bool shown(const struct form_item *q, bool inside_switched)
{
	return q->enabled || q->enable_when.n > 0 || (inside_switched && !has_own_condition(q));
}

static void item(struct html *h, const struct form_item *q, struct place at)
{
	if (!shown(q, at.switched))
		return;
	bool wrapped = q->enable_when.n > 0;
	struct place inside = {at.depth + 1, at.switched || (wrapped && !q->enabled)};
	if (wrapped) {
		html_start(h, "div");
		html_attr(h, "data-when", q->enable_when);
	}
	if (q->kind == FORM_DISPLAY)
		html_el(h, "p", "app-lead", q->text);
	else if (q->kind == FORM_GROUP)
		group(h, q, at.depth, inside);
	else if (q->read_only)
		read_only(h, q);
	else
		question(h, q);
	if (q->kind != FORM_GROUP && q->child_count)
		items(h, q->children, q->child_count, inside);
	if (wrapped)
		html_end(h);
}

static bool same_group(const struct form_item *a, const struct form_item *b)
{
	return a->kind == FORM_GROUP && a->repeats && str_eq(a->link_id, b->link_id);
}

static void add_another(struct html *h, const struct form_item *q)
{
	html_open(h, "div", "app-another");
	if (q->enable_when.n)
		html_attr(h, "data-when", q->enable_when);
	html_button(h, &(struct html_button){.text = STR("Add another"), .name = STR("add"), .value = q->name, .variant = "secondary",
					     .small = true, .hidden = str_printf(h->out.arena, ": %.*s", STR_ARG(q->text))});
	html_end(h);
}

static void items(struct html *h, const struct form_item *v, size_t n, struct place at)
{
	for (size_t i = 0; i < n; i++) {
		item(h, &v[i], at);
		bool last = i + 1 == n || !same_group(&v[i], &v[i + 1]);
		if (v[i].kind == FORM_GROUP && v[i].repeats && last && shown(&v[i], at.switched))
			add_another(h, &v[i]);
	}
}

struct problems {
	struct html_error_item *v;
	size_t n, cap;
};

static void collect(struct html *h, const struct form_item *v, size_t n, struct problems *p)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].enabled && v[i].error.n && p->n < p->cap) {
			struct str id = id_of(h, v[i].name);
			if (v[i].kind == FORM_DATE || v[i].kind == FORM_DATETIME)
				id = str_cat(h->out.arena, id, STR("-day"));
			p->v[p->n++] = (struct html_error_item){v[i].error, str_cat(h->out.arena, STR("#"), id)};
		}
		collect(h, v[i].children, v[i].child_count, p);
	}
}

static void problems(struct html *h, const struct form *f)
{
	struct problems p = {.cap = 100};
	p.v = ARENA_ARRAY(h->out.arena, struct html_error_item, p.cap);
	if (f->error.n)
		p.v[p.n++] = (struct html_error_item){f->error, STR_NONE};
	collect(h, f->items, f->item_count, &p);
	if (p.n)
		html_error_summary(h, STR("There is a problem"), p.v, p.n);
}

static void findings(struct html *h, const struct form_item *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].finding.n && v[i].text.n) {
			html_start(h, "li");
			html_textf(h, "%.*s ", STR_ARG(v[i].text));
			html_textf(h, "(%.*s)", STR_ARG(v[i].finding));
			html_end(h);
		}
		findings(h, v[i].children, v[i].child_count);
	}
}

/* Small print, in one place: below each question it would be noise to somebody in a hurry. */
static void why_asked(struct html *h, const struct form *f)
{
	html_details_open(h, STR("Why these questions are asked"), false);
	html_elz(h, "p", NULL, "Each answers a finding of the review of services for children; its number is in brackets.");
	html_open(h, "ul", "nhsuk-list nhsuk-list--bullet");
	findings(h, f->items, f->item_count);
	html_end(h);
	html_details_close(h);
}

static void form_buttons(struct html *h, const struct form_view *v)
{
	html_open(h, "div", "app-inline nhsuk-u-margin-bottom-4");
	html_button(h, &(struct html_button){.text = v->leaves ? STR("Check before it is sent") : STR("File it"), .name = STR("do"),
					     .value = v->leaves ? STR("check") : STR("file"), .once = true});
	html_button(h, &(struct html_button){.text = STR("Keep as a draft"), .name = STR("do"), .value = STR("draft"), .variant = "secondary"});
	html_end(h);
}

static void side(struct html *h, const struct form_view *v)
{
	html_start(h, "div");
	if (v->flag_count) {
		html_elz(h, "h2", "nhsuk-u-visually-hidden", "What you must know now");
		html_open(h, "div", "app-side-flags");
		view_flag_list(h, v->flags, v->flag_count);
		html_end(h);
	}
	if (v->known_count) {
		html_open(h, "section", "app-box");
		html_elz(h, "h2", NULL, "Known already, not asked again");
		view_facts(h, v->known, v->known_count, "app-facts");
		html_end(h);
	}
	html_end(h);
}

void view_form(struct html *h, const struct frame *f, const struct form_view *v)
{
	frame_open(h, f);
	if (v->back_href.n)
		html_back_link(h, v->back_href, v->back_text);
	if (v->form->errors)
		problems(h, v->form);
	html_el(h, "h2", "nhsuk-heading-l nhsuk-u-margin-bottom-3", v->form->title);
	if (v->form->intro.n)
		html_el(h, "p", "app-lead", v->form->intro);
	html_open(h, "div", "app-cols");
	html_start(h, "div");
	html_open(h, "form", "app-form");
	html_attr(h, "action", v->action);
	html_attrz(h, "method", "post");
	html_attr_flag(h, "novalidate");
	html_attr_flag(h, "data-guard");
	html_attr_opt(h, "data-draft", v->draft);
	html_start(h, "input");
	html_attrz(h, "type", "hidden");
	html_attrz(h, "name", "csrf");
	html_attr(h, "value", f->csrf);
	html_void(h);
	html_start(h, "input");
	html_attrz(h, "type", "hidden");
	html_attrz(h, "name", "once");
	html_attr(h, "value", v->once);
	html_void(h);
	items(h, v->form->items, v->form->item_count, (struct place){0, false});
	form_buttons(h, v);
	html_open(h, "p", "app-draft");
	html_attr_flag(h, "data-draft-state");
	html_attrz(h, "role", "status");
	html_text(h, v->draft_saved);
	html_end(h);
	html_end(h);
	why_asked(h, v->form);
	html_end(h);
	side(h, v);
	html_end(h);
	frame_close(h);
}

/* ---- answers, as a list ---- */

static void answer(struct html *h, const struct form_item *q);

static void answers(struct html *h, const struct form_item *v, size_t n)
{
	bool open = false;
	for (size_t i = 0; i < n; i++) {
		if (!v[i].enabled || v[i].kind == FORM_DISPLAY)
			continue;
		bool is_group = v[i].kind == FORM_GROUP;
		if (is_group && open)
			html_end(h);
		if (!is_group && !open)
			html_open(h, "dl", "app-known");
		open = !is_group;
		answer(h, &v[i]);
	}
	if (open)
		html_end(h);
}

static void answer(struct html *h, const struct form_item *q)
{
	if (q->kind == FORM_GROUP) {
		if (q->text.n)
			html_el(h, "h3", "nhsuk-heading-s", q->text);
		answers(h, q->children, q->child_count);
		return;
	}
	html_start(h, "div");
	html_el(h, "dt", NULL, q->text);
	html_start(h, "dd");
	said(h, q);
	for (size_t i = 0; i < q->reason_count; i++)
		if (str_eq(q->reasons[i].code, q->reason))
			html_textf(h, ": %.*s", STR_ARG(q->reasons[i].display));
	if (!q->answer_count)
		html_elz(h, "span", "app-missing", "Not answered");
	html_end(h);
	html_end(h);
}

static void hidden_answers(struct html *h, const struct form_item *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < v[i].answer_count && v[i].kind != FORM_GROUP && !v[i].read_only; k++) {
			html_start(h, "input");
			html_attrz(h, "type", "hidden");
			html_attr(h, "name", v[i].name);
			html_attr(h, "value", v[i].answers[k].code_or_text);
			html_void(h);
		}
		if (v[i].reason.n) {
			html_start(h, "input");
			html_attrz(h, "type", "hidden");
			html_attr(h, "name", str_cat(h->out.arena, v[i].name, STR(".reason")));
			html_attr(h, "value", v[i].reason);
			html_void(h);
		}
		hidden_answers(h, v[i].children, v[i].child_count);
	}
}

void view_form_check(struct html *h, const struct frame *f, const struct form_view *v, const struct str *recipients, size_t n)
{
	frame_open(h, f);
	html_elz(h, "h2", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Check before it is sent");
	html_warning_open(h, STR("This leaves your organisation"), 3);
	html_elz(h, "p", NULL, "It goes to:");
	html_open(h, "ul", "nhsuk-list nhsuk-list--bullet");
	for (size_t i = 0; i < n; i++)
		html_el(h, "li", NULL, recipients[i]);
	if (!n)
		html_elz(h, "li", NULL, "whoever the pathway of this form names");
	html_end(h);
	html_elz(h, "p", NULL, "Read the name and date of birth at the top of the page once more. It cannot be taken back, only added to.");
	html_warning_close(h);
	html_open(h, "div", "app-box");
	html_el(h, "h2", NULL, v->form->title);
	answers(h, v->form->items, v->form->item_count);
	html_end(h);
	form_post_open(h, f, v->action, v->once);
	hidden_answers(h, v->form->items, v->form->item_count);
	html_open(h, "div", "app-inline nhsuk-u-margin-bottom-4");
	html_button(h, &(struct html_button){.text = STR("Send it"), .name = STR("do"), .value = STR("file"), .once = true});
	html_button(h, &(struct html_button){.text = STR("Go back and change it"), .name = STR("do"), .value = STR("edit"), .variant = "secondary"});
	html_end(h);
	html_end(h);
	frame_close(h);
}

void view_answers(struct html *h, const struct frame *f, const struct answers_view *v)
{
	frame_open(h, f);
	html_back_link(h, v->back_href, STR("Summary"));
	html_el(h, f->banner ? "h2" : "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", v->title);
	html_el(h, "p", "app-lead", v->about);
	html_open(h, "div", "app-box");
	if (v->form)
		answers(h, v->form->items, v->form->item_count);
	html_end(h);
	frame_close(h);
}

void view_forms(struct html *h, const struct frame *f, const struct action *forms, size_t n)
{
	frame_open(h, f);
	html_back_link(h, f->banner ? f->banner->href : STR("/"), STR("Summary"));
	html_elz(h, "h2", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "All forms");
	if (!n)
		html_elz(h, "p", "app-empty", "There are no forms in this installation.");
	if (n)
		html_open(h, "ul", "nhsuk-list nhsuk-list--bullet");
	for (size_t i = 0; i < n; i++) {
		html_start(h, "li");
		html_link(h, forms[i].href, NULL, forms[i].text);
		html_end(h);
	}
	if (n)
		html_end(h);
	frame_close(h);
}
