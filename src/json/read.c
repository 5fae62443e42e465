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
	const char *start, *end;
	struct arena *arena;
	struct json *block; /* nodes not yet used */
	size_t block_left, block_size;
	struct json_member *stack;
	size_t stack_n, stack_cap;
	uint32_t nodes_left; /* beyond the block */
	uint32_t depth_left;
	struct json *value; /* what read_value gave */
	struct str text;    /* what read_escaped gave */
	struct json_limits limits;
	struct err *e;
};

/* Each read_ function begins at p and returns where what it read ends, or NULL with r->e set. */
static const char *read_value(struct reader *r, const char *p);

__attribute__((cold, noinline)) static const char *fail_at(struct reader *r, const char *where, enum err_code code, const char *what)
{
	err_set(r->e, code, "%s", what);
	if (!r->e)
		return NULL;
	r->e->offset = where - r->start;
	json_line_column((struct str){r->start, (size_t)(r->end - r->start)}, (size_t)r->e->offset, &r->e->line, &r->e->column);
	return NULL;
}

__attribute__((cold, noinline)) static const char *fail(struct reader *r, const char *p, const char *what)
{
	return fail_at(r, p, ERR_SYNTAX, p == r->end ? "the JSON ends too early" : what);
}

static bool new_block(struct reader *r, const char *p)
{
	if (!r->nodes_left)
		return fail_at(r, p, ERR_TOO_LARGE, "the JSON has more values than is allowed");
	if (arena_over(r->arena))
		return fail_at(r, p, ERR_TOO_LARGE, "the JSON needs more memory than is allowed for it");
	r->block_left = r->block_size < r->nodes_left ? r->block_size : r->nodes_left;
	r->nodes_left -= (uint32_t)r->block_left;
	r->block = ARENA_ARRAY(r->arena, struct json, r->block_left);
	if (r->block_size < 4096)
		r->block_size *= 2;
	return true;
}

static inline struct json *new_node(struct reader *r, const char *p, enum json_type type)
{
	if (!r->block_left && !new_block(r, p))
		return NULL;
	r->block_left--;
	struct json *j = r->block++;
	j->type = (uint8_t)type;
	j->offset = (uint32_t)(p - r->start);
	return j;
}

static void grow_stack(struct reader *r)
{
	struct json_member *bigger = ARENA_ARRAY(r->arena, struct json_member, r->stack_cap * 2);
	memcpy(bigger, r->stack, r->stack_n * sizeof *bigger);
	r->stack = bigger;
	r->stack_cap *= 2;
}

static inline void push(struct reader *r, struct str key, struct json *value)
{
	if (r->stack_n == r->stack_cap)
		grow_stack(r);
	r->stack[r->stack_n++] = (struct json_member){key, value};
}

/* ---- strings ---- */

static bool hex4(struct reader *r, const char *p, uint32_t *out)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = p + i < r->end ? (unsigned char)p[i] : 0, lower = c | 0x20;
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return fail(r, p + i < r->end ? p + i : r->end, "\\u needs four hexadecimal digits");
	}
	*out = v;
	return true;
}

/* p is on the backslash of \u. Half a surrogate pair is no character (RFC 8259 section 8.2 leaves it open; we refuse). */
static const char *unicode_escape(struct reader *r, const char *p, char **to)
{
	static const char half[] = "half a surrogate pair is not a character";
	uint32_t c = 0, low = 0;
	if (!hex4(r, p + 2, &c))
		return NULL;
	if (c >= 0xDC00 && c <= 0xDFFF)
		return fail_at(r, p, ERR_SYNTAX, half);
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (r->end - p < 12 || p[6] != '\\' || p[7] != 'u')
			return fail_at(r, p, ERR_SYNTAX, half);
		if (!hex4(r, p + 8, &low))
			return NULL;
		if (low < 0xDC00 || low > 0xDFFF)
			return fail_at(r, p, ERR_SYNTAX, half);
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		p += 6;
	}
	*to += utf8_encode(c, *to);
	return p + 6;
}

/* p is on the backslash. */
static const char *escape(struct reader *r, const char *p, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	if (r->end - p < 2)
		return fail(r, r->end, "");
	if (p[1] == 'u')
		return unicode_escape(r, p, to);
	const char *known = p[1] ? strchr(from, p[1]) : NULL;
	if (!known)
		return fail(r, p, "this escape does not exist in JSON");
	*(*to)++ = into[known - from];
	return p + 2;
}

/* The quote that closes a string, or end: how much a decoded copy can need at most. */
static const char *closing_quote(const char *p, const char *end)
{
	for (p = scan_plain(p, end); p < end && *p != '"'; p = scan_plain(p, end))
		p += *p == '\\' && end - p > 1 ? 2 : 1;
	return p;
}

/* p is on the first byte of the string that does not stand for itself. */
__attribute__((noinline)) static const char *read_escaped(struct reader *r, const char *began, const char *p)
{
	char *copy = arena_alloc(r->arena, (size_t)(closing_quote(p, r->end) - began)), *to = copy;
	for (const char *from = began;; p = scan_plain(from, r->end)) {
		memcpy(to, from, (size_t)(p - from));
		to += p - from;
		if (p == r->end || (unsigned char)*p < 0x20)
			return fail(r, p, "a control character must be escaped inside a string");
		if (*p == '"')
			break;
		from = escape(r, p, &to);
		if (!from)
			return NULL;
	}
	r->text = (struct str){copy, (size_t)(to - copy)};
	return p + 1;
}

/* p is on the opening quote. */
static inline const char *read_string(struct reader *r, const char *p, struct str *out)
{
	const char *began = p + 1, *stop = scan_plain(began, r->end);
	if (stop < r->end && *stop == '"') {
		*out = (struct str){began, (size_t)(stop - began)};
		return stop + 1;
	}
	p = read_escaped(r, began, stop);
	*out = r->text;
	return p;
}

/* ---- numbers and words ---- */

static inline const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* One digit or more, else NULL. */
static const char *need_digits(struct reader *r, const char *p)
{
	const char *stop = digits(p, r->end);
	return stop > p ? stop : fail(r, p, "a digit belongs here");
}

/* RFC 8259 section 6; kept as written. */
static const char *read_number(struct reader *r, const char *p, struct json *j)
{
	const char *began = p, *end = r->end;
	p += *p == '-';
	p = p < end && *p == '0' ? p + 1 : need_digits(r, p);
	if (p && p < end && *p == '.')
		p = need_digits(r, p + 1);
	if (p && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		p = need_digits(r, p);
	}
	if (p)
		j->text = (struct str){began, (size_t)(p - began)};
	return p;
}

static const char *read_word(struct reader *r, const char *p, struct str word)
{
	if ((size_t)(r->end - p) < word.n || memcmp(p, word.p, word.n) != 0)
		return fail_at(r, p, ERR_SYNTAX, "expected a value");
	return p + word.n;
}

/* ---- arrays and objects ---- */

static bool deeper(struct reader *r, const char *p)
{
	if (!r->depth_left)
		return fail_at(r, p, ERR_TOO_LARGE, "the JSON is nested deeper than is allowed");
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

/* p is on the bracket. */
static const char *read_array(struct reader *r, const char *p, struct json *j)
{
	const char *end = r->end;
	size_t base = r->stack_n;
	if (!deeper(r, p))
		return NULL;
	p = skip_space(p + 1, end);
	if (p < end && *p == ']') {
		close_array(r, j, base);
		return p + 1;
	}
	for (;;) {
		p = read_value(r, p);
		if (!p)
			return NULL;
		push(r, STR_NONE, r->value);
		p = skip_space(p, end);
		if (p == end || (*p != ',' && *p != ']'))
			return fail(r, p, "expected \",\" or \"]\"");
		if (*p == ']')
			break;
		p = skip_space(p + 1, end);
	}
	close_array(r, j, base);
	return p + 1;
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

static inline const char *read_member(struct reader *r, const char *p, size_t base, uint64_t *seen)
{
	const char *began = p, *end = r->end;
	if (p == end || *p != '"')
		return fail(r, p, "expected a name in quotes");
	struct str key;
	p = read_string(r, p, &key);
	if (!p)
		return NULL;
	if (seen_before(r, base, key, seen) && !fail_duplicate(r, began))
		return NULL;
	p = skip_space(p, end);
	if (p == end || *p != ':')
		return fail(r, p, "expected \":\"");
	p = read_value(r, skip_space(p + 1, end));
	if (p)
		push(r, key, r->value);
	return p;
}

/* p is on the brace. */
static const char *read_object(struct reader *r, const char *p, struct json *j)
{
	const char *end = r->end;
	size_t base = r->stack_n;
	uint64_t seen = 0;
	if (!deeper(r, p))
		return NULL;
	p = skip_space(p + 1, end);
	if (p < end && *p == '}')
		return close_object(r, j, base) ? p + 1 : NULL;
	for (;;) {
		p = read_member(r, p, base, &seen);
		if (!p)
			return NULL;
		p = skip_space(p, end);
		if (p == end || (*p != ',' && *p != '}'))
			return fail(r, p, "expected \",\" or \"}\"");
		if (*p == '}')
			return close_object(r, j, base) ? p + 1 : NULL;
		p = skip_space(p + 1, end);
	}
}

/* The rarer kinds. */
static const char *read_scalar(struct reader *r, const char *p)
{
	char c = p < r->end ? *p : 0;
	bool number = c == '-' || (c >= '0' && c <= '9'), boolean = c == 't' || c == 'f';
	if (!number && !boolean && c != 'n')
		return fail(r, p, "expected a value");
	struct json *j = r->value = new_node(r, p, number ? JSON_NUMBER : boolean ? JSON_BOOL : JSON_NULL);
	if (!j || number)
		return j ? read_number(r, p, j) : NULL;
	j->truth = c == 't';
	return read_word(r, p, c == 't' ? STR("true") : c == 'f' ? STR("false") : STR("null"));
}

/* p is on the first byte of the value. Asks for the kinds in the order of how many there are: a table of jumps costs more. */
static const char *read_value(struct reader *r, const char *p)
{
	char c = p < r->end ? *p : 0;
	if (c != '"' && c != '{' && c != '[')
		return read_scalar(r, p);
	struct json *j = new_node(r, p, c == '"' ? JSON_STRING : c == '{' ? JSON_OBJECT : JSON_ARRAY);
	if (!j)
		return NULL;
	if (c == '"') {
		p = read_string(r, p, &j->text);
	} else {
		p = c == '{' ? read_object(r, p, j) : read_array(r, p, j);
	}
	r->value = j;
	return p;
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
	struct reader r = {.start = t.p, .end = t.p + t.n, .arena = a, .e = e, .stack = stack, .stack_cap = FIRST_STACK};
	if (limits)
		r.limits = *limits;
	r.nodes_left = or_default(r.limits.max_nodes, DEFAULT_NODES);
	r.depth_left = or_default(r.limits.max_depth, DEFAULT_DEPTH);
	if (r.depth_left > DEEPEST)
		r.depth_left = DEEPEST;
	r.block_size = t.n / 32 < 8 ? 8 : t.n / 32 > 256 ? 256 : t.n / 32;
	if (!check_text(&r, t))
		return false;
	const char *p = read_value(&r, skip_space(r.start, r.end));
	if (!p)
		return false;
	*out = r.value;
	p = skip_space(p, r.end);
	return p == r.end || fail_at(&r, p, ERR_SYNTAX, "nothing may follow the value");
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
