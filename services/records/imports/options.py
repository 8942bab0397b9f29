"""What a caller may say about a file: the JSON of the `options` parameter, read once."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from services import kinds
from services.records.imports.errors import OptionInvalid

DELIMITERS = {",": ",", ";": ";", "tab": "\t", "\t": "\t", "|": "|"}
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-1": "latin-1",
    "latin-1": "latin-1",
}
"""Names that a caller may use, and Python's."""
DATE_ORDERS = {"dmy", "mdy"}


@dataclass(frozen=True, slots=True)
class ColumnOption:
    """What is wished for the column whose header is `source`: its text, or its position from 1."""

    source: str | int
    name: str | None = None
    type: str | None = None
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """None where the file is to tell."""

    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    null_values: tuple[str, ...] = ()
    date_order: str | None = None
    columns: tuple[ColumnOption, ...] = ()
    like: str | None = None
    """A table, of the schema that is imported into, whose columns' types are taken over by name."""


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
    order = given.choose("date_order", {o: o for o in sorted(DATE_ORDERS)})
    found = Options(
        header=given.take("header", bool),
        delimiter=given.choose("delimiter", DELIMITERS),
        encoding=given.choose("encoding", ENCODINGS),
        null_values=_texts("null_values", given.take("null_values", list)),
        date_order=order,
        columns=tuple(_column(n, raw_column) for n, raw_column in enumerate(given.take("columns", list) or ())),
        like=given.take("like", str),
    )
    given.end()
    return found


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
    source, type_ = given.take("source", str, int), given.take("type", str)
    if source is None:
        raise OptionInvalid(
            f"columns[{number}].source", "it is missing; name the column's header, or its position from 1."
        )
    found = ColumnOption(
        source=source,
        name=given.take("name", str),
        type=kinds.column_type(type_) if type_ is not None else None,
        skip=given.take("skip", bool) or False,
    )
    given.end()
    return found
