#include <string.h>

#include "identity/facts.h"
#include "identity/person.h"
#include "pack/pack.h"

enum {
	MAX_CANDIDATES = 60,
	MAX_SAME_NUMBER = 20,
	MAX_SAME_BIRTH = 10, /* one day's births of one name, or at one postcode: twins and namesakes, seldom more than two */
	MAX_POSSIBLE = 5,
	MAX_HOPS = 5
};

/* ---- candidates ---- */

struct candidate {
	struct resource resource;
	struct person person;
};

struct candidates {
	struct txn *txn;
	struct arena *arena;
	struct str own_id; /* of the person asked about, when it has one */
	VEC(struct candidate) list;
};

/* A value in a search query: FHIR's own escapes (R4 search 3.1.1.4.20), then percent. */
static void add_value(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if (c == '\\' || c == ',' || c == '$' || c == '|')
			buf_c(b, "%5C");
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.') {
			buf_char(b, (char)c);
			continue;
		}
		buf_char(b, '%');
		buf_char(b, hex[c >> 4]);
		buf_char(b, hex[c & 15]);
	}
}

static struct candidate *known_already(struct candidates *c, const struct resource *r)
{
	for (size_t i = 0; i < c->list.n; i++)
		if (str_eq(c->list.v[i].resource.id, r->id))
			return &c->list.v[i];
	return NULL;
}

static struct str replaced_by(const struct json *patient)
{
	const struct json *links = json_getz(patient, "link");
	for (size_t i = 0; i < json_n(links); i++)
		if (str_is(json_str(json_at(links, i), "type"), "replaced-by")) {
			struct str reference = json_str(json_getz(json_at(links, i), "other"), "reference");
			return str_starts(reference, STR("Patient/")) ? str_sub(reference, 8, reference.n) : STR_NONE;
		}
	return STR_NONE;
}

/* A merged record stands for the one that replaced it. */
static bool follow(struct candidates *c, struct resource *r, struct json **body, struct err *e)
{
	for (int hop = 0; hop < MAX_HOPS; hop++) {
		if (!json_parse(c->arena, r->body, NULL, body, e))
			return false;
		struct str next = replaced_by(*body);
		if (!next.n)
			return true;
		if (!txn_get(c->txn, STR("Patient"), next, r, e))
			return false;
	}
	return err_set(e, ERR_CONFLICT, "records replace one another in a circle");
}

static bool add_candidate(struct candidates *c, struct resource r, struct err *e)
{
	struct json *body;
	struct str as_found = r.id;
	if (c->list.n >= MAX_CANDIDATES || known_already(c, &r) || str_eq(r.id, c->own_id))
		return true;
	if (!json_parse(c->arena, r.body, NULL, &body, e))
		return false;
	struct person found = person_of(c->arena, body);
	if (!follow(c, &r, &body, e))
		return false;
	struct candidate *there = known_already(c, &r);
	if (!there) {
		VEC_PUSH(c->arena, &c->list, ((struct candidate){r, person_of(c->arena, body)}));
		there = &c->list.v[c->list.n - 1];
	}
	if (!str_eq(as_found, r.id))
		person_add(&there->person, &found);
	return true;
}

static bool add_found(struct candidates *c, struct buf *query, int most, struct err *e)
{
	struct search *search;
	struct search_page page = {0};
	buf_printf(query, "&_count=%d", most);
	if (!search_parse(c->arena, STR("Patient"), buf_str(query), txn_now_us(c->txn), &search, e) || !txn_search(c->txn, search, &page, e))
		return false;
	for (size_t i = 0; i < page.matches.n; i++)
		if (!add_candidate(c, page.matches.v[i], e))
			return false;
	return true;
}

static bool by_identifier(struct candidates *c, struct str system_and_value, struct err *e)
{
	struct buf q = buf_new(c->arena, 4096);
	ptrdiff_t bar = str_find_char(system_and_value, '|');
	buf_c(&q, "identifier=");
	add_value(&q, str_sub(system_and_value, 0, (size_t)bar));
	buf_c(&q, "%7C");
	add_value(&q, str_sub(system_and_value, (size_t)bar + 1, system_and_value.n));
	return add_found(c, &q, MAX_SAME_NUMBER, e);
}

static bool by_birth_and(struct candidates *c, struct str born, const char *parameter, struct str value, struct err *e)
{
	if (born.n != 10 || !value.n)
		return true;
	struct buf q = buf_new(c->arena, 4096);
	buf_printf(&q, "birthdate=%.*s&%s=", STR_ARG(born), parameter);
	add_value(&q, text_fold(c->arena, value)); /* as the index has it */
	return add_found(c, &q, MAX_SAME_BIRTH, e);
}

static bool by_demographics(struct candidates *c, const struct json *patient, const struct person *p, struct err *e)
{
	const struct json *names = json_getz(patient, "name"), *addresses = json_getz(patient, "address");
	for (size_t i = 0; i < json_n(names) && i < 2; i++)
		if (!by_birth_and(c, p->born, "family", json_str(json_at(names, i), "family"), e))
			return false;
	for (size_t i = 0; i < json_n(addresses) && i < 2 && p->postcode_n; i++)
		if (!by_birth_and(c, p->born, "address-postalcode", json_str(json_at(addresses, i), "postalCode"), e))
			return false;
	return true;
}

static bool by_nhs_numbers(struct candidates *c, const struct person *p, struct err *e)
{
	for (size_t i = 0; i < p->nhs_n; i++)
		if (!by_identifier(c, str_printf(c->arena, "%s|%.*s", NHS_NUMBER_SYSTEM, STR_ARG(p->nhs[i])), e))
			return false;
	return true;
}

static bool by_local_numbers(struct candidates *c, const struct person *p, struct err *e)
{
	for (size_t i = 0; i < p->local_n && i < 4; i++)
		if (!by_identifier(c, p->local[i], e))
			return false;
	return true;
}

/* ---- the answer ---- */

struct weighed {
	const struct candidate *link;
	const char *because;
	bool by_nhs; /* the link rests on the NHS number */
	size_t links; /* as good as this one */
};

static void add_possible(struct arena *a, struct identity_match *out, const struct candidate *x, const char *because)
{
	if (out->possible.n == MAX_POSSIBLE)
		return;
	struct resource *v = ARENA_ARRAY(a, struct resource, out->possible.n + 1);
	if (out->possible.n)
		memcpy(v, out->possible.v, sizeof *v * out->possible.n);
	v[out->possible.n++] = x->resource;
	out->possible.v = v;
	if (!out->because.n)
		out->because = str_from(because);
}

static void weigh_link(struct weighed *w, const struct candidate *x, const struct comparison *c, const char *because)
{
	bool by_nhs = c->nhs == AGREE;
	if (w->links && by_nhs == w->by_nhs) {
		w->links++;
		return;
	}
	if (w->links && !by_nhs)
		return;
	*w = (struct weighed){x, because, by_nhs, 1};
}

static void weigh(struct arena *a, const struct candidates *all, const struct person *p, struct identity_match *out, struct weighed *w)
{
	for (size_t i = 0; i < all->list.n; i++) {
		const struct candidate *x = &all->list.v[i];
		const char *because;
		struct comparison c = person_compare(p, &x->person);
		enum person_verdict v = person_verdict(&c, p, &x->person, &because);
		bool number = c.nhs == AGREE || c.local == AGREE;
		if (v == PERSON_LINK)
			weigh_link(w, x, &c, because);
		else if ((v == PERSON_POSSIBLE || (v == PERSON_CONFLICT && number)) && (number || !x->person.restricted))
			add_possible(a, out, x, because);
	}
}

/* Two that fit equally well: at most one is right, so a person decides. */
static void answer(struct arena *a, const struct candidates *all, const struct person *p, struct identity_match *out)
{
	struct weighed w = {0};
	weigh(a, all, p, out, &w);
	out->answer = out->possible.n ? IDENTITY_NEW_POSSIBLE : IDENTITY_NEW;
	if (w.links == 1) {
		out->answer = IDENTITY_LINK;
		out->person = w.link->resource;
		out->because = str_from(w.because);
		return;
	}
	for (size_t i = 0; w.links > 1 && i < all->list.n; i++) {
		const char *because;
		struct comparison c = person_compare(p, &all->list.v[i].person);
		if (person_verdict(&c, p, &all->list.v[i].person, &because) == PERSON_LINK)
			add_possible(a, out, &all->list.v[i], "several records fit equally well");
	}
	if (w.links > 1)
		out->answer = IDENTITY_NEW_POSSIBLE;
}

static bool is_sure(struct arena *a, const struct candidates *all, const struct person *p)
{
	struct weighed sure = {0};
	struct identity_match first = {0};
	weigh(a, all, p, &first, &sure);
	return sure.links == 1 && sure.by_nhs;
}

bool identity_find(struct txn *t, const struct json *patient, struct identity_match *out, struct err *e)
{
	struct arena *a = txn_arena(t);
	struct candidates all = {.txn = t, .arena = a, .own_id = json_str(patient, "id")};
	struct person p = person_of(a, patient);
	*out = (struct identity_match){.answer = IDENTITY_NEW};
	if (!by_nhs_numbers(&all, &p, e))
		return false;
	/* The usual message: its number finds one person and the rest agrees. Nothing else need be asked. */
	if (!is_sure(a, &all, &p) && !(by_local_numbers(&all, &p, e) && by_demographics(&all, patient, &p, e)))
		return false;
	answer(a, &all, &p, out);
	return true;
}

/* ---- work for somebody ---- */

static struct json *coded(struct arena *a, const char *system, const char *code, const char *display)
{
	struct json *coding = json_object(a), *list = json_array(a), *concept = json_object(a);
	json_setz(a, coding, "system", json_stringz(a, system));
	json_setz(a, coding, "code", json_stringz(a, code));
	json_setz(a, coding, "display", json_stringz(a, display));
	json_push(a, list, coding);
	json_setz(a, concept, "coding", list);
	return concept;
}

static struct json *reference_to(struct arena *a, const struct resource *r)
{
	struct json *reference = json_object(a);
	json_set_str(a, reference, "reference", str_printf(a, "%.*s/%.*s", STR_ARG(r->type), STR_ARG(r->id)));
	return reference;
}

static struct json *list_of(struct arena *a, struct json *one)
{
	struct json *list = json_array(a);
	json_push(a, list, one);
	return list;
}

bool identity_raise_possible(struct txn *t, const struct resource *person, const struct resources *possible, struct str because, struct err *e)
{
	struct arena *a = txn_arena(t);
	struct json *task = json_object(a), *inputs = json_array(a);
	for (size_t i = 0; i < possible->n; i++) {
		struct json *input = json_object(a);
		json_setz(a, input, "type", coded(a, HEED_BASE_URL "/CodeSystem/task-input", "candidate", "Another record it may be"));
		json_setz(a, input, "valueReference", reference_to(a, &possible->v[i]));
		json_push(a, inputs, input);
	}
	json_setz(a, task, "resourceType", json_stringz(a, "Task"));
	json_setz(a, task, "status", json_stringz(a, "requested"));
	json_setz(a, task, "intent", json_stringz(a, "order"));
	json_setz(a, task, "priority", json_stringz(a, "urgent"));
	json_setz(a, task, "code", coded(a, HEED_BASE_URL "/CodeSystem/task-code", "possible-same-person", "Possibly the same person - decide"));
	json_set_str(a, task, "description", str_printf(a, "These records may be one person: %.*s.", STR_ARG(because)));
	json_setz(a, task, "focus", reference_to(a, person));
	json_setz(a, task, "for", reference_to(a, person));
	json_set_str(a, task, "authoredOn", date_instant(a, txn_now_us(t)));
	json_setz(a, task, "performerType", list_of(a, coded(a, HEED_BASE_URL "/CodeSystem/role", "records-officer", "Records officer")));
	json_setz(a, task, "input", inputs);
	struct put put = {.method = STORE_CREATE, .type = STR("Task"), .body = task};
	struct put_result result;
	return txn_put(t, &put, &result, e);
}
