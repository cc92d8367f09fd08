-- Who may use the service: accounts, their access keys and roles; and the server's own keys.

CREATE TABLE account (
  id            ${id} PRIMARY KEY,
  name          TEXT ${bytewise} NOT NULL UNIQUE,
  password_hash TEXT, -- Argon2id in PHC form; none: no password opens this account
  enabled       BOOLEAN NOT NULL DEFAULT TRUE,
  created_at    BIGINT NOT NULL
);

CREATE TABLE access_key (
  id             TEXT ${bytewise} NOT NULL PRIMARY KEY,
  account_id     ${id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  secret_mac     TEXT NOT NULL,    -- HMAC-SHA-256 under server_key 'access-key', in hexadecimal
  generation     INT NOT NULL,     -- grows with each new secret; tokens of older ones end
  enabled        BOOLEAN NOT NULL DEFAULT TRUE,
  expires_at     BIGINT,
  created_at     BIGINT NOT NULL,
  created_from   TEXT NOT NULL,    -- network address; empty: not over a network
  last_used_at   BIGINT,
  last_used_from TEXT NOT NULL DEFAULT ''
);

CREATE INDEX access_key_account ON access_key (account_id, id);

-- registry_id 0 is the whole service; ids of registries are positive and never used again. It is no
-- foreign key, so that a registry that comes back from the undo window has its roles again.
CREATE TABLE role_grant (
  principal   TEXT ${bytewise} NOT NULL,
  registry_id ${id} NOT NULL,
  role        TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (principal, registry_id, role)
) ${without_rowid};

-- Made by whichever node starts first; the highest generation is in use.
CREATE TABLE server_key (
  purpose    TEXT NOT NULL,
  generation INT NOT NULL,
  material   TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (purpose, generation)
);

-- Grows in every transaction that changes who may do what. A node asks for this one number and so
-- knows whether what it remembers is still true.
CREATE TABLE access_version (
  id      INT NOT NULL PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL
);

INSERT INTO access_version (id, version) VALUES (1, 1);
