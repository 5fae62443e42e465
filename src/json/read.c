/* The reader: recursive descent with its depth counted, one pass after a check that all of the text is UTF-8.
 *
 * The children of what is being read wait on one stack of members; when it closes they are copied to an array of the right
 * size. Nodes are taken from blocks, so that a small resource costs a handful of allocations. */
#include "json/json.h"

#include <stdlib.h>

#include "json/scan.h"

enum {
	DEFAULT_BYTES = 16 << 20,
	DEFAULT_DEPTH = 64,
	DEFAULT_NODES = 2000000,
	DEEPEST = 1000, /* more than this is a stack that an attacker chose */
	FIRST_STACK = 64,
	FEW_MEMBERS = 32, /* up to here a new name is compared with each before it; beyond, all are sorted at the end */
};

struct reader {
	const char *start, *at, *end;
	struct arena *arena;
	struct json *block; /* nodes not yet used */
	size_t block_left, block_size;
	struct json_member *stack;
	size_t stack_n, stack_cap;
	uint32_t nodes_left, depth_left;
	struct json_limits limits;
	struct err *e;
};

static bool read_value(struct reader *r, struct json **out);

static bool fail_at(struct reader *r, const char *where, enum err_code code, const char *what)
{
	err_set(r->e, code, "%s", what);
	if (!r->e)
		return false;
	r->e->offset = where - r->start;
	json_line_column((struct str){r->start, (size_t)(r->end - r->start)}, (size_t)r->e->offset, &r->e->line, &r->e->column);
	return false;
}

static bool fail(struct reader *r, const char *what)
{
	return fail_at(r, r->at, ERR_SYNTAX, r->at == r->end ? "the JSON ends too early" : what);
}

static inline void skip_space(struct reader *r)
{
	const char *p = r->at;
	while (p < r->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	r->at = p;
}

static bool new_block(struct reader *r)
{
	if (arena_over(r->arena))
		return fail_at(r, r->at, ERR_TOO_LARGE, "the JSON needs more memory than is allowed for it");
	r->block = ARENA_ARRAY(r->arena, struct json, r->block_size);
	r->block_left = r->block_size;
	if (r->block_size < 4096)
		r->block_size *= 2;
	return true;
}

static inline struct json *new_node(struct reader *r, enum json_type type)
{
	if (!r->nodes_left) {
		fail_at(r, r->at, ERR_TOO_LARGE, "the JSON has more values than is allowed");
		return NULL;
	}
	if (!r->block_left && !new_block(r))
		return NULL;
	r->nodes_left--;
	r->block_left--;
	struct json *j = r->block++;
	j->type = (uint8_t)type;
	j->offset = (uint32_t)(r->at - r->start);
	return j;
}

static inline void push(struct reader *r, struct str key, struct json *value)
{
	if (r->stack_n == r->stack_cap) {
		struct json_member *bigger = ARENA_ARRAY(r->arena, struct json_member, r->stack_cap * 2);
		memcpy(bigger, r->stack, r->stack_n * sizeof *bigger);
		r->stack = bigger;
		r->stack_cap *= 2;
	}
	r->stack[r->stack_n++] = (struct json_member){key, value};
}

/* ---- strings ---- */

static bool hex4(struct reader *r, const char *p, uint32_t *out)
{
	if (r->end - p < 4)
		return fail_at(r, p, ERR_SYNTAX, "\\u needs four hexadecimal digits");
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i], lower = c | 0x20;
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return fail_at(r, p + i, ERR_SYNTAX, "\\u needs four hexadecimal digits");
	}
	*out = v;
	return true;
}

/* r->at is after "\u". Half a surrogate pair is no character (RFC 8259 section 8.2 leaves it open; we refuse). */
static bool unicode_escape(struct reader *r, char **to)
{
	const char *began = r->at - 2;
	uint32_t c, low;
	if (!hex4(r, r->at, &c))
		return false;
	r->at += 4;
	if (c >= 0xDC00 && c <= 0xDFFF)
		return fail_at(r, began, ERR_SYNTAX, "half a surrogate pair is not a character");
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
			return fail_at(r, began, ERR_SYNTAX, "half a surrogate pair is not a character");
		if (!hex4(r, r->at + 2, &low))
			return false;
		if (low < 0xDC00 || low > 0xDFFF)
			return fail_at(r, began, ERR_SYNTAX, "half a surrogate pair is not a character");
		r->at += 6;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	*to += utf8_encode(c, *to);
	return true;
}

/* r->at is on the backslash. */
static bool escape(struct reader *r, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	if (r->end - r->at < 2) {
		r->at = r->end;
		return fail(r, "");
	}
	char c = r->at[1];
	if (c == 'u') {
		r->at += 2;
		return unicode_escape(r, to);
	}
	const char *known = c ? strchr(from, c) : NULL;
	if (!known)
		return fail(r, "this escape does not exist in JSON");
	*(*to)++ = into[known - from];
	r->at += 2;
	return true;
}

/* The closing quote of a string that begins at p, or end: how much a decoded copy can need at most. */
static const char *closing_quote(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' ? 2 : 1;
	return p < end ? p : end;
}

static bool read_escaped(struct reader *r, const char *began, struct str *out)
{
	char *copy = arena_alloc(r->arena, (size_t)(closing_quote(r->at, r->end) - began)), *to = copy;
	const char *from = began;
	for (;;) {
		memcpy(to, from, (size_t)(r->at - from));
		to += r->at - from;
		if (r->at == r->end || (unsigned char)*r->at < 0x20)
			return fail(r, "a control character must be escaped inside a string");
		if (*r->at == '"')
			break;
		if (!escape(r, &to))
			return false;
		from = r->at;
		r->at = scan_plain(r->at, r->end);
	}
	r->at++;
	*out = (struct str){copy, (size_t)(to - copy)};
	return true;
}

/* r->at is on the opening quote. */
static inline bool read_string(struct reader *r, struct str *out)
{
	const char *began = ++r->at;
	r->at = scan_plain(began, r->end);
	if (r->at < r->end && *r->at == '"') {
		*out = (struct str){began, (size_t)(r->at - began)};
		r->at++;
		return true;
	}
	return read_escaped(r, began, out);
}

/* ---- numbers and words ---- */

static inline const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* RFC 8259 section 6; kept as written. */
static bool read_number(struct reader *r, struct json *j)
{
	const char *began = r->at, *p = began + (*began == '-'), *part = p;
	if (p < r->end && *p == '0')
		p++;
	else
		p = digits(p, r->end);
	if (p == part)
		goto bad;
	if (p < r->end && *p == '.') {
		part = ++p;
		p = digits(p, r->end);
		if (p == part)
			goto bad;
	}
	if (p < r->end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < r->end && (*p == '+' || *p == '-');
		part = p;
		p = digits(p, r->end);
		if (p == part)
			goto bad;
	}
	r->at = p;
	j->text = (struct str){began, (size_t)(p - began)};
	return true;
bad:
	r->at = p;
	return fail(r, "a digit belongs here");
}

static bool read_word(struct reader *r, struct str word)
{
	if ((size_t)(r->end - r->at) < word.n || memcmp(r->at, word.p, word.n) != 0)
		return fail_at(r, r->at, ERR_SYNTAX, "expected a value");
	r->at += word.n;
	return true;
}

/* ---- arrays and objects ---- */

static bool deeper(struct reader *r)
{
	if (!r->depth_left)
		return fail_at(r, r->at, ERR_TOO_LARGE, "the JSON is nested deeper than is allowed");
	r->depth_left--;
	return true;
}

static void close_array(struct reader *r, struct json *j, size_t base)
{
	size_t n = r->stack_n - base;
	j->n = j->cap = (uint32_t)n;
	r->depth_left++;
	if (!n)
		return;
	j->items = ARENA_ARRAY(r->arena, struct json *, n);
	for (size_t i = 0; i < n; i++)
		j->items[i] = r->stack[base + i].value;
	r->stack_n = base;
}

static bool read_array(struct reader *r, struct json *j)
{
	size_t base = r->stack_n;
	if (!deeper(r))
		return false;
	r->at++;
	skip_space(r);
	if (r->at < r->end && *r->at == ']') {
		r->at++;
		close_array(r, j, base);
		return true;
	}
	for (;;) {
		struct json *item;
		if (!read_value(r, &item))
			return false;
		push(r, STR_NONE, item);
		skip_space(r);
		if (r->at == r->end || (*r->at != ',' && *r->at != ']'))
			return fail(r, "expected \",\" or \"]\"");
		if (*r->at++ == ']')
			break;
		skip_space(r);
	}
	close_array(r, j, base);
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct json_member *x = *(const struct json_member *const *)a, *y = *(const struct json_member *const *)b;
	int c = str_cmp(x->key, y->key);
	return c ? c : (x > y) - (x < y);
}

static bool fail_duplicate(struct reader *r, const char *where)
{
	return fail_at(r, where, ERR_SYNTAX, "the object has this name already");
}

/* Sorting stays n log n whatever names a sender chooses; a hash table would not. */
static bool many_names_differ(struct reader *r, const struct json *j)
{
	const struct json_member **order = ARENA_ARRAY(r->arena, const struct json_member *, j->n);
	for (uint32_t i = 0; i < j->n; i++)
		order[i] = &j->members[i];
	qsort(order, j->n, sizeof *order, by_key);
	for (uint32_t i = 1; i < j->n; i++)
		if (str_eq(order[i - 1]->key, order[i]->key))
			return fail_duplicate(r, r->start + order[i]->value->offset);
	return true;
}

/* Is the name among the members read so far? `seen` has a bit for each length and first and last letter met, and so says no
 * at once nearly always. */
static inline bool seen_before(const struct reader *r, size_t base, struct str key, uint64_t *seen)
{
	size_t mix = key.n ? key.n * 7 + (unsigned char)key.p[0] * 5 + (unsigned char)key.p[key.n - 1] : 0;
	uint64_t bit = UINT64_C(1) << (mix & 63);
	if (!(*seen & bit)) {
		*seen |= bit;
		return false;
	}
	if (r->stack_n - base > FEW_MEMBERS)
		return false;
	for (size_t i = base; i < r->stack_n; i++)
		if (r->stack[i].key.n == key.n && memcmp(r->stack[i].key.p, key.p, key.n) == 0)
			return true;
	return false;
}

static bool close_object(struct reader *r, struct json *j, size_t base)
{
	size_t n = r->stack_n - base;
	j->n = j->cap = (uint32_t)n;
	r->depth_left++;
	if (!n)
		return true;
	j->members = arena_dup(r->arena, r->stack + base, n * sizeof *j->members);
	r->stack_n = base;
	return n <= FEW_MEMBERS || many_names_differ(r, j);
}

static bool read_member(struct reader *r, size_t base, uint64_t *seen)
{
	struct str key;
	struct json *value;
	const char *began = r->at;
	if (r->at == r->end || *r->at != '"')
		return fail(r, "expected a name in quotes");
	if (!read_string(r, &key))
		return false;
	if (seen_before(r, base, key, seen))
		return fail_duplicate(r, began);
	skip_space(r);
	if (r->at == r->end || *r->at != ':')
		return fail(r, "expected \":\"");
	r->at++;
	skip_space(r);
	if (!read_value(r, &value))
		return false;
	push(r, key, value);
	return true;
}

static bool read_object(struct reader *r, struct json *j)
{
	size_t base = r->stack_n;
	uint64_t seen = 0;
	if (!deeper(r))
		return false;
	r->at++;
	skip_space(r);
	if (r->at < r->end && *r->at == '}') {
		r->at++;
		return close_object(r, j, base);
	}
	for (;;) {
		if (!read_member(r, base, &seen))
			return false;
		skip_space(r);
		if (r->at == r->end || (*r->at != ',' && *r->at != '}'))
			return fail(r, "expected \",\" or \"}\"");
		if (*r->at++ == '}')
			return close_object(r, j, base);
		skip_space(r);
	}
}

/* r->at is on the first byte of the value. */
static bool read_value(struct reader *r, struct json **out)
{
	static const uint8_t types[128] = {
		['{'] = JSON_OBJECT + 1, ['['] = JSON_ARRAY + 1,  ['"'] = JSON_STRING + 1, ['-'] = JSON_NUMBER + 1, ['0'] = JSON_NUMBER + 1,
		['1'] = JSON_NUMBER + 1, ['2'] = JSON_NUMBER + 1, ['3'] = JSON_NUMBER + 1, ['4'] = JSON_NUMBER + 1, ['5'] = JSON_NUMBER + 1,
		['6'] = JSON_NUMBER + 1, ['7'] = JSON_NUMBER + 1, ['8'] = JSON_NUMBER + 1, ['9'] = JSON_NUMBER + 1, ['t'] = JSON_BOOL + 1,
		['f'] = JSON_BOOL + 1,	 ['n'] = JSON_NULL + 1,
	};
	unsigned char c = r->at < r->end ? (unsigned char)*r->at : 0;
	uint8_t type = c < 128 ? types[c] : 0;
	if (!type)
		return fail(r, "expected a value");
	struct json *j = *out = new_node(r, type - 1);
	if (!j)
		return false;
	switch (type - 1) {
	case JSON_OBJECT:
		return read_object(r, j);
	case JSON_ARRAY:
		return read_array(r, j);
	case JSON_STRING:
		return read_string(r, &j->text);
	case JSON_NUMBER:
		return read_number(r, j);
	case JSON_BOOL:
		j->truth = c == 't';
		return read_word(r, j->truth ? STR("true") : STR("false"));
	default:
		return read_word(r, STR("null"));
	}
}

static bool check_text(struct reader *r, struct str text)
{
	size_t most = r->limits.max_bytes ? r->limits.max_bytes : DEFAULT_BYTES;
	if (most > UINT32_MAX)
		most = UINT32_MAX;
	if (text.n > most)
		return err_set(r->e, ERR_TOO_LARGE, "the JSON has %zu bytes, at most %zu are allowed", text.n, most);
	size_t good = utf8_valid_prefix(text);
	if (good < text.n)
		return fail_at(r, text.p + good, ERR_SYNTAX, "the text is not UTF-8 here");
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		return fail_at(r, text.p, ERR_SYNTAX, "JSON must not begin with a byte order mark");
	return true;
}

static uint32_t or_default(uint32_t limit, uint32_t usual)
{
	return limit ? limit : usual;
}

bool json_parse(struct arena *a, struct str text, const struct json_limits *limits, struct json **out, struct err *e)
{
	struct json_member stack[FIRST_STACK];
	struct str t = text.p ? text : STR("");
	struct reader r = {.start = t.p, .at = t.p, .end = t.p + t.n, .arena = a, .e = e, .stack = stack, .stack_cap = FIRST_STACK};
	if (limits)
		r.limits = *limits;
	r.nodes_left = or_default(r.limits.max_nodes, DEFAULT_NODES);
	r.depth_left = or_default(r.limits.max_depth, DEFAULT_DEPTH);
	if (r.depth_left > DEEPEST)
		r.depth_left = DEEPEST;
	r.block_size = t.n / 32 < 8 ? 8 : t.n / 32 > 256 ? 256 : t.n / 32;
	if (!check_text(&r, t))
		return false;
	skip_space(&r);
	if (!read_value(&r, out))
		return false;
	skip_space(&r);
	if (r.at != r.end)
		return fail(&r, "nothing may follow the value");
	return true;
}

void json_line_column(struct str text, size_t offset, int *line, int *column)
{
	size_t end = offset < text.n ? offset : text.n, line_start = 0;
	*line = 1;
	for (size_t i = 0; i < end; i++) {
		if (text.p[i] == '\n') {
			++*line;
			line_start = i + 1;
		}
	}
	*column = 1;
	for (size_t i = line_start; i < end; i++)
		*column += ((unsigned char)text.p[i] & 0xC0) != 0x80;
}
