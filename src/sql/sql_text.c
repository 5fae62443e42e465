/* SQL built at run time. Only literals of the source and bound values can get in: there is no way to add other text. */
#include "sql/sql_int.h"

enum value_kind { VALUE_I64, VALUE_STR, VALUE_DOUBLE };

struct value {
	enum value_kind kind;
	union {
		int64_t i;
		struct str s;
		double d;
	};
};

struct part { /* a literal, or (NULL) the next value */
	const char *literal;
};

struct sql_text {
	struct arena *arena;
	VEC(struct part) parts;
	VEC(struct value) values;
};

enum { TEXT_MAX = 256 * 1024 };


struct sql_text *sql_text_new(struct arena *a)
{
	struct sql_text *t = ARENA_NEW(a, struct sql_text);
	t->arena = a;
	return t;
}

void sql_text_literal(struct sql_text *t, const char *literal)
{
	VEC_PUSH(t->arena, &t->parts, (struct part){literal});
}

static void add_value(struct sql_text *t, struct value v)
{
	VEC_PUSH(t->arena, &t->parts, (struct part){NULL});
	VEC_PUSH(t->arena, &t->values, v);
}

void sql_val_i64(struct sql_text *t, int64_t v)
{
	add_value(t, (struct value){.kind = VALUE_I64, .i = v});
}

void sql_val_str(struct sql_text *t, struct str v)
{
	add_value(t, (struct value){.kind = VALUE_STR, .s = v});
}

void sql_val_double(struct sql_text *t, double v)
{
	add_value(t, (struct value){.kind = VALUE_DOUBLE, .d = v});
}

void sql_text_append(struct sql_text *t, const struct sql_text *part)
{
	for (size_t i = 0; i < part->parts.n; i++)
		VEC_PUSH(t->arena, &t->parts, part->parts.v[i]);
	for (size_t i = 0; i < part->values.n; i++)
		VEC_PUSH(t->arena, &t->values, part->values.v[i]);
}

struct str sql_text_str(struct sql_text *t)
{
	struct buf b = buf_new(t->arena, TEXT_MAX);
	uint64_t parameter = 0;
	for (size_t i = 0; i < t->parts.n; i++) {
		if (t->parts.v[i].literal) {
			buf_c(&b, t->parts.v[i].literal);
			continue;
		}
		buf_char(&b, '?');
		buf_u64(&b, ++parameter);
	}
	return buf_ok(&b) ? buf_str(&b) : STR_NONE;
}

static void bind(struct sql_stmt *s, int i, const struct value *v)
{
	if (v->kind == VALUE_I64)
		sql_bind_i64(s, i, v->i);
	else if (v->kind == VALUE_DOUBLE)
		sql_bind_double(s, i, v->d);
	else
		sql_bind_str(s, i, v->s);
}

struct sql_stmt *sql_use_text(struct sql *db, struct sql_text *t, struct err *e)
{
	struct str text = sql_text_str(t);
	if (!text.p) {
		err_set(e, ERR_TOO_COSTLY, "the query is too long");
		return NULL;
	}
	struct sql_stmt *s = sql_use_cached(db, text, e);
	for (size_t i = 0; s && i < t->values.n; i++)
		bind(s, (int)i + 1, &t->values.v[i]);
	return s;
}
