"""What a kind is: the family a column belongs to, by which people see, edit and filter it."""

from dataclasses import dataclass

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "between", "is_null")
"""The filter operators of every kind whose values have an order. Negation is the filter's own `not`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind.

    `types` are base types as `format_type(oid, -1)` prints them, `default_type` is what a column of this kind gets when nobody
    says more, `operators` are the filter operators it understands.
    """

    name: str
    types: tuple[str, ...]
    default_type: str
    operators: tuple[str, ...] = COMPARISONS
