/* The XHTML of a narrative, against the lists of R4 (narrative.html, txt-1, txt-2): a fixed set of elements and attributes, no
 * script, no style that loads, links only of schemes that cannot run anything; no DTD, entity or processing instruction. */
#include <expat.h>
#include <string.h>

#include "fhir/internal.h"

#define XHTML "http://www.w3.org/1999/xhtml"
#define DEPTH_MAX 64

static const char *const elements[] = {"a",    "abbr", "acronym", "b",     "big",   "blockquote", "br",   "caption", "cite", "code", "col",  "colgroup",
				       "dd",   "dfn",  "div",	  "dl",    "dt",    "em",	  "h1",   "h2",	     "h3",   "h4",   "h5",   "h6",
				       "hr",   "i",    "img",	  "li",    "ol",    "p",	  "pre",  "q",	     "samp", "small", "span", "strong",
				       "sub",  "sup",  "table",	  "tbody", "td",    "tfoot",	  "th",   "thead",   "tr",   "tt",   "ul",   "var"};
static const char *const attributes[] = {"abbr",    "accesskey", "align",   "alt",     "axis",	  "bgcolor",  "border",	  "cellhalign", "cellpadding",
					 "cellspacing", "cellvalign", "char", "charoff", "charset", "cite",    "class",	  "colspan",	"compact",
					 "coords",  "dir",	 "frame",   "headers", "height",  "href",     "hreflang", "hspace",	"id",
					 "lang",    "longdesc",	 "name",    "nowrap",  "rel",	  "rev",      "rowspan",  "rules",	"scope",
					 "shape",   "span",	 "src",	    "start",   "style",	  "summary",  "tabindex", "title",	"type",
					 "valign",  "value",	 "vspace",  "width",   "xml:lang", "xmlns"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

struct walk {
	XML_Parser parser;
	struct err *e;
	int depth;
	bool content; /* text that is not white space, or an image */
	bool failed;
};

static bool listed(const char *const *list, size_t n, const char *name)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(list[mid], name);
		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static void refuse(struct walk *w, const char *what, const char *value, const char *why)
{
	if (w->failed)
		return;
	struct str shown = fhir_excerpt(str_from(value));
	err_set(w->e, ERR_VALUE, "narrative %s \"%.*s\" %s", what, STR_ARG(shown), why);
	w->failed = true;
	XML_StopParser(w->parser, XML_FALSE);
}

/* Lower case without what a browser skips, so that "java\tscript:" is what it will be. */
static struct str squeezed(const char *value, char *to, size_t room)
{
	size_t n = 0;
	for (const char *p = value; *p && n < room; p++)
		if ((unsigned char)*p > ' ')
			to[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
	return (struct str){to, n};
}

static bool link_ok(const char *value, bool image)
{
	if (value[strcspn(value, ":/?#")] != ':')
		return true; /* relative, or within the document */
	char start[32];
	struct str s = squeezed(value, start, sizeof start);
	if (image && (str_starts(s, STR("data:image/png;")) || str_starts(s, STR("data:image/jpeg;")) || str_starts(s, STR("data:image/gif;"))))
		return true;
	static const char *const schemes[] = {"http", "https", "mailto", "tel", "urn", "ftp", "cid"};
	ptrdiff_t colon = str_find_char(s, ':');
	for (size_t i = 0; colon > 0 && i < COUNT(schemes); i++)
		if (str_is(str_sub(s, 0, (size_t)colon), schemes[i]))
			return true;
	return false;
}

/* CSS that loads, runs, or hides doing so behind an escape or a comment. */
static bool style_ok(const char *value)
{
	static const char *const bad[] = {"url(", "expression(", "@import", "javascript:", "behavior:", "-moz-binding", "\\", "/*", "image-set("};
	char text[1024];
	struct str s = squeezed(value, text, sizeof text);
	if (s.n == sizeof text)
		return false;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (str_find(s, str_from(bad[i])) >= 0)
			return false;
	return true;
}

static void check_attribute(struct walk *w, const char *element, const char *name, const char *value)
{
	if (!listed(attributes, COUNT(attributes), name))
		refuse(w, "attribute", name, "is not allowed");
	else if (strcmp(name, "xmlns") == 0 && strcmp(value, XHTML) != 0)
		refuse(w, "namespace", value, "is not " XHTML);
	else if (strcmp(name, "style") == 0 && !style_ok(value))
		refuse(w, "style", value, "loads or hides something");
	else if ((strcmp(name, "href") == 0 || strcmp(name, "cite") == 0 || strcmp(name, "longdesc") == 0) && !link_ok(value, false))
		refuse(w, "link", value, "has a scheme that is not allowed");
	else if (strcmp(name, "src") == 0 && (strcmp(element, "img") != 0 || !link_ok(value, true)))
		refuse(w, "source", value, "is not allowed");
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **pairs)
{
	struct walk *w = data;
	bool named = false;
	if (!listed(elements, COUNT(elements), name))
		refuse(w, "element", name, "is not allowed");
	else if (w->depth == 0 && strcmp(name, "div") != 0)
		refuse(w, "root", name, "is not div");
	else if (++w->depth > DEPTH_MAX)
		refuse(w, "element", name, "is nested too deeply");
	for (size_t i = 0; pairs[i] && !w->failed; i += 2) {
		named |= strcmp(pairs[i], "xmlns") == 0;
		check_attribute(w, name, pairs[i], pairs[i + 1]);
	}
	if (w->depth == 1 && !named && !w->failed)
		refuse(w, "root", name, "has no namespace (xmlns=\"" XHTML "\")");
	w->content |= strcmp(name, "img") == 0;
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	(void)name;
	((struct walk *)data)->depth--;
}

static void XMLCALL on_text(void *data, const XML_Char *s, int n)
{
	struct walk *w = data;
	for (int i = 0; i < n && !w->content; i++)
		w->content = s[i] != ' ' && s[i] != '\t' && s[i] != '\n' && s[i] != '\r';
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)system, (void)public, (void)internal;
	refuse(data, "document type", name, "is not allowed");
}

static void XMLCALL on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
	(void)text;
	refuse(data, "processing instruction", target, "is not allowed");
}

static bool parse(struct walk *w, struct str div)
{
	XML_SetUserData(w->parser, w);
	XML_SetElementHandler(w->parser, on_start, on_end);
	XML_SetCharacterDataHandler(w->parser, on_text);
	XML_SetStartDoctypeDeclHandler(w->parser, on_doctype);
	XML_SetProcessingInstructionHandler(w->parser, on_instruction);
	if (XML_Parse(w->parser, div.p, (int)div.n, 1) == XML_STATUS_OK)
		return w->content || err_set(w->e, ERR_VALUE, "narrative is empty");
	if (!w->failed)
		err_set(w->e, ERR_VALUE, "narrative is not well-formed XHTML: %s at character %lu",
			XML_ErrorString(XML_GetErrorCode(w->parser)), (unsigned long)XML_GetCurrentByteIndex(w->parser));
	return false;
}

bool fhir_narrative_ok(struct str div, struct err *e)
{
	if (div.n > 1024 * 1024)
		return err_set(e, ERR_TOO_LARGE, "narrative is longer than 1 MiB");
	struct walk w = {.e = e, .parser = XML_ParserCreate("UTF-8")};
	if (!w.parser)
		return err_set(e, ERR_UNAVAILABLE, "no memory to read the narrative");
	bool ok = parse(&w, div);
	XML_ParserFree(w.parser);
	return ok;
}
