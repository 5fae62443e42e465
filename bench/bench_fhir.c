/* How fast the structural validation is: bench_fhir FILE... prints, for each, its size and the time to parse and to validate it,
 * the best of 20 rounds (other load on the machine only ever makes a round slower). */
#include <stdio.h>

#include "fhir/fhir.h"

#define ROUNDS 20
#define TIMES 500

static double best_us(struct arena *a, struct str text, bool validate)
{
	double best = 1e12;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t began = env_monotonic_us();
		for (int i = 0; i < TIMES; i++) {
			struct arena_mark m = arena_mark(a);
			struct json *j = NULL;
			if (!json_parse(a, text, NULL, &j, NULL))
				return -1;
			if (validate)
				fhir_validate(a, j, text, fhir_outcome_new(a));
			arena_rewind(a, m);
		}
		double us = (double)(env_monotonic_us() - began) / TIMES;
		best = us < best ? us : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	for (int i = 1; i < argc; i++) {
		struct str text;
		struct err e = ERR_INIT;
		if (!env_system()->read_file(env_system(), a, argv[i], 1 << 26, &text, &e)) {
			fprintf(stderr, "bench_fhir: %s\n", e.message);
			return 1;
		}
		double parse = best_us(a, text, false), both = best_us(a, text, true);
		printf("%s bytes=%zu parse_us=%.2f validate_us=%.2f\n", argv[i], text.n, parse, both - parse);
	}
	arena_destroy(a);
	return 0;
}
