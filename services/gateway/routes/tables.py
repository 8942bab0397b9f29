"""Schemas, tables and columns: the catalog as it is, and changes of it by the plain verbs of HTTP, each an operation underneath."""

import orjson
from fastapi import APIRouter, Request, Response
from rowhouse.schema.v1 import schema_pb2 as pb

from services.gateway import describe, operations, responses
from services.gateway.access import PassThrough, services
from services.gateway.bodies import json_text, parameters, paths
from services.gateway.models import queries, shape
from services.kit.errors import Invalid

_SCHEMA = "/schemas/{schema}/tables"
_TABLE = _SCHEMA + "/{table}"
_COLUMN = _TABLE + "/columns/{column}"
_NOTHING = b"{}"

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["tables"], route_class=PassThrough)


@router.get("/schemas", **describe.passing(shape.Schemas, query=parameters.Paged))
async def list_schemas(request: Request) -> Response:
    """List the schemas of the database."""
    query = parameters.read(request, parameters.Paged)
    asked = pb.ListRequest(limit=query.limit, cursor=query.cursor)
    return responses.Json((await services(request).catalogs.ListSchemas(asked)).body)


@router.post(
    "/schemas", **describe.passing(shape.Operation, 201, body=operations.body("CreateSchema"), idempotent=True)
)
async def create_schema(request: Request) -> Response:
    """Create a schema; answers the operation."""
    return _operation(request, await _apply(request, await json_text.body(request), do="create_schema"), 201)


@router.get("/tables", **describe.passing(shape.Tables, query=queries.Tables))
async def list_tables(request: Request) -> Response:
    """List every table and view of every schema."""
    query = parameters.read(request, queries.Tables)
    asked = pb.ListRequest(limit=query.limit, cursor=query.cursor, schema=query.schema_)
    return responses.Json((await services(request).catalogs.ListTables(asked)).body)


@router.post(
    _SCHEMA, **describe.passing(shape.Table, 201, body=operations.body("CreateTable", "schema"), idempotent=True)
)
async def create_table(request: Request) -> Response:
    """Create a table; answers it as it is."""
    schema = paths.name(request, "schema")
    applied = await _apply(request, await json_text.body(request), do="create_table", schema=schema)
    return await _table(request, applied, 201)


@router.get(_TABLE, **describe.passing(shape.Table))
async def get_table(request: Request) -> Response:
    """Get a table: its columns, keys, constraints and indexes."""
    return responses.Json((await services(request).catalogs.GetTable(paths.shape(request))).body)


@router.patch(
    _TABLE, **describe.passing(shape.Table, body=operations.body("RenameTable", "schema", "table"), idempotent=True)
)
async def update_table(request: Request) -> Response:
    """Rename a table; its old name answers TABLE_RENAMED from then on."""
    body = await json_text.body(request)
    return await _table(request, await _apply(request, body, do="rename_table", **_names(request)))


@router.delete(_TABLE, **describe.passing(shape.Operation, idempotent=True))
async def drop_table(request: Request) -> Response:
    """Drop a table; answers the operation, whose undo brings it back."""
    return _operation(request, await _apply(request, _NOTHING, do="drop_table", **_names(request)))


@router.post(
    _TABLE + "/columns",
    **describe.passing(shape.Table, 201, body=operations.body("AddColumn", "schema", "table"), idempotent=True),
)
async def add_column(request: Request) -> Response:
    """Add a column; answers the table."""
    body = await json_text.body(request)
    return await _table(request, await _apply(request, body, do="add_column", **_names(request)), 201)


@router.patch(
    _COLUMN,
    **describe.passing(
        shape.Table,
        body=operations.one_of(("RenameColumn", "SetDisplay"), "schema", "table", "column"),
        idempotent=True,
    ),
)
async def update_column(request: Request) -> Response:
    """Rename a column, or change its kind and how it is shown; answers the table. Each is a step of its own on the timeline."""
    body = await json_text.body(request)
    do = "rename_column" if "name" in (given := json_text.members(body)) else "set_display"
    if do == "rename_column" and (shown := given.keys() & {"display", "kind"}):
        raise Invalid(
            f"Send 'name' and '{min(shown)}' in two requests: each can be undone by itself.", where=f"/{min(shown)}"
        )
    return await _table(request, await _apply(request, body, do=do, **_names(request, "column")))


@router.delete(_COLUMN, **describe.passing(shape.Operation, idempotent=True))
async def drop_column(request: Request) -> Response:
    """Drop a column; answers the operation, whose undo brings it back."""
    return _operation(request, await _apply(request, _NOTHING, do="drop_column", **_names(request, "column")))


def _names(request: Request, *more: str) -> dict[str, str]:
    return {parameter: paths.name(request, parameter) for parameter in ("schema", "table", *more)}


async def _apply(request: Request, body: bytes, **members: str) -> pb.Applied:
    """Apply the operation that `body` and what the path says make together."""
    operation = json_text.with_members(body, **members)
    asked = pb.ApplyRequest(operation=operation, idempotency_key=parameters.idempotency_key(request))
    return await services(request).operations.Apply(asked)


async def _table(request: Request, applied: pb.Applied, status: int = 200) -> Response:
    """The table that an operation was about, as it is now; by its id, for its name may be what changed."""
    schema, subject = paths.name(request, "schema"), orjson.loads(applied.body)["table"]
    table = await services(request).catalogs.GetTable(pb.TableRef(schema=schema, table=f"@{subject['id']}"))
    headers = responses.operation_header(applied.operation_id)
    if status == 201:
        headers["Location"] = paths.of(paths.name(request, "tenant"), "schemas", schema, "tables", subject["name"])
    return responses.Json(table.body, status, headers)


def _operation(request: Request, applied: pb.Applied, status: int = 200) -> Response:
    location = paths.of(paths.name(request, "tenant"), "operations", str(applied.operation_id))
    headers = {"Location": location} if status == 201 else {}
    return responses.Json(applied.body, status, headers | responses.operation_header(applied.operation_id))
