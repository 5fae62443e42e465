/* The formats of R4 datatypes 2.24.0.1, by hand: each scanner reads its slice once. */
#include "fhir/internal.h"

#define STRING_MAX (1024 * 1024)

struct str fhir_excerpt(struct str s)
{
	if (s.n <= 40)
		return s;
	size_t n = 40;
	while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return (struct str){s.p, n};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool ok_string(struct str s)
{
	if (!s.n || s.n > STRING_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			return false;
	return true;
}

static bool ok_uri(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= STRING_MAX;
}

/* Words with single spaces between: no space at either end, none doubled. */
static bool ok_code(struct str s)
{
	if (!ok_string(s) || is_space(s.p[0]) || is_space(s.p[s.n - 1]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (is_space(s.p[i]) && is_space(s.p[i - 1]))
			return false;
	return true;
}

bool fhir_id_ok(struct str s)
{
	if (!s.n || s.n > 64 || str_is(s, ".") || str_is(s, ".."))
		return false; /* dots alone are ids to the grammar and paths to everything else */
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !is_digit(c) && c != '-' && c != '.')
			return false;
	}
	return true;
}

static bool ok_oid(struct str s)
{
	if (!str_starts(s, STR("urn:oid:")))
		return false;
	struct str rest = str_sub(s, 8, s.n), part;
	size_t parts = 0;
	if (!rest.n || rest.p[0] < '0' || rest.p[0] > '2')
		return false;
	while (str_next(&rest, '.', &part)) {
		if (!part.n || (part.p[0] == '0' && part.n > 1) || (parts == 0 && part.n > 1))
			return false;
		for (size_t i = 0; i < part.n; i++)
			if (!is_digit(part.p[i]))
				return false;
		parts++;
	}
	return parts > 1;
}

static bool ok_uuid(struct str s)
{
	if (s.n != 45 || !str_starts(s, STR("urn:uuid:")))
		return false;
	for (size_t i = 0; i < 36; i++) {
		char c = s.p[9 + i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

static bool is_base64(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
}

/* White space is allowed between groups of four; padding only at the end. */
static bool ok_base64(struct str s)
{
	size_t digits = 0, padding = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (is_space(s.p[i]))
			continue;
		if (s.p[i] == '=')
			padding++;
		else if (padding || !is_base64(s.p[i]))
			return false;
		digits++;
	}
	return digits > 0 && digits % 4 == 0 && padding <= 2;
}

static bool ok_date(struct str s)
{
	struct date d;
	return date_parse(s, DATE_KIND_DATE, &d, NULL);
}

static bool ok_datetime(struct str s)
{
	struct date d;
	return date_parse(s, DATE_KIND_DATETIME, &d, NULL);
}

static bool ok_instant(struct str s)
{
	struct date d;
	return date_parse(s, DATE_KIND_INSTANT, &d, NULL);
}

static bool ok_time(struct str s)
{
	struct date d;
	return date_parse(s, DATE_KIND_TIME, &d, NULL);
}

static bool integer_between(struct str s, int64_t lo, int64_t hi)
{
	int64_t v;
	return s.n && s.n < 12 && !(s.n == 2 && s.p[0] == '-' && s.p[1] == '0') && str_to_i64(s, &v) && v >= lo && v <= hi;
}

static bool ok_integer(struct str s)
{
	return integer_between(s, INT32_MIN, INT32_MAX);
}

static bool ok_unsigned(struct str s)
{
	return integer_between(s, 0, INT32_MAX);
}

static bool ok_positive(struct str s)
{
	return integer_between(s, 1, INT32_MAX);
}

static bool ok_any(struct str s)
{
	return s.n > 0;
}

/* In the order of fhir_types, where the primitives come first, by name. */
static const struct format {
	const char *name;
	enum json_type json;
	bool (*ok)(struct str s);
	enum err_code code;
	const char *is; /* completes "... is not" */
} formats[] = {
	{"base64Binary", JSON_STRING, ok_base64, ERR_VALUE, "base64"},
	{"boolean", JSON_BOOL, ok_any, ERR_SYNTAX, "true or false"},
	{"canonical", JSON_STRING, ok_uri, ERR_VALUE, "a URL without spaces"},
	{"code", JSON_STRING, ok_code, ERR_VALUE, "a code (no space at either end, none doubled)"},
	{"date", JSON_STRING, ok_date, ERR_VALUE, "a date (YYYY, YYYY-MM or YYYY-MM-DD that exists)"},
	{"dateTime", JSON_STRING, ok_datetime, ERR_VALUE, "a dateTime (a date, or with hh:mm:ss and a time zone)"},
	{"decimal", JSON_NUMBER, ok_any, ERR_SYNTAX, "a number"},
	{"id", JSON_STRING, fhir_id_ok, ERR_INVALID, "an id (1 to 64 of A-Z a-z 0-9 - .)"},
	{"instant", JSON_STRING, ok_instant, ERR_VALUE, "an instant (YYYY-MM-DDThh:mm:ss and a time zone)"},
	{"integer", JSON_NUMBER, ok_integer, ERR_SYNTAX, "a whole number of 32 bits"},
	{"markdown", JSON_STRING, ok_string, ERR_VALUE, "text without control characters, 1 byte to 1 MiB"},
	{"oid", JSON_STRING, ok_oid, ERR_VALUE, "an OID (urn:oid:1.2.3)"},
	{"positiveInt", JSON_NUMBER, ok_positive, ERR_SYNTAX, "a whole number from 1 to 2147483647"},
	{"string", JSON_STRING, ok_string, ERR_VALUE, "text without control characters, 1 byte to 1 MiB"},
	{"time", JSON_STRING, ok_time, ERR_VALUE, "a time (hh:mm:ss)"},
	{"unsignedInt", JSON_NUMBER, ok_unsigned, ERR_SYNTAX, "a whole number from 0 to 2147483647"},
	{"uri", JSON_STRING, ok_uri, ERR_VALUE, "a URI without spaces"},
	{"url", JSON_STRING, ok_uri, ERR_VALUE, "a URL without spaces"},
	{"uuid", JSON_STRING, ok_uuid, ERR_VALUE, "a UUID (urn:uuid: and lower-case hexadecimal)"},
	{"xhtml", JSON_STRING, ok_any, ERR_VALUE, "XHTML"},
};

static const char *json_kind(const struct json *j)
{
	static const char *const kinds[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
	return kinds[j->type];
}

bool fhir_primitive_ok(const struct fhir_type *t, const struct json *value, struct err *e)
{
	size_t i = (size_t)(t - fhir_types);
	if (t->kind != FHIR_PRIMITIVE || i >= sizeof formats / sizeof *formats)
		return err_set(e, ERR_INTERNAL, "%s is not a primitive type", t->name);
	const struct format *f = &formats[i];
	if (value->type != f->json)
		return err_set(e, ERR_SYNTAX, "must be %s, not %s", f->is, json_kind(value));
	if (value->type == JSON_BOOL)
		return true;
	if (!f->ok(value->text)) {
		struct str shown = fhir_excerpt(value->text);
		return err_set(e, f->code, "\"%.*s\" is not %s", STR_ARG(shown), f->is);
	}
	return f->json != JSON_STRING || f->name[0] != 'x' || fhir_narrative_ok(value->text, e);
}
