"""`search` against a table: each word must be in some text of a record, as people compare text."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from services.kinds import options
from services.records import values
from services.records.plans import Searched
from services.records.reads import filtering
from services.records.shapes import Compare, Condition, Group, Search
from services.tenancy.catalog import Column, Table
from services.tenancy.indexes import Part

MAX_APART = 20
"""Columns that are looked at one by one, which indexes can help with; more are looked at as one text."""

MIN_INDEXED = 3
"""Letters of a word that an index can find: it holds three at a time."""

_LETTERS = str.maketrans({**dict(zip("øłđħıŧ", "oldhit", strict=True)), "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})


def resolve(table: Table, words: tuple[str, ...]) -> Searched | None:
    """The condition of a search, its parameters, and what of the table an index would have to be on; None for no words."""
    if not words:
        return None
    texts = tuple(column.name for column in table.columns if _is_text(column))
    choices = [column for column in table.columns if _offered(column)]
    conditions: list[Condition] = []
    arguments: dict[str, Any] = {}
    indexable = False
    for number, word in enumerate(words):
        apart = len(texts) <= MAX_APART and len(folded(word)) >= MIN_INDEXED
        arguments[f"s{number}"] = f"%{filtering.escaped(word)}%"
        among = [*_among(choices, word, f"s{number}", arguments)]
        conditions.append(Group(False, (Search(texts, f"s{number}", apart), *among)))
        indexable = indexable or (apart and not among)
    index = tuple(Part(name, "trigram") for name in texts) if indexable else ()
    return Searched(Group(True, tuple(conditions)), arguments, index)


def folded(text: str) -> str:
    """Text as `rowhouse.sort_key` has it."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f").translate(_LETTERS)


def _is_text(column: Column) -> bool:
    return values.family(column) == "text" and not _offered(column)


def _offered(column: Column) -> list[str]:
    return options.values(column.display) if values.kind(column).name in ("choice", "choices") else []


def _among(choices: list[Column], word: str, name: str, arguments: dict[str, Any]) -> Iterator[Compare]:
    """Columns of which an option has the word in it, found by that option: nobody reads them for a word that is in none."""
    for at, column in enumerate(choices):
        if found := [option for option in _offered(column) if folded(word) in folded(option)]:
            arguments[f"{name}_{at}"] = found
            several = column.base_type.endswith("[]")
            type_ = "text" if several or values.family(column) == "text" else column.base_type
            yield Compare(
                column.name, "contains_any" if several else "in", type_, f"{name}_{at}", as_text=type_ == "text"
            )
