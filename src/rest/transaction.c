/* A transaction (R4 http.html#transaction): DELETE, then POST, then PUT, then GET; all or nothing. Ids of what is new are chosen
 * here, so that references to it (by fullUrl) can be rewritten before anything is written; conditions are asked inside the
 * database transaction, where nothing can slip in between. */
#include "rest/internal.h"

struct work {
	struct entry *entry;
	size_t at; /* in the Bundle */
	struct put put;
	struct put_result result;
	bool skip; /* a conditional create that found its match */
};

struct transaction {
	struct call *call;
	struct entry *entries;
	size_t n;
	struct work *works; /* in the order they are done */
	size_t work_n;
	struct map names;  /* fullUrl -> struct str *: "Type/id" */
	struct map coming; /* "Type/id" -> entry */
	bool has_conditions;
};

static bool refuse_entry(struct call *c, size_t at, const char *why)
{
	call_refuse(c, ERR_INVALID, "entry %zu: %s", at, why);
	return false;
}

/* ---- what each entry asks ---- */

static bool check_shape(struct call *c, const struct entry *e, size_t at)
{
	if (!e->method_known)
		return refuse_entry(c, at, "its method is not GET, HEAD, POST, PUT or DELETE");
	if (e->method == HTTP_GET || e->method == HTTP_HEAD)
		return true;
	if (!e->type.n)
		return refuse_entry(c, at, "its url does not name a type of resource, or that and an id");
	bool conditional = e->query.n > 0 && !e->id.p;
	if (e->method == HTTP_POST && (e->id.p || e->query.p))
		return refuse_entry(c, at, "the url of a POST is a type of resource");
	if (e->method != HTTP_POST && !e->id.p && !conditional)
		return refuse_entry(c, at, "its url names neither an id nor a condition");
	if (e->method == HTTP_DELETE)
		return true;
	if (!json_is(e->resource, JSON_OBJECT) || !str_eq(json_str(e->resource, "resourceType"), e->type))
		return refuse_entry(c, at, "its resource is not of the type its url names");
	if (e->method == HTTP_PUT && e->id.p && !str_eq(json_str(e->resource, "id"), e->id))
		return refuse_entry(c, at, "the id in its resource is not that of its url");
	return true;
}

static bool add_work(struct transaction *t, struct entry *e, size_t at)
{
	struct call *c = t->call;
	struct work *w = &t->works[t->work_n++];
	*w = (struct work){.entry = e, .at = at};
	w->put = (struct put){.type = e->type, .id = e->id, .body = e->resource};
	w->put.method = e->method == HTTP_POST ? STORE_CREATE : e->method == HTTP_PUT ? STORE_UPDATE : STORE_DELETE;
	if (e->method == HTTP_DELETE)
		w->put.body = NULL;
	if (e->if_match.n && !etag_parse(e->if_match, &w->put.if_version))
		return refuse_entry(c, at, "ifMatch must be one version, as in W/\"3\"");
	if (e->method == HTTP_POST)
		w->put.id = id_new(c->rest->config.env, c->a);
	if (e->method != HTTP_POST && !e->id.p) {
		w->put.if_query = e->query;
		w->put.id = json_str(e->resource, "id");
		t->has_conditions = true;
	}
	t->has_conditions = t->has_conditions || e->if_none_exist.n > 0;
	return true;
}

static bool collect(struct transaction *t)
{
	static const enum http_method order[] = {HTTP_DELETE, HTTP_POST, HTTP_PUT};
	for (size_t i = 0; i < t->n; i++)
		if (!check_shape(t->call, &t->entries[i], i))
			return false;
	t->works = ARENA_ARRAY(t->call->a, struct work, t->n ? t->n : 1);
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < t->n; i++)
			if (t->entries[i].method == order[k] && !add_work(t, &t->entries[i], i))
				return false;
	return true;
}

/* ---- no two entries about the same thing ---- */

static bool once(struct transaction *t, struct map *seen, struct str key, struct work *w, const char *why)
{
	if (map_get(seen, key))
		return refuse_entry(t->call, w->at, why);
	map_put(seen, key, w);
	return true;
}

static bool check_duplicates(struct transaction *t)
{
	struct arena *a = t->call->a;
	struct map targets = map_new(a), urls = map_new(a);
	for (size_t i = 0; i < t->work_n; i++) {
		struct work *w = &t->works[i];
		struct str condition = w->put.if_query.p ? w->put.if_query : w->entry->if_none_exist;
		struct str target = condition.n ? str_printf(a, "%.*s?%.*s", STR_ARG(w->put.type), STR_ARG(condition))
						: str_printf(a, "%.*s/%.*s", STR_ARG(w->put.type), STR_ARG(w->put.id));
		if (!once(t, &targets, target, w, "another entry has the same target") ||
		    (w->entry->full_url.n && !once(t, &urls, w->entry->full_url, w, "another entry has the same fullUrl")))
			return false;
	}
	return true;
}

/* ---- references ---- */

static void name_entry(struct transaction *t, const struct work *w, struct str type, struct str id)
{
	struct arena *a = t->call->a;
	struct str *name = ARENA_NEW(a, struct str);
	*name = str_printf(a, "%.*s/%.*s", STR_ARG(type), STR_ARG(id));
	map_put(&t->coming, *name, w->entry);
	if (w->entry->full_url.n)
		map_put(&t->names, w->entry->full_url, name);
}

static void name_entries(struct transaction *t)
{
	t->names = map_new(t->call->a);
	t->coming = map_new(t->call->a);
	for (size_t i = 0; i < t->work_n; i++) {
		const struct work *w = &t->works[i];
		if (w->put.method != STORE_DELETE && w->put.id.n)
			name_entry(t, w, w->put.type, w->put.id);
	}
}

struct rewrite {
	struct transaction *t;
	struct txn *txn; /* NULL: conditional references are left for the database transaction */
	struct err *e;
};

static bool resolve_condition(struct rewrite *r, struct json *text)
{
	struct str s = json_text(text);
	ptrdiff_t mark = str_find_char(s, '?');
	struct str type = str_sub(s, 0, (size_t)mark);
	struct search *q;
	struct search_page page = {0};
	if (!fhir_is_resource(type))
		return err_set(r->e, ERR_INVALID, "\"%.*s\" is not a conditional reference", STR_ARG(s));
	if (!r->txn) {
		r->t->has_conditions = true;
		return true;
	}
	struct arena *a = r->t->call->a;
	if (!search_parse(a, type, str_sub(s, (size_t)mark + 1, s.n), txn_now_us(r->txn), &q, r->e) || !txn_search(r->txn, q, &page, r->e))
		return false;
	if (page.matches.n != 1)
		return err_set(r->e, ERR_MULTIPLE, "the conditional reference to %.*s matches %s", STR_ARG(type),
			       page.matches.n ? "more than one" : "none");
	text->text = str_printf(a, "%.*s/%.*s", STR_ARG(type), STR_ARG(page.matches.v[0].id));
	return true;
}

static bool rewrite_text(struct rewrite *r, struct str key, struct json *text)
{
	const struct str *name = map_get(&r->t->names, json_text(text));
	if (name) {
		text->text = *name;
		return true;
	}
	if (!str_is(key, "reference"))
		return true;
	if (str_starts(json_text(text), STR("urn:uuid:")) || str_starts(json_text(text), STR("urn:oid:")))
		return err_set(r->e, ERR_INVALID, "\"%.*s\" names no entry of this Bundle", STR_ARG(json_text(text)));
	return str_find_char(json_text(text), '?') < 0 || resolve_condition(r, text);
}

static bool rewrite(struct rewrite *r, struct str key, struct json *j)
{
	if (json_is(j, JSON_STRING))
		return rewrite_text(r, key, j);
	for (size_t i = 0; json_is(j, JSON_ARRAY) && i < j->n; i++)
		if (!rewrite(r, key, j->items[i]))
			return false;
	for (size_t i = 0; json_is(j, JSON_OBJECT) && i < j->n; i++)
		if (!rewrite(r, j->members[i].key, j->members[i].value))
			return false;
	return true;
}

static bool rewrite_all(struct transaction *t, struct txn *txn, struct err *e)
{
	struct rewrite r = {t, txn, e};
	for (size_t i = 0; i < t->work_n; i++)
		if (t->works[i].put.body && !rewrite(&r, STR(""), t->works[i].entry->resource))
			return err_context(e, "entry %zu", t->works[i].at);
	return true;
}

/* ---- checks before anything is written ---- */

static bool check_content(struct transaction *t, const struct json *bundle)
{
	struct call *c = t->call;
	struct fhir_outcome *o = fhir_outcome_new(c->a);
	for (size_t i = 0; i < t->work_n; i++) {
		const struct work *w = &t->works[i];
		struct str at = str_printf(c->a, "Bundle.entry[%zu].resource", w->at);
		if (w->put.body)
			policy_check(c, w->put.body, at, o);
		else if (pack_has(c->rest, w->put.type, w->put.id, STR_NONE) || str_is(w->put.type, "AuditEvent"))
			fhir_outcome_add(o, FHIR_ERROR, ERR_FORBIDDEN, at, "this %.*s is not deleted through the API", STR_ARG(w->put.type));
		if (w->put.body && str_is(w->put.type, "QuestionnaireResponse") && c->rest->config.pack)
			form_validate(c->a, c->rest->config.pack, w->put.body, o);
	}
	if (!o->errors)
		fhir_validate(c->a, bundle, c->q->body, o);
	if (!o->errors)
		return true;
	call_outcome(c, outcome_status(o), o);
	return false;
}

/* Each entry is authorised like a direct call. */
static bool check_access(struct transaction *t)
{
	struct call *c = t->call;
	for (size_t i = 0; i < t->work_n; i++) {
		const struct work *w = &t->works[i];
		bool there;
		c->type = w->put.type;
		c->id = w->put.method == STORE_CREATE ? STR_NONE : w->put.id;
		if (w->put.body ? !may_write(c, w->put.body, &t->coming, w->put.method == STORE_CREATE) : c->id.n && !may_delete(c, &there))
			return false;
		if (w->put.if_query.p && !c->user.is_system) {
			call_refuse(c, ERR_FORBIDDEN, "entry %zu: a conditional update or delete in a transaction is for systems", w->at);
			return false;
		}
	}
	return true;
}

/* ---- doing it ---- */

static bool put_one(struct txn *txn, struct work *w, struct err *e)
{
	if (w->skip)
		return true;
	if (w->put.method != STORE_DELETE || w->put.if_query.p)
		return txn_put(txn, &w->put, &w->result, e) || err_context(e, "entry %zu", w->at);
	struct err why = ERR_INIT;
	if (txn_put(txn, &w->put, &w->result, &why) || why.code == ERR_NOT_FOUND)
		return true; /* what is not there is deleted */
	*e = why;
	return err_context(e, "entry %zu", w->at);
}

static bool put_range(struct txn *txn, struct transaction *t, bool deletes, struct err *e)
{
	for (size_t i = 0; i < t->work_n; i++)
		if ((t->works[i].put.method == STORE_DELETE) == deletes && !put_one(txn, &t->works[i], e))
			return false;
	return true;
}

static bool find_match(struct txn *txn, struct transaction *t, struct work *w, struct err *e)
{
	struct search *q;
	struct search_page page = {0};
	struct str condition = w->entry->if_none_exist;
	if (condition.n && condition.p[0] == '?')
		condition = str_sub(condition, 1, condition.n);
	if (!search_parse(t->call->a, w->put.type, condition, txn_now_us(txn), &q, e) || !txn_search(txn, q, &page, e))
		return false;
	if (page.matches.n > 1)
		return err_set(e, ERR_MULTIPLE, "ifNoneExist matches more than one resource");
	if (page.matches.n == 0)
		return true;
	w->skip = true;
	w->result = (struct put_result){.resource = page.matches.v[0], .unchanged = true};
	name_entry(t, w, w->put.type, page.matches.v[0].id);
	return true;
}

static bool run_in_txn(struct txn *txn, void *arg, struct err *e)
{
	struct transaction *t = arg;
	if (!put_range(txn, t, true, e))
		return false;
	for (size_t i = 0; i < t->work_n; i++)
		if (t->works[i].entry->if_none_exist.n && !find_match(txn, t, &t->works[i], e))
			return err_context(e, "entry %zu", t->works[i].at);
	return rewrite_all(t, txn, e) && put_range(txn, t, false, e);
}

/* Without conditions the store prepares everything on this thread, and the committer has less to do. */
static bool commit_plain(struct transaction *t, const struct act *act, struct err *e)
{
	struct arena *a = t->call->a;
	struct put *puts = ARENA_ARRAY(a, struct put, t->work_n ? t->work_n : 1);
	struct put_result *results = ARENA_ARRAY(a, struct put_result, t->work_n ? t->work_n : 1);
	for (size_t i = 0; i < t->work_n; i++)
		puts[i] = t->works[i].put;
	struct change change = {.act = *act, .puts = puts, .n = t->work_n, .results = results};
	if (!store_commit(t->call->rest->config.store, a, &change, e))
		return false;
	for (size_t i = 0; i < t->work_n; i++)
		t->works[i].result = results[i];
	return true;
}

static bool has_deletes(const struct transaction *t)
{
	return t->work_n && t->works[0].put.method == STORE_DELETE;
}

static bool commit(struct transaction *t)
{
	struct call *c = t->call;
	struct err e = ERR_INIT;
	struct act act = access_act(&c->user, STR("fhir"), c->q->id);
	bool ok = true;
	if (!t->has_conditions) /* may still meet a conditional reference, and then sets has_conditions */
		ok = rewrite_all(t, NULL, &e);
	if (ok && t->work_n)
		ok = t->has_conditions || has_deletes(t) ? store_submit(c->rest->config.store, c->a, &act, run_in_txn, t, &e)
							 : commit_plain(t, &act, &e);
	if (!ok)
		call_fail(c, &e);
	return ok;
}

/* ---- answering ---- */

static struct json *answer_of(struct call *c, const struct work *w)
{
	struct json *entry = json_object(c->a), *response = json_object(c->a), *body;
	const struct put_result *done = &w->result;
	const struct resource *r = &done->resource;
	bool gone = w->put.method == STORE_DELETE;
	json_setz(c->a, response, "status", json_stringz(c->a, gone ? "204 No Content" : done->created ? "201 Created" : "200 OK"));
	if (r->id.n && !gone)
		json_set_str(c->a, response, "location", str_printf(c->a, "%.*s/%.*s", STR_ARG(c->base), STR_ARG(item_of(c->a, r))));
	if (r->id.n) {
		json_set_str(c->a, response, "etag", etag_of(c->a, r->version));
		json_set_str(c->a, response, "lastModified", date_instant(c->a, r->recorded_us));
	}
	bool own = !gone && !w->skip && c->prefer == PREFER_REPRESENTATION;
	if (own && json_parse(c->a, r->body, NULL, &body, NULL))
		json_setz(c->a, entry, "resource", body);
	json_setz(c->a, entry, "response", response);
	return entry;
}

static void answer(struct transaction *t)
{
	struct call *c = t->call;
	struct json **answers = ARENA_ARRAY(c->a, struct json *, t->n ? t->n : 1);
	for (size_t i = 0; i < t->work_n; i++)
		answers[t->works[i].at] = answer_of(c, &t->works[i]);
	for (size_t i = 0; i < t->n; i++)
		if (!answers[i])
			answers[i] = entry_run(c, &t->entries[i]);
	call_json(c, 200, json_to_str(c->a, answer_bundle(c, "transaction-response", answers, t->n)));
}

void run_transaction(struct call *c, const struct json *bundle, struct entry *entries, size_t n)
{
	struct transaction t = {.call = c, .entries = entries, .n = n};
	if (!collect(&t) || !check_duplicates(&t))
		return;
	name_entries(&t);
	if (check_content(&t, bundle) && check_access(&t) && commit(&t))
		answer(&t);
}
