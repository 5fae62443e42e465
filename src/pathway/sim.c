#include "pathway/sim.h"

struct held {
	struct str type, id, body; /* body STR_NONE: deleted */
	int64_t version;
	const struct json *tree; /* of body, when tree_turn is the sim's: read once an event */
	uint64_t tree_turn;
};

struct holders {
	VEC(struct held *) list;
	uint64_t writes; /* how often it was written under */
};

/* Who answered a query that is about nobody in particular (who holds this role), until one of that type is written. */
struct answered {
	struct holders holders;
	uint64_t writes;
};

struct made {
	struct str type, id;
	struct str body;
	const struct json *tree; /* of body; lives until the event that made it is done */
	int64_t recorded_us;
};

struct sim {
	struct arena *a, *scratch;
	struct sql *db;
	struct world world;
	struct engine engine;
	struct role_cache roles;
	int64_t next_clock, next_firing, made;
	struct shortcuts shortcuts;
	uint64_t turn; /* goes up when scratch is emptied */
	struct map resources; /* Type/id -> struct held */
	struct map subjects;  /* Patient/id|Type -> struct holders */
	struct map types;     /* Type -> struct holders */
	struct map answered;  /* Type?query -> struct answered */
	VEC(struct made) queue;
	size_t queue_at;
	bool makes, owns_db;
	const struct pack_role *(*role)(void *arg, struct str code);
	void *role_arg;
};

static void list_under(struct arena *a, struct map *m, struct str key, struct held *h)
{
	struct holders *list = map_get(m, key);
	if (!list) {
		list = ARENA_NEW(a, struct holders);
		map_put(m, str_dup(a, key), list);
	}
	VEC_PUSH(a, &list->list, h);
}

static struct held *hold(struct sim *s, struct str type, struct str id, const struct json *body, struct str text, int64_t version)
{
	struct str ref = pw_ref_of(s->scratch, type, id);
	struct held *h = map_get(&s->resources, ref);
	if (!h) {
		h = ARENA_NEW(s->a, struct held);
		h->type = str_dup(s->a, type);
		h->id = str_dup(s->a, id);
		map_put(&s->resources, str_dup(s->a, ref), h);
		struct str subject = body ? pw_subject_of(s->scratch, body) : ref;
		list_under(s->a, &s->types, type, h);
		if (!str_eq(subject, ref))
			list_under(s->a, &s->subjects, pw_join(s->scratch, (struct str[]){subject, STR("|"), type}, 3), h);
	}
	((struct holders *)map_get(&s->types, type))->writes++;
	h->body = text;
	h->version = version;
	h->tree = body;
	h->tree_turn = s->turn;
	return h;
}

static bool parse(struct sim *s, struct str text, const struct json **out, struct err *e)
{
	struct json *j = NULL;
	*out = NULL;
	if (text.p && !json_parse(s->scratch, text, NULL, &j, e))
		return false;
	*out = j;
	return true;
}

static bool tree_of(struct sim *s, struct held *h, const struct json **out, struct err *e)
{
	if (h->tree_turn != s->turn && !parse(s, h->body, &h->tree, e))
		return false;
	h->tree_turn = s->turn;
	*out = h->body.p ? h->tree : NULL;
	return true;
}

static void next_turn(struct sim *s, struct arena_mark m)
{
	arena_rewind(s->scratch, m);
	s->turn++;
}

/* ---- the world ---- */

static bool world_get(void *arg, struct str type, struct str id, const struct json **out, struct err *e)
{
	struct sim *s = arg;
	struct held *h = map_get(&s->resources, pw_ref_of(s->scratch, type, id));
	*out = NULL;
	return h ? tree_of(s, h, out, e) : true;
}

static const struct holders *the_one(struct sim *s, struct str type, struct str id)
{
	struct holders *one = ARENA_NEW(s->scratch, struct holders);
	struct held *h = map_get(&s->resources, pw_ref_of(s->scratch, type, id));
	if (h)
		VEC_PUSH(s->scratch, &one->list, h);
	return one;
}

/* Where to look, and what is left to ask of each: the parameter that chose the place is answered by it. */
static const struct holders *candidates(struct sim *s, const struct query *q, struct query *left)
{
	*left = (struct query){q->type, ARENA_ARRAY(s->scratch, struct query_param, q->n), 0};
	const struct holders *from = NULL;
	bool chosen = false;
	for (size_t i = 0; i < q->n; i++) {
		struct str code = q->v[i].code, value = q->v[i].value;
		bool subject = str_is(code, "subject") || str_is(code, "patient");
		if (chosen || (!subject && !str_is(code, "_id"))) {
			left->v[left->n++] = q->v[i];
			continue;
		}
		chosen = true;
		struct str who = str_starts(value, STR("Patient/")) ? value : pw_ref_of(s->scratch, STR("Patient"), value);
		from = subject ? map_get(&s->subjects, pw_join(s->scratch, (struct str[]){who, STR("|"), q->type}, 3)) : the_one(s, q->type, value);
	}
	return chosen ? from : map_get(&s->types, q->type);
}

static bool ask(struct sim *s, const struct query *left, const struct holders *from, struct holders *out, struct arena *a, struct err *e)
{
	for (size_t i = 0; from && i < from->list.n; i++) {
		struct held *h = from->list.v[i];
		const struct json *j;
		if (h->body.p && !tree_of(s, h, &j, e))
			return false;
		if (h->body.p && query_matches(s->scratch, left, j))
			VEC_PUSH(a, &out->list, h);
	}
	return true;
}

static bool ask_once(struct sim *s, const struct query *q, const struct holders *from, struct holders *out, struct err *e)
{
	struct str key = pw_join(s->scratch, (struct str[]){q->type, STR("?"), query_string(s->scratch, q)}, 3);
	struct answered *known = map_get(&s->answered, key);
	if (!known) {
		known = ARENA_NEW(s->a, struct answered);
		map_put(&s->answered, str_dup(s->a, key), known);
	}
	if (from && known->writes != from->writes) {
		known->holders.list.n = 0;
		known->writes = from->writes;
		if (!ask(s, q, from, &known->holders, s->a, e))
			return false;
	}
	*out = known->holders;
	return true;
}

static bool world_search(void *arg, const struct query *q, struct found *out, struct err *e)
{
	struct sim *s = arg;
	struct query left;
	struct holders found = {0};
	const struct holders *from = candidates(s, q, &left);
	bool about_nobody = left.n == q->n;
	if (!(about_nobody ? ask_once(s, q, from, &found, e) : ask(s, &left, from, &found, s->scratch, e)))
		return false;
	out->n = 0;
	out->v = ARENA_ARRAY(s->scratch, const struct json *, found.list.n);
	for (size_t i = 0; i < found.list.n; i++)
		if (!tree_of(s, found.list.v[i], &out->v[out->n++], e))
			return false;
	return true;
}

static bool world_put(void *arg, const struct json *resource, bool create, struct err *e)
{
	struct sim *s = arg;
	(void)create;
	(void)e;
	s->made++;
	if (!s->makes)
		return true;
	struct made m = {.type = str_dup(s->a, json_str(resource, "resourceType")),
			 .id = str_dup(s->a, json_str(resource, "id")),
			 .body = str_dup(s->a, json_to_str(s->scratch, resource)),
			 .tree = resource,
			 .recorded_us = s->engine.recorded_us};
	VEC_PUSH(s->a, &s->queue, m);
	/* The rest of this event's rules see it; its own rules run when this event is done. */
	const struct held *h = map_get(&s->resources, pw_ref_of(s->scratch, m.type, m.id));
	if (!h)
		hold(s, m.type, m.id, resource, m.body, 0);
	return true;
}

static const struct pack_role *world_role(void *arg, struct str code)
{
	struct sim *s = arg;
	return s->role ? s->role(s->role_arg, code) : NULL;
}

/* ---- life ---- */

struct sim *sim_new(struct arena *a, struct sql *db, const struct rules *rules, const struct pack_role *(*role)(void *arg, struct str code), void *role_arg,
		    bool makes, struct err *e)
{
	struct sim *s = ARENA_NEW(a, struct sim);
	s->a = a;
	s->scratch = arena_new(0);
	s->resources = map_new(a);
	s->subjects = map_new(a);
	s->types = map_new(a);
	s->answered = map_new(a);
	s->makes = makes;
	s->role = role;
	s->role_arg = role_arg;
	s->roles.arena = arena_new(0);
	s->roles.holders = map_new(s->roles.arena);
	s->world = (struct world){.arg = s, .get = world_get, .search = world_search, .put = world_put, .role = world_role};
	s->db = db;
	s->owns_db = !db;
	if (!db && (!sql_open("sqlite::memory:", SQL_WRITER, &s->db, e) || !sql_migrate(s->db, e) || !sql_begin(s->db, e))) {
		sim_end(s);
		return NULL;
	}
	s->engine = (struct engine){.world = &s->world,
				    .db = s->db,
				    .a = s->scratch,
				    .rules = rules,
				    .roles = &s->roles,
				    .next_clock = &s->next_clock,
				    .next_firing = &s->next_firing,
				    .shortcuts = &s->shortcuts};
	return s;
}

void sim_end(struct sim *s)
{
	if (s->db && s->owns_db)
		sql_close(s->db);
	arena_destroy(s->scratch);
	arena_destroy(s->roles.arena);
}

void sim_put(struct sim *s, struct str body, int64_t version)
{
	const struct json *j;
	struct arena_mark m = arena_mark(s->scratch);
	if (parse(s, body, &j, NULL))
		hold(s, json_str(j, "resourceType"), json_str(j, "id"), j, body, version);
	next_turn(s, m);
}

/* tree: of text, when the caller has it. */
static bool run_version(struct sim *s, struct str type, struct str id, struct str text, const struct json *tree, int64_t version,
			int64_t recorded_us, struct err *e)
{
	struct held *h = map_get(&s->resources, pw_ref_of(s->scratch, type, id));
	struct event ev = {.name = type, .version = version, .recorded_us = recorded_us, .removed = !text.p};
	const struct json *body = tree;
	if (h && h->version > 0 && !tree_of(s, h, &ev.previous, e))
		return false;
	if (!tree && !parse(s, text, &body, e))
		return false;
	hold(s, type, id, body, text, version);
	ev.body = body ? body : ev.previous;
	ev.ref = pw_ref_of(s->scratch, type, id);
	struct buf n = buf_new(s->scratch, 24);
	buf_i64(&n, version);
	ev.versioned = pw_join(s->scratch, (struct str[]){ev.ref, STR("/_history/"), buf_str(&n)}, 3);
	return ev.body ? engine_event(&s->engine, &ev, e) : true;
}

static bool drain(struct sim *s, struct err *e)
{
	while (s->queue_at < s->queue.n) {
		struct made m = s->queue.v[s->queue_at++];
		const struct held *h = map_get(&s->resources, pw_ref_of(s->scratch, m.type, m.id));
		if (!run_version(s, m.type, m.id, m.body, m.tree, h ? h->version + 1 : 1, m.recorded_us, e))
			return false;
	}
	return true;
}

bool sim_version(struct sim *s, struct str type, struct str id, struct str body, int64_t version, int64_t recorded_us, struct err *e)
{
	struct arena_mark m = arena_mark(s->scratch);
	bool ok = run_version(s, type, id, body, NULL, version, recorded_us, e) && drain(s, e);
	next_turn(s, m);
	return ok;
}

bool sim_due(struct sim *s, int64_t until_us, struct err *e)
{
	struct arena_mark m = arena_mark(s->scratch);
	s->engine.recorded_us = until_us;
	bool ok = engine_due(&s->engine, until_us, e) && drain(s, e);
	next_turn(s, m);
	return ok;
}

bool sim_heard(struct sim *s, struct str sender, int64_t at_us, struct err *e)
{
	struct arena_mark m = arena_mark(s->scratch);
	s->engine.recorded_us = at_us;
	bool ok = engine_heard(&s->engine, sender, e) && drain(s, e);
	next_turn(s, m);
	return ok;
}

bool sim_get(struct sim *s, struct str type, struct str id, const struct json **out, struct err *e)
{
	return world_get(s, type, id, out, e);
}

int64_t sim_version_of(struct sim *s, struct str type, struct str id)
{
	const struct held *h = map_get(&s->resources, pw_ref_of(s->scratch, type, id));
	return h ? h->version : 0;
}

int64_t sim_made(const struct sim *s)
{
	return s->made;
}

struct sql *sim_sql(struct sim *s)
{
	return s->db;
}

struct engine *sim_engine(struct sim *s)
{
	return &s->engine;
}
