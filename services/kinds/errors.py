"""What can be wrong with the name of a type."""

from services.kit.errors import Invalid


class TypeUnknown(Invalid):
    """The text names no type that a column may have."""

    reason = "TYPE_UNKNOWN"

    def __init__(self, type_: str, hint: str) -> None:
        super().__init__(f"Type {type_!r} is not known; {hint}", type=type_)
