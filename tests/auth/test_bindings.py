"""A tenant's database from sign-up on: the warm pool, credentials for the services, their rotation. On a real server."""

import asyncio

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from services.auth import errors, rights
from services.auth.sealing import Seal
from services.kit.rpc import identity
from services.laptop.postgres import Server
from tests.fixtures.auth import SECRETS, Auth, MakeAuth, Person

LOGINS = {"schema": {"ddl", "ro"}, "records": {"ro", "rw", "load"}}
# Which login a role's request may run on; written by hand, so that a change in rights.py must be meant.
MAY_USE = {
    "viewer": {"ro"},
    "editor": {"ro", "rw", "load"},
    "admin": {"ro", "rw", "load", "ddl"},
    "owner": {"ro", "rw", "load", "ddl"},
}


def asked(login: str, service: str = "") -> pb.GetCredentialsRequest:
    name = service or ("schema" if login == "ddl" else "records")
    return pb.GetCredentialsRequest(login=login, service=name, service_secret=SECRETS[name])


async def credentials(auth: Auth, who: Person, login: str) -> pb.Credentials:
    reply: pb.Credentials = await auth.call(who, auth.bindings.GetCredentials, asked(login), who.tenant.id)
    return reply


async def connect(server: Server, found: pb.Credentials) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(server.dsn(found.database, found.user, found.password))


async def run(server: Server, found: pb.Credentials, sql: str) -> object:
    connection = await connect(server, found)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_who_signs_up_owns_a_database_at_once(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up()
    assert ada.tenant.state == "ready"
    await run(postgres, await credentials(real_auth, ada, "ddl"), "CREATE TABLE public.films (id int)")
    await run(postgres, await credentials(real_auth, ada, "rw"), "INSERT INTO public.films VALUES (1)")
    assert await run(postgres, await credentials(real_auth, ada, "ro"), "SELECT count(*) FROM public.films") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(postgres, await credentials(real_auth, ada, "ro"), "INSERT INTO public.films VALUES (2)")


async def test_one_tenants_credentials_open_no_other_database(real_auth: Auth, postgres: Server) -> None:
    ada, bob = await real_auth.sign_up(), await real_auth.sign_up()
    mine, theirs = await credentials(real_auth, ada, "ddl"), await credentials(real_auth, bob, "ddl")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.dsn(theirs.database, mine.user, mine.password))


async def test_parallel_sign_ups_never_share_a_database(real_auth: Auth) -> None:
    await real_auth.upkeep.refill()
    people = await asyncio.gather(*(real_auth.sign_up() for _ in range(6)))
    found = await asyncio.gather(*(credentials(real_auth, person, "rw") for person in people))
    assert len({one.database for one in found}) == len({one.password for one in found}) == 6


async def test_no_claim_takes_a_database_that_another_has(make_auth: MakeAuth) -> None:
    auth = await make_auth(warm_pool=8)
    await auth.upkeep.refill()
    people = await asyncio.gather(*(auth.sign_up() for _ in range(16)))
    claimed = await auth.query("SELECT tenant_id, name, wanted FROM auth.bindings")
    assert {str(row["tenant_id"]) for row in claimed} == {person.tenant.id for person in people}
    assert len(claimed) == 16
    assert {row["wanted"] for row in claimed} == {"ready"}


async def test_the_pool_is_filled_to_its_size_and_no_further(make_auth: MakeAuth) -> None:
    auth = await make_auth(warm_pool=3)
    await asyncio.gather(*(auth.upkeep.refill() for _ in range(4)))
    assert [row["observed"] for row in await auth.query("SELECT observed FROM auth.bindings")] == ["prepared"] * 3


@pytest.mark.parametrize("role", rights.ROLES)
@pytest.mark.parametrize("service", LOGINS)
async def test_a_login_goes_to_the_service_and_the_role_that_need_it(auth: Auth, role: str, service: str) -> None:
    ada = await auth.sign_up()
    who = ada if role == "owner" else await auth.join(ada, role)
    for login in ("ro", "rw", "load", "ddl"):
        call = auth.call(who, auth.bindings.GetCredentials, asked(login, service), ada.tenant.id)
        if login not in LOGINS[service]:
            assert await auth.reason(call) == "SERVICE_NOT_ALLOWED"
        elif login not in MAY_USE[role]:
            assert await auth.reason(call) == "ROLE_TOO_LOW"
        else:
            assert (await call).user.endswith(f"_{login}_a")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.GetCredentialsRequest(login="ro", service="records"), "SERVICE_SECRET_INVALID"),
        (pb.GetCredentialsRequest(login="ro", service="records", service_secret="wrong"), "SERVICE_SECRET_INVALID"),
        (
            pb.GetCredentialsRequest(login="ro", service="records", service_secret=SECRETS["schema"]),
            "SERVICE_SECRET_INVALID",
        ),
        (pb.GetCredentialsRequest(login="ro", service="gateway", service_secret=""), "SERVICE_SECRET_INVALID"),
        (pb.GetCredentialsRequest(login="ro"), "SERVICE_SECRET_INVALID"),
        (asked("root", "schema"), "LOGIN_UNKNOWN"),
        (asked("", "schema"), "LOGIN_UNKNOWN"),
    ],
)
async def test_credentials_need_a_service_that_proves_itself(
    auth: Auth, request_: pb.GetCredentialsRequest, reason: str
) -> None:
    ada = await auth.sign_up()
    assert await auth.reason(auth.call(ada, auth.bindings.GetCredentials, request_, ada.tenant.id)) == reason
    assert await auth.reason(auth.bindings.GetCredentials(request_)) == "INTERNAL_TOKEN_INVALID"


async def test_a_service_works_in_its_own_name_with_its_secret(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up()
    request = pb.IssueServiceTokenRequest(service="records", service_secret=SECRETS["records"])
    with identity.identity((await auth.bindings.IssueServiceToken(request)).token):
        ready = await auth.bindings.ListReadyTenants(pb.ListRequest(limit=1))
        assert ready.next
        more = await auth.bindings.ListReadyTenants(pb.ListRequest(cursor=ready.next))
        assert {*ready.tenant_ids, *more.tenant_ids} == {ada.tenant.id, bob.tenant.id}
        assert await auth.reason(auth.bindings.GetCredentials(asked("ro"))) == "TENANT_NOT_FOUND"
        for call in (auth.accounts.GetMe(Empty()), auth.tokens.CreateToken(pb.CreateTokenRequest(name="x"))):
            assert await auth.reason(call) == "SERVICE_NOT_ALLOWED"
    request.tenant_id = ada.tenant.id
    with identity.identity((await auth.bindings.IssueServiceToken(request)).token):
        assert (await auth.bindings.GetCredentials(asked("rw"))).binding_id
        assert await auth.reason(auth.bindings.GetCredentials(asked("ddl", "records"))) == "SERVICE_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"service": "records", "service_secret": ""}, "SERVICE_SECRET_INVALID"),
        ({"service": "records", "service_secret": SECRETS["schema"]}, "SERVICE_SECRET_INVALID"),
        ({"service": "auth", "service_secret": "x"}, "SERVICE_SECRET_INVALID"),
        ({"service": "records", "service_secret": SECRETS["records"], "tenant_id": "no id"}, "TENANT_NOT_FOUND"),
        (
            {
                "service": "records",
                "service_secret": SECRETS["records"],
                "tenant_id": "a0000000-0000-4000-8000-000000000000",
            },
            "TENANT_NOT_FOUND",
        ),
    ],
)
async def test_nobody_gets_a_services_token_by_asking(auth: Auth, fields: dict[str, str], reason: str) -> None:
    assert await auth.reason(auth.bindings.IssueServiceToken(pb.IssueServiceTokenRequest(**fields))) == reason


async def test_people_do_not_learn_which_tenants_there_are(auth: Auth) -> None:
    ada = await auth.sign_up()
    assert await auth.reason(auth.call(ada, auth.bindings.ListReadyTenants, pb.ListRequest())) == "SERVICE_NOT_ALLOWED"


async def test_rotation_fails_no_request(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up()
    before = {login: await credentials(real_auth, ada, login) for login in MAY_USE["owner"]}
    open_session = await connect(postgres, before["rw"])
    binding_id = before["rw"].binding_id
    await real_auth.upkeep.rotate_binding(binding_id)
    await real_auth.upkeep.sweep()
    for login, old in before.items():
        new = await credentials(real_auth, ada, login)
        assert (new.user, new.password) != (old.user, old.password)
        assert await run(postgres, new, "SELECT 1") == await run(postgres, old, "SELECT 1") == 1
    with pytest.raises(errors.Rotating):
        await real_auth.upkeep.rotate_binding(binding_id)
    assert await open_session.fetchval("SELECT 1") == 1
    await open_session.close()
    real_auth.clock.move(minutes=16)
    await real_auth.upkeep.sweep()
    for old in before.values():
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await run(postgres, old, "SELECT 1")
    await real_auth.upkeep.rotate_binding(binding_id)
    assert (await credentials(real_auth, ada, "rw")).user == before["rw"].user


async def test_two_rotations_at_once_leave_one_password_in_use(auth: Auth) -> None:
    ada = await auth.sign_up()
    binding_id = (await credentials(auth, ada, "rw")).binding_id
    await asyncio.gather(*(auth.upkeep.rotate_binding(binding_id) for _ in range(3)), return_exceptions=True)
    rows = await auth.query(
        "SELECT login, count(*) FILTER (WHERE current) AS current, count(*) FROM auth.credentials GROUP BY 1"
    )
    assert {(row["login"], row["current"], row["count"]) for row in rows} == {
        (login, 1, 2) for login in MAY_USE["owner"]
    }


async def test_old_passwords_are_replaced_by_themselves(auth: Auth) -> None:
    ada = await auth.sign_up()
    before = await credentials(auth, ada, "rw")
    await auth.upkeep.rotate()
    assert await credentials(auth, ada, "rw") == before
    auth.clock.move(days=91)
    ada = await auth.sign_in_again(ada)
    await auth.upkeep.rotate()
    assert (await credentials(auth, ada, "rw")).password != before.password


async def test_a_sealed_password_opens_only_in_its_own_place(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up()
    await auth.query(
        "UPDATE auth.credentials c SET sealed = o.sealed FROM auth.credentials o JOIN auth.bindings b ON b.id = o.binding_id"
        " WHERE b.tenant_id = $1 AND c.login = o.login AND c.binding_id <> o.binding_id",
        ada.tenant.id,
    )
    assert (await credentials(auth, ada, "rw")).password
    token = (await auth.identify(bob, bob.tenant.id)).token
    with identity.identity(token), pytest.raises(Exception, match=r"Internal error\."):
        await auth.bindings.GetCredentials(asked("rw"))


@pytest.mark.parametrize(
    "place", [("b2", "rw", "a"), ("b1", "ro", "a"), ("b1", "rw", "b"), ("b1/rw", "a", ""), ("", "", "")]
)
def test_a_seal_binds_to_binding_login_and_slot(place: tuple[str, str, str]) -> None:
    seal = Seal("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    sealed = seal.close("secret", "b1", "rw", "a")
    assert seal.open(sealed, "b1", "rw", "a") == "secret"
    with pytest.raises(InvalidTag):
        seal.open(sealed, *place)


def test_a_seal_notices_a_changed_byte_and_another_key() -> None:
    seal = Seal("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    sealed = seal.close("secret", "b1", "rw", "a")
    assert b"secret" not in sealed
    assert seal.close("secret", "b1", "rw", "a") != sealed
    for at in range(len(sealed)):
        with pytest.raises(InvalidTag):
            seal.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "b1", "rw", "a")
    with pytest.raises(InvalidTag):
        Seal("bGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGw=").open(sealed, "b1", "rw", "a")
