-- name: sql_begin_write
BEGIN {immediate}
-- name: sql_begin_read
BEGIN {snapshot}
-- name: sql_commit
COMMIT
-- name: sql_rollback
ROLLBACK
-- name: sql_savepoint
SAVEPOINT job
-- name: sql_release
RELEASE SAVEPOINT job
-- name: sql_rollback_to
ROLLBACK TO SAVEPOINT job
-- name: migration_digest
SELECT digest FROM migration WHERE name = ?1
-- name: migration_insert
INSERT INTO migration (name, digest) VALUES (?1, ?2)
