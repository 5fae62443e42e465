/* rest: the FHIR R4 API under /fhir, one file an interaction (R4 http.html). Errors are OperationOutcomes. */
#ifndef HEED_REST_REST_H
#define HEED_REST_REST_H

#include "access/access.h"
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
/* Routes under /fhir, to be put into the server's table. */
size_t rest_routes(struct rest *r, const struct http_route **out);

#endif
