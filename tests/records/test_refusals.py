"""What Postgres refuses of a write, each rule in its own words, with what the caller needs to put it right."""

from typing import Any

import pytest

from services import kinds
from tests.fixtures.records import Records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

TABLES = """
    CREATE TABLE cities (name text, land text, code int UNIQUE, PRIMARY KEY (name, land));
    INSERT INTO cities VALUES ('Oslo', 'NO', 1), ('Rome, the city', 'IT', 2);
    CREATE TABLE people (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(5), short char(3), paid numeric(5,2), age smallint, tags text[],
        first text, last text, city text, land text, code int REFERENCES cities (code),
        UNIQUE (first, last), FOREIGN KEY (city, land) REFERENCES cities, CONSTRAINT grown CHECK (age >= 18 OR name IS NULL),
        twice int GENERATED ALWAYS AS (age / (29 - age)) STORED
    );
    CREATE UNIQUE INDEX lowered ON people (lower(name));
    CREATE TABLE late (id int PRIMARY KEY, other int REFERENCES late DEFERRABLE INITIALLY DEFERRED,
        place int UNIQUE DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE rooms (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&));
"""


@pytest.fixture
async def people(records: Records, tenant: Tenant) -> Records:
    await tenant.run(TABLES)
    return records


REFUSED: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"first": "Ada", "last": "Byron, L"}, "UNIQUE_VIOLATION", ("first, last", "Ada, Byron, L", "already")),
    ({"first": "Bob", "last": "x"}, "UNIQUE_VIOLATION", ("first, last", "'Bob, x'", "record '2'")),
    ({"name": "ADA", "age": 20}, "UNIQUE_VIOLATION", ("lower(name", "'ada'")),
    ({"city": "Atlantis", "land": "X"}, "FOREIGN_KEY_VIOLATION", ("'city, land'", "'people'", "'cities' (name, land)", "'Atlantis, X'")),
    ({"code": 9}, "FOREIGN_KEY_VIOLATION", ("'code'", "'people'", "'cities' (code)", "'9'", "add it there first")),
    ({"age": 3, "name": "kid"}, "CHECK_VIOLATION", ("grown", "age >= 18")),
    ({"name": "much too long"}, "VALUE_INVALID", ("name", "'much too long'", "longer", "character varying(5)")),
    ({"short": "four"}, "VALUE_INVALID", ("short", "'four'", "longer", "character(3)")),
    ({"paid": 1000}, "VALUE_INVALID", ("paid", "'1000'", "out of range", "numeric(5,2)")),
    ({"age": 40000}, "VALUE_INVALID", ("age", "'40000'", "out of range", "smallint")),
    ({"age": 29}, "DATABASE_REFUSED", ("division by zero",)),
    ({"tags": "{a"}, "VALUE_INVALID", ("tags", "'{a'", "text[]")),
    ({"id": 5}, "COLUMN_GENERATED", ("id", "always numbered", "leave it out")),
    ({"twice": 5}, "COLUMN_GENERATED", ("twice", "computed", "leave it out")),
]  # fmt: skip


async def test_each_rule_is_told_by_itself(people: Records, subtests: pytest.Subtests) -> None:
    await people.create({"first": "Ada", "last": "Byron, L", "name": "ada", "age": 20}, {"first": "Bob", "last": "x"})
    for record, reason, words in REFUSED:
        with subtests.test(record=record), refused(reason, *words):
            await people.create({"first": "fine"}, record)
        with subtests.test(change=record), refused(reason, *words):
            await people.update_one(1 if record.get("first") == "Bob" else 2, record)
    assert (await people.page(count="exact"))["count"]["value"] == 2


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 record of table 'people' (city, land) still refers"), (3, "3 records of table"), (1001, "more than 1000")],
)
async def test_who_is_referred_to_stays_and_it_says_by_how_many(
    people: Records, tenant: Tenant, count: int, words: str
) -> None:
    await tenant.run(f"INSERT INTO people (city, land) SELECT 'Oslo', 'NO' FROM generate_series(1, {count})")
    cities = people.of("cities")
    for write in (cities.delete_one("Oslo,NO"), cities.update_one("Oslo,NO", {"land": "SE"}), cities.delete("Oslo,NO")):
        with refused("FOREIGN_KEY_VIOLATION", "table 'cities' has to stay", words):
            await write
    with refused("FOREIGN_KEY_VIOLATION", "cities", "has to stay"):
        await cities.write("DeleteRecords", {"filter": {"column": "code", "op": "ge", "value": 0}})
    await people.create({"code": 2})
    with refused("FOREIGN_KEY_VIOLATION", "'2' of table 'cities'", "1 record of table 'people' (code)"):
        await cities.delete("Rome%2C%20the%20city,IT")


async def test_who_may_not_be_deleted_is_told_the_same_whatever_the_key_is_set_to_do(
    people: Records, tenant: Tenant
) -> None:
    await tenant.run("""
        CREATE TABLE nodes (id int PRIMARY KEY, up int REFERENCES nodes, beside int REFERENCES nodes ON DELETE RESTRICT);
        INSERT INTO nodes VALUES (1, NULL, NULL), (2, 1, NULL), (3, NULL, 2), (4, NULL, 2);
    """)
    with refused("FOREIGN_KEY_VIOLATION", "'1' of table 'nodes'", "1 record of table 'nodes' (up) still refers"):
        await people.of("nodes").delete_one(1)
    with refused("FOREIGN_KEY_VIOLATION", "'2' of table 'nodes'", "2 records of table 'nodes' (beside) still refer"):
        await people.of("nodes").delete_one(2)
    assert (await people.of("nodes").delete(1, 2, 3, 4))["deleted"] == 4


async def test_rules_that_wait_for_the_commit_name_the_record_too(people: Records) -> None:
    late = people.of("late")
    await late.create({"id": 1, "other": 2}, {"id": 2, "other": 1, "place": 1})
    with refused("FOREIGN_KEY_VIOLATION", "'other'", "'late' (id)", "'9'"):
        await late.create({"id": 3, "other": 3}, {"id": 4, "other": 9})
    with refused("UNIQUE_VIOLATION", "Record 2", "place", "'1'", "record '2'"):
        await late.create({"id": 5, "place": 5}, {"id": 6, "place": 1})
    swapped = await late.update({"key": "1", "set": {"place": 1}}, {"key": "2", "set": {"place": None}})
    assert [r["place"] for r in swapped["records"]] == [1, None]


async def test_an_exclusion_says_with_what_it_collides(people: Records) -> None:
    await people.of("rooms").create({"id": 1, "during": "[1,5)"})
    with refused("EXCLUSION_VIOLATION", "Record 2", "rooms_during_excl", "[4,9)", "[1,5)"):
        await people.of("rooms").create({"id": 2, "during": "[7,9)"}, {"id": 3, "during": "[4,9)"})


async def test_a_function_that_raises_is_heard_whatever_its_code(
    people: Records, tenant: Tenant, subtests: pytest.Subtests
) -> None:
    async with tenant.binding.connected("postgres") as superuser:
        await superuser.execute("""
            CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.first = 'missing' THEN PERFORM * FROM nowhere; END IF;
                RAISE 'no % today', NEW.first USING ERRCODE = NEW.first; END $$;
            CREATE TRIGGER no BEFORE INSERT ON people FOR EACH ROW WHEN (NEW.first IS NOT NULL) EXECUTE FUNCTION no();
        """)
    for code in ("P0001", "23505", "23503", "23514", "22012", "UE001", "XX000", "42501", "44000", "HV000", "55000"):
        with subtests.test(code=code), refused("TRIGGER_REFUSED", "Record 2", "'people'", f"no {code} today"):
            await people.create({"last": "fine"}, {"first": code})
    with refused("DATABASE_REFUSED", "people", "nowhere"):
        await people.create({"first": "missing"})


async def test_policies_and_rights_are_told_apart(people: Records, tenant: Tenant) -> None:
    own = f'SET ROLE "{tenant.id}_own"'
    async with tenant.binding.connected("postgres") as superuser:
        await superuser.execute(f"""{own};
            ALTER TABLE people ENABLE ROW LEVEL SECURITY;
            CREATE POLICY open ON people USING (true) WITH CHECK (first IS DISTINCT FROM 'secret');
            REVOKE INSERT ON rooms FROM "{tenant.id}_w";
        """)
    with refused("POLICY_REFUSED", "Record 2", "'people'"):
        await people.create({"first": "open"}, {"first": "secret"})
    with refused("ACCESS_DENIED", "'rooms'"):
        await people.of("rooms").create({"id": 1})


async def test_a_table_without_a_key_is_read_and_added_to_and_says_how_to_get_one(
    people: Records, tenant: Tenant
) -> None:
    await tenant.run("CREATE TABLE log (line text, n int)")
    log = people.of("log")
    made = await log.create({"line": "a", "n": 1}, {"line": "b", "n": 2})
    assert (made["keys"], len(made["versions"])) == (None, 2)
    for write in (log.update_one("1", {"n": 1}), log.update({"key": "1", "set": {"n": 1}}), log.delete("1")):
        with refused("NO_PRIMARY_KEY", "'log'", "ADD COLUMN id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"):
            await write
    assert (await log.write("DeleteRecords", {"filter": {"column": "n", "op": "eq", "value": 1}}))["deleted"] == 1
    await tenant.run("ALTER TABLE log ADD COLUMN id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
    assert (await log.update_one("1", {"line": "c"})).body


async def test_the_rule_of_a_kind_speaks_as_the_kind_does(people: Records, tenant: Tenant) -> None:
    rule = kinds.KINDS["email"].rule("email", {})
    await tenant.run(
        f"CREATE TABLE contacts (id int PRIMARY KEY, email text CHECK ({rule}), CHECK (email NOT LIKE 'root@%'))"
    )
    await tenant.run("SELECT rowhouse.reconcile()")
    async with tenant.binding.connected("postgres") as superuser:
        await superuser.execute("UPDATE rowhouse.attribute SET kind = 'email' WHERE name = 'email'")
    contacts = people.of("contacts")
    with refused("VALUE_INVALID", "Record 2", "email", "'nobody'", "it is no e-mail address"):
        await contacts.create({"id": 1, "email": "a@b.org"}, {"id": 2, "email": "nobody"})
    with refused("CHECK_VIOLATION", "Record 1", "root@"):
        await contacts.create({"id": 1, "email": "root@b.org"})
    answer = await contacts.create(
        {"id": 1, "email": "nobody"}, {"id": 2, "email": " a@b.org "}, partial="true", input="text"
    )
    assert [(one["row"], one["column"], one["code"]) for one in answer["skipped"]] == [(1, "email", "VALUE_INVALID")]
    assert [record["email"] for record in answer["records"]] == ["a@b.org"]
