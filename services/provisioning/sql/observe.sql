-- What the shared catalogs say of one binding: its database, at home or away, its roles and its sessions.
-- $1 the binding's name, $2 the name its database bears after deletion, $3 the role that owns schema rowhouse
WITH roles AS (
    SELECT r.*, shobj_description(r.oid, 'pg_authid') AS note
    FROM pg_roles r WHERE starts_with(r.rolname, $1 || '_')
), grants AS (
    SELECT d.oid, a.grantee, a.privilege_type
    FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE d.datname IN ($1, $2)
), databases AS (
    SELECT d.datname AS name, d.datallowconn AS allows_connections, shobj_description(d.oid, 'pg_database') AS note,
        EXISTS (SELECT FROM grants g WHERE g.oid = d.oid AND g.grantee = 0) AS open_to_public,
        EXISTS (SELECT FROM grants g JOIN roles r ON r.oid = g.grantee AND r.rolname = $1 || '_con'
                WHERE g.oid = d.oid AND g.privilege_type = 'CONNECT') AS open_to_tenant,
        EXISTS (SELECT FROM grants g JOIN pg_roles r ON r.oid = g.grantee AND r.rolname = $3
                WHERE g.oid = d.oid AND g.privilege_type = 'CREATE') AS makes_schemas,
        (SELECT coalesce(json_agg(s.usename), '[]') FROM pg_stat_activity s
         WHERE s.datname = d.datname AND (s.usename = session_user OR starts_with(s.usename, $1 || '_'))) AS sessions
    FROM pg_database d WHERE d.datname IN ($1, $2)
)
SELECT now() AS now,
    (SELECT coalesce(json_agg(d), '[]') FROM databases d) AS databases,
    (SELECT coalesce(json_agg(json_build_object(
        'name', r.rolname, 'can_login', r.rolcanlogin, 'note', r.note,
        'powers', r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls,
        'memberships', (SELECT coalesce(json_agg(json_build_array(g.rolname, m.inherit_option, m.set_option)), '[]')
                        FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid))), '[]')
     FROM roles r) AS roles,
    EXISTS (SELECT FROM pg_auth_members m JOIN roles r ON r.oid = m.roleid AND r.rolname = $1 || '_own'
            JOIN pg_roles k ON k.oid = m.member AND k.rolname = $3 WHERE m.set_option AND NOT m.inherit_option) AS meta_may_own
