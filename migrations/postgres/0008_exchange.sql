-- Import and export of the library.

-- The name of who saved a version elsewhere, before it was imported.
ALTER TABLE versions ADD COLUMN author TEXT NOT NULL DEFAULT '' CHECK (length(author) <= 200);

-- Files that were sent, until they are imported or a day has passed.
CREATE TABLE imports (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  -- The library file, as JSON.
  file TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX imports_age ON imports (created_at);
