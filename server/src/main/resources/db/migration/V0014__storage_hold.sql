-- While a hold that has not expired is here, no object is removed from the storage: a copy of the database that was taken
-- meanwhile may name it. Made by the command "hatoba backup", which puts the end off while it works.
CREATE TABLE storage_hold (
  id          ${id} PRIMARY KEY,
  reason      TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL
);
CREATE INDEX storage_hold_by_end ON storage_hold (expires_at, id);
