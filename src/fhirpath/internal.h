/* fhirpath/internal: what the files of this folder share. Nobody outside includes it.
 *
 *   lex.c parse.c   text to tree            member.c    from an element to its children, by pre-resolved keys
 *   print.c         tree to text            eval.c      the walk over the tree; operators in operators.c
 *   check.c         static check            compare.c   = ~ < and their like
 *   cache.c         compile, process cache  decimal.c   exact decimals    moment.c  dates and times    units.c  UCUM
 *   value.c set.c   values, sets of them    fn_*.c      functions, a file a chapter; functions.c is the table
 *
 * TO ADD A FUNCTION: write `bool fn_name(struct call *c)` in the file of its chapter, declare it in functions.h, and add one line to
 * the table in functions.c: name, arity, what each argument is, flags. The evaluator checks arity, cardinality and emptiness.
 */
#ifndef HEED_FHIRPATH_INTERNAL_H
#define HEED_FHIRPATH_INTERNAL_H

#include "fhirpath/fhirpath.h"

/* ---- limits ---- */

#define FP_MAX_SOURCE (64 * 1024)
#define FP_MAX_DEPTH 200 /* of the tree; each level is a C call or two while evaluating */
#define FP_MAX_ITEMS 200000
#define FP_MAX_TEXT (4 * 1024 * 1024)
#define FP_DEFAULT_STEPS 1000000

/* ---- decimals: c / 10^scale ---- */

struct dec {
	__int128 c;
	int scale; /* 0 .. DEC_MAX_SCALE */
};

#define DEC_MAX_SCALE 60

bool dec_parse(struct str s, struct dec *out); /* false: not a number, or more digits than 38 */
struct dec dec_int(int64_t i);
int dec_cmp(struct dec a, struct dec b);
bool dec_add(struct dec a, struct dec b, struct dec *out); /* these: false on overflow (or a zero divisor) */
bool dec_sub(struct dec a, struct dec b, struct dec *out);
bool dec_mul(struct dec a, struct dec b, struct dec *out);
bool dec_div(struct dec a, struct dec b, struct dec *out); /* to 28 digits, trailing zeros cut */
bool dec_idiv(struct dec a, struct dec b, struct dec *out);
bool dec_mod(struct dec a, struct dec b, struct dec *out);
struct dec dec_trim(struct dec a); /* trailing zeros of the fraction cut */
enum dec_round { DEC_HALF_UP, DEC_DOWN, DEC_FLOOR, DEC_CEILING };
bool dec_round(struct dec a, int scale, enum dec_round how, struct dec *out); /* to exactly that many places */
bool dec_to_i64(struct dec a, int64_t *out);                                  /* only a whole number */
double dec_to_double(struct dec a);
bool dec_from_double(double d, struct dec *out); /* 15 significant digits */
struct str dec_text(struct arena *a, struct dec d);

/* ---- dates and times ---- */

/* Like date_parse, but FHIRPath's wider forms: no zone, an hour or a minute alone, a trailing T. */
bool moment_parse(struct str s, enum fp_type type, struct date *out);
struct str moment_text(struct arena *a, const struct date *d, enum fp_type type);
enum tri { TRI_FALSE, TRI_TRUE, TRI_EMPTY };
enum order { ORDER_LESS, ORDER_SAME, ORDER_MORE, ORDER_UNKNOWN };
enum order moment_order(const struct date *a, enum fp_type at, const struct date *b, enum fp_type bt);
bool moment_add(struct date *d, enum fp_type type, struct dec amount, struct str unit, struct err *e);
int moment_digits(const struct date *d, enum fp_type type); /* precision(): 4 year ... 17 millisecond; time from 2 */
bool moment_boundary(struct date *d, enum fp_type type, int digits, bool high); /* false: no such precision */

/* ---- units ---- */

struct unit {
	int8_t dim[9];
	struct dec num, den; /* to base units: value * num / den */
	bool calendar_long;  /* year or month as a calendar word: not of fixed length */
};

bool unit_parse(struct str s, struct unit *out);
bool unit_same_dimension(const struct unit *a, const struct unit *b);
struct str unit_calendar(struct str s); /* "years" -> "year"; STR_NONE when it is no calendar word */
/* value of unit `from` expressed in `to`; false when not comparable or too large */
bool unit_convert(struct dec v, const struct unit *from, const struct unit *to, struct dec *out);
bool unit_order(struct dec a, const struct unit *ua, struct dec b, const struct unit *ub, int *cmp);
struct str unit_product(struct arena *a, struct str x, struct str y, bool divide);

/* ---- the tree ---- */

#define FP_OPS(X)                                                                                                          \
	X(OP_NONE, "", 0)                                                                                                  \
	X(OP_IMPLIES, "implies", 1)                                                                                        \
	X(OP_OR, "or", 2)                                                                                                  \
	X(OP_XOR, "xor", 2)                                                                                                \
	X(OP_AND, "and", 3)                                                                                                \
	X(OP_IN, "in", 4)                                                                                                  \
	X(OP_CONTAINS, "contains", 4)                                                                                      \
	X(OP_EQ, "=", 5)                                                                                                   \
	X(OP_NE, "!=", 5)                                                                                                  \
	X(OP_EQV, "~", 5)                                                                                                  \
	X(OP_NEQV, "!~", 5)                                                                                                \
	X(OP_LT, "<", 6)                                                                                                   \
	X(OP_LE, "<=", 6)                                                                                                  \
	X(OP_GT, ">", 6)                                                                                                   \
	X(OP_GE, ">=", 6)                                                                                                  \
	X(OP_UNION, "|", 7)                                                                                                \
	X(OP_IS, "is", 8)                                                                                                  \
	X(OP_AS, "as", 8)                                                                                                  \
	X(OP_ADD, "+", 9)                                                                                                  \
	X(OP_SUB, "-", 9)                                                                                                  \
	X(OP_CAT, "&", 9)                                                                                                  \
	X(OP_MUL, "*", 10)                                                                                                 \
	X(OP_DIV, "/", 10)                                                                                                 \
	X(OP_IDIV, "div", 10)                                                                                              \
	X(OP_MOD, "mod", 10)

enum fp_op {
#define X(name, text, power) name,
	FP_OPS(X)
#undef X
};

#define FP_POWER_UNARY 11

enum node_kind {
	NODE_LITERAL,
	NODE_EMPTY,    /* {} */
	NODE_THIS,     /* $this */
	NODE_INDEX,    /* $index */
	NODE_TOTAL,    /* $total */
	NODE_EXTERNAL, /* %name */
	NODE_MEMBER,   /* left.name; left NULL: of $this */
	NODE_CALL,     /* left.name(args) */
	NODE_ITEM,     /* left[right] */
	NODE_UNARY,    /* op right */
	NODE_BINARY,   /* left op right */
	NODE_TYPE      /* left is|as type */
};

/* A type named in the source. Both may be set: an unqualified Quantity is FHIR's and System's. */
struct type_ref {
	const struct fhir_type *fhir;
	bool is_system;
	enum fp_type system; /* when is_system */
	struct str name;
};

struct node {
	uint8_t kind; /* enum node_kind */
	uint8_t op;   /* enum fp_op */
	uint16_t argc;
	uint16_t depth;
	bool dotted; /* printed: written after a dot (left may still be NULL in "$this.") */
	uint32_t start, end; /* in the source */
	uint32_t at;         /* of its own token: the operator, the name after the dot; what a message points at */
	uint32_t hash;       /* of name, for members */
	struct str name;
	struct node *left, *right;
	struct node **args;
	const struct function *fn;
	struct fp_value value;  /* literal */
	struct type_ref type;   /* is, as, ofType */
	const struct fhir_type *root_type; /* a member that may be the name of the context's type */
	void *regex;            /* a literal pattern, compiled */
};

struct fp_expr {
	struct str source;
	struct node *root;
};

bool fp_parse(struct arena *a, struct str source, struct fp_expr *out, struct err *e);
bool fp_error_at(struct err *e, enum err_code code, struct str source, size_t offset, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
const char *fp_op_text(enum fp_op op);

/* ---- lexer ---- */

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,      /* identifier or word */
	TOKEN_QUOTED,    /* `identifier` */
	TOKEN_STRING,
	TOKEN_INTEGER,
	TOKEN_DECIMAL,
	TOKEN_DATE,
	TOKEN_DATETIME,
	TOKEN_TIME,
	TOKEN_SYMBOL, /* text says which */
	TOKEN_DOLLAR, /* $this: text without the $ */
};

struct token {
	enum token_kind kind;
	struct str text; /* decoded for strings and quoted names */
	uint32_t start, end;
};

struct lexer {
	struct arena *arena;
	struct str source;
	size_t at;
};

bool lex_next(struct lexer *l, struct token *out, struct err *e);

/* ---- evaluation ---- */

struct variable {
	struct str name;
	struct fp_list value;
	const struct variable *outer;
};

struct scope {
	const struct fp_list *self;  /* $this */
	const struct fp_list *total; /* $total; NULL outside aggregate() */
	int64_t index;               /* $index; -1 when there is none */
};

struct explanation; /* explain.c */

struct ev {
	struct arena *arena;
	struct fp_env *env;
	const struct fp_expr *expr;
	struct err *e;
	struct scope scope;
	const struct variable *vars; /* defineVariable() */
	struct fp_value *root;       /* a copy of env->resource with an address that lasts */
	uint64_t steps;
	struct explanation *explain;
};

bool ev_node(struct ev *ev, const struct node *n, struct fp_list *out);
bool ev_with(struct ev *ev, const struct node *n, const struct fp_list *self, int64_t index, struct fp_list *out);
bool ev_fail(struct ev *ev, const struct node *n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool ev_costly(struct ev *ev, const struct node *n, const char *what);
bool ev_step(struct ev *ev, const struct node *n);
bool fp_run(struct ev *ev, const struct fp_list *input, struct fp_list *out); /* the whole of ev->expr */
bool ev_binary(struct ev *ev, const struct node *n, struct fp_list *out);
bool ev_unary(struct ev *ev, const struct node *n, struct fp_list *out);
bool ev_external(struct ev *ev, const struct node *n, struct fp_list *out);
void explain_record(struct ev *ev, const struct node *n, const struct fp_list *out);

/* A list that starts on the stack, so that singletons cost no allocation. */
#define FP_LOCAL_CAP 2
#define FP_LOCAL(name)                                                                                                     \
	struct fp_value name##_room[FP_LOCAL_CAP] __attribute__((uninitialized));                                         \
	struct fp_list name = {name##_room, 0, FP_LOCAL_CAP}

static inline struct fp_list fp_one(struct fp_value *v)
{
	return (struct fp_list){v, 1, 1};
}

bool list_push(struct ev *ev, const struct node *n, struct fp_list *l, const struct fp_value *v); /* bounded */
bool list_append(struct ev *ev, const struct node *n, struct fp_list *to, const struct fp_list *from);
struct fp_list list_keep(struct arena *a, const struct fp_list *l); /* a copy that lasts */

/* ---- members ---- */

struct member_key {
	struct str key; /* "valueQuantity" */
	const struct fhir_type *type;
	enum fp_type value_type;
};

struct member {
	const struct fhir_type *of;
	struct str name;
	uint16_t n; /* 0: no such element */
	bool choice;
	bool holds_resource; /* contained, entry.resource: the type is in the value */
	struct member_key keys[];
};

const struct member *member_find(const struct fhir_type *of, struct str name, uint32_t hash);
uint32_t member_hash(struct str name);
bool member_step(struct ev *ev, const struct node *n, const struct fp_value *v, struct fp_list *out);
bool member_named(struct ev *ev, const struct node *n, const struct fp_value *v, struct str name, struct fp_list *out);
bool member_children(struct ev *ev, const struct node *n, const struct fp_value *v, struct fp_list *out);
struct fp_value value_of(const struct json *node, const struct json *extra, const struct fhir_type *type, enum fp_type value_type);
enum fp_type value_type_of(const struct fhir_type *type);

/* ---- values ---- */

bool value_is_primitive(const struct fp_value *v);
bool value_is_blank(const struct fp_value *v); /* a primitive with extensions but no value */
bool value_is(const struct fp_value *v, const struct type_ref *t, bool exact_primitive);
bool value_number(const struct fp_value *v, struct dec *out); /* integer or decimal */
bool value_quantity(const struct fp_value *v, struct fp_value *out); /* System or FHIR Quantity, decimal */
bool value_as_quantity(struct arena *a, const struct fp_value *v, struct fp_value *out); /* and an integer */
bool value_moment(const struct fp_value *v, struct date *out);
struct fp_value value_decimal(struct arena *a, struct dec d);
struct fp_value value_quantity_of(struct arena *a, struct dec d, struct str unit);
struct fp_value value_of_moment(struct arena *a, const struct date *d, enum fp_type type);
const char *fp_type_word(enum fp_type t); /* "Integer" */
bool type_ref_resolve(struct str namespace, struct str name, struct type_ref *out);
bool value_tri(struct ev *ev, const struct node *n, const struct fp_list *l, enum tri *out);

/* ---- comparison ---- */

enum tri list_equal(struct ev *ev, const struct fp_list *a, const struct fp_list *b);
enum tri value_equal(struct ev *ev, const struct fp_value *a, const struct fp_value *b);
bool list_equivalent(struct ev *ev, const struct fp_list *a, const struct fp_list *b);
bool value_equivalent(struct ev *ev, const struct fp_value *a, const struct fp_value *b);
/* false: not comparable types */
bool value_order(struct ev *ev, const struct fp_value *a, const struct fp_value *b, enum order *out);
bool list_has(struct ev *ev, const struct fp_list *l, const struct fp_value *v);

struct set_slot {
	uint64_t hash;
	uint32_t number; /* of the item, from 1 */
};

struct set {
	struct ev *ev;
	struct fp_list items;
	struct set_slot *slots; /* none while the items are few */
	size_t slot_count;
};

#define FP_SET(name, evaluation)                                                                                           \
	struct fp_value name##_room[FP_LOCAL_CAP] __attribute__((uninitialized));                                         \
	struct set name = {.ev = (evaluation), .items = {name##_room, 0, FP_LOCAL_CAP}}

bool set_has(const struct set *s, const struct fp_value *v);
bool set_add(struct set *s, const struct node *n, const struct fp_value *v, bool *added);
bool set_add_all(struct set *s, const struct node *n, const struct fp_list *l);

/* ---- functions ---- */

enum {
	FN_EMPTY = 1,      /* empty in, empty out */
	FN_ONE = 2,        /* more than one item in is an error */
	FN_STRING = 4,     /* the item must be a string (or convertible as FHIR's are): implies FN_ONE */
	FN_ARG_EMPTY = 8,  /* an empty argument gives empty */
	FN_BOOLEAN = 16    /* every item in must be a boolean */
};

#define FN_MAX_ARGS 8

struct call;

struct function {
	const char *name;
	uint8_t min, max;
	/* one letter an argument: E expression for each item, A any collection, V one value, S string, R pattern, I integer, N number, T type */
	const char *args;
	/* for the static check: B boolean, I integer, S string, N decimal, D date, M dateTime, T time, Q quantity; = what came in,
	 * e what the expression gives, r that and again, t the type named, u both sides, i either branch, x an extension, c children, ? unknown */
	char gives;
	uint8_t flags;
	bool (*call)(struct call *c);
};

struct call {
	struct ev *ev;
	const struct node *node;
	const struct function *fn;
	const struct fp_list *in;
	const struct fp_value *item; /* the only one, with FN_ONE */
	struct fp_list arg[FN_MAX_ARGS]; /* of the kinds that are evaluated */
	struct fp_list *out;
};

const struct function *function_find(struct str name);
bool ev_call(struct ev *ev, const struct node *n, struct fp_list *out);
bool call_each(struct call *c, int arg, const struct fp_value *v, size_t index, struct fp_list *out);
bool call_return(struct call *c, struct fp_value v);
bool call_return_bool(struct call *c, bool b);
bool call_return_int(struct call *c, int64_t i);
bool call_return_str(struct call *c, struct str s);
struct str call_str(const struct call *c, int arg);
bool call_int(const struct call *c, int arg, int64_t *out); /* false when not given */
bool fp_regex_prepare(struct arena *a, struct node *n, struct str source, struct err *e);

#endif
