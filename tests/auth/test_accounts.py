"""Signing up, in and out, and one's own account."""

import asyncio
import os
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb

from services.auth import passwords, sessions
from services.auth.reset import reset_password
from services.kit.errors import Kind
from tests.fixtures.auth import PASSWORD, Auth, MakeAuth, Person

ADA = pb.SignUpRequest(
    email="Ada@Example.org", password=PASSWORD, name="Ada", tenant_slug="ada-home", tenant_name="Ada's"
)


def sign_in(email: str = "ada@example.org", password: str = PASSWORD, address: str = "192.0.2.1") -> pb.SignInRequest:
    return pb.SignInRequest(email=email, password=password, address=address)


def verifying(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str, str], bool] = passwords._verified) -> list[str]:
    """The hashes that are verified from now on."""
    verified: list[str] = []

    def verify(known: str, password: str) -> bool:
        verified.append(known)
        return answer(known, password)

    monkeypatch.setattr(passwords, "_verified", verify)
    return verified


def refusing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The same, but nothing is right, and at once."""
    return verifying(monkeypatch, lambda _, __: False)


async def test_signing_up_makes_a_user_and_a_ready_workspace_and_opens_a_session(auth: Auth) -> None:
    reply = await auth.accounts.SignUp(ADA)
    assert (reply.user.email, reply.user.name) == ("Ada@Example.org", "Ada")
    assert (reply.tenant.slug, reply.tenant.name, reply.tenant.state) == ("ada-home", "Ada's", "ready")
    known = await auth.identify(Person("", reply.session, reply.user, reply.tenant), "ada-home")
    assert (known.user, known.tenant, known.role) == (reply.user, reply.tenant, "owner")


async def test_signing_up_takes_a_prepared_database_when_there_is_one(auth: Auth) -> None:
    await auth.upkeep.refill()
    prepared = {wanted.name for wanted in auth.provisioner.wanted}
    await auth.sign_up()
    assert auth.provisioner.wanted[-1].name in prepared
    assert auth.provisioner.wanted[-1].state == "ready"


async def test_an_address_is_one_persons_however_it_is_written(auth: Auth) -> None:
    await auth.accounts.SignUp(ADA)
    for email in ("ada@example.org", " ADA@EXAMPLE.ORG ", "ａｄａ@example.org"):
        request = pb.SignUpRequest(email=email, password=PASSWORD, tenant_slug="another-home")
        assert await auth.reason(auth.accounts.SignUp(request)) == "EMAIL_EXISTS"
        assert (await auth.accounts.SignIn(sign_in(email))).user.name == "Ada"


async def test_an_address_with_another_accent_is_another_persons(auth: Auth) -> None:
    await auth.accounts.SignUp(ADA)
    await auth.accounts.SignUp(pb.SignUpRequest(email="adá@example.org", password=PASSWORD, tenant_slug="other"))
    assert await auth.reason(auth.accounts.SignIn(sign_in("àda@example.org"))) == "SIGN_IN_FAILED"


async def test_two_sign_ups_at_once_for_one_address_or_slug_give_one_conflict(auth: Auth) -> None:
    for field, reason in (("tenant_slug", "EMAIL_EXISTS"), ("email", "SLUG_EXISTS")):
        slug = f"{field}-s".replace("_", "-")
        requests = [pb.SignUpRequest(email=f"{field}@x.org", password=PASSWORD, tenant_slug=slug) for _ in range(2)]
        setattr(requests[1], field, "other@x.org" if field == "email" else "other-slug")
        outcomes = await asyncio.gather(*map(auth.accounts.SignUp, requests), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert len(failed) == 1
        assert await auth.reason(_raise(failed[0])) == reason


async def _raise(error: BaseException) -> None:
    raise error


async def test_a_refused_sign_up_leaves_nothing_behind(auth: Auth) -> None:
    await auth.sign_up("ada")
    await auth.upkeep.refill()
    assert await auth.reason(auth.sign_up("bob", tenant_slug="ada-home")) == "SLUG_EXISTS"
    assert await auth.query("SELECT 1 FROM auth.users WHERE email_key LIKE 'bob%'") == []
    assert await auth.query("SELECT 1 FROM auth.bindings WHERE wanted = 'prepared'") != []
    await auth.sign_up("bob")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": ""}, "EMAIL_INVALID"),
        ({"email": "ada"}, "EMAIL_INVALID"),
        ({"email": "a b@example.org"}, "EMAIL_INVALID"),
        ({"email": "a\0@example.org"}, "EMAIL_INVALID"),
        ({"email": "a" * 250 + "@example.org"}, "EMAIL_INVALID"),
        ({"password": "short"}, "PASSWORD_WEAK"),
        ({"password": "x" * 257}, "PASSWORD_WEAK"),
        ({"password": "Password1"}, "PASSWORD_WEAK"),
        ({"password": "rowhouse2026"}, "PASSWORD_WEAK"),
        ({"password": "ada.lovelace", "email": "ada.lovelace@example.org"}, "PASSWORD_WEAK"),
        ({"tenant_slug": "A"}, "SLUG_INVALID"),
        ({"tenant_slug": "ends-in-"}, "SLUG_INVALID"),
        ({"tenant_slug": "admin"}, "SLUG_INVALID"),
        ({"tenant_slug": "a0000000-0000-4000-8000-000000000000"}, "SLUG_INVALID"),
        ({"tenant_slug": "nul\0"}, "SLUG_INVALID"),
        ({"tenant_name": "bell\7"}, "NAME_INVALID"),
        ({"name": "x" * 201}, "NAME_INVALID"),
    ],
)
async def test_a_sign_up_that_cannot_be_meant_is_refused_with_the_cure(
    auth: Auth, changes: dict[str, str], reason: str
) -> None:
    error = await auth.refusal(auth.sign_up("ada", **changes))
    assert (error.kind, error.reason) == (Kind.INVALID, reason)


async def test_a_closed_installation_takes_nobody(make_auth: MakeAuth) -> None:
    auth = await make_auth(signup="closed")
    assert await auth.reason(auth.sign_up()) == "SIGNUP_CLOSED"


async def test_too_many_sign_ups_from_one_network_have_to_wait(make_auth: MakeAuth) -> None:
    auth = await make_auth(sign_ups_per_hour=2)
    for _ in range(3):
        await auth.sign_up(address="192.0.2.1")
    error = await auth.refusal(auth.sign_up(address="192.0.2.77"))
    assert (error.reason, error.metadata["retry_after"]) == ("TOO_MANY_ATTEMPTS", "60")
    await auth.sign_up(address="198.51.100.1")
    auth.clock.move(hours=2)
    await auth.sign_up(address="192.0.2.1")


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer_for_the_same_work(
    auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.accounts.SignUp(ADA)
    verified = verifying(monkeypatch)
    answers = []
    for request in (sign_in(password="wrong password"), sign_in("nobody@example.org"), sign_in("no address\0 at all")):
        before = len(verified)
        error = await auth.refusal(auth.accounts.SignIn(request))
        answers.append((error.kind, error.reason, error.message, dict(error.metadata), len(verified) - before))
    assert answers == [(Kind.UNAUTHENTICATED, "SIGN_IN_FAILED", answers[0][2], {}, 1)] * 3
    assert len({known.split("$")[3] for known in verified}) == 1, "with the same parameters"


async def test_a_password_of_any_length_is_refused_or_right_and_never_cut(auth: Auth) -> None:
    longest = "é" * 128
    await auth.sign_up("ada", password=longest)
    await auth.accounts.SignIn(sign_in(password=longest))
    for wrong in (longest + "x", longest[:-1], "", "x" * 100_000):
        assert await auth.reason(auth.accounts.SignIn(sign_in(password=wrong))) == "SIGN_IN_FAILED"


async def test_guessing_is_slowed_until_it_is_hopeless(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    await auth.sign_up("ada")
    tried = refusing(monkeypatch)
    for number in range(400):
        reason = await auth.reason(auth.accounts.SignIn(sign_in(password=f"guess {number}")))
        assert reason in ("SIGN_IN_FAILED", "TOO_MANY_ATTEMPTS")
        auth.clock.move(seconds=9)
    assert 5 <= len(tried) < 20


async def test_guesses_made_at_once_are_counted_too(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    await auth.sign_up("ada")
    tried = refusing(monkeypatch)
    guesses = [auth.reason(auth.accounts.SignIn(sign_in(password=f"guess {number}"))) for number in range(40)]
    reasons = await asyncio.gather(*guesses)
    assert set(reasons) == {"SIGN_IN_FAILED", "TOO_MANY_ATTEMPTS"}
    assert len(tried) <= 6


async def test_who_is_attacked_from_everywhere_still_signs_in_from_home(auth: Auth) -> None:
    ada = await auth.sign_up("ada", address="198.51.100.1")
    await auth.call(ada, auth.accounts.SignOut, pb.SignOutRequest(session=ada.session))
    for network in range(60):
        await auth.refusal(auth.accounts.SignIn(sign_in(password="wrong password", address=f"10.0.{network}.1")))
    assert await auth.reason(auth.accounts.SignIn(sign_in(address="10.1.0.1"))) == "TOO_MANY_ATTEMPTS"
    await auth.accounts.SignIn(sign_in(address="198.51.100.200"))
    auth.clock.move(minutes=2)
    await auth.accounts.SignIn(sign_in(address="10.1.0.1"))


async def test_an_attempt_that_succeeds_costs_no_turn(auth: Auth) -> None:
    await auth.sign_up("ada")
    for _ in range(60):
        await auth.accounts.SignIn(sign_in())


async def test_a_burst_of_sign_ins_beyond_the_queue_is_refused_and_the_rest_served(
    make_auth: MakeAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = await make_auth(hash_queue=0)
    gate = threading.Event()
    verifying(monkeypatch, lambda _, __: not gate.wait())
    emails = [f"nobody{number}@example.org" for number in range(3 * (os.cpu_count() or 1))]
    calls = [asyncio.create_task(auth.reason(auth.accounts.SignIn(sign_in(email)))) for email in emails]
    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    assert set(await asyncio.gather(*calls)) == {"SIGN_IN_FAILED", "SIGN_IN_BUSY"}


async def test_a_session_ends_when_it_is_not_used_and_lives_while_it_is(auth: Auth) -> None:
    ada = await auth.sign_up()
    for _ in range(5):
        auth.clock.move(hours=11)
        await auth.identify(ada)
    auth.clock.move(hours=12)
    assert await auth.reason(auth.identify(ada)) == "SESSION_INVALID"


async def test_a_session_ends_after_thirty_days_however_it_is_used(auth: Auth) -> None:
    ada = await auth.sign_up()
    for _ in range(int(sessions.ABSOLUTE / timedelta(hours=10)) - 1):
        auth.clock.move(hours=10)
        await auth.identify(ada)
    auth.clock.move(hours=10)
    assert await auth.reason(auth.identify(ada)) == "SESSION_INVALID"


async def test_signing_out_ends_this_session_and_no_other(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    other = Person(ada.email, (await auth.accounts.SignIn(sign_in())).session, ada.user, ada.tenant)
    await auth.call(ada, auth.accounts.SignOut, pb.SignOutRequest(session=ada.session))
    assert await auth.reason(auth.identify(ada)) == "SESSION_INVALID"
    await auth.identify(other)


async def test_nobody_signs_another_out(auth: Auth) -> None:
    ada, bob = await auth.sign_up(), await auth.sign_up()
    await auth.call(bob, auth.accounts.SignOut, pb.SignOutRequest(session=ada.session))
    await auth.identify(ada)


async def test_a_new_password_ends_every_session_but_the_one_that_changed_it(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    other = Person(ada.email, (await auth.accounts.SignIn(sign_in())).session, ada.user, ada.tenant)
    new = "a better horse and battery"
    request = pb.UpdateMeRequest(current_password=PASSWORD, new_password=new, session=ada.session)
    await auth.call(ada, auth.accounts.UpdateMe, request)
    assert await auth.reason(auth.identify(other)) == "SESSION_INVALID"
    await auth.identify(ada)
    assert await auth.reason(auth.accounts.SignIn(sign_in())) == "SIGN_IN_FAILED"
    await auth.accounts.SignIn(sign_in(password=new))


@pytest.mark.parametrize(
    ("current", "new", "reason"),
    [("wrong password", "a better horse", "PASSWORD_WRONG"), (PASSWORD, "12345678", "PASSWORD_WEAK")],
)
async def test_a_password_is_changed_only_for_a_good_one_by_who_knows_it(
    auth: Auth, current: str, new: str, reason: str
) -> None:
    ada = await auth.sign_up("ada")
    request = pb.UpdateMeRequest(current_password=current, new_password=new, session=ada.session)
    assert await auth.reason(auth.call(ada, auth.accounts.UpdateMe, request)) == reason
    await auth.accounts.SignIn(sign_in())


async def test_guessing_the_current_password_of_a_stolen_session_is_slowed(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    reasons = []
    for number in range(8):
        request = pb.UpdateMeRequest(current_password=f"guess {number}", new_password="a better horse")
        reasons.append(await auth.reason(auth.call(ada, auth.accounts.UpdateMe, request)))
    assert reasons == ["PASSWORD_WRONG"] * 6 + ["TOO_MANY_ATTEMPTS"] * 2


async def test_two_changes_of_one_password_at_once_do_not_both_succeed(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    requests = [pb.UpdateMeRequest(current_password=PASSWORD, new_password=f"a better horse {n}") for n in range(2)]
    changes = [auth.call(ada, auth.accounts.UpdateMe, request) for request in requests]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(isinstance(outcome, pb.Me) for outcome in outcomes) == [False, True]


async def test_one_names_oneself_anew(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    reply = await auth.call(ada, auth.accounts.UpdateMe, pb.UpdateMeRequest(name=" Ada King "))
    assert reply.user.name == "Ada King"
    assert await auth.call(ada, auth.accounts.GetMe, Empty()) == reply
    assert [(m.tenant.slug, m.role) for m in reply.memberships] == [("ada-home", "owner")]


async def test_a_reset_gives_a_new_password_and_ends_every_credential(auth: Auth) -> None:
    ada = await auth.sign_up("ada")
    token = (await auth.call(ada, auth.tokens.CreateToken, pb.CreateTokenRequest(name="ci"))).token
    await auth.call(ada, auth.connections.CreateConnection, pb.CreateConnectionRequest(access="ddl"), "ada-home")
    password = await reset_password(auth.settings, "ADA@example.org")
    assert await auth.reason(auth.identify(ada)) == "SESSION_INVALID"
    assert await auth.reason(auth.identify(token)) == "TOKEN_INVALID"
    assert await auth.reason(auth.accounts.SignIn(sign_in())) == "SIGN_IN_FAILED"
    await auth.accounts.SignIn(sign_in(password=password))
    await auth.upkeep.settle()
    assert auth.provisioner.wanted[-1].sql_logins == ()


async def test_a_slug_can_be_had_or_the_reply_says_why_not_and_what_else(auth: Auth) -> None:
    await auth.sign_up("ada")
    free = await auth.accounts.CheckSlug(pb.CheckSlugRequest(slug="free-slug"))
    assert (free.available, free.why, free.suggestion) == (True, "", "")
    for slug in ("ada-home", "Ünï", "", "admin", "9"):
        reply = await auth.accounts.CheckSlug(pb.CheckSlugRequest(slug=slug))
        assert not reply.available
        assert reply.why
        assert (await auth.accounts.CheckSlug(pb.CheckSlugRequest(slug=reply.suggestion))).available
