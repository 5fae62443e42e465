/* heed hl7 FILE...: each message as it was read and the FHIR it maps to, as JSON on standard output; exit 1 when one is refused. */
#include <stdio.h>

#include "cli/cli.h"
#include "hl7/hl7.h"

enum { FILE_MAX_BYTES = 64 << 20 };

/* Text fields of a segment, repetitions and components as they were sent. */
static struct json *segment_json(struct arena *a, const struct hl7_message *m, const struct hl7_segment *s)
{
	struct json *out = json_object(a);
	json_set_str(a, out, "segment", s->name);
	for (int f = 1; f <= (int)s->field_count; f++) {
		struct str raw = hl7_raw_field(s, f), field = hl7_field(m, s, f);
		bool simple = hl7_repetitions(m, s, f) <= 1 && !hl7_get(m, s, f, 1, 2, 1).n && !hl7_get(m, s, f, 1, 1, 2).n;
		if (raw.n)
			json_set_str(a, out, str_c(a, str_printf(a, "%.*s-%d", STR_ARG(s->name), f)), simple ? field : raw);
	}
	return out;
}

static struct json *message_json(struct arena *a, const struct hl7_message *m)
{
	struct json *list = json_array(a);
	for (size_t i = 0; i < m->segment_count; i++)
		json_push(a, list, segment_json(a, m, &m->segments[i]));
	return list;
}

/* A file as it crosses the wire may hold the frame, too. */
static struct str without_frame(struct str s)
{
	if (s.n && s.p[0] == '\x0b')
		s = str_sub(s, 1, s.n);
	ptrdiff_t end = str_find_char(s, '\x1c');
	return end < 0 ? s : str_sub(s, 0, (size_t)end);
}

static bool show(struct arena *a, const char *path, struct err *e)
{
	struct str raw;
	struct hl7_message m;
	struct json *bundle, *out = json_object(a);
	if (!env_system()->read_file(env_system(), a, path, FILE_MAX_BYTES, &raw, e) || !hl7_parse(a, without_frame(raw), &m, e))
		return false;
	json_setz(a, out, "message", message_json(a, &m));
	bool ok = hl7_map(a, &m, NULL, &bundle, e);
	if (ok)
		json_setz(a, out, "fhir", bundle);
	struct buf b = buf_new(a, FILE_MAX_BYTES * 4UL);
	json_write_pretty(&b, out);
	printf("%.*s\n", STR_ARG(buf_str(&b)));
	return ok;
}

int cli_hl7(int argc, char **argv)
{
	int code = 0;
	if (argc < 1) {
		fputs("heed hl7: name the files to read\n", stderr);
		return 2;
	}
	for (int i = 0; i < argc; i++) {
		struct arena *a = arena_new(0);
		struct err e = ERR_INIT;
		if (!show(a, argv[i], &e)) {
			fprintf(stderr, "heed hl7: %s: %s%s%s\n", argv[i], e.expression, e.expression[0] ? ": " : "", e.message);
			code = 1;
		}
		arena_destroy(a);
	}
	return code;
}
