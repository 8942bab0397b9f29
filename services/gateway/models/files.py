"""Imports and what became of their files. They pass through unread: these models describe them for the OpenAPI document."""

from typing import Literal

from pydantic import Field, JsonValue

from services.gateway.models.base import Answer, Label, Next, Open, SqlName


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
