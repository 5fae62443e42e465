#include "cli/app.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "form/form.h"

static bool make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	return err_set(e, ERR_UNAVAILABLE, "cannot make the data directory \"%s\": %s", path, strerror(errno));
}

static bool open_env(const struct app_config *c, struct app *app, struct err *e)
{
	if (!c->clock) {
		app->env = env_system();
		return true;
	}
	struct date when;
	if (!date_parse(str_from(c->clock), DATE_KIND_DATETIME, &when, e))
		return err_context(e, "--clock");
	app->env = env_manual(date_lo_us(&when));
	return true;
}

bool app_open_pack(const struct app_config *c, struct app *app, struct err *e)
{
	const char *own[] = {HEED_PACK_DIR "/england", HEED_PACK_DIR "/derby"};
	bool given = c->pack_count > 0;
	struct pack_problems problems = {.arena = app->arena};
	if (pack_load(app->arena, app->env, given ? c->packs : own, given ? c->pack_count : 2, &app->pack, &problems))
		return true;
	for (size_t i = 0; i < problems.list.n; i++) {
		const struct pack_problem *p = &problems.list.v[i];
		fprintf(stderr, "%.*s:%d: %.*s\n", STR_ARG(p->file), p->line, STR_ARG(p->message));
	}
	return err_set(e, ERR_INVALID, "the pack has %zu problems", problems.list.n);
}

static bool open_store(const struct app_config *c, struct app *app, struct err *e)
{
	struct str url = c->store_url ? str_from(c->store_url) : str_printf(app->arena, "sqlite:%s", c->data);
	struct store_config config = {.url = str_c(app->arena, url), .env = app->env};
	return store_open(&config, &app->store, e);
}

bool app_open(const struct app_config *config, struct app *app, struct err *e)
{
	*app = (struct app){.arena = arena_new(0), .data = config->data};
	store_library_init();
	bool ok = make_dir(config->data, e) && open_env(config, app, e) && app_open_pack(config, app, e) && open_store(config, app, e) &&
		  ledger_open(app->store, &app->ledger, e) && access_open(app->store, app->ledger, app->pack, &app->access, e) &&
		  pathway_open(app->store, app->pack, &app->pathway, e) &&
		  form_attach(app->store, app->pack, app->arena) &&
		  store_run_due(app->store, e); /* what fell due while nothing ran: silence does not wait for the next write */
	if (!ok)
		app_close(app);
	return ok;
}

static bool start_http(struct app *app, const char *address, struct err *e)
{
	struct rest_config rest_config = {app->store, app->access, app->ledger, app->pack, app->env};
	struct web_config web_config = {app->store, app->access, app->ledger, app->pathway, app->pack, app->env, env_is_manual(app->env)};
	const struct http_route *rest_list, *web_list;
	struct rest *rest = rest_new(app->arena, &rest_config);
	size_t rest_n = rest_routes(rest, &rest_list);
	struct web *web = web_new(app->arena, &web_config);
	size_t web_n = web_routes(web, &web_list);
	struct http_route *all = ARENA_ARRAY(app->arena, struct http_route, rest_n + web_n);
	memcpy(all, rest_list, rest_n * sizeof *all);
	memcpy(all + rest_n, web_list, web_n * sizeof *all);
	struct http_config config = {.address = address, .env = app->env, .routes = all, .route_count = rest_n + web_n,
				     .not_found = web_not_found, .not_found_arg = web};
	if (!http_start(&config, &app->http, e))
		return false;
	rest_server_set(rest, app->http);
	return true;
}

bool app_listen(struct app *app, const char *http_address, const char *mllp_address, struct err *e)
{
	if (!start_http(app, http_address, e) || !access_control_start(app->access, app->data, e))
		return false;
	if (!mllp_address)
		return true;
	app->mllp_config = (struct mllp_config){
		.address = mllp_address, .store = app->store, .pathway = app->pathway, .pack = app->pack, .env = app->env};
	return mllp_start(&app->mllp_config, &app->mllp, e);
}

void app_wait(struct app *app)
{
	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	printf("listening http=127.0.0.1:%d", http_port(app->http));
	if (app->mllp)
		printf(" mllp=127.0.0.1:%d", mllp_port(app->mllp));
	printf("\n");
	fflush(stdout);
	int got = 0;
	while (sigwait(&stop, &got) != 0)
		continue;
	log_line(LOG_INFO, "app", "stopping signal=%d", got);
}

void app_close(struct app *app)
{
	if (app->mllp)
		mllp_stop(app->mllp);
	if (app->http)
		http_stop(app->http);
	if (app->access)
		access_close(app->access);
	if (app->store)
		store_close(app->store); /* finishes what is waiting, while the hooks are still there */
	if (app->pathway)
		pathway_close(app->pathway);
	if (app->ledger)
		ledger_close(app->ledger);
	if (app->env != env_system())
		env_manual_free(app->env);
	arena_destroy(app->arena);
	*app = (struct app){0};
}

bool app_take_packs(int *argc, char **argv, struct app_config *config)
{
	int kept = 0;
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "--pack") != 0) {
			argv[kept++] = argv[i];
			continue;
		}
		if (++i == *argc || config->pack_count == APP_MAX_PACKS)
			return false;
		config->packs[config->pack_count++] = argv[i];
	}
	*argc = kept;
	return true;
}
