/* The people around one person: recorded ties both ways, and the household. An adult's page shows the children. */
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

enum { KIN_MAX = 30 };

struct member {
	struct str id; /* of the Patient; "" when only a name is known */
	const struct json *patient;
	struct str name, relation; /* code of v3-RoleCode, to the index person */
	bool same_home, index, ended;
	const struct json *responsibility;
	struct docs ties; /* RelatedPersons of this member: who is what to them */
};

struct network {
	struct visit *v;
	struct member m[KIN_MAX];
	size_t n;
	struct str home;
};

static size_t member_of(const struct network *w, struct str id)
{
	for (size_t i = 0; i < w->n; i++)
		if (id.n && str_eq(w->m[i].id, id))
			return i;
	return KIN_NOBODY;
}

static struct member *add(struct network *w, struct str id, struct str relation)
{
	struct doc d;
	size_t known = member_of(w, id);
	if (known != KIN_NOBODY) {
		if (!w->m[known].relation.n)
			w->m[known].relation = relation;
		return &w->m[known];
	}
	if (w->n == KIN_MAX || !doc_get(w->v, str_cat(w->v->a, STR("Patient/"), id), &d))
		return NULL;
	struct member *m = &w->m[w->n++];
	*m = (struct member){.id = id, .patient = d.j, .name = patient_plain(w->v->a, d.j), .relation = relation};
	doc_shown(w->v, &d);
	return m;
}

static struct str other_person(const struct json *tie)
{
	return id_of_reference(json_str(json_getz(extension(tie, "person"), "valueReference"), "reference"), "Patient");
}

static struct str tie_code(const struct json *tie)
{
	return coding_code(json_at(json_getz(tie, "relationship"), 0));
}

static struct docs ties_of(struct visit *v, struct str id)
{
	return docs_find(v, "RelatedPerson", "patient=Patient/%.*s&_count=40", STR_ARG(id));
}

static bool tie_ended(const struct json *tie)
{
	const struct json *active = json_getz(tie, "active");
	return (active && !json_true(active)) || json_str(json_getz(tie, "period"), "end").n > 0;
}

static void add_ties(struct network *w)
{
	for (size_t i = 0; i < w->m[0].ties.n; i++) {
		const struct json *tie = w->m[0].ties.v[i].j;
		struct str id = other_person(tie);
		struct member *m = NULL;
		if (id.n) {
			m = add(w, id, tie_code(tie));
		} else if (w->n < KIN_MAX) { /* somebody with no record of their own */
			m = &w->m[w->n++];
			*m = (struct member){.name = patient_plain(w->v->a, tie), .relation = tie_code(tie), .patient = tie};
		}
		if (!m)
			continue;
		m->ended = tie_ended(tie);
		m->responsibility = extension(tie, "parental-responsibility");
	}
}

/* A tie is recorded on the child; the adult's side of it is turned round here. */
static struct str turned(struct str code)
{
	static const char *const pairs[][2] = {{"MTH", "CHILD"}, {"FTH", "CHILD"}, {"STPMTH", "STPCHLD"}, {"STPFTH", "STPCHLD"}, {"GRMTH", "GRNDCHILD"},
					       {"GRFTH", "GRNDCHILD"}, {"SIGOTHR", "PARTCHILD"}, {"BRO", "SIB"}, {"SIS", "SIB"}, {"HBRO", "HSIB"}, {"HSIS", "HSIB"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (str_is(code, pairs[i][0]))
			return str_from(pairs[i][1]);
	return STR("");
}

/* An adult's children, by the ties recorded on them: they may live anywhere, and be known of since an hour. */
static void add_children(struct network *w)
{
	struct docs d = docs_find(w->v, "RelatedPerson", "person=%.*s&_count=%d", STR_ARG(w->v->person), KIN_MAX);
	for (size_t i = 0; i < d.n; i++) {
		struct str child = id_of_reference(json_str(json_getz(d.v[i].j, "patient"), "reference"), "Patient");
		struct member *m = child.n ? add(w, child, turned(tie_code(d.v[i].j))) : NULL;
		if (m && !m->index)
			m->ended |= tie_ended(d.v[i].j);
	}
}

static bool over(const struct visit *v, const struct json *period)
{
	int64_t end;
	return instant_of(json_str(period, "end"), &end) && end < v->now_us;
}

static void add_household(struct network *w)
{
	struct docs homes = docs_find(w->v, "Group", "member=%.*s&_count=10", STR_ARG(w->v->person));
	for (size_t i = 0; i < homes.n; i++) {
		const struct json *g = homes.v[i].j, *members = json_getz(g, "member");
		if (!str_is(coding_code(json_getz(g, "code")), "household"))
			continue;
		w->home = json_str(g, "name");
		for (size_t k = 0; k < json_n(members); k++) {
			const struct json *one = json_at(members, k);
			struct str id = id_of_reference(json_str(json_getz(one, "entity"), "reference"), "Patient");
			struct member *m = id.n && !over(w->v, json_getz(one, "period")) && !json_true(json_getz(one, "inactive")) ? add(w, id, STR("")) : NULL;
			if (m)
				m->same_home = true;
		}
	}
}

static void read_members_ties(struct network *w)
{
	for (size_t i = 1; i < w->n && i < 14; i++) {
		if (!w->m[i].id.n)
			continue;
		w->m[i].ties = ties_of(w->v, w->m[i].id);
		for (size_t k = 0; k < w->m[i].ties.n; k++) {
			const struct json *tie = w->m[i].ties.v[k].j;
			if (str_eq(other_person(tie), w->m[0].id) && !w->m[i].relation.n)
				w->m[i].relation = turned(tie_code(tie));
		}
	}
}

/* Through the children of an adult: the other parent, and a partner the child's record names. */
static void add_parents_of_children(struct network *w)
{
	for (size_t i = 1, n = w->n; i < n; i++) {
		for (size_t k = 0; str_is(w->m[i].relation, "CHILD") && k < w->m[i].ties.n; k++) {
			const struct json *tie = w->m[i].ties.v[k].j;
			struct str code = tie_code(tie), id = other_person(tie);
			bool parent = str_is(code, "MTH") || str_is(code, "FTH");
			if (!id.n || (!parent && !str_is(code, "SIGOTHR")))
				continue;
			struct member *m = add(w, id, STR(""));
			if (!m || m->index)
				continue;
			m->relation = m->relation.n ? m->relation : parent ? STR("COPARENT") : STR("PARTNER");
			m->ended |= parent && tie_ended(tie);
		}
	}
}

/* Parents first, then partners, children and siblings, then the rest: the order somebody would tell it in. */
static int rank_of(const struct member *m)
{
	static const char *const order[] = {"MTH", "FTH", "STPMTH", "STPFTH", "SIGOTHR", "SPS", "PARTNER", "COPARENT", "CHILD", "STPCHLD", "PARTCHILD", "BRO", "SIS", "SIB",
					    "HBRO", "HSIS", "HSIB", "GRMTH", "GRFTH", "GRNDCHILD"};
	for (int i = 0; i < (int)(sizeof order / sizeof *order); i++)
		if (str_is(m->relation, order[i]))
			return i;
	return 99;
}

static void sort_members(struct network *w)
{
	for (size_t i = 2; i < w->n; i++) {
		struct member one = w->m[i];
		size_t k = i;
		for (; k > 1 && rank_of(&one) < rank_of(&w->m[k - 1]); k--)
			w->m[k] = w->m[k - 1];
		w->m[k] = one;
	}
}

/* ---- words ---- */

static struct str relation_words(const struct member *m)
{
	static const struct {
		const char *code, *female, *male, *either;
	} words[] = {{"MTH", "Mother", "Mother", "Mother"},
		     {"FTH", "Father", "Father", "Father"},
		     {"STPMTH", "Stepmother", "Stepmother", "Stepmother"},
		     {"STPFTH", "Stepfather", "Stepfather", "Stepfather"},
		     {"GRMTH", "Grandmother", "Grandmother", "Grandmother"},
		     {"GRFTH", "Grandfather", "Grandfather", "Grandfather"},
		     {"BRO", "Brother", "Brother", "Brother"},
		     {"SIS", "Sister", "Sister", "Sister"},
		     {"HBRO", "Half-brother", "Half-brother", "Half-brother"},
		     {"HSIS", "Half-sister", "Half-sister", "Half-sister"},
		     {"SIGOTHR", "Parent’s partner", "Parent’s partner", "Parent’s partner"},
		     {"CHILD", "Daughter", "Son", "Child"},
		     {"STPCHLD", "Stepdaughter", "Stepson", "Stepchild"},
		     {"GRNDCHILD", "Granddaughter", "Grandson", "Grandchild"},
		     {"PARTCHILD", "Partner’s child", "Partner’s child", "Partner’s child"},
		     {"SIB", "Sister", "Brother", "Brother or sister"},
		     {"HSIB", "Half-sister", "Half-brother", "Half-brother or sister"},
		     {"PARTNER", "Partner", "Partner", "Partner"},
		     {"COPARENT", "Mother of a child of theirs", "Father of a child of theirs", "Parent of a child of theirs"},
		     {"AUNT", "Aunt", "Aunt", "Aunt"},
		     {"UNCLE", "Uncle", "Uncle", "Uncle"},
		     {"COUSN", "Cousin", "Cousin", "Cousin"},
		     {"GUARD", "Guardian", "Guardian", "Guardian"},
		     {"PRNFOST", "Foster carer", "Foster carer", "Foster carer"},
		     {"SPS", "Wife", "Husband", "Wife or husband"}};
	struct str sex = json_str(m->patient, "gender");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(m->relation, words[i].code))
			return str_from(str_is(sex, "female") ? words[i].female : str_is(sex, "male") ? words[i].male : words[i].either);
	if (m->relation.n)
		return STR("Another relative or carer");
	return m->same_home ? STR("Lives there; tie not recorded") : STR("Tie not recorded");
}

static bool is_parent(struct str code)
{
	return str_is(code, "MTH") || str_is(code, "FTH") || str_is(code, "STPMTH") || str_is(code, "STPFTH");
}

/* On an adult's page: has the adult it for this child? */
static struct str of_child(const struct network *w, const struct member *m)
{
	for (size_t i = 0; i < m->ties.n; i++) {
		const struct json *x = extension(m->ties.v[i].j, "parental-responsibility");
		if (!x || !str_eq(other_person(m->ties.v[i].j), w->m[0].id))
			continue;
		return str_printf(w->v->a, "%.*s: %s", STR_ARG(patient_given(w->v->a, w->m[0].patient)), json_true(json_getz(x, "valueBoolean")) ? "yes" : "no");
	}
	return str_is(m->relation, "CHILD") ? STR("Not recorded, ask") : STR("Not applicable");
}

static struct str responsibility(const struct network *w, const struct member *m)
{
	if (!patient_is_child(w->v, w->m[0].patient))
		return of_child(w, m);
	if (m->responsibility)
		return json_true(json_getz(m->responsibility, "valueBoolean")) ? STR("Yes") : STR("No");
	return is_parent(m->relation) ? STR("Not recorded, ask") : STR("Not applicable");
}

/* A headline of what a worker must know, not the notes: kind, and where to ask. */
static struct str to_know(struct visit *v, const struct member *m)
{
	if (!m->id.n)
		return STR("No record of their own here");
	struct docs flags = docs_active_flags(v, str_cat(v->a, STR("Patient/"), m->id), 3);
	struct buf b = buf_new(v->a, 1000);
	for (size_t i = 0; i < flags.n; i++) {
		buf_c(&b, b.n ? ". " : "");
		buf_add(&b, concept_text(v, json_getz(flags.v[i].j, "code")));
	}
	return buf_str(&b);
}

static int by_number(const void *a, const void *b)
{
	const struct relative *x = a, *y = b;
	return x->number - y->number;
}

static void table(struct network *w, struct person_view *out)
{
	struct visit *v = w->v;
	struct relative *rows = ARENA_ARRAY(v->a, struct relative, w->n);
	for (size_t i = 1; i < w->n; i++) {
		const struct member *m = &w->m[i];
		struct relative *r = &rows[out->relative_count++];
		*r = (struct relative){.number = (int)i + 1, .name = m->name, .relation = relation_words(m), .home = m->same_home ? STR("Same") : STR("Elsewhere"),
				       .responsibility = responsibility(w, m), .know = to_know(v, m)};
		r->facts = m->id.n ? patient_age(v, m->patient) : STR("");
		r->href = m->id.n ? str_cat(v->a, STR("/p/"), m->id) : STR("");
		if (m->ended)
			r->relation = str_cat(v->a, r->relation, STR(", no longer together"));
	}
	qsort(rows, out->relative_count, sizeof *rows, by_number);
	out->relatives = rows;
	out->relative_total = out->relative_count;
}

/* ---- picture ---- */

struct pairing {
	size_t a, b;
	size_t children[KIN_MAX];
	size_t n;
	enum union_state state;
};

struct drawing {
	const struct network *w;
	struct pairing p[KIN_MAX];
	size_t n;
};

/* By the member's own recorded ties; step-parents do not count. */
static void recorded_parents(const struct network *w, size_t child, size_t *mother, size_t *father, bool *over)
{
	*mother = *father = KIN_NOBODY;
	*over = false;
	for (size_t i = 0; i < w->m[child].ties.n; i++) {
		const struct json *tie = w->m[child].ties.v[i].j;
		size_t who = member_of(w, other_person(tie));
		if (who == KIN_NOBODY)
			continue;
		if (str_is(tie_code(tie), "MTH"))
			*mother = who;
		else if (str_is(tie_code(tie), "FTH"))
			*father = who;
		else
			continue;
		*over |= tie_ended(tie);
	}
}

/* A full brother or sister has the index person's parents, recorded or not. */
static void parents_of(const struct network *w, size_t child, size_t *mother, size_t *father, bool *over)
{
	size_t m, f;
	bool parted;
	recorded_parents(w, child, mother, father, over);
	if (child == 0 || (!str_is(w->m[child].relation, "BRO") && !str_is(w->m[child].relation, "SIS")))
		return;
	recorded_parents(w, 0, &m, &f, &parted);
	*mother = *mother == KIN_NOBODY ? m : *mother;
	*father = *father == KIN_NOBODY ? f : *father;
	*over |= parted;
}

static struct pairing *pairing_of(struct drawing *d, size_t a, size_t b)
{
	for (size_t i = 0; i < d->n; i++)
		if ((d->p[i].a == a && d->p[i].b == b) || (d->p[i].a == b && d->p[i].b == a))
			return &d->p[i];
	if (d->n == KIN_MAX)
		return NULL;
	d->p[d->n] = (struct pairing){.a = a, .b = b};
	return &d->p[d->n++];
}

static void add_child(struct drawing *d, size_t child)
{
	size_t mother, father;
	bool over;
	parents_of(d->w, child, &mother, &father, &over);
	if (mother == KIN_NOBODY && father == KIN_NOBODY)
		return;
	struct pairing *p = mother == KIN_NOBODY ? pairing_of(d, father, KIN_NOBODY)
			    : father == KIN_NOBODY ? pairing_of(d, mother, KIN_NOBODY)
						   : pairing_of(d, father, mother);
	if (!p || p->n == KIN_MAX)
		return;
	p->children[p->n++] = child;
	if (over)
		p->state = UNION_SEPARATED;
}

static void add_partners(struct drawing *d)
{
	size_t mother, father;
	bool over;
	parents_of(d->w, 0, &mother, &father, &over);
	for (size_t i = 1; i < d->w->n; i++) {
		bool partner = str_is(d->w->m[i].relation, "SIGOTHR") || str_is(d->w->m[i].relation, "STPFTH") || str_is(d->w->m[i].relation, "STPMTH");
		size_t parent = mother != KIN_NOBODY ? mother : father;
		if (!partner || parent == KIN_NOBODY)
			continue;
		struct pairing *p = pairing_of(d, parent, i);
		if (p)
			p->state = UNION_UNSETTLED;
	}
	for (size_t i = 1; i < d->w->n; i++) { /* grandparents: of the mother, unless the record says more */
		bool grand = str_is(d->w->m[i].relation, "GRMTH") || str_is(d->w->m[i].relation, "GRFTH");
		size_t parent = mother != KIN_NOBODY ? mother : father;
		struct pairing *p = grand && parent != KIN_NOBODY ? pairing_of(d, i, KIN_NOBODY) : NULL;
		if (p)
			p->children[p->n++] = parent;
	}
}

static void picture(struct network *w, struct person_view *out)
{
	struct visit *v = w->v;
	struct drawing *d = ARENA_NEW(v->a, struct drawing);
	struct kin *kin = ARENA_ARRAY(v->a, struct kin, w->n);
	d->w = w;
	for (size_t i = 0; i < w->n; i++)
		add_child(d, i);
	add_partners(d);
	struct kin_union *unions = ARENA_ARRAY(v->a, struct kin_union, d->n + 1);
	for (size_t i = 0; i < d->n; i++)
		unions[i] = (struct kin_union){d->p[i].a, d->p[i].b, d->p[i].state, d->p[i].children, d->p[i].n};
	for (size_t i = 0; i < w->n; i++) {
		const struct member *m = &w->m[i];
		struct str sex = json_str(m->patient, "gender");
		kin[i] = (struct kin){.name = m->name, .sub = m->id.n ? patient_age(v, m->patient) : STR(""), .index = i == 0, .same_home = m->same_home || i == 0,
				      .number = (int)i + 1, .sex = str_is(sex, "female") ? KIN_FEMALE : str_is(sex, "male") ? KIN_MALE : KIN_UNKNOWN};
		kin[i].relation = i ? str_lower(v->a, relation_words(m)) : STR("");
		patient_born(m->patient, &kin[i].born_days);
		kin[i].dead = str_is(kin[i].sub, "died");
	}
	struct str home = w->home.n ? str_cat(v->a, STR("Lives together: "), w->home) : STR("");
	out->family = (struct family){.name = out->name, .home = home, .people = kin, .n = w->n, .unions = unions, .union_count = d->n};
}

void gather_family(struct visit *v, struct person_view *out)
{
	struct network *w = ARENA_NEW(v->a, struct network);
	w->v = v;
	struct member *self = add(w, id_of_reference(v->person, "Patient"), STR(""));
	if (!self)
		return;
	self->index = true;
	self->ties = ties_of(v, self->id);
	add_ties(w);
	add_children(w);
	add_household(w);
	read_members_ties(w);
	add_parents_of_children(w);
	sort_members(w);
	picture(w, out);
	table(w, out);
}
