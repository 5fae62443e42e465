-- migration: 1

-- One obligation each: rules.md B2 "clock". Derived from the versions and the rules; store_reindex rebuilds all of these tables.
CREATE TABLE pathway_clock (
  id {key},
  rule {text} NOT NULL,          -- plan-id#action-id
  version {text} NOT NULL,       -- of the PlanDefinition it began with, and ends with
  digest {text} NOT NULL,        -- of that rule: pathway_rule
  title {text} NOT NULL,
  subject {text} NOT NULL,       -- Patient/id, or the sending system of a feed
  home {text} NOT NULL,          -- the subject it began with, before any merge
  key {text} NOT NULL,
  state BIGINT NOT NULL,         -- enum clock_state
  start_us BIGINT NOT NULL,
  due_us BIGINT,                 -- null: nothing but an event makes it due
  next_us BIGINT,                -- when it next does something; null: never
  step BIGINT NOT NULL,
  warned BIGINT NOT NULL,
  met BIGINT NOT NULL,
  remaining BIGINT NOT NULL,
  paused_us BIGINT NOT NULL,
  pause_until BIGINT,
  paused_total_us BIGINT NOT NULL,
  opened_by {text} NOT NULL,     -- Type/id/_history/v
  opened_ref {text} NOT NULL,    -- Type/id
  opened_us BIGINT NOT NULL,
  closed_us BIGINT NOT NULL,
  closed_by {text},
  owner_role {text},
  owner {text},
  task {text}                    -- what its opening made: Task/id, Flag/id ...
);
CREATE INDEX pathway_clock_due ON pathway_clock (next_us, id) WHERE next_us IS NOT NULL;
CREATE INDEX pathway_clock_subject ON pathway_clock (subject);
-- Open clocks are few beside all there ever were: their indexes stay small.
CREATE INDEX pathway_clock_open ON pathway_clock (subject) WHERE state <= 1;
CREATE INDEX pathway_clock_open_key ON pathway_clock (rule, key) WHERE state <= 1;
CREATE INDEX pathway_clock_open_ref ON pathway_clock (opened_ref) WHERE state <= 1;

-- What met a clock, and was it taken back.
CREATE TABLE pathway_evidence (
  clock BIGINT NOT NULL,
  ref {text} NOT NULL,           -- Type/id
  version BIGINT NOT NULL,
  valid_us BIGINT NOT NULL,
  recorded_us BIGINT NOT NULL,
  withdrawn BIGINT NOT NULL,
  PRIMARY KEY (clock, ref)
) {clustered};
CREATE INDEX pathway_evidence_ref ON pathway_evidence (ref);

-- Everything a clock did, with its because. Never changed, never removed.
CREATE TABLE pathway_firing (
  id {key},
  clock BIGINT NOT NULL,
  kind {text} NOT NULL,          -- opened, warned, breached, met, withdrawn, paused, resumed, pause-over, moved, due-changed, closed
  step BIGINT NOT NULL,
  at_us BIGINT NOT NULL,         -- the instant it stands for
  recorded_us BIGINT NOT NULL,   -- when the engine came to it
  outcome {text},                -- Task/id ...
  why {text} NOT NULL            -- JSON
);
CREATE INDEX pathway_firing_clock ON pathway_firing (clock, id);
CREATE INDEX pathway_firing_outcome ON pathway_firing (outcome) WHERE outcome IS NOT NULL;

-- Rules as they were when clocks began: a running clock ends on the version it began with.
CREATE TABLE pathway_rule (
  digest {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  version {text} NOT NULL,
  body {text} NOT NULL           -- JSON: plan, activities
);

CREATE TABLE pathway_calendar (
  urn {text} NOT NULL PRIMARY KEY,
  digest {text} NOT NULL,
  version {text} NOT NULL
);

-- Subjects that were merged into another.
CREATE TABLE pathway_alias (
  subject {text} NOT NULL PRIMARY KEY,
  now {text} NOT NULL
);

-- name: pathway_clock_insert
INSERT INTO pathway_clock (id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met,
  remaining, paused_us, pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)

-- Columns of an index are set only where they change: setting them rewrites the index.
-- name: pathway_clock_progress
UPDATE pathway_clock SET start_us = ?2, due_us = ?3, next_us = ?4, step = ?5, warned = ?6, met = ?7, remaining = ?8, paused_us = ?9,
  pause_until = ?10, paused_total_us = ?11, owner = ?12
WHERE id = ?1

-- name: pathway_clock_state
UPDATE pathway_clock SET state = ?2, closed_us = ?3, closed_by = ?4 WHERE id = ?1

-- name: pathway_clock_move
UPDATE pathway_clock SET subject = ?2 WHERE id = ?1

-- name: pathway_clock_by_id
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE id = ?1

-- name: pathway_clock_next_due
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE next_us IS NOT NULL AND next_us <= ?1 ORDER BY next_us, id LIMIT 1

-- name: pathway_next_us
SELECT MIN(next_us) FROM pathway_clock WHERE next_us IS NOT NULL

-- name: pathway_clock_open_of_subject
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE subject = ?1 AND state <= 1 ORDER BY id

-- name: pathway_clock_open_of_key
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE rule = ?2 AND key = ?1 AND state <= 1 ORDER BY id

-- name: pathway_clock_same_open
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE subject = ?2 AND rule = ?1 AND key = ?3 AND state <= 1 ORDER BY id

-- name: pathway_clock_same_any
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE subject = ?2 AND rule = ?1 AND key = ?3 ORDER BY id

-- name: pathway_clock_opened_by
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE opened_ref = ?1 AND state <= 1 ORDER BY id

-- name: pathway_clock_met_by
SELECT c.id, c.rule, c.version, c.digest, c.title, c.subject, c.home, c.key, c.state, c.start_us, c.due_us, c.next_us, c.step, c.warned,
  c.met, c.remaining, c.paused_us, c.pause_until, c.paused_total_us, c.opened_by, c.opened_ref, c.opened_us, c.closed_us, c.closed_by,
  c.owner_role, c.owner, c.task
FROM pathway_evidence e JOIN pathway_clock c ON c.id = e.clock WHERE e.ref = ?1 AND e.withdrawn = 0 ORDER BY c.id

-- name: pathway_clock_of_subject
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE subject = ?1 AND state <= ?2 ORDER BY id

-- name: pathway_clock_of_home
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE subject = ?1 AND home = ?2 AND state <= 1 ORDER BY id

-- name: pathway_clock_of_digest
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE digest = ?1 AND state <= 1 ORDER BY id

-- name: pathway_clock_of_outcome
SELECT c.id, c.rule, c.version, c.digest, c.title, c.subject, c.home, c.key, c.state, c.start_us, c.due_us, c.next_us, c.step, c.warned,
  c.met, c.remaining, c.paused_us, c.pause_until, c.paused_total_us, c.opened_by, c.opened_ref, c.opened_us, c.closed_us, c.closed_by,
  c.owner_role, c.owner, c.task
FROM pathway_firing f JOIN pathway_clock c ON c.id = f.clock WHERE f.outcome = ?1 ORDER BY f.id LIMIT 1

-- name: pathway_clock_opened_since
SELECT id, rule, version, digest, title, subject, home, key, state, start_us, due_us, next_us, step, warned, met, remaining, paused_us,
  pause_until, paused_total_us, opened_by, opened_ref, opened_us, closed_us, closed_by, owner_role, owner, task
FROM pathway_clock WHERE opened_us >= ?1 ORDER BY rule, opened_by, key, start_us, id

-- name: pathway_firing_since
SELECT c.rule, c.opened_by, c.key, c.start_us, f.kind, f.step, f.at_us
FROM pathway_firing f JOIN pathway_clock c ON c.id = f.clock WHERE c.opened_us >= ?1
ORDER BY c.rule, c.opened_by, c.key, c.start_us, f.at_us, f.kind, f.step

-- name: pathway_clock_max
SELECT MAX(id) FROM pathway_clock

-- name: pathway_firing_last
SELECT MAX(recorded_us) FROM pathway_firing

-- name: pathway_firing_max
SELECT MAX(id) FROM pathway_firing

-- name: pathway_firing_insert
INSERT INTO pathway_firing (id, clock, kind, step, at_us, recorded_us, outcome, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)

-- name: pathway_firings_of_clock
SELECT kind, step, at_us, recorded_us, outcome, why FROM pathway_firing WHERE clock = ?1 ORDER BY id

-- name: pathway_evidence_insert
INSERT INTO pathway_evidence (clock, ref, version, valid_us, recorded_us, withdrawn) VALUES (?1, ?2, ?3, ?4, ?5, 0)
ON CONFLICT (clock, ref) DO UPDATE SET version = excluded.version, valid_us = excluded.valid_us, recorded_us = excluded.recorded_us,
  withdrawn = 0 WHERE pathway_evidence.withdrawn = 1

-- name: pathway_evidence_withdraw
UPDATE pathway_evidence SET withdrawn = 1 WHERE ref = ?1 AND withdrawn = 0

-- name: pathway_rule_insert
INSERT INTO pathway_rule (digest, name, version, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (digest) DO NOTHING

-- name: pathway_rules_running
SELECT r.digest, r.body FROM pathway_rule r
WHERE EXISTS (SELECT 1 FROM pathway_clock c WHERE c.digest = r.digest AND c.state <= 1) ORDER BY r.digest

-- name: pathway_calendar_get
SELECT digest, version FROM pathway_calendar WHERE urn = ?1

-- name: pathway_calendar_put
INSERT INTO pathway_calendar (urn, digest, version) VALUES (?1, ?2, ?3)
ON CONFLICT (urn) DO UPDATE SET digest = excluded.digest, version = excluded.version

-- name: pathway_alias_get
SELECT now FROM pathway_alias WHERE subject = ?1

-- name: pathway_alias_put
INSERT INTO pathway_alias (subject, now) VALUES (?1, ?2) ON CONFLICT (subject) DO UPDATE SET now = excluded.now

-- name: pathway_alias_drop
DELETE FROM pathway_alias WHERE subject = ?1

-- What a feed's clock heard is no version of the log, so it cannot be made again: those stay.
-- name: pathway_forget_firings
DELETE FROM pathway_firing WHERE clock IN (SELECT id FROM pathway_clock WHERE opened_by NOT LIKE 'event/%')

-- name: pathway_forget_evidence
DELETE FROM pathway_evidence

-- name: pathway_forget_clocks
DELETE FROM pathway_clock WHERE opened_by NOT LIKE 'event/%'

-- name: pathway_forget_aliases
DELETE FROM pathway_alias
