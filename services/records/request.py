"""What a caller asks, read into frozen values without a look at the database: texts of a query, bodies of a write."""

import hashlib
from dataclasses import dataclass

from services.kit import paging
from services.records import documents, names
from services.records.documents import Json
from services.records.errors import (
    AggregateInvalid,
    IdempotencyKeyInvalid,
    ParameterInvalid,
    SearchInvalid,
    StartInvalid,
    shown,
)
from services.records.reads import filters

MAX_OFFSET = 2**53
MAX_SEARCH = 200
"""Characters of a search."""

MAX_WORDS = 10
MAX_FIGURES = 200
"""Figures of one request."""

MAX_KEY = 255
COUNTS = ("none", "estimate", "exact")
SHAPES = ("objects", "rows")
NUMBERS = ("number", "string")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as a path names it: names, or `@<id>`."""

    schema: str
    table: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which columns of which records, in which order."""

    table: TableName
    fields: tuple[str, ...]
    sort: tuple[names.Sort, ...]
    where: filters.Node | None
    words: tuple[str, ...]
    """Words that a record's text must all contain."""
    digest: bytes
    """Of sort, filter and search as they were written: a cursor serves no other list."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a selection, that starts behind a cursor, or `offset` records from the start, or ends where the list ends."""

    selection: Selection
    cursor: str
    limit: int
    count: str
    rows: bool
    """Arrays instead of objects."""
    as_text: bool
    """Long numbers as strings."""
    offset: int | None = None
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """What is to be worked out over a column."""

    column: str
    function: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Figures over a selection, or over `limit` records of it from `offset` on; both None for all of it."""

    selection: Selection
    figures: tuple[Figure, ...]
    offset: int | None
    limit: int | None
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Get:
    """One record, by its key as it stands in a path."""

    table: TableName
    key: str
    fields: tuple[str, ...] = ()
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key, with a digest of the request that it stands for; an empty key is none."""

    key: str
    digest: bytes


def selection(table: TableName, *, fields: str = "", sort: str = "", filter: str = "", search: str = "") -> Selection:
    """Read the texts of a query. Raises FieldsInvalid, SortInvalid, FilterInvalid, SearchInvalid and Malformed."""
    asked = f"{sort}\n{filter}\n{search}" if search else f"{sort}\n{filter}"
    digest = hashlib.blake2b(asked.encode(), digest_size=6).digest()
    return Selection(table, names.fields(fields), names.sort(sort), filters.parse(filter), _words(search), digest)


def page(
    selection: Selection,
    *,
    cursor: str = "",
    limit: int = 0,
    count: str = "",
    shape: str = "",
    numbers: str = "",
    offset: int | None = None,
    at: str = "",
) -> Page:
    """Read what else a list may ask. Raises LimitInvalid, ParameterInvalid and StartInvalid."""
    if bool(cursor) + (offset is not None) + bool(at) > 1:
        raise StartInvalid("A list starts in one place: give one of 'cursor', 'offset' and 'at'.")
    if at not in ("", "end"):
        raise StartInvalid(f"'at' is 'end', not {shown(at)}; a list starts at its start anyway.")
    return Page(
        selection,
        cursor,
        paging.bounded(limit),
        one_of("count", count, COUNTS),
        one_of("shape", shape, SHAPES) == "rows",
        as_text(numbers),
        _offset(offset),
        at == "end",
    )


def aggregate(selection: Selection, body: bytes, *, offset: int | None, limit: int | None, numbers: str) -> Aggregate:
    """Read `[{"column", "function"}]`. Raises Malformed, AggregateInvalid, StartInvalid and ParameterInvalid."""
    asked = documents.parse(body, "'aggregate'")
    if not isinstance(asked, list) or not asked:
        raise AggregateInvalid('\'aggregate\' is a list: [{"column": …, "function": …}].')
    if len(asked) > MAX_FIGURES:
        raise AggregateInvalid(f"{len(asked)} figures are more than the {MAX_FIGURES} that one request may ask for.")
    if limit is not None and not 0 < limit <= MAX_OFFSET:
        raise AggregateInvalid(f"'limit' is a number from 1 to {MAX_OFFSET}, not {limit}.")
    return Aggregate(selection, tuple(map(_figure, asked)), _offset(offset), limit, as_text(numbers))


def get(table: TableName, key: str, *, fields: str = "", numbers: str = "") -> Get:
    """Read what else the reading of one record may ask. Raises FieldsInvalid and ParameterInvalid."""
    return Get(table, key, names.fields(fields), as_text(numbers))


def as_text(numbers: str) -> bool:
    """Whether `numbers` asks for strings. Raises ParameterInvalid."""
    return one_of("numbers", numbers, NUMBERS) == "string"


def once(key: str, *parts: str | bytes) -> Once:
    """The idempotency key of a request that consists of `parts`. Raises IdempotencyKeyInvalid."""
    if len(key) > MAX_KEY or documents.fault_in(key):
        raise IdempotencyKeyInvalid(MAX_KEY)
    digest = hashlib.sha256()
    for part in parts if key else ():
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8) + raw)
    return Once(key, digest.digest())


def one_of(parameter: str, value: str, known: tuple[str, ...]) -> str:
    """The value, if it is one of those known; the first of them where it is absent. Raises ParameterInvalid."""
    """`value`, or for an empty one the first that is known. Raises ParameterInvalid."""
    if value and value not in known:
        raise ParameterInvalid(parameter, value, known)
    return value or known[0]


def _words(search: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(search.split()))
    if len(search) > MAX_SEARCH:
        raise SearchInvalid(f"A search has at most {MAX_SEARCH} characters, not {len(search)}.")
    if len(words) > MAX_WORDS:
        raise SearchInvalid(f"A search has at most {MAX_WORDS} words, not {len(words)}.")
    if fault := documents.fault_in(search):
        raise SearchInvalid(f"The search cannot be used: {fault}")
    return words


def _offset(offset: int | None) -> int | None:
    if offset is not None and not 0 <= offset <= MAX_OFFSET:
        raise StartInvalid(f"'offset' is a number from 0 to {MAX_OFFSET}, not {offset}.")
    return offset


def _is_name(column: str) -> bool:
    return not isinstance(column, documents.Number) and documents.fault_in(column) is None


def _figure(raw: Json) -> Figure:
    match raw:
        case {"column": str(column), "function": str(function), **rest} if not rest and _is_name(column):
            return Figure(column, function)
    raise AggregateInvalid(f'{shown(str(raw))} is no figure; one is {{"column": …, "function": …}}.')
