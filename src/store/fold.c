/* Folding of text: what a person types should find what a person wrote, whatever the accents, case, width or apostrophe. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Letters that carry no separable mark, and the several apostrophes and dashes of names. */
static utf8proc_int32_t plain(utf8proc_int32_t c, void *arg)
{
	(void)arg;
	switch (c) {
	case 0x2018: case 0x2019: case 0x02BC: case 0x0060: case 0x00B4: return '\'';
	case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2212: return '-';
	case 0x00F8: case 0x00D8: return 'o';
	case 0x0142: case 0x0141: return 'l';
	case 0x0111: case 0x0110: return 'd';
	case 0x0131: case 0x0130: return 'i';
	default: return c;
	}
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t collapse(char *p, size_t n)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_space(p[i]))
			p[out++] = p[i];
		else if (out && p[out - 1] != ' ')
			p[out++] = ' ';
	}
	return out && p[out - 1] == ' ' ? out - 1 : out;
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || s.p[i] == '`')
			return false;
	return true;
}

struct str text_fold(struct arena *a, struct str s)
{
	struct str out;
	if (!s.p)
		return STR_NONE;
	if (is_ascii(s)) {
		out = str_lower(a, s);
	} else {
		utf8proc_uint8_t *folded = NULL;
		utf8proc_ssize_t n = utf8proc_map_custom((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &folded,
			UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
			plain, NULL);
		out = n < 0 ? str_lower(a, s) : str_dup(a, (struct str){(const char *)folded, (size_t)n});
		free(folded);
	}
	out.n = collapse((char *)(uintptr_t)out.p, out.n); /* our own copy */
	return out;
}
