#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hl7/map.h"

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

#define HEAD(event, control) "MSH|^~\\&|ED|RXX01|HEED|DERBY|20261218100000||ADT^" event "|" control "|P|2.4||||||UNICODE UTF-8\rEVN|" event "|20261218100000\r"
#define PID "PID|1||9993395633^^^NHS^NH~H1^^^RXX01^PI||O'BRIEN-SMITH^SI\xc3\x82N^ANNE MAY^^Miss^^L~^ANNIE^^^^^N||20150304|F|||1 TEST STREET^FLAT 2^DERBY^^DE90 1AA^GBR^H||01632960001~^NET^Internet^a@example.org||PL|S|C22|||||A||N|1\r"
#define PV1 "PV1|1|E|ED^R1^B2^RXX01||||C3456789^Darwin^Samuel^^^Dr^^^GMC||||||||||||V1^^^RXX01^VN|||||||||||||||||12||||||||20261218093000\r"

static struct json *mapped(const char *text)
{
	struct hl7_message m;
	struct json *bundle = NULL;
	struct err e = ERR_INIT;
	if (!hl7_parse(a, str_from(text), &m, &e) || !hl7_map(a, &m, NULL, &bundle, &e))
		fail_msg("refused: %s", e.message);
	return bundle;
}

static const struct json *entry_of(const struct json *bundle, const char *type, size_t nth)
{
	const struct json *entries = json_getz(bundle, "entry");
	for (size_t i = 0; i < json_n(entries); i++) {
		const struct json *r = json_getz(json_at(entries, i), "resource");
		if (str_is(json_str(r, "resourceType"), type) && nth-- == 0)
			return r;
	}
	return NULL;
}

static void assert_text(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(got), want);
}

/* Whether the JSON of a resource has a piece of text. */
static void assert_holds(const struct json *r, const char *text)
{
	struct str all = json_to_str(a, r);
	if (str_find(all, str_from(text)) < 0)
		fail_msg("no %s in %.*s", text, STR_ARG(all));
}

static void test_person(void **state)
{
	(void)state;
	const struct json *p = entry_of(mapped(HEAD("A28", "M1") PID "PD1|||MALTON GP PRACTICE^^Y06601|G5612908^Townley^Gregory^^^Dr^^^GMP\r"), "Patient", 0);
	assert_holds(p, "\"system\":\"https://fhir.nhs.uk/Id/nhs-number\",\"value\":\"9993395633\"");
	assert_holds(p, "{\"system\":\"https://heed.example/fhir/sid/RXX01/PI\",\"value\":\"H1\"}");
	assert_holds(p, "{\"use\":\"official\",\"family\":\"O'BRIEN-SMITH\",\"given\":[\"SI\xc3\x82N\",\"ANNE\",\"MAY\"],\"prefix\":[\"Miss\"]}");
	assert_holds(p, "{\"use\":\"nickname\",\"given\":[\"ANNIE\"]}");
	assert_text(json_str(p, "birthDate"), "2015-03-04");
	assert_text(json_str(p, "gender"), "female");
	assert_holds(p, "{\"use\":\"home\",\"line\":[\"1 TEST STREET\",\"FLAT 2\"],\"city\":\"DERBY\",\"postalCode\":\"DE90 1AA\",\"country\":\"GBR\"}");
	assert_holds(p, "{\"system\":\"phone\",\"value\":\"01632960001\",\"use\":\"home\"}");
	assert_holds(p, "{\"system\":\"email\",\"value\":\"a@example.org\",\"use\":\"home\"}");
	assert_holds(p, "\"system\":\"urn:ietf:bcp:47\",\"code\":\"pl\"");
	assert_holds(p, "Extension-UKCore-EthnicCategory\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland\",\"code\":\"A\"}]}");
	assert_holds(p, "\"multipleBirthInteger\":1");
	assert_int_equal(json_n(json_getz(p, "generalPractitioner")), 2);
	assert_holds(p, "MALTON GP PRACTICE");
}

static void test_visit(void **state)
{
	(void)state;
	const struct json *bundle = mapped(HEAD("A03", "M1") PID PV1 "PV2|||248062006^Self-harm^SCT\rDG1|1|I10|X60^Poisoning^I10\r");
	const struct json *v = entry_of(bundle, "Encounter", 0);
	assert_text(json_str(bundle, "timestamp"), "2026-12-18T10:00:00.000Z");
	assert_text(json_str(v, "status"), "finished");
	assert_text(json_str(json_getz(v, "class"), "code"), "EMER");
	assert_holds(v, "{\"system\":\"https://heed.example/fhir/sid/ED/RXX01/visit\",\"value\":\"V1\"}");
	assert_holds(v, "\"start\":\"2026-12-18T09:30:00+00:00\",\"end\":\"2026-12-18T10:00:00.000Z\"");
	assert_holds(v, "\"dischargeDisposition\":{\"coding\":[{\"code\":\"12\"}]}");
	assert_holds(v, "\"system\":\"http://snomed.info/sct\",\"code\":\"248062006\"");
	assert_holds(v, "\"system\":\"http://hl7.org/fhir/sid/icd-10\",\"code\":\"X60\"");
	assert_holds(v, "\"code\":\"ATND\"");
	assert_holds(v, "ED R1 B2");
	assert_holds(entry_of(bundle, "Practitioner", 0), "{\"system\":\"https://fhir.hl7.org.uk/Id/gmc-number\",\"value\":\"C3456789\"}");
	assert_holds(entry_of(bundle, "Organization", 0), "{\"system\":\"https://fhir.nhs.uk/Id/ods-organization-code\",\"value\":\"RXX01\"}");
	assert_int_equal(json_n(json_getz(entry_of(bundle, "Provenance", 0), "target")), 2);
	struct str raw;
	assert_true(base64_decode(a, json_str(entry_of(bundle, "Binary", 0), "data"), &raw));
	assert_true(str_starts(raw, STR("MSH|^~\\&|ED|")));
}

static void test_relative(void **state)
{
	(void)state;
	const struct json *r = entry_of(mapped(HEAD("A04", "M1") PID "NK1|1|SMITH^ALBERT^J^^MR^^L|FTH|2 ROAD^^MALTON^^DE91 1AA^GBR^H|01632960002||||||||||M|19631111\r" PV1), "RelatedPerson", 0);
	assert_holds(r, "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"FTH\"");
	assert_text(json_str(r, "birthDate"), "1963-11-11");
	assert_holds(r, "\"family\":\"SMITH\"");
}

static void test_sealed_and_hidden(void **state)
{
	(void)state;
	const struct json *p = entry_of(mapped(HEAD("A31", "M1") PID "ZSD|S\r"), "Patient", 0);
	assert_holds(json_path(p, "address", "0", NULL), "extension-inline-sec-label");
	assert_holds(json_getz(p, "meta"), "PROCESSINLINELABEL");
	const struct json *v = entry_of(mapped(HEAD("A04", "M1") PID "PV1|1|O|SHC|||||||||||||V|||V2\r"), "Encounter", 0);
	assert_holds(json_getz(v, "meta"), "\"code\":\"V\"");
}

static void test_null_address(void **state)
{
	(void)state;
	const struct json *p = entry_of(mapped(HEAD("A31", "M1") "PID|1||H1||A^B||||||\"\"\r"), "Patient", 0);
	assert_holds(json_path(p, "address", "0", NULL), "data-absent-reason");
}

static void test_number_that_fails_its_check(void **state)
{
	(void)state;
	const struct json *p = entry_of(mapped(HEAD("A31", "M1") "PID|1||9993395634^^^NHS^NH~0000000000^^^NHS||A^B\r"), "Patient", 0);
	assert_int_equal(json_n(json_getz(p, "identifier")), 1);
	assert_holds(p, "nhs-number-as-sent");
}

static void test_merge(void **state)
{
	(void)state;
	const struct json *gone = entry_of(mapped(HEAD("A40", "M1") PID "MRG|H9^^^RXX01^PI\r"), "Patient", 1);
	assert_holds(gone, "{\"system\":\"https://heed.example/fhir/sid/RXX01/PI\",\"value\":\"H9\"}");
	assert_holds(gone, "\"type\":\"replaced-by\"");
}

static const struct {
	const char *what, *text;
	enum err_code code;
	const char *place;
} refused[] = {
	{"a type without a map", HEAD("A60", "M1") PID, ERR_METHOD, "MSH^1^9"},
	{"two people", HEAD("A01", "M1") PID PID PV1, ERR_STRUCTURE, "PID^2"},
	{"nobody", HEAD("A01", "M1") PV1, ERR_REQUIRED, "PID"},
	{"no visit", HEAD("A01", "M1") PID, ERR_REQUIRED, "PV1"},
	{"no visit number", HEAD("A03", "M1") PID "PV1|1|E\r", ERR_REQUIRED, "PV1^1^19"},
	{"no class", HEAD("A01", "M1") PID "PV1|1\r", ERR_REQUIRED, "PV1^1^2"},
	{"an unknown class", HEAD("A01", "M1") PID "PV1|1|Q\r", ERR_CODE, "PV1^1^2"},
	{"30 February", HEAD("A31", "M1") "PID|1||H1||A^B||20150230\r", ERR_VALUE, "PID^1^7"},
	{"an unknown sex", HEAD("A31", "M1") "PID|1||H1||A^B|||QQ\r", ERR_CODE, "PID^1^8"},
	{"no name and no number", HEAD("A31", "M1") "PID|1\r", ERR_REQUIRED, "PID^1^3"},
	{"merge of nothing", HEAD("A40", "M1") PID, ERR_REQUIRED, "MRG"},
	{"merge without a number", HEAD("A40", "M1") PID "MRG|\r", ERR_REQUIRED, "MRG^1^1"},
	{"merge into itself", HEAD("A40", "M1") PID "MRG|9993395633^^^NHS^NH\r", ERR_CONFLICT, "MRG^1^1"},
	{"no time", "MSH|^~\\&|ED|RXX01|HEED|DERBY|||ADT^A31|M1|P|2.4\r" PID, ERR_REQUIRED, "MSH^1^7"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct hl7_message m;
		struct json *bundle;
		struct err e = ERR_INIT;
		if (!hl7_parse(a, str_from(refused[i].text), &m, &e))
			fail_msg("%s: did not parse: %s", refused[i].what, e.message);
		if (hl7_map(a, &m, NULL, &bundle, &e))
			fail_msg("%s: taken", refused[i].what);
		if (e.code != refused[i].code || strcmp(e.expression, refused[i].place) != 0)
			fail_msg("%s: %s at %s: %s", refused[i].what, err_name(e.code), e.expression, e.message);
	}
}

/* ---- Encounter facts ---- */

static const struct {
	const char *event, *minute, *rest;
} told[] = {
	{"A04", "00", "PV1|1|E|ED||||||||||||||||V1\r"},
	{"A01", "10", "PV1|1|I|WARD||||||||||||||||V1\r"},
	{"A08", "20", "PV1|1|I|WARD2||||C1^Who||||||||||||V1\rPV2|||R1^Reason\r"},
	{"A03", "30", "PV1|1|I|WARD2||||||||||||||||V1|||||||||||||||||12\r"},
	{"A13", "40", "PV1|1|I|WARD2||||||||||||||||V1\r"},
	{"A03", "50", "PV1|1|I|WARD3||||||||||||||||V1|||||||||||||||||13\r"},
};
enum { TOLD = sizeof told / sizeof *told };

static struct json *merged_in(const int order[TOLD])
{
	struct json *known = NULL;
	for (int i = 0; i < TOLD; i++) {
		struct str text = str_printf(a, "MSH|^~\\&|ED|R|H|D|20261218||ADT^%s|M|P|2.4\rEVN||2026121815%s00\rPID|1||H1||A^B\r%s", told[order[i]].event, told[order[i]].minute,
					     told[order[i]].rest);
		const struct json *bundle = mapped(str_c(a, text));
		struct date d;
		assert_true(date_parse(json_str(bundle, "timestamp"), DATE_KIND_INSTANT, &d, NULL));
		struct json *next = visit_merge(a, known, entry_of(bundle, "Encounter", 0), str_from(told[order[i]].event), date_lo_us(&d));
		known = next ? next : known;
	}
	return known;
}

static int permute(int order[TOLD], int at, const struct json *first)
{
	if (at == TOLD) {
		struct json *r = merged_in(order);
		/* urns count the entries of one message, and tell nothing */
		if (!json_equal(first, r))
			fail_msg("order %d%d%d%d%d%d: %.*s\nnot %.*s", order[0], order[1], order[2], order[3], order[4], order[5], STR_ARG(json_to_str(a, r)),
				 STR_ARG(json_to_str(a, first)));
		return 1;
	}
	int n = 0;
	for (int i = at; i < TOLD; i++) {
		int swap = order[at];
		order[at] = order[i], order[i] = swap;
		n += permute(order, at + 1, first);
		swap = order[at];
		order[at] = order[i], order[i] = swap;
	}
	return n;
}

static void test_any_order(void **state)
{
	(void)state;
	int order[TOLD] = {0, 1, 2, 3, 4, 5};
	const struct json *v = merged_in(order);
	assert_int_equal(permute(order, 0, v), 720);
	assert_text(json_str(v, "status"), "finished");
	assert_text(json_str(json_getz(v, "class"), "code"), "IMP");
	assert_holds(v, "\"end\":\"2026-12-18T15:50:00.000Z\"");
	assert_holds(v, "\"code\":\"13\"");
	assert_holds(v, "R1");
}

static void test_cancelled(void **state)
{
	(void)state;
	const struct json *arrival = entry_of(mapped(HEAD("A04", "M1") PID PV1), "Encounter", 0), *cancel = entry_of(mapped(HEAD("A11", "M2") PID PV1), "Encounter", 0);
	struct json *v = visit_merge(a, NULL, arrival, STR("A04"), 1000);
	assert_text(json_str(v, "status"), "arrived");
	v = visit_merge(a, v, cancel, STR("A11"), 2000);
	assert_text(json_str(v, "status"), "cancelled");
	v = visit_merge(a, v, arrival, STR("A04"), 3000);
	assert_text(json_str(v, "status"), "arrived");
	assert_null(visit_merge(a, v, arrival, STR("A04"), 3000));
}

/* ---- suites ---- */

static int every_file(const char *dir, int *taken)
{
	DIR *d = opendir(dir);
	int n = 0;
	for (struct dirent *f; d && (f = readdir(d));) {
		const char *path = str_c(a, str_printf(a, "%s/%s", dir, f->d_name));
		struct str raw;
		struct hl7_message m;
		struct json *bundle = NULL;
		struct err e = ERR_INIT;
		if (f->d_name[0] == '.')
			continue;
		if (!str_ends(str_from(path), STR(".hl7"))) {
			n += every_file(path, taken);
			continue;
		}
		assert_true(env_system()->read_file(env_system(), a, path, 1 << 24, &raw, &e));
		n++;
		if (!hl7_parse(a, raw, &m, &e) || !hl7_map(a, &m, NULL, &bundle, &e)) {
			assert_true(e.message[0] != '\0');
			continue;
		}
		++*taken;
		assert_non_null(entry_of(bundle, "Patient", 0));
	}
	if (d)
		closedir(d);
	return n;
}

static void test_published_messages(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	int taken = 0, n = suites ? every_file(str_c(a, str_printf(a, "%s/hl7v2", suites)), &taken) : 0;
	if (n == 0) {
		print_message("skipped: no HL7 v2 suite\n");
		skip();
	}
	print_message("%d messages, %d mapped\n", n, taken);
	assert_true(taken >= 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_person),	     cmocka_unit_test(test_visit),	cmocka_unit_test(test_relative),
		cmocka_unit_test(test_sealed_and_hidden), cmocka_unit_test(test_null_address), cmocka_unit_test(test_number_that_fails_its_check),
		cmocka_unit_test(test_merge),	     cmocka_unit_test(test_refused),	cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_cancelled),    cmocka_unit_test(test_published_messages),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
