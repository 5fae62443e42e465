#include "rest/internal.h"

/* "application/fhir+json; fhirVersion=4.0; charset=utf-8" without its parameters. */
static struct str media_type(struct str header)
{
	ptrdiff_t semicolon = str_find_char(header, ';');
	return str_trim(semicolon < 0 ? header : str_sub(header, 0, (size_t)semicolon));
}

static bool is_json_type(struct str type)
{
	return str_eq_nocase(type, STR("application/fhir+json")) || str_eq_nocase(type, STR("application/json")) ||
	       str_eq_nocase(type, STR("text/json"));
}

static bool accepts_json(struct str header)
{
	struct str rest = header, one;
	if (!header.n)
		return true;
	while (str_next(&rest, ',', &one)) {
		struct str type = media_type(one);
		if (is_json_type(type) || str_is(type, "*/*") || str_is(type, "application/*"))
			return true;
	}
	return false;
}

/* R4 http.html#mime-type: short names, and a "+" that arrives as a space. */
static bool format_is_json(struct str format)
{
	struct str type = media_type(format);
	return is_json_type(type) || str_is(type, "json") || str_is(type, "application/fhir json");
}

/* Takes _format and _pretty out of the query: they are about the answer, not about what is looked for. */
static bool split_query(struct call *c, struct str *format)
{
	struct buf kept = buf_new(c->a, c->q->query.n + 1);
	struct str rest = c->q->query, part;
	while (c->q->query.n && str_next(&rest, '&', &part)) {
		struct str value;
		bool is_format = str_starts(part, STR("_format=")), is_pretty = str_starts(part, STR("_pretty="));
		if (!is_format && !is_pretty) {
			if (part.n && kept.n)
				buf_char(&kept, '&');
			buf_add(&kept, part);
			continue;
		}
		if (!http_decode(c->a, str_sub(part, 8, part.n), true, &value))
			return false;
		if (is_format)
			*format = value;
		else
			c->pretty = str_is(value, "true");
	}
	c->query = buf_str(&kept);
	return true;
}

static void read_prefer(struct call *c)
{
	struct str rest = http_header(c->q, "Prefer"), one;
	while (rest.p && (str_find_char(rest, ';') >= 0 ? str_next(&rest, ';', &one) : str_next(&rest, ',', &one))) {
		one = str_trim(one);
		if (str_is(one, "return=minimal"))
			c->prefer = PREFER_MINIMAL;
		else if (str_is(one, "return=OperationOutcome"))
			c->prefer = PREFER_OUTCOME;
	}
}

bool call_negotiate(struct call *c)
{
	struct str format = STR_NONE;
	if (!split_query(c, &format)) {
		call_refuse(c, ERR_INVALID, "the query is not percent-encoded UTF-8");
		return false;
	}
	read_prefer(c);
	if (format.p ? format_is_json(format) : accepts_json(http_header(c->q, "Accept")))
		return true;
	call_refuse(c, ERR_NOT_ACCEPTABLE, "this server answers in application/fhir+json alone");
	return false;
}

bool call_authenticate(struct call *c)
{
	struct str header = http_header(c->q, "Authorization");
	struct err e = ERR_INIT;
	if (!header.n) {
		http_setz(c->r, "WWW-Authenticate", "Bearer realm=\"heed\"");
		call_refuse(c, ERR_LOGIN, "a bearer token is needed");
		return false;
	}
	bool bearer = header.n > 7 && str_eq_nocase(str_sub(header, 0, 7), STR("Bearer "));
	if (!bearer)
		err_set(&e, ERR_LOGIN, "the Authorization header holds no bearer token");
	if (bearer && access_token(c->rest->config.access, c->a, str_trim(str_sub(header, 7, header.n)), &c->user, &e))
		return true;
	if (e.code == ERR_LOGIN)
		http_setz(c->r, "WWW-Authenticate", "Bearer realm=\"heed\", error=\"invalid_token\"");
	call_fail(c, &e);
	return false;
}

bool call_body(struct call *c, struct json **out)
{
	struct err e = ERR_INIT;
	if (!c->in_bundle && !is_json_type(media_type(http_header(c->q, "Content-Type")))) {
		call_refuse(c, ERR_MEDIA_TYPE, "the body must be sent as application/fhir+json");
		return false;
	}
	if (!c->q->body.n) {
		call_refuse(c, ERR_SYNTAX, "the body is empty");
		return false;
	}
	if (!json_parse(c->a, c->q->body, NULL, out, &e)) {
		call_fail(c, &e);
		return false;
	}
	if (json_is(*out, JSON_OBJECT))
		return true;
	call_refuse(c, ERR_SYNTAX, "the body is not a JSON object");
	return false;
}

bool etag_parse(struct str header, int64_t *version)
{
	struct str s = str_trim(header);
	if (str_starts(s, STR("W/")))
		s = str_sub(s, 2, s.n);
	if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	return str_to_i64(str_sub(s, 1, s.n - 1), version) && *version > 0;
}

bool etag_list_has(struct str header, int64_t version)
{
	struct str rest = header, one;
	int64_t v;
	while (header.n && str_next(&rest, ',', &one))
		if (str_is(str_trim(one), "*") || (etag_parse(one, &v) && v == version))
			return true;
	return false;
}
