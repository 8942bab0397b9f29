-- What PUBLIC may do by default in every new database and should not: only a superuser can take it away. One row for each
-- right that is still there: the object as a REVOKE names it, and a sentence. A right is on this list because it lets one
-- tenant stop the others (advisory locks share one table; WAL without bound), keep bytes outside tables, or sleep in a pool.
SELECT format('EXECUTE ON FUNCTION pg_catalog.%s', f.oid::regprocedure) AS right, format('PUBLIC may execute %s', f.oid::regprocedure) AS sentence
FROM pg_proc f
WHERE f.pronamespace = 'pg_catalog'::regnamespace
  AND (f.proname ~ '^pg_(try_)?advisory_' OR f.proname ~ '^pg_sleep' OR f.proname ~ '^lo(_|write|read)'
       OR f.proname IN ('pg_notify', 'pg_logical_emit_message'))
  AND f.proname <> 'pg_advisory_unlock_all'  -- drivers call it when they give a connection back
  AND has_function_privilege('public', f.oid, 'EXECUTE')
UNION ALL
SELECT 'USAGE ON LANGUAGE plpgsql', 'PUBLIC may use language plpgsql' WHERE has_language_privilege('public', 'plpgsql', 'USAGE')
