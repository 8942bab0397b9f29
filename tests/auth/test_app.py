"""The whole service as its process builds it, with its background work, on a server and logins like a laptop's."""

import asyncio
import base64
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import ValidationError
from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as pb_grpc

from services.auth import app
from services.auth.settings import Settings
from services.kit.rpc import tokens
from services.kit.rpc.channel import Channel
from services.kit.rpc.server import serve
from services.laptop import control
from services.laptop.postgres import Server
from tests.fixtures.auth import PASSWORD, PUBLIC, settings_for
from tests.fixtures.postgres import running_server


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Channel]:
    with tempfile.TemporaryDirectory(prefix="rh-") as folder:
        address = f"unix:{Path(folder) / 's'}"
        verifier = tokens.Verifier({"k1": PUBLIC})
        async with (
            app.build(settings) as register,
            serve(address, verifier, register, public=app.PUBLIC, grace=1),
            Channel(address) as channel,
        ):
            yield channel


async def settings_on(server: Server) -> Settings:
    passwords = {control.AUTH: "a", control.JOBS: "j"}
    await control.prepare(server.dsn(), passwords)
    dsns = {login: server.dsn(control.DATABASE, login, password) for login, password in passwords.items()}
    return settings_for(dsns[control.AUTH], jobs_dsn=dsns[control.JOBS], server_dsn=server.dsn(), warm_pool=1)


async def pool(server: Server) -> int:
    connection = await asyncpg.connect(server.dsn(control.DATABASE))
    try:
        count = "SELECT count(*) FROM auth.bindings WHERE observed = 'prepared' AND tenant_id IS NULL"
        return int(await connection.fetchval(count))
    finally:
        await connection.close()


async def test_it_starts_serves_fills_its_pool_and_starts_again() -> None:
    with running_server(fsync=False) as server:
        settings = await settings_on(server)
        async with built(settings) as channel:
            request = pb.SignUpRequest(email="ada@example.org", password=PASSWORD, tenant_slug="ada-home")
            assert (await pb_grpc.AccountsStub(channel).SignUp(request)).tenant.state == "ready"
            async with asyncio.timeout(30):
                while await pool(server) < 1:
                    pass
        async with built(settings) as channel:
            again = pb.SignInRequest(email="ada@example.org", password=PASSWORD)
            assert (await pb_grpc.AccountsStub(channel).SignIn(again)).session


def test_nothing_is_public_but_how_one_gets_a_token() -> None:
    methods = {
        f"/{service.full_name}/{method.name}"
        for service in pb.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert methods > app.PUBLIC
    assert {name.rpartition("/")[2] for name in app.PUBLIC} == {
        "Identify",
        "SignUp",
        "SignIn",
        "CheckSlug",
        "AcceptInvitation",
        "IssueServiceToken",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"signup": "verified"}, "needs a mail sender"),
        ({"signup": "maybe"}, "signup"),
        ({"encryption_key": "short"}, "32 bytes in base64"),
        ({"encryption_key": base64.b64encode(b"k" * 31).decode()}, "has 31"),
        ({"encryption_key": "not base64 at all!"}, "32 bytes in base64"),
        ({"retention_days": 0}, "retention_days"),
        ({"warm_pool": -1}, "warm_pool"),
        ({"sql_logins": "all"}, "sql_logins"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        settings_for("postgresql://", **changes)
    assert "k" * 31 not in str(caught.value)


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(settings_for("postgresql://"))
    assert "PRIVATE" not in shown
    assert "secret'" not in shown
