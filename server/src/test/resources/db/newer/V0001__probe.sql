-- The table of the database's own tests.
CREATE TABLE probe (
  id ${id} PRIMARY KEY,
  name TEXT ${bytewise} NOT NULL UNIQUE,
  digest TEXT,
  at BIGINT,
  content ${blob},
  public BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE probe_link (
  parent BIGINT NOT NULL REFERENCES probe (id) DEFERRABLE INITIALLY DEFERRED,
  child TEXT ${bytewise} NOT NULL,
  PRIMARY KEY (parent, child)
) ${without_rowid};

CREATE TABLE probe_event (
  seq ${sequence},
  tx BIGINT NOT NULL DEFAULT ${tx},
  payload TEXT NOT NULL
);
CREATE INDEX probe_event_order ON probe_event (tx, seq);
