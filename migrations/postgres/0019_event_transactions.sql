-- The transaction that wrote an event: numbers are given out before transactions commit, so a lower one may
-- appear after a higher one, but nothing appears any more of a transaction that has ended.

ALTER TABLE events ADD COLUMN tx BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ALTER COLUMN tx SET DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
CREATE INDEX events_tx ON events (tx);
