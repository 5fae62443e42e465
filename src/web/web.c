#include "web/page.h"

#include <string.h>

#include "web/assets.h"

struct route_arg {
	struct web *w;
	page_fn *page;
	bool open; /* needs no sign-in */
};

static const struct {
	enum http_method method;
	const char *pattern;
	page_fn *page;
	bool open;
} pages[] = {
	{HTTP_GET, "/", page_today, false},
	{HTTP_GET, "/sign-in", page_sign_in, true},
	{HTTP_POST, "/sign-in", page_sign_in_post, true},
	{HTTP_POST, "/sign-out", page_sign_out, true},
	{HTTP_GET, "/t/{id}", page_task, false},
	{HTTP_POST, "/t/{id}/take", page_task_take, false},
	{HTTP_POST, "/t/{id}/give", page_task_give, false},
	{HTTP_POST, "/t/{id}/done", page_task_done, false},
	{HTTP_POST, "/t/{id}/add", page_task_add, false},
	{HTTP_GET, "/people", page_people, false},
	{HTTP_POST, "/find", page_find, false},
	{HTTP_GET, "/people/{token}", page_found, false},
	{HTTP_GET, "/p/{id}", page_person, false},
	{HTTP_GET, "/p/{id}/flags", page_flags, false},
	{HTTP_GET, "/p/{id}/facts", page_facts, false},
	{HTTP_POST, "/p/{id}/facts", page_facts_saved, false},
	{HTTP_GET, "/p/{id}/reason", page_reason, false},
	{HTTP_POST, "/p/{id}/reason", page_reason_given, false},
	{HTTP_GET, "/p/{id}/forms", page_forms, false},
	{HTTP_GET, "/p/{id}/form/{form}", page_form, false},
	{HTTP_POST, "/p/{id}/form/{form}", page_form_post, false},
	{HTTP_POST, "/p/{id}/form/{form}/draft", page_form_draft, false},
	{HTTP_GET, "/p/{id}/answers/{response}", page_answers, false},
	{HTTP_GET, "/p/{id}/entry/{type}/{entry}", page_entry, false},
	{HTTP_GET, "/r/{id}", page_referral, false},
	{HTTP_GET, "/referrals", page_referrals, false},
	{HTTP_GET, "/p/{id}/why/{clock}", page_why, false},
	{HTTP_GET, "/why/{type}/{id}", page_why_of, false},
	{HTTP_GET, "/feeds", page_feeds, false},
	{HTTP_GET, "/help", page_help, true},
	{HTTP_GET, "/accessibility", page_accessibility, true},
	{HTTP_GET, "/cover", page_cover, true},
};

/* ui.md 5: proved against the design system's script under Trusted Types. */
static void security_headers(struct http_response *r)
{
	http_setz(r, "Content-Security-Policy",
		  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
		  "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
	http_setz(r, "X-Content-Type-Options", "nosniff");
	http_setz(r, "Referrer-Policy", "no-referrer");
	http_setz(r, "Cross-Origin-Opener-Policy", "same-origin");
	http_setz(r, "Cross-Origin-Resource-Policy", "same-origin");
	http_setz(r, "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()");
}

/* ---- assets ---- */

static bool takes_gzip(const struct http_request *q)
{
	struct str rest = http_header(q, "Accept-Encoding"), one;
	while (str_next(&rest, ',', &one)) {
		struct str quality = str_trim(one), name;
		str_next(&quality, ';', &name);
		if (str_is(str_trim(name), "gzip"))
			return !str_is(str_trim(quality), "q=0");
	}
	return false;
}

static void serve_asset(void *arg, struct http_request *q, struct http_response *r)
{
	(void)arg;
	security_headers(r);
	const struct web_asset *w = web_asset_at(q->path);
	if (!w) {
		http_text(r, 404, "text/plain; charset=utf-8", STR("There is no such file.\n"));
		return;
	}
	bool gzip = takes_gzip(q);
	http_text(r, 200, w->type, gzip ? (struct str){(const char *)w->gzip, w->gzip_n} : (struct str){(const char *)w->raw, w->raw_n});
	if (gzip)
		http_setz(r, "Content-Encoding", "gzip");
	http_setz(r, "Vary", "Accept-Encoding");
	http_setz(r, "Cache-Control", "public, max-age=31536000, immutable");
}

/* ---- a visit ---- */

static void send_to_sign_in(struct visit *v)
{
	bool back = v->q->method == HTTP_GET && !str_is(v->q->path, "/");
	struct str next = back ? str_cat(v->a, STR("?next="), http_encode(v->a, v->q->path)) : STR("");
	bool had_cookie = http_cookie(v->q, access_cookie_name(v->q->secure)).n > 0;
	struct str out = str_printf(v->a, "/sign-in%.*s%s", STR_ARG(next), !had_cookie ? "" : next.n ? "&out=1" : "?out=1");
	page_go(v, out);
}

static bool give_words_back(struct visit *v)
{
	if (v->q->method != HTTP_POST || !http_form(v->a, v->q->body, &v->fields, &v->field_count, NULL))
		return false;
	struct words_view view = {.heading = STR("You were signed out before this was sent"), .link = STR("Sign in"),
				  .text = STR("Nothing was saved just now. Your words are below: keep this page open, sign in, and put them back. If the form had kept "
					      "a draft, it opens with that.")};
	view.href = str_cat(v->a, STR("/sign-in?out=1&next="), http_encode(v->a, v->q->path));
	return page_words_back(v, "Signed out", &view, 401);
}

static bool read_fields(struct visit *v)
{
	struct err e = ERR_INIT;
	bool post = v->q->method == HTTP_POST;
	if (post && !str_starts(http_header(v->q, "Content-Type"), STR("application/x-www-form-urlencoded"))) {
		page_error(v, 415, "This form could not be read", STR("It was not sent as a form."), NULL);
		return false;
	}
	if (http_form(v->a, post ? v->q->body : v->q->query, &v->fields, &v->field_count, &e))
		return true;
	page_err(v, &e);
	return false;
}

static bool same_origin(const struct visit *v)
{
	struct str site = http_header(v->q, "Sec-Fetch-Site");
	return !site.n || str_is(site, "same-origin") || str_is(site, "none");
}

static void answer(struct visit *v, const struct route_arg *route)
{
	struct err e = ERR_INIT;
	struct web *w = v->w;
	struct str cookie = http_cookie(v->q, access_cookie_name(v->q->secure));
	v->signed_in = cookie.n && access_session(w->c.access, v->a, cookie, &v->user, &e);
	if (!v->signed_in && !route->open) {
		if (!give_words_back(v))
			send_to_sign_in(v);
		return;
	}
	v->csrf = v->signed_in ? access_csrf(w->c.access, v->a, &v->user) : STR_NONE;
	if (!read_fields(v))
		return;
	bool needs_token = v->signed_in && route->page != page_sign_in_post;
	if (v->q->method == HTTP_POST && (!same_origin(v) || (needs_token && !access_csrf_ok(w->c.access, &v->user, field(v, "csrf"))))) {
		page_error(v, 403, "This page is too old to be sent", STR("It was opened before you signed in, or from another site. Nothing was saved."),
			   "Go back, copy what you typed, open the page again and paste it.");
		return;
	}
	/* an open page reads nothing of a record, and sign-in takes a reader of its own: two held at once could starve each other */
	v->read = route->open ? NULL : store_read_begin(w->c.store, v->a, &e);
	if (!v->read && !route->open) {
		page_err(v, &e);
		return;
	}
	route->page(v);
}

static struct visit *visit_new(struct web *w, struct http_request *q, struct http_response *r)
{
	struct visit *v = ARENA_NEW(q->arena, struct visit);
	v->w = w;
	v->q = q;
	v->r = r;
	v->a = q->arena;
	v->now_us = env_now_us(w->c.env);
	v->today = local_from_us(v->now_us).days;
	v->items = buf_new(v->a, 1 << 20);
	html_init(&v->h, v->a);
	security_headers(r);
	http_setz(r, "Cache-Control", "no-store");
	return v;
}

static void handle(void *arg, struct http_request *q, struct http_response *r)
{
	const struct route_arg *route = arg;
	struct visit *v = visit_new(route->w, q, r);
	answer(v, route);
	if (v->read)
		store_read_end(v->read);
}

void web_not_found(void *arg, struct http_request *q, struct http_response *r)
{
	if (str_starts(q->path, STR("/fhir"))) { /* a program asks there */
		http_text(r, 404, "text/plain; charset=utf-8", STR("There is nothing at this address.\n"));
		return;
	}
	struct visit *v = visit_new(arg, q, r);
	page_error(v, 404, "Page not found", STR("There is nothing at this address. It may have been typed wrongly, or the page may have moved."), NULL);
}

/* ---- the hand-turned clock ---- */

static void turn(struct web *w, struct http_request *q, struct http_response *r)
{
	struct json *body;
	struct date d;
	struct err e = ERR_INIT;
	bool ok = json_parse(q->arena, q->body, NULL, &body, &e) &&
		  date_parse(json_str(body, "now"), DATE_KIND_INSTANT, &d, &e);
	if (ok && !env_manual_set(w->c.env, date_lo_us(&d)))
		ok = err_set(&e, ERR_INVALID, "the clock goes forward only");
	ok = ok && store_run_due(w->c.store, &e);
	if (ok)
		http_text(r, 200, "application/json", str_printf(q->arena, "{\"now\":\"%.*s\"}\n", STR_ARG(date_instant(q->arena, env_now_us(w->c.env)))));
	else
		http_text(r, err_status(e.code), "text/plain; charset=utf-8", str_printf(q->arena, "%s\n", e.message));
}

static void turn_clock(void *arg, struct http_request *q, struct http_response *r)
{
	security_headers(r);
	http_setz(r, "Cache-Control", "no-store");
	turn(arg, q, r);
}

/* ---- putting it together ---- */

struct web *web_new(struct arena *a, const struct web_config *c)
{
	struct web *w = ARENA_NEW(a, struct web);
	w->arena = a;
	w->c = *c;
	w->service = pack_setting_str(c->pack, "service-name", STR("Child safeguarding record"));
	w->slots = found_slots_new(a);
	return w;
}

size_t web_routes(struct web *w, const struct http_route **out)
{
	size_t n = sizeof pages / sizeof *pages, total = n + 1 + (w->c.test_clock ? 1 : 0);
	struct http_route *routes = ARENA_ARRAY(w->arena, struct http_route, total);
	struct route_arg *args = ARENA_ARRAY(w->arena, struct route_arg, n);
	for (size_t i = 0; i < n; i++) {
		args[i] = (struct route_arg){w, pages[i].page, pages[i].open};
		routes[i] = (struct http_route){pages[i].method, pages[i].pattern, handle, &args[i]};
	}
	routes[n] = (struct http_route){HTTP_GET, "/assets/*", serve_asset, w};
	if (w->c.test_clock)
		routes[n + 1] = (struct http_route){HTTP_POST, "/test/clock", turn_clock, w};
	*out = routes;
	return total;
}
