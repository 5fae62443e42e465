/* heed demo: fills an empty data directory with invented people and a week's work, then serves. */
#include "cli/app.h"
#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/serve.h"
#include "demo/fill.h"

/* A full directory is served as it is: the demo fills once. */
static bool is_filled(const char *data)
{
	struct arena *a = arena_new(0);
	const char *path = str_c(a, str_printf(a, "%s/heed.db", data));
	bool there = access(path, F_OK) == 0;
	arena_destroy(a);
	return there;
}

static void print_sign_in(const struct fill_report *r, int64_t took_us)
{
	printf("filled users=%zu people=%zu stories=%zu events=%zu attendances=%zu seconds=%.1f\n", r->users, r->people, r->stories, r->events, r->attendances,
	       (double)took_us / (double)US_PER_SECOND);
	printf("sign-in name=%s password=%s\n", r->sign_in_name, r->password);
	printf("person /p/maya-reed\n");
	fflush(stdout);
}

static bool fill(struct app *app, int64_t now_us, size_t people, struct err *e)
{
	struct arena *a = arena_new(0);
	struct fill f = {.env = app->env, .store = app->store, .access = app->access, .pathway = app->pathway, .pack = app->pack, .demo_dir = HEED_DEMO_DIR,
			 .now_us = now_us, .people = people, .seed = 1};
	struct fill_report report;
	int64_t start = env_monotonic_us();
	bool ok = fill_demo(a, &f, &report, e);
	if (ok)
		print_sign_in(&report, env_monotonic_us() - start);
	arena_destroy(a);
	return ok;
}

static bool present(const char *clock, int64_t *now_us, struct err *e)
{
	struct date when;
	if (!clock) {
		*now_us = env_now_us(env_system());
		return true;
	}
	if (!date_parse(str_from(clock), DATE_KIND_DATETIME, &when, e))
		return err_context(e, "--clock");
	*now_us = date_lo_us(&when);
	return true;
}

/* The clock starts in the past; without --clock it is let go when the past has been lived through. */
static bool open_and_fill(struct app_config *config, struct app *app, const char *people, struct err *e)
{
	int64_t n, now_us;
	if (!str_to_i64(str_from(people), &n) || n < 1 || n > 1000000)
		return err_set(e, ERR_VALUE, "--people takes 1 to 1,000,000");
	if (!present(config->clock, &now_us, e))
		return false;
	struct arena *a = arena_new(0);
	bool held = config->clock != NULL;
	if (!is_filled(config->data))
		config->clock = str_c(a, date_instant(a, fill_start_us(now_us)));
	bool fresh = !is_filled(config->data);
	bool ok = app_open(config, app, e);
	if (ok && fresh && !fill(app, now_us, (size_t)n, e)) {
		app_close(app);
		ok = false;
	}
	if (ok && !held)
		env_manual_release(app->env);
	arena_destroy(a);
	return ok;
}

int cli_demo(int argc, char **argv)
{
	struct app_config config = {.data = "data/demo"};
	const char *http = "127.0.0.1:8080", *mllp = "127.0.0.1:2575", *people = "20000";
	const struct cli_option options[] = {
		{"--data", &config.data, NULL}, {"--people", &people, NULL}, {"--http", &http, NULL}, {"--mllp", &mllp, NULL}, {"--clock", &config.clock, NULL}, {NULL, NULL, NULL},
	};
	if (!cli_options("demo", &argc, argv, options) || argc > 0)
		return 2;
	serve_block_signals();
	struct app app;
	struct err e = ERR_INIT;
	if (!open_and_fill(&config, &app, people, &e))
		return cli_fail("demo", 1, &e);
	return serve_until_stopped("demo", &app, http, mllp);
}
