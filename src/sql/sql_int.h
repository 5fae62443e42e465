/* What the files of this folder share. Each driver is a table of functions; sql.c keeps the statements, the drivers talk. */
#ifndef HEED_SQL_SQL_INT_H
#define HEED_SQL_SQL_INT_H

#include "sql/sql.h"

struct sql_named {
	const char *name;
	const char *text;
};
struct sql_migration {
	const char *name; /* LAYER/NUMBER */
	const char *text;
	const char *digest; /* SHA-256 of the text, hex */
};
extern const struct sql_named sql_named[]; /* sorted by name */
extern const size_t sql_named_count;
extern const struct sql_migration sql_migrations[]; /* in the order they run */
extern const size_t sql_migration_count;

struct sql_driver {
	void (*close)(struct sql *db);
	/* text is final: words expanded, parameters in the engine's form */
	bool (*prepare)(struct sql *db, const char *text, void **handle, struct err *e);
	void (*finalize)(void *handle);
	bool (*bind_i64)(void *handle, int i, int64_t v);
	bool (*bind_text)(void *handle, int i, struct str v);
	bool (*bind_blob)(void *handle, int i, struct str v);
	bool (*bind_double)(void *handle, int i, double v);
	bool (*bind_null)(void *handle, int i);
	enum sql_step (*step)(struct sql *db, void *handle, struct err *e);
	int64_t (*i64)(void *handle, int column);
	double (*real)(void *handle, int column);
	struct str (*str)(void *handle, int column);
	bool (*is_null)(void *handle, int column);
	void (*reset)(void *handle);
	void (*limit)(struct sql *db);
	bool (*exec)(struct sql *db, const char *text, struct err *e); /* one or more statements, no rows wanted */
	int64_t (*changed)(struct sql *db);
	char parameter;           /* '?' or '$' */
	const char *const *words; /* pairs: word, meaning; ends with NULL */
};

struct sql_stmt {
	struct sql *db;
	struct sql_stmt *next; /* of the same name, or in the same bucket */
	void *handle;
	char *text; /* of SQL built at run time; NULL for a named one */
	bool busy;
	bool bad_bind;
	struct err failed; /* why it could not be prepared */
};

enum { SQL_TEXT_BUCKETS = 64, SQL_TEXT_MAX = 96 };

struct sql {
	const struct sql_driver *driver;
	void *handle;
	enum sql_mode mode;
	int lock_fd; /* -1: none */
	bool must_exit;
	int64_t limit_us;   /* of a statement; 0: none */
	int64_t stop_at_us; /* of what is running now */
	int wal_pages; /* after the last commit */
	int64_t changed; /* libpq: by the last statement */
	uint64_t serial; /* libpq: of the last statement's name */
	struct sql_stmt **named; /* by index into sql_named */
	struct sql_stmt *texts[SQL_TEXT_BUCKETS];
	size_t text_count;
};

bool sqlite_connect(const char *path, enum sql_mode mode, struct sql *db, struct err *e);
/* The name of the VFS that writes the log in one piece (log_file.c). Only with synchronous=FULL: there a commit is not seen by others
 * before the log is synchronised. */
#define SQLITE_LOG_LAYER "heed-log"
const char *sqlite_log_layer(void);
bool libpq_connect(const char *url, enum sql_mode mode, struct sql *db, struct err *e);

/* The text as the driver takes it; free() it. */
char *sql_translate(const struct sql_driver *driver, const char *text);
/* The cached statement of a text built at run time; NULL when it cannot be prepared. */
struct sql_stmt *sql_use_cached(struct sql *db, struct str text, struct err *e);
bool sql_exec(struct sql *db, const char *text, struct err *e);

#endif
