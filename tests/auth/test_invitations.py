"""Invitations: for one address, once, for seven days, and only while their maker could still give that role."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from tests.fixtures.auth import PASSWORD, Auth, MakeAuth, Person

BOB = "bob@example.org"


async def invite(auth: Auth, who: Person, email: str = BOB, role: str = "editor") -> pb.Invitation:
    request = pb.AddMemberRequest(email=email, role=role)
    reply: pb.Invitation = await auth.call(who, auth.members.CreateInvitation, request, who.tenant.id)
    return reply


def accept(auth: Auth, secret: str, who: Person | None = None, password: str = "") -> Any:
    session = who.session if who else ""
    return auth.accounts.AcceptInvitation(
        pb.AcceptInvitationRequest(invitation=secret, session=session, password=password)
    )


async def role_of(auth: Auth, who: Person, tenant: pb.Tenant) -> str:
    return str((await auth.identify(who, tenant.id)).role)


async def test_somebody_new_joins_with_a_password(auth: Auth) -> None:
    ada = await auth.sign_up()
    made = await invite(auth, ada)
    reply = await accept(auth, made.secret, password=PASSWORD)
    assert (reply.user.email, reply.tenant.id) == (BOB, ada.tenant.id)
    bob = Person(BOB, reply.session, reply.user, reply.tenant)
    assert await role_of(auth, bob, ada.tenant) == "editor"
    assert (await auth.call(bob, auth.accounts.GetMe, Empty())).memberships[0].tenant.slug == ada.tenant.slug


async def test_somebody_with_an_account_joins_while_signed_in(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up("bob")
    made = await invite(auth, ada, "BOB@example.org")
    assert (await accept(auth, made.secret, bob)).session == bob.session
    assert await role_of(auth, bob, ada.tenant) == "editor"


async def test_signing_up_with_an_invitation_joins_too(make_auth: MakeAuth) -> None:
    auth = await make_auth(signup="open")
    ada = await auth.sign_up()
    made = await invite(auth, ada)
    bob = await auth.sign_up("bob", invitation=made.secret)
    assert await role_of(auth, bob, ada.tenant) == "editor"
    assert await role_of(auth, bob, bob.tenant) == "owner"


async def test_where_sign_up_is_by_invitation_it_must_be_ones_own(make_auth: MakeAuth) -> None:
    auth = await make_auth(signup="invite")
    assert await auth.reason(auth.sign_up("bob")) == "INVITATION_REQUIRED"
    ada = await auth.found("ada")
    made = await invite(auth, ada)
    assert await auth.reason(auth.sign_up("eve", invitation=made.secret)) == "INVITATION_REQUIRED"
    assert await auth.reason(auth.sign_up("bob", invitation="x")) == "INVITATION_REQUIRED"
    await auth.sign_up("bob", invitation=made.secret)
    assert await auth.reason(auth.sign_up("bob2", invitation=made.secret)) == "INVITATION_REQUIRED"


async def test_a_closed_installation_takes_members_but_makes_no_accounts(make_auth: MakeAuth) -> None:
    auth = await make_auth(signup="closed")
    ada, bob = await auth.found("ada"), await auth.found("bob")
    made = await invite(auth, ada)
    assert await auth.reason(accept(auth, made.secret, password=PASSWORD)) == "SIGNUP_CLOSED"
    await accept(auth, made.secret, bob)


async def test_a_link_is_used_once_also_by_many_at_once(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up("bob")
    made = await invite(auth, ada)
    outcomes = await asyncio.gather(*(accept(auth, made.secret, bob) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, pb.Session) for outcome in outcomes) == 1
    assert await auth.reason(accept(auth, made.secret, bob)) == "INVITATION_NOT_FOUND"


async def test_a_link_of_another_is_no_use_and_stays_good(auth: Auth) -> None:
    ada, bob, eve = await auth.sign_up(), await auth.sign_up("bob"), await auth.sign_up("eve")
    made = await invite(auth, ada)
    assert await auth.reason(accept(auth, made.secret, eve)) == "INVITATION_NOT_FOUND"
    await accept(auth, made.secret, bob)


async def test_a_link_ends_after_seven_days(auth: Auth) -> None:
    ada = await auth.sign_up()
    made = await invite(auth, ada)
    auth.clock.move(days=7)
    assert await auth.reason(accept(auth, made.secret, password=PASSWORD)) == "INVITATION_NOT_FOUND"


@pytest.mark.parametrize("secret", ["", "x", "\0", "ü" * 1000])
async def test_a_link_that_nobody_made_is_refused(auth: Auth, secret: str) -> None:
    bob = await auth.sign_up("bob")
    for call in (accept(auth, secret, bob), accept(auth, secret, password=PASSWORD)):
        assert await auth.reason(call) == "INVITATION_NOT_FOUND"


async def test_a_link_ends_with_the_right_of_its_maker(auth: Auth) -> None:
    ada = await auth.sign_up()
    carl = await auth.join(ada, "admin")
    made = await invite(auth, replace(carl, tenant=ada.tenant))
    demote = pb.UpdateMemberRequest(user_id=carl.user.id, role="editor")
    await auth.call(ada, auth.members.UpdateMember, demote, ada.tenant.id)
    assert await auth.reason(accept(auth, made.secret, password=PASSWORD)) == "INVITATION_NOT_FOUND"
    promote = pb.UpdateMemberRequest(user_id=carl.user.id, role="admin")
    await auth.call(ada, auth.members.UpdateMember, promote, ada.tenant.id)
    await accept(auth, made.secret, password=PASSWORD)


async def test_a_withdrawn_link_and_an_earlier_one_for_the_same_address_are_refused(auth: Auth) -> None:
    ada = await auth.sign_up()
    earlier, later = await invite(auth, ada), await invite(auth, ada, role="viewer")
    assert await auth.reason(accept(auth, earlier.secret, password=PASSWORD)) == "INVITATION_NOT_FOUND"
    listed = await auth.call(ada, auth.members.ListInvitations, pb.ListRequest(), ada.tenant.id)
    assert [(one.id, one.email, one.role, one.secret) for one in listed.invitations] == [(later.id, BOB, "viewer", "")]
    await auth.call(ada, auth.members.DeleteInvitation, pb.IdRequest(id=later.id), ada.tenant.id)
    assert await auth.reason(accept(auth, later.secret, password=PASSWORD)) == "INVITATION_NOT_FOUND"


async def test_a_deleted_tenant_is_not_joined(auth: Auth) -> None:
    ada = await auth.sign_up()
    made = await invite(auth, ada)
    await auth.call(ada, auth.tenants.DeleteTenant, Empty(), ada.tenant.id)
    assert await auth.reason(accept(auth, made.secret, password=PASSWORD)) == "INVITATION_NOT_FOUND"


async def test_who_has_an_account_is_asked_to_sign_in_and_keeps_the_link(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up("bob")
    made = await invite(auth, ada)
    assert await auth.reason(accept(auth, made.secret, password=PASSWORD)) == "EMAIL_EXISTS"
    await accept(auth, made.secret, bob)


async def test_a_weak_password_and_an_ended_session_are_refused_and_keep_the_link(auth: Auth) -> None:
    ada = await auth.sign_up()
    made = await invite(auth, ada)
    assert await auth.reason(accept(auth, made.secret, password="short")) == "PASSWORD_WEAK"
    ended = Person(BOB, "ended", pb.User(), pb.Tenant())
    assert await auth.reason(accept(auth, made.secret, ended)) == "SESSION_INVALID"
    await accept(auth, made.secret, password=PASSWORD)
