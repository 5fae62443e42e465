/* One message in, one answer out. */
#include "hl7/receive.h"

#include <openssl/sha.h>

#include "ledger/ledger.h"

/* ---- who and what ---- */

static const char *const versions[] = {"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"};

static bool known_version(struct str v)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (str_is(v, versions[i]))
			return true;
	return false;
}

/* The Device of the pack that sends under this name. */
static struct str device_of(struct arena *a, const struct pack *pack, struct str sender)
{
	const struct pack_resource *const *all = NULL;
	size_t n = pack ? pack_all(pack, STR("Device"), &all) : 0;
	for (size_t i = 0; i < n; i++) {
		const struct json *ids = json_getz(all[i]->body, "identifier");
		for (size_t k = 0; k < json_n(ids); k++)
			if (str_is(json_str(json_at(ids, k), "system"), SID "hl7-sender") && str_eq(json_str(json_at(ids, k), "value"), sender))
				return str_printf(a, "Device/%.*s", STR_ARG(all[i]->id));
	}
	return pack ? STR_NONE : STR("Device/hl7");
}

static bool check_header(struct receipt *r, struct err *e)
{
	const struct hl7_segment *msh = r->m.segments;
	struct str processing = hl7_field(&r->m, msh, 11), version = hl7_field(&r->m, msh, 12);
	if (!r->control.n)
		return err_set(e, ERR_SYNTAX, "MSH-10, the message control id, is required"), err_at(e, "MSH^1^10");
	if (r->control.n > HL7_MAX_CONTROL_ID)
		return err_set(e, ERR_TOO_LARGE, "MSH-10 is longer than %d", HL7_MAX_CONTROL_ID), err_at(e, "MSH^1^10");
	if (!known_version(version))
		return err_set(e, ERR_NOT_ACCEPTABLE, "version \"%.*s\" is not one we take", STR_ARG(str_sub(version, 0, 20))), err_at(e, "MSH^1^12");
	if (!str_is(processing, "P"))
		return err_set(e, ERR_MEDIA_TYPE, "processing id \"%.*s\" is not P: this is a live listener", STR_ARG(str_sub(processing, 0, 20))),
		       err_at(e, "MSH^1^11");
	r->device = device_of(r->arena, r->config->pack, r->sender);
	if (!r->device.n)
		return err_set(e, ERR_FORBIDDEN, "this sender is not one we know"), err_at(e, "MSH^1^3");
	return true;
}

/* ---- the answer ---- */

static bool is_reject(enum err_code code)
{
	return code == ERR_SYNTAX || code == ERR_TOO_LARGE || code == ERR_NOT_ACCEPTABLE || code == ERR_MEDIA_TYPE || code == ERR_FORBIDDEN;
}

static bool wanted(struct str condition, bool ok)
{
	return str_is(condition, "AL") || str_is(condition, ok ? "SU" : "ER");
}

/* AA, AE, AR; or CA, CE, CR; or nothing: as MSH-15 and MSH-16 ask. */
static const char *form_of(const struct receipt *r, const char *code)
{
	static const char *const forms[][2] = {{"AA", "CA"}, {"AE", "CE"}, {"AR", "CR"}};
	const struct hl7_segment *msh = r->m.segment_count ? r->m.segments : NULL;
	struct str accept = hl7_field(&r->m, msh, 15), application = hl7_field(&r->m, msh, 16);
	bool ok = code[1] == 'A';
	if ((!accept.n && !application.n) || wanted(application, ok))
		return code;
	for (size_t i = 0; wanted(accept, ok) && i < 3; i++)
		if (code[1] == forms[i][0][1])
			return forms[i][1];
	return NULL;
}

static void set_answer(struct receipt *r, const char *code, const struct err *why)
{
	const char *form = form_of(r, code);
	r->code = code;
	r->answer = form ? hl7_ack(r->arena, &r->m, form, why, r->now_us, id_new(r->config->env, r->arena)) : STR_NONE;
}

/* ---- what was there before ---- */

struct before {
	bool same;  /* these very bytes */
	bool other; /* this control id with other bytes */
	struct str id, code, answer;
};

static bool look_back(struct txn *t, const struct receipt *r, struct before *out, struct err *e)
{
	*out = (struct before){0};
	struct sql_stmt *s = sql_use(txn_sql(t), "hl7_same");
	sql_bind_str(s, 1, r->sender);
	sql_bind_str(s, 2, r->control);
	sql_bind_str(s, 3, r->digest);
	enum sql_step step = sql_step(s, e);
	out->same = step == SQL_ROW;
	if (out->same) {
		out->id = str_dup(r->arena, sql_str(s, 0));
		out->code = str_dup(r->arena, sql_str(s, 1));
		out->answer = str_dup(r->arena, sql_str(s, 2));
	}
	sql_done(s);
	if (step == SQL_FAILED || str_is(out->code, "AA") || !r->control.n)
		return step != SQL_FAILED;
	s = sql_use(txn_sql(t), "hl7_other");
	sql_bind_str(s, 1, r->sender);
	sql_bind_str(s, 2, r->control);
	sql_bind_str(s, 3, r->digest);
	step = sql_step(s, e);
	out->other = step == SQL_ROW;
	sql_done(s);
	return step != SQL_FAILED;
}

static bool insert_row(struct txn *t, const struct receipt *r, struct str binary, struct err *e)
{
	struct sql_stmt *s = sql_use(txn_sql(t), "hl7_insert");
	sql_bind_str(s, 1, binary);
	sql_bind_str(s, 2, r->sender);
	sql_bind_str(s, 3, r->control);
	sql_bind_str(s, 4, r->digest);
	sql_bind_str(s, 5, r->event);
	sql_bind_i64(s, 6, txn_now_us(t));
	sql_bind_str(s, 7, str_from(r->code));
	sql_bind_str(s, 8, r->answer.n ? r->answer : STR(""));
	return sql_run(s, e);
}

static bool update_row(struct txn *t, const struct receipt *r, struct str id, struct err *e)
{
	struct sql_stmt *s = sql_use(txn_sql(t), "hl7_answered");
	sql_bind_str(s, 1, id);
	sql_bind_str(s, 2, str_from(r->code));
	sql_bind_str(s, 3, r->answer.n ? r->answer : STR(""));
	return sql_run(s, e);
}

/* ---- accepting: all of it in one transaction ---- */

static bool heard(struct txn *t, const struct receipt *r, struct err *e)
{
	int64_t sent_us;
	if (hl7_sent_us(&r->m, &sent_us) && !hl7_note_skew(t, r, sent_us, e))
		return false;
	return !r->config->pathway || pathway_heard(t, r->config->pathway, str_sub(r->device, sizeof "Device/" - 1, r->device.n), e);
}

static bool accept_job(struct txn *t, void *arg, struct err *e)
{
	struct receipt *r = arg;
	struct before before;
	struct str binary;
	if (!look_back(t, r, &before, e))
		return false;
	if (str_is(before.code, "AA")) {
		r->answer = before.answer;
		return heard(t, r, e);
	}
	if (before.other)
		return err_set(e, ERR_CONFLICT, "this control id was sent before with other content"), err_at(e, "MSH^1^10");
	if (!heard(t, r, e) || !hl7_apply(t, r, &binary, e))
		return false;
	/* A message refused before may be good now: its sender is known, or what it needed has come. */
	return before.same ? update_row(t, r, before.id, e) : insert_row(t, r, binary, e);
}

/* ---- refusing: the raw message, and somebody to look at it ---- */

bool hl7_keep_raw(struct txn *t, struct receipt *r, struct str *binary, struct err *e)
{
	struct arena *a = txn_arena(t);
	struct json *body = json_object(a);
	json_setz(a, body, "resourceType", json_stringz(a, "Binary"));
	json_setz(a, body, "contentType", json_stringz(a, "x-application/hl7-v2+er7"));
	json_set_str(a, body, "data", base64_encode(a, r->raw));
	struct put put = {.method = STORE_CREATE, .type = STR("Binary"), .body = body};
	struct put_result made;
	if (!txn_put(t, &put, &made, e))
		return false;
	*binary = made.resource.id;
	return true;
}

/* A stranger on the line is for the security audit, too. */
static bool note_stranger(struct txn *t, const struct receipt *r, struct str binary, struct err *e)
{
	if (r->why.code != ERR_FORBIDDEN)
		return true;
	struct ledger_entry entry = {.at_us = txn_now_us(t), .kind = LEDGER_DENIED, .act = r->act, .detail = STR("HL7 v2 sender is not known")};
	entry.items = str_printf(r->arena, "Binary/%.*s", STR_ARG(binary));
	return ledger_append(t, &entry, e);
}

static bool refuse_job(struct txn *t, void *arg, struct err *e)
{
	struct receipt *r = arg;
	struct before before;
	struct str binary;
	if (!look_back(t, r, &before, e))
		return false;
	if (before.same) {
		r->answer = before.answer;
		return true;
	}
	return hl7_keep_raw(t, r, &binary, e) && hl7_raise_refused(t, r, binary, e) && note_stranger(t, r, binary, e) && insert_row(t, r, binary, e);
}

/* ---- the way through ---- */

static void begin(struct receipt *r)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)r->raw.p, r->raw.n, hash);
	r->digest = hex_encode(r->arena, hash, sizeof hash);
	r->sender = r->control = r->event = STR("");
	r->now_us = env_now_us(r->config->env);
	r->why = ERR_INIT;
	r->act = (struct act){.agent = STR("system"), .purpose = STR("TREAT"), .channel = STR("hl7")};
}

/* Text that can be kept in a row: a header in another character set may not be UTF-8. */
static struct str keepable(struct str s)
{
	return s.p ? str_sub(s, 0, utf8_valid_prefix(s)) : STR("");
}

static void read_names(struct receipt *r)
{
	if (!r->m.segment_count)
		return;
	struct str type = hl7_type(&r->m), event = hl7_event(&r->m);
	r->sender = keepable(hl7_sender(r->arena, &r->m));
	r->control = keepable(hl7_field(&r->m, r->m.segments, 10));
	r->event = keepable(event.n ? str_printf(r->arena, "%.*s^%.*s", STR_ARG(type), STR_ARG(event)) : type);
}

static bool understand(struct receipt *r, struct err *e)
{
	bool parsed = hl7_parse(r->arena, r->raw, &r->m, e);
	read_names(r);
	return parsed && check_header(r, e) && hl7_map(r->arena, &r->m, r->config->pack, &r->bundle, e);
}

/* The store's trouble, not the message's. */
static bool passing(enum err_code code)
{
	return code == ERR_UNAVAILABLE || code == ERR_STORAGE || code == ERR_TOO_MANY;
}

static bool accepted(struct receipt *r)
{
	if (!understand(r, &r->why))
		return false;
	r->act.agent = r->device;
	set_answer(r, "AA", NULL);
	return store_submit(r->config->store, r->arena, &r->act, accept_job, r, &r->why);
}

/* Nothing can be kept when the store fails: the sender sends it again. */
static void refuse(struct receipt *r)
{
	struct err e = ERR_INIT;
	set_answer(r, is_reject(r->why.code) ? "AR" : "AE", &r->why);
	if (passing(r->why.code))
		return;
	if (r->device.n)
		r->act.agent = r->device;
	if (store_submit(r->config->store, r->arena, &r->act, refuse_job, r, &e))
		return;
	log_line(LOG_ERROR, "hl7", "a refused message could not be kept: %s", e.message);
	set_answer(r, "AE", &e);
}

struct str hl7_receive(const struct mllp_config *c, struct arena *a, struct str raw)
{
	struct receipt r = {.config = c, .arena = a, .raw = raw};
	begin(&r);
	if (accepted(&r))
		return r.answer;
	if (str_is(hl7_type(&r.m), "ACK") || (r.m.segment_count && hl7_segment(&r.m, "MSA", 0))) {
		log_line(LOG_WARN, "hl7", "an answer came that nobody waits for");
		return STR_NONE; /* never answer an answer */
	}
	refuse(&r);
	log_line(LOG_INFO, "hl7", "refused code=%s error=%s bytes=%zu", r.code, err_name(r.why.code), raw.n);
	return r.answer;
}
