/* S2 Find, the reason asked when the reader has nothing to do with the person yet, and what is to be asked of somebody. */
#include "web/view.h"

static void find_form(struct html *h, const struct frame *f, const struct find_view *v)
{
	form_post_open(h, f, STR("/find"), STR_NONE);
	html_input(h, &(struct html_input){.field = {.id = STR("q"),
						     .name = STR("q"),
						     .label = STR("NHS number, name, date of birth or postcode"),
						     .label_size = "m",
						     .hint = STR("For example 999 048 7723, or Reed Maya 12/06/2019. Part of a name is enough."),
						     .error = v->error,
						     .autocomplete = "off"},
					   .width = 30,
					   .no_spellcheck = true});
	html_button(h, &(struct html_button){.text = STR("Find")});
	html_end(h);
}

static void found(struct html *h, const struct found *p)
{
	html_open(h, "li", NULL);
	html_open(h, "div", "app-result");
	html_start(h, "h2");
	if (p->restricted)
		html_textz(h, "Restricted record");
	else
		html_link(h, p->href, NULL, p->name);
	html_end(h);
	if (p->restricted) {
		html_elz(h, "p", NULL, "This person’s record is restricted. Ring the safeguarding team; do not search again under another name.");
		html_end(h);
		html_end(h);
		return;
	}
	html_start(h, "p");
	html_text(h, p->facts);
	html_textz(h, ", NHS No. ");
	html_ltr(h, p->nhs);
	html_end(h);
	if (p->address.n)
		html_el(h, "p", NULL, p->address);
	if (p->carers.n)
		html_el(h, "p", NULL, p->carers);
	if (p->flags.n)
		html_tag(h, "red", p->flags);
	html_end(h);
	html_end(h);
}

static void nobody(struct html *h)
{
	html_open(h, "div", "app-empty");
	html_elz(h, "h2", "nhsuk-heading-s", "Nobody was found");
	html_elz(h, "p", NULL, "Check the spelling, or try the NHS number, the date of birth with the family name, or the postcode. "
			       "A name may be written another way, or be under a parent’s family name.");
	html_elz(h, "p", NULL, "No match does not mean that nothing is known: the person may not have been seen since this record began.");
	html_end(h);
}

void view_find(struct html *h, const struct frame *f, const struct find_view *v)
{
	frame_open(h, f);
	if (v->error.n) {
		const struct html_error_item item = {v->error, STR("#q")};
		html_error_summary(h, STR("There is a problem"), &item, 1);
	}
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Find a person");
	find_form(h, f, v);
	if (!v->searched) {
		frame_close(h);
		return;
	}
	if (v->read_as.n) {
		html_start(h, "p");
		html_textf(h, "Searched by %.*s.", STR_ARG(v->read_as));
		html_end(h);
	}
	if (v->too_many)
		html_elz(h, "p", "app-stale", "More people match than can be shown. Add a date of birth or a postcode.");
	for (size_t i = 0; i < v->duplicate_count; i++) {
		html_open(h, "p", "app-stale");
		html_textf(h, "Possibly the same person: %.*s. Check both before you choose.", STR_ARG(v->duplicates[i]));
		html_end(h);
	}
	if (v->n)
		list_line(h, &v->line);
	if (v->n)
		html_open(h, "ul", "app-results");
	for (size_t i = 0; i < v->n; i++)
		found(h, &v->people[i]);
	if (v->n)
		html_end(h);
	else
		nobody(h);
	frame_close(h);
}

void view_reason(struct html *h, const struct frame *f, const struct reason_view *v)
{
	frame_open(h, f);
	struct html_error_item items[2];
	size_t n = 0;
	if (v->code_error.n)
		items[n++] = (struct html_error_item){v->code_error, STR("#code")};
	if (v->error.n)
		items[n++] = (struct html_error_item){v->error, STR("#words")};
	if (n)
		html_error_summary(h, STR("There is a problem"), items, n);
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Why do you need to open this record?");
	html_elz(h, "p", NULL, "Your team is not working with this person in this record. You may open it for a good reason. "
			       "If a child may be at risk now, that is a good reason.");
	html_elz(h, "p", NULL, "Your reason is kept. The person can see who opened their record and why, and the safeguarding team reviews it. "
			       "It lasts three hours.");
	struct html_option *o = ARENA_ARRAY(h->out.arena, struct html_option, v->reason_count + 1);
	for (size_t i = 0; i < v->reason_count; i++)
		o[i] = (struct html_option){.value = v->reasons[i].value, .text = v->reasons[i].text, .checked = v->reasons[i].chosen};
	form_post_open(h, f, str_printf(h->out.arena, "/p/%.*s/reason", STR_ARG(v->id)), v->once);
	html_start(h, "input");
	html_attrz(h, "type", "hidden");
	html_attrz(h, "name", "next");
	html_attr(h, "value", v->next);
	html_void(h);
	html_radios(h, &(struct html_choices){.field = {.name = STR("code"), .label = STR("Reason"), .label_size = "s", .error = v->code_error},
					      .options = o,
					      .n = v->reason_count});
	html_textarea(h, &(struct html_textarea){.field = {.name = STR("words"),
							   .label = STR("In a few words"),
							   .label_size = "s",
							   .hint = STR("For example: brought to the department at 14:20, or asked by the duty social worker."),
							   .error = v->error,
							   .value = v->words},
						 .rows = 2});
	html_open(h, "div", "app-inline");
	html_button(h, &(struct html_button){.text = STR("Open the record"), .once = true});
	html_link(h, STR("/people"), NULL, STR("Do not open it"));
	html_end(h);
	html_end(h);
	frame_close(h);
}

void view_facts_form(struct html *h, const struct frame *f, const struct facts_form_view *v)
{
	struct arena *a = h->out.arena;
	const struct html_option interpreter[] = {{.value = STR("true"), .text = STR("Yes"), .checked = str_is(v->interpreter, "true")},
						  {.value = STR("false"), .text = STR("No"), .checked = str_is(v->interpreter, "false")}};
	struct html_option *ethnicity = ARENA_ARRAY(a, struct html_option, v->ethnicity_count + 1);
	for (size_t i = 0; i < v->ethnicity_count; i++)
		ethnicity[i] = (struct html_option){.value = v->ethnicity[i].value, .text = v->ethnicity[i].text, .checked = v->ethnicity[i].chosen};
	frame_open(h, f);
	html_back_link(h, str_cat(a, STR("/p/"), v->id), STR("Summary"));
	if (v->phone_error.n) {
		const struct html_error_item item = {v->phone_error, STR("#phone")};
		html_error_summary(h, STR("There is a problem"), &item, 1);
	}
	html_elz(h, "h2", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "What to ask");
	html_elz(h, "p", "app-lead", "Ask the person, or somebody who cares for them. Leave blank what you could not ask: it stays “not recorded”.");
	html_open(h, "div", "app-form");
	form_post_open(h, f, str_printf(a, "/p/%.*s/facts", STR_ARG(v->id)), v->once);
	html_input(h, &(struct html_input){.field = {.name = STR("language"), .label = STR("Main language"), .label_size = "s", .value = v->language,
						     .hint = STR("The language they like to speak, or British Sign Language.")}, .width = 20});
	html_radios(h, &(struct html_choices){.field = {.name = STR("interpreter"), .label = STR("Do they need an interpreter?"), .label_size = "s"},
					      .options = interpreter, .n = 2, .small = true, .in_line = true});
	html_select(h, &(struct html_select){.field = {.name = STR("ethnicity"), .label = STR("Ethnicity"), .label_size = "s",
						       .hint = STR("As they describe it themselves.")}, .options = ethnicity, .n = v->ethnicity_count});
	html_input(h, &(struct html_input){.field = {.name = STR("religion"), .label = STR("Religion or belief"), .label_size = "s", .value = v->religion}, .width = 20});
	html_input(h, &(struct html_input){.field = {.name = STR("phone"), .label = STR("Phone"), .label_size = "s", .value = v->phone, .error = v->phone_error,
						     .hint = STR("A number that is safe to ring.")}, .width = 20, .inputmode = "tel", .no_spellcheck = true});
	html_button(h, &(struct html_button){.text = STR("Save"), .once = true});
	html_end(h);
	html_end(h);
	frame_close(h);
}
