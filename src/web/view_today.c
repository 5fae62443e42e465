/* S1 Today, one task, and the queue of what systems could not file. */
#include "web/view.h"

static void tiles(struct html *h, const struct today_view *v)
{
	html_open(h, "ul", "app-tiles");
	for (size_t i = 0; i < v->tile_count; i++) {
		const struct tile *t = &v->tiles[i];
		html_open(h, "li", t->late && t->count ? "app-tile app-tile--late" : "app-tile");
		html_start(h, "strong");
		html_textf(h, "%zu", t->count);
		html_end(h);
		html_start(h, "a");
		html_href(h, t->href);
		if (t->chosen)
			html_attrz(h, "aria-current", "true");
		html_text(h, t->text);
		html_end(h);
		html_end(h);
	}
	html_end(h);
}

static void today_filter(struct html *h, const struct today_view *v)
{
	html_open(h, "form", "app-filter");
	html_attrz(h, "action", "/");
	html_attrz(h, "method", "get");
	if (v->filter.n) {
		html_start(h, "input");
		html_attrz(h, "type", "hidden");
		html_attrz(h, "name", "f");
		html_attr(h, "value", v->filter);
		html_void(h);
	}
	filter_select(h, "w", "Whose work", v->whose, v->whose_count);
	filter_select(h, "s", "Order", v->order, v->order_count);
	html_button(h, &(struct html_button){.text = STR("Apply"), .variant = "secondary", .small = true});
	html_end(h);
}

static void who_cell(struct html *h, const struct work_row *r)
{
	html_cell_open(h, true, false);
	if (r->person.n && r->person_href.n)
		html_link(h, r->person_href, NULL, r->person);
	else
		html_text(h, r->person.n ? r->person : STR("Not about one person"));
	if (r->person_facts.n || r->nhs.n) {
		html_start(h, "br");
		html_void(h);
		html_text(h, r->person_facts);
		html_textz(h, r->person_facts.n && r->nhs.n ? ", " : "");
		if (r->nhs.n)
			html_ltr(h, r->nhs);
	}
	html_end(h);
}

static void next_cell(struct html *h, const struct frame *f, const struct work_row *r, struct str once)
{
	html_cell_open(h, false, false);
	html_open(h, "div", "app-inline");
	struct str hidden = str_printf(h->out.arena, ": %.*s, %.*s", STR_ARG(r->what), STR_ARG(r->person));
	html_start(h, "a");
	html_href(h, r->next_href);
	html_text(h, r->next);
	html_hidden(h, hidden);
	html_end(h);
	if (r->take.n) {
		form_post_open(h, f, r->take, once);
		html_open(h, "button", "app-linkbutton");
		html_attrz(h, "type", "submit");
		html_textz(h, "Take it");
		html_hidden(h, hidden);
		html_end(h);
		html_end(h);
	}
	html_end(h);
	html_end(h);
}

static void work_row(struct html *h, const struct frame *f, const struct work_row *r, struct str once)
{
	html_row_open(h);
	html_cell_open(h, false, false);
	html_tag(h, r->colour, r->when);
	html_end(h);
	who_cell(h, r);
	html_cell_open(h, false, false);
	html_text(h, r->what);
	if (r->detail.n)
		html_textf(h, ". %.*s", STR_ARG(r->detail));
	if (r->why.n) {
		html_start(h, "br");
		html_void(h);
		html_start(h, "a");
		html_href(h, r->why);
		html_textz(h, "Why am I seeing this?");
		html_hidden(h, str_printf(h->out.arena, " %.*s, %.*s", STR_ARG(r->what), STR_ARG(r->person)));
		html_end(h);
	}
	html_end(h);
	html_cell(h, r->who);
	next_cell(h, f, r, once);
	html_end(h);
}

static void work_table(struct html *h, const struct frame *f, const struct work_row *rows, size_t n, struct str once)
{
	const struct html_column columns[] = {{.text = STR("When")}, {.text = STR("Person")}, {.text = STR("What")}, {.text = STR("Who")},
					      {.text = STR("Next step")}};
	struct html_table t = {.id = STR("work"), .caption = STR("Work waiting"), .caption_hidden = true, .described_by = STR("count"),
			       .classes = "app-board", .columns = columns, .n = 5, .scroll = true};
	html_table_open(h, &t);
	for (size_t i = 0; i < n; i++)
		work_row(h, f, &rows[i], once);
	html_table_close(h, &t);
}

static void empty(struct html *h, struct str text)
{
	html_open(h, "div", "app-empty");
	html_el(h, "p", NULL, text);
	html_end(h);
}

void view_today(struct html *h, const struct frame *f, const struct today_view *v)
{
	frame_open(h, f);
	html_el(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", v->heading);
	for (size_t i = 0; i < v->stale_count; i++)
		html_el(h, "p", "app-stale", v->stale[i]);
	tiles(h, v);
	today_filter(h, v);
	list_line(h, &v->line);
	if (v->n)
		work_table(h, f, v->rows, v->n, v->once);
	else
		empty(h, v->empty);
	if (v->next_page.n)
		html_pagination(h, &(struct html_pagination){.next_href = v->next_page, .next_label = STR("more work")});
	frame_close(h);
}

/* ---- one task ---- */

static void task_facts(struct html *h, const struct task_view *v)
{
	html_open(h, "dl", "app-known");
	const struct {
		const char *name;
		struct str value, href;
	} rows[] = {{"Due", v->due, STR_NONE}, {"Who has it", v->who, STR_NONE}, {"State", v->status, STR_NONE},
		    {"About", v->person, v->person_href}, {"From", v->focus_text, v->focus_href}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!rows[i].value.n)
			continue;
		html_start(h, "div");
		html_elz(h, "dt", NULL, rows[i].name);
		html_start(h, "dd");
		if (i == 0 && v->colour)
			html_tag(h, v->colour, rows[i].value);
		else if (rows[i].href.n)
			html_link(h, rows[i].href, NULL, rows[i].value);
		else
			html_text(h, rows[i].value);
		html_end(h);
		html_end(h);
	}
	html_end(h);
}

static struct html_option *options_of(struct html *h, const struct choice *c, size_t n)
{
	struct html_option *o = ARENA_ARRAY(h->out.arena, struct html_option, n + 1);
	for (size_t i = 0; i < n; i++)
		o[i] = (struct html_option){.value = c[i].value, .text = c[i].text, .checked = c[i].chosen};
	return o;
}

static void task_actions(struct html *h, const struct frame *f, const struct task_view *v)
{
	struct arena *a = h->out.arena;
	html_open(h, "div", "app-inline nhsuk-u-margin-bottom-4");
	if (v->form_href.n)
		html_button(h, &(struct html_button){.text = v->form_title, .href = v->form_href});
	if (!v->mine) {
		form_post_open(h, f, str_printf(a, "/t/%.*s/take", STR_ARG(v->id)), v->once);
		html_button(h, &(struct html_button){.text = STR("Take it"), .variant = v->form_href.n ? "secondary" : NULL, .once = true});
		html_end(h);
	}
	html_end(h);
}

static void task_done(struct html *h, const struct frame *f, const struct task_view *v)
{
	struct arena *a = h->out.arena;
	html_elz(h, "h2", "nhsuk-heading-m", "Finish it");
	form_post_open(h, f, str_printf(a, "/t/%.*s/done", STR_ARG(v->id)), v->once);
	if (v->outcome_count)
		html_radios(h, &(struct html_choices){.field = {.name = STR("outcome"), .label = STR("What came of it?"), .label_size = "s"},
						      .options = options_of(h, v->outcomes, v->outcome_count),
						      .n = v->outcome_count,
						      .small = true});
	html_textarea(h, &(struct html_textarea){.field = {.name = STR("words"),
							   .label = STR("What was done, and what happens next?"),
							   .label_size = "s",
							   .hint = STR("Opening something is not doing it. These words go into the record."),
							   .error = v->outcome_error,
							   .value = v->outcome_words},
						 .rows = 3});
	html_button(h, &(struct html_button){.text = STR("Record the outcome"), .variant = "secondary", .once = true});
	html_end(h);
}

static void task_give(struct html *h, const struct frame *f, const struct task_view *v)
{
	if (!v->people_count)
		return;
	html_details_open(h, STR("Give it to somebody else"), v->give_error.n > 0);
	form_post_open(h, f, str_printf(h->out.arena, "/t/%.*s/give", STR_ARG(v->id)), v->once);
	html_select(h, &(struct html_select){.field = {.name = STR("to"), .label = STR("Who takes it?"), .error = v->give_error},
					     .options = options_of(h, v->people, v->people_count),
					     .n = v->people_count});
	html_button(h, &(struct html_button){.text = STR("Give it"), .variant = "secondary", .small = true, .once = true});
	html_end(h);
	html_details_close(h);
}

void view_task(struct html *h, const struct frame *f, const struct task_view *v)
{
	frame_open(h, f);
	html_back_link(h, STR("/"), STR("Today"));
	if (v->outcome_error.n || v->give_error.n) {
		const struct html_error_item item = {v->outcome_error.n ? v->outcome_error : v->give_error,
						     v->outcome_error.n ? STR("#words") : STR("#to")};
		html_error_summary(h, STR("There is a problem"), &item, 1);
	}
	html_el(h, f->banner ? "h2" : "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", v->title);
	if (v->detail.n)
		html_el(h, "p", NULL, v->detail);
	html_open(h, "div", "app-box");
	task_facts(h, v);
	if (v->why.n)
		html_link(h, v->why, NULL, STR("Why am I seeing this?"));
	html_end(h);
	if (v->open) {
		task_actions(h, f, v);
		if (!v->form_href.n)
			task_done(h, f, v);
		task_give(h, f, v);
	}
	if (v->history_count)
		html_elz(h, "h2", "nhsuk-heading-m", "What happened to it");
	if (v->history_count)
		html_open(h, "ul", "nhsuk-list nhsuk-list--bullet");
	for (size_t i = 0; i < v->history_count; i++)
		html_el(h, "li", NULL, v->history[i]);
	if (v->history_count)
		html_end(h);
	frame_close(h);
}

/* ---- feeds ---- */

void view_feeds(struct html *h, const struct frame *f, const struct feeds_view *v)
{
	frame_open(h, f);
	html_elz(h, "h1", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "Feeds");
	html_elz(h, "p", "app-lead", "Systems that send messages here, and messages that could not be filed. Each needs a person to decide.");
	const struct html_column columns[] = {{.text = STR("System")}, {.text = STR("Last heard")}, {.text = STR("State")}};
	struct html_table t = {.id = STR("feeds"), .caption = STR("Sending systems"), .caption_size = "m", .columns = columns, .n = 3,
			       .scroll = true};
	if (v->n)
		html_table_open(h, &t);
	for (size_t i = 0; i < v->n; i++) {
		html_row_open(h);
		html_cell_open(h, true, false);
		html_text(h, v->feeds[i].name);
		html_end(h);
		html_cell_open(h, false, false);
		html_ltr(h, v->feeds[i].last);
		html_end(h);
		html_cell_open(h, false, false);
		html_tag(h, v->feeds[i].colour, v->feeds[i].state);
		html_end(h);
		html_end(h);
	}
	if (v->n)
		html_table_close(h, &t);
	html_elz(h, "h2", "nhsuk-heading-m nhsuk-u-margin-top-4", "Could not be filed");
	list_line(h, &v->line);
	if (v->error_count)
		work_table(h, f, v->errors, v->error_count, v->once);
	else
		empty(h, STR("Nothing is waiting. Every message received was filed."));
	frame_close(h);
}
