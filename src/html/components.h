/* components: what nhsuk-frontend 10.6 has and Heed uses, a C function each, with the same markup as the library's own templates.
 *
 * Most take a pointer to a struct, so that a call names what it sets and leaves the rest out:
 *
 *     html_input(h, &(struct html_input){.field = {.name = STR("q"), .label = STR("NHS number")}, .width = 10});
 *
 * Those that hold other things come as _open and _close. Ids default to names; hints and errors get ID-hint and ID-error and are
 * named by aria-describedby, as the library does.
 */
#ifndef HEED_HTML_COMPONENTS_H
#define HEED_HTML_COMPONENTS_H

#include "html/html.h"

/* What the writer calls to fill a place: the answer's follow-up question, a cell. */
struct html_fill {
	void (*fn)(struct html *h, const void *arg);
	const void *arg;
};

/* ---- fields ---- */

struct html_field {
	struct str id, name; /* id "" is the name */
	struct str label;    /* of a set of choices, the legend */
	struct str label_id;
	const char *label_size; /* "s" "m" "l" "xl", or NULL */
	bool label_is_heading;  /* the question is the page's h1 */
	bool label_hidden;      /* for screen readers only */
	struct str hint, error;
	struct str value;
	const char *classes;
	const char *autocomplete;
	bool disabled;
};

void html_label(struct html *h, const struct html_field *f);
void html_hint(struct html *h, struct str id, struct str text, const char *classes);
void html_error_message(struct html *h, struct str id, struct str text);

struct html_input {
	struct html_field field;
	const char *type;        /* NULL: text */
	int width;               /* 2 3 4 5 10 20 30 */
	const char *inputmode;
	bool no_spellcheck;
	bool code;               /* fixed-width digits */
	struct str prefix, suffix;
};
void html_input(struct html *h, const struct html_input *o);

struct html_textarea {
	struct html_field field;
	int rows;      /* 0: 5 */
	int maxlength; /* not 0: with a character count */
};
void html_textarea(struct html *h, const struct html_textarea *o);
void html_character_count(struct html *h, const struct html_textarea *o);

struct html_option {
	struct str value, text, hint;
	struct str divider;  /* "or" instead of an option */
	struct str id, name; /* "" for the usual ones */
	bool checked, disabled, exclusive;
	struct html_fill conditional; /* shown when it is chosen */
};

struct html_select {
	struct html_field field;
	const struct html_option *options;
	size_t n;
};
void html_select(struct html *h, const struct html_select *o);

struct html_choices {
	struct html_field field; /* label is the legend; none: no fieldset */
	const struct html_option *options;
	size_t n;
	bool small, in_line;
};
void html_radios(struct html *h, const struct html_choices *o);
void html_checkboxes(struct html *h, const struct html_choices *o);

struct html_date_input {
	struct html_field field; /* id is needed; name is the prefix: name-day, name-month, name-year */
	struct str day, month, year;
	bool day_wrong, month_wrong, year_wrong; /* none: all three, when there is an error */
};
void html_date_input(struct html *h, const struct html_date_input *o);

/* A group of questions. Ended by html_end. */
void html_fieldset_open(struct html *h, const struct html_field *legend, const char *role);

/* ---- doing ---- */

struct html_button {
	struct str text, href, name, value, id;
	const char *variant; /* "secondary" "warning" "reverse", or NULL */
	bool small, disabled, once; /* once: a second click within a second does nothing */
	struct str hidden; /* words for screen readers after the text */
};
void html_button(struct html *h, const struct html_button *o);

void html_back_link(struct html *h, struct str href, struct str text);

struct html_crumb {
	struct str text, href;
};
void html_breadcrumb(struct html *h, const struct html_crumb *items, size_t n);
void html_skip_link(struct html *h);

struct html_page_link {
	struct str number, href;
	bool current, ellipsis;
};
struct html_pagination {
	struct str previous_href, previous_label, next_href, next_label;
	const struct html_page_link *items;
	size_t n;
};
void html_pagination(struct html *h, const struct html_pagination *o);

/* ---- telling ---- */

struct html_error_item {
	struct str text, href;
};
void html_error_summary(struct html *h, struct str heading, const struct html_error_item *items, size_t n);

void html_inset_text(struct html *h, struct str text);
void html_tag(struct html *h, const char *colour, struct str text); /* NULL: blue */
void html_warning(struct html *h, struct str heading, struct str text);
void html_warning_open(struct html *h, struct str heading, int level); /* of its heading; 0: 3 */
void html_warning_close(struct html *h);

/* success: green, read out at once. Without text, the heading is all. */
void html_notification(struct html *h, bool success, struct str heading, struct str text);

void html_details_open(struct html *h, struct str summary, bool open);
void html_details_close(struct html *h);

struct html_card {
	struct str heading, href, id;
	int level;           /* 0: 2 */
	const char *size;    /* of the heading */
	const char *variant; /* "feature" "primary" "secondary" "warning", or NULL */
	bool clickable;
};
void html_card_open(struct html *h, const struct html_card *o);
void html_card_close(struct html *h);
void html_card_description(struct html *h, struct str text);

struct html_row_action {
	struct str text, href, hidden;
};
struct html_summary_row {
	struct str key, value;
	struct html_fill fill; /* instead of value */
	const struct html_row_action *actions;
	size_t action_count;
};
void html_summary_list(struct html *h, const struct html_summary_row *rows, size_t n);

struct html_task {
	struct str heading, href, hint;
	struct str status;
	const char *status_colour; /* NULL: plain words */
};
void html_task_list(struct html *h, struct str id_prefix, const struct html_task *tasks, size_t n);

/* ---- tables ---- */

struct html_column {
	struct str text;
	bool numeric;
	bool sortable;   /* sort_href takes the reader to the list in that order: a link, so no script and no innerHTML */
	struct str sort_href;
	const char *sort; /* "ascending" "descending", or NULL */
};
struct html_table {
	struct str id, caption, described_by;
	bool caption_hidden;
	const char *caption_size;
	const char *classes;
	bool compact;
	const struct html_column *columns;
	size_t n;
	bool scroll; /* in a box of its own that scrolls sideways; needs id */
};
/* Then rows: html_row_open, cells, html_end; and html_table_close. */
void html_table_open(struct html *h, const struct html_table *o);
void html_table_close(struct html *h, const struct html_table *o);
void html_row_open(struct html *h);
void html_cell_open(struct html *h, bool header, bool numeric);
void html_cell(struct html *h, struct str text);

/* ---- the page's frame ---- */

struct html_nav_item {
	struct str text, href;
	bool current; /* this page */
	bool active;  /* this part of the site */
};
struct html_header {
	struct str service, service_href;
	bool logo; /* the NHS logo: only where the operator may use it */
	struct html_fill search;  /* the find form, or none */
	struct html_fill account; /* list items, or none */
	const struct html_nav_item *nav;
	size_t nav_count;
};
void html_header(struct html *h, const struct html_header *o);
void html_header_account_item_open(struct html *h); /* ended by html_end */

struct html_footer {
	const struct html_crumb *links;
	size_t n;
	struct str text;
};
void html_footer(struct html *h, const struct html_footer *o);

/* user, search, arrow-left, arrow-right, chevron-right-circle, tick, cross */
void html_icon(struct html *h, const char *name);

/* "a b" from two class names, leaving out what is empty; in the writer's arena. */
const char *html_classes(struct html *h, const char *first, const char *second);

#endif
