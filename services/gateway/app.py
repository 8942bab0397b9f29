"""Wires the gateway: channels to the services, routes, the layers around them. The only place that knows all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from services.gateway import clients, faults, server
from services.gateway.access import Gateway
from services.gateway.identity import Identities
from services.gateway.middleware.cross_site import CrossSite
from services.gateway.middleware.hang_up import HangUpWatch
from services.gateway.middleware.headers import SecurityHeaders
from services.gateway.middleware.hosts import KnownHosts
from services.gateway.middleware.limits import BodyLimit
from services.gateway.middleware.observe import Observe
from services.gateway.middleware.raw_path import RawPath
from services.gateway.routes import ROUTERS
from services.gateway.settings import Settings
from services.kit.errors import AppError


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[None]:
    """Serve HTTP until left; then drain, and only then let the channels go."""
    async with build(settings) as app, server.serve(app, settings):
        yield


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[ASGIApp]:
    """Connect to the services and yield the whole application."""
    async with clients.connect(settings) as services:
        api = routed()
        api.state.gateway = Gateway(settings, services, Identities(services.identities))
        yield layered(api, settings)


def routed() -> FastAPI:
    """The routes alone, with how their failures are answered; enough to describe them."""
    api = FastAPI(
        title="Rowhouse", version="1", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    for router in ROUTERS:
        api.include_router(router)
    api.add_exception_handler(AppError, faults.refused)
    api.add_exception_handler(grpc.aio.AioRpcError, faults.by_a_service)
    api.add_exception_handler(HTTPException, faults.by_the_framework)
    api.add_exception_handler(RequestValidationError, faults.invalid)
    api.add_exception_handler(ClientDisconnect, faults.gone)
    api.add_exception_handler(Exception, faults.unknown)
    return api


def layered(api: ASGIApp, settings: Settings) -> ASGIApp:
    """The layers around the routes, innermost first."""
    inner = RawPath(api)
    limited = BodyLimit(inner, settings.body_bytes, settings.body_seconds)
    watched = HangUpWatch(limited)
    defended = CrossSite(watched, settings.public_url)
    known = KnownHosts(defended, settings.hosts)
    hardened = SecurityHeaders(known, settings.secure)
    return Observe(hardened)
