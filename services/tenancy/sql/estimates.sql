-- About how many rows the relations $1 (oids) have: what the statistics have counted, a second late at most, or where these
-- were lost the planner's figure of the last ANALYZE.
SELECT c.oid::bigint AS oid,
    coalesce(nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), greatest(c.reltuples, 0)::bigint) AS estimated_rows
FROM pg_catalog.pg_class c
WHERE c.oid = ANY ($1::oid[])
