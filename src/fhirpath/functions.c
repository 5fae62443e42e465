/* The table of functions, and how one is called: the focus and the arguments are evaluated and held to what the table says (how
 * many items, of what type, what an empty one means), so that the functions themselves need not. */
#include "fhirpath/functions.h"

#include <string.h>

/* name, fewest and most arguments, what each is, what it gives (both internal.h), flags. Numbers are sections of the specification. */
static const struct function functions[] = {
	/* 5.1 existence */
	{"empty", 0, 0, "", 'B', 0, fn_empty},
	{"exists", 0, 1, "E", 'B', 0, fn_exists},
	{"all", 1, 1, "E", 'B', 0, fn_all},
	{"allTrue", 0, 0, "", 'B', FN_BOOLEAN, fn_all_true},
	{"anyTrue", 0, 0, "", 'B', FN_BOOLEAN, fn_any_true},
	{"allFalse", 0, 0, "", 'B', FN_BOOLEAN, fn_all_false},
	{"anyFalse", 0, 0, "", 'B', FN_BOOLEAN, fn_any_false},
	{"subsetOf", 1, 1, "A", 'B', 0, fn_subset_of},
	{"supersetOf", 1, 1, "A", 'B', 0, fn_superset_of},
	{"count", 0, 0, "", 'I', 0, fn_count},
	{"distinct", 0, 0, "", '=', 0, fn_distinct},
	{"isDistinct", 0, 0, "", 'B', 0, fn_is_distinct},
	{"not", 0, 0, "", 'B', 0, fn_not},

	/* 5.2 filtering and projection */
	{"where", 1, 1, "E", '=', 0, fn_where},
	{"select", 1, 1, "E", 'e', 0, fn_select},
	{"repeat", 1, 1, "E", 'r', 0, fn_repeat},
	{"repeatAll", 1, 1, "E", 'r', 0, fn_repeat_all},
	{"ofType", 1, 1, "T", 't', 0, fn_of_type},

	/* 5.3 subsetting */
	{"single", 0, 0, "", '=', 0, fn_single},
	{"first", 0, 0, "", '=', 0, fn_first},
	{"last", 0, 0, "", '=', 0, fn_last},
	{"tail", 0, 0, "", '=', 0, fn_tail},
	{"skip", 1, 1, "I", '=', 0, fn_skip},
	{"take", 1, 1, "I", '=', 0, fn_take},
	{"intersect", 1, 1, "A", '=', 0, fn_intersect},
	{"exclude", 1, 1, "A", '=', 0, fn_exclude},

	/* 5.4 combining */
	{"union", 1, 1, "A", 'u', 0, fn_union},
	{"combine", 1, 1, "A", 'u', 0, fn_combine},
	{"coalesce", 1, 8, "AAAAAAAA", '?', 0, fn_coalesce},

	/* 5.5 conversion */
	{"iif", 2, 3, "EEE", 'i', 0, fn_iif},
	{"toBoolean", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_to_boolean},
	{"convertsToBoolean", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_boolean},
	{"toInteger", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_to_integer},
	{"convertsToInteger", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_integer},
	{"toDecimal", 0, 0, "", 'N', FN_EMPTY | FN_ONE, fn_to_decimal},
	{"convertsToDecimal", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_decimal},
	{"toDate", 0, 0, "", 'D', FN_EMPTY | FN_ONE, fn_to_date},
	{"convertsToDate", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_date},
	{"toDateTime", 0, 0, "", 'M', FN_EMPTY | FN_ONE, fn_to_datetime},
	{"convertsToDateTime", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_datetime},
	{"toTime", 0, 0, "", 'T', FN_EMPTY | FN_ONE, fn_to_time},
	{"convertsToTime", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_time},
	{"toString", 0, 0, "", 'S', FN_EMPTY | FN_ONE, fn_to_string},
	{"convertsToString", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_converts_to_string},
	{"toQuantity", 0, 1, "S", 'Q', FN_EMPTY | FN_ONE, fn_to_quantity},
	{"convertsToQuantity", 0, 1, "S", 'B', FN_EMPTY | FN_ONE, fn_converts_to_quantity},

	/* 5.6 strings */
	{"length", 0, 0, "", 'I', FN_EMPTY | FN_STRING, fn_length},
	{"indexOf", 1, 1, "S", 'I', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_index_of},
	{"lastIndexOf", 1, 1, "S", 'I', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_last_index_of},
	{"substring", 1, 2, "II", 'S', FN_EMPTY | FN_STRING, fn_substring},
	{"startsWith", 1, 1, "S", 'B', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_starts_with},
	{"endsWith", 1, 1, "S", 'B', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_ends_with},
	{"contains", 1, 1, "S", 'B', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_contains},
	{"upper", 0, 0, "", 'S', FN_EMPTY | FN_STRING, fn_upper},
	{"lower", 0, 0, "", 'S', FN_EMPTY | FN_STRING, fn_lower},
	{"replace", 2, 2, "SS", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_replace},
	{"matches", 1, 1, "R", 'B', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_matches},
	{"matchesFull", 1, 1, "R", 'B', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_matches},
	{"replaceMatches", 2, 2, "RS", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_replace_matches},
	{"toChars", 0, 0, "", 'S', FN_EMPTY | FN_STRING, fn_to_chars},
	{"trim", 0, 0, "", 'S', FN_EMPTY | FN_STRING, fn_trim},
	{"split", 1, 1, "S", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_split},
	{"join", 0, 1, "S", 'S', FN_EMPTY, fn_join},
	{"encode", 1, 1, "S", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_encode},
	{"decode", 1, 1, "S", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_decode},
	{"escape", 1, 1, "S", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_escape},
	{"unescape", 1, 1, "S", 'S', FN_EMPTY | FN_STRING | FN_ARG_EMPTY, fn_unescape},

	/* 5.7 math */
	{"abs", 0, 0, "", '?', FN_EMPTY | FN_ONE, fn_abs},
	{"ceiling", 0, 0, "", '?', FN_EMPTY | FN_ONE, fn_ceiling},
	{"exp", 0, 0, "", 'N', FN_EMPTY | FN_ONE, fn_exp},
	{"floor", 0, 0, "", '?', FN_EMPTY | FN_ONE, fn_floor},
	{"ln", 0, 0, "", 'N', FN_EMPTY | FN_ONE, fn_ln},
	{"log", 1, 1, "N", 'N', FN_EMPTY | FN_ONE | FN_ARG_EMPTY, fn_log},
	{"power", 1, 1, "N", '?', FN_EMPTY | FN_ONE | FN_ARG_EMPTY, fn_power},
	{"round", 0, 1, "I", '?', FN_EMPTY | FN_ONE | FN_ARG_EMPTY, fn_round},
	{"sqrt", 0, 0, "", 'N', FN_EMPTY | FN_ONE, fn_sqrt},
	{"truncate", 0, 0, "", '?', FN_EMPTY | FN_ONE, fn_truncate},
	{"precision", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_precision},
	{"lowBoundary", 0, 1, "I", '?', FN_EMPTY | FN_ONE, fn_low_boundary},
	{"highBoundary", 0, 1, "I", '?', FN_EMPTY | FN_ONE, fn_high_boundary},
	{"comparable", 1, 1, "V", 'B', FN_EMPTY | FN_ONE | FN_ARG_EMPTY, fn_comparable},

	/* 5.8 tree */
	{"children", 0, 0, "", 'c', 0, fn_children},
	{"descendants", 0, 0, "", 'c', 0, fn_descendants},

	/* 5.9 utility, 7 aggregates */
	{"trace", 1, 2, "SE", '=', 0, fn_trace},
	{"now", 0, 0, "", 'M', 0, fn_now},
	{"today", 0, 0, "", 'D', 0, fn_today},
	{"timeOfDay", 0, 0, "", 'T', 0, fn_time_of_day},
	{"aggregate", 1, 2, "EA", '?', 0, fn_aggregate},
	{"defineVariable", 1, 2, "SE", '=', 0, fn_define_variable},
	{"sort", 0, 8, "EEEEEEEE", '=', 0, fn_sort},
	{"yearOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_year_of},
	{"monthOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_month_of},
	{"dayOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_day_of},
	{"hourOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_hour_of},
	{"minuteOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_minute_of},
	{"secondOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_second_of},
	{"millisecondOf", 0, 0, "", 'I', FN_EMPTY | FN_ONE, fn_millisecond_of},

	/* 6.3 types, 10 reflection */
	{"is", 1, 1, "T", 'B', FN_EMPTY | FN_ONE, fn_is},
	{"as", 1, 1, "T", 't', FN_EMPTY | FN_ONE, fn_as},
	{"type", 0, 0, "", '?', 0, fn_type},

	/* FHIR R4 */
	{"extension", 1, 1, "S", 'x', FN_ARG_EMPTY, fn_extension},
	{"hasValue", 0, 0, "", 'B', 0, fn_has_value},
	{"getValue", 0, 0, "", '?', 0, fn_get_value},
	{"resolve", 0, 0, "", '?', 0, fn_resolve},
	{"memberOf", 1, 1, "S", 'B', FN_EMPTY | FN_ONE | FN_ARG_EMPTY, fn_member_of},
	{"conformsTo", 1, 1, "S", 'B', FN_EMPTY | FN_ONE | FN_ARG_EMPTY, fn_conforms_to},
	{"checkModifiers", 1, 8, "SSSSSSSS", '=', 0, fn_check_modifiers},
	{"htmlChecks", 0, 0, "", 'B', FN_EMPTY | FN_ONE, fn_html_checks},

	/* SQL on FHIR v2 */
	{"getResourceKey", 0, 0, "", 'S', 0, fn_get_resource_key},
	{"getReferenceKey", 0, 1, "T", 'S', 0, fn_get_reference_key},
};

const struct function *function_find(struct str name)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (str_is(name, functions[i].name))
			return &functions[i];
	return NULL;
}

/* ---- for the functions ---- */

bool call_each(struct call *c, int arg, const struct fp_value *v, size_t index, struct fp_list *out)
{
	struct fp_list self = fp_one((struct fp_value *)v);
	return ev_with(c->ev, c->node->args[arg], &self, (int64_t)index, out);
}

bool call_return(struct call *c, struct fp_value v)
{
	return list_push(c->ev, c->node, c->out, &v);
}

bool call_return_bool(struct call *c, bool b)
{
	return call_return(c, fp_boolean(b));
}

bool call_return_int(struct call *c, int64_t i)
{
	return call_return(c, fp_integer(i));
}

bool call_return_str(struct call *c, struct str s)
{
	c->ev->steps += s.n / 64;
	return call_return(c, fp_string(s.p ? s : STR("")));
}

struct str call_str(const struct call *c, int arg)
{
	return c->arg[arg].n ? c->arg[arg].v[0].text : STR("");
}

bool call_int(const struct call *c, int arg, int64_t *out)
{
	if (arg >= c->node->argc || !c->arg[arg].n)
		return false;
	*out = c->arg[arg].v[0].integer;
	return true;
}

/* ---- holding to the table ---- */

static const char *kind_word(char kind)
{
	switch (kind) {
	case 'I':
		return "an integer";
	case 'N':
		return "a number";
	default:
		return "a string";
	}
}

static bool kind_ok(char kind, const struct fp_value *v)
{
	switch (kind) {
	case 'S':
	case 'R':
		return v->type == FP_STRING;
	case 'I':
		return v->type == FP_INTEGER;
	case 'N':
		return v->type == FP_INTEGER || v->type == FP_DECIMAL;
	default:
		return true;
	}
}

static bool argument(struct call *c, size_t i, bool *empty)
{
	char kind = c->fn->args[i];
	const struct node *n = c->node->args[i];
	struct fp_list *l = &c->arg[i];
	if (n->kind == NODE_LITERAL && !c->ev->explain) {
		*l = fp_one((struct fp_value *)&n->value);
	} else {
		const struct variable *vars = c->ev->vars;
		bool ok = ev_node(c->ev, n, l);
		c->ev->vars = vars;
		if (!ok)
			return false;
	}
	if (kind == 'A')
		return true;
	if (l->n > 1)
		return ev_fail(c->ev, n, "%s() wants a single value here, and it came out as %zu items", c->fn->name, l->n);
	if (l->n == 0 || value_is_blank(&l->v[0])) {
		l->n = 0;
		*empty = true;
		return true;
	}
	return kind_ok(kind, &l->v[0]) || ev_fail(c->ev, n, "%s() wants %s here", c->fn->name, kind_word(kind));
}

static bool focus_ok(struct call *c)
{
	const struct fp_list *in = c->in;
	uint8_t flags = c->fn->flags;
	if ((flags & (FN_ONE | FN_STRING)) && in->n > 1)
		return ev_fail(c->ev, c->node, "%s() works on one item, and there are %zu", c->fn->name, in->n);
	for (size_t i = 0; (flags & FN_BOOLEAN) && i < in->n; i++)
		if (in->v[i].type != FP_BOOLEAN)
			return ev_fail(c->ev, c->node, "%s() works on booleans only", c->fn->name);
	if ((flags & FN_STRING) && in->n && in->v[0].type != FP_STRING)
		return ev_fail(c->ev, c->node, "%s() works on a string, and this is %s; see toString()", c->fn->name,
			       in->v[0].ftype ? in->v[0].ftype->name : fp_type_word(in->v[0].type));
	return true;
}

static bool is_lambda(char kind)
{
	return kind == 'E' || kind == 'T';
}

bool ev_call(struct ev *ev, const struct node *n, struct fp_list *out)
{
	FP_LOCAL(in);
	struct call c __attribute__((uninitialized));
	c.ev = ev;
	c.node = n;
	c.fn = n->fn;
	c.in = n->left ? &in : ev->scope.self;
	c.out = out;
	if (n->left && !ev_node(ev, n->left, &in))
		return false;
	if (!focus_ok(&c))
		return false;
	c.item = c.in->n ? &c.in->v[0] : NULL;
	bool blank = (n->fn->flags & FN_ONE || n->fn->flags & FN_STRING) && c.item && value_is_blank(c.item);
	if ((n->fn->flags & FN_EMPTY) && (!c.item || blank))
		return true;
	bool empty = false;
	for (size_t i = 0; i < n->argc; i++) {
		c.arg[i] = (struct fp_list){NULL, 0, 0};
		if (!is_lambda(n->fn->args[i]) && !argument(&c, i, &empty))
			return false;
	}
	for (size_t i = n->argc; i < n->fn->max; i++)
		c.arg[i] = (struct fp_list){NULL, 0, 0};
	if (empty && (n->fn->flags & FN_ARG_EMPTY))
		return true;
	return n->fn->call(&c);
}
