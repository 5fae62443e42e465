/* serve: what serve and demo share. */
#ifndef HEED_CLI_SERVE_H
#define HEED_CLI_SERVE_H

#include "cli/app.h"

/* Before any thread starts, so that only app_wait takes SIGINT and SIGTERM. */
void serve_block_signals(void);

/* Listens, prints that it is ready, waits for a signal, closes the app. The exit code. */
int serve_until_stopped(const char *command, struct app *app, const char *http, const char *mllp);

#endif
