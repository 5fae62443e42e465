#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hl7/er7.h"

static struct arena *a;

static int arena_up(void **state)
{
	(void)state;
	a = arena_new(0);
	return 0;
}

static int arena_down(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

#define HEAD "MSH|^~\\&|ED|RXX01|HEED|DERBY|20261218100000||ADT^A04|M1|P|2.4||||||UNICODE UTF-8\r"

static struct hl7_message parsed(const char *text)
{
	struct hl7_message m;
	struct err e = ERR_INIT;
	if (!hl7_parse(a, str_from(text), &m, &e))
		fail_msg("refused: %s", e.message);
	return m;
}

static void assert_text(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(got), want);
}

static void test_parts(void **state)
{
	(void)state;
	struct hl7_message m = parsed(HEAD "PID|1||9990000018^^^NHS&2.16&ISO^NH~H1^^^RXX01^PI||O'BRIEN^SAM\r\nZSG|1|Y\n");
	const struct hl7_segment *pid = hl7_segment(&m, "PID", 0);
	assert_int_equal(m.segment_count, 3);
	assert_text(hl7_type(&m), "ADT");
	assert_text(hl7_event(&m), "A04");
	assert_text(hl7_field(&m, m.segments, 1), "|");
	assert_text(hl7_field(&m, m.segments, 2), "^~\\&");
	assert_text(hl7_field(&m, m.segments, 10), "M1");
	assert_text(hl7_sender(a, &m), "ED|RXX01");
	assert_int_equal(hl7_repetitions(&m, pid, 3), 2);
	assert_text(hl7_get(&m, pid, 3, 1, 4, 1), "NHS");
	assert_text(hl7_get(&m, pid, 3, 1, 4, 3), "ISO");
	assert_text(hl7_get(&m, pid, 3, 2, 1, 1), "H1");
	assert_text(hl7_get(&m, pid, 5, 1, 1, 1), "O'BRIEN");
	assert_null(hl7_get(&m, pid, 3, 3, 1, 1).p);
	assert_null(hl7_get(&m, pid, 99, 1, 1, 1).p);
	assert_null(hl7_field(&m, NULL, 1).p);
	assert_text(hl7_field(&m, hl7_segment(&m, "ZSG", 0), 2), "Y");
}

static void test_other_separators(void **state)
{
	(void)state;
	struct hl7_message m = parsed("MSH#*!/%#ED#RXX01#HEED#DERBY#2026##ADT*A04#M1#P#2.4\rPID#1##a*b!c*d/F/e%f\r");
	const struct hl7_segment *pid = hl7_segment(&m, "PID", 0);
	assert_text(hl7_get(&m, pid, 3, 2, 2, 1), "d#e");
	assert_text(hl7_get(&m, pid, 3, 2, 2, 2), "f");
	struct str ack = hl7_ack(a, &m, "AA", NULL, 0, STR("H1"));
	assert_true(str_starts(ack, STR("MSH#*!/%#HEED#DERBY#ED#RXX01#")));
	assert_true(str_find(ack, STR("\rMSA#AA#M1\r")) > 0);
}

static void test_escapes(void **state)
{
	(void)state;
	static const struct {
		const char *sent, *want;
	} cases[] = {
		{"a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"}, {"\\H\\bold\\N\\", "bold"},   {"x\\.br\\y", "x\ny"},
		{"x\\.sp2\\y", "x\n\ny"},	{"x\\.sk3\\y", "x   y"},	{"\\X41C3A9\\", "A\xc3\xa9"},
		{"A\\X0D0A\\B", "A\r\nB"},	{"A\\X0D\\PV1", "A\rPV1"},	{"AN\\NA", "AN\\NA"},
		{"AN\\XNA", "AN\\XNA"},		{"\\XC3\\", "\\XC3\\"},		{"\\X4\\", "\\X4\\"},
		{"\\C2842\\x", "\\C2842\\x"},	{"\\Zfoo\\", "\\Zfoo\\"},	{"C:\\dir\\F\\x", "C:\\dir|x"},
		{"\\\\", "\\\\"},		{"\\.sp999999999\\", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hl7_message m = parsed(str_c(a, str_printf(a, "%sPID|1||||%s\r", HEAD, cases[i].sent)));
		struct str got = hl7_field(&m, hl7_segment(&m, "PID", 0), 5);
		if (cases[i].want)
			assert_text(got, cases[i].want);
		else
			assert_int_equal(got.n, 80);
		assert_int_equal(m.segment_count, 2);
	}
}

static void test_character_sets(void **state)
{
	(void)state;
	static const struct {
		const char *charset, *bytes, *want; /* NULL: refused */
	} cases[] = {
		{"8859/1", "SI\xc2N", "SI\xc3\x82N"},	  {"8859/15", "\xa4", "\xe2\x82\xac"},	{"WINDOWS-1252", "O\x92NEIL", "O\xe2\x80\x99NEIL"},
		{"UNICODE UTF-8", "\xc3\x82", "\xc3\x82"}, {"UNICODE", "\xc3\x82", "\xc3\x82"},	{"", "\xc3\x82", "\xc3\x82"},
		{"", "\xc2N", NULL},			  {"ASCII", "\xc3\x82", NULL},		{"UNICODE UTF-8", "\xc0\x80", NULL},
		{"UNICODE UTF-8", "\xed\xa0\x80", NULL},  {"KS X 1001", "A", NULL},		{"WINDOWS-1252", "\x81", NULL},
		{"8859/1", "\x81", NULL},		  {"8859/1~ISO IR87", "\xe9", "\xc3\xa9"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text = str_printf(a, "MSH|^~\\&|ED|R|H|D|2026||ADT^A04|M1|P|2.4||||||%s\rPID|1||||%s\r", cases[i].charset, cases[i].bytes);
		struct hl7_message m;
		struct err e = ERR_INIT;
		bool ok = hl7_parse(a, text, &m, &e);
		if (ok != (cases[i].want != NULL))
			fail_msg("case %zu: %s", i, ok ? "taken" : e.message);
		if (ok)
			assert_text(hl7_field(&m, hl7_segment(&m, "PID", 0), 5), cases[i].want);
		else
			assert_text(hl7_field(&m, hl7_segment(&m, "MSH", 0), 10), "M1");
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"", "\r\r\r", "MSH", "msh|^~\\&|A\r", "PID|1\r", "MSH|\r", "MSH|^\r", "MSH|^^\\&|A\r", "MSH|^~\\\\&|A\r", "MSHA^~\\&|\r", "MSH|^~\\&#!|\r",
		"\xef\xbb\xbfMSH|^~\\&|A\r", HEAD "PIDX|1\r", HEAD "PI\r", HEAD "pid|1\r", HEAD HEAD, HEAD "PID|a\x0b" "b\r", HEAD "PID|a\x1c" "b\r",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hl7_message m;
		struct err e = ERR_INIT;
		if (hl7_parse(a, str_from(cases[i]), &m, &e))
			fail_msg("case %zu was taken", i);
		assert_int_equal(e.code, ERR_SYNTAX);
		assert_true(str_find(hl7_ack(a, &m, "AR", &e, 0, STR("1")), STR("MSA|AR|")) > 0);
	}
}

static void test_limits(void **state)
{
	(void)state;
	static const char fill[] = {'~', '^', '&', '|'};
	for (size_t i = 0; i < sizeof fill; i++) {
		struct buf b = buf_new(a, 1 << 20);
		buf_c(&b, HEAD "PID|1||");
		for (int k = 0; k < 100000; k++)
			buf_char(&b, fill[i]);
		struct hl7_message m;
		struct err e = ERR_INIT;
		assert_false(hl7_parse(a, buf_str(&b), &m, &e));
		assert_int_equal(e.code, ERR_TOO_LARGE);
	}
	struct buf b = buf_new(a, 1 << 20);
	buf_c(&b, HEAD);
	for (int k = 0; k < HL7_MAX_SEGMENTS; k++)
		buf_c(&b, "NTE|1\r");
	struct hl7_message m;
	struct err e = ERR_INIT;
	assert_false(hl7_parse(a, buf_str(&b), &m, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void test_times(void **state)
{
	(void)state;
	static const struct {
		const char *sent, *want; /* NULL: refused */
	} cases[] = {
		{"2015", "2015"},
		{"201503", "2015-03"},
		{"20150304", "2015-03-04"},
		{"20260731161000", "2026-07-31T16:10:00+01:00"},
		{"202612181630", "2026-12-18T16:30:00+00:00"},
		{"2026121816", "2026-12-18T16:00:00+00:00"},
		{"20261218163000.1234-0500", "2026-12-18T16:30:00-05:00"},
		{"20261218+0000", "2026-12-18"},
		{"20150230", NULL},
		{"20151301", NULL},
		{"2015-03-04", NULL},
		{"201", NULL},
		{"20150304250000", NULL},
		{"20261218163000.", NULL},
		{"20261218163000+9900", NULL},
		{"", NULL},
		{"0000", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct date d;
		struct err e = ERR_INIT;
		bool ok = hl7_time(str_from(cases[i].sent), &d, &e);
		if (ok != (cases[i].want != NULL))
			fail_msg("\"%s\" %s", cases[i].sent, ok ? "taken" : "refused");
		if (ok)
			assert_text(hl7_time_fhir(a, &d), cases[i].want);
	}
}

static void test_ack_with_err(void **state)
{
	(void)state;
	struct err e = ERR_INIT;
	err_set(&e, ERR_VALUE, "\"2015|0230\" is not a date");
	err_at(&e, "PID^1^7");
	struct hl7_message old = parsed(HEAD);
	assert_text(hl7_ack(a, &old, "AE", &e, 1797589800000000, STR("H7")),
		    "MSH|^~\\&|HEED|DERBY|ED|RXX01|20261218103000||ACK^A04|H7|P|2.4\rMSA|AE|M1|\"2015\\F\\0230\" is not a date\r"
		    "ERR|PID^1^7^102&Data type error&HL70357\r");
	struct hl7_message new = parsed("MSH|^~\\&|ED|R|H|D|2026||ADT^A04^ADT_A01|M2|P|2.5.1\r");
	assert_text(hl7_ack(a, &new, "AE", &e, 1797589800000000, STR("H8")),
		    "MSH|^~\\&|H|D|ED|R|20261218103000||ACK^A04|H8|P|2.5.1\rMSA|AE|M2|\"2015\\F\\0230\" is not a date\r"
		    "ERR||PID^1^7|102^Data type error^HL70357|E|||\"2015\\F\\0230\" is not a date|\"2015\\F\\0230\" is not a date\r");
}

/* ---- suites ---- */

static struct str read_whole(const char *path)
{
	struct str s = STR_NONE;
	struct err e = ERR_INIT;
	if (!env_system()->read_file(env_system(), a, path, 16 << 20, &s, &e))
		fail_msg("%s: %s", path, e.message);
	return s;
}

/* Every field of every segment is asked for; the answer names the sender's MSH-10, read here the plain way. */
static void one_message(const char *path)
{
	struct str raw = read_whole(path);
	struct hl7_message m;
	struct err e = ERR_INIT;
	bool ok = hl7_parse(a, raw, &m, &e);
	if (!ok && e.message[0] == '\0')
		fail_msg("%s: refused without a word", path);
	for (size_t i = 0; ok && i < m.segment_count; i++)
		for (int f = 0; f <= (int)m.segments[i].field_count + 1; f++)
			for (int r = 1; r <= 3; r++)
				(void)hl7_get(&m, &m.segments[i], f, r, r, 1);
	struct str ack = hl7_ack(a, &m, ok ? "AA" : "AE", ok ? NULL : &e, 0, STR("1"));
	if (!m.segment_count)
		return;
	struct str rest = raw, own = STR_NONE;
	for (int i = 0; i < 10 && str_next(&rest, raw.p[3], &own);)
		i++;
	ptrdiff_t end = str_find_char(own, '\r');
	own = end < 0 ? own : STR_NONE;
	struct str want = str_printf(a, "\rMSA%c%s%c%.*s", raw.p[3], ok ? "AA" : "AE", raw.p[3], STR_ARG(own));
	if (str_find(ack, want) < 0)
		fail_msg("%s: MSA-2 is not its MSH-10", path);
}

static int every_file(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;
	if (!d)
		return 0;
	for (struct dirent *f; (f = readdir(d));) {
		const char *path = str_c(a, str_printf(a, "%s/%s", dir, f->d_name));
		if (f->d_name[0] == '.')
			continue;
		if (!str_ends(str_from(path), STR(".hl7"))) {
			n += every_file(path);
			continue;
		}
		one_message(path);
		n++;
	}
	closedir(d);
	return n;
}

static void test_published_messages(void **state)
{
	(void)state;
	const char *suites = getenv("HEED_SUITES");
	int n = suites ? every_file(str_c(a, str_printf(a, "%s/hl7v2", suites))) : 0;
	if (suites)
		n += every_file(str_c(a, str_printf(a, "%s/hostile/hl7v2-malformed", suites)));
	if (n == 0) {
		print_message("skipped: no HL7 v2 suite\n");
		skip();
	}
	print_message("%d messages\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),	  cmocka_unit_test(test_other_separators), cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_character_sets), cmocka_unit_test(test_refused),	   cmocka_unit_test(test_limits),
		cmocka_unit_test(test_times),	  cmocka_unit_test(test_ack_with_err),	   cmocka_unit_test(test_published_messages),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
