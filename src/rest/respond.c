#include "rest/internal.h"

struct str http_date(struct arena *a, int64_t us)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t s = us / US_PER_SECOND, day = s / 86400;
	int second = (int)(s % 86400), year, month, of_month;
	civil_from_days(day, &year, &month, &of_month);
	return str_printf(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[weekday(day)], of_month, months[month - 1], year, second / 3600,
			  second / 60 % 60, second % 60);
}

struct str etag_of(struct arena *a, int64_t version)
{
	return str_printf(a, "W/\"%lld\"", (long long)version);
}

struct str item_of(struct arena *a, const struct resource *r)
{
	return str_printf(a, "%.*s/%.*s/_history/%lld", STR_ARG(r->type), STR_ARG(r->id), (long long)r->version);
}

static struct str pretty(struct call *c, struct str text)
{
	struct json *j;
	if (!c->pretty || !json_parse(c->a, text, NULL, &j, NULL))
		return text;
	struct buf b = buf_new(c->a, 256u << 20);
	json_write_pretty(&b, j);
	return buf_ok(&b) ? buf_str(&b) : text;
}

void call_json(struct call *c, int status, struct str json)
{
	c->r->status = status;
	http_setz(c->r, "Content-Type", "application/fhir+json; charset=utf-8");
	c->r->body = pretty(c, json);
}

void call_outcome(struct call *c, int status, const struct fhir_outcome *o)
{
	call_json(c, status, json_to_str(c->a, fhir_outcome_json(c->a, o)));
}

void call_fail(struct call *c, const struct err *e)
{
	struct fhir_outcome *o = fhir_outcome_new(c->a);
	fhir_outcome_add_err(o, e);
	if (err_status(e->code) >= 500)
		log_line(LOG_ERROR, "rest", "request=%.*s error=%s", STR_ARG(c->q->id), err_name(e->code));
	call_outcome(c, err_status(e->code), o);
}

/* A value that a parameter cannot take makes a bad request, where in a body it makes a bad resource. */
void query_fail(struct call *c, const struct err *e)
{
	struct err own = *e;
	if (err_status(own.code) == 422)
		own.code = ERR_INVALID;
	call_fail(c, &own);
}

void call_refuse(struct call *c, enum err_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str text = str_vprintf(c->a, fmt, args);
	va_end(args);
	struct err e = ERR_INIT;
	err_set(&e, code, "%.*s", STR_ARG(text));
	call_fail(c, &e);
}

void set_version_headers(struct call *c, const struct resource *r)
{
	http_set(c->r, "ETag", etag_of(c->a, r->version));
	http_set(c->r, "Last-Modified", http_date(c->a, r->recorded_us));
}

void call_done(struct call *c, const char *words)
{
	struct fhir_outcome *o = fhir_outcome_new(c->a);
	fhir_outcome_add(o, FHIR_INFORMATION, ERR_NONE, STR_NONE, "%s", words);
	call_outcome(c, c->r->status, o);
}
