#include "identity/person.h"

#include <string.h>

/* ---- folding ---- */

/* text_fold, then letters and digits only: O'Brien, O’BRIEN and O Brien are one. */
struct str name_fold(struct arena *a, struct str s)
{
	struct str folded = text_fold(a, s);
	char *out = arena_alloc(a, folded.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < folded.n; i++) {
		uint8_t c = (uint8_t)folded.p[i];
		if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))
			out[n++] = (char)c;
	}
	return (struct str){out, n};
}

/* One spelling for names that English writes in several ways (rules.md A2, transliteration). */
static const char *const spellings[][8] = {
	{"mohammed", "muhammad", "mohammad", "mohamed", "muhammed", "mohamad", "mohd"},
	{"hussain", "hussein", "husain", "husein", "hossain"},
	{"ahmed", "ahmad", "ahmet"},
	{"fatima", "fatimah", "fathima"},
	{"aisha", "ayesha", "aysha", "aaisha"},
	{"yusuf", "yousuf", "yusef", "yousef"},
	{"zainab", "zaynab", "zeinab"},
	{"catherine", "katherine", "kathryn", "catharine"},
	{"stephen", "steven"},
	{"sean", "shaun", "shawn"},
};

static struct str one_spelling(struct str s)
{
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		for (size_t k = 0; k < 8 && spellings[i][k]; k++)
			if (str_is(s, spellings[i][k]))
				return str_from(spellings[i][0]);
	return s;
}

static bool is_one_of(struct str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(s, words[i]))
			return true;
	return false;
}

static bool placeholder_given(struct str s)
{
	static const char *const words[] = {"baby", "babyboy", "babygirl", "infant", "newborn", "unknown", "notknown", "nk", "na", "unborn", "male", "female", "boy", "girl", "child", "babyof"};
	return s.n == 0 || is_one_of(s, words, sizeof words / sizeof *words) || str_starts(s, STR("twin")) || str_starts(s, STR("triplet")) ||
	       str_starts(s, STR("babytwin"));
}

static bool placeholder_family(struct str s)
{
	static const char *const words[] = {"unknown", "notknown", "nk", "na", "unnamed", "unknownmale", "unknownfemale", "test"};
	return s.n == 0 || is_one_of(s, words, sizeof words / sizeof *words);
}

/* "Twin 2" gives 2; twin a is 1. */
static int twin_number(struct str s)
{
	ptrdiff_t at = str_find(s, STR("twin"));
	if (at < 0 || (size_t)at + 5 > s.n)
		return 0;
	char c = s.p[at + 4];
	if (c >= '1' && c <= '9')
		return c - '0';
	return c == 'a' ? 1 : c == 'b' ? 2 : 0;
}

/* ---- taking a Patient apart ---- */

static void take_identifiers(struct arena *a, const struct json *patient, struct person *p)
{
	const struct json *all = json_getz(patient, "identifier");
	for (size_t i = 0; i < json_n(all); i++) {
		struct str system = json_str(json_at(all, i), "system"), value = json_str(json_at(all, i), "value");
		char digits[11];
		bool superseded = str_is(json_str(json_at(all, i), "use"), "old");
		if (!value.n || (superseded && str_is(system, NHS_NUMBER_SYSTEM)))
			continue;
		if (!str_is(system, NHS_NUMBER_SYSTEM)) {
			if (system.n && p->local_n < 16)
				p->local[p->local_n++] = str_printf(a, "%.*s|%.*s", STR_ARG(system), STR_ARG(value));
		} else if (nhs_number_ok(value, digits) && p->nhs_n < 4) {
			p->nhs[p->nhs_n++] = str_dup(a, (struct str){digits, 10});
		}
	}
}

static void take_given(struct arena *a, const struct json *given, struct person *p, struct person_name *n)
{
	for (size_t i = 0; i < json_n(given) && n->given_n < 4; i++) {
		struct str word = name_fold(a, json_text(json_at(given, i)));
		if (!placeholder_given(word)) {
			n->given[n->given_n++] = one_spelling(word);
			continue;
		}
		p->placeholder_name = true;
		if (!p->twin)
			p->twin = twin_number(word);
	}
}

static void take_names(struct arena *a, const struct json *patient, struct person *p)
{
	const struct json *all = json_getz(patient, "name");
	for (size_t i = 0; i < json_n(all) && p->name_n < 8; i++) {
		struct person_name n = {.family = name_fold(a, json_str(json_at(all, i), "family"))};
		take_given(a, json_getz(json_at(all, i), "given"), p, &n);
		if (placeholder_family(n.family))
			n.family = STR_NONE;
		if (n.family.n || n.given_n)
			p->names[p->name_n++] = n;
	}
}

static struct str postcode_of(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	struct str code = {out, n};
	return n < 5 || n > 7 || str_starts(code, STR("ZZ99")) ? STR_NONE : code;
}

static void take_addresses(struct arena *a, const struct json *patient, struct person *p)
{
	const struct json *all = json_getz(patient, "address");
	for (size_t i = 0; i < json_n(all) && p->postcode_n < 8; i++) {
		struct str code = postcode_of(a, json_str(json_at(all, i), "postalCode"));
		if (code.n)
			p->postcodes[p->postcode_n++] = code;
	}
}

static bool is_restricted(const struct json *patient)
{
	const struct json *all = json_getz(json_getz(patient, "meta"), "security");
	for (size_t i = 0; i < json_n(all); i++) {
		struct str code = json_str(json_at(all, i), "code");
		if (str_is(code, "R") || str_is(code, "V") || str_is(code, "restricted") || str_is(code, "adoption"))
			return true;
	}
	return false;
}

struct person person_of(struct arena *a, const struct json *patient)
{
	struct person p = {0};
	take_identifiers(a, patient, &p);
	take_names(a, patient, &p);
	take_addresses(a, patient, &p);
	struct str born = json_str(patient, "birthDate"), sex = json_str(patient, "gender");
	p.born = str_is(born, "1900-01-01") || str_is(born, "1900") ? STR_NONE : born;
	p.sex = str_is(sex, "unknown") ? STR_NONE : sex;
	p.restricted = is_restricted(patient);
	return p;
}

void person_add(struct person *p, const struct person *merged)
{
	for (size_t i = 0; i < merged->local_n && p->local_n < 16; i++)
		p->local[p->local_n++] = merged->local[i];
	for (size_t i = 0; i < merged->name_n && p->name_n < 8; i++)
		p->names[p->name_n++] = merged->names[i];
}

/* ---- comparing ---- */

static enum compared compare_lists(const struct str *x, size_t xn, const struct str *y, size_t yn)
{
	if (!xn || !yn)
		return UNKNOWN;
	for (size_t i = 0; i < xn; i++)
		for (size_t k = 0; k < yn; k++)
			if (str_eq(x[i], y[k]))
				return AGREE;
	return DIFFER;
}

/* Hyphenated and shortened family names are close: one is the beginning or the end of the other. */
static enum compared compare_word(struct str x, struct str y)
{
	if (!x.n || !y.n)
		return UNKNOWN;
	if (str_eq(x, y) || str_eq(one_spelling(x), one_spelling(y)))
		return AGREE;
	struct str less = x.n < y.n ? x : y, more = x.n < y.n ? y : x;
	return less.n >= 4 && (str_starts(more, less) || str_ends(more, less)) ? CLOSE : DIFFER;
}

static enum compared compare_given(const struct person_name *x, const struct person_name *y)
{
	enum compared best = UNKNOWN;
	for (size_t i = 0; i < x->given_n; i++)
		for (size_t k = 0; k < y->given_n; k++) {
			enum compared c = compare_word(x->given[i], y->given[k]);
			if (c == AGREE && (i || k))
				c = CLOSE; /* a middle name used as the first */
			best = c > best ? c : best;
		}
	return best;
}

/* The pair of names that fits best, family before given. */
static void compare_names(const struct person *x, const struct person *y, struct comparison *c)
{
	for (size_t i = 0; i < x->name_n; i++)
		for (size_t k = 0; k < y->name_n; k++) {
			enum compared family = compare_word(x->names[i].family, y->names[k].family);
			enum compared given = compare_given(&x->names[i], &y->names[k]);
			if (family + given > c->family + c->given || (family + given == c->family + c->given && family > c->family)) {
				c->family = family;
				c->given = given;
			}
		}
}

/* A year agrees with no day: it only differs from another year. */
static enum compared compare_born(struct str x, struct str y)
{
	if (!x.n || !y.n)
		return UNKNOWN;
	if (x.n == y.n && x.n == 10)
		return str_eq(x, y) ? AGREE : DIFFER;
	size_t n = x.n < y.n ? x.n : y.n;
	return str_eq(str_sub(x, 0, n), str_sub(y, 0, n)) ? UNKNOWN : DIFFER;
}

struct comparison person_compare(const struct person *x, const struct person *y)
{
	struct comparison c = {0};
	c.nhs = compare_lists(x->nhs, x->nhs_n, y->nhs, y->nhs_n);
	/* Another number of another hospital says nothing; the same number says much. */
	c.local = compare_lists(x->local, x->local_n, y->local, y->local_n) == AGREE ? AGREE : UNKNOWN;
	compare_names(x, y, &c);
	c.born = compare_born(x->born, y->born);
	c.sex = !x->sex.n || !y->sex.n ? UNKNOWN : str_eq(x->sex, y->sex) ? AGREE : DIFFER;
	c.postcode = compare_lists(x->postcodes, x->postcode_n, y->postcodes, y->postcode_n);
	return c;
}

/* ---- deciding ---- */

static bool name_agrees(const struct comparison *c)
{
	return c->family >= CLOSE && c->given >= CLOSE;
}

/* A number that points to the other twin: everything of the household agrees, and what tells twins apart does not. */
static bool may_be_a_twin(const struct comparison *c)
{
	return c->given == DIFFER && c->sex == DIFFER;
}

static enum person_verdict by_number(const struct comparison *c, const char **because)
{
	bool nhs = c->nhs == AGREE;
	if (may_be_a_twin(c)) {
		*because = nhs ? "the NHS number agrees, but given name and sex differ" : "the hospital number agrees, but given name and sex differ";
		return PERSON_POSSIBLE;
	}
	if (c->born == AGREE) {
		*because = nhs ? "NHS number and date of birth agree" : "hospital number and date of birth agree";
		return PERSON_LINK;
	}
	if (name_agrees(c)) {
		*because = nhs ? "NHS number and name agree" : "hospital number and name agree";
		return PERSON_LINK;
	}
	*because = nhs ? "the NHS number agrees, but neither date of birth nor name does" :
			 "the hospital number agrees, but neither date of birth nor name does";
	return PERSON_POSSIBLE;
}

enum person_verdict person_verdict(const struct comparison *c, const struct person *x, const struct person *y, const char **because)
{
	*because = "";
	if (c->nhs == DIFFER || (x->twin && y->twin && x->twin != y->twin)) {
		*because = c->nhs == DIFFER ? "two valid NHS numbers differ" : "one is another of the twins";
		return PERSON_CONFLICT;
	}
	if (c->nhs == AGREE || c->local == AGREE)
		return by_number(c, because);
	if (c->family == AGREE && c->given == AGREE && c->born == AGREE && c->sex == AGREE && c->postcode == AGREE) {
		*because = "name, date of birth, sex and postcode agree";
		return PERSON_LINK;
	}
	if (c->born != AGREE)
		return PERSON_UNRELATED;
	bool given = c->given >= CLOSE, placeholder = c->given == UNKNOWN && (x->placeholder_name || y->placeholder_name);
	if (c->family >= CLOSE && given) {
		*because = "name and date of birth agree";
		return PERSON_POSSIBLE;
	}
	if (c->family >= CLOSE && placeholder) {
		*because = "family name and date of birth agree, and one has no given name yet";
		return PERSON_POSSIBLE;
	}
	if (given && c->postcode == AGREE) {
		*because = "given name, date of birth and postcode agree";
		return PERSON_POSSIBLE;
	}
	return PERSON_UNRELATED;
}
