/* From libyaml's events to a tree of scalars, mappings and sequences; type.c then says what each scalar is.
 *
 * An alias gives a copy, since the same text can mean different things in different elements; copies count towards the limit
 * on nodes, which is what stops a file that doubles itself. */
#include "yaml/yaml.h"

#include <yaml.h>

#include "yaml/type.h"

enum {
	MOST_BYTES = 4 << 20,
	MOST_DEPTH = 64,
	MOST_NODES = 500000,
	MOST_NAMES = 1000, /* in one mapping, and anchors in one document: each is looked for among those before it */
};

struct anchor {
	struct str name;
	struct json *node;
	bool open; /* not yet complete: an alias to it would be a loop */
};

struct loader {
	struct arena *arena;
	yaml_parser_t parser;
	yaml_event_t event;
	bool have_event;
	VEC(struct anchor) anchors; /* of this document; a later one of the same name wins */
	size_t nodes;
	int depth;
	struct err *e;
};

static bool load_node(struct loader *l, struct json **out);

__attribute__((format(printf, 3, 4))) static bool fail(struct loader *l, yaml_mark_t at, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str text = str_vprintf(l->arena, fmt, args);
	va_end(args);
	err_set(l->e, ERR_SYNTAX, "%.*s", STR_ARG(text));
	if (l->e) {
		l->e->line = (int)at.line + 1;
		l->e->column = (int)at.column + 1;
		l->e->offset = (int64_t)at.index;
	}
	return false;
}

static bool next(struct loader *l)
{
	if (l->have_event)
		yaml_event_delete(&l->event);
	l->have_event = yaml_parser_parse(&l->parser, &l->event);
	if (l->have_event)
		return true;
	yaml_parser_t *p = &l->parser;
	return fail(l, p->problem_mark, "%s", p->problem ? p->problem : "the YAML cannot be read");
}

static struct str copy(struct loader *l, const yaml_char_t *text, size_t n)
{
	return str_dup(l->arena, (struct str){(const char *)text, n});
}

static bool count(struct loader *l, size_t n)
{
	l->nodes += n;
	if (l->nodes <= MOST_NODES && !arena_over(l->arena))
		return true;
	fail(l, l->event.start_mark, "the file has more values than is allowed");
	return false;
}

/* ---- anchors ---- */

/* The number of the anchor, or SIZE_MAX when the node has no name. */
static size_t open_anchor(struct loader *l, const yaml_char_t *name, struct json *node)
{
	if (!name || l->anchors.n >= MOST_NAMES)
		return SIZE_MAX; /* beyond the limit a name is no name: an alias to it is refused */
	VEC_PUSH(l->arena, &l->anchors, (struct anchor){str_dup(l->arena, str_from((const char *)name)), node, true});
	return l->anchors.n - 1;
}

static void close_anchor(struct loader *l, size_t i)
{
	if (i != SIZE_MAX)
		l->anchors.v[i].open = false;
}

static size_t size_of(const struct json *j, int depth, int *deepest)
{
	size_t n = 1;
	if (depth > *deepest)
		*deepest = depth;
	if (j->type == JSON_ARRAY)
		for (uint32_t i = 0; i < j->n; i++)
			n += size_of(j->items[i], depth + 1, deepest);
	if (j->type == JSON_OBJECT)
		for (uint32_t i = 0; i < j->n; i++)
			n += size_of(j->members[i].value, depth + 1, deepest);
	return n;
}

static bool load_alias(struct loader *l, struct json **out)
{
	struct str name = str_from((const char *)l->event.data.alias.anchor);
	for (size_t i = l->anchors.n; i-- > 0;) {
		const struct anchor *a = &l->anchors.v[i];
		if (!str_eq(a->name, name))
			continue;
		if (a->open)
			return fail(l, l->event.start_mark, "*%.*s stands inside what it names", STR_ARG(name));
		int deepest = l->depth;
		if (!count(l, size_of(a->node, l->depth, &deepest)))
			return false;
		if (deepest > MOST_DEPTH)
			return fail(l, l->event.start_mark, "the file is nested deeper than is allowed");
		*out = json_clone(l->arena, a->node);
		return true;
	}
	return fail(l, l->event.start_mark, "nothing is named &%.*s", STR_ARG(name));
}

/* ---- nodes ---- */

static struct json *new_node(struct loader *l, enum json_type type)
{
	struct json *j = type == JSON_OBJECT ? json_object(l->arena) : json_array(l->arena);
	j->type = (uint8_t)type;
	j->offset = (uint32_t)l->event.start_mark.line + 1;
	return j;
}

static bool refuse_tag(struct loader *l, const yaml_char_t *tag)
{
	return tag ? fail(l, l->event.start_mark, "the tag %s is not allowed: the FHIR definition says what a value is", (const char *)tag) : true;
}

static bool load_scalar(struct loader *l, struct json **out)
{
	if (!refuse_tag(l, l->event.data.scalar.tag))
		return false;
	struct json *j = *out = new_node(l, JSON_STRING);
	j->text = copy(l, l->event.data.scalar.value, l->event.data.scalar.length);
	j->truth = l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	close_anchor(l, open_anchor(l, l->event.data.scalar.anchor, j));
	return true;
}

static bool load_sequence(struct loader *l, struct json **out)
{
	if (!refuse_tag(l, l->event.data.sequence_start.tag))
		return false;
	struct json *j = *out = new_node(l, JSON_ARRAY);
	size_t anchor = open_anchor(l, l->event.data.sequence_start.anchor, j);
	for (;;) {
		struct json *item;
		if (!next(l))
			return false;
		if (l->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (!load_node(l, &item))
			return false;
		json_push(l->arena, j, item);
	}
	close_anchor(l, anchor);
	return true;
}

/* << : the members of another mapping, or of a list of them, that are not here already (https://yaml.org/type/merge.html). */
static bool merge(struct loader *l, struct json *into, const struct json *from, yaml_mark_t at)
{
	if (from->type == JSON_ARRAY) {
		for (uint32_t i = 0; i < from->n; i++)
			if (!merge(l, into, from->items[i], at))
				return false;
		return true;
	}
	if (from->type != JSON_OBJECT)
		return fail(l, at, "<< needs a mapping, or a list of mappings");
	if (into->n + from->n > MOST_NAMES)
		return fail(l, at, "a mapping has more names than is allowed");
	for (uint32_t i = 0; i < from->n; i++)
		if (!json_get(into, from->members[i].key))
			json_set(l->arena, into, from->members[i].key, from->members[i].value);
	return true;
}

/* The key is the current event. */
static bool load_key(struct loader *l, const struct json *object, struct str *key, bool *merges)
{
	if (l->event.type != YAML_SCALAR_EVENT)
		return fail(l, l->event.start_mark, "a name must be text");
	if (!refuse_tag(l, l->event.data.scalar.tag))
		return false;
	*key = copy(l, l->event.data.scalar.value, l->event.data.scalar.length);
	*merges = str_is(*key, "<<") && l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (object->n >= MOST_NAMES)
		return fail(l, l->event.start_mark, "a mapping has more names than is allowed");
	if (!*merges && json_get(object, *key))
		return fail(l, l->event.start_mark, "\"%.*s\" is here already", STR_ARG(*key));
	return true;
}

static bool load_members(struct loader *l, struct json *j, struct json **merged)
{
	for (;;) {
		struct str key;
		struct json *value;
		bool merges = false;
		if (!next(l))
			return false;
		if (l->event.type == YAML_MAPPING_END_EVENT)
			return true;
		yaml_mark_t at = l->event.start_mark;
		if (!load_key(l, j, &key, &merges) || !next(l) || !load_node(l, &value))
			return false;
		if (merges && *merged)
			return fail(l, at, "\"<<\" is here already");
		if (merges)
			*merged = value;
		else
			json_set(l->arena, j, key, value);
	}
}

static bool load_mapping(struct loader *l, struct json **out)
{
	if (!refuse_tag(l, l->event.data.mapping_start.tag))
		return false;
	struct json *j = *out = new_node(l, JSON_OBJECT), *merged = NULL;
	yaml_mark_t at = l->event.start_mark;
	size_t anchor = open_anchor(l, l->event.data.mapping_start.anchor, j);
	if (!load_members(l, j, &merged))
		return false;
	if (merged && !merge(l, j, merged, at))
		return false;
	close_anchor(l, anchor);
	return true;
}

/* The first event of the node is the current one. */
static bool load_node(struct loader *l, struct json **out)
{
	if (l->depth >= MOST_DEPTH)
		return fail(l, l->event.start_mark, "the file is nested deeper than is allowed");
	if (!count(l, 1))
		return false;
	bool ok;
	l->depth++;
	switch (l->event.type) {
	case YAML_ALIAS_EVENT:
		ok = load_alias(l, out);
		break;
	case YAML_SCALAR_EVENT:
		ok = load_scalar(l, out);
		break;
	case YAML_SEQUENCE_START_EVENT:
		ok = load_sequence(l, out);
		break;
	case YAML_MAPPING_START_EVENT:
		ok = load_mapping(l, out);
		break;
	default:
		ok = fail(l, l->event.start_mark, "a value belongs here");
		break;
	}
	l->depth--;
	return ok;
}

static bool load_documents(struct loader *l, struct yaml_docs *out)
{
	VEC(struct yaml_doc) docs = {0};
	while (next(l)) {
		if (l->event.type == YAML_STREAM_END_EVENT) {
			*out = (struct yaml_docs){docs.v, docs.n};
			return true;
		}
		if (l->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		struct yaml_doc doc = {.line = (int)l->event.start_mark.line + 1};
		l->anchors.n = 0;
		if (!next(l) || !load_node(l, &doc.root))
			return false;
		yaml_type_tree(doc.root);
		if (doc.root->type != JSON_NULL)
			VEC_PUSH(l->arena, &docs, doc);
	}
	return false;
}

bool yaml_parse(struct arena *a, struct str text, struct yaml_docs *out, struct err *e)
{
	struct loader l = {.arena = a, .e = e};
	if (text.n > MOST_BYTES)
		return err_set(e, ERR_TOO_LARGE, "the file has %zu bytes, at most %d are allowed", text.n, MOST_BYTES);
	size_t good = utf8_valid_prefix(text);
	if (good < text.n) {
		err_set(e, ERR_SYNTAX, "the text is not UTF-8 here");
		if (e)
			json_line_column(text, good, &e->line, &e->column);
		return false;
	}
	if (!yaml_parser_initialize(&l.parser))
		return err_set(e, ERR_INTERNAL, "no memory for a YAML reader");
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)text.p, text.n);
	bool ok = load_documents(&l, out);
	if (l.have_event)
		yaml_event_delete(&l.event);
	yaml_parser_delete(&l.parser);
	return ok;
}
