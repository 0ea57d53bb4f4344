-- How many rows SQLite believes there are, by which it chooses the index of a statement. By itself it takes an
-- organization for about ten rows. So it looks through all of it, again and again, where it has an index for a folder, a
-- prompt or a person. Here it is told that an organization has many rows, and that whatever an index names next has few;
-- what waits is few in an organization, too. All organizations together have so many that no statement is worth a look
-- through a whole table. That is said of all indexes that begin with the organization, whatever is stored. A migration
-- that makes another such index says all of it again, from DELETE on.

ANALYZE master_keys;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
SELECT tbl, idx,
  CASE WHEN idx IN ('deployment_requests_pending', 'environment_requests_pending', 'prompts_unindexed')
    THEN '100000000 1000' ELSE '1000000000 10000' END
  || replace(substr('........', 1, width - 2), '.', ' 10') || CASE is_unique WHEN 1 THEN ' 1' ELSE ' 10' END
FROM (
  SELECT t.name AS tbl, i.name AS idx, i."unique" AS is_unique,
    (SELECT count(*) FROM pragma_index_info(i.name)) AS width
  FROM sqlite_schema t JOIN pragma_index_list(t.name) i
  WHERE t.type = 'table' AND (SELECT c.name FROM pragma_index_info(i.name) c WHERE c.seqno = 0) = 'org_id') indexes
WHERE width > 1;
ANALYZE sqlite_schema;
