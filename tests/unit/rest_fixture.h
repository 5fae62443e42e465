/* rest_fixture: a whole server in process, on a store of its own, and a client that speaks FHIR. */
#ifndef HEED_TESTS_REST_FIXTURE_H
#define HEED_TESTS_REST_FIXTURE_H

#include <dirent.h>

#include "client.h"
#include "rest/rest.h"

struct fixture {
	struct arena *arena;
	struct store *store;
	struct ledger *ledger;
	struct pack *pack;
	struct access *access;
	struct http_server *http;
	int port;
	char dir[40];
	struct str token; /* of the system account */
};

static inline bool fixture_open(struct fixture *f, struct err *e)
{
	const char *packs[] = {"pack/england", "pack/derby"};
	*f = (struct fixture){.arena = arena_new(0), .dir = "/tmp/heed-rest-XXXXXX"};
	log_level_set(LOG_ERROR);
	store_library_init();
	if (!mkdtemp(f->dir))
		return err_set(e, ERR_UNAVAILABLE, "no temporary directory");
	struct store_config config = {.url = str_c(f->arena, str_printf(f->arena, "sqlite:%s", f->dir)), .env = env_system()};
	struct pack_problems problems = {.arena = f->arena};
	if (!pack_load(f->arena, env_system(), packs, 2, &f->pack, &problems))
		return err_set(e, ERR_INVALID, "the pack does not load");
	if (!store_open(&config, &f->store, e) || !ledger_open(f->store, &f->ledger, e) ||
	    !access_open(f->store, f->ledger, f->pack, &f->access, e) || !store_run_due(f->store, e))
		return false;
	struct rest_config rest = {f->store, f->access, f->ledger, f->pack, env_system()};
	struct rest *r = rest_new(f->arena, &rest);
	struct http_config http = {.address = "127.0.0.1:0", .max_body = 8u << 20};
	http.route_count = rest_routes(r, &http.routes);
	if (!http_start(&http, &f->http, e))
		return false;
	rest_server_set(r, f->http);
	f->port = http_port(f->http);
	return access_user_add(f->access, STR("feed"), STR(""), STR("system"), STR_NONE, e) &&
	       access_token_make(f->access, f->arena, STR("feed"), STR("system/*.*"), 600, &f->token, e);
}

static inline void fixture_close(struct fixture *f)
{
	http_stop(f->http);
	access_close(f->access);
	store_close(f->store);
	ledger_close(f->ledger);
	DIR *d = opendir(f->dir);
	for (struct dirent *file; d && (file = readdir(d));)
		unlinkat(dirfd(d), file->d_name, 0);
	if (d)
		closedir(d);
	rmdir(f->dir);
	arena_destroy(f->arena);
}

/* As the system account; `headers` ended by CR LF each, and "Content-Type: application/fhir+json" unless it names one. */
static inline struct answer fhir_ask_as(const struct fixture *f, struct arena *a, struct str token, const char *method, const char *path,
					const char *headers, struct str body)
{
	bool typed = strstr(headers, "Content-Type") != NULL;
	const char *all = str_c(a, str_printf(a, "Authorization: Bearer %.*s\r\n%s%s", STR_ARG(token),
					      body.p && !typed ? "Content-Type: application/fhir+json\r\n" : "", headers));
	return client_ask(a, f->port, method, str_c(a, str_printf(a, "/fhir%s", path)), all, body);
}

static inline struct answer fhir_ask(const struct fixture *f, struct arena *a, const char *method, const char *path, const char *headers,
				     struct str body)
{
	return fhir_ask_as(f, a, f->token, method, path, headers, body);
}

#endif
