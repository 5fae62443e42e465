/* The chronology of one person, from whatever was recorded: docs/profiles.md says which part of which resource. */
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ENTRIES = 25, READ_EACH = 200 };

struct happening {
	struct doc d;
	int64_t at_us, end_us; /* end: of a plan; INT64_MAX while it runs */
	enum strip_lane lane;
	enum strip_mark mark;
	bool significant, time_known, folded;
	bool error; /* entered in error: kept and marked, and counted in nothing */
	struct str title, text, source;
};

struct chronology {
	struct visit *v;
	VEC(struct happening) list;
	int64_t born;
	bool born_known;
	struct str show, from, order;
	size_t unread; /* older ones than a page reads */
};

/* ---- one resource ---- */

static const struct json *part_of(const struct json *chronology, const char *name)
{
	const struct json *parts = json_getz(chronology, "extension");
	for (size_t i = 0; i < json_n(parts); i++)
		if (str_is(json_str(json_at(parts, i), "url"), name))
			return json_at(parts, i);
	return NULL;
}

static struct str when_of(const struct json *r)
{
	static const char *const plain[] = {"sent", "authored", "authoredOn", "effectiveDateTime", "identifiedDateTime", "received", "issued"};
	struct str start = json_str(json_getz(r, "period"), "start");
	for (size_t i = 0; !start.n && i < sizeof plain / sizeof *plain; i++)
		start = json_str(r, plain[i]);
	return start.n ? start : json_str(json_getz(r, "effectivePeriod"), "start");
}

static void lane_of(struct happening *x, const struct json *chronology)
{
	struct str lane = json_str(part_of(chronology, "lane"), "valueCode"), kind = json_str(part_of(chronology, "kind"), "valueCode");
	static const char *const lanes[] = {"concern", "life", "service"};
	static const char *const kinds[] = {"event", "not-brought", "police", "decision", "plan", "voice"};
	for (int i = 0; i < 3; i++)
		if (str_is(lane, lanes[i]))
			x->lane = (enum strip_lane)i;
	for (int i = 0; i < 6; i++)
		if (str_is(kind, kinds[i]))
			x->mark = (enum strip_mark)i;
	x->significant = x->significant || json_true(json_getz(part_of(chronology, "significant"), "valueBoolean"));
}

static void encounter(struct visit *v, struct happening *x)
{
	const struct json *r = x->d.j;
	bool emergency = str_is(json_str(json_getz(r, "class"), "code"), "EMER");
	struct str why = concept_text(v, json_at(json_getz(r, "reasonCode"), 0));
	bool left = str_is(coding_code(json_getz(json_getz(r, "hospitalization"), "dischargeDisposition")), "left-before-seen");
	x->lane = left ? STRIP_CONCERN : STRIP_LIFE;
	if (str_is(extension_text(r, "attendance"), "not-brought")) {
		x->lane = STRIP_CONCERN;
		x->mark = STRIP_NOT_BROUGHT;
		x->title = STR("Was not brought");
		return;
	}
	if (left)
		x->mark = STRIP_NOT_BROUGHT;
	struct str what = emergency ? STR("A&E") : STR("Contact");
	x->title = str_printf(v->a, "%.*s%s%.*s%s", STR_ARG(what), why.n ? ": " : "", STR_ARG(why), left ? ", left before being seen" : "");
}

static void response(struct visit *v, struct happening *x)
{
	struct str canonical = json_str(x->d.j, "questionnaire");
	const struct pack_resource *q = pack_by_url(v->w->c.pack, canonical);
	x->title = q ? json_str(q->body, "title") : STR("A form");
	x->lane = STRIP_SERVICE;
	x->mark = STRIP_EVENT;
}

static void request(struct visit *v, struct happening *x)
{
	bool verbal = str_is(extension_text(x->d.j, "mode"), "verbal");
	struct str code = concept_text(v, json_getz(x->d.j, "code"));
	x->lane = STRIP_SERVICE;
	x->mark = STRIP_DECISION;
	x->title = str_printf(v->a, "%.*s%s", STR_ARG(code.n ? code : STR("Referral")), verbal ? ", by phone" : "");
	x->text = concept_text(v, json_at(json_getz(x->d.j, "reasonCode"), 0));
}

static void plan(struct visit *v, struct happening *x)
{
	struct str title = json_str(x->d.j, "title");
	x->lane = STRIP_SERVICE;
	x->mark = STRIP_PLAN;
	x->title = title.n ? title : concept_text(v, json_at(json_getz(x->d.j, "category"), 0));
	bool active = str_is(json_str(x->d.j, "status"), "active");
	x->end_us = INT64_MAX;
	if (!active && !instant_of(json_str(json_getz(x->d.j, "period"), "end"), &x->end_us))
		x->end_us = x->at_us;
}

static void by_type(struct visit *v, struct happening *x)
{
	struct str type = x->d.r.type;
	if (str_is(type, "Encounter")) {
		encounter(v, x);
	} else if (str_is(type, "QuestionnaireResponse")) {
		response(v, x);
	} else if (str_is(type, "ServiceRequest")) {
		request(v, x);
	} else if (str_is(type, "CarePlan")) {
		plan(v, x);
	} else if (str_is(type, "Communication")) {
		x->lane = STRIP_SERVICE;
		x->mark = STRIP_DECISION;
		x->title = concept_text(v, json_at(json_getz(x->d.j, "category"), 0));
		x->text = json_str(json_at(json_getz(x->d.j, "payload"), 0), "contentString");
	} else if (str_is(type, "Observation")) {
		bool words = str_is(coding_code(json_getz(x->d.j, "code")), "childs-words");
		x->mark = words ? STRIP_VOICE : STRIP_EVENT;
		x->title = words ? STR("In their own words") : concept_text(v, json_getz(x->d.j, "code"));
	} else {
		x->lane = STRIP_CONCERN;
		x->title = concept_text(v, json_getz(x->d.j, "code"));
		x->text = json_str(x->d.j, "detail");
	}
}

static struct str source_of(struct visit *v, const struct json *r)
{
	static const char *const elements[] = {"serviceProvider", "sender", "author", "requester"};
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		struct str s = reference_text(v, json_getz(r, elements[i]));
		if (s.n)
			return s;
	}
	struct str s = reference_text(v, json_getz(json_at(json_getz(r, "participant"), 0), "individual"));
	return s.n ? s : reference_text(v, json_at(json_getz(r, "performer"), 0));
}

static void mark_error(struct visit *v, struct happening *x)
{
	x->error = true;
	x->significant = false;
	x->lane = STRIP_SERVICE;
	x->mark = STRIP_EVENT;
	x->title = str_cat(v->a, STR("Entered in error: "), x->title);
}

static bool read_one(struct chronology *c, const struct doc *d)
{
	struct visit *v = c->v;
	struct happening x = {.d = *d, .lane = STRIP_LIFE};
	struct str when = when_of(d->j), said = json_str(d->j, "valueString");
	if (!instant_of(when, &x.at_us))
		x.at_us = d->r.recorded_us;
	x.time_known = when.n > 10;
	by_type(v, &x);
	const struct json *chronology = extension(d->j, "chronology");
	if (chronology) {
		lane_of(&x, chronology);
		struct str title = json_str(part_of(chronology, "title"), "valueString"), text = json_str(part_of(chronology, "text"), "valueString");
		x.title = title.n ? title : x.title;
		x.text = text.n ? text : x.text;
		x.source = json_str(part_of(chronology, "source"), "valueString");
	}
	if (x.mark == STRIP_VOICE && said.n)
		x.text = str_printf(v->a, "“%.*s”", STR_ARG(said));
	if (!x.source.n)
		x.source = source_of(v, d->j);
	x.text = friendly(v, x.text);
	if (!x.title.n)
		return false;
	if (str_is(json_str(d->j, "status"), "entered-in-error"))
		mark_error(v, &x);
	VEC_PUSH(v->a, &c->list, x);
	return true;
}

static bool is_entry(const struct doc *d)
{
	struct str status = json_str(d->j, "status");
	if (str_is(status, "preparation") || str_is(status, "in-progress"))
		return str_is(d->r.type, "Encounter");
	return true;
}

static void read_type(struct chronology *c, const char *type, struct str person)
{
	struct docs docs = docs_find_counted(c->v, type, "%s=%.*s&_count=%d&_sort=-_lastUpdated&_total=accurate", strcmp(type, "DetectedIssue") == 0 ? "patient" : "subject",
					     STR_ARG(person), READ_EACH);
	if (docs.total > (int64_t)docs.n)
		c->unread += (size_t)docs.total - docs.n;
	for (size_t i = 0; i < docs.n; i++)
		if (is_entry(&docs.v[i]))
			read_one(c, &docs.v[i]);
}

static int by_time(const void *a, const void *b)
{
	const struct happening *x = a, *y = b;
	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->d.r.seq < y->d.r.seq ? -1 : x->d.r.seq > y->d.r.seq;
}

/* What one filed form made has its id, a dot and a name: one act is one entry, told by what weighs most. */
static struct str act_of(const struct happening *x)
{
	ptrdiff_t dot = str_find_char(x->d.r.id, '.');
	if (dot > 0)
		return str_sub(x->d.r.id, 0, (size_t)dot);
	return str_is(x->d.r.type, "QuestionnaireResponse") ? x->d.r.id : STR_NONE;
}

static int weight_of(const struct happening *x)
{
	if (x->mark == STRIP_VOICE)
		return 9; /* a child's words are never folded away */
	return str_is(x->d.r.type, "ServiceRequest") ? 3 : str_is(x->d.r.type, "QuestionnaireResponse") ? 2 : 1;
}

static void fold_acts(struct chronology *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->list.n; i++) {
		struct str act = act_of(&c->list.v[i]);
		int weight = weight_of(&c->list.v[i]);
		bool outweighed = false;
		for (size_t k = 0; act.n && k < c->list.n && !outweighed; k++) {
			int other = weight_of(&c->list.v[k]);
			outweighed = k != i && other != 9 && str_eq(act_of(&c->list.v[k]), act) && (other > weight || (other == weight && k < i));
		}
		c->list.v[i].folded = outweighed && weight != 9;
	}
	for (size_t i = 0; i < c->list.n; i++)
		if (!c->list.v[i].folded)
			c->list.v[n++] = c->list.v[i];
	c->list.n = n;
}

static void read_all(struct chronology *c)
{
	static const char *const types[] = {"Encounter", "Communication", "QuestionnaireResponse", "ServiceRequest", "CarePlan", "Observation",
					    "DetectedIssue"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		read_type(c, types[i], c->v->person);
	fold_acts(c);
	if (c->list.n)
		qsort(c->list.v, c->list.n, sizeof *c->list.v, by_time);
}

/* ---- what is shown ---- */

static bool wanted(const struct chronology *c, const struct happening *x)
{
	if (str_is(c->show, "significant") && !x->significant)
		return false;
	if (str_is(c->show, "not-brought") && x->mark != STRIP_NOT_BROUGHT)
		return false;
	if (str_is(c->show, "words") && x->mark != STRIP_VOICE)
		return false;
	if (str_is(c->show, "concerns") && x->lane != STRIP_CONCERN)
		return false;
	return !c->from.n || str_eq(c->from, x->source);
}

static struct str age_then(struct chronology *c, int64_t days)
{
	if (!c->born_known || days < c->born)
		return STR("");
	return str_printf(c->v->a, "age %.*s", STR_ARG(date_age(c->v->a, c->born, days)));
}

/* How long since the last concern, or how many like it in a year: what a list of dates does not say by itself. */
static struct str gap_of(struct chronology *c, size_t index)
{
	const struct happening *x = &c->list.v[index];
	size_t missed = 0;
	if (x->lane != STRIP_CONCERN)
		return STR("");
	for (size_t i = 0; i <= index; i++)
		missed += c->list.v[i].mark == STRIP_NOT_BROUGHT && x->at_us - c->list.v[i].at_us < 365 * US_PER_DAY;
	if (x->mark == STRIP_NOT_BROUGHT && missed > 1)
		return str_printf(c->v->a, "%zu%s in 12 months", missed, missed == 2 ? "nd" : missed == 3 ? "rd" : "th");
	for (size_t i = index; i-- > 0;) {
		if (c->list.v[i].lane != STRIP_CONCERN)
			continue;
		int64_t days = local_from_us(x->at_us).days - local_from_us(c->list.v[i].at_us).days;
		return days > 0 ? str_printf(c->v->a, "%lld day%s since last concern", (long long)days, days == 1 ? "" : "s") : STR("");
	}
	return STR("");
}

static struct str link_of(struct visit *v, const struct happening *x, struct str *words)
{
	struct str person = id_of_reference(v->person, "Patient");
	*words = STR("Full record");
	if (str_is(x->d.r.type, "ServiceRequest")) {
		*words = STR("Referral");
		return str_cat(v->a, STR("/r/"), x->d.r.id);
	}
	if (str_is(x->d.r.type, "QuestionnaireResponse")) {
		*words = STR("Answers");
		return str_printf(v->a, "/p/%.*s/answers/%.*s", STR_ARG(person), STR_ARG(x->d.r.id));
	}
	return str_printf(v->a, "/p/%.*s/entry/%.*s/%.*s", STR_ARG(person), STR_ARG(x->d.r.type), STR_ARG(x->d.r.id));
}

static bool unwritten(struct visit *v, const struct happening *x)
{
	if (!str_is(x->d.r.type, "ServiceRequest") || !str_is(extension_text(x->d.j, "mode"), "verbal"))
		return false;
	struct str form = pack_setting_str(v->w->c.pack, "task-form-write-referral", STR(""));
	const struct pack_resource *q = form.n ? pack_get(v->w->c.pack, STR("Questionnaire"), form) : NULL;
	if (!q || !str_is(json_str(x->d.j, "status"), "active"))
		return false;
	struct docs written = docs_find(v, "QuestionnaireResponse", "based-on=ServiceRequest/%.*s&questionnaire=%.*s&status=completed&_count=1",
					STR_ARG(x->d.r.id), STR_ARG(http_encode(v->a, q->url)));
	return written.n == 0;
}

static struct entry entry_of(struct chronology *c, size_t index)
{
	struct visit *v = c->v;
	const struct happening *x = &c->list.v[index];
	struct local_time t = local_from_us(x->at_us);
	struct entry e = {.id = str_printf(v->a, "e%zu", index), .date = date_staff_days(v->a, t.days), .iso = date_iso_days(v->a, t.days),
			  .year = t.year, .lane = x->lane, .voice = x->mark == STRIP_VOICE, .title = x->title, .text = x->text};
	struct str age = age_then(c, t.days);
	e.when_more = x->time_known ? str_printf(v->a, "%02d:%02d%s%.*s", t.hour, t.minute, age.n ? ", " : "", STR_ARG(age)) : age;
	e.gap = gap_of(c, index);
	struct str written = date_staff(v->a, x->d.r.recorded_us);
	e.source = x->source.n ? str_printf(v->a, "%.*s. Written %.*s", STR_ARG(x->source), STR_ARG(written))
			       : str_printf(v->a, "Source not recorded. Written %.*s", STR_ARG(written));
	e.href = link_of(v, x, &e.link);
	if (unwritten(v, x))
		e.warning = STR("Not yet in writing");
	return e;
}

static void strip(struct chronology *c, struct person_view *out)
{
	struct strip_event *events = ARENA_ARRAY(c->v->a, struct strip_event, c->list.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < c->list.n; i++) {
		const struct happening *x = &c->list.v[i];
		if (x->error)
			continue;
		struct strip_event *s = &events[n++];
		*s = (struct strip_event){.days = local_from_us(x->at_us).days, .lane = x->lane, .mark = x->mark, .significant = x->significant,
						 .title = x->title, .ref = str_printf(c->v->a, "e%zu", i)};
		s->end_days = x->mark != STRIP_PLAN ? s->days : x->end_us == INT64_MAX ? INT64_MAX : local_from_us(x->end_us).days;
		if (x->lane == STRIP_CONCERN && x->mark == STRIP_EVENT)
			s->significant = true;
	}
	out->strip = (struct strip){.name = out->name, .born_days = c->born_known ? c->born : INT64_MIN, .today_days = c->v->today, .events = events,
				    .n = n};
}

static const char *const shows[][2] = {{"", "Everything"}, {"concerns", "Concerns only"}, {"significant", "Significant only"},
				       {"not-brought", "Not brought or left unseen"}, {"words", "Their own words"}};

static void filters(struct chronology *c, struct person_view *out)
{
	struct arena *a = c->v->a;
	struct choice *show = ARENA_ARRAY(a, struct choice, 5), *order = ARENA_ARRAY(a, struct choice, 2);
	struct choice *from = ARENA_ARRAY(a, struct choice, c->list.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < 5; i++)
		show[i] = (struct choice){str_from(shows[i][0]), str_from(shows[i][1]), str_is(c->show, shows[i][0])};
	from[n++] = (struct choice){STR(""), STR("All services"), !c->from.n};
	for (size_t i = 0; i < c->list.n; i++) {
		bool known = !c->list.v[i].source.n;
		for (size_t k = 1; k < n && !known; k++)
			known = str_eq(from[k].value, c->list.v[i].source);
		if (!known)
			from[n++] = (struct choice){c->list.v[i].source, c->list.v[i].source, str_eq(c->from, c->list.v[i].source)};
	}
	order[0] = (struct choice){STR(""), STR("Newest first"), !c->order.n};
	order[1] = (struct choice){STR("oldest"), STR("Oldest first"), c->order.n > 0};
	out->show = show;
	out->show_count = 5;
	out->from = from;
	out->from_count = n;
	out->order = order;
	out->order_count = 2;
}

static void list(struct chronology *c, struct person_view *out)
{
	struct visit *v = c->v;
	bool all = str_is(field(v, "all"), "1"), oldest = str_is(c->order, "oldest");
	struct entry *entries = ARENA_ARRAY(v->a, struct entry, c->list.n + 1);
	size_t total = 0;
	for (size_t k = 0; k < c->list.n; k++) {
		size_t i = oldest ? k : c->list.n - 1 - k;
		if (!wanted(c, &c->list.v[i]))
			continue;
		total++;
		if (all || out->n < FIRST_ENTRIES)
			entries[out->n++] = entry_of(c, i);
	}
	out->entries = entries;
	out->earlier = total - out->n;
	if (out->earlier)
		out->earlier_href = str_printf(v->a, "%.*s?all=1&show=%.*s&from=%.*s&order=%.*s#chronology", STR_ARG(out->self), STR_ARG(c->show),
					       STR_ARG(http_encode(v->a, c->from)), STR_ARG(c->order));
	struct str filter = STR("everything");
	for (size_t i = 1; i < 5; i++)
		if (str_is(c->show, shows[i][0]))
			filter = str_lower(v->a, str_from(shows[i][1]));
	if (c->from.n)
		filter = str_printf(v->a, "%.*s, from %.*s", STR_ARG(filter), STR_ARG(c->from));
	out->line = (struct list_line){.shown = out->n, .total = c->list.n + c->unread, .what = STR("entries"),
				       .order = oldest ? STR("oldest first") : STR("newest first"), .filter = filter, .hidden = v->held_back,
				       .read = date_staff(v->a, v->now_us), .again = out->self, .id = STR("count")};
	out->entry_total = c->list.n + c->unread;
	if (c->unread)
		out->feed_warning = str_printf(v->a, "%zu older entries are not on this page: there are too many to read at once.", c->unread);
}

static void fresh(struct chronology *c, struct person_view *out, int64_t since_us)
{
	struct visit *v = c->v;
	struct str *words = ARENA_ARRAY(v->a, struct str, 6);
	for (size_t k = 0; k < c->list.n && out->fresh_count < 5 && since_us; k++) {
		const struct happening *x = &c->list.v[c->list.n - 1 - k];
		if (x->d.r.recorded_us <= since_us)
			continue;
		words[out->fresh_count++] = str_printf(v->a, "%.*s, %.*s", STR_ARG(x->title), STR_ARG(date_staff_days(v->a, local_from_us(x->at_us).days)));
	}
	out->fresh = words;
	out->last_looked = since_us ? date_staff(v->a, since_us) : STR("");
}

static void voice(struct chronology *c, struct person_view *out)
{
	struct visit *v = c->v;
	for (size_t i = 0; i < c->list.n; i++) {
		const struct happening *x = &c->list.v[i];
		if (x->mark != STRIP_VOICE)
			continue;
		out->words_times++;
		struct str said = json_str(x->d.j, "valueString"), share = extension_text(x->d.j, "may-share");
		bool alone = json_true(json_getz(extension(x->d.j, "seen-alone"), "valueBoolean"));
		out->words = said.n ? said : x->text;
		out->words_about = str_printf(v->a, "%s by %.*s, %.*s. %.*s", alone ? "Seen alone" : "Heard, not seen alone,",
					      STR_ARG(x->source.n ? x->source : STR("somebody not recorded")),
					      STR_ARG(date_staff_days(v->a, local_from_us(x->at_us).days)), STR_ARG(share));
	}
	out->words_href = str_cat(v->a, out->self, STR("?show=words#chronology"));
}

void gather_chronology(struct visit *v, struct person_view *out)
{
	struct chronology c = {.v = v, .show = field(v, "show"), .from = field(v, "from"), .order = field(v, "order")};
	int64_t since = 0;
	c.born_known = patient_born(v->patient, &c.born);
	if (out->last_looked.n)
		str_to_i64(out->last_looked, &since);
	read_all(&c);
	strip(&c, out);
	filters(&c, out);
	list(&c, out);
	voice(&c, out);
	fresh(&c, out, since);
}
