/* Deciding, reading and answering, the same for every page. */
#include "web/page.h"

#include <string.h>

struct str field(const struct visit *v, const char *name)
{
	struct str s = http_field_get(v->fields, v->field_count, name);
	return s.p ? s : STR("");
}

/* ---- answering ---- */

void page_begin(struct visit *v, struct str title, enum web_part part)
{
	v->frame.service = v->w->service;
	v->frame.title = title;
	v->frame.part = part;
	v->frame.csrf = v->csrf;
	if (v->signed_in) {
		const struct pack_role *role = pack_role(v->w->c.pack, v->user.role);
		v->frame.user = v->user.display;
		v->frame.role = v->user.role_label;
		v->frame.show_people = pack_role_sees(role, STR("find"));
		v->frame.show_referrals = pack_role_sees(role, STR("referral"));
		v->frame.show_feeds = pack_role_sees(role, STR("feeds"));
		v->frame.printed = str_printf(v->a, "Printed %.*s by %.*s, %.*s. Do not leave this paper unattended.",
					      STR_ARG(date_staff(v->a, v->now_us)), STR_ARG(v->user.display), STR_ARG(v->user.role_label));
	}
	if (v->person.n && v->patient) {
		v->banner = banner_of(v, v->patient);
		v->frame.banner = &v->banner;
	}
}

static bool disclosed(struct visit *v, struct err *e)
{
	if (v->items.n == 0)
		return true;
	struct access_request q = {.user = &v->user, .action = v->person.n ? ACCESS_READ : ACCESS_SEARCH,
				   .type = v->person.n ? STR("Patient") : STR("Task"), .person = v->person, .channel = STR("web"),
				   .request = v->q->id, .detail = STR("page")};
	return access_disclose(v->w->c.access, v->a, &q, buf_str(&v->items), e);
}

void page_send(struct visit *v, int status)
{
	struct err e = ERR_INIT;
	struct str page = html_finish(&v->h);
	if (!page.p)
		page_error(v, 500, "This page could not be made", STR("It grew too large, or something went wrong while it was made."), NULL);
	else if (!disclosed(v, &e))
		page_err(v, &e);
	else
		http_text(v->r, status, "text/html; charset=utf-8", page);
}

/* Shows nothing of a record, so needs no ledger row. */
void page_error(struct visit *v, int status, const char *heading, struct str text, const char *todo)
{
	html_init(&v->h, v->a);
	v->person = STR_NONE;
	page_begin(v, str_from(heading), PART_NONE);
	v->frame.banner = NULL;
	v->frame.error = status != 404;
	struct error_view view = {.status = status, .heading = str_from(heading), .text = text, .todo = str_from(todo), .request = v->q->id,
				  .back_href = STR("/"), .back_text = v->signed_in ? STR("Go to Today") : STR("Go to the first page")};
	view_error(&v->h, &v->frame, &view);
	struct str page = html_finish(&v->h);
	http_text(v->r, status, "text/html; charset=utf-8", page.p ? page : STR("<!DOCTYPE html><title>Error</title>"));
}

static struct str as_sentence(struct arena *a, const char *message)
{
	struct str s = str_dup(a, str_from(message));
	char *p = arena_dup(a, s.p, s.n + 1);
	if (s.n && p[0] >= 'a' && p[0] <= 'z')
		p[0] = (char)(p[0] - 32);
	return str_printf(a, "%.*s.", (int)s.n, p);
}

void page_err(struct visit *v, const struct err *e)
{
	int status = err_status(e->code);
	const char *heading = "That could not be done", *todo = NULL;
	if (status == 404 || status == 410)
		heading = "Page not found";
	else if (e->code == ERR_UNAVAILABLE || e->code == ERR_STORAGE)
		todo = "Nothing you typed was lost on this page: go back and send it again in a minute. Use the phone for anything urgent.";
	else if (status >= 500)
		heading = "Something went wrong here";
	log_line(LOG_WARN, "web", "request=%.*s error=%s", STR_ARG(v->q->id), err_name(e->code));
	page_error(v, status < 400 ? 500 : status, heading, as_sentence(v->a, e->message), todo);
}

static bool worth_keeping(const struct http_field *f)
{
	static const char *const ours[] = {"csrf", "once", "do", "add", "next", "q"};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (str_is(f->name, ours[i]))
			return false;
	return str_trim(f->value).n > 0;
}

/* The words somebody typed must not go because they thought too long. */
bool page_words_back(struct visit *v, const char *title, struct words_view *view, int status)
{
	struct lost_field *words = ARENA_ARRAY(v->a, struct lost_field, v->field_count + 1);
	size_t n = 0;
	for (size_t i = 0; i < v->field_count; i++)
		if (worth_keeping(&v->fields[i]))
			words[n++] = (struct lost_field){v->fields[i].name, v->fields[i].value};
	if (!n)
		return false;
	view->words = words;
	view->n = n;
	page_begin(v, str_from(title), PART_NONE);
	v->frame.error = true;
	view_words_back(&v->h, &v->frame, view);
	page_send(v, status);
	return true;
}

void page_go(struct visit *v, struct str path)
{
	http_redirect(v->r, html_url_ok(path) && path.p[0] == '/' ? path : STR("/"));
}

/* ---- deciding ---- */

static void keep_hidden(struct visit *v, const struct access_decision *d)
{
	v->hidden_count = d->hidden_count;
	for (size_t i = 0; i < d->hidden_count; i++)
		v->hidden[i] = str_dup(v->a, d->hidden[i]);
}

static void refuse(struct visit *v, const struct access_decision *d)
{
	if (d->invisible) {
		page_error(v, 404, "Page not found", STR("There is nothing at this address."), NULL);
		return;
	}
	page_error(v, 403, "You may not open this", as_sentence(v->a, d->because),
		   "If you need it for your work, ask the safeguarding team. They can open it for you or give you the right to.");
}

bool visit_anybody(struct visit *v)
{
	struct access_request q = {.user = &v->user, .action = ACCESS_SEARCH, .type = STR("Patient"), .channel = STR("web"), .request = v->q->id};
	struct access_decision d = access_check(v->w->c.access, v->read, &q);
	keep_hidden(v, &d);
	if (d.answer == ACCESS_ALLOW)
		return true;
	refuse(v, &d);
	return false;
}

static bool opens(const struct http_request *q)
{
	return q->method == HTTP_GET || (str_starts(q->path, STR("/p/")) && !str_ends(q->path, STR("/draft")) && !str_ends(q->path, STR("/reason")));
}

static void ask_reason(struct visit *v, struct str id)
{
	struct str next = opens(v->q) ? v->q->path : str_cat(v->a, STR("/p/"), id);
	struct words_view view = {.heading = STR("Say why you open this record, then send this again"), .link = STR("Say why you open this record"),
				  .text = STR("Your team no longer works with this person, or the reason you gave has run out. Nothing was saved just now. Your words are "
					      "below: keep this page open, give your reason, and put them back.")};
	view.href = str_printf(v->a, "/p/%.*s/reason?next=%.*s", STR_ARG(id), STR_ARG(http_encode(v->a, next)));
	if (v->q->method != HTTP_POST || !page_words_back(v, "A reason is needed", &view, 403))
		page_go(v, view.href);
}

bool visit_person(struct visit *v, struct str id)
{
	struct doc d;
	struct str person = str_cat(v->a, STR("Patient/"), id);
	if (!fhir_id_ok(id) || !doc_get(v, person, &d)) {
		page_error(v, 404, "Page not found", STR("There is nobody at this address."), NULL);
		return false;
	}
	struct access_request q = {.user = &v->user, .action = ACCESS_READ, .type = STR("Patient"), .person = person, .resource = d.j,
				   .channel = STR("web"), .request = v->q->id, .detail = STR("page")};
	struct access_decision decision = access_check(v->w->c.access, v->read, &q);
	keep_hidden(v, &decision);
	if (decision.answer == ACCESS_ASK) {
		ask_reason(v, id);
		return false;
	}
	if (decision.answer == ACCESS_DENY) {
		refuse(v, &decision);
		return false;
	}
	v->person = person;
	v->patient = d.j;
	doc_shown(v, &d);
	return true;
}

bool visit_may_write(struct visit *v, const char *type)
{
	struct access_request q = {.user = &v->user, .action = ACCESS_WRITE, .type = str_from(type), .person = v->person, .channel = STR("web"),
				   .request = v->q->id};
	struct access_decision d = access_check(v->w->c.access, v->read, &q);
	if (d.answer == ACCESS_ALLOW)
		return true;
	if (d.answer == ACCESS_ASK && v->person.n)
		ask_reason(v, id_of_reference(v->person, "Patient"));
	else
		refuse(v, &d);
	return false;
}

bool visit_resource(struct visit *v, const struct doc *d)
{
	struct access_request q = {.user = &v->user, .action = ACCESS_READ, .type = d->r.type, .person = v->person, .resource = d->j, .channel = STR("web"),
				   .request = v->q->id};
	struct access_decision decision = access_check(v->w->c.access, v->read, &q);
	if (decision.answer == ACCESS_ALLOW) {
		doc_shown(v, d);
		return true;
	}
	page_error(v, 404, "Page not found", STR("There is nothing at this address."), NULL);
	return false;
}

/* ---- reading ---- */

void doc_shown(struct visit *v, const struct doc *d)
{
	if (v->items.n)
		buf_char(&v->items, ' ');
	buf_printf(&v->items, "%.*s/%.*s/_history/%lld", STR_ARG(d->r.type), STR_ARG(d->r.id), (long long)d->r.version);
}

/* A relative, a focus, a draft reached by its address is held back like one reached by a search. */
static bool held_back(const struct visit *v, const struct json *resource)
{
	const struct json *labels = json_getz(json_getz(resource, "meta"), "security");
	for (size_t i = 0; i < json_n(labels); i++)
		for (size_t k = 0; k < v->hidden_count; k++)
			if (str_eq(json_str(json_at(labels, i), "code"), v->hidden[k]))
				return true;
	return false;
}

bool doc_get(struct visit *v, struct str reference, struct doc *out)
{
	struct fhir_reference ref;
	struct json *j;
	struct err e = ERR_INIT;
	if (!reference.n || !fhir_reference_parse(reference, STR(HEED_BASE_URL), &ref) || !store_get(v->read, ref.type, ref.id, &out->r, &e) ||
	    out->r.deleted || !json_parse(v->a, out->r.body, NULL, &j, &e) || held_back(v, j))
		return false;
	out->j = j;
	return true;
}

static void add_docs(struct visit *v, const struct search_page *page, struct docs *out)
{
	out->v = ARENA_ARRAY(v->a, struct doc, page->matches.n + 1);
	for (size_t i = 0; i < page->matches.n; i++) {
		struct json *j;
		if (!json_parse(v->a, page->matches.v[i].body, NULL, &j, NULL))
			continue;
		out->v[out->n] = (struct doc){page->matches.v[i], j};
		doc_shown(v, &out->v[out->n++]);
	}
	out->total = page->has_total ? page->total : -1;
}

static bool run(struct visit *v, const char *type, struct str query, bool hide, struct search_page *page)
{
	struct search *s;
	struct err e = ERR_INIT;
	if (!search_parse(v->a, str_from(type), query, v->now_us, &s, &e)) {
		log_line(LOG_ERROR, "web", "search of %s: %s", type, e.message);
		return false;
	}
	if (hide)
		search_hide_labels(s, v->hidden, v->hidden_count);
	return store_search(v->read, s, page, &e);
}

static bool may_read(const struct visit *v, const char *type)
{
	return pack_role_may(pack_role(v->w->c.pack, v->user.role), str_from(type), false);
}

static struct docs find(struct visit *v, const char *type, struct str query)
{
	struct docs out = {.total = -1};
	struct search_page page = {0};
	if (may_read(v, type) && run(v, type, query, true, &page))
		add_docs(v, &page, &out);
	return out;
}

struct docs docs_find(struct visit *v, const char *type, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str query = str_vprintf(v->a, fmt, args);
	va_end(args);
	return find(v, type, query);
}

struct docs docs_find_counted(struct visit *v, const char *type, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str query = str_vprintf(v->a, fmt, args);
	va_end(args);
	struct docs out = find(v, type, str_cat(v->a, query, STR("&_total=accurate")));
	int64_t seen = may_read(v, type) ? out.total : 0;
	struct search_page all = {0};
	if (v->hidden_count && seen >= 0 && run(v, type, str_cat(v->a, query, STR("&_summary=count&_count=0")), false, &all) && all.has_total)
		v->held_back += (size_t)(all.total - seen);
	return out;
}

struct docs docs_active_flags(struct visit *v, struct str person, size_t most)
{
	struct docs all = docs_find(v, "Flag", "patient=%.*s&_count=50&_sort=-_lastUpdated", STR_ARG(person));
	size_t n = 0;
	for (size_t i = 0; i < all.n && n < most; i++)
		if (str_is(json_str(all.v[i].j, "status"), "active"))
			all.v[n++] = all.v[i];
	all.n = n;
	return all;
}

/* ---- writing ---- */

bool visit_commit(struct visit *v, struct put *puts, struct put_result *results, size_t n, struct err *e)
{
	struct change c = {.act = access_act(&v->user, STR("web"), v->q->id), .puts = puts, .n = n, .results = results};
	return store_commit(v->w->c.store, v->a, &c, e);
}
