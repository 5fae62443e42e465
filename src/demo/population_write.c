/* The residents as lines of FHIR JSON. Every text here comes from fixed lists of letters, digits and spaces, so nothing needs escaping. */
#include "demo/population.h"

#define BASE "https://heed.example/fhir"
#define TAG "\"meta\":{\"tag\":[{\"system\":\"" BASE "/CodeSystem/data-kind\",\"code\":\"synthetic\"}]}"

static void two(struct buf *b, int v)
{
	buf_char(b, (char)('0' + v / 10));
	buf_char(b, (char)('0' + v % 10));
}

static void date(struct buf *b, int64_t days)
{
	int y, m, d;
	civil_from_days(days, &y, &m, &d);
	buf_u64(b, (uint64_t)y);
	buf_char(b, '-');
	two(b, m);
	buf_char(b, '-');
	two(b, d);
}

static void quoted(struct buf *b, const char *key, const char *value)
{
	buf_char(b, '"');
	buf_c(b, key);
	buf_c(b, "\":\"");
	buf_c(b, value);
	buf_char(b, '"');
}

static void start(struct buf *b, const char *type, char prefix, uint64_t number)
{
	buf_c(b, "{\"resourceType\":\"");
	buf_c(b, type);
	buf_c(b, "\",\"id\":\"");
	buf_char(b, prefix);
	buf_u64(b, number);
	buf_c(b, "\"," TAG);
}

static void extensions(struct buf *b, const struct resident *r)
{
	buf_c(b, ",\"extension\":[{\"url\":\"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory\",\"valueCodeableConcept\":{\"coding\":[{"
		 "\"system\":\"https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland\",");
	quoted(b, "code", population_ethnic_code(r->ethnic));
	buf_c(b, "}]}}");
	if (r->school >= 0) {
		buf_c(b, ",{\"url\":\"" BASE "/StructureDefinition/school\",\"valueReference\":{\"display\":\"Invented ");
		buf_c(b, r->school < PRIMARY_SCHOOLS ? "Primary School " : "Academy ");
		buf_u64(b, (uint64_t)(r->school < PRIMARY_SCHOOLS ? r->school : r->school - PRIMARY_SCHOOLS) + 1);
		buf_c(b, "\"}}");
	}
	buf_char(b, ']');
}

static void address(struct buf *b, const struct household *h)
{
	buf_c(b, ",\"address\":[{\"use\":\"home\",\"line\":[\"");
	buf_u64(b, (uint64_t)h->house);
	buf_char(b, ' ');
	buf_c(b, h->street_name);
	buf_char(b, ' ');
	buf_c(b, h->street_kind);
	buf_c(b, "\"],\"city\":\"Derby\",");
	quoted(b, "postalCode", h->postcode);
	buf_c(b, "}]");
}

void population_write_patient(struct buf *b, const struct household *h, const struct resident *r)
{
	start(b, "Patient", 'r', r->number);
	extensions(b, r);
	if (r->nhs[0]) {
		buf_c(b, ",\"identifier\":[{\"system\":\"https://fhir.nhs.uk/Id/nhs-number\",");
		quoted(b, "value", r->nhs);
		buf_c(b, "}]");
	}
	buf_c(b, ",\"name\":[{\"use\":\"official\",");
	quoted(b, "family", r->family);
	buf_c(b, ",\"given\":[\"");
	buf_c(b, r->given);
	buf_c(b, "\",\"");
	buf_c(b, r->middle);
	buf_c(b, "\"]}],\"telecom\":[{\"system\":\"phone\",");
	quoted(b, "value", h->phone);
	buf_c(b, "}],");
	quoted(b, "gender", r->female ? "female" : "male");
	buf_c(b, ",\"birthDate\":\"");
	date(b, r->born_days);
	buf_char(b, '"');
	address(b, h);
	buf_c(b, ",\"generalPractitioner\":[{\"display\":\"Invented Surgery ");
	buf_u64(b, (uint64_t)h->practice + 1);
	buf_c(b, "\"}]}");
}

static void tie(struct buf *b, const struct household *h, const struct resident *child, int parent, const char *code)
{
	if (parent < 0)
		return;
	buf_c(b, "{\"resourceType\":\"RelatedPerson\",\"id\":\"r");
	buf_u64(b, h->members[parent].number);
	buf_c(b, "-to-r");
	buf_u64(b, child->number);
	buf_c(b, "\"," TAG ",\"extension\":[{\"url\":\"" BASE "/StructureDefinition/person\",\"valueReference\":{\"reference\":\"Patient/r");
	buf_u64(b, h->members[parent].number);
	buf_c(b, "\"}},{\"url\":\"" BASE "/StructureDefinition/parental-responsibility\",\"valueBoolean\":true}],\"active\":true,\"patient\":{\"reference\":\"Patient/r");
	buf_u64(b, child->number);
	buf_c(b, "\"},\"relationship\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",");
	quoted(b, "code", code);
	buf_c(b, "}]}]}\n");
}

void population_write_ties(struct buf *b, const struct household *h, const struct resident *r)
{
	tie(b, h, r, r->mother, "MTH");
	tie(b, h, r, r->father, "FTH");
}

void population_write_group(struct buf *b, const struct household *h)
{
	start(b, "Group", 'h', h->number);
	buf_c(b, ",\"type\":\"person\",\"actual\":true,\"code\":{\"coding\":[{\"system\":\"" BASE "/CodeSystem/group-code\",\"code\":\"household\"}]},\"name\":\"");
	buf_u64(b, (uint64_t)h->house);
	buf_char(b, ' ');
	buf_c(b, h->street_name);
	buf_char(b, ' ');
	buf_c(b, h->street_kind);
	buf_c(b, "\",\"member\":[");
	for (int i = 0; i < h->n; i++) {
		buf_c(b, i ? ",{\"entity\":{\"reference\":\"Patient/r" : "{\"entity\":{\"reference\":\"Patient/r");
		buf_u64(b, h->members[i].number);
		buf_c(b, "\"}}");
	}
	buf_c(b, "]}");
}
