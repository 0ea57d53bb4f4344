-- What a prompt was said to be for when it was deployed, and its tags: services are told of them, and of what is live
-- that is as it was approved. None where nothing is live.
DROP TRIGGER deployments_are_immutable ON deployments;
ALTER TABLE deployments ADD COLUMN description TEXT;
ALTER TABLE deployments ADD COLUMN tags TEXT;
UPDATE deployments SET
  description = (SELECT p.description FROM prompts p WHERE p.org_id = deployments.org_id AND p.id = deployments.prompt_id),
  tags = (SELECT p.tags FROM prompts p WHERE p.org_id = deployments.org_id AND p.id = deployments.prompt_id)
WHERE version IS NOT NULL;
CREATE TRIGGER deployments_are_immutable BEFORE UPDATE ON deployments
FOR EACH ROW EXECUTE FUNCTION refuse_deployment_change();
