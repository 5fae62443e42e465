#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "pack/pack.h"

#define BASE HEED_BASE_URL

static struct arena *a;
static char root[64];      /* a folder that lives as long as one test */
static VEC(char *) made; /* files and folders in it, in the order they were made */

static int up(void **state)
{
	(void)state;
	a = arena_new(0);
	made.v = NULL;
	made.n = made.cap = 0;
	snprintf(root, sizeof root, "/tmp/heed-pack-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int down(void **state)
{
	(void)state;
	while (made.n)
		remove(made.v[--made.n]);
	remove(root);
	arena_destroy(a);
	return 0;
}

static char *path(const char *name)
{
	return str_c(a, str_printf(a, "%s/%s", root, name));
}

static void folder(const char *name)
{
	char *p = path(name);
	assert_int_equal(mkdir(p, 0700), 0);
	VEC_PUSH(a, &made, p);
}

static void file(const char *name, const char *text)
{
	char *p = path(name);
	FILE *f = fopen(p, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	VEC_PUSH(a, &made, p);
}

static bool load(const char *const *dirs, size_t n, struct pack **p, struct pack_problems *problems)
{
	return pack_load(a, env_system(), dirs, n, p, problems);
}

static void print(const struct pack_problems *problems)
{
	for (size_t i = 0; i < problems->list.n; i++)
		printf("%.*s:%d: %.*s\n", STR_ARG(problems->list.v[i].file), problems->list.v[i].line, STR_ARG(problems->list.v[i].message));
}

/* The folder root as one pack without problems. */
static struct pack *loaded(void)
{
	struct pack *p;
	struct pack_problems problems;
	const char *dirs[] = {root};
	if (!load(dirs, 1, &p, &problems)) {
		print(&problems);
		fail_msg("problems");
	}
	return p;
}

static void assert_text(struct str s, const char *want)
{
	if (!str_is(s, want))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(s), want);
}

/* ---- what ships ---- */

static struct pack *shipped(void)
{
	static const char *const dirs[] = {"pack/england", "pack/derby"};
	struct pack *p;
	struct pack_problems problems;
	if (!load(dirs, 2, &p, &problems)) {
		print(&problems);
		fail_msg("the packs that ship have %zu problems", problems.list.n);
	}
	return p;
}

static void what_ships_has_no_problems(void **state)
{
	(void)state;
	assert_true(pack_count(shipped()) > 20);
}

static void every_ladder_ends_and_every_queue_has_a_team(void **state)
{
	(void)state;
	struct pack *p = shipped();
	const struct pack_role *const *roles;
	size_t n = pack_roles(p, &roles);
	assert_true(n > 20);
	for (size_t i = 0; i < n; i++) {
		if (!roles[i]->is_relative && !roles[i]->team.n)
			fail_msg("%.*s has no team", STR_ARG(roles[i]->code));
		if (!roles[i]->deputy.n && !roles[i]->is_system)
			fail_msg("%.*s has no deputy", STR_ARG(roles[i]->code));
		if (!roles[i]->manager.n && !str_is(roles[i]->code, "partnership"))
			fail_msg("%.*s has no manager", STR_ARG(roles[i]->code));
	}
}

static void roles_say_what_they_may(void **state)
{
	(void)state;
	struct pack *p = shipped();
	const struct pack_role *nurse = pack_role(p, STR("ed-nurse")), *named = pack_role(p, STR("named-nurse"));
	const struct pack_role *system = pack_role(p, STR("system")), *admin = pack_role(p, STR("administrator"));
	assert_text(nurse->label, "A&E nurse");
	assert_text(nurse->team, "childrens-ed");
	assert_text(nurse->manager, "ed-nurse-in-charge");
	assert_true(pack_role_may(nurse, STR("Patient"), false));
	assert_true(pack_role_may(nurse, STR("QuestionnaireResponse"), true));
	assert_false(pack_role_may(nurse, STR("AuditEvent"), false));
	assert_false(pack_role_may(nurse, STR("Organization"), true));
	assert_false(nurse->may_open_without_relationship);
	assert_true(named->may_open_without_relationship);
	assert_false(pack_words_have(nurse->cleared, STR("marac")));
	assert_true(pack_words_have(named->cleared, STR("marac")));
	assert_false(pack_words_have(named->cleared, STR("legal-hold")));
	assert_true(pack_role_sees(nurse, STR("referral")));
	assert_false(pack_role_sees(nurse, STR("admin")));
	assert_true(system->is_system && system->is_admin && pack_role_may(system, STR("Basic"), true));
	const struct pack_label *const *labels;
	assert_int_equal(system->cleared.n, pack_labels(p, &labels));
	assert_true(admin->is_admin);
	assert_false(pack_role_may(admin, STR("Patient"), false));
	assert_true(pack_role(p, STR("referrer"))->is_relative);
	assert_null(pack_role(p, STR("nobody")));
	assert_false(pack_role_may(NULL, STR("Patient"), false));
}

static void labels_and_settings_are_read(void **state)
{
	(void)state;
	struct pack *p = shipped();
	assert_int_equal(pack_label(p, STR("marac"))->visibility, 2);
	assert_false(pack_label(p, STR("marac"))->may_print);
	assert_null(pack_label(p, STR("none")));
	assert_int_equal(pack_setting(p, "lock-minutes", -1), 15);
	assert_int_equal(pack_setting(p, "no-such-setting", -1), -1);
	assert_true(pack_value_set_has(p, STR(BASE "/ValueSet/open-reason"), STR_NONE, STR("concern")) == FHIR_IN_YES);
}

/* ---- loading ---- */

#define CODES(id, rest) "resourceType: CodeSystem\nid: " id "\nurl: " BASE "/CodeSystem/" id "\nstatus: active\ncontent: complete\n" rest

static void a_later_pack_overrides_by_type_and_id(void **state)
{
	(void)state;
	folder("one");
	folder("one/deep");
	folder("two");
	file("one/deep/b.yaml", CODES("x", "title: first\n") "---\n" CODES("y", "title: kept\n"));
	file("one/a.yaml", "resourceType: Parameters\nid: p\nparameter: [{name: n, valueInteger: 1}, {name: m, valueInteger: 2}, {name: s, valueString: t}]\n");
	file("one/ignored.txt", "not: yaml: at all");
	file("two/c.yaml", CODES("x", "title: second\nversion: '2'\n"));
	file("two/d.yaml", "resourceType: Parameters\nid: q\nparameter: [{name: n, valueInteger: 3}]\n");
	const char *dirs[] = {path("one"), path("two/")};
	struct pack *p;
	struct pack_problems problems;
	if (!load(dirs, 2, &p, &problems)) {
		print(&problems);
		fail();
	}
	assert_int_equal(pack_count(p), 4);
	const struct pack_resource *x = pack_get(p, STR("CodeSystem"), STR("x"));
	assert_text(json_str(x->body, "title"), "second");
	assert_true(str_ends(x->file, STR("two/c.yaml")));
	assert_text(json_str(pack_get(p, STR("CodeSystem"), STR("y"))->body, "title"), "kept");
	assert_null(pack_get(p, STR("CodeSystem"), STR("z")));
	assert_null(pack_get(p, STR("ValueSet"), STR("x")));
	assert_ptr_equal(pack_by_url(p, STR(BASE "/CodeSystem/x")), x);
	assert_ptr_equal(pack_by_url(p, STR(BASE "/CodeSystem/x|2")), x);
	assert_null(pack_by_url(p, STR(BASE "/CodeSystem/x|1")));
	assert_int_equal(pack_setting(p, "n", 0), 3);
	assert_int_equal(pack_setting(p, "m", 0), 2);
	assert_text(pack_setting_str(p, "s", STR("other")), "t");
	assert_text(pack_setting_str(p, "n", STR("other")), "other");
	const struct pack_resource *const *all;
	assert_int_equal(pack_all(p, STR("CodeSystem"), &all), 2);
	assert_text(all[0]->id, "x");
	assert_text(all[1]->id, "y");
}

static void the_digest_is_of_what_it_says(void **state)
{
	(void)state;
	file("a.yaml", CODES("a", "title: T\nconcept: [{code: c, display: d}]\n"));
	const struct pack_resource *r = pack_get(loaded(), STR("CodeSystem"), STR("a"));
	struct str first = r->digest;
	assert_int_equal(first.n, 64);
	file("a.yaml", "# words\n" CODES("a", "concept:\n- display: d\n  code: c\ntitle: 'T'\n"));
	assert_true(str_eq(pack_get(loaded(), STR("CodeSystem"), STR("a"))->digest, first));
	file("a.yaml", CODES("a", "title: U\nconcept: [{code: c, display: d}]\n"));
	assert_false(str_eq(pack_get(loaded(), STR("CodeSystem"), STR("a"))->digest, first));
}

#define SET(id, compose) "resourceType: ValueSet\nid: " id "\nurl: " BASE "/ValueSet/" id "\nstatus: active\ncompose:\n" compose

static void value_sets_are_expanded(void **state)
{
	(void)state;
	file("a.yaml", CODES("c", "concept: [{code: b, display: Bee}, {code: a, display: Ay, concept: [{code: a1, display: Ay one}]}, {code: z}]\n") "---\n" SET(
			       "all", "  include: [{system: " BASE "/CodeSystem/c}]\n  exclude: [{system: " BASE "/CodeSystem/c, concept: [{code: z}]}]\n") "---\n"
			       SET("more", "  include:\n  - valueSet: [" BASE "/ValueSet/all]\n  - {system: http://example.org/s, concept: [{code: q, display: Queue}]}\n"
					   "  - {system: " BASE "/CodeSystem/c, concept: [{code: b}]}\n"));
	struct pack *p = loaded();
	const struct json *set = pack_value_set(p, STR(BASE "/ValueSet/more"));
	assert_text(json_to_str(a, set), "[{\"system\":\"" BASE "/CodeSystem/c\",\"code\":\"b\",\"display\":\"Bee\"},"
					 "{\"system\":\"" BASE "/CodeSystem/c\",\"code\":\"a\",\"display\":\"Ay\"},"
					 "{\"system\":\"" BASE "/CodeSystem/c\",\"code\":\"a1\",\"display\":\"Ay one\"},"
					 "{\"system\":\"http://example.org/s\",\"code\":\"q\",\"display\":\"Queue\"}]");
	assert_null(pack_value_set(p, STR(BASE "/ValueSet/none")));
	assert_true(pack_value_set_has(p, STR(BASE "/ValueSet/all"), STR(BASE "/CodeSystem/c"), STR("a1")) == FHIR_IN_YES);
	assert_true(pack_value_set_has(p, STR(BASE "/ValueSet/all"), STR(BASE "/CodeSystem/c"), STR("z")) == FHIR_IN_NO);
	assert_true(pack_value_set_has(p, STR(BASE "/ValueSet/all"), STR("http://example.org/s"), STR("a")) == FHIR_IN_NO);
	assert_true(pack_value_set_has(p, STR("http://example.org/other"), STR_NONE, STR("a")) == FHIR_IN_UNKNOWN);
	assert_text(pack_display(p, STR(BASE "/CodeSystem/c"), STR("a1")), "Ay one");
	assert_text(pack_display(p, STR(BASE "/CodeSystem/c"), STR("z")), "z");
	assert_text(pack_display(p, STR_NONE, STR("a")), "a");
}

#define ROLES(rest) CODES("role", "concept:\n" rest)

static void a_supplement_gives_roles_their_teams(void **state)
{
	(void)state;
	folder("one");
	folder("two");
	file("one/a.yaml", ROLES("- {code: n, display: Nurse, property: [{code: manager, valueCode: m}, {code: reads, valueString: Patient Task},"
				 " {code: screens, valueString: today}]}\n- {code: m, display: Manager}\n"));
	file("two/b.yaml", "resourceType: CodeSystem\nid: role-here\nurl: " BASE "/CodeSystem/role-here\nstatus: active\ncontent: supplement\nsupplements: " BASE
			   "/CodeSystem/role\nconcept: [{code: n, property: [{code: team, valueCode: t}, {code: reads, valueString: Flag}]}]\n"
			   "---\nresourceType: Organization\nid: t\nname: Team\n");
	const char *dirs[] = {path("one"), path("two")};
	struct pack *p;
	struct pack_problems problems;
	if (!load(dirs, 2, &p, &problems)) {
		print(&problems);
		fail();
	}
	const struct pack_role *n = pack_role(p, STR("n"));
	assert_text(n->team, "t");
	assert_text(n->manager, "m");
	assert_int_equal(n->may_read.n, 3);
	assert_true(pack_role_may(n, STR("Flag"), false));
	assert_false(pack_role_may(n, STR("Flag"), true));
	assert_false(pack_role_may(pack_role(p, STR("m")), STR("Patient"), false));
}

/* ---- what is wrong ---- */

#define FORM(items) "resourceType: Questionnaire\nid: f\nurl: " BASE "/Questionnaire/f\nversion: '1'\nstatus: active\nitem:\n" items
#define PLAN(action) \
	"resourceType: PlanDefinition\nid: p\nurl: " BASE "/PlanDefinition/p\nversion: '1'\nstatus: active\naction:\n- title: t\n" action
#define CLOCK(rest) PLAN("  extension:\n  - url: " BASE "/StructureDefinition/clock\n    extension:\n" rest)
#define WITHIN "    - {url: within, valueQuantity: {value: 1, code: wd}}\n"
#define DEFINED                                                                                                                \
	"\n---\nresourceType: StructureDefinition\nid: clock\nurl: " BASE                                                      \
	"/StructureDefinition/clock\nname: Clock\nstatus: active\nkind: complex-type\nabstract: false\ntype: Extension\n---\n" ROLES( \
		"- {code: boss, display: Boss}\n")

static const struct {
	const char *text;
	int line; /* of the first problem */
	const char *why;
} wrong[] = {
	{"a: [1\n", 2, ""},
	{"a: 1\n", 1, "must be a resource"},
	{"[1, 2]\n", 1, "must be a resource"},
	{"resourceType: Patent\nid: x\n", 1, "no resource type \"Patent\""},
	{"resourceType: Basic\nid: x y\n", 1, "needs an id"},
	{"resourceType: Basic\n", 1, "needs an id"},
	{CODES("c", "") "---\n" CODES("c", ""), 7, "is defined already"},
	{"# one\n---\nresourceType: Organization\nid: t\nname: Team\nnmae: Team\n", 6, "nmae"},
	{CODES("c", "contnt: 1\n"), 6, "contnt"},
	{"resourceType: CodeSystem\nid: c\ncontent: complete\nstatus: maybe\n", 4, "maybe"},
	{"resourceType: CodeSystem\nid: a\nurl: u:x\nstatus: active\ncontent: complete\n---\nresourceType: CodeSystem\nid: b\nurl: u:x\nstatus: active\n"
	 "content: complete\n",
	 7, "the url u:x is that of CodeSystem/a"},
	{CODES("c", "concept:\n- {code: a}\n- {code: b}\n- {code: a}\n"), 9, "\"a\" is here already"},
	{"resourceType: Questionnaire\nid: q\nstatus: active\n", 1, "needs a url and a version"},
	{FORM("- {linkId: a, text: A, type: string}\n- {linkId: a, text: B, type: string}\n"), 8, "item \"a\" already"},
	{FORM("- {linkId: a, text: A, type: boolean}\n- linkId: b\n  type: string\n  enableWhen:\n  - {question: c, operator: '=', answerBoolean: true}\n"),
	 11, "no item \"c\""},
	{FORM("- {linkId: a, text: A, type: choice, answerValueSet: " BASE "/ValueSet/gone}\n"), 7, "nothing defines " BASE "/ValueSet/gone"},
	{FORM("- linkId: a\n  type: string\n  extension:\n  - url: " BASE "/StructureDefinition/gone\n    valueBoolean: true\n"), 10,
	 "nothing defines " BASE "/StructureDefinition/gone"},
	{FORM("- linkId: a\n  type: string\n  extension:\n  - url: http://example.org/calculated\n    valueExpression:\n      language: text/fhirpath\n"
	      "      expression: \"%resource.item.where(linkId='b').answer.value\"\n"),
	 13, "no form has an item \"b\""},
	{"resourceType: ValueSet\nid: v\nurl: " BASE "/ValueSet/v\nstatus: active\ncompose:\n  include:\n  - system: " BASE "/CodeSystem/none\n", 7, "none"},
	{CODES("c", "concept: [{code: a}]\n") "---\n" SET("v", "  include:\n  - system: " BASE "/CodeSystem/c\n    concept:\n    - {code: b}\n"), 16,
	 "has no code \"b\""},
	{SET("v", "  include:\n  - valueSet: [" BASE "/ValueSet/v]\n"), 7, "without end"},
	{SET("v", "  include:\n  - valueSet: [" BASE "/ValueSet/w]\n"), 7, "no pack has the value set"},
	{CODES("c", "concept: [{code: a}]\n") "---\nresourceType: Flag\nid: f\nstatus: active\nsubject: {display: x}\ncode:\n  coding:\n  - system: " BASE
						"/CodeSystem/c\n    code: b\n",
	 15, "has no code \"b\""},
	{ROLES("- {code: a, display: A, property: [{code: manager, valueCode: b}]}\n"), 7, "manager \"b\" is no role"},
	{ROLES("- {code: a, display: A, property: [{code: deputy, valueCode: b}]}\n"), 7, "deputy \"b\" is no role"},
	{ROLES("- {code: a, display: A, property: [{code: team, valueCode: b}]}\n"), 7, "no Organization \"b\""},
	{ROLES("- {code: a, display: A, property: [{code: reads, valueString: Patient Patent}]}\n"), 7, "may read \"Patent\""},
	{ROLES("- {code: a, display: A, property: [{code: writes, valueString: Patent}]}\n"), 7, "may write \"Patent\""},
	{ROLES("- {code: a, display: A, property: [{code: clears, valueString: secret}]}\n"), 7, "cleared for \"secret\""},
	{ROLES("- {code: a, display: A, property: [{code: manager, valueCode: b}]}\n- {code: b, display: B, property: [{code: manager, valueCode: a}]}\n"),
	 7, "never ends"},
	{CODES("label", "concept: [{code: a, property: [{code: visibility, valueInteger: 5}]}]\n"), 6, "visibility of 0 to 4"},
	{ROLES("- {code: a, display: A}\n") "---\nresourceType: CodeSystem\nid: s\nstatus: active\ncontent: supplement\nsupplements: " BASE
					    "/CodeSystem/role\nconcept:\n- {code: b}\n",
	 15, "\"b\" is no role"},
	{CLOCK(WITHIN) DEFINED, 9, "needs somebody to tell"},
	{CLOCK(WITHIN "    - {url: escalate, extension: [{url: after, valueQuantity: {value: 0, code: wd}}, {url: to, valueCode: gone}]}\n") DEFINED, 12,
	 "no role \"gone\""},
	{CLOCK(WITHIN "    - {url: escalate, extension: [{url: after, valueQuantity: {value: 0, code: wd}}]}\n") DEFINED, 12, "says nobody to tell"},
	{CLOCK(WITHIN "    - {url: escalate, extension: [{url: to, valueCode: boss}]}\n") DEFINED, 12, "after how long"},
	{CLOCK("    - {url: escalate, extension: [{url: after, valueQuantity: {value: 0, code: wd}}, {url: to, valueCode: boss}]}\n") DEFINED, 9,
	 "how long it runs"},
	{PLAN("  trigger:\n  - type: data-added\n    data: [{type: HumanName}]\n    condition: {language: text/fhirpath, expression: 'true'}\n"), 10,
	 "needs a resource type"},
	{PLAN("  definitionCanonical: " BASE "/ActivityDefinition/gone|1\n"), 8, "nothing defines"},
	{PLAN("  condition:\n  - kind: applicability\n    expression: {language: text/fhirpath, expression: \"%event.questionnaire = '" BASE
	      "/Questionnaire/gone'\"}\n"),
	 10, "nothing defines " BASE "/Questionnaire/gone"},
	{PLAN("  description: \"Read {{%event.id and\"\n"), 8, "{{ has no }}"},
	{PLAN("  description: \"Read {{%event.id +}}\"\n"), 8, "FHIRPath: "},
	{PLAN("  condition:\n  - kind: applicability\n    expression: {language: text/fhirpath, expression: \"%event.where(\"}\n"), 10, "FHIRPath: "},
	{PLAN("  trigger:\n  - type: data-added\n    data: [{type: Encounter}]\n    condition: {language: text/fhirpath, expression: 'gendre = 1'}\n"), 11,
	 "gendre"},
};

static void says_file_and_line_of_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct pack *p;
		struct pack_problems problems;
		const char *dirs[] = {root};
		file("a.yaml", wrong[i].text);
		assert_false(load(dirs, 1, &p, &problems) && wrong[i].line);
		const struct pack_problem *first = &problems.list.v[0];
		if (!problems.list.n || first->line != wrong[i].line || str_find(first->message, str_from(wrong[i].why)) < 0) {
			print(&problems);
			fail_msg("%s\nwant line %d: %s", wrong[i].text, wrong[i].line, wrong[i].why);
		}
		assert_text(first->file, path("a.yaml"));
	}
}

static void says_when_a_folder_is_not_there(void **state)
{
	(void)state;
	struct pack *p;
	struct pack_problems problems;
	const char *dirs[] = {path("gone")};
	assert_false(load(dirs, 1, &p, &problems));
	assert_int_equal(problems.list.n, 1);
	assert_int_equal(pack_count(p), 0);
}

static void what_is_right_has_no_problems(void **state)
{
	(void)state;
	file("a.yaml", CLOCK(WITHIN "    - {url: escalate, extension: [{url: after, valueQuantity: {value: 0, code: wd}}, {url: to, valueCode: boss}]}\n") DEFINED);
	file("b.yaml", FORM("- {linkId: a, text: A, type: boolean}\n- linkId: b\n  type: string\n  enableWhen:\n"
			    "  - {question: a, operator: '=', answerBoolean: true}\n"));
	assert_int_equal(pack_count(loaded()), 4);
}

static int command(char *one, char *two, char *three)
{
	char *argv[] = {one, two, three, NULL};
	return cli_pack(three ? 3 : two ? 2 : 1, argv);
}

static void the_command_says_by_its_exit_code(void **state)
{
	(void)state;
	char check[] = "check", england[] = "pack/england", derby[] = "pack/derby", option[] = "--all", list[] = "list";
	assert_int_equal(command(check, england, derby), 0);
	assert_int_equal(command(check, derby, NULL), 1); /* its supplement is of roles that are not there */
	assert_int_equal(command(check, NULL, NULL), 2);
	assert_int_equal(command(list, england, NULL), 2);
	assert_int_equal(command(check, england, option), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_ships_has_no_problems, up, down),
		cmocka_unit_test_setup_teardown(every_ladder_ends_and_every_queue_has_a_team, up, down),
		cmocka_unit_test_setup_teardown(roles_say_what_they_may, up, down),
		cmocka_unit_test_setup_teardown(labels_and_settings_are_read, up, down),
		cmocka_unit_test_setup_teardown(a_later_pack_overrides_by_type_and_id, up, down),
		cmocka_unit_test_setup_teardown(the_digest_is_of_what_it_says, up, down),
		cmocka_unit_test_setup_teardown(value_sets_are_expanded, up, down),
		cmocka_unit_test_setup_teardown(a_supplement_gives_roles_their_teams, up, down),
		cmocka_unit_test_setup_teardown(says_file_and_line_of_what_is_wrong, up, down),
		cmocka_unit_test_setup_teardown(says_when_a_folder_is_not_there, up, down),
		cmocka_unit_test_setup_teardown(what_is_right_has_no_problems, up, down),
		cmocka_unit_test_setup_teardown(the_command_says_by_its_exit_code, up, down),
	};
	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
