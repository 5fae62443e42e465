#include "demo/story_entries.h"

struct entry {
	struct arena *a;
	const struct json *item;
	struct str id; /* given, or made from the story and the place in it */
	struct str person;
	struct str at;
	struct str by; /* sign-in name of who wrote it; STR_NONE for a system */
};

static struct json *text_value(struct entry *x, const char *key)
{
	return json_string(x->a, json_str(x->item, key));
}

static void chronology_part(struct entry *x, struct json *list, const char *url, const char *key, struct json *value)
{
	struct json *part = json_object(x->a);
	json_setz(x->a, part, "url", json_stringz(x->a, url));
	json_setz(x->a, part, key, value);
	json_push(x->a, list, part);
}

static void add_chronology(struct entry *x, struct json *r, const char *lane, const char *kind, struct str title)
{
	struct json *extension = json_object(x->a), *parts = json_array(x->a);
	struct str given_lane = json_str(x->item, "lane"), given_kind = json_str(x->item, "kind");
	json_setz(x->a, extension, "url", json_stringz(x->a, EXTENSION("chronology")));
	chronology_part(x, parts, "lane", "valueCode", json_string(x->a, given_lane.n ? given_lane : str_from(lane)));
	chronology_part(x, parts, "kind", "valueCode", json_string(x->a, given_kind.n ? given_kind : str_from(kind)));
	chronology_part(x, parts, "title", "valueString", json_string(x->a, title));
	if (json_str(x->item, "text").n)
		chronology_part(x, parts, "text", "valueString", text_value(x, "text"));
	if (json_true(json_getz(x->item, "significant")))
		chronology_part(x, parts, "significant", "valueBoolean", json_bool(x->a, true));
	if (json_str(x->item, "source").n)
		chronology_part(x, parts, "source", "valueString", text_value(x, "source"));
	json_setz(x->a, extension, "extension", parts);
	struct json *list = json_getz(r, "extension");
	if (!list) {
		list = json_array(x->a);
		json_setz(x->a, r, "extension", list);
	}
	json_push(x->a, list, extension);
}

static struct json *subject(struct entry *x)
{
	return build_reference(x->a, "Patient", x->person, STR_NONE);
}

/* Whose work it was. Systems that send have no Practitioner. */
static void set_author(struct entry *x, struct json *r, const char *key, bool list)
{
	if (!x->by.n)
		return;
	struct json *who = build_reference(x->a, "Practitioner", x->by, STR_NONE);
	json_setz(x->a, r, key, list ? build_one(x->a, who) : who);
}

static struct json *begin(struct entry *x, const char *type, const char *status)
{
	struct json *r = build_resource(x->a, type, x->id);
	json_setz(x->a, r, "status", json_stringz(x->a, status));
	return r;
}

static struct json *payload(struct entry *x, struct str text)
{
	struct json *p = json_object(x->a);
	json_set_str(x->a, p, "contentString", text);
	return build_one(x->a, p);
}

static struct json *make_entry(struct entry *x)
{
	struct json *r = begin(x, "Communication", "completed");
	json_setz(x->a, r, "subject", subject(x));
	json_set_str(x->a, r, "sent", x->at);
	if (json_str(x->item, "text").n)
		json_setz(x->a, r, "payload", payload(x, json_str(x->item, "text")));
	set_author(x, r, "sender", false);
	add_chronology(x, r, "life", "event", json_str(x->item, "title"));
	return r;
}

static struct json *make_words(struct entry *x)
{
	struct json *r = begin(x, "Observation", "final");
	json_setz(x->a, r, "code", build_concept(x->a, CODE_SYSTEM("observation-code"), STR("childs-words"), STR("The child's own words")));
	json_setz(x->a, r, "subject", subject(x));
	json_set_str(x->a, r, "effectiveDateTime", x->at);
	set_author(x, r, "performer", true);
	json_setz(x->a, r, "valueString", text_value(x, "says"));
	build_extend(x->a, r, EXTENSION("seen-alone"), "valueBoolean", json_bool(x->a, json_true(json_getz(x->item, "alone"))));
	if (json_str(x->item, "share").n)
		build_extend(x->a, r, EXTENSION("may-share"), "valueString", text_value(x, "share"));
	add_chronology(x, r, "life", "voice", STR("In the child's own words"));
	return r;
}

static struct json *encounter(struct entry *x, const char *status, const char *class_code, const char *class_display)
{
	struct json *r = begin(x, "Encounter", status), *period = json_object(x->a);
	json_setz(x->a, r, "class",
		  build_coding(x->a, "http://terminology.hl7.org/CodeSystem/v3-ActCode", str_from(class_code), str_from(class_display)));
	json_setz(x->a, r, "subject", subject(x));
	json_set_str(x->a, period, "start", x->at);
	json_setz(x->a, r, "period", period);
	if (x->by.n) {
		struct json *participant = json_object(x->a);
		set_author(x, participant, "individual", false);
		json_setz(x->a, r, "participant", build_one(x->a, participant));
	}
	return r;
}

static struct json *make_missed(struct entry *x)
{
	struct json *r = encounter(x, "cancelled", "AMB", "ambulatory");
	build_extend(x->a, r, EXTENSION("attendance"), "valueCode", json_stringz(x->a, "not-brought"));
	add_chronology(x, r, "concern", "not-brought", str_printf(x->a, "Was not brought: %.*s", STR_ARG(json_str(x->item, "what"))));
	return r;
}

static struct json *make_attended(struct entry *x)
{
	struct json *r = encounter(x, "finished", "EMER", "emergency");
	struct str presentation = json_str(x->item, "presentation"), where = json_str(x->item, "where");
	struct json *reason = presentation.n ? build_concept(x->a, CODE_SYSTEM("ed-presentation"), presentation, STR_NONE) : json_object(x->a);
	json_setz(x->a, reason, "text", text_value(x, "why"));
	json_setz(x->a, r, "reasonCode", build_one(x->a, reason));
	build_extend(x->a, r, EXTENSION("treatment-area"), "valueCode", json_string(x->a, where.n ? where : STR("child")));
	json_setz(x->a, r, "serviceProvider", build_reference(x->a, "Organization", str_is(where, "adult") ? STR("adult-ed") : STR("childrens-ed"), STR_NONE));
	if (json_true(json_getz(x->item, "left"))) {
		struct json *h = json_object(x->a);
		json_setz(x->a, h, "dischargeDisposition",
			  build_concept(x->a, CODE_SYSTEM("discharge-disposition"), STR("left-before-seen"), STR("Left before being seen")));
		json_setz(x->a, r, "hospitalization", h);
	}
	add_chronology(x, r, "life", "event", str_printf(x->a, "A&E: %.*s", STR_ARG(json_str(x->item, "why"))));
	return r;
}

static struct json *make_plan(struct entry *x)
{
	struct json *r = begin(x, "CarePlan", json_str(x->item, "ended").n ? "completed" : "active"), *period = json_object(x->a);
	struct str end = json_str(x->item, "ended");
	json_setz(x->a, r, "intent", json_stringz(x->a, "plan"));
	json_setz(x->a, r, "category",
		  build_one(x->a, build_concept(x->a, CODE_SYSTEM("care-plan-category"), STR("child-protection-plan"), STR("Child protection plan"))));
	json_setz(x->a, r, "title", json_string(x->a, str_printf(x->a, "Child protection plan: %.*s", STR_ARG(json_str(x->item, "why")))));
	json_setz(x->a, r, "subject", subject(x));
	json_set_str(x->a, period, "start", json_str(x->item, "since"));
	json_set_str(x->a, period, "end", end.n ? end : json_str(x->item, "review"));
	json_setz(x->a, r, "period", period);
	json_setz(x->a, r, "author", build_reference(x->a, "Organization", STR_NONE, json_str(x->item, "who")));
	add_chronology(x, r, "service", "plan", json_str(r, "title"));
	return r;
}

static struct json *make_phoned(struct entry *x)
{
	struct json *r = begin(x, "ServiceRequest", "active");
	json_setz(x->a, r, "intent", json_stringz(x->a, "order"));
	json_setz(x->a, r, "code", build_concept(x->a, CODE_SYSTEM("service-request-code"), STR("csc-referral"), STR("Referral to children's social care")));
	json_setz(x->a, r, "subject", subject(x));
	json_set_str(x->a, r, "authoredOn", x->at);
	set_author(x, r, "requester", false);
	struct json *reason = json_object(x->a);
	json_setz(x->a, reason, "text", text_value(x, "concern"));
	json_setz(x->a, r, "reasonCode", build_one(x->a, reason));
	json_setz(x->a, r, "performer", build_one(x->a, build_reference(x->a, "Practitioner", STR_NONE, json_str(x->item, "to"))));
	build_extend(x->a, r, EXTENSION("mode"), "valueCode", json_stringz(x->a, "verbal"));
	add_chronology(x, r, "service", "decision", STR("Phone referral to children's social care"));
	return r;
}

static struct json *make_answered(struct entry *x)
{
	struct json *r = begin(x, "Communication", "completed");
	struct str decision = json_str(x->item, "decision"), rationale = json_str(x->item, "rationale");
	json_setz(x->a, r, "basedOn", build_one(x->a, build_reference(x->a, "ServiceRequest", json_str(x->item, "answered"), STR_NONE)));
	json_setz(x->a, r, "category",
		  build_one(x->a, build_concept(x->a, CODE_SYSTEM("communication-category"), STR("csc-referral-decision"), STR("Decision on a referral"))));
	json_setz(x->a, r, "subject", subject(x));
	json_set_str(x->a, r, "sent", x->at);
	json_setz(x->a, r, "sender", build_reference(x->a, "Organization", STR_NONE, json_str(x->item, "who")));
	json_setz(x->a, r, "payload", payload(x, str_printf(x->a, "%.*s. %.*s", STR_ARG(decision), STR_ARG(rationale))));
	add_chronology(x, r, "service", "decision", str_printf(x->a, "Social care decided: %.*s", STR_ARG(decision)));
	return r;
}

static const struct {
	const char *key;
	const char *person_key; /* which member names the person, when it is not the key itself */
	struct json *(*make)(struct entry *x);
} kinds[] = {
	{"entry", NULL, make_entry},	   {"words", NULL, make_words}, {"missed", NULL, make_missed},	   {"attended", NULL, make_attended},
	{"plan", NULL, make_plan},	   {"phoned", NULL, make_phoned}, {"answered", "about", make_answered},
};

static struct json *make(struct entry *x)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!json_getz(x->item, kinds[i].key))
			continue;
		x->person = json_str(x->item, kinds[i].person_key ? kinds[i].person_key : kinds[i].key);
		return kinds[i].make(x);
	}
	return NULL;
}

bool story_entries(struct arena *a, struct json *puts, const struct story_place *p, struct err *e)
{
	struct str by = str_find_char(p->by, '.') >= 0 ? p->by : STR_NONE;
	for (size_t i = 0; i < json_n(puts); i++) {
		if (json_str(puts->items[i], "resourceType").n)
			continue;
		struct entry x = {.a = a, .item = puts->items[i], .id = json_str(puts->items[i], "id"), .at = p->at, .by = by};
		if (!x.id.n)
			x.id = str_printf(a, "%.*s-%zu-%zu", STR_ARG(p->story), p->event + 1, i + 1);
		struct json *made = make(&x);
		if (!made || !x.person.n)
			return err_set(e, ERR_VALUE, "item %zu of event %zu is neither a resource nor a known short form", i + 1, p->event + 1);
		puts->items[i] = made;
	}
	return true;
}
