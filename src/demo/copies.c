#include "demo/copies.h"

#include <stdio.h>
#include <string.h>

#include "demo/names.h"

/* Chances, in the order of rules.md C3. */
static const struct agency {
	const char *code;
	double included, nhs, nhs_wrong, typo, phonetic, nickname, swapped, born_missing, born_wrong, old_address, no_address, sex_wrong, other_family;
	int oldest; /* age the agency stops at */
} agencies[AGENCIES] = {
	{"gp", .995, 1.0, 0, .004, .002, .005, .0005, 0, .001, .02, 0, .0005, .01, 18},
	{"ed", .42, .90, .002, .025, .010, .04, .004, .002, .010, .09, .01, .004, .04, 18},
	{"chis", .90, .99, .0005, .006, .003, .01, .001, 0, .002, .06, .002, .001, .03, 18},
	{"camhs", .07, .95, .002, .015, .008, .10, .002, .001, .008, .08, .01, .003, .06, 18},
	{"socialcare", .10, .55, .010, .03, .02, .09, .005, .02, .03, .20, .03, .01, .13, 18},
	{"school", .72, 0, 0, .01, .005, .06, .002, 0, .004, .05, .005, .002, .06, 18},
	{"police", .05, 0, 0, .05, .06, .12, .01, .12, .06, .22, .06, .02, .10, 18},
	{"fax", .02, .60, .06, .10, .04, .06, .01, .05, .07, .35, .06, .02, .12, 18},
	{"maternity", .12, .97, .001, .004, .002, 0, 0, 0, .002, .05, .002, .004, .30, 2},
};

const char *copies_agency(int agency)
{
	return agencies[agency].code;
}

/* One child in one agency: each mistake has a draw of its own. */
struct copy {
	const struct agency *a;
	const struct resident *r;
	uint64_t seed, base;
	char given[32], family[32];
};

enum mistake { M_INCLUDED = 100, M_NHS, M_NHS_WRONG, M_TYPO, M_PHONETIC, M_NICKNAME, M_SWAPPED, M_BORN_MISSING, M_BORN_WRONG, M_OLD_ADDRESS, M_NO_ADDRESS, M_SEX, M_FAMILY, M_PLACEHOLDER, M_WHERE };

static uint64_t draw(const struct copy *c, enum mistake m)
{
	return population_draw(c->seed, (uint64_t)m, c->base);
}

static bool happens(const struct copy *c, enum mistake m, double p)
{
	return population_chance(draw(c, m), p);
}

static void type_wrong(char *name, uint64_t where)
{
	size_t n = strlen(name), i = n > 2 ? 1 + where % (n - 2) : 0;
	if (n < 3)
		return;
	if (where >> 32 & 1) { /* two letters change places */
		char t = name[i];
		name[i] = name[i + 1];
		name[i + 1] = t;
	} else { /* one is left out */
		memmove(name + i, name + i + 1, n - i);
	}
}

/* A spelling that sounds the same. */
static void spell_by_ear(char *name)
{
	static const char *const pairs[][2] = {{"ph", "f"}, {"ck", "k"}, {"ie", "y"}, {"ai", "ay"}, {"ee", "ea"}, {"sh", "ch"}, {"c", "k"}, {"y", "i"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char *at = strstr(name + 1, pairs[i][0]);
		if (!at)
			continue;
		size_t from = strlen(pairs[i][0]), to = strlen(pairs[i][1]);
		memmove(at + to, at + from, strlen(at + from) + 1);
		memcpy(at, pairs[i][1], to);
		return;
	}
}

/* The first syllable, as families shorten names. */
static void shorten(char *name)
{
	size_t n = strlen(name);
	for (size_t i = 2; i < n && i < 5; i++)
		if (!strchr("aeiouy", name[i]) && strchr("aeiouy", name[i - 1])) {
			name[i + 1 < n ? i + 1 : n] = '\0';
			return;
		}
}

static void spoil_names(struct copy *c)
{
	snprintf(c->given, sizeof c->given, "%s", c->r->given);
	snprintf(c->family, sizeof c->family, "%s", happens(c, M_FAMILY, c->a->other_family) ? name_family(c->r->ethnic, draw(c, M_FAMILY)) : c->r->family);
	if (c->a->oldest == 2 && happens(c, M_PLACEHOLDER, .55))
		snprintf(c->given, sizeof c->given, "%s", c->r->twin ? "Twin" : "Baby");
	if (happens(c, M_TYPO, c->a->typo))
		type_wrong(draw(c, M_WHERE) & 1 ? c->given : c->family, draw(c, M_TYPO));
	if (happens(c, M_PHONETIC, c->a->phonetic))
		spell_by_ear(draw(c, M_WHERE) & 2 ? c->given : c->family);
	if (happens(c, M_NICKNAME, c->a->nickname))
		shorten(c->given);
	if (happens(c, M_SWAPPED, c->a->swapped)) {
		char t[sizeof c->given];
		memcpy(t, c->given, sizeof t);
		memcpy(c->given, c->family, sizeof t);
		memcpy(c->family, t, sizeof t);
	}
}

static void write_nhs(struct buf *b, struct copy *c)
{
	char nhs[11];
	memcpy(nhs, c->r->nhs, sizeof nhs);
	if (!nhs[0] || !happens(c, M_NHS, c->a->nhs))
		return;
	if (happens(c, M_NHS_WRONG, c->a->nhs_wrong)) { /* one digit: never passes the check */
		size_t i = 3 + draw(c, M_NHS_WRONG) % 6;
		nhs[i] = (char)('0' + (nhs[i] - '0' + 1) % 10);
	}
	buf_printf(b, ",{\"system\":\"https://fhir.nhs.uk/Id/nhs-number\",\"value\":\"%s\"}", nhs);
}

static void write_born(struct buf *b, struct copy *c)
{
	int y, m, d;
	civil_from_days(c->r->born_days, &y, &m, &d);
	if (happens(c, M_BORN_MISSING, c->a->born_missing))
		return;
	if (happens(c, M_BORN_WRONG, c->a->born_wrong)) {
		if (d <= 12 && draw(c, M_WHERE) & 4) { /* day and month change places */
			int t = d;
			d = m;
			m = t;
		} else {
			d = d > 1 ? d - 1 : d + 1;
		}
	}
	buf_printf(b, ",\"birthDate\":\"%04d-%02d-%02d\"", y, m, d);
}

static void write_address(struct buf *b, const struct population *p, struct copy *c, const struct household *h)
{
	if (happens(c, M_NO_ADDRESS, c->a->no_address))
		return;
	struct household old;
	if (happens(c, M_OLD_ADDRESS, c->a->old_address)) { /* where somebody else lives now */
		population_household(p, h->number + 1 + draw(c, M_OLD_ADDRESS) % 5000, 0, &old);
		h = &old;
	}
	buf_printf(b, ",\"address\":[{\"line\":[\"%d %s %s\"],\"city\":\"Derby\",\"postalCode\":\"%s\"}]", h->house, h->street_name, h->street_kind, h->postcode);
}

void copies_write(struct buf *b, const struct population *p, const struct household *h, const struct resident *r, int agency)
{
	struct copy c = {.a = &agencies[agency], .r = r, .seed = p->seed, .base = r->number * 16 + (uint64_t)agency};
	if (age_years(r->born_days, POPULATION_DAY) > c.a->oldest || !happens(&c, M_INCLUDED, c.a->included))
		return;
	spoil_names(&c);
	bool female = r->female != happens(&c, M_SEX, c.a->sex_wrong);
	buf_printf(b,
		   "{\"resourceType\":\"Patient\",\"id\":\"%s-%llu\",\"meta\":{\"source\":\"urn:heed:agency:%s\",\"tag\":[{\"system\":\"https://heed.example/fhir/CodeSystem/"
		   "data-kind\",\"code\":\"synthetic\"}]},\"identifier\":[{\"system\":\"urn:heed:agency:%s\",\"value\":\"%llu\"}",
		   c.a->code, (unsigned long long)r->number, c.a->code, c.a->code, (unsigned long long)(population_draw(p->seed, 99, c.base) % 100000000));
	write_nhs(b, &c);
	buf_printf(b, "],\"name\":[{\"family\":\"%s\",\"given\":[\"%s\"]}],\"gender\":\"%s\"", c.family, c.given, female ? "female" : "male");
	write_born(b, &c);
	write_address(b, p, &c, h);
	buf_printf(b, ",\"link\":[{\"other\":{\"reference\":\"Patient/r%llu\"},\"type\":\"seealso\"}]}\n", (unsigned long long)r->number);
}
