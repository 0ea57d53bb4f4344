-- An organization that is not deleted keeps an Owner, whatever is written.

CREATE TRIGGER members_keep_an_owner_when_changed AFTER UPDATE OF role, org_id ON members
WHEN OLD.role = 'owner'
  AND EXISTS (SELECT 1 FROM organizations WHERE id = OLD.org_id AND deleted_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM members WHERE org_id = OLD.org_id AND role = 'owner')
BEGIN SELECT RAISE (ABORT, 'an organization needs an Owner'); END;

CREATE TRIGGER members_keep_an_owner_when_removed AFTER DELETE ON members
WHEN OLD.role = 'owner'
  AND EXISTS (SELECT 1 FROM organizations WHERE id = OLD.org_id AND deleted_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM members WHERE org_id = OLD.org_id AND role = 'owner')
BEGIN SELECT RAISE (ABORT, 'an organization needs an Owner'); END;

-- What importing a file would do, found out when it was sent. Those that wait are sent again.
DELETE FROM imports;
ALTER TABLE imports ADD COLUMN preview TEXT NOT NULL DEFAULT '[]';
