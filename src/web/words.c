/* People, times and codes in the words of a page. */
#include "web/page.h"

#include <string.h>

/* ---- people ---- */

static const struct json *name_of(const struct json *p)
{
	const struct json *names = json_getz(p, "name");
	for (size_t i = 0; i < json_n(names); i++)
		if (str_is(json_str(json_at(names, i), "use"), "official"))
			return json_at(names, i);
	return json_at(names, 0);
}

static struct str upper(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i];
	return (struct str){p, s.n};
}

struct str patient_given(struct arena *a, const struct json *p)
{
	const struct json *name = name_of(p);
	struct str given = json_text(json_at(json_getz(name, "given"), 0));
	if (given.n)
		return given;
	struct str family = json_str(name, "family"), text = json_str(name, "text");
	(void)a;
	return family.n ? family : text.n ? text : STR("this person");
}

struct str patient_name(struct arena *a, const struct json *p)
{
	const struct json *name = name_of(p);
	struct str family = json_str(name, "family"), given = json_text(json_at(json_getz(name, "given"), 0)), text = json_str(name, "text");
	if (!family.n && !given.n)
		return text.n ? text : STR("Name not known");
	if (!family.n || !given.n)
		return family.n ? upper(a, family) : given;
	return str_printf(a, "%.*s, %.*s", STR_ARG(upper(a, family)), STR_ARG(given));
}

struct str patient_plain(struct arena *a, const struct json *p)
{
	const struct json *name = name_of(p);
	struct str family = json_str(name, "family"), given = json_text(json_at(json_getz(name, "given"), 0));
	if (!family.n || !given.n)
		return family.n ? family : patient_given(a, p);
	return str_printf(a, "%.*s %.*s", STR_ARG(given), STR_ARG(family));
}

static struct str first_letter(struct str s)
{
	size_t n = s.n ? 1 : 0;
	while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return str_sub(s, 0, n);
}

struct str patient_initials(struct arena *a, const struct json *p)
{
	const struct json *name = name_of(p);
	return str_cat(a, first_letter(json_text(json_at(json_getz(name, "given"), 0))), first_letter(json_str(name, "family")));
}

struct str patient_nhs(struct arena *a, const struct json *p)
{
	const struct json *ids = json_getz(p, "identifier");
	for (size_t i = 0; i < json_n(ids); i++) {
		struct str value = json_str(json_at(ids, i), "value");
		char digits[11];
		if (!str_is(json_str(json_at(ids, i), "system"), NHS_NUMBER_SYSTEM))
			continue;
		return nhs_number_ok(value, digits) ? nhs_number_display(a, str_dup(a, str_from(digits))) : value;
	}
	return STR("");
}

struct str patient_address(struct arena *a, const struct json *p)
{
	const struct json *address = json_at(json_getz(p, "address"), 0);
	struct str text = json_str(address, "text");
	if (text.n)
		return text;
	struct buf b = buf_new(a, 2000);
	const struct json *lines = json_getz(address, "line");
	for (size_t i = 0; i < json_n(lines); i++) {
		buf_c(&b, b.n ? ", " : "");
		buf_add(&b, json_text(json_at(lines, i)));
	}
	static const char *const parts[] = {"city", "postalCode"};
	for (size_t i = 0; i < 2; i++) {
		struct str part = json_str(address, parts[i]);
		buf_c(&b, b.n && part.n ? ", " : "");
		buf_add(&b, part);
	}
	return buf_str(&b);
}

bool patient_born(const struct json *p, int64_t *days)
{
	struct date d;
	if (!date_parse(json_str(p, "birthDate"), DATE_KIND_DATE, &d, NULL) || d.precision < DATE_DAY)
		return false;
	*days = days_from_civil(d.year, d.month, d.day);
	return true;
}

bool patient_is_child(const struct visit *v, const struct json *p)
{
	int64_t born;
	return patient_born(p, &born) ? age_years(born, v->today) < 18 : extension(p, "expected-delivery") != NULL;
}

static bool died(const struct json *p, struct str *when)
{
	*when = json_str(p, "deceasedDateTime");
	return when->n || json_true(json_getz(p, "deceasedBoolean"));
}

struct str patient_age(struct visit *v, const struct json *p)
{
	int64_t born;
	struct str when;
	if (died(p, &when))
		return STR("died");
	if (extension(p, "expected-delivery"))
		return STR("not yet born");
	return patient_born(p, &born) ? date_age(v->a, born, v->today) : STR("age not known");
}

struct str patient_gender(const struct json *p)
{
	static const char *const words[][2] = {{"female", "Female"}, {"male", "Male"}, {"other", "Other"}};
	for (size_t i = 0; i < 3; i++)
		if (str_is(json_str(p, "gender"), words[i][0]))
			return str_from(words[i][1]);
	return STR("Not known");
}

struct banner banner_of(struct visit *v, const struct json *p)
{
	int64_t born;
	struct str when, due = extension_text(p, "expected-delivery");
	struct banner b = {.name = patient_name(v->a, p), .gender = patient_gender(p), .nhs = patient_nhs(v->a, p), .born = STR("Not known")};
	b.href = str_cat(v->a, STR("/p/"), json_str(p, "id"));
	if (!b.nhs.n)
		b.nhs = STR("Not known");
	if (patient_born(p, &born))
		b.born = str_printf(v->a, "%.*s (%.*s)", STR_ARG(date_staff_days(v->a, born)), STR_ARG(date_age(v->a, born, v->today)));
	struct date d;
	if (due.n && date_parse(due, DATE_KIND_DATE, &d, NULL))
		b.notice = str_printf(v->a, "Not yet born, due %.*s", STR_ARG(date_staff_days(v->a, days_from_civil(d.year, d.month, d.day))));
	if (died(p, &when))
		b.notice = date_parse(when, DATE_KIND_DATETIME, &d, NULL)
				   ? str_printf(v->a, "Died %.*s", STR_ARG(date_staff_days(v->a, days_from_civil(d.year, d.month, d.day))))
				   : STR("Has died");
	return b;
}

/* ---- elements ---- */

const struct json *extension(const struct json *resource, const char *name)
{
	const struct json *list = json_getz(resource, "extension");
	for (size_t i = 0; i < json_n(list); i++) {
		struct str url = json_str(json_at(list, i), "url");
		size_t n = strlen(name);
		if (str_is(url, name) || (url.n > n && str_ends(url, str_from(name)) && url.p[url.n - n - 1] == '/'))
			return json_at(list, i);
	}
	return NULL;
}

struct str extension_text(const struct json *resource, const char *name)
{
	const struct json *x = extension(resource, name);
	static const char *const values[] = {"valueString", "valueCode", "valueDate", "valueDateTime", "valueUri"};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (json_str(x, values[i]).n)
			return json_str(x, values[i]);
	return STR("");
}

struct str coding_code(const struct json *concept)
{
	return json_str(json_at(json_getz(concept, "coding"), 0), "code");
}

struct str concept_text(struct visit *v, const struct json *concept)
{
	const struct json *coding = json_at(json_getz(concept, "coding"), 0);
	struct str text = json_str(concept, "text"), display = json_str(coding, "display");
	if (text.n || display.n)
		return text.n ? text : display;
	return coding ? pack_display(v->w->c.pack, json_str(coding, "system"), json_str(coding, "code")) : STR("");
}

struct str id_of_reference(struct str reference, const char *type)
{
	struct fhir_reference ref;
	if (!fhir_reference_parse(reference, STR(HEED_BASE_URL), &ref) || !str_is(ref.type, type))
		return STR("");
	return ref.id;
}

static struct str role_label(struct visit *v, struct str code)
{
	const struct pack_role *r = pack_role(v->w->c.pack, code);
	return r ? r->label : code;
}

struct str who_is(struct visit *v, struct str reference)
{
	struct doc d;
	if (!reference.n)
		return STR("Nobody");
	if (str_eq(reference, v->user.practitioner))
		return STR("You");
	if (str_is(reference, "system"))
		return STR("This system");
	if (!doc_get(v, reference, &d))
		return str_sub(reference, (size_t)(str_find_char(reference, '/') + 1), reference.n);
	if (str_is(d.r.type, "Organization"))
		return json_str(d.j, "name");
	if (str_is(d.r.type, "PractitionerRole"))
		return role_label(v, coding_code(json_at(json_getz(d.j, "code"), 0)));
	struct str text = json_str(json_at(json_getz(d.j, "name"), 0), "text");
	if (text.n)
		return text;
	return str_is(d.r.type, "Device") ? json_str(json_at(json_getz(d.j, "deviceName"), 0), "name") : patient_plain(v->a, d.j);
}

struct str reference_text(struct visit *v, const struct json *reference)
{
	struct str display = json_str(reference, "display");
	if (display.n || !reference)
		return display;
	return who_is(v, json_str(reference, "reference"));
}

/* ---- times ---- */

bool instant_of(struct str date_time, int64_t *us)
{
	struct date d;
	if (!date_parse(date_time, DATE_KIND_DATETIME, &d, NULL))
		return false;
	*us = date_lo_us(&d);
	return true;
}

struct str staff_time(struct visit *v, int64_t us)
{
	struct local_time t = local_from_us(us);
	return t.hour || t.minute ? date_staff(v->a, us) : date_staff_days(v->a, t.days);
}

static struct str plural(struct arena *a, int64_t n, const char *unit, const char *after)
{
	return str_printf(a, "%lld %s%s%s", (long long)n, unit, n == 1 ? "" : "s", after);
}

struct str when_due(struct visit *v, int64_t due_us, const char **colour)
{
	*colour = "grey";
	if (due_us == INT64_MAX || due_us == 0)
		return STR("No date");
	int64_t late = v->now_us - due_us;
	if (late > 0) {
		*colour = "red";
		if (late < US_PER_HOUR)
			return plural(v->a, late / US_PER_MINUTE + 1, "minute", " late");
		return late < 2 * US_PER_DAY ? plural(v->a, late / US_PER_HOUR, "hour", " late") : plural(v->a, late / US_PER_DAY, "day", " late");
	}
	struct local_time t = local_from_us(due_us - 1);
	if (t.days == v->today) {
		*colour = "yellow";
		struct local_time exact = local_from_us(due_us);
		return exact.days == v->today ? str_printf(v->a, "%02d:%02d today", exact.hour, exact.minute) : STR("Today");
	}
	return t.days == v->today + 1 ? STR("Tomorrow") : plural(v->a, t.days - v->today, "day", "");
}

/* ---- texts that rules write ---- */

static bool digits_at(struct str s, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at + i >= s.n || s.p[at + i] < '0' || s.p[at + i] > '9')
			return false;
	return true;
}

/* Length of an ISO date or dateTime that begins there; 0 when none does. */
static size_t iso_at(struct str s, size_t at)
{
	if (!digits_at(s, at, 4) || at + 10 > s.n || s.p[at + 4] != '-' || !digits_at(s, at + 5, 2) || s.p[at + 7] != '-' || !digits_at(s, at + 8, 2))
		return 0;
	size_t end = at + 10;
	if (end < s.n && s.p[end] == 'T' && digits_at(s, end + 1, 2))
		while (end < s.n && strchr("T0123456789:.+-Z", s.p[end]))
			end++;
	while (end > at + 10 && (s.p[end - 1] == '.' || s.p[end - 1] == '-' || s.p[end - 1] == ':'))
		end--;
	return end - at;
}

static struct str iso_words(struct visit *v, struct str iso)
{
	struct date d;
	if (!date_parse(iso, DATE_KIND_DATETIME, &d, NULL))
		return iso;
	return d.precision == DATE_DAY ? date_staff_days(v->a, days_from_civil(d.year, d.month, d.day)) : staff_time(v, date_lo_us(&d));
}

static const char *noun_of(struct str type)
{
	static const char *const nouns[][2] = {{"Encounter", "an attendance or contact"}, {"ServiceRequest", "a referral"}, {"Task", "a task"}, {"Flag", "a flag"},
					       {"QuestionnaireResponse", "a form"}, {"CarePlan", "a plan"}, {"Communication", "a message"},
					       {"Observation", "an observation"}, {"Device", "a sending system"}, {"Patient", "this person"}};
	for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
		if (str_is(type, nouns[i][0]))
			return nouns[i][1];
	return NULL;
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_./#", c));
}

static void add_word(struct visit *v, struct buf *b, struct str word)
{
	struct str tail = STR("");
	while (word.n && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == '/')) {
		tail = str_sub((struct str){word.p, word.n + tail.n}, word.n - 1, word.n + tail.n);
		word.n--;
	}
	struct str rest = word, type;
	str_next(&rest, '/', &type);
	const char *noun = rest.n ? noun_of(type) : NULL;
	const struct pack_role *role = str_find_char(word, '-') > 0 ? pack_role(v->w->c.pack, word) : NULL;
	if (noun)
		buf_c(b, noun);
	else
		buf_add(b, role ? role->label : word);
	buf_add(b, tail);
}

struct str friendly(struct visit *v, struct str text)
{
	struct buf b = buf_new(v->a, text.n * 4 + 4096);
	text = str_trim(text);
	for (size_t i = 0; i < text.n;) {
		size_t n = iso_at(text, i);
		if (n) {
			buf_add(&b, iso_words(v, str_sub(text, i, i + n)));
			i += n;
			continue;
		}
		while (i + n < text.n && word_char(text.p[i + n]))
			n++;
		if (n)
			add_word(v, &b, str_sub(text, i, i + n));
		else
			buf_char(&b, text.p[i++]);
		i += n;
	}
	return buf_str(&b);
}

/* ---- work ---- */

bool task_twins(const struct json *a, const struct json *b)
{
	struct str focus = json_str(json_getz(a, "focus"), "reference"), owner = json_str(json_getz(a, "owner"), "reference");
	return focus.n && owner.n && str_eq(focus, json_str(json_getz(b, "focus"), "reference")) &&
	       str_eq(owner, json_str(json_getz(b, "owner"), "reference")) && str_eq(coding_code(json_getz(a, "code")), coding_code(json_getz(b, "code")));
}

int64_t work_due(struct visit *v, const struct doc *task)
{
	int64_t due;
	struct clock_row clock;
	if (task_due(task->j, &due))
		return due;
	if (!json_str(task->j, "instantiatesUri").n ||
	    !pathway_clock_of_task(v->read, str_cat(v->a, STR("Task/"), task->r.id), &clock, NULL) || !clock.due_us)
		return INT64_MAX;
	return clock.due_us;
}

bool task_open(const struct json *task)
{
	static const char *const open[] = {"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"};
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		if (str_is(json_str(task, "status"), open[i]))
			return true;
	return false;
}

bool task_due(const struct json *task, int64_t *us)
{
	return instant_of(json_str(json_getz(json_getz(task, "restriction"), "period"), "end"), us);
}

struct str task_title(struct visit *v, const struct json *task)
{
	struct str code = concept_text(v, json_getz(task, "code"));
	return code.n ? code : json_str(task, "description");
}

struct str task_form(struct visit *v, const struct doc *task, struct str *title)
{
	struct str code = coding_code(json_getz(task->j, "code"));
	struct str person = id_of_reference(json_str(json_getz(task->j, "for"), "reference"), "Patient");
	struct str form = pack_setting_str(v->w->c.pack, str_c(v->a, str_cat(v->a, STR("task-form-"), code)), STR(""));
	const struct pack_resource *q = form.n ? pack_get(v->w->c.pack, STR("Questionnaire"), form) : NULL;
	if (!q || !person.n)
		return STR("");
	*title = json_str(q->body, "title");
	return str_printf(v->a, "/p/%.*s/form/%.*s?task=%.*s", STR_ARG(person), STR_ARG(form), STR_ARG(task->r.id));
}

/* ---- flags ---- */

struct flag_view flag_of(struct visit *v, const struct doc *d)
{
	struct flag_view f = {.title = concept_text(v, json_getz(d->j, "code"))};
	struct str weight = extension_text(d->j, "flag-weight"), review = extension_text(d->j, "flag-review");
	f.weight = str_is(weight, "act") ? "act" : str_is(weight, "help") ? "help" : "know";
	f.todo = friendly(v, extension_text(d->j, "flag-do"));
	f.reason = friendly(v, extension_text(d->j, "flag-reason"));
	const struct json *source = extension(d->j, "flag-source");
	f.source = extension_text(d->j, "flag-source");
	if (!f.source.n && json_getz(source, "valueReference"))
		f.source = json_str(json_getz(source, "valueReference"), "display");
	struct str author = json_str(json_getz(d->j, "author"), "display");
	f.source = f.source.n ? f.source : author.n ? author : STR("Worked out from this record");
	f.checked = date_staff(v->a, d->r.recorded_us);
	struct date day;
	if (date_parse(review, DATE_KIND_DATE, &day, NULL))
		f.review = date_staff_days(v->a, days_from_civil(day.year, day.month, day.day));
	f.why_href = str_printf(v->a, "/why/Flag/%.*s", STR_ARG(d->r.id));
	return f;
}
