-- The processes of this database that serve from memory: up to which event each has heard, and when it said
-- so, in milliseconds by the clock of the database.

CREATE TABLE nodes (
  id UUID PRIMARY KEY,
  seen BIGINT NOT NULL,
  renewed_at BIGINT NOT NULL
);
