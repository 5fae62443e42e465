#include "access/internal.h"

#include <string.h>

/* What makes a relationship, as searches that find one resource or none. %P the person, %U the user, %T the user's team. */
struct tie {
	enum access_relationship kind;
	const char *type, *query;
};

static const struct tie ties[] = {
	{ACCESS_TEAM, "EpisodeOfCare", "patient=%P&status=planned,waitlist,active,onhold&organization=%T"},
	{ACCESS_TEAM, "EpisodeOfCare", "patient=%P&status=planned,waitlist,active,onhold&care-manager=%U"},
	{ACCESS_TEAM, "CareTeam", "patient=%P&status=proposed,active&participant=%U,%T"},
	{ACCESS_TEAM, "Encounter", "patient=%P&status=planned,arrived,triaged,in-progress,onleave&participant=%U"},
	{ACCESS_TEAM, "Encounter", "patient=%P&status=planned,arrived,triaged,in-progress,onleave&service-provider=%T"},
	{ACCESS_TASK, "Task", "patient=%P&status=draft,requested,received,accepted,ready,in-progress,on-hold&owner=%U,%T"},
	{ACCESS_REFERRAL, "ServiceRequest", "patient=%P&status=draft,active,on-hold&requester=%U,%T"},
	{ACCESS_REFERRAL, "ServiceRequest", "patient=%P&status=draft,active,on-hold&performer=%U,%T"},
};

struct gathering {
	struct access *access;
	struct store_read *read;
	struct arena *arena;
	const struct user *user;
	struct str person;
};

/* A store failure counts as nothing found: access fails closed. */
static bool finds(const struct gathering *g, const char *type, struct str query, struct search_page *page)
{
	struct search *q;
	struct err e = ERR_INIT;
	*page = (struct search_page){0};
	if (!search_parse(g->arena, str_from(type), query, env_now_us(g->access->env), &q, &e) || !store_search(g->read, q, page, &e)) {
		log_line(LOG_ERROR, "access", "looking for a relationship in %s failed: %s", type, err_name(e.code));
		return false;
	}
	return page->matches.n > 0;
}

static struct str team_reference(const struct gathering *g)
{
	return g->user->team.n ? str_cat(g->arena, STR("Organization/"), g->user->team) : STR_NONE;
}

/* STR_NONE when the query needs a team and the user has none. */
static struct str fill(const struct gathering *g, const char *pattern)
{
	struct buf b = buf_new(g->arena, 1000);
	struct str team = team_reference(g);
	for (const char *p = pattern; *p; p++) {
		if (*p != '%') {
			buf_char(&b, *p);
			continue;
		}
		p++;
		if (*p == 'T' && !team.p && b.p[b.n - 1] != ',')
			return STR_NONE;
		buf_add(&b, *p == 'P' ? g->person : *p == 'U' ? g->user->practitioner : team.p ? team : g->user->practitioner);
	}
	buf_c(&b, "&_count=1");
	return buf_str(&b);
}

static enum access_relationship working_tie(const struct gathering *g)
{
	struct search_page page;
	for (size_t i = 0; i < sizeof ties / sizeof *ties; i++) {
		struct str query = fill(g, ties[i].query);
		if (query.p && finds(g, ties[i].type, query, &page))
			return ties[i].kind;
	}
	return ACCESS_NONE;
}

/* ---- the reader's own people ---- */

static bool mentions(const struct json *j, struct str reference)
{
	if (json_is(j, JSON_STRING))
		return str_eq(json_text(j), reference);
	for (size_t i = 0; i < json_n(j); i++)
		if (mentions(json_is(j, JSON_OBJECT) ? j->members[i].value : json_at(j, i), reference))
			return true;
	return false;
}

static bool page_mentions(const struct gathering *g, const struct search_page *page, struct str reference)
{
	for (size_t i = 0; i < page->matches.n; i++) {
		struct json *body;
		if (json_parse(g->arena, page->matches.v[i].body, NULL, &body, NULL) && mentions(body, reference))
			return true;
	}
	return false;
}

/* A relative (either way round), or a member of the same household. */
static bool is_near(const struct gathering *g, struct str own)
{
	struct search_page page;
	struct str of_person = str_printf(g->arena, "patient=%.*s&_count=50", STR_ARG(g->person));
	struct str of_own = str_printf(g->arena, "patient=%.*s&_count=50", STR_ARG(own));
	struct str homes = str_printf(g->arena, "member=%.*s&_count=20", STR_ARG(own));
	return (finds(g, "RelatedPerson", of_person, &page) && page_mentions(g, &page, own)) ||
	       (finds(g, "RelatedPerson", of_own, &page) && page_mentions(g, &page, g->person)) ||
	       (finds(g, "Group", homes, &page) && page_mentions(g, &page, g->person));
}

/* A Person resource links the Practitioner with the Patient they are when they are somebody's patient. */
static bool is_own_or_family(const struct gathering *g)
{
	struct search_page page;
	if (g->user->is_system)
		return false;
	struct str query = str_printf(g->arena, "link=%.*s&_count=5", STR_ARG(g->user->practitioner));
	if (!finds(g, "Person", query, &page))
		return false;
	for (size_t i = 0; i < page.matches.n; i++) {
		struct json *person;
		if (!json_parse(g->arena, page.matches.v[i].body, NULL, &person, NULL))
			return true; /* linked, and unreadable: stop */
		const struct json *links = json_getz(person, "link");
		for (size_t k = 0; k < json_n(links); k++) {
			struct str own = json_str(json_getz(json_at(links, k), "target"), "reference");
			if (str_starts(own, STR("Patient/")) && (str_eq(own, g->person) || is_near(g, own)))
				return true;
		}
	}
	return false;
}

static bool reason_holds(const struct gathering *g)
{
	struct sql_stmt *s = sql_use(store_read_sql(g->read), "access_reason_get");
	sql_bind_str(s, 1, g->user->id);
	sql_bind_str(s, 2, g->person);
	bool holds = sql_step(s, NULL) == SQL_ROW && sql_i64(s, 0) > env_now_us(g->access->env);
	sql_done(s);
	return holds;
}

static enum access_relationship relationship(const struct gathering *g)
{
	if (!g->person.n || g->user->is_system)
		return ACCESS_NONE;
	if (reason_holds(g))
		return ACCESS_REASON;
	if (is_own_or_family(g))
		return ACCESS_SELF_OR_FAMILY;
	return working_tie(g);
}

/* ---- the resource ---- */

static struct str patient_in(struct arena *arena, const struct json *element)
{
	if (json_is(element, JSON_ARRAY)) {
		for (size_t i = 0; i < json_n(element); i++) {
			struct str s = patient_in(arena, json_at(element, i));
			if (s.p)
				return s;
		}
		return STR_NONE;
	}
	struct str text = json_str(element, "reference");
	struct fhir_reference ref;
	if (text.p && fhir_reference_parse(text, STR(HEED_BASE_URL), &ref) && str_is(ref.type, "Patient"))
		return str_cat(arena, STR("Patient/"), ref.id);
	/* Appointment.participant.actor, AuditEvent.entity.what, Group.member.entity */
	static const char *const inner[] = {"actor", "what", "entity"};
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
		struct str s = json_is(json_getz(element, inner[i]), JSON_OBJECT) ? patient_in(arena, json_getz(element, inner[i])) : STR_NONE;
		if (s.p)
			return s;
	}
	return STR_NONE;
}

struct str access_person_of(struct arena *arena, const struct json *resource)
{
	static const char *const elements[] = {"subject", "patient", "for", "beneficiary", "individual", "participant", "target", "entity",
					       "member"};
	if (str_is(json_str(resource, "resourceType"), "Patient")) {
		struct str id = json_str(resource, "id");
		return id.n ? str_cat(arena, STR("Patient/"), id) : STR_NONE;
	}
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		const struct json *element = json_getz(resource, elements[i]);
		struct str s = element ? patient_in(arena, element) : STR_NONE;
		if (s.p)
			return s;
	}
	return STR_NONE;
}

struct labels {
	struct arena *arena;
	VEC(struct str) v;
};

static bool restricts(const struct access *a, struct str code)
{
	for (size_t i = 0; i < a->label_count; i++)
		if (str_eq(a->labels[i], code))
			return true;
	return false;
}

static void add_label(const struct access *a, struct labels *l, struct str code)
{
	if (restricts(a, code))
		VEC_PUSH(l->arena, &l->v, str_dup(l->arena, code));
}

/* Those it carries, and those other folders derived for it. */
static void gather_labels(const struct gathering *g, const struct json *resource, struct labels *out)
{
	const struct json *security = json_getz(json_getz(resource, "meta"), "security");
	for (size_t i = 0; i < json_n(security); i++)
		add_label(g->access, out, json_str(json_at(security, i), "code"));
	struct str id = json_str(resource, "id");
	if (!id.n)
		return;
	struct sql_stmt *s = sql_use(store_read_sql(g->read), "access_labels");
	sql_bind_str(s, 1, json_str(resource, "resourceType"));
	sql_bind_str(s, 2, id);
	while (sql_step(s, NULL) == SQL_ROW)
		add_label(g->access, out, sql_str(s, 0));
	sql_done(s);
}

/* A type in the patient compartment is about somebody, even when nothing names them: then nobody has a relationship to it. Looking
 * for a person is not yet opening a record, and a new Patient is nobody's yet. */
static bool about_person(const struct access_request *q, struct str person)
{
	if (str_is(q->type, "AuditEvent"))
		return false; /* the audit trail is for administrators, and is itself the record of who looked */
	if (person.n)
		return true;
	if (str_is(q->type, "Patient"))
		return q->action == ACCESS_READ;
	return q->type.n && fhir_compartment(STR("Patient"), q->type) != NULL;
}

static bool scope_covers(const struct user *u, const struct access_request *q)
{
	return u->scope.n == 0 || scope_allows(u->scope, u->is_system, q->action, q->type);
}

static void gather(const struct gathering *g, const struct access_request *q, struct labels *labels, struct access_facts *f)
{
	const struct role_facts *role = access_role(g->access, g->user->role);
	*f = (struct access_facts){.action = q->action, .resource_type = q->type, .role = g->user->role,
				   .scope_allows = !g->user->disabled && scope_covers(g->user, q), .known = g->access->labels,
				   .known_count = g->access->label_count};
	if (q->resource)
		gather_labels(g, q->resource, labels);
	f->labels = labels->v.v;
	f->label_count = labels->v.n;
	f->about_person = about_person(q, g->person);
	if (!role)
		return; /* the pack no longer has the role: it may nothing */
	f->role_open = role->open;
	f->is_admin = role->admin;
	bool audit = str_is(q->type, "AuditEvent");
	f->role_may_read = role->everything || (audit ? role->admin : pack_role_may(role->role, q->type, false));
	f->role_may_write = role->everything || pack_role_may(role->role, q->type, true);
	f->cleared = role->everything ? g->access->labels : role->role->cleared.v;
	f->cleared_count = role->everything ? g->access->label_count : role->role->cleared.n;
	/* The relationship is looked for only when it matters: a label hides a resource before it, in no more time than absence takes. */
	if (f->about_person && access_decide(f).answer != ACCESS_DENY)
		f->relationship = relationship(g);
}

static struct ledger_entry entry_of(const struct access *a, const struct access_request *q, enum ledger_kind kind, struct str person)
{
	return (struct ledger_entry){.at_us = env_now_us(a->env), .kind = kind, .act = access_act(q->user, q->channel, q->request),
				     .person = person, .detail = q->detail};
}

static void record_refusal(struct access *a, struct arena *arena, const struct access_request *q, struct str person,
			   const struct access_decision *d)
{
	struct ledger_entry entry = entry_of(a, q, LEDGER_DENIED, person);
	entry.detail = str_printf(arena, "%s: %s", d->answer == ACCESS_ASK ? "asked" : "denied", d->because);
	struct err e = ERR_INIT;
	if (!ledger_record(a->ledger, arena, &entry, &e))
		log_line(LOG_ERROR, "access", "a refusal was not recorded: %s", e.message);
}

static struct access_decision look(struct arena *arena, struct access *a, struct store_read *r, const struct access_request *q,
				   struct str person)
{
	struct gathering g = {.access = a, .read = r, .arena = arena, .user = q->user, .person = person};
	struct labels labels = {.arena = arena};
	struct access_facts facts;
	gather(&g, q, &labels, &facts);
	return access_decide(&facts);
}

static struct str person_of(struct arena *arena, const struct access_request *q)
{
	return q->person.n ? q->person : access_person_of(arena, q->resource);
}

struct access_decision access_look(struct access *a, struct store_read *r, const struct access_request *q)
{
	struct arena *arena = arena_new(0);
	struct access_decision d = look(arena, a, r, q, person_of(arena, q));
	arena_destroy(arena);
	return d;
}

struct access_decision access_check(struct access *a, struct store_read *r, const struct access_request *q)
{
	struct arena *arena = arena_new(0);
	struct str person = person_of(arena, q);
	struct access_decision d = look(arena, a, r, q, person);
	if (d.answer != ACCESS_ALLOW)
		record_refusal(a, arena, q, person, &d);
	arena_destroy(arena);
	return d;
}

/* Goes the way a hidden resource goes, on a made-up one of ordinary size. */
void access_absent(struct access *a, struct store_read *r, const struct access_request *q)
{
	static const char ordinary[] =
		"{\"resourceType\":\"Observation\",\"id\":\"-\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2000-01-01T00:00:00.000Z\","
		"\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"V\"}]},"
		"\"status\":\"final\",\"code\":{\"text\":\"-\"},\"subject\":{\"reference\":\"Patient/-\"}}";
	struct arena *arena = arena_new(0);
	struct json *body = NULL;
	struct access_decision d = {0};
	struct access_request as_if = *q;
	if (r && json_parse(arena, str_from(ordinary), NULL, &body, NULL)) {
		as_if.resource = body;
		d = look(arena, a, r, &as_if, person_of(arena, &as_if));
	}
	d.answer = ACCESS_DENY;
	d.because = "there is nothing here";
	record_refusal(a, arena, q, STR_NONE, &d);
	arena_destroy(arena);
}

bool access_disclose(struct access *a, struct arena *arena, const struct access_request *q, struct str items, struct err *e)
{
	struct str person = person_of(arena, q);
	struct ledger_entry entry = entry_of(a, q, q->action == ACCESS_SEARCH ? LEDGER_SEARCH : LEDGER_READ, person);
	entry.items = items;
	return ledger_record(a->ledger, arena, &entry, e);
}

/* ---- reasons ---- */

struct giving {
	struct str user_id, person, code, words;
	int64_t holds_us;
};

static bool write_reason(struct txn *t, void *arg, struct err *e)
{
	const struct giving *g = arg;
	int64_t now_us = txn_now_us(t);
	struct sql_stmt *s = sql_use(txn_sql(t), "access_reason_put");
	sql_bind_str(s, 1, g->user_id);
	sql_bind_str(s, 2, g->person);
	sql_bind_str(s, 3, g->code);
	sql_bind_str(s, 4, g->words);
	sql_bind_i64(s, 5, now_us);
	sql_bind_i64(s, 6, now_us + g->holds_us);
	struct ledger_entry entry = {.kind = LEDGER_DECISION, .at_us = now_us, .act = *txn_act(t), .person = g->person,
				     .detail = STR("opened without a relationship, for a reason")};
	return sql_run(s, e) && ledger_append(t, &entry, e);
}

bool access_give_reason(struct access *a, const struct user *u, struct str person, struct str code, struct str words, struct err *e)
{
	words = str_trim(words);
	if (!code.n)
		return err_set(e, ERR_REQUIRED, "choose why you need to open this record");
	if (words.n < 3 || words.n > 1000)
		return err_set(e, ERR_VALUE, "say why you need to open this record, in up to 1,000 characters");
	struct arena *arena = arena_new(0);
	struct giving g = {u->id, person, code, words, a->settings.reason_us};
	struct act act = access_act(u, STR("web"), STR(""));
	act.purpose = STR("ETREAT");
	act.reason = str_printf(arena, "%.*s: %.*s", STR_ARG(code), STR_ARG(words));
	bool ok = store_submit(a->store, arena, &act, write_reason, &g, e);
	arena_destroy(arena);
	return ok;
}
