-- Whether what a request asked for was done, as that itself has noted: 1 then. Its answer may be lost all the same.
ALTER TABLE idempotent_requests ADD COLUMN carried_out INTEGER NOT NULL DEFAULT 0;
