/* Index rows into the database. Rows are written in the order of their keys, and of an update only the difference. */
#include "store/store_int.h"

int index_row_cmp(const struct index_row *x, const struct index_row *y)
{
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->param != y->param)
		return x->param < y->param ? -1 : 1;
	int c = str_cmp(x->text, y->text);
	if (c)
		return c;
	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return str_cmp(x->exact, y->exact);
}

static const char *const insert_name[INDEX_KINDS] = {
	[INDEX_TOKEN] = "token_insert", [INDEX_REFERENCE] = "reference_insert", [INDEX_STRING] = "string_insert",
	[INDEX_DATE] = "date_insert", [INDEX_NUMBER] = "number_insert", [INDEX_QUANTITY] = "quantity_insert", [INDEX_URI] = "uri_insert",
};
static const char *const delete_name[INDEX_KINDS] = {
	[INDEX_TOKEN] = "token_delete", [INDEX_REFERENCE] = "reference_delete", [INDEX_STRING] = "string_delete",
	[INDEX_DATE] = "date_delete", [INDEX_NUMBER] = "number_delete", [INDEX_QUANTITY] = "quantity_delete", [INDEX_URI] = "uri_delete",
};

static bool run_row(struct sql *db, const char *name, int64_t rid, const struct index_row *row, struct err *e)
{
	struct sql_stmt *s = sql_use(db, name);
	sql_bind_i64(s, 1, row->param);
	switch (row->kind) {
	case INDEX_DATE: sql_bind_i64(s, 2, row->lo); break;
	case INDEX_NUMBER:
	case INDEX_QUANTITY: sql_bind_double(s, 2, row->number); break;
	default: sql_bind_str(s, 2, row->text); break;
	}
	sql_bind_i64(s, 3, rid);
	switch (row->kind) {
	case INDEX_TOKEN: sql_bind_i64(s, 4, row->lo); break;
	case INDEX_STRING: sql_bind_str(s, 4, row->exact); break;
	case INDEX_DATE: sql_bind_i64(s, 4, row->hi); break;
	case INDEX_QUANTITY:
		sql_bind_str(s, 4, row->text);
		sql_bind_i64(s, 5, row->lo);
		break;
	default: break;
	}
	return sql_run(s, e);
}

bool index_write(struct sql *db, int64_t rid, const struct index_rows *before, const struct index_rows *after, int64_t *touched,
		 struct err *e)
{
	size_t i = 0, k = 0;
	while (i < before->n || k < after->n) {
		int c = i == before->n ? 1 : k == after->n ? -1 : index_row_cmp(&before->v[i], &after->v[k]);
		if (c == 0) {
			i++;
			k++;
			continue;
		}
		const struct index_row *row = c < 0 ? &before->v[i++] : &after->v[k++];
		if (!run_row(db, (c < 0 ? delete_name : insert_name)[row->kind], rid, row, e))
			return false;
		if (touched)
			++*touched;
	}
	return true;
}
