-- People, how they sign in, and the organizations they are in.

CREATE TABLE users (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  -- Canonical: one spelling a mailbox.
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  verified_at INTEGER,
  -- The organization `/` leads to.
  home_org_id BLOB,
  created_at INTEGER NOT NULL
) STRICT;

-- Only the hash of what the cookie holds.
CREATE TABLE sessions (
  token_hash BLOB NOT NULL PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

-- Sign-ups that wait for their address to be proven. There is no account before that, so nobody
-- can hold an address that is not theirs.
CREATE TABLE sign_ups (
  id BLOB NOT NULL PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  -- Proves that the confirming browser is the one that signed up.
  browser_hash BLOB NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  next TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_ups_email ON sign_ups (email, created_at);

CREATE TABLE password_resets (
  token_hash BLOB NOT NULL PRIMARY KEY,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX password_resets_user ON password_resets (user_id);
