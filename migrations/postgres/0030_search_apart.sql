-- What a search costs depends on its own organization alone, not on what others hold: it reads the rows of the
-- organization by the primary key, and an index over the words of all would only be written.
DROP INDEX prompt_search_words;
