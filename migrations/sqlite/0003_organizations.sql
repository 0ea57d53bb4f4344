-- The tenants, who is in them, and who is invited.

CREATE TABLE organizations (
  id BLOB NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE CHECK (length(slug) BETWEEN 3 AND 40),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- Whose personal organization it is; each person has one.
  personal_of BLOB UNIQUE REFERENCES users (id),
  default_role TEXT NOT NULL CHECK (default_role IN ('admin', 'editor', 'viewer')),
  -- How long an invitation is good for, in milliseconds: one hour to thirty days.
  invitation_span INTEGER NOT NULL CHECK (invitation_span BETWEEN 3600000 AND 2592000000),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  user_id BLOB NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, user_id)
) STRICT;
CREATE INDEX members_user ON members (user_id);

CREATE TABLE invitations (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'revoked')),
  inviter_id BLOB NOT NULL REFERENCES users (id),
  -- The mailed token, which proves the address, and the copyable one, which does not.
  mail_hash BLOB NOT NULL UNIQUE,
  link_hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- When it left `pending`.
  closed_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE UNIQUE INDEX invitations_pending ON invitations (org_id, email) WHERE state = 'pending';
CREATE INDEX invitations_listed ON invitations (org_id, created_at);
