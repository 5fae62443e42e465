#include "cli/admin.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/cli.h"

static bool do_alone(const char *data, struct arena *a, const struct json *request, struct str *text, struct err *e)
{
	struct app_config config = {.data = data};
	struct app app;
	if (!app_open(&config, &app, e))
		return false;
	bool ok = access_command(app.access, a, request, text, e);
	app_close(&app);
	return ok;
}

int admin_do(const char *command, const char *data, struct arena *a, const struct json *request)
{
	struct err e = ERR_INIT;
	struct str text = STR("");
	bool running;
	bool ok = access_control_ask(a, data, request, &running, &text, &e);
	if (!ok && !running && e.code == ERR_NONE)
		ok = do_alone(data, a, request, &text, &e);
	if (!ok)
		return cli_fail(command, 1, &e);
	fwrite(text.p, 1, text.n, stdout);
	return 0;
}

bool admin_password(struct arena *a, struct str *out, struct err *e)
{
	char line[300];
	struct termios before, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	if (terminal) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fputs("Password: ", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool got = fgets(line, sizeof line, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (!got)
		return err_set(e, ERR_REQUIRED, "a password is needed: --password, or a line on standard input");
	line[strcspn(line, "\r\n")] = '\0';
	*out = str_dup(a, str_from(line));
	return true;
}
