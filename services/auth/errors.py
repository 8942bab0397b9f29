"""What auth refuses, by name. A message never says more than its reader may know."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from services.kit.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Precondition,
    Unauthenticated,
    Unavailable,
)


class SessionInvalid(Unauthenticated):
    reason = "SESSION_INVALID"

    def __init__(self) -> None:
        super().__init__("The session has ended; sign in again.")


class TokenInvalid(Unauthenticated):
    reason = "TOKEN_INVALID"

    def __init__(self) -> None:
        super().__init__("The API token is not valid: it is mistyped, has expired or was deleted.")


class SignInFailed(Unauthenticated):
    reason = "SIGN_IN_FAILED"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class PasswordWrong(Unauthenticated):
    reason = "PASSWORD_WRONG"

    def __init__(self) -> None:
        super().__init__("The current password is wrong.")


class ServiceSecretInvalid(Unauthenticated):
    reason = "SERVICE_SECRET_INVALID"

    def __init__(self) -> None:
        super().__init__("The service's secret is wrong, or there is no such service.")


class TooManyAttempts(Exhausted):
    reason = "TOO_MANY_ATTEMPTS"

    def __init__(self, seconds: float) -> None:
        wait = max(1, ceil(seconds))
        super().__init__(f"Too many attempts; try again in {wait} s.", retry_after=str(wait))


class HashingBusy(Unavailable):
    reason = "SIGN_IN_BUSY"

    def __init__(self) -> None:
        super().__init__("Too many people are signing in at this moment; try again in a second.", retry_after="1")


class PasswordWeak(Invalid):
    reason = "PASSWORD_WEAK"

    def __init__(self, why: str) -> None:
        super().__init__(f"The password {why}.")


class EmailInvalid(Invalid):
    reason = "EMAIL_INVALID"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email[:100]!r} is not an e-mail address.")


class NameInvalid(Invalid):
    reason = "NAME_INVALID"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} needs 1 to {limit} characters, none of them control characters.")


class SlugInvalid(Invalid):
    reason = "SLUG_INVALID"

    def __init__(self, slug: str, why: str) -> None:
        super().__init__(f"The slug {slug[:60]!r} {why}.")


class ScopeUnknown(Invalid):
    reason = "SCOPE_UNKNOWN"

    def __init__(self, scope: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no scope {scope[:60]!r}; choose among {', '.join(known)}.")


class RoleUnknown(Invalid):
    reason = "ROLE_UNKNOWN"

    def __init__(self, role: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no role {role[:60]!r}; choose among {', '.join(known)}.")


class AccessUnknown(Invalid):
    reason = "ACCESS_UNKNOWN"

    def __init__(self, access: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no access {access[:60]!r}; choose among {', '.join(known)}.")


class LoginUnknown(Invalid):
    reason = "LOGIN_UNKNOWN"

    def __init__(self, login: str) -> None:
        super().__init__(f"There is no login {login[:60]!r}; choose among ro, rw, load, ddl.")


class ExpiryInvalid(Invalid):
    reason = "EXPIRY_INVALID"

    def __init__(self, now: datetime) -> None:
        super().__init__(f"The expiry must be a time after now ({now:%Y-%m-%dT%H:%M:%SZ}) and before the year 9999.")


class EmailExists(Conflict):
    reason = "EMAIL_EXISTS"

    def __init__(self, email: str) -> None:
        super().__init__(f"There is an account for {email} already; sign in to it.")


class SlugExists(Conflict):
    reason = "SLUG_EXISTS"

    def __init__(self, slug: str) -> None:
        super().__init__(f"The slug '{slug}' is taken; choose another.", slug=slug)


class MemberExists(Conflict):
    reason = "MEMBER_EXISTS"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is a member already; change the role instead.")


class NotReady(Conflict):
    reason = "NOT_READY"

    def __init__(self) -> None:
        super().__init__("The workspace's database is being prepared; try again in a moment.", retry_after="1")


class Rotating(Conflict):
    reason = "ROTATING"

    def __init__(self) -> None:
        super().__init__(
            "The passwords were replaced a moment ago and the earlier ones still work; wait for a quarter of an hour."
        )


class Deleting(Conflict):
    reason = "DELETING"

    def __init__(self, slug: str) -> None:
        super().__init__(f"The workspace '{slug}' is deleted; undelete it first.")


class SignupClosed(Forbidden):
    reason = "SIGNUP_CLOSED"

    def __init__(self) -> None:
        super().__init__("This installation does not take sign-ups; ask whoever runs it for an account.")


class InvitationRequired(Forbidden):
    reason = "INVITATION_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Signing up here needs an invitation for your address; follow the link you were sent.")


class SqlLoginsOff(Forbidden):
    reason = "SQL_LOGINS_OFF"

    def __init__(self, access: str, allowed: str) -> None:
        most = "no SQL logins at all" if allowed == "none" else f"SQL logins with access '{allowed}' at most"
        super().__init__(f"This workspace's server allows {most}, not '{access}'.", access=access, allowed=allowed)


class ServiceNotAllowed(Forbidden):
    reason = "SERVICE_NOT_ALLOWED"

    def __init__(self, service: str) -> None:
        super().__init__(f"{service!r} may not ask for this.")


class Suspended(Forbidden):
    reason = "SUSPENDED"

    def __init__(self, deleted: bool = False) -> None:
        state = "deleted; an owner can undelete it" if deleted else "suspended; an owner can resume it"
        super().__init__(f"The workspace is {state}.")


class TokenTooNarrow(Forbidden):
    reason = "TOKEN_TOO_NARROW"

    def __init__(self) -> None:
        super().__init__(
            "An API token cannot do more through another token or workspace than it may itself; sign in for this."
        )


class TenantNotFound(NotFound):
    reason = "TENANT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such workspace, or you are not a member of it.")


class UserNotFound(NotFound):
    reason = "USER_NOT_FOUND"

    def __init__(self, email: str) -> None:
        super().__init__(f"There is no account for {email[:254]!r}; check the address, or send an invitation to it.")


class MemberNotFound(NotFound):
    reason = "MEMBER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such member of this workspace.")


class TokenNotFound(NotFound):
    reason = "TOKEN_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("You have no such token.")


class ConnectionNotFound(NotFound):
    reason = "CONNECTION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such connection, or it is another member's.")


class InvitationNotFound(NotFound):
    reason = "INVITATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "The invitation is for another address, was used or withdrawn, or has expired; ask for a new one."
        )


class LastOwner(Precondition):
    reason = "LAST_OWNER"

    def __init__(self) -> None:
        super().__init__("A workspace keeps at least one owner; make somebody else an owner first.")


class OwnersOnly(Forbidden):
    reason = "ROLE_TOO_LOW"

    def __init__(self) -> None:
        super().__init__("Only an owner may make, change or remove an owner.", scope="admin")


class ServerUnavailable(Unavailable):
    reason = "SERVER_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The database server cannot be reached at the moment; try again shortly.")
