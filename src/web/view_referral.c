/* S5 Referral thread: like a chain of letters, with what is still awaited in its place. */
#include "web/view.h"

#include <string.h>

static void thread_item(struct html *h, const struct thread_item *t)
{
	bool late = strcmp(t->state, "late") == 0, wait = strcmp(t->state, "wait") == 0;
	html_open(h, "li", late   ? "app-thread__item app-thread__item--late"
			   : wait ? "app-thread__item app-thread__item--wait"
				  : "app-thread__item");
	html_start(h, "h3");
	html_text(h, t->title);
	if (t->tag.n) {
		html_textz(h, " ");
		html_tag(h, t->colour, t->tag);
	}
	html_end(h);
	if (t->text.n)
		html_el(h, "p", NULL, t->text);
	html_open(h, "p", "app-foot");
	html_text(h, t->who);
	if (t->when.n) {
		html_textz(h, t->who.n ? ", " : "");
		html_ltr(h, t->when);
	}
	if (t->href.n) {
		html_textz(h, ". ");
		html_start(h, "a");
		html_href(h, t->href);
		html_text(h, t->link);
		html_hidden(h, str_printf(h->out.arena, ": %.*s", STR_ARG(t->title)));
		html_end(h);
	}
	html_end(h);
	html_end(h);
}

static void side(struct html *h, const struct referral_view *v)
{
	html_start(h, "div");
	html_open(h, "section", "app-box");
	html_elz(h, "h2", NULL, "Clocks");
	if (v->clock_count)
		view_clocks(h, v->clocks, v->clock_count);
	else
		html_elz(h, "p", NULL, "No clock is running on this referral.");
	html_end(h);
	html_open(h, "section", "app-box");
	html_elz(h, "h2", NULL, "Who has seen it");
	if (!v->seen_count)
		html_elz(h, "p", NULL, "Nobody but its author has opened it in this record.");
	if (v->seen_count)
		html_open(h, "ul", "nhsuk-list");
	for (size_t i = 0; i < v->seen_count; i++)
		html_el(h, "li", NULL, v->seen[i]);
	if (v->seen_count)
		html_end(h);
	html_end(h);
	html_end(h);
}

void view_referral(struct html *h, const struct frame *f, const struct referral_view *v)
{
	frame_open(h, f);
	html_back_link(h, v->person_href, STR("Summary"));
	html_open(h, "h2", "nhsuk-heading-l nhsuk-u-margin-bottom-3");
	html_textz(h, "Referral to children’s social care");
	html_end(h);
	if (v->summary.n)
		html_el(h, "p", "app-lead", v->summary);
	if (v->action_count) {
		html_open(h, "ul", "app-actions");
		for (size_t i = 0; i < v->action_count; i++) {
			html_start(h, "li");
			html_button(h, &(struct html_button){.text = v->actions[i].text, .href = v->actions[i].href, .small = true,
							     .variant = v->actions[i].secondary ? "secondary" : NULL});
			html_end(h);
		}
		html_end(h);
	}
	html_open(h, "div", "app-cols");
	html_open(h, "ol", "app-thread");
	for (size_t i = 0; i < v->n; i++)
		thread_item(h, &v->items[i]);
	html_end(h);
	side(h, v);
	html_end(h);
	frame_close(h);
}

void view_referrals(struct html *h, const struct frame *f, const struct referrals_view *v)
{
	frame_open(h, f);
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Referrals");
	list_line(h, &v->line);
	const struct html_column columns[] = {{.text = STR("Child")}, {.text = STR("Made")}, {.text = STR("Where it is")}, {.text = STR("Next due")}};
	struct html_table t = {.id = STR("referrals"), .caption = STR("Referrals"), .caption_hidden = true, .described_by = STR("count"),
			       .classes = "app-board", .columns = columns, .n = 4, .scroll = true};
	if (!v->n) {
		html_elz(h, "p", "app-empty", "No referrals by or to your team are open. To make one, open the child’s record first.");
		frame_close(h);
		return;
	}
	html_table_open(h, &t);
	for (size_t i = 0; i < v->n; i++) {
		const struct referral_row *r = &v->rows[i];
		html_row_open(h);
		html_cell_open(h, true, false);
		html_link(h, r->href, NULL, r->person);
		html_start(h, "br");
		html_void(h);
		html_text(h, r->facts);
		html_end(h);
		html_cell_open(h, false, false);
		html_ltr(h, r->sent);
		html_end(h);
		html_cell(h, r->state);
		html_cell_open(h, false, false);
		html_tag(h, r->colour, r->due);
		html_end(h);
		html_end(h);
	}
	html_table_close(h, &t);
	frame_close(h);
}
