"""The service as it runs: every operation, its plan, undo and redo, over a unix socket on a real database."""

from typing import Any

import pytest

from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Tenant

PEOPLE: dict[str, Any] = {
    "do": "create_table",
    "schema": "public",
    "name": "people",
    "columns": [
        {"name": "name", "type": "text", "nullable": False, "label": "What is your full name?"},
        {"name": "salary", "type": "numeric(10,2)", "default": {"value": "1.10"}, "comment": "before tax"},
        {"name": "born", "kind": "date"},
        {"name": "seen", "type": "timestamptz", "default": {"function": "now"}},
    ],
    "label": "People",
    "comment": "all of us",
}


async def test_a_created_table_is_there_for_people_and_in_sql(schema: Schema, tenant: Tenant) -> None:
    step = await schema.apply(**PEOPLE)
    assert (step["do"], step["state"], step["nature"], step["undoable"]) == ("create_table", "done", "shape", True)
    assert (step["actor"], step["channel"]) == ({"id": "ada", "name": "Ada"}, "web")
    table = await schema.table("people")
    assert table["id"] == step["table"]["id"]
    assert (table["label"], table["comment"], table["primary_key"]) == ("People", "all of us", ["id"])
    shown = [
        (c["name"], c["type"], c["kind"], c["nullable"], c["default"], c["label"], c["comment"])
        for c in table["columns"]
    ]
    assert shown == [
        ("id", "bigint", "number", False, None, None, None),
        ("name", "text", "text", False, None, "What is your full name?", None),
        ("salary", "numeric(10,2)", "number", True, "1.10", None, "before tax"),
        ("born", "date", "date", True, None, None, None),
        ("seen", "timestamp with time zone", "datetime", True, "now()", None, None),
    ]
    await tenant.run("INSERT INTO people (name) VALUES ('Ada')", access="write")
    assert await tenant.value("SELECT salary::text FROM people", access="read") == "1.10"


async def test_undo_and_redo_bring_back_the_very_table(schema: Schema, tenant: Tenant) -> None:
    made = await schema.apply(**PEOPLE)
    await tenant.run("INSERT INTO people (name) VALUES ('Ada')")
    undone = await schema.undo(made["id"])
    assert (undone["do"], undone["undoes"], undone["undoable"]) == ("undo", made["id"], False)
    assert (await schema.operation(made["id"]))["state"] == "undone"
    with refused("TABLE_NOT_FOUND"):
        await schema.table("people")
    redone = await schema.redo(made["id"])
    assert redone["do"] == "redo"
    assert (await schema.operation(made["id"]))["state"] == "done"
    assert (await schema.table("people"))["id"] == made["table"]["id"]
    assert await tenant.value("SELECT name FROM people") == "Ada"
    await schema.undo(made["id"])
    with refused("ALREADY_UNDONE"):
        await schema.undo(made["id"])
    with refused("CANNOT_UNDO"):
        await schema.undo(undone["id"])


async def test_a_renamed_table_keeps_its_id_and_its_old_name_leads_to_it(schema: Schema) -> None:
    made = await schema.apply(**PEOPLE)
    step = await schema.apply(do="rename_table", schema="public", table="people", name="persons")
    assert (await schema.table("persons"))["id"] == made["table"]["id"]
    assert (await schema.table(f"@{made['table']['id']}"))["name"] == "persons"
    with refused("TABLE_RENAMED", "persons"):
        await schema.table("people")
    await schema.undo(step["id"])
    assert (await schema.table("people"))["id"] == made["table"]["id"]


async def test_a_dropped_column_comes_back_with_all_that_hung_on_it(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(
        """
        CREATE TABLE team (id int PRIMARY KEY, code text DEFAULT 'z' CONSTRAINT code_needed NOT NULL CONSTRAINT code_once UNIQUE);
        COMMENT ON CONSTRAINT code_once ON team IS 'it''s one';
        CREATE INDEX code_lower ON team (lower(code)) WHERE code <> '';
        COMMENT ON INDEX code_lower IS 'quick';
        ALTER TABLE team ADD CONSTRAINT code_short CHECK (length(code) < 9);
        CREATE STATISTICS code_id ON id, code FROM team;
        ALTER TABLE team CLUSTER ON code_once;
        CREATE TABLE player (id int PRIMARY KEY, team text REFERENCES team (code) ON DELETE CASCADE);
        CREATE VIEW codes AS SELECT code FROM team;
        INSERT INTO team VALUES (1, 'a'); INSERT INTO player VALUES (1, 'a');
        """
    )
    before = tenant.dump()
    plan = await schema.plan(do="drop_column", schema="public", table="team", column="code")
    assert {(d["type"], d["name"].split(" ")[0]) for d in plan["dependants"]} == {
        ("not_null", "code_needed"), ("unique", "code_once"), ("check", "code_short"), ("index", "code_lower"),
        ("statistics", "code_id"), ("foreign_key", "player_team_fkey"), ("view", "public.codes"),
    }  # fmt: skip
    step = await schema.apply_plan(plan["plan"])
    assert [c["name"] for c in (await schema.table("team"))["columns"]] == ["id"]
    assert (await schema.table("player"))["constraints"][0]["type"] == "primary_key"
    await tenant.run("INSERT INTO team (id) VALUES (2)")
    await tenant.run("DELETE FROM team WHERE id = 2")
    assert await tenant.value("SELECT code FROM codes") == "a"
    await schema.undo(step["id"])
    assert tenant.dump() == before


async def test_a_dropped_table_comes_back_with_its_foreign_keys_both_ways(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(
        """
        CREATE TABLE city (id int PRIMARY KEY);
        CREATE TABLE people (id bigserial PRIMARY KEY, boss bigint REFERENCES people, city int REFERENCES city);
        CREATE TABLE note (id int PRIMARY KEY, about bigint REFERENCES people ON DELETE CASCADE);
        CREATE VIEW bosses AS SELECT boss FROM people;
        INSERT INTO city VALUES (1); INSERT INTO people VALUES (1, 1, 1); INSERT INTO note VALUES (1, 1);
        """
    )
    before = tenant.dump()
    step = await schema.apply(do="drop_table", schema="public", table="people")
    await tenant.run("DELETE FROM city; INSERT INTO note VALUES (2, 99); CREATE TABLE people (id int PRIMARY KEY)")
    await tenant.run("DROP TABLE people; DELETE FROM note WHERE id = 2; INSERT INTO city VALUES (1)")
    await schema.undo(step["id"])
    assert tenant.dump() == before


async def test_records_that_came_since_do_not_stop_an_undo_but_are_reported(schema: Schema, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL UNIQUE); INSERT INTO t VALUES (1, 'a')")
    step = await schema.apply(do="drop_column", schema="public", table="t", column="code")
    await tenant.run("INSERT INTO t (id) VALUES (2)", access="write")
    undone = await schema.undo(step["id"])
    assert [(left["type"], left["name"]) for left in undone["detail"]["not_restored"]] == [
        ("not_null", "t_code_not_null")
    ]
    assert [c["type"] for c in (await schema.table("t"))["constraints"]] == ["unique", "primary_key"]


async def test_an_undo_that_later_steps_stand_in_the_way_of_names_them(schema: Schema) -> None:
    first = await schema.apply(**PEOPLE)
    dropped = await schema.apply(do="drop_table", schema="public", table="people")
    again = await schema.apply(**PEOPLE)
    with refused("UNDO_CONFLICT", f"{again['id']} (create_table)", "There is a table 'people'"):
        await schema.undo(dropped["id"])
    await schema.undo(again["id"])
    await schema.undo(dropped["id"])
    assert (await schema.table("people"))["id"] == first["table"]["id"]


async def test_a_schema_is_made_with_its_rights_and_goes_only_when_empty(schema: Schema, tenant: Tenant) -> None:
    made = await schema.apply(do="create_schema", name="hr 🏡")
    table = await schema.apply(**PEOPLE | {"schema": "hr 🏡"})
    assert await tenant.value('SELECT count(*) FROM "hr 🏡".people', access="read") == 0
    with refused("UNDO_CONFLICT", f"{table['id']} (create_table)"):
        await schema.undo(made["id"])
    await schema.undo(table["id"])
    await schema.undo(made["id"])
    assert [s["name"] for s in (await schema.schemas())["schemas"]] == ["public"]
    await schema.redo(made["id"])
    await schema.redo(table["id"])
    assert (await schema.tables("hr 🏡"))["tables"][0]["name"] == "people"


@pytest.mark.parametrize("role", ["viewer", "editor"])
async def test_who_may_not_change_the_shape_is_refused(schema: Schema, tenant: Tenant, role: str) -> None:
    schema.caller = tenant.member(role)
    with refused("ROLE_TOO_LOW"):
        await schema.apply(**PEOPLE)
    with refused("ROLE_TOO_LOW"):
        await schema.undo(1)
    assert (await schema.tables())["tables"] == []


async def test_an_undo_that_needs_what_is_dropped_or_renamed_since_names_that_step(
    schema: Schema, tenant: Tenant
) -> None:
    await tenant.run(
        "CREATE TABLE a (id int PRIMARY KEY, x int, y int); CREATE INDEX a_both ON a (x, y);"
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)"
    )
    before = tenant.dump()
    column = await schema.apply(do="drop_column", schema="public", table="a", column="x")
    renamed = await schema.apply(do="rename_column", schema="public", table="a", column="y", name="z")
    with refused("UNDO_CONFLICT", f"{renamed['id']} (rename_column)", '"y" does not exist'):
        await schema.undo(column["id"])
    child = await schema.apply(do="drop_table", schema="public", table="b")
    parent = await schema.apply(do="drop_table", schema="public", table="a")
    with refused("UNDO_CONFLICT", f"{parent['id']} (drop_table)"):
        await schema.undo(child["id"])
    for step in (parent, child, renamed, column):
        await schema.undo(step["id"])
    assert tenant.dump() == before


async def test_a_rename_is_undone_only_while_its_name_stands(schema: Schema, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE a (id int PRIMARY KEY)")
    first = await schema.apply(do="rename_table", schema="public", table="a", name="b")
    second = await schema.apply(do="rename_table", schema="public", table="b", name="c")
    await tenant.run("CREATE TABLE b (id int)")
    with refused("UNDO_CONFLICT", f"{second['id']} (rename_table)", "not called 'b' any more"):
        await schema.undo(first["id"])
    with refused("UNDO_CONFLICT", "outside the timeline"):
        await schema.undo(second["id"])


async def test_keys_and_indexes_of_a_partitioned_table_come_back_on_its_partitions(
    schema: Schema, tenant: Tenant
) -> None:
    await tenant.run(
        """
        CREATE TABLE log (id int, at date NOT NULL, what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE INDEX log_what ON log (what);
        CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        """
    )
    before = tenant.dump()
    with refused("COLUMN_IN_USE", "partitioned by it"):
        await schema.apply(do="drop_column", schema="public", table="log", column="at")
    steps = [await schema.apply(do="drop_column", schema="public", table="log", column=name) for name in ("what", "id")]
    steps.append(await schema.apply(do="drop_table", schema="public", table="log"))
    assert (await schema.tables())["tables"] == []
    for step in reversed(steps):
        await schema.undo(step["id"])
    assert tenant.dump() == before


async def test_a_column_that_another_is_computed_from_is_in_use(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, twice int GENERATED ALWAYS AS (n * 2) STORED)"
    )
    before = tenant.dump()
    with refused("COLUMN_IN_USE", "'twice'"):
        await schema.apply(do="drop_column", schema="public", table="t", column="n")
    steps = [await schema.apply(do="drop_column", schema="public", table="t", column=name) for name in ("twice", "n")]
    for step in reversed(steps):
        await schema.undo(step["id"])
    assert tenant.dump() == before


async def test_a_new_column_that_must_have_a_value_needs_a_default_where_there_are_records(
    schema: Schema, tenant: Tenant
) -> None:
    await tenant.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    add: dict[str, Any] = {
        "do": "add_column",
        "schema": "public",
        "table": "t",
        "name": "n",
        "type": "varchar(3)",
        "nullable": False,
    }
    with refused("ROWS_WITHOUT_VALUE", "give it a default"):
        await schema.apply(**add)
    with refused("DEFAULT_INVALID", "'toolong' is no character varying(3)"):
        await schema.plan(**add, default={"value": "toolong"})
    await schema.apply(**add, default={"value": "ok"})
    assert await tenant.value("SELECT n FROM t") == "ok"


async def test_lists_come_in_pages_and_the_timeline_by_table(schema: Schema, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE VIEW c AS SELECT 1 AS one")
    first = await schema.tables(limit=2)
    second = await schema.tables(limit=2, cursor=first["next"])
    assert [table["name"] for page in (first, second) for table in page["tables"]] == ["a", "b", "c"]
    assert (second["next"], second["tables"][0]["estimated_rows"]) == (None, None)
    renamed = await schema.apply(do="rename_table", schema="public", table="a", name="d")
    dropped = await schema.apply(do="drop_table", schema="public", table="d")
    await schema.apply(do="drop_table", schema="public", table="b")
    newest = await schema.operations(limit=1)
    assert newest["operations"][0]["do"] == "drop_table"
    assert len((await schema.operations(cursor=newest["next"]))["operations"]) == 2
    steps = (await schema.operations(f"@{renamed['table']['id']}"))["operations"]
    assert [step["id"] for step in steps] == [dropped["id"], renamed["id"]]
    with refused("OPERATION_NOT_FOUND"):
        await schema.operation(10_000)


async def test_what_belongs_to_another_role_is_refused_and_nothing_is_half_done(schema: Schema, tenant: Tenant) -> None:
    async with tenant.binding.connected("postgres") as connection:
        await connection.execute("CREATE TABLE public.theirs (id int PRIMARY KEY)")
    with refused("NOT_OWNER", "theirs"):
        await schema.apply(do="drop_table", schema="public", table="theirs")
    assert (await schema.table("theirs"))["name"] == "theirs"
    assert (await schema.operations())["operations"] == []
