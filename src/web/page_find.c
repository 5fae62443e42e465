/* S2 Find: one box reads an NHS number, a name, a date of birth, a postcode. It is posted, and the answer is kept under an opaque
 * token, so that no name or number stands in an address, a history or a log. */
#include "web/page.h"

#include <pthread.h>
#include <string.h>

enum { SLOTS = 2048, WORDS_MAX = 160, RESULTS = 20 };
static const int64_t KEEP_US = 20 * US_PER_MINUTE;

struct one_slot {
	char token[24], user[80], words[WORDS_MAX + 1];
	int64_t at_us;
};

struct found_slot {
	pthread_mutex_t lock;
	size_t next;
	struct one_slot v[SLOTS];
};

struct found_slot *found_slots_new(struct arena *a)
{
	struct found_slot *s = ARENA_NEW(a, struct found_slot);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void copy(char *to, size_t cap, struct str s)
{
	size_t n = s.n < cap - 1 ? s.n : cap - 1;
	if (n)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

static struct str remember(struct visit *v, struct str words)
{
	unsigned char chance[12];
	env_random(v->w->c.env, chance, sizeof chance);
	struct str token = hex_encode(v->a, chance, 11);
	struct found_slot *s = v->w->slots;
	pthread_mutex_lock(&s->lock);
	struct one_slot *one = &s->v[s->next++ % SLOTS];
	copy(one->token, sizeof one->token, token);
	copy(one->user, sizeof one->user, v->user.id);
	copy(one->words, sizeof one->words, words);
	one->at_us = v->now_us;
	pthread_mutex_unlock(&s->lock);
	return token;
}

/* Only for the one who searched. */
static bool recall(struct visit *v, struct str token, struct str *words)
{
	struct found_slot *s = v->w->slots;
	bool found = false;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < SLOTS && !found; i++) {
		const struct one_slot *one = &s->v[i];
		found = token.n && str_is(token, one->token) && str_is(v->user.id, one->user) && v->now_us - one->at_us < KEEP_US;
		if (found)
			*words = str_dup(v->a, str_from(one->words));
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

/* ---- reading the box ---- */

struct query {
	struct str nhs, postcode, born; /* born: FHIR date */
	struct str names[6];
	size_t name_count;
	struct str error;
};

static bool digits_only(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static int month_of(struct str s)
{
	static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	int64_t n;
	if (str_to_i64(s, &n))
		return n >= 1 && n <= 12 ? (int)n : 0;
	for (int i = 0; i < 12 && s.n >= 3; i++)
		if (str_eq_nocase(str_sub(s, 0, 3), str_from(names[i])))
			return i + 1;
	return 0;
}

/* 12/06/2019, 12-Jun-2019, 12.6.2019, 2019-06-12 */
static bool read_date(struct arena *a, struct str word, struct str *out)
{
	char sep = str_find_char(word, '/') > 0 ? '/' : str_find_char(word, '.') > 0 ? '.' : '-';
	struct str rest = word, part[3];
	for (int i = 0; i < 3; i++)
		if (!str_next(&rest, sep, &part[i]) || !part[i].n)
			return false;
	if (rest.p)
		return false;
	bool iso = part[0].n == 4;
	int64_t day, year;
	int month = month_of(part[1]);
	if (!month || !str_to_i64(part[iso ? 2 : 0], &day) || !str_to_i64(part[iso ? 0 : 2], &year) || part[iso ? 0 : 2].n != 4)
		return false;
	if (day < 1 || day > days_in_month((int)year, month))
		return false;
	*out = str_printf(a, "%04d-%02d-%02d", (int)year, month, (int)day);
	return true;
}

static bool letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "DE1" and "1AA", or both in one. */
static bool inward(struct str s)
{
	return s.n == 3 && s.p[0] >= '0' && s.p[0] <= '9' && letter(s.p[1]) && letter(s.p[2]);
}

static bool outward(struct str s)
{
	if (s.n < 2 || s.n > 4 || !letter(s.p[0]))
		return false;
	bool digit = false;
	for (size_t i = 1; i < s.n; i++)
		digit |= s.p[i] >= '0' && s.p[i] <= '9';
	return digit;
}

static void take_word(struct arena *a, struct query *q, struct str word)
{
	if (!word.n || read_date(a, word, &q->born))
		return;
	if (word.n > 4 && word.n <= 7 && outward(str_sub(word, 0, word.n - 3)) && inward(str_sub(word, word.n - 3, word.n))) {
		q->postcode = str_printf(a, "%.*s %.*s", (int)word.n - 3, word.p, 3, word.p + word.n - 3);
		return;
	}
	if (outward(word) && !q->postcode.n) {
		q->postcode = word;
		return;
	}
	if (inward(word) && q->postcode.n) {
		q->postcode = str_printf(a, "%.*s %.*s", STR_ARG(q->postcode), STR_ARG(word));
		return;
	}
	if (q->name_count < sizeof q->names / sizeof *q->names)
		q->names[q->name_count++] = word;
}

static void read_words(struct arena *a, struct query *q, struct str text)
{
	char *p = arena_dup(a, text.p, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		if (p[i] == ',' || p[i] == '\t')
			p[i] = ' ';
	struct str rest = {p, text.n}, word;
	while (str_next(&rest, ' ', &word))
		take_word(a, q, str_trim(word));
}

static struct query read_box(struct arena *a, struct str text)
{
	struct query q = {0};
	char compact[16], digits[11];
	size_t n = 0;
	for (size_t i = 0; i < text.n && n < sizeof compact; i++)
		if (text.p[i] != ' ' && text.p[i] != '-')
			compact[n++] = text.p[i];
	if (n == 10 && digits_only((struct str){compact, n})) {
		if (nhs_number_ok(text, digits))
			q.nhs = str_dup(a, str_from(digits));
		else
			q.error = STR("That is not an NHS number: its last digit does not agree with the others. Check it, or search by name and date of birth");
		return q;
	}
	if (text.n)
		read_words(a, &q, text);
	if (!q.born.n && !q.postcode.n && !q.name_count)
		q.error = STR("Type an NHS number, a name, a date of birth or a postcode");
	else if (q.name_count == 1 && q.names[0].n < 2 && !q.born.n && !q.postcode.n)
		q.error = STR("Type at least two letters of the name");
	return q;
}

static struct str query_text(struct visit *v, const struct query *q, bool with_names)
{
	struct buf b = buf_new(v->a, 4000);
	if (q->nhs.n)
		buf_printf(&b, "identifier=" NHS_NUMBER_SYSTEM "|%.*s&", STR_ARG(q->nhs));
	for (size_t i = 0; i < q->name_count && with_names; i++)
		buf_printf(&b, "name=%.*s&", STR_ARG(http_encode(v->a, q->names[i])));
	if (q->born.n)
		buf_printf(&b, "birthdate=%.*s&", STR_ARG(q->born));
	if (q->postcode.n)
		buf_printf(&b, "address-postalcode=%.*s&", STR_ARG(http_encode(v->a, q->postcode)));
	buf_printf(&b, "_sort=family&_count=%d&_total=accurate", RESULTS);
	return buf_str(&b);
}

static struct str read_as(struct visit *v, const struct query *q)
{
	struct buf b = buf_new(v->a, 200);
	if (q->nhs.n)
		buf_c(&b, "NHS number");
	if (q->name_count)
		buf_c(&b, "name");
	if (q->born.n)
		buf_c(&b, b.n ? " and date of birth" : "date of birth");
	if (q->postcode.n)
		buf_c(&b, b.n ? " and postcode" : "postcode");
	return buf_str(&b);
}

/* ---- results ---- */

static struct str carers(struct visit *v, struct str patient)
{
	struct docs ties = docs_find(v, "RelatedPerson", "patient=Patient/%.*s&relationship=MTH,FTH,GRMTH,GRFTH,STPMTH,STPFTH&active=true&_count=4", STR_ARG(patient));
	struct buf b = buf_new(v->a, 1000);
	for (size_t i = 0; i < ties.n; i++) {
		struct doc p;
		struct str ref = json_str(json_getz(extension(ties.v[i].j, "person"), "valueReference"), "reference");
		if (!doc_get(v, ref, &p))
			continue;
		buf_c(&b, b.n ? ", " : "Cared for by ");
		buf_add(&b, patient_plain(v->a, p.j));
	}
	return buf_str(&b);
}

static struct str flag_words(struct visit *v, struct str patient)
{
	struct docs flags = docs_active_flags(v, str_cat(v->a, STR("Patient/"), patient), 9);
	return flags.n ? str_printf(v->a, "%zu flag%s", flags.n, flags.n == 1 ? "" : "s") : STR("");
}

static struct found found_of(struct visit *v, const struct doc *d)
{
	int64_t born;
	struct found f = {.href = str_cat(v->a, STR("/p/"), d->r.id), .name = patient_name(v->a, d->j), .nhs = patient_nhs(v->a, d->j),
			  .address = patient_address(v->a, d->j)};
	struct str when = patient_born(d->j, &born) ? date_staff_days(v->a, born) : STR("not known");
	f.facts = str_printf(v->a, "Born %.*s (%.*s), %.*s", STR_ARG(when), STR_ARG(patient_age(v, d->j)), STR_ARG(patient_gender(d->j)));
	if (!f.nhs.n)
		f.nhs = STR("Not known");
	f.carers = carers(v, d->r.id);
	f.flags = flag_words(v, d->r.id);
	return f;
}

static bool alike(const struct json *x, const struct json *y)
{
	const struct json *a = json_at(json_getz(x, "name"), 0), *b = json_at(json_getz(y, "name"), 0);
	struct str fa = json_str(a, "family"), fb = json_str(b, "family");
	bool family = fa.n >= 3 && fb.n >= 3 && str_eq_nocase(str_sub(fa, 0, 3), str_sub(fb, 0, 3));
	return family && json_str(x, "birthDate").n && str_eq(json_str(x, "birthDate"), json_str(y, "birthDate"));
}

static void duplicates(struct visit *v, const struct docs *people, struct find_view *view)
{
	struct str *words = ARENA_ARRAY(v->a, struct str, 3);
	for (size_t i = 0; i < people->n; i++)
		for (size_t k = i + 1; k < people->n && view->duplicate_count < 3; k++) {
			const struct json *x = people->v[i].j, *y = people->v[k].j;
			if (!alike(x, y))
				continue;
			bool twins = !str_eq_nocase(patient_given(v->a, x), patient_given(v->a, y));
			words[view->duplicate_count++] =
				str_printf(v->a, "%.*s (NHS No. %.*s) and %.*s (NHS No. %.*s) have the same date of birth%s", STR_ARG(patient_name(v->a, x)),
					   STR_ARG(patient_nhs(v->a, x)), STR_ARG(patient_name(v->a, y)), STR_ARG(patient_nhs(v->a, y)),
					   twins ? "; they may be twins" : "");
		}
	view->duplicates = words;
}

static void show(struct visit *v, struct find_view *view, int status)
{
	page_begin(v, view->searched ? STR("People found") : STR("Find a person"), PART_PEOPLE);
	v->frame.part_is_page = !view->searched;
	v->frame.error = view->error.n > 0;
	view_find(&v->h, &v->frame, view);
	page_send(v, status);
}

void page_people(struct visit *v)
{
	struct find_view view = {0};
	if (visit_anybody(v))
		show(v, &view, 200);
}

void page_find(struct visit *v)
{
	struct str text = str_trim(field(v, "q"));
	struct find_view view = {0};
	if (!visit_anybody(v))
		return;
	if (text.n > WORDS_MAX)
		view.error = STR("Use fewer words");
	else
		view.error = read_box(v->a, text).error;
	if (view.error.n) {
		show(v, &view, 422);
		return;
	}
	page_go(v, str_cat(v->a, STR("/people/"), remember(v, text)));
}

static void search(struct visit *v, const struct query *q, struct find_view *view)
{
	v->held_back = 0;
	struct docs people = docs_find_counted(v, "Patient", "%.*s", STR_ARG(query_text(v, q, true)));
	view->read_as = read_as(v, q);
	if (!people.n && !v->held_back && q->name_count && (q->born.n || q->postcode.n)) {
		people = docs_find_counted(v, "Patient", "%.*s", STR_ARG(query_text(v, q, false)));
		struct query rest = *q;
		rest.name_count = 0;
		view->read_as = str_printf(v->a, "%.*s alone, because nobody of that name was found", STR_ARG(read_as(v, &rest)));
	}
	size_t restricted = v->held_back < 3 ? v->held_back : 3;
	struct found *found = ARENA_ARRAY(v->a, struct found, people.n + restricted);
	for (size_t i = 0; i < people.n; i++)
		found[view->n++] = found_of(v, &people.v[i]);
	for (size_t i = 0; i < restricted; i++)
		found[view->n++] = (struct found){.restricted = true};
	view->people = found;
	size_t total = people.total > 0 ? (size_t)people.total : people.n;
	view->too_many = total > people.n;
	view->line = (struct list_line){.shown = people.n, .total = total, .what = STR("people"), .order = STR("by family name"),
					.hidden = v->held_back, .read = date_staff(v->a, v->now_us), .id = STR("count")};
	duplicates(v, &people, view);
}

void page_found(struct visit *v)
{
	struct str words;
	struct find_view view = {.searched = true};
	if (!visit_anybody(v))
		return;
	if (!recall(v, v->q->params[0], &words)) {
		page_go(v, STR("/people")); /* kept for twenty minutes, for the one who searched */
		return;
	}
	struct query q = read_box(v->a, words);
	search(v, &q, &view);
	show(v, &view, 200);
}

/* ---- the reason asked before a record opens ---- */

static void show_reason(struct visit *v, struct str id, struct reason_view *view, int status)
{
	const struct json *codes = pack_value_set(v->w->c.pack, STR(HEED_BASE_URL "/ValueSet/open-reason"));
	struct choice *c = ARENA_ARRAY(v->a, struct choice, json_n(codes) + 1);
	for (size_t i = 0; i < json_n(codes); i++) {
		struct str code = json_str(json_at(codes, i), "code"), text = json_str(json_at(codes, i), "display");
		if (!text.n)
			text = pack_display(v->w->c.pack, json_str(json_at(codes, i), "system"), code);
		c[view->reason_count++] = (struct choice){code, text, str_eq(code, field(v, "code"))};
	}
	view->reasons = c;
	view->id = id;
	struct str next = field(v, "next");
	view->next = html_url_ok(next) && next.p[0] == '/' ? next : str_cat(v->a, STR("/p/"), id);
	view->words = field(v, "words");
	page_begin(v, STR("Reason to open a record"), PART_PEOPLE);
	v->frame.error = view->error.n || view->code_error.n;
	view_reason(&v->h, &v->frame, view);
	page_send(v, status);
}

void page_reason(struct visit *v)
{
	struct reason_view view = {0};
	struct doc d;
	if (!visit_anybody(v))
		return;
	if (!fhir_id_ok(v->q->params[0]) || !doc_get(v, str_cat(v->a, STR("Patient/"), v->q->params[0]), &d))
		page_error(v, 404, "Page not found", STR("There is nobody at this address."), NULL);
	else
		show_reason(v, v->q->params[0], &view, 200);
}

void page_reason_given(struct visit *v)
{
	struct reason_view view = {0};
	struct doc d;
	struct err e = ERR_INIT;
	struct str id = v->q->params[0], code = field(v, "code"), words = str_trim(field(v, "words"));
	if (!visit_anybody(v))
		return;
	if (!fhir_id_ok(id) || !doc_get(v, str_cat(v->a, STR("Patient/"), id), &d)) {
		page_error(v, 404, "Page not found", STR("There is nobody at this address."), NULL);
		return;
	}
	if (!code.n)
		view.code_error = STR("Choose a reason");
	if (words.n < 3)
		view.error = STR("Say in a few words why you need it");
	if (view.code_error.n || view.error.n) {
		show_reason(v, id, &view, 422);
		return;
	}
	struct str next = field(v, "next"), own = str_cat(v->a, STR("/p/"), id);
	if (!access_give_reason(v->w->c.access, &v->user, str_cat(v->a, STR("Patient/"), id), code, words, &e))
		page_err(v, &e);
	else
		page_go(v, html_url_ok(next) && str_starts(next, STR("/p/")) ? next : own);
}
