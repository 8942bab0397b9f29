"""Files into tables, streamed."""

from functools import partial

import orjson
from fastapi import APIRouter, Request, Response
from rowhouse.records.v1 import records_pb2 as pb

from services.gateway import describe, errors, responses
from services.gateway.access import PassThrough, gateway, renewed, services
from services.gateway.bodies import json_text, parameters, paths, upload
from services.gateway.middleware import limits
from services.gateway.models import data, queries

_HEAD_BYTES = 1_000_000

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["imports"], route_class=PassThrough)


@router.post(
    "/schemas/{schema}/imports",
    **describe.sending(describe.passing(data.Import, 201, query=queries.Import, idempotent=True)),
)
async def import_file(request: Request) -> Response:
    """Import a file, the body itself, into a new table. Every value survives, or there is no table and a word on why."""
    _require_file(request)
    query = parameters.read(request, queries.Import)
    settings = gateway(request).settings
    limits.allow(request.scope, settings.upload_bytes)
    opening = pb.ImportOpen(
        schema=paths.name(request, "schema"),
        name=query.name,
        options=query.options.encode(),
        idempotency_key=parameters.idempotency_key(request),
    )
    report = await upload.import_file(
        services(request).imports, request, opening, settings.upload_seconds, partial(renewed, request)
    )
    told = orjson.loads(report.body)
    location = paths.of(paths.name(request, "tenant"), "imports", str(told["id"]))
    return responses.made(report.body, location, told.get("operation") or 0)


@router.post(
    "/schemas/{schema}/imports/preview", **describe.sending(describe.passing(data.ImportPreview, query=queries.Preview))
)
async def preview_import(request: Request) -> Response:
    """See how the head of a file would be read: dialect, columns and 50 rows. Only the first megabyte is looked at."""
    _require_file(request)
    query = parameters.read(request, queries.Preview)
    limits.allow(request.scope, gateway(request).settings.upload_bytes)
    head, more = await upload.head(request, _HEAD_BYTES)
    asked = pb.PreviewRequest(head=head, whole=query.whole == "true" and not more, options=query.options.encode())
    return responses.Json((await services(request).imports.Preview(asked)).body)


@router.get("/imports/{id}", **describe.passing(data.Import))
async def get_import(request: Request) -> Response:
    """Get an import's report."""
    return responses.Json((await services(request).imports.GetImport(pb.ImportRef(id=paths.name(request, "id")))).body)


def _require_file(request: Request) -> None:
    json_text.require_plain(request)
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise errors.MediaTypeUnsupported("The body must be the file itself (curl -T file), not a form that holds it.")
