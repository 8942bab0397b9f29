"""SQL logins of members: they work at once, in psql as anywhere, and end when they shall."""

import asyncpg
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from rowhouse.auth.v1 import auth_pb2 as pb

from services.auth.connections import Place
from services.laptop.postgres import Server
from tests.fixtures.auth import Auth, MakeAuth, Person


async def create(auth: Auth, who: Person, access: str, tenant: str = "") -> pb.Connection:
    request = pb.CreateConnectionRequest(access=access)
    reply: pb.Connection = await auth.call(who, auth.connections.CreateConnection, request, tenant or who.tenant.id)
    return reply


async def connect(server: Server, made: pb.Connection) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(server.dsn(made.database, made.login, made.password))


async def test_a_login_works_at_once_and_does_what_it_is_for(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up()
    logins = {
        access: await connect(postgres, await create(real_auth, ada, access)) for access in ("read", "write", "ddl")
    }
    await logins["ddl"].execute("CREATE TABLE public.films (id int)")
    await logins["write"].execute("INSERT INTO public.films VALUES (1)")
    assert await logins["read"].fetchval("SELECT count(*) FROM public.films") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await logins["read"].execute("INSERT INTO public.films VALUES (2)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await logins["write"].execute("CREATE TABLE public.more (id int)")
    for connection in logins.values():
        await connection.close()


async def test_a_deleted_login_is_thrown_out(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up()
    made = await create(real_auth, ada, "read")
    connection = await connect(postgres, made)
    await real_auth.call(ada, real_auth.connections.DeleteConnection, pb.IdRequest(id=made.id), ada.tenant.id)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await connection.fetchval("SELECT 1")
    with pytest.raises(asyncpg.PostgresError):
        await connect(postgres, made)


async def test_a_login_is_gone_after_its_time(auth: Auth) -> None:
    ada = await auth.sign_up()
    expiry = Timestamp()
    expiry.FromDatetime(auth.clock.now().replace(tzinfo=None))
    expiry.seconds += 3600
    request = pb.CreateConnectionRequest(access="read", expires_at=expiry)
    await auth.call(ada, auth.connections.CreateConnection, request, ada.tenant.id)
    assert len(auth.provisioner.wanted[-1].sql_logins) == 1
    auth.clock.move(hours=1)
    await auth.upkeep.sweep()
    assert auth.provisioner.wanted[-1].sql_logins == ()
    listed = await auth.call(ada, auth.connections.ListConnections, pb.ListRequest(), ada.tenant.id)
    assert list(listed.connections) == []


async def test_the_answer_says_how_to_connect_and_only_once(make_auth: MakeAuth) -> None:
    auth = await make_auth(server_public_host="db.example.org", server_public_port=6543)
    ada = await auth.sign_up()
    made = await create(auth, ada, "read")
    assert made.connection_string == f"postgresql://{made.login}:{made.password}@db.example.org:6543/{made.database}"
    (listed,) = (await auth.call(ada, auth.connections.ListConnections, pb.ListRequest(), ada.tenant.id)).connections
    assert (listed.password, listed.connection_string) == ("", "")
    assert (listed.id, listed.login, listed.host, listed.port) == (made.id, made.login, "db.example.org", 6543)


@pytest.mark.parametrize("allowed", ["none", "read", "write", "ddl"])
async def test_a_server_decides_how_much_sql_logins_may_do(make_auth: MakeAuth, allowed: str) -> None:
    auth = await make_auth(sql_logins=allowed)
    ada = await auth.sign_up()
    order = ["none", "read", "write", "ddl"]
    for access in order[1:]:
        if order.index(access) <= order.index(allowed):
            assert (await create(auth, ada, access)).access == access
        else:
            assert await auth.reason(create(auth, ada, access)) == "SQL_LOGINS_OFF"


async def test_everybody_sees_and_deletes_ones_own_and_admins_all(auth: Auth) -> None:
    ada = await auth.sign_up()
    bob, carl = await auth.join(ada, "editor"), await auth.join(ada, "editor")
    made = await create(auth, bob, "write", ada.tenant.id)
    for who, count in ((ada, 1), (bob, 1), (carl, 0)):
        listed = await auth.call(who, auth.connections.ListConnections, pb.ListRequest(), ada.tenant.id)
        assert len(listed.connections) == count
    delete = pb.IdRequest(id=made.id)
    refused = auth.call(carl, auth.connections.DeleteConnection, delete, ada.tenant.id)
    assert await auth.reason(refused) == "CONNECTION_NOT_FOUND"
    other = await auth.sign_up()
    elsewhere = auth.call(other, auth.connections.DeleteConnection, delete, other.tenant.id)
    assert await auth.reason(elsewhere) == "CONNECTION_NOT_FOUND"
    await auth.call(ada, auth.connections.DeleteConnection, delete, ada.tenant.id)


async def test_no_login_is_made_for_a_database_that_is_closed(auth: Auth) -> None:
    ada = await auth.sign_up()
    await auth.call(ada, auth.tenants.SuspendTenant, Empty(), ada.tenant.id)
    assert await auth.reason(create(auth, ada, "read")) == "SUSPENDED"
    await auth.call(ada, auth.tenants.DeleteTenant, Empty(), ada.tenant.id)
    assert await auth.reason(create(auth, ada, "read")) == "SUSPENDED"


@pytest.mark.parametrize("access", ["", "admin", "READ", "\0"])
async def test_an_access_that_there_is_not_is_refused(auth: Auth, access: str) -> None:
    ada = await auth.sign_up()
    assert await auth.reason(create(auth, ada, access)) == "ACCESS_UNKNOWN"


async def test_a_narrow_token_makes_no_wide_login(auth: Auth) -> None:
    ada = await auth.sign_up()
    request = pb.CreateTokenRequest(name="ci", scopes=["records:read", "schema:read"])
    token = (await auth.call(ada, auth.tokens.CreateToken, request)).token
    create_ddl = pb.CreateConnectionRequest(access="ddl")
    refused = auth.call(token, auth.connections.CreateConnection, create_ddl, ada.tenant.id)
    assert await auth.reason(refused) == "ROLE_TOO_LOW"


def test_an_ipv6_host_is_bracketed() -> None:
    assert Place("::1", 5433, "ddl").url("u", "p/@", "d") == "postgresql://u:p%2F%40@[::1]:5433/d"
