#include "html/svg.h"

enum { STEP = 165, ROW = 156, FIRST = 46, SIDE = 90, HALF = 20, GENERATIONS = 7, MIDDLE = 3 };

struct place {
	int generation; /* 0 the oldest shown */
	bool placed;
	double want, x;
	bool has_want;
};

struct layout {
	const struct family *f;
	struct place *at;      /* one a person */
	size_t *rows[GENERATIONS];
	size_t count[GENERATIONS];
	int first, last;       /* generations in use */
	double width;
};

static double row_y(const struct layout *l, int generation)
{
	return FIRST + (double)(generation - l->first) * ROW;
}

static double person_y(const struct layout *l, size_t i)
{
	return row_y(l, l->at[i].generation);
}

static bool place_in(struct layout *l, size_t person, int generation)
{
	if (person == KIN_NOBODY || l->at[person].placed || generation < 0 || generation >= GENERATIONS)
		return false;
	l->at[person].placed = true;
	l->at[person].generation = generation;
	return true;
}

/* One step of spreading generations along a union: partners share a row, children stand one below. */
static bool spread(struct layout *l, const struct kin_union *u)
{
	int row = -1;
	if (l->at[u->a].placed)
		row = l->at[u->a].generation;
	else if (u->b != KIN_NOBODY && l->at[u->b].placed)
		row = l->at[u->b].generation;
	for (size_t i = 0; i < u->child_count && row < 0; i++)
		if (l->at[u->children[i]].placed)
			row = l->at[u->children[i]].generation - 1;
	if (row < 0)
		return false;
	bool moved = place_in(l, u->a, row);
	moved |= place_in(l, u->b, row);
	for (size_t i = 0; i < u->child_count; i++)
		moved |= place_in(l, u->children[i], row + 1);
	return moved;
}

static void find_generations(struct layout *l)
{
	const struct family *f = l->f;
	for (size_t i = 0; i < f->n; i++)
		if (f->people[i].index)
			place_in(l, i, MIDDLE);
	for (bool moved = true; moved;) {
		moved = false;
		for (size_t i = 0; i < f->union_count; i++)
			moved |= spread(l, &f->unions[i]);
	}
	int64_t index_born = 0;
	for (size_t i = 0; i < f->n; i++)
		index_born = f->people[i].index ? f->people[i].born_days : index_born;
	for (size_t i = 0; i < f->n; i++) /* tied to nobody: by age, beside the family */
		place_in(l, i, f->people[i].born_days && f->people[i].born_days < index_born - 16 * 365 ? MIDDLE - 1 : MIDDLE);
}

static void fill_rows(struct layout *l, struct arena *a)
{
	l->first = GENERATIONS;
	l->last = -1;
	for (int g = 0; g < GENERATIONS; g++) {
		l->rows[g] = ARENA_ARRAY(a, size_t, l->f->n);
		for (size_t i = 0; i < l->f->n; i++)
			if (l->at[i].generation == g)
				l->rows[g][l->count[g]++] = i;
		if (!l->count[g])
			continue;
		l->first = l->first < g ? l->first : g;
		l->last = g;
	}
}

/* Which union somebody is a child of; union_count when none is known. */
static size_t union_of_child(const struct family *f, size_t person)
{
	for (size_t u = 0; u < f->union_count; u++)
		for (size_t i = 0; i < f->unions[u].child_count; i++)
			if (f->unions[u].children[i] == person)
				return u;
	return f->union_count;
}

/* Sibships stand in the order of their eldest. */
static int64_t eldest_of(const struct family *f, size_t u)
{
	int64_t born = INT64_MAX;
	for (size_t i = 0; u < f->union_count && i < f->unions[u].child_count; i++) {
		int64_t b = f->people[f->unions[u].children[i]].born_days;
		born = b < born ? b : born;
	}
	return born;
}

static bool stands_before(const struct layout *l, size_t x, size_t y)
{
	const struct place *p = &l->at[x], *q = &l->at[y];
	if (p->has_want != q->has_want)
		return p->has_want;
	if (p->has_want && (p->want < q->want - 1 || p->want > q->want + 1))
		return p->want < q->want;
	if (p->has_want) /* a couple over the same children */
		return l->f->people[x].sex == KIN_MALE && l->f->people[y].sex != KIN_MALE;
	size_t ux = union_of_child(l->f, x), uy = union_of_child(l->f, y);
	if (ux != uy) {
		int64_t ex = eldest_of(l->f, ux), ey = eldest_of(l->f, uy);
		return ex != ey ? ex < ey : ux < uy;
	}
	return l->f->people[x].born_days < l->f->people[y].born_days;
}

static void sort_row(struct layout *l, int g)
{
	size_t *row = l->rows[g];
	for (size_t i = 1; i < l->count[g]; i++) {
		size_t who = row[i], j = i;
		for (; j > 0 && stands_before(l, who, row[j - 1]); j--)
			row[j] = row[j - 1];
		row[j] = who;
	}
}

/* Parents want to stand over the middle of their children; a partner without shared children beside the other. */
static void find_wants(struct layout *l, int g)
{
	const struct family *f = l->f;
	for (size_t i = 0; i < l->count[g]; i++) {
		size_t who = l->rows[g][i];
		double sum = 0;
		int n = 0;
		for (size_t u = 0; u < f->union_count; u++) {
			if (f->unions[u].a != who && f->unions[u].b != who)
				continue;
			for (size_t c = 0; c < f->unions[u].child_count; c++, n++)
				sum += l->at[f->unions[u].children[c]].x;
		}
		l->at[who].has_want = n > 0;
		l->at[who].want = n ? sum / n : 0;
	}
	for (size_t u = 0; u < f->union_count; u++) {
		size_t a = f->unions[u].a, b = f->unions[u].b;
		if (b == KIN_NOBODY || l->at[a].generation != g || l->at[a].has_want == l->at[b].has_want)
			continue;
		size_t lone = l->at[a].has_want ? b : a, other = l->at[a].has_want ? a : b;
		l->at[lone].has_want = true;
		l->at[lone].want = l->at[other].want + STEP;
	}
}

static void set_row(struct layout *l, int g)
{
	const size_t *row = l->rows[g];
	double next = SIDE;
	for (size_t i = 0; i < l->count[g]; i++) {
		struct place *p = &l->at[row[i]];
		/* a couple that wants the same spot stands either side of it */
		bool pair = p->has_want && i + 1 < l->count[g] && l->at[row[i + 1]].has_want && l->at[row[i + 1]].want - p->want < 1;
		double x = p->has_want ? p->want - (pair ? STEP / 2.0 : 0) : next;
		p->x = x > next ? x : next;
		next = p->x + STEP;
	}
	if (next > l->width)
		l->width = next;
}

static void lay_out(struct layout *l, const struct family *f, struct arena *a)
{
	*l = (struct layout){.f = f, .at = ARENA_ARRAY(a, struct place, f->n)};
	find_generations(l);
	fill_rows(l, a);
	for (int g = l->last; g >= l->first; g--) {
		find_wants(l, g);
		sort_row(l, g);
		set_row(l, g);
	}
	l->width += 40;
}

/* ---- drawing ---- */

static void draw_path(struct html *h, const char *class_name, struct str d)
{
	html_open(h, "path", class_name);
	html_attr(h, "d", d);
	html_void(h);
}

struct span {
	double left, right;
	bool any, clean; /* clean: nobody of another home stands between */
};

static struct span home_span(const struct layout *l, int g)
{
	struct span s = {.clean = true};
	for (size_t i = 0; i < l->count[g]; i++) {
		size_t who = l->rows[g][i];
		if (!l->f->people[who].same_home)
			continue;
		if (!s.any)
			s.left = l->at[who].x - (g == l->last ? 62 : 38);
		s.right = l->at[who].x + (g == l->last ? 62 : 128);
		s.any = true;
	}
	for (size_t i = 0; i < l->count[g]; i++) {
		size_t who = l->rows[g][i];
		double x = l->at[who].x;
		if (s.any && !l->f->people[who].same_home && x > s.left - 22 && x < s.right + 22)
			s.clean = false;
	}
	return s;
}

static void outline_each(struct html *h, const struct layout *l)
{
	for (size_t i = 0; i < l->f->n; i++) {
		if (!l->f->people[i].same_home)
			continue;
		double x = l->at[i].x, y = person_y(l, i);
		draw_path(h, "household", str_printf(h->out.arena, "M%.0f %.0fh64v64h-64Z", x - 32, y - 32));
	}
}

/* One dotted line round everybody of the home, when they stand together; else one round each. */
static void household(struct html *h, const struct layout *l)
{
	struct span spans[GENERATIONS];
	int top = -1, bottom = -1;
	for (int g = l->first; g <= l->last; g++) {
		spans[g] = home_span(l, g);
		if (!spans[g].any)
			continue;
		if (!spans[g].clean || (bottom >= 0 && bottom != g - 1)) {
			outline_each(h, l);
			return;
		}
		top = top < 0 ? g : top;
		bottom = g;
	}
	if (top < 0)
		return;
	struct buf d = buf_new(h->out.arena, 4096);
	buf_printf(&d, "M%.0f %.0fH%.0f", spans[top].left, row_y(l, top) - 54, spans[top].right);
	for (int g = top; g < bottom; g++)
		buf_printf(&d, "V%.0fH%.0f", row_y(l, g) + 100, spans[g + 1].right);
	buf_printf(&d, "V%.0fH%.0f", row_y(l, bottom) + (bottom == l->last ? 84 : 62), spans[bottom].left);
	for (int g = bottom; g > top; g--)
		buf_printf(&d, "V%.0fH%.0f", row_y(l, g - 1) + 100, spans[g - 1].left);
	buf_c(&d, "Z");
	draw_path(h, "household", buf_str(&d));
	if (!l->f->home.n)
		return;
	html_open(h, "text", "hhlabel");
	html_attrf(h, "x", "%.0f", spans[top].right - 8);
	html_attrf(h, "y", "%.0f", row_y(l, top) - 37);
	html_attrz(h, "text-anchor", "end");
	html_text(h, l->f->home);
	html_end(h);
}

static void slashes(struct html *h, double x, double y, enum union_state state)
{
	int n = state == UNION_DIVORCED ? 2 : state == UNION_SEPARATED ? 1 : 0;
	for (int i = 0; i < n; i++)
		draw_path(h, "slash", str_printf(h->out.arena, "M%.0f %.0fl12 -16", x + i * 8, y + 8));
}

static void draw_union(struct html *h, const struct layout *l, size_t index)
{
	const struct kin_union *u = &l->f->unions[index];
	struct arena *a = h->out.arena;
	double y = person_y(l, u->a), xa = l->at[u->a].x, mid = xa, bar = y + 30 + (double)(index % 3) * 9;
	if (u->b != KIN_NOBODY) {
		double xb = l->at[u->b].x;
		mid = (xa + xb) / 2;
		draw_path(h, u->state == UNION_UNSETTLED ? "union transitory" : "union",
			  str_printf(a, "M%.0f %.0fV%.0fH%.0fV%.0f", xa, y + HALF, bar, xb, y + HALF));
		slashes(h, mid - 30, bar, u->state);
	} else {
		draw_path(h, "child", str_printf(a, "M%.0f %.0fV%.0f", xa, y + HALF, bar));
	}
	if (!u->child_count)
		return;
	double kids = bar + 36, left = mid, right = mid;
	for (size_t i = 0; i < u->child_count; i++) {
		double x = l->at[u->children[i]].x;
		left = x < left ? x : left;
		right = x > right ? x : right;
		draw_path(h, "child", str_printf(a, "M%.0f %.0fV%.0f", x, kids, person_y(l, u->children[i]) - HALF));
	}
	draw_path(h, "child", str_printf(a, "M%.0f %.0fV%.0fM%.0f %.0fH%.0f", mid, bar, kids, left, kids, right));
}

static void square(struct html *h, const char *class_name, double x, double y, double half)
{
	html_open(h, "rect", class_name);
	html_attrf(h, "x", "%.0f", x - half);
	html_attrf(h, "y", "%.0f", y - half);
	html_attrf(h, "width", "%.0f", 2 * half);
	html_attrf(h, "height", "%.0f", 2 * half);
	html_void(h);
}

static void round_mark(struct html *h, const char *class_name, double x, double y, double r)
{
	html_open(h, "circle", class_name);
	html_attrf(h, "cx", "%.0f", x);
	html_attrf(h, "cy", "%.0f", y);
	html_attrf(h, "r", "%.0f", r);
	html_void(h);
}

static void symbol(struct html *h, const struct kin *p, double x, double y)
{
	if (p->sex == KIN_MALE)
		square(h, NULL, x, y, HALF);
	else if (p->sex == KIN_FEMALE)
		round_mark(h, NULL, x, y, HALF);
	else
		draw_path(h, "unknown", str_printf(h->out.arena, "M%.0f %.0fl22 22l-22 22l-22 -22z", x, y - 22));
	if (p->index && p->sex == KIN_MALE)
		square(h, "ring", x, y, HALF + 5);
	else if (p->index)
		round_mark(h, "ring", x, y, p->sex == KIN_FEMALE ? HALF + 5 : HALF + 8);
	if (p->dead)
		draw_path(h, "dead", str_printf(h->out.arena, "M%.0f %.0fl40 40m0 -40l-40 40", x - HALF, y - HALF));
}

static void words(struct html *h, const char *class_name, double x, double y, bool middle, struct str text)
{
	html_open(h, "text", class_name);
	html_attrf(h, "x", "%.0f", x);
	html_attrf(h, "y", "%.0f", y);
	if (middle)
		html_attrz(h, "text-anchor", "middle");
	html_text(h, text);
	html_end(h);
}

static void person(struct html *h, const struct layout *l, size_t i)
{
	const struct kin *p = &l->f->people[i];
	double x = l->at[i].x, y = person_y(l, i);
	bool below = l->at[i].generation == l->last;
	html_open(h, "g", p->index ? "per index" : "per");
	symbol(h, p, x, y);
	if (p->number && !p->dead)
		words(h, "badge", x, y + 6, true, str_printf(h->out.arena, "%d", p->number));
	struct str first = p->name, rest = STR_NONE;
	ptrdiff_t space = str_find_char(p->name, ' ');
	if (p->name.n > 13 && space > 0) { /* long names take two lines, given name first */
		first = str_sub(p->name, 0, (size_t)space);
		rest = str_sub(p->name, (size_t)space + 1, p->name.n);
	}
	double tx = below ? x : x + 30, ty = below ? y + 44 : y - (rest.n ? 10 : 2);
	words(h, "pn", tx, ty, below, first);
	if (rest.n)
		words(h, "pn", tx, ty += 17, below, rest);
	words(h, "ps", tx, ty + 18, below, p->sub);
	html_end(h);
}

static void say_people(struct buf *b, const struct family *f, bool same_home, const char *intro)
{
	bool first = true;
	for (size_t i = 0; i < f->n; i++) {
		const struct kin *p = &f->people[i];
		if (p->index || p->same_home != same_home)
			continue;
		buf_c(b, first ? intro : ", ");
		first = false;
		if (p->relation.n)
			buf_printf(b, "%.*s ", STR_ARG(p->relation));
		buf_add(b, p->name);
		if (p->sub.n)
			buf_printf(b, " (%.*s)", STR_ARG(p->sub));
	}
	if (!first)
		buf_c(b, ". ");
}

struct str svg_family_sentence(struct arena *a, const struct family *f)
{
	struct buf b = buf_new(a, 16384);
	struct str lives = str_printf(a, "%.*s lives with ", STR_ARG(f->name));
	say_people(&b, f, true, str_c(a, lives));
	say_people(&b, f, false, b.n ? "Elsewhere or not known: " : "Home not known: ");
	buf_c(&b, "The table holds the same facts.");
	return buf_str(&b);
}

void svg_family(struct html *h, const struct family *f)
{
	if (f->n == 0 || f->n > FAMILY_MAX)
		return;
	struct layout l;
	lay_out(&l, f, h->out.arena);
	double width = l.width < 420 ? 420 : l.width, height = row_y(&l, l.last) + 106;
	html_open(h, "svg", "app-geno");
	html_attrz(h, "role", "img");
	html_attrz(h, "aria-labelledby", "geno-t geno-d");
	html_attrf(h, "viewBox", "0 -30 %.0f %.0f", width, height);
	html_attrf(h, "width", "%.0f", width);
	html_attrf(h, "height", "%.0f", height);
	html_attrz(h, "xmlns", "http://www.w3.org/2000/svg");
	html_start(h, "title");
	html_attrz(h, "id", "geno-t");
	html_text(h, svg_possessive(h->out.arena, f->name));
	html_textz(h, " family network");
	html_end(h);
	html_start(h, "desc");
	html_attrz(h, "id", "geno-d");
	html_text(h, svg_family_sentence(h->out.arena, f));
	html_end(h);
	household(h, &l);
	for (size_t i = 0; i < f->union_count; i++)
		draw_union(h, &l, i);
	for (size_t i = 0; i < f->n; i++)
		person(h, &l, i);
	html_end(h);
}
