-- What somebody sent and nobody answered yet is told before their role changes.
CREATE INDEX invitations_sent ON invitations (org_id, inviter_id) WHERE state = 'pending';
-- A sign-up that waits for its email is found again by the browser that began it.
CREATE INDEX sign_ups_browser ON sign_ups (browser_hash);
