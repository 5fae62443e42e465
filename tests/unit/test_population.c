#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "demo/copies.h"
#include "demo/population.h"
#include "json/json.h"

enum { PEOPLE = 60000 };

static bool nhs_ok(const char *n)
{
	int sum = 0;
	for (int i = 0; i < 9; i++)
		sum += (n[i] - '0') * (10 - i);
	return (11 - sum % 11) % 11 == n[9] - '0';
}

static int by_text(const void *a, const void *b)
{
	return memcmp(a, b, 11);
}

static void every_number_is_valid_and_different(void **state)
{
	(void)state;
	enum { N = 200000 };
	char(*all)[11] = malloc((size_t)N * 11);
	for (uint64_t i = 0; i < N; i++) {
		population_nhs(i, all[i]);
		assert_true(nhs_ok(all[i]));
		assert_memory_equal(all[i], "999", 3);
		assert_true(memcmp(all[i], "999012", 6) >= 0); /* below are the written stories' */
	}
	qsort(all, N, 11, by_text);
	for (int i = 1; i < N; i++)
		assert_true(memcmp(all[i - 1], all[i], 11) != 0);
	free(all);
}

static uint64_t digest(uint64_t seed, struct arena *a)
{
	struct population p = {seed, 2000};
	struct household h;
	uint64_t d = 0;
	for (uint64_t number = 0, first = 0; first < p.people; number++, first += (uint64_t)h.n) {
		struct buf b = buf_new(a, 1 << 20);
		population_household(&p, number, first, &h);
		for (int i = 0; i < h.n; i++) {
			population_write_patient(&b, &h, &h.members[i]);
			for (int k = 0; k < AGENCIES; k++)
				copies_write(&b, &p, &h, &h.members[i], k);
		}
		d = d * 31 + str_hash(buf_str(&b));
	}
	return d;
}

static void the_same_seed_gives_the_same_area(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	assert_true(digest(7, a) == digest(7, a));
	assert_false(digest(7, a) == digest(8, a));
	arena_destroy(a);
}

static void what_is_written_is_json(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct population p = {1, 3000};
	struct household h;
	struct json *j;
	struct err e = ERR_INIT;
	for (uint64_t number = 0, first = 0; first < p.people; number++, first += (uint64_t)h.n) {
		population_household(&p, number, first, &h);
		for (int i = 0; i < h.n; i++) {
			struct buf b = buf_new(a, 1 << 16);
			population_write_patient(&b, &h, &h.members[i]);
			assert_true(json_parse(a, buf_str(&b), NULL, &j, &e));
			for (int k = 0; k < AGENCIES; k++) {
				struct buf copy = buf_new(a, 1 << 16);
				copies_write(&copy, &p, &h, &h.members[i], k);
				struct str line = str_trim(buf_str(&copy));
				assert_true(!line.n || json_parse(a, line, NULL, &j, &e));
			}
		}
	}
	arena_destroy(a);
}

/* rules.md C3: mean household 2.41, 25.7 % under twenty, 1.55 % multiple maternities. */
static void the_area_looks_like_the_one_it_stands_for(void **state)
{
	(void)state;
	struct population p = {1, PEOPLE};
	struct household h;
	uint64_t households = 0, people = 0, young = 0, british = 0, twins = 0, children = 0;
	for (; people < p.people; households++) {
		population_household(&p, households, people, &h);
		for (int i = 0; i < h.n; i++) {
			const struct resident *r = &h.members[i];
			int age = age_years(r->born_days, POPULATION_DAY);
			assert_true(age >= 0 && age < 110);
			young += age < 20;
			british += r->ethnic == ETHNIC_WHITE_BRITISH;
			twins += r->twin;
			children += r->mother >= 0 || r->father >= 0;
			if (r->mother >= 0)
				assert_true(age_years(h.members[r->mother].born_days, POPULATION_DAY) - age >= 15);
		}
		people += (uint64_t)h.n;
	}
	double mean = (double)people / (double)households, under_20 = (double)young / (double)people;
	print_message("mean household %.2f, under twenty %.3f, White British %.3f, twins %.3f of children\n", mean, under_20, (double)british / (double)people,
		      (double)twins / (double)children);
	assert_true(mean > 2.2 && mean < 2.6);
	assert_true(under_20 > .23 && under_20 < .29);
	assert_true((double)british / (double)people > .60 && (double)british / (double)people < .75);
	assert_true(twins > 0 && (double)twins / (double)children < .06);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_is_valid_and_different),
		cmocka_unit_test(the_same_seed_gives_the_same_area),
		cmocka_unit_test(what_is_written_is_json),
		cmocka_unit_test(the_area_looks_like_the_one_it_stands_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
