-- Nothing typed is lost: drafts as they were, forms that failed, forms that are sent twice.

-- What a draft was before it changed: it can be brought back, and what two people write at once is merged by it.
CREATE TABLE draft_revisions (
  org_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  revision BIGINT NOT NULL,
  -- Why it is kept for a week. Nothing where it is only the base of changes that are still to come.
  reason TEXT NOT NULL CHECK (reason IN ('', 'sitting', 'removed', 'replaced', 'unused')),
  -- Of the content, in bytes.
  size BIGINT NOT NULL,
  written_at BIGINT NOT NULL,
  written_by UUID REFERENCES users (id),
  kept_at BIGINT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (org_id, prompt_id, revision),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
);
CREATE INDEX draft_revisions_age ON draft_revisions (kept_at);

-- What came of a posted form, for the page that the browser is led back to.
CREATE TABLE posted_forms (
  -- SHA-256 of the name in the URL, and of the cookie of the browser that posted it.
  token_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  browser_hash BYTEA NOT NULL CHECK (length(browser_hash) = 32),
  -- The session it was posted in, if somebody was signed in.
  session_id UUID,
  -- What was typed and answered, sealed.
  sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX posted_forms_browser ON posted_forms (browser_hash, created_at);
CREATE INDEX posted_forms_age ON posted_forms (expires_at);

-- Forms that make something: sent a second time, they are not carried out again.
CREATE TABLE sent_forms (
  -- SHA-256 of who sent it, where to, and of all that it says.
  form_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(form_hash) = 32),
  -- Where it led, sealed; none while it is carried out.
  sealed BYTEA,
  created_at BIGINT NOT NULL
);
CREATE INDEX sent_forms_age ON sent_forms (created_at);

ALTER TABLE draft_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE draft_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON draft_revisions USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
