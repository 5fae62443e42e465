-- migration: 1

-- People and programs that may sign in. Not FHIR: a password hash is no part of a record.
CREATE TABLE access_user (
  id {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,             -- sign-in name, lower case
  display {text} NOT NULL,
  role {text} NOT NULL,             -- pack role code, or "system"
  practitioner {text} NOT NULL,     -- Practitioner/id; Device/id of a program
  hash {text} NOT NULL,             -- argon2id; '' when only tokens are used
  disabled BIGINT NOT NULL,
  failures BIGINT NOT NULL,         -- wrong passwords in a row
  locked_until_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX access_user_name ON access_user (name);

-- Sessions and tokens. The secret itself is held by the browser or program alone.
CREATE TABLE access_grant (
  key {text} NOT NULL PRIMARY KEY,  -- SHA-256 of the secret, hex
  kind BIGINT NOT NULL,             -- 0 session, 1 token
  user_id {text} NOT NULL,
  scope {text} NOT NULL,            -- SMART scopes of a token
  created_us BIGINT NOT NULL,
  used_us BIGINT NOT NULL,          -- to the minute
  expires_us BIGINT NOT NULL        -- whatever happens
);
CREATE INDEX access_grant_user ON access_grant (user_id);
CREATE INDEX access_grant_expiry ON access_grant (expires_us);

-- Reasons given for opening a record without a relationship. The ledger keeps them for good; this says which still hold.
CREATE TABLE access_reason (
  user_id {text} NOT NULL,
  person {text} NOT NULL,           -- Patient/id
  code {text} NOT NULL,
  words {text} NOT NULL,
  given_us BIGINT NOT NULL,
  until_us BIGINT NOT NULL,
  PRIMARY KEY (user_id, person)
);

CREATE TABLE access_secret (
  name {text} NOT NULL PRIMARY KEY,
  value {blob} NOT NULL
);

-- name: access_user_insert
INSERT INTO access_user (id, name, display, role, practitioner, hash, disabled, failures, locked_until_us, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, ?7)
-- name: access_user_by_name
SELECT id, name, display, role, practitioner, disabled, hash, failures, locked_until_us FROM access_user WHERE name = ?1
-- name: access_user_list
SELECT id, name, display, role, practitioner, disabled FROM access_user ORDER BY name
-- name: access_user_disable
UPDATE access_user SET disabled = 1 WHERE id = ?1
-- name: access_user_failed
UPDATE access_user SET failures = ?2, locked_until_us = ?3 WHERE id = ?1

-- name: access_grant_insert
INSERT INTO access_grant (key, kind, user_id, scope, created_us, used_us, expires_us) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
-- name: access_grant_get
SELECT u.id, u.name, u.display, u.role, u.practitioner, u.disabled, g.scope, g.used_us, g.expires_us
FROM access_grant g JOIN access_user u ON u.id = g.user_id WHERE g.key = ?1 AND g.kind = ?2
-- name: access_grant_used
UPDATE access_grant SET used_us = ?2 WHERE key = ?1
-- name: access_grant_delete
DELETE FROM access_grant WHERE key = ?1
-- name: access_grant_delete_user
DELETE FROM access_grant WHERE user_id = ?1
-- name: access_grant_delete_expired
DELETE FROM access_grant WHERE expires_us <= ?1

-- name: access_reason_put
INSERT INTO access_reason (user_id, person, code, words, given_us, until_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (user_id, person) DO UPDATE SET code = excluded.code, words = excluded.words, given_us = excluded.given_us,
until_us = excluded.until_us
-- name: access_reason_get
SELECT until_us FROM access_reason WHERE user_id = ?1 AND person = ?2

-- name: access_secret_get
SELECT value FROM access_secret WHERE name = ?1
-- name: access_secret_put
INSERT INTO access_secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING

-- name: access_labels
SELECT l.code FROM current c JOIN label l ON l.rid = c.rid WHERE c.type = ?1 AND c.id = ?2
