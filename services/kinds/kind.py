"""What a kind is: the family a column belongs to, by which people see, edit and filter it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

PRESENCE = ("is_null",)
EQUALITY = ("eq", "ne", "in", *PRESENCE)
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "between", *PRESENCE)
"""The filter operators of every kind whose values have an order. Negation is the filter's own `not`."""
TEXTS = (*COMPARISONS, "contains", "starts_with", "ends_with", "matches", "is_empty")
CALENDAR = (*COMPARISONS, "within")
"""`within` takes a stretch of time as seen from now: `{"last": 7, "unit": "day"}`, `today`."""
MEMBERS = (*COMPARISONS, "contains", "contains_any", "contains_all", "is_empty")

COUNTS = ("count", "count_null")
DISTINCT = (*COUNTS, "count_distinct")
RANGE = (*DISTINCT, "min", "max")
AMOUNTS = (*RANGE, "sum", "avg", "median")

Settings = Mapping[str, Any]
"""A column's display settings, as `settings.checked` gives them."""
Reader = Callable[[str, Settings, str], str]
Rule = Callable[[str, Settings], str | None]


@dataclass(frozen=True, slots=True)
class Display:
    """The display settings of a kind: this one has none. Subclasses are frozen dataclasses of optional fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


def as_typed(text: str, settings: Settings, base_type: str) -> str:
    """Read every text as it is: Postgres judges it."""
    return text


def no_rule(column: str, settings: Settings) -> None:
    """Ask nothing beyond what the type asks."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind.

    `types` are the base types that a column of this kind may have, as `format_type(oid, -1)` prints them, and `categories`
    (`pg_type.typcategory`) those whose every type it may have. Of several kinds that may have a type the first in `KINDS` is its own.
    """

    name: str
    types: tuple[str, ...]
    default_type: str | None
    """What a column gets when nobody says more; None where a type must be given."""
    operators: tuple[str, ...] = COMPARISONS
    """The filter operators that its columns understand."""
    aggregates: tuple[str, ...] = RANGE
    categories: tuple[str, ...] = ()
    read: Reader = as_typed
    """`read(text, settings, base_type)` turns a person's text, which is not blank, into the text by which Postgres reads the value.

    Postgres' own text of a value is always read as that value while no setting says otherwise. Raises ValueError with the end of a
    sentence for people: `it is not a number.`
    """
    rule: Rule = no_rule
    """`rule(column, settings)` is the CHECK that its columns have beyond their type: SQL about the quoted `column`, or None."""
    sorts: Literal["value", "text", "options"] = "value"
    """Sorted as Postgres has it, as people read (`rowhouse.sort_key`), or in the order of the column's options."""
    display: type[Display] = Display
    needs: tuple[str, ...] = ()
    """Settings without which a new column cannot be of this kind."""

    def holds(self, base_type: str, category: str = "") -> bool:
        """Whether a column of that type can be of this kind."""
        return base_type in self.types or (category or category_of(base_type)) in self.categories


def category_of(base_type: str) -> str:
    """The category of a type as far as its name tells it."""
    return "A" if base_type.endswith("[]") else ""
