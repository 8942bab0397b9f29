-- What reads table $1, or its column $2, and stays attached when that is hidden: views, functions, triggers, policies.
-- 0 in refobjsubid is the whole row. `type` generated_column is the exception: nothing could fill it any more.
WITH seen AS (
    SELECT DISTINCT d.classid, d.objid
    FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1::oid
      AND ($2::int2 IS NULL OR d.refobjsubid IN (0, $2)) AND d.deptype <> 'i'
)
SELECT DISTINCT CASE v.relkind WHEN 'm' THEN 'materialized_view' ELSE 'view' END AS type, v.oid::regclass::text AS name
FROM seen JOIN pg_catalog.pg_rewrite r ON seen.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = seen.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.oid <> $1
UNION
SELECT 'function', p.oid::regprocedure::text
FROM seen JOIN pg_catalog.pg_proc p ON seen.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = seen.objid
UNION
SELECT 'trigger', t.tgname::text
FROM seen JOIN pg_catalog.pg_trigger t ON seen.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = seen.objid
WHERE $2 IS NOT NULL AND NOT t.tgisinternal AND t.tgname NOT LIKE 'rowhouse\_%'
  AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = seen.classid AND d.objid = t.oid AND d.refobjid = $1 AND d.refobjsubid = $2)
UNION
SELECT 'policy', p.polname::text
FROM seen JOIN pg_catalog.pg_policy p ON seen.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = seen.objid
WHERE $2 IS NOT NULL
UNION
SELECT 'generated_column', a.attname::text
FROM seen
JOIN pg_catalog.pg_attrdef f ON seen.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = seen.objid
JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
WHERE $2 IS NOT NULL AND a.attgenerated <> '' AND a.attnum <> $2
ORDER BY 1, 2
