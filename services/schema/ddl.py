"""Text of SQL statements: the only place where names and values of people become part of one."""


def identifier(name: str) -> str:
    """`name` quoted, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """A quoted name with its schema, so that no search_path matters."""
    return f"{identifier(schema)}.{identifier(name)}"


def columns(names: tuple[str, ...]) -> str:
    """A parenthesised list of quoted names."""
    return "(" + ", ".join(identifier(name) for name in names) + ")"


def literal(text: str) -> str:
    """`text` as a string constant, whatever `standard_conforming_strings` says."""
    quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"
    return f"E{quoted}" if "\\" in text else quoted
