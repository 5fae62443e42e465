/* What people must do about a message: it could not be filed, or its sender's clock is wrong. */
#include "hl7/receive.h"

static struct json *coded(struct arena *a, const char *system, const char *code, const char *display)
{
	struct json *coding = json_object(a), *list = json_array(a), *concept = json_object(a);
	json_setz(a, coding, "system", json_stringz(a, system));
	json_setz(a, coding, "code", json_stringz(a, code));
	json_setz(a, coding, "display", json_stringz(a, display));
	json_push(a, list, coding);
	json_setz(a, concept, "coding", list);
	return concept;
}

static struct json *task_of(struct txn *t, struct str description, struct str focus)
{
	struct arena *a = txn_arena(t);
	struct json *task = json_object(a), *reference = json_object(a), *performers = json_array(a);
	json_setz(a, task, "resourceType", json_stringz(a, "Task"));
	json_setz(a, task, "status", json_stringz(a, "requested"));
	json_setz(a, task, "intent", json_stringz(a, "order"));
	json_setz(a, task, "code", coded(a, HEED_BASE_URL "/CodeSystem/task-code", "integration-error", "A message could not be filed - decide"));
	json_set_str(a, task, "description", description);
	if (focus.n) {
		json_set_str(a, reference, "reference", str_printf(a, "Binary/%.*s", STR_ARG(focus)));
		json_setz(a, task, "focus", reference);
	}
	json_set_str(a, task, "authoredOn", date_instant(a, txn_now_us(t)));
	json_push(a, performers, coded(a, HEED_BASE_URL "/CodeSystem/role", "integration-officer", "Integration officer"));
	json_setz(a, task, "performerType", performers);
	return task;
}

static bool write_task(struct txn *t, struct json *task, struct err *e)
{
	struct put put = {.method = STORE_CREATE, .type = STR("Task"), .body = task};
	struct put_result made;
	return txn_put(t, &put, &made, e);
}

/* Text for a resource: no control characters, not endless. */
static struct str plain(struct arena *a, struct str s)
{
	s = str_sub(s, 0, 300);
	s = str_sub(s, 0, utf8_valid_prefix(s));
	char *out = str_c(a, s);
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)out[i] < 0x20 || out[i] == 0x7F)
			out[i] = ' ';
	return (struct str){out, s.n};
}

bool hl7_raise_refused(struct txn *t, const struct receipt *r, struct str binary, struct err *e)
{
	struct arena *a = txn_arena(t);
	struct str sender = r->sender.n ? r->sender : STR("an unknown sender");
	struct str text = str_printf(a, "%.*s message %.*s of %.*s was answered %s: %s (%s)", STR_ARG(r->event), STR_ARG(str_sub(r->control, 0, 60)),
				     STR_ARG(sender), r->code, r->why.message, r->why.expression);
	return write_task(t, task_of(t, plain(a, text), binary), e);
}

/* ---- clocks ---- */

enum { SKEW_MAX_MINUTES = 60 };

bool hl7_sent_us(const struct hl7_message *m, int64_t *us)
{
	struct date d;
	if (!m->segment_count || !hl7_time(hl7_field(m, m->segments, 7), &d, NULL))
		return false;
	*us = date_lo_us(&d);
	return true;
}

static bool warned_on(struct txn *t, struct str sender, int64_t day, bool *warned, struct err *e)
{
	struct sql_stmt *s = sql_use(txn_sql(t), "hl7_skew_day");
	sql_bind_str(s, 1, sender);
	enum sql_step step = sql_step(s, e);
	*warned = step == SQL_ROW && sql_i64(s, 0) == day;
	sql_done(s);
	return step != SQL_FAILED;
}

bool hl7_note_skew(struct txn *t, const struct receipt *r, int64_t sent_us, struct err *e)
{
	int64_t now_us = txn_now_us(t), day = local_from_us(now_us).days;
	bool warned;
	if (sent_us - now_us <= SKEW_MAX_MINUTES * US_PER_MINUTE)
		return true;
	if (!warned_on(t, r->sender, day, &warned, e))
		return false;
	if (warned)
		return true;
	struct sql_stmt *s = sql_use(txn_sql(t), "hl7_skew_put");
	sql_bind_str(s, 1, r->sender);
	sql_bind_i64(s, 2, day);
	if (!sql_run(s, e))
		return false;
	struct arena *a = txn_arena(t);
	struct str text = str_printf(a, "The clock of %.*s is ahead of ours: message %.*s says it was sent %lld minutes from now", STR_ARG(r->sender),
				     STR_ARG(str_sub(r->control, 0, 60)), (long long)((sent_us - now_us) / US_PER_MINUTE));
	return write_task(t, task_of(t, plain(a, text), STR_NONE), e);
}
