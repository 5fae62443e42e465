/* er7: HL7 v2 messages as text: read, ask, answer. Base only, so that it may be tested and fuzzed alone.
 *
 * Separators come from MSH-1 and MSH-2 (HL7 2.8.2, 2.5.4); segments end in CR, and LF or CR LF are taken as well. Text is turned
 * into UTF-8 by MSH-18 (table 0211) before it is cut up: ASCII, UTF-8, ISO 8859-1, ISO 8859-15 and Windows-1252 are known, others
 * refused. Without MSH-18 a message is ASCII, or else well-formed UTF-8. Fields stay as sent until hl7_get unescapes one. Every
 * segment is kept, Z segments too.
 *
 * Errors    err.expression names the place as ERR-2 does ("PID^1^7"). hl7_parse leaves what it could read of MSH in *out even
 *           when it fails, so that the answer can carry the sender's own names and control id.
 * Limits    below; passing one is ERR_TOO_LARGE.
 * Threads   any.
 */
#ifndef HEED_HL7_ER7_H
#define HEED_HL7_ER7_H

#include "base/base.h"

enum {
	HL7_MAX_SEGMENTS = 2000,
	HL7_MAX_FIELDS = 500,   /* in a segment */
	HL7_MAX_PARTS = 1000,   /* repetitions, components or subcomponents in one field */
	HL7_MAX_CONTROL_ID = 199 /* HL7 2.8: MSH-10 */
};

struct hl7_message {
	struct arena *arena;
	struct str raw;  /* as received */
	struct str text; /* in UTF-8 */
	char field_sep, component_sep, repeat_sep, escape, subcomponent_sep;
	struct hl7_segment *segments;
	size_t segment_count;
};
struct hl7_segment {
	struct str name;
	struct str *fields; /* raw; fields[0] is the name, fields[1] the first after it. In MSH fields[1] is the separator itself */
	size_t field_count; /* the highest index that may be asked for */
	size_t nth;         /* of this name, from 1: what ERR-2 calls the segment sequence */
};

bool hl7_parse(struct arena *a, struct str raw, struct hl7_message *out, struct err *e);

/* nth from 0. NULL when there is none. */
const struct hl7_segment *hl7_segment(const struct hl7_message *m, const char *name, size_t nth);
size_t hl7_segment_n(const struct hl7_message *m, const char *name);

/* Unescaped text of field, repetition, component, subcomponent (1-based; 1 for the first); STR_NONE when absent or empty.
 * s may be NULL. HL7's explicit null ("") comes back as the two quotes: see hl7_is_null. */
struct str hl7_get(const struct hl7_message *m, const struct hl7_segment *s, int field, int repetition, int component, int sub);
struct str hl7_field(const struct hl7_message *m, const struct hl7_segment *s, int field); /* hl7_get(.., 1, 1, 1) */
size_t hl7_repetitions(const struct hl7_message *m, const struct hl7_segment *s, int field);
struct str hl7_raw_field(const struct hl7_segment *s, int field); /* as sent */
bool hl7_is_null(struct str value);

/* What kind of message: "ADT" and "A04"; STR_NONE when not said. */
struct str hl7_type(const struct hl7_message *m);
struct str hl7_event(const struct hl7_message *m);
struct str hl7_sender(struct arena *a, const struct hl7_message *m); /* "APP|FACILITY" */

/* A timestamp (TS, DTM): YYYY[MM[DD[HH[MM[SS[.S..]]]]]][+/-ZZZZ]. Without a zone it is local time here. */
bool hl7_time(struct str s, struct date *out, struct err *e);
/* As a FHIR dateTime (or date when it has no time); STR_NONE when it cannot be one. */
struct str hl7_time_fhir(struct arena *a, const struct date *d);

/* Bytes in a named character set to UTF-8; false with ERR_VALUE (bad bytes) or ERR_NOT_SUPPORTED (unknown name). */
bool hl7_to_utf8(struct arena *a, struct str charset, struct str bytes, struct str *out, struct err *e);

/* The answer to m (ACK of chapter 2, MSA and, given why, ERR as the sender's version has it), in m's separators. m may be one
 * that did not parse. control_id is the answer's own MSH-10. */
struct str hl7_ack(struct arena *a, const struct hl7_message *m, const char *code, const struct err *why, int64_t now_us,
		   struct str control_id);

#endif
