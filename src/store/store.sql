-- migration: 1

-- Content: every version of every resource. Nothing else is truth.
CREATE TABLE version (
  seq {key},                    -- order over everything, without gaps
  rid BIGINT NOT NULL,          -- of the resource: the seq of its first version
  version BIGINT NOT NULL,      -- 1, 2, 3 ...
  type {text} NOT NULL,
  id {text} NOT NULL,
  recorded_us BIGINT NOT NULL,
  method BIGINT NOT NULL,       -- enum store_method
  body {text}                   -- JSON as it is served; null when deleted
);
CREATE UNIQUE INDEX version_of_resource ON version (rid, version);

-- Derived from version, all of what follows.
CREATE TABLE current (
  rid {key},
  type {text} NOT NULL,
  id {text} NOT NULL,
  version BIGINT NOT NULL,
  seq BIGINT NOT NULL,          -- of its newest version
  recorded_us BIGINT NOT NULL,
  deleted BIGINT NOT NULL
);
CREATE UNIQUE INDEX current_name ON current (type, id);
CREATE INDEX current_live ON current (type, rid) WHERE deleted = 0;
CREATE INDEX current_updated ON current (type, recorded_us, rid) WHERE deleted = 0;

-- Search rows. param: hash of "Type.code". system: hash of the system's URI; 0 none; -1 implied by the element's binding.
CREATE TABLE idx_token (
  param BIGINT NOT NULL,
  code {text} NOT NULL,         -- lower case
  rid BIGINT NOT NULL,
  system BIGINT NOT NULL,
  PRIMARY KEY (param, code, rid, system)
) {clustered};
CREATE TABLE idx_reference (
  param BIGINT NOT NULL,
  target {text} NOT NULL,       -- Type/id, or a URL
  rid BIGINT NOT NULL,
  PRIMARY KEY (param, target, rid)
) {clustered};
CREATE INDEX idx_reference_of ON idx_reference (param, rid, target);
CREATE TABLE idx_string (
  param BIGINT NOT NULL,
  folded {text} NOT NULL,
  exact {text} NOT NULL,        -- '' when it is the same as folded
  rid BIGINT NOT NULL,
  PRIMARY KEY (param, folded, exact, rid)
) {clustered};
CREATE INDEX idx_string_of ON idx_string (param, rid, folded);
CREATE TABLE idx_date (
  param BIGINT NOT NULL,
  rid BIGINT NOT NULL,
  lo_us BIGINT NOT NULL,        -- first instant it can mean
  hi_us BIGINT NOT NULL,        -- first instant after it
  PRIMARY KEY (param, rid, lo_us, hi_us)
) {clustered};
CREATE INDEX idx_date_lo ON idx_date (param, lo_us, hi_us, rid);
CREATE TABLE idx_number (
  param BIGINT NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  rid BIGINT NOT NULL,
  PRIMARY KEY (param, value, rid)
) {clustered};
CREATE TABLE idx_quantity (
  param BIGINT NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  code {text} NOT NULL,         -- code, and once more the unit when it differs
  system BIGINT NOT NULL,
  rid BIGINT NOT NULL,
  PRIMARY KEY (param, value, code, system, rid)
) {clustered};
CREATE TABLE idx_uri (
  param BIGINT NOT NULL,
  value {text} NOT NULL,
  rid BIGINT NOT NULL,
  PRIMARY KEY (param, value, rid)
) {clustered};

-- Security labels that other folders derive (meta.security is a token like any other).
CREATE TABLE label (
  rid BIGINT NOT NULL,
  code {text} NOT NULL,
  PRIMARY KEY (rid, code)
) {clustered};

CREATE TABLE store_secret (
  name {text} NOT NULL PRIMARY KEY,
  value {blob} NOT NULL
);

-- migration: 2

-- Values that end after an instant: "ge" and "gt" of a recent one find few.
CREATE INDEX idx_date_hi ON idx_date (param, hi_us, lo_us, rid);

-- name: version_insert
INSERT INTO version (seq, rid, version, type, id, recorded_us, method, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
-- name: version_last
SELECT seq, recorded_us FROM version ORDER BY seq DESC LIMIT 1
-- name: version_by_seq
SELECT type, id, rid, version, seq, recorded_us, method, body FROM version WHERE seq = ?1
-- name: version_get
SELECT v.type, v.id, v.rid, v.version, v.seq, v.recorded_us, v.method, v.body FROM current c
JOIN version v ON v.rid = c.rid AND v.version = ?3 WHERE c.type = ?1 AND c.id = ?2
-- name: version_history
SELECT type, id, rid, version, seq, recorded_us, method, body FROM version WHERE rid = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3
-- name: version_after
SELECT type, id, rid, version, seq, recorded_us, method, body FROM version WHERE seq > ?1 ORDER BY seq LIMIT ?2

-- name: current_get
SELECT v.type, v.id, v.rid, v.version, v.seq, v.recorded_us, v.method, v.body FROM current c
JOIN version v ON v.seq = c.seq WHERE c.type = ?1 AND c.id = ?2
-- name: current_rid
SELECT rid FROM current WHERE type = ?1 AND id = ?2
-- name: current_put
INSERT INTO current (rid, type, id, version, seq, recorded_us, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (rid) DO UPDATE SET version = excluded.version, seq = excluded.seq, recorded_us = excluded.recorded_us, deleted = excluded.deleted

-- name: token_insert
INSERT INTO idx_token (param, code, rid, system) VALUES (?1, ?2, ?3, ?4)
-- name: token_delete
DELETE FROM idx_token WHERE param = ?1 AND code = ?2 AND rid = ?3 AND system = ?4
-- name: reference_insert
INSERT INTO idx_reference (param, target, rid) VALUES (?1, ?2, ?3)
-- name: reference_delete
DELETE FROM idx_reference WHERE param = ?1 AND target = ?2 AND rid = ?3
-- name: string_insert
INSERT INTO idx_string (param, folded, rid, exact) VALUES (?1, ?2, ?3, ?4)
-- name: string_delete
DELETE FROM idx_string WHERE param = ?1 AND folded = ?2 AND rid = ?3 AND exact = ?4
-- name: date_insert
INSERT INTO idx_date (param, lo_us, rid, hi_us) VALUES (?1, ?2, ?3, ?4)
-- name: date_delete
DELETE FROM idx_date WHERE param = ?1 AND lo_us = ?2 AND rid = ?3 AND hi_us = ?4
-- name: number_insert
INSERT INTO idx_number (param, value, rid) VALUES (?1, ?2, ?3)
-- name: number_delete
DELETE FROM idx_number WHERE param = ?1 AND value = ?2 AND rid = ?3
-- name: quantity_insert
INSERT INTO idx_quantity (param, value, rid, code, system) VALUES (?1, ?2, ?3, ?4, ?5)
-- name: quantity_delete
DELETE FROM idx_quantity WHERE param = ?1 AND value = ?2 AND rid = ?3 AND code = ?4 AND system = ?5
-- name: uri_insert
INSERT INTO idx_uri (param, value, rid) VALUES (?1, ?2, ?3)
-- name: uri_delete
DELETE FROM idx_uri WHERE param = ?1 AND value = ?2 AND rid = ?3

-- name: label_insert
INSERT INTO label (rid, code) VALUES (?1, ?2) ON CONFLICT (rid, code) DO NOTHING
-- name: label_delete
DELETE FROM label WHERE rid = ?1 AND code = ?2

-- name: secret_get
SELECT value FROM store_secret WHERE name = ?1
-- name: secret_insert
INSERT INTO store_secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING

-- Reindex: each row as one text, to compare what is rebuilt with what was there.
-- name: reindex_rows_current
SELECT rid || '|' || type || '|' || id || '|' || version || '|' || seq || '|' || recorded_us || '|' || deleted FROM current
-- name: reindex_rows_token
SELECT param || '|' || code || '|' || rid || '|' || system FROM idx_token
-- name: reindex_rows_reference
SELECT param || '|' || target || '|' || rid FROM idx_reference
-- name: reindex_rows_string
SELECT param || '|' || folded || '|' || exact || '|' || rid FROM idx_string
-- name: reindex_rows_date
SELECT param || '|' || rid || '|' || lo_us || '|' || hi_us FROM idx_date
-- name: reindex_rows_number
SELECT param || '|' || value || '|' || rid FROM idx_number
-- name: reindex_rows_quantity
SELECT param || '|' || value || '|' || code || '|' || system || '|' || rid FROM idx_quantity
-- name: reindex_rows_uri
SELECT param || '|' || value || '|' || rid FROM idx_uri
-- name: reindex_forget_current
DELETE FROM current
-- name: reindex_forget_token
DELETE FROM idx_token
-- name: reindex_forget_reference
DELETE FROM idx_reference
-- name: reindex_forget_string
DELETE FROM idx_string
-- name: reindex_forget_date
DELETE FROM idx_date
-- name: reindex_forget_number
DELETE FROM idx_number
-- name: reindex_forget_quantity
DELETE FROM idx_quantity
-- name: reindex_forget_uri
DELETE FROM idx_uri
-- name: reindex_current
INSERT INTO current (rid, type, id, version, seq, recorded_us, deleted)
SELECT v.rid, v.type, v.id, v.version, v.seq, v.recorded_us, CASE WHEN v.method = 2 THEN 1 ELSE 0 END FROM version v
WHERE v.version = (SELECT max(w.version) FROM version w WHERE w.rid = v.rid)
-- name: reindex_next
SELECT v.type, v.id, v.rid, v.version, v.seq, v.recorded_us, v.method, v.body FROM current c
JOIN version v ON v.seq = c.seq WHERE c.rid > ?1 AND c.deleted = 0 ORDER BY c.rid LIMIT 200
-- name: version_before
SELECT body FROM version WHERE rid = ?1 AND version = ?2 - 1
