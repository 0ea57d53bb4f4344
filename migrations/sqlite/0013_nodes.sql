-- The processes of a database that serve from memory. SQLite has one, which needs to tell nobody.

CREATE TABLE nodes (
  id BLOB NOT NULL PRIMARY KEY,
  seen INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL
) STRICT;
