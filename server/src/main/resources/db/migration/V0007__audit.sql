-- Who did what, newest first in every list. Rows are only added, and dropped by age.
-- registry is empty for what concerns the whole service. detail is a small JSON object of texts.
CREATE TABLE audit (
  id          ${id} PRIMARY KEY,
  at          BIGINT NOT NULL,
  actor       TEXT ${bytewise} NOT NULL,
  via         TEXT NOT NULL,
  address     TEXT NOT NULL,
  action      TEXT ${bytewise} NOT NULL,
  registry    TEXT ${bytewise} NOT NULL,
  target      TEXT NOT NULL,
  result      TEXT ${bytewise} NOT NULL CHECK (result IN ('success', 'denied', 'failed')),
  request_id  TEXT NOT NULL,
  detail      TEXT NOT NULL
);

-- One index for each filter in the order of the list, with the columns of the filters that are given beside it: so a rare
-- combination is looked for in the index alone. Successes are nearly all rows and need no index of their own.
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_actor ON audit (actor, at, id, action, registry, result);
CREATE INDEX audit_by_registry ON audit (registry, at, id, action, result);
CREATE INDEX audit_by_action ON audit (action, at, id, result);
CREATE INDEX audit_by_result ON audit (result, at, id) WHERE result <> 'success';

-- How far each reader of the outbox has come. What all of them have passed may be dropped.
CREATE TABLE event_cursor (
  name  TEXT ${bytewise} PRIMARY KEY,
  tx    BIGINT NOT NULL,
  seq   BIGINT NOT NULL,
  at    BIGINT NOT NULL
);
