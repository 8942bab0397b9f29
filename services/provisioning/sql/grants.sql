-- What the roles of one tenant may do in its database. {t} is the binding's name. Runs in one transaction, as often as it likes.

-- Schema public stays pg_database_owner's, which is the provisioner: a tenant can neither drop it nor change who may enter.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO {t}_own;
GRANT USAGE ON SCHEMA public TO {t}_r, {t}_load;

-- What the owner makes is read by those who read and written by those who write, at once.
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own GRANT SELECT ON TABLES TO {t}_r;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own GRANT INSERT, UPDATE, DELETE ON TABLES TO {t}_w;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own GRANT SELECT ON SEQUENCES TO {t}_r;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own GRANT USAGE ON SEQUENCES TO {t}_w;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own GRANT EXECUTE ON FUNCTIONS TO {t}_r;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {t}_own GRANT USAGE ON TYPES TO {t}_r, {t}_load;

-- Schema rowhouse: the services and the owner read, nobody writes but through its functions. SQL logins see nothing of it,
-- but may compare text as everybody does.
SET LOCAL ROLE rh_meta;
GRANT USAGE ON SCHEMA rowhouse TO {t}_svc, {t}_load, {t}_own;
GRANT SELECT ON ALL TABLES IN SCHEMA rowhouse TO {t}_svc, {t}_load, {t}_own;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA rowhouse TO {t}_own;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA rowhouse FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rowhouse TO {t}_svc, {t}_load, {t}_own;
GRANT EXECUTE ON FUNCTION rowhouse.sort_key(text) TO {t}_r;

-- Where imports build their tables before they are adopted.
GRANT USAGE, CREATE ON SCHEMA rowhouse_load TO {t}_load;
GRANT USAGE ON SCHEMA rowhouse_load TO {t}_own;
-- A load that is merged into a table is read by the login that writes there; the load itself says which one may be.
GRANT USAGE ON SCHEMA rowhouse_load TO {t}_svc;
RESET ROLE;
