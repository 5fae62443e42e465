/* A layer over SQLite's own VFS that gathers what is written to the write-ahead log and gives it to the system in one piece.
 *
 * SQLite writes a log frame as two calls, a header of 24 bytes and a page; a commit of sixteen messages has three hundred frames. Here
 * they are kept until the log is synchronised, which with synchronous=FULL is before SQLite tells anybody that the frames exist (wal.c,
 * walFrames), or until this connection reads them, or they no longer fit. What the file would hold is what buffer and file hold together at every moment, so the
 * order of writes, the fsync and recovery are those of SQLite. A write that fails does so when it is due: at the synchronisation, whose
 * error SQLite treats as the failed commit it is; the bytes stay here and the next write goes over them.
 *
 * One file is used by one connection and so by one thread at a time. Every other file of SQLite's is opened without this layer. */
#include "sql/sql_int.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { GATHERED_MAX = 120 * 1024 }; /* SQLite writes fewer than 128 KiB at once (os_unix.c, seekAndWriteFd) */

struct log_file {
	sqlite3_file base;
	sqlite3_file *real; /* in the same allocation, behind this */
	char *gathered;     /* made by the first write: readers have none */
	sqlite3_int64 at;   /* where in the file it belongs */
	int n;
};

static struct log_file *log_of(sqlite3_file *f)
{
	return (struct log_file *)f;
}

static int write_out(struct log_file *f)
{
	if (f->n == 0)
		return SQLITE_OK;
	int rc = f->real->pMethods->xWrite(f->real, f->gathered, f->n, f->at);
	if (rc == SQLITE_OK)
		f->n = 0;
	return rc;
}

static bool fits(const struct log_file *f, int n, sqlite3_int64 at)
{
	return at >= f->at && at <= f->at + f->n && at + n <= f->at + GATHERED_MAX;
}

static int log_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	struct log_file *f = log_of(file);
	if (!f->gathered && !(f->gathered = malloc(GATHERED_MAX)))
		return SQLITE_IOERR_NOMEM;
	if (f->n > 0 && !fits(f, n, at)) {
		int rc = write_out(f);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (n > GATHERED_MAX)
		return f->real->pMethods->xWrite(f->real, bytes, n, at);
	if (f->n == 0)
		f->at = at;
	memcpy(f->gathered + (at - f->at), bytes, (size_t)n);
	int end = (int)(at - f->at) + n;
	if (end > f->n)
		f->n = end;
	return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	struct log_file *f = log_of(file);
	bool gathered = f->n > 0 && at < f->at + f->n && at + n > f->at;
	int rc = gathered ? write_out(f) : SQLITE_OK;
	return rc == SQLITE_OK ? f->real->pMethods->xRead(f->real, out, n, at) : rc;
}

static int log_sync(sqlite3_file *file, int flags)
{
	struct log_file *f = log_of(file);
	int rc = write_out(f);
	return rc == SQLITE_OK ? f->real->pMethods->xSync(f->real, flags) : rc;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct log_file *f = log_of(file);
	if (f->n > 0 && f->at + f->n > size)
		f->n = size > f->at ? (int)(size - f->at) : 0;
	return f->real->pMethods->xTruncate(f->real, size);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct log_file *f = log_of(file);
	int rc = write_out(f);
	return rc == SQLITE_OK ? f->real->pMethods->xFileSize(f->real, size) : rc;
}

static int log_close(sqlite3_file *file)
{
	struct log_file *f = log_of(file);
	int wrote = write_out(f);
	free(f->gathered);
	f->gathered = NULL;
	int rc = f->real->pMethods->xClose(f->real);
	return wrote == SQLITE_OK ? rc : wrote;
}

static int log_lock(sqlite3_file *file, int level)
{
	return log_of(file)->real->pMethods->xLock(log_of(file)->real, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
	return log_of(file)->real->pMethods->xUnlock(log_of(file)->real, level);
}

static int log_reserved(sqlite3_file *file, int *out)
{
	return log_of(file)->real->pMethods->xCheckReservedLock(log_of(file)->real, out);
}

static int log_control(sqlite3_file *file, int op, void *arg)
{
	return log_of(file)->real->pMethods->xFileControl(log_of(file)->real, op, arg);
}

static int log_sector(sqlite3_file *file)
{
	return log_of(file)->real->pMethods->xSectorSize(log_of(file)->real);
}

static int log_device(sqlite3_file *file)
{
	return log_of(file)->real->pMethods->xDeviceCharacteristics(log_of(file)->real);
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1, .xClose = log_close, .xRead = log_read, .xWrite = log_write, .xTruncate = log_truncate, .xSync = log_sync,
	.xFileSize = log_size, .xLock = log_lock, .xUnlock = log_unlock, .xCheckReservedLock = log_reserved, .xFileControl = log_control,
	.xSectorSize = log_sector, .xDeviceCharacteristics = log_device,
};

static sqlite3_vfs *beneath;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL))
		return beneath->xOpen(beneath, name, file, flags, out_flags);
	struct log_file *f = log_of(file);
	*f = (struct log_file){.real = (sqlite3_file *)(f + 1)};
	memset(f->real, 0, (size_t)beneath->szOsFile);
	int rc = beneath->xOpen(beneath, name, f->real, flags, out_flags);
	if (f->real->pMethods) /* SQLite closes a file that has methods, opened or not */
		f->base.pMethods = &log_methods;
	return rc;
}

static void add_layer(void)
{
	static sqlite3_vfs layer;
	beneath = sqlite3_vfs_find(NULL);
	if (!beneath)
		return;
	layer = *beneath;
	layer.pNext = NULL;
	layer.zName = SQLITE_LOG_LAYER;
	layer.szOsFile = beneath->szOsFile + (int)sizeof(struct log_file);
	layer.xOpen = open_file;
	sqlite3_vfs_register(&layer, 0);
}

const char *sqlite_log_layer(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, add_layer);
	return SQLITE_LOG_LAYER;
}
