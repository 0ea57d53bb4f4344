-- The tenants, who is in them, and who is invited.

CREATE TABLE organizations (
  id UUID NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE CHECK (length(slug) BETWEEN 3 AND 40),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- Whose personal organization it is; each person has one.
  personal_of UUID UNIQUE REFERENCES users (id),
  default_role TEXT NOT NULL CHECK (default_role IN ('admin', 'editor', 'viewer')),
  -- How long an invitation is good for, in milliseconds: one hour to thirty days.
  invitation_span BIGINT NOT NULL CHECK (invitation_span BETWEEN 3600000 AND 2592000000),
  created_at BIGINT NOT NULL
);

CREATE TABLE members (
  org_id UUID NOT NULL REFERENCES organizations (id),
  user_id UUID NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE invitations (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'revoked')),
  inviter_id UUID NOT NULL REFERENCES users (id),
  -- The mailed token, which proves the address, and the copyable one, which does not.
  mail_hash BYTEA NOT NULL UNIQUE,
  link_hash BYTEA NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  -- When it left `pending`.
  closed_at BIGINT,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX invitations_pending ON invitations (org_id, email) WHERE state = 'pending';
CREATE INDEX invitations_listed ON invitations (org_id, created_at);

-- A further fence: within a change of one organization, rows of others neither show nor can be
-- written, whatever the statement says. Outside such a change the setting is empty.
CREATE FUNCTION app_org_id() RETURNS UUID LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.org_id', true), '')::uuid $$;

ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON members USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON invitations USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
