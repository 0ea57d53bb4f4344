-- Nothing typed is lost: drafts as they were, forms that failed, forms that are sent twice.

-- What a draft was before it changed: it can be brought back, and what two people write at once is merged by it.
CREATE TABLE draft_revisions (
  org_id BLOB NOT NULL,
  prompt_id BLOB NOT NULL,
  revision INTEGER NOT NULL,
  -- Why it is kept for a week. Nothing where it is only the base of changes that are still to come.
  reason TEXT NOT NULL CHECK (reason IN ('', 'sitting', 'removed', 'replaced', 'unused')),
  -- Of the content, in bytes.
  size INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  written_by BLOB REFERENCES users (id),
  kept_at INTEGER NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (org_id, prompt_id, revision),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX draft_revisions_age ON draft_revisions (kept_at);

-- What came of a posted form, for the page that the browser is led back to.
CREATE TABLE posted_forms (
  -- SHA-256 of the name in the URL, and of the cookie of the browser that posted it.
  token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  browser_hash BLOB NOT NULL CHECK (length(browser_hash) = 32),
  -- The session it was posted in, if somebody was signed in.
  session_id BLOB,
  -- What was typed and answered, sealed.
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX posted_forms_browser ON posted_forms (browser_hash, created_at);
CREATE INDEX posted_forms_age ON posted_forms (expires_at);

-- Forms that make something: sent a second time, they are not carried out again.
CREATE TABLE sent_forms (
  -- SHA-256 of who sent it, where to, and of all that it says.
  form_hash BLOB NOT NULL PRIMARY KEY CHECK (length(form_hash) = 32),
  -- Where it led, sealed; none while it is carried out.
  sealed BLOB,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sent_forms_age ON sent_forms (created_at);
