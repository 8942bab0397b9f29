"""Decisions as properties: from any state that a catalog may be in, the steps lead to what is wanted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning import roles
from services.provisioning.act import ACTS
from services.provisioning.decide import Do, Step, decide
from services.provisioning.errors import DatabaseAmbiguous, DatabaseLost, WantedInvalid
from services.provisioning.observe import Database, Mark, Observed, ObservedRole
from services.provisioning.scram import verifier
from services.provisioning.wanted import SLOTS, SqlLogin, State, Wanted

NAME = "t_abcdefghijklmnop"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
FURNISHED = Mark(2, "grants")
VERIFIERS = [verifier("one"), verifier("two")]
MORE_THAN_ENOUGH = 30


@st.composite
def wanted_states(draw: st.DrawFn) -> Wanted:
    logins = [
        SqlLogin(f"{NAME}_u{index}", draw(st.sampled_from(["read", "write", "ddl"])), VERIFIERS[0], expires_at)
        for index, expires_at in enumerate(draw(st.lists(_expiries(), max_size=2)))
    ]
    return Wanted(
        NAME,
        draw(st.sampled_from(["prepared", "ready", "suspended", "deleted", "purged"])),
        draw(st.dictionaries(st.sampled_from(SLOTS), st.sampled_from([None, *VERIFIERS]))),
        tuple(logins),
    )


def _expiries() -> st.SearchStrategy[datetime | None]:
    return st.sampled_from([None, NOW - timedelta(seconds=1), NOW, NOW + timedelta(days=1)])


def databases() -> st.SearchStrategy[Database]:
    return st.builds(
        Database,
        allows_connections=st.booleans(),
        open_to_public=st.booleans(),
        open_to_tenant=st.booleans(),
        makes_schemas=st.booleans(),
        mark=st.sampled_from([None, Mark(1, "old"), FURNISHED, Mark(2, "others"), Mark(3, "newer")]),
        sessions=st.lists(st.sampled_from([f"{NAME}_rw_a", f"{NAME}_u0", "rh_prov"]), max_size=2).map(tuple),
    )


@st.composite
def observed_states(draw: st.DrawFn) -> Observed:
    """Any state, also ones that no killed engine can leave: somebody may have been at it by hand."""
    names = [role.name for role in roles.groups(NAME)]
    names += [f"{NAME}_{slot}" for slot in SLOTS] + [f"{NAME}_u0", f"{NAME}_u1", f"{NAME}_stray"]
    role = st.builds(
        ObservedRole,
        can_login=st.booleans(),
        has_powers=st.booleans(),
        memberships=st.sampled_from([frozenset(), frozenset({roles.Membership(f"{NAME}_own")})]),
        shape=st.sampled_from(["", "old"]),
        secret=st.sampled_from(["", "shut", roles.Role("", verifier=VERIFIERS[0]).secret]),
    )
    place = draw(st.sampled_from(["home", "away", "nowhere"]))
    return Observed(
        NAME,
        NOW,
        home=draw(databases()) if place == "home" else None,
        away=draw(databases()) if place == "away" else None,
        roles=draw(st.dictionaries(st.sampled_from(names), role)),
        meta_may_own=draw(st.booleans()),
        lived=draw(st.booleans()) if place != "nowhere" else False,
    )


def effect(step: Step, wanted: Wanted, before: Observed) -> Observed:
    """What a step changes in the catalog; the tests of kills hold this against a real one."""
    home, away, found = before.home, before.away, dict(before.roles)
    logins = {role.name: role for role in roles.logins(wanted, NOW, found)}
    groups = {role.name: role for role in roles.groups(NAME)}

    def here(**changes: object) -> Observed:
        if before.home:
            return replace(before, home=replace(before.home, **changes))  # type: ignore[arg-type]
        assert before.away is not None
        return replace(before, away=replace(before.away, **changes))  # type: ignore[arg-type]

    def with_roles(changed: dict[str, ObservedRole]) -> Observed:
        return replace(before, roles=found | changed)

    match step.do:
        case Do.CLOSE_DOOR:
            return here(open_to_tenant=False)
        case Do.STOP_CONNECTIONS:
            return here(allows_connections=False)
        case Do.END_SESSIONS:
            return here(sessions=())
        case Do.END_LOGINS:
            assert home is not None
            return here(sessions=tuple(name for name in home.sessions if name not in step.names))
        case Do.CREATE_GROUPS:
            made = {name: ObservedRole(memberships=groups[name].memberships) for name in step.names}
            return replace(with_roles(made), meta_may_own=True)
        case Do.CREATE_DATABASE:
            assert home is None
            assert away is None
            return replace(before, home=Database())
        case Do.BRING_HOME:
            assert home is None
            assert away is not None
            assert away.sessions == ()
            return replace(before, home=away, away=None)
        case Do.MOVE_AWAY:
            assert home is not None
            assert home.sessions == ()
            return replace(before, home=None, away=home)
        case Do.SHUT_PUBLIC:
            return here(open_to_public=False, makes_schemas=True)
        case Do.ALLOW_CONNECTIONS:
            return here(allows_connections=True)
        case Do.FURNISH:
            assert home is not None
            assert home.allows_connections
            return here(mark=FURNISHED)
        case Do.SHUT_LOGINS:
            return with_roles({name: replace(found[name], can_login=False, secret="shut") for name in step.names})
        case Do.CREATE_LOGINS:
            return with_roles({name: _made(logins[name], found.get(name)) for name in step.names})
        case Do.SET_VERIFIERS:
            opened = {name: replace(found[name], can_login=True, secret=logins[name].secret) for name in step.names}
            return with_roles(opened)
        case Do.DROP_LOGINS:
            assert home is not None
            assert home.allows_connections
            left = {name: role for name, role in found.items() if name not in step.names}
            return replace(before, roles=left, home=replace(home, sessions=()))
        case Do.OPEN_DOOR:
            return replace(here(open_to_tenant=True), lived=True)
        case Do.DROP_DATABASE:
            assert not any(place.allows_connections or place.sessions for place in (home, away) if place)
            return replace(before, home=None, away=None)
        case Do.DROP_ROLES:
            return replace(before, roles={}, lived=False, meta_may_own=False)


def _made(role: roles.Role, before: ObservedRole | None) -> ObservedRole:
    can_login, secret = (before.can_login, before.secret) if before else (False, "shut")
    return ObservedRole(can_login, memberships=role.memberships, shape=role.shape, secret=secret)


def trace(wanted: Wanted, observed: Observed) -> list[Observed]:
    """Take the first step again and again, as the engine does."""
    states = [observed]
    while steps := decide(wanted, states[-1], FURNISHED):
        states.append(effect(steps[0], wanted, states[-1]))
        assert len(states) < MORE_THAN_ENOUGH, [step.do for step in steps]
    return states


@settings(max_examples=300)
@given(wanted_states(), observed_states())
def test_from_any_state_the_steps_lead_to_the_wanted_one(wanted: Wanted, observed: Observed) -> None:
    end = trace(wanted, observed)[-1]
    database = end.home or end.away
    match wanted.state:
        case "purged":
            assert (end.home, end.away, end.roles) == (None, None, {})
        case "deleted":
            assert end.home is None
            assert database is None or not (database.allows_connections or database.open_to_tenant or database.sessions)
        case _:
            assert end.home is not None
            assert end.away is None
            assert end.home.allows_connections
            assert not end.home.open_to_public
            assert end.home.open_to_tenant == (wanted.state == "ready")


@settings(max_examples=300)
@given(wanted_states(), observed_states())
def test_exactly_the_wanted_logins_can_log_in(wanted: Wanted, observed: Observed) -> None:
    if wanted.state in ("deleted", "purged"):
        return
    end = trace(wanted, observed)[-1]
    able = {name for name, role in end.roles.items() if role.can_login}
    slots = {f"{NAME}_{slot}" for slot, secret in wanted.verifiers.items() if secret}
    personal = {login.name for login in wanted.sql_logins if login.expires_at is None or login.expires_at > NOW}
    assert able == slots | personal
    assert not any(role.has_powers for role in end.roles.values())
    assert set(end.roles) & {f"{NAME}_stray", f"{NAME}_u1"} <= personal


def is_open_to_public(database: Database | None) -> bool:
    return database is not None and database.open_to_public and database.allows_connections


@settings(max_examples=300)
@given(wanted_states(), observed_states())
def test_no_step_lets_public_in_or_opens_the_door_too_early(wanted: Wanted, observed: Observed) -> None:
    states = trace(wanted, observed)
    for before, after in pairwise(states):
        assert not is_open_to_public(after.home or after.away) or is_open_to_public(before.home or before.away)
        if after.home and after.home.open_to_tenant and not (before.home and before.home.open_to_tenant):
            assert after == states[-1]


@given(wanted_states(), observed_states())
def test_a_plan_is_what_the_decisions_one_by_one_come_to(wanted: Wanted, observed: Observed) -> None:
    if wanted.state not in ("deleted", "purged"):
        return
    plan = decide(wanted, observed, FURNISHED)
    states = trace(wanted, observed)
    assert [decide(wanted, state, FURNISHED)[0] for state in states[:-1]] == list(plan)


def test_suspending_shuts_the_door_before_anything_else() -> None:
    door = Database(True, open_to_public=False, open_to_tenant=True, sessions=(f"{NAME}_rw_a",))
    plan = decide(Wanted(NAME, "suspended"), Observed(NAME, NOW, home=door), FURNISHED)
    assert [step.do for step in plan[:2]] == [Do.CLOSE_DOOR, Do.END_SESSIONS]


@pytest.mark.parametrize("state", ["prepared", "ready", "suspended", "deleted"])
@pytest.mark.parametrize("known", ["to the server", "to the caller"])
def test_a_database_that_held_data_and_is_gone_is_an_error_and_never_made_anew(known: str, state: State) -> None:
    wanted = Wanted(NAME, state, existing=known == "to the caller")
    with pytest.raises(DatabaseLost, match="held data and is missing"):
        decide(wanted, Observed(NAME, NOW, lived=known == "to the server"), FURNISHED)


def test_two_databases_of_one_binding_are_a_persons_matter() -> None:
    both = Observed(NAME, NOW, home=Database(), away=Database())
    for state in ("ready", "suspended", "deleted"):
        with pytest.raises(DatabaseAmbiguous):
            decide(Wanted(NAME, state), both, FURNISHED)
    assert [step.do for step in decide(Wanted(NAME, "purged"), both, FURNISHED)] == [Do.DROP_DATABASE]


def test_a_newer_engines_furnishing_is_left_alone() -> None:
    newer = Database(True, open_to_public=False, makes_schemas=True, mark=Mark(3, "newer"))
    plan = decide(Wanted(NAME, "prepared"), Observed(NAME, NOW, home=newer), FURNISHED)
    assert Do.FURNISH not in {step.do for step in plan}


def test_every_step_has_its_act() -> None:
    assert set(ACTS) == set(Do)


@pytest.mark.parametrize(
    "name", ["t_short", "T_ABCDEFGHIJKLMNOP", "t_abcdefghij'; DROP", "people", "t_abcdefghijklmnop_x", ""]
)
def test_a_name_that_is_not_opaque_is_refused(name: str) -> None:
    with pytest.raises(WantedInvalid, match="no name of a binding"):
        Wanted(name, "ready")


@pytest.mark.parametrize("secret", ["plain text", "SCRAM-SHA-256$1:x'; --$y:z", "md5abc", ""])
def test_a_secret_that_is_no_verifier_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(WantedInvalid) as refusal:
        Wanted(NAME, "ready", {"rw_a": secret})
    assert not secret or secret not in refusal.value.message


def test_logins_of_other_bindings_and_unknown_slots_are_refused() -> None:
    with pytest.raises(WantedInvalid, match="no SQL login of"):
        Wanted(NAME, "ready", sql_logins=(SqlLogin("t_otherotherother_u1", "read", VERIFIERS[0]),))
    with pytest.raises(WantedInvalid, match="no slot"):
        Wanted(NAME, "ready", {"rw_c": VERIFIERS[0]})


def test_secrets_are_not_in_the_representation_of_values() -> None:
    wanted = Wanted(NAME, "ready", {"rw_a": VERIFIERS[0]}, (SqlLogin(f"{NAME}_u1", "read", VERIFIERS[1]),))
    assert "SCRAM" not in repr(wanted)
    assert "SCRAM" not in repr(roles.logins(wanted, NOW))
