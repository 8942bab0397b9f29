-- Indexes by parts of words need the extension pg_trgm, which comes with Postgres. It is made with the first such index and not
-- before: the dump of a database without one can be restored where there are no extensions.

-- For who makes indexes. The extension is trusted: its maker needs CREATE on the database, which only we have.
CREATE FUNCTION rowhouse.enable_trigrams() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA rowhouse;
END $$;
