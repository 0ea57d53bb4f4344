-- What the machine room keeps: the key check, the outbox, events, the audit log.

CREATE TABLE master_keys (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  proof BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Letters to be sent. `sealed` holds subject and body, and is emptied once they are sent.
CREATE TABLE letters (
  id BLOB NOT NULL PRIMARY KEY,
  org_id BLOB,
  sender_id BLOB,
  about_id BLOB,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  sealed BLOB,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  done_at INTEGER,
  failed_at INTEGER,
  last_error TEXT
) STRICT;
CREATE INDEX letters_due ON letters (due_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX letters_about ON letters (about_id) WHERE failed_at IS NOT NULL;
CREATE INDEX letters_recipient ON letters (recipient, created_at);

-- What happened, for whoever is watching; kept for an hour.
CREATE TABLE events (
  seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  org_id BLOB,
  topic TEXT NOT NULL,
  entity_id BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_org ON events (org_id, seq);

-- Append-only. No foreign keys: a row outlives what it tells of.
CREATE TABLE audit_log (
  id BLOB NOT NULL PRIMARY KEY,
  org_id BLOB,
  created_at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('person', 'key', 'system')),
  actor_id BLOB,
  actor_role TEXT,
  action TEXT NOT NULL,
  target_id BLOB,
  details TEXT NOT NULL,
  ip TEXT,
  user_agent TEXT NOT NULL,
  request_id TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_org ON audit_log (org_id, created_at);
