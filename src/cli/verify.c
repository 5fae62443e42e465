/* heed verify [--data DIR] [--store URL] [--expect ROWS:HASH]: is the database sound, does the ledger's chain hold, and is every
 * version in the store the one the ledger says was written? Works beside a running server. Prints the head, to be noted somewhere
 * else; --expect takes one noted before, and says whether it is still in the chain. Exit 1 when anything is not right. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "ledger/ledger.h"

static int not_right(const char *what)
{
	printf("NOT RIGHT: %s\n", what);
	return 1;
}

/* "12:ab34...": row 12 must still have that hash. */
static int check_expected(struct store_read *r, struct str expect)
{
	struct str rows, hash = expect, found;
	struct err e = ERR_INIT;
	int64_t n;
	if (!str_next(&hash, ':', &rows) || !str_to_i64(rows, &n) || hash.n != 64) {
		fputs("heed verify: --expect takes ROWS:HASH, as verify printed them\n", stderr);
		return 2;
	}
	if (!ledger_hash_at(r, n, &found, &e) || !str_eq_nocase(found, hash))
		return not_right("the head noted earlier is not in this ledger: it was cut short or rewritten");
	printf("row %" PRId64 " is as it was noted\n", n);
	return 0;
}

static int report(const struct ledger_check *check)
{
	printf("ledger %" PRId64 " rows, head %" PRId64 ":%.*s\n", check->rows, check->rows, STR_ARG(check->head));
	if (!check->first_bad_seq)
		return 0;
	printf("NOT RIGHT: the ledger does not hold from row %" PRId64 " on\n", check->first_bad_seq);
	return 1;
}

static int verify(struct store *s, struct arena *a, const char *expect)
{
	struct err e = ERR_INIT;
	struct ledger_check check;
	struct store_read *r = store_read_begin(s, a, &e);
	if (!r)
		return cli_fail("verify", 1, &e);
	int code = 0;
	if (!sql_sound(store_read_sql(r), &e))
		code = not_right(e.message);
	if (!ledger_verify(r, &check, &e))
		code = cli_fail("verify", 1, &e);
	else if (report(&check) != 0)
		code = 1;
	if (code == 0 && expect)
		code = check_expected(r, str_from(expect));
	store_read_end(r);
	if (code == 0)
		puts("all is as it was written");
	return code;
}

int cli_verify(int argc, char **argv)
{
	const char *data = "data", *url = NULL, *expect = NULL;
	const struct cli_option options[] = {{"--data", &data, NULL}, {"--store", &url, NULL}, {"--expect", &expect, NULL}, {NULL, NULL, NULL}};
	if (!cli_options("verify", &argc, argv, options) || argc != 0) {
		fputs("heed verify: [--data DIR] [--store URL] [--expect ROWS:HASH]\n", stderr);
		return 2;
	}
	struct arena *a = arena_new(0);
	struct err e = ERR_INIT;
	struct store *s;
	store_library_init();
	const char *where = url ? url : str_c(a, str_printf(a, "sqlite:%s", data));
	struct store_config config = {.url = where, .readers = 1, .read_only = true};
	int code = store_open(&config, &s, &e) ? verify(s, a, expect) : cli_fail("verify", 1, &e);
	if (e.code == ERR_NONE)
		store_close(s);
	arena_destroy(a);
	return code;
}
