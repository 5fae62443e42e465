/* story_build: the small pieces that story_people and story_entries put together. */
#ifndef HEED_DEMO_STORY_BUILD_H
#define HEED_DEMO_STORY_BUILD_H

#include "json/json.h"
#include "pack/pack.h"

#define EXTENSION(name) HEED_BASE_URL "/StructureDefinition/" name
#define CODE_SYSTEM(name) HEED_BASE_URL "/CodeSystem/" name

struct json *build_resource(struct arena *a, const char *type, struct str id);
struct json *build_coding(struct arena *a, const char *system, struct str code, struct str display);
struct json *build_concept(struct arena *a, const char *system, struct str code, struct str display);
struct json *build_one(struct arena *a, struct json *item); /* an array of it */
struct json *build_reference(struct arena *a, const char *type, struct str id, struct str display);
void build_extend(struct arena *a, struct json *target, const char *url, const char *key, struct json *value);

#endif
