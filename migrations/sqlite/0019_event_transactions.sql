-- PostgreSQL tells by it which events may still appear. SQLite, which has one process, tells nobody.

ALTER TABLE events ADD COLUMN tx INTEGER NOT NULL DEFAULT 0;
