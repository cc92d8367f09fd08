-- How much each registry and image holds, how often it is pulled, and how much a registry may hold. See docs/design/usage.md.

ALTER TABLE registry ADD COLUMN quota_bytes BIGINT; -- none: no limit

-- What lies in a registry, once, however many of its images have it. Who links it first adds its size, who removes the last
-- link subtracts it; both lock the row. Without foreign keys: they would lock the one row of the registry in every push.
CREATE TABLE registry_content (
  registry_id  BIGINT NOT NULL,
  digest       TEXT ${bytewise} NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('blob', 'manifest')),
  size         BIGINT NOT NULL,
  PRIMARY KEY (registry_id, digest, kind)
) ${without_rowid};

-- What a transaction changed, at most one row for each; only ever inserted, and folded into the totals below. What holds is the
-- total and the open rows together. pushed_at is 0 where nothing was pushed.
CREATE TABLE usage_delta (
  id              ${sequence},
  registry_id     BIGINT NOT NULL,
  repository_id   BIGINT NOT NULL,
  images          INT NOT NULL,
  artifacts       INT NOT NULL,
  tags            INT NOT NULL,
  logical_bytes   BIGINT NOT NULL,
  physical_bytes  BIGINT NOT NULL,
  pushed_at       BIGINT NOT NULL
);
CREATE INDEX usage_delta_by_registry ON usage_delta (registry_id, id, physical_bytes);

-- quota_warned and quota_exceeded: the event of this crossing was written.
CREATE TABLE registry_usage (
  registry_id     ${id} PRIMARY KEY,
  image_count     BIGINT NOT NULL DEFAULT 0,
  artifact_count  BIGINT NOT NULL DEFAULT 0,
  tag_count       BIGINT NOT NULL DEFAULT 0,
  logical_bytes   BIGINT NOT NULL DEFAULT 0,
  physical_bytes  BIGINT NOT NULL DEFAULT 0,
  quota_warned    BOOLEAN NOT NULL DEFAULT FALSE,
  quota_exceeded  BOOLEAN NOT NULL DEFAULT FALSE
);

-- One row for each repository, made with it. Times are 0 before the first.
CREATE TABLE repository_usage (
  registry_id     BIGINT NOT NULL,
  repository_id   BIGINT NOT NULL,
  artifact_count  BIGINT NOT NULL DEFAULT 0,
  tag_count       BIGINT NOT NULL DEFAULT 0,
  logical_bytes   BIGINT NOT NULL DEFAULT 0,
  pushed_at       BIGINT NOT NULL DEFAULT 0,
  pull_count      BIGINT NOT NULL DEFAULT 0,
  pulled_at       BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (registry_id, repository_id)
) ${without_rowid};
CREATE INDEX repository_usage_by_artifacts ON repository_usage (registry_id, artifact_count, repository_id);
CREATE INDEX repository_usage_by_size ON repository_usage (registry_id, logical_bytes, repository_id);
CREATE INDEX repository_usage_by_push ON repository_usage (registry_id, pushed_at, repository_id);
CREATE INDEX repository_usage_by_pulls ON repository_usage (registry_id, pull_count, repository_id);
CREATE INDEX repository_usage_by_pull ON repository_usage (registry_id, pulled_at, repository_id);

-- The totals at the end of each day (UTC, counted from 1970-01-01) on which they changed.
CREATE TABLE usage_day (
  registry_id     BIGINT NOT NULL,
  day             INT NOT NULL,
  logical_bytes   BIGINT NOT NULL,
  physical_bytes  BIGINT NOT NULL,
  PRIMARY KEY (registry_id, day)
) ${without_rowid};

-- Pulls of a manifest, by the tag that was asked for; '' by digest. Written in batches from memory.
CREATE TABLE pull_stat (
  repository_id  BIGINT NOT NULL,
  digest         TEXT ${bytewise} NOT NULL,
  tag            TEXT ${bytewise} NOT NULL,
  count          BIGINT NOT NULL,
  last           BIGINT NOT NULL,
  PRIMARY KEY (repository_id, digest, tag),
  FOREIGN KEY (repository_id, digest) REFERENCES repository_manifest (repository_id, digest) ON DELETE CASCADE
) ${without_rowid};

-- What is there already.

INSERT INTO registry_content (registry_id, digest, kind, size)
SELECT DISTINCT r.registry_id, rb.digest, 'blob', b.size
FROM repository_blob rb
JOIN repository r ON r.id = rb.repository_id
JOIN blob b ON b.digest = rb.digest;

INSERT INTO registry_content (registry_id, digest, kind, size)
SELECT DISTINCT r.registry_id, rm.digest, 'manifest', rm.size
FROM repository_manifest rm
JOIN repository r ON r.id = rm.repository_id;

INSERT INTO repository_usage (registry_id, repository_id, artifact_count, tag_count, logical_bytes, pushed_at)
SELECT r.registry_id, r.id,
  (SELECT count(*) FROM repository_manifest rm WHERE rm.repository_id = r.id),
  (SELECT count(*) FROM tag t WHERE t.repository_id = r.id),
  (SELECT coalesce(sum(b.size), 0) FROM repository_blob rb JOIN blob b ON b.digest = rb.digest WHERE rb.repository_id = r.id)
    + (SELECT coalesce(sum(rm.size), 0) FROM repository_manifest rm WHERE rm.repository_id = r.id),
  (SELECT coalesce(max(rm.pushed_at), 0) FROM repository_manifest rm WHERE rm.repository_id = r.id)
FROM repository r;

INSERT INTO registry_usage (registry_id, image_count, artifact_count, tag_count, logical_bytes, physical_bytes)
SELECT r.id,
  (SELECT count(*) FROM repository_usage u WHERE u.registry_id = r.id),
  (SELECT coalesce(sum(u.artifact_count), 0) FROM repository_usage u WHERE u.registry_id = r.id),
  (SELECT coalesce(sum(u.tag_count), 0) FROM repository_usage u WHERE u.registry_id = r.id),
  (SELECT coalesce(sum(u.logical_bytes), 0) FROM repository_usage u WHERE u.registry_id = r.id),
  (SELECT coalesce(sum(c.size), 0) FROM registry_content c WHERE c.registry_id = r.id)
FROM registry r;
