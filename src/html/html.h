/* html: the typed, escaping writer; the design system's components as functions; charts and family pictures as SVG.
 *
 *   html.h        the writer            components.h  what nhsuk-frontend has    svg.h  chronology strip, family picture
 *
 * There is no way to write unescaped text that came from data: html_raw takes string literals only (the macro pastes "" before
 * them). Escaping is chosen by the function. Open elements are tracked; html_end closes the newest, html_finish checks none is left.
 * Bytes that no HTML document may hold (C0 controls but tab and newline) come out as U+FFFD.
 *
 * Components render what nhsuk-frontend 10.6 renders; tests compare with its own fixtures, tree against tree.
 *
 * Ownership  the text lives in the arena given to html_init. Limit: HTML_MAX bytes; past it the writer fails and says nothing more.
 * Threads    a writer belongs to one.
 */
#ifndef HEED_HTML_HTML_H
#define HEED_HTML_HTML_H

#include "base/base.h"

#define HTML_MAX ((size_t)8 << 20)
#define HTML_DEPTH 64

struct html {
	struct buf out;
	const char *open[HTML_DEPTH];
	int depth;
	bool in_tag; /* the start tag is still open for attributes */
	bool failed;
};

void html_init(struct html *h, struct arena *a);
struct str html_finish(struct html *h); /* asserts that every element was closed; STR_NONE when the writer failed */

#define html_raw(h, literal) html_raw_literal((h), "" literal)
void html_raw_literal(struct html *h, const char *literal);

/* tag and attribute names are literals in code, never data */
void html_start(struct html *h, const char *tag);           /* <tag  ... attributes may follow */
void html_attr(struct html *h, const char *name, struct str value);
void html_attrz(struct html *h, const char *name, const char *value);
void html_attrf(struct html *h, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void html_attr_opt(struct html *h, const char *name, struct str value); /* left out when empty */
void html_attr_flag(struct html *h, const char *name);
void html_attr_flag_if(struct html *h, const char *name, bool on);
void html_href(struct html *h, struct str url);             /* only /path, #fragment, ?query, https: and tel:; else "#" */
void html_end(struct html *h);                              /* closes the newest element */
void html_void(struct html *h);                             /* ends a void element (input, br, meta ...); "/>" for SVG's */
void html_text(struct html *h, struct str s);
void html_textz(struct html *h, const char *s);
void html_textf(struct html *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* <tag class="c">text</tag> */
void html_el(struct html *h, const char *tag, const char *class_name, struct str text);
void html_elz(struct html *h, const char *tag, const char *class_name, const char *text);
/* start tag with a class, to be closed by html_end */
void html_open(struct html *h, const char *tag, const char *class_name);
void html_link(struct html *h, struct str url, const char *class_name, struct str text);
/* <bdi dir="ltr">: dates, times, numbers keep their order in right-to-left text */
void html_ltr(struct html *h, struct str s);
/* Words only a screen reader hears: what tells one "Review" link from the next. */
void html_hidden(struct html *h, struct str s);

/* May a link go there: a path of this site, a fragment, a query, https: or tel:. */
bool html_url_ok(struct str url);

#endif
