-- The queue (archive/queue.h): whose turn it is, and how fast the work goes.

-- 101 before the quick pass, then the score it found: within a priority the larger is done first.
ALTER TABLE jobs ADD COLUMN urgency INTEGER NOT NULL DEFAULT 101;
ALTER TABLE jobs ADD COLUMN started_ms INTEGER;  -- of the attempt under way, or of the last one
ALTER TABLE jobs ADD COLUMN report_id TEXT;      -- object to which the attempt writes its report
DROP INDEX jobs_by_turn;
CREATE INDEX jobs_by_turn ON jobs (state, tenant_id, priority DESC, urgency DESC, id);
CREATE INDEX jobs_by_tenant ON jobs (tenant_id, id);
CREATE UNIQUE INDEX jobs_alive ON jobs (recording_id) WHERE state IN ('waiting', 'held', 'running');

ALTER TABLE recordings ADD COLUMN expected_score INTEGER;  -- what the quick pass found

-- Tenants take turns: the one whose last turn is longest ago is next.
CREATE TABLE queue_turns (
  tenant_id TEXT PRIMARY KEY REFERENCES tenants(id),
  turn INTEGER NOT NULL
);

-- What a worker did lately, older work counting less and less.
CREATE TABLE work_speed (
  kind TEXT PRIMARY KEY CHECK (kind IN ('quick', 'full')),
  recording_s REAL NOT NULL,
  bytes REAL NOT NULL,
  work_s REAL NOT NULL
);
