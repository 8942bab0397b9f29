-- What is hidden since before $1, and by which steps: dropped tables, and dropped columns of tables that are still there.
-- The steps are those that stand and whose way back would put it back: a drop, the undo of a making, the redo of a drop.
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
SELECT h.relation, h.schema_name, h.table_name, h.column_name, array_agg(s.id ORDER BY s.id) AS steps
FROM hidden h
JOIN hiding s ON s.back = h.back AND s.relation = h.relation AND s.attribute IS NOT DISTINCT FROM h.attribute
GROUP BY 1, 2, 3, 4, h.attribute
HAVING max(s.at) < $1::timestamptz
ORDER BY h.relation, h.attribute
