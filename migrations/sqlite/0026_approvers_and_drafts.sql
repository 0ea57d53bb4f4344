-- How many could approve before somebody last lost that right, and when that was: their number counts for a day.
ALTER TABLE environments ADD COLUMN approvers_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE environments ADD COLUMN approvers_fell_at INTEGER NOT NULL DEFAULT 0;
-- 1 where another person than who wrote a draft put something else in its place.
ALTER TABLE draft_revisions ADD COLUMN by_another INTEGER NOT NULL DEFAULT 0 CHECK (by_another IN (0, 1));
