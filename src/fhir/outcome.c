#include "fhir/fhir.h"

static const char *const severities[] = {"fatal", "error", "warning", "information"};

struct fhir_outcome *fhir_outcome_new(struct arena *a)
{
	struct fhir_outcome *o = ARENA_NEW(a, struct fhir_outcome);
	o->arena = a;
	return o;
}

/* Messages quote what was sent: a control character would make the outcome wrong FHIR, and a terminal do what the sender says. */
static struct str printable(struct arena *a, struct str s)
{
	char *copy = NULL;
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f)
			continue;
		if (!copy)
			copy = arena_dup(a, s.p, s.n);
		copy[i] = '?';
	}
	return copy ? (struct str){copy, s.n} : s;
}

static void add(struct fhir_outcome *o, struct fhir_issue issue)
{
	issue.diagnostics = printable(o->arena, issue.diagnostics);
	issue.expression = printable(o->arena, issue.expression);
	VEC_PUSH(o->arena, &o->issues, issue);
	if (issue.severity <= FHIR_ERROR)
		o->errors++;
}

void fhir_outcome_add(struct fhir_outcome *o, enum fhir_severity s, enum err_code code, struct str expression, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str diagnostics = str_vprintf(o->arena, fmt, args);
	va_end(args);
	add(o, (struct fhir_issue){s, code, diagnostics, expression, 0, 0, 0});
}

void fhir_outcome_add_err(struct fhir_outcome *o, const struct err *e)
{
	add(o, (struct fhir_issue){e->code == ERR_INTERNAL ? FHIR_FATAL : FHIR_ERROR, e->code,
				   str_dup(o->arena, str_from(e->message)), str_dup(o->arena, str_from(e->expression)), e->line, e->column, 0});
}

static struct json *one_string(struct arena *a, struct str s)
{
	struct json *list = json_array(a);
	json_push(a, list, json_string(a, s));
	return list;
}

static struct json *issue_json(struct arena *a, const struct fhir_issue *i)
{
	struct json *j = json_object(a);
	json_setz(a, j, "severity", json_stringz(a, severities[i->severity]));
	json_setz(a, j, "code", json_stringz(a, err_issue_type(i->code)));
	if (i->diagnostics.n)
		json_set_str(a, j, "diagnostics", i->diagnostics);
	if (i->line > 0)
		json_setz(a, j, "location", one_string(a, str_printf(a, "line %d, column %d", i->line, i->column)));
	if (i->expression.n)
		json_setz(a, j, "expression", one_string(a, i->expression));
	return j;
}

/* An outcome has at least one issue (R4), so one without says that all is well. */
struct json *fhir_outcome_json(struct arena *a, const struct fhir_outcome *o)
{
	struct json *j = json_object(a), *list = json_array(a);
	json_setz(a, j, "resourceType", json_stringz(a, "OperationOutcome"));
	json_setz(a, j, "issue", list);
	for (size_t i = 0; i < o->issues.n; i++)
		json_push(a, list, issue_json(a, &o->issues.v[i]));
	if (!o->issues.n)
		json_push(a, list, issue_json(a, &(struct fhir_issue){FHIR_INFORMATION, ERR_NONE, STR("no problem found"), STR_NONE, 0, 0, 0}));
	return j;
}

enum err_code fhir_outcome_worst(const struct fhir_outcome *o)
{
	enum err_code worst = ERR_NONE;
	for (size_t i = 0; i < o->issues.n; i++) {
		const struct fhir_issue *issue = &o->issues.v[i];
		if (issue->severity == FHIR_FATAL)
			return issue->code;
		if (issue->severity == FHIR_ERROR && worst == ERR_NONE)
			worst = issue->code;
	}
	return worst;
}
