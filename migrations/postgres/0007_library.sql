-- The library: folders, prompts with their drafts and versions, variables, trash, search.

-- What was put in the trash together, and is taken out or purged together.
CREATE TABLE trash (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('folder', 'prompt')),
  -- The folder or prompt at the top of it, and where it was.
  entity_id UUID NOT NULL,
  path TEXT NOT NULL,
  -- The folder it was in, which it is no part of any more.
  parent_id UUID,
  created_at BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX trash_age ON trash (created_at);
CREATE INDEX trash_parent ON trash (org_id, parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE folders (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  parent_id UUID,
  depth BIGINT NOT NULL CHECK (depth BETWEEN 1 AND 10),
  -- The parent's depth, which the reference carries along: nothing can be below itself.
  parent_depth BIGINT CHECK (parent_depth = depth - 1),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- The names from the top down to this one, divided by slashes.
  path TEXT NOT NULL CHECK (length(path) <= 255),
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  trash_id UUID,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, id, depth),
  CHECK ((parent_id IS NULL) = (depth = 1)),
  CHECK ((parent_id IS NULL) = (parent_depth IS NULL)),
  FOREIGN KEY (org_id, parent_id, parent_depth) REFERENCES folders (org_id, id, depth) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (org_id, trash_id) REFERENCES trash (org_id, id)
);
ALTER TABLE trash ADD FOREIGN KEY (org_id, parent_id) REFERENCES folders (org_id, id);
CREATE UNIQUE INDEX folders_path ON folders (org_id, path) WHERE trash_id IS NULL;
CREATE INDEX folders_parent ON folders (org_id, parent_id, position);
CREATE INDEX folders_trash ON folders (org_id, trash_id) WHERE trash_id IS NOT NULL;

CREATE TABLE prompts (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  folder_id UUID,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  path TEXT NOT NULL CHECK (length(path) <= 255),
  position BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'chat')),
  description TEXT NOT NULL CHECK (length(description) <= 1000),
  -- One a line, sorted.
  tags TEXT NOT NULL,
  -- The number of the newest version; 0 before the first.
  latest BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  updated_at BIGINT NOT NULL,
  trash_id UUID,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, folder_id) REFERENCES folders (org_id, id),
  FOREIGN KEY (org_id, trash_id) REFERENCES trash (org_id, id)
);
CREATE UNIQUE INDEX prompts_path ON prompts (org_id, path) WHERE trash_id IS NULL;
CREATE INDEX prompts_folder ON prompts (org_id, folder_id, position);
CREATE INDEX prompts_updated ON prompts (org_id, updated_at);
CREATE INDEX prompts_trash ON prompts (org_id, trash_id) WHERE trash_id IS NOT NULL;

-- What a prompt will say in its next version; shared by all, never served.
CREATE TABLE drafts (
  org_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  content TEXT NOT NULL,
  -- Counts the changes, so that nobody writes over what they have not seen.
  revision BIGINT NOT NULL,
  -- The version it began from; 0 before the first.
  base BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by UUID REFERENCES users (id),
  PRIMARY KEY (org_id, prompt_id),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
);

CREATE TABLE versions (
  org_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  -- SHA-256 of the canonical content and of what its references led to.
  hash BYTEA NOT NULL,
  content TEXT NOT NULL,
  message TEXT NOT NULL CHECK (length(message) <= 500),
  -- The version whose content it brings back, if it does.
  restores BIGINT,
  created_at BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  PRIMARY KEY (org_id, prompt_id, number),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
);
CREATE FUNCTION refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a version does not change' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER versions_are_immutable BEFORE UPDATE ON versions
FOR EACH ROW EXECUTE FUNCTION refuse_version_change();

-- Where references lead: those of the draft (number 0), and of each version, which never change.
CREATE TABLE prompt_references (
  org_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  number BIGINT NOT NULL CHECK (number >= 0),
  -- As written, without overrides: path, and version or environment.
  target TEXT NOT NULL,
  to_id UUID NOT NULL,
  -- The version it led to; none for an environment and for drafts.
  to_number BIGINT,
  PRIMARY KEY (org_id, prompt_id, number, target),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, to_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
);
CREATE INDEX prompt_references_to ON prompt_references (org_id, to_id);

-- Paths that prompts had; they lead on for as long as nothing new takes them.
CREATE TABLE old_paths (
  org_id UUID NOT NULL,
  path TEXT NOT NULL,
  prompt_id UUID NOT NULL,
  PRIMARY KEY (org_id, path),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
);
CREATE INDEX old_paths_prompt ON old_paths (org_id, prompt_id);

-- Variables of folders, and of the organization where there is none.
CREATE TABLE variables (
  org_id UUID NOT NULL REFERENCES organizations (id),
  id UUID NOT NULL,
  folder_id UUID,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  -- JSON.
  value TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, folder_id) REFERENCES folders (org_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX variables_folder ON variables (org_id, folder_id, name) WHERE folder_id IS NOT NULL;
CREATE UNIQUE INDEX variables_organization ON variables (org_id, name) WHERE folder_id IS NULL;

-- What search looks at: names and paths folded, and every word there is, folded, once, divided by spaces.
CREATE TABLE prompt_search (
  org_id UUID NOT NULL,
  prompt_id UUID NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (org_id, prompt_id),
  FOREIGN KEY (org_id, prompt_id) REFERENCES prompts (org_id, id) ON DELETE CASCADE
);
CREATE INDEX prompt_search_words ON prompt_search USING gin (array_to_tsvector(string_to_array(words, ' ')));


ALTER TABLE trash ENABLE ROW LEVEL SECURITY;
ALTER TABLE trash FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON trash USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE folders ENABLE ROW LEVEL SECURITY;
ALTER TABLE folders FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON folders USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE prompts ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompts FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON prompts USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE drafts ENABLE ROW LEVEL SECURITY;
ALTER TABLE drafts FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON drafts USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE versions FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON versions USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE prompt_references ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompt_references FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON prompt_references USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE old_paths ENABLE ROW LEVEL SECURITY;
ALTER TABLE old_paths FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON old_paths USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE variables ENABLE ROW LEVEL SECURITY;
ALTER TABLE variables FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON variables USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
ALTER TABLE prompt_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompt_search FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON prompt_search USING ((SELECT app_org_id()) IS NULL OR org_id = (SELECT app_org_id()));
