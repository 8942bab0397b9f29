"""What can be wrong with a type, a kind, or a column's display settings."""

from collections.abc import Iterable

from services.kit.errors import Invalid


class TypeUnknown(Invalid):
    """The text names no type that a column may have."""

    reason = "TYPE_UNKNOWN"

    def __init__(self, type_: str, hint: str) -> None:
        super().__init__(f"Type {type_!r} is not known; {hint}", type=type_)


class KindUnknown(Invalid):
    """There is no such kind."""

    reason = "KIND_UNKNOWN"

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no kind '{kind}'; the kinds are {', '.join(known)}.", kind=kind)


class TypeNeeded(Invalid):
    """Columns of the kind may have types of many sorts, none of which goes without saying."""

    reason = "TYPE_NEEDED"

    def __init__(self, kind: str, example: str) -> None:
        super().__init__(f"A column of kind {kind} needs a type, such as {example}.", kind=kind)


class KindMisfit(Invalid):
    """Columns of the type cannot be of the kind."""

    reason = "KIND_MISFIT"

    def __init__(self, kind: str, type_: str, types: Iterable[str]) -> None:
        super().__init__(
            f"A column of type {type_} cannot be of kind {kind}, which takes {', '.join(types)}.", kind=kind
        )


class DisplayInvalid(Invalid):
    """A display setting that the kind does not have, or not with this value."""

    reason = "DISPLAY_INVALID"

    def __init__(self, kind: str, field: str, why: str, known: Iterable[str]) -> None:
        settings = ", ".join(known) or "none"
        super().__init__(
            f"The display setting '{field}' is not right: {why}."
            if why
            else f"There is no display setting '{field}' for a column of kind {kind}; it has {settings}.",
            field=f"display.{field}" if field else "display",
        )
