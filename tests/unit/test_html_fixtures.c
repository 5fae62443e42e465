/* Components against the design system's own fixtures (nhsuk-frontend, components/NAME/fixtures.json): each fixture whose options
 * the C function knows is rendered, and the two documents are compared tree against tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "html/components.h"
#include "json/json.h"

#define FIXTURES "node_modules/nhsuk-frontend/dist/nhsuk/components"

/* ---- the tree as text: one line a tag or text, attributes sorted, white space and entities resolved ---- */

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str squeeze(struct arena *a, struct str s)
{
	static const struct {
		const char *from, *to;
	} entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&ctdot;", "⋯"}};
	struct buf b = buf_new(a, s.n * 2 + 16);
	for (size_t i = 0; i < s.n;) {
		struct str rest = str_sub(s, i, s.n);
		size_t e = 0;
		while (e < 6 && !str_starts(rest, str_from(entities[e].from)))
			e++;
		if (e < 6) {
			buf_c(&b, entities[e].to);
			i += strlen(entities[e].from);
		} else if (strchr(" \n\t", s.p[i])) {
			if (b.n && b.p[b.n - 1] != ' ')
				buf_char(&b, ' ');
			i++;
		} else {
			buf_char(&b, s.p[i++]);
		}
	}
	return str_trim(buf_str(&b));
}

static size_t attribute_end(struct str tag, size_t i)
{
	char quote = 0;
	for (; i < tag.n; i++) {
		if (quote ? tag.p[i] == quote : tag.p[i] == '"')
			quote = quote ? 0 : tag.p[i];
		else if (!quote && strchr(" \n\t", tag.p[i]))
			break;
	}
	return i;
}

static struct str tag_line(struct arena *a, struct str tag)
{
	if (tag.n && tag.p[tag.n - 1] == '/')
		tag.n--;
	struct str parts[64];
	size_t n = 0;
	for (size_t i = 0; i < tag.n && n < 64;) {
		size_t end = attribute_end(tag, i);
		struct str part = squeeze(a, str_sub(tag, i, end));
		if (str_ends(part, STR("=\"\"")) && !str_starts(part, STR("value=")))
			part.n -= 3;
		if (part.n)
			parts[n++] = part;
		i = end + 1;
	}
	if (n > 1)
		qsort(parts + 1, n - 1, sizeof *parts, by_text);
	struct buf b = buf_new(a, 65536);
	for (size_t i = 0; i < n; i++) {
		buf_c(&b, i ? " " : "<");
		buf_add(&b, parts[i]);
	}
	return buf_str(&b);
}

static struct str tree_of(struct arena *a, struct str html)
{
	struct buf b = buf_new(a, 1 << 20);
	for (size_t i = 0; i < html.n;) {
		size_t end = i;
		if (html.p[i] != '<') {
			while (end < html.n && html.p[end] != '<')
				end++;
			struct str text = squeeze(a, str_sub(html, i, end));
			buf_add(&b, text);
			buf_c(&b, text.n ? "\n" : "");
			i = end;
			continue;
		}
		bool quoted = false;
		while (end < html.n && (quoted || html.p[end] != '>')) {
			quoted ^= html.p[end] == '"';
			end++;
		}
		struct str tag = str_sub(html, i + 1, end);
		if (!str_is(tag, "/path"))
			buf_add(&b, tag_line(a, tag));
		buf_char(&b, '\n');
		i = end + 1;
	}
	return buf_str(&b);
}

/* ---- options to structs ---- */

/* Has the object no member but these? "a b c". A member that is null does not count. */
static bool only(const struct json *o, const char *names)
{
	if (!o || o->type != JSON_OBJECT)
		return true;
	for (uint32_t i = 0; i < o->n; i++) {
		struct str rest = str_from(names), name;
		bool found = o->members[i].value->type == JSON_NULL;
		while (!found && str_next(&rest, ' ', &name))
			found = str_eq(name, o->members[i].key);
		if (!found)
			return false;
	}
	return true;
}

static struct str words(const struct json *o, const char *key)
{
	const struct json *v = json_getz(o, key);
	return json_is(v, JSON_OBJECT) ? json_str(v, "text") : json_text(v);
}

static const char *cstr(struct arena *a, const struct json *o, const char *key)
{
	struct str s = json_text(json_getz(o, key));
	return s.n ? str_c(a, s) : NULL;
}

static int number(const struct json *o, const char *key)
{
	int64_t v = 0;
	struct str s = json_text(json_getz(o, key));
	str_to_i64(s, &v);
	return (int)v;
}

/* label or legend: text, or { text | heading, size } */
static bool label(struct arena *a, const struct json *l, struct html_field *f)
{
	if (!l)
		return true;
	if (!json_is(l, JSON_OBJECT)) {
		f->label = json_text(l);
		return true;
	}
	if (!only(l, "text heading size id") || json_is(json_getz(l, "heading"), JSON_OBJECT))
		return false;
	f->label = json_str(l, "text");
	f->label_size = cstr(a, l, "size");
	f->label_id = json_str(l, "id");
	f->label_is_heading = json_getz(l, "heading") != NULL;
	if (f->label_is_heading)
		f->label = json_str(l, "heading");
	return true;
}

static bool field(struct arena *a, const struct json *c, struct html_field *f)
{
	if (!label(a, json_getz(c, "label"), f) || !only(json_getz(c, "hint"), "text") || !only(json_getz(c, "errorMessage"), "text"))
		return false;
	if (json_is(json_getz(c, "errorMessage"), JSON_BOOL))
		return false;
	f->id = json_str(c, "id");
	f->name = json_str(c, "name");
	f->hint = words(c, "hint");
	f->error = words(c, "errorMessage");
	f->value = json_text(json_getz(c, "value"));
	f->classes = cstr(a, c, "classes");
	f->autocomplete = cstr(a, c, "autocomplete");
	f->disabled = json_true(json_getz(c, "disabled"));
	return true;
}

static bool render_input(struct html *h, struct arena *a, const struct json *c)
{
	struct html_input o = {0};
	const struct json *spell = json_getz(c, "spellcheck");
	if (!only(c, "label hint errorMessage id name value classes autocomplete disabled type width inputmode spellcheck code prefix suffix") ||
	    !field(a, c, &o.field) || !only(json_getz(c, "prefix"), "text") || !only(json_getz(c, "suffix"), "text") || json_true(spell))
		return false;
	if (o.field.classes && strstr(o.field.classes, "--width"))
		return false;
	o.type = cstr(a, c, "type");
	o.width = number(c, "width");
	o.inputmode = cstr(a, c, "inputmode");
	o.no_spellcheck = spell != NULL;
	o.code = json_true(json_getz(c, "code"));
	o.prefix = words(c, "prefix");
	o.suffix = words(c, "suffix");
	html_input(h, &o);
	return true;
}

static bool render_textarea(struct html *h, struct arena *a, const struct json *c)
{
	struct html_textarea o = {.rows = number(c, "rows"), .maxlength = number(c, "maxlength")};
	if (!only(c, "label hint errorMessage id name value classes autocomplete disabled rows maxlength") || !field(a, c, &o.field))
		return false;
	html_textarea(h, &o);
	return true;
}

static bool has_value(const struct json *c, struct str v)
{
	const struct json *values = json_getz(c, "values");
	for (size_t i = 0; i < json_n(values); i++)
		if (str_eq(json_text(json_at(values, i)), v))
			return true;
	struct str one = json_text(json_getz(c, "value"));
	return one.n && str_eq(one, v);
}

static bool options(struct arena *a, const struct json *c, const char *known, struct html_option **out, size_t *n)
{
	const struct json *items = json_getz(c, "items");
	*n = 0;
	*out = ARENA_ARRAY(a, struct html_option, json_n(items) + 1);
	for (size_t i = 0; i < json_n(items); i++) {
		const struct json *it = json_at(items, i);
		if (!json_is(it, JSON_OBJECT) || !only(it, known) || !only(json_getz(it, "hint"), "text"))
			return false;
		if (!json_getz(it, "value") && !json_getz(it, "divider"))
			return false;
		if (json_is(json_getz(it, "disabled"), JSON_BOOL) && !json_true(json_getz(it, "disabled")))
			return false; /* one enabled among the disabled */
		struct html_option *o = &(*out)[(*n)++];
		*o = (struct html_option){.value = json_text(json_getz(it, "value")), .text = json_text(json_getz(it, "text")),
					  .hint = words(it, "hint"), .divider = json_true(json_getz(it, "divider")) ? STR("hr") : json_str(it, "divider"), .id = json_str(it, "id"),
					  .name = json_str(it, "name"), .disabled = json_true(json_getz(it, "disabled"))};
		o->checked = json_true(json_getz(it, "checked")) || json_true(json_getz(it, "selected")) || has_value(c, o->value);
		o->exclusive = str_is(json_str(it, "behaviour"), "exclusive");
		if (json_getz(it, "behaviour") && !o->exclusive)
			return false;
	}
	return true;
}

static bool render_character_count(struct html *h, struct arena *a, const struct json *c)
{
	return json_getz(c, "maxlength") && render_textarea(h, a, c);
}

static bool render_select(struct html *h, struct arena *a, const struct json *c)
{
	struct html_select o = {0};
	struct html_option *v;
	if (!only(c, "label hint errorMessage id name value classes disabled items") || !field(a, c, &o.field) ||
	    !options(a, c, "value text disabled divider selected", &v, &o.n))
		return false;
	o.options = v;
	html_select(h, &o);
	return true;
}

static bool choices(struct arena *a, const struct json *c, struct html_choices *o)
{
	const struct json *set = json_getz(c, "fieldset");
	struct html_option *v;
	if (!only(c, "fieldset hint errorMessage name idPrefix value values classes disabled items small inline") || !only(set, "legend") ||
	    !field(a, c, &o->field) || !label(a, json_getz(set, "legend"), &o->field) ||
	    !options(a, c, "value text hint disabled divider checked id name behaviour", &v, &o->n))
		return false;
	o->field.id = json_str(c, "idPrefix");
	o->options = v;
	o->small = json_true(json_getz(c, "small"));
	o->in_line = json_true(json_getz(c, "inline"));
	return true;
}

static bool render_radios(struct html *h, struct arena *a, const struct json *c)
{
	struct html_choices o = {0};
	if (!choices(a, c, &o))
		return false;
	html_radios(h, &o);
	return true;
}

static bool render_checkboxes(struct html *h, struct arena *a, const struct json *c)
{
	struct html_choices o = {0};
	if (!choices(a, c, &o))
		return false;
	html_checkboxes(h, &o);
	return true;
}

static bool render_date(struct html *h, struct arena *a, const struct json *c)
{
	struct html_date_input o = {0};
	const struct json *set = json_getz(c, "fieldset"), *values = json_getz(c, "values");
	if (!only(c, "fieldset hint errorMessage id values disabled") || !only(set, "legend") || !field(a, c, &o.field) ||
	    !label(a, json_getz(set, "legend"), &o.field) || !set)
		return false;
	o.day = json_text(json_getz(values, "day"));
	o.month = json_text(json_getz(values, "month"));
	o.year = json_text(json_getz(values, "year"));
	html_date_input(h, &o);
	return true;
}

static bool render_fieldset(struct html *h, struct arena *a, const struct json *c)
{
	struct html_field f = {0};
	if (!only(c, "legend") || !label(a, json_getz(c, "legend"), &f))
		return false;
	html_fieldset_open(h, &f, NULL);
	html_end(h);
	return true;
}

static bool render_button(struct html *h, struct arena *a, const struct json *c)
{
	struct html_button o = {.text = json_str(c, "text"), .href = json_str(c, "href"), .variant = cstr(a, c, "variant"),
				.small = json_true(json_getz(c, "small")), .disabled = json_true(json_getz(c, "disabled")),
				.once = json_true(json_getz(c, "preventDoubleClick"))};
	if (!only(c, "text href variant small disabled preventDoubleClick") || (json_getz(c, "preventDoubleClick") && !o.once))
		return false;
	html_button(h, &o);
	return true;
}

static bool render_back_link(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	if (!only(c, "text href") || !json_str(c, "href").n)
		return false;
	html_back_link(h, json_str(c, "href"), json_str(c, "text"));
	return true;
}

static bool render_breadcrumb(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *items = json_getz(c, "items");
	struct html_crumb *v = ARENA_ARRAY(a, struct html_crumb, json_n(items) + 1);
	if (!only(c, "items"))
		return false;
	for (size_t i = 0; i < json_n(items); i++) {
		if (!only(json_at(items, i), "text href"))
			return false;
		v[i] = (struct html_crumb){json_str(json_at(items, i), "text"), json_str(json_at(items, i), "href")};
	}
	html_breadcrumb(h, v, json_n(items));
	return true;
}

static bool render_skip_link(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	if (!only(c, "text href") || !str_is(json_str(c, "text"), "Skip to main content") || !str_is(json_str(c, "href"), "#maincontent"))
		return false;
	html_skip_link(h);
	return true;
}

static bool render_pagination(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *items = json_getz(c, "items"), *p = json_getz(c, "previous"), *n = json_getz(c, "next");
	struct html_page_link *v = ARENA_ARRAY(a, struct html_page_link, json_n(items) + 1);
	if (!only(c, "previous next items") || !only(p, "label href") || !only(n, "label href"))
		return false;
	for (size_t i = 0; i < json_n(items); i++) {
		const struct json *it = json_at(items, i);
		if (!json_is(it, JSON_OBJECT) || !only(it, "number href current ellipsis"))
			return false;
		v[i] = (struct html_page_link){json_text(json_getz(it, "number")), json_str(it, "href"), json_true(json_getz(it, "current")),
					       json_true(json_getz(it, "ellipsis"))};
	}
	html_pagination(h, &(struct html_pagination){.previous_href = json_str(p, "href"), .previous_label = json_str(p, "label"),
						     .next_href = json_str(n, "href"), .next_label = json_str(n, "label"), .items = v,
						     .n = json_n(items)});
	return true;
}

static bool render_error_summary(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *list = json_getz(c, "errorList");
	struct html_error_item *v = ARENA_ARRAY(a, struct html_error_item, json_n(list) + 1);
	if (!only(c, "heading errorList") || !only(json_getz(c, "heading"), "text"))
		return false;
	for (size_t i = 0; i < json_n(list); i++) {
		if (!json_is(json_at(list, i), JSON_OBJECT) || !only(json_at(list, i), "text href"))
			return false;
		v[i] = (struct html_error_item){json_str(json_at(list, i), "text"), json_str(json_at(list, i), "href")};
	}
	html_error_summary(h, words(c, "heading"), v, json_n(list));
	return true;
}

static bool render_error_message(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	if (!only(c, "text id"))
		return false;
	html_error_message(h, json_str(c, "id"), json_str(c, "text"));
	return true;
}

static bool render_hint(struct html *h, struct arena *a, const struct json *c)
{
	if (!only(c, "text id classes"))
		return false;
	html_hint(h, json_str(c, "id"), json_str(c, "text"), cstr(a, c, "classes"));
	return true;
}

static bool render_label(struct html *h, struct arena *a, const struct json *c)
{
	struct html_field f = {0};
	if (!only(c, "text heading size id") || !label(a, c, &f))
		return false;
	html_label(h, &f);
	return true;
}

static bool render_inset(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	if (!only(c, "text"))
		return false;
	html_inset_text(h, json_str(c, "text"));
	return true;
}

static bool render_tag(struct html *h, struct arena *a, const struct json *c)
{
	if (!only(c, "text colour") || json_is(json_getz(c, "colour"), JSON_BOOL))
		return false;
	html_tag(h, cstr(a, c, "colour"), json_str(c, "text"));
	return true;
}

static bool render_warning(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	if (!only(c, "heading text") || !only(json_getz(c, "heading"), "text") || !words(c, "heading").n)
		return false;
	html_warning(h, words(c, "heading"), json_str(c, "text"));
	return true;
}

static bool render_banner(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	struct str variant = json_str(c, "variant");
	if (!only(c, "heading text variant") || !only(json_getz(c, "heading"), "text"))
		return false;
	html_notification(h, str_is(variant, "success"), words(c, "heading"), json_str(c, "text"));
	return true;
}

static bool render_details(struct html *h, struct arena *a, const struct json *c)
{
	(void)a;
	if (!only(c, "summary text open") || !only(json_getz(c, "summary"), "text"))
		return false;
	html_details_open(h, words(c, "summary"), json_true(json_getz(c, "open")));
	html_text(h, json_str(c, "text"));
	html_details_close(h);
	return true;
}

static bool render_card(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *head = json_getz(c, "heading");
	struct str variant = json_str(c, "variant");
	if (!only(c, "heading href description clickable variant") || !only(head, "text level size") ||
	    !only(json_getz(c, "description"), "text") || str_is(variant, "urgent") || str_is(variant, "emergency") ||
	    str_is(variant, "non-urgent") || str_is(variant, "primary"))
		return false;
	html_card_open(h, &(struct html_card){.heading = words(c, "heading"), .href = json_str(c, "href"), .level = number(head, "level"),
					      .size = cstr(a, head, "size"), .variant = cstr(a, c, "variant"),
					      .clickable = json_true(json_getz(c, "clickable"))});
	if (words(c, "description").n)
		html_card_description(h, words(c, "description"));
	html_card_close(h);
	return true;
}

static bool row_actions(struct arena *a, const struct json *row, struct html_summary_row *out)
{
	const struct json *items = json_getz(json_getz(row, "actions"), "items");
	if (json_getz(row, "actions") && (!only(json_getz(row, "actions"), "items") || json_is(json_getz(row, "actions"), JSON_ARRAY)))
		return false;
	struct html_row_action *v = ARENA_ARRAY(a, struct html_row_action, json_n(items) + 1);
	for (size_t i = 0; i < json_n(items); i++) {
		const struct json *it = json_at(items, i);
		if (!json_is(it, JSON_OBJECT) || !only(it, "text href visuallyHiddenText"))
			return false;
		v[i] = (struct html_row_action){json_str(it, "text"), json_str(it, "href"), json_str(it, "visuallyHiddenText")};
	}
	out->actions = v;
	out->action_count = json_n(items);
	return true;
}

static bool render_summary_list(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *rows = json_getz(c, "rows");
	struct html_summary_row *v = ARENA_ARRAY(a, struct html_summary_row, json_n(rows) + 1);
	if (!only(c, "rows"))
		return false;
	for (size_t i = 0; i < json_n(rows); i++) {
		const struct json *r = json_at(rows, i);
		if (!json_is(r, JSON_OBJECT) || !only(r, "key value actions") || !only(json_getz(r, "key"), "text") ||
		    !only(json_getz(r, "value"), "text") || !row_actions(a, r, &v[i]))
			return false;
		v[i].key = words(r, "key");
		v[i].value = words(r, "value");
	}
	html_summary_list(h, v, json_n(rows));
	return true;
}

static bool render_task_list(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *items = json_getz(c, "items");
	struct html_task *v = ARENA_ARRAY(a, struct html_task, json_n(items) + 1);
	if (!only(c, "items idPrefix"))
		return false;
	for (size_t i = 0; i < json_n(items); i++) {
		const struct json *it = json_at(items, i), *status = json_getz(it, "status"), *tag = json_getz(status, "tag");
		if (!only(it, "heading href hint status") || !only(json_getz(it, "heading"), "text") || !only(json_getz(it, "hint"), "text") ||
		    !only(status, "text tag") || !only(tag, "text colour") || (tag && !json_str(tag, "colour").n))
			return false;
		v[i] = (struct html_task){words(it, "heading"), json_str(it, "href"), words(it, "hint"),
					  tag ? json_str(tag, "text") : words(it, "status"), cstr(a, tag, "colour")};
	}
	html_task_list(h, json_str(c, "idPrefix"), v, json_n(items));
	return true;
}

static bool columns(struct arena *a, const struct json *head, struct html_column **out)
{
	*out = ARENA_ARRAY(a, struct html_column, json_n(head) + 1);
	for (size_t i = 0; i < json_n(head); i++) {
		const struct json *c = json_at(head, i), *sort = json_getz(c, "sort");
		if (!json_is(c, JSON_OBJECT) || !only(c, "text format href sort sortNext"))
			return false;
		if (sort && !json_str(c, "href").n)
			return false;
		struct str way = json_text(sort);
		(*out)[i] = (struct html_column){.text = json_str(c, "text"), .numeric = str_is(json_str(c, "format"), "numeric"),
						 .sortable = way.n > 0 || json_true(sort), .sort_href = json_str(c, "href"),
						 .sort = way.n && !str_is(way, "none") ? str_c(a, way) : NULL};
	}
	return true;
}

static bool cells_are_plain(const struct json *rows)
{
	for (size_t r = 0; r < json_n(rows); r++) {
		if (!json_is(json_at(rows, r), JSON_ARRAY))
			return false;
		for (size_t i = 0; i < json_n(json_at(rows, r)); i++)
			if (!json_is(json_at(json_at(rows, r), i), JSON_OBJECT) || !only(json_at(json_at(rows, r), i), "text format"))
				return false;
	}
	return true;
}

static bool render_table(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *rows = json_getz(c, "rows"), *cap = json_getz(c, "caption");
	struct html_column *v;
	if (!only(c, "caption head rows firstCellIsHeader compact id classes") || !only(cap, "text size") ||
	    !columns(a, json_getz(c, "head"), &v) || !cells_are_plain(rows) || !json_n(json_getz(c, "head")))
		return false;
	struct html_table t = {.id = json_str(c, "id"), .caption = words(c, "caption"), .caption_size = cstr(a, cap, "size"),
			       .classes = cstr(a, c, "classes"), .compact = json_true(json_getz(c, "compact")), .columns = v,
			       .n = json_n(json_getz(c, "head"))};
	html_table_open(h, &t);
	for (size_t r = 0; r < json_n(rows); r++) {
		html_row_open(h);
		for (size_t i = 0; i < json_n(json_at(rows, r)); i++) {
			const struct json *cell = json_at(json_at(rows, r), i);
			struct str format = json_str(cell, "format");
			if (format.n && !str_is(format, "numeric"))
				return false;
			html_cell_open(h, i == 0 && json_true(json_getz(c, "firstCellIsHeader")), v[i].numeric || format.n);
			html_text(h, json_text(json_getz(cell, "text")));
			html_end(h);
		}
		html_end(h);
	}
	html_table_close(h, &t);
	return true;
}

static bool render_header(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *items = json_path(c, "navigation", "items", NULL), *logo = json_getz(c, "logo"), *service = json_getz(c, "service");
	struct html_nav_item *v = ARENA_ARRAY(a, struct html_nav_item, json_n(items) + 1);
	if (!only(c, "logo service navigation") || !only(json_getz(c, "navigation"), "items") || !only(service, "text href") ||
	    !only(logo, "href") || (service && !str_eq(json_str(logo, "href"), json_str(service, "href"))))
		return false;
	for (size_t i = 0; i < json_n(items); i++) {
		const struct json *it = json_at(items, i);
		if (!json_is(it, JSON_OBJECT) || !only(it, "text href active current") || !json_str(it, "href").n)
			return false;
		v[i] = (struct html_nav_item){json_str(it, "text"), json_str(it, "href"), json_true(json_getz(it, "current")),
					      json_true(json_getz(it, "active"))};
	}
	html_header(h, &(struct html_header){.service = json_str(service, "text"), .service_href = json_str(logo, "href"), .logo = true,
					     .nav = v, .nav_count = json_n(items)});
	return true;
}

static bool render_footer(struct html *h, struct arena *a, const struct json *c)
{
	const struct json *meta = json_getz(c, "meta"), *items = json_getz(meta, "items"), *mark = json_getz(c, "copyright");
	struct html_crumb *v = ARENA_ARRAY(a, struct html_crumb, json_n(items) + 1);
	if (!only(c, "meta copyright") || (meta && !json_is(meta, JSON_OBJECT)) || !only(meta, "items") || !only(mark, "text") || (json_is(mark, JSON_BOOL)))
		return false;
	for (size_t i = 0; i < json_n(items); i++) {
		if (!only(json_at(items, i), "text href"))
			return false;
		v[i] = (struct html_crumb){json_str(json_at(items, i), "text"), json_str(json_at(items, i), "href")};
	}
	struct str text = words(c, "copyright");
	html_footer(h, &(struct html_footer){v, json_n(items), text.n ? text : STR("© NHS England")});
	return true;
}

struct component {
	const char *folder;
	bool (*render)(struct html *h, struct arena *a, const struct json *context);
	int at_least; /* fixtures that must have been compared, so that a test that compares nothing fails */
};

static const struct component components[] = {
	{"back-link", render_back_link, 1},	  {"breadcrumb", render_breadcrumb, 1},
	{"button", render_button, 20},		  {"card", render_card, 8},
	{"character-count", render_character_count, 8},  {"checkboxes", render_checkboxes, 12},
	{"date-input", render_date, 6},		  {"details", render_details, 2},
	{"error-message", render_error_message, 1}, {"error-summary", render_error_summary, 3},
	{"fieldset", render_fieldset, 1},	  {"footer", render_footer, 2},
	{"header", render_header, 3},		  {"hint", render_hint, 1},
	{"input", render_input, 20},		  {"inset-text", render_inset, 1},
	{"label", render_label, 7},		  {"notification-banner", render_banner, 3},
	{"pagination", render_pagination, 3},	  {"radios", render_radios, 12},
	{"select", render_select, 8},		  {"skip-link", render_skip_link, 1},
	{"summary-list", render_summary_list, 1}, {"tables", render_table, 6},
	{"tag", render_tag, 10},		  {"task-list", render_task_list, 1},
	{"textarea", render_textarea, 6},	  {"warning-callout", render_warning, 1},
};

static int compare(const struct component *k, const struct json *fixture)
{
	struct arena *a = arena_new(0);
	struct html h;
	html_init(&h, a);
	int done = 0;
	bool block = json_getz(fixture, "callBlock") != NULL;
	if (!block && k->render(&h, a, json_getz(fixture, "context"))) {
		struct str mine = tree_of(a, html_finish(&h)), theirs = tree_of(a, json_str(fixture, "html"));
		if (!str_eq(mine, theirs))
			print_message("%s, \"%.*s\":\n--- theirs\n%.*s\n--- ours\n%.*s\n", k->folder, STR_ARG(json_str(fixture, "name")),
				      STR_ARG(theirs), STR_ARG(mine));
		done = str_eq(mine, theirs) ? 1 : -1;
	}
	arena_destroy(a);
	return done;
}

static void components_are_the_design_systems(void **state)
{
	(void)state;
	int all = 0, wrong = 0;
	for (size_t i = 0; i < sizeof components / sizeof *components; i++) {
		struct arena *a = arena_new(0);
		struct err e = ERR_INIT;
		struct str path = str_printf(a, "%s/%s/fixtures.json", FIXTURES, components[i].folder), text;
		struct json *root;
		if (!env_system()->read_file(env_system(), a, str_c(a, path), 8 << 20, &text, &e)) {
			print_message("skipped: %s is not installed\n", FIXTURES);
			arena_destroy(a);
			skip();
		}
		assert_true(json_parse(a, text, NULL, &root, &e));
		const struct json *list = json_getz(root, "fixtures");
		int same = 0;
		for (size_t k = 0; k < json_n(list); k++) {
			int done = compare(&components[i], json_at(list, k));
			same += done > 0;
			wrong += done < 0;
		}
		all += same;
		print_message("%-20s %3d of %3zu fixtures are the same\n", components[i].folder, same, json_n(list));
		if (same < components[i].at_least)
			print_message("%s: fewer than %d compared\n", components[i].folder, components[i].at_least), wrong++;
		arena_destroy(a);
	}
	print_message("%d fixtures are the same\n", all);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(components_are_the_design_systems)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
