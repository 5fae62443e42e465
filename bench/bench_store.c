/* The store by itself, durable, ledger on: creates from 16 threads beside the bare SQLite grouped-commit rate on the same disk,
 * audited reads from 64 threads, searches, start and memory.
 *
 *     bench_store DIR [resources]        DIR must not exist; 100,000 resources unless told
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ledger/ledger.h"

enum { WRITERS = 16, READERS = 64 };

static struct store *s;
static struct ledger *l;
static long wanted;
static long next_patient, done_count;
static volatile bool stop;

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "bench_store: %s: %s\n", what, e->message);
	exit(1);
}

static void open_store(const char *url)
{
	struct err e = ERR_INIT;
	if (!store_open(&(struct store_config){.url = url}, &s, &e) || !ledger_open(s, &l, &e))
		die("open", &e);
}

static double seconds_since(int64_t us)
{
	return (double)(env_monotonic_us() - us) / 1e6;
}

static void each(int threads, void *(*fn)(void *))
{
	pthread_t t[READERS];
	for (int i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, fn, (void *)(intptr_t)i);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
}

/* One Patient, then four Observations about that patient, with the elements a real record has. */
static struct str body_of(struct arena *a, long n)
{
	static const char *const families[] = {"Smith", "Jones", "Taylor", "Khan", "Brown", "Okafor", "Kowalski", "Evans", "Ahmed", "Walker"};
	long p = n / 5;
	unsigned h = (unsigned)p * 2654435761u;
	if (n % 5 == 0)
		return str_printf(a,
			"{\"resourceType\":\"Patient\",\"id\":\"pt%ld\",\"identifier\":[{\"system\":\"https://fhir.nhs.uk/Id/nhs-number\",\"value\":\"999%07ld\"}],"
			"\"active\":true,\"name\":[{\"use\":\"official\",\"family\":\"%s%u\",\"given\":[\"Sam\",\"Alex%u\"]}],\"telecom\":[{\"system\":\"phone\","
			"\"value\":\"01632 960%03u\"}],\"gender\":\"%s\",\"birthDate\":\"20%02u-%02u-%02u\",\"address\":[{\"line\":[\"%u Test Street\"],"
			"\"city\":\"Derby\",\"postalCode\":\"ZZ%u 9ZZ\"}]}",
			p, p, families[h % 10], h / 16 % 400, h / 7 % 300, h % 1000, h & 1 ? "male" : "female", h / 3 % 26, h / 5 % 12 + 1,
			h / 11 % 28 + 1, h % 200, h % 99);
	return str_printf(a,
		"{\"resourceType\":\"Observation\",\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
		"\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"vital-signs\"}]}],\"code\":{\"coding\":[{\"system\":"
		"\"http://loinc.org\",\"code\":\"%s\",\"display\":\"Measure\"}]},\"subject\":{\"reference\":\"Patient/pt%ld\"},\"effectiveDateTime\":"
		"\"2025-%02u-%02uT10:%02u:00Z\",\"valueQuantity\":{\"value\":%u.%u0,\"unit\":\"kg\",\"system\":\"http://unitsofmeasure.org\","
		"\"code\":\"kg\"}}",
		(const char *const[]){"", "29463-7", "8302-2", "8867-4", "9279-1"}[n % 5], p, h / 3 % 12 + 1, h / 5 % 28 + 1, h % 60, h % 90, h % 10);
}

static void *create(void *arg)
{
	struct arena *a = arena_new(0);
	(void)arg;
	for (;;) {
		long n = __atomic_fetch_add(&next_patient, 1, __ATOMIC_RELAXED);
		if (n >= wanted)
			break;
		arena_reset(a);
		struct err e = ERR_INIT;
		struct json *body;
		if (!json_parse(a, body_of(a, n), NULL, &body, &e))
			die("body", &e);
		struct put p = {.method = n % 5 ? STORE_CREATE : STORE_UPDATE, .type = json_str(body, "resourceType"), .id = json_str(body, "id"), .body = body};
		struct put_result r;
		struct change c = {.act = {.agent = STR("Device/bench"), .channel = STR("fhir")}, .puts = &p, .n = 1, .results = &r};
		if (!store_commit(s, a, &c, &e))
			die("create", &e);
	}
	arena_destroy(a);
	return NULL;
}

static bool record(struct arena *a, struct str items, struct str person)
{
	struct ledger_entry n = {.kind = LEDGER_READ, .act = {.agent = STR("Practitioner/bench"), .role = STR("nurse"), .channel = STR("fhir")},
				 .person = person, .items = items};
	return ledger_record(l, a, &n, NULL);
}

/* A read by id as the API does it: get, ledger row durable, answer. */
static void *read_some(void *arg)
{
	struct arena *a = arena_new(0);
	unsigned seed = (unsigned)(intptr_t)arg * 7919 + 1;
	while (!stop) {
		arena_reset(a);
		seed = seed * 1103515245u + 12345u;
		struct str id = str_printf(a, "pt%ld", (long)(seed >> 8) % (wanted / 5));
		struct resource got;
		struct err e = ERR_INIT;
		struct store_read *r = store_read_begin(s, a, &e);
		bool ok = r && store_get(r, STR("Patient"), id, &got, &e);
		store_read_end(r);
		struct str person = str_printf(a, "Patient/%.*s", STR_ARG(id));
		if (!ok || !record(a, str_printf(a, "%.*s/_history/1", STR_ARG(person)), person))
			die("read", &e);
		__atomic_add_fetch(&done_count, 1, __ATOMIC_RELAXED);
	}
	arena_destroy(a);
	return NULL;
}

static const char *query_format;

static void *search_some(void *arg)
{
	struct arena *a = arena_new(0);
	unsigned seed = (unsigned)(intptr_t)arg * 7919 + 1;
	while (!stop) {
		arena_reset(a);
		seed = seed * 1103515245u + 12345u;
		struct buf b = buf_new(a, 1000);
		long n = (long)(seed >> 8) % (wanted / 5);
		struct str f = str_from(query_format), type;
		for (size_t i = 0; i < f.n; i++)
			if (f.p[i] == '#')
				buf_printf(&b, "%07ld", n);
			else if (f.p[i] == '@')
				buf_printf(&b, "%ld", n);
			else
				buf_char(&b, f.p[i]);
		struct str query = buf_str(&b);
		str_next(&query, '?', &type);
		struct err e = ERR_INIT;
		struct search *q;
		struct search_page page;
		if (!search_parse(a, type, query, env_now_us(env_system()), &q, &e))
			die(query_format, &e);
		struct store_read *r = store_read_begin(s, a, &e);
		bool ok = r && store_search(r, q, &page, &e);
		store_read_end(r);
		if (!ok)
			die(query_format, &e);
		__atomic_add_fetch(&done_count, 1, __ATOMIC_RELAXED);
	}
	arena_destroy(a);
	return NULL;
}

static double rate(int threads, void *(*fn)(void *), unsigned seconds)
{
	pthread_t t[READERS];
	stop = false;
	done_count = 0;
	int64_t start = env_monotonic_us();
	for (int i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, fn, (void *)(intptr_t)i);
	sleep(seconds);
	stop = true;
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	return (double)done_count / seconds_since(start);
}

/* ---- the floor: one row a commit-group on the same disk, the same grouping, nothing else ---- */

static bool floor_job(struct txn *t, void *arg, struct err *e)
{
	struct sql_stmt *q = sql_use(txn_sql(t), "secret_get");
	(void)arg;
	sql_done(q);
	struct sql_text *x = sql_text_new(txn_arena(t));
	sql_lit(x, "INSERT INTO bench (body) VALUES (");
	sql_val_str(x, *(struct str *)arg);
	sql_lit(x, ")");
	q = sql_use_text(txn_sql(t), x, e);
	return q && sql_run(q, e);
}

static struct str floor_body;

static void *floor_some(void *arg)
{
	static const struct act nobody;
	struct arena *a = arena_new(0);
	(void)arg;
	while (!stop) {
		struct err e = ERR_INIT;
		arena_reset(a);
		if (!store_submit(s, a, &nobody, floor_job, &floor_body, &e))
			die("floor", &e);
		__atomic_add_fetch(&done_count, 1, __ATOMIC_RELAXED);
	}
	arena_destroy(a);
	return NULL;
}

static bool make_table(struct txn *t, void *arg, struct err *e)
{
	struct sql_text *x = sql_text_new(txn_arena(t));
	(void)arg;
	sql_lit(x, "CREATE TABLE IF NOT EXISTS bench (body TEXT)");
	struct sql_stmt *q = sql_use_text(txn_sql(t), x, e);
	return q && sql_run(q, e);
}

static double floor_rate(struct arena *a)
{
	static const struct act nobody;
	struct err e = ERR_INIT;
	floor_body = body_of(a, 0);
	if (!store_submit(s, a, &nobody, make_table, NULL, &e))
		die("floor", &e);
	return rate(WRITERS, floor_some, 3);
}

static long peak_kib(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static double cpu_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
	static const char *const queries[] = {
		"Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|999#", "Patient?family=smith&gender=female&birthdate=2012-05",
		"Patient?family=smi", "Observation?patient=pt@&code=29463-7&_sort=-date", "Observation?patient=pt@&_count=50",
		"Observation?code=29463-7", "Observation?patient=pt@&_include=Observation:patient", "Patient?_id=pt@&_revinclude=Observation:patient",
		"Observation?patient.identifier=999#", "Patient?family=smi&_sort=family,given", "Patient?_count=20&_total=accurate", "Observation?_sort=-date&_count=20",
		"Patient?gender=female&_sort=family", "Observation?status=final&date=ge2025-12-20", "Patient?_has:Observation:patient:code=29463-7&gender=male",
	};
	if (argc < 2)
		return fprintf(stderr, "usage: bench_store DIR [resources]\n"), 2;
	store_library_init();
	struct arena *a = arena_new(0);
	const char *url = str_c(a, str_printf(a, "sqlite:%s", argv[1]));
	int64_t n = 100000;
	if (argc > 2)
		str_to_i64(str_from(argv[2]), &n);
	wanted = (long)n;
	open_store(url);
	double bare = floor_rate(a);
	printf("bare row, grouped commit, %d threads   %8.0f/s\n", WRITERS, bare);
	double cpu = cpu_seconds();
	int64_t start = env_monotonic_us();
	if (next_patient < wanted)
		each(WRITERS, create);
	double creates = (double)wanted / seconds_since(start);
	printf("create, %d threads, fsync, ledger      %8.0f/s  %3.0f %% of bare, %.3f CPU-ms each\n", WRITERS, creates, 100 * creates / bare,
	       (cpu_seconds() - cpu) * 1000 / (double)wanted);
	store_close(s);
	ledger_close(l);
	start = env_monotonic_us();
	open_store(url);
	printf("start on %ld resources                %8.3f s\n", wanted, seconds_since(start));
	cpu = cpu_seconds();
	double reads = rate(READERS, read_some, 5);
	printf("read by id, ledger row durable, %d     %8.0f/s  %.3f CPU-ms each\n", READERS, reads, (cpu_seconds() - cpu) * 1000 / (reads * 5));
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		query_format = queries[i];
		printf("%-64s %8.0f/s\n", query_format, rate(2, search_some, 2));
		fflush(stdout);
	}
	printf("peak memory                            %8ld KiB\n", peak_kib());
	store_close(s);
	ledger_close(l);
	arena_destroy(a);
	return 0;
}
