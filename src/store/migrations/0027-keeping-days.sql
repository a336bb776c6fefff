-- How long a company keeps its recordings, where it chose something else than the server's configuration.
CREATE TABLE keeping_days (
  tenant_id TEXT PRIMARY KEY REFERENCES tenants(id),
  ordinary_days INTEGER NOT NULL,
  finding_days INTEGER NOT NULL,
  case_days INTEGER NOT NULL
);
