/* Sign-in, why, errors, and the pages that say how things are. */
#include "web/assets.h"
#include "web/view.h"

void view_sign_in(struct html *h, const struct frame *f, const struct sign_in_view *v)
{
	frame_open(h, f);
	html_open(h, "div", "app-signin");
	if (v->error.n) {
		const struct html_error_item item = {v->error, STR("#name")};
		html_error_summary(h, STR("There is a problem"), &item, 1);
	}
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Sign in");
	if (v->timed_out)
		html_inset_text(h, STR("You were signed out because nothing happened for a while. What you had typed in a form was kept as a draft."));
	form_post_open(h, f, STR("/sign-in"), STR_NONE);
	html_start(h, "input");
	html_attrz(h, "type", "hidden");
	html_attrz(h, "name", "next");
	html_attr(h, "value", v->next);
	html_void(h);
	html_input(h, &(struct html_input){.field = {.name = STR("name"),
						     .label = STR("Sign-in name"),
						     .error = v->error,
						     .value = v->name,
						     .autocomplete = "username"},
					   .width = 20,
					   .no_spellcheck = true});
	html_input(h, &(struct html_input){.field = {.name = STR("password"), .label = STR("Password"), .autocomplete = "current-password"},
					   .type = "password",
					   .width = 20});
	html_button(h, &(struct html_button){.text = STR("Sign in"), .once = true});
	html_end(h);
	html_end(h);
	frame_close(h);
}

void view_words_back(struct html *h, const struct frame *f, const struct words_view *v)
{
	frame_open(h, f);
	html_el(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", v->heading);
	html_el(h, "p", NULL, v->text);
	html_start(h, "p");
	html_link(h, v->href, NULL, v->link);
	html_end(h);
	html_open(h, "div", "app-box");
	html_open(h, "dl", "app-known");
	for (size_t i = 0; i < v->n; i++) {
		html_start(h, "div");
		html_el(h, "dt", NULL, v->words[i].name);
		html_el(h, "dd", NULL, v->words[i].value);
		html_end(h);
	}
	html_end(h);
	html_end(h);
	frame_close(h);
}

void view_why(struct html *h, const struct frame *f, const struct why_view *v)
{
	frame_open(h, f);
	html_back_link(h, v->back_href, v->back_text);
	html_elz(h, f->banner ? "h2" : "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Why am I seeing this?");
	html_open(h, "p", "app-lead");
	html_el(h, "strong", NULL, v->title);
	html_end(h);
	html_open(h, "div", "app-box");
	html_open(h, "dl", "app-known");
	const struct {
		const char *name;
		struct str value;
	} rows[] = {{"Due", v->due}, {"Whose it is", v->owner}, {"State", v->state}, {"Where the rule comes from", v->finding}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!rows[i].value.n)
			continue;
		html_start(h, "div");
		html_elz(h, "dt", NULL, rows[i].name);
		html_el(h, "dd", NULL, rows[i].value);
		html_end(h);
	}
	html_end(h);
	html_end(h);
	html_elz(h, "h2", "nhsuk-heading-m", "What happened, oldest first");
	html_open(h, "ol", "app-steps");
	for (size_t i = 0; i < v->n; i++)
		html_el(h, "li", NULL, v->sentences[i]);
	html_end(h);
	html_elz(h, "p", "app-foot", "A clock informs. It never closes, decides or ranks people by itself. If it is wrong, tell the safeguarding team: "
				     "the rule can be changed.");
	frame_close(h);
}

void view_error(struct html *h, const struct frame *f, const struct error_view *v)
{
	frame_open(h, f);
	html_el(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", v->heading);
	html_el(h, "p", NULL, v->text);
	if (v->todo.n)
		html_el(h, "p", NULL, v->todo);
	if (v->back_href.n) {
		html_start(h, "p");
		html_link(h, v->back_href, NULL, v->back_text);
		html_end(h);
	}
	if (v->request.n) {
		html_open(h, "p", "app-foot");
		html_textz(h, "If you ask for help, say this number: ");
		html_ltr(h, v->request);
		html_end(h);
	}
	frame_close(h);
}

static void side(struct html *h, const char *heading, struct str who, struct str text)
{
	html_open(h, "section", "app-box");
	html_elz(h, "h2", NULL, heading);
	if (who.n)
		html_el(h, "p", "app-foot", who);
	html_el(h, "p", NULL, text);
	html_end(h);
}

void view_conflict(struct html *h, const struct frame *f, const struct conflict_view *v)
{
	frame_open(h, f);
	html_elz(h, f->banner ? "h2" : "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Somebody else wrote here first");
	html_open(h, "p", NULL);
	html_textf(h, "While you were writing, %.*s was changed by somebody else. Nothing of yours is lost, and nothing of theirs was changed. "
		      "Both are below.", STR_ARG(v->what));
	html_end(h);
	html_open(h, "div", "app-cols");
	side(h, "What you wrote", STR_NONE, v->mine);
	side(h, "What is there now", v->theirs_who, v->theirs);
	html_end(h);
	if (v->add_action.n) {
		form_post_open(h, f, v->add_action, v->once);
		html_start(h, "input");
		html_attrz(h, "type", "hidden");
		html_attrz(h, "name", "words");
		html_attr(h, "value", v->mine);
		html_void(h);
		html_button(h, &(struct html_button){.text = STR("Keep mine as an addition"), .once = true});
		html_end(h);
	}
	html_start(h, "p");
	html_link(h, v->back_href, NULL, STR("Go back without adding mine"));
	html_end(h);
	frame_close(h);
}

/* A neutral page that says nothing of the record, for when somebody stands behind the reader. */
void view_cover(struct html *h, struct str service)
{
	(void)service;
	html_raw(h, "<!DOCTYPE html><html lang=\"en-GB\" class=\"nhsuk-template\"><head><meta charset=\"utf-8\"><title>Page</title>"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
	html_start(h, "link");
	html_attrz(h, "rel", "stylesheet");
	html_attr(h, "href", web_asset_path("nhsuk-frontend.min.css"));
	html_void(h);
	html_start(h, "link");
	html_attrz(h, "rel", "stylesheet");
	html_attr(h, "href", web_asset_path("app.css"));
	html_void(h);
	html_raw(h, "</head><body class=\"nhsuk-template__body\"><main class=\"app-cover\" id=\"maincontent\">"
		    "<h1 class=\"nhsuk-heading-m\">This page is empty</h1><p><a href=\"/\">Go back</a></p></main></body></html>");
}

static void section(struct html *h, const char *heading, const char *text)
{
	html_elz(h, "h2", "nhsuk-heading-m", heading);
	html_elz(h, "p", NULL, text);
}

void view_help(struct html *h, const struct frame *f, const struct fact *numbers, size_t n)
{
	frame_open(h, f);
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Help and numbers to ring");
	html_warning_open(h, STR("If a child is in danger now"), 2);
	html_card_description(h, STR("Ring 999. Do not wait for this record."));
	html_warning_close(h);
	if (n) {
		html_elz(h, "h2", "nhsuk-heading-m", "Numbers to ring");
		html_open(h, "div", "app-box");
		view_facts(h, numbers, n, "app-facts");
		html_end(h);
	}
	section(h, "Refer by phone, then in writing", "Open the child’s record, choose “Refer or share a concern”, and save the call: who you spoke to and what "
						      "was said. The clock for the written form starts, and the form opens with what you already said.");
	section(h, "Nothing is lost", "Words you type in a form are kept as a draft. A filed entry is never changed; it is added to.");
	section(h, "What you cannot see", "Every list says how many entries are not shown to your role. Ask the safeguarding team if you need them.");
	section(h, "Cover the screen", "“Cover” at the top right shows an empty page with one way back.");
	frame_close(h);
}

void view_accessibility(struct html *h, const struct frame *f)
{
	frame_open(h, f);
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Accessibility statement");
	html_elz(h, "p", NULL, "This record is made to be used by everybody who works with children and families. You can zoom to 400%, use only a keyboard, "
			       "use a screen reader, switch off JavaScript, change the colours, and print.");
	section(h, "How it is checked", "Each screen is checked by a program against WCAG 2.2 level AA at two widths, with and without JavaScript, whenever the "
					"program changes. It has not yet been tested by people who use assistive technology every day.");
	section(h, "Pictures", "The chronology strip and the family picture each stand beside a list or table that holds the same facts.");
	section(h, "Tell us", "If something does not work for you, tell the team that looks after this record where you work.");
	frame_close(h);
}
