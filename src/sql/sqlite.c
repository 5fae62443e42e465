/* The SQLite driver. One writer connection in one process (flock on DIR/heed.lock), readers on WAL snapshots. Every setting that
 * durability rests on is read back after it is set: a build or a file that does not take it is refused, not used. */
#include "sql/sql_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct setting {
	const char *set;   /* NULL: only read */
	const char *read;
	const char *value;
	bool memory_too; /* also asked of a database in memory */
};

static const struct setting settings[] = {
	{"PRAGMA synchronous=FULL", "PRAGMA synchronous", "2", true}, /* first: log_file.c rests on it */
	{"PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal", false},
	{"PRAGMA mmap_size=0", "PRAGMA mmap_size", "0", false},
	{"PRAGMA wal_autocheckpoint=0", "PRAGMA wal_autocheckpoint", "0", true},
	{"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1", true},
	{"PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0", true},
	{"PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", "1", true},
	{"PRAGMA temp_store=MEMORY", "PRAGMA temp_store", "2", true},
	{NULL, "PRAGMA encoding", "UTF-8", true},
};

enum { BUSY_MS = 5000 };

static bool refuse(struct sql *db, int rc, struct err *e)
{
	sqlite3 *h = db->handle;
	const char *why = h ? sqlite3_errmsg(h) : sqlite3_errstr(rc);
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return err_set(e, ERR_STORAGE, "there is no room on the disk");
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		db->must_exit = db->must_exit || db->mode == SQL_WRITER;
		return err_set(e, ERR_UNAVAILABLE, "the disk failed: %s (%d)", why, rc);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
	case SQLITE_READONLY:
		return err_set(e, ERR_UNAVAILABLE, "the database cannot be had: %s", why);
	case SQLITE_INTERRUPT:
		return err_set(e, ERR_TOO_COSTLY, "it takes too long to find out: ask for less");
	case SQLITE_CONSTRAINT:
		return err_set(e, ERR_CONFLICT, "%s", why);
	default:
		return err_set(e, ERR_INTERNAL, "%s (%d)", why, rc);
	}
}

static bool exec(struct sql *db, const char *text, struct err *e)
{
	int rc = sqlite3_exec(db->handle, text, NULL, NULL, NULL);
	return rc == SQLITE_OK || refuse(db, rc, e);
}

static void close_connection(struct sql *db)
{
	if (db->handle)
		sqlite3_close(db->handle);
	if (db->lock_fd >= 0)
		close(db->lock_fd);
}

static bool prepare(struct sql *db, const char *text, void **handle, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
	*handle = s;
	return rc == SQLITE_OK || refuse(db, rc, e);
}

static void finalize(void *handle)
{
	sqlite3_finalize(handle);
}

static bool bind_i64(void *handle, int i, int64_t v)
{
	return sqlite3_bind_int64(handle, i, v) == SQLITE_OK;
}

static bool bind_text(void *handle, int i, struct str v)
{
	return sqlite3_bind_text64(handle, i, v.p, v.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

static bool bind_blob(void *handle, int i, struct str v)
{
	return sqlite3_bind_blob64(handle, i, v.p, v.n, SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_double(void *handle, int i, double v)
{
	return sqlite3_bind_double(handle, i, v) == SQLITE_OK;
}

static bool bind_null(void *handle, int i)
{
	return sqlite3_bind_null(handle, i) == SQLITE_OK;
}

static int is_late(void *arg)
{
	return env_monotonic_us() > ((struct sql *)arg)->stop_at_us;
}

enum { OPCODES_BETWEEN_LOOKS = 20000 };

static void limit(struct sql *db)
{
	if (db->limit_us)
		sqlite3_progress_handler(db->handle, OPCODES_BETWEEN_LOOKS, is_late, db);
	else
		sqlite3_progress_handler(db->handle, 0, NULL, NULL);
}

static enum sql_step step(struct sql *db, void *handle, struct err *e)
{
	if (db->limit_us && !sqlite3_stmt_busy(handle))
		db->stop_at_us = env_monotonic_us() + db->limit_us;
	int rc = sqlite3_step(handle);
	if (rc == SQLITE_ROW)
		return SQL_ROW;
	if (rc == SQLITE_DONE)
		return SQL_END;
	refuse(db, rc, e);
	return SQL_FAILED;
}

static int64_t column_i64(void *handle, int column)
{
	return sqlite3_column_int64(handle, column);
}

static double column_double(void *handle, int column)
{
	return sqlite3_column_double(handle, column);
}

static struct str column_str(void *handle, int column)
{
	if (sqlite3_column_type(handle, column) == SQLITE_NULL)
		return STR_NONE;
	const char *p = sqlite3_column_blob(handle, column); /* of text, too: its bytes, which are UTF-8 */
	size_t n = (size_t)sqlite3_column_bytes(handle, column);
	return p ? (struct str){p, n} : STR("");
}

static bool column_is_null(void *handle, int column)
{
	return sqlite3_column_type(handle, column) == SQLITE_NULL;
}

static void reset(void *handle)
{
	sqlite3_reset(handle);
	sqlite3_clear_bindings(handle);
}

static int64_t changed(struct sql *db)
{
	return sqlite3_changes64(db->handle);
}

static const char *const words[] = {
	"blob", "BLOB", "text", "TEXT", "key", "INTEGER PRIMARY KEY", "clustered", "WITHOUT ROWID",
	"immediate", "IMMEDIATE", "snapshot", "", NULL,
};

static const struct sql_driver sqlite_driver = {
	.close = close_connection, .prepare = prepare, .finalize = finalize,
	.bind_i64 = bind_i64, .bind_text = bind_text, .bind_blob = bind_blob, .bind_double = bind_double, .bind_null = bind_null,
	.step = step, .i64 = column_i64, .real = column_double, .str = column_str, .is_null = column_is_null,
	.reset = reset, .limit = limit, .exec = exec, .changed = changed, .parameter = '?', .words = words,
};

/* ---- opening ---- */

/* A second process that wrote would also checkpoint, and could lose this one's commits. The lock goes with the process. */
static bool take_lock(struct sql *db, const char *dir, struct err *e)
{
	char path[4096];
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_set(e, ERR_UNAVAILABLE, "data directory \"%s\" cannot be made: %s", dir, strerror(errno));
	if (snprintf(path, sizeof path, "%s/heed.lock", dir) >= (int)sizeof path)
		return err_set(e, ERR_INVALID, "the path of the data directory is too long");
	db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (db->lock_fd < 0)
		return err_set(e, ERR_UNAVAILABLE, "\"%s\" cannot be opened: %s", path, strerror(errno));
	if (flock(db->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_UNAVAILABLE, "data directory \"%s\" is in use by another process", dir);
	return true;
}

/* Readable by its owner only, whatever the umask; SQLite gives its log the same mode. */
static bool make_private(const char *file, struct err *e)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && fchmod(fd, 0600) == 0;
	if (!ok)
		err_set(e, ERR_UNAVAILABLE, "\"%s\" cannot be made or kept private: %s", file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

static int keep_log_pages(void *arg, sqlite3 *h, const char *name, int pages)
{
	(void)h;
	(void)name;
	((struct sql *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

static bool has_value(struct sql *db, const char *read, const char *value)
{
	sqlite3_stmt *s = NULL;
	bool same = false;
	if (sqlite3_prepare_v2(db->handle, read, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		const char *is = (const char *)sqlite3_column_text(s, 0);
		same = is && strcmp(is, value) == 0;
	}
	sqlite3_finalize(s);
	return same;
}

static bool set_and_read_back(struct sql *db, bool memory, struct err *e)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		const struct setting *s = &settings[i];
		if (memory && !s->memory_too)
			continue;
		bool set_here = s->set && (db->mode == SQL_WRITER || strcmp(s->read, "PRAGMA journal_mode") != 0);
		if (set_here && !exec(db, s->set, e))
			return false;
		if (!has_value(db, s->read, s->value))
			return err_set(e, ERR_UNAVAILABLE, "SQLite does not keep \"%s\" at %s", s->read, s->value);
	}
	return exec(db, db->mode == SQL_WRITER ? "PRAGMA cache_size=-32768" : "PRAGMA cache_size=-4096; PRAGMA query_only=ON", e);
}

static bool harden(struct sql *db, struct err *e)
{
	sqlite3 *h = db->handle;
	int on = 0;
	sqlite3_extended_result_codes(h, 1);
	sqlite3_busy_timeout(h, BUSY_MS);
	bool ok = sqlite3_db_config(h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &on) == SQLITE_OK && on == 1;
	ok = ok && sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, &on) == SQLITE_OK && on == 1;
	ok = ok && sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, &on) == SQLITE_OK && on == 0;
	if (!ok)
		return err_set(e, ERR_UNAVAILABLE, "this SQLite cannot be set up safely");
	return true;
}

bool sqlite_connect(const char *path, enum sql_mode mode, struct sql *db, struct err *e)
{
	char file[4096];
	bool memory = strcmp(path, ":memory:") == 0;
	db->driver = &sqlite_driver;
	if (!memory && mode == SQL_WRITER && !take_lock(db, path, e))
		return false;
	int n = memory ? snprintf(file, sizeof file, ":memory:") : snprintf(file, sizeof file, "%s/heed.db", path);
	if (n >= (int)sizeof file)
		return err_set(e, ERR_INVALID, "the path of the data directory is too long");
	if (!memory && mode == SQL_WRITER && !make_private(file, e))
		return false;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	if (mode == SQL_WRITER)
		flags |= SQLITE_OPEN_CREATE;
	int rc = sqlite3_open_v2(file, (sqlite3 **)&db->handle, flags, memory ? NULL : sqlite_log_layer());
	if (rc != SQLITE_OK) {
		refuse(db, rc, NULL);
		return err_set(e, ERR_UNAVAILABLE, "there is no store in \"%s\" that can be opened", path);
	}
	if (!harden(db, e) || !set_and_read_back(db, memory, e))
		return false;
	if (mode == SQL_WRITER)
		sqlite3_wal_hook(db->handle, keep_log_pages, db); /* after wal_autocheckpoint, which takes the hook away */
	return true;
}

bool sql_checkpoint(struct sql *db, enum sql_checkpoint how, struct err *e)
{
	static const int modes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART, SQLITE_CHECKPOINT_TRUNCATE};
	if (db->driver != &sqlite_driver)
		return true;
	/* The stronger ones wait for readers; a short while only, since commits wait meanwhile. */
	sqlite3_busy_timeout(db->handle, 100);
	int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, modes[how], NULL, NULL);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (rc == SQLITE_BUSY)
		return true; /* a reader is on an old snapshot: next time */
	if (rc != SQLITE_OK)
		return refuse(db, rc, e);
	return true;
}

bool sql_sound(struct sql *db, struct err *e)
{
	if (db->driver != &sqlite_driver)
		return true;
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check(1)", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	const char *says = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	bool ok = says && strcmp(says, "ok") == 0;
	if (rc == SQLITE_ROW && !ok)
		err_set(e, ERR_INTERNAL, "the database file is damaged: %.200s", says ? says : "no answer");
	else if (!ok)
		refuse(db, rc, e);
	sqlite3_finalize(s);
	return ok;
}
