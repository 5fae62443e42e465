/* heed reindex [--data DIR] [--store URL] [--pack DIR]...: makes everything derived again from the versions, and says whether it
 * came out as it was. The server must not be running: it holds the lock. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/cli.h"

static int reindex(struct app *app)
{
	struct err e = ERR_INIT;
	struct reindex_report report;
	if (!store_reindex(app->store, &report, &e))
		return cli_fail("reindex", 1, &e);
	printf("%" PRId64 " versions, %" PRId64 " resources, %" PRId64 " index rows, %" PRId64 " differences\n", report.versions,
	       report.resources, report.index_rows, report.differences);
	return 0;
}

int cli_reindex(int argc, char **argv)
{
	struct app_config config = {.data = "data"};
	const struct cli_option options[] = {{"--data", &config.data, NULL}, {"--store", &config.store_url, NULL}, {NULL, NULL, NULL}};
	if (!app_take_packs(&argc, argv, &config) || !cli_options("reindex", &argc, argv, options) || argc != 0) {
		fputs("heed reindex: [--data DIR] [--store URL] [--pack DIR]...\n", stderr);
		return 2;
	}
	struct app app;
	struct err e = ERR_INIT;
	if (!app_open(&config, &app, &e))
		return cli_fail("reindex", 1, &e);
	int code = reindex(&app);
	app_close(&app);
	return code;
}
