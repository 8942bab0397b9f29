"""What every file becomes before it is imported: delimited text in UTF-8, with what its format knows beside."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.records.imports.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Hint:
    """What a format knows of a column that its text does not say."""

    type: str | None = None
    """The type that each of its values is of for certain; the caller's word goes before it."""
    texts: bool = False
    """Whether the file has texts in it: they are no numbers and no truth values, even where they look like them."""
    why: str = ""
    """For the report, in a sentence's words."""


class Source(Protocol):
    """A file as delimited text: its beginning is there, the rest is iterated once.

    NULL is a cell of no bytes, the empty text is `""`. Iterating raises what is wrong with the file.
    """

    head: bytes
    """The text's beginning."""
    whole: bool
    """Whether that is all of it."""
    dialect: Dialect | None
    """How the text is cut; None where its looks decide."""
    header: bool | None
    """Whether its first row names the columns; None where its looks decide."""
    hints: Sequence[Hint]
    """One per column; empty where the format knows nothing."""

    @property
    def told(self) -> dict[str, Any]:
        """How the file was read so far, for the report: its format, and encoding, sheet … where it has them."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...
