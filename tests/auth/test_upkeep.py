"""What goes by itself."""

from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from tests.fixtures.auth import Auth


async def count(auth: Auth, table: str) -> int:
    return len(await auth.query(f"SELECT 1 FROM auth.{table}"))


async def test_what_has_expired_is_swept_and_nothing_else(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    await auth.call(ada, auth.tokens.CreateToken, pb.CreateTokenRequest(name="ci"))
    invite = pb.AddMemberRequest(email="bob@example.org", role="viewer")
    await auth.call(ada, auth.members.CreateInvitation, invite, ada.tenant.id)
    await auth.refusal(auth.accounts.SignIn(pb.SignInRequest(email="ada@example.org", password="wrong password")))
    tables = ("user_sessions", "api_tokens", "invitations", "attempts")
    before = [await count(auth, table) for table in tables]
    await auth.upkeep.sweep()
    assert [await count(auth, table) for table in tables] == before
    auth.clock.move(hours=13)
    await auth.upkeep.sweep()
    assert [await count(auth, table) for table in tables] == [0, 1, 1, before[3]]
    auth.clock.move(days=7)
    await auth.upkeep.sweep()
    assert [await count(auth, table) for table in tables] == [0, 1, 0, 0]
    auth.clock.move(days=90 + 30)
    await auth.upkeep.sweep()
    assert await count(auth, "api_tokens") == 0


async def test_every_change_is_in_the_audit(auth: Auth) -> None:
    ada = await auth.sign_up("ada", address="192.0.2.1")
    bob = await auth.join(ada, "viewer", "bob")
    await auth.call(ada, auth.members.RemoveMember, pb.IdRequest(id=bob.user.id), ada.tenant.id)
    token = await auth.call(ada, auth.tokens.CreateToken, pb.CreateTokenRequest(name="ci"))
    await auth.call(token.token, auth.tenants.SuspendTenant, Empty(), ada.tenant.id)
    rows = await auth.query("SELECT action, actor, via, tenant_id::text, address FROM auth.audit ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("account.created", ada.user.id, "session", ada.tenant.id, "192.0.2.1"),
        ("account.created", bob.user.id, "session", bob.tenant.id, ""),
        ("member.added", ada.user.id, "session", ada.tenant.id, ""),
        ("member.removed", ada.user.id, "session", ada.tenant.id, ""),
        ("token.created", ada.user.id, "session", None, ""),
        ("tenant.suspended", ada.user.id, "token", ada.tenant.id, ""),
    ]


async def test_a_refused_change_is_not_in_the_audit(auth: Auth) -> None:
    ada = await auth.sign_up()
    demote = pb.UpdateMemberRequest(user_id=ada.user.id, role="viewer")
    await auth.refusal(auth.call(ada, auth.members.UpdateMember, demote, ada.tenant.id))
    assert [row["action"] for row in await auth.query("SELECT action FROM auth.audit")] == ["account.created"]
