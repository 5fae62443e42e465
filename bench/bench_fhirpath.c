/* How many evaluations a second on one core, compiled, on a small Patient and on a QuestionnaireResponse as forms make them.
 *
 *     build/bench/bench_fhirpath [SECONDS]
 *
 * Each line: evaluations a second, nanoseconds each, arena bytes each, the expression. */
#include <stdio.h>
#include <stdlib.h>

#include "fhirpath/fhirpath.h"

static const char patient[] =
	"{\"resourceType\":\"Patient\",\"id\":\"example\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-11-24T10:00:00Z\"},"
	"\"identifier\":[{\"use\":\"official\",\"system\":\"https://fhir.nhs.uk/Id/nhs-number\",\"value\":\"9990000018\"}],\"active\":true,"
	"\"name\":[{\"use\":\"official\",\"family\":\"Chalmers\",\"given\":[\"Peter\",\"James\"]},{\"use\":\"usual\",\"given\":[\"Jim\"]},"
	"{\"use\":\"maiden\",\"family\":\"Windsor\",\"given\":[\"Peter\",\"James\"],\"period\":{\"end\":\"2002\"}}],"
	"\"telecom\":[{\"use\":\"home\"},{\"system\":\"phone\",\"value\":\"01632 960001\",\"use\":\"work\",\"rank\":1},"
	"{\"system\":\"phone\",\"value\":\"01632 960002\",\"use\":\"mobile\",\"rank\":2}],\"gender\":\"male\",\"birthDate\":\"1974-12-25\","
	"\"deceasedBoolean\":false,\"address\":[{\"use\":\"home\",\"line\":[\"1 High Street\"],\"city\":\"Derby\",\"postalCode\":\"DE1 1AA\"}],"
	"\"managingOrganization\":{\"reference\":\"Organization/1\"}}";

static const char answers[] =
	"{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"completed\",\"questionnaire\":\"https://example.org/Questionnaire/dv|1\","
	"\"authored\":\"2026-11-24T10:00:00Z\",\"item\":[{\"linkId\":\"routine-enquiry\",\"answer\":[{\"valueBoolean\":true}]},"
	"{\"linkId\":\"seen-alone\",\"answer\":[{\"valueBoolean\":true}]},{\"linkId\":\"notes\",\"answer\":[{\"valueString\":\"none\"}]}]}";

static const struct {
	const char *resource, *expression;
} cases[] = {
	{patient, "birthDate"},
	{patient, "Patient.birthDate"},
	{patient, "name.given.first()"},
	{patient, "Patient.name.given"},
	{patient, "gender = 'male'"},
	{patient, "name.where(use = 'official').family"},
	{patient, "telecom.where(system = 'phone' and use = 'work').value"},
	{patient, "identifier.where(system = 'https://fhir.nhs.uk/Id/nhs-number').value.first()"},
	{patient, "birthDate > today() - 18 years"},
	{patient, "deceased.ofType(boolean)"},
	{patient, "descendants().count()"},
	{answers, "status = 'completed' and item.where(linkId = 'routine-enquiry').answer.value.first() = true"},
};

static int64_t run(const struct fp_expr *expr, struct arena *a, const struct json *resource, size_t n, size_t *bytes)
{
	struct err e = ERR_INIT;
	struct fp_env env = fp_env_for(a, resource, INT64_C(1764000000000000));
	int64_t begin = env_monotonic_us();
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(a);
		size_t before = arena_used(a);
		struct fp_list out;
		if (!fp_eval(expr, &env, &out, &e)) {
			fprintf(stderr, "%s\n", e.message);
			exit(1);
		}
		*bytes = arena_used(a) - before;
		arena_rewind(a, mark);
	}
	return env_monotonic_us() - begin;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.5;
	struct arena *a = arena_new(0);
	struct err e = ERR_INIT;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json *resource;
		const struct fp_expr *expr;
		size_t bytes = 0, n = 20000;
		if (!json_parse(a, str_from(cases[i].resource), NULL, &resource, &e) || !fp_cached(str_from(cases[i].expression), &expr, &e)) {
			fprintf(stderr, "%s\n", e.message);
			return 1;
		}
		int64_t us = run(expr, a, resource, n, &bytes);
		n = (size_t)((double)n * seconds * 1e6 / (double)(us ? us : 1)) + 1;
		us = run(expr, a, resource, n, &bytes);
		printf("%10.0f/s %7.0f ns %6zu B  %s\n", (double)n * 1e6 / (double)us, (double)us * 1000 / (double)n, bytes, cases[i].expression);
	}
	arena_destroy(a);
	return 0;
}
