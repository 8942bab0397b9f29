"""Routing by the path as it was sent, so that an encoded slash or comma in a name is data and not structure."""

from starlette.types import ASGIApp, Receive, Scope, Send


class RawPath:
    """Gives the router the undecoded path; a route decodes the segments that are names, each by itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the raw path."""
        if scope["type"] == "http":
            scope["path"] = scope["raw_path"].decode("latin-1")
        await self._app(scope, receive, send)
