/* The answer: MSH, MSA and ERR (HL7 chapter 2, 2.9 and 2.14.5). */
#include "hl7/er7.h"

#include <string.h>

/* Table 0357. Which code a refusal carries. */
static const struct {
	enum err_code code;
	const char *number, *text;
} conditions[] = {
	{ERR_SYNTAX, "100", "Segment sequence error"},
	{ERR_STRUCTURE, "100", "Segment sequence error"},
	{ERR_REQUIRED, "101", "Required field missing"},
	{ERR_VALUE, "102", "Data type error"},
	{ERR_TOO_LARGE, "102", "Data type error"},
	{ERR_CODE, "103", "Table value not found"},
	{ERR_METHOD, "200", "Unsupported message type"},
	{ERR_MEDIA_TYPE, "202", "Unsupported processing id"},
	{ERR_NOT_ACCEPTABLE, "203", "Unsupported version id"},
	{ERR_NOT_FOUND, "204", "Unknown key identifier"},
	{ERR_CONFLICT, "205", "Duplicate key identifier"},
	{ERR_MULTIPLE, "205", "Duplicate key identifier"},
	{ERR_UNAVAILABLE, "206", "Application record locked"},
};

static void condition_of(enum err_code code, const char **number, const char **text)
{
	*number = "207";
	*text = "Application internal error";
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
		if (conditions[i].code == code) {
			*number = conditions[i].number;
			*text = conditions[i].text;
		}
}

struct writer {
	struct buf b;
	char field, component, repeat, escape, sub;
};

static void add_escape(struct writer *w, char letter)
{
	if (!w->escape) {
		buf_char(&w->b, ' ');
		return;
	}
	buf_char(&w->b, w->escape);
	buf_char(&w->b, letter);
	buf_char(&w->b, w->escape);
}

static void add_text(struct writer *w, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if ((uint8_t)c < 0x20)
			buf_char(&w->b, ' ');
		else if (c == w->field)
			add_escape(w, 'F');
		else if (c == w->component)
			add_escape(w, 'S');
		else if (c == w->repeat)
			add_escape(w, 'R');
		else if (c == w->escape)
			add_escape(w, 'E');
		else if (c == w->sub)
			add_escape(w, 'T');
		else
			buf_char(&w->b, c);
	}
}

static void add_fields(struct writer *w, const struct str *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&w->b, w->field);
		buf_add(&w->b, fields[i]);
	}
	buf_char(&w->b, '\r');
}

static bool ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] >= 0x80)
			return false;
	return true;
}

/* What goes back as it came: text that cannot end a segment, and in bytes the answer can hold. */
static struct str echo(const struct hl7_segment *msh, int field)
{
	struct str s = hl7_raw_field(msh, field);
	return ascii(s) || utf8_valid(s) ? s : STR_NONE;
}

static struct str stamp(struct arena *a, int64_t us)
{
	struct local_time t = local_from_us(us);
	return str_printf(a, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute, t.second);
}

static void add_msh(struct arena *a, struct writer *w, const struct hl7_segment *msh, struct str event, int64_t now_us,
		    struct str control_id, bool plain)
{
	struct str version = echo(msh, 12), processing = echo(msh, 11);
	struct str separators = str_printf(a, "%c%c%c%c", w->component, w->repeat, w->escape ? w->escape : '\\', w->sub ? w->sub : '&');
	struct str type = event.n ? str_printf(a, "ACK%c%.*s", w->component, STR_ARG(event)) : STR("ACK");
	struct str fields[18] = {[0] = STR("MSH"), [1] = separators, [2] = echo(msh, 5), [3] = echo(msh, 6), [4] = echo(msh, 3), [5] = echo(msh, 4),
				 [6] = stamp(a, now_us), [8] = type, [9] = control_id, [10] = processing.n ? processing : STR("P"),
				 [11] = version.n ? version : STR("2.4")};
	if (!plain)
		fields[17] = STR("UNICODE UTF-8");
	add_fields(w, fields, plain ? 12 : 18);
}

/* "PID^1^7" in the sender's separators. */
static struct str location(struct arena *a, const struct err *why, char sep)
{
	char *place = str_c(a, str_from(why->expression));
	for (char *p = place; *p; p++)
		if (*p == '^')
			*p = sep;
	return str_from(place);
}

/* ERR-1 is the whole of it before 2.5; later versions have ERR-2 to ERR-8. */
static void add_err(struct arena *a, struct writer *w, const struct err *why, bool old)
{
	const char *number, *text;
	condition_of(why->code, &number, &text);
	struct str place = location(a, why, w->component);
	if (old) {
		char sub = w->sub ? w->sub : '&', c = w->component;
		size_t parts = 1;
		for (size_t i = 0; i < place.n; i++)
			parts += place.p[i] == c;
		struct buf one = buf_new(a, 1024);
		buf_add(&one, place);
		for (; parts < 4; parts++)
			buf_char(&one, c);
		buf_printf(&one, "%s%c%s%cHL70357", number, sub, text, sub);
		struct str fields[] = {STR("ERR"), buf_str(&one)};
		add_fields(w, fields, 2);
		return;
	}
	buf_printf(&w->b, "ERR%c%c%.*s%c%s%c%s%cHL70357%cE%c%c%c", w->field, w->field, STR_ARG(place), w->field, number, w->component, text,
		   w->component, w->field, w->field, w->field, w->field);
	add_text(w, str_from(why->message));
	buf_char(&w->b, w->field);
	add_text(w, str_from(why->message));
	buf_char(&w->b, '\r');
}

static bool is_old(struct str version)
{
	return str_cmp(str_sub(version, 0, 3), STR("2.5")) < 0;
}

static struct writer writer_for(struct arena *a, const struct hl7_message *m)
{
	struct writer w = {.b = buf_new(a, 1 << 16), .field = '|', .component = '^', .repeat = '~', .escape = '\\', .sub = '&'};
	if (m->segment_count)
		w.field = m->field_sep;
	if (m->component_sep) {
		w.component = m->component_sep;
		w.repeat = m->repeat_sep;
		w.escape = m->escape;
		w.sub = m->subcomponent_sep;
	}
	return w;
}

struct str hl7_ack(struct arena *a, const struct hl7_message *m, const char *code, const struct err *why, int64_t now_us, struct str control_id)
{
	struct writer w = writer_for(a, m);
	const struct hl7_segment *msh = m->segment_count ? m->segments : NULL;
	struct str event = msh ? hl7_event(m) : STR_NONE;
	bool plain = ascii(echo(msh, 10)) && (!why || ascii(str_from(why->message))) && ascii(event);
	for (int i = 3; i <= 6; i++)
		plain = plain && ascii(echo(msh, i));
	add_msh(a, &w, msh, ascii(event) && event.n <= 3 ? event : STR_NONE, now_us, control_id, plain);
	struct str own = echo(msh, 10);
	buf_printf(&w.b, "MSA%c%s%c", w.field, code, w.field);
	buf_add(&w.b, own);
	if (why) {
		buf_char(&w.b, w.field);
		struct str brief = str_sub(str_from(why->message), 0, 80);
		add_text(&w, str_sub(brief, 0, utf8_valid_prefix(brief)));
	}
	buf_char(&w.b, '\r');
	if (why)
		add_err(a, &w, why, is_old(echo(msh, 12)));
	return buf_str(&w.b);
}
