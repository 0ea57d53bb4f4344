-- The audit log is append-only: no statement changes or removes a row. It tells of people by their
-- ids; where they were when they did it is personal, so it stands apart and goes with their account.

CREATE TABLE audit_origins (
  audit_id BLOB NOT NULL PRIMARY KEY,
  -- Whose origin it is, when it is known.
  user_id BLOB,
  ip TEXT,
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX audit_origins_user ON audit_origins (user_id);
INSERT INTO audit_origins (audit_id, user_id, ip, user_agent)
  SELECT id, CASE actor_kind WHEN 'person' THEN actor_id END, ip, user_agent FROM audit_log;

-- What a person does as such (signing in, say) belongs to no organization: those they are a member
-- of at that time may read it.
CREATE TABLE audit_readers (
  org_id BLOB NOT NULL,
  audit_id BLOB NOT NULL,
  PRIMARY KEY (org_id, audit_id)
) STRICT;

ALTER TABLE audit_log DROP COLUMN ip;
ALTER TABLE audit_log DROP COLUMN user_agent;

-- Ids sort by time. One index for each thing the log is filtered by.
DROP INDEX audit_log_org;
CREATE INDEX audit_log_org ON audit_log (org_id, id);
CREATE INDEX audit_log_actor ON audit_log (org_id, actor_id, id);
CREATE INDEX audit_log_action ON audit_log (org_id, action, id);
CREATE INDEX audit_log_target ON audit_log (org_id, target_id, id);

CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
