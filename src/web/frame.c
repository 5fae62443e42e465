/* The frame of every page. */
#include "web/assets.h"
#include "web/view.h"

#include <stdlib.h>

#include "base/log.h"

struct str web_asset_path(const char *name)
{
	for (size_t i = 0; i < web_asset_count; i++)
		if (str_is(str_from(web_assets[i].name), name))
			return str_from(web_assets[i].path);
	log_line(LOG_ERROR, "web", "asset=%s missing", name);
	abort();
}

const struct web_asset *web_asset_at(struct str path)
{
	for (size_t i = 0; i < web_asset_count; i++)
		if (str_is(path, web_assets[i].path))
			return &web_assets[i];
	return NULL;
}

static void meta(struct html *h, const char *name, const char *content)
{
	html_start(h, "meta");
	html_attrz(h, "name", name);
	html_attrz(h, "content", content);
	html_void(h);
}

static void style(struct html *h, const char *name)
{
	html_start(h, "link");
	html_attrz(h, "rel", "stylesheet");
	html_attr(h, "href", web_asset_path(name));
	html_void(h);
}

static void script(struct html *h, const char *name, bool module)
{
	html_start(h, "script");
	if (module)
		html_attrz(h, "type", "module");
	html_attr(h, "src", web_asset_path(name));
	html_end(h);
}

static void head(struct html *h, const struct frame *f)
{
	html_start(h, "head");
	html_raw(h, "<meta charset=\"utf-8\">");
	html_start(h, "title");
	html_textf(h, "%s%.*s – %.*s", f->error ? "Error: " : "", STR_ARG(f->title), STR_ARG(f->service));
	html_end(h);
	meta(h, "viewport", "width=device-width, initial-scale=1, viewport-fit=cover");
	meta(h, "theme-color", "#005eb8");
	meta(h, "robots", "noindex");
	html_start(h, "link");
	html_attrz(h, "rel", "icon");
	html_attr(h, "href", web_asset_path("favicon.svg"));
	html_attrz(h, "type", "image/svg+xml");
	html_void(h);
	style(h, "nhsuk-frontend.min.css");
	style(h, "app.css");
	script(h, "app.js", true);
	html_end(h);
}

static void csrf_field(struct html *h, const struct frame *f)
{
	html_start(h, "input");
	html_attrz(h, "type", "hidden");
	html_attrz(h, "name", "csrf");
	html_attr(h, "value", f->csrf);
	html_void(h);
}

void form_post_open(struct html *h, const struct frame *f, struct str action, struct str once)
{
	html_start(h, "form");
	html_attr(h, "action", html_url_ok(action) ? action : STR("#"));
	html_attrz(h, "method", "post");
	html_attr_flag(h, "novalidate");
	csrf_field(h, f);
	if (!once.n)
		return;
	html_start(h, "input");
	html_attrz(h, "type", "hidden");
	html_attrz(h, "name", "once");
	html_attr(h, "value", once);
	html_void(h);
}

static void search(struct html *h, const void *arg)
{
	html_open(h, "form", "nhsuk-header__search-form");
	html_attrz(h, "action", "/find");
	html_attrz(h, "method", "post");
	html_attr_flag(h, "novalidate");
	csrf_field(h, arg);
	html_raw(h, "<div class=\"nhsuk-form-group\"><label class=\"nhsuk-label nhsuk-u-visually-hidden\" for=\"search-field\">Find a person by "
		    "NHS number, name, date of birth or postcode</label><div class=\"nhsuk-input-wrapper\"><input class=\"nhsuk-input\" "
		    "id=\"search-field\" name=\"q\" type=\"search\" autocomplete=\"off\" placeholder=\"NHS number or name\"><button "
		    "class=\"nhsuk-button nhsuk-button--icon nhsuk-button--small\" data-module=\"nhsuk-button\" type=\"submit\" "
		    "aria-label=\"Find\">");
	html_icon(h, "search");
	html_raw(h, "</button></div></div>");
	html_end(h);
}

static void account(struct html *h, const void *arg)
{
	const struct frame *f = arg;
	html_header_account_item_open(h);
	html_text(h, f->user);
	if (f->role.n) {
		html_textz(h, ", ");
		html_text(h, f->role);
	}
	html_end(h);
	html_header_account_item_open(h);
	html_link(h, STR("/cover"), "nhsuk-header__account-link", STR("Cover"));
	html_end(h);
	html_header_account_item_open(h);
	html_open(h, "form", "nhsuk-header__account-form");
	html_attrz(h, "action", "/sign-out");
	html_attrz(h, "method", "post");
	csrf_field(h, f);
	html_elz(h, "button", "nhsuk-header__account-button", "Sign out");
	html_end(h);
	html_end(h);
}

static size_t menu(const struct frame *f, struct html_nav_item *out)
{
	const struct {
		enum web_part part;
		struct str text, href;
		bool has;
	} all[] = {{PART_TODAY, STR("Today"), STR("/"), true},
		   {PART_PEOPLE, STR("People"), STR("/people"), f->show_people},
		   {PART_REFERRALS, STR("Referrals"), STR("/referrals"), f->show_referrals},
		   {PART_FEEDS, STR("Feeds"), STR("/feeds"), f->show_feeds}};
	size_t n = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		bool here = f->part == all[i].part;
		if (all[i].has)
			out[n++] = (struct html_nav_item){all[i].text, all[i].href, here && f->part_is_page, here && !f->part_is_page};
	}
	return n;
}

static void header(struct html *h, const struct frame *f)
{
	struct html_nav_item nav[4];
	struct html_header o = {.service = f->service, .service_href = STR("/"), .logo = f->logo};
	if (f->user.n) {
		if (f->show_people)
			o.search = (struct html_fill){search, f};
		o.account = (struct html_fill){account, f};
		o.nav = nav;
		o.nav_count = menu(f, nav);
	}
	html_header(h, &o);
}

static void banner_fact(struct html *h, const char *name, struct str value, bool number)
{
	html_start(h, "div");
	html_elz(h, "dt", NULL, name);
	html_start(h, "dd");
	if (number)
		html_ltr(h, value);
	else
		html_text(h, value);
	html_end(h);
	html_end(h);
}

static void banner_name(struct html *h, const struct banner *b)
{
	html_open(h, "h1", "app-person__name");
	if (b->href.n)
		html_link(h, b->href, NULL, b->name);
	else
		html_text(h, b->name);
	if (b->preferred.n) {
		html_open(h, "span", "app-person__pref");
		html_textf(h, "Likes to be called %.*s", STR_ARG(b->preferred));
		html_end(h);
	}
	html_end(h);
}

static void banner(struct html *h, const struct banner *b)
{
	html_open(h, "section", "app-person");
	html_attrz(h, "aria-label", "Whose record this is");
	html_open(h, "div", "nhsuk-width-container app-person__in");
	banner_name(h, b);
	html_start(h, "dl");
	banner_fact(h, "Born", b->born, true);
	banner_fact(h, "Gender", b->gender, false);
	banner_fact(h, "NHS No.", b->nhs, true);
	html_end(h);
	if (b->notice.n)
		html_tag(h, "yellow", b->notice);
	html_end(h);
	html_end(h);
}

static void done(struct html *h, const struct frame *f)
{
	if (f->done_heading.n)
		html_notification(h, true, f->done_heading, f->done_text);
}

void frame_open(struct html *h, const struct frame *f)
{
	html_raw(h, "<!DOCTYPE html>");
	html_start(h, "html");
	html_attrz(h, "lang", "en-GB");
	html_attrz(h, "dir", "ltr");
	html_attrz(h, "class", "nhsuk-template");
	head(h, f);
	html_open(h, "body", "nhsuk-template__body");
	script(h, "js-on.js", false);
	html_skip_link(h);
	header(h, f);
	if (f->banner)
		banner(h, f->banner);
	html_open(h, "div", "nhsuk-width-container");
	html_open(h, "main", "nhsuk-main-wrapper nhsuk-u-padding-top-4");
	html_attrz(h, "id", "maincontent");
	if (f->printed.n)
		html_el(h, "p", "app-printhead", f->printed);
	done(h, f);
}

void frame_close(struct html *h)
{
	html_end(h);
	html_end(h);
	const struct html_crumb links[] = {{STR("Accessibility statement"), STR("/accessibility")}, {STR("Help and numbers to ring"), STR("/help")}};
	html_footer(h, &(struct html_footer){links, 2, STR("Invented people. Not a real record.")});
	html_end(h);
	html_end(h);
}

/* ---- what screens share ---- */

void list_line(struct html *h, const struct list_line *l)
{
	html_open(h, "p", "app-list-line");
	html_attr_opt(h, "id", l->id);
	html_textf(h, "Showing %zu of %zu %.*s, %.*s", l->shown, l->total, STR_ARG(l->what), STR_ARG(l->order));
	if (l->filter.n)
		html_textf(h, ", %.*s", STR_ARG(l->filter));
	if (l->hidden)
		html_textf(h, ". %zu not shown to your role", l->hidden);
	html_textz(h, l->hidden ? ". Read " : ". Nothing is hidden from your role. Read ");
	html_ltr(h, l->read);
	html_textz(h, ". ");
	if (l->again.n)
		html_link(h, l->again, "app-noprint", STR("Read again"));
	html_end(h);
}

void filter_select(struct html *h, const char *name, const char *label, const struct choice *c, size_t n)
{
	struct html_option *o = ARENA_ARRAY(h->out.arena, struct html_option, n + 1);
	for (size_t i = 0; i < n; i++)
		o[i] = (struct html_option){.value = c[i].value, .text = c[i].text, .checked = c[i].chosen};
	html_select(h, &(struct html_select){.field = {.id = str_printf(h->out.arena, "f-%s", name), .name = str_from(name),
						       .label = str_from(label)},
					     .options = o,
					     .n = n});
}

void text_or_ask(struct html *h, struct str value, struct str ask_href)
{
	if (value.n)
		html_text(h, value);
	else if (ask_href.n)
		html_link(h, ask_href, "app-missing", STR("Not recorded, ask"));
	else
		html_elz(h, "span", "app-missing", "Not recorded");
}

void view_facts(struct html *h, const struct fact *facts, size_t n, const char *classes)
{
	html_open(h, "dl", classes);
	for (size_t i = 0; i < n; i++) {
		html_start(h, "div");
		html_el(h, "dt", NULL, facts[i].name);
		html_start(h, "dd");
		if (facts[i].value.n || !facts[i].number.n)
			text_or_ask(h, facts[i].value, facts[i].ask_href);
		if (facts[i].number.n) {
			html_textz(h, facts[i].value.n ? " " : "");
			html_ltr(h, facts[i].number);
		}
		html_end(h);
		html_end(h);
	}
	html_end(h);
}
