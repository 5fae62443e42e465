/* Which elements of a Patient are which kind of fact. */
#include "identity/facts.h"
#include "identity/identity.h"

static const struct facts_rule patient_rules[] = {
	{"identifier", FACTS_SET},    {"name", FACTS_HISTORY},  {"telecom", FACTS_HISTORY},	  {"address", FACTS_HISTORY},
	{"gender", FACTS_ONE},	      {"birthDate", FACTS_ONE}, {"deceased*", FACTS_ONE},	  {"maritalStatus", FACTS_ONE},
	{"multipleBirth*", FACTS_ONE}, {"communication", FACTS_ONE}, {"generalPractitioner", FACTS_ONE}, {"managingOrganization", FACTS_ONE},
};

static bool has_label(const struct json *all, const struct json *label)
{
	for (size_t i = 0; i < json_n(all); i++)
		if (str_eq(json_str(json_at(all, i), "system"), json_str(label, "system")) &&
		    str_eq(json_str(json_at(all, i), "code"), json_str(label, "code")))
			return true;
	return false;
}

/* A label is added by a message, and taken off by people only. */
static bool merge_labels(struct arena *a, struct json *out, const struct json *incoming)
{
	const struct json *said = json_getz(json_getz(incoming, "meta"), "security");
	struct json *meta = json_getz(out, "meta"), *all = json_getz(meta, "security");
	bool changed = false;
	for (size_t i = 0; i < json_n(said); i++) {
		if (has_label(all, json_at(said, i)))
			continue;
		if (!meta)
			json_setz(a, out, "meta", meta = json_object(a));
		if (!all)
			json_setz(a, meta, "security", all = json_array(a));
		json_push(a, all, json_clone(a, json_at(said, i)));
		changed = true;
	}
	return changed;
}

struct json *identity_merge_facts(struct arena *a, const struct json *known, const struct json *incoming, int64_t fact_us)
{
	struct json *merged = facts_merge(a, patient_rules, sizeof patient_rules / sizeof *patient_rules, known, incoming, fact_us);
	struct json *out = merged ? merged : json_clone(a, known);
	bool labelled = merge_labels(a, out, incoming);
	return merged || labelled ? out : NULL;
}
