/* The page's frame: header, footer, icons. */
#include "html/components.h"

#include <string.h>

struct icon {
	const char *name, *path;
};

static const struct icon icons[] = {
	{"arrow-left", "M10.7 6.3c.4.4.4 1 0 1.4L7.4 11H19a1 1 0 0 1 0 2H7.4l3.3 3.3c.4.4.4 1 0 1.4a1 1 0 0 1-1.4 0l-5-5A1 1 0 0 1 4 "
		       "12c0-.3.1-.5.3-.7l5-5a1 1 0 0 1 1.4 0Z"},
	{"arrow-right", "m14.7 6.3 5 5c.2.2.3.4.3.7 0 .3-.1.5-.3.7l-5 5a1 1 0 0 1-1.4-1.4l3.3-3.3H5a1 1 0 0 1 0-2h11.6l-3.3-3.3a1 1 0 "
			"1 1 1.4-1.4Z"},
	{"chevron-right-circle", "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Zm-.3 5.8a1 1 0 1 0-1.5 1.4l2.9 2.8-2.9 2.8a1 1 0 0 0 1.5 "
				 "1.4l3.5-3.5c.4-.4.4-1 0-1.4Z"},
	{"cross", "M17 18.5c-.4 0-.8-.1-1.1-.4l-10-10c-.6-.6-.6-1.6 0-2.1.6-.6 1.5-.6 2.1 0l10 10c.6.6.6 1.5 0 2.1-.3.3-.6.4-1 .4z M7 "
		  "18.5c-.4 0-.8-.1-1.1-.4-.6-.6-.6-1.5 0-2.1l10-10c.6-.6 1.5-.6 2.1 0 .6.6.6 1.5 0 2.1l-10 10c-.3.3-.6.4-1 .4z"},
	{"tick", "M11.4 17.5a2 2 0 0 1-2.7.1h-.1L4 12.8a1.5 1.5 0 0 1 2.1-2L10 14.7l8.1-8.1a1.5 1.5 0 1 1 2.2 2l-8.9 9Z"},
	{"search", "m20.7 18.9-4.1-4.1a7 7 0 1 0-1.4 1.4l4 4.1a1 1 0 0 0 1.5 0c.4-.4.4-1 0-1.4ZM6 10.6a5 5 0 1 1 10 0 5 5 0 0 1-10 0Z"},
	{"user", "M12 1a11 11 0 1 1 0 22 11 11 0 0 1 0-22Zm0 2a9 9 0 0 0-5 16.5V18a4 4 0 0 1 4-4h2a4 4 0 0 1 4 4v1.5A9 9 0 0 0 12 3Zm0 "
		 "3a3.5 3.5 0 1 1-3.5 3.5A3.4 3.4 0 0 1 12 6Z"},
};

void html_icon(struct html *h, const char *name)
{
	for (size_t i = 0; i < sizeof icons / sizeof *icons; i++) {
		if (strcmp(icons[i].name, name) != 0)
			continue;
		html_start(h, "svg");
		html_attrf(h, "class", "nhsuk-icon nhsuk-icon--%s", name);
		html_attrz(h, "xmlns", "http://www.w3.org/2000/svg");
		html_attrz(h, "viewBox", "0 0 24 24");
		html_attrz(h, "width", "16");
		html_attrz(h, "height", "16");
		html_attrz(h, "focusable", "false");
		html_attrz(h, "aria-hidden", "true");
		html_start(h, "path");
		html_attrz(h, "d", icons[i].path);
		html_void(h);
		html_end(h);
	}
}

/* A mark of the NHS, so only where the operator may show it. */
static void logo(struct html *h)
{
	html_raw(h, "<svg class=\"nhsuk-header__logo\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 80\" height=\"40\" "
		    "width=\"100\" focusable=\"false\" role=\"img\" aria-label=\"NHS\"><title>NHS</title><path fill=\"currentcolor\" "
		    "d=\"M200 0v80H0V0h200Zm-27.5 5.5c-14.5 0-29 5-29 22 0 10.2 7.7 13.5 14.7 16.3l.7.3c5.4 2 10.1 3.9 10.1 8.4 0 "
		    "6.5-8.5 7.5-14 7.5s-12.5-1.5-16-3.5L135 70c5.5 2 13.5 3.5 20 3.5 15.5 0 32-4.5 32-22.5 0-19.5-25.5-16.5-25.5-25.5 "
		    "0-5.5 5.5-6.5 12.5-6.5a35 35 0 0 1 14.5 3l4-13.5c-4.5-2-12-3-20-3Zm-131 2h-22l-14 65H22l9-45h.5l13.5 "
		    "45h21.5l14-65H64l-9 45h-.5l-13-45Zm63 0h-18l-13 65h17l6-28H117l-5.5 28H129l13.5-65H125L119.5 32h-20l5-24.5Z\"/>"
		    "</svg>");
}

static void service(struct html *h, const struct html_header *o)
{
	html_open(h, "div", "nhsuk-header__service");
	if (o->service_href.n) {
		html_open(h, "a", "nhsuk-header__service-logo");
		html_href(h, o->service_href);
		if (o->logo)
			html_attrf(h, "aria-label", "NHS %.*s%shomepage", STR_ARG(o->service), o->service.n ? " " : "");
	}
	if (o->logo)
		logo(h);
	if (o->service.n)
		html_el(h, "span", "nhsuk-header__service-name", o->service);
	if (o->service_href.n)
		html_end(h);
	html_end(h);
}

static void nav_item(struct html *h, const struct html_nav_item *i)
{
	bool here = i->current || i->active;
	html_open(h, "li", here ? "nhsuk-header__navigation-item nhsuk-header__navigation-item--current" : "nhsuk-header__navigation-item");
	html_open(h, "a", "nhsuk-header__navigation-link");
	html_href(h, i->href);
	if (here)
		html_attrz(h, "aria-current", i->current ? "page" : "true");
	if (here)
		html_el(h, "strong", "nhsuk-header__navigation-item-current-fallback", i->text);
	else
		html_text(h, i->text);
	html_end(h);
	html_end(h);
}

static void navigation(struct html *h, const struct html_header *o)
{
	html_open(h, "nav", "nhsuk-header__navigation");
	html_attrz(h, "aria-label", "Menu");
	html_open(h, "div", "nhsuk-header__navigation-container nhsuk-width-container");
	html_open(h, "ul", "nhsuk-header__navigation-list");
	for (size_t i = 0; i < o->nav_count; i++)
		nav_item(h, &o->nav[i]);
	html_raw(h, "<li class=\"nhsuk-header__menu\" hidden><button class=\"nhsuk-header__menu-toggle nhsuk-header__navigation-link\" "
		    "id=\"toggle-menu\" aria-expanded=\"false\"><span class=\"nhsuk-u-visually-hidden\">Browse </span>More</button></li>");
	html_end(h);
	html_end(h);
	html_end(h);
}

void html_header(struct html *h, const struct html_header *o)
{
	html_open(h, "header", "nhsuk-header");
	html_attrz(h, "data-module", "nhsuk-header");
	html_attrz(h, "role", "banner");
	html_open(h, "div", "nhsuk-header__container nhsuk-width-container");
	service(h, o);
	if (o->search.fn) {
		html_open(h, "search", "nhsuk-header__search");
		o->search.fn(h, o->search.arg);
		html_end(h);
	}
	if (o->account.fn) {
		html_open(h, "nav", "nhsuk-header__account");
		html_attrz(h, "aria-label", "Account");
		html_open(h, "ul", "nhsuk-header__account-list");
		o->account.fn(h, o->account.arg);
		html_end(h);
		html_end(h);
	}
	html_end(h);
	if (o->nav_count)
		navigation(h, o);
	html_end(h);
}

void html_header_account_item_open(struct html *h)
{
	html_open(h, "li", "nhsuk-header__account-item");
}

void html_footer(struct html *h, const struct html_footer *o)
{
	html_open(h, "footer", "nhsuk-footer");
	html_attrz(h, "role", "contentinfo");
	html_open(h, "div", "nhsuk-width-container");
	html_open(h, "div", "nhsuk-footer__meta");
	if (o->n) {
		html_elz(h, "h2", "nhsuk-u-visually-hidden", "Support links");
		html_open(h, "ul", "nhsuk-footer__list");
		for (size_t i = 0; i < o->n; i++) {
			html_open(h, "li", "nhsuk-footer__list-item");
			html_link(h, o->links[i].href, "nhsuk-footer__list-item-link", o->links[i].text);
			html_end(h);
		}
		html_end(h);
	}
	if (o->text.n)
		html_el(h, "p", "nhsuk-body-s", o->text);
	html_end(h);
	html_end(h);
	html_end(h);
}
