/* What the parts of pack/ share: load.c makes it, terms.c and roles.c index it, check.c finds what is wrong. */
#ifndef HEED_PACK_INTERNAL_H
#define HEED_PACK_INTERNAL_H

#include "pack/pack.h"
#include "yaml/yaml.h"

struct pack_type { /* the resources of one type, in order of id */
	struct str name;
	const struct pack_resource **v;
	size_t n;
};

struct pack {
	struct arena *arena;
	struct pack_problems *problems;
	VEC(struct pack_resource *) resources; /* in the order they were loaded; an override takes the place of what it overrides */
	struct map by_id;  /* "Type/id" -> struct pack_resource */
	struct map by_url; /* url -> struct pack_resource */
	struct map types;  /* name -> struct pack_type */
	struct map displays;   /* "system|code" -> struct str */
	struct map expansions; /* ValueSet url -> array of Codings */
	struct map settings;   /* name -> the parameter */
	struct map roles;      /* code -> struct pack_role */
	const struct pack_role **role_list;
	struct map labels; /* code -> struct pack_label */
	const struct pack_label **label_list;
};

__attribute__((format(printf, 4, 5))) void pack_problem(struct pack *p, struct str file, int line, const char *fmt, ...);
/* At the line of the node. */
#define PACK_PROBLEM(p, resource, node, ...) pack_problem((p), (resource)->file, (int)(node)->offset, __VA_ARGS__)

/* "url" of "url|version#fragment". */
struct str pack_bare_url(struct str canonical);
/* The concept of a code, at any depth; NULL. */
const struct json *pack_concept(const struct json *code_system, struct str code);
/* The value of a concept's property; of the last that has the code. NULL. */
const struct json *pack_property(const struct json *concept, const char *code);

void pack_index_terms(struct pack *p);
void pack_index_roles(struct pack *p);
void pack_check(struct pack *p);

#endif
