"""The system's user that Postgres runs as."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """The system's user that Postgres runs as: oneself, or `nobody` where oneself is root, which Postgres refuses."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is not the user of this process."""
        return self.uid != os.geteuid()

    def arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to run something as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def own(self, folder: Path) -> Path:
        """Make a private folder of this account's."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.is_other:
            os.chown(folder, self.uid, self.gid)
        return folder

    def can_reach(self, folder: Path) -> bool:
        """Whether it may go down to `folder`, or to where that would be made."""
        return not self.is_other or all(above.stat().st_mode & 0o001 for above in folder.parents if above.exists())


def current() -> Account:
    """The account for this process's user."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)
