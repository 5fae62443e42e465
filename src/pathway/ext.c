#include "pathway/internal.h"

#include <sodium.h>

const struct json *pw_ext_find(const struct json *element, const char *url)
{
	const struct json *list = json_getz(element, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), url))
			return json_at(list, i);
	return NULL;
}

struct str pw_sha256_hex(struct arena *a, struct str s)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, (const unsigned char *)s.p, s.n);
	return hex_encode(a, hash, sizeof hash);
}

/* The parts one after the other. These run several times for each event: no format to read. */
struct str pw_join(struct arena *a, const struct str *parts, size_t n)
{
	size_t length = 0;
	for (size_t i = 0; i < n; i++)
		length += parts[i].n;
	char *p = arena_alloc(a, length + 1);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n)
			memcpy(p + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	return (struct str){p, length};
}

struct str pw_ref_of(struct arena *a, struct str type, struct str id)
{
	return pw_join(a, (struct str[]){type, STR("/"), id}, 3);
}

struct str pw_versioned_ref(struct arena *a, const struct json *resource)
{
	struct str type = json_str(resource, "resourceType"), id = json_str(resource, "id");
	struct str version = json_str(json_getz(resource, "meta"), "versionId");
	if (!version.n)
		return pw_ref_of(a, type, id);
	return pw_join(a, (struct str[]){type, STR("/"), id, STR("/_history/"), version}, 5);
}

bool pw_split_ref(struct str ref, struct str *type, struct str *id)
{
	struct str rest = ref;
	return str_next(&rest, '/', type) && str_next(&rest, '/', id) && id->n;
}

/* What a sender calls itself is input: only what an id may hold is kept. */
const struct json *pw_device_of(struct arena *a, struct str sender)
{
	struct buf id = buf_new(a, 64);
	if (str_starts(sender, STR("Device/")))
		sender = str_sub(sender, 7, sender.n);
	for (size_t i = 0; i < sender.n && id.n < 60; i++) {
		char c = sender.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
		buf_char(&id, plain ? c : '-');
	}
	struct json *device = json_object(a);
	json_set_str(a, device, "resourceType", STR("Device"));
	json_set_str(a, device, "id", buf_str(&id));
	return device;
}

bool pw_json_has_code(const struct json *concept, struct str code)
{
	const struct json *codings = json_getz(concept, "coding");
	for (size_t i = 0; i < json_n(codings); i++)
		if (str_eq(json_str(json_at(codings, i), "code"), code))
			return true;
	return false;
}

/* R4 names the one a resource is about in a handful of ways; the first that is a Patient counts. */
struct str pw_subject_of(struct arena *a, const struct json *resource)
{
	static const char *const names[] = {"subject", "patient", "for", "individual", "beneficiary"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str ref = json_str(json_getz(resource, names[i]), "reference");
		struct str type, id;
		if (str_starts(ref, STR("Patient/")) && pw_split_ref(ref, &type, &id))
			return pw_ref_of(a, type, id);
	}
	return pw_ref_of(a, json_str(resource, "resourceType"), json_str(resource, "id"));
}

/* When what a resource tells of happened, as against when it was recorded (R4's "done" of the five Ws). */
static const struct {
	const char *type, *first, *second;
} times[] = {
	{"Task", "executionPeriod", "end"},       {"Task", "lastModified", NULL},      {"QuestionnaireResponse", "authored", NULL},
	{"Communication", "sent", NULL},          {"Communication", "received", NULL}, {"ServiceRequest", "authoredOn", NULL},
	{"Observation", "effectiveDateTime", NULL}, {"Consent", "dateTime", NULL},     {"EpisodeOfCare", "period", "start"},
	{"Encounter", "period", "start"},         {"CarePlan", "period", "start"},     {"Flag", "period", "start"},
	{"Condition", "recordedDate", NULL},      {"Appointment", "created", NULL},    {"DetectedIssue", "identifiedDateTime", NULL},
	{"Procedure", "performedDateTime", NULL}, {"Immunization", "occurrenceDateTime", NULL},
};

int64_t pw_valid_time(const struct json *resource, int64_t otherwise_us)
{
	struct str type = json_str(resource, "resourceType");
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		if (!str_is(type, times[i].type))
			continue;
		struct str text = times[i].second ? json_str(json_getz(resource, times[i].first), times[i].second)
						  : json_str(resource, times[i].first);
		struct date d;
		if (!date_parse(text, DATE_KIND_DATETIME, &d, NULL))
			continue;
		int64_t us = date_lo_us(&d);
		return us < otherwise_us ? us : otherwise_us; /* nothing is known to have happened after it was recorded */
	}
	return otherwise_us;
}
