/* rest: the FHIR R4 API under /fhir, one file an interaction (R4 http.html). Errors are OperationOutcomes.
 *
 * read, vread, history, create, update, patch (JSON and FHIRPath), delete, their conditional forms, search, batch, transaction, capabilities. JSON only: XML
 * is answered 406 or 415, and the CapabilityStatement says so. Callers show a bearer token (see access.h). Every write is
 * validated; every read is in the ledger before its bytes leave; what a reader may not know of is not there.
 *
 * What the pack defines (Questionnaire, PlanDefinition, ...) is readable here and written only in the pack. AuditEvents are rows of
 * the ledger, for administrators.
 *
 * Also GET /health and GET /metrics (Prometheus text).
 *
 * Threads  handlers run on the HTTP server's.
 */
#ifndef HEED_REST_REST_H
#define HEED_REST_REST_H

#include "access/access.h"
#include "form/form.h"
#include "http/http.h"

struct rest_config {
	struct store *store;
	struct access *access;
	struct ledger *ledger;
	const struct pack *pack;
	struct env *env;
};
struct rest;
struct rest *rest_new(struct arena *a, const struct rest_config *c);
/* Routes under /fhir, /health and /metrics, to be put into the server's table. */
size_t rest_routes(struct rest *r, const struct http_route **out);
/* Whose counters /metrics shows; once it has started. */
void rest_server_set(struct rest *r, const struct http_server *s);

#endif
