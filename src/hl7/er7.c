#include "hl7/er7.h"

#include <string.h>

/* ---- reading ---- */

static bool ends_segment(char c)
{
	return c == '\r' || c == '\n';
}

/* HL7 text has no control characters but the end of a segment; a tab is taken, as senders paste them. */
static bool no_control_characters(struct str s, struct err *e)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if ((c < 0x20 && !ends_segment(s.p[i]) && c != '\t') || c == 0x7F) {
			err_set(e, ERR_SYNTAX, "control character %02X at byte %zu", c, i);
			if (e)
				e->offset = (int64_t)i;
			return false;
		}
	}
	return true;
}

static bool usable_separator(char c)
{
	return c > ' ' && c < 0x7F && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
}

static bool read_field_separator(struct str s, struct hl7_message *m, struct err *e)
{
	if (!str_starts(s, STR("MSH")))
		return err_set(e, ERR_SYNTAX, "the first segment is not MSH");
	m->field_sep = s.n > 3 ? s.p[3] : '\0';
	return usable_separator(m->field_sep) || (err_set(e, ERR_SYNTAX, "MSH-1 is not a usable field separator"), err_at(e, "MSH^1^1"));
}

/* MSH-2. A fifth character, truncation (2.7), is allowed and unused; the last ones may be left out. */
static bool read_separators(struct str s, struct hl7_message *m, struct err *e)
{
	struct str rest = str_sub(s, 4, s.n);
	size_t n = 0;
	while (n < rest.n && rest.p[n] != m->field_sep && !ends_segment(rest.p[n]))
		n++;
	if (n < 2 || n > 5)
		return err_set(e, ERR_SYNTAX, "MSH-2 has %zu separators, where 4 belong", n), err_at(e, "MSH^1^2");
	for (size_t i = 0; i < n; i++)
		if (!usable_separator(rest.p[i]) || memchr(rest.p, rest.p[i], i))
			return err_set(e, ERR_SYNTAX, "separator %zu of MSH-2 is a letter, or used twice", i + 1), err_at(e, "MSH^1^2");
	m->component_sep = rest.p[0];
	m->repeat_sep = rest.p[1];
	m->escape = n > 2 ? rest.p[2] : '\0';
	m->subcomponent_sep = n > 3 ? rest.p[3] : '\0';
	return true;
}

static size_t count_char(struct str s, char c)
{
	size_t n = 0;
	const char *end = s.p + s.n;
	for (const char *p = s.p; p < end && (p = memchr(p, c, (size_t)(end - p))); p++)
		n++;
	return n;
}

static bool field_in_bounds(const struct hl7_message *m, const struct hl7_segment *s, size_t field, struct err *e)
{
	struct str f = s->fields[field];
	const char separators[] = {m->repeat_sep, m->component_sep, m->subcomponent_sep};
	for (size_t i = 0; f.n >= HL7_MAX_PARTS && i < sizeof separators; i++)
		if (separators[i] && count_char(f, separators[i]) >= HL7_MAX_PARTS) {
			err_set(e, ERR_TOO_LARGE, "a field has more than %d parts", HL7_MAX_PARTS);
			return err_at(e, "%.*s^%zu^%zu", STR_ARG(s->name), s->nth, field);
		}
	return true;
}

static bool good_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'A' && name.p[i] <= 'Z') || (i && name.p[i] >= '0' && name.p[i] <= '9')))
			return false;
	return name.n == 3;
}

static bool read_segment(const struct hl7_message *m, struct str line, struct hl7_segment *s, struct err *e)
{
	bool is_msh = str_starts(line, STR("MSH"));
	size_t n = count_char(line, m->field_sep) + 1 + is_msh;
	if (n > HL7_MAX_FIELDS)
		return err_set(e, ERR_TOO_LARGE, "a segment has %zu fields, and may have %d", n, HL7_MAX_FIELDS);
	s->fields = ARENA_ARRAY(m->arena, struct str, n);
	struct str rest = line, part;
	size_t i = 0;
	while (str_next(&rest, m->field_sep, &part)) {
		s->fields[i++] = part;
		if (i == 1 && is_msh)
			s->fields[i++] = str_sub(line, 3, 4);
	}
	s->name = s->fields[0];
	s->field_count = i - 1;
	if (!good_name(s->name))
		return err_set(e, ERR_SYNTAX, "\"%.*s\" is not the name of a segment", STR_ARG(str_sub(s->name, 0, 12)));
	return true;
}

static size_t nth_of_name(const struct hl7_message *m, struct str name)
{
	size_t n = 1;
	for (size_t i = 0; i < m->segment_count; i++)
		n += str_eq(m->segments[i].name, name);
	return n;
}

/* The segment that starts at *at; *at goes past it and the line ends after it. */
static struct str next_line(struct str text, size_t *at)
{
	size_t from = *at;
	while (*at < text.n && !ends_segment(text.p[*at]))
		++*at;
	struct str line = str_sub(text, from, *at);
	while (*at < text.n && ends_segment(text.p[*at]))
		++*at;
	return line;
}

static bool read_segments(struct hl7_message *m, struct str text, struct err *e)
{
	VEC(struct hl7_segment) all = {0};
	m->segment_count = 0;
	for (size_t at = 0; at < text.n;) {
		if (all.n == HL7_MAX_SEGMENTS)
			return err_set(e, ERR_TOO_LARGE, "more than %d segments", HL7_MAX_SEGMENTS);
		struct hl7_segment s = {0};
		if (!read_segment(m, next_line(text, &at), &s, e))
			return false;
		s.nth = nth_of_name(m, s.name);
		for (size_t f = 1; f <= s.field_count; f++)
			if (!field_in_bounds(m, &s, f, e))
				return false;
		VEC_PUSH(m->arena, &all, s);
		m->segments = all.v;
		m->segment_count = all.n;
	}
	return true;
}

static bool one_msh(const struct hl7_message *m, struct err *e)
{
	if (hl7_segment(m, "MSH", 1))
		return err_set(e, ERR_SYNTAX, "a second MSH in one message"), err_at(e, "MSH^2");
	return true;
}

bool hl7_parse(struct arena *a, struct str raw, struct hl7_message *out, struct err *e)
{
	*out = (struct hl7_message){.arena = a, .raw = raw, .text = raw};
	struct str text = raw;
	size_t at = 0;
	struct hl7_segment *msh = ARENA_NEW(a, struct hl7_segment);
	if (!read_field_separator(raw, out, e) || !read_segment(out, next_line(raw, &at), msh, e))
		return false;
	msh->nth = 1;
	out->segments = msh;
	out->segment_count = 1;
	if (!read_separators(raw, out, e))
		return false;
	if (!no_control_characters(raw, e) || !hl7_to_utf8(a, hl7_get(out, msh, 18, 1, 1, 1), raw, &text, e))
		return false;
	out->text = text;
	return read_segments(out, text, e) && one_msh(out, e);
}

/* ---- asking ---- */

const struct hl7_segment *hl7_segment(const struct hl7_message *m, const char *name, size_t nth)
{
	for (size_t i = 0; i < m->segment_count; i++)
		if (str_is(m->segments[i].name, name) && nth-- == 0)
			return &m->segments[i];
	return NULL;
}

size_t hl7_segment_n(const struct hl7_message *m, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < m->segment_count; i++)
		n += str_is(m->segments[i].name, name);
	return n;
}

struct str hl7_raw_field(const struct hl7_segment *s, int field)
{
	return s && field >= 1 && (size_t)field <= s->field_count ? s->fields[field] : STR_NONE;
}

/* The nth part (from 1) between separators. A separator of NUL is one the message does not use. */
static struct str part_of(struct str s, char sep, int nth)
{
	struct str part = s;
	if (!sep)
		return nth == 1 ? s : STR_NONE;
	for (struct str rest = s; str_next(&rest, sep, &part); nth--)
		if (nth == 1)
			return part;
	return STR_NONE;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \Xdd..\: bytes in the message's character set. */
static bool add_hex(const struct hl7_message *m, struct str digits, struct buf *b)
{
	if (digits.n == 0 || digits.n % 2 || digits.n > 2048)
		return false;
	char *bytes = arena_alloc(m->arena, digits.n / 2);
	for (size_t i = 0; i < digits.n; i += 2) {
		int high = hex_digit(digits.p[i]), low = hex_digit(digits.p[i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i / 2] = (char)(high * 16 + low);
	}
	struct str text;
	struct str charset = part_of(hl7_raw_field(m->segments, 18), m->repeat_sep, 1);
	if (!hl7_to_utf8(m->arena, charset, (struct str){bytes, digits.n / 2}, &text, NULL))
		return false;
	buf_add(b, text);
	return true;
}

/* Formatting commands of 2.7.6 that carry a line or spaces; the others change only how text looks. */
static bool add_format(struct str command, struct buf *b)
{
	int64_t n = 0;
	struct str word = str_sub(command, 1, 3);
	str_to_i64(str_sub(command, 3, command.n), &n);
	n = n < 1 ? 1 : n > 80 ? 80 : n;
	if (str_is(word, "br") || str_is(word, "ce"))
		n = 1;
	else if (!str_is(word, "sp") && !str_is(word, "sk"))
		return str_is(word, "fi") || str_is(word, "nf") || str_is(word, "in") || str_is(word, "ti");
	for (; n > 0; n--)
		buf_char(b, str_is(word, "sk") ? ' ' : '\n');
	return true;
}

static bool add_escaped(const struct hl7_message *m, struct str code, struct buf *b)
{
	static const char letters[] = "FSRTE";
	const char plain[] = {m->field_sep, m->component_sep, m->repeat_sep, m->subcomponent_sep, m->escape};
	const char *letter = code.n == 1 ? memchr(letters, code.p[0], sizeof letters - 1) : NULL;
	if (letter && plain[letter - letters]) {
		buf_char(b, plain[letter - letters]);
		return true;
	}
	if (code.n == 1 && (code.p[0] == 'H' || code.p[0] == 'N'))
		return true; /* highlighting */
	if (code.n > 1 && code.p[0] == 'X')
		return add_hex(m, str_sub(code, 1, code.n), b);
	return code.n > 2 && code.p[0] == '.' && add_format(code, b);
}

/* A sequence that is not known, or has no end, stays as it was sent. */
static struct str unescape(const struct hl7_message *m, struct str s)
{
	if (!m->escape || !s.n || !memchr(s.p, m->escape, s.n))
		return s;
	struct buf b = buf_new(m->arena, s.n * 80 + 16);
	while (s.n) {
		ptrdiff_t from = str_find_char(s, m->escape);
		if (from < 0)
			break;
		struct str rest = str_sub(s, (size_t)from + 1, s.n);
		ptrdiff_t to = str_find_char(rest, m->escape);
		buf_add(&b, str_sub(s, 0, (size_t)from));
		if (to < 0) {
			s = str_sub(s, (size_t)from, s.n);
			break;
		}
		if (!add_escaped(m, str_sub(rest, 0, (size_t)to), &b)) {
			buf_char(&b, m->escape);
			s = rest;
			continue;
		}
		s = str_sub(rest, (size_t)to + 1, rest.n);
	}
	buf_add(&b, s);
	return buf_str(&b);
}

struct str hl7_get(const struct hl7_message *m, const struct hl7_segment *s, int field, int repetition, int component, int sub)
{
	struct str f = hl7_raw_field(s, field);
	if (!f.n)
		return STR_NONE;
	if (s == m->segments && field <= 2)
		return f; /* the separators themselves */
	f = part_of(f, m->repeat_sep, repetition);
	f = part_of(f, m->component_sep, component);
	f = part_of(f, m->subcomponent_sep, sub);
	return f.n ? unescape(m, f) : STR_NONE;
}

struct str hl7_field(const struct hl7_message *m, const struct hl7_segment *s, int field)
{
	return hl7_get(m, s, field, 1, 1, 1);
}

size_t hl7_repetitions(const struct hl7_message *m, const struct hl7_segment *s, int field)
{
	struct str f = hl7_raw_field(s, field);
	return f.n ? count_char(f, m->repeat_sep) + 1 : 0;
}

bool hl7_is_null(struct str value)
{
	return str_is(value, "\"\"");
}

static const struct hl7_segment *msh(const struct hl7_message *m)
{
	return m->segment_count ? m->segments : NULL;
}

struct str hl7_type(const struct hl7_message *m)
{
	return hl7_get(m, msh(m), 9, 1, 1, 1);
}

struct str hl7_event(const struct hl7_message *m)
{
	return hl7_get(m, msh(m), 9, 1, 2, 1);
}

struct str hl7_sender(struct arena *a, const struct hl7_message *m)
{
	struct str app = hl7_field(m, msh(m), 3), facility = hl7_field(m, msh(m), 4);
	return str_printf(a, "%.*s|%.*s", STR_ARG(app), STR_ARG(facility));
}
