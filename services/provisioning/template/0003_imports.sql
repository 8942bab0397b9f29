-- Imports: each file that was begun, how far it is, how it ended and what it rejected. Written only through functions that the
-- services' logins may call.

CREATE TABLE rowhouse.import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    schema_name text NOT NULL,
    table_name text NOT NULL,
    actor text,
    actor_name text,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    -- When it last said how far it is.
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The session that fills its load table; an import does not outlive it, unless it is resumable.
    backend int,
    -- Its whole file is kept by the service, which begins again after a restart.
    resumable boolean NOT NULL DEFAULT false,
    bytes bigint NOT NULL DEFAULT 0,
    total_bytes bigint,
    rows bigint NOT NULL DEFAULT 0,
    -- The caller's Idempotency-Key, and the digest of what was sent under it.
    key text,
    digest bytea,
    -- No foreign key: a step is written before its import ends.
    operation bigint,
    report jsonb,
    problem jsonb
);
CREATE INDEX import_running ON rowhouse.import (id) WHERE state = 'running';
CREATE INDEX import_by_age ON rowhouse.import (started_at);

CREATE TABLE rowhouse.import_reject (
    import bigint NOT NULL REFERENCES rowhouse.import ON DELETE CASCADE,
    -- Counted from 1 in the file's order, without the header and empty lines.
    "row" bigint NOT NULL,
    "column" text NOT NULL,
    value text,
    why text NOT NULL,
    PRIMARY KEY (import, "row", "column")
);

-- Imports of before have their place on the timeline only; their ids were those of their steps.
INSERT INTO rowhouse.import (id, state, schema_name, table_name, actor, actor_name, started_at, ended_at, seen_at, bytes, total_bytes, rows, operation, report)
OVERRIDING SYSTEM VALUE
SELECT o.id, 'done', o.detail ->> 'schema', o.detail ->> 'table', o.actor, o.actor_name, o.at, o.at, o.at,
       coalesce((o.detail ->> 'bytes')::bigint, 0), (o.detail ->> 'bytes')::bigint, coalesce((o.detail ->> 'rows')::bigint, 0), o.id, o.detail
FROM rowhouse.operation o
WHERE o.verb = 'adopt_table' AND o.detail ? 'schema' AND o.detail ? 'table';
SELECT setval(pg_get_serial_sequence('rowhouse.import', 'id'), max(id)) FROM rowhouse.import HAVING max(id) IS NOT NULL;

-- Begins an import. One that is not resumable lives as long as the session that calls this.
CREATE FUNCTION rowhouse.open_import(
    schema_name text, table_name text, actor text, actor_name text, total_bytes bigint DEFAULT NULL, key text DEFAULT NULL,
    digest bytea DEFAULT NULL, resumable boolean DEFAULT false
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened bigint;
BEGIN
    PERFORM rowhouse.require_service();
    INSERT INTO rowhouse.import AS i (schema_name, table_name, actor, actor_name, total_bytes, key, digest, resumable, backend)
    VALUES (open_import.schema_name, open_import.table_name, open_import.actor, open_import.actor_name, open_import.total_bytes,
            open_import.key, open_import.digest, open_import.resumable, CASE WHEN open_import.resumable THEN NULL ELSE pg_backend_pid() END)
    RETURNING i.id INTO opened;
    RETURN opened;
END $$;

-- Says how far an import is, and gives its state: one that somebody cancelled must stop. What is NULL stays as it was.
CREATE FUNCTION rowhouse.advance_import(id bigint, bytes bigint DEFAULT NULL, rows bigint DEFAULT NULL, digest bytea DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found text;
BEGIN
    PERFORM rowhouse.require_service();
    UPDATE rowhouse.import i
    SET seen_at = clock_timestamp(), bytes = coalesce(advance_import.bytes, i.bytes), rows = coalesce(advance_import.rows, i.rows),
        digest = coalesce(advance_import.digest, i.digest)
    WHERE i.id = advance_import.id AND i.state = 'running' RETURNING i.state INTO found;
    RETURN coalesce(found, (SELECT i.state FROM rowhouse.import i WHERE i.id = advance_import.id));
END $$;

-- Ends an import that runs, in the transaction of what it made, and keeps its answer under its Idempotency-Key. Says false, and
-- does nothing, where it has ended otherwise: then what it made must not be committed. One that made nothing has no rejects.
CREATE FUNCTION rowhouse.end_import(id bigint, state text, operation bigint DEFAULT NULL, report jsonb DEFAULT NULL, problem jsonb DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended rowhouse.import;
BEGIN
    PERFORM rowhouse.require_service();
    UPDATE rowhouse.import i
    SET state = end_import.state, ended_at = clock_timestamp(), operation = end_import.operation, report = end_import.report,
        problem = end_import.problem, rows = coalesce((end_import.report ->> 'rows')::bigint, i.rows),
        bytes = coalesce((end_import.report ->> 'bytes')::bigint, i.bytes)
    WHERE i.id = end_import.id AND i.state = 'running' RETURNING * INTO ended;
    IF NOT FOUND THEN RETURN false; END IF;
    IF ended.state <> 'done' THEN
        DELETE FROM rowhouse.import_reject r WHERE r.import = ended.id;
    ELSIF ended.key IS NOT NULL THEN
        -- As records keeps answers: a version, and a body, which is the import's id.
        PERFORM rowhouse.remember(ended.actor, ended.key, ended.digest, 201,
            json_build_array('', ended.id::text)::text, ended.operation);
    END IF;
    RETURN true;
END $$;

-- Keeps a cell that an import could not take.
CREATE FUNCTION rowhouse.reject(import bigint, "row" bigint, "column" text, value text, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    INSERT INTO rowhouse.import_reject VALUES (reject.import, reject."row", reject."column", reject.value, reject.why);
END $$;

-- Ends as failed what nobody works on any more: its session is gone, or its service has been silent for long. Forgets what is old.
CREATE FUNCTION rowhouse.sweep_imports() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    PERFORM rowhouse.end_import(i.id, 'failed', problem => jsonb_build_object('code', 'IMPORT_INTERRUPTED', 'detail',
        'The import was interrupted before its end, and nothing of it was kept. Send the file again.'))
    FROM rowhouse.import i
    WHERE i.state = 'running' AND (
        i.seen_at < clock_timestamp() - interval '10 minutes'
        OR NOT i.resumable AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid = i.backend));
    DELETE FROM rowhouse.import i WHERE i.id IN (
        SELECT old.id FROM rowhouse.import old WHERE old.started_at < now() - interval '90 days' AND old.state <> 'running'
        ORDER BY old.started_at LIMIT 100 FOR UPDATE SKIP LOCKED);
END $$;
