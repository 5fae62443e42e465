/* A year of Derby through the pathways of the pack, in memory: 98,000 synthetic events in the proportions of rules.md C3, each of them
 * parsed, matched, answered, explained, and what rules make fed back as events of its own.
 *
 *     bench_pathway [events]        run from the project's folder; 98,000 unless told
 *
 * Runs twice and compares the digests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "pathway/pathway_int.h"
#include "pathway/sim.h"

enum { CHILDREN = 60000, ADULTS = 20000 };

struct happening {
	int64_t at_us;
	uint32_t n; /* of the visit or referral */
	uint8_t kind;
};

enum kind { CHILD_ARRIVES, TOLD, TRIAGED, CHILD_LEAVES, REVIEWED, ADULT_ARRIVES, ADULT_ASKED, ADULT_LEAVES, PHONED, WRITTEN, DECIDED, PLAN_STARTS, KINDS };

static uint64_t state;

static uint64_t chance(uint64_t below)
{
	state += UINT64_C(0x9E3779B97F4A7C15);
	uint64_t z = state;
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (z ^ (z >> 31)) % below;
}

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "bench_pathway: %s: %s\n", what, e->message);
	exit(1);
}

/* ---- the year ---- */

static int64_t year_start(void)
{
	return us_from_local(days_from_civil(2025, 1, 1), 0, 0, 0);
}

static void add(struct happening *list, size_t *n, size_t cap, enum kind kind, uint32_t number, int64_t at_us)
{
	if (*n < cap)
		list[(*n)++] = (struct happening){at_us, number, (uint8_t)kind};
}

/* A visit or referral with all that belongs to it. Forms are filed when they are filed: most in time, some late, some never. */
static void one_story(struct happening *list, size_t *n, size_t cap, uint32_t number)
{
	int64_t t = year_start() + (int64_t)chance(365 * 24 * 3600) * US_PER_SECOND;
	uint64_t what = chance(1000);
	if (what < 820) {
		add(list, n, cap, CHILD_ARRIVES, number, t);
		if (chance(100) < 92)
			add(list, n, cap, TOLD, number, t + (int64_t)(2 + chance(14)) * US_PER_MINUTE);
		if (chance(100) < 92)
			add(list, n, cap, TRIAGED, number, t + (int64_t)(5 + chance(40)) * US_PER_MINUTE);
		add(list, n, cap, CHILD_LEAVES, number, t + (int64_t)(50 + chance(240)) * US_PER_MINUTE);
		if (chance(100) < 88)
			add(list, n, cap, REVIEWED, number, t + (int64_t)(6 + chance(72)) * US_PER_HOUR);
	} else if (what < 955) {
		add(list, n, cap, ADULT_ARRIVES, number, t);
		if (chance(100) < 80)
			add(list, n, cap, ADULT_ASKED, number, t + (int64_t)(20 + chance(200)) * US_PER_MINUTE);
		add(list, n, cap, ADULT_LEAVES, number, t + (int64_t)(240 + chance(400)) * US_PER_MINUTE);
	} else if (what < 990) {
		add(list, n, cap, PHONED, number, t);
		if (chance(100) < 85)
			add(list, n, cap, WRITTEN, number, t + (int64_t)(2 + chance(80)) * US_PER_HOUR);
		if (chance(100) < 75)
			add(list, n, cap, DECIDED, number, t + (int64_t)(90 + chance(120)) * US_PER_HOUR);
	} else {
		add(list, n, cap, PLAN_STARTS, number, t);
	}
}

static int by_time(const void *x, const void *y)
{
	const struct happening *a = x, *b = y;
	if (a->at_us != b->at_us)
		return a->at_us < b->at_us ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->kind - b->kind;
}

/* ---- as resources ---- */

#define BASE "https://heed.example/fhir"

static struct str encounter(struct arena *a, const char *status, const char *who, uint32_t n, struct str when, const char *reason)
{
	return str_printf(a,
			  "{\"resourceType\":\"Encounter\",\"id\":\"e%u\",\"identifier\":[{\"system\":\"" BASE "/visit\",\"value\":\"V%u\"}],"
			  "\"status\":\"%s\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"EMER\"},"
			  "\"subject\":{\"reference\":\"Patient/%s%u\"},\"participant\":[{\"individual\":{\"reference\":\"Practitioner/n%u\"}}],"
			  "\"period\":{\"start\":\"%.*s\"},\"reasonCode\":[{\"coding\":[{\"system\":\"" BASE "/CodeSystem/ed-presentation\","
			  "\"code\":\"%s\"}],\"text\":\"%s\"}],\"extension\":[{\"url\":\"" BASE "/StructureDefinition/treatment-area\","
			  "\"valueCode\":\"child\"}]}",
			  n, n, status, who, (n * 7919u) % (*who == 'c' ? CHILDREN : ADULTS), n % 40, STR_ARG(when), reason, reason);
}

static struct str response(struct arena *a, const char *id, const char *form, const char *who, uint32_t n, struct str when, const char *more,
			   const char *link, const char *code)
{
	return str_printf(a,
			  "{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"%s%u\",\"questionnaire\":\"" BASE "/Questionnaire/%s|1.0.0\","
			  "\"status\":\"completed\",\"subject\":{\"reference\":\"Patient/%s%u\"},\"authored\":\"%.*s\",\"author\":"
			  "{\"reference\":\"Practitioner/n%u\"}%s,\"item\":[{\"linkId\":\"%s\",\"answer\":[{\"valueCoding\":{\"code\":\"%s\"}}]},"
			  "{\"linkId\":\"words\",\"answer\":[{\"valueString\":\"Seen with mother; story fits; no delay.\"}]}]}",
			  id, n, form, who, (n * 7919u) % (*who == 'c' ? CHILDREN : ADULTS), STR_ARG(when), n % 40, more, link, code);
}

static struct str resource_of(struct arena *a, const struct happening *h)
{
	struct str when = date_local_iso(a, h->at_us);
	uint32_t n = h->n, child = (n * 7919u) % CHILDREN;
	const char *visit = str_c(a, str_printf(a, ",\"encounter\":{\"reference\":\"Encounter/e%u\"}", n));
	const char *request = str_c(a, str_printf(a, ",\"basedOn\":[{\"reference\":\"ServiceRequest/s%u\"}]", n));
	switch ((enum kind)h->kind) {
	case CHILD_ARRIVES:
		return encounter(a, "arrived", "c", n, when, "injury");
	case TOLD:
		return response(a, "t", "sharing-notice", "c", n, when, visit, "told", "told");
	case TRIAGED:
		return response(a, "b", "ed-child", "c", n, when, visit, "delay", "no");
	case CHILD_LEAVES:
		return encounter(a, "finished", "c", n, when, "injury");
	case REVIEWED:
		return response(a, "r", "liaison-review", "c", n, when, visit, "outcome", n % 20 ? "no-concern" : n % 40 ? "missed-concern" : "support-needed");
	case ADULT_ARRIVES:
		return encounter(a, "in-progress", "a", n, when, "overdose");
	case ADULT_ASKED:
		return response(a, "q", "ed-adult", "a", n, when, visit, "children-answer", n % 5 == 0 ? "yes" : n % 7 == 0 ? "not-asked" : "no");
	case ADULT_LEAVES:
		return encounter(a, "finished", "a", n, when, "overdose");
	case PHONED:
		return str_printf(a,
				  "{\"resourceType\":\"ServiceRequest\",\"id\":\"s%u\",\"status\":\"active\",\"intent\":\"order\",\"code\":{\"coding\":"
				  "[{\"code\":\"csc-referral\"}]},\"subject\":{\"reference\":\"Patient/c%u\"},\"authoredOn\":\"%.*s\",\"requester\":"
				  "{\"reference\":\"Practitioner/n%u\"},\"extension\":[{\"url\":\"" BASE "/StructureDefinition/mode\",\"valueCode\":\"verbal\"}]}",
				  n, child, STR_ARG(when), n % 40);
	case WRITTEN:
		return response(a, "w", "multi-agency-referral", "c", n, when, request, "risk", "high");
	case DECIDED:
		return str_printf(a,
				  "{\"resourceType\":\"Communication\",\"id\":\"d%u\",\"status\":\"completed\",\"category\":[{\"coding\":[{\"code\":"
				  "\"csc-referral-decision\"}]}],\"subject\":{\"reference\":\"Patient/c%u\"}%s,\"sent\":\"%.*s\",\"payload\":"
				  "[{\"contentString\":\"Assessment, because of what was said.\"}]}",
				  n, child, request, STR_ARG(when));
	default:
		return str_printf(a,
				  "{\"resourceType\":\"CarePlan\",\"id\":\"p%u\",\"status\":\"active\",\"intent\":\"plan\",\"category\":[{\"coding\":"
				  "[{\"code\":\"child-protection-plan\"}]}],\"subject\":{\"reference\":\"Patient/c%u\"},\"period\":{\"start\":\"%.*s\"}}",
				  n, child, STR_ARG(when));
	}
}

static void people(struct arena *a, struct sim *s)
{
	for (unsigned i = 0; i < CHILDREN; i++)
		sim_put(s, str_printf(a, "{\"resourceType\":\"Patient\",\"id\":\"c%u\",\"birthDate\":\"%u-0%u-1%u\"}", i, 2007 + i % 18, 1 + i % 9, i % 10), 1);
	for (unsigned i = 0; i < ADULTS; i++)
		sim_put(s, str_printf(a, "{\"resourceType\":\"Patient\",\"id\":\"a%u\",\"birthDate\":\"%u-0%u-1%u\"}", i, 1960 + i % 40, 1 + i % 9, i % 10), 1);
	static const char *const roles[] = {"ed-nurse", "ed-nurse-in-charge", "paediatric-liaison", "named-nurse", "health-visitor", "school-nurse"};
	for (unsigned i = 0; i < 40; i++)
		sim_put(s,
			str_printf(a,
				   "{\"resourceType\":\"PractitionerRole\",\"id\":\"n%u\",\"active\":true,\"practitioner\":{\"reference\":\"Practitioner/n%u\"},"
				   "\"code\":[{\"coding\":[{\"system\":\"" BASE "/CodeSystem/role\",\"code\":\"%s\"}]}]}",
				   i, i, roles[i % 6]),
			1);
}

static const struct pack_role *role(void *arg, struct str code)
{
	return pack_role(arg, code);
}

static double cpu_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct str run(struct arena *a, const struct pathway *w, const struct happening *list, size_t n)
{
	struct err e = ERR_INIT;
	struct sim *s = sim_new(a, NULL, w->rules, role, (void *)(uintptr_t)w->pack, true, &e);
	if (!s)
		die("start", &e);
	people(a, s);
	struct str *bodies = ARENA_ARRAY(a, struct str, n);
	for (size_t i = 0; i < n; i++)
		bodies[i] = resource_of(a, &list[i]);
	int64_t start = env_monotonic_us();
	double cpu = cpu_seconds();
	for (size_t i = 0; i < n; i++) {
		struct str id = str_sub(bodies[i], 0, 0), type = id, rest = bodies[i];
		str_next(&rest, ':', &type);
		str_next(&rest, ',', &type);
		str_next(&rest, ':', &id);
		str_next(&rest, ',', &id);
		type = str_sub(type, 1, type.n - 1);
		id = str_sub(id, 1, id.n - 1);
		if (!sim_version(s, type, id, bodies[i], sim_version_of(s, type, id) + 1, list[i].at_us, &e))
			die("event", &e);
	}
	if (!sim_due(s, year_start() + INT64_C(400) * US_PER_DAY, &e))
		die("due", &e);
	double seconds = (double)(env_monotonic_us() - start) / 1e6;
	cpu = cpu_seconds() - cpu;
	struct lines clocks = {0}, firings = {0};
	if (!digest_lines(sim_sql(s), a, 0, &clocks, &firings, &e))
		die("digest", &e);
	struct str digest = digest_of(a, &clocks, &firings);
	printf("%zu events, %zu rules: %.2f s (%.2f s CPU), %.0f events/s; %zu clocks, %zu firings, %lld resources made; digest %.16s\n", n,
	       w->rules->list.n, seconds, cpu, (double)n / seconds, clocks.v.n, firings.v.n, (long long)sim_made(s), digest.p);
	sim_end(s);
	return digest;
}

int main(int argc, char **argv)
{
	static const char *const dirs[] = {"pack/england", "pack/derby"};
	int64_t wanted = 98000;
	if (argc > 1 && !str_to_i64(str_from(argv[1]), &wanted))
		return fputs("bench_pathway [events]\n", stderr), 2;
	store_library_init();
	struct arena *a = arena_new(0);
	struct pack *pack;
	struct pack_problems problems;
	struct pathway *w;
	struct err e = ERR_INIT;
	pack_load(a, env_system(), dirs, 2, &pack, &problems);
	if (!pathway_load(env_system(), pack, &w, &e))
		die("load", &e);
	size_t n = 0;
	struct happening *list = ARENA_ARRAY(a, struct happening, wanted);
	state = 20250101;
	for (uint32_t number = 0; n < (size_t)wanted; number++)
		one_story(list, &n, (size_t)wanted, number);
	qsort(list, n, sizeof *list, by_time);
	struct str first = run(a, w, list, n);
	bool same = str_eq(first, run(a, w, list, n));
	puts(same ? "the two runs have the same digest" : "THE TWO RUNS DIFFER");
	pathway_close(w);
	arena_destroy(a);
	return same ? 0 : 1;
}
