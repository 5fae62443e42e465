/* Section 5.6, strings. Positions and lengths count Unicode characters. */
#include "fhirpath/functions.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static struct str text_in(const struct call *c)
{
	return c->item->text;
}

static size_t char_count(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* Byte offset of the character at that position; s.n when there are fewer. */
static size_t offset_of(struct str s, int64_t position)
{
	size_t i = 0;
	while (i < s.n && position > 0) {
		i++;
		while (i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80)
			i++;
		position--;
	}
	return i;
}

static bool return_built(struct call *c, struct buf *b)
{
	if (!buf_ok(b))
		return ev_costly(c->ev, c->node, "a text grows too long");
	return call_return_str(c, buf_str(b));
}

bool fn_length(struct call *c)
{
	return call_return_int(c, (int64_t)char_count(text_in(c)));
}

bool fn_index_of(struct call *c)
{
	struct str s = text_in(c);
	ptrdiff_t at = str_find(s, call_str(c, 0));
	return call_return_int(c, at < 0 ? -1 : (int64_t)char_count(str_sub(s, 0, (size_t)at)));
}

bool fn_last_index_of(struct call *c)
{
	struct str s = text_in(c), find = call_str(c, 0);
	for (size_t at = s.n + 1; find.n <= s.n && at-- > 0;)
		if (at + find.n <= s.n && memcmp(s.p + at, find.p, find.n) == 0)
			return call_return_int(c, (int64_t)char_count(str_sub(s, 0, at)));
	return call_return_int(c, -1);
}

bool fn_substring(struct call *c)
{
	struct str s = text_in(c);
	int64_t from, n = INT64_MAX;
	if (!call_int(c, 0, &from))
		return true;
	call_int(c, 1, &n); /* an empty length is no length */
	if (from < 0 || (uint64_t)from >= char_count(s))
		return true;
	struct str rest = str_sub(s, offset_of(s, from), s.n);
	return call_return_str(c, str_sub(rest, 0, offset_of(rest, n < 0 ? 0 : n)));
}

bool fn_starts_with(struct call *c)
{
	return call_return_bool(c, str_starts(text_in(c), call_str(c, 0)));
}

bool fn_ends_with(struct call *c)
{
	return call_return_bool(c, str_ends(text_in(c), call_str(c, 0)));
}

bool fn_contains(struct call *c)
{
	return call_return_bool(c, str_find(text_in(c), call_str(c, 0)) >= 0);
}

static bool change_case(struct call *c, utf8proc_int32_t (*change)(utf8proc_int32_t))
{
	struct str s = text_in(c);
	struct buf b = buf_new(c->ev->arena, FP_MAX_TEXT);
	while (s.n) {
		uint32_t scalar;
		char utf8[4];
		size_t n = utf8_next(s, &scalar);
		buf_add(&b, (struct str){utf8, utf8_encode((uint32_t)change((utf8proc_int32_t)scalar), utf8)});
		s = str_sub(s, n, s.n);
	}
	return return_built(c, &b);
}

bool fn_upper(struct call *c)
{
	return change_case(c, utf8proc_toupper);
}

bool fn_lower(struct call *c)
{
	return change_case(c, utf8proc_tolower);
}

/* ''.replace puts the text between all characters, and at both ends. */
static void interleave(struct buf *b, struct str s, struct str with)
{
	buf_add(b, with);
	while (s.n && !b->failed) {
		size_t n = offset_of(s, 1);
		buf_add(b, str_sub(s, 0, n));
		buf_add(b, with);
		s = str_sub(s, n, s.n);
	}
}

bool fn_replace(struct call *c)
{
	struct str s = text_in(c), find = call_str(c, 0), with = call_str(c, 1);
	struct buf b = buf_new(c->ev->arena, FP_MAX_TEXT);
	if (!find.n) {
		interleave(&b, s, with);
		return return_built(c, &b);
	}
	for (ptrdiff_t at; (at = str_find(s, find)) >= 0 && !b.failed; s = str_sub(s, (size_t)at + find.n, s.n)) {
		buf_add(&b, str_sub(s, 0, (size_t)at));
		buf_add(&b, with);
	}
	buf_add(&b, s);
	return return_built(c, &b);
}

bool fn_to_chars(struct call *c)
{
	struct str s = text_in(c);
	while (s.n) {
		size_t n = offset_of(s, 1);
		if (!call_return_str(c, str_sub(s, 0, n)))
			return false;
		s = str_sub(s, n, s.n);
	}
	return true;
}

bool fn_trim(struct call *c)
{
	return call_return_str(c, str_trim(text_in(c)));
}

bool fn_split(struct call *c)
{
	struct str s = text_in(c), by = call_str(c, 0);
	if (!by.n)
		return fn_to_chars(c);
	for (ptrdiff_t at; (at = str_find(s, by)) >= 0; s = str_sub(s, (size_t)at + by.n, s.n))
		if (!call_return_str(c, str_sub(s, 0, (size_t)at)))
			return false;
	return call_return_str(c, s);
}

bool fn_join(struct call *c)
{
	struct buf b = buf_new(c->ev->arena, FP_MAX_TEXT);
	struct str by = c->arg[0].n ? call_str(c, 0) : STR("");
	for (size_t i = 0, shown = 0; i < c->in->n; i++) {
		if (value_is_blank(&c->in->v[i]))
			continue;
		if (shown++)
			buf_add(&b, by);
		buf_add(&b, fp_text(c->ev->arena, &c->in->v[i]));
	}
	return return_built(c, &b);
}

/* ---- encode, decode, escape, unescape ---- */

static bool unknown_format(struct call *c, const char *known)
{
	struct str given = call_str(c, 0);
	return ev_fail(c->ev, c->node, "%s() knows %s, not \"%.*s\"", c->fn->name, known, STR_ARG(given));
}

static struct str swap(struct arena *a, struct str s, const char *from, const char *to)
{
	char *p = arena_dup(a, s.p, s.n ? s.n : 1);
	for (size_t i = 0; i < s.n; i++)
		for (int k = 0; k < 2; k++)
			if (p[i] == from[k]) {
				p[i] = to[k];
				break;
			}
	return (struct str){p, s.n};
}

bool fn_encode(struct call *c)
{
	struct str how = call_str(c, 0), s = text_in(c);
	struct arena *a = c->ev->arena;
	if (str_is(how, "hex"))
		return call_return_str(c, hex_encode(a, s.p, s.n));
	if (str_is(how, "base64"))
		return call_return_str(c, base64_encode(a, s));
	if (str_is(how, "urlbase64"))
		return call_return_str(c, swap(a, base64_encode(a, s), "+/", "-_"));
	return unknown_format(c, "'hex', 'base64' and 'urlbase64'");
}

static bool decoded(struct arena *a, struct str how, struct str s, struct str *out)
{
	if (str_is(how, "hex")) {
		char *p = arena_alloc(a, s.n / 2 + 1);
		*out = (struct str){p, s.n / 2};
		return s.n % 2 == 0 && hex_decode(s, p, s.n / 2);
	}
	if (str_is(how, "urlbase64"))
		s = swap(a, s, "-_", "+/");
	return base64_decode(a, s, out);
}

bool fn_decode(struct call *c)
{
	struct str how = call_str(c, 0), out;
	if (!str_is(how, "hex") && !str_is(how, "base64") && !str_is(how, "urlbase64"))
		return unknown_format(c, "'hex', 'base64' and 'urlbase64'");
	if (!decoded(c->ev->arena, how, text_in(c), &out) || !utf8_valid(out))
		return true;
	return call_return_str(c, out);
}

static const struct {
	char plain;
	const char *html;
} entities[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

static void escape_html(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t k = 0;
		while (k < 5 && entities[k].plain != s.p[i])
			k++;
		if (k < 5)
			buf_c(b, entities[k].html);
		else
			buf_char(b, s.p[i]);
	}
}

static void unescape_html(struct buf *b, struct str s)
{
	while (s.n) {
		size_t k = 0;
		while (k < 5 && !str_starts(s, str_from(entities[k].html)))
			k++;
		buf_char(b, k < 5 ? entities[k].plain : s.p[0]);
		s = str_sub(s, k < 5 ? strlen(entities[k].html) : 1, s.n);
	}
}

bool fn_escape(struct call *c)
{
	struct str how = call_str(c, 0);
	struct buf b = buf_new(c->ev->arena, FP_MAX_TEXT);
	if (str_is(how, "html")) {
		escape_html(&b, text_in(c));
		return return_built(c, &b);
	}
	if (!str_is(how, "json"))
		return unknown_format(c, "'html' and 'json'");
	json_write_string(&b, text_in(c));
	struct str quoted = buf_str(&b);
	return buf_ok(&b) ? call_return_str(c, str_sub(quoted, 1, quoted.n - 1)) : return_built(c, &b);
}

/* One JSON escape, or a character that is none; gives how many bytes it took. A quote may stand bare: the text has none around it. */
static size_t unescape_one(struct buf *b, struct str s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = s.n > 1 && s.p[0] == '\\' && s.p[1] ? strchr(from, s.p[1]) : NULL;
	if (!found) {
		buf_char(b, s.p[0]);
		return 1;
	}
	buf_char(b, to[found - from]);
	return 2;
}

static size_t unescape_unicode(struct call *c, struct buf *b, struct str s)
{
	struct json *j;
	for (size_t n = 12; n >= 6; n -= 6) { /* a pair of surrogates, or one */
		struct str quoted = str_printf(c->ev->arena, "\"%.*s\"", STR_ARG(str_sub(s, 0, n)));
		if (s.n >= n && json_parse(c->ev->arena, quoted, NULL, &j, NULL) && json_is(j, JSON_STRING)) {
			buf_add(b, j->text);
			return n;
		}
	}
	buf_char(b, '\\');
	return 1;
}

static void unescape_json(struct call *c, struct buf *b, struct str s)
{
	while (s.n && !b->failed) {
		size_t n = str_starts(s, STR("\\u")) ? unescape_unicode(c, b, s) : unescape_one(b, s);
		s = str_sub(s, n, s.n);
	}
}

bool fn_unescape(struct call *c)
{
	struct str how = call_str(c, 0);
	struct buf b = buf_new(c->ev->arena, FP_MAX_TEXT);
	if (str_is(how, "json"))
		unescape_json(c, &b, text_in(c));
	else if (str_is(how, "html"))
		unescape_html(&b, text_in(c));
	else
		return unknown_format(c, "'html' and 'json'");
	return return_built(c, &b);
}
