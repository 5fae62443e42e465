/* heed token --user NAME [--scope S] [--minutes N]: a bearer token for the API, printed once and kept nowhere. */
#include <stdio.h>

#include "cli/admin.h"
#include "cli/cli.h"

int cli_token(int argc, char **argv)
{
	const char *data = "data", *user = NULL, *scope = NULL, *minutes = NULL;
	const struct cli_option options[] = {{"--data", &data, NULL}, {"--user", &user, NULL}, {"--scope", &scope, NULL},
					     {"--minutes", &minutes, NULL}, {NULL, NULL, NULL}};
	int64_t n = 0;
	if (!cli_options("token", &argc, argv, options) || argc != 0 || !user || (minutes && (!str_to_i64(str_from(minutes), &n) || n < 1))) {
		fputs("heed token: [--data DIR] --user NAME [--scope SCOPES] [--minutes N]\n", stderr);
		return 2;
	}
	struct arena *a = arena_new(0);
	struct json *request = json_object(a);
	json_setz(a, request, "do", json_stringz(a, "token"));
	json_set_str(a, request, "name", str_from(user));
	json_set_str(a, request, "scope", str_from(scope));
	if (minutes)
		json_setz(a, request, "minutes", json_int(a, n));
	int code = admin_do("token", data, a, request);
	arena_destroy(a);
	return code;
}
