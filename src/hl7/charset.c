/* Character sets of MSH-18 (HL7 table 0211), one byte at a time to UTF-8. */
#include "hl7/er7.h"

enum charset { CHARSET_UNKNOWN, CHARSET_UNSAID, CHARSET_ASCII, CHARSET_UTF8, CHARSET_LATIN1, CHARSET_LATIN9, CHARSET_CP1252 };

static const struct {
	const char *name;
	enum charset set;
} names[] = {
	{"ASCII", CHARSET_ASCII},
	{"US-ASCII", CHARSET_ASCII},
	{"ISO IR6", CHARSET_ASCII},
	{"8859/1", CHARSET_LATIN1},
	{"ISO-8859-1", CHARSET_LATIN1},
	{"ISO IR100", CHARSET_LATIN1},
	{"8859/15", CHARSET_LATIN9},
	{"ISO-8859-15", CHARSET_LATIN9},
	{"WINDOWS-1252", CHARSET_CP1252},
	{"CP1252", CHARSET_CP1252},
	{"UTF-8", CHARSET_UTF8},
	{"UTF8", CHARSET_UTF8},
	{"UNICODE", CHARSET_UTF8}, /* as NHS ITK senders use it */
	{"UNICODE UTF-8", CHARSET_UTF8},
};

/* 0x80-0x9F of Windows-1252; 0 is not assigned. */
static const uint16_t cp1252[32] = {
	0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
	0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* Where ISO 8859-15 is not ISO 8859-1. */
static const struct {
	uint8_t byte;
	uint16_t scalar;
} latin9[] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D}, {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};

static enum charset charset_of(struct str name)
{
	name = str_trim(name);
	if (name.n == 0)
		return CHARSET_UNSAID;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq_nocase(name, str_from(names[i].name)))
			return names[i].set;
	return CHARSET_UNKNOWN;
}

/* 0: no such character. */
static uint32_t scalar_of(enum charset set, uint8_t byte)
{
	if (byte < 0x80)
		return byte;
	if (set == CHARSET_CP1252 && byte < 0xA0)
		return cp1252[byte - 0x80];
	if (set == CHARSET_LATIN9)
		for (size_t i = 0; i < sizeof latin9 / sizeof *latin9; i++)
			if (latin9[i].byte == byte)
				return latin9[i].scalar;
	return byte < 0xA0 ? 0 : byte;
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] >= 0x80)
			return false;
	return true;
}

static bool bad_byte(struct err *e, struct str charset, size_t at)
{
	err_set(e, ERR_VALUE, "byte %zu is not \"%.*s\": state the character set in MSH-18", at, STR_ARG(charset.n ? charset : STR("ASCII")));
	e->offset = (int64_t)at;
	return err_at(e, "MSH^1^18");
}

static bool single_bytes(struct arena *a, enum charset set, struct str charset, struct str bytes, struct str *out, struct err *e)
{
	struct buf b = buf_new(a, bytes.n * 3 + 1);
	for (size_t i = 0; i < bytes.n; i++) {
		uint32_t scalar = scalar_of(set, (uint8_t)bytes.p[i]);
		if (!scalar && bytes.p[i])
			return bad_byte(e, charset, i);
		char encoded[4];
		buf_add(&b, (struct str){encoded, utf8_encode(scalar, encoded)});
	}
	*out = buf_str(&b);
	return true;
}

bool hl7_to_utf8(struct arena *a, struct str charset, struct str bytes, struct str *out, struct err *e)
{
	struct err ignored;
	if (!e)
		e = &ignored;
	enum charset set = charset_of(charset);
	*out = bytes;
	switch (set) {
	case CHARSET_UNKNOWN:
		err_set(e, ERR_NOT_SUPPORTED, "character set \"%.*s\" is not known", STR_ARG(str_sub(charset, 0, 40)));
		return err_at(e, "MSH^1^18");
	case CHARSET_ASCII:
		for (size_t i = 0; i < bytes.n; i++)
			if ((uint8_t)bytes.p[i] >= 0x80)
				return bad_byte(e, charset, i);
		return true;
	case CHARSET_UNSAID:
	case CHARSET_UTF8: {
		size_t good = utf8_valid_prefix(bytes);
		return good == bytes.n || bad_byte(e, set == CHARSET_UTF8 ? charset : STR_NONE, good);
	}
	default:
		return is_ascii(bytes) || single_bytes(a, set, charset, bytes, out, e);
	}
}
