-- Uploads under way (archive/uploads.h). An upload's id is that of its object and becomes its recording's.
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  caller TEXT NOT NULL,          -- users.id or api_keys.id: nobody else sees it
  state TEXT NOT NULL CHECK (state IN ('open', 'finished')),
  total_bytes INTEGER,           -- NULL: not told yet
  done_bytes INTEGER NOT NULL DEFAULT 0,   -- that are on the disk
  key_number INTEGER NOT NULL,   -- of the object's key
  progress_sealed BLOB,          -- SHA-256 so far, and the bytes of the segment that is not full yet
  details_sealed BLOB NOT NULL,  -- what was told of the recording, as JSON
  employee_id TEXT,              -- whose recording it will be
  group_id TEXT,
  expires_ms INTEGER NOT NULL
);
CREATE INDEX uploads_by_caller ON uploads (tenant_id, caller, state);
CREATE INDEX uploads_by_expiry ON uploads (expires_ms);

ALTER TABLE recordings ADD COLUMN started_offset_min INTEGER;  -- of the clock that started_ms was read from, from UTC
ALTER TABLE recordings ADD COLUMN customer_channel INTEGER;    -- from 0; NULL: not told
