/* FHIR R4's additions (fhirpath.html#functions): extensions, references, terminology, profiles; and SQL on FHIR's keys. */
#include "fhirpath/functions.h"

#include <expat.h>
#include <string.h>

bool fn_extension(struct call *c)
{
	struct str url = call_str(c, 0);
	for (size_t i = 0; i < c->in->n; i++) {
		FP_LOCAL(all);
		if (!member_named(c->ev, c->node, &c->in->v[i], STR("extension"), &all))
			return false;
		for (size_t k = 0; k < all.n; k++)
			if (str_eq(json_str(all.v[k].node, "url"), url) && !list_push(c->ev, c->node, c->out, &all.v[k]))
				return false;
	}
	return true;
}

static bool has_primitive_value(const struct fp_list *l)
{
	return l->n == 1 && value_is_primitive(&l->v[0]) && !value_is_blank(&l->v[0]);
}

bool fn_has_value(struct call *c)
{
	return call_return_bool(c, has_primitive_value(c->in));
}

bool fn_get_value(struct call *c)
{
	if (!has_primitive_value(c->in))
		return true;
	struct fp_value v = c->in->v[0];
	v.ftype = NULL;
	v.node = v.extra = NULL;
	return call_return(c, v);
}

/* ---- resolve() ---- */

static bool push_resource(struct call *c, const struct json *resource)
{
	return !resource || call_return(c, fp_node(resource, NULL));
}

static const struct json *contained(const struct fp_value *holder, struct str id)
{
	const struct json *all = json_getz(holder->node, "contained");
	for (size_t i = 0; i < json_n(all); i++)
		if (str_eq(json_str(json_at(all, i), "id"), id))
			return json_at(all, i);
	return NULL;
}

static const struct json *in_bundle(const struct fp_value *root, struct str url)
{
	const struct json *entries = json_is(json_getz(root->node, "entry"), JSON_ARRAY) ? json_getz(root->node, "entry") : NULL;
	for (size_t i = 0; i < json_n(entries); i++) {
		struct str full = json_str(json_at(entries, i), "fullUrl");
		bool relative = full.n > url.n && str_ends(full, url) && full.p[full.n - url.n - 1] == '/';
		if (full.n && (str_eq(full, url) || relative))
			return json_getz(json_at(entries, i), "resource");
	}
	return NULL;
}

/* Without a resolver: what the reference itself says, enough for "resolve() is Patient" when an index is built. */
static const struct json *from_reference(struct arena *a, struct str url)
{
	struct fhir_reference r;
	if (!fhir_reference_parse(url, STR(""), &r))
		return NULL;
	struct json *o = json_object(a);
	json_set_str(a, o, "resourceType", r.type);
	json_set_str(a, o, "id", r.id);
	return o;
}

static bool resolve_one(struct call *c, const struct fp_value *v)
{
	struct fp_env *env = c->ev->env;
	struct str url = v->type == FP_STRING ? v->text : json_str(v->node, "reference");
	if (!url.n)
		return true;
	if (url.p[0] == '#') {
		const struct fp_value *holder = v->parent_resource ? v->parent_resource : c->ev->root;
		if (url.n == 1)
			return call_return(c, *holder);
		const struct json *found = contained(holder, str_sub(url, 1, url.n));
		return push_resource(c, found ? found : contained(&env->root_resource, str_sub(url, 1, url.n)));
	}
	const struct json *found = in_bundle(&env->root_resource, url);
	if (!found)
		found = env->resolve ? env->resolve(env->arg, env, url) : from_reference(c->ev->arena, url);
	return push_resource(c, found);
}

bool fn_resolve(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++)
		if (!resolve_one(c, &c->in->v[i]))
			return false;
	return true;
}

/* ---- terminology ---- */

static enum fhir_in code_in(struct call *c, struct str url, struct str system, struct str code)
{
	struct fp_env *env = c->ev->env;
	uint16_t bundled = fhir_value_set_find(url);
	enum fhir_in is = bundled == UINT16_MAX ? FHIR_IN_UNKNOWN : fhir_value_set_has(bundled, system, code);
	if (is != FHIR_IN_UNKNOWN)
		return is;
	return env->member_of ? env->member_of(env->arg, env, url, system, code) : FHIR_IN_UNKNOWN;
}

static enum fhir_in coding_in(struct call *c, struct str url, const struct json *coding)
{
	return code_in(c, url, json_str(coding, "system"), json_str(coding, "code"));
}

static enum fhir_in concept_in(struct call *c, struct str url, const struct json *concept)
{
	const struct json *all = json_getz(concept, "coding");
	enum fhir_in any = FHIR_IN_NO;
	for (size_t i = 0; i < json_n(all); i++) {
		enum fhir_in one = coding_in(c, url, json_at(all, i));
		if (one == FHIR_IN_YES)
			return one;
		if (one == FHIR_IN_UNKNOWN)
			any = one;
	}
	return any;
}

bool fn_member_of(struct call *c)
{
	struct str url = call_str(c, 0);
	const struct fp_value *v = c->item;
	enum fhir_in is;
	if (v->type == FP_STRING)
		is = code_in(c, url, STR_NONE, v->text);
	else if (json_getz(v->node, "coding"))
		is = concept_in(c, url, v->node);
	else
		is = coding_in(c, url, v->node);
	return is == FHIR_IN_UNKNOWN || call_return_bool(c, is == FHIR_IN_YES);
}

/* ---- profiles ---- */

bool fn_conforms_to(struct call *c)
{
	struct str url = call_str(c, 0), base = STR("http://hl7.org/fhir/StructureDefinition/");
	const struct fhir_type *type = str_starts(url, base) ? fhir_type(str_sub(url, base.n, url.n)) : NULL;
	if (!type)
		return ev_fail(c->ev, c->node, "conformsTo() does not know the profile \"%.*s\"", STR_ARG(url));
	struct type_ref t = {.fhir = type};
	return call_return_bool(c, value_is(c->item, &t, false));
}

bool fn_check_modifiers(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++) {
		const struct json *all = json_getz(c->in->v[i].node, "modifierExtension");
		for (size_t k = 0; k < json_n(all); k++) {
			struct str url = json_str(json_at(all, k), "url");
			bool known = false;
			for (size_t n = 0; n < c->node->argc; n++)
				known = known || str_eq(call_str(c, (int)n), url);
			if (!known)
				return ev_fail(c->ev, c->node, "the modifier extension \"%.*s\" is not understood", STR_ARG(url));
		}
	}
	return list_append(c->ev, c->node, c->out, c->in);
}

/* ---- htmlChecks(): the narrative rules txt-1 and txt-2 ---- */

struct html_check {
	bool bad;
	bool text;
	int depth;
};

static bool in_words(const char *words, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = strstr(words, name); p; p = strstr(p + 1, name))
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

static void html_start(void *arg, const char *name, const char **attributes)
{
	static const char tags[] = " a abbr acronym address b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 "
				   "h5 h6 hr i img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var ";
	struct html_check *h = arg;
	if (!in_words(tags, name) || (h->depth++ == 0 && strcmp(name, "div") != 0))
		h->bad = true;
	if (strcmp(name, "img") == 0)
		h->text = true;
	for (; *attributes; attributes += 2)
		if (strncmp(attributes[0], "on", 2) == 0 || strncmp(attributes[1], "javascript:", 11) == 0)
			h->bad = true;
}

static void html_end(void *arg, const char *name)
{
	(void)name;
	((struct html_check *)arg)->depth--;
}

static void html_text(void *arg, const char *s, int n)
{
	for (int i = 0; i < n; i++)
		if (!strchr(" \t\r\n", s[i]))
			((struct html_check *)arg)->text = true;
}

static void html_doctype(void *arg, const char *name, const char *system, const char *public, int internal)
{
	(void)name, (void)system, (void)public, (void)internal;
	((struct html_check *)arg)->bad = true;
}

static bool html_ok(struct str html)
{
	struct html_check h = {false, false, 0};
	XML_Parser p = XML_ParserCreate("UTF-8");
	if (!p)
		return false;
	XML_SetUserData(p, &h);
	XML_SetElementHandler(p, html_start, html_end);
	XML_SetCharacterDataHandler(p, html_text);
	XML_SetStartDoctypeDeclHandler(p, html_doctype);
	bool ok = XML_Parse(p, html.p, (int)html.n, 1) == XML_STATUS_OK && !h.bad && h.text;
	XML_ParserFree(p);
	return ok;
}

bool fn_html_checks(struct call *c)
{
	return call_return_bool(c, c->item->text.n > 0 && c->item->text.n < FP_MAX_TEXT && html_ok(c->item->text));
}

/* ---- SQL on FHIR ---- */

bool fn_get_resource_key(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++) {
		struct str id = json_str(c->in->v[i].node, "id");
		if (id.n && !call_return_str(c, id))
			return false;
	}
	return true;
}

bool fn_get_reference_key(struct call *c)
{
	for (size_t i = 0; i < c->in->n; i++) {
		struct fhir_reference r;
		if (!fhir_reference_parse(json_str(c->in->v[i].node, "reference"), STR(""), &r))
			continue;
		bool wanted = !c->node->argc || str_eq(r.type, c->node->type.name);
		if (wanted && !call_return_str(c, r.id))
			return false;
	}
	return true;
}
