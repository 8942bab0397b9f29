-- What is hidden and by which step, if that was before $1: dropped tables, and dropped columns of tables that are still there.
-- The step is the latest one that stands whose way back would put it back: a drop, the undo of a making, the redo of a drop's undo.
WITH hiding AS (
    SELECT id, at, inverse->>'do' AS back, (inverse->>'relation')::int AS relation, (inverse->>'attribute')::int AS attribute
    FROM rowhouse.operation
    WHERE state = 'done' AND inverse->>'do' IN ('restore_table', 'restore_column')
), hidden AS (
    SELECT 'restore_table' AS back, r.id AS relation, NULL::int AS attribute, r.schema_name, r.name AS table_name, NULL AS column_name
    FROM rowhouse.relation r WHERE r.schema_name LIKE 'rowhouse\_trash\_%'
    UNION ALL
    SELECT 'restore_column', r.id, a.id, r.schema_name, r.name, a.name
    FROM rowhouse.attribute a JOIN rowhouse.relation r ON r.id = a.relation
    WHERE a.name LIKE '\_\_rh\_%' AND r.schema_name NOT LIKE 'rowhouse\_trash\_%'
)
SELECT DISTINCT ON (h.relation, h.attribute) h.*, s.id AS step, s.at
FROM hidden h
JOIN hiding s ON s.back = h.back AND s.relation = h.relation AND s.attribute IS NOT DISTINCT FROM h.attribute
WHERE s.id = (SELECT max(l.id) FROM hiding l WHERE l.back = s.back AND l.relation = s.relation AND l.attribute IS NOT DISTINCT FROM s.attribute)
    AND s.at < $1::timestamptz
ORDER BY h.relation, h.attribute
