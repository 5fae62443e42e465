#include "rest/internal.h"

/* The person a query is about: "Patient/id", from patient=, subject= or, for Patient itself, _id=. Only one that names exactly one. */
static struct str person_of_query(struct call *c)
{
	struct http_field *f;
	size_t n;
	if (c->compartment.n)
		return c->compartment;
	if (!http_form(c->a, c->query, &f, &n, NULL))
		return STR_NONE;
	bool people = str_is(c->type, "Patient");
	for (size_t i = 0; i < n; i++) {
		bool names = people ? str_is(f[i].name, "_id")
				    : str_is(f[i].name, "patient") || str_is(f[i].name, "subject") || str_is(f[i].name, "subject:Patient");
		struct fhir_reference ref;
		if (!names)
			continue;
		if (fhir_reference_parse(f[i].value, c->base, &ref) && str_is(ref.type, "Patient"))
			return str_cat(c->a, STR("Patient/"), ref.id);
		if (fhir_id_ok(f[i].value) && !str_is(f[i].name, "subject"))
			return str_cat(c->a, STR("Patient/"), f[i].value);
	}
	return STR_NONE;
}

/* Names of the parameters, for the ledger: never their values. */
static struct str parameter_names(struct call *c)
{
	struct http_field *f;
	size_t n;
	struct buf b = buf_new(c->a, 500);
	buf_add(&b, c->type);
	if (http_form(c->a, c->query, &f, &n, NULL))
		for (size_t i = 0; i < n && b.n + f[i].name.n + 2 < 500; i++) {
			buf_char(&b, ' ');
			buf_add(&b, f[i].name);
		}
	return buf_str(&b);
}

/* Finding a person is open to whoever may look for people, but over the API a match is the whole record: so it is held to the
 * same rule as opening it. */
static bool may_search(struct call *c, struct store_read *read, struct access_request *q, struct access_decision *d)
{
	if (!call_allowed(c, read, q, d))
		return false;
	if (!str_is(c->type, "Patient"))
		return true;
	struct access_request open = *q;
	struct access_decision ignored;
	open.action = ACCESS_READ;
	return call_allowed(c, read, &open, &ignored);
}

struct found {
	struct search_page page;
	struct resources definitions; /* of the pack; on the first page */
	struct shape shape;
};

static void write_matches(struct call *c, struct buf *b, const struct found *f, const struct resources *list, const char *mode, bool *first)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct resource *r = &list->v[i];
		buf_c(b, *first ? "" : ",");
		*first = false;
		buf_c(b, "{\"fullUrl\":");
		json_write_string(b, str_printf(c->a, "%.*s/%.*s/%.*s", STR_ARG(c->base), STR_ARG(r->type), STR_ARG(r->id)));
		buf_c(b, ",\"resource\":");
		buf_add(b, shape_apply(c, &f->shape, r));
		buf_printf(b, ",\"search\":{\"mode\":\"%s\"}}", mode);
	}
}

static void write_link(struct call *c, struct buf *b, const char *relation, struct str query)
{
	struct str within = c->compartment.n ? str_cat(c->a, c->compartment, STR("/")) : STR("");
	buf_printf(b, "%s{\"relation\":\"%s\",\"url\":", b->p[b->n - 1] == '[' ? "" : ",", relation);
	json_write_string(b, str_printf(c->a, "%.*s/%.*s%.*s%s%.*s", STR_ARG(c->base), STR_ARG(within), STR_ARG(c->type), query.n ? "?" : "",
					STR_ARG(query)));
	buf_char(b, '}');
}

static void write_entries(struct call *c, struct buf *b, const struct found *f)
{
	bool first = true;
	const struct search_page *page = &f->page;
	if (f->shape.kind == SHAPE_COUNT || f->definitions.n + page->matches.n + page->included.n == 0)
		return;
	buf_c(b, ",\"entry\":[");
	write_matches(c, b, f, &f->definitions, "match", &first);
	write_matches(c, b, f, &page->matches, "match", &first);
	write_matches(c, b, f, &page->included, "include", &first);
	buf_char(b, ']');
}

static void answer(struct call *c, const struct found *f)
{
	struct buf b = buf_new(c->a, 256u << 20);
	const struct search_page *page = &f->page;
	buf_c(&b, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"");
	if (page->has_total)
		buf_printf(&b, ",\"total\":%lld", (long long)page->total + (long long)f->definitions.n);
	buf_c(&b, ",\"link\":[");
	write_link(c, &b, "self", page->self_query);
	if (page->next_query.p && f->shape.kind != SHAPE_COUNT)
		write_link(c, &b, "next", page->next_query);
	buf_char(&b, ']');
	write_entries(c, &b, f);
	buf_char(&b, '}');
	if (buf_ok(&b))
		call_json(c, 200, buf_str(&b));
	else
		call_refuse(c, ERR_TOO_COSTLY, "the answer is too large: ask for fewer with _count");
}

static struct str items_of(struct call *c, const struct search_page *page)
{
	struct buf b = buf_new(c->a, 1 << 20);
	const struct resources *lists[] = {&page->matches, &page->included};
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			buf_c(&b, b.n ? " " : "");
			buf_add(&b, item_of(c->a, &lists[k]->v[i]));
		}
	return buf_str(&b);
}

static bool run(struct call *c, struct access_request *q, struct search_page *page)
{
	struct err e = ERR_INIT;
	struct search *search;
	struct access_decision d;
	if (!search_parse(c->a, c->type, c->query, env_now_us(c->rest->config.env), &search, &e)) {
		query_fail(c, &e);
		return false;
	}
	struct store_read *read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!read) {
		call_fail(c, &e);
		return false;
	}
	bool ok = may_search(c, read, q, &d);
	if (ok) {
		search_hide_labels(search, d.hidden, d.hidden_count);
		if (q->person.n && (c->compartment.n || !c->user.is_system)) {
			struct str *id = ARENA_NEW(c->a, struct str); /* the search keeps it */
			*id = str_sub(q->person, sizeof "Patient/" - 1, q->person.n);
			search_only_patients(search, id, 1);
		}
		ok = store_search(read, search, page, &e);
		if (!ok)
			call_fail(c, &e);
	}
	store_read_end(read);
	return ok;
}

void do_search(struct call *c)
{
	struct found f = {0};
	if (!type_known(c) || audit_search(c) || !shape_parse(c, &f.shape) || !definitions_found(c, &f.definitions))
		return;
	struct access_request q = call_request(c, ACCESS_SEARCH, NULL);
	q.person = person_of_query(c);
	q.detail = parameter_names(c);
	if (run(c, &q, &f.page) && call_disclosed(c, &q, f.shape.kind == SHAPE_COUNT ? STR("") : items_of(c, &f.page)))
		answer(c, &f);
}

/* R4 http.html#vsearch: Patient/{id}/Observation?... */
void do_compartment(struct call *c)
{
	struct str inner = c->version;
	if (!type_known(c))
		return;
	if (!str_is(c->type, "Patient") || !fhir_id_ok(c->id)) {
		call_refuse(c, ERR_NOT_FOUND, "the only compartment served is that of a Patient");
		return;
	}
	c->compartment = str_cat(c->a, STR("Patient/"), c->id);
	c->type = inner;
	if (!type_known(c))
		return;
	if (str_is(inner, "AuditEvent") || str_is(inner, "Patient") || !fhir_compartment(STR("Patient"), inner))
		call_refuse(c, ERR_NOT_FOUND, "%.*s is not in the compartment of a Patient", STR_ARG(inner));
	else
		do_search(c);
}

/* R4 search.html#Introduction: parameters in the address and in the form count alike. */
void do_search_post(struct call *c)
{
	struct str type = http_header(c->q, "Content-Type");
	if (!str_starts(type, STR("application/x-www-form-urlencoded"))) {
		call_refuse(c, ERR_MEDIA_TYPE, "a search is posted as application/x-www-form-urlencoded");
		return;
	}
	if (c->query.n && c->q->body.n)
		c->q->query = str_printf(c->a, "%.*s&%.*s", STR_ARG(c->query), STR_ARG(c->q->body));
	else
		c->q->query = c->q->body.n ? c->q->body : c->query;
	if (call_negotiate(c))
		do_search(c);
}
