"""Under which names we answer. A page whose own name was pointed at us (DNS rebinding) is of our origin to its browser, but not to us."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway import errors, responses


class KnownHosts:
    """Refuses requests for a host that is neither one of `names` nor `localhost`; an address is nobody's name, and passes."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._known = {name.strip().lower().encode() for name in names} | {b"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        host = next((value for name, value in scope.get("headers", ()) if name == b"host"), b"")
        if host not in self._known and not self._is_ours(host):
            await responses.Problem(errors.HostUnknown())(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, host: bytes) -> bool:
        """Look closely, once per spelling: without the port, in whatever case."""
        try:
            name = urlsplit(f"//{host.decode('ascii')}").hostname or ""
        except ValueError:
            return False
        if name.encode() not in self._known and not _is_address(name):
            return False
        if len(self._known) < 1000:
            self._known.add(host)
        return True


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
