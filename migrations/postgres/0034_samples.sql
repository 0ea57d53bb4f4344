-- The sample is found without a look at all prompts.
CREATE INDEX prompts_samples ON prompts (org_id, path) WHERE tags = 'sample' AND trash_id IS NULL;
