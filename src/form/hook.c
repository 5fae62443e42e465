/* Filing by whatever way in: what a completed response makes is written in the transaction that writes the response. */
#include "form/internal.h"
#include "identity/identity.h"
#include "store/store.h"

struct filing { /* lives as long as the store */
	const struct pack *pack;
};

static bool is_filed(const struct json *response)
{
	struct str status = json_str(response, "status");
	return str_is(status, "completed") || str_is(status, "amended");
}

/* Gives the expressions the resource a reference names, when it is here and of the type they expect. */
static bool give(struct txn *t, struct form_context *c, const char *name, const char *type, struct str reference)
{
	struct fhir_reference ref;
	struct resource found;
	struct json *body;
	struct err e = ERR_INIT;
	struct arena *a = txn_arena(t);
	if (!fhir_reference_parse(reference, STR_NONE, &ref) || !str_is(ref.type, type))
		return true;
	if (!txn_get(t, ref.type, ref.id, &found, &e))
		return e.code == ERR_NOT_FOUND || e.code == ERR_GONE;
	if (!found.deleted && json_parse(a, found.body, NULL, &body, NULL))
		map_put(&c->variables, str_from(name), body);
	return true;
}

static struct str reference_in(const struct json *of, const char *name)
{
	const struct json *at = json_getz(of, name);
	return json_str(json_is(at, JSON_ARRAY) ? json_at(at, 0) : at, "reference");
}

static bool gather(struct txn *t, const struct json *response, struct form_context *c)
{
	*c = (struct form_context){.variables = map_new(txn_arena(t)), .now_us = txn_now_us(t)};
	return give(t, c, "patient", "Patient", reference_in(response, "subject")) &&
	       give(t, c, "encounter", "Encounter", reference_in(response, "encounter")) &&
	       give(t, c, "request", "ServiceRequest", reference_in(response, "basedOn")) &&
	       give(t, c, "user", "Practitioner", reference_in(response, "author")) &&
	       give(t, c, "task", "Task", json_str(form_ext_value(response, FORM_EXT("answers-task")), "reference"));
}

/* A person somebody told of (F2.8) may be known already. Who they are is for people to judge: the new record stays, and says so. */
static bool put_person(struct txn *t, const struct put *put, struct err *e)
{
	struct identity_match match;
	struct put_result result;
	if (!identity_find(t, put->body, &match, e) || !txn_put(t, put, &result, e))
		return false;
	struct resources likely = match.answer == IDENTITY_LINK ? (struct resources){&match.person, 1} : match.possible;
	return match.answer == IDENTITY_NEW || identity_raise_possible(t, &result.resource, &likely, match.because, e);
}

static bool put_made(struct txn *t, const struct json *resource, struct err *e)
{
	struct fhir_outcome *o = fhir_outcome_new(txn_arena(t));
	struct put_result result;
	if (!fhir_validate(txn_arena(t), resource, STR_NONE, o))
		return err_set(e, ERR_INVARIANT, "what the form makes of this is not right: %.*s %.*s", STR_ARG(o->issues.v[0].expression), STR_ARG(o->issues.v[0].diagnostics));
	struct put put = {.method = STORE_UPDATE, .type = json_str(resource, "resourceType"), .id = json_str(resource, "id"), .body = resource};
	return str_is(put.type, "Patient") ? put_person(t, &put, e) : txn_put(t, &put, &result, e);
}

static bool wrote(void *arg, struct txn *t, const struct store_event *event, struct err *e)
{
	const struct filing *filing = arg;
	const struct json *response = event->body;
	if (!str_is(event->resource->type, "QuestionnaireResponse") || txn_reindexing(t) || !is_filed(response) || is_filed(event->previous))
		return true;
	const struct pack_resource *q = pack_by_url(filing->pack, json_str(response, "questionnaire"));
	if (!q || !str_is(q->type, "Questionnaire"))
		return true; /* a form of somebody else's */
	struct form_context context;
	struct json *made, *with_id = json_clone(txn_arena(t), response);
	json_set_str(txn_arena(t), with_id, "id", event->resource->id);
	if (!gather(t, response, &context))
		return err_set(e, ERR_UNAVAILABLE, "the record could not be read for the form");
	if (!form_extract(txn_arena(t), filing->pack, with_id, &context, &made, e))
		return err_context(e, "form %.*s", STR_ARG(q->id));
	for (size_t i = 0; i < json_n(made); i++)
		if (!put_made(t, json_at(made, i), e))
			return err_context(e, "form %.*s", STR_ARG(q->id));
	return true;
}

bool form_attach(struct store *s, const struct pack *p, struct arena *a)
{
	struct filing *filing = ARENA_NEW(a, struct filing);
	filing->pack = p;
	store_hook_add(s, &(struct store_hook){.name = "form", .arg = filing, .wrote = wrote});
	return true;
}
