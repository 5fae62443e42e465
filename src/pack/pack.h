/* pack: the domain as data. Forms, pathways, roles, flags, labels, lists and words, as FHIR resources written in YAML.
 *
 * A pack is a folder of .yaml files, one resource or a `---` list of them each. Packs load in order; a later one overrides a
 * resource of the same type and id (pack/england, then pack/derby). YAML is typed by the FHIR definition, so `no` stays a code.
 * heed pack check says file and line of everything wrong: bad YAML, structure, FHIRPath that does not parse or cannot exist, a
 * canonical, role, code or questionnaire item that nothing defines, a clock without an escalation owner.
 *
 * What the loader itself reads, all under HEED_BASE_URL:
 *   CodeSystem/role        a concept a role, with the properties team, manager, deputy (codes), open-without-relationship, admin,
 *                          system, relative (booleans), reads, writes, screens, clears (words, in one string or several).
 *                          A CodeSystem of content "supplement" whose supplements is this url adds to them; its team, manager
 *                          and so on go before the national ones: how a local pack gives roles their teams.
 *   CodeSystem/label       labels (meta.security), with visibility, the class 0 to 4 of requirements.md section 8.6, and may-print.
 *   Parameters             settings: name and value; a later one of the same name wins, by name and not by file.
 *   StructureDefinition/x  an extension of ours must be defined, like every other canonical under HEED_BASE_URL.
 *
 * Ownership  the pack and all it gives live in the arena of pack_load.
 * Threads    a loaded pack is read-only.
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

/* Loads and checks. False when anything is wrong: problems say what, in order of file and line. */
bool pack_load(struct arena *a, struct env *env, const char *const *dirs, size_t n, struct pack **out, struct pack_problems *problems);

const struct pack_resource *pack_get(const struct pack *p, struct str type, struct str id);
const struct pack_resource *pack_by_url(const struct pack *p, struct str canonical); /* "url" or "url|version" */
size_t pack_all(const struct pack *p, struct str type, const struct pack_resource *const **out); /* in order of id */
size_t pack_count(const struct pack *p); /* of all resources */

/* ---- what most callers want of it ---- */

struct pack_words { /* a list of words: types, labels, screens */
	const struct str *v;
	size_t n;
};
bool pack_words_have(struct pack_words w, struct str word); /* "*" among them stands for all */

struct pack_role {
	struct str code, label, team; /* "ed-nurse", "Children's ED nurse", id of the team's Organization */
	bool may_open_without_relationship; /* never asked for a reason (named nurse on duty, ...) */
	bool is_admin;    /* may use the administration screens and commands */
	bool is_system;   /* a program, not a person: no sign-in by password */
	bool is_relative; /* stands for whoever a record names ("referrer"): nobody signs in as it */
	struct str manager;           /* role code that a silence goes to; empty at the top of the ladder */
	struct str deputy;            /* role code when nobody holds it */
	struct pack_words may_read, may_write; /* resource types */
	struct pack_words cleared;    /* security labels it may see */
	struct pack_words screens;    /* "today", "find", "person", "form", "referral", "liaison", "team", "admin" */
};
const struct pack_role *pack_role(const struct pack *p, struct str code);
size_t pack_roles(const struct pack *p, const struct pack_role *const **out); /* in the order of the pack */
bool pack_role_may(const struct pack_role *r, struct str type, bool write);   /* false for NULL */
bool pack_role_sees(const struct pack_role *r, struct str screen);

/* Security labels. What a role is not cleared for is hidden from its searches and pages. */
struct pack_label {
	struct str code, display;
	int visibility; /* 0 open ... 4 legal hold (requirements.md section 8.6 rule 3) */
	bool may_print; /* on what a family is handed or sees in a portal: never for class 2 and up */
};
#define PACK_LABEL_SYSTEM HEED_BASE_URL "/CodeSystem/label"
const struct pack_label *pack_label(const struct pack *p, struct str code);
size_t pack_labels(const struct pack *p, const struct pack_label *const **out);

/* Settings, such as "lock-after-failures", "lock-minutes", "idle-minutes"; otherwise when the pack has none. */
int64_t pack_setting(const struct pack *p, const char *name, int64_t otherwise);
struct str pack_setting_str(const struct pack *p, const char *name, struct str otherwise);

/* Display of a code in a CodeSystem of the pack, else the code. */
struct str pack_display(const struct pack *p, struct str system, struct str code);
enum fhir_in pack_value_set_has(const struct pack *p, struct str url, struct str system, struct str code);
/* The codes of a ValueSet of the pack, in its order: an array of Codings. NULL when there is none. */
const struct json *pack_value_set(const struct pack *p, struct str url);

#endif
