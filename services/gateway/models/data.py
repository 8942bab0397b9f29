"""The shape of what passes through unread: the services read and write it, these models describe it in the OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from services.gateway.models.base import Answer, Body, Moment, Next


class Open(Answer):
    """An answer that may grow; a client ignores what it does not know."""

    model_config = ConfigDict(extra="allow", frozen=True)


Id = Annotated[int, Field(description="It survives a rename; `@<id>` stands wherever the name may.", examples=[17])]
SqlName = Annotated[str, Field(description="The name in SQL; at most 63 bytes.", examples=["movies"])]
Label = Annotated[
    str | None, Field(description="What people see where a SQL name would not do.", examples=["Average rating"])
]
Comment = Annotated[str | None, Field(examples=["From the festival's archive."])]
Version = Annotated[str, Field(description="The record's version: its ETag without quotes.", examples=["731"])]
Row = Annotated[
    dict[str, JsonValue], Field(description="Values by column.", examples=[{"id": 1, "title": "Up", "rating": 8.3}])
]
Key = Annotated[str, Field(description="The record's key as it stands in its path.", examples=["1"])]


class Schema(Open):
    """A schema of the database."""

    id: int = Field(description="`@<id>` stands wherever the name may.", examples=[2200])
    name: str = Field(examples=["public"])
    comment: Comment


class Schemas(Answer):
    """The schemas of the database."""

    schemas: list[Schema]
    next: Next


class Column(Open):
    """A column."""

    id: Id
    name: str = Field(examples=["rating"])
    label: Label
    type: str = Field(description="Postgres' own text.", examples=["numeric(3,1)"])
    kind: str = Field(
        description="The family by which it is shown, edited and filtered: text, number, money, date, choice, …",
        examples=["number"],
    )
    display: dict[str, JsonValue] = Field(
        description="Settings of its kind: how it is shown and read, or what there is to choose from.",
        examples=[{"decimals": 1}],
    )
    options: list[str] | None = Field(
        None, description="The values of a choice, in people's order; absent for other kinds.", examples=[None]
    )
    nullable: bool = Field(examples=[True])
    default: str | None = Field(description="An SQL expression.", examples=[None])
    comment: Comment
    generated: bool = Field(description="Whether Postgres works it out from other columns.", examples=[False])
    identity: str | None = Field(description="`always` or `by_default` where Postgres numbers it.", examples=[None])
    position: int = Field(description="Its place in the order that people see.", examples=[3])


class TableSummary(Open):
    """A table or view, in a list."""

    id: Id
    schema_: str = Field(alias="schema", examples=["public"])
    name: SqlName
    label: Label
    relation: str = Field(
        description="table, partitioned_table, view, materialized_view or foreign_table.", examples=["table"]
    )
    comment: Comment
    estimated_rows: int | None = Field(examples=[3201])
    primary_key: list[str] = Field(examples=[["id"]])


class Tables(Answer):
    """Tables and views."""

    tables: list[TableSummary]
    next: Next


class Table(TableSummary):
    """A table with its columns, constraints and indexes."""

    columns: list[Column]
    constraints: list[dict[str, JsonValue]] = Field(
        examples=[[{"name": "movies_pkey", "type": "primary_key", "columns": ["id"]}]]
    )
    indexes: list[dict[str, JsonValue]] = Field(examples=[[{"name": "movies_pkey", "unique": True}]])


class Apply(Body):
    """A plan to apply, or an operation that can be undone in full: `do` and its own fields."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={
            "examples": [{"do": "rename_table", "schema": "public", "table": "movies", "name": "films"}]
        },
    )

    plan: str | None = Field(None, description="The token of a plan.")
    do: str | None = Field(None, description="The operation, with its own fields beside it.")


class Plan(Open):
    """What an operation would do, and the token that applies exactly that."""

    plan: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9…"])
    expires_at: Moment
    operation: dict[str, JsonValue] = Field(
        description="The operation, as it was asked for.",
        examples=[{"do": "drop_column", "schema": "public", "table": "movies", "column": "rating"}],
    )
    effects: list[str] = Field(
        description="What happens, for people.", examples=[["Column 'rating' of 'movies' is hidden."]]
    )
    losses: list[str] = Field(description="What cannot be had back, for people.", examples=[[]])
    dependants: list[dict[str, JsonValue]] = Field(description="What hangs on it.", examples=[[]])
    locks: list[dict[str, str]] = Field(
        description="Which tables are locked.", examples=[[{"schema": "public", "table": "movies"}]]
    )
    strategy: str = Field(
        description="How long: `instant`, one reading of the table (`scan`) or one rewriting (`rewrite`).",
        examples=["instant"],
    )
    undoable: bool = Field(examples=[True])


class Operation(Open):
    """A step on the timeline."""

    id: int = Field(examples=[42])
    do: str = Field(examples=["rename_table"])
    at: Moment
    actor: dict[str, str] | None = Field(
        description="Who did it; null for what was done in SQL.",
        examples=[{"id": "0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10", "name": "Ada Lovelace"}],
    )
    channel: str = Field(description="By which way it came: api, web, sql, …", examples=["api"])
    nature: str = Field(description="shape, data or mixed.", examples=["shape"])
    state: str = Field(description="running, done, failed or undone.", examples=["done"])
    table: dict[str, JsonValue] | None = Field(examples=[{"id": 17, "name": "movies"}])
    request: JsonValue = Field(
        examples=[{"do": "rename_table", "schema": "public", "table": "movies", "name": "films"}]
    )
    undoes: int | None = Field(description="The step that this one takes back.", examples=[None])
    undone_by: int | None = Field(examples=[None])
    undoable: bool = Field(examples=[True])
    detail: JsonValue = Field(description="More about it: an import's report, what an undo could not put back.")


class Operations(Answer):
    """The timeline, latest first."""

    operations: list[Operation]
    next: Next


class Count(Answer):
    """How many records match, or about how many."""

    value: int = Field(examples=[3201])
    exact: bool = Field(examples=[True])


_ROW: JsonDict = {"id": 1, "title": "Up", "rating": 8.3}
_AROUND: JsonDict = {
    "next": "WyJVcCIsMjAwXQ",
    "prev": "WyJVcCIsMTAwXQ",
    "start": {"value": 100, "exact": True},
    "count": {"value": 3201, "exact": True},
    "truncated": [],
}


class Page(Open):
    """A page of records, as objects, or with `shape=rows` as `columns`, `rows`, `keys` and `versions`."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra={"examples": [{"records": [_ROW], **_AROUND}]}
    )

    records: list[Row] | None = None
    columns: list[str] | None = None
    rows: list[list[JsonValue]] | None = None
    keys: list[str] | None = None
    versions: list[str] | None = None
    next: Next
    prev: str | None = Field(description="The cursor of the page before.")
    start: Count = Field(description="How many records come before this page, or about how many.")
    count: Count | None = Field(description="How many match; null unless asked for.")
    truncated: list[dict[str, JsonValue]] = Field(
        description="Cells that are too long for a page; the record has them whole."
    )
    search: dict[str, JsonValue] | None = Field(
        None,
        description="With `search`: whether an index found the records (`indexed`), and the `operation` that makes one that would.",
    )


class Figure(Body):
    """What to work out over a column."""

    column: str = Field(examples=["rating"])
    function: str = Field(
        description=(
            "What the column's kind has of count, count_null, count_empty, count_distinct, count_true, percent_true, "
            "sum, avg, median, min, max."
        ),
        examples=["avg"],
    )


class WorkedOut(Figure):
    """A figure, and its value."""

    value: JsonValue = Field(examples=[7.9])


class Figures(Answer):
    """Figures, and over how many records they are."""

    aggregates: list[WorkedOut]
    rows: int = Field(examples=[3201])


class Query(Body):
    """The list's own parameters, as a body; the filter is JSON here.

    With `aggregate` the answer is figures over all that match, or, with `offset` or `limit`, over that window of the list.
    """

    fields: str | None = Field(None, examples=["title,rating"])
    sort: str | None = Field(None, examples=["rating:desc"])
    filter: dict[str, Any] | None = Field(None, examples=[{"column": "rating", "op": "ge", "value": 8}])
    search: str | None = Field(None, max_length=200, examples=[None])
    cursor: str | None = Field(None, examples=[None])
    offset: int | None = Field(None, ge=0, le=2**53, examples=[None])
    at: Literal["end"] | None = Field(None, examples=[None])
    limit: int | None = Field(None, ge=1, le=1000, examples=[100])
    aggregate: list[Figure] | None = Field(None, max_length=200, examples=[None])
    count: Literal["none", "estimate", "exact"] | None = Field(None, examples=["estimate"])
    shape: Literal["objects", "rows"] | None = Field(None, examples=["objects"])
    numbers: Literal["number", "string"] | None = Field(None, examples=["string"])


class Record(Open):
    """A record: values by column."""

    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra={"examples": [_ROW]})


class OnConflict(Body):
    """What becomes of a record that is there already: the same in these columns, which are a key or have a unique index."""

    columns: list[str] = Field(examples=[["id"]])
    do: Literal["update", "ignore"] = Field(
        description="`update` sets what the new one names, `ignore` leaves it as it is.", examples=["update"]
    )


class NewRecords(Body):
    """Records to make, 1,000 at most."""

    records: list[Row]
    on_conflict: OnConflict | None = None


class UpdatedRecord(Body):
    """What to set of one record; with `version`, only if nobody changed it since."""

    key: Key
    set: dict[str, JsonValue] = Field(examples=[{"rating": 8.4}])
    version: Version | None = None


class UpdatedRecords(Body):
    """Records to change, 1,000 at most."""

    records: list[UpdatedRecord]


class KeyedVersion(Body):
    """A record to delete only if nobody changed it since."""

    key: Key
    version: Version | None = None


class Keys(Body):
    """Records to delete, 1,000 at most: by their keys, or all that a filter finds."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"keys": ["1"]}]})

    keys: list[Key | KeyedVersion] | None = None
    filter: dict[str, Any] | None = Field(None, examples=[{"column": "rating", "op": "lt", "value": 2}])


class Skipped(Answer):
    """What did not fit: a value, or with no `column` all of the record, and why."""

    row: int = Field(description="The record's number in the request, from 1.", examples=[3])
    column: str | None = Field(examples=["rating"])
    value: str | None = Field(description="The start of it.", examples=["very good"])
    code: str = Field(examples=["VALUE_INVALID"])
    why: str = Field(examples=["Column 'rating' cannot take 'very good': it is not a number."])


_SKIPPED = Field(None, description="With `partial`: what was left out.", examples=[[]])
_NUMBERS = "With `on_conflict`: which records of the request, numbered from 1, were {}."


class Written(Open):
    """Records as they are now, with their keys and versions, and the step on the timeline that this became.

    `keys` is null for a table without a primary key, `versions` for new records of a partitioned one.
    """

    records: list[Row]
    keys: list[Key] | None
    versions: list[Version] | None
    created: list[int] | None = Field(None, description=_NUMBERS.format("made"), examples=[[1]])
    updated: list[int] | None = Field(None, description=_NUMBERS.format("there, and changed"), examples=[[]])
    ignored: list[int] | None = Field(None, description=_NUMBERS.format("there, and left alone"), examples=[[]])
    skipped: list[Skipped] | None = _SKIPPED
    operation: int = Field(examples=[43])


class Deleted(Open):
    """How many are gone, and the step on the timeline that can bring them back."""

    deleted: int = Field(examples=[1])
    skipped: list[Skipped] | None = _SKIPPED
    operation: int = Field(examples=[44])


class Dialect(Open):
    """How the file is read."""

    format: str = Field(examples=["csv"])
    encoding: str | None = Field(None, examples=["UTF-8"])
    delimiter: str | None = Field(None, examples=[","])
    newline: str | None = Field(None, examples=["LF"])
    header: bool = Field(examples=[True])
    sheet: str | None = Field(None, examples=["Sheet1"])
    sheets: list[str] | None = Field(None, examples=[["Sheet1"]])
    beside: list[str] | None = Field(None, examples=[["metadata"]])


class ImportedColumn(Open):
    """What became of a column of the file."""

    source: str = Field(examples=["Rating "])
    name: str = Field(examples=["rating"])
    label: Label
    type: str = Field(examples=["numeric"])
    kind: str = Field(examples=["number"])
    why: str = Field(examples=["all values are numbers"])


class Renamed(Answer):
    """A column whose name is not its header's text."""

    source: str = Field(examples=["Rating "])
    name: str = Field(examples=["rating"])
    why: str = Field(examples=["spaces around it were taken away"])


class Progress(Open):
    """How far an import is."""

    bytes: int = Field(examples=[409_600])
    total_bytes: int | None = Field(examples=[409_600])
    rows: int = Field(examples=[3201])


class Counts(Open):
    """What became of a file's rows in a table that was there, or would become of them."""

    new: int = Field(examples=[12])
    changed: int = Field(examples=[3])
    unchanged: int = Field(examples=[3186])
    conflicts: int = Field(examples=[0])


class ImportSummary(Open):
    """An import as lists show it: `problem` says why it failed."""

    id: str = Field(examples=["41"])
    state: Literal["running", "done", "failed", "cancelled", "undone"] = Field(examples=["done"])
    schema_: str = Field(alias="schema", examples=["public"])
    table: SqlName
    actor: str | None = Field(examples=["0192c0de"])
    actor_name: str | None = Field(examples=["Ada"])
    started: str = Field(examples=["2026-11-24T14:00:00+00:00"])
    ended: str | None = Field(examples=["2026-11-24T14:00:02+00:00"])
    progress: Progress
    resumable: bool = Field(examples=[False], description="Whether it begins again by itself after an interruption.")
    operation: int | None = Field(examples=[41])
    rejects: int = Field(examples=[0], description="Cells that did not fit and were set aside.")
    problem: dict[str, JsonValue] | None = Field(examples=[None])


class Import(ImportSummary):
    """An import, with its report once it is done; `counts` for a table that was there, with `examples` after a dry run."""

    rows: int | None = Field(None, examples=[3201])
    bytes: int | None = Field(None, examples=[409_600])
    primary_key: str | None = Field(None, examples=["id"])
    dialect: Dialect | None = None
    columns: list[ImportedColumn] | None = None
    renamed: list[Renamed] | None = None
    mode: Literal["append", "upsert"] | None = Field(None, examples=["upsert"])
    counts: Counts | None = None
    dry_run: bool | None = Field(None, examples=[True])
    rejects_url: str | None = Field(None, examples=["/api/v1/tenants/acme/imports/41/rejects"])


class Imports(Answer):
    """Imports, the latest first."""

    imports: list[ImportSummary]
    next: Next


class Reject(Answer):
    """A cell that did not fit. Rows are counted from 1, without the header and empty lines."""

    row: int = Field(examples=[17])
    column: str = Field(examples=["rating"])
    value: str | None = Field(examples=["n/a"])
    why: str = Field(examples=["it cannot be kept unaltered as numeric(3,1)"])


class Rejects(Answer):
    """What an import could not take, in the file's order."""

    rejects: list[Reject]
    next: Next


class ImportPreview(Open):
    """How the head of a file would be read."""

    dialect: Dialect
    columns: list[ImportedColumn]
    renamed: list[Renamed]
    rows: list[list[JsonValue]] = Field(examples=[[["Up", "8.3"]]])
