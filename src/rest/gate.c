#include "rest/internal.h"

struct access_request call_request(struct call *c, enum access_action action, const struct json *resource)
{
	return (struct access_request){.user = &c->user, .action = action, .type = c->type, .resource = resource, .channel = STR("fhir"),
				       .request = c->q->id};
}

static void say_not_found(struct call *c)
{
	call_refuse(c, ERR_NOT_FOUND, "there is no %.*s with that id", STR_ARG(c->type));
}

void call_not_found(struct call *c, struct store_read *read, enum access_action action)
{
	struct access_request q = call_request(c, action, NULL);
	access_absent(c->rest->config.access, read, &q);
	say_not_found(c);
}

bool call_allowed(struct call *c, struct store_read *read, const struct access_request *q, struct access_decision *d)
{
	*d = access_check(c->rest->config.access, read, q);
	if (d->answer == ACCESS_ALLOW)
		return true;
	if (d->invisible)
		say_not_found(c);
	else if (d->answer == ACCESS_ASK)
		call_refuse(c, ERR_FORBIDDEN, "%s: give a reason in the application first, or name the person (patient=Patient/...)",
			    d->because);
	else
		call_refuse(c, ERR_FORBIDDEN, "%s", d->because);
	return false;
}

/* No ledger row, no bytes (reliability.md I5). */
bool call_disclosed(struct call *c, const struct access_request *q, struct str items)
{
	struct err e = ERR_INIT;
	if (access_disclose(c->rest->config.access, c->a, q, items, &e))
		return true;
	call_refuse(c, ERR_UNAVAILABLE, "the ledger cannot be written, so nothing is shown: try again");
	return false;
}
