/* Screens over a real store: the Reed family of the demo is written, and pages are asked for as a browser would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo/story.h"
#include "web/assets.h"
#include "web/web.h"

static struct arena *whole, *arena;
static struct env *env;
static struct store *store;
static struct ledger *ledger;
static struct pack *pack;
static struct access *access_;
static struct pathway *pathway;
static struct web *web;
static const struct http_route *routes;
static size_t route_count;
static char dir[] = "/tmp/heed-web-XXXXXX";
static const char password[] = "correct horse battery";
static struct str cookie; /* of the one signed in */

static void must(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->message);
}

/* The family as the demo tells it, committed as it happened. */
static void write_family(void)
{
	struct stories stories;
	struct err e = ERR_INIT;
	must(story_load(whole, env_system(), "demo/stories", env_now_us(env), &stories, &e), &e);
	for (size_t i = 0; i < stories.n; i++) {
		if (!str_is(stories.v[i].story, "reed"))
			continue;
		size_t n = json_n(stories.v[i].puts);
		struct put *puts = ARENA_ARRAY(whole, struct put, n);
		struct put_result *results = ARENA_ARRAY(whole, struct put_result, n);
		for (size_t k = 0; k < n; k++) {
			const struct json *r = json_at(stories.v[i].puts, k);
			puts[k] = (struct put){.method = STORE_UPDATE, .type = json_str(r, "resourceType"), .id = json_str(r, "id"), .body = r};
		}
		struct change c = {.act = {.agent = STR("system"), .role = STR("system"), .channel = STR("cli")}, .puts = puts, .n = n, .results = results};
		must(store_commit(store, whole, &c, &e), &e);
	}
}

static int open_all(void **state)
{
	(void)state;
	log_level_set(LOG_ERROR);
	store_library_init();
	whole = arena_new(0);
	env = env_manual(INT64_C(1795600000) * US_PER_SECOND);
	assert_non_null(mkdtemp(dir));
	struct store_config config = {.url = str_c(whole, str_printf(whole, "sqlite:%s", dir)), .env = env};
	struct err e = ERR_INIT;
	const char *packs[] = {"pack/england", "pack/derby"};
	struct pack_problems problems = {.arena = whole};
	must(store_open(&config, &store, &e), &e);
	must(ledger_open(store, &ledger, &e), &e);
	if (!pack_load(whole, env_system(), packs, 2, &pack, &problems))
		fail_msg("%.*s", STR_ARG(problems.list.v[0].message));
	must(access_open(store, ledger, pack, &access_, &e), &e);
	must(pathway_open(store, pack, &pathway, &e), &e);
	must(store_run_due(store, &e), &e);
	must(access_user_add(access_, STR("priya"), STR("Priya Shah"), STR("ed-nurse"), str_from(password), &e), &e);
	must(access_user_add(access_, STR("root"), STR("Ada Min"), STR("administrator"), str_from(password), &e), &e);
	must(access_user_add(access_, STR("ivan"), STR("Ivan Petrov"), STR("integration-officer"), str_from(password), &e), &e);
	must(access_user_add(access_, STR("anna"), STR("Anna Quist"), STR("named-nurse"), str_from(password), &e), &e);
	write_family();
	struct web_config c = {store, access_, ledger, pathway, pack, env, true};
	web = web_new(whole, &c);
	route_count = web_routes(web, &routes);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	access_close(access_);
	store_close(store);
	pathway_close(pathway);
	ledger_close(ledger);
	env_manual_free(env);
	arena_destroy(whole);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	cookie = STR_NONE;
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

/* ---- asking ---- */

static bool matches(const char *pattern, struct str path, struct http_request *q)
{
	struct str p = str_from(pattern), want, have;
	size_t n = 0;
	while (str_next(&p, '/', &want)) {
		if (str_is(want, "*"))
			return true;
		if (!str_next(&path, '/', &have))
			return false;
		if (want.n && want.p[0] == '{')
			q->params[n++] = have;
		else if (!str_eq(want, have))
			return false;
	}
	return !path.p;
}

static struct http_response ask(enum http_method method, struct str target, struct str body)
{
	struct http_request q = {.arena = arena, .env = env, .method = method, .body = body, .id = STR("test"), .base_url = STR("http://localhost")};
	struct str rest = target;
	str_next(&rest, '?', &q.path);
	q.query = rest.p ? rest : STR("");
	struct http_header *headers = ARENA_ARRAY(arena, struct http_header, 4);
	headers[0] = (struct http_header){STR("Cookie"), str_printf(arena, "heed=%.*s", STR_ARG(cookie))};
	headers[1] = (struct http_header){STR("Content-Type"), STR("application/x-www-form-urlencoded")};
	headers[2] = (struct http_header){STR("Accept-Encoding"), STR("gzip, br")};
	q.headers = headers;
	q.header_count = 3;
	struct http_response r = {0};
	for (size_t i = 0; i < route_count; i++)
		if (routes[i].method == method && matches(routes[i].pattern, q.path, &q)) {
			routes[i].handler(routes[i].arg, &q, &r);
			return r;
		}
	web_not_found(web, &q, &r);
	return r;
}

static struct http_response get(const char *target)
{
	return ask(HTTP_GET, str_from(target), STR(""));
}

static struct str header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(r->headers[i].name, str_from(name)))
			return r->headers[i].value;
	return STR("");
}

static bool has(const struct http_response *r, const char *text)
{
	return str_find(r->body, str_from(text)) >= 0;
}

/* The value of the first hidden field of that name. */
static struct str hidden(const struct http_response *r, const char *name)
{
	struct str mark = str_printf(arena, "name=\"%s\" value=\"", name);
	ptrdiff_t at = str_find(r->body, mark);
	if (at < 0)
		return STR("");
	struct str rest = str_sub(r->body, (size_t)at + mark.n, r->body.n);
	return str_sub(rest, 0, (size_t)str_find_char(rest, '"'));
}

static struct http_response post(struct str target, const struct http_response *page, const char *more)
{
	return ask(HTTP_POST, target, str_printf(arena, "csrf=%.*s&%s", STR_ARG(hidden(page, "csrf")), more));
}

static void sign_in(const char *name)
{
	struct http_response r = ask(HTTP_POST, STR("/sign-in"), str_printf(arena, "csrf=&next=/&name=%s&password=correct+horse+battery", name));
	assert_int_equal(r.status, 303);
	struct str set = header(&r, "Set-Cookie");
	assert_true(str_starts(set, STR("heed=")));
	cookie = str_sub(set, 5, (size_t)str_find_char(set, ';'));
}

static void holds_of_every_page(const struct http_response *r)
{
	assert_true(str_find(header(r, "Content-Security-Policy"), STR("require-trusted-types-for 'script'")) > 0);
	assert_string_equal(str_c(arena, header(r, "Cache-Control")), "no-store");
	assert_string_equal(str_c(arena, header(r, "X-Content-Type-Options")), "nosniff");
	struct str title = str_sub(r->body, (size_t)str_find(r->body, STR("<title>")), (size_t)str_find(r->body, STR("</title>")));
	assert_true(str_find(title, STR("Reed")) < 0 && str_find(title, STR("REED")) < 0 && str_find(title, STR("Maya")) < 0);
}

/* ---- tests ---- */

static void nobody_gets_in_without_signing_in(void **state)
{
	(void)state;
	static const char *const pages[] = {"/", "/people", "/p/maya-reed", "/t/x", "/r/maya-referral", "/referrals", "/feeds", "/p/maya-reed/forms"};
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct http_response r = get(pages[i]);
		assert_int_equal(r.status, 303);
		assert_true(str_starts(header(&r, "Location"), STR("/sign-in")));
	}
	struct http_response r = ask(HTTP_POST, STR("/sign-in"), STR("name=priya&password=wrong"));
	assert_true(r.status >= 400 && has(&r, "There is a problem") && !header(&r, "Set-Cookie").n);
	r = ask(HTTP_POST, STR("/sign-in"), STR("name=priya&password=correct+horse+battery&next=//evil.example.org"));
	assert_string_equal(str_c(arena, header(&r, "Location")), "/");
}

static void today_says_how_many_and_when(void **state)
{
	(void)state;
	sign_in("priya");
	struct http_response r = get("/");
	assert_int_equal(r.status, 200);
	holds_of_every_page(&r);
	assert_true(has(&r, "Showing ") && has(&r, "Read <bdi") && has(&r, "Priya Shah"));
}

static void a_post_needs_its_token(void **state)
{
	(void)state;
	sign_in("priya");
	struct http_response r = ask(HTTP_POST, STR("/find"), STR("csrf=wrong&q=Reed"));
	assert_int_equal(r.status, 403);
	r = ask(HTTP_POST, STR("/find"), STR("q=Reed"));
	assert_int_equal(r.status, 403);
}

static struct str find(const char *q)
{
	struct http_response page = get("/people"), r = post(STR("/find"), &page, str_c(arena, str_printf(arena, "q=%s", q)));
	assert_int_equal(r.status, 303);
	return header(&r, "Location");
}

static void finding_leaves_no_name_in_an_address(void **state)
{
	(void)state;
	static const char *const boxes[] = {"Reed+Maya", "reed,+maya", "999+000+0018", "999-000-0018", "Maya+DE90+1AA"};
	sign_in("anna");
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
		struct str to = find(boxes[i]);
		unsigned char token[11]; /* chance, and nothing else */
		assert_true(str_starts(to, STR("/people/")) && hex_decode(str_sub(to, 8, to.n), token, sizeof token));
		struct http_response r = ask(HTTP_GET, to, STR(""));
		assert_int_equal(r.status, 200);
		holds_of_every_page(&r);
		assert_true(has(&r, "REED, Maya"));
	}
	struct str to = find("Reed+Maya");
	sign_in("priya"); /* the token is only for the one who searched */
	struct http_response r = ask(HTTP_GET, to, STR(""));
	assert_int_equal(r.status, 303);
}

static void the_box_says_what_is_wrong(void **state)
{
	(void)state;
	sign_in("priya");
	struct http_response page = get("/people");
	struct http_response r = post(STR("/find"), &page, "q=999+000+0019");
	assert_true(r.status == 422 && has(&r, "not an NHS number"));
	r = post(STR("/find"), &page, "q=");
	assert_int_equal(r.status, 422);
	r = ask(HTTP_GET, find("Zzyzx"), STR(""));
	assert_true(r.status == 200 && has(&r, "Nobody was found"));
}

static void a_record_is_opened_with_a_reason_and_it_is_kept(void **state)
{
	(void)state;
	sign_in("priya");
	struct http_response r = get("/p/pat-reed");
	assert_int_equal(r.status, 303);
	struct str ask_page = header(&r, "Location");
	assert_true(str_starts(ask_page, STR("/p/pat-reed/reason")));
	struct http_response page = ask(HTTP_GET, ask_page, STR(""));
	assert_true(page.status == 200 && has(&page, "Why do you need to open this record?") && !has(&page, "Pat"));
	r = post(STR("/p/pat-reed/reason"), &page, "next=/p/pat-reed&code=&words=");
	assert_true(r.status == 422 && has(&r, "Choose a reason"));
	r = post(STR("/p/pat-reed/reason"), &page, "next=/p/pat-reed&code=here-now&words=With+her+granddaughter+in+cubicle+2");
	assert_int_equal(r.status, 303);
	r = get("/p/pat-reed");
	assert_int_equal(r.status, 200);
	holds_of_every_page(&r);
	assert_true(has(&r, "REED, Pat"));
}

static void the_person_page_holds_the_record(void **state)
{
	(void)state;
	sign_in("anna");
	struct http_response r = get("/p/maya-reed");
	assert_int_equal(r.status, 200);
	holds_of_every_page(&r);
	static const char *const words[] = {"REED, Maya", "999 000 0018", "Scald to left forearm", "I want Jayden to take me to school", "Kelly Reed", "Dean Hollis",
					    "Half-sister", "Child protection plan", "Example Surgery", "Amina Yusuf", "Not recorded", "Was not brought: hearing clinic",
					    "Not yet in writing", "class=\"app-geno\"", "class=\"app-strip\"", "You opened this record"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!has(&r, words[i]))
			fail_msg("the page does not say \"%s\"", words[i]);
	if (getenv("HEED_SHOTS")) {
		FILE *out = fopen(str_c(arena, str_printf(arena, "%s/real-person.html", getenv("HEED_SHOTS"))), "wb");
		assert_non_null(out);
		fwrite(r.body.p, 1, r.body.n, out);
		fclose(out);
	}
}

static void an_adult_shows_the_children(void **state)
{
	(void)state;
	sign_in("anna");
	struct http_response r = get("/p/kelly-reed");
	assert_int_equal(r.status, 200);
	assert_true(has(&r, "Maya Reed") && has(&r, "Daughter") && has(&r, "Jayden Reed") && has(&r, "Son"));
	assert_true(has(&r, "Marcus Cole") && has(&r, "Father of a child of theirs") && has(&r, "Dean Hollis") && has(&r, "Kelly: yes"));
}

static void what_is_shown_is_in_the_ledger_before_it_is_sent(void **state)
{
	(void)state;
	sign_in("anna");
	struct http_response r = get("/p/jayden-reed");
	assert_int_equal(r.status, 200);
	struct err e = ERR_INIT;
	struct store_read *read = store_read_begin(store, arena, &e);
	struct ledger_entries list;
	must(ledger_list(read, STR("Patient/jayden-reed"), 0, 1, &list, &e), &e);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].kind, LEDGER_READ);
	assert_true(str_is(list.v[0].act.agent, "Practitioner/anna") && str_find(list.v[0].items, STR("Patient/jayden-reed/_history/1")) >= 0);
	assert_true(str_find(list.v[0].items, STR("CarePlan/")) > 0);
	store_read_end(read);
}

static size_t how_many(const char *type, const char *query)
{
	struct err e = ERR_INIT;
	struct store_read *read = store_read_begin(store, arena, &e);
	struct search *q;
	struct search_page page;
	must(search_parse(arena, str_from(type), str_from(query), env_now_us(env), &q, &e) && store_search(read, q, &page, &e), &e);
	store_read_end(read);
	return page.matches.n;
}

static const char phone_form[] = "/p/jayden-reed/form/referral-phone";

static struct http_response send_phone(const struct http_response *page, const char *what, const char *answers)
{
	struct str more = str_printf(arena, "once=%.*s&do=%s&%s", STR_ARG(hidden(page, "once")), what, answers);
	return post(str_from(phone_form), page, str_c(arena, more));
}

static void a_form_keeps_every_word_and_files_once(void **state)
{
	(void)state;
	struct http_response out = ask(HTTP_POST, str_from(phone_form), STR("csrf=x&once=y&do=file&concern=Words+that+took+ten+minutes"));
	assert_true(out.status == 401 && has(&out, "Words that took ten minutes") && has(&out, "href=\"/sign-in?"));
	static const char full[] = "spoke-to=T+Ellis,+duty&concern=Bruise+under+the+left+eye,+account+changed&advice=Strategy+discussion+today"
				   "&called-at-day=&called-at-month=&called-at-year=&called-at-time=";
	sign_in("anna");
	struct http_response page = get(phone_form);
	assert_int_equal(page.status, 200);
	holds_of_every_page(&page);
	struct http_response r = send_phone(&page, "file", "spoke-to=T+Ellis&concern=&advice=Wait");
	assert_true(r.status == 422 && has(&r, "There is a problem") && has(&r, "<title>Error: ") && has(&r, "value=\"T Ellis\""));
	r = send_phone(&page, "draft", "spoke-to=T+Ellis&concern=Half+a+sentence&advice=");
	assert_int_equal(r.status, 303);
	page = ask(HTTP_GET, header(&r, "Location"), STR(""));
	assert_true(has(&page, "Half a sentence") && has(&page, "not filed yet"));
	assert_int_equal(how_many("ServiceRequest", "subject=Patient/jayden-reed"), 0);
	r = send_phone(&page, "file", full);
	if (r.status != 303)
		fail_msg("filing answers %d: %.*s", r.status, 2000, r.body.p);
	struct str thread = header(&r, "Location");
	assert_true(str_starts(thread, STR("/r/")));
	r = send_phone(&page, "file", full);
	assert_int_equal(r.status, 303);
	assert_int_equal(how_many("ServiceRequest", "subject=Patient/jayden-reed"), 1);
	r = ask(HTTP_GET, thread, STR(""));
	assert_true(r.status == 200 && has(&r, "Told by phone") && has(&r, "not yet in writing") && has(&r, "account changed"));
	r = get("/p/jayden-reed");
	assert_true(has(&r, "Not yet in writing"));
}

static void the_written_copy_opens_with_what_was_said(void **state)
{
	(void)state;
	sign_in("anna");
	struct http_response r = get("/p/jayden-reed");
	ptrdiff_t at = str_find(r.body, STR("href=\"/r/"));
	assert_true(at > 0);
	struct str id = str_sub(r.body, (size_t)at + 9, r.body.n);
	id = str_sub(id, 0, (size_t)str_find_char(id, '"'));
	r = ask(HTTP_GET, str_printf(arena, "/p/jayden-reed/form/multi-agency-referral?request=%.*s", STR_ARG(id)), STR(""));
	assert_int_equal(r.status, 200);
	assert_true(has(&r, "Bruise under the left eye") && has(&r, "Check before it is sent") && has(&r, "Your draft of"));
}

/* F2.8: what an adult says of a child makes the child's record, ties the two, and the adult's page shows it. */
static void an_adult_is_asked_and_the_child_is_there(void **state)
{
	(void)state;
	sign_in("anna");
	struct http_response page = get("/p/dean-hollis/form/ed-adult");
	assert_true(page.status == 200 && has(&page, "name=\"child.0:child-given\"") && has(&page, "value=\"child.0\""));
	struct str once = hidden(&page, "once");
	struct http_response r = post(STR("/p/dean-hollis/form/ed-adult"), &page,
				      str_c(arena, str_printf(arena, "once=%.*s&do=file&children-answer=yes", STR_ARG(once))));
	assert_true(r.status == 422 && has(&r, "There is a problem"));
	static const char rest[] = "&child.0:child-given=Robin&child.0:child-family=Hollis&child.0:child-born-day=3&child.0:child-born-month=4"
				   "&child.0:child-born-year=2021&child.0:child-tie=FTH&child.0:child-where=home&child.0:child-with=Her+aunt&child.0:child-safe=yes"
				   "&contact-with-others=no&pregnant=no&young-carer=no&impact=None+was+seen+today&concern-level=none";
	r = post(STR("/p/dean-hollis/form/ed-adult"), &page,
		 str_c(arena, str_printf(arena, "once=%.*s&do=file&children-answer=yes%s", STR_ARG(once), rest)));
	if (r.status != 303)
		fail_msg("filing answers %d: %.*s", r.status, 1500, r.body.p + (str_find(r.body, STR("There is a problem")) > 0 ? str_find(r.body, STR("There is a problem")) : 0));
	r = get("/p/dean-hollis");
	assert_true(has(&r, "Robin Hollis") && has(&r, "Esme Hollis"));
}

static void every_form_opens_for_whom_it_is_meant(void **state)
{
	(void)state;
	const struct pack_resource *const *all;
	size_t n = pack_all(pack, STR("Questionnaire"), &all);
	assert_true(n > 5);
	sign_in("anna");
	for (size_t i = 0; i < n; i++) {
		struct http_response r = ask(HTTP_GET, str_printf(arena, "/p/%s/form/%.*s", i % 2 ? "maya-reed" : "kelly-reed", STR_ARG(all[i]->id)), STR(""));
		if (r.status != 200)
			fail_msg("form %.*s answers %d", STR_ARG(all[i]->id), r.status);
		holds_of_every_page(&r);
		if (getenv("HEED_SHOTS")) {
			FILE *out = fopen(str_c(arena, str_printf(arena, "%s/real-%.*s.html", getenv("HEED_SHOTS"), STR_ARG(all[i]->id))), "wb");
			assert_non_null(out);
			fwrite(r.body.p, 1, r.body.n, out);
			fclose(out);
		}
	}
}

static void write_resource(const char *json_text_)
{
	struct json *body;
	struct err e = ERR_INIT;
	must(json_parse(arena, str_from(json_text_), NULL, &body, &e), &e);
	struct put put = {.method = STORE_UPDATE, .type = json_str(body, "resourceType"), .id = json_str(body, "id"), .body = body};
	struct put_result result;
	struct change c = {.act = {.agent = STR("system"), .role = STR("system"), .channel = STR("cli")}, .puts = &put, .n = 1, .results = &result};
	must(store_commit(store, arena, &c, &e), &e);
}

static void what_a_role_may_not_see_is_counted_and_not_named(void **state)
{
	(void)state;
	write_resource("{\"resourceType\":\"Observation\",\"id\":\"held-back\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/esme-hollis\"},"
		       "\"meta\":{\"security\":[{\"system\":\"https://heed.example/fhir/CodeSystem/label\",\"code\":\"sexual-health\"}]},"
		       "\"code\":{\"text\":\"Clinic visit\"},\"effectiveDateTime\":\"2026-10-01\",\"valueString\":\"Words that stay there\"}");
	sign_in("priya");
	struct http_response page = get("/p/esme-hollis/reason");
	post(STR("/p/esme-hollis/reason"), &page, "next=/p/esme-hollis&code=here-now&words=In+the+department");
	struct http_response r = get("/p/esme-hollis");
	assert_int_equal(r.status, 200);
	assert_true(has(&r, "1 not shown to your role") && !has(&r, "Clinic visit") && !has(&r, "Words that stay there") && !has(&r, "sexual"));
	r = get("/p/esme-hollis/entry/Observation/held-back");
	assert_int_equal(r.status, 404);
	sign_in("anna");
	r = get("/p/esme-hollis");
	assert_true(r.status == 200 && has(&r, "Clinic visit") && has(&r, "Nothing is hidden from your role"));
	r = get("/p/esme-hollis/entry/Observation/held-back");
	assert_true(r.status == 200 && has(&r, "Words that stay there"));
}

static void a_task_is_taken_finished_with_words_and_never_overwritten(void **state)
{
	(void)state;
	write_resource("{\"resourceType\":\"Task\",\"id\":\"chase\",\"status\":\"requested\",\"intent\":\"order\",\"code\":{\"coding\":[{\"system\":"
		       "\"https://heed.example/fhir/CodeSystem/task-code\",\"code\":\"chase-decision\"}]},\"for\":{\"reference\":\"Patient/maya-reed\"},"
		       "\"owner\":{\"reference\":\"Practitioner/anna\"},\"restriction\":{\"period\":{\"end\":\"2026-11-20T17:00:00+00:00\"}}}");
	sign_in("anna");
	struct http_response r = get("/");
	assert_true(has(&r, "Contact children&#39;s social care again") && has(&r, "days late"));
	struct http_response page = get("/t/chase");
	assert_int_equal(page.status, 200);
	holds_of_every_page(&page);
	r = post(STR("/t/chase/done"), &page, "once=1&outcome=&words=Rang");
	assert_true(r.status == 422 && has(&r, "Choose what came of it") && has(&r, "Rang"));
	r = post(STR("/t/chase/done"), &page, "once=1&outcome=done&words=");
	assert_true(r.status == 422 && has(&r, "Say what was done"));
	r = post(STR("/t/chase/give"), &page, "once=1&to=");
	assert_true(r.status == 422 && has(&r, "Choose who takes it"));
	r = post(STR("/t/chase/done"), &page, "once=1&outcome=done&words=Rang+the+duty+desk,+answer+by+noon");
	assert_int_equal(r.status, 303);
	r = post(STR("/t/chase/done"), &page, "once=1&outcome=done&words=Again");
	assert_true(r.status == 409 && has(&r, "finished already"));
	r = get("/?f=done");
	assert_true(has(&r, "Contact children&#39;s social care again"));
	r = get("/t/chase");
	assert_true(has(&r, "answer by noon") && !has(&r, "Finish it"));
}

static void what_is_not_recorded_is_asked_in_one_place(void **state)
{
	(void)state;
	sign_in("anna");
	struct http_response r = get("/p/marcus-cole");
	assert_true(has(&r, "href=\"/p/marcus-cole/facts\"") && has(&r, "Not recorded, ask"));
	struct http_response page = get("/p/marcus-cole/facts");
	assert_int_equal(page.status, 200);
	holds_of_every_page(&page);
	r = post(STR("/p/marcus-cole/facts"), &page, "once=1&language=Polish&phone=ring+me");
	assert_true(r.status == 422 && has(&r, "Polish") && has(&r, "There is a problem"));
	r = post(STR("/p/marcus-cole/facts"), &page, "once=1&language=Polish&interpreter=true&ethnicity=C&religion=Catholic&phone=01632+960007");
	assert_int_equal(r.status, 303);
	r = get("/p/marcus-cole");
	static const char *const words[] = {"Polish. Needs an interpreter", "Any other White background", "Catholic", "01632 960007"};
	for (size_t i = 0; i < 4; i++)
		if (!has(&r, words[i]))
			fail_msg("the page does not say \"%s\"", words[i]);
	r = post(STR("/p/marcus-cole/facts"), &page, "once=1&language=German");
	assert_true(r.status == 409 && has(&r, "Somebody else wrote here first"));
	assert_int_equal(post(STR("/p/marcus-cole/facts"), &page, "once=2&ethnicity=XX").status, 422);
}

static void each_role_has_its_own_menu_and_no_more(void **state)
{
	(void)state;
	sign_in("root");
	struct http_response r = get("/");
	assert_true(r.status == 200 && !has(&r, "href=\"/people\"") && !has(&r, "href=\"/feeds\"") && !has(&r, "search-field"));
	assert_int_equal(get("/people").status, 403);
	assert_int_equal(get("/p/maya-reed").status, 403);
	assert_int_equal(get("/feeds").status, 403);
	sign_in("ivan");
	r = get("/feeds");
	assert_true(r.status == 200 && has(&r, "Could not be filed") && has(&r, "href=\"/feeds\"") && !has(&r, "href=\"/referrals\""));
	sign_in("priya");
	r = get("/");
	assert_true(has(&r, "href=\"/people\"") && has(&r, "href=\"/referrals\"") && !has(&r, "href=\"/feeds\""));
}

static void a_relative_who_is_held_back_is_not_there(void **state)
{
	(void)state;
	write_resource("{\"resourceType\":\"Patient\",\"id\":\"hidden-aunt\",\"name\":[{\"family\":\"Hidden\",\"given\":[\"Aunt\"]}],\"meta\":{\"security\":["
		       "{\"system\":\"https://heed.example/fhir/CodeSystem/label\",\"code\":\"protected-address\"}]}}");
	write_resource("{\"resourceType\":\"RelatedPerson\",\"id\":\"aunt-tie\",\"patient\":{\"reference\":\"Patient/esme-hollis\"},\"relationship\":[{\"coding\":["
		       "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"AUNT\"}]}],\"extension\":[{\"url\":"
		       "\"https://heed.example/fhir/StructureDefinition/person\",\"valueReference\":{\"reference\":\"Patient/hidden-aunt\"}}]}");
	sign_in("priya"); /* her reason of the test above still holds */
	struct http_response r = get("/p/esme-hollis");
	assert_true(r.status == 200 && !has(&r, "Hidden"));
	assert_int_equal(get("/p/hidden-aunt").status, 404);
	sign_in("anna");
	r = get("/p/esme-hollis");
	assert_true(r.status == 200 && has(&r, "Aunt Hidden"));
}

static void two_writers_both_keep_their_words(void **state)
{
	(void)state;
	write_resource("{\"resourceType\":\"Task\",\"id\":\"race\",\"status\":\"requested\",\"intent\":\"order\",\"for\":{\"reference\":"
		       "\"Patient/maya-reed\"},\"owner\":{\"reference\":\"Practitioner/anna\"},\"description\":\"Ring the school\"}");
	sign_in("anna");
	struct http_response page = get("/t/race");
	write_resource("{\"resourceType\":\"Task\",\"id\":\"race\",\"status\":\"accepted\",\"intent\":\"order\",\"for\":{\"reference\":"
		       "\"Patient/maya-reed\"},\"owner\":{\"reference\":\"Practitioner/anna\"},\"description\":\"Ring the school\","
		       "\"note\":[{\"text\":\"Rang, no answer\"}]}");
	struct http_response r = post(STR("/t/race/done"), &page, "once=1&outcome=done&words=Spoke+to+the+head");
	assert_true(r.status == 409 && has(&r, "Somebody else wrote here first") && has(&r, "Spoke to the head") && has(&r, "Rang, no answer"));
	assert_true(has(&r, "action=\"/t/race/add\""));
	r = post(STR("/t/race/add"), &page, "words=Spoke+to+the+head");
	assert_int_equal(r.status, 303);
	r = get("/t/race");
	assert_true(has(&r, "Spoke to the head") && has(&r, "Rang, no answer") && has(&r, "Finish it"));
}

static void addresses_that_lead_nowhere_say_so(void **state)
{
	(void)state;
	static const char *const pages[] = {"/p/nobody", "/nothing", "/t/none", "/r/none", "/p/maya-reed/form/none", "/p/maya-reed/answers/none",
					    "/p/maya-reed/entry/Patient/kelly-reed", "/why/Task/none", "/p/maya-reed/why/99999", "/p/maya-reed/entry/Encounter/none"};
	sign_in("anna");
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct http_response r = get(pages[i]);
		if (r.status != 404)
			fail_msg("%s answers %d", pages[i], r.status);
		assert_true(has(&r, "Page not found"));
	}
}

static void the_other_screens_open(void **state)
{
	(void)state;
	static const char *const pages[] = {"/people", "/p/maya-reed/flags", "/p/maya-reed/forms", "/r/maya-referral", "/referrals", "/help", "/accessibility",
					    "/p/maya-reed/entry/Encounter/maya-scald", "/p/maya-reed?show=concerns&order=oldest", "/p/maya-reed?all=1&from=Maternity", "/?f=all&w=me&s=name", "/?f=done"};
	sign_in("anna");
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct http_response r = get(pages[i]);
		if (r.status != 200)
			fail_msg("%s answers %d", pages[i], r.status);
		holds_of_every_page(&r);
	}
}

static void assets_are_kept_for_ever_and_sent_small(void **state)
{
	(void)state;
	struct http_response r = ask(HTTP_GET, web_asset_path("app.css"), STR(""));
	assert_int_equal(r.status, 200);
	assert_string_equal(str_c(arena, header(&r, "Content-Encoding")), "gzip");
	assert_true(str_find(header(&r, "Cache-Control"), STR("immutable")) > 0);
	r = get("/assets/app.css");
	assert_int_equal(r.status, 404);
}

static void the_clock_is_turned_forward_only(void **state)
{
	(void)state;
	struct str later = str_printf(arena, "{\"now\":\"%.*s\"}", STR_ARG(date_instant(arena, env_now_us(env) + 60 * US_PER_SECOND)));
	struct http_response r = ask(HTTP_POST, STR("/test/clock"), later);
	assert_int_equal(r.status, 200);
	r = ask(HTTP_POST, STR("/test/clock"), STR("{\"now\":\"2001-01-01T00:00:00Z\"}"));
	assert_int_equal(r.status, 400);
	r = ask(HTTP_POST, STR("/test/clock"), STR("{\"now\":\"soon\"}"));
	assert_true(r.status >= 400);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(nobody_gets_in_without_signing_in), TEST(today_says_how_many_and_when), TEST(a_post_needs_its_token),
					   TEST(finding_leaves_no_name_in_an_address), TEST(the_box_says_what_is_wrong),
					   TEST(a_record_is_opened_with_a_reason_and_it_is_kept), TEST(the_person_page_holds_the_record),
					   TEST(an_adult_shows_the_children), TEST(what_is_shown_is_in_the_ledger_before_it_is_sent),
					   TEST(a_form_keeps_every_word_and_files_once), TEST(the_written_copy_opens_with_what_was_said),
					   TEST(an_adult_is_asked_and_the_child_is_there), TEST(every_form_opens_for_whom_it_is_meant), TEST(what_a_role_may_not_see_is_counted_and_not_named),
					   TEST(a_task_is_taken_finished_with_words_and_never_overwritten), TEST(each_role_has_its_own_menu_and_no_more), TEST(a_relative_who_is_held_back_is_not_there), TEST(two_writers_both_keep_their_words), TEST(what_is_not_recorded_is_asked_in_one_place), TEST(addresses_that_lead_nowhere_say_so), TEST(the_other_screens_open), TEST(assets_are_kept_for_ever_and_sent_small),
					   TEST(the_clock_is_turned_forward_only)};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
