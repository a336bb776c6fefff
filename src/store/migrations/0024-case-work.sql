-- By when something has to have happened in a case, and what was done for the employee.
ALTER TABLE cases ADD COLUMN due_ms INTEGER;

CREATE TABLE case_aftercare (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  case_id TEXT NOT NULL REFERENCES cases(id),
  step TEXT NOT NULL CHECK (step IN ('heard', 'relieved', 'support', 'safety', 'followed_up')),
  done_ms INTEGER NOT NULL,
  done_by TEXT NOT NULL,
  name_sealed BLOB NOT NULL,
  PRIMARY KEY (tenant_id, case_id, step)
);
