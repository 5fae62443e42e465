/* Sign-in, sign-out, and pages without a record. */
#include "web/page.h"

static void show_sign_in(struct visit *v, struct str error, int status)
{
	struct str next = field(v, "next");
	struct sign_in_view view = {.name = field(v, "name"), .error = error, .timed_out = str_is(field(v, "out"), "1"),
				    .next = html_url_ok(next) && next.p[0] == '/' ? next : STR("/")};
	v->signed_in = false;
	page_begin(v, STR("Sign in"), PART_NONE);
	v->frame.error = error.n > 0;
	view_sign_in(&v->h, &v->frame, &view);
	page_send(v, status);
}

void page_sign_in(struct visit *v)
{
	if (v->signed_in)
		page_go(v, STR("/"));
	else
		show_sign_in(v, STR(""), 200);
}

void page_sign_in_post(struct visit *v)
{
	struct str cookie, next = field(v, "next");
	struct user user;
	struct err e = ERR_INIT;
	if (!access_sign_in(v->w->c.access, v->a, str_trim(field(v, "name")), field(v, "password"), &cookie, &user, &e)) {
		bool known = e.code == ERR_LOGIN || e.code == ERR_TOO_MANY;
		struct str message = str_from(e.message);
		char *p = arena_dup(v->a, e.message, message.n + 1);
		if (p[0] >= 'a' && p[0] <= 'z')
			p[0] = (char)(p[0] - 32);
		if (known)
			show_sign_in(v, str_from(p), err_status(e.code));
		else
			page_err(v, &e);
		return;
	}
	http_set(v->r, "Set-Cookie", access_cookie_set(v->a, cookie, v->q->secure));
	page_go(v, html_url_ok(next) ? next : STR("/"));
}

void page_sign_out(struct visit *v)
{
	struct str cookie = http_cookie(v->q, access_cookie_name(v->q->secure));
	if (cookie.n)
		access_sign_out(v->w->c.access, cookie);
	http_set(v->r, "Set-Cookie", access_cookie_set(v->a, STR_NONE, v->q->secure));
	http_setz(v->r, "Clear-Site-Data", "\"cache\"");
	page_go(v, STR("/sign-in"));
}

/* Numbers to ring: settings help-1, help-2 ... of the pack, "name: number". */
void page_help(struct visit *v)
{
	struct fact numbers[8];
	size_t n = 0;
	for (int i = 1; i <= 8; i++) {
		struct str rest = pack_setting_str(v->w->c.pack, str_c(v->a, str_printf(v->a, "help-%d", i)), STR("")), name;
		if (rest.n && str_next(&rest, ':', &name) && rest.n)
			numbers[n++] = (struct fact){.name = name, .number = str_trim(rest)};
	}
	page_begin(v, STR("Help"), PART_NONE);
	view_help(&v->h, &v->frame, numbers, n);
	page_send(v, 200);
}

void page_accessibility(struct visit *v)
{
	page_begin(v, STR("Accessibility"), PART_NONE);
	view_accessibility(&v->h, &v->frame);
	page_send(v, 200);
}

void page_cover(struct visit *v)
{
	view_cover(&v->h, v->w->service);
	page_send(v, 200);
}
