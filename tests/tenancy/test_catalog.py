"""The catalog of a database: everything in it, also what was made in psql; ids that stay; hints."""

import asyncio
import re
import time

import asyncpg
import pytest

from services.kit.rpc.identity import as_caller
from services.tenancy import catalog, fingerprints
from services.tenancy.catalog import Catalog
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases
from services.tenancy.errors import ColumnUnknown, SchemaUnknown, TableRenamed, TableUnknown
from tests.fixtures.postgres import MakeDatabase
from tests.fixtures.tenants import Keyring, Tenant

SHAPE = """
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE TABLE city (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
    CREATE TABLE people (a int, id bigserial PRIMARY KEY, name varchar(80) DEFAULT 'x', mood mood, tags text[], doc json,
        double bigint GENERATED ALWAYS AS (a * 2) STORED, city int REFERENCES city, CHECK (a > 0), "we%ird ""x" numeric(10,2));
    CREATE UNIQUE INDEX lower_name ON people (lower(name), a) WHERE a > 5;
    CREATE VIEW adults AS SELECT name FROM people;
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM people;
    CREATE TABLE log (at date) PARTITION BY RANGE (at);
    CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    COMMENT ON TABLE people IS 'all'; COMMENT ON COLUMN people.name IS 'full';
    ALTER TABLE people DROP COLUMN a CASCADE;
"""


async def _read(tenant: Tenant) -> Catalog:
    async with tenant.binding.connected("ro_a") as connection:
        return await catalog.read(connection)


async def test_it_holds_what_was_made_in_psql(tenant: Tenant) -> None:
    await tenant.run(SHAPE)
    found = await _read(tenant)
    assert [schema.name for schema in found.schemas] == ["public"]
    assert [(t.name, t.relation, t.partition) for t in found.tables] == [
        ("adults", "view", False),
        ("city", "table", False),
        ("counted", "materialized_view", False),
        ("log", "partitioned_table", False),
        ("log_2026", "table", True),
        ("people", "table", False),
    ]
    people = found.table("public", "people")
    assert (people.comment, people.primary_key) == ("all", ("id",))
    shown = [(c.name, c.type, c.base_type, c.kind, c.nullable, c.sortable) for c in people.columns]
    assert shown == [
        ("id", "bigint", "bigint", "number", False, True),
        ("name", "character varying(80)", "character varying", "text", True, True),
        ("mood", "public.mood", "public.mood", "choice", True, True),
        ("tags", "text[]", "text[]", "array", True, True),
        ("doc", "json", "json", "json", True, False),
        ("city", "integer", "integer", "number", True, True),
        ('we%ird "x', "numeric(10,2)", "numeric", "number", True, True),
    ]
    assert people.column("mood").enum_values == ("sad", "happy")
    assert people.column("name").default == "'x'::character varying"
    assert found.table("public", "city").column("id").identity == "a"
    (foreign,) = [c for c in people.constraints if c.type == "foreign_key"]
    assert foreign.references is not None
    assert (foreign.references.table, foreign.references.columns) == ("city", ("id",))


async def test_ids_and_people_s_order_survive_renames_and_old_names_lead_on(tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, name text)")
    before = (await _read(tenant)).table("public", "people")
    await tenant.run("ALTER TABLE people RENAME TO persons; ALTER TABLE persons RENAME name TO full_name")
    found = await _read(tenant)
    after = found.table("public", "persons")
    assert after.id == before.id
    assert after.column("full_name").id == before.column("name").id
    assert after.column(f"@{before.column('name').id}").name == "full_name"
    assert found.table(f"@{found.schemas[0].id}", f"@{before.id}") is after
    with pytest.raises(TableRenamed, match="persons"):
        found.table("public", "people")


async def test_a_name_that_does_not_exist_gets_a_hint(tenant: Tenant) -> None:
    await tenant.run(["CREATE TABLE people (id int PRIMARY KEY, salary int)", " CREATE SCHEMA_"][0])
    found = await _read(tenant)
    with pytest.raises(TableUnknown, match="did you mean 'people'"):
        found.table("public", "poeple")
    with pytest.raises(SchemaUnknown, match="did you mean 'public'"):
        found.table("pubic", "people")
    with pytest.raises(ColumnUnknown, match="did you mean 'salary'"):
        found.table("public", "people").column("Salery")
    with pytest.raises(TableUnknown, match=r"'zzz' does not exist in schema 'public'\.$"):
        found.table("public", "zzz")


async def test_what_is_ours_is_left_out(tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int, __rh_9 text)")
    async with tenant.binding.connected("load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.load_1 (id int)")
    found = await _read(tenant)
    assert [(t.name, [c.name for c in t.columns]) for t in found.tables] == [("people", ["id"])]


CHANGES = [
    "ALTER TABLE people ADD x int",
    "ALTER TABLE people RENAME name TO n",
    "ALTER TABLE people ALTER name SET DEFAULT 'y'",
    "ALTER TABLE people ALTER name DROP DEFAULT",
    "ALTER TABLE people ALTER name SET NOT NULL",
    "ALTER TABLE people ADD CHECK (id > 0)",
    "CREATE INDEX ON people (name)",
    "COMMENT ON COLUMN people.name IS 'z'",
    "CREATE VIEW v AS SELECT 1 AS one",
    "DROP TABLE people CASCADE",
    "CREATE TYPE mood AS ENUM ('a')",
    "ALTER TABLE people ALTER name TYPE varchar(3)",
]


async def test_the_version_moves_with_every_change_of_shape(tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, name text DEFAULT 'x')")
    before = await _read(tenant)
    async with tenant.psql() as connection:
        for change in CHANGES:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(change)
            assert await catalog.version(connection) != before.version, change
            await transaction.rollback()
            assert await catalog.version(connection) == before.version


async def test_the_version_stays_with_records_statistics_vacuum_and_loads(tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, name text)")
    before = await _read(tenant)
    await tenant.run("INSERT INTO people SELECT g FROM generate_series(1, 100) g")
    for statement in ("ANALYZE people", "VACUUM people"):
        await tenant.run(statement)
    async with tenant.binding.connected("load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.load_1 (id int)")
    assert (await _read(tenant)).version == before.version


async def test_a_table_s_fingerprint_is_checked_within_a_statement(tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int, name text); CREATE TABLE other (id int)")
    people = (await _read(tenant)).table("public", "people")
    statement = f"SELECT {fingerprints.of_table(people.oid)}"
    assert await tenant.value(statement) == people.fingerprint
    await tenant.run("ALTER TABLE other ADD x int; INSERT INTO people VALUES (1)")
    assert await tenant.value(statement) == people.fingerprint
    await tenant.run("ALTER TABLE people RENAME name TO n")
    assert await tenant.value(statement) != people.fingerprint
    await tenant.run("DROP TABLE people")
    assert await tenant.value(statement) is None


async def test_a_change_in_psql_is_seen_within_a_second_and_one_check_serves_all(
    keyring: Keyring, tenant: Tenant
) -> None:
    databases = Databases(keyring)
    catalogs = Catalogs(databases)
    with as_caller(tenant.member(), "token"):
        first = await catalogs.current(tenant.id)
        await tenant.run("CREATE TABLE people (id int)")
        assert await catalogs.current(tenant.id) is first
        assert (await catalogs.current(tenant.id, fresh=True)).table("public", "people").id
        made = time.monotonic()
        await tenant.run("ALTER TABLE people RENAME TO persons")
        while not (await catalogs.current(tenant.id))._by_name.get(("public", "persons")):
            assert time.monotonic() - made < 2
            await asyncio.sleep(0)
        asked = len(keyring.asked)
        catalogs.forget(tenant.id)
        found = await asyncio.gather(*(catalogs.current(tenant.id) for _ in range(20)))
        assert len(set(map(id, found))) == 1
        assert len(keyring.asked) == asked + 1
    databases.close()


async def test_ids_survive_dump_and_restore(tenant: Tenant, make_database: MakeDatabase) -> None:
    """Columns that were physically dropped shift attribute numbers: names count then."""
    await tenant.run(
        "CREATE TABLE people (gone int, id int PRIMARY KEY, name text); ALTER TABLE people DROP COLUMN gone"
    )
    before = (await _read(tenant)).table("public", "people")
    script = re.sub(r"(?m)^\\.*$", "", tenant.dump("--inserts", ours=True))
    connection = await asyncpg.connect(await make_database())
    await connection.execute(script)
    after = (await catalog.read(connection)).table("public", "people")
    await connection.close()
    assert before.column("name").attnum == 3
    assert after.column("name").attnum == 2
    assert (after.id, after.column("name").id) == (before.id, before.column("name").id)


async def test_a_small_catalog_is_read_in_milliseconds(tenant: Tenant) -> None:
    await tenant.run(
        "".join(f"CREATE TABLE t{n} (id bigserial PRIMARY KEY, a text, b text, c int);" for n in range(50))
    )
    async with tenant.binding.connected("ro_a") as connection:
        await catalog.read(connection)
        started = time.perf_counter()
        await catalog.version(connection)
        assert time.perf_counter() - started < 0.05
