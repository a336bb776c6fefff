-- Who there is. Times are milliseconds since 1970 in UTC (..._ms); ids are UUIDv7 texts (base/id.h), which sort by age.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_ms INTEGER NOT NULL
);

CREATE TABLE groups (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  name TEXT NOT NULL,
  UNIQUE (tenant_id, name)
);

-- Those who deal with customers. An employee may have a login (users.employee_id) or not.
CREATE TABLE employees (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  group_id TEXT REFERENCES groups(id),
  code TEXT NOT NULL,            -- the company's own number or name, as recorders and CSV files write it
  name TEXT NOT NULL,
  UNIQUE (tenant_id, code)
);
