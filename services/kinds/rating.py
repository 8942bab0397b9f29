"""Marks from one to a few stars."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from services.kinds import amounts
from services.kinds.kind import AMOUNTS, Display, Kind, Settings

_MAX = 5


@dataclass(frozen=True, slots=True)
class RatingDisplay(Display):
    """How many stars there are."""

    max: Annotated[int, Field(ge=1, le=10)] | None = None
    """The best mark; 5 where it is not said."""


_STARS = re.compile("(?P<full>[★⭐*\ufe0f]+)(?P<empty>[☆ ]*)")
_MARK = re.compile(r"(?P<mark>[0-9]{1,4}(?:[.,]0+)?)\s*(?:(?:/|of|out of)\s*(?P<of>[0-9]{1,2})|stars?)?", re.IGNORECASE)


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read digits, `4/5`, `4 stars` or the stars themselves."""
    text, best = text.strip(), best_of(settings)
    if stars := _STARS.fullmatch(text):
        mark = len(stars["full"].replace("\ufe0f", ""))
    elif (written := _MARK.fullmatch(text)) and written["of"] in (None, str(best)):
        mark = int(amounts.fitting(amounts.read(written["mark"]), "integer"))
    else:
        raise ValueError(f"it is no rating; write a whole number from 1 to {best}.")
    if not 1 <= mark <= best:
        raise ValueError(f"a rating is from 1 to {best}.")
    return str(mark)


def rule(column: str, settings: Settings) -> str:
    """From one to the best mark."""
    return f"{column} BETWEEN 1 AND {best_of(settings)}"


def best_of(settings: Settings) -> int:
    """The best mark."""
    found: int = settings.get("max", _MAX)
    return found


KIND = Kind(
    name="rating",
    types=("smallint", "integer"),
    default_type="smallint",
    aggregates=AMOUNTS,
    read=read,
    rule=rule,
    display=RatingDisplay,
)
