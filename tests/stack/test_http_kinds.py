"""A table of every kind over HTTP: made, filled with people's texts, seen, changed, sorted, filtered, imported, and held to in SQL."""

from typing import Any

import asyncpg
import pytest

from tests.fixtures.stack import SignUp
from tests.stack.test_http_stories import Home

COLUMNS: list[dict[str, Any]] = [
    {"name": "price", "kind": "money", "type": "numeric(12,2)", "display": {"currency": "EUR"}},
    {"name": "share", "kind": "percent"},
    {"name": "paid", "kind": "boolean"},
    {"name": "due", "kind": "date", "display": {"date_order": "dmy"}},
    {"name": "at", "kind": "datetime"},
    {"name": "takes", "kind": "duration"},
    {"name": "mail", "kind": "email"},
    {"name": "site", "kind": "url"},
    {"name": "call", "kind": "phone"},
    {"name": "tags", "kind": "choices", "display": {"options": ["new", "old"]}},
    {"name": "state", "kind": "choice", "display": {"options": ["planned", "running", "over"]}},
    {"name": "stars", "kind": "rating"},
    {"name": "places", "kind": "array", "type": "integer[]"},
]
TYPED = {
    "price": "1.234,50 €",
    "share": "12,5 %",
    "paid": "✓",
    "due": "03/04/2024",
    "at": "31 Dec 2024 9:05 pm",
    "takes": "1h 30m",
    "mail": " ada@example.com ",
    "site": "https://example.com",
    "call": "+47 22 12 34 56",
    "tags": "OLD; new",
    "state": "Running",
    "stars": "★★★★☆",
    "places": "3, 1",
}
KEPT = {
    "price": 1234.5,
    "share": 0.125,
    "paid": True,
    "due": "2024-04-03",
    "at": "2024-12-31T21:05:00+00:00",
    "takes": "01:30:00",
    "mail": "ada@example.com",
    "site": "https://example.com",
    "call": "+47 22 12 34 56",
    "tags": ["old", "new"],
    "state": "running",
    "stars": 4,
    "places": [3, 1],
}
REFUSED = {
    "price": ("$5", "EUR"),
    "share": ("1,234%", "1234 and as 1.234"),
    "due": ("12/31/2024", "day/month/year"),
    "takes": ("90", "90 min"),
    "mail": ("ada", "no e-mail address"),
    "site": ("example.com", "write https://example.com"),
    "call": ("no", "no telephone number"),
    "tags": ("new, odd", "new, old"),
    "state": ("shut", "planned, running, over"),
    "stars": ("6", "from 1 to 5"),
    "paid": ("maybe", "neither yes nor no"),
}


@pytest.fixture
async def home(sign_up: SignUp) -> Home:
    """A workspace with a table of every kind."""
    home = Home(await sign_up())
    await home.ok("POST", home.tables, json={"name": "orders", "columns": COLUMNS})
    return home


async def test_texts_of_every_kind_are_read_or_refused_with_the_reason(home: Home) -> None:
    records = f"{home.tables}/orders/records"
    written = await home.ok("POST", f"{records}?input=text", json={"records": [TYPED]})
    record = written["records"][0]
    assert {name: record[name] for name in KEPT} == KEPT
    for column, (text, why) in REFUSED.items():
        problem = await home.refused("POST", f"{records}?input=text", 422, json={"records": [{column: text}]})
        assert why in problem["detail"], problem


async def test_psql_is_held_to_what_the_kinds_ask(home: Home) -> None:
    connection = await home.connect("write")
    for column, value in (
        ("mail", "ada"),
        ("site", "javascript:alert(1)"),
        ("state", "shut"),
        ("stars", 6),
        ("tags", ["odd"]),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match=f"orders_{column}_"):
            await connection.execute(f'INSERT INTO orders ("{column}") VALUES ($1)', value)
    await connection.close()


async def test_options_and_settings_change_by_patch_and_come_back_by_undo(home: Home) -> None:
    column = f"{home.tables}/orders/columns/state"
    before = (await home.ok("GET", f"{home.tables}/orders"))["columns"]
    changed = await home.http.patch(
        column, json={"display": {"options": ["over", {"value": "planned", "color": "#00ff00"}]}}
    )
    state = next(c for c in changed.json()["columns"] if c["name"] == "state")
    assert (state["kind"], state["options"]) == ("choice", ["over", "planned"])
    await home.refused("PATCH", column, 422, json={"display": {"decimals": 2}})
    await home.refused("PATCH", column, 422, json={"name": "status", "display": {"options": ["a"]}})
    await home.refused("PATCH", column, 422, json={"kind": "rating"})
    await home.ok("POST", f"{home.root}/operations/{changed.headers['Rowhouse-Operation']}/undo")
    assert (await home.ok("GET", f"{home.tables}/orders"))["columns"] == before
    assert (await home.ok("PATCH", column, json={"name": "status"}))["columns"][11]["name"] == "status"


async def test_a_choice_sorts_by_its_options(home: Home) -> None:
    records = f"{home.tables}/orders/records"
    await home.ok(
        "POST", records, json={"records": [{"state": state} for state in ("over", "planned", "running", None)]}
    )
    page = await home.ok("GET", f"{records}?fields=state&sort=state")
    assert [record["state"] for record in page["records"]] == ["planned", "running", "over", None]


async def test_an_import_tells_kinds_and_keeps_to_them(home: Home) -> None:
    file = 'mail,price,share,takes,site\nada@example.com,"$1,234.50",12.5%,25:10:00,https://example.com\nbo@example.org,$7,100%,00:00:05,http://a.example/x\n'
    imported = await home.ok("POST", f"{home.root}/schemas/public/imports?name=people", content=file.encode())
    kinds = {column["name"]: (column["type"], column["kind"]) for column in imported["columns"]}
    assert kinds == {
        "mail": ("text", "email"),
        "price": ("numeric", "money"),
        "share": ("numeric", "percent"),
        "takes": ("interval", "duration"),
        "site": ("text", "url"),
    }
    table = await home.ok("GET", f"{home.tables}/people")
    assert {column["name"]: column["kind"] for column in table["columns"]} | {"id": "number"} == {
        "id": "number",
        **{name: kind for name, (_, kind) in kinds.items()},
    }
    page = await home.ok("GET", f"{home.tables}/people/records?sort=price:desc&fields=mail,price,share,takes")
    assert page["records"] == [
        {"mail": "ada@example.com", "price": 1234.5, "share": 0.125, "takes": "25:10:00"},
        {"mail": "bo@example.org", "price": 7, "share": 1, "takes": "00:00:05"},
    ]
    problem = await home.refused("POST", f"{home.tables}/people/records", 422, json={"records": [{"mail": "nobody"}]})
    assert "mail" in problem["detail"]
