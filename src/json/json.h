/* json: RFC 8259, strictly, into a tree in an arena; and back.
 *
 * Numbers keep their text: 1.00 read is 1.00 written. Duplicate names, invalid UTF-8, lone surrogates, a byte order mark and
 * anything RFC 8259 does not allow are refused, with the byte offset, line and column. Depth and size are limited. A NUL that
 * was escaped is kept, as the RFC has it: slices carry it, and whoever forbids it (FHIR does) says so.
 *
 * Ownership  the tree and its text live in the arena given to json_parse; unescaped text points into the input, which must
 *            live as long. Children are pointers, so a tree may be edited in place and shared; a shared tree is read-only.
 * Threads    a tree that nobody edits may be read by any number.
 */
#ifndef HEED_JSON_JSON_H
#define HEED_JSON_JSON_H

#include "base/base.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	uint8_t type; /* enum json_type */
	bool truth;   /* of JSON_BOOL */
	uint32_t n;   /* items or members */
	uint32_t cap;
	uint32_t offset; /* where it began in the input; 0 for what was made here */
	union {
		struct str text; /* of a string: decoded; of a number: as written */
		struct json **items;
		struct json_member *members;
	};
};

struct json_member {
	struct str key;
	struct json *value;
};

struct json_limits {
	size_t max_bytes; /* 0: 16 MiB */
	uint32_t max_depth; /* 0: 64; at most 1000 */
	uint32_t max_nodes; /* 0: 2,000,000 */
};

bool json_parse(struct arena *a, struct str text, const struct json_limits *limits, struct json **out, struct err *e);

/* Reading. All take NULL and give NULL, STR_NONE or 0, so that lookups chain. */
struct json *json_get(const struct json *object, struct str key);
struct json *json_getz(const struct json *object, const char *key);
struct json *json_at(const struct json *array, size_t i);
size_t json_n(const struct json *j); /* items or members; 0 for others and NULL */
struct str json_text(const struct json *j); /* of a string or number, else STR_NONE */
struct str json_str(const struct json *object, const char *key); /* text of a member that is a string, else STR_NONE */
bool json_is(const struct json *j, enum json_type type);         /* false for NULL */
bool json_true(const struct json *j);                            /* is it the literal true */
bool json_i64(const struct json *j, int64_t *out);               /* a number without fraction or exponent that fits */

/* Walks keys and indexes: json_path(j, "name", "0", "family", NULL); an index is digits. */
struct json *json_path(const struct json *j, ...) __attribute__((sentinel));

bool json_equal(const struct json *a, const struct json *b); /* members in any order; numbers by text */

/* Making and editing. Keys and text are not copied: they must live as long as the tree. */
struct json *json_null(struct arena *a);
struct json *json_bool(struct arena *a, bool v);
struct json *json_int(struct arena *a, int64_t v);
struct json *json_number(struct arena *a, struct str text);
struct json *json_string(struct arena *a, struct str text);
struct json *json_stringz(struct arena *a, const char *text);
struct json *json_array(struct arena *a);
struct json *json_object(struct arena *a);
void json_set(struct arena *a, struct json *object, struct str key, struct json *value); /* replaces in place */
void json_setz(struct arena *a, struct json *object, const char *key, struct json *value);
void json_set_str(struct arena *a, struct json *object, const char *key, struct str text); /* nothing when text.p is NULL */
void json_put_first(struct arena *a, struct json *object, struct str key, struct json *value);
bool json_remove(struct json *object, struct str key);
void json_push(struct arena *a, struct json *array, struct json *value);
struct json *json_clone(struct arena *a, const struct json *j); /* deep; text is shared */
struct json *json_clone_deep(struct arena *a, const struct json *j); /* deep; text is copied too */

/* Writing: no white space; or two-space indented. */
void json_write(struct buf *b, const struct json *j);
void json_write_pretty(struct buf *b, const struct json *j);
void json_write_string(struct buf *b, struct str text); /* with the quotes */
struct str json_to_str(struct arena *a, const struct json *j);

/* 1-based line and column of an offset in text, for messages. */
void json_line_column(struct str text, size_t offset, int *line, int *column);

#endif
