/* heed validate FILE...: one OperationOutcome a file, in order, on standard output; exit 1 when any has an error. */
#include <stdio.h>

#include "cli/cli.h"
#include "fhir/fhir.h"

#define FILE_MAX (64 * 1024 * 1024)

static void check_file(struct arena *a, const char *path, struct fhir_outcome *out)
{
	struct env *env = env_system();
	struct err e = ERR_INIT;
	struct str text;
	struct json *resource;
	struct json_limits limits = {.max_bytes = FILE_MAX};
	if (!env->read_file(env, a, path, FILE_MAX, &text, &e) || !json_parse(a, text, &limits, &resource, &e))
		fhir_outcome_add_err(out, &e);
	else
		fhir_validate(a, resource, text, out);
}

int cli_validate(int argc, char **argv)
{
	if (argc < 1) {
		fputs("heed validate: name the files to check\n", stderr);
		return 2;
	}
	bool all_well = true;
	struct arena *a = arena_new(0);
	for (int i = 0; i < argc; i++) {
		struct fhir_outcome *out = fhir_outcome_new(a);
		check_file(a, argv[i], out);
		struct str text = json_to_str(a, fhir_outcome_json(a, out));
		printf("%.*s\n", STR_ARG(text));
		all_well &= out->errors == 0;
		arena_reset(a);
	}
	arena_destroy(a);
	return all_well ? 0 : 1;
}
