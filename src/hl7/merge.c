/* A40: two records of one person, as links (Patient.link), so that it can be undone. Nothing is deleted or moved. */
#include "hl7/receive.h"

static bool labelled(const struct json *patient)
{
	const struct json *all = json_getz(json_getz(patient, "meta"), "security");
	for (size_t i = 0; i < json_n(all); i++)
		if (!str_is(json_str(json_at(all, i), "code"), "PROCESSINLINELABEL"))
			return true;
	return false;
}

static struct str nhs_of(const struct json *patient)
{
	const struct json *all = json_getz(patient, "identifier");
	for (size_t i = 0; i < json_n(all); i++)
		if (str_is(json_str(json_at(all, i), "system"), NHS_NUMBER_SYSTEM))
			return json_str(json_at(all, i), "value");
	return STR_NONE;
}

/* Two valid NHS numbers are two people, or an adoption: a person decides (rules.md A2). */
static bool numbers_differ(const struct json *x, const struct json *y)
{
	struct str p = nhs_of(x), q = nhs_of(y);
	return p.n && q.n && !str_eq(p, q);
}

static bool get_person(struct txn *t, struct str id, struct resource *r, struct json **body, struct err *e)
{
	return txn_get(t, STR("Patient"), id, r, e) && json_parse(txn_arena(t), r->body, NULL, body, e);
}

/* The record with one of the old numbers; out->id stays empty when there is none. */
static bool find_gone(struct txn *t, const struct json *gone, struct resource *out, struct err *e)
{
	const struct json *ids = json_getz(gone, "identifier");
	for (size_t i = 0; i < json_n(ids); i++) {
		struct search *q;
		struct search_page page = {0};
		struct str query = hl7_identifier_query(txn_arena(t), json_at(ids, i));
		if (!search_parse(txn_arena(t), STR("Patient"), query, txn_now_us(t), &q, e) || !txn_search(t, q, &page, e))
			return false;
		if (page.matches.n > 1)
			return err_set(e, ERR_MULTIPLE, "several records have the old number"), err_at(e, "MRG^1^1");
		if (page.matches.n == 1) {
			*out = page.matches.v[0];
			return true;
		}
	}
	return true;
}

static bool has_link(const struct json *patient, struct str other, const char *type)
{
	const struct json *links = json_getz(patient, "link");
	for (size_t i = 0; i < json_n(links); i++)
		if (str_is(json_str(json_at(links, i), "type"), type) && str_eq(json_str(json_getz(json_at(links, i), "other"), "reference"), other))
			return true;
	return false;
}

static bool write_link(struct txn *t, const struct resource *r, struct json *body, struct str other, const char *type, struct err *e)
{
	struct arena *a = txn_arena(t);
	struct json *link = json_object(a), *reference = json_object(a), *links = json_getz(body, "link");
	struct put_result done;
	struct str path = str_printf(a, "Patient/%.*s", STR_ARG(other));
	if (has_link(body, path, type))
		return true;
	if (!links)
		json_setz(a, body, "link", links = json_array(a));
	json_set_str(a, reference, "reference", path);
	json_setz(a, link, "other", reference);
	json_setz(a, link, "type", json_stringz(a, type));
	json_push(a, links, link);
	if (str_is(str_from(type), "replaced-by"))
		json_setz(a, body, "active", json_bool(a, false));
	struct put put = {.method = STORE_UPDATE, .type = STR("Patient"), .id = r->id, .body = body};
	return txn_put(t, &put, &done, e);
}

static bool may_merge(const struct json *kept, const struct json *gone, struct err *e)
{
	if (labelled(kept) || labelled(gone))
		return err_set(e, ERR_CONFLICT, "one of the records is restricted: a person decides"), err_at(e, "MRG^1^1");
	if (numbers_differ(kept, gone))
		return err_set(e, ERR_CONFLICT, "the two records have different valid NHS numbers: a person decides"), err_at(e, "MRG^1^1");
	return true;
}

/* Nobody had the old number: it is the survivor's from now on. */
static bool adopt_numbers(struct txn *t, const struct resource *kept, struct json *body, const struct json *gone, struct err *e)
{
	struct arena *a = txn_arena(t);
	const struct json *ids = json_getz(gone, "identifier");
	struct json *all = json_getz(body, "identifier");
	struct put_result done;
	if (!all)
		json_setz(a, body, "identifier", all = json_array(a));
	for (size_t i = 0; i < json_n(ids); i++) {
		struct json *id = json_clone(a, json_at(ids, i));
		json_setz(a, id, "use", json_stringz(a, "old"));
		json_push(a, all, id);
	}
	struct put put = {.method = STORE_UPDATE, .type = STR("Patient"), .id = kept->id, .body = body};
	return txn_put(t, &put, &done, e);
}

bool hl7_merge(struct txn *t, struct str survivor, const struct json *gone, struct err *e)
{
	struct resource kept, old = {0};
	struct json *kept_body, *old_body;
	if (!get_person(t, survivor, &kept, &kept_body, e) || !may_merge(kept_body, gone, e) || !find_gone(t, gone, &old, e))
		return false;
	if (str_eq(old.id, survivor))
		return true; /* one person already */
	if (!old.id.n)
		return adopt_numbers(t, &kept, kept_body, gone, e);
	if (!get_person(t, old.id, &old, &old_body, e) || !may_merge(kept_body, old_body, e))
		return false;
	return write_link(t, &old, old_body, survivor, "replaced-by", e) && write_link(t, &kept, kept_body, old.id, "replaces", e);
}
