-- What of a load table bears the load's name and should bear the table's: owned sequences, its primary key, and since Postgres 18 NOT NULLs.
SELECT 'sequence' AS type, s.relname::text AS name, a.attname::text AS "column"
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON d.classid = 'pg_catalog.pg_class'::regclass AND s.oid = d.objid AND s.relkind = 'S'
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1::oid AND d.deptype IN ('a', 'i')
UNION ALL
SELECT CASE k.contype WHEN 'p' THEN 'primary_key' ELSE 'constraint' END, k.conname::text, a.attname::text
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.conrelid = $1::oid AND k.contype IN ('n', 'p')
ORDER BY 1, 2
