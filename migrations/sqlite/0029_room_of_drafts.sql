-- What is kept of the earlier drafts of an organization is told by this alone.
CREATE INDEX draft_revisions_room ON draft_revisions (org_id, by_another, kept_at, prompt_id, revision, size);
