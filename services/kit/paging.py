"""Lists in pages: a bounded limit and an opaque cursor over a sort key."""

import base64
import binascii
import json

from services.kit import errors

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


class LimitInvalid(errors.Invalid):
    """A page size out of bounds."""

    reason = "LIMIT_INVALID"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The limit {limit} is not between 1 and {MAX_LIMIT}.")


class CursorInvalid(errors.Invalid):
    """A cursor that no list answered."""

    reason = "CURSOR_INVALID"

    def __init__(self) -> None:
        super().__init__("The cursor is not one that a list answered; start again without one.")


def bounded(limit: int) -> int:
    """`limit`, or the default for 0. Fails with LIMIT_INVALID."""
    if limit == 0:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise LimitInvalid(limit)
    return limit


def cursor(*key: str | int) -> str:
    """An opaque cursor for the row with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(cursor: str, *types: type) -> tuple[str | int, ...] | None:
    """The sort key in `cursor`, of these types; None for an empty cursor. Fails with CURSOR_INVALID."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise CursorInvalid from error
    if not isinstance(key, list) or [type(part) for part in key] != list(types):
        raise CursorInvalid
    return tuple(key)
