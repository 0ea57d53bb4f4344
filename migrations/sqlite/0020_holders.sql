-- Who was shown a secret of a key: whoever made it, and whoever rotated it. They may not approve what it asks for.
CREATE TABLE key_holders (
  org_id BLOB NOT NULL,
  key_id BLOB NOT NULL,
  user_id BLOB NOT NULL REFERENCES users (id),
  PRIMARY KEY (org_id, key_id, user_id),
  FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id)
) STRICT;
INSERT INTO key_holders (org_id, key_id, user_id) SELECT org_id, id, created_by FROM api_keys;
INSERT INTO key_holders (org_id, key_id, user_id)
  SELECT DISTINCT k.org_id, k.id, a.actor_id FROM audit_log a
  JOIN api_keys k ON k.org_id = a.org_id AND k.id = a.target_id
  WHERE a.action = 'key.rotated' AND a.actor_kind = 'person' AND a.actor_id IS NOT NULL
    AND a.actor_id <> k.created_by;

-- The number of the deployment that was made instead of what was asked for.
ALTER TABLE deployment_requests ADD COLUMN overtaken_by INTEGER;
UPDATE deployment_requests SET overtaken_by = seen + 1
WHERE state = 'declined' AND EXISTS (SELECT 1 FROM deployments d
  WHERE d.org_id = deployment_requests.org_id AND d.environment_id = deployment_requests.environment_id
    AND d.prompt_id = deployment_requests.prompt_id AND d.number = deployment_requests.seen + 1
    AND d.created_at = deployment_requests.decided_at);
