-- What a deployed prompt, and those it is put together from, inherited from folders and the organization when
-- it was deployed: JSON, values by name by prompt. None where nothing is live, and in rows from before.
ALTER TABLE deployments ADD COLUMN inherited TEXT;
CREATE INDEX deployments_environment ON deployments (org_id, environment_id, id);
CREATE INDEX deployments_of_prompt ON deployments (org_id, prompt_id, id);

-- References to an environment go with it.
ALTER TABLE prompt_references
  ADD FOREIGN KEY (org_id, environment_id) REFERENCES environments (org_id, id) ON DELETE CASCADE;
CREATE INDEX prompt_references_environment ON prompt_references (org_id, environment_id)
  WHERE environment_id IS NOT NULL;
