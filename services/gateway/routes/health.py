"""What machines ask: are you there, can you serve, how much did you do."""

import http

import orjson
import prometheus_client
from fastapi import APIRouter, Request, Response

from services.gateway.access import gateway, services
from services.gateway.responses import Json

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """The process runs."""
    return Json(b'{"status":"ok"}')


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The services behind answer too."""
    found = await services(request).ready()
    status = http.HTTPStatus.OK if all(found.values()) else http.HTTPStatus.SERVICE_UNAVAILABLE
    return Json(orjson.dumps({"status": "ok" if all(found.values()) else "unavailable", "services": found}), status)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """This process's metrics, unless they have a port of their own."""
    if gateway(request).settings.metrics_listen:
        return Response(status_code=http.HTTPStatus.NOT_FOUND)
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)
