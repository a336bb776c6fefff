-- Keys, sealed under the master key. Kind 'data' seals things, 'hash' makes them findable; the newest version is in use.
CREATE TABLE tenant_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  kind TEXT NOT NULL CHECK (kind IN ('data', 'hash')),
  version INTEGER NOT NULL,
  key_sealed BLOB NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, kind, version)
);
