/* heed serve: the server. */
#include "cli/app.h"
#include "cli/cli.h"
#include "cli/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* --pack may be given several times, so it is taken out before the table of options. */
static int take_packs(int argc, char **argv, struct app_config *config)
{
	int kept = 0;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--pack") == 0 && i + 1 < argc && config->pack_count < APP_MAX_PACKS)
			config->packs[config->pack_count++] = argv[++i];
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

void serve_block_signals(void)
{
	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int serve_until_stopped(const char *command, struct app *app, const char *http, const char *mllp)
{
	struct err e = ERR_INIT;
	bool ok = app_listen(app, http, mllp, &e);
	if (ok)
		app_wait(app);
	app_close(app);
	return ok ? 0 : cli_fail(command, 1, &e);
}

int cli_serve(int argc, char **argv)
{
	struct app_config config = {.data = "data"};
	const char *http = "127.0.0.1:8080", *mllp = "127.0.0.1:2575";
	const struct cli_option options[] = {
		{"--data", &config.data, NULL}, {"--http", &http, NULL},	{"--mllp", &mllp, NULL},
		{"--store", &config.store_url, NULL}, {"--clock", &config.clock, NULL}, {NULL, NULL, NULL},
	};
	argc = take_packs(argc, argv, &config);
	if (!cli_options("serve", &argc, argv, options) || argc > 0)
		return 2;
	serve_block_signals();
	struct app app;
	struct err e = ERR_INIT;
	if (!app_open(&config, &app, &e))
		return cli_fail("serve", 1, &e);
	return serve_until_stopped("serve", &app, http, mllp);
}
