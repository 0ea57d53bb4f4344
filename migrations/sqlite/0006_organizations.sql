-- What is set of an organization, who takes it over, and how it comes to an end.

ALTER TABLE organizations ADD COLUMN description TEXT NOT NULL DEFAULT '';
-- The avatar: an angle of the colour wheel instead of the one that goes by the id, and a picture.
ALTER TABLE organizations ADD COLUMN hue INTEGER CHECK (hue BETWEEN 0 AND 359);
ALTER TABLE organizations ADD COLUMN image_id BLOB;
-- Domains that invited addresses must be of, one a line, in ASCII; empty for any.
ALTER TABLE organizations ADD COLUMN allowed_domains TEXT NOT NULL DEFAULT '';
-- The lowest role that may run prompts, and that may comment.
ALTER TABLE organizations ADD COLUMN run_role TEXT NOT NULL DEFAULT 'editor' CHECK (run_role IN ('editor', 'viewer'));
ALTER TABLE organizations ADD COLUMN comment_role TEXT NOT NULL DEFAULT 'editor' CHECK (comment_role IN ('editor', 'viewer'));
-- Since when members must use two-factor, if they must.
ALTER TABLE organizations ADD COLUMN two_factor_since INTEGER;
ALTER TABLE organizations ADD COLUMN billing_company TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN billing_address TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN billing_tax_id TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN billing_email TEXT NOT NULL DEFAULT '';
-- Hidden from then on; its Owners can restore it until it is purged.
ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;
CREATE INDEX organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;

-- When somebody was last here.
ALTER TABLE members ADD COLUMN seen_at INTEGER;

-- Slugs of deleted organizations, which nobody gets before their time is over.
CREATE TABLE reserved_slugs (
  slug TEXT NOT NULL PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT;

-- Pictures as we made them, never as they were sent.
CREATE TABLE organization_images (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  png BLOB NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;

-- An Owner offers the organization to a member. It ends when either is no member any more.
CREATE TABLE transfers (
  org_id BLOB NOT NULL PRIMARY KEY REFERENCES organizations (id),
  from_id BLOB NOT NULL,
  to_id BLOB NOT NULL CHECK (to_id <> from_id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  FOREIGN KEY (org_id, from_id) REFERENCES members (org_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, to_id) REFERENCES members (org_id, user_id) ON DELETE CASCADE
) STRICT;
