#include "demo/attend.h"

#include <stdlib.h>

#include "demo/answers.h"
#include "demo/numbers.h"
#include "yaml/yaml.h"

/* Rates: 146,047 attendances a year for 264,950 residents, 34,000 of them at the children's department (rules.md C3). */
static const double visits_per_person_week = 146047.0 / 264950.0 / 52.0;
static const double child_share = 34000.0 / 146047.0;

enum { CHILD_BELOW = 18, REASONS_MAX = 1 << 16, REVIEW_HOUR = 10, MINUTES_MIN = 50, MINUTES_SPREAD = 220 };
enum draw_kind { DRAW_WHEN = 500, DRAW_WHO, DRAW_WHY, DRAW_STAY, DRAW_LEFT, DRAW_IS_CHILD, DRAW_REVIEWED, DRAW_ANSWERED = 600, DRAW_VARIANT = 700 };
enum event_kind { EVENT_ARRIVES, EVENT_ANSWERS, EVENT_GOES, EVENT_REVIEWS };

struct reason {
	struct str why, code;
	double weight, left;
	int from, to;
};

struct visit {
	const struct attender *who;
	const struct reason *why;
	bool child, left;
	int64_t start_us, end_us;
	uint64_t number;
};

struct event {
	int64_t at_us;
	enum event_kind kind;
	const struct visit *visit;
	const struct answer_sheet *sheet; /* of EVENT_ANSWERS */
};

struct attendances {
	struct answer_sheets sheets;
	VEC(struct reason) reasons;
	VEC(struct event) events;
	size_t next;
	uint64_t message;
};

/* ---- the plan ---- */

static bool load_reasons(struct arena *a, const struct fill *f, struct attendances *w, struct err *e)
{
	struct str text;
	struct yaml_docs docs;
	const char *path = str_c(a, str_printf(a, "%s/attendances.yaml", f->demo_dir));
	if (!f->env->read_file(f->env, a, path, REASONS_MAX, &text, e) || !yaml_parse(a, text, &docs, e))
		return err_context(e, "%s", path);
	for (size_t i = 0; i < json_n(docs.v[0].root); i++) {
		const struct json *item = json_at(docs.v[0].root, i);
		VEC_PUSH(a, &w->reasons, (struct reason){json_str(item, "why"), json_str(item, "code"), number_of(item, "weight", 1), number_of(item, "left", 0),
							 (int)number_of(item, "from", 0), (int)number_of(item, "to", 120)});
	}
	return w->reasons.n > 0 || err_set(e, ERR_REQUIRED, "%s has no reasons", path);
}

static const struct reason *choose_reason(const struct attendances *w, int age, uint64_t draw)
{
	double total = 0, u = (double)(draw >> 11) / 9007199254740992.0;
	for (size_t i = 0; i < w->reasons.n; i++)
		if (age >= w->reasons.v[i].from && age <= w->reasons.v[i].to)
			total += w->reasons.v[i].weight;
	u *= total;
	for (size_t i = 0; i < w->reasons.n; i++) {
		const struct reason *r = &w->reasons.v[i];
		if (age < r->from || age > r->to)
			continue;
		if (u < r->weight)
			return r;
		u -= r->weight;
	}
	return &w->reasons.v[0];
}

/* The first of the sample from a drawn place on who is a child, or is not. */
static const struct attender *choose_attender(const struct attenders *sample, bool child, uint64_t draw)
{
	for (size_t i = 0; i < sample->n; i++) {
		const struct attender *x = &sample->v[(draw + i) % sample->n];
		if ((age_years(x->resident.born_days, POPULATION_DAY) < CHILD_BELOW) == child)
			return x;
	}
	return &sample->v[draw % sample->n];
}

/* The forms of this attendance that somebody got round to. Who left unseen was asked nothing. */
static void plan_answers(struct arena *a, const struct fill *f, struct attendances *w, const struct visit *v, int age)
{
	struct str area = v->child ? STR("child") : STR("adult");
	for (size_t i = 0; i < w->sheets.n; i++) {
		const struct answer_sheet *s = &w->sheets.v[i];
		int64_t at_us = v->start_us + s->after_min * US_PER_MINUTE;
		bool theirs = age >= s->from && age <= s->to && (!s->asked_only || v->why->code.n) && (!s->area.n || str_eq(s->area, area));
		if (theirs && !v->left && at_us < f->now_us && population_chance(population_draw(f->seed, DRAW_ANSWERED + i, v->number), s->done))
			VEC_PUSH(a, &w->events, (struct event){at_us, EVENT_ANSWERS, v, s});
	}
}

static void plan_visit(struct arena *a, const struct fill *f, const struct attenders *sample, struct attendances *w, uint64_t n, int64_t since_us)
{
	struct visit *v = ARENA_NEW(a, struct visit);
	bool child = population_chance(population_draw(f->seed, DRAW_IS_CHILD, n), child_share);
	int64_t span_min = (f->now_us - since_us) / US_PER_MINUTE;
	v->number = n;
	v->who = choose_attender(sample, child, population_draw(f->seed, DRAW_WHO, n));
	int age = age_years(v->who->resident.born_days, POPULATION_DAY);
	v->child = age < 16;
	v->why = choose_reason(w, age, population_draw(f->seed, DRAW_WHY, n));
	v->left = population_chance(population_draw(f->seed, DRAW_LEFT, n), v->why->left);
	v->start_us = since_us + (int64_t)(population_draw(f->seed, DRAW_WHEN, n) % (uint64_t)span_min) * US_PER_MINUTE;
	v->end_us = v->start_us + (MINUTES_MIN + (int64_t)(population_draw(f->seed, DRAW_STAY, n) % MINUTES_SPREAD)) * US_PER_MINUTE;
	VEC_PUSH(a, &w->events, (struct event){v->start_us, EVENT_ARRIVES, v, NULL});
	plan_answers(a, f, w, v, age);
	if (v->end_us < f->now_us)
		VEC_PUSH(a, &w->events, (struct event){v->end_us, EVENT_GOES, v, NULL});
}

static int by_time(const void *x, const void *y)
{
	const struct event *a = x, *b = y;
	if (a->at_us != b->at_us)
		return a->at_us < b->at_us ? -1 : 1;
	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	return !a->visit || !b->visit || a->visit->number == b->visit->number ? 0 : a->visit->number < b->visit->number ? -1 : 1;
}

bool attend_plan(struct arena *a, const struct fill *f, const struct attenders *sample, int64_t since_us, struct attendances **out, struct err *e)
{
	struct attendances *w = ARENA_NEW(a, struct attendances);
	double weeks = (double)(f->now_us - since_us) / (7.0 * (double)US_PER_DAY);
	uint64_t visits = (uint64_t)((double)f->people * visits_per_person_week * weeks);
	*out = w;
	if (!load_reasons(a, f, w, e) || !answers_load(a, f, &w->sheets, e))
		return false;
	for (uint64_t n = 0; n < visits && sample->n; n++)
		plan_visit(a, f, sample, w, n, since_us);
	for (int64_t d = local_from_us(since_us).days; d <= local_from_us(f->now_us).days; d++) {
		int64_t at_us = us_from_local(d, REVIEW_HOUR, 0, 0);
		if (weekday(d) < 5 && at_us < f->now_us)
			VEC_PUSH(a, &w->events, (struct event){at_us, EVENT_REVIEWS, NULL, NULL});
	}
	qsort(w->events.v, w->events.n, sizeof *w->events.v, by_time);
	return true;
}

bool attend_more(const struct attendances *w)
{
	return w->next < w->events.n;
}

int64_t attend_next_us(const struct attendances *w)
{
	return attend_more(w) ? w->events.v[w->next].at_us : INT64_MAX;
}

/* ---- messages, as the two departments' system would send them ---- */

static struct str stamp(struct arena *a, int64_t us)
{
	struct local_time t = local_from_us(us);
	return str_printf(a, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute, t.second);
}

static struct str stamp_date(struct arena *a, int64_t days)
{
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	return str_printf(a, "%04d%02d%02d", y, m, d);
}

static struct str message(struct arena *a, const struct visit *v, const char *event, int64_t at_us, uint64_t control)
{
	const struct resident *r = &v->who->resident;
	struct str when = stamp(a, at_us), arrived = stamp(a, v->start_us);
	struct str left = at_us == v->end_us ? when : STR("");
	const char *area = v->child ? "CED" : "AED";
	struct str head = str_printf(a,
				     "MSH|^~\\&|EDSYS|RXX01|HEED|DERBY|%.*s||ADT^%s|D%llu|P|2.4||||||UNICODE UTF-8\r"
				     "EVN|%s|%.*s\r",
				     STR_ARG(when), event, (unsigned long long)control, event, STR_ARG(when));
	struct str pid = str_printf(a,
				    "PID|1||%s^^^NHS^NH~H%llu^^^RXX01^PI||%s^%s^%s^^^^L||%.*s|%s|||%s^^Derby^^%s^GBR^H||%s^PRN^PH\r"
				    "PD1|||Invented Surgery %d^^INVSURG%d\r",
				    r->nhs, (unsigned long long)r->number, r->family, r->given, r->middle, STR_ARG(stamp_date(a, r->born_days)), r->female ? "2" : "1",
				    v->who->house_line, v->who->postcode, v->who->phone, v->who->practice + 1, v->who->practice + 1);
	/* PV1-19 the visit, -36 how it ended, -44 and -45 arrival and leaving; PV2-3 why. */
	struct str visit = str_printf(a,
				      "PV1|1|E|%s^^^RXX01||||||||||||||||ED%llu^^^RXX01^VN|||||||||||||||||%s||||||||%.*s|%.*s\r"
				      "PV2|||%.*s^%.*s^SCT\r",
				      area, (unsigned long long)v->number, !left.n ? "" : v->left ? "LBS" : "DIS", STR_ARG(arrived), STR_ARG(left), STR_ARG(v->why->code),
				      STR_ARG(v->why->why));
	return str_cat(a, str_cat(a, head, pid), visit);
}

static bool send(struct arena *a, const struct fill *f, struct attendances *w, const struct event *ev, struct err *e)
{
	const struct mllp_config config = {.store = f->store, .pathway = f->pathway, .pack = f->pack, .env = f->env};
	struct str text = message(a, ev->visit, ev->kind == EVENT_ARRIVES ? "A04" : "A03", ev->at_us, ++w->message);
	struct str answer = hl7_receive(&config, a, text);
	if (str_find(answer, STR("MSA|AA|")) >= 0)
		return true;
	return err_set(e, ERR_INTERNAL, "an attendance was answered %.*s", (int)(answer.n < 300 ? answer.n : 300), answer.p);
}

/* ---- paediatric liaison's morning ---- */

static bool complete(struct arena *a, const struct fill *f, const struct resource *task, struct err *e)
{
	struct json *body;
	if (!json_parse(a, task->body, NULL, &body, e))
		return false;
	json_setz(a, body, "status", json_stringz(a, "completed"));
	struct put put = {STORE_UPDATE, STR("Task"), task->id, body, 0, STR_NONE, STR_NONE};
	struct put_result result;
	struct change change = {.act = {.agent = STR("Practitioner/june.hartley"), .role = STR("paediatric-liaison"), .channel = STR("web")}, .puts = &put, .n = 1,
				.results = &result};
	return store_commit(f->store, a, &change, e);
}

/* Most of what waited overnight is reviewed; some is left, as in life. */
static bool review(struct arena *a, const struct fill *f, int64_t now_us, struct err *e)
{
	struct search *q;
	struct search_page page = {0};
	if (!search_parse(a, STR("Task"), STR("code=liaison-review&status=requested&_count=200"), now_us, &q, e))
		return false;
	struct store_read *r = store_read_begin(f->store, a, e);
	bool ok = r && store_search(r, q, &page, e);
	store_read_end(r);
	for (size_t i = 0; ok && i < page.matches.n; i++)
		if (population_chance(population_draw(f->seed, DRAW_REVIEWED, (uint64_t)page.matches.v[i].rid), .88))
			ok = complete(a, f, &page.matches.v[i], e);
	return ok;
}

bool attend_one(struct arena *a, const struct fill *f, struct attendances *w, struct err *e)
{
	const struct event *ev = &w->events.v[w->next++];
	if (ev->kind == EVENT_REVIEWS)
		return review(a, f, ev->at_us, e);
	if (ev->kind != EVENT_ANSWERS)
		return send(a, f, w, ev, e);
	struct str visit = str_printf(a, "ED%llu", (unsigned long long)ev->visit->number);
	return answers_file(a, f, ev->sheet, visit, population_draw(f->seed, DRAW_VARIANT, ev->visit->number), e);
}
