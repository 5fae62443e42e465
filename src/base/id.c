#include "base/id.h"

static const char hex_digits[] = "0123456789abcdef";

struct str hex_encode(struct arena *a, const void *p, size_t n)
{
	const unsigned char *bytes = p;
	char *out = arena_alloc(a, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex_digits[bytes[i] >> 4];
		out[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	return (struct str){out, 2 * n};
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(struct str s, void *out, size_t n)
{
	if (s.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_value(s.p[2 * i]), lo = hex_value(s.p[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		((unsigned char *)out)[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

struct str id_new(struct env *env, struct arena *a)
{
	unsigned char b[16];
	env_random(env, b, sizeof b);
	uint64_t ms = (uint64_t)(env_now_us(env) / 1000);
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	b[6] = (unsigned char)(0x70 | (b[6] & 0x0F));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3F));
	char *out = arena_alloc(a, 37);
	size_t at = 0;
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = hex_digits[b[i] >> 4];
		out[at++] = hex_digits[b[i] & 15];
	}
	return (struct str){out, 36};
}

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str encode64(struct arena *a, struct str bytes, const char *alphabet, bool pad)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	char *out = arena_alloc(a, (bytes.n + 2) / 3 * 4 + 1);
	size_t n = 0;
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t w = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
		out[n++] = alphabet[w >> 18];
		out[n++] = alphabet[w >> 12 & 63];
		if (left > 1 || pad)
			out[n++] = left > 1 ? alphabet[w >> 6 & 63] : '=';
		if (left > 2 || pad)
			out[n++] = left > 2 ? alphabet[w & 63] : '=';
	}
	return (struct str){out, n};
}

struct str base64_encode(struct arena *a, struct str bytes)
{
	return encode64(a, bytes, b64, true);
}

struct str base64url_encode(struct arena *a, struct str bytes)
{
	return encode64(a, bytes, b64url, false);
}

static int value64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct arena *a, struct str text, struct str *bytes)
{
	if (text.n % 4)
		return false;
	size_t pad = str_ends(text, STR("==")) ? 2 : str_ends(text, STR("=")) ? 1 : 0;
	size_t letters = text.n - pad, n = 0;
	char *out = arena_alloc(a, text.n / 4 * 3 + 1);
	uint32_t w = 0;
	for (size_t i = 0; i < letters; i++) {
		int v = value64(text.p[i]);
		if (v < 0)
			return false;
		w = w << 6 | (uint32_t)v;
		if (i % 4 == 0)
			continue;
		unsigned shift = 6 - 2 * (unsigned)(i % 4);
		out[n++] = (char)(w >> shift & 0xFF);
	}
	*bytes = (struct str){out, n};
	return true;
}
