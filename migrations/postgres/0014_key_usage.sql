-- How often prompts were fetched, by day (from 1970-01-01, UTC), key and prompt.

CREATE TABLE key_usage (
  org_id UUID NOT NULL REFERENCES organizations (id),
  day BIGINT NOT NULL,
  key_id UUID NOT NULL,
  -- Not a reference: what is gone for good was used all the same.
  prompt_id UUID NOT NULL,
  fetches BIGINT NOT NULL CHECK (fetches > 0),
  PRIMARY KEY (org_id, day, key_id, prompt_id),
  FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE
);

ALTER TABLE key_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON key_usage USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
