/* What is wrong with a pack beyond YAML: structure by the FHIR definitions, and each name in it that nothing defines.
 *
 * One walk over each resource; every object is shown to each rule below. The rules know shapes (a Coding, an Expression, a
 * clock), not resource types, so that a shape is checked wherever it stands. */
#include "pack/internal.h"

#include <string.h>

#define EXTENSION(name) HEED_BASE_URL "/StructureDefinition/" name

struct check {
	struct pack *pack;
	const struct pack_resource *resource;
	struct map *link_ids; /* those an expression may name: of this Questionnaire, else of all */
	struct map all_link_ids;
};

#define PROBLEM(c, node, ...) PACK_PROBLEM((c)->pack, (c)->resource, (node), __VA_ARGS__)

/* ---- structure ---- */

static void check_structure(struct check *c)
{
	const struct pack_resource *r = c->resource;
	if (!fhir_is_resource(r->type))
		return;
	struct fhir_outcome *o = fhir_outcome_new(c->pack->arena);
	if (fhir_validate(c->pack->arena, r->body, STR_NONE, o))
		return;
	for (size_t i = 0; i < o->issues.n; i++) {
		const struct fhir_issue *issue = &o->issues.v[i];
		if (issue->severity <= FHIR_ERROR)
			pack_problem(c->pack, r->file, (int)(issue->offset ? issue->offset : r->body->offset), "%.*s: %.*s",
				     STR_ARG(issue->expression), STR_ARG(issue->diagnostics));
	}
}

/* What must say which version it is: what runs on after it has changed. */
static void check_version(struct check *c)
{
	const struct pack_resource *r = c->resource;
	if ((str_is(r->type, "PlanDefinition") || str_is(r->type, "Questionnaire")) && (!r->url.n || !r->version.n))
		PROBLEM(c, r->body, "%.*s/%.*s needs a url and a version", STR_ARG(r->type), STR_ARG(r->id));
}

/* ---- canonicals ---- */

/* Does the url begin HEED_BASE_URL/Type/? What follows the base and is no resource type is a naming system. */
static bool is_ours(struct str url)
{
	if (!str_starts(url, STR(HEED_BASE_URL "/")))
		return false;
	struct str rest = str_sub(url, sizeof HEED_BASE_URL, url.n), type;
	return str_next(&rest, '/', &type) && rest.n && (fhir_is_resource(type) || str_is(type, "ViewDefinition"));
}

static void check_url(struct check *c, const struct json *at, struct str url)
{
	if (!is_ours(url) || pack_by_url(c->pack, url))
		return;
	bool extension = str_starts(url, STR(EXTENSION("")));
	PROBLEM(c, at, "nothing defines %.*s%s", STR_ARG(url), extension ? " (add a StructureDefinition of it to the pack)" : "");
}

/* Urls inside other text: an expression, or a query. */
static void check_urls_in(struct check *c, const struct json *at, struct str text)
{
	ptrdiff_t from;
	while ((from = str_find(text, STR(HEED_BASE_URL "/"))) >= 0) {
		size_t to = (size_t)from;
		while (to < text.n && !strchr("' \"`)},&", text.p[to]))
			to++;
		check_url(c, at, str_sub(text, (size_t)from, to));
		text = str_sub(text, to, text.n);
	}
}

/* ---- expressions ---- */

/* That it parses and, when a type is given, that its paths can exist there. */
static void check_fhirpath(struct check *c, const struct json *at, struct str source, struct str type)
{
	const struct fp_expr *expr;
	struct err e = ERR_INIT;
	if (!fp_cached(source, &expr, &e) || (type.n && !fp_check(expr, type, &e)))
		PROBLEM(c, at, "FHIRPath: %s%s%.*s", e.message, type.n ? ", on " : "", STR_ARG(type));
}

/* linkId='x' in an expression must be an item of a form. */
static void check_link_ids_in(struct check *c, const struct json *at, struct str source)
{
	ptrdiff_t found;
	while ((found = str_find(source, STR("linkId"))) >= 0) {
		source = str_trim(str_sub(source, (size_t)found + 6, source.n));
		if (!str_starts(source, STR("=")))
			continue;
		source = str_trim(str_sub(source, 1, source.n));
		if (!str_starts(source, STR("'")))
			continue;
		struct str rest = str_sub(source, 1, source.n), id;
		str_next(&rest, '\'', &id);
		if (!map_get(c->link_ids, id))
			PROBLEM(c, at, "no form has an item \"%.*s\"", STR_ARG(id));
	}
}

static void check_expression(struct check *c, const struct json *object)
{
	struct json *expression = json_getz(object, "expression");
	if (!str_is(json_str(object, "language"), "text/fhirpath") || !json_is(expression, JSON_STRING))
		return;
	check_fhirpath(c, expression, expression->text, STR_NONE);
	check_link_ids_in(c, expression, expression->text);
}

/* A trigger's condition is evaluated on a resource of the types it names. */
static void check_trigger(struct check *c, const struct json *object)
{
	const struct json *data = json_getz(object, "data");
	struct json *expression = json_getz(json_getz(object, "condition"), "expression");
	if (!json_is(data, JSON_ARRAY) || !json_is(expression, JSON_STRING))
		return;
	for (size_t i = 0; i < json_n(data); i++) {
		struct str type = json_str(json_at(data, i), "type");
		if (!fhir_is_resource(type))
			PROBLEM(c, json_at(data, i), "a trigger needs a resource type, not \"%.*s\"", STR_ARG(type));
		else
			check_fhirpath(c, expression, expression->text, type);
	}
}

/* {{FHIRPath}} in a template or a query. */
static void check_templates_in(struct check *c, const struct json *at, struct str text)
{
	ptrdiff_t open, close;
	while ((open = str_find(text, STR("{{"))) >= 0) {
		text = str_sub(text, (size_t)open + 2, text.n);
		if ((close = str_find(text, STR("}}"))) < 0) {
			PROBLEM(c, at, "{{ has no }}");
			return;
		}
		check_fhirpath(c, at, str_trim(str_sub(text, 0, (size_t)close)), STR_NONE);
		check_link_ids_in(c, at, str_sub(text, 0, (size_t)close));
		text = str_sub(text, (size_t)close + 2, text.n);
	}
}

/* ---- codes and roles ---- */

static void check_coding(struct check *c, const struct json *object)
{
	struct str system = json_str(object, "system");
	struct json *code = json_getz(object, "code");
	if (!str_starts(system, STR(HEED_BASE_URL "/CodeSystem/")) || !json_is(code, JSON_STRING))
		return;
	const struct pack_resource *codes = pack_by_url(c->pack, system);
	if (codes && !pack_concept(codes->body, code->text))
		PROBLEM(c, code, "%.*s has no code \"%.*s\"", STR_ARG(system), STR_ARG(code->text));
}

/* ValueSet.compose.include of one of our systems. */
static void check_include(struct check *c, const struct json *object)
{
	const struct json *list = json_getz(object, "concept");
	const struct pack_resource *codes = pack_by_url(c->pack, json_str(object, "system"));
	if (!list || !codes || !str_is(codes->type, "CodeSystem"))
		return;
	for (size_t i = 0; i < json_n(list); i++) {
		struct str code = json_str(json_at(list, i), "code");
		if (!pack_concept(codes->body, code))
			PROBLEM(c, json_at(list, i), "%.*s has no code \"%.*s\"", STR_ARG(codes->url), STR_ARG(code));
	}
}

static void check_codes_differ(struct check *c, struct map *seen, const struct json *within)
{
	const struct json *list = json_getz(within, "concept");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json *concept = json_at(list, i);
		struct str code = json_str(concept, "code");
		if (code.n && map_get(seen, code))
			PROBLEM(c, concept, "the code \"%.*s\" is here already", STR_ARG(code));
		else if (code.n)
			map_put(seen, code, concept);
		check_codes_differ(c, seen, concept);
	}
}

static const struct json *extension(const struct json *within, const char *url)
{
	const struct json *list = json_getz(within, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), url))
			return json_at(list, i);
	return NULL;
}

static void check_step(struct check *c, const struct json *step)
{
	const struct json *to = json_getz(extension(step, "to"), "valueCode");
	if (!to)
		PROBLEM(c, step, "this step of the ladder says nobody to tell (to)");
	else if (!pack_role(c->pack, json_text(to)))
		PROBLEM(c, to, "there is no role \"%.*s\"", STR_ARG(json_text(to)));
	if (!json_getz(extension(step, "after"), "valueQuantity"))
		PROBLEM(c, step, "this step of the ladder does not say after how long");
}

/* Silence must end with somebody: a clock that runs out, by time (within) or by an event (dueOn), has a ladder. One without either stands
 * until it is cancelled, as a flag does. */
static void check_clock(struct check *c, const struct json *object)
{
	if (!str_is(json_str(object, "url"), EXTENSION("clock")) || json_getz(object, "resourceType"))
		return;
	const struct json *list = json_getz(object, "extension");
	size_t steps = 0;
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), "escalate")) {
			check_step(c, json_at(list, i));
			steps++;
		}
	bool runs = json_getz(extension(object, "within"), "valueQuantity") || extension(object, "dueOn");
	if (runs && !steps)
		PROBLEM(c, object, "a clock needs somebody to tell when it runs out (escalate)");
	if (steps && !runs)
		PROBLEM(c, object, "a clock needs how long it runs (within), or what makes it due (dueOn)");
}

/* ---- forms ---- */

static void gather_link_ids(struct check *c, const struct json *within, struct map *ids, bool say_twice)
{
	const struct json *list = json_getz(within, "item");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json *item = json_at(list, i);
		struct str id = json_str(item, "linkId");
		if (id.n && say_twice && map_get(ids, id))
			PROBLEM(c, item, "the form has an item \"%.*s\" already", STR_ARG(id));
		if (id.n)
			map_put(ids, id, item);
		gather_link_ids(c, item, ids, say_twice);
	}
}

static void check_enable_when(struct check *c, const struct json *object)
{
	const struct json *list = json_getz(object, "enableWhen");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json *question = json_getz(json_at(list, i), "question");
		if (json_is(question, JSON_STRING) && !map_get(c->link_ids, question->text))
			PROBLEM(c, question, "the form has no item \"%.*s\"", STR_ARG(question->text));
	}
}

/* ---- the walk ---- */

static void (*const rules[])(struct check *, const struct json *) = {check_expression, check_trigger, check_coding,
								      check_include,	check_clock,   check_enable_when};

static void check_text(struct check *c, const struct json *j)
{
	if (is_ours(j->text) && !strpbrk(str_c(c->pack->arena, j->text), " '"))
		check_url(c, j, j->text);
	else
		check_urls_in(c, j, j->text);
	check_templates_in(c, j, j->text);
}

static void walk(struct check *c, const struct json *j)
{
	if (j->type == JSON_STRING)
		check_text(c, j);
	if (j->type == JSON_ARRAY)
		for (uint32_t i = 0; i < j->n; i++)
			walk(c, j->items[i]);
	if (j->type != JSON_OBJECT)
		return;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		rules[i](c, j);
	for (uint32_t i = 0; i < j->n; i++)
		walk(c, j->members[i].value);
}

static void check_resource(struct check *c)
{
	struct arena *a = c->pack->arena;
	struct map own = map_new(a), codes = map_new(a);
	c->link_ids = &c->all_link_ids;
	if (str_is(c->resource->type, "Questionnaire")) {
		gather_link_ids(c, c->resource->body, &own, true);
		c->link_ids = &own;
	}
	if (str_is(c->resource->type, "CodeSystem"))
		check_codes_differ(c, &codes, c->resource->body);
	check_structure(c);
	check_version(c);
	walk(c, c->resource->body);
}

void pack_check(struct pack *p)
{
	struct check c = {.pack = p, .all_link_ids = map_new(p->arena)};
	const struct pack_resource *const *forms;
	size_t n = pack_all(p, STR("Questionnaire"), &forms);
	for (size_t i = 0; i < n; i++)
		gather_link_ids(&c, forms[i]->body, &c.all_link_ids, false);
	for (size_t i = 0; i < p->resources.n; i++) {
		c.resource = p->resources.v[i];
		check_resource(&c);
	}
}
