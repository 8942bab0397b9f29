-- The timeline: who did what, by which channel, and what takes it back. Written only through functions that the services' logins may call.

CREATE TABLE rowhouse.operation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login text NOT NULL DEFAULT session_user,
    channel text NOT NULL DEFAULT 'sql',
    actor text,
    actor_name text,
    verb text NOT NULL,
    nature text NOT NULL CHECK (nature IN ('shape', 'data', 'mixed')),
    state text NOT NULL DEFAULT 'done' CHECK (state IN ('running', 'done', 'failed', 'undone')),
    -- No foreign key: the timeline outlives the table.
    relation int,
    table_name text,
    request jsonb,
    inverse jsonb,
    detail jsonb,
    undoes bigint REFERENCES rowhouse.operation,
    undone_by bigint REFERENCES rowhouse.operation
);
-- Looked up together with `at`: transaction ids recur after a restore.
CREATE INDEX operation_by_xid ON rowhouse.operation (xid);
CREATE INDEX operation_by_relation ON rowhouse.operation (relation, id);

CREATE TABLE rowhouse.idempotency (
    principal text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    status int NOT NULL,
    body text,
    operation bigint,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_by_age ON rowhouse.idempotency (at);

-- Puts a step on the timeline, in the caller's transaction. A long one starts as 'running' and is closed later.
CREATE FUNCTION rowhouse.open_operation(
    verb text, nature text, channel text DEFAULT 'api', actor text DEFAULT NULL, actor_name text DEFAULT NULL, relation int DEFAULT NULL,
    table_name text DEFAULT NULL, request jsonb DEFAULT NULL, inverse jsonb DEFAULT NULL, detail jsonb DEFAULT NULL, undoes bigint DEFAULT NULL,
    state text DEFAULT 'done'
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened bigint;
BEGIN
    PERFORM rowhouse.require_service();
    INSERT INTO rowhouse.operation AS o (verb, nature, channel, actor, actor_name, relation, table_name, request, inverse, detail, undoes, state)
    VALUES (open_operation.verb, open_operation.nature, open_operation.channel, open_operation.actor, open_operation.actor_name, open_operation.relation,
            open_operation.table_name, open_operation.request, open_operation.inverse, open_operation.detail, open_operation.undoes, open_operation.state)
    RETURNING o.id INTO opened;
    RETURN opened;
END $$;

-- Says how a step ended. An inverse or detail that is NULL leaves what there is.
CREATE FUNCTION rowhouse.close_operation(id bigint, state text, inverse jsonb DEFAULT NULL, detail jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    UPDATE rowhouse.operation o
    SET state = close_operation.state, inverse = coalesce(close_operation.inverse, o.inverse), detail = coalesce(close_operation.detail, o.detail)
    WHERE o.id = close_operation.id;
    IF NOT FOUND THEN RAISE no_data_found USING MESSAGE = format('there is no operation %s', close_operation.id); END IF;
END $$;

-- Marks a step as undone by another one; `by` NULL means that it was done again.
CREATE FUNCTION rowhouse.mark_undone(id bigint, by bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    UPDATE rowhouse.operation o
    SET undone_by = mark_undone.by, state = CASE WHEN mark_undone.by IS NULL THEN 'done' ELSE 'undone' END
    WHERE o.id = mark_undone.id;
    IF NOT FOUND THEN RAISE no_data_found USING MESSAGE = format('there is no operation %s', mark_undone.id); END IF;
END $$;

-- Keeps an answer for 24 hours, in the transaction that it tells of. A second one of the same key waits for the first
-- and is then refused with unique_violation. Takes a few answers that are too old along.
CREATE FUNCTION rowhouse.remember(principal text, key text, digest bytea, status int, body text, operation bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    DELETE FROM rowhouse.idempotency i WHERE (i.principal, i.key) IN (
        SELECT old.principal, old.key FROM rowhouse.idempotency old WHERE old.at < now() - interval '24 hours'
        ORDER BY (old.principal, old.key) = (remember.principal, remember.key) DESC LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO rowhouse.idempotency (principal, key, digest, status, body, operation)
    VALUES (remember.principal, remember.key, remember.digest, remember.status, remember.body, remember.operation);
END $$;

-- The answer that was kept, or no row.
CREATE FUNCTION rowhouse.recall(principal text, key text)
RETURNS TABLE (digest bytea, status int, body text, operation bigint, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    RETURN QUERY SELECT i.digest, i.status, i.body, i.operation, i.at FROM rowhouse.idempotency i
    WHERE i.principal = recall.principal AND i.key = recall.key AND i.at >= now() - interval '24 hours';
END $$;
