-- What hangs on table $1, or on its column $2, and has to come off before that is hidden: each with the SQL that takes it off
-- and the SQL that puts it back by name, in the order in which it is put back. Names come out qualified when search_path is ''.
-- NOT NULL of an identity column stays: the sequence goes on filling it.
WITH con AS (
    SELECT k.*, a.attidentity
    FROM pg_catalog.pg_constraint k
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::oid AND a.attnum = $2::int2
    WHERE k.conparentid = 0 AND CASE
        WHEN $2 IS NULL THEN k.contype = 'f' AND (k.conrelid = $1) <> (k.confrelid = $1)
        WHEN k.conrelid = $1 AND $2 = ANY (k.conkey) THEN k.contype IN ('c', 'p', 'u', 'x', 'f') OR (k.contype = 'n' AND a.attidentity = '')
        ELSE k.contype = 'f' AND k.confrelid = $1 AND $2 = ANY (k.confkey)
    END
), part AS (
    SELECT CASE k.contype WHEN 'n' THEN 0 WHEN 'c' THEN 1 WHEN 'f' THEN 5 ELSE 2 END AS rank,
        CASE k.contype WHEN 'n' THEN 'not_null' WHEN 'c' THEN 'check' WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique'
                       WHEN 'x' THEN 'exclusion' ELSE 'foreign_key' END AS type,
        k.conname::text AS name, k.conrelid AS rel, k.confrelid AS far,
        format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS drop,
        ARRAY[
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)),
            format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass,
                   nullif(obj_description(k.oid, 'pg_constraint'), ''))
        ] AS create, k.conindid AS index, obj_description(k.oid, 'pg_constraint') IS NULL AS plain
    FROM con k
    UNION ALL
    SELECT 0, 'not_null', a.attname::text, a.attrelid, 0,
        format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', a.attrelid::regclass, a.attname),
        ARRAY[format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', a.attrelid::regclass, a.attname)], 0, false
    FROM pg_catalog.pg_attribute a  -- before Postgres 18 a NOT NULL has no name
    WHERE a.attrelid = $1 AND a.attnum = $2 AND a.attnotnull AND a.attidentity = ''
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE n.conrelid = $1 AND n.contype = 'n' AND $2 = ANY (n.conkey))
    UNION ALL
    SELECT 3, 'index', c.relname::text, i.indrelid, 0, format('DROP INDEX %s', i.indexrelid::regclass),
        -- Of a partitioned table's index it says ON ONLY, which would leave the partitions out.
        ARRAY[CASE c.relkind WHEN 'I' THEN overlay(pg_get_indexdef(i.indexrelid) PLACING '' FROM length(format(
                  'CREATE %sINDEX %I ON ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname)) + 1 FOR 5)
              ELSE pg_get_indexdef(i.indexrelid) END], i.indexrelid, false
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND NOT c.relispartition
    WHERE i.indrelid = $1 AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = $1)
      AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                  AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1 AND d.refobjsubid = $2)
    UNION ALL
    SELECT 4, 'statistics', s.stxname::text, s.stxrelid, 0,
        format('DROP STATISTICS %I.%I', n.nspname, s.stxname),
        ARRAY[pg_get_statisticsobjdef(s.oid),
              format('COMMENT ON STATISTICS %I.%I IS %L', n.nspname, s.stxname, obj_description(s.oid, 'pg_statistic_ext'))],
        0, obj_description(s.oid, 'pg_statistic_ext') IS NULL
    FROM pg_catalog.pg_statistic_ext s
    JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
    WHERE s.stxrelid = $1
      AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_statistic_ext'::regclass AND d.objid = s.oid
                  AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1 AND d.refobjsubid = $2)
)
SELECT p.type, p.name, p.rel::regclass::text AS "table",
    ARRAY(SELECT r.id FROM rowhouse.relation r WHERE r.rel IN (p.rel, p.far) ORDER BY r.id) AS relations,
    p.drop,
    CASE WHEN p.plain THEN p.create[:1] ELSE p.create END || array_remove(ARRAY[
        CASE WHEN p.type NOT IN ('index', 'foreign_key') AND c.reloptions IS NOT NULL
             THEN format('ALTER INDEX %s SET (%s)', i.indexrelid::regclass, array_to_string(c.reloptions, ', ')) END,
        CASE WHEN p.type <> 'foreign_key' AND obj_description(c.oid, 'pg_class') IS NOT NULL
             THEN format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, obj_description(c.oid, 'pg_class')) END,
        CASE WHEN p.type <> 'foreign_key' AND i.indisclustered
             THEN format('ALTER TABLE %s CLUSTER ON %I', i.indrelid::regclass, c.relname) END,
        CASE WHEN p.type <> 'foreign_key' AND i.indisreplident
             THEN format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', i.indrelid::regclass, c.relname) END
    ], NULL) AS "create",
    n.nspname::text AS schema_name, t.relname::text AS table_name
FROM part p
JOIN pg_catalog.pg_class t ON t.oid = p.rel
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = p.index
LEFT JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
ORDER BY p.rank, p.rel::regclass::text, p.name
