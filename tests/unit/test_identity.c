#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "identity/facts.h"
#include "identity/person.h"

static struct arena *a;

static int arena_up(void **state)
{
	(void)state;
	a = arena_new(0);
	return 0;
}

static int arena_down(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

static struct json *parsed(const char *text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, str_from(text), NULL, &j, &e))
		fail_msg("%s: %s", e.message, text);
	return j;
}

/* ---- NHS numbers ---- */

static struct str suite_file(const char *name)
{
	const char *suites = getenv("HEED_SUITES");
	struct str s = STR_NONE;
	struct err e = ERR_INIT;
	if (suites)
		env_system()->read_file(env_system(), a, str_c(a, str_printf(a, "%s/hostile/nhs-numbers/%s", suites, name)), 1 << 20, &s, &e);
	return s;
}

static int count_accepted(struct str list, bool want)
{
	int n = 0;
	struct str line;
	while (str_next(&list, '\n', &line)) {
		struct str number = line;
		str_next(&line, '\t', &number);
		if (!number.n)
			continue;
		if (nhs_number_ok(number, NULL) != want)
			fail_msg("\"%.*s\" was %s", STR_ARG(number), want ? "refused" : "taken");
		n++;
	}
	return n;
}

static void test_nhs_number_lists(void **state)
{
	(void)state;
	struct str valid = suite_file("valid.txt"), invalid = suite_file("invalid.tsv");
	if (!valid.p || !invalid.p) {
		print_message("skipped: no list of NHS numbers\n");
		skip();
	}
	assert_int_equal(count_accepted(valid, true), 1000);
	assert_int_equal(count_accepted(invalid, false), 1010);
}

static void test_nhs_number_forms(void **state)
{
	(void)state;
	char digits[11];
	assert_true(nhs_number_ok(STR("999 339 5633"), digits));
	assert_string_equal(digits, "9993395633");
	assert_true(nhs_number_ok(STR("999-339-5633"), digits));
	assert_true(nhs_number_ok(STR(" 9993395633 "), digits));
	static const char *const bad[] = {"", "999 339 563", "999  339 5633", "-9993395633", "9993395633-", "99933956333", "999339563a"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (nhs_number_ok(str_from(bad[i]), digits))
			fail_msg("\"%s\" was taken", bad[i]);
	assert_true(str_is(nhs_number_display(a, STR("9993395633")), "999 339 5633"));
}

/* Every single wrong digit and every swap of neighbours is caught. */
static void test_nhs_number_catches_slips(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		for (char c = '0'; c <= '9'; c++) {
			char number[] = "9993395633";
			if (number[i] == c)
				continue;
			number[i] = c;
			assert_false(nhs_number_ok(str_from(number), NULL));
		}
	for (int i = 0; i < 9; i++) {
		char number[] = "9993395633", c = number[i];
		number[i] = number[i + 1];
		number[i + 1] = c;
		assert_true(number[i] == number[i + 1] || !nhs_number_ok(str_from(number), NULL));
	}
}

/* ---- the same person? ---- */

#define NHS(n) "{\"system\":\"" NHS_NUMBER_SYSTEM "\",\"value\":\"" n "\"}"
#define LOCAL(n) "{\"system\":\"urn:h\",\"value\":\"" n "\"}"
#define PERSON(ids, family, given, born, sex, postcode)                                                                                    \
	"{\"resourceType\":\"Patient\",\"identifier\":[" ids "],\"name\":[{\"family\":\"" family "\",\"given\":[\"" given                  \
	"\"]}],\"birthDate\":\"" born "\",\"gender\":\"" sex "\",\"address\":[{\"postalCode\":\"" postcode "\"}]}"
#define ANNA PERSON(NHS("9993395633") "," LOCAL("1"), "Khan-Webb", "Anna", "2015-03-04", "female", "DE90 1AA")

static const struct {
	const char *what, *other;
	enum person_verdict want;
} pairs[] = {
	{"number and birth date", PERSON(NHS("999 339 5633"), "Other", "Anna", "2015-03-04", "female", "DE91 1AA"), PERSON_LINK},
	{"number and name", PERSON(NHS("9993395633"), "KHAN WEBB", "anna", "2015-04-03", "female", ""), PERSON_LINK},
	{"number and half a family name", PERSON(NHS("9993395633"), "Webb", "Anna", "2014-03-04", "female", ""), PERSON_LINK},
	{"number, nothing else", PERSON(NHS("9993395633"), "Other", "Bea", "2011-01-02", "female", "DE90 1AA"), PERSON_POSSIBLE},
	{"number of the brother", PERSON(NHS("9993395633"), "Khan-Webb", "Adam", "2015-03-04", "male", "DE90 1AA"), PERSON_POSSIBLE},
	{"another number, all else the same", PERSON(NHS("9991581766"), "Khan-Webb", "Anna", "2015-03-04", "female", "DE90 1AA"), PERSON_CONFLICT},
	{"number that fails its check", PERSON(NHS("9993395634"), "Khan-Webb", "Anna", "2015-03-04", "female", "DE90 1AA"), PERSON_LINK},
	{"full demographics", PERSON("", "Khan-Webb", "ANNA", "2015-03-04", "female", "de901aa"), PERSON_LINK},
	{"name and birthday alone", PERSON("", "Khan-Webb", "Anna", "2015-03-04", "", ""), PERSON_POSSIBLE},
	{"name, birthday and sex", PERSON("", "Khan-Webb", "Anna", "2015-03-04", "female", "DE91 1AA"), PERSON_POSSIBLE},
	{"no fixed abode is no address", PERSON("", "Khan-Webb", "Anna", "2015-03-04", "female", "ZZ99 3VZ"), PERSON_POSSIBLE},
	{"the twin sister", PERSON("", "Khan-Webb", "Bella", "2015-03-04", "female", "DE90 1AA"), PERSON_UNRELATED},
	{"a baby of the same day and family", PERSON("", "Khan-Webb", "Baby", "2015-03-04", "female", "DE90 1AA"), PERSON_POSSIBLE},
	{"a new family name", PERSON("", "Shah", "Anna", "2015-03-04", "female", "DE90 1AA"), PERSON_POSSIBLE},
	{"a cousin of the same name", PERSON("", "Khan-Webb", "Anna", "2014-07-01", "female", "DE90 1AA"), PERSON_UNRELATED},
	{"hospital number and birth date", PERSON(LOCAL("1"), "Other", "Anna", "2015-03-04", "female", ""), PERSON_LINK},
	{"hospital number, another NHS number", PERSON(LOCAL("1") "," NHS("9991581766"), "Khan-Webb", "Anna", "2015-03-04", "female", ""), PERSON_CONFLICT},
	{"hospital number, nothing else", PERSON(LOCAL("1"), "Other", "Bea", "2011-01-02", "female", ""), PERSON_POSSIBLE},
	{"another hospital number", PERSON(LOCAL("2"), "Khan-Webb", "Anna", "2015-03-04", "female", "DE90 1AA"), PERSON_LINK},
};

static void test_verdicts(void **state)
{
	(void)state;
	struct person anna = person_of(a, parsed(ANNA));
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct person other = person_of(a, parsed(pairs[i].other));
		const char *because, *back;
		struct comparison c = person_compare(&anna, &other), d = person_compare(&other, &anna);
		enum person_verdict v = person_verdict(&c, &anna, &other, &because);
		if (v != pairs[i].want)
			fail_msg("%s: %d, because \"%s\"", pairs[i].what, (int)v, because);
		if (person_verdict(&d, &other, &anna, &back) != v)
			fail_msg("%s: not the same the other way round", pairs[i].what);
	}
}

static enum person_verdict verdict_of(const char *x, const char *y)
{
	struct person p = person_of(a, parsed(x)), q = person_of(a, parsed(y));
	struct comparison c = person_compare(&p, &q);
	const char *because;
	return person_verdict(&c, &p, &q, &because);
}

static void test_twins(void **state)
{
	(void)state;
	const char *one = PERSON("", "Shah", "Twin 1", "2026-11-01", "female", "DE90 1AA"),
		   *two = PERSON("", "Shah", "Twin 2", "2026-11-01", "female", "DE90 1AA");
	assert_int_equal(verdict_of(one, two), PERSON_CONFLICT);
	assert_int_equal(verdict_of(one, one), PERSON_POSSIBLE);
	/* Adjacent numbers, one letter apart in name: never near enough. */
	assert_int_equal(verdict_of(PERSON(NHS("9993395633"), "Shah", "Amira", "2026-11-01", "female", "DE90 1AA"),
				    PERSON(NHS("9991581766"), "Shah", "Amirah", "2026-11-01", "female", "DE90 1AA")),
			 PERSON_CONFLICT);
}

static void test_spellings(void **state)
{
	(void)state;
	assert_int_equal(verdict_of(PERSON("", "Hussain", "Muhammad", "2015-03-04", "male", "DE90 1AA"),
				    PERSON("", "Hussein", "Mohammed", "2015-03-04", "male", "DE90 1AA")),
			 PERSON_LINK);
	assert_int_equal(verdict_of(PERSON("", "O'Brien", "Si\xc3\xa2n", "2015-03-04", "female", "DE90 1AA"),
				    PERSON("", "OBRIEN", "SIAN", "2015-03-04", "female", "DE90 1AA")),
			 PERSON_LINK);
}

/* Ten thousand pairs of twins and cousins: none is linked without a number (I12). */
static void test_no_false_links(void **state)
{
	(void)state;
	static const char *const given[] = {"Anna", "Bella", "Amira", "Noah", "Oscar", "Zara", "Leo", "Mia", "Adam", "Eve"};
	for (int i = 0; i < 10000; i++) {
		struct arena_mark mark = arena_mark(a);
		const char *family = i % 3 ? "Khan" : "Khan-Webb";
		struct str x = str_printf(a, "{\"name\":[{\"family\":\"Khan\",\"given\":[\"%s\"]}],\"birthDate\":\"2015-03-%02d\",\"gender\":\"%s\",\"address\":[{\"postalCode\":\"DE90 1AA\"}]}",
					  given[i % 10], 1 + i % 28, i % 2 ? "male" : "female");
		int other = (i + 1 + i / 10 % 9) % 10; /* another given name, or another day, sex or postcode */
		struct str y = str_printf(a, "{\"name\":[{\"family\":\"%s\",\"given\":[\"%s\"]}],\"birthDate\":\"2015-03-%02d\",\"gender\":\"%s\",\"address\":[{\"postalCode\":\"DE90 1AA\"}]}",
					  family, i % 4 ? given[other] : given[i % 10], 1 + (i % 4 ? i : i + 1) % 28, i % 2 ? "male" : "female");
		if (verdict_of(str_c(a, x), str_c(a, y)) == PERSON_LINK)
			fail_msg("linked: %.*s and %.*s", STR_ARG(x), STR_ARG(y));
		arena_rewind(a, mark);
	}
}

/* ---- facts ---- */

static const char *const said[] = {
	"{\"resourceType\":\"Patient\",\"identifier\":[" NHS("9993395633") "],\"name\":[{\"use\":\"official\",\"family\":\"Khan\",\"given\":[\"Anna\"]}],\"gender\":\"unknown\",\"birthDate\":\"2015\",\"address\":[{\"use\":\"home\",\"line\":[\"1 Old Road\"],\"postalCode\":\"DE90 1AA\"}]}",
	"{\"resourceType\":\"Patient\",\"identifier\":[" LOCAL("1") "],\"name\":[{\"use\":\"official\",\"family\":\"KHAN\",\"given\":[\"ANNA\"]}],\"gender\":\"female\",\"birthDate\":\"2015-03-04\",\"address\":[{\"use\":\"home\",\"line\":[\"2 New Road\"],\"postalCode\":\"DE91 2BB\"}],\"telecom\":[{\"system\":\"phone\",\"value\":\"01632 960001\"}]}",
	"{\"resourceType\":\"Patient\",\"name\":[{\"use\":\"official\",\"family\":\"Webb\",\"given\":[\"Anna\"]},{\"use\":\"nickname\",\"given\":[\"Annie\"]}],\"deceasedBoolean\":false,\"extension\":[{\"url\":\"urn:ethnicity\",\"valueCode\":\"A\"}]}",
	"{\"resourceType\":\"Patient\",\"address\":[{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"not-applicable\"}]}],\"extension\":[{\"url\":\"urn:ethnicity\",\"valueCode\":\"M\"}]}",
	"{\"resourceType\":\"Patient\",\"deceasedDateTime\":\"2026-11-24\",\"address\":[{\"use\":\"home\",\"line\":[\"1 Old Road\"],\"postalCode\":\"DE90 1AA\"}],\"telecom\":[{\"system\":\"phone\",\"value\":\"01632 960002\"}]}",
	"{\"resourceType\":\"Patient\",\"identifier\":[" LOCAL("2") "],\"gender\":\"female\",\"address\":[{\"use\":\"temp\",\"line\":[\"3 Stay\"]}]}",
};
enum { MESSAGES = sizeof said / sizeof *said };

static int64_t time_of(int i)
{
	static const int minutes[MESSAGES] = {0, 10, 20, 30, 40, 10};
	return INT64_C(1793000000000000) + minutes[i] * US_PER_MINUTE;
}

static struct str merged_in(const int order[MESSAGES])
{
	struct json *known = NULL;
	for (int i = 0; i < MESSAGES; i++) {
		struct json *next = identity_merge_facts(a, known, parsed(said[order[i]]), time_of(order[i]));
		known = next ? next : known;
	}
	return json_to_str(a, known);
}

/* Members may stand in any order; all else must be the same. */
static void same_resource(struct str x, struct str y, const int order[MESSAGES])
{
	struct json *p, *q;
	assert_true(json_parse(a, x, NULL, &p, NULL) && json_parse(a, y, NULL, &q, NULL));
	if (!json_equal(p, q))
		fail_msg("order %d%d%d%d%d%d:\n%.*s\nnot\n%.*s", order[0], order[1], order[2], order[3], order[4], order[5], STR_ARG(y), STR_ARG(x));
}

static int permute(int order[MESSAGES], int at, struct str first)
{
	if (at == MESSAGES) {
		struct arena_mark mark = arena_mark(a);
		same_resource(first, merged_in(order), order);
		arena_rewind(a, mark);
		return 1;
	}
	int n = 0;
	for (int i = at; i < MESSAGES; i++) {
		int swap = order[at];
		order[at] = order[i], order[i] = swap;
		n += permute(order, at + 1, first);
		swap = order[at];
		order[at] = order[i], order[i] = swap;
	}
	return n;
}

/* C4: any of the 720 orders of six messages ends in the same state. */
static void test_any_order(void **state)
{
	(void)state;
	int order[MESSAGES] = {0, 1, 2, 3, 4, 5};
	struct str first = merged_in(order);
	assert_int_equal(permute(order, 0, first), 720);
	const struct json *p = parsed(str_c(a, first));
	assert_true(str_is(json_str(json_path(p, "name", "0", NULL), "family"), "Webb"));
	assert_true(str_is(json_str(p, "birthDate"), "2015-03-04"));
	assert_true(str_is(json_str(p, "gender"), "female"));
	assert_true(str_is(json_str(p, "deceasedDateTime"), "2026-11-24"));
	assert_null(json_getz(p, "deceasedBoolean"));
	assert_int_equal(json_n(json_getz(p, "identifier")), 3);
	assert_int_equal(json_n(json_getz(p, "name")), 3);
	assert_int_equal(json_n(json_getz(p, "address")), 3);
	assert_true(str_is(json_str(facts_extension(p, STR("urn:ethnicity")), "valueCode"), "M"));
}

static void test_null_ends_an_address(void **state)
{
	(void)state;
	struct json *p = identity_merge_facts(a, NULL, parsed(said[0]), time_of(0));
	p = identity_merge_facts(a, p, parsed(said[3]), time_of(3));
	const struct json *address = json_path(p, "address", "0", NULL);
	assert_int_equal(json_n(json_getz(p, "address")), 1);
	assert_true(str_is(json_str(address, "use"), "old"));
	assert_true(json_str(json_getz(address, "period"), "end").n > 0);
	assert_true(str_is(json_str(address, "postalCode"), "DE90 1AA"));
}

/* What came by another way in has the age of its version. */
static void test_older_than_the_version(void **state)
{
	(void)state;
	const char *kept = "{\"resourceType\":\"Patient\",\"meta\":{\"lastUpdated\":\"2026-12-18T10:00:00Z\"},\"birthDate\":\"2015-03-04\",\"gender\":\"female\"}";
	int64_t kept_at = 0;
	struct date d;
	assert_true(date_parse(STR("2026-12-18T10:00:00Z"), DATE_KIND_INSTANT, &d, NULL));
	kept_at = date_lo_us(&d);
	struct json *said_later = parsed("{\"birthDate\":\"2015-03-05\"}");
	assert_null(identity_merge_facts(a, parsed(kept), said_later, kept_at - 1));
	struct json *p = identity_merge_facts(a, parsed(kept), said_later, kept_at + 1);
	assert_true(str_is(json_str(p, "birthDate"), "2015-03-05"));
	assert_true(str_is(json_str(p, "gender"), "female"));
}

static void test_nothing_new(void **state)
{
	(void)state;
	struct json *p = identity_merge_facts(a, NULL, parsed(said[1]), time_of(1));
	assert_null(identity_merge_facts(a, p, parsed(said[1]), time_of(1)));
}

static void test_labels_stay(void **state)
{
	(void)state;
	const char *label = "{\"meta\":{\"security\":[{\"system\":\"urn:c\",\"code\":\"R\"}]}}";
	struct json *p = identity_merge_facts(a, NULL, parsed(said[0]), time_of(0));
	p = identity_merge_facts(a, p, parsed(label), time_of(0) - 1);
	assert_int_equal(json_n(json_path(p, "meta", "security", NULL)), 1);
	assert_null(identity_merge_facts(a, p, parsed(label), time_of(0)));
	assert_true(person_of(a, p).restricted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nhs_number_lists), cmocka_unit_test(test_nhs_number_forms), cmocka_unit_test(test_nhs_number_catches_slips),
		cmocka_unit_test(test_verdicts),	 cmocka_unit_test(test_twins),		  cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_no_false_links),	 cmocka_unit_test(test_any_order),	  cmocka_unit_test(test_null_ends_an_address),
		cmocka_unit_test(test_older_than_the_version), cmocka_unit_test(test_nothing_new), cmocka_unit_test(test_labels_stay),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
