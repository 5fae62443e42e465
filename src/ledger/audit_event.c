/* A ledger row as a FHIR AuditEvent, in the shapes of IHE Basic Audit Log Patterns (BALP 1.1): read, query, create, update, delete,
 * sign-in, disclosure. */
#include "ledger/ledger_int.h"
#include "pack/pack.h"

#define DCM "http://dicom.nema.org/resources/ontology/DCM"
#define REST "http://hl7.org/fhir/restful-interaction"
#define EVENT_TYPE "http://terminology.hl7.org/CodeSystem/audit-event-type"
#define OBJECT_ROLE "http://terminology.hl7.org/CodeSystem/object-role"
#define ENTITY_TYPE "http://terminology.hl7.org/CodeSystem/audit-entity-type"

struct shape {
	const char *type_system, *type, *type_display;
	const char *sub_system, *sub;
	const char *action;
	const char *outcome;
};

static const struct shape shapes[] = {
	[LEDGER_READ] = {EVENT_TYPE, "rest", "RESTful Operation", REST, "read", "R", "0"},
	[LEDGER_SEARCH] = {EVENT_TYPE, "rest", "RESTful Operation", REST, "search", "E", "0"},
	[LEDGER_WRITE] = {EVENT_TYPE, "rest", "RESTful Operation", REST, "update", "U", "0"},
	[LEDGER_DENIED] = {EVENT_TYPE, "rest", "RESTful Operation", REST, "read", "R", "8"},
	[LEDGER_SIGN_IN] = {DCM, "110114", "User Authentication", DCM, "110122", "E", "0"},
	[LEDGER_SIGN_OUT] = {DCM, "110114", "User Authentication", DCM, "110123", "E", "0"},
	[LEDGER_SHARE] = {DCM, "110106", "Export", NULL, NULL, "R", "0"},
	[LEDGER_DECISION] = {DCM, "110110", "Patient Record", NULL, NULL, "E", "0"},
};

static struct json *coding(struct arena *a, const char *system, struct str code, const char *display)
{
	struct json *j = json_object(a);
	json_set_str(a, j, "system", str_from(system));
	json_set_str(a, j, "code", code);
	if (display)
		json_set_str(a, j, "display", str_from(display));
	return j;
}

static struct json *array_of(struct arena *a, struct json *one)
{
	struct json *j = json_array(a);
	json_push(a, j, one);
	return j;
}

static struct json *concept(struct arena *a, const char *system, struct str code)
{
	struct json *j = json_object(a);
	json_setz(a, j, "coding", array_of(a, coding(a, system, code, NULL)));
	return j;
}

static struct json *reference(struct arena *a, struct str text)
{
	struct json *j = json_object(a);
	if (str_find_char(text, '/') >= 0)
		json_set_str(a, j, "reference", text);
	else
		json_set_str(a, j, "display", text);
	return j;
}

static struct json *agent(struct arena *a, const struct act *act)
{
	struct json *j = json_object(a);
	if (act->role.n)
		json_setz(a, j, "role", array_of(a, concept(a, HEED_BASE_URL "/CodeSystem/role", act->role)));
	json_setz(a, j, "who", reference(a, act->agent.n ? act->agent : STR("unknown")));
	json_setz(a, j, "requestor", json_bool(a, true));
	if (act->reason.n) {
		struct json *why = json_object(a);
		json_set_str(a, why, "text", act->reason);
		json_setz(a, j, "purposeOfUse", array_of(a, why));
	}
	return j;
}

static void add_entity(struct arena *a, struct json *entities, struct str what, const char *type, const char *role)
{
	struct json *j = json_object(a);
	json_setz(a, j, "what", reference(a, what));
	json_setz(a, j, "type", coding(a, ENTITY_TYPE, str_from(type), NULL));
	json_setz(a, j, "role", coding(a, OBJECT_ROLE, str_from(role), NULL));
	json_push(a, entities, j);
}

static struct json *entities_of(struct arena *a, const struct ledger_entry *n)
{
	struct json *entities = json_array(a);
	struct str items = n->items, item;
	if (n->person.n)
		add_entity(a, entities, n->person, "1", "1"); /* a person, the patient */
	while (items.n && str_next(&items, ' ', &item))
		if (str_find_char(item, '/') > 0)
			add_entity(a, entities, item, "2", "4"); /* a system object, a domain resource */
	if (n->detail.n && n->kind != LEDGER_WRITE) {
		struct json *j = json_object(a);
		json_setz(a, j, "type", coding(a, ENTITY_TYPE, STR("2"), NULL));
		json_setz(a, j, "role", coding(a, OBJECT_ROLE, STR("24"), NULL)); /* query */
		json_set_str(a, j, "description", n->detail);
		json_push(a, entities, j);
	}
	return entities;
}

static struct shape shape_of(const struct ledger_entry *n)
{
	struct shape s = shapes[n->kind];
	if (n->kind == LEDGER_WRITE && str_is(n->detail, "create"))
		s.sub = "create", s.action = "C";
	else if (n->kind == LEDGER_WRITE && str_is(n->detail, "delete"))
		s.sub = "delete", s.action = "D";
	return s;
}

struct json *ledger_audit_event(struct arena *a, const struct ledger_entry *n)
{
	struct shape s = shape_of(n);
	struct json *j = json_object(a), *source = json_object(a);
	json_set_str(a, j, "resourceType", STR("AuditEvent"));
	json_set_str(a, j, "id", str_printf(a, "ledger-%lld", (long long)n->seq));
	json_setz(a, j, "type", coding(a, s.type_system, str_from(s.type), s.type_display));
	if (s.sub)
		json_setz(a, j, "subtype", array_of(a, coding(a, s.sub_system, str_from(s.sub), NULL)));
	json_set_str(a, j, "action", str_from(s.action));
	json_set_str(a, j, "recorded", date_instant(a, n->at_us));
	json_set_str(a, j, "outcome", str_from(s.outcome));
	if (n->act.purpose.n)
		json_setz(a, j, "purposeOfEvent",
			  array_of(a, concept(a, "http://terminology.hl7.org/CodeSystem/v3-ActReason", n->act.purpose)));
	json_setz(a, j, "agent", array_of(a, agent(a, &n->act)));
	json_setz(a, source, "observer", reference(a, STR("Heed")));
	json_setz(a, j, "source", source);
	struct json *entities = entities_of(a, n);
	if (entities->n)
		json_setz(a, j, "entity", entities);
	return j;
}
