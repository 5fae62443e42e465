/* Tokens of FHIRPath 2.0 (the grammar's lexical part, appendix A). */
#include "fhirpath/internal.h"

#include <stdio.h>
#include <string.h>

bool fp_error_at(struct err *e, enum err_code code, struct str source, size_t offset, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char text[400];
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (!e)
		return false;
	int line, column;
	json_line_column(source, offset, &line, &column);
	if (line > 1)
		err_set(e, code, "%s (line %d, column %d)", text, line, column);
	else
		err_set(e, code, "%s (column %d)", text, column);
	e->offset = (int64_t)offset;
	e->line = line;
	e->column = column;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->source.n ? l->source.p[l->at + ahead] : '\0';
}

static bool lex_error(const struct lexer *l, size_t at, struct err *e, const char *what)
{
	return fp_error_at(e, ERR_SYNTAX, l->source, at, "%s", what);
}

/* White space and both kinds of comment. */
static bool skip_space(struct lexer *l, struct err *e)
{
	for (;;) {
		char c = peek(l, 0);
		if (l->at >= l->source.n)
			return true;
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			l->at++;
		} else if (c == '/' && peek(l, 1) == '/') {
			while (l->at < l->source.n && l->source.p[l->at] != '\n')
				l->at++;
		} else if (c == '/' && peek(l, 1) == '*') {
			struct str rest = str_sub(l->source, l->at + 2, l->source.n);
			ptrdiff_t end = str_find(rest, STR("*/"));
			if (end < 0)
				return lex_error(l, l->at, e, "the comment that begins here is not closed with */");
			l->at += (size_t)end + 4;
		} else {
			return true;
		}
	}
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex4(const struct lexer *l, size_t at, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < 4; i++) {
		int v = at + i < l->source.n ? hex_value(l->source.p[at + i]) : -1;
		if (v < 0)
			return false;
		*out = *out << 4 | (uint32_t)v;
	}
	return true;
}

/* l->at is on the u of \uXXXX; a surrogate pair is two of them. */
static bool unicode_escape(struct lexer *l, struct buf *b, struct err *e)
{
	uint32_t scalar, low;
	size_t from = l->at - 1;
	if (!hex4(l, l->at + 1, &scalar))
		return lex_error(l, from, e, "\\u must be followed by four hexadecimal digits");
	l->at += 5;
	if (scalar >= 0xd800 && scalar < 0xdc00 && peek(l, 0) == '\\' && peek(l, 1) == 'u' && hex4(l, l->at + 2, &low) &&
	    low >= 0xdc00 && low < 0xe000) {
		scalar = 0x10000 + ((scalar - 0xd800) << 10) + (low - 0xdc00);
		l->at += 6;
	}
	if (scalar >= 0xd800 && scalar < 0xe000)
		return lex_error(l, from, e, "\\u names half of a surrogate pair, which is no character");
	char utf8[4];
	size_t n = utf8_encode(scalar, utf8);
	buf_add(b, (struct str){utf8, n});
	return true;
}

static bool escape(struct lexer *l, struct buf *b, struct err *e)
{
	static const char from[] = "`'\"\\/fnrt";
	static const char to[] = "`'\"\\/\f\n\r\t";
	char c = peek(l, 0);
	if (c == 'u')
		return unicode_escape(l, b, e);
	const char *found = c ? strchr(from, c) : NULL;
	if (!found)
		return lex_error(l, l->at - 1, e, "no such escape: a backslash is written \\\\");
	buf_char(b, to[found - from]);
	l->at++;
	return true;
}

static bool quoted(struct lexer *l, char quote, struct token *t, struct err *e)
{
	size_t from = l->at++;
	size_t plain = l->at;
	while (plain < l->source.n && l->source.p[plain] != quote && l->source.p[plain] != '\\')
		plain++;
	if (plain < l->source.n && l->source.p[plain] == quote) {
		t->text = str_sub(l->source, l->at, plain);
		l->at = plain + 1;
		return true;
	}
	struct buf b = buf_new(l->arena, FP_MAX_SOURCE);
	while (l->at < l->source.n) {
		char c = l->source.p[l->at++];
		if (c == quote) {
			t->text = buf_str(&b);
			return true;
		}
		if (c != '\\')
			buf_char(&b, c);
		else if (!escape(l, &b, e))
			return false;
	}
	return lex_error(l, from, e, "the quote that opens here is not closed");
}

static size_t digits(const struct lexer *l, size_t at)
{
	size_t n = 0;
	while (at + n < l->source.n && is_digit(l->source.p[at + n]))
		n++;
	return n;
}

static void number(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_INTEGER;
	l->at += digits(l, l->at);
	if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
		t->kind = TOKEN_DECIMAL;
		l->at += 1 + digits(l, l->at + 1);
	}
	t->text = str_sub(l->source, t->start, l->at);
}

/* hh[:mm[:ss[.fff]]] from l->at; false when there is no hour. */
static bool time_part(struct lexer *l)
{
	if (digits(l, l->at) < 2)
		return false;
	l->at += 2;
	for (int i = 0; i < 2 && peek(l, 0) == ':' && digits(l, l->at + 1) >= 2; i++)
		l->at += 3;
	if (l->source.p[l->at - 3] == ':' && peek(l, 0) == '.' && is_digit(peek(l, 1)))
		l->at += 1 + digits(l, l->at + 1);
	return true;
}

static void zone_part(struct lexer *l)
{
	if (peek(l, 0) == 'Z')
		l->at++;
	else if ((peek(l, 0) == '+' || peek(l, 0) == '-') && digits(l, l->at + 1) == 2 && peek(l, 3) == ':' &&
		 digits(l, l->at + 4) >= 2)
		l->at += 6;
}

/* @2015-02-04, @2015T, @2015-02-04T14:34+10:00, @T14:34 */
static bool moment(struct lexer *l, struct token *t, struct err *e)
{
	size_t from = ++l->at;
	t->kind = TOKEN_DATE;
	if (peek(l, 0) == 'T') {
		t->kind = TOKEN_TIME;
		l->at++;
		if (!time_part(l))
			return lex_error(l, t->start, e, "@T must be followed by a time such as @T14:30");
	} else {
		if (digits(l, l->at) != 4)
			return lex_error(l, t->start, e, "@ must be followed by a date of four digits for the year, or by T and a time");
		l->at += 4;
		for (int i = 0; i < 2 && peek(l, 0) == '-' && digits(l, l->at + 1) == 2; i++)
			l->at += 3;
		if (peek(l, 0) == 'T') {
			t->kind = TOKEN_DATETIME;
			l->at++;
			if (time_part(l))
				zone_part(l);
		}
	}
	t->text = str_sub(l->source, from, l->at);
	struct date d;
	enum fp_type type = t->kind == TOKEN_DATE ? FP_DATE : t->kind == TOKEN_TIME ? FP_TIME : FP_DATETIME;
	if (!moment_parse(t->text, type, &d))
		return fp_error_at(e, ERR_SYNTAX, l->source, t->start, "\"@%.*s\" is no date or time that exists", STR_ARG(t->text));
	return true;
}

static bool symbol(struct lexer *l, struct token *t, struct err *e)
{
	static const char *const two[] = {"<=", ">=", "!=", "!~"};
	struct str rest = str_sub(l->source, l->at, l->source.n);
	size_t n = 0;
	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		if (str_starts(rest, str_from(two[i])))
			n = 2;
	if (!n && strchr("()[]{}.,+-*/&|<>=~%", rest.p[0]) && rest.p[0])
		n = 1;
	if (!n)
		return fp_error_at(e, ERR_SYNTAX, l->source, l->at, "an expression cannot have \"%.1s\" here", rest.p);
	t->kind = TOKEN_SYMBOL;
	t->text = str_sub(rest, 0, n);
	l->at += n;
	return true;
}

static void word(struct lexer *l)
{
	while (l->at < l->source.n && (is_word_start(l->source.p[l->at]) || is_digit(l->source.p[l->at])))
		l->at++;
}

static bool dollar(struct lexer *l, struct token *t, struct err *e)
{
	l->at++;
	word(l);
	t->kind = TOKEN_DOLLAR;
	t->text = str_sub(l->source, t->start + 1, l->at);
	if (str_is(t->text, "this") || str_is(t->text, "index") || str_is(t->text, "total"))
		return true;
	return lex_error(l, t->start, e, "after $ there can only be this, index or total");
}

bool lex_next(struct lexer *l, struct token *t, struct err *e)
{
	if (!skip_space(l, e))
		return false;
	*t = (struct token){.kind = TOKEN_END, .start = (uint32_t)l->at};
	bool ok = true;
	char c = peek(l, 0);
	if (l->at >= l->source.n)
		return true;
	if (is_word_start(c)) {
		word(l);
		t->kind = TOKEN_NAME;
		t->text = str_sub(l->source, t->start, l->at);
	} else if (is_digit(c)) {
		number(l, t);
	} else if (c == '\'' || c == '`') {
		t->kind = c == '`' ? TOKEN_QUOTED : TOKEN_STRING;
		ok = quoted(l, c, t, e);
	} else if (c == '@') {
		ok = moment(l, t, e);
	} else if (c == '$') {
		ok = dollar(l, t, e);
	} else {
		ok = symbol(l, t, e);
	}
	t->end = (uint32_t)l->at;
	return ok;
}
