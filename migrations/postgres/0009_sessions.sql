-- The id a session had before its last one, and when it changed: requests that were sent under it
-- still find their session for some seconds.
ALTER TABLE sessions ADD COLUMN previous_hash BYTEA;
ALTER TABLE sessions ADD COLUMN rotated_at BIGINT;
CREATE INDEX sessions_previous ON sessions (previous_hash);
