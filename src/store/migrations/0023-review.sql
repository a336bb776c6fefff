-- What a person decided on a finding. Rows stay: a decision that was taken back or replaced is history.
CREATE TABLE review_decisions (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  recording_id TEXT NOT NULL REFERENCES recordings(id),
  category TEXT NOT NULL,          -- of the finding, and its place: found again in a later analysis
  utterance INTEGER NOT NULL,
  start_s REAL NOT NULL,
  end_s REAL NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('confirmed', 'changed', 'rejected')),
  new_category TEXT NOT NULL,      -- that of the finding, unless changed
  new_severity INTEGER NOT NULL,
  comment_sealed BLOB NOT NULL,
  decided_by TEXT NOT NULL,        -- users.id or api_keys.id
  name_sealed BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  undone_ms INTEGER
);
CREATE INDEX review_decisions_by_recording ON review_decisions (tenant_id, recording_id, id);

-- Left out of the load because a person rejected the finding.
ALTER TABLE load_entries ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
