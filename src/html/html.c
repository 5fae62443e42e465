#include "html/html.h"

#include <assert.h>
#include <string.h>

void html_init(struct html *h, struct arena *a)
{
	*h = (struct html){.out = buf_new(a, HTML_MAX)};
}

static void close_tag(struct html *h)
{
	if (h->in_tag)
		buf_char(&h->out, '>');
	h->in_tag = false;
}

struct str html_finish(struct html *h)
{
	close_tag(h);
	assert(h->depth == 0);
	if (h->depth != 0 || h->failed || !buf_ok(&h->out))
		return STR_NONE;
	return buf_str(&h->out);
}

void html_raw_literal(struct html *h, const char *literal)
{
	close_tag(h);
	buf_c(&h->out, literal);
}

void html_start(struct html *h, const char *tag)
{
	close_tag(h);
	if (h->depth == HTML_DEPTH) {
		h->failed = true;
		return;
	}
	h->open[h->depth++] = tag;
	buf_char(&h->out, '<');
	buf_c(&h->out, tag);
	h->in_tag = true;
}

static const char *escape_of(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return c < 0x20 && c != '\t' && c != '\n' ? "\xef\xbf\xbd" : NULL;
	}
}

static void escape(struct buf *b, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *e = escape_of((unsigned char)s.p[i]);
		if (!e)
			continue;
		buf_add(b, str_sub(s, from, i));
		if (s.p[i] != '\r') /* a browser's line end: the newline after it is enough */
			buf_c(b, e);
		from = i + 1;
	}
	buf_add(b, str_sub(s, from, s.n));
}

static void attr_name(struct html *h, const char *name)
{
	assert(h->in_tag);
	if (!h->in_tag)
		h->failed = true;
	buf_char(&h->out, ' ');
	buf_c(&h->out, name);
}

void html_attr(struct html *h, const char *name, struct str value)
{
	attr_name(h, name);
	buf_c(&h->out, "=\"");
	escape(&h->out, value);
	buf_char(&h->out, '"');
}

void html_attrz(struct html *h, const char *name, const char *value)
{
	html_attr(h, name, str_from(value));
}

void html_attrf(struct html *h, const char *name, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	html_attr(h, name, str_vprintf(h->out.arena, fmt, args));
	va_end(args);
}

void html_attr_opt(struct html *h, const char *name, struct str value)
{
	if (value.n)
		html_attr(h, name, value);
}

void html_attr_flag(struct html *h, const char *name)
{
	attr_name(h, name);
}

void html_attr_flag_if(struct html *h, const char *name, bool on)
{
	if (on)
		attr_name(h, name);
}

bool html_url_ok(struct str url)
{
	if (url.n == 0)
		return false;
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= 0x20 || url.p[i] == '\\')
			return false;
	if (url.p[0] == '/')
		return url.n == 1 || url.p[1] != '/'; /* "//host" would leave this site */
	return url.p[0] == '#' || url.p[0] == '?' || str_starts(url, STR("https://")) || str_starts(url, STR("tel:"));
}

void html_href(struct html *h, struct str url)
{
	html_attr(h, "href", html_url_ok(url) ? url : STR("#"));
}

void html_end(struct html *h)
{
	close_tag(h);
	assert(h->depth > 0);
	if (h->depth == 0) {
		h->failed = true;
		return;
	}
	buf_c(&h->out, "</");
	buf_c(&h->out, h->open[--h->depth]);
	buf_char(&h->out, '>');
}

static bool is_html_void(const char *tag)
{
	static const char *const names[] = {"input", "br", "hr", "meta", "link", "img", "col"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(tag, names[i]) == 0)
			return true;
	return false;
}

void html_void(struct html *h)
{
	assert(h->in_tag && h->depth > 0);
	if (!h->in_tag || h->depth == 0) {
		h->failed = true;
		return;
	}
	buf_c(&h->out, is_html_void(h->open[--h->depth]) ? ">" : "/>");
	h->in_tag = false;
}

void html_text(struct html *h, struct str s)
{
	close_tag(h);
	escape(&h->out, s);
}

void html_textz(struct html *h, const char *s)
{
	html_text(h, str_from(s));
}

void html_textf(struct html *h, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	html_text(h, str_vprintf(h->out.arena, fmt, args));
	va_end(args);
}

void html_open(struct html *h, const char *tag, const char *class_name)
{
	html_start(h, tag);
	if (class_name && *class_name)
		html_attrz(h, "class", class_name);
}

void html_el(struct html *h, const char *tag, const char *class_name, struct str text)
{
	html_open(h, tag, class_name);
	html_text(h, text);
	html_end(h);
}

void html_elz(struct html *h, const char *tag, const char *class_name, const char *text)
{
	html_el(h, tag, class_name, str_from(text));
}

void html_link(struct html *h, struct str url, const char *class_name, struct str text)
{
	html_open(h, "a", class_name);
	html_href(h, url);
	html_text(h, text);
	html_end(h);
}

void html_ltr(struct html *h, struct str s)
{
	html_start(h, "bdi");
	html_attrz(h, "dir", "ltr");
	html_text(h, s);
	html_end(h);
}

void html_hidden(struct html *h, struct str s)
{
	html_el(h, "span", "nhsuk-u-visually-hidden", s);
}
