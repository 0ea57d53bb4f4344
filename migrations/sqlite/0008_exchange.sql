-- Import and export of the library.

-- The name of who saved a version elsewhere, before it was imported.
ALTER TABLE versions ADD COLUMN author TEXT NOT NULL DEFAULT '' CHECK (length(author) <= 200);

-- Files that were sent, until they are imported or a day has passed.
CREATE TABLE imports (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  -- The library file, as JSON.
  file TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by BLOB REFERENCES users (id),
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX imports_age ON imports (created_at);
