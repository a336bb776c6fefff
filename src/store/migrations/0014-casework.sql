-- Cases, who is told of them, and what was told. Columns ending in _sealed hold bytes sealed with the tenant's key.

CREATE TABLE casework_settings (
  tenant_id TEXT PRIMARY KEY REFERENCES tenants(id),
  opened_from TEXT NOT NULL,             -- band from which on a recording is a case
  link_hours INTEGER NOT NULL            -- how long a link in a notice works
);

CREATE TABLE cases (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  recording_id TEXT NOT NULL REFERENCES recordings(id),
  counterpart TEXT,                      -- keyed hash, as in recordings
  group_id TEXT REFERENCES groups(id),
  employee_id TEXT REFERENCES employees(id),
  occurred_ms INTEGER NOT NULL,          -- when the dealing began
  opened_ms INTEGER NOT NULL,
  opened_score INTEGER NOT NULL,
  opened_band TEXT NOT NULL,
  opened_categories TEXT NOT NULL,       -- ' a b c '
  score INTEGER NOT NULL,                -- of the last analysis
  band TEXT NOT NULL,
  categories TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'working', 'closed')),
  urgency INTEGER NOT NULL,              -- the order in which cases are shown: 2000 open, 1000 in hand, 0 closed; plus the score
  escalation INTEGER NOT NULL DEFAULT 0, -- level L0 to L5
  round INTEGER NOT NULL DEFAULT 1,      -- how often it was opened: who was told before is told again
  owner_id TEXT REFERENCES users(id),
  waiting_since_ms INTEGER NOT NULL,     -- opened, or opened again
  noticed_ms INTEGER,                    -- the first notice since then arrived
  acknowledged_ms INTEGER,
  acknowledged_by TEXT,                  -- users.id, api_keys.id or 'recipient'
  acknowledged_name_sealed BLOB,
  waited_ms INTEGER,                     -- from the notice (without one: from waiting_since_ms) to the acknowledgement
  closed_ms INTEGER,
  closed_by TEXT,
  closed_reason_sealed BLOB,
  version INTEGER NOT NULL DEFAULT 1,    -- grows with every change
  UNIQUE (tenant_id, recording_id)
);
CREATE INDEX cases_by_urgency ON cases (tenant_id, urgency DESC, id DESC);
CREATE INDEX cases_by_counterpart ON cases (tenant_id, counterpart);

CREATE TABLE case_events (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  case_id TEXT NOT NULL REFERENCES cases(id),
  number INTEGER NOT NULL,               -- from 1
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,                   -- users.id, api_keys.id, 'recipient' or 'system'
  actor_name_sealed BLOB NOT NULL,
  note_sealed BLOB NOT NULL,
  PRIMARY KEY (tenant_id, case_id, number)
);

-- Who is told of which cases.
CREATE TABLE notice_routes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  name TEXT NOT NULL,
  category TEXT,                         -- NULL: any
  minimum_score INTEGER NOT NULL,
  group_id TEXT REFERENCES groups(id),   -- NULL: any
  with_quote INTEGER NOT NULL,
  language TEXT NOT NULL CHECK (language IN ('ja', 'en')),
  enabled INTEGER NOT NULL,
  version INTEGER NOT NULL
);
CREATE INDEX notice_routes_by_tenant ON notice_routes (tenant_id, id);

CREATE TABLE notice_recipients (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  route_id TEXT NOT NULL REFERENCES notice_routes(id),
  place INTEGER NOT NULL,                -- in the route's list
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
  address_sealed BLOB NOT NULL,          -- e-mail address or URL
  address_hash TEXT NOT NULL,            -- keyed: the same address in two routes is told once
  secret_sealed BLOB,                    -- signs what goes to a webhook
  template TEXT                          -- JSON for a webhook; NULL: ours
);
CREATE INDEX notice_recipients_by_route ON notice_recipients (tenant_id, route_id, place);

-- The outbox: written with the case, sent afterwards.
CREATE TABLE notices (
  id TEXT PRIMARY KEY,                   -- also Message-ID and X-Guardian-Delivery
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  case_id TEXT REFERENCES cases(id),     -- NULL: of the month's minutes
  recipient_id TEXT NOT NULL,            -- notice_recipients.id; may be gone
  channel TEXT NOT NULL,
  address_hash TEXT NOT NULL,
  round INTEGER NOT NULL,                -- of the case (0: none); with the band: what grew worse is told again
  band TEXT NOT NULL,
  language TEXT NOT NULL,
  content_sealed BLOB,                   -- NULL once sent
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL,        -- while sending: when its sender is thought to be gone
  reason_ja TEXT,                        -- of the last failure
  reason_en TEXT,
  created_ms INTEGER NOT NULL,
  sent_ms INTEGER,
  -- the link in it: follows from the id and the tenant's key, so only its hash lies here
  link_hash TEXT NOT NULL UNIQUE,
  link_expires_ms INTEGER NOT NULL,
  link_used_ms INTEGER,
  UNIQUE (tenant_id, case_id, address_hash, round, band)
);
CREATE INDEX notices_by_turn ON notices (state, not_before_ms);
CREATE INDEX notices_by_recipient ON notices (tenant_id, recipient_id, state);
CREATE INDEX notices_by_tenant ON notices (tenant_id, id);
