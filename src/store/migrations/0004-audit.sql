-- Who did what, as a chain of keyed hashes (access/audit.h). Rows are only ever added.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  tenant_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details_sealed BLOB NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_by_subject ON audit (tenant_id, subject, number);
