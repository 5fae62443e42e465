/* matches(), matchesFull(), replaceMatches(): PCRE2 with limits on matching, depth and memory, so that no pattern can hang.
 * A pattern written in the expression is compiled with it. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "fhirpath/functions.h"

#include <pcre2.h>
#include <string.h>

#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT_KIB 8192

static void free_code(void *code)
{
	pcre2_code_free(code);
}

static bool compile(struct arena *a, struct str pattern, bool full, pcre2_code **out, char *why, size_t why_size)
{
	int error;
	PCRE2_SIZE at;
	uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
	if (full)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	*out = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, options, &error, &at, NULL);
	if (*out) {
		arena_defer(a, free_code, *out);
		return true;
	}
	pcre2_get_error_message(error, (PCRE2_UCHAR *)why, why_size);
	return false;
}

static bool wants_regex(const struct node *n)
{
	return n->fn->args[0] == 'R';
}

bool fp_regex_prepare(struct arena *a, struct node *n, struct str source, struct err *e)
{
	if (!n->argc || !wants_regex(n) || n->args[0]->kind != NODE_LITERAL || n->args[0]->value.type != FP_STRING)
		return true;
	char why[128];
	pcre2_code *code;
	if (!compile(a, n->args[0]->value.text, strcmp(n->fn->name, "matchesFull") == 0, &code, why, sizeof why))
		return fp_error_at(e, ERR_INVALID, source, n->args[0]->start, "the pattern cannot be used: %s", why);
	n->regex = code;
	return true;
}

static bool regex_of(struct call *c, pcre2_code **out)
{
	char why[128];
	*out = c->node->regex;
	if (*out)
		return true;
	if (compile(c->ev->arena, call_str(c, 0), strcmp(c->fn->name, "matchesFull") == 0, out, why, sizeof why))
		return true;
	return ev_fail(c->ev, c->node, "the pattern cannot be used: %s", why);
}

static pcre2_match_context *limits(void)
{
	pcre2_match_context *m = pcre2_match_context_create(NULL);
	if (!m)
		return NULL;
	pcre2_set_match_limit(m, MATCH_LIMIT);
	pcre2_set_depth_limit(m, DEPTH_LIMIT);
	pcre2_set_heap_limit(m, HEAP_LIMIT_KIB);
	return m;
}

static bool failed(struct call *c, int rc)
{
	char why[128];
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT)
		return ev_costly(c->ev, c->node, "the pattern takes too long on this text");
	pcre2_get_error_message(rc, (PCRE2_UCHAR *)why, sizeof why);
	return ev_fail(c->ev, c->node, "the pattern failed: %s", why);
}

bool fn_matches(struct call *c)
{
	pcre2_code *code;
	struct str s = c->item->text;
	if (!regex_of(c, &code))
		return false;
	pcre2_match_context *m = limits();
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	int rc = pcre2_match(code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0, 0, data, m);
	pcre2_match_data_free(data);
	pcre2_match_context_free(m);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		return failed(c, rc);
	return call_return_bool(c, rc >= 0);
}

bool fn_replace_matches(struct call *c)
{
	pcre2_code *code;
	struct str s = c->item->text, with = call_str(c, 1);
	if (!call_str(c, 0).n)
		return call_return_str(c, s);
	if (!regex_of(c, &code))
		return false;
	PCRE2_SIZE n = s.n * 2 + with.n + 256;
	pcre2_match_context *m = limits();
	int rc = PCRE2_ERROR_NOMEMORY;
	char *out = NULL;
	for (int tries = 0; tries < 2 && rc == PCRE2_ERROR_NOMEMORY && n <= FP_MAX_TEXT; tries++) {
		out = arena_alloc(c->ev->arena, n);
		rc = pcre2_substitute(code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0,
				      PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY, NULL, m,
				      (PCRE2_SPTR)(with.p ? with.p : ""), with.n, (PCRE2_UCHAR *)out, &n);
	}
	pcre2_match_context_free(m);
	if (rc == PCRE2_ERROR_NOMEMORY)
		return ev_costly(c->ev, c->node, "a text grows too long");
	return rc < 0 ? failed(c, rc) : call_return_str(c, (struct str){out, n});
}
