-- API keys: what services show. Of a secret only its SHA-256 is stored.

CREATE TABLE api_keys (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  -- The part of the key by which it is found.
  public_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- Names divided by spaces, such as `read:prompts`.
  scopes TEXT NOT NULL,
  -- JSON lists of ids; none for all. Not tables that refer to them: a limit whose last thing is deleted
  -- must go on allowing nothing.
  environments TEXT,
  folders TEXT,
  secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
  last_four TEXT NOT NULL,
  -- The secret before the last rotation, and until when it is good.
  previous_hash BLOB CHECK (length(previous_hash) = 32),
  previous_until INTEGER,
  expires_at INTEGER,
  revoked_at INTEGER,
  revoked_by BLOB REFERENCES users (id),
  -- Whoever made it; the key outlives their membership.
  created_by BLOB NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  last_used_ip TEXT,
  PRIMARY KEY (org_id, id),
  CHECK ((previous_hash IS NULL) = (previous_until IS NULL))
) STRICT;

-- The key with which a deployment was asked for, where it was one; `requested_by` made it, and so may not
-- approve what it asks for.
ALTER TABLE deployment_requests ADD COLUMN key_id BLOB;
