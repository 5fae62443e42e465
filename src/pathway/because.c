#include "pathway/internal.h"

/* The explanation kept with each firing: rule and version, what it read and in which versions, what each part of its conditions came to,
 * the calendar, and how the due date came about. */

static void add_condition(struct scope *s, struct json *list, const struct expr *x)
{
	if (!x->compiled)
		return;
	struct arena *a = s->g->a;
	struct json *c = json_object(a);
	json_set_str(a, c, "expression", x->source);
	struct json *values = scope_explain(s, x);
	if (values)
		json_setz(a, c, "values", values);
	json_push(a, list, c);
}

static struct json *conditions_of(struct scope *s)
{
	struct json *list = json_array(s->g->a);
	const struct triggers *t = &s->rule->on[FOR_OPEN];
	for (size_t i = 0; i < t->n; i++)
		if (s->event && str_eq(t->v[i].type, json_str(s->event, "resourceType")))
			add_condition(s, list, &t->v[i].condition);
	for (size_t i = 0; i < s->rule->condition_n; i++)
		add_condition(s, list, &s->rule->conditions[i]);
	return list;
}

static struct json *inputs_of(struct scope *s)
{
	struct arena *a = s->g->a;
	struct json *list = json_array(a);
	if (s->event)
		json_push(a, list, json_string(a, pw_versioned_ref(a, s->event)));
	for (size_t i = 0; i < s->inputs.n; i++)
		if (!s->event || !str_eq(s->inputs.v[i], pw_versioned_ref(a, s->event)))
			json_push(a, list, json_string(a, s->inputs.v[i]));
	return list;
}

void why_add_due(struct arena *a, struct json *why, const struct rule *rule, const struct clock *c)
{
	if (rule->calendar) {
		struct json *calendar = json_object(a);
		json_set_str(a, calendar, "urn", calendar_urn(rule->calendar));
		json_set_str(a, calendar, "version", calendar_version(rule->calendar));
		json_setz(a, why, "calendar", calendar);
	}
	if (!rule->spec.has_within || c->due_us == NEVER)
		return;
	int64_t from = rule->spec.in_office_hours ? received_in_office_hours(rule->calendar, c->start_us) : c->start_us;
	struct str words = due_words(a, rule->calendar, from, rule->spec.within, c->due_us);
	if (from != c->start_us)
		words = str_printf(a, "%.*s counts as received when the office opened; %.*s", STR_ARG(instant_words(a, c->start_us)),
				   STR_ARG(words));
	json_set_str(a, why, "due", words);
}

static void add_rule(struct scope *s, struct json *why)
{
	struct arena *a = s->g->a;
	json_set_str(a, why, "rule", pw_join(a, (struct str[]){s->rule->url, STR("#"), s->rule->action}, 3));
	json_set_str(a, why, "version", s->rule->version);
	json_set_str(a, why, "digest", s->rule->digest);
	json_set_str(a, why, "finding", s->rule->purpose);
	if (s->rule->unsigned_locally)
		json_setz(a, why, "unsigned", json_bool(a, true));
	json_setz(a, why, "conditions", conditions_of(s));
}

struct json *why_of(struct scope *s, const struct kept *k, bool opening)
{
	struct arena *a = s->g->a;
	struct json *why = json_object(a);
	if (opening) {
		add_rule(s, why);
		json_set_str(a, why, "asOf", date_instant(a, s->as_of_us)); /* of later firings the row has it */
	}
	json_setz(a, why, "inputs", inputs_of(s));
	if (opening && k && s->rule->has_clock)
		why_add_due(a, why, s->rule, &k->c);
	return why;
}
