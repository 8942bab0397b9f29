"""What can go wrong, for people and for programs. How an error travels is `kit.rpc.status`'s and the gateway's affair."""

from enum import StrEnum


class Kind(StrEnum):
    """The family of an error; it decides the gRPC status."""

    INVALID = "INVALID"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    PRECONDITION = "PRECONDITION"
    EXHAUSTED = "EXHAUSTED"
    UNAVAILABLE = "UNAVAILABLE"


class AppError(Exception):
    """A refusal or a fault that we know by name.

    `reason` is stable and in capitals, `message` names the thing and the cure, `metadata` is for programs.
    Raise a subclass: one per situation, built from names.
    """

    kind: Kind
    reason: str

    def __init__(self, message: str, /, *, reason: str | None = None, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = metadata
        if reason is not None:
            self.reason = reason


class Invalid(AppError):
    kind, reason = Kind.INVALID, "INVALID"


class Unauthenticated(AppError):
    kind, reason = Kind.UNAUTHENTICATED, "UNAUTHENTICATED"


class Forbidden(AppError):
    kind, reason = Kind.FORBIDDEN, "FORBIDDEN"


class NotFound(AppError):
    kind, reason = Kind.NOT_FOUND, "NOT_FOUND"


class Conflict(AppError):
    kind, reason = Kind.CONFLICT, "CONFLICT"


class Precondition(AppError):
    kind, reason = Kind.PRECONDITION, "PRECONDITION"


class Exhausted(AppError):
    kind, reason = Kind.EXHAUSTED, "EXHAUSTED"


class Unavailable(AppError):
    kind, reason = Kind.UNAVAILABLE, "UNAVAILABLE"


FAMILIES: dict[Kind, type[AppError]] = {
    family.kind: family
    for family in (Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Precondition, Exhausted, Unavailable)
}


def named(kind: Kind, reason: str, message: str, metadata: dict[str, str]) -> AppError:
    """Rebuild an error that came over the wire, of its family, with its reason."""
    error = FAMILIES[kind](message, reason=reason)
    error.metadata = metadata
    return error
