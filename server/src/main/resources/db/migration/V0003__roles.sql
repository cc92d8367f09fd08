-- Roles that people make, grants that can be named, principals, and what narrows an access key.

-- Own roles; those of the guide are code. permissions: JSON ["artifact:pull", …]. images: JSON ["ci/**", …], of which one must
-- match, or none if the role is for all images.
CREATE TABLE role (
  name         TEXT ${bytewise} NOT NULL PRIMARY KEY,
  description  TEXT NOT NULL DEFAULT '',
  permissions  TEXT NOT NULL,
  images       TEXT,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL
);

-- A grant gets an id, so that it can be shown and taken away by it.
-- registry_id 0 is the whole service; ids of registries are positive and never used again. It is no
-- foreign key, so that a registry that comes back from the undo window has its roles again.
ALTER TABLE role_grant RENAME TO role_grant_without_id;

CREATE TABLE role_grant (
  id           ${sequence},
  principal    TEXT ${bytewise} NOT NULL, -- account:kim, robot:ci, group:dev
  registry_id  BIGINT NOT NULL,
  role         TEXT ${bytewise} NOT NULL,
  created_at   BIGINT NOT NULL,
  UNIQUE (principal, registry_id, role)
);

INSERT INTO role_grant (principal, registry_id, role, created_at)
SELECT principal, registry_id, role, created_at
FROM role_grant_without_id
ORDER BY created_at, principal, registry_id, role;

DROP TABLE role_grant_without_id;

CREATE INDEX role_grant_by_principal ON role_grant (principal, id);
CREATE INDEX role_grant_by_registry ON role_grant (registry_id, id);
CREATE INDEX role_grant_by_role ON role_grant (role, registry_id, id);

-- How an account is named in grants, tokens and history: account:kim; a service account is a row named robot$ci with the
-- principal robot:ci. SQLite adds no column that is NOT NULL without a default.
ALTER TABLE account ADD COLUMN principal TEXT ${bytewise} NOT NULL DEFAULT '';
UPDATE account SET principal = 'account:' || name;
CREATE UNIQUE INDEX account_by_principal ON account (principal);

-- The groups that the identity provider named at the account's last sign-in.
CREATE TABLE account_group (
  account_id  ${id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name        TEXT ${bytewise} NOT NULL,
  PRIMARY KEY (account_id, name)
) ${without_rowid};

-- JSON [{"registry", "images", "actions"}, …]; none: the key may do all that its owner may.
ALTER TABLE access_key ADD COLUMN scopes TEXT;
