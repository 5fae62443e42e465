/* The PostgreSQL driver, on libpq. Values go as text (bytea as its bytes), results come whole. */
#include "sql/sql_int.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS_MAX = 1000 };

struct pq_stmt {
	struct sql *db;
	char name[24];
	int n; /* parameters */
	char **values;
	int *lengths;
	int *formats; /* 0 text, 1 bytes */
	PGresult *result;
	int row;
	int scratch_n;
	char **scratch; /* of bytea columns of this row, decoded */
};

static void *must(void *p)
{
	if (!p) {
		log_line(LOG_ERROR, "sql", "out of memory");
		abort();
	}
	return p;
}

static enum err_code code_of(const char *state)
{
	if (state && strcmp(state, "57014") == 0) /* statement_timeout */
		return ERR_TOO_COSTLY;
	if (!state || strncmp(state, "08", 2) == 0 || strncmp(state, "57", 2) == 0 || strncmp(state, "40", 2) == 0 ||
	    strncmp(state, "58", 2) == 0 || strncmp(state, "55", 2) == 0)
		return ERR_UNAVAILABLE;
	if (strncmp(state, "53", 2) == 0)
		return ERR_STORAGE;
	return strncmp(state, "23", 2) == 0 ? ERR_CONFLICT : ERR_INTERNAL;
}

static bool refuse(struct sql *db, PGresult *r, struct err *e)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *why = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (!why)
		why = PQerrorMessage(db->handle);
	enum err_code code = code_of(state);
	db->must_exit = db->must_exit || (db->mode == SQL_WRITER && PQstatus(db->handle) != CONNECTION_OK);
	err_set(e, code, "%.300s (%s)", why, state ? state : "connection");
	PQclear(r);
	return false;
}

static bool exec(struct sql *db, const char *text, struct err *e)
{
	PGresult *r = PQexec(db->handle, text);
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		return refuse(db, r, e);
	PQclear(r);
	return true;
}

static void close_connection(struct sql *db)
{
	if (db->handle)
		PQfinish(db->handle);
}

/* How many parameters the statement takes: the highest $n in it. */
static int count_parameters(const char *text)
{
	int highest = 0;
	for (const char *p = strchr(text, '$'); p; p = strchr(p + 1, '$')) {
		int n = 0;
		for (const char *d = p + 1; *d >= '0' && *d <= '9' && n < PARAMETERS_MAX; d++)
			n = n * 10 + (*d - '0');
		if (n > highest)
			highest = n;
	}
	return highest;
}

static bool prepare(struct sql *db, const char *text, void **handle, struct err *e)
{
	struct pq_stmt s = {.db = db, .n = count_parameters(text), .row = -1};
	snprintf(s.name, sizeof s.name, "s%" PRIu64, ++db->serial);
	PGresult *r = PQprepare(db->handle, s.name, text, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		return refuse(db, r, e);
	PQclear(r);
	struct pq_stmt *kept = must(malloc(sizeof *kept));
	s.values = must(calloc((size_t)s.n + 1, sizeof *s.values));
	s.lengths = must(calloc((size_t)s.n + 1, sizeof *s.lengths));
	s.formats = must(calloc((size_t)s.n + 1, sizeof *s.formats));
	*kept = s;
	*handle = kept;
	return true;
}

static void forget_row(struct pq_stmt *s)
{
	for (int i = 0; i < s->scratch_n; i++) {
		PQfreemem(s->scratch[i]);
		s->scratch[i] = NULL;
	}
}

static void reset(void *handle)
{
	struct pq_stmt *s = handle;
	forget_row(s);
	free(s->scratch);
	s->scratch = NULL;
	s->scratch_n = 0;
	for (int i = 0; i < s->n; i++) {
		free(s->values[i]);
		s->values[i] = NULL;
	}
	PQclear(s->result);
	s->result = NULL;
	s->row = -1;
}

static void finalize(void *handle)
{
	struct pq_stmt *s = handle;
	char text[48];
	reset(s);
	snprintf(text, sizeof text, "DEALLOCATE %s", s->name);
	exec(s->db, text, NULL);
	free(s->values);
	free(s->lengths);
	free(s->formats);
	free(s);
}

static bool bind(struct pq_stmt *s, int i, const char *p, size_t n, int format)
{
	if (i < 1 || i > s->n || n > INT32_MAX)
		return false;
	free(s->values[i - 1]);
	s->values[i - 1] = NULL;
	if (!p)
		return true;
	char *copy = must(malloc(n + 1));
	memcpy(copy, p, n);
	copy[n] = 0;
	s->values[i - 1] = copy;
	s->lengths[i - 1] = (int)n;
	s->formats[i - 1] = format;
	return true;
}

static bool bind_i64(void *handle, int i, int64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%" PRId64, v);
	return bind(handle, i, text, (size_t)n, 0);
}

static bool bind_text(void *handle, int i, struct str v)
{
	return bind(handle, i, v.p, v.n, 0);
}

static bool bind_blob(void *handle, int i, struct str v)
{
	return bind(handle, i, v.p, v.n, 1);
}

static bool bind_double(void *handle, int i, double v)
{
	char text[40];
	int n = snprintf(text, sizeof text, "%.17g", v);
	return bind(handle, i, text, (size_t)n, 0);
}

static bool bind_null(void *handle, int i)
{
	return bind(handle, i, NULL, 0, 0);
}

static enum sql_step step(struct sql *db, void *handle, struct err *e)
{
	struct pq_stmt *s = handle;
	if (!s->result) {
		s->result = PQexecPrepared(db->handle, s->name, s->n, (const char *const *)s->values, s->lengths, s->formats, 0);
		ExecStatusType status = PQresultStatus(s->result);
		if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
			refuse(db, s->result, e);
			s->result = NULL;
			return SQL_FAILED;
		}
		if (!str_to_i64(str_from(PQcmdTuples(s->result)), &db->changed))
			db->changed = 0;
		s->scratch_n = PQnfields(s->result);
		s->scratch = must(calloc((size_t)s->scratch_n + 1, sizeof *s->scratch));
	}
	forget_row(s);
	s->row++;
	return s->row < PQntuples(s->result) ? SQL_ROW : SQL_END;
}

static bool column_is_null(void *handle, int column)
{
	struct pq_stmt *s = handle;
	return PQgetisnull(s->result, s->row, column);
}

static int64_t column_i64(void *handle, int column)
{
	struct pq_stmt *s = handle;
	return column_is_null(s, column) ? 0 : strtoll(PQgetvalue(s->result, s->row, column), NULL, 10);
}

static double column_double(void *handle, int column)
{
	struct pq_stmt *s = handle;
	return column_is_null(s, column) ? 0 : strtod(PQgetvalue(s->result, s->row, column), NULL);
}

enum { BYTEA_OID = 17 };

static struct str column_str(void *handle, int column)
{
	struct pq_stmt *s = handle;
	if (column_is_null(s, column))
		return STR_NONE;
	const char *p = PQgetvalue(s->result, s->row, column);
	if (PQftype(s->result, column) != BYTEA_OID)
		return (struct str){p, (size_t)PQgetlength(s->result, s->row, column)};
	size_t n = 0;
	PQfreemem(s->scratch[column]);
	s->scratch[column] = must(PQunescapeBytea((const unsigned char *)p, &n));
	return (struct str){s->scratch[column], n};
}

static int64_t changed(struct sql *db)
{
	return db->changed;
}

static void limit(struct sql *db)
{
	char text[64];
	snprintf(text, sizeof text, "SET statement_timeout = %" PRId64, db->limit_us / 1000);
	exec(db, text, NULL);
}

static const char *const words[] = {
	"blob", "BYTEA", "text", "TEXT COLLATE \"C\"", "key", "BIGINT PRIMARY KEY", "clustered", "",
	"immediate", "ISOLATION LEVEL SERIALIZABLE", "snapshot", "ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL,
};

static const struct sql_driver libpq_driver = {
	.close = close_connection, .prepare = prepare, .finalize = finalize,
	.bind_i64 = bind_i64, .bind_text = bind_text, .bind_blob = bind_blob, .bind_double = bind_double, .bind_null = bind_null,
	.step = step, .i64 = column_i64, .real = column_double, .str = column_str, .is_null = column_is_null,
	.reset = reset, .limit = limit, .exec = exec, .changed = changed, .parameter = '$', .words = words,
};

static void quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/* One writer a schema, as with the lock file of SQLite: the lock goes with the connection. */
static bool take_lock(struct sql *db, struct err *e)
{
	PGresult *r = PQexec(db->handle, "SELECT pg_try_advisory_lock(hashtext('heed writer'), hashtext(current_schema()))");
	bool ok = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && strcmp(PQgetvalue(r, 0, 0), "t") == 0;
	PQclear(r);
	return ok || err_set(e, ERR_UNAVAILABLE, "the store is in use by another process");
}

bool libpq_connect(const char *url, enum sql_mode mode, struct sql *db, struct err *e)
{
	db->driver = &libpq_driver;
	db->handle = PQconnectdb(url);
	if (PQstatus(db->handle) != CONNECTION_OK)
		return err_set(e, ERR_UNAVAILABLE, "PostgreSQL does not answer: %.300s", PQerrorMessage(db->handle));
	PQsetNoticeProcessor(db->handle, quiet, NULL);
	if (PQserverVersion(db->handle) < 140000)
		return err_set(e, ERR_UNAVAILABLE, "PostgreSQL 14 or later is needed");
	return exec(db, "SET synchronous_commit = on", e) && (mode == SQL_READER || take_lock(db, e));
}
