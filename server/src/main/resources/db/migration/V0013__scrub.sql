-- Stored content is read again from time to time. What has other bytes than its digest says, or has lost its object, is damaged:
-- absent for pushes, refused to pulls, and whole again as soon as somebody pushes it. See docs/design/scrub.md.

-- Since when the stored bytes are known to be wrong. 0: they are not; negative: they were, and a push brought them again then.
ALTER TABLE blob ADD COLUMN damaged_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE manifest ADD COLUMN damaged_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX manifest_damaged ON manifest (digest) WHERE damaged_at > 0;

-- What was found. The damaged bytes are kept: the object, which the blob's row still names until a push replaces it, or what
-- rested in the database. outcome is absent while it is damaged.
CREATE TABLE damage (
  id          ${sequence},
  kind        TEXT NOT NULL CHECK (kind IN ('blob', 'manifest')),
  digest      TEXT ${bytewise} NOT NULL,
  problem     TEXT NOT NULL CHECK (problem IN ('missing', 'short', 'wrong-bytes')),
  size        BIGINT NOT NULL,
  object_key  TEXT ${bytewise},
  bytes       ${blob},
  found_at    BIGINT NOT NULL,
  outcome     TEXT CHECK (outcome IN ('healed', 'gone')),
  ended_at    BIGINT
);
CREATE UNIQUE INDEX damage_open ON damage (digest, kind) WHERE outcome IS NULL;
CREATE INDEX damage_in_order ON damage (id) WHERE outcome IS NULL;
CREATE INDEX damage_ended ON damage (outcome, id) WHERE outcome IS NOT NULL;
CREATE INDEX damage_by_object ON damage (object_key) WHERE object_key IS NOT NULL;

-- A reading of everything, manifests first, in the order of digests. position is the last digest that some node has taken.
CREATE TABLE scrub_pass (
  id          ${sequence},
  cause       TEXT NOT NULL CHECK (cause IN ('schedule', 'manual')),
  state       TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'succeeded')),
  started_by  TEXT NOT NULL,
  started_at  BIGINT NOT NULL,
  ended_at    BIGINT,
  phase       TEXT NOT NULL DEFAULT 'manifest' CHECK (phase IN ('manifest', 'blob', 'end')),
  position    TEXT ${bytewise} NOT NULL DEFAULT '',
  manifests   BIGINT NOT NULL DEFAULT 0,
  blobs       BIGINT NOT NULL DEFAULT 0,
  bytes       BIGINT NOT NULL DEFAULT 0,
  damaged     BIGINT NOT NULL DEFAULT 0,
  unreadable  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX scrub_pass_running ON scrub_pass (state) WHERE state = 'running';

-- What a node has taken of a pass and not finished: the digests after one up to another.
CREATE TABLE scrub_piece (
  id             ${sequence},
  pass_id        BIGINT NOT NULL REFERENCES scrub_pass (id),
  kind           TEXT NOT NULL,
  after_digest   TEXT ${bytewise} NOT NULL,
  until_digest   TEXT ${bytewise} NOT NULL,
  claimed_by     TEXT NOT NULL,
  claimed_until  BIGINT NOT NULL
);
CREATE INDEX scrub_piece_of_pass ON scrub_piece (pass_id, id);

-- What could not be read, which is no damage: it is tried again.
CREATE TABLE scrub_unreadable (
  kind        TEXT NOT NULL,
  digest      TEXT ${bytewise} NOT NULL,
  attempts    INT NOT NULL,
  failed_at   BIGINT NOT NULL,
  not_before  BIGINT NOT NULL,
  error       TEXT NOT NULL,
  PRIMARY KEY (kind, digest)
) ${without_rowid};
CREATE INDEX scrub_unreadable_by_time ON scrub_unreadable (not_before, kind, digest);

-- Whether a row names an object: for the sweep that looks for objects that none names.
CREATE UNIQUE INDEX blob_by_object ON blob (object_key) WHERE object_key IS NOT NULL;
CREATE UNIQUE INDEX upload_by_object ON upload (object_key) WHERE object_key IS NOT NULL;

-- The sweep: one row. position is the last key that was looked at.
CREATE TABLE orphan_sweep (
  id             ${id} PRIMARY KEY CHECK (id = 1),
  position       TEXT ${bytewise} NOT NULL DEFAULT '',
  started_at     BIGINT NOT NULL DEFAULT 0,
  ended_at       BIGINT NOT NULL DEFAULT 0,
  objects        BIGINT NOT NULL DEFAULT 0,
  claimed_by     TEXT,
  claimed_until  BIGINT NOT NULL DEFAULT 0
);
INSERT INTO orphan_sweep (id) VALUES (1);

-- Objects that no row named when the running sweep passed.
CREATE TABLE orphan_object (
  object_key  TEXT ${bytewise} PRIMARY KEY,
  size        BIGINT NOT NULL
) ${without_rowid};
