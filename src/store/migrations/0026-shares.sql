-- Links by which somebody without an account sees one redacted report for a while.
CREATE TABLE shares (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  recording_id TEXT NOT NULL REFERENCES recordings(id),
  secret_hash TEXT NOT NULL UNIQUE,
  with_sound INTEGER NOT NULL,
  created_by TEXT NOT NULL,        -- users.id or api_keys.id
  name_sealed BLOB NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  ended_ms INTEGER,                -- taken back before
  opened INTEGER NOT NULL DEFAULT 0,
  last_opened_ms INTEGER
);
CREATE INDEX shares_by_recording ON shares (tenant_id, recording_id, id);
