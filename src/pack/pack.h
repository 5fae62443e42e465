/* pack: the domain as data. Forms, pathways, roles, flags, labels, lists and words, as FHIR resources written in YAML.
 *
 * A pack is a folder of .yaml files, one resource or a `---` list of them each. Packs load in order; a later one overrides a
 * resource of the same type and id (pack/england, then pack/derby). YAML is typed by the FHIR definition, so `no` stays a code.
 * heed pack check says file and line of everything wrong: bad YAML, structure, FHIRPath that does not parse or cannot exist, a
 * canonical, role, code or questionnaire item that nothing defines, a clock without an escalation owner.
 *
 * Threads  a loaded pack is read-only.
 */
#ifndef HEED_PACK_PACK_H
#define HEED_PACK_PACK_H

#include "fhirpath/fhirpath.h"

#define HEED_BASE_URL "https://heed.example/fhir" /* canonical base of our own definitions and extensions */

struct pack;

struct pack_resource {
	struct str type, id, url, version;
	const struct json *body;
	struct str file; /* where it came from, for messages */
	struct str digest; /* SHA-256 of its canonical JSON, hex */
};

struct pack_problem {
	struct str file;
	int line;
	struct str message;
};

struct pack_problems {
	struct arena *arena;
	VEC(struct pack_problem) list;
};

/* Loads and checks. False when anything is wrong: problems say what. */
bool pack_load(struct arena *a, struct env *env, const char *const *dirs, size_t n, struct pack **out, struct pack_problems *problems);

const struct pack_resource *pack_get(const struct pack *p, struct str type, struct str id);
const struct pack_resource *pack_by_url(const struct pack *p, struct str canonical); /* "url" or "url|version" */
size_t pack_all(const struct pack *p, struct str type, const struct pack_resource *const **out); /* in order of id */

/* ---- what most callers want of it ---- */

struct pack_role {
	struct str code, label, team; /* "ed-nurse", "Children's ED nurse", team code */
	bool may_open_without_relationship; /* never asked for a reason (named nurse on duty, ...) */
	struct str manager;           /* role code that a silence goes to */
	struct str deputy;            /* role code when nobody holds it */
};
const struct pack_role *pack_role(const struct pack *p, struct str code);
size_t pack_roles(const struct pack *p, const struct pack_role *const **out);

/* Display of a code in a CodeSystem of the pack, else the code. */
struct str pack_display(const struct pack *p, struct str system, struct str code);
enum fhir_in pack_value_set_has(const struct pack *p, struct str url, struct str system, struct str code);
/* The codes of a ValueSet of the pack, in its order: an array of Codings. NULL when there is none. */
const struct json *pack_value_set(const struct pack *p, struct str url);

#endif
