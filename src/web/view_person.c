/* S3 Person. Order of the page: identity, must-know, do, new, rest. */
#include "web/view.h"

#include <string.h>

static const char *flag_icon_path(const char *weight)
{
	if (strcmp(weight, "act") == 0)
		return "M12 2 23 22H1z";
	return strcmp(weight, "know") == 0 ? "M12 2l10 10-10 10L2 12z" : "M12 1a11 11 0 1 1 0 22 11 11 0 0 1 0-22z";
}

static void icon_part(struct html *h, const char *class_name, const char *d)
{
	html_start(h, "path");
	html_attrz(h, "class", class_name);
	html_attrz(h, "d", d);
	html_void(h);
}

/* Triangle, diamond, disc: told apart without colour. */
static void flag_icon(struct html *h, const char *weight)
{
	html_start(h, "svg");
	html_attrz(h, "viewBox", "0 0 24 24");
	html_attrz(h, "aria-hidden", "true");
	html_attrz(h, "focusable", "false");
	html_start(h, "path");
	html_attrf(h, "class", "app-icon-%s", weight);
	html_attrz(h, "d", flag_icon_path(weight));
	html_void(h);
	if (strcmp(weight, "act") == 0)
		icon_part(h, "app-icon-mark", "M11 9h2v7h-2zm0 8.5h2v2h-2z");
	else if (strcmp(weight, "help") == 0)
		icon_part(h, "app-icon-mark", "M11 10h2v8h-2zm0-4h2v2.2h-2z");
	html_end(h);
}

static void sentence(struct html *h, struct str s)
{
	s = str_trim(s);
	if (!s.n)
		return;
	html_text(h, s);
	char last = s.p[s.n - 1];
	if (last != '.' && last != '?' && last != '!' && !str_ends(s, STR("”")))
		html_textz(h, ".");
	html_textz(h, " ");
}

static void flag_source(struct html *h, const struct flag_view *f)
{
	html_start(h, "p");
	if (f->owner.n)
		sentence(h, str_printf(h->out.arena, "%.*s has it", STR_ARG(f->owner)));
	if (f->source.n) {
		html_text(h, f->source);
		if (f->checked.n) {
			html_textz(h, ", checked ");
			html_ltr(h, f->checked);
		}
		html_textz(h, ". ");
	}
	if (f->review.n) {
		html_textz(h, "Review ");
		html_ltr(h, f->review);
		html_textz(h, ". ");
	}
	if (f->why_href.n) {
		html_start(h, "a");
		html_href(h, f->why_href);
		html_textz(h, "Why");
		html_hidden(h, str_printf(h->out.arena, " this flag: %.*s", STR_ARG(f->title)));
		html_end(h);
	}
	html_end(h);
}

static void flag(struct html *h, const struct flag_view *f)
{
	const char *weight = f->weight ? f->weight : "know";
	html_start(h, "li");
	html_attrf(h, "class", "app-flag app-flag--%s", weight);
	html_open(h, "p", "app-flag__kind");
	flag_icon(h, weight);
	html_textz(h, strcmp(weight, "act") == 0 ? "Act now" : strcmp(weight, "know") == 0 ? "Know" : "Help");
	html_end(h);
	html_el(h, "h3", NULL, f->title);
	html_start(h, "p");
	sentence(h, f->todo);
	sentence(h, f->reason);
	html_end(h);
	flag_source(h, f);
	html_end(h);
}

void view_flag_list(struct html *h, const struct flag_view *flags, size_t n)
{
	if (!n)
		return;
	html_open(h, "ul", "app-flags");
	for (size_t i = 0; i < n; i++)
		flag(h, &flags[i]);
	html_end(h);
}

static void flags(struct html *h, const struct person_view *v)
{
	html_open(h, "h2", "nhsuk-u-visually-hidden");
	html_attrz(h, "id", "flags");
	html_textz(h, "What you must know now");
	html_end(h);
	if (!v->flag_count)
		html_elz(h, "p", "app-noflag", "No flag. That does not mean safe: it means that nothing recorded here has raised one.");
	view_flag_list(h, v->flags, v->flag_count);
	if (!v->more_flags && !v->ended_flags)
		return;
	html_open(h, "p", "app-foot");
	html_start(h, "a");
	html_href(h, v->flags_href);
	if (v->more_flags)
		html_textf(h, "%zu more flag%s", v->more_flags, v->more_flags == 1 ? "" : "s");
	if (v->ended_flags)
		html_textf(h, "%s%zu ended flag%s", v->more_flags ? " and " : "", v->ended_flags, v->ended_flags == 1 ? "" : "s");
	html_end(h);
	html_end(h);
}

static void actions(struct html *h, const struct person_view *v)
{
	html_open(h, "ul", "app-actions");
	for (size_t i = 0; i < v->action_count; i++) {
		html_start(h, "li");
		html_button(h, &(struct html_button){.text = v->actions[i].text, .href = v->actions[i].href, .small = true,
						     .variant = v->actions[i].secondary ? "secondary" : NULL});
		html_end(h);
	}
	html_end(h);
}

static void part(struct html *h, const char *href, const char *text, size_t count, bool counted)
{
	html_start(h, "li");
	html_start(h, "a");
	html_href(h, str_from(href));
	html_textz(h, text);
	if (counted)
		html_textf(h, " (%zu)", count);
	html_end(h);
	html_end(h);
}

static void parts(struct html *h, const struct person_view *v)
{
	html_start(h, "nav");
	html_attrz(h, "aria-label", "Parts of this record");
	html_open(h, "ul", "app-sections");
	part(h, "#todo", "Still to do", v->clock_count, true);
	part(h, "#voice", v->child ? "What the child says" : "What they say", 0, false);
	part(h, "#chronology", "Chronology", v->entry_total, true);
	part(h, "#family", "Family network", v->relative_total, true);
	part(h, "#seen", "Who has seen this", 0, false);
	html_end(h);
	html_end(h);
}

static void fresh(struct html *h, const struct person_view *v)
{
	if (!v->fresh_count)
		return;
	html_open(h, "div", "app-new");
	html_start(h, "p");
	html_start(h, "strong");
	html_textf(h, "%zu new thing%s since you last looked on ", v->fresh_count, v->fresh_count == 1 ? "" : "s");
	html_ltr(h, v->last_looked);
	html_textz(h, ": ");
	html_end(h);
	for (size_t i = 0; i < v->fresh_count; i++) {
		html_textz(h, i ? "; " : "");
		html_text(h, v->fresh[i]);
	}
	html_textz(h, ".");
	html_end(h);
	html_end(h);
}

void view_clocks(struct html *h, const struct clock_view *clocks, size_t n)
{
	html_open(h, "ul", "app-clocks");
	for (size_t i = 0; i < n; i++) {
		const struct clock_view *c = &clocks[i];
		html_open(h, "li", "app-clock");
		html_open(h, "p", "app-clock__what");
		if (c->href.n)
			html_link(h, c->href, NULL, c->what);
		else
			html_text(h, c->what);
		html_end(h);
		html_open(h, "div", "app-clock__due");
		html_tag(h, c->colour, c->due);
		html_end(h);
		html_start(h, "p");
		sentence(h, c->detail);
		if (c->why_href.n) {
			html_start(h, "a");
			html_href(h, c->why_href);
			html_textz(h, "Why");
			html_hidden(h, str_printf(h->out.arena, " am I seeing this: %.*s", STR_ARG(c->what)));
			html_end(h);
		}
		html_end(h);
		html_end(h);
	}
	html_end(h);
}

static void box_open(struct html *h, const char *id, struct str heading)
{
	html_open(h, "section", "app-box");
	html_attrz(h, "aria-labelledby", id);
	html_start(h, "h2");
	html_attrz(h, "id", id);
	html_attrz(h, "tabindex", "-1");
	html_text(h, heading);
	html_end(h);
}

static void todo(struct html *h, const struct person_view *v)
{
	box_open(h, "todo", str_printf(h->out.arena, "Still to do for %.*s", STR_ARG(v->name)));
	if (v->clock_count)
		view_clocks(h, v->clocks, v->clock_count);
	else
		html_elz(h, "p", NULL, "Nothing is waiting for anybody here. If you are worried, that is reason enough to record it.");
	html_end(h);
}

static void voice(struct html *h, const struct person_view *v)
{
	box_open(h, "voice", str_printf(h->out.arena, "What %.*s says", STR_ARG(v->name)));
	if (v->words.n) {
		html_open(h, "blockquote", "app-voice");
		html_start(h, "p");
		html_textf(h, "“%.*s”", STR_ARG(v->words));
		html_end(h);
		html_end(h);
		html_el(h, "p", "app-foot", v->words_about);
	} else {
		html_start(h, "p");
		html_textf(h, "No words of %.*s are recorded. That may mean nobody has asked. ", STR_ARG(v->name));
		if (v->ask_words_href.n)
			html_link(h, v->ask_words_href, NULL, STR("Ask now"));
		html_end(h);
	}
	if (v->words_times > 1) {
		html_open(h, "p", "nhsuk-u-margin-bottom-0");
		html_link(h, v->words_href, NULL, str_printf(h->out.arena, "All %zu times %.*s was heard", v->words_times, STR_ARG(v->name)));
		html_end(h);
	}
	html_end(h);
}

static void facts_box(struct html *h, const struct person_view *v)
{
	box_open(h, "facts", str_printf(h->out.arena, "About %.*s", STR_ARG(v->name)));
	view_facts(h, v->facts, v->fact_count, "app-facts");
	html_end(h);
}

/* ---- chronology ---- */

static void picture_open(struct html *h, const char *label)
{
	html_open(h, "section", "app-scroll");
	html_attrz(h, "aria-label", label);
	html_attrz(h, "tabindex", "0");
}

static const char *entry_class(const struct entry *e)
{
	if (e->voice)
		return "app-chron__item app-chron__item--voice";
	if (e->lane == STRIP_CONCERN)
		return "app-chron__item app-chron__item--sig";
	return e->lane == STRIP_SERVICE ? "app-chron__item app-chron__item--svc" : "app-chron__item";
}

static void entry_when(struct html *h, const struct entry *e)
{
	html_open(h, "div", "app-chron__when");
	html_start(h, "time");
	html_attr_opt(h, "datetime", e->iso);
	html_ltr(h, e->date);
	html_end(h);
	if (e->when_more.n)
		html_el(h, "span", NULL, e->when_more);
	if (e->gap.n)
		html_el(h, "span", NULL, e->gap);
	html_end(h);
}

static void entry(struct html *h, const struct entry *e)
{
	html_open(h, "li", entry_class(e));
	html_attr(h, "id", e->id);
	entry_when(h, e);
	html_start(h, "div");
	html_el(h, "h4", "app-chron__title", e->title);
	if (e->text.n || e->warning.n) {
		html_start(h, "p");
		sentence(h, e->text);
		if (e->warning.n)
			html_tag(h, "red", e->warning);
		html_end(h);
	}
	html_open(h, "p", "app-chron__src");
	sentence(h, e->source);
	if (e->href.n) {
		html_start(h, "a");
		html_href(h, e->href);
		html_text(h, e->link.n ? e->link : STR("Full record"));
		html_hidden(h, str_printf(h->out.arena, ": %.*s, %.*s", STR_ARG(e->title), STR_ARG(e->date)));
		html_end(h);
	}
	html_end(h);
	html_end(h);
	html_end(h);
}

static void entries(struct html *h, const struct person_view *v)
{
	int year = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (v->entries[i].year != year) {
			if (i)
				html_end(h);
			year = v->entries[i].year;
			html_open(h, "h3", "app-year");
			html_textf(h, "%d", year);
			html_end(h);
			html_open(h, "ol", "app-chron");
		}
		entry(h, &v->entries[i]);
	}
	if (v->n)
		html_end(h);
}

static void chronology_filter(struct html *h, const struct person_view *v)
{
	html_open(h, "form", "app-filter");
	html_attr(h, "action", str_cat(h->out.arena, v->self, STR("#chronology")));
	html_attrz(h, "method", "get");
	filter_select(h, "show", "Show", v->show, v->show_count);
	filter_select(h, "from", "From service", v->from, v->from_count);
	if (v->who_count)
		filter_select(h, "who", "About", v->who, v->who_count);
	filter_select(h, "order", "Order", v->order, v->order_count);
	html_button(h, &(struct html_button){.text = STR("Apply"), .variant = "secondary", .small = true});
	html_end(h);
}

static void chronology(struct html *h, const struct person_view *v)
{
	html_start(h, "section");
	html_attrz(h, "aria-labelledby", "chronology");
	html_raw(h, "<h2 id=\"chronology\" tabindex=\"-1\">Chronology</h2>");
	html_open(h, "figure", "app-figure");
	picture_open(h, "Chronology picture");
	svg_strip(h, &v->strip);
	html_end(h);
	html_start(h, "figcaption");
	svg_strip_key(h, &v->strip);
	html_end(h);
	html_end(h);
	chronology_filter(h, v);
	list_line(h, &v->line);
	if (v->n)
		entries(h, v);
	else
		html_elz(h, "p", "app-empty", "No entries with this filter. That may mean nobody has asked, or nobody has written it down.");
	if (v->earlier_href.n) {
		html_open(h, "p", "app-noprint");
		html_link(h, v->earlier_href, NULL, str_printf(h->out.arena, "Show %zu more entr%s", v->earlier, v->earlier == 1 ? "y" : "ies"));
		html_end(h);
	}
	html_end(h);
}

/* ---- family ---- */

static void relative(struct html *h, const struct relative *r)
{
	html_row_open(h);
	html_cell_open(h, true, false);
	if (r->number)
		html_textf(h, "%d. ", r->number);
	if (r->href.n)
		html_link(h, r->href, NULL, r->name);
	else
		html_text(h, r->name);
	if (r->facts.n)
		html_textf(h, ", %.*s", STR_ARG(r->facts));
	html_end(h);
	html_cell(h, r->relation);
	html_cell(h, r->home);
	html_cell(h, r->responsibility);
	html_cell(h, r->know);
	html_end(h);
}

static void family_table(struct html *h, const struct person_view *v)
{
	const struct html_column columns[] = {{.text = STR("Person")},
					      {.text = str_printf(h->out.arena, "To %.*s", STR_ARG(v->name))},
					      {.text = STR("Home")},
					      {.text = STR("Parental responsibility")},
					      {.text = STR("What to know")}};
	struct html_table t = {.id = STR("relatives"), .caption = str_printf(h->out.arena, "People around %.*s", STR_ARG(v->name)),
			       .caption_size = "s", .compact = true, .columns = columns, .n = 5, .scroll = true};
	html_table_open(h, &t);
	for (size_t i = 0; i < v->relative_count; i++)
		relative(h, &v->relatives[i]);
	html_table_close(h, &t);
}

static void family(struct html *h, const struct person_view *v)
{
	html_start(h, "section");
	html_attrz(h, "aria-labelledby", "family");
	html_raw(h, "<h2 id=\"family\" tabindex=\"-1\">Family network</h2>");
	if (!v->relative_count) {
		html_open(h, "p", "app-empty");
		html_textf(h, "Nobody around %.*s is recorded. That may mean nobody has asked who lives at home. ", STR_ARG(v->name));
		if (v->family_ask.n)
			html_link(h, v->family_ask, NULL, STR("Ask now"));
		html_end(h);
		html_end(h);
		return;
	}
	html_open(h, "div", "app-family");
	html_open(h, "figure", "app-figure");
	picture_open(h, "Family picture");
	svg_family(h, &v->family);
	html_end(h);
	html_open(h, "figcaption", "app-foot");
	html_textf(h, "Square male, circle female, diamond not known, cross died, double outline %.*s. Dashed line: not a settled relationship. One slash: "
		      "separated, two: divorced. Dotted line: same household.", STR_ARG(v->name));
	html_end(h);
	html_end(h);
	family_table(h, v);
	html_end(h);
	html_end(h);
}

static void seen(struct html *h, const struct person_view *v)
{
	html_start(h, "section");
	html_attrz(h, "aria-labelledby", "seen");
	html_raw(h, "<h2 class=\"nhsuk-heading-s\" id=\"seen\" tabindex=\"-1\">Who has seen this</h2>");
	html_start(h, "p");
	html_text(h, v->opened);
	html_end(h);
	if (v->seen_count)
		html_open(h, "ul", "nhsuk-list app-foot");
	for (size_t i = 0; i < v->seen_count; i++)
		html_el(h, "li", NULL, v->seen[i]);
	if (v->seen_count)
		html_end(h);
	html_end(h);
}

void view_person(struct html *h, const struct frame *f, const struct person_view *v)
{
	frame_open(h, f);
	if (v->feed_warning.n)
		html_el(h, "p", "app-stale", v->feed_warning);
	flags(h, v);
	actions(h, v);
	parts(h, v);
	fresh(h, v);
	html_open(h, "div", "app-cols");
	todo(h, v);
	html_start(h, "div");
	voice(h, v);
	facts_box(h, v);
	html_end(h);
	html_end(h);
	chronology(h, v);
	family(h, v);
	seen(h, v);
	frame_close(h);
}

void view_flags(struct html *h, const struct frame *f, const struct flags_view *v)
{
	frame_open(h, f);
	html_back_link(h, f->banner ? f->banner->href : STR("/"), STR("Summary"));
	html_elz(h, "h2", "nhsuk-heading-l nhsuk-u-margin-bottom-3", "All flags");
	html_elz(h, "h3", "nhsuk-heading-m", "In force");
	if (v->n)
		view_flag_list(h, v->flags, v->n);
	else
		html_elz(h, "p", "app-noflag", "No flag. That does not mean safe: it means that nothing recorded here has raised one.");
	html_elz(h, "h3", "nhsuk-heading-m", "Ended");
	if (v->ended_count)
		view_flag_list(h, v->ended, v->ended_count);
	else
		html_elz(h, "p", NULL, "None has ended. Ended flags stay here.");
	frame_close(h);
}
