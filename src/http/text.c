#include "http/http.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_plain(struct str s, bool plus)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' || s.p[i] == '\0' || (plus && s.p[i] == '+') || (s.p[i] & 0x80))
			return false;
	return true;
}

static bool unescape(struct str s, bool plus, char *out, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '%') {
			int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c == '\0')
			return false;
		out[(*n)++] = c;
	}
	return true;
}

bool http_decode(struct arena *a, struct str s, bool plus, struct str *out)
{
	*out = s;
	if (is_plain(s, plus))
		return true;
	char *p = arena_alloc(a, s.n + 1);
	size_t n;
	if (!unescape(s, plus, p, &n))
		return false;
	*out = (struct str){p, n};
	return utf8_valid(*out);
}

struct str http_encode(struct arena *a, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
			     c == '_' || c == '~';
		if (plain) {
			p[n++] = (char)c;
			continue;
		}
		p[n++] = '%';
		p[n++] = digits[c >> 4];
		p[n++] = digits[c & 15];
	}
	return (struct str){p, n};
}

enum { MAX_FIELDS = 5000 };

bool http_form(struct arena *a, struct str text, struct http_field **out, size_t *n, struct err *e)
{
	VEC(struct http_field) fields = {0};
	struct str rest = text, part;
	while (text.n && str_next(&rest, '&', &part)) {
		if (part.n == 0)
			continue;
		if (fields.n == MAX_FIELDS)
			return err_set(e, ERR_TOO_LARGE, "the form has more than %d fields", MAX_FIELDS);
		struct http_field f;
		ptrdiff_t equals = str_find_char(part, '=');
		size_t name_end = equals < 0 ? part.n : (size_t)equals;
		if (!http_decode(a, str_sub(part, 0, name_end), true, &f.name) ||
		    !http_decode(a, equals < 0 ? STR("") : str_sub(part, name_end + 1, part.n), true, &f.value))
			return err_set(e, ERR_INVALID, "field %zu of the form is not percent-encoded UTF-8", fields.n + 1);
		VEC_PUSH(a, &fields, f);
	}
	*out = fields.v;
	*n = fields.n;
	return true;
}

struct str http_field_get(const struct http_field *f, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(f[i].name, name))
			return f[i].value;
	return STR_NONE;
}

struct str http_header(const struct http_request *q, const char *name)
{
	struct str wanted = str_from(name);
	for (size_t i = 0; i < q->header_count; i++)
		if (str_eq_nocase(q->headers[i].name, wanted))
			return q->headers[i].value;
	return STR_NONE;
}

struct str http_cookie(const struct http_request *q, const char *name)
{
	struct str wanted = str_from(name);
	for (size_t i = 0; i < q->header_count; i++) {
		if (!str_eq_nocase(q->headers[i].name, STR("cookie")))
			continue;
		struct str rest = q->headers[i].value, pair;
		while (str_next(&rest, ';', &pair)) {
			pair = str_trim(pair);
			ptrdiff_t equals = str_find_char(pair, '=');
			if (equals > 0 && str_eq(str_sub(pair, 0, (size_t)equals), wanted))
				return str_sub(pair, (size_t)equals + 1, pair.n);
		}
	}
	return STR_NONE;
}

void http_set(struct http_response *r, const char *name, struct str value)
{
	if (r->header_count == sizeof r->headers / sizeof *r->headers)
		return;
	r->headers[r->header_count++] = (struct http_header){str_from(name), value};
}

void http_setz(struct http_response *r, const char *name, const char *value)
{
	http_set(r, name, str_from(value));
}

void http_text(struct http_response *r, int status, const char *type, struct str body)
{
	r->status = status;
	http_setz(r, "Content-Type", type);
	r->body = body;
}

void http_redirect(struct http_response *r, struct str location)
{
	r->status = 303;
	http_set(r, "Location", location);
}
