"""API tokens: made, listed, deleted, and never wider than who makes them."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from rowhouse.auth.v1 import auth_pb2 as pb

from services.auth import rights, tokens
from tests.fixtures.auth import Auth, Person


async def create(auth: Auth, who: Person | str, **fields: Any) -> pb.ApiToken:
    reply: pb.ApiToken = await auth.call(
        who, auth.tokens.CreateToken, pb.CreateTokenRequest(**{"name": "ci", **fields})
    )
    return reply


async def test_a_token_is_shown_once_and_known_by_its_prefix(auth: Auth) -> None:
    ada = await auth.sign_up()
    made = await create(auth, ada, name=" deploy ", scopes=["records:read"], tenant=ada.tenant.slug)
    assert re.fullmatch(tokens.FORMAT, made.token)
    (listed,) = (await auth.call(ada, auth.tokens.ListTokens, pb.ListRequest())).tokens
    assert (listed.token, listed.prefix, listed.name) == ("", made.token[:11], "deploy")
    assert (listed.tenant_id, list(listed.scopes)) == (ada.tenant.id, ["records:read"])
    assert listed.expires_at.ToDatetime(auth.clock.now().tzinfo) == auth.clock.now() + tokens.DEFAULT_LIFE


def test_tokens_differ_and_carry_a_checksum_that_notices_every_wrong_letter() -> None:
    texts = {tokens.new_text() for _ in range(1000)}
    assert len(texts) == 1000
    text = texts.pop()
    assert tokens.is_well_formed(text)
    wrong = [text[:at] + other + text[at + 1 :] for at in range(3, len(text)) for other in "aZ0" if text[at] != other]
    assert [candidate for candidate in wrong if tokens.is_well_formed(candidate)] == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"scopes": ["root"]}, "SCOPE_UNKNOWN"),
        ({"scopes": ["records:read", ""]}, "SCOPE_UNKNOWN"),
        ({"name": ""}, "NAME_INVALID"),
        ({"name": "a\nb"}, "NAME_INVALID"),
        ({"tenant": "no-such-slug"}, "TENANT_NOT_FOUND"),
        ({"tenant": "\0"}, "TENANT_NOT_FOUND"),
        ({"expires_at": Timestamp(seconds=0)}, "EXPIRY_INVALID"),
        ({"expires_at": Timestamp(seconds=-(2**62))}, "EXPIRY_INVALID"),
        ({"expires_at": Timestamp(seconds=2**62, nanos=-1)}, "EXPIRY_INVALID"),
        ({"expires_at": Timestamp(seconds=253402300799)}, "EXPIRY_INVALID"),
    ],
)
async def test_a_token_that_cannot_be_meant_is_refused(auth: Auth, fields: dict[str, Any], reason: str) -> None:
    ada = await auth.sign_up()
    assert await auth.reason(create(auth, ada, **fields)) == reason


async def test_nobody_makes_a_token_for_anothers_tenant(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up()
    assert await auth.reason(create(auth, ada, tenant=bob.tenant.id)) == "TENANT_NOT_FOUND"


async def test_a_token_lives_as_long_as_it_was_given(auth: Auth) -> None:
    ada = await auth.sign_up()
    expiry = Timestamp()
    expiry.FromDatetime(auth.clock.now() + timedelta(days=400))
    assert (await create(auth, ada, expires_at=expiry)).expires_at == expiry


async def test_a_token_makes_no_wider_token(auth: Auth) -> None:
    ada = await auth.sign_up()
    narrow = (await create(auth, ada, scopes=["records:read"])).token
    managing = (await create(auth, ada, scopes=["admin", "records:read"])).token
    bound = (await create(auth, ada, tenant=ada.tenant.slug)).token
    other = await auth.call(ada, auth.tenants.CreateTenant, pb.CreateTenantRequest(slug="another-one"))
    assert await auth.reason(create(auth, narrow)) == "ROLE_TOO_LOW"
    assert await auth.reason(create(auth, managing, scopes=["records:write"])) == "TOKEN_TOO_NARROW"
    assert set((await create(auth, managing)).scopes) == {"admin", "records:read"}
    assert await auth.reason(create(auth, bound)) == "TOKEN_TOO_NARROW"
    assert await auth.reason(create(auth, bound, tenant=other.slug)) == "TOKEN_TOO_NARROW"
    assert (await create(auth, bound, tenant=ada.tenant.slug)).tenant_id == ada.tenant.id


async def test_only_a_token_that_is_good_for_everything_manages_the_account(auth: Auth) -> None:
    ada = await auth.sign_up()
    everything = (await create(auth, ada)).token
    narrow = (await create(auth, ada, scopes=["records:read", "members"])).token
    bound = (await create(auth, ada, tenant=ada.tenant.slug)).token
    calls = [
        (auth.accounts.UpdateMe, pb.UpdateMeRequest(name="Eve")),
        (auth.tenants.CreateTenant, pb.CreateTenantRequest(slug="another-one")),
        (auth.tokens.ListTokens, pb.ListRequest()),
        (auth.tokens.DeleteToken, pb.IdRequest(id="a0000000-0000-4000-8000-000000000000")),
    ]
    for method, request in calls:
        assert await auth.reason(auth.call(narrow, method, request)) == "ROLE_TOO_LOW"
        assert await auth.reason(auth.call(bound, method, request)) == "TOKEN_TOO_NARROW"
    for method, request in calls[:3]:
        await auth.call(everything, method, request)


async def test_nobody_deletes_anothers_token(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up()
    made = await create(auth, ada)
    for token_id in (made.id, "no id", "", "\0"):
        refused = auth.call(bob, auth.tokens.DeleteToken, pb.IdRequest(id=token_id))
        assert await auth.reason(refused) == "TOKEN_NOT_FOUND"
    await auth.identify(made.token)


async def test_a_list_comes_in_pages(auth: Auth) -> None:
    ada = await auth.sign_up()
    for number in range(5):
        await create(auth, ada, name=f"token {number}")
        auth.clock.move(seconds=1)
    names, cursor = [], ""
    while True:
        page = await auth.call(ada, auth.tokens.ListTokens, pb.ListRequest(limit=2, cursor=cursor))
        names += [token.name for token in page.tokens]
        if not (cursor := page.next):
            break
    assert names == [f"token {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.ListRequest(limit=-1), "LIMIT_INVALID"),
        (pb.ListRequest(limit=1001), "LIMIT_INVALID"),
        (pb.ListRequest(cursor="nonsense"), "CURSOR_INVALID"),
        (pb.ListRequest(cursor="WyJ4IiwieCJd"), "CURSOR_INVALID"),
        (pb.ListRequest(cursor="WyIyMDI2LTExLTI0IiwieCJd"), "CURSOR_INVALID"),
        (pb.ListRequest(cursor="ä"), "CURSOR_INVALID"),
    ],
)
async def test_a_page_that_no_list_gave_is_refused(auth: Auth, request_: pb.ListRequest, reason: str) -> None:
    ada = await auth.sign_up()
    calls = [
        (auth.tokens.ListTokens, ""),
        (auth.tenants.ListTenants, ""),
        (auth.members.ListMembers, ada.tenant.id),
        (auth.members.ListInvitations, ada.tenant.id),
        (auth.connections.ListConnections, ada.tenant.id),
    ]
    for method, tenant in calls:
        assert await auth.reason(auth.call(ada, method, request_, tenant)) == reason


def test_scopes_grow_with_roles() -> None:
    scopes = [rights.SCOPES_OF[role] for role in rights.ROLES]
    assert all(lower < higher for lower, higher in pairwise(scopes))
