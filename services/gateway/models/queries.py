"""Query parameters of the routes that pass data through."""

from typing import Literal

from pydantic import Field

from services.gateway.bodies import json_text, parameters
from services.gateway.bodies.parameters import Paged, Parameters

Numbers = Literal["number", "string"] | None
_NUMBERS = Field(
    None,
    description="`string` gives bigint, numeric and money as strings, for parsers that only have doubles.",
    examples=["string"],
)
_FIELDS = Field(
    "",
    description='Columns, comma-separated; all if absent. A name with `,` `:` `.` or `"` is double-quoted as in SQL.',
    examples=["title,rating"],
)
_SORT = Field(
    "",
    description="Columns, comma-separated, each with `:desc` for descending, and `:raw` for text byte by byte.",
    examples=["rating:desc,title"],
)
_FILTER = Field(
    "",
    description='A tree as JSON: `{"column", "op", "value"}`, `{"and": […]}`, `{"or": […]}`, `{"not": …}`.',
    examples=['{"column": "rating", "op": "ge", "value": 8}'],
)
_SEARCH = Field(
    "",
    description="Words, of which each must be in some text of a record; case and accents do not count. 200 characters, 10 words at most.",
    examples=["up pixar"],
)
_NUMBER_MOST = 2**53
_PARTIAL = Field(
    None,
    description="`true` leaves out what does not fit, lists it under `skipped`, and does everything else.",
    examples=["false"],
)


class Records(Paged):
    """A page of records."""

    fields: str = _FIELDS
    sort: str = _SORT
    filter: str = _FILTER
    search: str = _SEARCH
    offset: int | None = Field(
        None,
        ge=0,
        le=_NUMBER_MOST,
        description="How many records to pass over, instead of a cursor; `start` says whether the page begins exactly there.",
        examples=[0],
    )
    at: Literal["end"] | None = Field(
        None, description="`end` for the last page, instead of a cursor or an offset.", examples=[None]
    )
    count: Literal["none", "estimate", "exact"] | None = Field(
        None, description="Whether to count all that match; `none` if absent.", examples=["estimate"]
    )
    shape: Literal["objects", "rows"] | None = Field(
        None, description="Records as objects, or rows of values under one list of columns.", examples=["objects"]
    )
    numbers: Numbers = _NUMBERS


class Aggregated(Parameters):
    """Figures over a list; with `offset` or `limit` over that window of it."""

    aggregate: str
    filter: str = ""
    search: str = ""
    sort: str = ""
    offset: int | None = Field(None, ge=0, le=_NUMBER_MOST)
    limit: int | None = Field(None, ge=1, le=_NUMBER_MOST)
    numbers: Numbers = None


class Record(Parameters):
    """One record."""

    fields: str = _FIELDS
    numbers: Numbers = _NUMBERS


class Changed(Parameters):
    """How one record is written, and comes back."""

    numbers: Numbers = _NUMBERS
    input: Literal["json", "text"] | None = Field(
        None,
        description="`text` reads texts as people write them, by the kinds of their columns: `1.234,50 €`, `yes`, `5 min`.",
        examples=["json"],
    )


class Deleted(Parameters):
    """How records are deleted."""

    partial: Literal["false", "true"] | None = _PARTIAL


class Written(Changed):
    """How records are written, and come back."""

    partial: Literal["false", "true"] | None = _PARTIAL


class Export(Parameters):
    """A file of a table."""

    format: Literal["csv", "tsv", "json", "jsonl", "xlsx", "parquet"] = Field(
        "csv", description="How the file is written.", examples=["csv"]
    )
    fields: str = _FIELDS
    sort: str = _SORT
    filter: str = _FILTER
    search: str = Field("", description="Words that a record's text must all contain.", examples=["up"])
    formula_safe: Literal["false", "true"] = Field(
        "false",
        description="`true` alters csv and tsv: a text that a spreadsheet would take for a formula gets a `'` before it.",
        examples=["true"],
    )


class Import(Parameters):
    """A file for a table."""

    name: str = Field("", description="The new table's name; not with the option `into`.", examples=["movies"])
    options: str = Field(
        "",
        description="JSON: header, delimiter, encoding, null_values, date_order, columns, like, into, mode, key, dry_run, on_misfit, …",
        examples=['{"delimiter": ";"}'],
    )


class Imports(Paged):
    """A page of imports, or of what one rejected."""


class Preview(Parameters):
    """The head of a file."""

    options: str = Field("", description="JSON, as an import takes it.", examples=['{"delimiter": ";"}'])
    whole: Literal["false", "true"] = Field(
        "false", description="Whether the body is the whole file and not its head.", examples=["true"]
    )


class Tables(Paged):
    """A page of tables."""

    schema_: str = Field("", alias="schema", description="Only this schema's.", examples=["public"])


class Operations(Paged):
    """A page of the timeline."""

    schema_: str = Field(
        "", alias="schema", description="With `table`: only the steps that touched it.", examples=["public"]
    )
    table: str = Field("", description="A table of that schema.", examples=["movies"])


def query_of(members: dict[str, str]) -> Records | Aggregated:
    """A query given as a JSON body. Filter and figures stay the texts they are, so that numbers keep their digits."""
    given = {
        name: json_text.plain(text) if _is_plain(name, text) else text
        for name, text in members.items()
        if text != "null"
    }
    if "aggregate" in given:
        return parameters.checked(Aggregated, given)
    return parameters.checked(Records, given)


def _is_plain(name: str, text: str) -> bool:
    return name not in ("filter", "aggregate") or text.startswith('"')
