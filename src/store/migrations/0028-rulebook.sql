-- What companies changed about the policy that judges their recordings; the last edition is in force.
CREATE TABLE rulebook_editions (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  number INTEGER NOT NULL,
  amendment_sealed BLOB NOT NULL,   -- src/policy/amendment.h, as JSON
  published_by TEXT NOT NULL,       -- users.id or api_keys.id
  name_sealed BLOB NOT NULL,
  note_sealed BLOB NOT NULL,        -- why; may be of nothing
  published_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, number)
);
