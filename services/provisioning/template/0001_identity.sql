-- Identity of tables and columns: ids and labels that survive rename, type change, dump and restore.
-- Runs as rh_meta. Every function that writes is SECURITY DEFINER and asks who the session's login is.

CREATE SCHEMA IF NOT EXISTS rowhouse;
-- Where imports build their tables; one that is finished moves out.
CREATE SCHEMA IF NOT EXISTS rowhouse_load;

CREATE TABLE rowhouse.meta (
    version int NOT NULL,
    migrated_at timestamptz NOT NULL DEFAULT now(),
    -- Which database this is; another value than the current one means: restored or copied since the last reconcile().
    home text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX meta_is_one_row ON rowhouse.meta ((true));
INSERT INTO rowhouse.meta (version) VALUES (0);

CREATE TABLE rowhouse.relation (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rel regclass NOT NULL UNIQUE DEFERRABLE,
    -- The same as a number: a dump writes `rel` as a name and this as it was.
    rel_oid oid NOT NULL,
    schema_name text NOT NULL,
    name text NOT NULL,
    label text,
    old_names text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE rowhouse.attribute (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation int NOT NULL REFERENCES rowhouse.relation ON DELETE CASCADE,
    name text NOT NULL,
    attnum smallint NOT NULL,
    kind text,
    label text,
    position int NOT NULL,
    display jsonb NOT NULL DEFAULT '{}',
    old_names text[] NOT NULL DEFAULT '{}',
    UNIQUE (relation, name) DEFERRABLE,
    UNIQUE (relation, attnum) DEFERRABLE
);

-- Whether the session belongs to one of the services. Settings are forgeable by everybody, session_user by nobody.
CREATE FUNCTION rowhouse.is_service() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN left(session_user::text, length(current_database()::text)) = current_database()::text
   AND substr(session_user::text, length(current_database()::text) + 1) ~ '^_(ddl|rw|ro|load)_[ab]$';

CREATE FUNCTION rowhouse.require_service() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT rowhouse.is_service() THEN
        RAISE insufficient_privilege USING MESSAGE = format('only the services of Rowhouse may do this, not login %I', session_user);
    END IF;
END $$;

-- Where a database is at home: its cluster and its own OID.
CREATE FUNCTION rowhouse.home() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT c.system_identifier || ':' || d.oid FROM pg_control_system() c, pg_database d WHERE d.datname = current_database());

-- Every relation that people may see, and those of ours that hold people's data for a while (loads, trash).
CREATE VIEW rowhouse.live_relation AS
SELECT c.oid AS rel_oid, n.nspname::text AS schema_name, c.relname::text AS name, n.nspname NOT LIKE 'rowhouse%' AS visible
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'rowhouse');

CREATE VIEW rowhouse.live_attribute AS
SELECT r.id AS relation, a.attnum, a.attname::text AS name
FROM rowhouse.relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.rel::oid AND a.attnum > 0 AND NOT a.attisdropped;

CREATE FUNCTION rowhouse.drifted() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT m.home <> rowhouse.home() FROM rowhouse.meta m)
    OR EXISTS (SELECT FROM rowhouse.live_relation l FULL JOIN rowhouse.relation r ON r.rel = l.rel_oid
               WHERE (r.id IS NULL AND l.visible) OR l.rel_oid IS NULL
                  OR (r.schema_name, r.name) IS DISTINCT FROM (l.schema_name, l.name) AND r.id IS NOT NULL)
    OR EXISTS (SELECT FROM rowhouse.live_attribute l FULL JOIN rowhouse.attribute a USING (relation, attnum)
               WHERE l.name IS DISTINCT FROM a.name);

-- After a restore: `rel` was written as a name, so it is right where it differs from the number beside it. Where it does
-- not, it may be the bare number of a table that is gone, and only the name counts. Columns are found by name.
CREATE FUNCTION rowhouse.adopt_restored() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    UPDATE rowhouse.relation r SET rel = l.rel_oid::regclass
    FROM rowhouse.live_relation l
    WHERE r.rel::oid = r.rel_oid AND (l.schema_name, l.name) = (r.schema_name, r.name) AND l.rel_oid <> r.rel_oid;
    DELETE FROM rowhouse.relation r
    WHERE NOT EXISTS (SELECT FROM rowhouse.live_relation l WHERE l.rel_oid = r.rel AND (r.rel::oid <> r.rel_oid OR (l.schema_name, l.name) = (r.schema_name, r.name)));
    UPDATE rowhouse.relation SET rel_oid = rel::oid WHERE rel_oid <> rel::oid;
    DELETE FROM rowhouse.attribute a WHERE NOT EXISTS (SELECT FROM rowhouse.live_attribute l WHERE (l.relation, l.name) = (a.relation, a.name));
    UPDATE rowhouse.attribute a SET attnum = l.attnum FROM rowhouse.live_attribute l
    WHERE (l.relation, l.name) = (a.relation, a.name) AND l.attnum <> a.attnum;
    SET CONSTRAINTS ALL IMMEDIATE;
    UPDATE rowhouse.meta SET home = rowhouse.home();
END $$;

-- Brings ids in line with the catalog: what is new gets an id, what was renamed keeps it, what is gone loses it.
-- Writes, and locks, only where something differs. For everyone who may read.
CREATE FUNCTION rowhouse.reconcile() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT rowhouse.drifted() THEN RETURN; END IF;
    LOCK TABLE rowhouse.relation IN SHARE ROW EXCLUSIVE MODE;
    IF (SELECT home FROM rowhouse.meta) <> rowhouse.home() THEN PERFORM rowhouse.adopt_restored(); END IF;

    DELETE FROM rowhouse.relation r WHERE NOT EXISTS (SELECT FROM rowhouse.live_relation l WHERE l.rel_oid = r.rel);
    UPDATE rowhouse.relation r
    SET schema_name = l.schema_name, name = l.name,
        old_names = CASE WHEN l.name = r.name THEN r.old_names ELSE array_append(array_remove(r.old_names, r.name), r.name) END
    FROM rowhouse.live_relation l
    WHERE l.rel_oid = r.rel AND (l.schema_name, l.name) <> (r.schema_name, r.name);
    INSERT INTO rowhouse.relation (rel, rel_oid, schema_name, name)
    SELECT l.rel_oid::regclass, l.rel_oid, l.schema_name, l.name FROM rowhouse.live_relation l
    WHERE l.visible AND NOT EXISTS (SELECT FROM rowhouse.relation r WHERE r.rel = l.rel_oid)
    ORDER BY l.rel_oid;

    DELETE FROM rowhouse.attribute a WHERE NOT EXISTS (SELECT FROM rowhouse.live_attribute l WHERE (l.relation, l.attnum) = (a.relation, a.attnum));
    UPDATE rowhouse.attribute a
    SET name = l.name,
        -- A hidden column waits under a name of ours, which nobody ever typed.
        old_names = CASE WHEN a.name LIKE '\_\_rh\_%' THEN a.old_names ELSE array_append(array_remove(a.old_names, a.name), a.name) END
    FROM rowhouse.live_attribute l WHERE (l.relation, l.attnum) = (a.relation, a.attnum) AND l.name <> a.name;
    INSERT INTO rowhouse.attribute (relation, name, attnum, position)
    SELECT l.relation, l.name, l.attnum,
           coalesce((SELECT max(a.position) FROM rowhouse.attribute a WHERE a.relation = l.relation), 0)
           + row_number() OVER (PARTITION BY l.relation ORDER BY l.attnum)
    FROM rowhouse.live_attribute l
    WHERE NOT EXISTS (SELECT FROM rowhouse.attribute a WHERE (a.relation, a.attnum) = (l.relation, l.attnum))
    ORDER BY l.relation, l.attnum;
END $$;

-- The text for people, of a table (attribute NULL) or of a column.
CREATE FUNCTION rowhouse.set_label(relation int, attribute int, label text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    IF set_label.attribute IS NULL THEN
        UPDATE rowhouse.relation r SET label = set_label.label WHERE r.id = set_label.relation;
    ELSE
        UPDATE rowhouse.attribute a SET label = set_label.label WHERE a.id = set_label.attribute AND a.relation = set_label.relation;
    END IF;
END $$;

-- How people see a column. An argument that is NULL leaves what there is.
CREATE FUNCTION rowhouse.set_display(attribute int, kind text DEFAULT NULL, "position" int DEFAULT NULL, display jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rowhouse.require_service();
    UPDATE rowhouse.attribute a
    SET kind = coalesce(set_display.kind, a.kind), position = coalesce(set_display."position", a.position), display = coalesce(set_display.display, a.display)
    WHERE a.id = set_display.attribute;
END $$;

-- Text in people's order: case and accents do not count. Built-ins only, so a dump needs no extension where it is restored.
-- Not STRICT, or it could not be inlined (8 times slower).
CREATE FUNCTION rowhouse.sort_key(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length($1) = length($1) THEN lower($1 COLLATE "pg_c_utf8")
    ELSE replace(replace(replace(replace(translate(
        regexp_replace(normalize(lower($1 COLLATE "pg_c_utf8"), NFKD), U&'[\0300-\036F]', '', 'g'),
        'øłđħıŧ', 'oldhit'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') END;

-- Makes a schema of the owner's with the rights that every schema has. For those who may act as the owner, who has no
-- CREATE on the database; names of ours are for the services, and such a schema is the owner's alone.
CREATE FUNCTION rowhouse.create_schema(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text := current_database();
    ours boolean := name LIKE 'rowhouse%';
BEGIN
    IF ours AND NOT rowhouse.is_service() OR NOT pg_has_role(session_user, tenant || '_own', 'SET') THEN
        RAISE insufficient_privilege USING MESSAGE = format('login %I may not make schema %I', session_user, name);
    END IF;
    EXECUTE format('CREATE SCHEMA %I', name);
    IF NOT ours THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', name, tenant || '_r', tenant || '_load');
    END IF;
    EXECUTE format('ALTER SCHEMA %I OWNER TO %I', name, tenant || '_own');
END $$;

-- Gives a relation of the caller's the rights that a new one has: for tables that were loaded by another role.
CREATE FUNCTION rowhouse.publish(rel regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT SELECT ON %s TO %I', rel, current_database() || '_r');
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO %I', rel, current_database() || '_w');
END $$;
