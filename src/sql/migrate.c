#include "sql/sql_int.h"

#include <stdlib.h>

static const char create_table[] =
	"CREATE TABLE IF NOT EXISTS migration ("
	"name {text} NOT NULL PRIMARY KEY, "
	"digest {text} NOT NULL)";

static bool exec_text(struct sql *db, const char *text, struct err *e)
{
	char *final = sql_translate(db->driver, text);
	bool ok = sql_exec(db, final, e);
	free(final);
	return ok;
}

/* Is it there? False with an error when it is there but was another text: a released migration must never be edited. */
static bool look(struct sql *db, const struct sql_migration *m, bool *there, struct err *e)
{
	struct sql_stmt *s = sql_use(db, "migration_digest");
	sql_bind_str(s, 1, str_from(m->name));
	enum sql_step r = sql_step(s, e);
	*there = r == SQL_ROW;
	bool same = *there && str_is(sql_str(s, 0), m->digest);
	sql_done(s);
	if (r == SQL_FAILED)
		return false;
	if (*there && !same)
		return err_set(e, ERR_CONFLICT, "migration %s of this database is not the one this program knows", m->name);
	return true;
}

static bool apply(struct sql *db, const struct sql_migration *m, struct err *e)
{
	if (!exec_text(db, m->text, e))
		return err_context(e, "migration %s", m->name);
	struct sql_stmt *s = sql_use(db, "migration_insert");
	sql_bind_str(s, 1, str_from(m->name));
	sql_bind_str(s, 2, str_from(m->digest));
	return sql_run(s, e);
}

static bool apply_missing(struct sql *db, struct err *e)
{
	for (size_t i = 0; i < sql_migration_count; i++) {
		bool there;
		if (!look(db, &sql_migrations[i], &there, e))
			return false;
		if (!there && !apply(db, &sql_migrations[i], e))
			return false;
	}
	return true;
}

/* All in one transaction: a crash leaves the old schema or the new one, never one between. */
bool sql_migrate(struct sql *db, struct err *e)
{
	if (!exec_text(db, create_table, e) || !sql_begin(db, e))
		return false;
	if (!apply_missing(db, e)) {
		sql_rollback(db);
		return false;
	}
	return sql_commit(db, e);
}

bool sql_migrated(struct sql *db, struct err *e)
{
	for (size_t i = 0; i < sql_migration_count; i++) {
		bool there;
		if (!look(db, &sql_migrations[i], &there, e))
			return false;
		if (!there)
			return err_set(e, ERR_CONFLICT, "the database lacks migration %s: start the server once", sql_migrations[i].name);
	}
	return true;
}
