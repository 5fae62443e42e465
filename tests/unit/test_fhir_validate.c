#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "fhir/fhir.h"

static struct json *parsed(struct arena *a, struct str text)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	if (!json_parse(a, text, NULL, &j, &e))
		fail_msg("%s in %.*s", e.message, STR_ARG(text));
	return j;
}

static struct fhir_outcome *validated(struct arena *a, const char *text)
{
	struct fhir_outcome *out = fhir_outcome_new(a);
	fhir_validate(a, parsed(a, str_from(text)), str_from(text), out);
	return out;
}

#define PATIENT(rest) "{\"resourceType\":\"Patient\"," rest "}"
#define DIV(rest) PATIENT("\"text\":{\"status\":\"generated\",\"div\":\"" rest "\"}")
#define XDIV(rest) DIV("<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" rest "</div>")
#define OBSERVATION(rest) "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"}," rest "}"

static void good_bodies_pass(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{\"resourceType\":\"Patient\"}",
		PATIENT("\"birthDate\":\"2015-02\""),
		PATIENT("\"birthDate\":\"2015-02-03\",\"_birthDate\":{\"extension\":[{\"url\":\"http://example.org/t\",\"valueTime\":\"10:00:00\"}]}"),
		PATIENT("\"_birthDate\":{\"extension\":[{\"url\":\"http://example.org/absent\",\"valueCode\":\"unknown\"}]}"),
		PATIENT("\"name\":[{\"given\":[\"Ann\",null],\"_given\":[null,{\"id\":\"b\"}]}]"),
		PATIENT("\"name\":[{\"_given\":[{\"id\":\"b\"}]}]"),
		PATIENT("\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"p\"}],\"generalPractitioner\":[{\"reference\":\"#p\"}]"),
		PATIENT("\"link\":[{\"other\":{\"reference\":\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\"},\"type\":\"seealso\"}]"),
		PATIENT("\"managingOrganization\":{\"reference\":\"Organization?identifier=http://example.org|1\"}"),
		PATIENT("\"managingOrganization\":{\"reference\":\"https://example.org/fhir/Organization/1/_history/2\"}"),
		PATIENT("\"contact\":[{\"name\":{\"text\":\"x\"}}]"),
		OBSERVATION("\"valueQuantity\":{\"value\":-0.00}"),
		OBSERVATION("\"valueQuantity\":{\"value\":1e400}"), /* a decimal has no range */
		XDIV("<p class='x' style=\\\"color: red\\\">a<br/><a href='#b'>b</a><a href='Patient/1'>c</a></p>"),
		XDIV("<img src='#photo' alt='x'/>"),
		XDIV("&#160;&lt;ok&gt;<a href='mailto:a@example.org'>m</a>"),
		XDIV("<a href='a-long-page-name-without-any-delimiter-in-it.html'>c</a>"),
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct fhir_outcome *out = validated(a, good[i]);
		if (out->errors)
			fail_msg("%s: %.*s", good[i], STR_ARG(out->issues.v[0].diagnostics));
	}
	arena_destroy(a);
}

static void bad_bodies_say_what_and_where(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err_code code;
		const char *expression, *says;
	} rows[] = {
		{"[]", ERR_SYNTAX, "Resource", "must be a JSON object"},
		{"{}", ERR_SYNTAX, "Resource", "must say its type"},
		{"{\"resourceType\":\"Pateint\"}", ERR_SYNTAX, "Resource", "\"Pateint\" is not a resource type"},
		{"{\"resourceType\":\"DomainResource\"}", ERR_SYNTAX, "Resource", "not a resource type"},
		{PATIENT("\"banana\":1"), ERR_SYNTAX, "Patient", "Patient has no element \"banana\""},
		{PATIENT("\"deceased\":true"), ERR_SYNTAX, "Patient", "no element \"deceased\""},
		{PATIENT("\"_name\":[{\"id\":\"a\"}]"), ERR_SYNTAX, "Patient", "no element \"_name\""},
		{PATIENT("\"active\":\"true\""), ERR_SYNTAX, "Patient.active", "must be true or false, not a string"},
		{PATIENT("\"multipleBirthInteger\":1.5"), ERR_SYNTAX, "Patient.multipleBirth", "\"1.5\" is not a whole number"},
		{PATIENT("\"multipleBirthInteger\":2147483648"), ERR_SYNTAX, "Patient.multipleBirth", "whole number of 32 bits"},
		{PATIENT("\"name\":{\"family\":\"x\"}"), ERR_SYNTAX, "Patient.name", "must be a list"},
		{PATIENT("\"gender\":[\"male\"]"), ERR_SYNTAX, "Patient.gender", "must not be a list"},
		{PATIENT("\"name\":[]"), ERR_SYNTAX, "Patient.name", "empty list"},
		{PATIENT("\"name\":[{\"family\":\"a\"},{}]"), ERR_SYNTAX, "Patient.name[1]", "is empty"},
		{PATIENT("\"name\":[{\"id\":\"a\"}]"), ERR_SYNTAX, "Patient.name[0]", "is empty"},
		{PATIENT("\"name\":[null]"), ERR_SYNTAX, "Patient.name[0]", "is null"},
		{PATIENT("\"name\":[{\"given\":[\"a\",null]}]"), ERR_SYNTAX, "Patient.name[0].given[1]", "is null"},
		{PATIENT("\"name\":[{\"given\":[\"a\",\"b\"],\"_given\":[{\"id\":\"x\"}]}]"), ERR_SYNTAX, "Patient.name[0].given", "has 1 items, its values 2"},
		{PATIENT("\"gender\":null"), ERR_SYNTAX, "Patient.gender", "is null"},
		{PATIENT("\"gender\":\"femail\""), ERR_CODE, "Patient.gender", "\"femail\" is not a code of"},
		{PATIENT("\"birthDate\":\"2015-02-30\""), ERR_VALUE, "Patient.birthDate", "\"2015-02-30\" is not a date"},
		{PATIENT("\"name\":[{\"family\":\"\"}]"), ERR_VALUE, "Patient.name[0].family", "is not text"},
		{PATIENT("\"name\":[{\"family\":\"a\\u0000b\"}]"), ERR_VALUE, "Patient.name[0].family", "is not text"},
		{PATIENT("\"id\":\"a b\""), ERR_INVALID, "Patient.id", "is not an id"},
		{PATIENT("\"id\":\"..\""), ERR_INVALID, "Patient.id", "is not an id"},
		{PATIENT("\"deceasedBoolean\":true,\"deceasedDateTime\":\"2020\""), ERR_STRUCTURE, "Patient.deceased", "a boolean and a dateTime"},
		{PATIENT("\"link\":[{\"type\":\"refer\"}]"), ERR_REQUIRED, "Patient.link[0]", "must have other"},
		{"{\"resourceType\":\"Observation\",\"status\":\"final\"}", ERR_REQUIRED, "Observation", "must have code"},
		{PATIENT("\"extension\":[{\"url\":\"http://example.org/x\"}]"), ERR_INVARIANT, "Patient.extension[0]", "ext-1"},
		{PATIENT("\"extension\":[{\"valueString\":\"x\"}]"), ERR_REQUIRED, "Patient.extension[0]", "must have url"},
		{PATIENT("\"managingOrganization\":{\"reference\":\"Patient/1\"}"), ERR_VALUE, "Patient.managingOrganization", "may only refer to Organization"},
		{PATIENT("\"managingOrganization\":{\"reference\":\"#none\"}"), ERR_VALUE, "Patient.managingOrganization", "no contained resource"},
		{PATIENT("\"managingOrganization\":{\"reference\":\"Organization/../x\"}"), ERR_INVALID, "Patient.managingOrganization", "is not Type/id"},
		{PATIENT("\"managingOrganization\":{\"reference\":\"file:///etc/passwd\"}"), ERR_INVALID, "Patient.managingOrganization", "is not Type/id"},
		{PATIENT("\"managingOrganization\":{\"reference\":\"Organization/1\",\"type\":\"Patient\"}"), ERR_VALUE, "Patient.managingOrganization", "the type says Patient"},
		{PATIENT("\"contained\":[{\"resourceType\":\"AuditEvent\",\"id\":\"a\"}]"), ERR_REQUIRED, "Patient.contained[0]", "must have type"},
		{PATIENT("\"contained\":[{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"},\"id\":\"a\"}]"), ERR_INVARIANT, "Patient.contained[0]", "dom-3"},
		{PATIENT("\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"a\",\"meta\":{\"versionId\":\"1\"}}],\"managingOrganization\":{\"reference\":\"#a\"}"),
		 ERR_INVARIANT, "Patient.contained[0]", "dom-4"},
		{"{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"gender\":\"z\"}}]}", ERR_CODE,
		 "Bundle.entry[0].resource.gender", "\"z\""},
		{"{\"resourceType\":\"Encounter\",\"status\":\"finished\",\"class\":{\"code\":\"EMER\"},\"resourceType2\":1}", ERR_SYNTAX, "Encounter", "resourceType2"},
		{"{\"resourceType\":\"AllergyIntolerance\",\"patient\":{\"display\":\"x\"},\"clinicalStatus\":{\"coding\":[{\"code\":\"active\"}]}}", ERR_CODE,
		 "AllergyIntolerance.clinicalStatus", "no coding is in"}, /* a coding without its system is not that code */
		{XDIV("<script>1</script>"), ERR_VALUE, "Patient.text.div", "element \"script\""},
		{XDIV("<p onclick='x'>a</p>"), ERR_VALUE, "Patient.text.div", "attribute \"onclick\""},
		{XDIV("<a href='javascript:x'>a</a>"), ERR_VALUE, "Patient.text.div", "link"},
		{XDIV("<a href='java&#9;script:x'>a</a>"), ERR_VALUE, "Patient.text.div", "link"},
		{XDIV("<a href=' JaVaScRiPt:x'>a</a>"), ERR_VALUE, "Patient.text.div", "link"},
		{XDIV("<a href='data:text/html,x'>a</a>"), ERR_VALUE, "Patient.text.div", "link"},
		{XDIV("<img src='data:image/svg+xml;base64,x' alt='x'/>"), ERR_VALUE, "Patient.text.div", "source"},
		{XDIV("<p style='background:u\\\\72l(x)'>a</p>"), ERR_VALUE, "Patient.text.div", "style"},
		{XDIV("<p style='width: EXPRESSION(x)'>a</p>"), ERR_VALUE, "Patient.text.div", "style"},
		{XDIV("<form><p>a</p></form>"), ERR_VALUE, "Patient.text.div", "element \"form\""},
		{XDIV("a&nbsp;b"), ERR_VALUE, "Patient.text.div", "not well-formed"},
		{XDIV("<p>a"), ERR_VALUE, "Patient.text.div", "not well-formed"},
		{XDIV(" <p> </p>"), ERR_VALUE, "Patient.text.div", "empty"},
		{XDIV("<?php x?>a"), ERR_VALUE, "Patient.text.div", "processing instruction"},
		{DIV("<div>a</div>"), ERR_VALUE, "Patient.text.div", "no namespace"},
		{DIV("<p xmlns=\\\"http://www.w3.org/1999/xhtml\\\">a</p>"), ERR_VALUE, "Patient.text.div", "is not div"},
		{DIV("<div xmlns=\\\"http://example.org/\\\">a</div>"), ERR_VALUE, "Patient.text.div", "namespace"},
		{DIV("<!DOCTYPE d [<!ENTITY a 'b'>]><div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">&a;</div>"), ERR_VALUE, "Patient.text.div", "document type"},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fhir_outcome *out = validated(a, rows[i].text);
		if (!out->errors)
			fail_msg("passed: %s", rows[i].text);
		const struct fhir_issue *issue = &out->issues.v[0];
		if (str_find(issue->diagnostics, str_from(rows[i].says)) < 0 || issue->code != rows[i].code || !str_is(issue->expression, rows[i].expression))
			fail_msg("%s: %s at %.*s: %.*s", rows[i].text, err_name(issue->code), STR_ARG(issue->expression), STR_ARG(issue->diagnostics));
	}
	arena_destroy(a);
}

static void issues_have_line_and_column(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct fhir_outcome *out = validated(a, "{\n  \"resourceType\": \"Patient\",\n  \"gender\": \"femail\"\n}");
	assert_int_equal(out->issues.n, 1);
	assert_int_equal(out->issues.v[0].line, 3);
	assert_int_equal(out->issues.v[0].column, 13);
	struct json *j = fhir_outcome_json(a, out);
	assert_true(str_is(json_str(json_path(j, "issue", "0", NULL), "severity"), "error"));
	assert_true(str_is(json_str(json_path(j, "issue", "0", NULL), "code"), "code-invalid"));
	assert_true(str_is(json_text(json_path(j, "issue", "0", "location", "0", NULL)), "line 3, column 13"));
	assert_true(str_is(json_text(json_path(j, "issue", "0", "expression", "0", NULL)), "Patient.gender"));
	assert_true(fhir_validate(a, j, STR_NONE, fhir_outcome_new(a))); /* our own answer is a right one */
	assert_true(fhir_validate(a, fhir_outcome_json(a, fhir_outcome_new(a)), STR_NONE, fhir_outcome_new(a)));
	assert_int_equal(fhir_outcome_worst(out), ERR_CODE);
	out = validated(a, PATIENT("\"a\\u001b[2Jb\":1")); /* what it quotes does nothing to a terminal, and is right FHIR */
	assert_true(str_is(out->issues.v[0].diagnostics, "Patient has no element \"a?[2Jb\""));
	assert_true(fhir_validate(a, fhir_outcome_json(a, out), STR_NONE, fhir_outcome_new(a)));
	arena_destroy(a);
}

/* A body that is all errors, or one that nests without end, costs no more than one that is right. */
static void errors_and_depth_are_bounded(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct buf b = buf_new(a, 1 << 22);
	buf_c(&b, "{\"resourceType\":\"Patient\",\"name\":[{}");
	for (int i = 0; i < 100000; i++)
		buf_c(&b, ",{}");
	buf_c(&b, "]}");
	struct fhir_outcome *out = fhir_outcome_new(a);
	assert_false(fhir_validate(a, parsed(a, buf_str(&b)), buf_str(&b), out));
	assert_int_equal(out->issues.n, 100);

	struct json *inner = json_object(a);
	for (int i = 0; i < 5000; i++) {
		struct json *outer = json_object(a), *list = json_array(a);
		json_push(a, list, inner);
		json_setz(a, outer, "extension", list);
		json_setz(a, outer, "url", json_stringz(a, "http://example.org/x"));
		inner = outer;
	}
	json_setz(a, inner, "resourceType", json_stringz(a, "Patient"));
	assert_true(json_remove(inner, STR("url")));
	out = fhir_outcome_new(a);
	assert_false(fhir_validate(a, inner, STR_NONE, out));
	assert_int_equal(out->issues.v[0].code, ERR_TOO_COSTLY);
	arena_destroy(a);
}

static void primitives_keep_their_format(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		bool ok;
		const char *json;
	} rows[] = {
		{"base64Binary", true, "\"AAAA\""},	  {"base64Binary", true, "\"AA ==\""},	    {"base64Binary", false, "\"AAA\""},
		{"base64Binary", false, "\"A=AA\""},	  {"base64Binary", false, "\"AA-_\""},	    {"base64Binary", false, "\"====\""},
		{"boolean", true, "false"},		  {"boolean", false, "0"},		    {"canonical", true, "\"http://a|1\""},
		{"code", true, "\"a b\""},		  {"code", false, "\"a  b\""},		    {"code", false, "\" a\""},
		{"code", false, "\"a \""},		  {"code", false, "\"\""},		    {"date", true, "\"2016-02-29\""},
		{"date", false, "\"2015-02-29\""},	  {"date", false, "\"2015-1-1\""},	    {"date", false, "\"2015-02-03T00:00:00Z\""},
		{"dateTime", true, "\"2015\""},		  {"dateTime", true, "\"2015-02-07T13:28:17.239+02:00\""}, {"dateTime", false, "\"2015-02-07T13:28\""},
		{"dateTime", false, "\"2015-02-07T13:28:17\""}, {"decimal", true, "1.00"},	    {"decimal", true, "-1e-3"},
		{"decimal", false, "\"1\""},		  {"id", true, "\"A-1.b\""},		    {"id", false, "\"a_b\""},
		{"id", false, "\".\""},			  {"instant", true, "\"2015-02-07T13:28:17Z\""}, {"instant", false, "\"2015-02-07\""},
		{"integer", true, "-2147483648"},	  {"integer", false, "-2147483649"},	    {"integer", false, "-0"},
		{"integer", false, "1.0"},		  {"integer", false, "1e2"},		    {"integer", false, "1e400"},
		{"markdown", true, "\"# a\\n\\tb\""},	  {"oid", true, "\"urn:oid:1.2.3\""},	    {"oid", false, "\"urn:oid:1.02\""},
		{"oid", false, "\"1.2.3\""},		  {"oid", false, "\"urn:oid:3.1\""},	    {"oid", false, "\"urn:oid:1\""},
		{"positiveInt", true, "1"},		  {"positiveInt", false, "0"},		    {"string", true, "\" \""},
		{"string", false, "\"\""},		  {"string", false, "\"\\u0007\""},	    {"string", false, "1"},
		{"time", true, "\"23:59:59.9\""},	  {"time", false, "\"24:00:00\""},	    {"time", false, "\"10:00\""},
		{"unsignedInt", true, "0"},		  {"unsignedInt", false, "-1"},		    {"uri", true, "\"urn:x\""},
		{"uri", false, "\"a b\""},		  {"url", false, "\"http://a/\\u007f\""},    {"uuid", true, "\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""},
		{"uuid", false, "\"urn:uuid:C757873D-EC9A-4326-A141-556F43239520\""},		    {"uuid", false, "\"c757873d-ec9a-4326-a141-556f43239520\""},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (fhir_primitive_ok(fhir_type(str_from(rows[i].type)), parsed(a, str_from(rows[i].json)), NULL) != rows[i].ok)
			fail_msg("%s %s should be %s", rows[i].type, rows[i].json, rows[i].ok ? "accepted" : "refused");
	char text[1024 * 1024 + 1];
	memset(text, 'a', sizeof text);
	assert_false(fhir_primitive_ok(fhir_type(STR("string")), json_string(a, (struct str){text, sizeof text}), NULL));
	assert_true(fhir_primitive_ok(fhir_type(STR("string")), json_string(a, (struct str){text, sizeof text - 1}), NULL));
	struct err e = ERR_INIT;
	assert_false(fhir_primitive_ok(fhir_type(STR("HumanName")), json_null(a), &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	/* What a message quotes ends between characters. */
	assert_false(fhir_primitive_ok(fhir_type(STR("date")), json_stringz(a, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u00e9\u00e9"), &e));
	assert_true(utf8_valid(str_from(e.message)));
	arena_destroy(a);
}

static void references_are_parsed(void **state)
{
	(void)state;
	struct fhir_reference r;
	assert_true(fhir_reference_parse(STR("Patient/1"), STR_NONE, &r));
	assert_true(str_is(r.type, "Patient") && str_is(r.id, "1") && !r.version.p);
	assert_true(fhir_reference_parse(STR("http://example.org/fhir/Task/a/_history/3"), STR("http://example.org/fhir"), &r));
	assert_true(str_is(r.type, "Task") && str_is(r.id, "a") && str_is(r.version, "3"));
	assert_true(fhir_reference_parse(STR("http://example.org/fhir/Task/a"), STR("http://example.org/fhir/"), &r));
	static const char *const bad[] = {"", "Patient", "Patient/", "patient/1", "Banana/1", "Patient/1/2", "Patient/1/_history/", "/Patient/1", "#p",
					  "http://other.example.org/fhir/Patient/1", "http://example.org/fhirPatient/1", "Patient/1/_history/2/3"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(fhir_reference_parse(str_from(bad[i]), STR("http://example.org/fhir"), &r));
}

static const char *temp_file(struct arena *a, const char *text)
{
	char *path = str_c(a, STR("/tmp/heed-validate-XXXXXX"));
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void the_command_exits_1_for_an_error(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	char *good = (char *)temp_file(a, "{\"resourceType\":\"Patient\"}"), *bad = (char *)temp_file(a, "{\"resourceType\":\"Patient\",\"x\":1}");
	char *broken = (char *)temp_file(a, "{"), *none = str_c(a, STR("/nonexistent/file.json"));
	assert_int_equal(cli_validate(1, (char *[]){good, NULL}), 0);
	assert_int_equal(cli_validate(2, (char *[]){good, bad, NULL}), 1);
	assert_int_equal(cli_validate(2, (char *[]){broken, good, NULL}), 1);
	assert_int_equal(cli_validate(1, (char *[]){none, NULL}), 1);
	assert_int_equal(cli_validate(0, (char *[]){NULL}), 2);
	unlink(good), unlink(bad), unlink(broken);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_bodies_pass),
		cmocka_unit_test(bad_bodies_say_what_and_where),
		cmocka_unit_test(issues_have_line_and_column),
		cmocka_unit_test(errors_and_depth_are_bounded),
		cmocka_unit_test(primitives_keep_their_format),
		cmocka_unit_test(references_are_parsed),
		cmocka_unit_test(the_command_exits_1_for_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
