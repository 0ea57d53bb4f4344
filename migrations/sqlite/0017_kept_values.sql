-- What a deployed prompt, and those it is put together from, inherited from folders and the organization when
-- it was deployed: JSON, values by name by prompt. None where nothing is live, and in rows from before.
ALTER TABLE deployments ADD COLUMN inherited TEXT;
CREATE INDEX deployments_environment ON deployments (org_id, environment_id, id);
CREATE INDEX deployments_of_prompt ON deployments (org_id, prompt_id, id);

-- References to an environment go with it.
CREATE TABLE references_of_prompts (
  org_id BLOB NOT NULL,
  prompt_id BLOB NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 0),
  -- As written, without overrides: path, and version or environment.
  target TEXT NOT NULL,
  to_id BLOB NOT NULL,
  -- The version it led to; none for an environment and for drafts.
  to_number INTEGER,
  -- The environment that it follows, where it names one.
  environment_id BLOB,
  PRIMARY KEY (org_id, prompt_id, number, target),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, to_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, environment_id) REFERENCES environments (org_id, id) ON DELETE CASCADE
) STRICT;
INSERT INTO references_of_prompts (org_id, prompt_id, number, target, to_id, to_number, environment_id)
SELECT org_id, prompt_id, number, target, to_id, to_number, environment_id FROM prompt_references;
DROP TABLE prompt_references;
ALTER TABLE references_of_prompts RENAME TO prompt_references;
CREATE INDEX prompt_references_to ON prompt_references (org_id, to_id);
CREATE INDEX prompt_references_environment ON prompt_references (org_id, environment_id)
  WHERE environment_id IS NOT NULL;
