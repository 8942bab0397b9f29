"""What makes bindings real on a server: the engine itself on a laptop; elsewhere something that asks an operator for it."""

from typing import Protocol

from services.provisioning import furnish
from services.provisioning.engine import Engine
from services.provisioning.wanted import Wanted


class Provisioner(Protocol):
    """Makes what is wanted real. Everything may be called again at any time, after any failure."""

    @property
    def template(self) -> str:
        """The version of our own tables in a tenant's database that `converge` brings it to."""

    async def bootstrap(self) -> None:
        """Prepare the server itself."""

    async def converge(self, wanted: Wanted) -> None:
        """Return when a binding is what is wanted; raise when it cannot be that now."""

    async def usage(self, name: str) -> tuple[int, int]:
        """The bytes of a binding's database and the connections to it."""


class LaptopProvisioner:
    """Calls the engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def template(self) -> str:
        """The version of our own tables, and of the rights on them, that the engine brings a database to."""
        return furnish.mark().text

    async def bootstrap(self) -> None:
        """Make the server's roles and its template database, and harden the rest."""
        await self._engine.bootstrap()

    async def converge(self, wanted: Wanted) -> None:
        """Lead one binding to its wanted state."""
        await self._engine.converge(wanted)

    async def usage(self, name: str) -> tuple[int, int]:
        """The bytes of a binding's database and the connections to it."""
        usage = await self._engine.usage(name)
        return usage.bytes, usage.connections
