/* cli: the command, one file a subcommand (docs/operations.md has the list; design section 5 is the contract).
 *
 * Each takes what follows its own name, as main does, and returns the exit code: 0 done; 1 what was asked about is not right (a
 * resource that does not validate, a chain that does not hold); 2 a wrong use, with a sentence on standard error; other codes as
 * the subcommand says.
 */
#ifndef HEED_CLI_CLI_H
#define HEED_CLI_CLI_H

#include "base/base.h"

int cli_serve(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_user(int argc, char **argv);
int cli_token(int argc, char **argv);
int cli_pack(int argc, char **argv);
int cli_fhirpath(int argc, char **argv);
int cli_validate(int argc, char **argv);
int cli_hl7(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_reindex(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_population(int argc, char **argv);

/* One line an option: "--name" and where its value goes. A table of them ends with a NULL name. */
struct cli_option {
	const char *name;
	const char **value;
	bool *flag; /* instead of value: an option that takes none */
};

/* Fills the options; what is not an option is moved to the front of argv and *argc says how many. False after saying what was wrong. */
bool cli_options(const char *command, int *argc, char **argv, const struct cli_option *options);

/* Prints "heed COMMAND: message" on standard error and returns the code. */
int cli_fail(const char *command, int code, const struct err *e);

#endif
