"""Text of SQL statements that change shape."""

from services.kit.quoting import identifier, literal

__all__ = ["columns", "identifier", "literal", "qualified"]


def qualified(schema: str, name: str) -> str:
    """A quoted name with its schema, so that no search_path matters."""
    return f"{identifier(schema)}.{identifier(name)}"


def columns(names: tuple[str, ...]) -> str:
    """A parenthesised list of quoted names."""
    return "(" + ", ".join(identifier(name) for name in names) + ")"
