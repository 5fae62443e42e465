/* rest/internal: one call of the API, and what the interactions share. */
#ifndef HEED_REST_INTERNAL_H
#define HEED_REST_INTERNAL_H

#include <stdatomic.h>

#include "rest/rest.h"

struct call;
typedef void (*interaction_fn)(struct call *c);

struct interaction {
	enum http_method method;
	const char *pattern; /* below /fhir: "/{type}/{id}" */
	interaction_fn run;
	bool open; /* needs no token */
};

struct rest {
	struct rest_config config;
	struct arena *arena;
	struct str capabilities; /* made once, without the date and address of a server */
	_Atomic(const struct http_server *) server;
	int64_t started_us;
};

enum prefer { PREFER_REPRESENTATION, PREFER_MINIMAL, PREFER_OUTCOME };

struct call {
	struct rest *rest;
	struct http_request *q;
	struct http_response *r;
	struct arena *a;
	struct user user;
	struct str type, id, version;
	struct str query; /* without _format and _pretty */
	struct str compartment; /* "Patient/id" of a search within it */
	struct str base;  /* http://host/fhir */
	enum prefer prefer;
	bool pretty;
	bool in_bundle; /* an entry of a batch or transaction: authorised like a direct call, its body is JSON already */
};

/* rest.c */
const struct interaction *interaction_find(enum http_method method, const struct str *segments, size_t n, struct call *c);
bool type_known(struct call *c); /* else answers 404 */

/* request.c: what the headers ask. */
bool call_negotiate(struct call *c); /* Accept, _format, _pretty, Prefer; else answers 406 */
bool call_authenticate(struct call *c); /* else answers 401 */
bool call_body(struct call *c, struct json **out); /* content type, JSON; else answers */
bool etag_parse(struct str header, int64_t *version);
bool etag_list_has(struct str header, int64_t version);

/* respond.c */
void call_fail(struct call *c, const struct err *e);
void query_fail(struct call *c, const struct err *e); /* for what was wrong in a query */
void call_refuse(struct call *c, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void call_outcome(struct call *c, int status, const struct fhir_outcome *o);
void call_json(struct call *c, int status, struct str json);
void call_done(struct call *c, const char *words); /* what Prefer: return=OperationOutcome gets */
void set_version_headers(struct call *c, const struct resource *r);
struct str http_date(struct arena *a, int64_t us);
struct str etag_of(struct arena *a, int64_t version);
struct str item_of(struct arena *a, const struct resource *r); /* Type/id/_history/v */

/* gate.c: access, with the answer given when it is not allowed. */
struct access_request call_request(struct call *c, enum access_action action, const struct json *resource);
bool call_allowed(struct call *c, struct store_read *read, const struct access_request *q, struct access_decision *d);
bool call_disclosed(struct call *c, const struct access_request *q, struct str items);
/* For what is not there: in the words and the time of what must not be seen. */
void call_not_found(struct call *c, struct store_read *read, enum access_action action); /* read: the open one, or NULL */

/* policy.c: what may be written through the API at all. */
int outcome_status(const struct fhir_outcome *o);
bool write_checked(struct call *c, const struct json *body, struct str text); /* validation and policy; else answers */
bool policy_check(struct call *c, const struct json *body, struct str at, struct fhir_outcome *o);
bool people_exist(struct call *c, struct store_read *read, const struct json *body, const struct map *coming, struct fhir_outcome *o);
bool may_write(struct call *c, const struct json *body, const struct map *coming, bool new_fact); /* else answers */
bool may_delete(struct call *c, bool *there);
bool if_match(struct call *c, int64_t *version); /* 0: no such header; else answers */
void answer_written(struct call *c, const struct put_result *w);

/* shape.c: _summary and _elements. */
enum shape_kind { SHAPE_WHOLE, SHAPE_SUMMARY, SHAPE_TEXT, SHAPE_DATA, SHAPE_COUNT, SHAPE_ELEMENTS };
struct shape {
	enum shape_kind kind;
	struct str elements;
};
bool shape_parse(struct call *c, struct shape *out); /* else answers */
struct str shape_apply(struct call *c, const struct shape *s, const struct resource *r);

/* The interactions. */
void do_read(struct call *c);
void do_vread(struct call *c);
void do_history(struct call *c);
void do_create(struct call *c);
void do_update(struct call *c);
void do_patch(struct call *c);
void do_delete(struct call *c);
void do_conditional_update(struct call *c);
void do_conditional_delete(struct call *c);
void do_search(struct call *c);
void do_search_post(struct call *c);
void do_compartment(struct call *c);
void do_everything(struct call *c);
void do_bundle(struct call *c);
void do_capabilities(struct call *c);
void do_validate(struct call *c);

/* audit.c, definitions.c: resources that are not in the store. False: not one of theirs. */
bool audit_read(struct call *c);
bool audit_search(struct call *c);
bool definition_read(struct call *c);
bool definitions_found(struct call *c, struct resources *out); /* the pack's matches of a search; else answers */
bool pack_has(const struct rest *r, struct str type, struct str id, struct str url); /* a definition of that id or url */
bool searched_as_definition(const struct rest *r, struct str type);

/* bundle.c */
struct entry {
	const struct json *json;
	struct json *resource;
	bool method_known;
	enum http_method method;
	struct str url, path, query, full_url, if_match, if_none_exist, if_none_match;
	struct str type, id; /* of a path "Type" or "Type/id"; STR_NONE otherwise */
};
bool bundle_entries(struct call *c, const struct json *bundle, struct entry **out, size_t *n);
/* Runs one entry as a call of its own and returns its answer as a response entry. */
struct json *entry_run(struct call *c, const struct entry *e);
struct json *answer_bundle(struct call *c, const char *type, struct json *const *entries, size_t n);

/* transaction.c */
void run_transaction(struct call *c, const struct json *bundle, struct entry *entries, size_t n);

/* capabilities.c */
struct str capabilities_text(struct rest *r, struct arena *a);

/* ops.c */
void handle_health(void *arg, struct http_request *q, struct http_response *r);
void handle_metrics(void *arg, struct http_request *q, struct http_response *r);

#endif
