"""The operations: one module each, whose dataclass is the request. A new one is a module and a line here."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from services.schema.errors import OperationInvalid, OperationUnknown
from services.schema.operations.add_column import AddColumn
from services.schema.operations.adopt_table import AdoptTable
from services.schema.operations.create_index import CreateIndex
from services.schema.operations.create_schema import CreateSchema, DropSchema
from services.schema.operations.create_table import CreateTable
from services.schema.operations.drop_column import DropColumn, RestoreColumn
from services.schema.operations.drop_index import DropIndex, RestoreIndex
from services.schema.operations.drop_table import DropTable, RestoreTable
from services.schema.operations.rename_column import RenameColumn
from services.schema.operations.rename_table import RenameTable
from services.schema.operations.set_display import RestoreDisplay, SetDisplay
from services.schema.plan import Operation

_Public = Annotated[
    CreateTable
    | RenameTable
    | DropTable
    | AdoptTable
    | CreateSchema
    | AddColumn
    | RenameColumn
    | SetDisplay
    | DropColumn
    | CreateIndex
    | DropIndex,
    Field(discriminator="do"),
]
_PUBLIC: TypeAdapter[_Public] = TypeAdapter(_Public)
_RECORDED: TypeAdapter[Operation] = TypeAdapter(
    Annotated[
        _Public | DropSchema | RestoreTable | RestoreColumn | RestoreIndex | RestoreDisplay, Field(discriminator="do")
    ]
)
NAMES = (
    "create_table",
    "rename_table",
    "drop_table",
    "adopt_table",
    "create_schema",
    "add_column",
    "rename_column",
    "set_display",
    "drop_column",
    "create_index",
    "drop_index",
)


def parse(body: bytes) -> Operation:
    """The operation that a request's JSON asks for. Raises OperationUnknown, OperationInvalid with the field and what it should be."""
    try:
        raw = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
        text = orjson.dumps(raw, default=str)  # which refuses half characters and bottomless nesting
        if b"\\u0000" in text.replace(b"\\\\", b""):
            raise ValueError("it holds a NUL character, which Postgres has no place for")
    except (ValueError, TypeError, RecursionError) as error:
        raise OperationInvalid(f"The operation is not valid JSON: {error}.") from error
    if not isinstance(raw, dict):
        raise OperationInvalid('An operation is a JSON object: {"do": "add_column", …}.')
    if raw.get("do") not in NAMES:
        raise OperationUnknown(str(raw.get("do", "")), NAMES)
    try:
        return _PUBLIC.validate_python(raw)
    except ValidationError as error:
        raise _invalid(error) from error


def recorded(raw: Mapping[str, Any]) -> Operation:
    """The operation that the timeline keeps as an inverse."""
    return _RECORDED.validate_python(raw)


def record(operation: Operation) -> dict[str, Any]:
    """An operation as the timeline keeps it: what was not given is left out."""
    raw: dict[str, Any] = asdict(operation)  # type: ignore[call-overload]  # every operation is a dataclass
    return {name: value for name, value in raw.items() if value is not None}


def request(operation: Operation) -> dict[str, Any]:
    """An operation's request as the timeline keeps it: an import's report is the step's detail."""
    return {name: value for name, value in record(operation).items() if name != "detail"}


def json_schema() -> dict[str, Any]:
    """The JSON schema of all operations, for the OpenAPI document; definitions are in `$defs`."""
    return _PUBLIC.json_schema()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number; write it as a string")


def _invalid(error: ValidationError) -> OperationInvalid:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "unexpected_keyword_argument":
        return OperationInvalid(f"There is no field '{field}' in this operation.", field)
    if first["type"] == "missing":
        return OperationInvalid(f"The field '{field}' is missing.", field)
    return OperationInvalid(f"The field '{field}' is wrong: {first['msg']}.", field)
