"""Files into tables, streamed."""

from functools import partial

import orjson
from fastapi import APIRouter, Request, Response
from rowhouse.records.v1 import records_pb2 as pb

from services.gateway import describe, errors, responses
from services.gateway.access import PassThrough, gateway, renewed, services
from services.gateway.bodies import json_text, parameters, paths, upload
from services.gateway.middleware import limits
from services.gateway.models import files, queries

_HEAD_BYTES = 1_000_000
_WORKBOOK_BYTES = 20_000_000
"""A workbook cannot be read from its head. More than this, records does not take for a preview."""
_TYPE_LONGEST = 200
_RUNNING = "running"

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["imports"], route_class=PassThrough)


@router.post(
    "/schemas/{schema}/imports",
    **describe.sending(
        describe.passing(
            files.Import,
            201,
            query=queries.Import,
            idempotent=True,
            prefers_async=True,
            also={202: "The file is here and the import is running; its URL tells how far it is."},
        )
    ),
)
async def import_file(request: Request) -> Response:
    """Import a file, the body itself, into a new table or one that is there. Every value survives, or nothing is changed."""
    _require_file(request)
    query = parameters.read(request, queries.Import)
    settings = gateway(request).settings
    limits.allow_file(request.scope, settings.upload_bytes)
    opening = pb.ImportOpen(
        schema=paths.name(request, "schema"),
        name=query.name,
        options=query.options.encode(),
        idempotency_key=parameters.idempotency_key(request),
        content_type=request.headers.get("content-type", "")[:_TYPE_LONGEST],
        size=_announced(request),
        respond_async=parameters.prefers_async(request),
    )
    report = await upload.import_file(
        services(request).imports, request, opening, settings.upload_seconds, partial(renewed, request)
    )
    told = orjson.loads(report.body)
    location = paths.of(paths.name(request, "tenant"), "imports", str(told["id"]))
    status = 202 if told.get("state") == _RUNNING else 201
    return responses.made(report.body, location, told.get("operation") or 0, status)


@router.post(
    "/schemas/{schema}/imports/preview",
    **describe.sending(describe.passing(files.ImportPreview, query=queries.Preview)),
)
async def preview_import(request: Request) -> Response:
    """See how a file would be read: dialect, columns and 50 rows. Only its first megabyte is looked at; a workbook is read whole."""
    _require_file(request)
    query = parameters.read(request, queries.Preview)
    limits.allow_file(request.scope, gateway(request).settings.upload_bytes)
    head, more = await upload.head(request, _HEAD_BYTES, _WORKBOOK_BYTES)
    asked = pb.PreviewRequest(
        head=head,
        whole=not more and (query.whole == "true" or upload.is_workbook(head)),
        options=query.options.encode(),
        content_type=request.headers.get("content-type", "")[:_TYPE_LONGEST],
    )
    return responses.Json((await services(request).imports.Preview(asked)).body)


@router.get("/imports", **describe.passing(files.Imports, query=queries.Imports))
async def list_imports(request: Request) -> Response:
    """List the imports that run and those that have been in the last 90 days, the latest first."""
    query = parameters.read(request, queries.Imports)
    asked = pb.ListImportsRequest(limit=query.limit, cursor=query.cursor)
    return responses.Json((await services(request).imports.ListImports(asked)).body)


@router.get("/imports/{id}", **describe.passing(files.Import))
async def get_import(request: Request) -> Response:
    """See how far an import is, or its report once it is done."""
    return responses.Json((await services(request).imports.GetImport(_ref(request))).body)


@router.post("/imports/{id}/cancel", **describe.passing(files.Import))
async def cancel_import(request: Request) -> Response:
    """Stop an import that is running. It leaves no table and no row."""
    return responses.Json((await services(request).imports.CancelImport(_ref(request))).body)


@router.get("/imports/{id}/rejects", **describe.passing(files.Rejects, query=queries.Imports))
async def list_rejects(request: Request) -> Response:
    """List the cells that an import could not take, with the number of their row and what they said."""
    query = parameters.read(request, queries.Imports)
    asked = pb.ListRejectsRequest(id=paths.name(request, "id"), limit=query.limit, cursor=query.cursor)
    return responses.Json((await services(request).imports.ListRejects(asked)).body)


def _ref(request: Request) -> pb.ImportRef:
    return pb.ImportRef(id=paths.name(request, "id"))


def _announced(request: Request) -> int:
    """The file's size as the client says; 0 where it does not, or says what nobody would send."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


def _require_file(request: Request) -> None:
    json_text.require_plain(request)
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise errors.MediaTypeUnsupported("The body must be the file itself (curl -T file), not a form that holds it.")
