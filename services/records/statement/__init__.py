"""From shapes to SQL: pure SQLAlchemy Core, compiled once per shape and kept as text. Holds no connection and no value."""

from services.records.statement.aggregates import aggregate
from services.records.statement.compiled import Statement
from services.records.statement.pages import MAX_CURSOR, page
from services.records.statement.reads import estimate, record, rows
from services.records.statement.writes import delete, insert, update

__all__ = ["MAX_CURSOR", "Statement", "aggregate", "delete", "estimate", "insert", "page", "record", "rows", "update"]
