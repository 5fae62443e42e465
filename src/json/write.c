#include "json/json.h"

#include "json/scan.h"

static void write_escape(struct buf *b, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", into[] = "\"\\bfnrt", hex[] = "0123456789abcdef";
	const char *known = c ? strchr(from, c) : NULL;
	if (known) {
		buf_add(b, (struct str){(char[]){'\\', into[known - from]}, 2});
		return;
	}
	buf_add(b, (struct str){(char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6});
}

void json_write_string(struct buf *b, struct str text)
{
	const char *p = text.p, *end = text.p + text.n;
	buf_char(b, '"');
	while (p < end) {
		const char *stop = scan_plain(p, end);
		buf_add(b, (struct str){p, (size_t)(stop - p)});
		if (stop < end)
			write_escape(b, (unsigned char)*stop++);
		p = stop;
	}
	buf_char(b, '"');
}

/* indent < 0: no white space. */
static void new_line(struct buf *b, int indent)
{
	static const char spaces[] = "                                ";
	if (indent < 0)
		return;
	buf_char(b, '\n');
	for (size_t left = (size_t)indent * 2; left;) {
		size_t n = left < sizeof spaces - 1 ? left : sizeof spaces - 1;
		buf_add(b, (struct str){spaces, n});
		left -= n;
	}
}

static void write_node(struct buf *b, const struct json *j, int indent);

static void write_array(struct buf *b, const struct json *j, int indent)
{
	int inner = indent < 0 ? indent : indent + 1;
	buf_char(b, '[');
	for (uint32_t i = 0; i < j->n; i++) {
		if (i)
			buf_char(b, ',');
		new_line(b, inner);
		write_node(b, j->items[i], inner);
	}
	if (j->n)
		new_line(b, indent);
	buf_char(b, ']');
}

static void write_object(struct buf *b, const struct json *j, int indent)
{
	int inner = indent < 0 ? indent : indent + 1;
	buf_char(b, '{');
	for (uint32_t i = 0; i < j->n; i++) {
		if (i)
			buf_char(b, ',');
		new_line(b, inner);
		json_write_string(b, j->members[i].key);
		buf_add(b, indent < 0 ? STR(":") : STR(": "));
		write_node(b, j->members[i].value, inner);
	}
	if (j->n)
		new_line(b, indent);
	buf_char(b, '}');
}

static void write_node(struct buf *b, const struct json *j, int indent)
{
	switch (j ? (enum json_type)j->type : JSON_NULL) {
	case JSON_NULL:
		buf_add(b, STR("null"));
		break;
	case JSON_BOOL:
		buf_add(b, j->truth ? STR("true") : STR("false"));
		break;
	case JSON_NUMBER:
		buf_add(b, j->text);
		break;
	case JSON_STRING:
		json_write_string(b, j->text);
		break;
	case JSON_ARRAY:
		write_array(b, j, indent);
		break;
	case JSON_OBJECT:
		write_object(b, j, indent);
		break;
	}
}

void json_write(struct buf *b, const struct json *j)
{
	write_node(b, j, -1);
}

void json_write_pretty(struct buf *b, const struct json *j)
{
	write_node(b, j, 0);
}

struct str json_to_str(struct arena *a, const struct json *j)
{
	struct buf b = buf_new(a, SIZE_MAX / 4);
	json_write(&b, j);
	return buf_str(&b);
}
