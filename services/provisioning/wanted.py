"""What a caller wants of one binding. The engine compares it with what the server's catalog says, and acts on the difference."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.provisioning.errors import WantedInvalid

Access = Literal["read", "write", "ddl"]
State = Literal["prepared", "ready", "suspended", "deleted", "purged"]

SERVICES = ("ddl", "rw", "ro", "load")
SLOTS = tuple(f"{service}_{slot}" for slot in "ab" for service in SERVICES)

_NAME = re.compile(r"t_[a-z2-7]{10,30}")
_VERIFIER = re.compile(r"SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one login may take of its server. Times are milliseconds; all but the connections are defaults that SET LOCAL overrides."""

    service_connections: int = 20
    ddl_connections: int = 5
    sql_connections: int = 3
    statement_timeout: int = 60_000
    lock_timeout: int = 2_000
    idle_in_transaction_timeout: int = 60_000
    temp_file_mb: int = 1_024


@dataclass(frozen=True, slots=True)
class SqlLogin:
    """A login for psql and other tools: `t_…_u…`. The verifier is SCRAM; from `expires_at` on it is not wanted any more."""

    name: str
    access: Access
    verifier: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The desired state of one binding, whose database and roles all bear `name`.

    `verifiers` says for each slot (`rw_a`) its SCRAM verifier; a slot that is None or missing is shut.
    `existing` says that the caller knows of data in this database: if it is missing then, that is an error, not a reason to create it.
    """

    name: str
    state: State
    verifiers: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    sql_logins: tuple[SqlLogin, ...] = ()
    limits: Limits = Limits()
    existing: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        for slot, verifier in self.verifiers.items():
            if slot not in SLOTS:
                raise WantedInvalid(f"'{slot}' is no slot of a login; the slots are {', '.join(SLOTS)}.")
            _check_verifier(slot, verifier)
        for login in self.sql_logins:
            if re.fullmatch(re.escape(self.name) + "_u[a-z0-9]{1,20}", login.name) is None:
                raise WantedInvalid(
                    f"'{login.name}' is no SQL login of '{self.name}'; name it {self.name}_u and letters or digits."
                )
            _check_verifier(login.name, login.verifier)


def check_name(name: str) -> None:
    """Refuse what is not the opaque name of a binding: such names go into SQL as they are."""
    if _NAME.fullmatch(name) is None:
        raise WantedInvalid(f"'{name}' is no name of a binding; use kit.ids.opaque_name('t_').")


def _check_verifier(login: str, verifier: str | None) -> None:
    if verifier is not None and _VERIFIER.fullmatch(verifier) is None:
        raise WantedInvalid(f"The secret of '{login}' is no SCRAM-SHA-256 verifier; make one with scram.verifier().")
