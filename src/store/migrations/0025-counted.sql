-- What counts of an analysed dealing after people have decided on its findings; insights are made of it.
ALTER TABLE recordings ADD COLUMN counted_score INTEGER;
ALTER TABLE recordings ADD COLUMN counted_suspected INTEGER;
ALTER TABLE recordings ADD COLUMN product TEXT;     -- what the dealing was about, as the company calls it
UPDATE recordings SET counted_score = score, counted_suspected = harassment WHERE state = 'analysed';

CREATE TABLE counted_findings (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  recording_id TEXT NOT NULL REFERENCES recordings(id),
  category TEXT NOT NULL,
  severity INTEGER NOT NULL,
  start_s REAL,                    -- empty: about the whole dealing, or not known
  lead_up TEXT NOT NULL            -- src/insights/lead_up.h; empty: not known
);
CREATE INDEX counted_findings_by_recording ON counted_findings (tenant_id, recording_id);
-- Of dealings from before, only the categories are known.
INSERT INTO counted_findings (tenant_id, recording_id, category, severity, start_s, lead_up)
  SELECT recordings.tenant_id, recordings.id, found.value, 0, NULL, ''
  FROM recordings, json_each('["' || replace(trim(recordings.categories), ' ', '","') || '"]') AS found
  WHERE recordings.state = 'analysed' AND trim(recordings.categories) <> '';
