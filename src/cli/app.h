/* app: everything that runs, put together in one place and taken apart in the opposite order. serve, demo, reindex and replay use it. */
#ifndef HEED_CLI_APP_H
#define HEED_CLI_APP_H

#include "hl7/hl7.h"
#include "http/http.h"
#include "rest/rest.h"
#include "web/web.h"

enum { APP_MAX_PACKS = 8 };

struct app_config {
	const char *data;               /* directory; made when absent */
	const char *store_url;          /* NULL: sqlite:DATA */
	const char *clock;              /* NULL: the real one; else where a hand-turned one starts */
	const char *packs[APP_MAX_PACKS]; /* none: the project's own england and derby */
	size_t pack_count;
};

struct app {
	struct arena *arena;
	const char *data;
	struct env *env;
	struct pack *pack;
	struct store *store;
	struct ledger *ledger;
	struct access *access;
	struct pathway *pathway;
	struct http_server *http;
	struct mllp_server *mllp;
	struct mllp_config mllp_config;
};

/* Store, ledger, pack, access and pathways; nothing listens yet. Pack problems are printed with file and line. */
/* The pack alone, into app->pack; app->arena and app->env are the caller's. Problems are printed with file and line. */
bool app_open_pack(const struct app_config *config, struct app *app, struct err *e);

/* Takes --pack DIR, which may come more than once, out of argv. */
bool app_take_packs(int *argc, char **argv, struct app_config *config);

bool app_open(const struct app_config *config, struct app *out, struct err *e);

/* Starts HTTP, and MLLP when an address is given. */
bool app_listen(struct app *app, const char *http_address, const char *mllp_address, struct err *e);

/* Prints the one line that says it is ready, waits for SIGINT or SIGTERM. */
void app_wait(struct app *app);
void app_close(struct app *app);

#endif
