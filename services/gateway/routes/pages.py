"""What people open in a browser: a word on what this is, and the documentation, made from the OpenAPI document itself."""

from pathlib import Path

from fastapi import APIRouter, Request, Response

from services.gateway import openapi, reference
from services.gateway.responses import Json

_STATIC = Path(__file__).parent.parent / "static"
_CACHED = {"cache-control": "public, max-age=300"}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home() -> Response:
    """What this is."""
    return Response((_STATIC / "home.html").read_bytes(), media_type="text/html", headers=_CACHED)


@router.get("/api/style.css")
async def style() -> Response:
    """How the pages look."""
    return Response((_STATIC / "style.css").read_bytes(), media_type="text/css", headers=_CACHED)


@router.get("/api/v1/openapi.json")
async def openapi_json(request: Request) -> Response:
    """The OpenAPI document."""
    return Json(openapi.served(request.app), headers=_CACHED)


@router.get("/api/docs")
async def docs(request: Request) -> Response:
    """The documentation."""
    return Response(reference.page(request.app), media_type="text/html", headers=_CACHED)
