/* admin: asking something of a data directory, whether a server has it or nobody. */
#ifndef HEED_CLI_ADMIN_H
#define HEED_CLI_ADMIN_H

#include "json/json.h"

/* Asks the server of the directory (access.h says how), or does it itself when none runs; prints the answer. The exit code. */
int admin_do(const char *command, const char *data, struct arena *a, const struct json *request);

/* From the terminal without echo, or a line of standard input when it is none. */
bool admin_password(struct arena *a, struct str *out, struct err *e);

#endif
