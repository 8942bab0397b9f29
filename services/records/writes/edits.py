"""What a caller wants written, read into frozen values without a look at the database: bodies, and how they are to be taken."""

from dataclasses import dataclass

from services.records import documents
from services.records.documents import Json
from services.records.errors import BodyInvalid, BodyTooLarge, FilterInvalid, TooManyRecords, shown
from services.records.reads import filters
from services.records.request import Selection, TableName, as_text, one_of, selection

MAX_RECORDS = 1000
MAX_BODY = 10_000_000
INPUTS = ("json", "text")
PARTIAL = ("false", "true")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a write is taken and answered."""

    as_text: bool = False
    """Long numbers come back as strings."""
    pasted: bool = False
    """Texts are read as people write them, by the kinds of their columns."""
    partial: bool = False
    """What does not fit is left out and listed, and the rest is written."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """What becomes of a new record when there is one with the same values in these columns: it updates that one, or is ignored."""

    columns: tuple[str, ...]
    updates: bool


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
    manner: Manner = Manner()
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Changes of records; `single` where the path names the one record, so that no list is spoken of."""

    table: TableName
    changes: tuple[Change, ...]
    manner: Manner = Manner()
    single: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Records to delete: keys with the version that each must have, empty for any."""

    table: TableName
    keys: tuple[tuple[str, str], ...]
    manner: Manner = Manner()
    single: bool = False


@dataclass(frozen=True, slots=True)
class DeleteWhere:
    """All records that a filter finds."""

    found: Selection


def manner(numbers: str = "", input: str = "", partial: str = "") -> Manner:
    """Read the parameters of a write. Raises ParameterInvalid."""
    pasted, skips = one_of("input", input, INPUTS) == "text", one_of("partial", partial, PARTIAL) == "true"
    return Manner(as_text(numbers), pasted, skips)


def create(table: TableName, body: bytes, manner: Manner = Manner()) -> Create:
    """Read `{"records": [{…}], "on_conflict"?: {…}}`. Raises Malformed, BodyInvalid, TooManyRecords and BodyTooLarge."""
    members = _members(body, "records", "on_conflict")
    records = tuple(_object(record, row) for row, record in enumerate(_list(members, "records"), 1))
    conflict = _conflict(members["on_conflict"]) if "on_conflict" in members else None
    return Create(table, records, manner, conflict)


def update(table: TableName, body: bytes, manner: Manner = Manner()) -> Update:
    """Read `{"records": [{"key", "set", "version"?}]}`. Raises as `create` does."""
    records = _list(_members(body, "records"), "records")
    return Update(table, tuple(_change(_object(record, row), row) for row, record in enumerate(records, 1)), manner)


def update_one(table: TableName, key: str, body: bytes, version: str, manner: Manner = Manner()) -> Update:
    """Read `{column: value, …}` for one record. Raises as `create` does."""
    change = Change(key, _object(_body(body), None), _any(version))
    return Update(table, (change,), manner, single=True)


def delete(table: TableName, body: bytes, manner: Manner = Manner()) -> Delete | DeleteWhere:
    """Read `{"keys": [key | {"key", "version"}, …]}` or `{"filter": {…}}`. Raises as `create` does, and FilterInvalid."""
    members = _members(body, "keys", "filter")
    if len(members) != 1:
        raise BodyInvalid('The body is {"keys": […]} or {"filter": {…}}, and nothing else.')
    if "filter" not in members:
        named = tuple(_named(key, row) for row, key in enumerate(_list(members, "keys"), 1))
        return Delete(table, named, manner)
    if manner.partial:
        raise BodyInvalid("'partial' goes with 'keys'; a filter deletes all that it finds, or nothing.")
    return DeleteWhere(selection(table, filter=_filter(members["filter"])))


def delete_one(table: TableName, key: str, version: str) -> Delete:
    """One record, of that version if one is given."""
    return Delete(table, ((key, _any(version)),), single=True)


def _any(version: str) -> str:
    return "" if version == "*" else version


def _body(body: bytes) -> Json:
    if len(body) > MAX_BODY:
        raise BodyTooLarge(MAX_BODY)
    return documents.parse(body, "The body")


def _members(body: bytes, name: str, *more: str) -> dict[str, Json]:
    members = _body(body)
    if not isinstance(members, dict) or isinstance(members, documents.Repeated) or not members.keys() <= {name, *more}:
        optional = "".join(f', "{other}"' for other in more)
        raise BodyInvalid(f'The body is an object with "{name}"{optional} and nothing else.')
    return members


def _list(members: dict[str, Json], name: str) -> list[Json]:
    found = members.get(name)
    if not isinstance(found, list):
        raise BodyInvalid(f'The body is {{"{name}": […]}}: a list is missing.')
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


def _conflict(raw: Json) -> Conflict:
    match raw:
        case {"columns": [*columns], "do": ("update" | "ignore") as action, **rest} if columns and not rest:
            texts = tuple(name for name in columns if isinstance(name, str) and not documents.fault_in(name))
            if len(set(texts)) == len(columns) and not isinstance(raw, documents.Repeated):
                return Conflict(texts, action == "update")
    raise BodyInvalid('\'on_conflict\' is {"columns": […], "do": "update" | "ignore"}, each column named once.')


def _change(record: dict[str, Json], row: int) -> Change:
    version = record.get("version") or ""
    if not record.keys() <= {"key", "set", "version"} or "set" not in record or not isinstance(version, str):
        raise BodyInvalid(f'Record {row} is not {{"key": …, "set": {{column: value}}, "version"?: "…"}}.', row=str(row))
    return Change(_key(record.get("key"), row), _object(record["set"], row), _any(version))


def _named(raw: Json, row: int) -> tuple[str, str]:
    if not isinstance(raw, dict):
        return _key(raw, row), ""
    version = raw.get("version") or ""
    if not raw.keys() <= {"key", "version"} or not isinstance(version, str) or isinstance(raw, documents.Repeated):
        raise BodyInvalid(f'Record {row} is neither a key nor {{"key": …, "version"?: "…"}}.', row=str(row))
    return _key(raw.get("key"), row), _any(version)


def _key(key: Json, row: int) -> str:
    if not isinstance(key, str) or documents.fault_in(key):
        raise BodyInvalid(f"The key of record {row} is a string as it stands in a path, or a number.", row=str(row))
    return str(key)


def _filter(raw: Json) -> str:
    try:
        text = documents.dump(raw)
    except ValueError as error:
        raise FilterInvalid(f"The filter cannot be read: {error}") from None
    where = filters.parse(text)
    if where is None or not _compares(where):
        raise FilterInvalid("A filter without a condition would delete every record; name the records that are to go.")
    return text


def _compares(node: filters.Node) -> bool:
    match node:
        case filters.Not(member):
            return _compares(member)
        case filters.Every(members) | filters.Some(members):
            return any(_compares(member) for member in members)
    return True
