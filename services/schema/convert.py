"""Between the service's values, protobuf, and the JSON of the REST contract, which goes out as it is made here."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
from rowhouse.schema.v1 import schema_pb2

from services.kinds import options
from services.schema.idempotency import Kept
from services.schema.plan import Plan
from services.tenancy.catalog import Column, Schema, Table
from services.tenancy.timeline import Operation

_NO_ROWS = {"view", "foreign_table"}


def table_from(request: schema_pb2.TableRef) -> tuple[str, str] | None:
    """Schema and table; None where no table is named."""
    return (request.schema, request.table) if request.table else None


def applied_to(kept: Kept) -> schema_pb2.Applied:
    """An operation that has been applied, as the caller of Apply, Undo and Redo sees it."""
    return schema_pb2.Applied(body=kept.body, operation_id=kept.operation, state=orjson.loads(kept.body)["state"])


def json_of(value: Any) -> bytes:  # noqa: ANN401  whatever JSON takes
    """The JSON of plain values."""
    return orjson.dumps(value, default=str)


def time_to(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def schema_to(schema: Schema) -> dict[str, Any]:
    """A schema as GET …/schemas shows it."""
    return asdict(schema)


def column_to(column: Column) -> dict[str, Any]:
    """A column as GET …/tables/{table} shows it."""
    shown = [
        "id",
        "name",
        "label",
        "type",
        "kind",
        "display",
        "nullable",
        "default",
        "comment",
        "generated",
        "position",
    ]
    identity = {"a": "always", "d": "by_default"}.get(column.identity)
    extra = {"options": offered} if (offered := options.values(column.display)) else {}
    return {name: getattr(column, name) for name in shown} | {"identity": identity} | extra


def summary_to(table: Table, estimated_rows: int) -> dict[str, Any]:
    """A table as GET …/tables lists it."""
    shown = ("id", "schema", "name", "label", "relation", "comment")
    rows = None if table.relation in _NO_ROWS else estimated_rows
    return {name: getattr(table, name) for name in shown} | {
        "estimated_rows": rows,
        "primary_key": list(table.primary_key),
    }


def table_to(table: Table, estimated_rows: int) -> dict[str, Any]:
    """A table as GET …/tables/{table} shows it."""
    return summary_to(table, estimated_rows) | {
        "columns": [column_to(column) for column in table.columns],
        "constraints": [asdict(constraint) for constraint in table.constraints],
        "indexes": [asdict(index) for index in table.indexes],
    }


def operation_to(operation: Operation) -> dict[str, Any]:
    """An operation as GET …/operations/{id} shows it."""
    return {
        "id": operation.id,
        "do": operation.verb,
        "at": time_to(operation.at),
        "actor": {"id": operation.actor, "name": operation.actor_name} if operation.actor else None,
        "channel": operation.channel,
        "nature": operation.nature,
        "state": operation.state,
        "table": {"id": operation.relation, "name": operation.table_name} if operation.relation else None,
        "request": operation.request,
        "undoes": operation.undoes,
        "undone_by": operation.undone_by,
        "undoable": operation.undoable,
        "detail": operation.detail,
    }


def plan_to(plan: Plan, request: Any, token: str, expires: datetime) -> dict[str, Any]:  # noqa: ANN401  the request's own JSON
    """A plan as POST …/plans answers it."""
    return {
        "plan": token,
        "expires_at": time_to(expires),
        "operation": request,
        "effects": list(plan.effects),
        "losses": list(plan.losses),
        "dependants": [asdict(dependant) for dependant in plan.dependants],
        "locks": [{"schema": schema, "table": table} for schema, table in plan.locks],
        "strategy": plan.strategy,
        "undoable": True,
    }
