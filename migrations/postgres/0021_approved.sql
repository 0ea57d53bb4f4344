-- What is approved is what goes live.

-- SHA-256, in hex, of everything that a request would serve, as it was when it was asked for or when that changed
-- last; empty in rows from before. An approval names the one it is for.
ALTER TABLE deployment_requests ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
-- What that is, as JSON, and what it was before it changed last, so that people see the difference.
ALTER TABLE deployment_requests ADD COLUMN served TEXT;
ALTER TABLE deployment_requests ADD COLUMN served_before TEXT;
ALTER TABLE approvals ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';

-- Where a prompt was when it was deployed: services go on finding it there.
DROP TRIGGER deployments_are_immutable ON deployments;
ALTER TABLE deployments ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN folder_id UUID;
UPDATE deployments SET
  path = (SELECT p.path FROM prompts p WHERE p.org_id = deployments.org_id AND p.id = deployments.prompt_id),
  folder_id = (SELECT p.folder_id FROM prompts p WHERE p.org_id = deployments.org_id AND p.id = deployments.prompt_id);
CREATE TRIGGER deployments_are_immutable BEFORE UPDATE ON deployments
FOR EACH ROW EXECUTE FUNCTION refuse_deployment_change();
CREATE INDEX deployments_path ON deployments (org_id, environment_id, path, id);

-- 1 where somebody else must approve, whoever deploys: as soon as there are two who may approve.
ALTER TABLE environments ADD COLUMN others BIGINT NOT NULL DEFAULT 0 CHECK (others IN (0, 1));

-- What is to become of the protection or the name of an environment, where others must approve that.
CREATE TABLE environment_requests (
  org_id UUID NOT NULL,
  id UUID NOT NULL,
  environment_id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('change', 'delete')),
  -- As it would be.
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  approvals BIGINT NOT NULL CHECK (approvals BETWEEN 0 AND 5),
  others BIGINT NOT NULL CHECK (others IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'declined', 'withdrawn')),
  requested_by UUID NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by UUID REFERENCES users (id),
  PRIMARY KEY (org_id, id),
  CHECK ((state = 'pending') = (decided_at IS NULL)),
  FOREIGN KEY (org_id, environment_id) REFERENCES environments (org_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX environment_requests_pending ON environment_requests (org_id, environment_id)
  WHERE state = 'pending';
CREATE TABLE environment_approvals (
  org_id UUID NOT NULL,
  request_id UUID NOT NULL,
  user_id UUID NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, request_id, user_id),
  FOREIGN KEY (org_id, request_id) REFERENCES environment_requests (org_id, id) ON DELETE CASCADE
);
ALTER TABLE environment_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE environment_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON environment_requests USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE environment_approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE environment_approvals FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON environment_approvals USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
