-- The sample is found without a look at all prompts.
CREATE INDEX prompts_samples ON prompts (org_id, path) WHERE tags = 'sample' AND trash_id IS NULL;

-- What 0031 says of indexes, with this one: the sample is small.
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
SELECT tbl, idx,
  CASE WHEN idx IN ('deployment_requests_pending', 'environment_requests_pending', 'prompts_unindexed', 'prompts_samples')
    THEN '100000000 1000' ELSE '1000000000 10000' END
  || replace(substr('........', 1, width - 2), '.', ' 10') || CASE is_unique WHEN 1 THEN ' 1' ELSE ' 10' END
FROM (
  SELECT t.name AS tbl, i.name AS idx, i."unique" AS is_unique,
    (SELECT count(*) FROM pragma_index_info(i.name)) AS width
  FROM sqlite_schema t JOIN pragma_index_list(t.name) i
  WHERE t.type = 'table' AND (SELECT c.name FROM pragma_index_info(i.name) c WHERE c.seqno = 0) = 'org_id') indexes
WHERE width > 1;
ANALYZE sqlite_schema;
