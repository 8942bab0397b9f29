"""What a caller may say about a file: the JSON of the `options` parameter, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from services import kinds
from services.kinds import settings
from services.kinds.types import base
from services.records.imports import charsets
from services.records.imports.errors import OptionInvalid

DELIMITERS = {",": ",", ";": ";", "tab": "\t", "\t": "\t", "|": "|"}
DATE_ORDERS = {"dmy", "mdy"}
MODES = {"append", "upsert"}
ON_MISFIT = {"text", "reject", "refuse"}
_OF_INTO = ("mode", "key", "dry_run")


@dataclass(frozen=True, slots=True)
class ColumnOption:
    """What is wished for the column whose header is `source`: its text, or its position from 1."""

    source: str | int
    name: str | None = None
    type: str | None = None
    kind: str | None = None
    """The kind that is wished for, where one is."""
    display: Mapping[str, Any] = field(default_factory=dict)
    """The kind's settings, checked."""
    skip: bool = False
    on_misfit: str | None = None
    """What becomes of values that the type cannot hold: `text` gives the column up, `reject` keeps them aside, `refuse` ends the import."""


@dataclass(frozen=True, slots=True)
class Options:
    """None where the file is to tell."""

    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    """As Python names it."""
    sheet: str | int | None = None
    """Of a workbook, by its name or its number from 1; of a JSON object, the member with the rows."""
    null_values: tuple[str, ...] = ()
    date_order: str | None = None
    columns: tuple[ColumnOption, ...] = ()
    like: str | None = None
    """A table, of the schema that is imported into, whose columns' types are taken over by name."""
    into: str | None = None
    """The table, of that schema, that the rows are added to, instead of a new one."""
    mode: str = "append"
    """`upsert` changes the record with the same key where there is one."""
    key: tuple[str, ...] = ()
    """The columns by which an upsert knows a record; empty for the primary key."""
    dry_run: bool = False
    """Only count what would become of the rows."""
    on_misfit: str = "refuse"
    """For columns that do not say it themselves."""


@dataclass(slots=True)
class _Object:
    """An object of the JSON, taken apart key by key, so that what is left over is known to be a mistake."""

    where: str
    fields: dict[str, Any] = field(default_factory=dict)

    def take(self, key: str, *types: type) -> Any:  # noqa: ANN401  JSON
        value = self.fields.pop(key, None)
        if value is not None and type(value) not in types:
            raise OptionInvalid(self._name(key), f"{value!r} is not {' or '.join(_JSON_NAMES[t] for t in types)}.")
        return value

    def choose(self, key: str, known: dict[str, str]) -> str | None:
        value = self.take(key, str)
        if value is not None and value.lower() not in known:
            raise OptionInvalid(self._name(key), f"{value!r} is not known; choose from {', '.join(map(repr, known))}.")
        return known[value.lower()] if value is not None else None

    def end(self) -> None:
        for key in self.fields:
            raise OptionInvalid(self._name(key), "there is no such option.")

    def _name(self, key: str) -> str:
        return f"{self.where}{key}"


_JSON_NAMES: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "an object",
}


def parse(raw: bytes) -> Options:
    """Read the options; empty bytes are no options. Raises OptionInvalid, TypeUnknown."""
    given = _Object("", _object(raw, "options"))
    into = given.take("into", str)
    _check_into(given, into)
    found = Options(
        header=given.take("header", bool),
        delimiter=given.choose("delimiter", DELIMITERS),
        encoding=_encoding(given.take("encoding", str)),
        sheet=given.take("sheet", str, int),
        null_values=_texts("null_values", given.take("null_values", list)),
        date_order=given.choose("date_order", _words(DATE_ORDERS)),
        columns=tuple(_column(n, raw_column) for n, raw_column in enumerate(given.take("columns", list) or ())),
        like=given.take("like", str),
        into=into,
        mode=given.choose("mode", _words(MODES)) or "append",
        key=_texts("key", given.take("key", list)),
        dry_run=given.take("dry_run", bool) or False,
        on_misfit=given.choose("on_misfit", _words(ON_MISFIT)) or "refuse",
    )
    given.end()
    return found


def _check_into(given: _Object, into: str | None) -> None:
    """Refuse what says nothing about a new table, or nothing about one that is there."""
    if into is None:
        for key in _OF_INTO:
            if given.fields.get(key):
                raise OptionInvalid(key, "it goes with 'into', which names the table that the rows are for.")
    elif given.fields.get("like") is not None:
        raise OptionInvalid("like", "with 'into' the types are the table's own.")
    elif given.fields.get("on_misfit") == "text":
        raise OptionInvalid("on_misfit", "with 'into' the types are the table's own; choose 'reject' or 'refuse'.")


def _encoding(label: str | None) -> str | None:
    codec = charsets.codec(label) if label is not None else None
    if label is not None and codec is None:
        raise OptionInvalid("encoding", f"{label!r} is no encoding; {charsets.KNOWN}")
    return codec


def _words(words: set[str]) -> dict[str, str]:
    return {word: word for word in sorted(words)}


def _object(raw: bytes, name: str) -> dict[str, Any]:
    try:
        value = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise OptionInvalid(name, f"this is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise OptionInvalid(name, "this is no JSON object.")
    return value


def _texts(name: str, values: list[Any] | None) -> tuple[str, ...]:
    for value in values or ():
        if not isinstance(value, str) or any(c in value for c in "\0\r\n"):
            raise OptionInvalid(name, f"{value!r} is not a text of one line.")
    return tuple(dict.fromkeys(values or ()))


def _column(number: int, raw: object) -> ColumnOption:
    if not isinstance(raw, dict):
        raise OptionInvalid(f"columns[{number}]", "this is no JSON object.")
    given = _Object(f"columns[{number}].", dict(raw))
    source = given.take("source", str, int)
    type_, kind, display = _type(given, f"columns[{number}].display")
    if source is None:
        raise OptionInvalid(
            f"columns[{number}].source", "it is missing; name the column's header, or its position from 1."
        )
    found = ColumnOption(
        source=source,
        name=given.take("name", str),
        type=type_,
        kind=kind,
        display=display,
        skip=given.take("skip", bool) or False,
        on_misfit=given.choose("on_misfit", _words(ON_MISFIT)),
    )
    given.end()
    return found


def _type(given: _Object, name: str) -> tuple[str | None, str | None, Mapping[str, Any]]:
    """The type, kind and settings that a column is wished to have. Raises what `kinds` refuses."""
    type_, kind, display = given.take("type", str), given.take("kind", str), given.take("display", dict)
    if type_ is None and kind is None:
        if display:
            raise OptionInvalid(name, "it goes with 'type' or 'kind'.")
        return None, None, {}
    canonical, wanted = kinds.asked(type_, kind)
    is_plain = wanted is kinds.of_type(base(canonical))
    if is_plain:
        checked = settings.checked(wanted, display or {})
        return canonical, wanted.name if checked else None, checked
    return canonical, wanted.name, settings.complete(wanted, display or {})
