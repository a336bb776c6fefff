-- How long things are kept, and the proof that they went (archive/retention.h).

-- Keys that a new master key leaves as they are: what was chained or signed with them stays verifiable
-- (access/keyring.h). Empty until the master key is changed for the first time.
CREATE TABLE lasting_keys (
  purpose TEXT PRIMARY KEY,
  key_sealed BLOB NOT NULL
);

-- A row is there from the moment a recording is deleted; it is finished when its files are gone, too.
CREATE TABLE deletions (
  recording_id TEXT PRIMARY KEY REFERENCES recordings(id),
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  cause TEXT NOT NULL CHECK (cause IN ('retention', 'request')),
  actor TEXT NOT NULL,           -- users.id, api_keys.id or 'system'
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER,
  certificate TEXT               -- signed JSON; NULL until finished
);
CREATE INDEX deletions_unfinished ON deletions (recording_id) WHERE finished_ms IS NULL;

CREATE TABLE deletion_objects (
  recording_id TEXT NOT NULL REFERENCES deletions(recording_id),
  object_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('sound', 'report')),
  shared INTEGER NOT NULL,       -- 1: another recording of the same bytes has it, so that it stays
  PRIMARY KEY (recording_id, object_id)
);

ALTER TABLE recordings ADD COLUMN hold_reason_sealed BLOB;  -- why it is under legal hold

CREATE INDEX recordings_by_object ON recordings (tenant_id, object_id);
CREATE INDEX recordings_by_report ON recordings (tenant_id, report_id);
