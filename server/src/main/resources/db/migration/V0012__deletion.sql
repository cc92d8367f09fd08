-- What was deleted and can be brought back until a time, and what gives space back. See docs/design/deletion.md.

-- How long what is deleted in a registry can be brought back; none: as the service says.
ALTER TABLE registry ADD COLUMN undo_window_seconds BIGINT;

-- What was deleted by one operation, and comes back together. The image may be gone and its name taken by another, so it is
-- kept by name too.
CREATE TABLE deletion (
  id             ${id} PRIMARY KEY,
  registry_id    BIGINT NOT NULL,
  repository_id  BIGINT NOT NULL,
  repository     TEXT ${bytewise} NOT NULL,
  kind           TEXT NOT NULL CHECK (kind IN ('image', 'artifact', 'tag')),
  digest         TEXT ${bytewise},         -- the artifact, or what the tag pointed to
  tag            TEXT ${bytewise},
  description    TEXT NOT NULL DEFAULT '', -- what people wrote about the image
  readme         TEXT NOT NULL DEFAULT '',
  deleted_at     BIGINT NOT NULL,
  deleted_by     TEXT NOT NULL,
  until          BIGINT NOT NULL
);
CREATE INDEX deletion_by_registry ON deletion (registry_id, id);
CREATE INDEX deletion_by_repository ON deletion (registry_id, repository, id);
CREATE INDEX deletion_by_end ON deletion (until, id);

-- A manifest that can be brought back, with its row as it was. It holds its bytes, and by the rows below the blobs that it names.
CREATE TABLE deleted_manifest (
  repository_id  BIGINT NOT NULL,
  digest         TEXT ${bytewise} NOT NULL REFERENCES manifest (digest),
  deletion_id    BIGINT NOT NULL,
  registry_id    BIGINT NOT NULL,
  media_type     TEXT NOT NULL,
  size           BIGINT NOT NULL,
  artifact_type  TEXT,
  subject        TEXT ${bytewise},
  annotations    TEXT,
  pushed_at      BIGINT NOT NULL,
  pushed_by      TEXT NOT NULL,
  kind           TEXT NOT NULL,
  total_size     BIGINT NOT NULL,
  platform       TEXT ${bytewise},
  PRIMARY KEY (repository_id, digest)
) ${without_rowid};
CREATE INDEX deleted_manifest_by_deletion ON deleted_manifest (deletion_id, pushed_at, digest);
CREATE INDEX deleted_manifest_by_digest ON deleted_manifest (digest, registry_id);
CREATE INDEX deleted_manifest_by_registry ON deleted_manifest (registry_id, digest);

CREATE TABLE deleted_manifest_blob (
  repository_id  BIGINT NOT NULL,
  parent         TEXT ${bytewise} NOT NULL,
  digest         TEXT ${bytewise} NOT NULL REFERENCES blob (digest),
  registry_id    BIGINT NOT NULL,
  PRIMARY KEY (repository_id, parent, digest)
) ${without_rowid};
CREATE INDEX deleted_manifest_blob_by_digest ON deleted_manifest_blob (digest, registry_id);
CREATE INDEX deleted_manifest_blob_by_registry ON deleted_manifest_blob (registry_id, digest);

-- The tags that went with a manifest.
CREATE TABLE deleted_tag (
  deletion_id  BIGINT NOT NULL,
  digest       TEXT ${bytewise} NOT NULL,
  name         TEXT ${bytewise} NOT NULL,
  PRIMARY KEY (deletion_id, digest, name)
) ${without_rowid};

-- Links that nothing may need any more: looked at when the lease has ended. A link that a manifest needs has no lease (0) once it
-- was looked at, and gets one again when a manifest that names it goes.
CREATE INDEX repository_blob_by_lease ON repository_blob (lease_until, repository_id, digest) WHERE lease_until > 0;

-- What came back in space, by day (UTC, counted from 1970-01-01).
CREATE TABLE reclaimed_day (
  day    ${id} PRIMARY KEY,
  blobs  BIGINT NOT NULL,
  bytes  BIGINT NOT NULL
);
