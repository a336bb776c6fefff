-- Who may come in.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  login TEXT NOT NULL UNIQUE,           -- an e-mail address in lower case
  name TEXT NOT NULL,
  roles TEXT NOT NULL,                  -- ' administrator employee '
  group_id TEXT REFERENCES groups(id),
  employee_id TEXT REFERENCES employees(id),
  password_hash TEXT NOT NULL DEFAULT '',
  code_secret_sealed BLOB,              -- of an authenticator app
  code_confirmed INTEGER NOT NULL DEFAULT 0,
  code_step INTEGER NOT NULL DEFAULT 0, -- last one used
  failures INTEGER NOT NULL DEFAULT 0,  -- of signing in, since the last success
  locked_until_ms INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  disabled_ms INTEGER
);
CREATE INDEX users_by_tenant ON users (tenant_id, id);

CREATE TABLE invitations (
  token_hash TEXT PRIMARY KEY,          -- of the link's secret
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  user_id TEXT REFERENCES users(id),    -- NULL: the first user of the tenant
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER
);

CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  user_id TEXT NOT NULL REFERENCES users(id),
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,                 -- permissions: ' upload read_recordings '
  group_id TEXT REFERENCES groups(id),  -- NULL: the whole tenant
  created_by TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER,
  used_ms INTEGER,
  revoked_ms INTEGER
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);
