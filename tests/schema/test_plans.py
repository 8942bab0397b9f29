"""Plans say what would happen and hold for the shape they were made for; idempotency keys make a change happen once."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kit.errors import AppError
from services.schema.errors import PlanInvalid
from services.schema.plans import Plans
from tests.fixtures.schema import Schema, refused, serving
from tests.fixtures.tenants import Keyring, MakeTenant, Tenant

ADD: dict[str, Any] = {"do": "add_column", "schema": "public", "table": "people", "name": "age", "type": "int"}
TABLE = "CREATE TABLE people (id int PRIMARY KEY)"


@dataclass
class SetClock:
    time: datetime = field(default_factory=lambda: datetime(2026, 5, 1, tzinfo=UTC))

    def now(self) -> datetime:
        return self.time


async def test_a_plan_says_what_would_happen_and_applies_exactly_that(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(TABLE + "; CREATE VIEW ids AS SELECT id FROM people")
    plan = await schema.plan(do="drop_table", schema="public", table="people")
    assert plan["effects"] == ["The table 'people' is hidden, with all of its records; an undo brings it back."]
    assert plan["dependants"] == [{"type": "view", "name": "public.ids", "outcome": "goes on reading it"}]
    assert plan["locks"] == [{"schema": "public", "table": "people"}]
    assert (await schema.operations())["operations"] == []
    step = await schema.apply_plan(plan["plan"])
    assert step["request"] == {"do": "drop_table", "schema": "public", "table": "people"}


async def test_a_plan_made_before_a_change_in_psql_is_stale_and_comes_back_new(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    plan = await schema.plan(**ADD)
    await tenant.run("ALTER TABLE people RENAME COLUMN id TO key")
    with pytest.raises(AppError) as stale:
        await schema.apply_plan(plan["plan"])
    assert stale.value.reason == "STALE_PLAN"
    renewed = json.loads(stale.value.metadata["plan"])
    assert renewed["operation"] == ADD
    assert (await schema.apply_plan(renewed["plan"]))["do"] == "add_column"


async def test_a_stale_plan_that_cannot_be_made_anew_says_why(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    plan = await schema.plan(**ADD)
    await tenant.run("ALTER TABLE people RENAME TO persons")
    with refused("TABLE_RENAMED", "persons"):
        await schema.apply_plan(plan["plan"])


async def test_a_plan_expires_after_a_quarter_of_an_hour(keyring: Keyring, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    clock = SetClock()
    async with serving(keyring, clock) as channel:
        schema = Schema(channel, tenant.member())
        plan = await schema.plan(**ADD)
        assert plan["expires_at"] == "2026-05-01T00:15:00.000Z"
        clock.time += timedelta(minutes=15)
        with refused("STALE_PLAN", "expired"):
            await schema.apply_plan(plan["plan"])


def test_a_plan_is_good_for_its_own_tenant_and_only_as_it_was_signed() -> None:
    plans = Plans("secret", SetClock())
    token = plans.token("t1", b"{}", "7")
    assert plans.read("t1", token).operation == b"{}"
    header, _, signature = token.split(".")
    forged = [f"{header}.e30.{signature}", "x", "", Plans("other", SetClock()).token("t1", b"{}", "7")]
    for tenant, bad in [("t2", token), *(("t1", text) for text in forged)]:
        with pytest.raises(PlanInvalid):
            plans.read(tenant, bad)


async def test_another_tenants_plan_is_refused(schema: Schema, tenant: Tenant, make_tenant: MakeTenant) -> None:
    await tenant.run(TABLE)
    plan = await schema.plan(**ADD)
    schema.caller = (await make_tenant()).member()
    with refused("PLAN_INVALID"):
        await schema.apply_plan(plan["plan"])


async def test_the_same_key_changes_the_shape_once_and_answers_alike(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    first = await schema.apply("key", **ADD)
    assert await schema.apply("key", **ADD) == first
    with refused("IDEMPOTENCY_KEY_REUSED"):
        await schema.apply("key", **ADD | {"name": "height"})
    schema.caller = tenant.member(subject="eve")
    with refused("COLUMN_EXISTS"):
        await schema.apply("key", **ADD)


async def test_the_same_key_through_two_processes_at_once_changes_the_shape_once(
    keyring: Keyring, tenant: Tenant
) -> None:
    await tenant.run(TABLE)
    async with serving(keyring, SetClock()) as one, serving(keyring, SetClock()) as two:
        clients = [Schema(channel, tenant.member()) for channel in (one, two)]
        answers = await asyncio.gather(*(client.apply("key", **ADD) for client in clients * 3))
        assert len({answer["id"] for answer in answers}) == 1
        assert len((await clients[0].operations())["operations"]) == 1


async def test_a_refused_change_leaves_its_key_free(schema: Schema, tenant: Tenant) -> None:
    with refused("TABLE_NOT_FOUND"):
        await schema.apply("key", **ADD)
    await tenant.run(TABLE)
    assert (await schema.apply("key", **ADD))["state"] == "done"
