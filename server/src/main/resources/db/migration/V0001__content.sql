-- The content core. Absent means no row; sharing is counted by rows; the row points at the object.
-- Times are epoch milliseconds, digests text as the protocol writes them.

CREATE TABLE registry (
  id              ${id} PRIMARY KEY,
  name            TEXT ${bytewise} NOT NULL UNIQUE,
  description     TEXT NOT NULL DEFAULT '',
  anonymous_pull  BOOLEAN NOT NULL DEFAULT FALSE,
  created_at      BIGINT NOT NULL
);

-- Made by the first push. The whole name, registry included, so that one index finds it and lists the catalog in byte order;
-- a registry is never renamed.
CREATE TABLE repository (
  id           ${id} PRIMARY KEY,
  registry_id  BIGINT NOT NULL REFERENCES registry (id),
  name         TEXT ${bytewise} NOT NULL UNIQUE,
  created_at   BIGINT NOT NULL
);
CREATE INDEX repository_by_registry ON repository (registry_id, name);

-- Content, once. A small blob rests in the row, any other in the object that the row names.
CREATE TABLE blob (
  digest      TEXT ${bytewise} PRIMARY KEY,
  size        BIGINT NOT NULL,
  object_key  TEXT,
  bytes       ${blob},
  created_at  BIGINT NOT NULL,
  CHECK ((object_key IS NULL) <> (bytes IS NULL))
);

-- The right to read a blob in a repository. Until lease_until it stays even if nothing names it yet.
CREATE TABLE repository_blob (
  repository_id  BIGINT NOT NULL REFERENCES repository (id),
  digest         TEXT ${bytewise} NOT NULL REFERENCES blob (digest),
  lease_until    BIGINT NOT NULL,
  PRIMARY KEY (repository_id, digest)
) ${without_rowid};
CREATE INDEX repository_blob_by_digest ON repository_blob (digest, repository_id);

-- The bytes of a manifest, once.
CREATE TABLE manifest (
  digest      TEXT ${bytewise} PRIMARY KEY,
  bytes       ${blob} NOT NULL,
  created_at  BIGINT NOT NULL
);

-- A manifest in a repository. What was read from the bytes depends on the media type of the push, so it is kept here and not
-- beside the bytes: nobody can change what another repository serves by pushing the same bytes under another type.
CREATE TABLE repository_manifest (
  repository_id  BIGINT NOT NULL REFERENCES repository (id),
  digest         TEXT ${bytewise} NOT NULL REFERENCES manifest (digest),
  media_type     TEXT NOT NULL,
  size           BIGINT NOT NULL,
  artifact_type  TEXT,
  subject        TEXT ${bytewise},
  annotations    TEXT,
  pushed_at      BIGINT NOT NULL,
  pushed_by      TEXT NOT NULL,
  PRIMARY KEY (repository_id, digest)
) ${without_rowid};
CREATE INDEX repository_manifest_by_digest ON repository_manifest (digest, repository_id);
CREATE INDEX repository_manifest_by_subject ON repository_manifest (repository_id, subject, digest) WHERE subject IS NOT NULL;
CREATE INDEX repository_manifest_by_push ON repository_manifest (repository_id, pushed_at, digest);

-- What a manifest names. A child of a sparse index need not be in the repository.
CREATE TABLE manifest_edge (
  repository_id  BIGINT NOT NULL REFERENCES repository (id),
  parent         TEXT ${bytewise} NOT NULL,
  child          TEXT ${bytewise} NOT NULL,
  kind           TEXT NOT NULL CHECK (kind IN ('config', 'layer', 'manifest')),
  PRIMARY KEY (repository_id, parent, child, kind)
) ${without_rowid};
CREATE INDEX manifest_edge_by_child ON manifest_edge (repository_id, child, kind, parent);

CREATE TABLE tag (
  repository_id  BIGINT NOT NULL REFERENCES repository (id),
  name           TEXT ${bytewise} NOT NULL,
  digest         TEXT ${bytewise} NOT NULL,
  created_at     BIGINT NOT NULL,
  moved_at       BIGINT NOT NULL,
  moved_by       TEXT NOT NULL,
  PRIMARY KEY (repository_id, name),
  FOREIGN KEY (repository_id, digest) REFERENCES repository_manifest (repository_id, digest)
) ${without_rowid};
CREATE INDEX tag_by_digest ON tag (repository_id, digest, name);

-- Every move of a tag, in order of id. from_digest is absent when the tag was made, to_digest when it went.
CREATE TABLE tag_history (
  id             ${sequence},
  repository_id  BIGINT NOT NULL REFERENCES repository (id),
  name           TEXT ${bytewise} NOT NULL,
  from_digest    TEXT ${bytewise},
  to_digest      TEXT ${bytewise},
  at             BIGINT NOT NULL,
  by_principal   TEXT NOT NULL
);
CREATE INDEX tag_history_by_tag ON tag_history (repository_id, name, id);

-- An upload that may go on after a restart or on another node. Few bytes rest in the row, more in the object; a request
-- that writes to the object holds the claim.
CREATE TABLE upload (
  id               TEXT ${bytewise} PRIMARY KEY,
  repository_id    BIGINT NOT NULL REFERENCES repository (id),
  owner            TEXT NOT NULL,
  algorithm        TEXT NOT NULL,
  received         BIGINT NOT NULL,
  bytes            ${blob},
  object_key       TEXT,
  object_detail    TEXT NOT NULL DEFAULT '',
  claimed_by       TEXT,
  claimed_until    BIGINT NOT NULL DEFAULT 0,
  finished_digest  TEXT ${bytewise},
  created_at       BIGINT NOT NULL,
  expires_at       BIGINT NOT NULL
);
CREATE INDEX upload_by_expiry ON upload (expires_at);

-- Objects that no row names any more and that the storage may still have.
CREATE TABLE object_removal (
  object_key  TEXT PRIMARY KEY,
  not_before  BIGINT NOT NULL,
  attempts    INT NOT NULL DEFAULT 0
);
CREATE INDEX object_removal_by_time ON object_removal (not_before, object_key);

-- The outbox: every change writes its row in its own transaction. Read in the order of (tx, seq), and on PostgreSQL only below
-- the oldest open transaction, since a lower seq may be committed after a higher one.
CREATE TABLE event (
  seq              ${sequence},
  tx               BIGINT NOT NULL,
  at               BIGINT NOT NULL,
  kind             TEXT NOT NULL,
  registry_id      BIGINT NOT NULL,
  repository       TEXT ${bytewise} NOT NULL,
  digest           TEXT ${bytewise},
  tag              TEXT ${bytewise},
  previous_digest  TEXT ${bytewise},
  media_type       TEXT,
  actor            TEXT NOT NULL,
  via              TEXT NOT NULL,
  address          TEXT NOT NULL
);
CREATE INDEX event_in_order ON event (tx, seq);
