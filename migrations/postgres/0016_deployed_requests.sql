-- A deployment that others approved is the one after what was live when it was asked for.
CREATE UNIQUE INDEX deployment_requests_deployed ON deployment_requests (org_id, environment_id, prompt_id, seen)
  WHERE state = 'deployed';
