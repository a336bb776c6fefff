-- Recordings and what became of them. Columns ending in _sealed hold bytes sealed with the tenant's key (access/keyring.h).

CREATE TABLE recordings (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  name_sealed BLOB NOT NULL,     -- file name
  object_id TEXT NOT NULL,       -- the file's bytes, in the object store
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,          -- keyed: HMAC of the content's SHA-256, so that a stolen disk tells nothing
  same_as TEXT REFERENCES recordings(id),  -- an earlier upload of the same bytes
  employee_id TEXT REFERENCES employees(id),
  group_id TEXT REFERENCES groups(id),
  counterpart TEXT,              -- keyed hash of the user's id for the customer
  counterpart_sealed BLOB,
  direction TEXT CHECK (direction IN ('inbound', 'outbound')),
  started_ms INTEGER,            -- when the dealing began, as told
  uploaded_ms INTEGER NOT NULL,
  uploaded_by TEXT,              -- users.id or api_keys.id
  state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'analysing', 'analysed', 'failed', 'cancelled', 'deleted')),
  reason_ja TEXT,                -- why it is held or failed
  reason_en TEXT,
  -- of the last analysis
  report_id TEXT,                -- JSON report, in the object store
  analysed_ms INTEGER,
  duration_s REAL,
  silence_s REAL,                -- in stretches over 60 s
  loudness_lufs REAL,            -- of the loudest channel
  score INTEGER,
  band TEXT,
  harassment INTEGER,            -- 1: suspected
  categories TEXT,               -- ' a b c ': for filters
  -- keeping
  grade TEXT NOT NULL DEFAULT 'ordinary' CHECK (grade IN ('ordinary', 'finding', 'case')),
  legal_hold INTEGER NOT NULL DEFAULT 0,
  delete_after_ms INTEGER,
  deleted_ms INTEGER
);
CREATE INDEX recordings_by_tenant ON recordings (tenant_id, id);
CREATE INDEX recordings_by_state ON recordings (state, id);
CREATE INDEX recordings_by_sum ON recordings (tenant_id, sha256);
CREATE INDEX recordings_by_counterpart ON recordings (tenant_id, counterpart);
CREATE INDEX recordings_by_employee ON recordings (tenant_id, employee_id, started_ms);
CREATE INDEX recordings_by_deletion ON recordings (delete_after_ms) WHERE deleted_ms IS NULL;

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  recording_id TEXT NOT NULL REFERENCES recordings(id),
  kind TEXT NOT NULL CHECK (kind IN ('quick', 'full')),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'running', 'done', 'dead', 'cancelled')),
  priority INTEGER NOT NULL DEFAULT 0,  -- larger first
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL DEFAULT 0,
  leased_until_ms INTEGER,       -- a worker that does not renew by then is thought to be gone
  worker TEXT,
  progress REAL NOT NULL DEFAULT 0,
  reason_ja TEXT,                -- of the last failure
  reason_en TEXT,
  created_ms INTEGER NOT NULL,
  finished_ms INTEGER
);
CREATE INDEX jobs_by_turn ON jobs (state, priority DESC, id);
CREATE INDEX jobs_by_recording ON jobs (recording_id);
