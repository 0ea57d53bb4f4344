-- Requests that services may send twice: the answer of the first is the answer of all.

CREATE TABLE idempotent_requests (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  key_id BLOB NOT NULL,
  -- What the service called it.
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  -- SHA-256 of method, path and body.
  request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
  -- The answer; none while it is being made.
  status INTEGER,
  body TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, key_id, name),
  FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX idempotent_requests_age ON idempotent_requests (created_at);

-- The key with which a version was saved, where it was one.
ALTER TABLE versions ADD COLUMN key_id BLOB;
