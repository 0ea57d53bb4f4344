-- Whose a form is: of whoever was signed in, or had been when it was posted and is to find it once they are again.
ALTER TABLE posted_forms ADD COLUMN user_id BLOB;
CREATE INDEX posted_forms_user ON posted_forms (user_id, created_at);
