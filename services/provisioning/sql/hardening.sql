-- What is open in one tenant's database and must not be, a sentence a row. $1 the binding's name, $2 the role that owns schema rowhouse
WITH tenant AS (
    SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1 || '_')
), everybody AS (
    SELECT rolname FROM tenant UNION ALL SELECT 'public'
), database AS (
    SELECT oid, datname, datdba FROM pg_database WHERE datname = current_database()
), ours AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('rowhouse', 'rowhouse_load')
)
SELECT format('%I may %s in database %I', r.rolname, p, d.datname)
FROM database d, everybody r, unnest(ARRAY['TEMP', 'CREATE']) p WHERE has_database_privilege(r.rolname, d.oid, p)
UNION ALL
SELECT format('PUBLIC may connect to database %I', datname) FROM database WHERE has_database_privilege('public', oid, 'CONNECT')
UNION ALL
SELECT format('%I owns database %I', d.datdba::regrole, d.datname) FROM database d, tenant r
WHERE pg_has_role(r.rolname, d.datdba, 'MEMBER')
UNION ALL
SELECT format('PUBLIC may %s in schema public', p) FROM unnest(ARRAY['USAGE', 'CREATE']) p WHERE has_schema_privilege('public', 'public', p)
UNION ALL
SELECT format('%I may create in schema public', r.rolname) FROM tenant r
WHERE r.rolname <> $1 || '_own' AND has_schema_privilege(r.rolname, 'public', 'CREATE')
UNION ALL
SELECT format('%I may create in schema rowhouse', r.rolname) FROM everybody r WHERE has_schema_privilege(r.rolname, 'rowhouse', 'CREATE')
UNION ALL
SELECT format('PUBLIC may %s in schema %I', p, s.nspname) FROM ours s, unnest(ARRAY['USAGE', 'CREATE']) p WHERE has_schema_privilege('public', s.oid, p)
UNION ALL
SELECT format('%I may %s %s', r.rolname, p, c.oid::regclass)
FROM everybody r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'rowhouse' AND c.relkind IN ('r', 'p', 'v'),
     unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
WHERE has_table_privilege(r.rolname, c.oid, p)
UNION ALL
SELECT format('PUBLIC may execute %s', f.oid::regprocedure)
FROM pg_proc f JOIN ours s ON s.oid = f.pronamespace WHERE has_function_privilege('public', f.oid, 'EXECUTE')
UNION ALL
SELECT format('%s runs with its owner''s rights and without a search_path, or as %I', f.oid::regprocedure, f.proowner::regrole)
FROM pg_proc f JOIN ours s ON s.oid = f.pronamespace
WHERE f.prosecdef AND (f.proowner <> $2::text::regrole OR NOT coalesce(f.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp'])
UNION ALL
SELECT format('%I is a member of %I', r.rolname, p.rolname)
FROM tenant r, pg_roles p WHERE (starts_with(p.rolname, 'pg_') OR p.rolsuper) AND pg_has_role(r.rolname, p.oid, 'MEMBER')
