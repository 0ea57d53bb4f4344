-- The library: folders, prompts with their drafts and versions, variables, trash, search.

-- What was put in the trash together, and is taken out or purged together.
CREATE TABLE trash (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('folder', 'prompt')),
  -- The folder or prompt at the top of it, and where it was.
  entity_id BLOB NOT NULL,
  path TEXT NOT NULL,
  -- The folder it was in, which it is no part of any more.
  parent_id BLOB,
  created_at INTEGER NOT NULL,
  created_by BLOB REFERENCES users (id),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, parent_id) REFERENCES folders (org_id, id)
) STRICT;
CREATE INDEX trash_age ON trash (created_at);
CREATE INDEX trash_parent ON trash (org_id, parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE folders (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  parent_id BLOB,
  depth INTEGER NOT NULL CHECK (depth BETWEEN 1 AND 10),
  -- The parent's depth, which the reference carries along: nothing can be below itself.
  parent_depth INTEGER CHECK (parent_depth = depth - 1),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- The names from the top down to this one, divided by slashes.
  path TEXT NOT NULL CHECK (length(path) <= 255),
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by BLOB REFERENCES users (id),
  trash_id BLOB,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, id, depth),
  CHECK ((parent_id IS NULL) = (depth = 1)),
  CHECK ((parent_id IS NULL) = (parent_depth IS NULL)),
  FOREIGN KEY (org_id, parent_id, parent_depth) REFERENCES folders (org_id, id, depth) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (org_id, trash_id) REFERENCES trash (org_id, id)
) STRICT;
CREATE UNIQUE INDEX folders_path ON folders (org_id, path) WHERE trash_id IS NULL;
CREATE INDEX folders_parent ON folders (org_id, parent_id, position);
CREATE INDEX folders_trash ON folders (org_id, trash_id) WHERE trash_id IS NOT NULL;

CREATE TABLE prompts (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  folder_id BLOB,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  path TEXT NOT NULL CHECK (length(path) <= 255),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'chat')),
  description TEXT NOT NULL CHECK (length(description) <= 1000),
  -- One a line, sorted.
  tags TEXT NOT NULL,
  -- The number of the newest version; 0 before the first.
  latest INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by BLOB REFERENCES users (id),
  updated_at INTEGER NOT NULL,
  trash_id BLOB,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, folder_id) REFERENCES folders (org_id, id),
  FOREIGN KEY (org_id, trash_id) REFERENCES trash (org_id, id)
) STRICT;
CREATE UNIQUE INDEX prompts_path ON prompts (org_id, path) WHERE trash_id IS NULL;
CREATE INDEX prompts_folder ON prompts (org_id, folder_id, position);
CREATE INDEX prompts_updated ON prompts (org_id, updated_at);
CREATE INDEX prompts_trash ON prompts (org_id, trash_id) WHERE trash_id IS NOT NULL;

-- What a prompt will say in its next version; shared by all, never served.
CREATE TABLE drafts (
  org_id BLOB NOT NULL,
  prompt_id BLOB NOT NULL,
  content TEXT NOT NULL,
  -- Counts the changes, so that nobody writes over what they have not seen.
  revision INTEGER NOT NULL,
  -- The version it began from; 0 before the first.
  base INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by BLOB REFERENCES users (id),
  PRIMARY KEY (org_id, prompt_id),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE versions (
  org_id BLOB NOT NULL,
  prompt_id BLOB NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  -- SHA-256 of the canonical content and of what its references led to.
  hash BLOB NOT NULL,
  content TEXT NOT NULL,
  message TEXT NOT NULL CHECK (length(message) <= 500),
  -- The version whose content it brings back, if it does.
  restores INTEGER,
  created_at INTEGER NOT NULL,
  created_by BLOB REFERENCES users (id),
  PRIMARY KEY (org_id, prompt_id, number),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
) STRICT;
CREATE TRIGGER versions_are_immutable BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'a version does not change'); END;

-- Where references lead: those of the draft (number 0), and of each version, which never change.
CREATE TABLE prompt_references (
  org_id BLOB NOT NULL,
  prompt_id BLOB NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 0),
  -- As written, without overrides: path, and version or environment.
  target TEXT NOT NULL,
  to_id BLOB NOT NULL,
  -- The version it led to; none for an environment and for drafts.
  to_number INTEGER,
  PRIMARY KEY (org_id, prompt_id, number, target),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, to_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX prompt_references_to ON prompt_references (org_id, to_id);

-- Paths that prompts had; they lead on for as long as nothing new takes them.
CREATE TABLE old_paths (
  org_id BLOB NOT NULL,
  path TEXT NOT NULL,
  prompt_id BLOB NOT NULL,
  PRIMARY KEY (org_id, path),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX old_paths_prompt ON old_paths (org_id, prompt_id);

-- Variables of folders, and of the organization where there is none.
CREATE TABLE variables (
  org_id BLOB NOT NULL REFERENCES organizations (id),
  id BLOB NOT NULL,
  folder_id BLOB,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- JSON.
  value TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, folder_id) REFERENCES folders (org_id, id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX variables_folder ON variables (org_id, folder_id, name) WHERE folder_id IS NOT NULL;
CREATE UNIQUE INDEX variables_organization ON variables (org_id, name) WHERE folder_id IS NULL;

-- What search looks at: names and paths folded, and every word there is, folded, once, divided by spaces.
CREATE TABLE prompt_search (
  org_id BLOB NOT NULL,
  prompt_id BLOB NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (org_id, prompt_id),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
) STRICT;
-- The words again, as an index. Each row begins with a word for its prompt and one for its organization.
CREATE VIRTUAL TABLE prompt_words USING fts5 (words, prompt_id UNINDEXED, tokenize = 'ascii', detail = 'none', prefix = '2 3');
CREATE TRIGGER prompt_search_inserted AFTER INSERT ON prompt_search
BEGIN
  INSERT INTO prompt_words (words, prompt_id)
  VALUES ('p' || lower(hex(new.prompt_id)) || ' o' || lower(hex(new.org_id)) || ' ' || new.words, new.prompt_id);
END;
CREATE TRIGGER prompt_search_updated AFTER UPDATE ON prompt_search
BEGIN
  DELETE FROM prompt_words WHERE rowid IN
    (SELECT rowid FROM prompt_words WHERE prompt_words MATCH 'p' || lower(hex(old.prompt_id)));
  INSERT INTO prompt_words (words, prompt_id)
  VALUES ('p' || lower(hex(new.prompt_id)) || ' o' || lower(hex(new.org_id)) || ' ' || new.words, new.prompt_id);
END;
CREATE TRIGGER prompt_search_deleted AFTER DELETE ON prompt_search
BEGIN
  DELETE FROM prompt_words WHERE rowid IN
    (SELECT rowid FROM prompt_words WHERE prompt_words MATCH 'p' || lower(hex(old.prompt_id)));
END;
