/* Expressions of a form: FHIRPath on the response so far, with the variables of the form and of its context. */
#include <string.h>

#include "form/internal.h"

const char *const form_context_names[] = {"patient", "encounter", "user", "role", "team", "request", "task", "response", "gp", "flags", NULL};

static bool is_context_name(struct str name)
{
	for (size_t i = 0; form_context_names[i]; i++)
		if (str_is(name, form_context_names[i]))
			return true;
	return false;
}

static struct fp_value value_of(const struct json *j)
{
	if (json_is(j, JSON_STRING))
		return fp_string(j->text);
	if (json_is(j, JSON_BOOL))
		return fp_boolean(json_true(j));
	int64_t n;
	if (json_i64(j, &n))
		return fp_integer(n);
	return fp_node(j, fhir_type(json_str(j, "resourceType")));
}

static bool variable(void *arg, struct fp_env *env, struct str name, struct fp_list *out, struct err *e)
{
	(void)e;
	const struct form_env *fe = arg;
	const struct fp_list *computed = map_get(&fe->computed, name);
	if (computed) {
		*out = *computed;
		return true;
	}
	const struct json *given = fe->context ? map_get(&fe->context->variables, name) : NULL;
	if (given)
		fp_list_push(env->arena, out, value_of(given));
	return given || is_context_name(name);
}

struct form_env form_env_for(struct arena *a, const struct pack *p, const struct form_context *c, const struct json *questionnaire, const struct json *response)
{
	return (struct form_env){.arena = a, .pack = p, .context = c, .response = response, .questionnaire = questionnaire, .computed = map_new(a)};
}

static enum fhir_in member_of(void *arg, struct fp_env *env, struct str url, struct str system, struct str code)
{
	(void)env;
	return pack_value_set_has(((const struct form_env *)arg)->pack, url, system, code);
}

bool form_eval(struct form_env *fe, struct str source, const struct json *node, const struct fhir_type *type, struct fp_list *out, struct err *e)
{
	const struct fp_expr *expr;
	if (!fp_cached(source, &expr, e))
		return err_context(e, "expression \"%.*s\"", (int)(source.n < 120 ? source.n : 120), source.p);
	struct fp_env env = fp_env_for(fe->arena, fe->response, fe->context ? fe->context->now_us : 0);
	env.variable = variable;
	env.member_of = member_of;
	env.arg = fe;
	if (node) {
		struct fp_value at = fp_node(node, type);
		at.parent_resource = &env.resource;
		env.context = at;
	}
	*out = (struct fp_list){0};
	return fp_eval(expr, &env, out, e) || err_context(e, "expression \"%.*s\"", (int)(source.n < 120 ? source.n : 120), source.p);
}

bool form_eval_true(struct form_env *fe, struct str source, const struct json *node, const struct fhir_type *type, bool *out, struct err *e)
{
	struct fp_list list;
	if (!form_eval(fe, source, node, type, &list, e))
		return false;
	*out = list.n == 1 && (list.v[0].type != FP_BOOLEAN || list.v[0].truth);
	return true;
}

bool form_variables(struct form_env *env, struct err *e)
{
	const struct json *list = json_getz(env->questionnaire, "extension");
	for (size_t i = 0; i < json_n(list); i++) {
		const struct json *value = json_getz(json_at(list, i), "valueExpression");
		if (!str_is(json_str(json_at(list, i), "url"), HL7_EXT("variable")) || !value)
			continue;
		struct fp_list *result = ARENA_NEW(env->arena, struct fp_list);
		if (!form_eval(env, json_str(value, "expression"), NULL, NULL, result, e))
			return false;
		map_put(&env->computed, json_str(value, "name"), result);
	}
	return true;
}
