"""What the gateway itself refuses, before any service is asked."""

import difflib
from collections.abc import Iterable

from services.kit import errors


class Malformed(errors.Invalid):
    """A request that cannot be read."""

    reason = "MALFORMED"


class ParameterInvalid(errors.Invalid):
    """A query parameter with a value that it cannot have."""

    reason = "PARAMETER_INVALID"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The parameter '{name}' is wrong: {why}.", parameter=name)


class ParameterUnknown(errors.Invalid):
    """A query parameter that the route does not have, most often a slip of the keyboard."""

    reason = "PARAMETER_UNKNOWN"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(known) or 'none'}."
        super().__init__(f"This route has no parameter '{name}'; {hint}", parameter=name)


class TokenInUrl(errors.Invalid):
    """A secret where proxies log it and browsers remember it."""

    reason = "TOKEN_IN_URL"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A token does not belong in the URL ('{name}'): send it as 'Authorization: Bearer …', "
            "and revoke this one, for it may be in logs.",
            parameter=name,
        )


class SignInNeeded(errors.Unauthenticated):
    """Neither a session nor a token."""

    def __init__(self) -> None:
        super().__init__("Sign in, or send an API token as 'Authorization: Bearer …'.")


class SessionNeeded(errors.Unauthenticated):
    """A route that is about the session itself."""

    reason = "SESSION_INVALID"

    def __init__(self) -> None:
        super().__init__("There is no session here: the request carries no session cookie.")


class CrossSite(errors.Forbidden):
    """A change of state that another site's page asked for."""

    reason = "CROSS_SITE"

    def __init__(self) -> None:
        super().__init__("A page of another site may not do this; a program sends an API token instead of a cookie.")


class HostUnknown(errors.Invalid):
    """A request for a host that we are not."""

    reason = "HOST_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "This is not the host that was asked for. Use the public address, or add the name to GATEWAY_ALLOWED_HOSTS."
        )


class Suspended(errors.Forbidden):
    """A tenant whose data nobody may touch for now."""

    reason = "SUSPENDED"

    def __init__(self) -> None:
        super().__init__("This workspace is suspended; an owner can resume it.")


class NotReady(errors.Conflict):
    """A tenant that has no database yet, or no longer."""

    reason = "NOT_READY"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This workspace is '{state}', not 'ready'; see GET /api/v1/tenants/{{tenant}} for its state.", state=state
        )


class TooLarge(errors.Invalid):
    """A body above its limit."""

    reason = "TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than the {limit:,} bytes that this route takes.", limit=str(limit))


class BodyTooSlow(errors.Invalid):
    """A body that trickles in, or stops in the middle."""

    reason = "BODY_TOO_SLOW"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The body did not come within {seconds:g} seconds; send it again, in smaller parts if the line is slow."
        )


class MediaTypeUnsupported(errors.Invalid):
    """A body that says it is something else than the route takes."""

    reason = "MEDIA_TYPE_UNSUPPORTED"


class EncodingUnsupported(errors.Invalid):
    """A compressed body."""

    reason = "ENCODING_UNSUPPORTED"

    def __init__(self, encoding: str) -> None:
        super().__init__(f"A body with 'Content-Encoding: {encoding}' is not read; send it uncompressed.")


class IfMatchInvalid(errors.Invalid):
    """An If-Match that is not one entity tag."""

    reason = "IF_MATCH_INVALID"

    def __init__(self) -> None:
        super().__init__("If-Match takes one ETag as an earlier answer gave it, in its double quotes.")


class IdempotencyKeyInvalid(errors.Invalid):
    """An Idempotency-Key that could not be kept."""

    reason = "IDEMPOTENCY_KEY_INVALID"

    def __init__(self) -> None:
        super().__init__("Idempotency-Key is 1 to 200 printable ASCII characters.")


class OperationNotFound(errors.NotFound):
    """An operation id that cannot be one."""

    reason = "OPERATION_NOT_FOUND"

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no operation '{id}'.")
