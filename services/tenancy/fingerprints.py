"""Fingerprints of shape: cheap to compare, so that a cached catalog is checked rather than read again."""

from importlib import resources

SQL = resources.files(__package__) / "sql"

WHOLE = (SQL / "fingerprint.sql").read_text()
"""The catalog's version; about 0.5 ms at 50 tables, 7 ms at 1,000."""

_TABLE = """(
    SELECT c.xmin::text || ':' || (
        SELECT count(*) || ':' || sum((f.r - age(a.xmin))::bigint * a.attnum)
        FROM pg_catalog.pg_attribute a, (SELECT age('1000'::xid) AS r OFFSET 0) f
        WHERE a.attrelid = c.oid AND a.attnum > 0)
    FROM pg_catalog.pg_class c WHERE c.oid = {oid})"""


def of_table(oid: int | str) -> str:
    """The SQL expression of one table's fingerprint, NULL when it is gone; about 40 µs. `oid` is a number or a trusted SQL expression."""
    return _TABLE.format(oid=oid)
