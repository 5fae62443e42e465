/* heed user add | list | disable: who may sign in. */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "cli/cli.h"

static int misuse(void)
{
	fputs("heed user: add --name NAME --role ROLE [--display WORDS] [--password P], list, or disable --name NAME; all with [--data DIR]\n",
	      stderr);
	return 2;
}

struct asked {
	const char *data, *name, *role, *display, *password;
};

static bool needs_password(const char *what, const struct asked *q)
{
	return strcmp(what, "add") == 0 && !q->password && strcmp(q->role, "system") != 0;
}

static int run(const char *what, const struct asked *q, struct arena *a)
{
	struct json *request = json_object(a);
	struct str password = q->password ? str_from(q->password) : STR_NONE;
	struct err e = ERR_INIT;
	if (needs_password(what, q) && !admin_password(a, &password, &e))
		return cli_fail("user", 2, &e);
	json_set_str(a, request, "do", str_printf(a, "user-%s", what));
	json_set_str(a, request, "name", str_from(q->name));
	json_set_str(a, request, "role", str_from(q->role));
	json_set_str(a, request, "display", str_from(q->display));
	json_set_str(a, request, "password", password);
	return admin_do("user", q->data, a, request);
}

int cli_user(int argc, char **argv)
{
	struct asked q = {.data = "data"};
	const struct cli_option options[] = {{"--data", &q.data, NULL}, {"--name", &q.name, NULL}, {"--role", &q.role, NULL},
					     {"--display", &q.display, NULL}, {"--password", &q.password, NULL}, {NULL, NULL, NULL}};
	if (!cli_options("user", &argc, argv, options) || argc != 1)
		return misuse();
	bool add = strcmp(argv[0], "add") == 0, list = strcmp(argv[0], "list") == 0, disable = strcmp(argv[0], "disable") == 0;
	if ((!add && !list && !disable) || (!list && !q.name) || (add && !q.role))
		return misuse();
	struct arena *a = arena_new(0);
	int code = run(argv[0], &q, a);
	arena_destroy(a);
	return code;
}
