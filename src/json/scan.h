/* scan: the inner loops of the reader and the writer, 16 bytes at a time where the machine can, else 8. */
#ifndef HEED_JSON_SCAN_H
#define HEED_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes of the word that are below 0x20, a quote or a backslash: the high bit of each such byte. Bytes above 0x7F and those
 * after the first hit may be marked wrongly, so only the fact of a hit is used, and a byte loop says where. */
static inline uint64_t scan_word(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
	return ((w - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
}

static inline bool scan_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

/* The first byte of [p, end) that cannot stand for itself inside a JSON string, or end. */
static inline const char *scan_plain(const char *p, const char *end)
{
#ifdef __SSE2__
	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
		int mask = _mm_movemask_epi8(hit);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	while (end - p >= 8) {
		uint64_t w;
		memcpy(&w, p, 8);
		if (scan_word(w)) {
			for (int i = 0; i < 8; i++)
				if (scan_special((unsigned char)p[i]))
					return p + i;
		}
		p += 8;
	}
	while (p < end && !scan_special((unsigned char)*p))
		p++;
	return p;
}

static inline bool scan_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Past the white space. Between tokens there is none, or one space, or a line end and a run of spaces. Branches that are
 * guessed right are faster here than finding the end of the run by arithmetic, which the next token would have to wait for. */
static inline const char *skip_space(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ' && scan_is_space(*p)) {
		p++;
		uint64_t w;
		while (end - p >= 8 && (memcpy(&w, p, 8), w == 0x2020202020202020u))
			p += 8;
	}
	return p;
}

#endif
