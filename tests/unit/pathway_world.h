/* A world in memory for pathway tests: rules, a clock turned by hand, resources written as text. */
#ifndef TEST_PATHWAY_WORLD_H
#define TEST_PATHWAY_WORLD_H

#include "pathway_support.h"

#include "pathway/pathway_int.h"
#include "pathway/sim.h"
#include "yaml/yaml.h"

static struct arena *arena;
static struct sim *sim;

static inline void must(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->message);
}

/* Writes the next version of a resource; ' stands for ". */
static inline void put(const char *when, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void put(const char *when, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str text = str_vprintf(arena, fmt, args);
	va_end(args);
	char *p = str_c(arena, text);
	for (size_t i = 0; i < text.n; i++)
		p[i] = p[i] == '\'' ? '"' : p[i];
	text.p = p;
	const struct json *j = parse_json(arena, text);
	struct str type = json_str(j, "resourceType"), id = json_str(j, "id");
	struct err e = ERR_INIT;
	must(sim_version(sim, type, id, text, sim_version_of(sim, type, id) + 1, at(when), &e), &e);
}

static inline void removed(const char *when, const char *type, const char *id)
{
	struct err e = ERR_INIT;
	int64_t v = sim_version_of(sim, str_from(type), str_from(id)) + 1;
	must(sim_version(sim, str_from(type), str_from(id), STR_NONE, v, at(when), &e), &e);
}

static inline void until(const char *when)
{
	struct err e = ERR_INIT;
	must(sim_due(sim, at(when), &e), &e);
}

static inline struct kept_list clocks(const char *subject)
{
	struct kept_list list;
	struct err e = ERR_INIT;
	must(keep_of_subject(sim_sql(sim), arena, str_from(subject), CLOCK_SUPERSEDED, &list, &e), &e);
	return list;
}

/* The newest clock of that rule about a subject. */
static inline struct kept clock_of(const char *subject, const char *rule)
{
	struct kept_list list = clocks(subject);
	for (size_t i = list.n; i > 0; i--)
		if (str_is(list.v[i - 1].rule, rule))
			return list.v[i - 1];
	fail_msg("%s has no clock of %s", subject, rule);
	return (struct kept){0};
}

static inline size_t clock_count(const char *subject, const char *rule)
{
	struct kept_list list = clocks(subject);
	size_t n = 0;
	for (size_t i = 0; i < list.n; i++)
		n += str_is(list.v[i].rule, rule);
	return n;
}

static inline struct found search(const char *type, const char *by, const char *who, const char *code_name, const char *code)
{
	struct query_param params[] = {{str_from(by), str_from(who)}, {str_from(code_name), str_from(code)}};
	struct query q = {str_from(type), params, 2};
	struct found f = {0};
	struct err e = ERR_INIT;
	struct world *w = sim_engine(sim)->world;
	must(w->search(w->arg, &q, &f, &e), &e);
	return f;
}

static inline struct found tasks(const char *patient, const char *code)
{
	return search("Task", "patient", patient, "code", code);
}

/* The one task of that code about a patient. */
static inline const struct json *task(const char *patient, const char *code)
{
	struct found f = tasks(patient, code);
	if (f.n != 1)
		fail_msg("%s has %zu tasks %s", patient, f.n, code);
	return f.v[0];
}

static inline void assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("expected %s, got %.*s", want, STR_ARG(got));
}

static inline struct str owner_of(const struct json *t)
{
	return json_str(json_getz(t, "owner"), "reference");
}

static inline struct str role_of_task(const struct json *t)
{
	return json_str(json_path(t, "performerType", "0", "coding", "0", NULL), "code");
}

static inline int firings(int64_t clock, const char *kind)
{
	struct sql_stmt *s = sql_use(sim_sql(sim), "pathway_firings_of_clock");
	int n = 0;
	sql_bind_i64(s, 1, clock);
	while (sql_step(s, NULL) == SQL_ROW)
		n += str_is(sql_str(s, 0), kind);
	sql_done(s);
	return n;
}

/* Rules that went wrong say so among the firings of no clock. */
static inline void assert_nothing_failed(void)
{
	struct sql_stmt *s = sql_use(sim_sql(sim), "pathway_firings_of_clock");
	sql_bind_i64(s, 1, 0);
	while (sql_step(s, NULL) == SQL_ROW)
		fail_msg("%.*s", STR_ARG(sql_str(s, 5)));
	sql_done(s);
}

static inline struct str digest(void)
{
	struct lines c = {0}, f = {0};
	struct err e = ERR_INIT;
	must(digest_lines(sim_sql(sim), arena, 0, &c, &f, &e), &e);
	return digest_of(arena, &c, &f);
}

static inline bool says(int64_t clock, const char *words)
{
	struct why why;
	struct err e = ERR_INIT;
	must(pathway_why_sql(sim_sql(sim), arena, clock, &why, &e), &e);
	for (size_t i = 0; i < why.n; i++)
		if (str_find(why.sentences[i], str_from(words)) >= 0)
			return true;
	for (size_t i = 0; i < why.n; i++)
		print_message("  %.*s\n", STR_ARG(why.sentences[i]));
	return false;
}

#endif
