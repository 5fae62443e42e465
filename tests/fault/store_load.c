/* The store alone under load, for kill_store.mjs to kill.
 *
 *     store_load DIR run SEED       16 threads create, update, write pairs and record reads, until killed; a line on standard output
 *                                   for each answer that came, after it came
 *     store_load DIR full           DIR holds a file "filler" on a small disk: writes until there is no room, reads all the same,
 *                                   removes the filler, writes again
 *     store_load DIR cut            the power goes: the ext4 file system that DIR is the root of forgets what was not flushed
 *     store_load DIR check [whole]  reads those lines on standard input: is all of it there? Pairs whole, the file sound, the
 *                                   ledger's chain unbroken (whole: all of it read again)
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ledger/ledger.h"

enum { THREADS = 16 };

static struct store *s;
static struct ledger *l;
static int64_t seed;

static _Noreturn void die(const char *what, const struct err *e)
{
	fprintf(stderr, "store_load: %s: %s\n", what, e ? e->message : "");
	exit(1);
}

static void say(struct str line)
{
	if (write(STDOUT_FILENO, line.p, line.n) != (ssize_t)line.n)
		_exit(0); /* nobody reads any more */
}

static struct json *patient(struct arena *a, struct str marker, int64_t n)
{
	struct json *j = NULL;
	struct err e = ERR_INIT;
	struct str text = str_printf(a,
		"{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:heed:kill\",\"value\":\"%.*s\"}],\"name\":[{\"family\":\"Killtest%lld\"}],"
		"\"multipleBirthInteger\":%lld}", STR_ARG(marker), (long long)n % 97, (long long)n);
	if (!json_parse(a, text, NULL, &j, &e))
		die("body", &e);
	return j;
}

static bool commit(struct arena *a, struct put *puts, size_t n, struct put_result *results)
{
	struct change c = {.act = {.agent = STR("Device/kill"), .channel = STR("fhir")}, .puts = puts, .n = n, .results = results};
	return store_commit(s, a, &c, NULL);
}

static void create(struct arena *a, struct str marker, int64_t n)
{
	struct put p = {.method = STORE_CREATE, .type = STR("Patient"), .body = patient(a, marker, n)};
	struct put_result r;
	if (commit(a, &p, 1, &r))
		say(str_printf(a, "one %.*s 1\n", STR_ARG(r.resource.id)));
}

static void update(struct arena *a, struct str marker, int64_t n, int64_t thread)
{
	struct str id = str_printf(a, "u%" PRId64 "-%" PRId64, seed, thread);
	struct put p = {.method = STORE_UPDATE, .type = STR("Patient"), .id = id, .body = patient(a, marker, n)};
	struct put_result r;
	if (commit(a, &p, 1, &r))
		say(str_printf(a, "one %.*s %" PRId64 "\n", STR_ARG(r.resource.id), r.resource.version));
}

static void pair(struct arena *a, struct str marker, int64_t n)
{
	struct put p[2];
	struct put_result r[2];
	struct str pair_marker = str_cat(a, STR("pair"), marker);
	for (int i = 0; i < 2; i++)
		p[i] = (struct put){.method = STORE_CREATE, .type = STR("Patient"), .body = patient(a, pair_marker, n)};
	say(str_printf(a, "try %.*s\n", STR_ARG(pair_marker)));
	if (commit(a, p, 2, r))
		say(str_printf(a, "two %.*s\n", STR_ARG(pair_marker)));
}

static void read_recorded(struct arena *a, struct str marker)
{
	struct ledger_entry n = {.kind = LEDGER_READ, .act = {.agent = STR("Practitioner/kill")}, .items = marker};
	if (ledger_record(l, a, &n, NULL))
		say(str_printf(a, "row %.*s\n", STR_ARG(marker)));
}

static void *work(void *arg)
{
	int64_t thread = (int64_t)(intptr_t)arg;
	struct arena *a = arena_new(0);
	for (int64_t n = 0;; n++) {
		arena_reset(a);
		struct str marker = str_printf(a, "m%" PRId64 "-%" PRId64 "-%" PRId64, seed, thread, n);
		switch ((thread + n) % 4) {
		case 0: create(a, marker, n); break;
		case 1: update(a, marker, n, thread); break;
		case 2: pair(a, marker, n); break;
		default: read_recorded(a, marker); break;
		}
	}
	return NULL;
}

static int run(void)
{
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, work, (void *)(intptr_t)i) != 0)
			die("thread", NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* ---- no room ---- */

static enum err_code create_code(struct arena *a, int64_t n)
{
	struct put p = {.method = STORE_CREATE, .type = STR("Patient"), .body = patient(a, STR("full"), n)};
	struct put_result r;
	struct change c = {.act = {.agent = STR("Device/full")}, .puts = &p, .n = 1, .results = &r};
	struct err e = ERR_INIT;
	if (store_commit(s, a, &c, &e))
		say(str_printf(a, "one %.*s 1\n", STR_ARG(r.resource.id)));
	return e.code;
}

static bool can_read(struct arena *a)
{
	struct resources list;
	struct store_read *r = store_read_begin(s, a, NULL);
	bool ok = r && store_versions_after(r, 0, 10, &list, NULL) && list.n > 0;
	store_read_end(r);
	return ok;
}

static int full(const char *dir)
{
	char filler[4096];
	struct arena *a = arena_new(0);
	enum err_code code = ERR_NONE;
	for (int64_t n = 0; n < 1000000 && code == ERR_NONE; n++) {
		arena_reset(a);
		code = create_code(a, n);
	}
	if (code != ERR_STORAGE)
		die(err_name(code), NULL);
	for (int i = 0; i < 20; i++) { /* one may find room that a checkpoint made */
		code = create_code(a, i);
		if ((code != ERR_NONE && code != ERR_STORAGE) || !can_read(a))
			die("a read did not go through, or a write failed otherwise", NULL);
	}
	struct ledger_entry n = {.kind = LEDGER_READ, .act = {.agent = STR("Practitioner/full")}};
	int64_t recorded = 0;
	while (recorded < 100000 && ledger_record(l, a, &n, NULL))
		recorded++; /* a small row may still fit where a resource does not */
	if (recorded == 100000 || !can_read(a))
		die("reads are recorded without end where there is no room", NULL);
	snprintf(filler, sizeof filler, "%s/filler", dir);
	unlink(filler);
	for (int i = 0; i < 20; i++)
		if (create_code(a, i) != ERR_NONE)
			die("there is room again, and a write does not go through", NULL);
	arena_destroy(a);
	return 0;
}

/* ---- the power goes ---- */

static int cut(const char *dir)
{
	uint32_t no_log_flush = 2;
	int fd = open(dir, O_RDONLY);
	return fd >= 0 && ioctl(fd, _IOR('X', 125, uint32_t), &no_log_flush) == 0 ? 0 : 3; /* EXT4_IOC_SHUTDOWN */
}

/* ---- check ---- */

static int64_t problems;

static void problem(const char *what, struct str which)
{
	printf("%s: %.*s\n", what, STR_ARG(which));
	problems++;
}

static size_t count_marked(struct store_read *r, struct arena *a, struct str marker)
{
	struct search *q;
	struct search_page page;
	struct err e = ERR_INIT;
	if (!search_parse(a, STR("Patient"), str_cat(a, STR("identifier=urn:heed:kill|"), marker), 0, &q, &e) || !store_search(r, q, &page, &e))
		die("search", &e);
	return page.matches.n;
}

/* The markers of every read the ledger knows. */
static struct map recorded_reads(struct store_read *r, struct arena *a)
{
	struct map reads = map_new(a);
	int64_t before = 0;
	for (;;) {
		struct ledger_entries some;
		struct err e = ERR_INIT;
		if (!ledger_list(r, STR_NONE, before, 1000, &some, &e))
			die("ledger", &e);
		for (size_t i = 0; i < some.n; i++)
			if (some.v[i].kind == LEDGER_READ)
				map_put(&reads, some.v[i].items, a);
		if (some.n < 1000)
			return reads;
		before = some.v[some.n - 1].seq;
	}
}

static void check_line(struct store_read *r, struct arena *a, const struct map *reads, struct str line)
{
	struct str kind, what;
	str_next(&line, ' ', &kind);
	str_next(&line, ' ', &what);
	if (str_is(kind, "one")) {
		int64_t version = 0;
		struct resource got;
		if (!str_to_i64(line, &version) || !store_get_version(r, STR("Patient"), what, version, &got, NULL))
			problem("an acknowledged version is missing", what);
	} else if (str_is(kind, "two")) {
		if (count_marked(r, a, what) != 2)
			problem("an acknowledged pair is not whole", what);
	} else if (str_is(kind, "row") && reads) {
		if (!map_get(reads, what))
			problem("an answered read is not in the ledger", what);
	} else if (str_is(kind, "try")) {
		if (count_marked(r, a, what) == 1)
			problem("half a transaction", what);
	}
}

static int check(bool whole)
{
	struct arena *a = arena_new(0);
	struct arena *line_arena = arena_new(0);
	struct err e = ERR_INIT;
	struct store_read *r = store_read_begin(s, a, &e);
	char line[400];
	int64_t lines = 0;
	struct map reads = whole ? recorded_reads(r, a) : (struct map){0};
	while (fgets(line, sizeof line, stdin)) {
		struct str text = str_trim(str_from(line));
		arena_reset(line_arena);
		check_line(r, line_arena, whole ? &reads : NULL, text);
		lines++;
	}
	struct ledger_check ledger = {0};
	if (whole && (!sql_sound(store_read_sql(r), &e) || !ledger_verify(r, &ledger, &e)))
		die("verify", &e);
	if (ledger.first_bad_seq)
		problem("the ledger does not hold", STR("verify"));
	store_read_end(r);
	printf("checked %" PRId64 " answers, ledger %" PRId64 ", problems %" PRId64 "\n", lines, ledger.rows, problems);
	arena_destroy(line_arena);
	arena_destroy(a);
	return problems ? 1 : 0;
}

int main(int argc, char **argv)
{
	char url[4096];
	struct err e = ERR_INIT;
	if (argc < 3)
		return 2;
	if (strcmp(argv[2], "cut") == 0)
		return cut(argv[1]);
	snprintf(url, sizeof url, "sqlite:%s", argv[1]);
	store_library_init();
	if (!store_open(&(struct store_config){.url = url, .readers = 4}, &s, &e) || !ledger_open(s, &l, &e))
		die("open", &e);
	if (argc > 3)
		str_to_i64(str_from(argv[3]), &seed);
	if (strcmp(argv[2], "run") == 0)
		return run();
	int code = strcmp(argv[2], "full") == 0 ? full(argv[1]) : check(argc > 3 && strcmp(argv[3], "whole") == 0);
	store_close(s);
	ledger_close(l);
	return code;
}
