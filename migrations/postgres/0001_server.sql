-- What the machine room keeps: the key check, the outbox, events, the audit log.

CREATE TABLE master_keys (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  proof BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

-- Letters to be sent. `sealed` holds subject and body, and is emptied once they are sent.
CREATE TABLE letters (
  id UUID NOT NULL PRIMARY KEY,
  org_id UUID,
  sender_id UUID,
  about_id UUID,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  sealed BYTEA,
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  done_at BIGINT,
  failed_at BIGINT,
  last_error TEXT
);
CREATE INDEX letters_due ON letters (due_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX letters_about ON letters (about_id) WHERE failed_at IS NOT NULL;
CREATE INDEX letters_recipient ON letters (recipient, created_at);

-- What happened, for whoever is watching; kept for an hour.
CREATE TABLE events (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id UUID,
  topic TEXT NOT NULL,
  entity_id UUID NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX events_org ON events (org_id, seq);

-- Append-only. No foreign keys: a row outlives what it tells of.
CREATE TABLE audit_log (
  id UUID NOT NULL PRIMARY KEY,
  org_id UUID,
  created_at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('person', 'key', 'system')),
  actor_id UUID,
  actor_role TEXT,
  action TEXT NOT NULL,
  target_id UUID,
  details JSONB NOT NULL,
  ip TEXT,
  user_agent TEXT NOT NULL,
  request_id TEXT NOT NULL
);
CREATE INDEX audit_log_org ON audit_log (org_id, created_at);
