#include "rest/internal.h"

/* R4 http.html#create: 400 for what cannot be understood as a resource of its type, 422 for what breaks a rule about it. */
int outcome_status(const struct fhir_outcome *o)
{
	int status = 422;
	for (size_t i = 0; i < o->issues.n; i++) {
		const struct fhir_issue *issue = &o->issues.v[i];
		if (issue->severity > FHIR_ERROR)
			continue;
		if (issue->code == ERR_FORBIDDEN)
			return 403;
		if (issue->code != ERR_INVARIANT && issue->code != ERR_NOT_SUPPORTED && issue->code != ERR_NOT_FOUND)
			status = 400;
	}
	return status;
}

/* A notice may go to a named https host and nowhere else: no address of this machine or network can be given as a number. */
static bool endpoint_ok(struct str url)
{
	if (!str_starts(url, STR("https://")))
		return false;
	struct str host = str_sub(url, 8, url.n);
	bool letter = false;
	for (size_t i = 0; i < host.n && host.p[i] != '/' && host.p[i] != ':' && host.p[i] != '?'; i++) {
		char ch = host.p[i];
		if (ch == '@' || ch == '[' || ch == '%')
			return false;
		letter = letter || (ch >= 'g' && ch <= 'z');
	}
	return letter && !str_starts(host, STR("localhost"));
}

static bool contains_audit(const struct json *body)
{
	const struct json *contained = json_getz(body, "contained");
	for (size_t i = 0; i < json_n(contained); i++)
		if (str_is(json_str(json_at(contained, i), "resourceType"), "AuditEvent"))
			return true;
	return false;
}

bool policy_check(struct call *c, const struct json *body, struct str at, struct fhir_outcome *o)
{
	struct str type = json_str(body, "resourceType");
	size_t before = o->errors;
	if (str_is(type, "AuditEvent"))
		fhir_outcome_add(o, FHIR_ERROR, ERR_FORBIDDEN, at, "the audit trail is written by the server alone");
	if (contains_audit(body))
		fhir_outcome_add(o, FHIR_ERROR, ERR_FORBIDDEN, at, "an AuditEvent cannot be contained: the audit trail is written by the server alone");
	if (pack_has(c->rest, type, json_str(body, "id"), json_str(body, "url")))
		fhir_outcome_add(o, FHIR_ERROR, ERR_FORBIDDEN, at, "this %.*s is the pack's, and is changed there", STR_ARG(type));
	struct str endpoint = json_str(json_getz(body, "channel"), "endpoint");
	if (str_is(type, "Subscription") && endpoint.p && !endpoint_ok(endpoint))
		fhir_outcome_add(o, FHIR_ERROR, ERR_INVARIANT, str_cat(c->a, at, STR(".channel.endpoint")),
				 "an endpoint is an https address with the name of a host");
	return o->errors == before;
}

bool write_checked(struct call *c, const struct json *body, struct str text)
{
	struct fhir_outcome *o = fhir_outcome_new(c->a);
	struct str type = json_str(body, "resourceType");
	if (!str_eq(type, c->type)) {
		call_refuse(c, ERR_INVALID, "the body is \"%.*s\", and the address says %.*s", STR_ARG(type), STR_ARG(c->type));
		return false;
	}
	policy_check(c, body, type, o);
	if (!o->errors)
		fhir_validate(c->a, body, text, o);
	if (!o->errors && str_is(type, "QuestionnaireResponse") && c->rest->config.pack)
		form_validate(c->a, c->rest->config.pack, body, o);
	if (!o->errors)
		return true;
	call_outcome(c, outcome_status(o), o);
	return false;
}

/* ---- references to people ---- */

struct walk {
	struct call *call;
	struct store_read *read;
	const struct map *coming; /* "Type/id" of what the same transaction writes; may be NULL */
	struct fhir_outcome *outcome;
};

static void check_reference(struct walk *w, struct str text)
{
	struct fhir_reference ref;
	struct resource found;
	if (str_starts(text, STR("#")) || str_starts(text, STR("urn:")) || str_find_char(text, '?') >= 0)
		return;
	if (!fhir_reference_parse(text, w->call->base, &ref)) {
		if (str_find(text, STR("/Patient/")) >= 0)
			fhir_outcome_add(w->outcome, FHIR_ERROR, ERR_INVARIANT, STR_NONE,
					 "a reference to a person on another server cannot be followed: give an identifier instead");
		return;
	}
	struct str name = str_printf(w->call->a, "%.*s/%.*s", STR_ARG(ref.type), STR_ARG(ref.id));
	if (!str_is(ref.type, "Patient") || (w->coming && map_get(w->coming, name)))
		return;
	if (!store_get(w->read, ref.type, ref.id, &found, NULL))
		fhir_outcome_add(w->outcome, FHIR_ERROR, ERR_INVARIANT, STR_NONE, "there is no \"%.*s\" to refer to", STR_ARG(text));
}

static void walk(struct walk *w, const struct json *j)
{
	if (json_is(j, JSON_ARRAY))
		for (size_t i = 0; i < j->n; i++)
			walk(w, j->items[i]);
	if (!json_is(j, JSON_OBJECT))
		return;
	for (size_t i = 0; i < j->n; i++) {
		if (str_is(j->members[i].key, "reference") && json_is(j->members[i].value, JSON_STRING))
			check_reference(w, json_text(j->members[i].value));
		else
			walk(w, j->members[i].value);
	}
}

/* A new fact must be about somebody who is here. A PUT with an id of the sender's is not held to it: that is how a set of records
 * is brought over, in any order. */
bool people_exist(struct call *c, struct store_read *read, const struct json *body, const struct map *coming, struct fhir_outcome *o)
{
	struct walk w = {c, read, coming, o};
	walk(&w, body);
	return o->errors == 0;
}
