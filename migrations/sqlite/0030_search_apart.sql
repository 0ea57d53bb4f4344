-- What a search costs depends on its own organization alone, not on what others hold.

-- The words again, as an index. Each has the id of its organization in front, 32 digits, so those of an organization are
-- apart from those of all others; with it, the first 1, 2 and 3 characters of a word are 33, 34 and 35. A row begins with a word
-- for its prompt; no id begins with its "p". The words are only looked up here, and read in prompt_search. (DROP TABLE
-- leaves prompt_words_content of such a table.)
DROP TRIGGER prompt_search_inserted;
DROP TRIGGER prompt_search_updated;
DROP TRIGGER prompt_search_deleted;
DROP TABLE prompt_words;
CREATE VIRTUAL TABLE prompt_words USING fts5 (
  words, prompt_id UNINDEXED, tokenize = 'ascii', detail = 'none', prefix = '33 34 35',
  content = '', contentless_delete = 1, contentless_unindexed = 1
);
INSERT INTO prompt_words (words, prompt_id)
SELECT 'p' || lower(hex(prompt_id)) || ' ' || lower(hex(org_id)) || replace(words, ' ', ' ' || lower(hex(org_id))), prompt_id
FROM prompt_search;
CREATE TRIGGER prompt_search_inserted AFTER INSERT ON prompt_search
BEGIN
  INSERT INTO prompt_words (words, prompt_id)
  VALUES ('p' || lower(hex(new.prompt_id)) || ' ' || lower(hex(new.org_id)) ||
    replace(new.words, ' ', ' ' || lower(hex(new.org_id))), new.prompt_id);
END;
CREATE TRIGGER prompt_search_updated AFTER UPDATE ON prompt_search
BEGIN
  DELETE FROM prompt_words WHERE rowid IN
    (SELECT rowid FROM prompt_words WHERE prompt_words MATCH 'p' || lower(hex(old.prompt_id)));
  INSERT INTO prompt_words (words, prompt_id)
  VALUES ('p' || lower(hex(new.prompt_id)) || ' ' || lower(hex(new.org_id)) ||
    replace(new.words, ' ', ' ' || lower(hex(new.org_id))), new.prompt_id);
END;
CREATE TRIGGER prompt_search_deleted AFTER DELETE ON prompt_search
BEGIN
  DELETE FROM prompt_words WHERE rowid IN
    (SELECT rowid FROM prompt_words WHERE prompt_words MATCH 'p' || lower(hex(old.prompt_id)));
END;
