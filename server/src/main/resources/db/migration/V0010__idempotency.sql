-- Answers to POSTs that came with an Idempotency-Key, for a day. An answer may carry a secret that is shown once, so it rests
-- encrypted; without one the request is still under way, in the try that holds the claim.
CREATE TABLE idempotency (
  principal        TEXT ${bytewise} NOT NULL,
  idempotency_key  TEXT ${bytewise} NOT NULL,
  fingerprint      TEXT NOT NULL,
  claim            TEXT NOT NULL,
  claimed_until    BIGINT NOT NULL,
  answer           ${blob},
  created_at       BIGINT NOT NULL,
  PRIMARY KEY (principal, idempotency_key)
) ${without_rowid};
CREATE INDEX idempotency_by_time ON idempotency (created_at, principal, idempotency_key);
