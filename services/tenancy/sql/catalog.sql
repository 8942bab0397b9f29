-- The whole catalog of a tenant's database as one JSON document, from one snapshot. Left out: our own schemas (rowhouse*),
-- hidden columns (__rh_*), system, temporary and extensions' relations. `settled` is false while rowhouse.relation and
-- rowhouse.attribute do not name everything yet: call rowhouse.reconcile() and read again.
WITH space AS MATERIALIZED (
    SELECT oid, nspname
    FROM pg_catalog.pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT LIKE 'rowhouse%' AND nspname <> 'information_schema'
), rel AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relkind, c.relispartition, s.nspname, r.id, r.label, r.old_names,
        r.name IS NOT DISTINCT FROM c.relname::text AND r.schema_name IS NOT DISTINCT FROM s.nspname::text
            AND r.rel_oid = c.oid AS settled,
        coalesce(nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), greatest(c.reltuples, 0)::bigint) AS estimated_rows
    FROM pg_catalog.pg_class c
    JOIN space s ON s.oid = c.relnamespace
    LEFT JOIN rowhouse.relation r ON r.rel = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), sortable AS MATERIALIZED (
    -- A type sorts if a default btree operator class takes it, or a type that it is binary-coercible to.
    SELECT opcintype AS oid
    FROM pg_catalog.pg_opclass
    WHERE opcdefault AND opcmethod = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'btree')
    UNION
    SELECT k.castsource
    FROM pg_catalog.pg_cast k
    JOIN pg_catalog.pg_opclass o ON o.opcintype = k.casttarget AND o.opcdefault
    WHERE k.castmethod = 'b' AND k.castcontext = 'i'
      AND o.opcmethod = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'btree')
), type AS MATERIALIZED (
    SELECT t.oid, t.typcategory, t.typtype,
        pg_catalog.format_type(t.oid, -1) AS name,
        -- A point has elements too, but is no array.
        CASE b.typcategory WHEN 'A' THEN b.typelem ELSE b.oid END IN (SELECT oid FROM sortable) OR b.typtype IN ('e', 'r', 'm')
            OR (b.typcategory = 'A' AND EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid = b.typelem AND e.typtype = 'e'))
            AS sortable,
        (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid) AS labels
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    WHERE t.oid IN (SELECT a.atttypid FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid)
), col AS MATERIALIZED (
    SELECT a.attrelid, a.attnum, x.id IS NOT NULL AND x.name = a.attname::text AS settled,
        coalesce(x.position, a.attnum) AS position,
        json_build_array(  -- in the order of catalog.Column: a database has many columns, and names would be most of the text
            x.id, a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod), t.name, x.kind, x.label, NOT a.attnotnull,
            CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
            a.attgenerated <> '', a.attidentity, c.description, coalesce(x.position, a.attnum),
            t.sortable, t.typcategory, coalesce(t.labels, '[]'), coalesce(x.display, '{{}}')
        ) AS body
    FROM rel
    JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN type t ON t.oid = a.atttypid
    LEFT JOIN rowhouse.attribute x ON x.relation = rel.id AND x.attnum = a.attnum
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_description c ON c.classoid = 'pg_catalog.pg_class'::regclass
        AND c.objoid = a.attrelid AND c.objsubid = a.attnum
    WHERE a.attname NOT LIKE '\_\_rh\_%'
), con AS MATERIALIZED (
    SELECT k.conrelid, k.conname,
        json_build_object(
            'name', k.conname, 'type', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
            'columns', (SELECT json_agg(a.attname ORDER BY n) FROM unnest(k.conkey) WITH ORDINALITY u(attnum, n)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
            'references', CASE WHEN k.contype = 'f' THEN json_build_object(
                'schema', fs.nspname, 'table', f.relname,
                'columns', (SELECT json_agg(a.attname ORDER BY n) FROM unnest(k.confkey) WITH ORDINALITY u(attnum, n)
                            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum)) END
        ) AS body
    FROM rel
    JOIN pg_catalog.pg_constraint k ON k.conrelid = rel.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
    LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace fs ON fs.oid = f.relnamespace
), shown AS MATERIALIZED (
    -- Which column of which relation a view's column is, where Postgres can write it. The view's rule says so, as a tree in braces:
    -- those entries count that are its own (two levels deep) and not of a query within it. A brace in a name has a backslash before it.
    SELECT a.attrelid, a.attnum, (e.m)[2]::oid AS rel, (e.m)[3]::int2 AS col
    FROM rel
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = rel.oid AND w.ev_type = '1'
    CROSS JOIN LATERAL (
        SELECT regexp_match(part, '^\}} :resno (\d+) .* :resorigtbl (\d+) :resorigcol (\d+) ') AS m,
            sum(CASE left(part, 1) WHEN '{{' THEN 1 WHEN '}}' THEN -1 ELSE 0 END) OVER (ORDER BY n) AS depth
        FROM regexp_split_to_table(w.ev_action::text, '(?<!\\)(?=[{{}}])') WITH ORDINALITY AS t(part, n)
    ) e
    JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum = (e.m)[1]::int2
    WHERE rel.relkind = 'v' AND e.depth = 2 AND pg_catalog.pg_relation_is_updatable(rel.oid, false) <> 0
      AND pg_catalog.pg_column_is_updatable(rel.oid, a.attnum, false)
), origin AS MATERIALIZED (
    -- Through views on views down to the table.
    WITH RECURSIVE down AS (
        SELECT * FROM shown
        UNION ALL
        SELECT d.attrelid, d.attnum, s.rel, s.col FROM down d JOIN shown s ON (s.attrelid, s.attnum) = (d.rel, d.col)
    )
    SELECT d.attrelid, min(d.rel) AS rel, json_object_agg(v.attname, t.attname ORDER BY d.attnum) AS columns
    FROM down d
    JOIN pg_catalog.pg_class c ON c.oid = d.rel AND c.relkind <> 'v'
    JOIN pg_catalog.pg_attribute v ON (v.attrelid, v.attnum) = (d.attrelid, d.attnum)
    JOIN pg_catalog.pg_attribute t ON (t.attrelid, t.attnum) = (d.rel, d.col)
    GROUP BY d.attrelid
), idx AS MATERIALIZED (
    SELECT i.indrelid, c.relname,
        json_build_object(
            'name', c.relname, 'method', m.amname, 'unique', i.indisunique, 'primary', i.indisprimary,
            'valid', i.indisvalid, 'partial', i.indpred IS NOT NULL,
            'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
            'columns', (SELECT json_agg(a.attname ORDER BY n)
                        FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY u(attnum, n)
                        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum AND u.attnum > 0)
        ) AS body
    FROM rel
    JOIN pg_catalog.pg_index i ON i.indrelid = rel.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_am m ON m.oid = c.relam
)
SELECT json_build_object(
    'settled', (SELECT coalesce(bool_and(settled), true) FROM rel) AND (SELECT coalesce(bool_and(settled), true) FROM col),
    'schemas', (SELECT coalesce(json_agg(json_build_object('id', oid::bigint, 'name', nspname,
                    'comment', pg_catalog.obj_description(oid, 'pg_namespace')) ORDER BY nspname), '[]') FROM space),
    'tables', (SELECT coalesce(json_agg(json_build_object(
            'id', r.id, 'oid', r.oid::bigint, 'schema', r.nspname, 'name', r.relname, 'relkind', r.relkind,
            'partition', r.relispartition, 'label', r.label, 'old_names', coalesce(r.old_names, array[]::text[]),
            'estimated_rows', r.estimated_rows, 'comment', d.description, 'fingerprint', {fingerprint},
            'columns', coalesce(col.bodies, '[]'), 'constraints', coalesce(con.bodies, '[]'), 'indexes', coalesce(idx.bodies, '[]'),
            'view', CASE WHEN r.relkind = 'v' THEN (
                SELECT json_build_object('inserts', e.n & 8 > 0, 'updates', e.n & 4 > 0, 'deletes', e.n & 16 > 0,
                    'by_triggers', e.n <> e.own, 'table', coalesce(o.rel::bigint, 0), 'columns', coalesce(o.columns, '{{}}'))
                FROM (SELECT pg_catalog.pg_relation_is_updatable(r.oid, true) AS n, pg_catalog.pg_relation_is_updatable(r.oid, false) AS own) e
                LEFT JOIN origin o ON o.attrelid = r.oid) END
        ) ORDER BY r.nspname, r.relname), '[]')
        FROM rel r
        LEFT JOIN (SELECT attrelid, json_agg(body ORDER BY position, attnum) AS bodies FROM col GROUP BY 1) col ON col.attrelid = r.oid
        LEFT JOIN (SELECT conrelid, json_agg(body ORDER BY conname) AS bodies FROM con GROUP BY 1) con ON con.conrelid = r.oid
        LEFT JOIN (SELECT indrelid, json_agg(body ORDER BY relname) AS bodies FROM idx GROUP BY 1) idx ON idx.indrelid = r.oid
        LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = r.oid AND d.objsubid = 0)
)::text
