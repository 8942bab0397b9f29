"""Values through the whole installation by every path: REST, psql, and files out and in again in every format. None is altered."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.fixtures.files import written
from tests.fixtures.kinds import SPECS
from tests.fixtures.stack import Installation

RECORDS = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
AT_ONCE = min(500, RECORDS // 3)
NUMBERS = itertools.count(1)
PAGE = 1000


@dataclass(frozen=True)
class Workspace:
    """The sample workspace, over HTTP and in SQL."""

    http: httpx.Client
    sql: "psycopg.Connection[tuple[str, ...]]"

    def made(self) -> str:
        """An empty table with a column of every kind."""
        name = f"trip{next(NUMBERS)}"
        columns = [{"name": column, **spec.made} for column, spec in SPECS.items()]
        answer = self.http.post("/tables", json={"name": name, "columns": columns})
        assert answer.status_code == 201, answer.text
        return name

    def filled(self, dice: Random, records: int) -> tuple[str, int]:
        """A table with values, which went in by COPY as psql does it, and how many there are."""
        rows = [[spec.value(dice) for spec in SPECS.values()] for _ in range(records)]
        table = self.made()
        self.copied_in(table, written(rows), list(SPECS))
        return table, sum(value is not None for row in rows for value in row)

    def copied_in(self, table: str, data: bytes | str, columns: list[str]) -> None:
        named = sql.SQL(",").join(map(sql.Identifier, columns))
        statement = sql.SQL("COPY {}({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), named)
        with self.sql.cursor().copy(statement) as copy:
            copy.write(data)

    def copied_out(self, table: str) -> bytes:
        with self.sql.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT csv)").format(sql.Identifier(table))) as copy:
            return b"".join(map(bytes, copy))

    def exported(self, table: str, format_: str) -> bytes:
        answer = self.http.get(f"/tables/{table}/export", params={"format": format_})
        assert answer.status_code == 200, answer.text
        return answer.content

    def imported(self, data: bytes, like: str, **options: object) -> str:
        name = f"trip{next(NUMBERS)}"
        asked = json.dumps({"like": like, "header": True, **options})
        answer = self.http.post("/imports", params={"name": name, "options": asked}, content=data)
        assert answer.status_code == 201, answer.text
        return name

    def altered(self, table: str, copy: str, path: str) -> list[tuple[str, ...]]:
        """The first values of `table` that are others in `copy`, or are not there."""
        pairs = sql.SQL(",").join(
            sql.SQL("({}, {}, {})").format(name, kept(path, name, "a"), kept(path, name, "b")) for name in SPECS
        )
        statement = sql.SQL(
            "SELECT id::text, name, was, became FROM {} a FULL JOIN {} b USING (id),"
            " LATERAL (VALUES {}) each(name, was, became) WHERE was IS DISTINCT FROM became LIMIT 20"
        )
        found = self.sql.execute(statement.format(sql.Identifier(table), sql.Identifier(copy), pairs))
        return found.fetchall()

    def drop(self, *tables: str) -> None:
        for table in tables:
            self.sql.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(table)))


def kept(path: str, name: str, side: str) -> sql.Composed:
    """SQL of what this path keeps of a column's values: their very texts, but for what SPECS says."""
    before, after = SPECS[name].kept(path).split("{}")
    return sql.SQL("{}{}{}").format(sql.SQL(before), sql.Identifier(side, name), sql.SQL(after))


def through_rest(workspace: Workspace, table: str) -> str:
    """Read in pages, and written as it was read: these very bytes."""
    copy = workspace.made()
    query: dict[str, str | int] | None = {"limit": PAGE}
    while query is not None:
        answer = workspace.http.get(f"/tables/{table}/records", params=query)
        assert answer.status_code == 200, answer.text
        page, cursor = answer.content, answer.json()["next"]
        query = cursor and {"limit": PAGE, "cursor": cursor}
        body = page[: page.index(b'],"next":')] + b"]}"
        answer = workspace.http.post(
            f"/tables/{copy}/records", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201, answer.text
    return copy


def through_psql(workspace: Workspace, table: str) -> str:
    copy = workspace.made()
    workspace.copied_in(copy, workspace.copied_out(table), ["id", *SPECS])
    return copy


def from_psql(workspace: Workspace, table: str) -> str:
    """What psql writes, imported."""
    header = ",".join(f'"{name}"' for name in ("id", *SPECS)) + "\n"
    return workspace.imported(header.encode() + workspace.copied_out(table), table, delimiter=",")


def to_psql(workspace: Workspace, table: str) -> str:
    """What is exported, read by psql."""
    copy = workspace.made()
    workspace.copied_in(copy, workspace.exported(table, "csv").partition(b"\n")[2], ["id", *SPECS])
    return copy


def through(format_: str, **options: object) -> Callable[[Workspace, str], str]:
    """Exported and imported."""
    return lambda workspace, table: workspace.imported(workspace.exported(table, format_), table, **options)


PATHS: dict[str, Callable[[Workspace, str], str]] = {
    "rest": through_rest,
    "psql": through_psql,
    "from psql": from_psql,
    "to psql": to_psql,
    "csv": through("csv", delimiter=","),
    "tsv": through("tsv", delimiter="tab"),
    "json": through("json"),
    "jsonl": through("jsonl"),
    "xlsx": through("xlsx"),
}


@pytest.fixture(scope="module")
def workspace(stack: Installation) -> Iterator[Workspace]:
    headers, tenant = {"Authorization": f"Bearer {stack.token}"}, f"{stack.url}/api/v1/tenants/sample"
    made = httpx.post(f"{tenant}/connections", json={"access": "ddl"}, headers=headers).raise_for_status().json()
    with (
        httpx.Client(base_url=f"{tenant}/schemas/public", headers=headers, timeout=600) as http,
        psycopg.connect(made["connection_string"], autocommit=True) as connection,
    ):
        yield Workspace(http, connection)


@pytest.mark.soak
def test_every_value_of_every_kind_survives_every_path(workspace: Workspace, counted: Callable[[str], None]) -> None:
    values = 0

    @settings(
        max_examples=-(-2 * RECORDS // AT_ONCE),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        # What is altered is shown as it is: a smaller seed is no smaller example.
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    @given(seed=st.integers(0, 2**64), records=st.integers(1, AT_ONCE))
    def survives(seed: int, records: int) -> None:
        nonlocal values
        table, filled = workspace.filled(Random(seed), records)
        for path, copied in PATHS.items():
            copy = copied(workspace, table)
            assert workspace.altered(table, copy, path) == [], path
            workspace.drop(copy)
            values += filled
        workspace.drop(table)

    survives()
    counted(f"{values:,} values in {len(SPECS)} sorts of columns went {len(PATHS)} ways and came back, 0 altered")
