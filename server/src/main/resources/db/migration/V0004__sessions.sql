-- Sign-in: sessions of people, what is known of accounts, names of keys. A service account is an account whose name begins with
-- robot$; it has no password and no session.

ALTER TABLE account ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN expires_at BIGINT;                 -- from then on nothing of a service account works
ALTER TABLE account ADD COLUMN last_sign_in_at BIGINT NOT NULL DEFAULT 0; -- 0: never, so that the list can be sorted by it
ALTER TABLE account ADD COLUMN robot BOOLEAN NOT NULL DEFAULT FALSE; -- a service account; people are listed without them
CREATE INDEX account_by_name ON account (robot, name);
CREATE INDEX account_by_creation ON account (robot, created_at, name);
CREATE INDEX account_by_sign_in ON account (robot, last_sign_in_at, name);

ALTER TABLE access_key ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN secret_at BIGINT NOT NULL DEFAULT 0; -- when the secret was made; 0: with the key

-- The cookie holds 256 random bits, the row their SHA-256. ends_at is the earlier of two ends: idle for too long, which moves
-- with each use, and expires_at, which does not.
CREATE TABLE session (
  secret_hash   TEXT ${bytewise} NOT NULL PRIMARY KEY,
  id            ${id} NOT NULL UNIQUE,              -- how its owner names it
  account_id    ${id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created_at    BIGINT NOT NULL,
  last_seen_at  BIGINT NOT NULL,                    -- written in batches
  ends_at       BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  address       TEXT NOT NULL,                      -- of the last use
  user_agent    TEXT NOT NULL
) ${without_rowid};
CREATE INDEX session_by_account ON session (account_id, id);
CREATE INDEX session_by_end ON session (ends_at);
