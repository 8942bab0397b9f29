"""Schemas, tables, columns and the timeline. They pass through unread: these models describe them for the OpenAPI document."""

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from services.gateway.models.base import Answer, Body, Label, Moment, Next, Open, SqlName

Id = Annotated[int, Field(description="It survives a rename; `@<id>` stands wherever the name may.", examples=[17])]
Comment = Annotated[str | None, Field(examples=["From the festival's archive."])]


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
