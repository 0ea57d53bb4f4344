-- What a kept answer says of itself: a JSON object of header names and values.
ALTER TABLE idempotent_requests ADD COLUMN headers TEXT;
