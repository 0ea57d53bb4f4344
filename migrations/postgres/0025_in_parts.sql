-- What concerns many rows is written in parts: what is to be done is noted first.

-- Since when it is purged: nobody finds it any more, and what belongs to it is being removed.
ALTER TABLE organizations ADD COLUMN purged_at BIGINT;
ALTER TABLE trash ADD COLUMN purged_at BIGINT;
ALTER TABLE environments ADD COLUMN purged_at BIGINT;
-- Since when it is being made there, in parts: it comes out of the trash when it is whole, or is purged.
ALTER TABLE trash ADD COLUMN staged_at BIGINT;
CREATE INDEX trash_purged ON trash (org_id, id) WHERE purged_at IS NOT NULL;
-- 1 where what search knows of a prompt is to be written again.
ALTER TABLE prompts ADD COLUMN unindexed BIGINT NOT NULL DEFAULT 0 CHECK (unindexed IN (0, 1));
CREATE INDEX prompts_unindexed ON prompts (org_id, id) WHERE unindexed = 1;

-- The requests of a prompt go with it.
CREATE INDEX deployment_requests_prompt ON deployment_requests (org_id, prompt_id);
-- The address of whoever closes their account is erased.
CREATE INDEX invitations_email ON invitations (email);
