-- What somebody sent is found without a look at what others sent, which is large.
CREATE INDEX imports_of_person ON imports (created_by, created_at);
