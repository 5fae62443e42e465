/* heed pack check DIR... : one line a problem, "file:line: message", then how many; exit 1 when there is one. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "pathway/pathway.h"

static void print_problems(const struct pack_problems *problems)
{
	for (size_t i = 0; i < problems->list.n; i++) {
		const struct pack_problem *one = &problems->list.v[i];
		if (one->line)
			printf("%.*s:%d: %.*s\n", STR_ARG(one->file), one->line, STR_ARG(one->message));
		else
			printf("%.*s: %.*s\n", STR_ARG(one->file), STR_ARG(one->message));
	}
}

static void print_summary(const struct pack *p, size_t folders, size_t problems)
{
	printf("%zu resources in %zu folder%s: ", pack_count(p), folders, folders == 1 ? "" : "s");
	if (problems)
		printf("%zu problem%s\n", problems, problems == 1 ? "" : "s");
	else
		printf("no problem\n");
}

static int check(const char *const *dirs, size_t n)
{
	struct arena *a = arena_new(0);
	struct pack *p;
	struct pack_problems problems;
	bool ok = pack_load(a, env_system(), dirs, n, &p, &problems);
	ok = pathway_check(p, &problems) && ok; /* each rule, read as the engine reads it */
	print_problems(&problems);
	print_summary(p, n, problems.list.n);
	arena_destroy(a);
	return ok ? 0 : 1;
}

int cli_pack(int argc, char **argv)
{
	static const struct cli_option none[] = {{NULL, NULL, NULL}};
	if (!cli_options("pack", &argc, argv, none))
		return 2;
	if (argc < 2 || strcmp(argv[0], "check") != 0) {
		fputs("heed pack: say heed pack check DIR..., in the order the folders override\n", stderr);
		return 2;
	}
	return check((const char *const *)argv + 1, (size_t)argc - 1);
}
