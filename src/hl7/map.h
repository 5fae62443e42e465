/* map: what the map files share: a message going in, a transaction Bundle coming out. Pure.
 *
 * The Bundle: Binary (the bytes as received), Organization (the sender's), Patient, GP practice and GP, RelatedPerson, Practitioner,
 * Location, Encounter, Provenance; entries refer to each other by urn:uuid. Bundle.timestamp is the time of the facts (EVN-2, else
 * MSH-7). For A40 a second Patient is the record that goes, with a replaced-by link to the first.
 *
 * Local codes are the pack's: ConceptMaps hl7-discharge (PV1-36), hl7-reason (PV2-3, DG1-3), hl7-area and hl7-label (PV1-3.1); without
 * one, or without the code in it, the code stays as sent.
 */
#ifndef HEED_HL7_MAP_H
#define HEED_HL7_MAP_H

#include "hl7/hl7.h"
#include "hl7/tables.h"

#define SID HEED_BASE_URL "/sid/"
#define EXTENSION HEED_BASE_URL "/StructureDefinition/"
#define ODS_SYSTEM "https://fhir.nhs.uk/Id/ods-organization-code"
#define CONFIDENTIALITY "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

struct mapping {
	struct arena *arena;
	const struct hl7_message *m;
	const struct pack *pack; /* may be NULL */
	struct json *entries;
	struct str sender_path; /* "APP/FACILITY", safe in a URL */
	struct str patient;	/* urn of the Patient entry */
	struct str organization; /* urn of the sender's; STR_NONE when it named none */
	struct str fact_time;	 /* as an instant */
};

/* Which segment and field is being read, for ERR-2. */
struct place {
	const struct hl7_segment *segment;
	int field;
};
bool map_refuse(struct err *e, struct place at);

/* Adds an entry; if_none_exist may be STR_NONE. Returns its urn. */
struct str map_add(struct mapping *x, struct json *resource, struct str if_none_exist);
struct json *map_resource(struct mapping *x, const char *type);

struct json *map_reference(struct mapping *x, struct str reference);
struct json *map_coding(struct mapping *x, const char *system, struct str code, const char *display);
struct json *map_concept(struct mapping *x, struct json *coding); /* coding may be NULL */
/* CE, CWE: the code as sent, and what `concept_map` of the pack says of it. NULL when empty. */
struct json *map_coded(struct mapping *x, struct place at, int repetition, const char *concept_map);
struct str map_url_part(struct mapping *x, struct str s); /* letters, digits, - and . ; others become - */
void map_push(struct mapping *x, struct json *resource, const char *element, struct json *value); /* makes the array; NULL adds nothing */

/* The first code a ConceptMap of the pack gives for `code`; NULL when none. */
struct json *map_concept_map(struct mapping *x, const char *id, struct str code);

bool map_date(struct mapping *x, struct place at, struct str value, bool day_only, struct str *out, struct err *e);

struct json *map_name(struct mapping *x, struct place at, int repetition);
struct json *map_address(struct mapping *x, struct place at, int repetition);
struct json *map_telecom(struct mapping *x, struct place at, int repetition, const char *use);
/* XCN: a conditional Practitioner. STR_NONE when there is none. */
struct str map_practitioner(struct mapping *x, struct place at, int repetition, struct str *display);
struct str map_organization(struct mapping *x, struct str code, struct str name);

bool map_identifiers(struct mapping *x, struct place at, struct json *resource, struct err *e);
bool map_patient(struct mapping *x, struct err *e);
bool map_merged(struct mapping *x, struct err *e); /* MRG */
bool map_visit(struct mapping *x, struct err *e);

/* ---- Encounter facts, as they meet what is known (apply) ---- */
struct json *visit_merge(struct arena *a, const struct json *known, const struct json *incoming, struct str event, int64_t fact_us);

#endif
