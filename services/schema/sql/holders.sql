-- Who holds a lock on one of the tables $1 (schemas) and $2 (names) that stops us, longest first. Of other roles' sessions a login
-- may see neither state nor times; an autovacuum worker is one that has no role at all.
SELECT l.relation::regclass::text AS "table", l.pid, a.usename::text AS login, nullif(a.application_name, '') AS application,
    a.usename IS NULL AS is_vacuum, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
FROM unnest($1::text[], $2::text[]) AS wanted(schema_name, table_name)
JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema_name
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.table_name
JOIN pg_catalog.pg_locks l ON l.relation = c.oid AND l.granted AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
ORDER BY a.usename IS NULL, a.xact_start NULLS LAST, l.pid
LIMIT 1
