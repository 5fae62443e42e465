#include "demo/population.h"

#include <stdio.h>
#include <string.h>

#include "demo/names.h"

/* What a draw is for, so that two draws about the same number are independent. */
enum draw_kind { DRAW_KIND = 1, DRAW_ETHNIC, DRAW_STREET, DRAW_HOUSE, DRAW_CHILDREN, DRAW_AGE, DRAW_SEX, DRAW_GIVEN, DRAW_MIDDLE, DRAW_FAMILY, DRAW_TWIN, DRAW_ADOPTED,
		 DRAW_BIRTHDAY, DRAW_GAP, DRAW_SHARED, DRAW_MOTHER_NAME, DRAW_PHONE, DRAW_SCHOOL };

uint64_t population_draw(uint64_t seed, uint64_t kind, uint64_t number)
{
	uint64_t z = seed * 0x9e3779b97f4a7c15u + kind * 0xd1b54a32d192ed03u + number * 0x8cb92ba72f3d8dd7u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static double unit(uint64_t draw)
{
	return (double)(draw >> 11) / 9007199254740992.0;
}

bool population_chance(uint64_t draw, double p)
{
	return unit(draw) < p;
}

/* The first entry whose share is not used up. */
static int choose(uint64_t draw, const double *shares, int n)
{
	double u = unit(draw);
	for (int i = 0; i < n - 1; i++) {
		if (u < shares[i])
			return i;
		u -= shares[i];
	}
	return n - 1;
}

/* Blocks of ten numbers that differ in the ninth digit (weight 2): at most one of them would need check digit 10, so nine of each
 * block serve. The first 1,200 blocks are kept for written stories. */
void population_nhs(uint64_t n, char out[11])
{
	enum { RESERVED = 1200, BLOCKS = 98800, STEP = 61843 /* shares no factor with BLOCKS */ };
	uint64_t block = RESERVED + n / 9 * STEP % BLOCKS;
	int want = (int)(n % 9), sum = 9 * (10 + 9 + 8), digits[5];
	out[0] = '\0';
	if (n / 9 >= BLOCKS)
		return;
	for (int i = 4; i >= 0; i--) {
		digits[i] = (int)(block % 10);
		block /= 10;
	}
	for (int i = 0; i < 5; i++)
		sum += digits[i] * (7 - i);
	for (int ninth = 0;; ninth++) {
		int check = (11 - (sum + 2 * ninth) % 11) % 11;
		if (check == 10 || want-- > 0)
			continue;
		memcpy(out, "999", 3);
		for (int i = 0; i < 5; i++)
			out[3 + i] = (char)('0' + digits[i]);
		out[8] = (char)('0' + ninth);
		out[9] = (char)('0' + check);
		out[10] = '\0';
		return;
	}
}

/* Shares and factors: rules.md C3. */
static const double ethnic_shares[ETHNIC__COUNT] = {.725, .054, .068, .047, .032, .034, .040};
static const double child_factor[ETHNIC__COUNT] = {1, 1.12, 1.75, 1.25, 1.25, 1.3, 1.2};

static enum household_kind household_kind(uint64_t draw, enum ethnic e)
{
	double f = child_factor[e];
	double shares[] = {.33, .26, .19 * f, .09 * f, .05 * f, .07};
	double total = 0;
	for (int i = 0; i < 6; i++)
		total += shares[i];
	for (int i = 0; i < 6; i++)
		shares[i] /= total;
	return (enum household_kind)choose(draw, shares, 6);
}

struct maker {
	const struct population *p;
	struct household *h;
	uint64_t first;
};

static uint64_t draw_for(const struct maker *m, uint64_t kind, int member)
{
	return population_draw(m->p->seed, kind, m->h->number * 16 + (uint64_t)member);
}

static int64_t born_at_age(const struct maker *m, int age, int member)
{
	return days_add_months(POPULATION_DAY, -12 * age) - (int64_t)(draw_for(m, DRAW_BIRTHDAY, member) % 365);
}

static struct resident *add(struct maker *m, enum ethnic e, int age, bool female)
{
	if (m->h->n == HOUSEHOLD_MAX)
		return NULL;
	int i = m->h->n++;
	struct resident *r = &m->h->members[i];
	*r = (struct resident){.number = m->first + (uint64_t)i, .household = m->h->number, .female = female, .ethnic = e, .mother = -1, .father = -1, .school = -1};
	r->born_days = born_at_age(m, age, i);
	return r;
}

static bool draw_female(const struct maker *m, int member)
{
	return draw_for(m, DRAW_SEX, member) & 1;
}

static int draw_age(const struct maker *m, int member, int from, int to)
{
	return from + (int)(draw_for(m, DRAW_AGE, member) % (uint64_t)(to - from + 1));
}

/* 1, 2, 3, 4 or 5 children at home. */
static int child_count(const struct maker *m)
{
	static const double shares[] = {.38, .39, .16, .05, .02};
	return 1 + choose(draw_for(m, DRAW_CHILDREN, 0), shares, 5);
}

static void add_children(struct maker *m, enum ethnic e, int mother, int father)
{
	int parent = mother >= 0 ? mother : father;
	int parent_age = age_years(m->h->members[parent].born_days, POPULATION_DAY);
	int count = child_count(m), oldest = parent_age - 18 < 19 ? parent_age - 18 : 19;
	int age = (int)(draw_for(m, DRAW_AGE, 9) % (uint64_t)(oldest > 0 ? oldest + 1 : 1));
	for (int k = 0; k < count && age >= 0; k++) {
		int i = m->h->n;
		struct resident *r = add(m, e, age, draw_female(m, i));
		if (!r)
			return;
		r->mother = mother;
		r->father = father;
		r->adopted = population_chance(draw_for(m, DRAW_ADOPTED, i), .004);
		bool twin = population_chance(draw_for(m, DRAW_TWIN, i), .0155) && k + 1 < count && m->h->n < HOUSEHOLD_MAX;
		if (twin) {
			struct resident *t = add(m, e, age, draw_female(m, i + 1));
			*t = (struct resident){.number = t->number, .household = t->household, .female = t->female, .ethnic = e, .born_days = r->born_days, .mother = mother,
					       .father = father, .twin = true, .school = -1};
			r->twin = true;
			k++;
		}
		age -= 1 + (int)(draw_for(m, DRAW_GAP, i) % 4);
	}
}

static void add_parents_and_children(struct maker *m, enum ethnic e, bool both)
{
	int age = draw_age(m, 0, 21, 50);
	bool lone_father = !both && population_chance(draw_for(m, DRAW_SEX, 0), .1);
	add(m, e, age, !lone_father);
	if (both)
		add(m, e, age + (int)(draw_for(m, DRAW_GAP, 1) % 6), false);
	add_children(m, e, lone_father ? -1 : 0, lone_father ? 0 : both ? 1 : -1);
}

static void add_grandparents(struct maker *m, enum ethnic e)
{
	int age = age_years(m->h->members[0].born_days, POPULATION_DAY) + 24 + (int)(draw_for(m, DRAW_GAP, 12) % 8);
	add(m, e, age, true);
	if (draw_for(m, DRAW_GAP, 13) & 1)
		add(m, e, age + 2, false);
}

static void add_adults(struct maker *m, enum ethnic e, int n, int from, int to)
{
	for (int k = 0; k < n; k++)
		add(m, e, draw_age(m, k, from, to), n == 2 ? k == 0 : draw_female(m, k));
}

static void add_members(struct maker *m, enum ethnic e)
{
	switch (m->h->kind) {
	case HOUSEHOLD_SINGLE:
		add_adults(m, e, 1, 19, 92);
		break;
	case HOUSEHOLD_COUPLE:
		add_adults(m, e, 2, 22, 86);
		break;
	case HOUSEHOLD_FAMILY:
		add_parents_and_children(m, e, true);
		break;
	case HOUSEHOLD_LONE_PARENT:
		add_parents_and_children(m, e, false);
		break;
	case HOUSEHOLD_GENERATIONS:
		add_parents_and_children(m, e, true);
		add_grandparents(m, e);
		break;
	case HOUSEHOLD_SHARED:
		add_adults(m, e, 3 + (int)(draw_for(m, DRAW_SHARED, 0) % 2), 18, 34);
		break;
	}
}

static int school_of(const struct maker *m, const struct resident *r)
{
	int age = age_years(r->born_days, POPULATION_DAY);
	uint64_t near = m->h->number / 40; /* the nearest school by street block */
	if (age < 4 || age > 17)
		return -1;
	uint64_t other = population_chance(draw_for(m, DRAW_SCHOOL, (int)(r->number - m->first)), .07) ? draw_for(m, DRAW_SCHOOL, 15) : near;
	return (int)(age < 11 ? other % PRIMARY_SCHOOLS : PRIMARY_SCHOOLS + other % SECONDARY_SCHOOLS);
}

static void name_members(struct maker *m, enum ethnic e)
{
	const char *family = name_family(e, draw_for(m, DRAW_FAMILY, 0));
	for (int i = 0; i < m->h->n; i++) {
		struct resident *r = &m->h->members[i];
		int year, month, day;
		civil_from_days(r->born_days, &year, &month, &day);
		r->given = name_given(e, r->female, year, draw_for(m, DRAW_GIVEN, i));
		r->middle = name_given(e, r->female, year, draw_for(m, DRAW_MIDDLE, i));
		bool own_name = m->h->kind == HOUSEHOLD_SHARED || (i == 0 && population_chance(draw_for(m, DRAW_MOTHER_NAME, 0), .38));
		r->family = own_name ? name_family(e, draw_for(m, DRAW_FAMILY, i + 1)) : family;
		population_nhs(r->number, r->nhs);
		r->school = school_of(m, r);
	}
}

static void place(struct maker *m)
{
	static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ"; /* those that inward codes use */
	struct household *h = m->h;
	uint64_t street = h->number / 37; /* about ninety people a street */
	uint64_t d = population_draw(m->p->seed, DRAW_STREET, street);
	h->street_name = name_street(d);
	h->street_kind = name_street_kind(d >> 20);
	h->house = 1 + (int)(h->number % 37) * 2 + (int)(d >> 40 & 1);
	snprintf(h->postcode, sizeof h->postcode, "DE9%d %d%c%c", (int)(street % 9), 1 + (int)(d >> 44) % 9, letters[d >> 50 & 15], letters[d >> 54 & 15]);
	snprintf(h->phone, sizeof h->phone, "07700 900%03d", (int)(draw_for(m, DRAW_PHONE, 0) % 1000));
	h->practice = (int)(population_draw(m->p->seed, DRAW_HOUSE, street / 8) % PRACTICES);
}

void population_household(const struct population *p, uint64_t number, uint64_t first, struct household *out)
{
	struct maker m = {p, out, first};
	*out = (struct household){.number = number};
	enum ethnic e = (enum ethnic)choose(population_draw(p->seed, DRAW_ETHNIC, number), ethnic_shares, ETHNIC__COUNT);
	out->kind = household_kind(population_draw(p->seed, DRAW_KIND, number), e);
	add_members(&m, e);
	name_members(&m, e);
	place(&m);
}

const char *population_ethnic_code(enum ethnic e)
{
	static const char *const codes[ETHNIC__COUNT] = {"A", "C", "J", "H", "N", "D", "S"};
	return codes[e];
}
