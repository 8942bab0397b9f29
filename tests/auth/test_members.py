"""Who may do what to whom: a table for every role, and a property for every sequence."""

import asyncio
import os
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rowhouse.auth.v1 import auth_pb2 as pb

from services.auth import rights
from services.kit.rpc.identity import identity
from tests.fixtures.auth import Auth, MakeAuth, Person

ROLES = ("viewer", "editor", "admin", "owner")
LOW, ODD = "ROLE_TOO_LOW", "TENANT_NOT_FOUND"
EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))

# What each role gets for each call in its tenant, and what somebody of another tenant gets; written by hand.
#                                   viewer editor admin owner stranger
CALLS: dict[str, tuple[str, ...]] = {
    "tenants.GetTenant":            ("",   "",   "",   "",   ODD),
    "tenants.GetUsage":             ("",   "",   "",   "",   ODD),
    "tenants.UpdateTenant":         (LOW,  LOW,  LOW,  "",   ODD),
    "tenants.SuspendTenant":        (LOW,  LOW,  LOW,  "",   ODD),
    "tenants.ResumeTenant":         (LOW,  LOW,  LOW,  "",   ODD),
    "tenants.DeleteTenant":         (LOW,  LOW,  LOW,  "",   ODD),
    "tenants.UndeleteTenant":       (LOW,  LOW,  LOW,  "",   ODD),
    "members.ListMembers":          ("",   "",   "",   "",   ODD),
    "members.AddMember":            (LOW,  LOW,  "",   "",   ODD),
    "members.UpdateMember":         (LOW,  LOW,  "",   "",   ODD),
    "members.RemoveMember":         (LOW,  LOW,  "",   "",   ODD),
    "members.ListInvitations":      (LOW,  LOW,  "",   "",   ODD),
    "members.CreateInvitation":     (LOW,  LOW,  "",   "",   ODD),
    "members.DeleteInvitation":     (LOW,  LOW,  "INVITATION_NOT_FOUND", "INVITATION_NOT_FOUND", ODD),
    "connections.ListConnections":  ("",   "",   "",   "",   ODD),
    "connections.CreateConnection": (LOW,  "",   "",   "",   ODD),
    "connections.DeleteConnection": ("CONNECTION_NOT_FOUND",) * 4 + (ODD,),
}  # fmt: skip
NOBODY = "a0000000-0000-4000-8000-000000000000"


def request_for(call: str, somebody: Person, newcomer: Person) -> Any:
    requests: dict[str, Any] = {
        "tenants.UpdateTenant": pb.UpdateTenantRequest(name="New name"),
        "members.AddMember": pb.AddMemberRequest(email=newcomer.email, role="viewer"),
        "members.UpdateMember": pb.UpdateMemberRequest(user_id=somebody.user.id, role="editor"),
        "members.RemoveMember": pb.IdRequest(id=somebody.user.id),
        "members.CreateInvitation": pb.AddMemberRequest(email="new@example.org", role="editor"),
        "members.DeleteInvitation": pb.IdRequest(id=NOBODY),
        "connections.CreateConnection": pb.CreateConnectionRequest(access="write"),
        "connections.DeleteConnection": pb.IdRequest(id=NOBODY),
    }
    name = call.split(".")[1]
    return requests.get(call, pb.ListRequest() if name.startswith("List") else Empty())


def method_of(auth: Auth, call: str) -> Callable[[Any], Any]:
    service, method = call.split(".")
    found: Callable[[Any], Any] = getattr(getattr(auth, service), method)
    return found


async def outcome(call: Any, auth: Auth) -> str:
    try:
        await call
    except Exception as error:
        return await auth.reason(_raise(error))
    return ""


async def _raise(error: Exception) -> None:
    raise error


async def test_every_role_may_do_what_the_table_says(auth: Auth) -> None:
    owner, stranger = await auth.sign_up(), await auth.sign_up()
    people = [await auth.join(owner, role) for role in ROLES]
    somebody, newcomer = await auth.sign_up(), await auth.sign_up()
    for call, expected in CALLS.items():
        for actor, reason in zip([*people, stranger], expected, strict=True):
            await become(auth, owner, somebody, "viewer")
            await become(auth, owner, newcomer, None)
            request = request_for(call, somebody, newcomer)
            made = await outcome(auth.call(actor, method_of(auth, call), request, owner.tenant.id), auth)
            assert made == reason, (call, actor)
            if call.startswith("tenants."):
                await auth.call(owner, auth.tenants.UndeleteTenant, Empty(), owner.tenant.id)
                await auth.call(owner, auth.tenants.ResumeTenant, Empty(), owner.tenant.id)


async def become(auth: Auth, owner: Person, who: Person, role: str | None) -> None:
    """Set the scene: `who` has this role, or none."""
    await auth.query("DELETE FROM auth.members WHERE tenant_id = $1 AND user_id = $2", owner.tenant.id, who.user.id)
    if role is not None:
        add = "INSERT INTO auth.members (tenant_id, user_id, role, joined_at) VALUES ($1, $2, $3, now())"
        await auth.query(add, owner.tenant.id, who.user.id, role)


def test_the_table_has_every_call_of_a_tenant() -> None:
    everywhere = {"tenants.CreateTenant", "tenants.ListTenants"}
    services = pb.DESCRIPTOR.services_by_name
    calls = {
        f"{name.lower()}.{method.name}"
        for name in ("Tenants", "Members", "Connections")
        for method in services[name].methods
    }
    assert set(CALLS) == calls - everywhere


async def test_nothing_of_a_tenant_is_done_without_naming_one(auth: Auth) -> None:
    ada = await auth.sign_up()
    for call in CALLS:
        made = auth.call(ada, method_of(auth, call), request_for(call, ada, ada))
        assert await auth.reason(made) == "TENANT_NOT_FOUND"


async def test_only_owners_make_unmake_and_remove_owners(auth: Auth) -> None:
    owner, whom, newcomer = await auth.sign_up(), await auth.sign_up(), await auth.sign_up()
    people = {role: await auth.join(owner, role) for role in ROLES}
    for actor, before, after in product(ROLES, ROLES, ROLES):
        await become(auth, owner, whom, before)
        await become(auth, owner, newcomer, None)
        may_touch = actor == "owner" or (actor == "admin" and "owner" not in (before, after))
        may_give = actor == "owner" or (actor == "admin" and after != "owner")
        may_remove = actor == "owner" or (actor == "admin" and before != "owner")
        given = pb.AddMemberRequest(email=newcomer.email, role=after)
        calls = (
            (auth.members.UpdateMember, pb.UpdateMemberRequest(user_id=whom.user.id, role=after), may_touch),
            (auth.members.CreateInvitation, given, may_give),
            (auth.members.AddMember, given, may_give),
        )
        for method, request, may in calls:
            made = await outcome(auth.call(people[actor], method, request, owner.tenant.id), auth)
            assert made == ("" if may else LOW), (actor, before, after)
        await become(auth, owner, whom, before)
        remove = auth.call(people[actor], auth.members.RemoveMember, pb.IdRequest(id=whom.user.id), owner.tenant.id)
        assert await outcome(remove, auth) == ("" if may_remove else LOW), (actor, before)


async def test_the_last_owner_stays_one(auth: Auth) -> None:
    ada = await auth.sign_up()
    demote = pb.UpdateMemberRequest(user_id=ada.user.id, role="admin")
    for call, request in (
        (auth.members.UpdateMember, demote),
        (auth.members.RemoveMember, pb.IdRequest(id=ada.user.id)),
    ):
        assert await auth.reason(auth.call(ada, call, request, ada.tenant.id)) == "LAST_OWNER"
    await auth.join(ada, "owner")
    await auth.call(ada, auth.members.RemoveMember, pb.IdRequest(id=ada.user.id), ada.tenant.id)


async def test_two_owners_who_demote_each_other_leave_one(auth: Auth) -> None:
    for _ in range(5):
        ada = await auth.sign_up()
        bob = await auth.join(ada, "owner")
        demotions = [
            auth.call(
                actor,
                auth.members.UpdateMember,
                pb.UpdateMemberRequest(user_id=whom.user.id, role="viewer"),
                ada.tenant.id,
            )
            for actor, whom in ((ada, bob), (bob, ada))
        ]
        await asyncio.gather(*demotions, return_exceptions=True)
        owners = await auth.query("SELECT 1 FROM auth.members WHERE tenant_id = $1 AND role = 'owner'", ada.tenant.id)
        assert len(owners) == 1


async def test_anybody_may_leave(auth: Auth) -> None:
    ada = await auth.sign_up()
    bob = await auth.join(ada, "viewer")
    await auth.call(bob, auth.members.RemoveMember, pb.IdRequest(id=bob.user.id), ada.tenant.id)
    assert await auth.reason(auth.identify(bob, ada.tenant.id)) == "TENANT_NOT_FOUND"


async def test_a_token_for_reading_does_not_make_its_owner_leave(auth: Auth) -> None:
    ada = await auth.sign_up()
    bob = await auth.join(ada, "editor")
    request = pb.CreateTokenRequest(name="ci", scopes=["records:read", "schema:read"])
    token = (await auth.call(bob, auth.tokens.CreateToken, request)).token
    leave = auth.call(token, auth.members.RemoveMember, pb.IdRequest(id=bob.user.id), ada.tenant.id)
    assert await auth.reason(leave) == "ROLE_TOO_LOW"


async def test_a_role_that_was_lost_a_moment_ago_gives_nothing_away(auth: Auth) -> None:
    """An internal token may be a minute old: what it says of a role is not enough to hand out roles."""
    ada = await auth.sign_up()
    bob, eve = await auth.join(ada, "admin"), await auth.sign_up()
    stale = (await auth.identify(bob, ada.tenant.id)).token
    await auth.call(
        ada, auth.members.UpdateMember, pb.UpdateMemberRequest(user_id=bob.user.id, role="viewer"), ada.tenant.id
    )
    request = pb.AddMemberRequest(email=eve.email, role="admin")
    with identity(stale):
        assert await auth.reason(auth.members.AddMember(request)) == "ROLE_TOO_LOW"
        assert await auth.reason(auth.members.CreateInvitation(request)) == "ROLE_TOO_LOW"
        create = auth.connections.CreateConnection(pb.CreateConnectionRequest(access="ddl"))
        assert await auth.reason(create) == "ROLE_TOO_LOW"


@pytest.mark.parametrize(
    ("call", "request_", "reason"),
    [
        ("AddMember", pb.AddMemberRequest(email="nobody@example.org", role="viewer"), "USER_NOT_FOUND"),
        ("AddMember", pb.AddMemberRequest(email="\0", role="viewer"), "USER_NOT_FOUND"),
        ("AddMember", pb.AddMemberRequest(email="nobody@example.org", role="root"), "ROLE_UNKNOWN"),
        ("AddMember", pb.AddMemberRequest(email="nobody@example.org"), "ROLE_UNKNOWN"),
        ("UpdateMember", pb.UpdateMemberRequest(user_id=NOBODY, role="viewer"), "MEMBER_NOT_FOUND"),
        ("UpdateMember", pb.UpdateMemberRequest(user_id="no id", role="viewer"), "MEMBER_NOT_FOUND"),
        ("UpdateMember", pb.UpdateMemberRequest(user_id=NOBODY, role="OWNER"), "ROLE_UNKNOWN"),
        ("RemoveMember", pb.IdRequest(id=""), "MEMBER_NOT_FOUND"),
        ("RemoveMember", pb.IdRequest(id="\0"), "MEMBER_NOT_FOUND"),
        ("CreateInvitation", pb.AddMemberRequest(email="no address", role="viewer"), "EMAIL_INVALID"),
        ("CreateInvitation", pb.AddMemberRequest(email="a@example.org", role=""), "ROLE_UNKNOWN"),
        ("DeleteInvitation", pb.IdRequest(id="\0"), "INVITATION_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_name(auth: Auth, call: str, request_: Any, reason: str) -> None:
    ada = await auth.sign_up()
    assert await auth.reason(auth.call(ada, getattr(auth.members, call), request_, ada.tenant.id)) == reason


async def test_nobody_is_added_twice(auth: Auth) -> None:
    ada = await auth.sign_up()
    bob = await auth.join(ada, "viewer")
    request = pb.AddMemberRequest(email=bob.email.upper(), role="editor")
    assert await auth.reason(auth.call(ada, auth.members.AddMember, request, ada.tenant.id)) == "MEMBER_EXISTS"


async def test_who_loses_a_role_loses_the_sql_logins_that_came_with_it(auth: Auth) -> None:
    ada = await auth.sign_up()
    bob = await auth.join(ada, "admin")
    for access in ("read", "write", "ddl"):
        request = pb.CreateConnectionRequest(access=access)
        await auth.call(bob, auth.connections.CreateConnection, request, ada.tenant.id)
    await auth.call(
        ada, auth.members.UpdateMember, pb.UpdateMemberRequest(user_id=bob.user.id, role="viewer"), ada.tenant.id
    )
    assert [login.access for login in auth.provisioner.wanted[-1].sql_logins] == ["read"]
    await auth.call(ada, auth.members.RemoveMember, pb.IdRequest(id=bob.user.id), ada.tenant.id)
    assert auth.provisioner.wanted[-1].sql_logins == ()


async def test_members_are_listed_with_names_and_roles(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    auth.clock.move(seconds=1)
    await auth.join(ada, "viewer", "bob")
    reply = await auth.call(ada, auth.members.ListMembers, pb.ListRequest(), ada.tenant.id)
    assert [(member.user.email, member.role) for member in reply.members] == [
        ("ada@example.org", "owner"),
        ("bob@example.org", "viewer"),
    ]


STEP = st.tuples(
    st.sampled_from(["add", "update", "remove"]), st.integers(0, 3), st.integers(0, 3), st.sampled_from(ROLES)
)


class Model:
    """Who has which role, and what a step does to that, in as few words as possible."""

    def __init__(self) -> None:
        self.roles = {0: "owner"}

    def step(self, verb: str, actor: int, whom: int, role: str) -> bool:
        mine, theirs = self.roles.get(actor), self.roles.get(whom)
        if mine is None or (theirs is None) != (verb == "add"):
            return False
        touched = {theirs, role if verb != "remove" else None}
        leaving = verb == "remove" and actor == whom
        if not leaving and (mine not in ("admin", "owner") or (mine == "admin" and "owner" in touched)):
            return False
        after = {**self.roles, whom: role} if verb != "remove" else {k: v for k, v in self.roles.items() if k != whom}
        if "owner" not in after.values():
            return False
        self.roles = after
        return True


@pytest.mark.soak
async def test_any_sequence_of_changes_by_anybody_agrees_with_the_model(make_auth: MakeAuth) -> None:
    auth = await make_auth(sign_ups_per_hour=100_000)
    people = [await auth.sign_up() for _ in range(4)]
    numbers = iter(range(1_000_000))
    loop = asyncio.get_running_loop()

    async def play(steps: list[tuple[str, int, int, str]]) -> None:
        request = pb.CreateTenantRequest(slug=f"play-{next(numbers)}")
        tenant = await auth.call(people[0], auth.tenants.CreateTenant, request)
        model = Model()
        for verb, actor, whom, role in steps:
            calls = {
                "add": (auth.members.AddMember, pb.AddMemberRequest(email=people[whom].email, role=role)),
                "update": (auth.members.UpdateMember, pb.UpdateMemberRequest(user_id=people[whom].user.id, role=role)),
                "remove": (auth.members.RemoveMember, pb.IdRequest(id=people[whom].user.id)),
            }
            expected = model.step(verb, actor, whom, role)
            made = await outcome(auth.call(people[actor], *calls[verb], tenant.id), auth)
            assert (made == "") == expected, (made, verb, actor, whom, role, model.roles)
        rows = await auth.query("SELECT user_id, role FROM auth.members WHERE tenant_id = $1", tenant.id)
        numbered = {person.user.id: number for number, person in enumerate(people)}
        assert {numbered[str(row["user_id"])]: row["role"] for row in rows} == model.roles

    @settings(max_examples=max(EXAMPLES // 10, 30), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEP, min_size=1, max_size=12))
    def run(steps: list[tuple[str, int, int, str]]) -> None:
        asyncio.run_coroutine_threadsafe(play(steps), loop).result()

    await asyncio.to_thread(run)


def test_scopes_are_those_that_were_agreed() -> None:
    assert {role: " ".join(sorted(scopes)) for role, scopes in rights.SCOPES_OF.items()} == {
        "viewer": "records:read schema:read",
        "editor": "records:read records:write schema:read",
        "admin": "members records:read records:write schema:read schema:write",
        "owner": "admin members records:read records:write schema:read schema:write",
    }
