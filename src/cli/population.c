/* heed population --people N --seed S [--no-copies]: the synthetic area as NDJSON on standard output. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demo/copies.h"

enum { COPIED_HOUSEHOLDS = 3, FLUSH_AT = 1 << 20, BUFFER_MAX = 1 << 22 };

static bool write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(STDOUT_FILENO, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static void write_household(struct buf *b, const struct population *p, const struct household *h, bool copies)
{
	for (int i = 0; i < h->n; i++) {
		const struct resident *r = &h->members[i];
		population_write_patient(b, h, r);
		buf_char(b, '\n');
		population_write_ties(b, h, r);
		/* Agencies know the children; a third of households is enough to score a matcher on. */
		bool copied = copies && h->number % COPIED_HOUSEHOLDS == 0 && r->mother + r->father > -2;
		for (int k = 0; copied && k < AGENCIES; k++)
			copies_write(b, p, h, r, k);
	}
	population_write_group(b, h);
	buf_char(b, '\n');
}

static bool write_area(const struct population *p, bool copies)
{
	struct arena *a = arena_new(0);
	struct buf b = buf_new(a, BUFFER_MAX);
	struct household h;
	bool ok = true;
	for (uint64_t number = 0, first = 0; ok && first < p->people; number++, first += (uint64_t)h.n) {
		population_household(p, number, first, &h);
		write_household(&b, p, &h, copies);
		if (b.n < FLUSH_AT)
			continue;
		ok = write_all(b.p, b.n);
		b.n = 0;
	}
	ok = ok && buf_ok(&b) && write_all(b.p, b.n);
	arena_destroy(a);
	return ok;
}

int cli_population(int argc, char **argv)
{
	const char *people = "1000", *seed = "1";
	bool no_copies = false;
	const struct cli_option options[] = {{"--people", &people, NULL}, {"--seed", &seed, NULL}, {"--no-copies", NULL, &no_copies}, {NULL, NULL, NULL}};
	int64_t n, s;
	if (!cli_options("population", &argc, argv, options) || argc > 0)
		return 2;
	if (!str_to_i64(str_from(people), &n) || n < 1 || n > 100000000 || !str_to_i64(str_from(seed), &s)) {
		fprintf(stderr, "heed population: --people takes 1 to 100,000,000, --seed a whole number\n");
		return 2;
	}
	struct population p = {.seed = (uint64_t)s, .people = (uint64_t)n};
	if (write_area(&p, !no_copies))
		return 0;
	fprintf(stderr, "heed population: cannot write: %s\n", strerror(errno));
	return 1;
}
