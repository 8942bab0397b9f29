"""Credentials from a real auth: asked for once, forgotten when they fail, and never another caller's."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rowhouse.auth.v1 import auth_pb2 as pb

from services.kit.errors import AppError
from services.kit.rpc.identity import as_caller
from services.kit.rpc.tokens import Verifier
from services.tenancy.bindings import Bindings
from tests.fixtures.auth import PUBLIC, SECRETS, Auth, MakeAuth, Person


@contextmanager
def _served(token: str) -> Iterator[str]:
    """As in a servicer whose caller bears this token; gives the tenant."""
    caller = Verifier({"k1": PUBLIC}).verify(token)
    with as_caller(caller, token):
        yield caller.tenant


async def _token(auth: Auth, who: Person, tenant: str) -> str:
    return (await auth.identify(who, tenant)).token


async def test_what_auth_refuses_one_caller_is_not_given_from_what_another_was_given(make_auth: MakeAuth) -> None:
    auth = await make_auth()
    owner, viewer = await auth.sign_up(), await auth.sign_up()
    tenant = owner.tenant.id
    member = pb.AddMemberRequest(email=viewer.email, role="viewer")
    await auth.call(owner, auth.members.AddMember, member, tenant)
    bindings = Bindings(auth.channel, "schema", SECRETS["schema"])
    with _served(await _token(auth, owner, tenant)) as served:
        given = await bindings.credentials(served, "ddl")
        assert given.user.startswith(f"{given.database}_ddl_")
        assert given.password not in repr(given)
    with _served(await _token(auth, viewer, tenant)) as served:
        with pytest.raises(AppError, match="schema:write"):
            await bindings.credentials(served, "ddl")
        assert (await bindings.credentials(served, "ro")).user.startswith(f"{given.database}_ro_")


async def test_credentials_are_asked_for_once_and_again_when_they_were_forgotten(make_auth: MakeAuth) -> None:
    auth = await make_auth()
    owner = await auth.sign_up()
    bindings = Bindings(auth.channel, "schema", SECRETS["schema"])
    with _served(await _token(auth, owner, owner.tenant.id)) as tenant:
        first = await bindings.credentials(tenant, "ro")
        assert await bindings.credentials(tenant, "ro") is first
        bindings.forget(tenant, "ro")
        again = await bindings.credentials(tenant, "ro")
        assert again == first
        assert again is not first


async def test_a_request_never_reaches_for_another_tenant_than_its_caller_s(make_auth: MakeAuth) -> None:
    auth = await make_auth()
    owner, other = await auth.sign_up(), await auth.sign_up()
    bindings = Bindings(auth.channel, "schema", SECRETS["schema"])
    with _served(await _token(auth, owner, owner.tenant.id)), pytest.raises(RuntimeError, match="another tenant"):
        await bindings.credentials(other.tenant.id, "ro")
