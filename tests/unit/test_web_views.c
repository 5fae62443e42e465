/* Screens from sample data: what every page must keep. With HEED_SHOTS=DIR the pages and their assets are written there, to be looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "web/assets.h"
#include "web/view.h"

static struct arena *arena;
static struct html page;

static const struct banner maya = {.href = {NULL, 0}, .name = STR("REED, Maya"), .born = STR("12-Jun-2019 (7y 5m)"), .gender = STR("Female"),
				   .nhs = STR("999 048 7723")};

static struct frame frame_of(const char *title)
{
	return (struct frame){.service = STR("Child safeguarding record"), .title = str_from(title), .user = STR("Priya Shah"),
			      .role = STR("children’s ED nurse"), .csrf = STR("csrf-token"), .part = PART_TODAY, .show_people = true, .show_referrals = true};
}

static size_t count(struct str s, const char *what)
{
	size_t n = 0;
	struct str w = str_from(what);
	for (ptrdiff_t i; (i = str_find(s, w)) >= 0; n++)
		s = str_sub(s, (size_t)i + w.n, s.n);
	return n;
}

static void write_file(const char *name, const void *p, size_t n)
{
	const char *dir = getenv("HEED_SHOTS");
	if (!dir)
		return;
	FILE *out = fopen(str_c(arena, str_printf(arena, "%s/%s", dir, name)), "wb");
	if (!out)
		return;
	fwrite(p, 1, n, out);
	fclose(out);
}

/* What holds of every page; returns its text. */
static struct str checked(const char *name)
{
	struct str s = html_finish(&page);
	assert_non_null(s.p);
	write_file(str_c(arena, str_printf(arena, "%s.html", name)), s.p, s.n);
	assert_true(str_starts(s, STR("<!DOCTYPE html><html lang=\"en-GB\"")));
	assert_int_equal(count(s, "<h1"), 1);
	assert_int_equal(count(s, " style="), 0);
	static const char *const handlers[] = {" onclick=", " onload=", " onsubmit=", "javascript:"};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(count(s, handlers[i]), 0);
	assert_int_equal(count(s, "id=\"maincontent\""), 1);
	assert_int_equal(count(s, "method=\"post\""), count(s, "name=\"csrf\""));
	assert_true(count(s, "<input") < 200);
	return s;
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(0);
	html_init(&page, arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

static const struct choice whose[] = {{STR("team"), STR("My team"), true}, {STR("me"), STR("Only mine"), false}, {STR("none"), STR("Not given to anyone"), false}};
static const struct choice order[] = {{STR("due"), STR("Most urgent first"), true}, {STR("name"), STR("Name"), false}};

static const struct work_row work[] = {
	{.when = STR("16 hours late"), .colour = "red", .person_href = STR("/p/7f3a"), .person = STR("REED, Maya"), .person_facts = STR("7y 5m"),
	 .nhs = STR("999 048 7723"), .what = STR("Confirm the phone referral in writing"), .detail = STR("Scald, 21-Nov"), .who = STR("You"),
	 .next_href = STR("/t/1"), .next = STR("Write it"), .why = STR("/why/1")},
	{.when = STR("1 day late"), .colour = "red", .person_href = STR("/p/55aa"), .person = STR("KHAN, Idris"), .person_facts = STR("15y 2m"),
	 .nhs = STR("999 300 4170"), .what = STR("Left before being seen, overdose"), .who = STR("Nobody"), .next_href = STR("/t/51"),
	 .next = STR("Open it"), .take = STR("/t/51/take"), .why = STR("/why/2")},
	{.when = STR("17:00 today"), .colour = "yellow", .person_href = STR("/p/7f3a"), .person = STR("REED, Maya"), .person_facts = STR("7y 5m"),
	 .nhs = STR("999 048 7723"), .what = STR("Decision on the referral awaited"), .who = STR("Children’s social care"), .next_href = STR("/r/882"),
	 .next = STR("Chase")},
};

static void today(void **state)
{
	(void)state;
	const struct tile tiles[] = {{2, STR("late"), STR("/?f=late"), true, false}, {2, STR("due today"), STR("/?f=today"), false, false},
				     {5, STR("mine, later"), STR("/?f=mine"), false, false}, {4, STR("done in 7 days"), STR("/?f=done"), false, false}};
	struct today_view v = {.heading = STR("Today, children’s emergency department"), .tiles = tiles, .tile_count = 4, .whose = whose,
			       .whose_count = 3, .order = order, .order_count = 2, .rows = work, .n = 3, .once = STR("once-token")};
	v.line = (struct list_line){3, 3, STR("late or due today"), STR("most urgent first"), STR("my team"), 0, STR("24-Nov-2026 09:12"), STR("/"), STR("count")};
	struct frame f = frame_of("Today");
	f.part_is_page = true;
	view_today(&page, &f, &v);
	struct str s = checked("today");
	assert_true(count(s, "Showing 3 of 3 late or due today, most urgent first, my team. Nothing is hidden from your role. Read ") == 1);
	assert_int_equal(count(s, "action=\"/t/51/take\""), 1);
	assert_int_equal(count(s, "<title>Today – Child safeguarding record</title>"), 1);
	assert_int_equal(count(s, "aria-current=\"page\""), 1);
}

static void today_with_nothing(void **state)
{
	(void)state;
	struct today_view v = {.heading = STR("Today"), .whose = whose, .whose_count = 3, .order = order, .order_count = 2, .empty = STR("Nothing is late.")};
	v.line = (struct list_line){.what = STR("late"), .order = STR("most urgent first"), .hidden = 2, .read = STR("24-Nov-2026 09:12")};
	struct frame f = frame_of("Today");
	view_today(&page, &f, &v);
	struct str s = checked("today-empty");
	assert_true(count(s, "Nothing is late.") == 1);
	assert_true(count(s, "2 not shown to your role") == 1);
}

static void fill_person(struct person_view *v)
{
	static struct flag_view flags[3];
	flags[0] = (struct flag_view){.weight = "act", .title = STR("Child protection plan: neglect"), .todo = STR("Tell the social worker about any attendance today, before she goes home"),
				      .reason = STR("On a plan since 12-Jun-2026"), .source = STR("Derby City Council"), .checked = STR("24-Nov-2026 07:40"), .review = STR("14-Dec-2026"), .why_href = STR("/why/3")};
	flags[1] = (struct flag_view){.weight = "know", .title = STR("Domestic abuse at home"), .todo = STR("Do not ask about it when Dean Hollis is present"), .reason = STR("MARAC plan held"), .source = STR("Adult mental health")};
	flags[2] = (struct flag_view){.weight = "help", .title = STR("Hearing loss: face her when you talk"), .todo = STR("Ask to see her without adults first"), .source = STR("School nurse")};
	static const struct action actions[] = {{STR("Record a contact"), STR("/p/7f3a/form/contact"), false}, {STR("Refer or share a concern"), STR("/p/7f3a/form/phone-referral"), false},
						{STR("Add to chronology"), STR("/p/7f3a/form/entry"), true}};
	static const struct clock_view clocks[] = {
		{STR("Put the phone referral in writing"), STR("/r/882"), STR("16 hours late"), STR("You, children’s ED. Told to social care 21-Nov-2026 17:10"), STR("/why/1"), "red"},
		{STR("Social care decision not received"), STR("/r/882"), STR("Due today"), STR("Children’s social care. If nothing by 17:00 the named nurse is told"), STR("/why/2"), "yellow"},
		{STR("Report for review conference"), STR(""), STR("12 days"), STR("School nurse, GP and ED each"), STR(""), "grey"}};
	static const struct fact facts[] = {{STR("Language"), STR("English"), STR_NONE, STR_NONE}, {STR("Ethnicity"), STR("White British and Caribbean"), STR_NONE, STR_NONE},
					    {STR("Religion"), STR_NONE, STR_NONE, STR("/p/7f3a/form/facts")}, {STR("Social worker"), STR("Amina Yusuf"), STR("01632 960 114"), STR_NONE}};
	static const struct strip_event events[] = {
		{.days = 17947, .lane = STRIP_CONCERN, .mark = STRIP_EVENT, .significant = true, .title = STR("Domestic abuse at booking")},
		{.days = 18059, .lane = STRIP_LIFE, .title = STR("Born at 36 weeks")}, {.days = 18853, .lane = STRIP_CONCERN, .significant = true, .title = STR("Broken collarbone")},
		{.days = 19417, .end_days = 19645, .lane = STRIP_SERVICE, .mark = STRIP_PLAN, .title = STR("Child in need plan")},
		{.days = 20397, .lane = STRIP_CONCERN, .mark = STRIP_NOT_BROUGHT, .title = STR("Not brought, dental")}, {.days = 20576, .lane = STRIP_CONCERN, .mark = STRIP_POLICE, .title = STR("Police notification")},
		{.days = 20616, .end_days = INT64_MAX, .lane = STRIP_SERVICE, .mark = STRIP_PLAN, .significant = true, .title = STR("Child protection plan")},
		{.days = 20738, .lane = STRIP_LIFE, .mark = STRIP_VOICE, .title = STR("Seen alone")}, {.days = 20778, .lane = STRIP_CONCERN, .significant = true, .title = STR("Scald"), .ref = STR("e20")},
		{.days = 20778, .lane = STRIP_SERVICE, .mark = STRIP_DECISION, .title = STR("Phone referral"), .ref = STR("e21")}};
	static const struct entry entries[] = {
		{.id = STR("e21"), .date = STR("21-Nov-2026"), .when_more = STR("17:10, age 7y 5m"), .iso = STR("2026-11-21"), .year = 2026, .lane = STRIP_SERVICE, .title = STR("Phone referral to social care"),
		 .text = STR("Spoke to duty worker T Ellis. Asked for a strategy discussion today"), .warning = STR("Not yet in writing"), .source = STR("Children’s ED. Written by P Shah"), .href = STR("/r/882"), .link = STR("Referral")},
		{.id = STR("e20"), .date = STR("21-Nov-2026"), .when_more = STR("15:02, age 7y 5m"), .gap = STR("60 days since last concern"), .iso = STR("2026-11-21"), .year = 2026, .lane = STRIP_CONCERN, .title = STR("Scald to left forearm"),
		 .text = STR("2% partial thickness. Maya seen alone by consultant"), .source = STR("Children’s ED"), .href = STR("/p/7f3a/e/20")},
		{.id = STR("e4"), .date = STR("14-Aug-2021"), .iso = STR("2021-08-14"), .year = 2021, .lane = STRIP_CONCERN, .title = STR("Broken collarbone"), .source = STR("Children’s ED")}};
	static const struct relative relatives[] = {
		{2, STR("Kelly Reed"), STR("/p/91c0"), STR("34"), STR("Mother"), STR("Same"), STR("Yes"), STR("Adult mental health")},
		{3, STR("Dean Hollis"), STR(""), STR("41"), STR("Mother’s partner"), STR("Same"), STR("No"), STR("")},
		{4, STR("Jayden Reed"), STR("/p/18bd"), STR("14"), STR("Brother"), STR("Same"), STR("Not applicable"), STR("Child protection plan")}};
	static const struct kin kin[] = {
		{.name = STR("Maya Reed"), .sub = STR("7"), .sex = KIN_FEMALE, .index = true, .same_home = true, .number = 1, .born_days = 18059},
		{.name = STR("Kelly Reed"), .sub = STR("34"), .relation = STR("mother"), .sex = KIN_FEMALE, .same_home = true, .number = 2, .born_days = 8100},
		{.name = STR("Dean Hollis"), .sub = STR("41"), .relation = STR("mother’s partner"), .sex = KIN_MALE, .same_home = true, .number = 3, .born_days = 5600},
		{.name = STR("Jayden Reed"), .sub = STR("14"), .relation = STR("brother"), .sex = KIN_MALE, .same_home = true, .number = 4, .born_days = 15500},
		{.name = STR("Esme Hollis"), .sub = STR("5 months"), .relation = STR("half-sister"), .sex = KIN_FEMALE, .same_home = true, .number = 5, .born_days = 20624},
		{.name = STR("Marcus Cole"), .sub = STR("37"), .relation = STR("father"), .sex = KIN_MALE, .born_days = 7000},
		{.name = STR("Pat Reed"), .sub = STR("61"), .relation = STR("grandmother"), .sex = KIN_FEMALE, .born_days = -1700},
		{.name = STR("Tom Reed"), .sub = STR("died 2017"), .relation = STR("grandfather"), .sex = KIN_MALE, .dead = true, .born_days = -2700}};
	static const size_t own[] = {3, 0}, later[] = {4}, grown[] = {1};
	static const struct kin_union unions[] = {{5, 1, UNION_SEPARATED, own, 2}, {1, 2, UNION_UNSETTLED, later, 1}, {7, 6, UNION_ENDURING, grown, 1}};
	static const struct str fresh[] = {STR("scald, 21-Nov-2026"), STR("phone referral, 21-Nov-2026")};
	*v = (struct person_view){.name = STR("Maya"), .child = true, .flags = flags, .flag_count = 3, .ended_flags = 2, .flags_href = STR("/p/7f3a/flags"), .actions = actions, .action_count = 3,
				  .entry_total = 21, .relative_total = 7, .fresh = fresh, .fresh_count = 2, .last_looked = STR("14-Nov-2026"), .clocks = clocks, .clock_count = 3,
				  .words = STR("I want Jayden to take me to school. I don’t like it when it is loud."), .words_about = STR("Seen alone by school nurse, 12-Oct-2026."), .words_href = STR("/p/7f3a?show=voice"), .words_times = 4,
				  .facts = facts, .fact_count = 4, .strip = {STR("Maya"), 18059, 20781, events, 10}, .show = order, .show_count = 2, .from = whose, .from_count = 3, .order = order, .order_count = 2, .self = STR("/p/7f3a"),
				  .line = {3, 21, STR("entries"), STR("newest first"), STR("everything"), 2, STR("24-Nov-2026 09:12"), STR("/p/7f3a"), STR("count")}, .entries = entries, .n = 3,
				  .earlier_href = STR("/p/7f3a?all=1"), .earlier = 18, .family = {STR("Maya"), STR("Lives together: 14 Example Road"), kin, 8, unions, 3}, .relatives = relatives, .relative_count = 3,
				  .opened = STR("You opened this record at 09:12 for direct care. Maya and her carers can be told.")};
}

static void person(void **state)
{
	(void)state;
	struct person_view v;
	fill_person(&v);
	struct frame f = frame_of("MR, summary");
	f.part = PART_PEOPLE;
	f.banner = &maya;
	f.printed = STR("Printed 24-Nov-2026 09:12 by Priya Shah. Reason: direct care.");
	view_person(&page, &f, &v);
	struct str s = checked("person");
	assert_int_equal(count(s, "class=\"app-flag "), 3);
	assert_true(count(s, "Not recorded, ask") == 1);
	assert_true(count(s, "<bdi dir=\"ltr\">999 048 7723</bdi>") == 1);
	struct str title = str_sub(s, (size_t)str_find(s, STR("<title>")), (size_t)str_find(s, STR("</title>")));
	assert_int_equal(count(title, "Maya") + count(title, "REED"), 0);
	assert_true(str_find(s, STR("class=\"app-flags\"")) < str_find(s, STR("class=\"app-actions\"")));
	assert_true(str_find(s, STR("class=\"app-actions\"")) < str_find(s, STR("id=\"chronology\"")));
}

static void person_of_whom_nothing_is_known(void **state)
{
	(void)state;
	struct person_view v = {.name = STR("Baby"), .strip = {STR("Baby"), INT64_MIN, 20781, NULL, 0}, .self = STR("/p/1"), .ask_words_href = STR("/p/1/form/words"), .family_ask = STR("/p/1/form/family")};
	v.line = (struct list_line){.what = STR("entries"), .order = STR("newest first"), .read = STR("24-Nov-2026 09:12")};
	struct frame f = frame_of("B, summary");
	f.banner = &maya;
	view_person(&page, &f, &v);
	struct str s = checked("person-empty");
	assert_true(count(s, "That does not mean safe") == 1);
	assert_true(count(s, "That may mean nobody has asked") >= 2);
}

static struct form_item *sample_items(size_t *n)
{
	static const struct form_option areas[] = {{STR("s"), STR("child"), STR("Children’s area")}, {STR("s"), STR("adult"), STR("Adult area")}};
	static const struct form_option why[] = {{STR("s"), STR("unconscious"), STR("Not able to answer")}, {STR("s"), STR("not-safe"), STR("Not safe to ask now")}};
	static struct form_answer yes[] = {{STR("not-asked"), STR("Not asked")}}, when[] = {{STR("2026-13-24T16:30"), STR_NONE}}, words[] = {{STR("<b>kettle</b>"), STR_NONE}};
	static struct form_item kids[2];
	kids[0] = (struct form_item){.link_id = STR("name"), .name = STR("child.0:name"), .text = STR("Name of the child"), .kind = FORM_TEXT, .enabled = true, .required = true};
	kids[1] = (struct form_item){.link_id = STR("born"), .name = STR("child.0:born"), .text = STR("Date of birth"), .kind = FORM_DATE, .enabled = true};
	static struct form_item items[10];
	*n = 9;
	items[0] = (struct form_item){.name = STR("intro"), .text = STR("Ask in your own words."), .kind = FORM_DISPLAY, .enabled = true};
	items[1] = (struct form_item){.name = STR("area"), .text = STR("Where is the patient?"), .kind = FORM_CHOICE, .options = areas, .option_count = 2, .enabled = true, .required = true};
	items[2] = (struct form_item){.name = STR("children"), .text = STR("Are there children at home, or does this person care for a child?"), .kind = FORM_PROMPT, .reasons = why, .reason_count = 2, .answers = yes, .answer_count = 1,
				      .enabled = true, .required = true, .finding = STR("F2.8"), .error = STR("Say why it was not asked"), .reason = STR("")};
	items[3] = (struct form_item){.link_id = STR("child"), .name = STR("child.0"), .text = STR("A child found"), .kind = FORM_GROUP, .repeats = true, .children = kids, .child_count = 2, .enabled = false, .enable_when = STR("all children=yes")};
	items[4] = (struct form_item){.name = STR("when"), .text = STR("When did it happen?"), .kind = FORM_DATETIME, .answers = when, .answer_count = 1, .enabled = true, .error = STR("Month must be between 1 and 12"), .required = true};
	items[5] = (struct form_item){.name = STR("said"), .text = STR("What was said?"), .hint = STR("In the child’s own words if you can."), .kind = FORM_LONG_TEXT, .answers = words, .answer_count = 1, .enabled = true};
	items[6] = (struct form_item){.name = STR("alone"), .text = STR("Was the child seen alone?"), .kind = FORM_BOOLEAN, .enabled = true, .required = true};
	items[7] = (struct form_item){.name = STR("tags"), .text = STR("What worries you?"), .kind = FORM_MULTI_CHOICE, .options = areas, .option_count = 2, .enabled = true};
	items[8] = (struct form_item){.name = STR("count"), .text = STR("How many adults live there?"), .kind = FORM_INTEGER, .enabled = true, .prefilled = true};
	return items;
}

static void form_screens(void **state)
{
	(void)state;
	struct form form = {.title = STR("Adult attendance"), .intro = STR("Ask before the patient leaves."), .errors = 2};
	form.items = sample_items(&form.item_count);
	static const struct fact known[] = {{STR("Language"), STR("English"), STR_NONE, STR_NONE}, {STR("GP"), STR("Example Surgery"), STR_NONE, STR_NONE}};
	struct person_view p;
	fill_person(&p);
	struct form_view v = {.form = &form, .action = STR("/p/7f3a/form/ed-adult"), .draft = STR("/p/7f3a/form/ed-adult/draft"), .once = STR("tok"), .back_href = STR("/p/7f3a"), .back_text = STR("Summary"),
			      .known = known, .known_count = 2, .flags = p.flags, .flag_count = 3, .leaves = true};
	struct frame f = frame_of("MR, adult attendance");
	f.error = true;
	f.banner = &maya;
	view_form(&page, &f, &v);
	struct str s = checked("form");
	assert_int_equal(count(s, "<title>Error: "), 1);
	assert_int_equal(count(s, "href=\"#q-children\""), 1);
	assert_int_equal(count(s, "href=\"#q-when-day\""), 1);
	assert_int_equal(count(s, "id=\"q-children\""), 1);
	assert_int_equal(count(s, "id=\"q-when-day\""), 1);
	assert_true(count(s, "&lt;b&gt;kettle&lt;/b&gt;") == 1);
	assert_true(count(s, "value=\"13\"") == 1);
	assert_int_equal(count(s, "data-when=\"all children=yes\""), 2); /* the group, and its button */
	assert_int_equal(count(s, "name=\"children.reason\""), 1);
	static const struct str to[] = {STR("Children’s social care, Derby")};
	html_init(&page, arena);
	view_form_check(&page, &f, &v, to, 1);
	checked("form-check");
}

static void referral(void **state)
{
	(void)state;
	static const struct thread_item items[] = {{STR("Told by phone"), STR("21-Nov-2026 17:10"), STR("Spoke to duty worker T Ellis."), STR("P Shah"), STR(""), STR(""), "done", STR("Done"), "green"},
						   {STR("In writing"), STR("23-Nov-2026 17:10"), STR("Due."), STR("P Shah"), STR("/p/7f3a/form/written"), STR("Write it"), "late", STR("16 hours late"), "red"},
						   {STR("Decision by social care"), STR(""), STR(""), STR("Children’s social care"), STR(""), STR(""), "wait", STR("Due today"), "yellow"}};
	struct person_view p;
	fill_person(&p);
	struct referral_view v = {.person_href = STR("/p/7f3a"), .items = items, .n = 3, .clocks = p.clocks, .clock_count = 2, .actions = p.actions, .action_count = 2, .summary = STR("Told by phone. Not yet in writing.")};
	struct frame f = frame_of("MR, referral");
	f.banner = &maya;
	view_referral(&page, &f, &v);
	struct str s = checked("referral");
	assert_int_equal(count(s, "app-thread__item--late"), 1);
	html_init(&page, arena);
	f.banner = NULL;
	static const struct referral_row rows[] = {{STR("/r/882"), STR("REED, Maya"), STR("7y 5m"), STR("21-Nov-2026"), STR("Not yet in writing"), STR("16 hours late"), "red"}};
	struct referrals_view list = {{1, 1, STR("open referrals"), STR("most urgent first"), STR_NONE, 0, STR("24-Nov-2026 09:12"), STR("/referrals"), STR("count")}, rows, 1};
	view_referrals(&page, &f, &list);
	checked("referrals");
}

static void the_other_pages(void **state)
{
	(void)state;
	struct frame f = frame_of("Sign in");
	f.user = STR_NONE;
	view_sign_in(&page, &f, &(struct sign_in_view){.name = STR("p.shah"), .error = STR("The sign-in name or the password is not right"), .next = STR("/")});
	checked("sign-in");
	html_init(&page, arena);
	f = frame_of("Find");
	static const struct found people[] = {{.href = STR("/p/7f3a"), .name = STR("REED, Maya"), .facts = STR("Born 12-Jun-2019 (7y 5m), female"), .nhs = STR("999 048 7723"), .address = STR("14 Example Road, DE1 1AA"), .carers = STR("Mother Kelly Reed"), .flags = STR("3 flags")},
					      {.restricted = true}};
	static const struct str twins[] = {STR("REED, Maya and REED, Maia have the same date of birth and postcode")};
	view_find(&page, &f, &(struct find_view){.searched = true, .read_as = STR("name and date of birth"), .people = people, .n = 2, .duplicates = twins, .duplicate_count = 1,
						 .line = {2, 2, STR("people"), STR("best match first"), STR_NONE, 0, STR("24-Nov-2026 09:12"), STR_NONE, STR("count")}});
	struct str s = checked("find");
	assert_int_equal(count(s, "Restricted record"), 1);
	html_init(&page, arena);
	view_find(&page, &f, &(struct find_view){.searched = true});
	checked("find-none");
	html_init(&page, arena);
	static const struct choice reasons[] = {{STR("here"), STR("The person is here now"), false}, {STR("asked"), STR("Another professional asked me"), false}};
	view_reason(&page, &f, &(struct reason_view){.id = STR("7f3a"), .next = STR("/p/7f3a"), .reasons = reasons, .reason_count = 2, .code_error = STR("Choose a reason"), .once = STR("t")});
	checked("reason");
	html_init(&page, arena);
	static const struct str why[] = {STR("On 21-Nov-2026 17:10 a referral by phone was recorded."), STR("It must be in writing within 1 working day: by 23-Nov-2026 17:00.")};
	view_why(&page, &f, &(struct why_view){.title = STR("Confirm the phone referral in writing"), .finding = STR("CQC Derby 3.2, 3.12"), .sentences = why, .n = 2, .back_href = STR("/p/7f3a"), .back_text = STR("Summary"), .due = STR("23-Nov-2026 17:00")});
	checked("why");
	html_init(&page, arena);
	view_error(&page, &f, &(struct error_view){.status = 404, .heading = STR("Page not found"), .text = STR("There is nothing at this address."), .request = STR("abc")});
	checked("error");
	html_init(&page, arena);
	view_conflict(&page, &f, &(struct conflict_view){.what = STR("this task"), .mine = STR("Rang the mother"), .theirs = STR("Done"), .theirs_who = STR("M Lowe"), .add_action = STR("/t/1/add"), .back_href = STR("/t/1"), .once = STR("t")});
	checked("conflict");
	html_init(&page, arena);
	view_help(&page, &f, NULL, 0);
	checked("help");
	html_init(&page, arena);
	view_accessibility(&page, &f);
	checked("accessibility");
	html_init(&page, arena);
	static const struct choice outcomes[] = {{STR("done"), STR("Done"), false}, {STR("not-needed"), STR("Not needed any more"), false}};
	view_task(&page, &f, &(struct task_view){.id = STR("51"), .title = STR("Left before being seen"), .due = STR("1 day late"), .colour = "red", .who = STR("Nobody"), .status = STR("Waiting"), .open = true, .nobody = true,
						 .people = whose, .people_count = 3, .outcomes = outcomes, .outcome_count = 2, .outcome_error = STR("Say what was done"), .once = STR("t"), .why = STR("/why/1")});
	checked("task");
	html_init(&page, arena);
	static const struct feed_row feeds[] = {{STR("Royal Example Hospital"), STR("24-Nov-2026 09:11"), STR("Speaking"), "green"}};
	view_feeds(&page, &f, &(struct feeds_view){.feeds = feeds, .n = 1, .line = {.what = STR("messages"), .order = STR("oldest first"), .read = STR("24-Nov-2026 09:12")}});
	checked("feeds");
	html_init(&page, arena);
	view_cover(&page, STR("Child safeguarding record"));
	checked("cover");
}

static void assets_are_whole(void **state)
{
	(void)state;
	assert_true(web_asset_count > 5);
	for (size_t i = 0; i < web_asset_count; i++) {
		const struct web_asset *w = &web_assets[i];
		assert_ptr_equal(web_asset_at(str_from(w->path)), w);
		assert_true(w->gzip_n > 10 && w->gzip[0] == 0x1f && w->gzip[1] == 0x8b);
		write_file(w->path + 1, w->raw, w->raw_n);
	}
	const struct web_asset *css = web_asset_at(web_asset_path("nhsuk-frontend.min.css"));
	struct str text = {(const char *)css->raw, css->raw_n};
	assert_int_equal(count(text, "@font-face") + count(text, "sourceMappingURL") + count(text, "assets.nhs.uk"), 0);
	assert_null(web_asset_at(STR("/assets/../etc/passwd")));
	const struct web_asset *js = web_asset_at(web_asset_path("app.js"));
	assert_int_equal(count((struct str){(const char *)js->raw, js->raw_n}, "\"/assets/nhsuk-frontend.min."), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(today), TEST(today_with_nothing), TEST(person), TEST(person_of_whom_nothing_is_known), TEST(form_screens), TEST(referral), TEST(the_other_pages), TEST(assets_are_whole)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
