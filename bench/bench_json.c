/* How fast the JSON reader is on a Patient of 3 to 5 KB, beside cJSON in the same run; compact and indented.
 *
 * Prints a line for each shape with the CPU time of one parse and the ratio, best of many rounds taken in turn, so that what
 * else the machine does falls on both. Both free or reset what they made, as a server would. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "json/json.h"

enum { ROUNDS = 60, PARSES = 500 };

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct json *coding(struct arena *a, const char *system, const char *code, const char *display)
{
	struct json *j = json_object(a);
	json_set_str(a, j, "system", str_from(system));
	json_set_str(a, j, "code", str_from(code));
	json_set_str(a, j, "display", str_from(display));
	return j;
}

static struct json *concept(struct arena *a, const char *system, const char *code, const char *display)
{
	struct json *j = json_object(a), *list = json_array(a);
	json_push(a, list, coding(a, system, code, display));
	json_setz(a, j, "coding", list);
	json_set_str(a, j, "text", str_from(display));
	return j;
}

static struct json *period(struct arena *a, const char *start, const char *end)
{
	struct json *j = json_object(a);
	json_set_str(a, j, "start", str_from(start));
	json_set_str(a, j, "end", end ? str_from(end) : STR_NONE);
	return j;
}

static void add_names(struct arena *a, struct json *patient)
{
	struct json *names = json_array(a);
	for (int i = 0; i < 2; i++) {
		struct json *name = json_object(a), *given = json_array(a);
		json_set_str(a, name, "use", i ? STR("nickname") : STR("official"));
		json_set_str(a, name, "family", STR("Example-Testperson"));
		json_push(a, given, json_stringz(a, i ? "Mira" : "Amira"));
		json_push(a, given, json_stringz(a, "Zo\xC3\xAB"));
		json_setz(a, name, "given", given);
		json_setz(a, name, "period", period(a, "2014-03-01", NULL));
		json_push(a, names, name);
	}
	json_setz(a, patient, "name", names);
}

static void add_identifiers(struct arena *a, struct json *patient)
{
	static const char *const systems[] = {"https://fhir.nhs.uk/Id/nhs-number", "https://example.org/Id/hospital-number",
					      "https://example.org/Id/unique-pupil-number"};
	struct json *list = json_array(a);
	for (int i = 0; i < 3; i++) {
		struct json *j = json_object(a);
		json_set_str(a, j, "use", STR("official"));
		json_setz(a, j, "type", concept(a, "http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "Medical record number"));
		json_set_str(a, j, "system", str_from(systems[i]));
		json_set_str(a, j, "value", STR("9990000018"));
		json_push(a, list, j);
	}
	json_setz(a, patient, "identifier", list);
}

static void add_addresses(struct arena *a, struct json *patient)
{
	struct json *list = json_array(a), *phones = json_array(a);
	for (int i = 0; i < 4; i++) {
		struct json *j = json_object(a), *lines = json_array(a), *phone = json_object(a);
		json_set_str(a, j, "use", i ? STR("old") : STR("home"));
		json_push(a, lines, json_stringz(a, i ? "4 Invented Terrace" : "12 Nowhere Street"));
		json_push(a, lines, json_stringz(a, "Madeup Park"));
		json_setz(a, j, "line", lines);
		json_set_str(a, j, "city", STR("Derby"));
		json_set_str(a, j, "postalCode", STR("ZZ99 3WZ"));
		json_setz(a, j, "period", period(a, "2019-06-14", i ? "2021-02-01" : NULL));
		json_push(a, list, j);
		json_set_str(a, phone, "system", STR("phone"));
		json_set_str(a, phone, "value", STR("01632 960123"));
		json_setz(a, phone, "rank", json_int(a, i + 1));
		json_push(a, phones, phone);
	}
	json_setz(a, patient, "address", list);
	json_setz(a, patient, "telecom", phones);
}

static void add_contacts(struct arena *a, struct json *patient)
{
	struct json *list = json_array(a);
	for (int i = 0; i < 3; i++) {
		struct json *j = json_object(a), *name = json_object(a), *kinds = json_array(a);
		json_push(a, kinds, concept(a, "http://terminology.hl7.org/CodeSystem/v3-RoleCode", i ? "FTH" : "MTH", i ? "father" : "mother"));
		json_setz(a, j, "relationship", kinds);
		json_set_str(a, name, "text", STR("Invented Example-Testperson"));
		json_setz(a, j, "name", name);
		json_set_str(a, j, "gender", i ? STR("male") : STR("female"));
		json_push(a, list, j);
	}
	json_setz(a, patient, "contact", list);
}

static void add_extensions(struct arena *a, struct json *patient)
{
	static const char *const urls[] = {"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory",
					   "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ResidentialStatus"};
	struct json *list = json_array(a);
	for (int i = 0; i < 2; i++) {
		struct json *j = json_object(a);
		json_set_str(a, j, "url", str_from(urls[i]));
		json_setz(a, j, "valueCodeableConcept",
			  concept(a, "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategory", "A", "British, Mixed British"));
		json_push(a, list, j);
	}
	json_setz(a, patient, "extension", list);
}

static struct json *synthetic_patient(struct arena *a)
{
	struct json *p = json_object(a), *meta = json_object(a), *text = json_object(a);
	json_set_str(a, p, "resourceType", STR("Patient"));
	json_set_str(a, p, "id", STR("0193a5c0-7b1e-7c3a-9f00-000000000001"));
	json_set_str(a, meta, "versionId", STR("7"));
	json_set_str(a, meta, "lastUpdated", STR("2026-11-24T09:12:00.000Z"));
	json_setz(a, p, "meta", meta);
	json_set_str(a, text, "status", STR("generated"));
	json_set_str(a, text, "div", STR("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Amira Example-Testperson, born 1 March 2014</p></div>"));
	json_setz(a, p, "text", text);
	add_extensions(a, p);
	add_identifiers(a, p);
	json_setz(a, p, "active", json_bool(a, true));
	add_names(a, p);
	json_set_str(a, p, "gender", STR("female"));
	json_set_str(a, p, "birthDate", STR("2014-03-01"));
	add_addresses(a, p);
	json_setz(a, p, "multipleBirthInteger", json_int(a, 2));
	add_contacts(a, p);
	return p;
}

static double time_heed(struct arena *a, struct str text)
{
	double from = cpu_us();
	for (int i = 0; i < PARSES; i++) {
		struct json *j;
		if (!json_parse(a, text, NULL, &j, NULL))
			exit(1);
		arena_reset(a);
	}
	return (cpu_us() - from) / PARSES;
}

static double time_cjson(struct str text)
{
	double from = cpu_us();
	for (int i = 0; i < PARSES; i++) {
		cJSON *j = cJSON_ParseWithLength(text.p, text.n);
		if (!j)
			exit(1);
		cJSON_Delete(j);
	}
	return (cpu_us() - from) / PARSES;
}

static void compare(const char *shape, struct str text)
{
	struct arena *a = arena_new(0);
	double ours = 1e9, theirs = 1e9;
	for (int i = 0; i < ROUNDS; i++) {
		double o = time_heed(a, text), t = time_cjson(text);
		ours = o < ours ? o : ours;
		theirs = t < theirs ? t : theirs;
	}
	printf("json parse %s Patient bytes=%zu heed_us=%.2f cjson_us=%.2f ratio=%.1f\n", shape, text.n, ours, theirs, theirs / ours);
	arena_destroy(a);
}

int main(void)
{
	struct arena *a = arena_new(0);
	struct json *patient = synthetic_patient(a);
	struct buf pretty = buf_new(a, 1 << 20);
	json_write_pretty(&pretty, patient);
	compare("compact", json_to_str(a, patient));
	compare("indented", buf_str(&pretty));
	arena_destroy(a);
	return 0;
}
