"""Tables into files, streamed."""

from fastapi import APIRouter, Request, Response
from rowhouse.records.v1 import records_pb2 as pb

from services.gateway import describe
from services.gateway.access import PassThrough, gateway, services
from services.gateway.bodies import parameters, paths
from services.gateway.bodies.download import Download, attachment
from services.gateway.models import queries

_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}

router = APIRouter(
    prefix="/api/v1/tenants/{tenant}/schemas/{schema}/tables/{table}/export", tags=["exports"], route_class=PassThrough
)


@router.get("", **describe.file(queries.Export, _TYPES.values()))
async def export_table(request: Request) -> Response:
    """Export a table, or what a filter and a search leave of it, in the order of a sort. No value is rounded or cut."""
    query = parameters.read(request, queries.Export)
    table = paths.table(request)
    asked = pb.ExportRequest(table=table, **dict(query))
    call = services(request).exports.Export(asked, timeout=gateway(request).settings.upload_seconds)
    return await Download.of(call, _TYPES[query.format], attachment(f"{table.table}.{query.format}"))
