#include "rest/internal.h"

enum { DEFAULT_COUNT = 50, MOST = 500 };

struct asked {
	int64_t count, before, since_us;
};

static bool read_parameters(struct call *c, struct asked *out)
{
	struct http_field *f;
	size_t n;
	struct err e = ERR_INIT;
	*out = (struct asked){.count = DEFAULT_COUNT};
	bool ok = http_form(c->a, c->query, &f, &n, &e);
	for (size_t i = 0; ok && i < n; i++) {
		struct date d;
		if (str_is(f[i].name, "_count"))
			ok = (str_to_i64(f[i].value, &out->count) && out->count >= 0) ||
			     err_set(&e, ERR_INVALID, "_count is not a number of entries");
		else if (str_is(f[i].name, "_before"))
			ok = (str_to_i64(f[i].value, &out->before) && out->before > 0) || err_set(&e, ERR_INVALID, "_before is not a version");
		else if (str_is(f[i].name, "_since"))
			ok = date_parse(f[i].value, DATE_KIND_DATETIME, &d, &e) && (out->since_us = date_lo_us(&d), true);
		else
			ok = err_set(&e, ERR_INVALID, "history does not know the parameter \"%.*s\"", STR_ARG(f[i].name));
	}
	if (out->count > MOST)
		out->count = MOST;
	if (e.code == ERR_VALUE)
		e.code = ERR_INVALID;
	if (!ok)
		call_fail(c, &e);
	return ok;
}

static const char *method_of(enum store_method m)
{
	return m == STORE_CREATE ? "POST" : m == STORE_UPDATE ? "PUT" : "DELETE";
}

static void write_entry(struct call *c, struct buf *b, const struct resource *r)
{
	bool create = r->method == STORE_CREATE;
	buf_printf(b, "%s{\"fullUrl\":\"%.*s/%.*s/%.*s\"", b->p[b->n - 1] == '[' ? "" : ",", STR_ARG(c->base), STR_ARG(r->type), STR_ARG(r->id));
	if (!r->deleted) {
		buf_c(b, ",\"resource\":");
		buf_add(b, r->body);
	}
	buf_printf(b, ",\"request\":{\"method\":\"%s\",\"url\":\"%.*s%s%.*s\"}", method_of(r->method), STR_ARG(r->type), create ? "" : "/",
		   STR_ARG(create ? STR("") : r->id));
	buf_printf(b, ",\"response\":{\"status\":\"%s\",\"etag\":\"W/\\\"%lld\\\"\",\"lastModified\":\"%.*s\"}}",
		   r->deleted ? "204" : r->version == 1 ? "201" : "200", (long long)r->version, STR_ARG(date_instant(c->a, r->recorded_us)));
}

static void answer(struct call *c, const struct asked *asked, const struct resources *all, size_t n)
{
	struct buf b = buf_new(c->a, 256u << 20);
	struct str self = str_printf(c->a, "%.*s/%.*s/%.*s/_history", STR_ARG(c->base), STR_ARG(c->type), STR_ARG(c->id));
	bool more = n < all->n && all->v[n].recorded_us >= asked->since_us;
	buf_printf(&b, "{\"resourceType\":\"Bundle\",\"type\":\"history\"");
	if (!more && !asked->before)
		buf_printf(&b, ",\"total\":%zu", n);
	buf_c(&b, ",\"link\":[{\"relation\":\"self\",\"url\":");
	json_write_string(&b, c->query.n ? str_printf(c->a, "%.*s?%.*s", STR_ARG(self), STR_ARG(c->query)) : self);
	buf_c(&b, "}");
	if (more && n) {
		buf_c(&b, ",{\"relation\":\"next\",\"url\":");
		json_write_string(&b, str_printf(c->a, "%.*s?_count=%lld&_before=%lld", STR_ARG(self), (long long)asked->count,
						 (long long)all->v[n - 1].version));
		buf_c(&b, "}");
	}
	buf_c(&b, n ? "],\"entry\":[" : "]");
	for (size_t i = 0; i < n; i++)
		write_entry(c, &b, &all->v[i]);
	buf_c(&b, n ? "]}" : "}");
	if (buf_ok(&b))
		call_json(c, 200, buf_str(&b));
	else
		call_refuse(c, ERR_TOO_COSTLY, "this history is too large for one answer: ask for fewer with _count");
}

/* Each version is looked at on its own: one that carries a label this reader may not see is not there. */
static bool keep_visible(struct call *c, struct store_read *read, struct resources *all)
{
	size_t kept = 0;
	for (size_t i = 0; i < all->n; i++) {
		struct json *body = NULL;
		struct err e = ERR_INIT;
		if (!all->v[i].deleted && !json_parse(c->a, all->v[i].body, NULL, &body, &e)) {
			call_fail(c, &e);
			return false;
		}
		struct access_request q = call_request(c, ACCESS_READ, body);
		struct access_decision d = {.answer = ACCESS_ALLOW};
		if (body)
			d = access_look(c->rest->config.access, read, &q);
		if (d.answer != ACCESS_ALLOW && !d.invisible)
			return call_allowed(c, read, &q, &d); /* records it, and answers */
		if (d.answer == ACCESS_ALLOW)
			all->v[kept++] = all->v[i];
	}
	all->n = kept;
	return true;
}

static struct str items_of(struct call *c, const struct resources *all, size_t n)
{
	struct buf b = buf_new(c->a, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		buf_c(&b, i ? " " : "");
		buf_add(&b, item_of(c->a, &all->v[i]));
	}
	return buf_str(&b);
}

static bool fetch(struct call *c, const struct asked *asked, struct resources *all)
{
	struct err e = ERR_INIT;
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	bool ok = read && store_history(read, c->type, c->id, asked->before, (size_t)asked->count + 1, all, &e);
	if (!ok && e.code == ERR_NOT_FOUND)
		call_not_found(c, read, ACCESS_READ);
	else if (!ok)
		call_fail(c, &e);
	else
		ok = keep_visible(c, read, all);
	if (ok && !all->n && !asked->before) {
		call_not_found(c, read, ACCESS_READ);
		ok = false;
	}
	if (read)
		store_read_end(read);
	return ok;
}

void do_history(struct call *c)
{
	struct asked asked;
	struct resources all = {0};
	if (!type_known(c) || !read_parameters(c, &asked) || !fetch(c, &asked, &all))
		return;
	size_t n = 0;
	while (n < all.n && n < (size_t)asked.count && all.v[n].recorded_us >= asked.since_us)
		n++;
	struct json *body = NULL;
	for (size_t i = 0; i < n && !body; i++)
		if (!all.v[i].deleted && !json_parse(c->a, all.v[i].body, NULL, &body, NULL))
			break;
	struct access_request q = call_request(c, ACCESS_READ, body);
	q.detail = STR("history");
	if (call_disclosed(c, &q, items_of(c, &all, n)))
		answer(c, &asked, &all, n);
}
