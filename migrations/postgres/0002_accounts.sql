-- People, how they sign in, and the organizations they are in.

CREATE TABLE users (
  id UUID NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  -- Canonical: one spelling a mailbox.
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  verified_at BIGINT,
  -- The organization `/` leads to.
  home_org_id UUID,
  created_at BIGINT NOT NULL
);

-- Only the hash of what the cookie holds.
CREATE TABLE sessions (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  id UUID NOT NULL UNIQUE,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  data JSONB NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

-- Sign-ups that wait for their address to be proven. There is no account before that, so nobody
-- can hold an address that is not theirs.
CREATE TABLE sign_ups (
  id UUID NOT NULL PRIMARY KEY,
  token_hash BYTEA NOT NULL UNIQUE,
  -- Proves that the confirming browser is the one that signed up.
  browser_hash BYTEA NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  next TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ups_email ON sign_ups (email, created_at);

CREATE TABLE password_resets (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX password_resets_user ON password_resets (user_id);
