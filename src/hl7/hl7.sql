-- migration: 1

-- Every message, as received in Binary/id, and what it was answered. Kept for ever: a repeat gets the same answer.
CREATE TABLE hl7_message (
  id {text} NOT NULL PRIMARY KEY,   -- of the Binary
  sender {text} NOT NULL,           -- MSH-3|MSH-4; '' when it could not be read
  control {text} NOT NULL,          -- MSH-10
  digest {text} NOT NULL,           -- SHA-256 of the bytes, hex
  event {text} NOT NULL,            -- ADT^A04
  received_us BIGINT NOT NULL,
  code {text} NOT NULL,             -- AA, AE or AR, whatever the form of the answer
  answer {text} NOT NULL            -- '' when the sender wanted none
);
CREATE INDEX hl7_message_sent ON hl7_message (sender, control, digest);

-- One warning a sender and day that its clock is ahead.
CREATE TABLE hl7_skew (
  sender {text} NOT NULL PRIMARY KEY,
  day BIGINT NOT NULL
);

-- name: hl7_same
SELECT id, code, answer FROM hl7_message WHERE sender = ?1 AND control = ?2 AND digest = ?3

-- name: hl7_other
SELECT id FROM hl7_message WHERE sender = ?1 AND control = ?2 AND digest <> ?3 LIMIT 1

-- name: hl7_insert
INSERT INTO hl7_message (id, sender, control, digest, event, received_us, code, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)

-- name: hl7_answered
UPDATE hl7_message SET code = ?2, answer = ?3 WHERE id = ?1

-- name: hl7_skew_day
SELECT day FROM hl7_skew WHERE sender = ?1

-- name: hl7_skew_put
INSERT INTO hl7_skew (sender, day) VALUES (?1, ?2) ON CONFLICT (sender) DO UPDATE SET day = excluded.day
