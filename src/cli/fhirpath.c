/* heed fhirpath [--json] EXPR [FILE]: what an expression gives on a resource (standard input when no FILE is named).
 *
 * Prints a line a value, or with --json an array of {"type": ..., "value": ...}. Exit 2 when the expression does not parse or names
 * what cannot exist on the resource's type, 3 when it fails on this input or the input cannot be read. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "fhirpath/fhirpath.h"

#define INPUT_MAX (64 * 1024 * 1024)
#define BAD_EXPRESSION 2
#define BAD_RUN 3

static bool read_stdin(struct arena *a, struct str *out, struct err *e)
{
	struct buf b = buf_new(a, INPUT_MAX);
	char chunk[65536];
	size_t n;
	while ((n = fread(chunk, 1, sizeof chunk, stdin)) > 0)
		buf_add(&b, (struct str){chunk, n});
	*out = buf_str(&b);
	return buf_ok(&b) || err_set(e, ERR_TOO_LARGE, "the input has more than %d bytes", INPUT_MAX);
}

/* An empty input is no resource: "1 + 1" needs none. */
static bool read_resource(struct arena *a, const char *path, struct json **out, struct err *e)
{
	struct env *env = env_system();
	struct json_limits limits = {.max_bytes = INPUT_MAX};
	struct str text;
	bool from_stdin = !path || strcmp(path, "-") == 0;
	*out = NULL;
	if (!(from_stdin ? read_stdin(a, &text, e) : env->read_file(env, a, path, INPUT_MAX, &text, e)))
		return false;
	return (from_stdin && !str_trim(text).n) || json_parse(a, text, &limits, out, e);
}

static void print_json(struct arena *a, const struct fp_list *values)
{
	struct json *all = json_array(a);
	for (size_t i = 0; i < values->n; i++) {
		struct json *one = json_object(a);
		json_setz(a, one, "type", json_string(a, fp_type_name(&values->v[i])));
		json_setz(a, one, "value", fp_to_json(a, &values->v[i]));
		json_push(a, all, one);
	}
	struct str text = json_to_str(a, all);
	printf("%.*s\n", STR_ARG(text));
}

static void print_lines(struct arena *a, const struct fp_list *values)
{
	for (size_t i = 0; i < values->n; i++) {
		struct str text = fp_text(a, &values->v[i]);
		printf("%.*s\n", STR_ARG(text));
	}
}

static int run(struct arena *a, const char *source, const char *path, bool as_json)
{
	struct err e = ERR_INIT;
	struct fp_expr *expr;
	struct json *resource;
	struct fp_list values;
	if (!fp_compile(a, str_from(source), &expr, &e))
		return cli_fail("fhirpath", BAD_EXPRESSION, &e);
	if (!read_resource(a, path, &resource, &e))
		return cli_fail("fhirpath", BAD_RUN, &e);
	if (!fp_check(expr, json_str(resource, "resourceType"), &e))
		return cli_fail("fhirpath", BAD_EXPRESSION, &e);
	struct fp_env env = fp_env_for(a, resource, env_now_us(env_system()));
	if (!fp_eval(expr, &env, &values, &e))
		return cli_fail("fhirpath", BAD_RUN, &e);
	if (as_json)
		print_json(a, &values);
	else
		print_lines(a, &values);
	return 0;
}

int cli_fhirpath(int argc, char **argv)
{
	bool as_json = false;
	const struct cli_option options[] = {{"--json", NULL, &as_json}, {NULL, NULL, NULL}};
	if (!cli_options("fhirpath", &argc, argv, options))
		return BAD_EXPRESSION;
	if (argc < 1 || argc > 2) {
		fputs("heed fhirpath: give an expression, and a file unless the resource is on standard input\n", stderr);
		return BAD_EXPRESSION;
	}
	struct arena *a = arena_new(0);
	int code = run(a, argv[0], argc > 1 ? argv[1] : NULL, as_json);
	arena_destroy(a);
	return code;
}
