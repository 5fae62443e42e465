#include "html/svg.h"

#include <math.h>

/* The picture's own measure; CSS scales it. */
enum { WIDTH = 1120, HEIGHT = 252, LEFT = 150, BREAK = 560, RIGHT = 1104, TOP = 44, LANE = 58, LANE_HEIGHT = 54, BOTTOM = 216 };

struct axis {
	int64_t from, split, to;
};

static struct axis axis_of(const struct strip *s)
{
	struct axis x;
	int year, month, day;
	civil_from_days(days_add_months(s->today_days, -12), &year, &month, &day);
	x.split = days_from_civil(year, month, 1);
	x.to = s->today_days + 16;
	int64_t first = s->born_days;
	if (s->n && (first == INT64_MIN || s->events[0].days < first))
		first = s->events[0].days;
	if (first == INT64_MIN || first >= x.split)
		first = x.split - 365;
	civil_from_days(first, &year, &month, &day);
	x.from = days_from_civil(year, 1, 1);
	return x;
}

static double at(const struct axis *x, int64_t days)
{
	if (days <= x->split) {
		double left = LEFT + (double)(days - x->from) * (BREAK - LEFT) / (double)(x->split - x->from);
		return left < LEFT ? LEFT : left;
	}
	double right = BREAK + (double)(days - x->split) * (RIGHT - BREAK) / (double)(x->to - x->split);
	return right > RIGHT ? RIGHT : right;
}

static void line(struct html *h, const char *class_name, double x, int y1, int y2)
{
	html_open(h, "line", class_name);
	html_attrf(h, "x1", "%.1f", x);
	html_attrf(h, "y1", "%d", y1);
	html_attrf(h, "x2", "%.1f", x);
	html_attrf(h, "y2", "%d", y2);
	html_void(h);
}

static void label(struct html *h, const char *class_name, double x, int y, const char *anchor, struct str text)
{
	html_open(h, "text", class_name);
	html_attrf(h, "x", "%.1f", x);
	html_attrf(h, "y", "%d", y);
	if (anchor)
		html_attrz(h, "text-anchor", anchor);
	html_text(h, text);
	html_end(h);
}

static void lanes(struct html *h, const struct strip *s)
{
	const struct str words[3][2] = {{STR("Concerns"), STR_NONE},
					{svg_possessive(h->out.arena, s->name), STR("life and health")},
					{STR("What services"), STR("did")}};
	static const char *const classes[3] = {"lane lane0", "lane lane1", "lane lane2"};
	for (int i = 0; i < 3; i++) {
		int y = TOP + i * LANE;
		html_open(h, "rect", classes[i]);
		html_attrf(h, "x", "%d", LEFT);
		html_attrf(h, "y", "%d", y);
		html_attrf(h, "width", "%d", RIGHT - LEFT);
		html_attrf(h, "height", "%d", LANE_HEIGHT);
		html_void(h);
		bool two = words[i][1].n > 0;
		label(h, "lanelabel", LEFT - 12, two ? y + 24 : y + 33, "end", words[i][0]);
		if (two)
			label(h, "lanelabel", LEFT - 12, y + 43, "end", words[i][1]);
	}
}

static void years(struct html *h, const struct axis *x)
{
	int from, to, month, day;
	civil_from_days(x->from, &from, &month, &day);
	civil_from_days(x->split - 1, &to, &month, &day);
	double last = -1000;
	for (int y = from; y <= to; y++) {
		double px = at(x, days_from_civil(y, 1, 1));
		if (px - last < 38 || px > BREAK - 34)
			continue;
		line(h, "grid", px, TOP, BOTTOM);
		label(h, "tick", px + 3, 36, NULL, str_printf(h->out.arena, "%d", y));
		last = px;
	}
}

static void months(struct html *h, const struct axis *x)
{
	static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	for (int64_t d = x->split; d < x->to; d = days_add_months(d, 1)) {
		int year, month, day;
		civil_from_days(d, &year, &month, &day);
		double px = at(x, d);
		line(h, "grid", px, TOP, BOTTOM);
		if (px < RIGHT - 24)
			label(h, "tick", px + 3, 36, NULL, str_from(names[month - 1]));
	}
}

static void ages(struct html *h, const struct strip *s, const struct axis *x)
{
	if (s->born_days == INT64_MIN)
		return;
	double last = -1000, today = at(x, s->today_days);
	for (int age = 0;; age++) {
		int64_t d = days_add_months(s->born_days, 12 * age);
		if (d > s->today_days)
			return;
		double px = at(x, d);
		line(h, "agetick", px, BOTTOM, BOTTOM + 6);
		if (px - last < 52 || today - px < 50 || px - LEFT < 0)
			continue;
		label(h, "tick", px, 240, "middle", age ? str_printf(h->out.arena, "age %d", age) : STR("Born"));
		last = px;
	}
}

static void circle(struct html *h, double x, double y, double r)
{
	html_start(h, "circle");
	html_attrf(h, "cx", "%.1f", x);
	html_attrf(h, "cy", "%.1f", y);
	html_attrf(h, "r", "%g", r);
	html_void(h);
}

static void path(struct html *h, double x, double y, const char *rest)
{
	html_start(h, "path");
	html_attrf(h, "d", "M%.1f %.1f%s", x, y, rest);
	html_void(h);
}

static void mark(struct html *h, const struct strip_event *e, double x, double y, double x2)
{
	switch (e->mark) {
	case STRIP_PLAN:
		html_start(h, "rect");
		html_attrf(h, "x", "%.1f", x);
		html_attrf(h, "y", "%.1f", y + 6);
		html_attrf(h, "width", "%.1f", x2 - x < 4 ? 4 : x2 - x);
		html_attrz(h, "height", "16");
		html_void(h);
		break;
	case STRIP_NOT_BROUGHT:
		circle(h, x, y, 6.5);
		path(h, x - 4.6, y + 4.6, "l9.2 -9.2");
		break;
	case STRIP_POLICE:
		path(h, x, y - 9, "l8 14h-16z");
		break;
	case STRIP_DECISION:
		path(h, x, y - 8, "l8 8l-8 8l-8 -8z");
		break;
	case STRIP_VOICE:
		path(h, x - 9, y - 9, "h18v12h-9l-5 5v-5h-4z");
		break;
	case STRIP_EVENT:
		circle(h, x, y, e->significant ? 8 : 5);
		break;
	}
}

static const char *mark_class(const struct strip_event *e)
{
	static const char *const plain[] = {"ev ev-e", "ev ev-n", "ev ev-p", "ev ev-d", "ev ev-b", "ev ev-v"};
	static const char *const significant[] = {"ev ev-e sig", "ev ev-n sig", "ev ev-p sig", "ev ev-d sig", "ev ev-b sig", "ev ev-v sig"};
	return e->significant ? significant[e->mark] : plain[e->mark];
}

static void one_mark(struct html *h, const struct strip *s, const struct axis *x, const struct strip_event *e, double shift)
{
	double y = TOP + (double)e->lane * LANE + 27 + shift;
	if (e->lane == STRIP_SERVICE && e->mark != STRIP_PLAN)
		y = TOP + 2 * LANE + 16; /* plans run below */
	int64_t end = e->end_days > s->today_days ? s->today_days : e->end_days;
	html_open(h, "g", mark_class(e));
	html_attr_opt(h, "data-ref", e->ref);
	html_el(h, "title", NULL, e->title);
	mark(h, e, at(x, e->days), y, at(x, end));
	html_end(h);
}

/* Marks that would cover each other move up and down by turns. */
static void marks(struct html *h, const struct strip *s, const struct axis *x)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].mark == STRIP_PLAN)
			one_mark(h, s, x, &s->events[i], 0);
	double last[3] = {-99, -99, -99};
	bool up[3] = {false, false, false};
	for (size_t i = 0; i < s->n; i++) {
		const struct strip_event *e = &s->events[i];
		if (e->mark == STRIP_PLAN)
			continue;
		double px = at(x, e->days), shift = 0;
		if (fabs(px - last[e->lane]) < 17) {
			up[e->lane] = !up[e->lane];
			shift = up[e->lane] ? -11 : 11;
		} else {
			up[e->lane] = false;
		}
		last[e->lane] = px;
		one_mark(h, s, x, e, shift);
	}
}

struct str svg_possessive(struct arena *a, struct str name)
{
	return str_printf(a, "%.*s’s", STR_ARG(name));
}

struct str svg_strip_sentence(struct arena *a, const struct strip *s)
{
	size_t concerns = 0, missed = 0, recent = 0, running = 0;
	int64_t since = days_add_months(s->today_days, -13);
	for (size_t i = 0; i < s->n; i++) {
		const struct strip_event *e = &s->events[i];
		running += e->mark == STRIP_PLAN && e->end_days > s->today_days;
		if (e->lane != STRIP_CONCERN)
			continue;
		concerns++;
		missed += e->mark == STRIP_NOT_BROUGHT;
		recent += e->days >= since;
	}
	if (s->n == 0)
		return STR("Nothing is recorded yet. That may mean nobody has asked.");
	struct buf b = buf_new(a, 4096);
	buf_printf(&b, "%zu concern%s", concerns, concerns == 1 ? "" : "s");
	if (missed)
		buf_printf(&b, ", %zu of them appointments not attended or not brought to", missed);
	if (concerns)
		buf_printf(&b, ". %zu of the %zu fall in the last 13 months", recent, concerns);
	buf_printf(&b, ". %zu plan%s in force today. Every entry is in the list below.", running, running == 1 ? " is" : "s are");
	return buf_str(&b);
}

void svg_strip(struct html *h, const struct strip *s)
{
	struct axis x = axis_of(s);
	html_open(h, "svg", "app-strip");
	html_attrz(h, "role", "img");
	html_attrz(h, "aria-labelledby", "strip-t strip-d");
	html_attrf(h, "viewBox", "0 0 %d %d", WIDTH, HEIGHT);
	html_attrf(h, "width", "%d", WIDTH);
	html_attrf(h, "height", "%d", HEIGHT);
	html_attrz(h, "xmlns", "http://www.w3.org/2000/svg");
	html_start(h, "title");
	html_attrz(h, "id", "strip-t");
	html_text(h, svg_possessive(h->out.arena, s->name));
	html_textz(h, " chronology at a glance");
	html_end(h);
	html_start(h, "desc");
	html_attrz(h, "id", "strip-d");
	html_text(h, svg_strip_sentence(h->out.arena, s));
	html_end(h);
	lanes(h, s);
	label(h, "zone", LEFT + 4, 16, NULL, STR("Whole life"));
	label(h, "zone", BREAK + 6, 16, NULL, STR("Last 13 months"));
	years(h, &x);
	months(h, &x);
	line(h, "brk", BREAK, 20, BOTTOM);
	ages(h, s, &x);
	marks(h, s, &x);
	line(h, "now", at(&x, s->today_days), 40, 220);
	label(h, "tick", at(&x, s->today_days), 240, "middle", STR("Today"));
	html_end(h);
}

struct key {
	enum strip_mark mark;
	bool significant;
	const char *class_name, *words;
};

static void key_item(struct html *h, const struct key *k, struct str words)
{
	html_start(h, "li");
	html_start(h, "svg");
	html_attrz(h, "class", "app-strip-key");
	html_attrz(h, "viewBox", "0 0 24 24");
	html_attrz(h, "aria-hidden", "true");
	html_attrz(h, "focusable", "false");
	html_open(h, "g", k->class_name);
	struct strip_event e = {.mark = k->mark, .significant = k->significant};
	mark(h, &e, k->mark == STRIP_PLAN ? 2 : 12, k->mark == STRIP_PLAN ? -2 : 12, 22);
	html_end(h);
	html_end(h);
	html_text(h, words);
	html_end(h);
}

void svg_strip_key(struct html *h, const struct strip *s)
{
	static const struct key keys[] = {{STRIP_EVENT, true, "ev ev-e sig", "Significant concern"},
					  {STRIP_POLICE, false, "ev ev-p", "Police notification"},
					  {STRIP_NOT_BROUGHT, false, "ev ev-n", "Was not brought, or left unseen"},
					  {STRIP_EVENT, false, "ev ev-e", "Life or health event"},
					  {STRIP_DECISION, false, "ev ev-d", "Referral or decision"},
					  {STRIP_PLAN, true, "ev ev-b sig", "Plan in force"},
					  {STRIP_VOICE, false, "ev ev-v", NULL}};
	html_elz(h, "p", "nhsuk-u-visually-hidden", "Key");
	html_open(h, "ul", "app-key");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct str words = str_from(keys[i].words);
		if (!keys[i].words)
			words = str_cat(h->out.arena, svg_possessive(h->out.arena, s->name), STR(" own words"));
		key_item(h, &keys[i], words);
	}
	html_end(h);
}
