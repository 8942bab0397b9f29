"""The sample workspace: signs up as anybody would, over HTTP, and keeps the same sign-in and API token for every start."""

import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.laptop.keys import write

EMAIL = "sample@example.com"
SLUG = "sample"
READY_SECONDS = 60.0


class SampleFailed(Exception):
    """There is no way into the sample workspace; the message says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How to get in."""

    email: str
    password: str
    token: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    body: Any
    cookie: str


def ensure(port: int, folder: Path, password: str) -> Sample:
    """Make the sample workspace on the gateway at `port` unless it is there; its token is kept in `folder`."""
    kept = folder / "sample_token"
    if kept.exists() and _call(port, "GET", "/me", token=kept.read_text()).status == 200:
        return Sample(EMAIL, password, kept.read_text())
    session = _session(port, password)
    _wait_until_ready(port, session)
    answer = _call(port, "POST", "/tokens", {"name": "sample", "tenant": SLUG}, cookie=session)
    write(kept, _expect(answer, 201).body["token"])
    return Sample(EMAIL, password, kept.read_text())


def _session(port: int, password: str) -> str:
    account = {"email": EMAIL, "password": password}
    signed_in = _call(port, "POST", "/sessions", account)
    if signed_in.status == 401:
        workspace = {"slug": SLUG, "name": "Sample"}
        signed_in = _call(port, "POST", "/signup", {**account, "name": "Sample", "tenant": workspace})
        if signed_in.status == 409:
            raise SampleFailed(f"somebody has changed the password of {EMAIL}; sign in with the new one.")
    return _expect(signed_in, 200, 201).cookie


def _wait_until_ready(port: int, session: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        tenant = _expect(_call(port, "GET", f"/tenants/{SLUG}", cookie=session), 200).body
        if tenant["state"] == "ready":
            return
        if tenant["state"] != "provisioning" or time.monotonic() > deadline:
            raise SampleFailed(
                f"The sample workspace is {tenant['state']}: {tenant.get('message') or 'no reason given'}"
            )
        time.sleep(0.02)


def _call(port: int, method: str, path: str, body: object = None, *, token: str = "", cookie: str = "") -> Answer:
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Cookie": cookie} if cookie else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
        reply = connection.getresponse()
        raw = reply.read()
        return Answer(
            reply.status, json.loads(raw) if raw else None, (reply.getheader("Set-Cookie") or "").partition(";")[0]
        )
    finally:
        connection.close()


def _expect(answer: Answer, *statuses: int) -> Answer:
    if answer.status not in statuses:
        raise SampleFailed(f"the gateway answered {answer.status} instead of {statuses[0]}: {answer.body}")
    return answer
