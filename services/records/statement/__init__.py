"""From shapes to SQL: pure SQLAlchemy Core, compiled once per shape and kept as text. Holds no connection and no value."""

from services.records.statement.aggregates import aggregate
from services.records.statement.compiled import Statement
from services.records.statement.jumps import count, curves, place
from services.records.statement.lookups import matching, present
from services.records.statement.pages import MAX_CURSOR, page
from services.records.statement.reads import estimate, record
from services.records.statement.writes import delete, delete_where, insert, update

__all__ = [
    "MAX_CURSOR",
    "Statement",
    "aggregate",
    "count",
    "curves",
    "delete",
    "delete_where",
    "estimate",
    "insert",
    "matching",
    "page",
    "place",
    "present",
    "record",
    "update",
]
