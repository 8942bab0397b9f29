"""Text of SQL for load tables: names and constants quoted, whatever is in them."""

from services.kit.quoting import identifier, literal

__all__ = ["LOADS", "identifier", "literal", "load_table"]

LOADS = "rowhouse_load"
"""The schema of load tables: login `load` may create here and nowhere else."""


def load_table(name: str) -> str:
    """The load table of that name, with its schema."""
    return f"{identifier(LOADS)}.{identifier(name)}"
