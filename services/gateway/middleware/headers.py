"""Security headers on every answer. The policy allows no inline script or style, no other origin and no frame around us."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_STAY_ON_HTTPS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NO_STORE = (b"cache-control", b"no-store")


class SecurityHeaders:
    """Adds them; `secure` says that people reach us by https. What an answer says about caching itself stays."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        self._headers = [*_HEADERS, _STAY_ON_HTTPS] if secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to whatever the rest answers."""

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                caching = () if any(name == b"cache-control" for name, _ in given) else (_NO_STORE,)
                message["headers"] = [*given, *self._headers, *caching]
            await send(message)

        await self._app(scope, receive, hardened)
