"""Text of SQL for load tables: names and constants quoted, whatever is in them."""

LOADS = "rowhouse_load"
"""The schema of load tables: login `load` may create here and nowhere else."""


def identifier(name: str) -> str:
    """`name` quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a constant, whatever `standard_conforming_strings` says."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def load_table(name: str) -> str:
    """The load table of that name, with its schema."""
    return f"{identifier(LOADS)}.{identifier(name)}"
