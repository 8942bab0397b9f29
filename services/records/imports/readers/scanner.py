"""JSON read value by value: every digit kept, names that occur twice and words that JSON does not have refused, memory bounded."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from services.records.imports import limits
from services.records.imports.errors import JsonInvalid, RecordTooLong

_CHUNK = 256 << 10
_BLANK = re.compile(r"[ \t\n\r]*")


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Cut(Exception):
    """The text is over in the middle of a value."""


class _Fault(Exception):
    pass


class Scanner:
    """Stands at a place in the text and moves on by values and by punctuation."""

    def __init__(self, stream: TextIO, *, whole: bool) -> None:
        self._stream = stream
        self._whole = whole
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False
        self.values = 0
        """Rows so far, for errors."""

    def peek(self, ahead: int = 0) -> str:
        """The next character that is no blank, from `ahead` characters on; empty at the end."""
        self._at = self._past_blanks(0)
        at = self._past_blanks(ahead) if ahead else self._at
        return self._text[at : at + 1]

    def take(self, expected: str) -> None:
        """Pass over a character of punctuation. Raises JsonInvalid, Cut."""
        if self.peek() != expected:
            raise self._invalid(f"'{expected}' is expected here", self._at)
        self._at += 1

    def first(self) -> tuple[Any, bool]:
        """The value that begins here, without moving on, and whether text follows it; None if it is longer than a row may be."""
        self.peek()
        try:
            value, end = self._decoded(limits.ROW_BYTES)
        except (RecordTooLong, JsonInvalid, Cut):
            return None, False
        return value, bool(self.peek(end - self._at))

    def value(self, most: int = limits.ROW_BYTES) -> Any:  # noqa: ANN401  JSON
        """The value that begins here. Raises JsonInvalid, RecordTooLong, Cut."""
        self.peek()
        value, self._at = self._decoded(most)
        return value

    def array(self) -> Iterator[Any]:
        """The values of the array that begins here, one by one."""
        self.take("[")
        if self.peek() != "]":
            yield self.value()
            while self.peek() == ",":
                self.take(",")
                yield self.value()
        self.take("]")

    def lines(self) -> Iterator[Any]:
        """Values that follow one another."""
        while self.peek():
            yield self.value()

    def _past_blanks(self, ahead: int) -> int:
        """Where the next character is that is no blank, from `ahead` characters on."""
        while (at := _end_of_blanks(self._text, self._at + ahead)) == len(self._text) and self._more():
            pass
        return at

    def _decoded(self, most: int) -> tuple[Any, int]:
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > most:
                    raise RecordTooLong(self.values + 1, most) from error
                if not self._more():
                    raise self._invalid(error.msg, error.pos) from error
            except _Fault as error:
                raise self._invalid(str(error), self._at, final=True) from error
            except RecursionError as error:
                raise self._invalid(f"values are nested more than {limits.DEPTH} deep", self._at, final=True) from error
            else:
                if end < len(self._text) or not self._more():
                    if end - self._at > most:
                        raise RecordTooLong(self.values + 1, most)
                    return value, end

    def _more(self) -> bool:
        """Read on, ever more, because a value is decoded from its beginning each time; what has been passed over is forgotten."""
        chunk = "" if self._ended else self._stream.read(max(_CHUNK, len(self._text) - self._at))
        self._ended = not chunk
        self._line += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def _invalid(self, what: str, at: int, *, final: bool = False) -> JsonInvalid | Cut:
        """What to raise: beyond the end of a file's beginning nothing is wrong."""
        if not self._whole and not final:
            return Cut()
        return JsonInvalid(self._line + self._text.count("\n", 0, at), what)


def _end_of_blanks(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Fault(f"the name '{twice[:100]}' occurs twice in one object")
    return found


def _constant(word: str) -> None:
    raise _Fault(f"{word} is no JSON; write null, or a text")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_constant)
