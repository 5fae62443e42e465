/* Tables: sorted by the server through links, so that Trusted Types stay on (the library's client sorting writes innerHTML). */
#include "html/components.h"

static const char *table_classes(struct html *h, const struct html_table *o)
{
	const char *c = "nhsuk-table";
	if (o->compact)
		c = html_classes(h, c, "nhsuk-table--compact");
	for (size_t i = 0; i < o->n; i++)
		if (o->columns[i].sortable)
			return html_classes(h, html_classes(h, c, "nhsuk-table--sortable"), o->classes);
	return html_classes(h, c, o->classes);
}

static bool sortable(const struct html_table *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->columns[i].sortable)
			return true;
	return false;
}

static void caption(struct html *h, const struct html_table *o)
{
	if (!o->caption.n)
		return;
	struct arena *a = h->out.arena;
	const char *classes = "nhsuk-table__caption";
	if (o->caption_size)
		classes = str_c(a, str_printf(a, "%s nhsuk-table__caption--%s", classes, o->caption_size));
	html_open(h, "caption", html_classes(h, classes, o->caption_hidden ? "nhsuk-u-visually-hidden" : NULL));
	if (o->scroll)
		html_attrf(h, "id", "%.*s-caption", STR_ARG(o->id));
	html_text(h, o->caption);
	if (sortable(o))
		html_hidden(h, STR(" (Column headers are sortable)"));
	html_end(h);
}

static void column(struct html *h, const struct html_column *c)
{
	html_open(h, "th", c->numeric ? "nhsuk-table__header nhsuk-table__header--numeric" : "nhsuk-table__header");
	html_attrz(h, "scope", "col");
	if (c->sortable)
		html_attr_flag(h, "data-sort");
	if (c->sortable && c->sort)
		html_attrz(h, "aria-sort", c->sort);
	if (c->sort_href.n)
		html_link(h, c->sort_href, "nhsuk-link", c->text);
	else
		html_text(h, c->text);
	html_end(h);
}

void html_table_open(struct html *h, const struct html_table *o)
{
	if (o->scroll) {
		html_open(h, "section", "app-scroll app-scroll--table");
		html_attrf(h, "aria-labelledby", "%.*s-caption", STR_ARG(o->id));
		html_attrz(h, "tabindex", "0");
	}
	html_open(h, "table", table_classes(h, o));
	html_attr_opt(h, "id", o->id);
	html_attr_opt(h, "aria-describedby", o->described_by);
	caption(h, o);
	html_open(h, "thead", "nhsuk-table__head");
	html_open(h, "tr", "nhsuk-table__row");
	for (size_t i = 0; i < o->n; i++)
		column(h, &o->columns[i]);
	html_end(h);
	html_end(h);
	html_open(h, "tbody", "nhsuk-table__body");
}

void html_table_close(struct html *h, const struct html_table *o)
{
	html_end(h);
	html_end(h);
	if (o->scroll)
		html_end(h);
}

void html_row_open(struct html *h)
{
	html_open(h, "tr", "nhsuk-table__row");
}

void html_cell_open(struct html *h, bool header, bool numeric)
{
	if (header) {
		html_open(h, "th", numeric ? "nhsuk-table__header nhsuk-table__header--numeric" : "nhsuk-table__header");
		html_attrz(h, "scope", "row");
		return;
	}
	html_open(h, "td", numeric ? "nhsuk-table__cell nhsuk-table__cell--numeric" : "nhsuk-table__cell");
}

void html_cell(struct html *h, struct str text)
{
	html_cell_open(h, false, false);
	html_text(h, text);
	html_end(h);
}
