-- Minutes that were analysed (usage/metering.h) and load that was met with (load/load_ledger.h).

-- IANA name: whose midnight begins a day and a month of this tenant.
ALTER TABLE tenants ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'Asia/Tokyo';

-- Rows are only ever added. Nothing refers to recordings: the account outlives what it was made for.
CREATE TABLE usage_entries (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  recording_id TEXT NOT NULL,
  content TEXT NOT NULL,           -- recordings.sha256: keyed, so the disk tells nothing
  kind TEXT NOT NULL CHECK (kind IN ('first', 'again', 'duplicate')),
  month TEXT NOT NULL,             -- '2026-11' on the tenant's calendar, fixed when it was written
  at_ms INTEGER NOT NULL,          -- when it was analysed
  total_s INTEGER NOT NULL CHECK (total_s >= 0),
  silent_s INTEGER NOT NULL CHECK (silent_s >= 0),
  charged_s INTEGER NOT NULL CHECK (charged_s >= 0 AND charged_s + silent_s <= total_s)
);
CREATE UNIQUE INDEX usage_once ON usage_entries (tenant_id, content) WHERE kind = 'first';
CREATE UNIQUE INDEX usage_of_analysis ON usage_entries (tenant_id, recording_id, at_ms);
CREATE INDEX usage_by_month ON usage_entries (tenant_id, month, id);
CREATE TRIGGER usage_entries_stay BEFORE DELETE ON usage_entries
  BEGIN SELECT RAISE(ABORT, 'usage_entries are only ever added'); END;
CREATE TRIGGER usage_entries_unchanged BEFORE UPDATE ON usage_entries
  BEGIN SELECT RAISE(ABORT, 'usage_entries are only ever added'); END;

-- The newest row is the plan in force; without one, the default of the program.
CREATE TABLE usage_plans (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  number INTEGER NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes >= 0),
  set_by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, number)
);

CREATE TABLE usage_allowances (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  month TEXT NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes > 0),
  granted_by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL        -- at most the month's end
);
CREATE INDEX usage_allowances_by_month ON usage_allowances (tenant_id, month);

CREATE TABLE usage_notices (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  month TEXT NOT NULL,
  share INTEGER NOT NULL,          -- percent of the plan
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, month, share)
);

-- What was allowed to begin and is not charged yet; counts while its recording is being analysed.
CREATE TABLE usage_begun (
  recording_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  seconds INTEGER NOT NULL
);
CREATE INDEX usage_begun_by_tenant ON usage_begun (tenant_id);

-- One row per analysed dealing of an employee; a dealing that was uploaded twice has one.
CREATE TABLE load_calls (
  recording_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  employee_id TEXT NOT NULL REFERENCES employees(id),
  content TEXT NOT NULL,           -- as in usage_entries
  day INTEGER NOT NULL,            -- days since 1970-01-01 on the tenant's calendar, of the dealing
  started_ms INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL     -- when the employee could first see it
);
CREATE UNIQUE INDEX load_calls_once ON load_calls (tenant_id, employee_id, content);
CREATE INDEX load_calls_by_day ON load_calls (tenant_id, employee_id, day);

-- What each finding added.
CREATE TABLE load_entries (
  recording_id TEXT NOT NULL REFERENCES load_calls(recording_id),
  finding INTEGER NOT NULL,        -- index in the report's findings
  tenant_id TEXT NOT NULL,
  category TEXT NOT NULL,
  label_ja TEXT NOT NULL,
  label_en TEXT NOT NULL,
  severity INTEGER NOT NULL,
  minutes REAL NOT NULL,
  persistence REAL NOT NULL,
  value REAL NOT NULL,
  utterance INTEGER NOT NULL,      -- -1: about the whole dealing
  start_s REAL NOT NULL,
  end_s REAL NOT NULL,
  dispute_id TEXT,                 -- load_disputes.id
  PRIMARY KEY (recording_id, finding)
);

-- An employee says that a finding is wrong. Kept when the recording is analysed again.
CREATE TABLE load_disputes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  employee_id TEXT NOT NULL REFERENCES employees(id),
  recording_id TEXT NOT NULL,
  category TEXT NOT NULL,
  utterance INTEGER NOT NULL,
  start_s REAL NOT NULL,
  end_s REAL NOT NULL,
  reason_sealed BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'rejected', 'taken_back')),
  raised_ms INTEGER NOT NULL,
  decided_ms INTEGER,
  decided_by TEXT
);
CREATE INDEX load_disputes_by_recording ON load_disputes (tenant_id, recording_id);
CREATE INDEX load_disputes_by_state ON load_disputes (tenant_id, state, id);

-- Three questions a day, sealed: for the employee's eyes only.
CREATE TABLE load_answers (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  employee_id TEXT NOT NULL REFERENCES employees(id),
  day INTEGER NOT NULL,
  answers_sealed BLOB NOT NULL,
  PRIMARY KEY (tenant_id, employee_id, day)
);

-- What a manager may see of a group on a day, decided once and never computed again (load/group_picture.h).
CREATE TABLE load_pictures (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  group_id TEXT NOT NULL REFERENCES groups(id),
  day INTEGER NOT NULL,
  shown INTEGER NOT NULL,          -- 0: withheld; then the counts are 0, too
  green INTEGER NOT NULL,
  yellow INTEGER,                  -- NULL: only yellow and red together
  yellow_or_red INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, group_id, day)
);
