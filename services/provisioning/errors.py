"""What can go wrong while a server or a binding is provisioned."""

from services.kit.errors import Conflict, Forbidden, Invalid, NotFound, Precondition, Unavailable


class WantedInvalid(Invalid):
    """The caller asked for something that could never be right."""

    reason = "WANTED_INVALID"


class DatabaseUnknown(NotFound):
    """The server has no database of this binding."""

    reason = "DATABASE_UNKNOWN"

    def __init__(self, name: str) -> None:
        super().__init__(f"The server has no database '{name}'; converge it first.", database=name)


class DatabaseLost(Conflict):
    """A database that held data is gone. The engine never puts an empty one in its place."""

    reason = "DATABASE_LOST"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Database '{name}' held data and is missing from its server; restore it, or purge the binding.",
            database=name,
        )


class DatabaseAmbiguous(Conflict):
    """Both the database and its deleted self exist; only a person can say which one is meant."""

    reason = "DATABASE_AMBIGUOUS"

    def __init__(self, name: str, away: str) -> None:
        super().__init__(f"Both '{name}' and '{away}' exist; rename or drop the one that is not meant.", database=name)


class NotConverged(Unavailable):
    """A step ran without an error, and the catalog still says that it is needed."""

    reason = "NOT_CONVERGED"

    def __init__(self, name: str, step: str) -> None:
        super().__init__(
            f"Step '{step}' on '{name}' left no trace in the catalog; see the server's log and converge again.",
            database=name,
            step=step,
        )


class StepRefused(Forbidden):
    """The provisioner may not do what a step needs: somebody changed something by hand."""

    reason = "STEP_REFUSED"

    def __init__(self, name: str, step: str, why: str) -> None:
        super().__init__(
            f"Step '{step}' on '{name}' was refused: {why}. A superuser must take that back first.",
            database=name,
            step=step,
        )


class HardeningFailed(Unavailable):
    """A right that nobody may have is still there, so the database stays shut."""

    reason = "HARDENING_FAILED"

    def __init__(self, name: str, missing: tuple[str, ...]) -> None:
        super().__init__(f"Database '{name}' stays shut: {'; '.join(missing)}.", database=name)


class ServerBusy(Unavailable):
    """Another engine holds a lock for too long, or a statement did not get its lock in time."""

    reason = "SERVER_BUSY"

    def __init__(self, server: str) -> None:
        super().__init__(f"Server '{server}' is being provisioned by somebody else; try again.", server=server)


class ServerUnreachable(Unavailable):
    """No connection to the server."""

    reason = "SERVER_UNREACHABLE"

    def __init__(self, server: str) -> None:
        super().__init__(
            f"Server '{server}' does not answer; see whether it runs and whether its DSN is right.", server=server
        )


class ServerUnprepared(Unavailable):
    """The provisioner's role or database is not there, or its password is not the one that `key` makes."""

    reason = "SERVER_UNPREPARED"

    def __init__(self, server: str) -> None:
        super().__init__(
            f"Server '{server}' does not let the provisioner in; run Engine.bootstrap() with a superuser's DSN and the same key.",
            server=server,
        )


class ServerTooOld(Precondition):
    """The server's PostgreSQL lacks what every database of ours needs."""

    reason = "SERVER_TOO_OLD"

    def __init__(self, server: str, version: int) -> None:
        super().__init__(f"Server '{server}' runs PostgreSQL {version}; 17 or newer is needed.", server=server)


class ProvisionerTooWeak(Forbidden):
    """The DSN's role may not do what it is there for."""

    reason = "PROVISIONER_TOO_WEAK"

    def __init__(self, role: str, needed: str) -> None:
        super().__init__(f"Role '{role}' may not provision: it needs {needed}.", role=role)


class DatabaseInUse(Unavailable):
    """A session that we may not end is in the way, such as a superuser's."""

    reason = "DATABASE_IN_USE"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Database '{name}' has sessions that the provisioner may not end; close them and try again.", database=name
        )
