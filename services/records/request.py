"""What a caller asks, read into frozen values without a look at the database: texts of a query, bodies of a write."""

import hashlib
from dataclasses import dataclass

from services.kit import paging
from services.records import documents, filters, names
from services.records.documents import Json
from services.records.errors import (
    AggregateInvalid,
    BodyInvalid,
    BodyTooLarge,
    IdempotencyKeyInvalid,
    ParameterInvalid,
    SearchInvalid,
    StartInvalid,
    TooManyRecords,
    shown,
)

MAX_OFFSET = 2**53
MAX_SEARCH = 200
"""Characters of a search."""

MAX_WORDS = 10
MAX_FIGURES = 200
"""Figures of one request."""

MAX_RECORDS = 1000
MAX_BODY = 10_000_000
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
class Change:
    """What one record is to become; `version` is empty where any version will do."""

    key: str
    values: dict[str, Json]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    """New records."""

    table: TableName
    records: tuple[dict[str, Json], ...]
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Changes of records; `single` where the path names the one record, so that no list is spoken of."""

    table: TableName
    changes: tuple[Change, ...]
    single: bool = False
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Records to delete: keys with the version that each must have, empty for any."""

    table: TableName
    keys: tuple[tuple[str, str], ...]
    single: bool = False


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


def create(table: TableName, body: bytes, numbers: str) -> Create:
    """Read `{"records": [{…}]}`. Raises Malformed, BodyInvalid, TooManyRecords and BodyTooLarge."""
    records = _list(_body(body), "records")
    return Create(table, tuple(_object(record, row) for row, record in enumerate(records, 1)), as_text(numbers))


def update(table: TableName, body: bytes, numbers: str) -> Update:
    """Read `{"records": [{"key", "set", "version"?}]}`. Raises as `create` does."""
    records = _list(_body(body), "records")
    changes = tuple(_change(_object(record, row), row) for row, record in enumerate(records, 1))
    return Update(table, changes, as_text=as_text(numbers))


def update_one(table: TableName, key: str, body: bytes, version: str, numbers: str) -> Update:
    """Read `{column: value, …}` for one record. Raises as `create` does."""
    change = Change(key, _object(_body(body), None), "" if version == "*" else version)
    return Update(table, (change,), True, as_text(numbers))


def delete(table: TableName, body: bytes) -> Delete:
    """Read `{"keys": […]}`. Raises as `create` does."""
    return Delete(table, tuple((_key(key, row), "") for row, key in enumerate(_list(_body(body), "keys"), 1)))


def delete_one(table: TableName, key: str, version: str) -> Delete:
    """One record, of that version if one is given."""
    return Delete(table, ((key, "" if version == "*" else version),), True)


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


def _figure(raw: Json) -> Figure:
    match raw:
        case {"column": str(column), "function": str(function), **rest} if not rest and not documents.fault_in(column):
            return Figure(column, function)
    raise AggregateInvalid(f'{shown(str(raw))} is no figure; one is {{"column": …, "function": …}}.')


def _body(body: bytes) -> Json:
    if len(body) > MAX_BODY:
        raise BodyTooLarge(MAX_BODY)
    return documents.parse(body, "The body")


def _list(body: Json, name: str) -> list[Json]:
    found = body.get(name) if isinstance(body, dict) and len(body) == 1 else None
    if not isinstance(found, list) or isinstance(body, documents.Repeated):
        raise BodyInvalid(f'The body is {{"{name}": […]}} and nothing else.')
    if len(found) > MAX_RECORDS:
        raise TooManyRecords(len(found), MAX_RECORDS)
    if not found:
        raise BodyInvalid(f"'{name}' is empty; there is nothing to do.")
    return found


def _object(record: Json, row: int | None) -> dict[str, Json]:
    where = "The body" if row is None else f"Record {row}"
    if isinstance(record, documents.Repeated):
        raise BodyInvalid(f"{where} names {shown(record.name)} twice.", **({} if row is None else {"row": str(row)}))
    if not isinstance(record, dict):
        raise BodyInvalid(f"{where} is not an object of columns and values.")
    return record


def _change(record: dict[str, Json], row: int) -> Change:
    version = record.get("version") or ""
    if not record.keys() <= {"key", "set", "version"} or "set" not in record or not isinstance(version, str):
        raise BodyInvalid(f'Record {row} is not {{"key": …, "set": {{column: value}}, "version"?: "…"}}.', row=str(row))
    return Change(_key(record.get("key"), row), _object(record["set"], row), version)


def _key(key: Json, row: int) -> str:
    if not isinstance(key, str) or documents.fault_in(key):
        raise BodyInvalid(f"The key of record {row} is a string as it stands in a path, or a number.", row=str(row))
    return str(key)
