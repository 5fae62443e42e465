/* sqlite_floor DIR ROWS_A_COMMIT SECONDS: the rate at which bare SQLite, WAL and synchronous=FULL, commits rows of 1 KB with one
 * index on DIR's disk, that many rows a commit. What a durable create can be compared with. Prints "rate N commits M". */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	char path[4096];
	snprintf(path, sizeof path, "%s/floor.db", argv[1]);
	long batch = strtol(argv[2], NULL, 10);
	double seconds = strtod(argv[3], NULL);
	sqlite3 *db = NULL;
	if (sqlite3_open(path, &db) != SQLITE_OK)
		return 1;
	run(db, "PRAGMA journal_mode=WAL");
	run(db, "PRAGMA synchronous=FULL");
	run(db, "CREATE TABLE IF NOT EXISTS r(id INTEGER PRIMARY KEY, k TEXT NOT NULL, body TEXT NOT NULL)");
	run(db, "CREATE INDEX IF NOT EXISTS rk ON r(k)");
	sqlite3_stmt *insert = NULL;
	if (sqlite3_prepare_v2(db, "INSERT INTO r(k, body) VALUES(?1, ?2)", -1, &insert, NULL) != SQLITE_OK)
		return 1;
	char body[1024], key[32];
	memset(body, 'x', sizeof body);
	long rows = 0, commits = 0;
	double start = now();
	while (now() - start < seconds) {
		run(db, "BEGIN IMMEDIATE");
		for (long i = 0; i < batch; i++) {
			int n = snprintf(key, sizeof key, "key-%ld", rows++);
			sqlite3_bind_text(insert, 1, key, n, SQLITE_STATIC);
			sqlite3_bind_text(insert, 2, body, sizeof body, SQLITE_STATIC);
			sqlite3_step(insert);
			sqlite3_reset(insert);
		}
		run(db, "COMMIT");
		commits++;
	}
	double took = now() - start;
	printf("rate %.0f commits %.0f\n", (double)rows / took, (double)commits / took);
	sqlite3_finalize(insert);
	sqlite3_close(db);
	remove(path);
	return 0;
}
