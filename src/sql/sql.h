/* sql: one statement interface, two drivers (SQLite now; libpq prepares every statement in a test).
 *
 * Statements are named and live in .sql files beside the code that uses them (src/store/store.sql, src/pathway/pathway.sql,
 * ...): "-- name: version_insert" opens one. tools/embed_sql compiles them into the binary. Parameters are ?1 ?2 ... (the
 * libpq driver writes $1 $2). Keep to what both take: no INSERT OR REPLACE (use ON CONFLICT), no rowid, no json functions,
 * BIGINT, and schema differences only through words: {blob}, {text} (bytewise order), {key} (a BIGINT primary key),
 * {clustered} (after the closing bracket of a table that is kept in the order of its primary key).
 * Migrations are in the same files: "-- migration: 1" opens one, numbered within its folder.
 * Search SQL is the one thing built at run time: through struct sql_text, which takes literals and bound values, never input.
 *
 * Threads    a connection belongs to one thread at a time. Statements are cached on it and reset by sql_done.
 * Errors     ERR_STORAGE when there is no room, ERR_UNAVAILABLE for I/O and busy, ERR_CONFLICT for a uniqueness breach,
 *            ERR_INTERNAL for the rest. After a failed fsync the process must not go on: see sql_must_exit.
 */
#ifndef HEED_SQL_SQL_H
#define HEED_SQL_SQL_H

#include "base/base.h"

struct sql;      /* a connection */
struct sql_stmt; /* a prepared statement, borrowed from the connection until sql_done */

enum sql_mode { SQL_WRITER, SQL_READER };

/* url: sqlite:DIR (the file is DIR/heed.db), sqlite::memory:, or postgresql://... */
bool sql_open(const char *url, enum sql_mode mode, struct sql **out, struct err *e);
void sql_close(struct sql *db);

/* Did the disk fail in a way after which nothing this process believes about it can be trusted? */
bool sql_must_exit(const struct sql *db);

/* The writer's log: its length in pages after the last commit, and moving it into the database. Nobody else may do that
 * (SQLite before 3.51.3 loses data when one connection checkpoints while another commits). Nothing to do on PostgreSQL. */
int sql_log_pages(const struct sql *db);
enum sql_checkpoint { SQL_CHECKPOINT_PASSIVE, SQL_CHECKPOINT_RESTART, SQL_CHECKPOINT_TRUNCATE };
bool sql_checkpoint(struct sql *db, enum sql_checkpoint how, struct err *e);

/* The cached statement of that name, ready to bind. An unknown name is a bug: aborts. */
struct sql_stmt *sql_use(struct sql *db, const char *name);

void sql_bind_i64(struct sql_stmt *s, int i, int64_t v);
void sql_bind_str(struct sql_stmt *s, int i, struct str v); /* STR_NONE (p NULL) binds NULL; text must live until sql_done */
void sql_bind_blob(struct sql_stmt *s, int i, struct str v);
void sql_bind_double(struct sql_stmt *s, int i, double v);
void sql_bind_null(struct sql_stmt *s, int i);

enum sql_step { SQL_FAILED, SQL_ROW, SQL_END };
enum sql_step sql_step(struct sql_stmt *s, struct err *e);
int64_t sql_i64(struct sql_stmt *s, int column); /* 0-based; 0 for NULL */
double sql_double(struct sql_stmt *s, int column);
struct str sql_str(struct sql_stmt *s, int column); /* valid until the next step; STR_NONE for NULL; also for blobs */
bool sql_is_null(struct sql_stmt *s, int column);
void sql_done(struct sql_stmt *s);

/* Steps a statement that gives no rows, and ends it. */
bool sql_run(struct sql_stmt *s, struct err *e);
int64_t sql_changed(struct sql *db); /* rows changed by the last statement */

/* From now on each statement that runs longer than this is stopped with ERR_TOO_COSTLY; 0: no limit. Never on a writer. */
void sql_limit(struct sql *db, int64_t us);

bool sql_begin(struct sql *db, struct err *e);
bool sql_commit(struct sql *db, struct err *e); /* durable when it returns true */
void sql_rollback(struct sql *db);
bool sql_savepoint(struct sql *db, struct err *e); /* one level, named by the connection */
bool sql_release(struct sql *db, struct err *e);
void sql_rollback_to(struct sql *db);

/* SQL built at run time, from literals and bound values only. */
struct sql_text;
struct sql_text *sql_text_new(struct arena *a);
#define sql_lit(t, literal) sql_text_literal((t), "" literal)
void sql_text_literal(struct sql_text *t, const char *literal); /* through sql_lit only: the macro takes only literals */
void sql_val_i64(struct sql_text *t, int64_t v);                /* writes the next parameter and keeps its value */
void sql_val_str(struct sql_text *t, struct str v);
void sql_val_double(struct sql_text *t, double v);
void sql_text_append(struct sql_text *t, const struct sql_text *part); /* its text and its values */
struct str sql_text_str(struct sql_text *t);                    /* for tests and EXPLAIN */
struct sql_stmt *sql_use_text(struct sql *db, struct sql_text *t, struct err *e); /* prepared (cached by text) and bound */

/* Migrations: numbered files, each once, recorded with the digest of its text. */
bool sql_migrate(struct sql *db, struct err *e);

/* Is every migration there, with the digest it has here? For who only reads. */
bool sql_migrated(struct sql *db, struct err *e);

/* The engine's own check of the whole file, its pages and its indexes (nothing to ask on PostgreSQL). */
bool sql_sound(struct sql *db, struct err *e);

/* Every named statement, for the test that prepares them all on both engines. */
size_t sql_statement_count(void);
const char *sql_statement_name(size_t i);
const char *sql_statement_text(size_t i);
bool sql_prepare_all(struct sql *db, struct err *e); /* the first that does not, with its name */

#endif
