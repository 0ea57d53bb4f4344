-- An organization that is not deleted keeps an Owner, whatever is written. Others who change its Owners wait, so that
-- two of them cannot go at once.

CREATE FUNCTION keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organizations WHERE id = OLD.org_id AND deleted_at IS NULL FOR UPDATE;
  IF FOUND AND NOT EXISTS (SELECT 1 FROM members WHERE org_id = OLD.org_id AND role = 'owner') THEN
    RAISE EXCEPTION 'an organization needs an Owner' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER members_keep_an_owner_when_changed AFTER UPDATE OF role, org_id ON members
FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION keep_an_owner();

CREATE TRIGGER members_keep_an_owner_when_removed AFTER DELETE ON members
FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION keep_an_owner();

-- What importing a file would do, found out when it was sent. Those that wait are sent again.
DELETE FROM imports;
ALTER TABLE imports ADD COLUMN preview TEXT NOT NULL DEFAULT '[]';
