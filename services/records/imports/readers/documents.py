"""JSON and JSON lines: where a document has its table, and the rows of it."""

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from services.records.imports.errors import FileEmpty, JsonShape
from services.records.imports.readers import lines
from services.records.imports.readers.lines import Lines
from services.records.imports.readers.scanner import Cut, Scanner
from services.records.imports.readers.spooled import Spooled

_ASIDE = 16 << 20
"""How long a value may be that lies beside the table and is passed over."""

_LISTED = 100
"""Members beside the table that are named in the report."""


def read(
    file: BinaryIO,
    spool: BinaryIO,
    out: Lines,
    *,
    member: str | int | None,
    header: bool | None,
    whole: bool,
    types: Mapping[str, str],
) -> None:
    """Write the table that a document, in UTF-8, holds; `types` are known of columns. Raises what is wrong with it."""
    scanner = Scanner(io.TextIOWrapper(file, "utf-8", newline=""), whole=whole)
    table, told = Spooled(spool, header, types), dict[str, Any]()
    try:
        for record in _records(scanner, member, told, types):
            table.add(record)
            scanner.values += 1
    except Cut:
        pass  # the beginning of a file ends anywhere
    table.write(out, told)


def _records(
    scanner: Scanner, member: str | int | None, told: dict[str, Any], types: Mapping[str, str]
) -> Iterator[Any]:
    """The rows, wherever the document has them; what it is goes into `told` on the way."""
    start = scanner.peek()
    if not start:
        raise FileEmpty
    begun, followed = scanner.first()
    told["format"] = "jsonl" if followed else "json"
    if followed:
        yield from scanner.lines()
    elif start == "[":
        yield from scanner.array()
    elif isinstance(begun, dict) and member is None and _is_record(begun, types):
        yield scanner.value()
    else:
        yield from _of_member(scanner, member, told)
    if scanner.peek():
        raise JsonShape("there is more text after its end")


def _of_member(scanner: Scanner, wanted: str | int | None, told: dict[str, Any]) -> Iterator[Any]:
    """The rows of the one array of objects or arrays that is a member of the object; other members are passed over."""
    scanner.take("{")
    number = 0
    while scanner.peek() != "}":
        if number:
            scanner.take(",")
        if scanner.peek() != '"':
            scanner.take('"')
        name = scanner.value()
        scanner.take(":")
        number += 1
        if not _begins_table(scanner) or (wanted is not None and wanted not in (name, number)):
            scanner.value(_ASIDE)
            told["beside"] = [*told.get("beside", ()), name[: lines.NAME]][:_LISTED]
            continue
        if "sheet" in told:
            raise JsonShape(f"it has two tables, '{told['sheet']}' and '{name}'; choose one with the option 'sheet'")
        told["sheet"] = name[: lines.NAME]
        yield from scanner.array()
    scanner.take("}")
    if "sheet" not in told:
        which = "no member" if wanted is None else f"no member '{wanted}'"
        raise JsonShape(f"it has {which} that is an array of objects")


def _begins_table(scanner: Scanner) -> bool:
    return scanner.peek() == "[" and scanner.peek(1) in ("{", "[")


def _is_record(found: dict[str, Any], types: Mapping[str, str]) -> bool:
    """Whether an object alone is a row: it names known columns, or has no table in it."""
    return found.keys() <= types.keys() or not any(map(_is_table, found.values()))


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict | list)
