-- Environments, and what is deployed to them.

CREATE TABLE environments (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  position BIGINT NOT NULL,
  -- How many people must approve what is deployed to it; 0 where it is not protected.
  approvals BIGINT NOT NULL CHECK (approvals BETWEEN 0 AND 5),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name)
);

-- What workspaces begin with, for those that are there already.
INSERT INTO environments (org_id, id, name, position, approvals, created_at)
SELECT o.id, gen_random_uuid(), e.name, e.position,
  CASE WHEN e.name = 'production' AND o.personal_of IS NULL THEN 1 ELSE 0 END, o.created_at
FROM organizations o
CROSS JOIN (SELECT 'development' AS name, 1 AS position UNION ALL SELECT 'staging', 2 UNION ALL SELECT 'production', 3) e;

-- What was done to what is live: for each environment and prompt the row of the highest number is what
-- is live now, or that nothing is.
CREATE TABLE deployments (
  org_id UUID NOT NULL,
  id UUID NOT NULL,
  environment_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  kind TEXT NOT NULL CHECK (kind IN ('deploy', 'promote', 'rollback', 'undeploy')),
  -- The version; none when nothing is live any more.
  version BIGINT,
  reason TEXT NOT NULL CHECK (length(reason) <= 500),
  -- `person`, `key` or `system`, as in the audit log.
  actor_kind TEXT NOT NULL,
  actor_id UUID,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, environment_id, prompt_id, number),
  CHECK ((version IS NULL) = (kind = 'undeploy')),
  FOREIGN KEY (org_id, environment_id) REFERENCES environments (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, prompt_id, version) REFERENCES versions (org_id, prompt_id, number) ON DELETE CASCADE
);
CREATE INDEX deployments_prompt ON deployments (org_id, prompt_id, environment_id, number);
CREATE FUNCTION refuse_deployment_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a deployment does not change' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER deployments_are_immutable BEFORE UPDATE ON deployments
FOR EACH ROW EXECUTE FUNCTION refuse_deployment_change();

-- Deployments to protected environments that wait for others to approve them.
CREATE TABLE deployment_requests (
  org_id UUID NOT NULL,
  id UUID NOT NULL,
  environment_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('deploy', 'promote', 'rollback', 'undeploy')),
  version BIGINT,
  reason TEXT NOT NULL CHECK (length(reason) <= 500),
  -- The number of the deployment that was live when it was asked for; 0 for none.
  seen BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'deployed', 'declined', 'withdrawn')),
  requested_by UUID NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by UUID REFERENCES users (id),
  PRIMARY KEY (org_id, id),
  CHECK ((version IS NULL) = (kind = 'undeploy')),
  CHECK ((state = 'pending') = (decided_at IS NULL)),
  FOREIGN KEY (org_id, environment_id) REFERENCES environments (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, prompt_id, version) REFERENCES versions (org_id, prompt_id, number) ON DELETE CASCADE
);
CREATE UNIQUE INDEX deployment_requests_pending ON deployment_requests (org_id, environment_id, prompt_id)
  WHERE state = 'pending';

-- Who approved, each once; never whoever asked.
CREATE TABLE approvals (
  org_id UUID NOT NULL,
  request_id UUID NOT NULL,
  user_id UUID NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, request_id, user_id),
  FOREIGN KEY (org_id, request_id) REFERENCES deployment_requests (org_id, id) ON DELETE CASCADE
);

-- The environment that a reference follows, where it names one.
ALTER TABLE prompt_references ADD COLUMN environment_id UUID;

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON imports USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE environments ENABLE ROW LEVEL SECURITY;
ALTER TABLE environments FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON environments USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE deployments ENABLE ROW LEVEL SECURITY;
ALTER TABLE deployments FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON deployments USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE deployment_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE deployment_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON deployment_requests USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE approvals FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON approvals USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
