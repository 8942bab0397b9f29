"""The shape of what passes through unread: the services read and write it, these models describe it in the OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from services.gateway.models.base import Answer, Body, Next


class Open(Answer):
    """An answer that may grow; a client ignores what it does not know."""

    model_config = ConfigDict(extra="allow", frozen=True)


Id = Annotated[int, Field(description="It survives a rename; `@<id>` stands wherever the name may.", examples=[17])]
SqlName = Annotated[str, Field(description="The name in SQL; at most 63 bytes.", examples=["movies"])]
Version = Annotated[str, Field(description="The record's version, its ETag without quotes.", examples=["731"])]
Row = Annotated[
    dict[str, JsonValue], Field(description="Values by column.", examples=[{"id": 1, "title": "Up", "rating": 8.3}])
]
Key = Annotated[
    JsonValue,
    Field(
        description="The record's key as it stands in its path, or an object of a composite key's columns.",
        examples=["1"],
    ),
]


class Schema(Open):
    """A schema of the database."""

    id: Id
    name: str = Field(examples=["public"])


class Schemas(Answer):
    """The schemas of the database."""

    schemas: list[Schema]
    next: Next


class NewSchema(Body):
    """A schema to make."""

    name: str = Field(examples=["archive"])


class Column(Open):
    """A column."""

    id: Id
    name: str = Field(examples=["rating"])
    label: str | None = Field(description="What people see where a SQL name would not do.", examples=[None])
    type: str = Field(description="Postgres' own text.", examples=["numeric(3,1)"])
    kind: str = Field(
        description="The family: text, number, boolean, date, datetime, time, uuid, json, other.", examples=["number"]
    )
    nullable: bool = Field(examples=[True])


class TableSummary(Open):
    """A table or view, in a list."""

    id: Id
    schema_: str = Field(alias="schema", examples=["public"])
    name: SqlName
    relation: str = Field(
        description="table, partitioned_table, view, materialized_view or foreign_table.", examples=["table"]
    )
    estimated_rows: int = Field(examples=[3201])
    primary_key: list[str] = Field(examples=[["id"]])


class Tables(Answer):
    """Tables and views."""

    tables: list[TableSummary]
    next: Next


class Table(TableSummary):
    """A table with its columns."""

    columns: list[Column]


class Default(Body):
    """What a new record gets where nothing is said: a value, or what a function gives."""

    value: JsonValue = Field(None, examples=["new"])
    function: Literal["now", "today", "uuid"] | None = Field(None, examples=[None])


class NewColumn(Body):
    """A column to make; `type` or `kind` says which."""

    name: str = Field(examples=["rating"])
    type: str | None = Field(None, description="A Postgres type.", examples=["numeric(3,1)"])
    kind: str | None = Field(None, description="A kind, whose usual type is taken.", examples=[None])
    nullable: bool = Field(True, examples=[True])
    default: Default | None = Field(None, examples=[None])
    label: str | None = Field(None, examples=[None])


class NewTable(Body):
    """A table to make. Without a primary key it gets `id bigint`, numbered by itself."""

    name: SqlName
    columns: list[NewColumn]
    primary_key: list[str] | None = Field(None, examples=[None])


class RenamedTable(Body):
    """A table's new name."""

    name: str = Field(examples=["films"])


class RenamedColumn(Body):
    """A column's new name."""

    name: str = Field(examples=["stars"])


class AnyOperation(Body):
    """An operation: `do` and its own fields."""

    model_config = ConfigDict(extra="allow", frozen=True)

    do: str = Field(examples=["add_column"])


class Apply(Body):
    """A plan to apply, or an operation that can be undone in full."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={"examples": [{"do": "rename_table", "schema": "public", "table": "movies", "to": "films"}]},
    )

    plan: str | None = Field(None, description="The token of a plan.")
    do: str | None = Field(None, description="The operation, with its own fields beside it.")


class Plan(Open):
    """What an operation would do, and the token that applies exactly that."""

    plan: str = Field(examples=["eyJhbGciOiJFZERTQSJ9…"])
    effects: list[JsonValue] = Field(examples=[["Adds the column 'rating' (numeric(3,1)) to public.movies."]])


class Operation(Open):
    """A step on the timeline."""

    id: int = Field(examples=[42])
    do: str = Field(examples=["rename_table"])
    state: str = Field(description="running, done, failed or undone.", examples=["done"])


class Operations(Answer):
    """The timeline, latest first."""

    operations: list[Operation]
    next: Next


class Count(Answer):
    """How many records match."""

    value: int = Field(examples=[3201])
    exact: bool = Field(examples=[True])


class Page(Open):
    """A page of records, as objects, or with `shape=rows` as `columns`, `rows`, `keys` and `versions`."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"records": [{"id": 1, "title": "Up", "rating": 8.3}], "next": "WzEwMF0", "prev": None, "count": None}
            ]
        },
    )

    records: list[Row] | None = None
    next: Next = None
    prev: str | None = Field(None, description="The cursor of the page before.")
    count: Count | None = None


class Query(Body):
    """The list's own parameters, as a body; the filter is JSON here."""

    fields: str | None = Field(None, examples=["title,rating"])
    sort: str | None = Field(None, examples=["rating:desc"])
    filter: dict[str, Any] | None = Field(None, examples=[{"column": "rating", "op": "ge", "value": 8}])
    cursor: str | None = Field(None, examples=[None])
    limit: int | None = Field(None, ge=1, le=1000, examples=[100])
    count: Literal["none", "estimate", "exact"] | None = Field(None, examples=["estimate"])
    shape: Literal["objects", "rows"] | None = Field(None, examples=["objects"])
    numbers: Literal["json", "string"] | None = Field(None, examples=["string"])
    search: str | None = Field(None, examples=[None])


class Record(Open):
    """A record: values by column."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra={"examples": [{"id": 1, "title": "Up", "rating": 8.3}]}
    )


class NewRecords(Body):
    """Records to make, 1,000 at most."""

    records: list[Row]


class UpdatedRecord(Body):
    """What to set of one record; with `version`, only if nobody changed it since."""

    key: Key
    set: dict[str, JsonValue] = Field(examples=[{"rating": 8.4}])
    version: Version | None = None


class UpdatedRecords(Body):
    """Records to change, 1,000 at most."""

    records: list[UpdatedRecord]


class Keys(Body):
    """Records to delete, 1,000 at most."""

    keys: list[Key]


class Written(Open):
    """What was written, and the step on the timeline that it became."""

    records: list[Row] | None = None
    operation: int | None = Field(None, examples=[43])


class ImportedColumn(Open):
    """What became of a column of the file."""

    source: str = Field(examples=["Rating "])
    name: str = Field(examples=["rating"])
    type: str = Field(examples=["numeric"])
    kind: str = Field(examples=["number"])
    why: str = Field(examples=["Every one of 3,201 values is a number."])


class Import(Open):
    """An import's report."""

    id: str = Field(examples=["3f0c1a52-6a0c-4f6e-9d0e-6b4f6c1f7a10"])
    state: str = Field(examples=["done"])
    schema_: str = Field(alias="schema", examples=["public"])
    table: SqlName
    operation: int | None = Field(examples=[41])
    rows: int = Field(examples=[3201])
    bytes: int = Field(examples=[409_600])
    columns: list[ImportedColumn]


class ImportPreview(Open):
    """How the head of a file would be read."""

    columns: list[ImportedColumn]
    rows: list[list[JsonValue]] = Field(examples=[[["Up", 8.3]]])
