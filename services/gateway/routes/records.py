"""Records of a table: JSON that Postgres wrote, passed on unread."""

from fastapi import APIRouter, Request, Response
from rowhouse.records.v1 import records_pb2 as pb

from services.gateway import describe, responses
from services.gateway.access import PassThrough, services
from services.gateway.bodies import json_text, parameters, paths
from services.gateway.models import queries, records

router = APIRouter(
    prefix="/api/v1/tenants/{tenant}/schemas/{schema}/tables/{table}/records", tags=["records"], route_class=PassThrough
)


@router.get("", **describe.passing(records.Page, query=queries.Records))
async def list_records(request: Request) -> Response:
    """List records: filtered, sorted, a page at a time."""
    query = parameters.read(request, queries.Records)
    return await _page(request, query)


@router.post("/query", **describe.passing(records.Page | records.Figures, body=records.Query))
async def query_records(request: Request) -> Response:
    """List records, asked in a body; for filters too long for a URL, and for figures over the list."""
    query = queries.query_of(json_text.members(await json_text.body(request)))
    if isinstance(query, queries.Records):
        return await _page(request, query)
    given = dict(query) | {"aggregate": query.aggregate.encode()}
    figures = await services(request).records.AggregateRecords(pb.AggregateRequest(table=paths.table(request), **given))
    return responses.Json(figures.body)


@router.get("/{key}", **describe.passing(records.Record, query=queries.Record))
async def get_record(request: Request) -> Response:
    """Get one record; its ETag is its version."""
    query = parameters.read(request, queries.Record)
    asked = pb.GetRecordRequest(
        table=paths.table(request), key=_key(request), fields=query.fields, numbers=query.numbers or ""
    )
    return _record(await services(request).records.GetRecord(asked))


@router.post(
    "", **describe.passing(records.Written, 201, query=queries.Written, body=records.NewRecords, idempotent=True)
)
async def create_records(request: Request) -> Response:
    """Create up to 1,000 records, all or none; with `on_conflict` change or leave those that are there."""
    written = await services(request).records.CreateRecords(await _write(request))
    return responses.Json(written.body, 201, responses.operation_header(written.operation_id))


@router.patch(
    "", **describe.passing(records.Written, query=queries.Written, body=records.UpdatedRecords, idempotent=True)
)
async def update_records(request: Request) -> Response:
    """Change up to 1,000 records, all or none."""
    return _written(await services(request).records.UpdateRecords(await _write(request)))


@router.post("/delete", **describe.passing(records.Deleted, query=queries.Deleted, body=records.Keys, idempotent=True))
async def delete_records(request: Request) -> Response:
    """Delete up to 1,000 records, by their keys or all that a filter finds; all or none."""
    query = parameters.read(request, queries.Deleted)
    asked = pb.WriteRequest(
        table=paths.table(request),
        body=await json_text.body(request),
        idempotency_key=parameters.idempotency_key(request),
        partial=query.partial or "",
    )
    return _written(await services(request).records.DeleteRecords(asked))


@router.patch(
    "/{key}",
    **describe.passing(records.Record, query=queries.Changed, body=records.Record, idempotent=True, if_match=True),
)
async def update_record(request: Request) -> Response:
    """Change one record; columns that are not named stay as they are."""
    query = parameters.read(request, queries.Changed)
    asked = pb.UpdateRecordRequest(
        table=paths.table(request),
        key=_key(request),
        body=await json_text.body(request),
        if_match=parameters.if_match(request),
        idempotency_key=parameters.idempotency_key(request),
        numbers=query.numbers or "",
        input=query.input or "",
    )
    return _record(await services(request).records.UpdateRecord(asked))


@router.delete("/{key}", **describe.passing(records.Deleted, idempotent=True, if_match=True))
async def delete_record(request: Request) -> Response:
    """Delete one record."""
    asked = pb.DeleteRecordRequest(
        table=paths.table(request),
        key=_key(request),
        if_match=parameters.if_match(request),
        idempotency_key=parameters.idempotency_key(request),
    )
    return _written(await services(request).records.DeleteRecord(asked))


async def _page(request: Request, query: queries.Records) -> Response:
    asked = pb.ListRecordsRequest(table=paths.table(request), **dict(query))
    return responses.Json((await services(request).records.ListRecords(asked)).body)


async def _write(request: Request) -> pb.WriteRequest:
    query = parameters.read(request, queries.Written)
    return pb.WriteRequest(
        table=paths.table(request),
        body=await json_text.body(request),
        idempotency_key=parameters.idempotency_key(request),
        numbers=query.numbers or "",
        input=query.input or "",
        partial=query.partial or "",
    )


def _key(request: Request) -> str:
    """The key as it stands in the path: its parts are separated before they are decoded, which is the service's affair."""
    key: str = request.path_params["key"]
    return key


def _record(record: pb.Record) -> Response:
    tag = {"ETag": f'"{record.etag}"'} if record.etag else {}
    return responses.Json(record.body, 200, tag | responses.operation_header(record.operation_id))


def _written(written: pb.Written) -> Response:
    return responses.Json(written.body, 200, responses.operation_header(written.operation_id))
