"""Tenants from sign-up to purge, and what happens when their server does not play along."""

import asyncio

import asyncpg
import pytest
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from services.kit.db import control
from services.laptop.postgres import Server
from tests.auth.test_bindings import asked, connect, credentials, run
from tests.fixtures.auth import Auth, MakeAuth, Person


async def state(auth: Auth, who: Person) -> str:
    tenant: pb.Tenant = (await auth.identify(who, who.tenant.id)).tenant
    return tenant.state


async def change(auth: Auth, who: Person, name: str) -> pb.Tenant:
    reply: pb.Tenant = await auth.call(who, getattr(auth.tenants, name), Empty(), who.tenant.id)
    return reply


async def test_a_suspended_database_is_closed_at_once_and_opens_again_with_all_in_it(
    real_auth: Auth, postgres: Server
) -> None:
    ada = await real_auth.sign_up()
    rw = await credentials(real_auth, ada, "rw")
    await run(postgres, await credentials(real_auth, ada, "ddl"), "CREATE TABLE public.films (id int)")
    open_session = await connect(postgres, rw)
    assert (await change(real_auth, ada, "SuspendTenant")).state == "suspended"
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await open_session.fetchval("SELECT 1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connect(postgres, rw)
    refused = real_auth.call(ada, real_auth.bindings.GetCredentials, asked("rw"), ada.tenant.id)
    assert await real_auth.reason(refused) == "SUSPENDED"
    assert (await change(real_auth, ada, "ResumeTenant")).state == "ready"
    assert await run(postgres, rw, "SELECT count(*) FROM public.films") == 0


async def test_a_deleted_tenant_can_be_had_back_until_its_retention_ends(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up()
    rw = await credentials(real_auth, ada, "rw")
    await run(postgres, await credentials(real_auth, ada, "ddl"), "CREATE TABLE public.films (id int)")
    deleted = await change(real_auth, ada, "DeleteTenant")
    assert deleted.state == "deleting"
    assert deleted.purge_at.ToSeconds() == real_auth.clock.now().timestamp() + 30 * 86400
    with pytest.raises(asyncpg.PostgresError):
        await connect(postgres, rw)
    real_auth.clock.move(days=29)
    await real_auth.upkeep.purge()
    ada = await real_auth.sign_in_again(ada)
    back = await change(real_auth, ada, "UndeleteTenant")
    assert (back.state, back.HasField("purge_at")) == ("ready", False)
    assert await run(postgres, rw, "SELECT count(*) FROM public.films") == 0


async def test_a_purged_tenant_is_gone_and_its_slug_is_never_anothers(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up("ada")
    rw = await credentials(real_auth, ada, "rw")
    await real_auth.call(ada, real_auth.tokens.CreateToken, pb.CreateTokenRequest(name="ci", tenant="ada-home"))
    await change(real_auth, ada, "DeleteTenant")
    real_auth.clock.move(days=30)
    await real_auth.upkeep.purge()
    ada = await real_auth.sign_in_again(ada)
    assert await real_auth.reason(real_auth.identify(ada, "ada-home")) == "TENANT_NOT_FOUND"
    assert (await real_auth.call(ada, real_auth.accounts.GetMe, Empty())).memberships == []
    left = "SELECT 1 FROM pg_database WHERE datname LIKE $1 UNION ALL SELECT 1 FROM pg_roles WHERE rolname LIKE $1"
    assert await real_auth.query(left, rw.database + "%") == []
    for table in ("members", "bindings", "credentials", "api_tokens"):
        assert await real_auth.query(f"SELECT 1 FROM auth.{table}") == []
    again = real_auth.call(ada, real_auth.tenants.CreateTenant, pb.CreateTenantRequest(slug="ada-home"))
    assert await real_auth.reason(again) == "SLUG_EXISTS"


async def test_undeleting_and_purging_at_once_end_in_one_of_the_two(auth: Auth) -> None:
    for _ in range(10):
        ada = await auth.sign_up()
        await change(auth, ada, "DeleteTenant")
        token = await auth.call(ada, auth.tokens.CreateToken, pb.CreateTokenRequest(name="ci"))
        auth.clock.move(days=30)
        undelete = auth.call(token.token, auth.tenants.UndeleteTenant, Empty(), ada.tenant.id)
        outcome: object = (await asyncio.gather(undelete, auth.upkeep.purge(), return_exceptions=True))[0]
        (row,) = await auth.query(
            "SELECT t.purged_at, t.deleted_at, b.wanted FROM auth.tenants t LEFT JOIN auth.bindings b ON b.tenant_id = t.id"
            " WHERE t.id = $1",
            ada.tenant.id,
        )
        if isinstance(outcome, pb.Tenant):
            assert (row["purged_at"], row["deleted_at"], row["wanted"]) == (None, None, "ready")
        else:
            assert row["purged_at"] is not None
            assert row["wanted"] is None


async def test_a_deleted_tenant_is_neither_suspended_nor_resumed(auth: Auth) -> None:
    ada = await auth.sign_up()
    deleted = await change(auth, ada, "DeleteTenant")
    auth.clock.move(hours=1)
    assert await change(auth, ada, "DeleteTenant") == deleted
    for name in ("SuspendTenant", "ResumeTenant"):
        assert await auth.reason(change(auth, ada, name)) == "DELETING"


async def test_what_was_suspended_before_its_deletion_is_suspended_after_it(auth: Auth) -> None:
    ada = await auth.sign_up()
    await change(auth, ada, "SuspendTenant")
    await change(auth, ada, "DeleteTenant")
    assert (await change(auth, ada, "UndeleteTenant")).state == "suspended"
    assert auth.provisioner.wanted[-1].state == "suspended"


async def test_a_server_that_is_down_delays_a_sign_up_and_loses_nothing(auth: Auth) -> None:
    auth.provisioner.is_down = True
    ada = await auth.sign_up()
    assert ada.tenant.state == "provisioning"
    refused = auth.call(ada, auth.bindings.GetCredentials, asked("rw"), ada.tenant.id)
    assert await auth.reason(refused) == "NOT_READY"
    auth.provisioner.is_down = False
    await auth.upkeep.settle()
    assert await state(auth, ada) == "provisioning", "it is not tried again before its time"
    auth.clock.move(seconds=1)
    await auth.upkeep.settle()
    assert await state(auth, ada) == "ready"


async def test_a_server_that_stays_down_makes_a_tenant_failed_and_the_reason_is_told(auth: Auth) -> None:
    auth.provisioner.is_down = True
    ada = await auth.sign_up()
    for _ in range(2):
        auth.clock.move(seconds=10)
        await auth.upkeep.settle()
    tenant = (await auth.identify(ada, ada.tenant.id)).tenant
    assert tenant.state == "failed"
    assert "does not answer" in tenant.message


async def test_a_suspension_that_the_server_did_not_hear_bites_as_soon_as_it_does(auth: Auth) -> None:
    ada = await auth.sign_up()
    auth.provisioner.is_down = True
    assert await auth.reason(change(auth, ada, "SuspendTenant")) == "SERVER_UNAVAILABLE"
    assert await state(auth, ada) == "suspended"
    refused = auth.call(ada, auth.bindings.GetCredentials, asked("rw"), ada.tenant.id)
    assert await auth.reason(refused) == "SUSPENDED"
    auth.provisioner.is_down = False
    auth.clock.move(seconds=1)
    await auth.upkeep.settle()
    assert auth.provisioner.wanted[-1].state == "suspended"


async def test_a_server_that_stays_down_is_tried_ever_more_rarely(auth: Auth) -> None:
    auth.provisioner.is_down = True
    await auth.sign_up()
    for _ in range(240):
        auth.clock.move(seconds=5)
        await auth.upkeep.settle()
    (row,) = await auth.query("SELECT failures FROM auth.bindings")
    assert 8 <= row["failures"] <= 14, "in twenty minutes: after 1, 2, 4 … seconds, and every five minutes in the end"


async def test_what_changes_while_a_binding_converges_is_converged_too(auth: Auth) -> None:
    """Level-triggered: suspend and resume at once, in any order of arrival, end in what was wanted last."""
    ada = await auth.sign_up()
    calls = [change(auth, ada, name) for name in ("SuspendTenant", "ResumeTenant") * 5]
    await asyncio.gather(*calls)
    (row,) = await auth.query("SELECT wanted, observed, generation, settled FROM auth.bindings")
    assert row["observed"] == row["wanted"] == auth.provisioner.wanted[-1].state
    assert row["generation"] == row["settled"]


async def test_a_new_version_of_our_own_tables_reaches_every_database(auth: Auth) -> None:
    people = [await auth.sign_up() for _ in range(3)]
    asked_before = len(auth.provisioner.wanted)
    await auth.upkeep.settle()
    assert len(auth.provisioner.wanted) == asked_before
    auth.provisioner.template = "2"
    await auth.upkeep.settle()
    assert len(auth.provisioner.wanted) == asked_before + 3
    assert [await state(auth, person) for person in people] == ["ready"] * 3


async def test_a_database_that_held_data_is_never_replaced_by_an_empty_one(real_auth: Auth, postgres: Server) -> None:
    ada = await real_auth.sign_up()
    database = (await credentials(real_auth, ada, "ro")).database
    connection = await asyncpg.connect(postgres.dsn())
    await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
    await connection.close()
    assert await real_auth.reason(change(real_auth, ada, "SuspendTenant")) == "SERVER_UNAVAILABLE"
    assert await real_auth.query("SELECT 1 FROM pg_database WHERE datname = $1", database) == []


async def test_usage_says_how_big_a_database_is(real_auth: Auth) -> None:
    ada = await real_auth.sign_up()
    usage = await real_auth.call(ada, real_auth.tenants.GetUsage, Empty(), ada.tenant.id)
    assert usage.database_bytes > 1_000_000
    assert usage.connections == 0


async def test_a_tenant_is_renamed_for_people_and_keeps_its_slug(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    reply = await auth.call(ada, auth.tenants.UpdateTenant, pb.UpdateTenantRequest(name=" Ada's "), "ada-home")
    assert (reply.name, reply.slug) == ("Ada's", "ada-home")
    same = await auth.call(ada, auth.tenants.UpdateTenant, pb.UpdateTenantRequest(), "ada-home")
    assert same == reply
    for name in ("", " ", "\0", "x" * 201):
        call = auth.call(ada, auth.tenants.UpdateTenant, pb.UpdateTenantRequest(name=name), "ada-home")
        assert await auth.reason(call) == "NAME_INVALID"


async def test_one_person_has_several_tenants_in_pages(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    for number in range(4):
        auth.clock.move(seconds=1)
        await auth.call(ada, auth.tenants.CreateTenant, pb.CreateTenantRequest(slug=f"more-{number}", name="More"))
    slugs: list[str] = []
    cursor = ""
    while not slugs or cursor:
        page = await auth.call(ada, auth.tenants.ListTenants, pb.ListRequest(limit=2, cursor=cursor))
        slugs += [membership.tenant.slug for membership in page.tenants]
        cursor = page.next
    assert slugs == ["ada-home", "more-0", "more-1", "more-2", "more-3"]


async def test_tenants_are_not_made_without_end(make_auth: MakeAuth) -> None:
    auth = await make_auth(sign_ups_per_hour=2)
    ada = await auth.sign_up()
    reasons = []
    for number in range(4):
        call = auth.call(ada, auth.tenants.CreateTenant, pb.CreateTenantRequest(slug=f"more-{number}"))
        outcome = (await asyncio.gather(call, return_exceptions=True))[0]
        reasons.append(outcome.state if isinstance(outcome, pb.Tenant) else "refused")
    assert reasons == ["ready", "ready", "ready", "refused"]


async def test_a_sign_up_does_not_wait_for_ever_for_others_and_is_finished_later(
    make_auth: MakeAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_STATEMENT_TIMEOUT", "300ms")
    auth = await make_auth(warm_pool=1)
    await auth.upkeep.refill()
    (prepared,) = await auth.query("SELECT id::text FROM auth.bindings")
    other = await asyncpg.connect(auth.settings.control_dsn)
    await other.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", prepared["id"])
    ada = await auth.sign_up()
    assert ada.tenant.state == "provisioning"
    await other.close()
    await auth.upkeep.settle()
    assert await state(auth, ada) == "ready"
