/* sqlite_floor DIR ROWS_A_COMMIT SECONDS SHAPE: the rate at which bare SQLite, WAL and synchronous=FULL, commits on DIR's disk, that
 * many units a commit, from one thread that does nothing else: what a durable create can be compared with. A unit is
 *   row    one row of 1 KB with one index
 *   audit  a row of 2 KB and a row of an audit trail, of 300 bytes
 *   create the rows a create of the benchmark's small Patient writes, in tables and indexes like the store's: version, current,
 *          ledger, 3 token rows, 6 string rows and a date
 * Nothing is parsed, validated, hashed or answered. Prints "rate N commits M". */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_MAX = 2048, STATEMENTS_MAX = 6 };

struct insert {
	const char *sql; /* ?1 a number that grows, ?2 a word that does not, ?3 the body */
	int times, body;
	sqlite3_stmt *stmt;
};

struct shape {
	const char *name, *schema;
	struct insert inserts[STATEMENTS_MAX];
};

static struct shape shapes[] = {
	{"row", "CREATE TABLE r(id INTEGER PRIMARY KEY, k TEXT NOT NULL, body TEXT NOT NULL); CREATE INDEX rk ON r(k)",
	 {{"INSERT INTO r(k, body) VALUES('key-' || ?1, ?3)", 1, 1024, NULL}}},
	{"audit",
	 "CREATE TABLE r(id INTEGER PRIMARY KEY, k TEXT NOT NULL, body TEXT NOT NULL); CREATE INDEX rk ON r(k);"
	 "CREATE TABLE a(id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
	 {{"INSERT INTO r(k, body) VALUES('key-' || ?1, ?3)", 1, 2048, NULL}, {"INSERT INTO a(body) VALUES(?3)", 1, 300, NULL}}},
	{"create",
	 "CREATE TABLE v(seq INTEGER PRIMARY KEY, rid INTEGER, version INTEGER, type TEXT, id TEXT, at INTEGER, method INTEGER, body TEXT);"
	 "CREATE UNIQUE INDEX v1 ON v(rid, version);"
	 "CREATE TABLE c(rid INTEGER PRIMARY KEY, type TEXT, id TEXT, version INTEGER, seq INTEGER, at INTEGER, deleted INTEGER);"
	 "CREATE UNIQUE INDEX c1 ON c(type, id); CREATE INDEX c2 ON c(type, rid) WHERE deleted = 0;"
	 "CREATE INDEX c3 ON c(type, at, rid) WHERE deleted = 0;"
	 "CREATE TABLE l(seq INTEGER PRIMARY KEY, person TEXT, body TEXT); CREATE INDEX l1 ON l(person, seq) WHERE person <> '';"
	 "CREATE TABLE t(param INTEGER, code TEXT, rid INTEGER, system INTEGER, PRIMARY KEY(param, code, rid, system)) WITHOUT ROWID;"
	 "CREATE TABLE s(param INTEGER, folded TEXT, exact TEXT, rid INTEGER, PRIMARY KEY(param, folded, exact, rid)) WITHOUT ROWID;"
	 "CREATE INDEX s1 ON s(param, rid, folded);"
	 "CREATE TABLE d(param INTEGER, rid INTEGER, lo INTEGER, hi INTEGER, PRIMARY KEY(param, rid, lo, hi)) WITHOUT ROWID;"
	 "CREATE INDEX d1 ON d(param, lo, hi, rid)",
	 {{"INSERT INTO v VALUES(?1, ?1, 1, 'Patient', printf('01a20e76-88e2-79a7-%020d', ?1), ?1, 0, ?3)", 1, 330, NULL},
	  {"INSERT INTO c VALUES(?1, 'Patient', printf('01a20e76-88e2-79a7-%020d', ?1), 1, ?1, ?1, 0)", 1, 0, NULL},
	  {"INSERT INTO l VALUES(?1, printf('Patient/01a20e76-88e2-79a7-%020d', ?1), ?3)", 1, 220, NULL},
	  {"INSERT INTO t VALUES(?4 * 1000003, ?2, ?1, 1)", 3, 0, NULL},
	  {"INSERT INTO s VALUES(?4 * 1000003, ?2, ?2, ?1)", 6, 0, NULL},
	  {"INSERT INTO d VALUES(7, ?1, ?1 % 6000, ?1 % 6000 + 1)", 1, 0, NULL}}},
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(sqlite3 *db, const char *sql)
{
	char *why = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, why);
		exit(1);
	}
}

static void prepare(sqlite3 *db, struct shape *s)
{
	for (struct insert *i = s->inserts; i < s->inserts + STATEMENTS_MAX && i->sql; i++)
		if (sqlite3_prepare_v2(db, i->sql, -1, &i->stmt, NULL) != SQLITE_OK) {
			fprintf(stderr, "%s: %s\n", i->sql, sqlite3_errmsg(db));
			exit(1);
		}
}

static void bind(sqlite3_stmt *stmt, long unit, int k, const char *body, int n)
{
	char word[32];
	/* Every other value is one of few, as a first name or a sex is; the others are each their own. */
	int length = snprintf(word, sizeof word, "w%ld", k % 2 ? unit % 100 : unit * 7919 % 1000003);
	sqlite3_bind_int64(stmt, 1, unit);
	if (sqlite3_bind_parameter_count(stmt) >= 2)
		sqlite3_bind_text(stmt, 2, word, length, SQLITE_TRANSIENT);
	if (n)
		sqlite3_bind_text(stmt, 3, body, n, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(stmt) >= 4)
		sqlite3_bind_int(stmt, 4, k + 1);
}

static void write_unit(sqlite3 *db, struct shape *s, long unit)
{
	static char body[BODY_MAX];
	memset(body, 'x', sizeof body);
	for (struct insert *i = s->inserts; i < s->inserts + STATEMENTS_MAX && i->sql; i++)
		for (int k = 0; k < i->times; k++) {
			bind(i->stmt, unit, k, body, i->body);
			if (sqlite3_step(i->stmt) != SQLITE_DONE) {
				fprintf(stderr, "%s: %s\n", i->sql, sqlite3_errmsg(db));
				exit(1);
			}
			sqlite3_reset(i->stmt);
		}
}

static struct shape *shape_called(const char *name)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (strcmp(shapes[i].name, name) == 0)
			return &shapes[i];
	return NULL;
}

static void remove_files(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[4200];
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		remove(name);
	}
}

static void measure(sqlite3 *db, struct shape *s, long batch, double seconds)
{
	long units = 0, commits = 0;
	double start = now();
	while (now() - start < seconds) {
		run(db, "BEGIN IMMEDIATE");
		for (long i = 0; i < batch; i++)
			write_unit(db, s, ++units);
		run(db, "COMMIT");
		commits++;
	}
	double took = now() - start;
	printf("rate %.0f commits %.0f\n", (double)units / took, (double)commits / took);
}

int main(int argc, char **argv)
{
	struct shape *s = argc == 5 ? shape_called(argv[4]) : NULL;
	char path[4096];
	sqlite3 *db = NULL;
	if (!s) {
		fprintf(stderr, "usage: sqlite_floor DIR ROWS_A_COMMIT SECONDS row|audit|create\n");
		return 2;
	}
	snprintf(path, sizeof path, "%s/floor.db", argv[1]);
	remove_files(path);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		return 1;
	run(db, "PRAGMA journal_mode=WAL");
	run(db, "PRAGMA synchronous=FULL");
	run(db, s->schema);
	prepare(db, s);
	measure(db, s, strtol(argv[2], NULL, 10), strtod(argv[3], NULL));
	for (struct insert *i = s->inserts; i < s->inserts + STATEMENTS_MAX && i->sql; i++)
		sqlite3_finalize(i->stmt);
	sqlite3_close(db);
	remove_files(path);
	return 0;
}
