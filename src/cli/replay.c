/* heed replay [--data DIR] [--store URL] [--pack DIR]... --since DATE: runs the rules of the pack over what happened since, in memory, and
 * says what would differ from what is kept. Nothing is changed; works beside a running server. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/cli.h"

static void print_report(struct arena *a, const struct replay_report *r)
{
	printf("%" PRId64 " events, %" PRId64 " clocks, %" PRId64 " firings\n", r->events, r->clocks, r->firings);
	printf("digest %.*s\n", STR_ARG(r->digest));
	if (str_eq(r->digest, r->stored_digest)) {
		puts("the same as what is kept");
		return;
	}
	printf("kept   %.*s\n", STR_ARG(r->stored_digest));
	for (size_t i = 0; i < json_n(r->differences); i++)
		puts(str_c(a, json_to_str(a, json_at(r->differences, i))));
}

static int replay(struct app *app, int64_t since_us)
{
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(app->store, app->arena, &e);
	struct replay_report report;
	bool ok = r && pathway_replay(app->pathway, r, app->arena, since_us, &report, &e);
	if (r)
		store_read_end(r);
	if (ok)
		print_report(app->arena, &report);
	return ok ? 0 : cli_fail("replay", 1, &e);
}

/* The pack, its rules, and the store to read: no committer, and no hook, so that opening it sets nothing off. */
static bool open_all(const struct app_config *config, struct app *app, struct err *e)
{
	*app = (struct app){.arena = arena_new(0), .env = env_system()};
	store_library_init();
	struct str url = config->store_url ? str_from(config->store_url) : str_printf(app->arena, "sqlite:%s", config->data);
	struct store_config store = {.url = str_c(app->arena, url), .env = app->env, .readers = 1, .read_only = true};
	return app_open_pack(config, app, e) && pathway_load(app->env, app->pack, &app->pathway, e) && store_open(&store, &app->store, e);
}

static bool since_of(const char *text, int64_t *out, struct err *e)
{
	struct date d;
	if (!date_parse(str_from(text), DATE_KIND_DATETIME, &d, e))
		return err_context(e, "--since");
	*out = date_lo_us(&d);
	return true;
}

int cli_replay(int argc, char **argv)
{
	struct app_config config = {.data = "data"};
	const char *since = NULL;
	const struct cli_option options[] = {
		{"--data", &config.data, NULL}, {"--store", &config.store_url, NULL}, {"--since", &since, NULL}, {NULL, NULL, NULL}};
	if (!app_take_packs(&argc, argv, &config) || !cli_options("replay", &argc, argv, options) || argc != 0 || !since) {
		fputs("heed replay: [--data DIR] [--store URL] [--pack DIR]... --since DATE\n", stderr);
		return 2;
	}
	struct app app;
	struct err e = ERR_INIT;
	int64_t since_us;
	if (!since_of(since, &since_us, &e))
		return cli_fail("replay", 2, &e);
	int code = open_all(&config, &app, &e) ? replay(&app, since_us) : cli_fail("replay", 1, &e);
	app_close(&app);
	return code;
}
