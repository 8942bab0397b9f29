"""Records and what is asked of them. They pass through unread: these models describe them for the OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from services.gateway.models.base import Answer, Body, Next, Open

Version = Annotated[str, Field(description="The record's version: its ETag without quotes.", examples=["731"])]
Row = Annotated[
    dict[str, JsonValue], Field(description="Values by column.", examples=[{"id": 1, "title": "Up", "rating": 8.3}])
]
Key = Annotated[str, Field(description="The record's key as it stands in its path.", examples=["1"])]


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
