-- Identities of others: issuers whose tokens are exchanged for short-lived keys, and sign-in by an identity provider.

-- rules: JSON [{"claims": {name: pattern}, "serviceAccount", "scopes", "keyLifetimeSeconds"}, …], in order.
CREATE TABLE federation_issuer (
  id          ${id} PRIMARY KEY,
  name        TEXT ${bytewise} NOT NULL UNIQUE,
  issuer      TEXT ${bytewise} NOT NULL UNIQUE, -- as its tokens name it
  audience    TEXT NOT NULL,
  jwks_uri    TEXT,                             -- none: the issuer is asked
  rules       TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);

-- Tokens that were exchanged, until they have expired: each is good once. The hash is of issuer and jti, or of the whole token.
CREATE TABLE federation_token (
  hash        TEXT ${bytewise} NOT NULL PRIMARY KEY,
  expires_at  BIGINT NOT NULL
) ${without_rowid};
CREATE INDEX federation_token_by_expiry ON federation_token (expires_at);

-- A short-lived key is one that was given for an identity token. It does not count against the keys that an account may have.
ALTER TABLE access_key ADD COLUMN short_lived BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX access_key_account;
CREATE INDEX access_key_account ON access_key (account_id, short_lived, id);
CREATE INDEX access_key_short_lived ON access_key (account_id, expires_at) WHERE short_lived = TRUE;
CREATE INDEX access_key_short_lived_by_expiry ON access_key (expires_at) WHERE short_lived = TRUE;

-- Who an account is at an identity provider. An account is found by this and never by its name alone.
CREATE TABLE account_identity (
  issuer      TEXT ${bytewise} NOT NULL,
  subject     TEXT ${bytewise} NOT NULL,
  account_id  ${id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
) ${without_rowid};
CREATE INDEX account_identity_by_account ON account_identity (account_id);

-- Sign-ins between the way to the identity provider and the way back. Single use; any node can finish one. The hashes are of the
-- state, which goes through the provider, and of the cookie that binds the sign-in to its browser; nonce and code verifier are
-- derived from the cookie and so never stored.
CREATE TABLE oidc_sign_in (
  state_hash   TEXT ${bytewise} NOT NULL PRIMARY KEY,
  cookie_hash  TEXT ${bytewise} NOT NULL,
  redirect_uri TEXT NOT NULL,
  return_to    TEXT NOT NULL,
  expires_at   BIGINT NOT NULL
) ${without_rowid};
CREATE INDEX oidc_sign_in_by_expiry ON oidc_sign_in (expires_at);
