-- Answers to POSTs with an Idempotency-Key, for 24 hours (server/idempotency.h).
CREATE TABLE idempotency (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  caller TEXT NOT NULL,          -- users.id or api_keys.id
  key TEXT NOT NULL,
  request TEXT NOT NULL,         -- keyed hash of method, path, query and body
  status INTEGER,                -- NULL: still running
  answer_sealed BLOB,            -- headers and body
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, caller, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_ms);
