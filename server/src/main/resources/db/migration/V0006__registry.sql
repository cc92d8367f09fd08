-- What a registry is for and whom it answers. Names and purposes do not change; a registry that is deleted loses its name at
-- once (no name can begin with '~'), and its row goes when everything in it is gone.

ALTER TABLE registry ADD COLUMN purpose TEXT NOT NULL DEFAULT 'normal' CHECK (purpose IN ('normal', 'image-cache'));
ALTER TABLE registry ADD COLUMN public_uri BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE registry ADD COLUMN scan_on_push BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE registry ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registry ADD COLUMN deleted_at BIGINT;

UPDATE registry SET updated_at = created_at;

CREATE INDEX registry_by_creation ON registry (created_at, id);
CREATE INDEX registry_deleted ON registry (id) WHERE deleted_at IS NOT NULL;

-- What deletes a repository looks for its uploads.
CREATE INDEX upload_by_repository ON upload (repository_id, id);

-- Lists of registries by what they hold. A registry gets its row of registry_usage when it is made.
CREATE INDEX registry_usage_by_size ON registry_usage (physical_bytes, registry_id);
CREATE INDEX registry_usage_by_images ON registry_usage (image_count, registry_id);
