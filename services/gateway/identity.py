"""Who calls: a session cookie or an API token, named by auth and remembered for at most a second."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1.auth_pb2_grpc import IdentitiesStub
from starlette.requests import HTTPConnection

from services.gateway import errors

# A suspension, a sign-out and a lost role bite within this time.
REMEMBERED_SECONDS = 1.0
_REMEMBERED_MOST = 10_000
_BEARER = "bearer "
_IN_URL = re.compile(rb"(?:^|&)(access_token|token|api_key|apikey|authorization|session)=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller proves itself with."""

    session: str = ""
    api_token: str = ""

    def to_pb(self) -> pb.Credential:
        """As auth takes it."""
        return pb.Credential(session=self.session) if self.session else pb.Credential(api_token=self.api_token)


def cookie_name(secure: bool) -> str:
    """The session cookie's name. `__Host-` has the browser itself refuse one that another host or plain http set."""
    return "__Host-rowhouse_session" if secure else "rowhouse_session"


def credential_of(request: HTTPConnection, secure: bool) -> Credential:
    """The request's credential; a token wins over a cookie. Fails with TOKEN_IN_URL, UNAUTHENTICATED."""
    if found := _IN_URL.search(request.scope["query_string"]):
        raise errors.TokenInUrl(found[1].decode())
    header = request.headers.get("authorization")
    if header is not None:
        if header[: len(_BEARER)].lower() != _BEARER:
            raise errors.SignInNeeded
        return Credential(api_token=header[len(_BEARER) :].strip())
    if session := session_of(request, secure):
        return Credential(session=session)
    raise errors.SignInNeeded


def session_of(request: HTTPConnection, secure: bool) -> str:
    """The session in the cookie; empty for none."""
    return request.cookies.get(cookie_name(secure), "")


class Identities:
    """Asks auth once per credential and tenant and second, however many requests want to know."""

    def __init__(self, auth: IdentitiesStub, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._auth = auth
        self._monotonic = monotonic
        self._known: dict[tuple[Credential, str], tuple[float, asyncio.Task[pb.Identity]]] = {}

    async def identify(self, credential: Credential, tenant: str) -> pb.Identity:
        """Who `credential` is and what it may do in `tenant` (a slug, an id, or empty for none).

        Fails as auth's Identify does. A failure is not remembered.
        """
        key = (credential, tenant)
        now = self._monotonic()
        known = self._known.get(key)
        if known is None or known[0] <= now:
            known = self._ask(key, now)
        # Shielded: one caller that hangs up must not take the answer from the others.
        return await asyncio.shield(known[1])

    def forget(self, credential: Credential) -> None:
        """Remember nothing more of `credential`: it was just given up."""
        for key in [key for key in self._known if key[0] == credential]:
            del self._known[key]

    def _ask(self, key: tuple[Credential, str], now: float) -> tuple[float, asyncio.Task[pb.Identity]]:
        task = asyncio.create_task(self._answer(*key))
        if len(self._known) >= _REMEMBERED_MOST:
            self._known = {key: known for key, known in self._known.items() if known[0] > now}
        if len(self._known) >= _REMEMBERED_MOST:
            self._known.clear()
        # Counted from the question, not from the answer: what auth saw may be as old as that.
        entry = self._known[key] = (now + REMEMBERED_SECONDS, task)
        task.add_done_callback(lambda done: self._settle(key, entry, done))
        return entry

    def forget_tenant(self, tenant_id: str) -> None:
        """Remember nothing more of a tenant whose state has just changed."""
        for key, (_, task) in list(self._known.items()):
            if task.done() and not task.cancelled() and not task.exception() and task.result().tenant.id == tenant_id:
                del self._known[key]

    async def _answer(self, credential: Credential, tenant: str) -> pb.Identity:
        return await self._auth.Identify(pb.IdentifyRequest(credential=credential.to_pb(), tenant=tenant))

    def _settle(
        self,
        key: tuple[Credential, str],
        entry: tuple[float, asyncio.Task[pb.Identity]],
        done: asyncio.Task[pb.Identity],
    ) -> None:
        if (done.cancelled() or done.exception()) and self._known.get(key) is entry:
            del self._known[key]
