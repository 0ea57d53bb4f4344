-- Where people are signed in, how they prove who they are, and how they change and close accounts.

ALTER TABLE sessions ADD COLUMN ip TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';

-- The row of a closed account stays, without anything personal: others' rows refer to it.
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- The secret that somebody's authenticator shares with us, sealed; it counts once it is confirmed.
CREATE TABLE two_factors (
  user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  sealed BYTEA NOT NULL,
  confirmed_at BIGINT,
  -- The step of the last code that was used: each works once.
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash BYTEA NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

-- Sign-ins whose password was right and whose second factor is awaited.
CREATE TABLE second_steps (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  next TEXT,
  expires_at BIGINT NOT NULL
);
CREATE INDEX second_steps_user ON second_steps (user_id);

-- New addresses that are not proven yet: one a person.
CREATE TABLE address_changes (
  user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  token_hash BYTEA NOT NULL UNIQUE,
  email TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
