#include "rest/internal.h"

enum { MOST = 5000, PAGE = 500 };

/* R4 patient-operation-everything: the Patient and what is in their compartment, each type held to what the reader may search. */
struct everything {
	struct call *call;
	struct store_read *read;
	struct str person, id;
	struct resources found;
};

static bool keep(struct everything *all, const struct resources *some)
{
	if (all->found.n + some->n > MOST)
		return false;
	for (size_t i = 0; i < some->n; i++)
		all->found.v[all->found.n++] = some->v[i];
	return true;
}

static bool add_pages(struct everything *all, const struct access_decision *d, struct err *e)
{
	struct call *c = all->call;
	struct str query = str_printf(c->a, "_count=%d", PAGE);
	while (query.p) {
		struct search *q;
		struct search_page page = {0};
		if (!search_parse(c->a, c->type, query, env_now_us(c->rest->config.env), &q, e))
			return false;
		search_hide_labels(q, d->hidden, d->hidden_count);
		search_only_patients(q, &all->id, 1);
		if (!store_search(all->read, q, &page, e))
			return false;
		if (!keep(all, &page.matches))
			return err_set(e, ERR_TOO_COSTLY, "there are more than %d resources: ask for a type at a time, as in Patient/%.*s/Observation", MOST,
				       STR_ARG(all->id));
		query = page.next_query;
	}
	return true;
}

static bool add_types(struct everything *all, struct err *e)
{
	struct call *c = all->call;
	for (size_t i = 0; i < fhir_resource_type_count(); i++) {
		c->type = str_from(fhir_resource_type_name(i));
		if (str_is(c->type, "Patient") || str_is(c->type, "AuditEvent") || !fhir_compartment(STR("Patient"), c->type))
			continue;
		struct access_request q = call_request(c, ACCESS_SEARCH, NULL);
		q.person = all->person;
		struct access_decision d = access_look(c->rest->config.access, all->read, &q);
		if (d.answer == ACCESS_ALLOW && !add_pages(all, &d, e))
			return false;
	}
	c->type = STR("Patient");
	return true;
}

static bool gather(struct everything *all)
{
	struct call *c = all->call;
	struct err e = ERR_INIT;
	struct resource patient;
	struct json *body;
	struct access_decision d;
	if (!store_get(all->read, c->type, c->id, &patient, &e) || !json_parse(c->a, patient.body, NULL, &body, &e)) {
		if (e.code == ERR_NOT_FOUND)
			call_not_found(c, all->read, ACCESS_READ);
		else
			call_fail(c, &e);
		return false;
	}
	struct access_request q = call_request(c, ACCESS_READ, body);
	if (!call_allowed(c, all->read, &q, &d))
		return false;
	all->found.v[all->found.n++] = patient;
	if (add_types(all, &e))
		return true;
	call_fail(c, &e);
	return false;
}

static void answer(struct call *c, const struct everything *all)
{
	struct buf b = buf_new(c->a, 256u << 20);
	buf_printf(&b, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":%zu,\"entry\":[", all->found.n);
	for (size_t i = 0; i < all->found.n; i++) {
		const struct resource *r = &all->found.v[i];
		buf_printf(&b, "%s{\"fullUrl\":", i ? "," : "");
		json_write_string(&b, str_printf(c->a, "%.*s/%.*s/%.*s", STR_ARG(c->base), STR_ARG(r->type), STR_ARG(r->id)));
		buf_c(&b, ",\"resource\":");
		buf_add(&b, r->body);
		buf_c(&b, ",\"search\":{\"mode\":\"match\"}}");
	}
	buf_c(&b, "]}");
	if (buf_ok(&b))
		call_json(c, 200, buf_str(&b));
	else
		call_refuse(c, ERR_TOO_COSTLY, "the answer is too large: ask for a type at a time");
}

static struct str items_of(struct call *c, const struct resources *found)
{
	struct buf b = buf_new(c->a, 1 << 20);
	for (size_t i = 0; i < found->n; i++) {
		buf_c(&b, i ? " " : "");
		buf_add(&b, item_of(c->a, &found->v[i]));
	}
	return buf_str(&b);
}

void do_everything(struct call *c)
{
	struct err e = ERR_INIT;
	if (!str_is(c->type, "Patient") || c->query.n) {
		call_refuse(c, ERR_NOT_SUPPORTED, "$everything is asked of a Patient, without parameters");
		return;
	}
	struct everything all = {.call = c, .person = str_cat(c->a, STR("Patient/"), c->id), .id = c->id};
	all.found.v = ARENA_ARRAY(c->a, struct resource, MOST + 1);
	all.read = store_read_begin(c->rest->config.store, c->a, &e);
	if (!all.read) {
		call_fail(c, &e);
		return;
	}
	bool ok = gather(&all);
	store_read_end(all.read);
	struct access_request q = call_request(c, ACCESS_READ, NULL);
	q.person = all.person;
	q.detail = STR("everything");
	if (ok && call_disclosed(c, &q, items_of(c, &all.found)))
		answer(c, &all);
}
