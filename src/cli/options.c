#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct cli_option *find(const struct cli_option *options, const char *name)
{
	for (; options->name; options++)
		if (strcmp(options->name, name) == 0)
			return options;
	return NULL;
}

bool cli_options(const char *command, int *argc, char **argv, const struct cli_option *options)
{
	int kept = 0;
	for (int i = 0; i < *argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0) {
			argv[kept++] = argv[i];
			continue;
		}
		const struct cli_option *o = find(options, argv[i]);
		if (!o) {
			fprintf(stderr, "heed %s: there is no option %s\n", command, argv[i]);
			return false;
		}
		if (o->flag) {
			*o->flag = true;
			continue;
		}
		if (++i == *argc) {
			fprintf(stderr, "heed %s: %s needs a value\n", command, o->name);
			return false;
		}
		*o->value = argv[i];
	}
	*argc = kept;
	return true;
}

int cli_fail(const char *command, int code, const struct err *e)
{
	fprintf(stderr, "heed %s: %s\n", command, e->message);
	return code;
}
