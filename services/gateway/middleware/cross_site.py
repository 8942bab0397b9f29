"""The CSRF defence: no other site's page changes anything with our cookie, not even signs somebody in."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway import errors, responses

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite:
    """Refuses a change of state that a browser says comes from elsewhere.

    Browsers send Sec-Fetch-Site or Origin with every such request, and a page cannot forge either; what has neither is a program.
    A request with an Authorization header is nobody's by accident: other origins are never allowed to send one.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._host = urlsplit(public_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "http" and scope["method"] not in _SAFE and self._foreign(Headers(scope=scope)):
            await responses.Problem(errors.CrossSite())(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        if "authorization" in headers:
            return False
        if site := headers.get("sec-fetch-site"):
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is not None and urlsplit(origin).netloc.lower() not in (
            self._host,
            headers.get("host", "").lower(),
        )
