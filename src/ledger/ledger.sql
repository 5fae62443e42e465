-- migration: 1

-- Append-only. Each row's hash covers its own content and the hash of the row before.
CREATE TABLE ledger (
  seq {key},                    -- 1, 2, 3 ... without gaps
  at_us BIGINT NOT NULL,
  kind BIGINT NOT NULL,         -- enum ledger_kind
  agent {text} NOT NULL,        -- who, as what, for whom, why, how: struct act
  role {text} NOT NULL,
  on_behalf_of {text} NOT NULL,
  purpose {text} NOT NULL,
  reason {text} NOT NULL,
  channel {text} NOT NULL,
  request {text} NOT NULL,
  person {text} NOT NULL,       -- Patient/id it is about, or ''
  items {text} NOT NULL,        -- what was disclosed or written
  detail {text} NOT NULL,
  version_seq BIGINT NOT NULL,  -- of a write: the version; else 0
  digest {blob} NOT NULL,       -- of a write: SHA-256 of the version's bytes
  hash {blob} NOT NULL          -- SHA-256 of the hash before and all of the above
);
CREATE INDEX ledger_person ON ledger (person, seq) WHERE person <> '';

-- name: ledger_head
SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1
-- name: ledger_hash_at
SELECT hash FROM ledger WHERE seq = ?1
-- name: ledger_insert
INSERT INTO ledger (seq, at_us, kind, agent, role, on_behalf_of, purpose, reason, channel, request, person, items, detail, version_seq, digest, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
-- name: ledger_list_all
SELECT seq, at_us, kind, agent, role, on_behalf_of, purpose, reason, channel, request, person, items, detail
FROM ledger WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2
-- name: ledger_list_person
SELECT seq, at_us, kind, agent, role, on_behalf_of, purpose, reason, channel, request, person, items, detail
FROM ledger WHERE person = ?3 AND person <> '' AND seq < ?1 ORDER BY seq DESC LIMIT ?2
-- name: ledger_walk
SELECT seq, at_us, kind, agent, role, on_behalf_of, purpose, reason, channel, request, person, items, detail, version_seq, digest, hash
FROM ledger ORDER BY seq
-- name: ledger_version_walk
SELECT seq, body FROM version ORDER BY seq
