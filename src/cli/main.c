#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *use;
} commands[] = {
	{"serve", cli_serve, "--data DIR [--http HOST:PORT] [--mllp HOST:PORT] [--pack DIR]... [--clock WHEN]"},
	{"demo", cli_demo, "--data DIR [--people N] [--http HOST:PORT] [--mllp HOST:PORT] [--clock WHEN]"},
	{"user", cli_user, "add|list|disable --data DIR [--name NAME] [--role ROLE] [--password P]"},
	{"token", cli_token, "--data DIR --user NAME [--scope S] [--minutes N]"},
	{"pack", cli_pack, "check DIR..."},
	{"fhirpath", cli_fhirpath, "[--json] EXPR [FILE]"},
	{"validate", cli_validate, "FILE..."},
	{"hl7", cli_hl7, "FILE..."},
	{"replay", cli_replay, "--data DIR --since DATE"},
	{"reindex", cli_reindex, "--data DIR"},
	{"verify", cli_verify, "--data DIR"},
	{"population", cli_population, "--people N --seed S"},
};

static void usage(FILE *to)
{
	fputs("heed: a multi-agency child-safeguarding record that acts\n\n", to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  heed %-10s %s\n", commands[i].name, commands[i].use);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? 2 : 0;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 2, argv + 2);
	fprintf(stderr, "heed: there is no command \"%s\"\n", argv[1]);
	usage(stderr);
	return 2;
}
