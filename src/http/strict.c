#include "http/internal.h"

#include <string.h>

static bool is_token_char(unsigned char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool token_ok(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_token_char((unsigned char)p[i]))
			return false;
	return n > 0;
}

static bool value_ok(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return false;
	}
	return true;
}

static bool host_ok(struct str host)
{
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = (unsigned char)host.p[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!alnum && (!c || !strchr(".-_:[]", c)))
			return false;
	}
	return host.n > 0 && host.n <= 255;
}

/* libmicrohttpd ends each name and value in place, so in what it read, the next line begins two bytes (CR LF) after the value
 * before it. A NUL inside a value, a folded line and a bare LF all break that, and nothing else shows them. */
static bool lines_join(const struct raw_request *r)
{
	if (r->version != r->target + r->target_len + 1)
		return false;
	const char *expected = r->version + strlen(r->version) + 2;
	for (size_t i = 0; i < r->n; i++) {
		const struct raw_header *h = &r->headers[i];
		if (h->name != expected)
			return false;
		const char *p = h->name + h->name_len + 1;
		while (p < h->value && (*p == ' ' || *p == '\t'))
			p++;
		if (p != h->value)
			return false;
		expected = h->value + h->value_len + 2;
	}
	return true;
}

bool strict_body_joins(const char *head_end, const char *body, size_t within, bool chunked)
{
	if (!head_end || body < head_end || body >= head_end + within)
		return true; /* the buffer was moved: nothing can be said */
	if (!chunked)
		return body == head_end;
	return memchr(head_end, '\0', (size_t)(body - head_end)) == NULL;
}

bool strict_length(struct str value, uint64_t *out)
{
	if (value.n == 0 || value.n > 18 || (value.n > 1 && value.p[0] == '0'))
		return false;
	uint64_t v = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(value.p[i] - '0');
	}
	*out = v;
	return true;
}

struct seen {
	unsigned host, length, coding, type;
	uint64_t length_value;
	struct str expect, content_encoding;
};

static struct str raw_value(const struct raw_header *h)
{
	return (struct str){h->value, h->value_len};
}

/* "content_length" is a header some proxy will read as Content-Length. */
static bool is_disguise(struct str name)
{
	return str_eq_nocase(name, STR("content_length")) || str_eq_nocase(name, STR("transfer_encoding"));
}

static int look(const struct raw_header *h, struct seen *s, const char **why)
{
	struct str name = {h->name, h->name_len}, value = raw_value(h);
	*why = "a header is not well formed";
	if (!token_ok(h->name, h->name_len) || !value_ok(h->value, h->value_len) || is_disguise(name))
		return 400;
	if (str_eq_nocase(name, STR("host"))) {
		s->host++;
		*why = "the Host header is not a host";
		return host_ok(value) ? 0 : 400;
	}
	if (str_eq_nocase(name, STR("content-length"))) {
		s->length++;
		*why = "the Content-Length is not a number";
		return strict_length(value, &s->length_value) ? 0 : 400;
	}
	if (str_eq_nocase(name, STR("transfer-encoding"))) {
		s->coding++;
		*why = "the only transfer coding understood is chunked";
		return str_eq_nocase(value, STR("chunked")) ? 0 : 400;
	}
	if (str_eq_nocase(name, STR("content-type")))
		s->type++;
	if (str_eq_nocase(name, STR("expect")))
		s->expect = value;
	if (str_eq_nocase(name, STR("content-encoding")))
		s->content_encoding = value;
	return 0;
}

static int judge(const struct raw_request *r, const struct seen *s, const char **why)
{
	bool old = strcmp(r->version, "HTTP/1.0") == 0;
	*why = "exactly one Host header is needed";
	if (s->host > 1 || (!old && s->host != 1))
		return 400;
	*why = "Content-Length and Transfer-Encoding exclude each other, and each may come once";
	if (s->length > 1 || s->coding > 1 || (s->length && s->coding) || (old && s->coding))
		return 400;
	*why = "a second Content-Type";
	if (s->type > 1)
		return 400;
	*why = "a GET or HEAD has no body";
	bool get = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
	if (get && (s->coding || s->length_value > 0))
		return 400;
	*why = "the only expectation understood is 100-continue";
	if (s->expect.n && !str_eq_nocase(s->expect, STR("100-continue")))
		return 417;
	*why = "request bodies must not be compressed";
	if (s->content_encoding.n && !str_eq_nocase(s->content_encoding, STR("identity")))
		return 415;
	*why = NULL;
	return 0;
}

int strict_check(const struct raw_request *r, const char **why)
{
	enum http_method method;
	*why = "the version must be HTTP/1.1 or HTTP/1.0";
	if (strcmp(r->version, "HTTP/1.1") != 0 && strcmp(r->version, "HTTP/1.0") != 0)
		return 505;
	*why = "a method that is not served";
	if (!http_method_parse(r->method, &method))
		return 405;
	*why = "the request is not well formed";
	if (!lines_join(r))
		return 400;
	struct seen s = {0};
	for (size_t i = 0; i < r->n; i++) {
		int status = look(&r->headers[i], &s, why);
		if (status)
			return status;
	}
	return judge(r, &s, why);
}

static bool target_chars_ok(struct str t)
{
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];
		if (c <= 0x20 || c >= 0x7F || c == '#' || c == '\\')
			return false;
	}
	return t.n > 0;
}

bool strict_target(struct str target, struct str host, struct str *path, struct str *query)
{
	if (!target_chars_ok(target))
		return false;
	struct str rest = target;
	if (rest.p[0] != '/') {
		struct str scheme = str_sub(rest, 0, 7);
		if (!str_eq_nocase(scheme, STR("http://")))
			return false;
		rest = str_sub(rest, 7, rest.n);
		ptrdiff_t slash = str_find_char(rest, '/');
		if (slash < 0 || !str_eq_nocase(str_sub(rest, 0, (size_t)slash), host))
			return false;
		rest = str_sub(rest, (size_t)slash, rest.n);
	}
	ptrdiff_t mark = str_find_char(rest, '?');
	*path = mark < 0 ? rest : str_sub(rest, 0, (size_t)mark);
	*query = mark < 0 ? STR_NONE : str_sub(rest, (size_t)mark + 1, rest.n);
	return true;
}
