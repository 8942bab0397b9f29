"""Who a credential is: the call behind every request."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb
from sqlalchemy import event
from sqlalchemy.engine import Engine

from services.auth import rights
from services.kit.rpc.tokens import Verifier
from tests.fixtures.auth import PUBLIC, Auth, Person


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that SQLAlchemy runs meanwhile."""
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def make_token(auth: Auth, who: Person, **fields: Any) -> str:
    reply = await auth.call(who, auth.tokens.CreateToken, pb.CreateTokenRequest(name="ci", **fields))
    return str(reply.token)


async def test_the_internal_token_says_who_calls_and_what_may_be_done_where(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    known = await auth.identify(ada, ada.tenant.slug)
    caller = Verifier({"k1": PUBLIC}).verify(known.token)
    assert (caller.subject, caller.tenant, caller.role, caller.via) == (ada.user.id, ada.tenant.id, "owner", "session")
    assert caller.scopes == set(known.scopes) == rights.SCOPES
    assert known.expires_in_seconds == 60


async def test_a_tenant_is_found_by_slug_and_by_id(auth: Auth) -> None:
    ada = await auth.sign_up()
    assert (
        (await auth.identify(ada, ada.tenant.slug)).tenant
        == (await auth.identify(ada, ada.tenant.id)).tenant
        == ada.tenant
    )


async def test_anothers_tenant_and_none_at_all_are_the_same(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up()
    token = await make_token(auth, ada)
    absent = ["no-such-slug", "a0000000-0000-4000-8000-000000000000", "x", "\0", "'; drop table users", "ä" * 500]
    for tenant in (bob.tenant.slug, bob.tenant.id, bob.tenant.id.upper(), *absent):
        for who in (ada, token):
            error = await auth.refusal(auth.identify(who, tenant))
            assert (error.reason, error.metadata) == ("TENANT_NOT_FOUND", {})


async def test_a_call_costs_one_query_and_no_signature(auth: Auth) -> None:
    ada = await auth.sign_up()
    token = await make_token(auth, ada)
    for who in (ada, token):
        first = await auth.identify(who, ada.tenant.slug)
        with counted() as statements:
            second = await auth.identify(who, ada.tenant.slug)
        assert len(statements) == 1
        assert second.token == first.token


async def test_an_internal_token_is_given_again_for_half_of_its_life_only(auth: Auth) -> None:
    ada = await auth.sign_up()
    first = await auth.identify(ada)
    auth.clock.move(seconds=29)
    again = await auth.identify(ada)
    assert (again.token, again.expires_in_seconds) == (first.token, 31)
    auth.clock.move(seconds=1)
    assert (await auth.identify(ada)).expires_in_seconds == 60


async def test_a_changed_role_is_in_the_next_answer(auth: Auth) -> None:
    ada = await auth.sign_up()
    bob = await auth.join(ada, "admin")
    assert "schema:write" in (await auth.identify(bob, ada.tenant.id)).scopes
    change = pb.UpdateMemberRequest(user_id=bob.user.id, role="viewer")
    await auth.call(ada, auth.members.UpdateMember, change, ada.tenant.id)
    assert set((await auth.identify(bob, ada.tenant.id)).scopes) == rights.SCOPES_OF["viewer"]
    await auth.call(ada, auth.members.RemoveMember, pb.IdRequest(id=bob.user.id), ada.tenant.id)
    assert await auth.reason(auth.identify(bob, ada.tenant.id)) == "TENANT_NOT_FOUND"


@pytest.mark.parametrize("role", rights.ROLES)
@pytest.mark.parametrize(
    "scopes", [[], ["records:read"], ["records:write", "schema:write"], ["members", "admin"], sorted(rights.SCOPES)]
)
async def test_a_token_may_do_the_lesser_of_its_scopes_and_its_members_role(
    auth: Auth, role: str, scopes: list[str]
) -> None:
    ada = await auth.sign_up()
    who = ada if role == "owner" else await auth.join(ada, role)
    token = await make_token(auth, who, scopes=scopes)
    known = await auth.identify(token, ada.tenant.id)
    assert set(known.scopes) == (set(scopes) or rights.SCOPES) & rights.SCOPES_OF[role]


async def test_a_token_of_one_tenant_is_good_for_that_one_only(auth: Auth) -> None:
    ada = await auth.sign_up()
    other = await auth.call(ada, auth.tenants.CreateTenant, pb.CreateTenantRequest(slug="another-one"))
    token = await make_token(auth, ada, tenant=ada.tenant.slug)
    assert (await auth.identify(token)).tenant == (await auth.identify(token, ada.tenant.slug)).tenant == ada.tenant
    assert await auth.reason(auth.identify(token, other.slug)) == "TENANT_NOT_FOUND"
    listed = await auth.call(token, auth.tenants.ListTenants, pb.ListRequest())
    assert [membership.tenant.slug for membership in listed.tenants] == [ada.tenant.slug]
    assert len((await auth.call(ada, auth.tenants.ListTenants, pb.ListRequest())).tenants) == 2


async def test_what_is_no_credential_is_refused(auth: Auth) -> None:
    ada = await auth.sign_up()
    token = await make_token(auth, ada)
    mistyped = token[:20] + ("x" if token[20] != "x" else "y") + token[21:]
    for wrong in ("", "rh_", token[:-1], token + "0", mistyped, token.upper(), "\0", "Bearer " + token, "ü" * 5000):
        with counted() as statements:
            assert await auth.reason(auth.identify(wrong)) == "TOKEN_INVALID"
        assert statements == [], "the checksum alone refuses it"
    for wrong in ("", ada.session[:-1], ada.session + "x", "\0", token):
        assert await auth.reason(auth.identify(Person("", wrong, ada.user, ada.tenant))) == "SESSION_INVALID"
    assert await auth.reason(auth.identities.Identify(pb.IdentifyRequest())) == "SESSION_INVALID"


async def test_an_expired_or_deleted_token_is_refused(auth: Auth) -> None:
    ada = await auth.sign_up()
    expiring, deleted = await make_token(auth, ada), await make_token(auth, ada)
    listed = await auth.call(ada, auth.tokens.ListTokens, pb.ListRequest())
    (doomed,) = [token for token in listed.tokens if deleted.startswith(token.prefix)]
    await auth.call(ada, auth.tokens.DeleteToken, pb.IdRequest(id=doomed.id))
    assert await auth.reason(auth.identify(deleted)) == "TOKEN_INVALID"
    auth.clock.move(days=90)
    assert await auth.reason(auth.identify(expiring)) == "TOKEN_INVALID"


async def test_the_use_of_a_token_is_noted_once_a_minute(auth: Auth) -> None:
    ada = await auth.sign_up()
    token = await make_token(auth, ada)
    await auth.identify(token)
    noted = await auth.query("SELECT used_at FROM auth.api_tokens")
    auth.clock.move(seconds=59)
    await auth.identify(token)
    assert await auth.query("SELECT used_at FROM auth.api_tokens") == noted
    auth.clock.move(seconds=1)
    await auth.identify(token)
    assert (await auth.query("SELECT used_at FROM auth.api_tokens"))[0]["used_at"] == auth.clock.now()


async def test_secrets_are_kept_as_hashes_only(auth: Auth) -> None:
    ada = await auth.sign_up()
    token = await make_token(auth, ada)
    request = pb.AddMemberRequest(email="bob@example.org", role="viewer")
    invitation = await auth.call(ada, auth.members.CreateInvitation, request, ada.tenant.id)
    connection = await auth.call(
        ada, auth.connections.CreateConnection, pb.CreateConnectionRequest(access="read"), ada.tenant.id
    )
    tables = await auth.query("SELECT tablename FROM pg_tables WHERE schemaname = 'auth'")
    for (table,) in tables:
        content = str(await auth.query(f'SELECT to_jsonb(t)::text FROM auth."{table}" t'))
        for secret in (ada.session, token, invitation.secret, connection.password):
            assert secret not in content
            assert secret.encode().hex() not in content


async def test_a_suspended_tenant_is_named_with_its_state(auth: Auth) -> None:
    ada = await auth.sign_up()
    await auth.call(ada, auth.tenants.SuspendTenant, Empty(), ada.tenant.id)
    assert (await auth.identify(ada, ada.tenant.id)).tenant.state == "suspended"


async def test_a_crowd_is_identified_without_a_failure(auth: Auth) -> None:
    ada = await auth.sign_up()
    answers = await asyncio.gather(*(auth.identify(ada, ada.tenant.slug) for _ in range(200)))
    assert len({answer.token for answer in answers}) == 1
