-- What lists of images, artifacts and tags show and filter by, stored at push so that no list reads content.

-- kind: '' until it was worked out; rows that are older than this are filled in the background.
-- total_size: the manifest with all it names; of an index, with those of its children that are there.
-- platform: what an image runs on, 'linux/arm64'.
ALTER TABLE repository_manifest ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE repository_manifest ADD COLUMN total_size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE repository_manifest ADD COLUMN platform TEXT ${bytewise};
CREATE INDEX repository_manifest_by_kind ON repository_manifest (repository_id, kind, pushed_at, digest);
CREATE INDEX repository_manifest_by_platform ON repository_manifest (repository_id, platform, pushed_at, digest)
  WHERE platform IS NOT NULL;
CREATE INDEX repository_manifest_unread ON repository_manifest (repository_id, digest) WHERE kind = '';

-- What an index says of a child, with the time of the index, so that indexes of a platform are found in order.
ALTER TABLE manifest_edge ADD COLUMN platform TEXT ${bytewise};
ALTER TABLE manifest_edge ADD COLUMN parent_pushed_at BIGINT;
CREATE INDEX manifest_edge_by_platform ON manifest_edge (repository_id, platform, parent_pushed_at, parent)
  WHERE platform IS NOT NULL;

CREATE INDEX tag_by_move ON tag (repository_id, moved_at, name);

-- What people write about an image. No row: nothing.
CREATE TABLE image_text (
  repository_id  ${id} PRIMARY KEY REFERENCES repository (id) ON DELETE CASCADE,
  description    TEXT NOT NULL,
  readme         TEXT NOT NULL
);
