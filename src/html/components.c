/* What pages do and tell: buttons, links, messages, cards, lists. */
#include "html/components.h"

#include <string.h>

static const char *variant_class(struct html *h, const char *base, const char *variant)
{
	if (!variant)
		return base;
	return str_c(h->out.arena, str_printf(h->out.arena, "%s %s--%s", base, base, variant));
}

static void button_open(struct html *h, const struct html_button *o)
{
	const char *classes = variant_class(h, "nhsuk-button", o->variant);
	html_open(h, o->href.n ? "a" : "button", o->small ? html_classes(h, classes, "nhsuk-button--small") : classes);
	html_attr_opt(h, "id", o->id);
	if (!o->href.n)
		html_attr_opt(h, "name", o->name);
	html_attrz(h, "data-module", "nhsuk-button");
	if (o->once)
		html_attrz(h, "data-prevent-double-click", "true");
}

void html_button(struct html *h, const struct html_button *o)
{
	button_open(h, o);
	if (o->href.n) {
		html_href(h, o->href);
		html_attrz(h, "role", "button");
		html_attrz(h, "draggable", "false");
	} else {
		html_attrz(h, "type", "submit");
		html_attr_opt(h, "value", o->value);
		html_attr_flag_if(h, "disabled", o->disabled);
		if (o->disabled)
			html_attrz(h, "aria-disabled", "true");
	}
	html_text(h, o->text);
	if (o->hidden.n)
		html_hidden(h, o->hidden);
	html_end(h);
}

void html_back_link(struct html *h, struct str href, struct str text)
{
	html_link(h, href, "nhsuk-back-link", text.n ? text : STR("Back"));
}

void html_breadcrumb(struct html *h, const struct html_crumb *items, size_t n)
{
	if (n == 0)
		return;
	html_open(h, "nav", "nhsuk-breadcrumb");
	html_attrz(h, "aria-label", "Breadcrumb");
	html_open(h, "ol", "nhsuk-breadcrumb__list");
	for (size_t i = 0; i < n; i++) {
		html_open(h, "li", "nhsuk-breadcrumb__list-item");
		html_link(h, items[i].href, "nhsuk-breadcrumb__link", items[i].text);
		html_end(h);
	}
	html_end(h);
	html_open(h, "a", "nhsuk-back-link");
	html_href(h, items[n - 1].href);
	html_hidden(h, STR("Back to "));
	html_text(h, items[n - 1].text);
	html_end(h);
	html_end(h);
}

void html_skip_link(struct html *h)
{
	html_open(h, "a", "nhsuk-skip-link");
	html_attrz(h, "data-module", "nhsuk-skip-link");
	html_href(h, STR("#maincontent"));
	html_textz(h, "Skip to main content");
	html_end(h);
}

static void page_item(struct html *h, const struct html_page_link *p)
{
	html_open(h, "li", p->current    ? "nhsuk-pagination__item nhsuk-pagination__item--current"
			   : p->ellipsis ? "nhsuk-pagination__item nhsuk-pagination__item--ellipsis"
					 : "nhsuk-pagination__item");
	if (p->ellipsis) {
		html_textz(h, "⋯");
		html_end(h);
		return;
	}
	html_open(h, "a", "nhsuk-pagination__link");
	html_href(h, p->href);
	html_attrf(h, "aria-label", "Page %.*s", STR_ARG(p->number));
	if (p->current)
		html_attrz(h, "aria-current", "page");
	html_text(h, p->number);
	html_end(h);
	html_end(h);
}

static void pagination_title(struct html *h, const char *word)
{
	html_open(h, "span", "nhsuk-pagination__title");
	html_textz(h, word);
	html_hidden(h, STR(" page"));
	html_end(h);
}

static void pagination_end(struct html *h, struct str href, struct str label, bool next)
{
	if (!href.n)
		return;
	html_open(h, "li", next ? "nhsuk-pagination-item--next" : "nhsuk-pagination-item--previous");
	html_open(h, "a", next ? "nhsuk-pagination__link nhsuk-pagination__link--next"
			       : "nhsuk-pagination__link nhsuk-pagination__link--prev");
	html_href(h, href);
	html_attrz(h, "rel", next ? "next" : "prev");
	pagination_title(h, next ? "Next" : "Previous");
	if (label.n) {
		html_hidden(h, STR(":"));
		html_el(h, "span", "nhsuk-pagination__page", label);
	}
	html_icon(h, next ? "arrow-right" : "arrow-left");
	html_end(h);
	html_end(h);
}

static void pagination_step(struct html *h, struct str href, bool next)
{
	if (!href.n)
		return;
	html_start(h, "a");
	html_href(h, href);
	html_attrz(h, "class", next ? "nhsuk-pagination__next" : "nhsuk-pagination__previous");
	html_attrz(h, "rel", next ? "next" : "prev");
	if (!next)
		html_icon(h, "arrow-left");
	pagination_title(h, next ? "Next" : "Previous");
	if (next)
		html_icon(h, "arrow-right");
	html_end(h);
}

void html_pagination(struct html *h, const struct html_pagination *o)
{
	html_open(h, "nav", o->n ? "nhsuk-pagination nhsuk-pagination--numbered" : "nhsuk-pagination");
	html_attrz(h, "role", "navigation");
	html_attrz(h, "aria-label", "Pagination");
	if (o->n)
		pagination_step(h, o->previous_href, false);
	html_open(h, "ul", o->n ? "nhsuk-pagination__list" : "nhsuk-list nhsuk-pagination__list");
	for (size_t i = 0; i < o->n; i++)
		page_item(h, &o->items[i]);
	if (!o->n) {
		pagination_end(h, o->previous_href, o->previous_label, false);
		pagination_end(h, o->next_href, o->next_label, true);
	}
	html_end(h);
	if (o->n)
		pagination_step(h, o->next_href, true);
	html_end(h);
}

void html_error_summary(struct html *h, struct str heading, const struct html_error_item *items, size_t n)
{
	html_open(h, "div", "nhsuk-error-summary");
	html_attrz(h, "data-module", "nhsuk-error-summary");
	html_start(h, "div");
	html_attrz(h, "role", "alert");
	html_el(h, "h2", "nhsuk-error-summary__heading", heading);
	html_open(h, "div", "nhsuk-error-summary__body");
	if (n)
		html_open(h, "ul", "nhsuk-list nhsuk-error-summary__list");
	for (size_t i = 0; i < n; i++) {
		html_start(h, "li");
		if (items[i].href.n)
			html_link(h, items[i].href, NULL, items[i].text);
		else
			html_text(h, items[i].text);
		html_end(h);
	}
	if (n)
		html_end(h);
	html_end(h);
	html_end(h);
	html_end(h);
}

void html_inset_text(struct html *h, struct str text)
{
	html_open(h, "div", "nhsuk-inset-text");
	html_hidden(h, STR("Information: "));
	html_el(h, "p", NULL, text);
	html_end(h);
}

void html_tag(struct html *h, const char *colour, struct str text)
{
	html_el(h, "strong", variant_class(h, "nhsuk-tag", colour), text);
}

static const char *heading_tag(int level)
{
	static const char *const tags[] = {"h1", "h2", "h3", "h4", "h5", "h6"};
	return tags[level >= 1 && level <= 6 ? level - 1 : 1];
}

void html_warning_open(struct html *h, struct str heading, int level)
{
	html_open(h, "div", "nhsuk-card nhsuk-card--warning");
	html_open(h, "div", "nhsuk-card__content");
	html_open(h, heading_tag(level ? level : 3), "nhsuk-card__heading");
	bool says_so = str_find(heading, STR("mportant")) >= 0;
	if (!says_so) {
		html_start(h, "span");
		html_attrz(h, "role", "text");
		html_hidden(h, STR("Important: "));
	}
	html_text(h, heading);
	if (!says_so)
		html_end(h);
	html_end(h);
}

void html_warning_close(struct html *h)
{
	html_end(h);
	html_end(h);
}

void html_warning(struct html *h, struct str heading, struct str text)
{
	html_warning_open(h, heading, 0);
	html_card_description(h, text);
	html_warning_close(h);
}

void html_notification(struct html *h, bool success, struct str heading, struct str text)
{
	html_open(h, "div", success ? "nhsuk-notification-banner nhsuk-notification-banner--success" : "nhsuk-notification-banner");
	html_attrz(h, "data-module", "nhsuk-notification-banner");
	html_attrz(h, "role", success ? "alert" : "region");
	html_attrz(h, "aria-labelledby", "nhsuk-notification-banner-title");
	html_open(h, "div", "nhsuk-notification-banner__header");
	html_open(h, "h2", "nhsuk-notification-banner__title");
	html_attrz(h, "id", "nhsuk-notification-banner-title");
	html_textz(h, success ? "Success" : "Important");
	html_end(h);
	html_end(h);
	html_open(h, "div", "nhsuk-notification-banner__content");
	if (heading.n)
		html_el(h, "h3", "nhsuk-notification-banner__heading", heading);
	if (text.n)
		html_el(h, "p", heading.n ? "nhsuk-body" : "nhsuk-notification-banner__heading", text);
	html_end(h);
	html_end(h);
}

void html_details_open(struct html *h, struct str summary, bool open)
{
	html_open(h, "details", "nhsuk-details");
	html_attr_flag_if(h, "open", open);
	html_open(h, "summary", "nhsuk-details__summary");
	html_el(h, "span", "nhsuk-details__summary-text", summary);
	html_end(h);
	html_open(h, "div", "nhsuk-details__text");
}

void html_details_close(struct html *h)
{
	html_end(h);
	html_end(h);
}

void html_card_open(struct html *h, const struct html_card *o)
{
	const char *classes = o->clickable ? "nhsuk-card nhsuk-card--clickable" : "nhsuk-card";
	if (o->variant)
		classes = html_classes(h, classes, variant_class(h, "nhsuk-card", o->variant) + sizeof "nhsuk-card");
	html_open(h, "div", classes);
	html_attr_opt(h, "id", o->id);
	html_open(h, "div", "nhsuk-card__content");
	if (!o->heading.n)
		return;
	const char *size = o->size ? str_c(h->out.arena, str_printf(h->out.arena, "nhsuk-heading-%s", o->size)) : NULL;
	html_open(h, heading_tag(o->level), html_classes(h, "nhsuk-card__heading", size));
	if (o->href.n && !(o->variant && strcmp(o->variant, "feature") == 0))
		html_link(h, o->href, "nhsuk-card__link", o->heading);
	else
		html_text(h, o->heading);
	html_end(h);
}

void html_card_close(struct html *h)
{
	html_end(h);
	html_end(h);
}

void html_card_description(struct html *h, struct str text)
{
	html_el(h, "p", "nhsuk-card__description", text);
}

static void row_action(struct html *h, const struct html_row_action *a)
{
	html_open(h, "a", "nhsuk-link");
	html_href(h, a->href);
	html_text(h, a->text);
	if (a->hidden.n)
		html_hidden(h, str_cat(h->out.arena, STR(" "), a->hidden));
	html_end(h);
}

static void row_actions(struct html *h, const struct html_summary_row *r)
{
	html_open(h, "dd", "nhsuk-summary-list__actions");
	if (r->action_count == 1) {
		row_action(h, r->actions);
	} else {
		html_open(h, "ul", "nhsuk-summary-list__actions-list");
		for (size_t i = 0; i < r->action_count; i++) {
			html_open(h, "li", "nhsuk-summary-list__actions-list-item");
			row_action(h, &r->actions[i]);
			html_end(h);
		}
		html_end(h);
	}
	html_end(h);
}

static void summary_row(struct html *h, const struct html_summary_row *r, bool others_have_actions)
{
	html_open(h, "div", others_have_actions && !r->action_count ? "nhsuk-summary-list__row nhsuk-summary-list__row--no-actions"
								    : "nhsuk-summary-list__row");
	html_el(h, "dt", "nhsuk-summary-list__key", r->key);
	html_open(h, "dd", "nhsuk-summary-list__value");
	if (r->fill.fn)
		r->fill.fn(h, r->fill.arg);
	else
		html_text(h, r->value);
	html_end(h);
	if (r->action_count)
		row_actions(h, r);
	html_end(h);
}

void html_summary_list(struct html *h, const struct html_summary_row *rows, size_t n)
{
	bool actions = false;
	for (size_t i = 0; i < n; i++)
		actions |= rows[i].action_count > 0;
	html_open(h, "dl", "nhsuk-summary-list");
	for (size_t i = 0; i < n; i++)
		summary_row(h, &rows[i], actions);
	html_end(h);
}

static void task(struct html *h, const struct html_task *t, struct str prefix, size_t index)
{
	struct arena *a = h->out.arena;
	struct str hint_id = str_printf(a, "%.*s-%zu-hint", STR_ARG(prefix), index);
	struct str status_id = str_printf(a, "%.*s-%zu-status", STR_ARG(prefix), index);
	html_open(h, "li", t->href.n ? "nhsuk-task-list__item nhsuk-task-list__item--with-link" : "nhsuk-task-list__item");
	html_open(h, "div", "nhsuk-task-list__name-and-hint");
	if (t->href.n) {
		html_open(h, "a", "nhsuk-task-list__link nhsuk-link");
		html_href(h, t->href);
		if (t->hint.n)
			html_attrf(h, "aria-describedby", "%.*s %.*s", STR_ARG(hint_id), STR_ARG(status_id));
		else
			html_attr(h, "aria-describedby", status_id);
	} else {
		html_start(h, "div");
	}
	html_text(h, t->heading);
	html_end(h);
	if (t->hint.n) {
		html_open(h, "div", "nhsuk-task-list__hint");
		html_attr(h, "id", hint_id);
		html_text(h, t->hint);
		html_end(h);
	}
	html_end(h);
	html_open(h, "div", "nhsuk-task-list__status");
	html_attr(h, "id", status_id);
	if (t->status_colour)
		html_tag(h, t->status_colour, t->status);
	else
		html_text(h, t->status);
	html_end(h);
	html_end(h);
}

void html_task_list(struct html *h, struct str id_prefix, const struct html_task *tasks, size_t n)
{
	html_open(h, "ul", "nhsuk-task-list");
	for (size_t i = 0; i < n; i++)
		task(h, &tasks[i], id_prefix.n ? id_prefix : STR("task-list"), i + 1);
	html_end(h);
}
