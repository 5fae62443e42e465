/* S1 Today: the work of the reader and the reader's team. */
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 25, READ_MAX = 500, DONE_DAYS = 7 };

enum shown { SHOW_URGENT, SHOW_LATE, SHOW_TODAY, SHOW_MINE, SHOW_ALL, SHOW_DONE };

struct work {
	struct doc task;
	int64_t due_us; /* INT64_MAX: none */
	bool mine, nobody;
	struct str name; /* of the person, for that order */
};

struct desk {
	struct visit *v;
	struct work *open;
	size_t n;
	size_t late, today, mine_later;
	enum shown shown;
	struct str whose, order;
	bool cut; /* more than can be read at once */
};

static const char open_states[] = "draft,requested,received,accepted,ready,in-progress,on-hold";

/* Work of the reader's team: given to the team, to the reader, or to a role of the team. */
static struct str team_roles(struct visit *v)
{
	const struct pack_role *const *roles;
	size_t n = pack_roles(v->w->c.pack, &roles);
	struct buf b = buf_new(v->a, 4000);
	for (size_t i = 0; i < n; i++) {
		bool same = v->user.team.n ? str_eq(roles[i]->team, v->user.team) : str_eq(roles[i]->code, v->user.role);
		if (!same)
			continue;
		buf_c(&b, b.n ? "," : "");
		buf_printf(&b, HEED_BASE_URL "/CodeSystem/role|%.*s", STR_ARG(roles[i]->code));
	}
	return buf_str(&b);
}

/* Already there, or a twin: a ladder may ask one person twice for one thing, and one line says it. */
static bool have(const struct desk *d, const struct doc *task)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(d->open[i].task.r.id, task->r.id) || task_twins(d->open[i].task.j, task->j))
			return true;
	return false;
}

static void add(struct desk *d, const struct docs *docs)
{
	struct visit *v = d->v;
	d->cut |= docs->n >= READ_MAX / 2;
	for (size_t i = 0; i < docs->n && d->n < READ_MAX; i++) {
		if (have(d, &docs->v[i]))
			continue;
		struct str owner = json_str(json_getz(docs->v[i].j, "owner"), "reference");
		struct work w = {.task = docs->v[i], .due_us = work_due(v, &docs->v[i]), .mine = str_eq(owner, v->user.practitioner)};
		w.nobody = !str_starts(owner, STR("Practitioner/"));
		d->open[d->n++] = w;
	}
}

static void read_open(struct desk *d)
{
	struct visit *v = d->v;
	d->open = ARENA_ARRAY(v->a, struct work, READ_MAX);
	struct str owners = v->user.practitioner;
	if (v->user.team.n)
		owners = str_printf(v->a, "%.*s,Organization/%.*s", STR_ARG(owners), STR_ARG(v->user.team));
	struct docs owned = docs_find(v, "Task", "status=%s&owner=%.*s&_count=%d", open_states, STR_ARG(owners), READ_MAX / 2);
	add(d, &owned);
	struct str roles = team_roles(v);
	if (!roles.n)
		return;
	struct docs shared = docs_find(v, "Task", "status=%s&performer=%.*s&_count=%d", open_states, STR_ARG(roles), READ_MAX / 2);
	add(d, &shared);
}

static bool is_today(const struct desk *d, const struct work *w)
{
	return w->due_us != INT64_MAX && w->due_us > d->v->now_us && local_from_us(w->due_us - 1).days == d->v->today;
}

static bool is_late(const struct desk *d, const struct work *w)
{
	return w->due_us <= d->v->now_us;
}

static void count(struct desk *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct work *w = &d->open[i];
		bool late = is_late(d, w), today = is_today(d, w);
		d->late += late;
		d->today += today;
		d->mine_later += w->mine && !late && !today;
	}
}

static bool wanted(const struct desk *d, const struct work *w)
{
	if (str_is(d->whose, "me") && !w->mine)
		return false;
	if (str_is(d->whose, "none") && !w->nobody)
		return false;
	bool late = is_late(d, w), today = is_today(d, w);
	switch (d->shown) {
	case SHOW_LATE:
		return late;
	case SHOW_TODAY:
		return today;
	case SHOW_MINE:
		return w->mine && !late && !today;
	case SHOW_ALL:
		return true;
	default:
		return late || today;
	}
}

static int by_due(const void *a, const void *b)
{
	const struct work *x = a, *y = b;
	if (x->due_us != y->due_us)
		return x->due_us < y->due_us ? -1 : 1;
	return str_cmp(x->task.r.id, y->task.r.id);
}

static int by_name(const void *a, const void *b)
{
	const struct work *x = a, *y = b;
	int c = str_cmp(x->name, y->name);
	return c ? c : by_due(a, b);
}

static bool person_of(struct visit *v, const struct json *task, struct doc *out)
{
	return doc_get(v, json_str(json_getz(task, "for"), "reference"), out) && str_is(out->r.type, "Patient");
}

static void fill_person(struct visit *v, const struct json *task, struct work_row *row)
{
	struct doc p;
	if (!person_of(v, task, &p))
		return;
	doc_shown(v, &p);
	row->person = patient_name(v->a, p.j);
	row->person_href = str_cat(v->a, STR("/p/"), p.r.id);
	row->person_facts = patient_age(v, p.j);
	row->nhs = patient_nhs(v->a, p.j);
}

struct work_row work_row_of(struct visit *v, const struct doc *task)
{
	struct work_row row = {.colour = "grey"};
	struct str form_title, owner = json_str(json_getz(task->j, "owner"), "reference");
	bool open = task_open(task->j);
	row.when = open ? when_due(v, work_due(v, task), &row.colour) : STR("Done");
	if (!open)
		row.colour = "green";
	row.what = task_title(v, task->j);
	struct str detail = friendly(v, json_str(task->j, "description"));
	row.detail = str_eq(detail, row.what) ? STR("") : detail;
	if (row.detail.n && row.detail.p[row.detail.n - 1] == '.')
		row.detail.n--;
	row.who = who_is(v, owner);
	row.next_href = str_cat(v->a, STR("/t/"), task->r.id);
	row.next = !open ? STR("See it") : task_form(v, task, &form_title).n ? STR("Do it") : STR("Open it");
	if (open && !str_starts(owner, STR("Practitioner/")))
		row.take = str_cat(v->a, row.next_href, STR("/take"));
	if (json_str(task->j, "instantiatesUri").n)
		row.why = str_printf(v->a, "/why/Task/%.*s", STR_ARG(task->r.id));
	fill_person(v, task->j, &row);
	return row;
}

static struct docs done_lately(struct desk *d)
{
	struct visit *v = d->v;
	struct str since = date_iso_days(v->a, v->today - DONE_DAYS);
	return docs_find(v, "Task", "status=completed,cancelled,rejected,failed&owner=%.*s&modified=ge%.*s&_count=100&_total=accurate",
			 STR_ARG(v->user.practitioner), STR_ARG(since));
}

static enum shown shown_of(struct str f)
{
	static const char *const names[] = {"", "late", "today", "mine", "all", "done"};
	for (int i = 1; i < 6; i++)
		if (str_is(f, names[i]))
			return (enum shown)i;
	return SHOW_URGENT;
}

static void tiles(struct desk *d, size_t done, struct today_view *view)
{
	struct tile *t = ARENA_ARRAY(d->v->a, struct tile, 5);
	t[0] = (struct tile){d->late, STR("late"), STR("/?f=late"), true, d->shown == SHOW_LATE};
	t[1] = (struct tile){d->today, STR("due today"), STR("/?f=today"), false, d->shown == SHOW_TODAY};
	t[2] = (struct tile){d->mine_later, STR("mine, later"), STR("/?f=mine"), false, d->shown == SHOW_MINE};
	t[3] = (struct tile){d->n, STR("all that is open"), STR("/?f=all"), false, d->shown == SHOW_ALL};
	t[4] = (struct tile){done, STR("done by me in 7 days"), STR("/?f=done"), false, d->shown == SHOW_DONE};
	view->tiles = t;
	view->tile_count = 5;
}

static void filters(struct desk *d, struct today_view *view)
{
	struct choice *whose = ARENA_ARRAY(d->v->a, struct choice, 3), *order = ARENA_ARRAY(d->v->a, struct choice, 2);
	whose[0] = (struct choice){STR("team"), STR("My team"), true};
	whose[1] = (struct choice){STR("me"), STR("Only mine"), str_is(d->whose, "me")};
	whose[2] = (struct choice){STR("none"), STR("Not given to anyone"), str_is(d->whose, "none")};
	order[0] = (struct choice){STR("due"), STR("Most urgent first"), true};
	order[1] = (struct choice){STR("name"), STR("Name"), str_is(d->order, "name")};
	view->whose = whose;
	view->whose_count = 3;
	view->order = order;
	view->order_count = 2;
}

static struct str query_of(const struct desk *d, const char *from)
{
	static const char *const names[] = {"", "late", "today", "mine", "all", "done"};
	return str_printf(d->v->a, "/?f=%s&w=%.*s&s=%.*s%s", names[d->shown], STR_ARG(d->whose), STR_ARG(d->order), from);
}

static const char *const what_words[] = {"late or due today", "late", "due today", "of mine, due later", "open", "done by me in the last 7 days"};

static void rows_of_open(struct desk *d, struct today_view *view, int64_t from)
{
	struct visit *v = d->v;
	size_t n = 0;
	for (size_t i = 0; i < d->n; i++)
		if (wanted(d, &d->open[i]))
			d->open[n++] = d->open[i];
	bool named = str_is(d->order, "name");
	for (size_t i = 0; i < n && named; i++) {
		struct doc p;
		d->open[i].name = person_of(v, d->open[i].task.j, &p) ? patient_name(v->a, p.j) : STR("~");
	}
	qsort(d->open, n, sizeof *d->open, named ? by_name : by_due);
	struct work_row *rows = ARENA_ARRAY(v->a, struct work_row, PAGE_ROWS);
	for (size_t i = (size_t)from; i < n && view->n < PAGE_ROWS; i++)
		rows[view->n++] = work_row_of(v, &d->open[i].task);
	view->rows = rows;
	view->line.total = n;
	if ((size_t)from + PAGE_ROWS < n)
		view->next_page = query_of(d, str_c(v->a, str_printf(v->a, "&from=%lld", (long long)from + PAGE_ROWS)));
}

static void rows_of_done(struct desk *d, const struct docs *done, struct today_view *view)
{
	struct work_row *rows = ARENA_ARRAY(d->v->a, struct work_row, done->n + 1);
	for (size_t i = 0; i < done->n; i++)
		rows[view->n++] = work_row_of(d->v, &done->v[i]);
	view->rows = rows;
	view->line.total = done->n;
}

static void line(struct desk *d, struct today_view *view)
{
	struct visit *v = d->v;
	view->line.shown = view->n;
	view->line.what = str_from(what_words[d->shown]);
	view->line.order = str_is(d->order, "name") ? STR("by name") : STR("most urgent first");
	view->line.filter = str_is(d->whose, "me") ? STR("only mine") : str_is(d->whose, "none") ? STR("not given to anyone") : STR("my team");
	view->line.read = date_staff(v->a, v->now_us);
	view->line.again = query_of(d, "");
	view->line.id = STR("count");
}

/* Feeds that have gone quiet: their silence must not be read as nothing having happened. */
static void stale(struct visit *v, struct today_view *view)
{
	struct docs quiet = docs_find(v, "Task", "status=%s&code=feed-silent&_count=5", open_states);
	struct str *words = ARENA_ARRAY(v->a, struct str, quiet.n + 1);
	for (size_t i = 0; i < quiet.n; i++) {
		struct str text = json_str(quiet.v[i].j, "description");
		words[i] = text.n ? friendly(v, text) : STR("A system that sends attendances has gone quiet. Ring to ask who came.");
	}
	view->stale = words;
	view->stale_count = quiet.n;
}

static struct str heading(struct visit *v)
{
	struct doc team;
	struct str name = v->user.team.n && doc_get(v, str_cat(v->a, STR("Organization/"), v->user.team), &team) ? json_str(team.j, "name") : STR("");
	if (!name.n && v->user.team.n) {
		const struct pack_resource *org = pack_get(v->w->c.pack, STR("Organization"), v->user.team);
		name = org ? json_str(org->body, "name") : STR("");
	}
	return name.n ? str_printf(v->a, "Today, %.*s", STR_ARG(name)) : STR("Today");
}

void page_today(struct visit *v)
{
	/* a role without people's records (an administrator) has a Today all the same: what it may not read is not read */
	if (pack_role_may(pack_role(v->w->c.pack, v->user.role), STR("Patient"), false) && !visit_anybody(v))
		return;
	struct desk d = {.v = v, .shown = shown_of(field(v, "f")), .whose = field(v, "w"), .order = field(v, "s")};
	struct today_view view = {.heading = heading(v), .filter = field(v, "f"), .once = STR("")};
	int64_t from = 0;
	if (!str_to_i64(field(v, "from"), &from) || from < 0 || from > READ_MAX)
		from = 0;
	read_open(&d);
	count(&d);
	struct docs done = done_lately(&d);
	tiles(&d, done.total > 0 ? (size_t)done.total : done.n, &view);
	filters(&d, &view);
	if (d.shown == SHOW_DONE)
		rows_of_done(&d, &done, &view);
	else
		rows_of_open(&d, &view, from);
	line(&d, &view);
	stale(v, &view);
	view.empty = str_printf(v->a, "Nothing is %s here, as read at %.*s.", what_words[d.shown], STR_ARG(view.line.read));
	page_begin(v, STR("Today"), PART_TODAY);
	v->frame.part_is_page = true;
	if (str_is(field(v, "done"), "1")) {
		v->frame.done_heading = STR("Recorded");
		v->frame.done_text = STR("It stays in “done by me in 7 days”.");
	}
	view_today(&v->h, &v->frame, &view);
	page_send(v, 200);
}
