-- How often prompts were fetched, by day (from 1970-01-01, UTC), key and prompt.

CREATE TABLE key_usage (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  day INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  -- Not a reference: what is gone for good was used all the same.
  prompt_id BLOB NOT NULL,
  fetches INTEGER NOT NULL CHECK (fetches > 0),
  PRIMARY KEY (org_id, day, key_id, prompt_id),
  FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE
) STRICT;
