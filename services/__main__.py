"""The command `rowhouse`: one word per process, and what an operator does by hand. Each imports only what it needs."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from services.kit.rpc.typing import Register
    from services.kit.settings import Settings


def _up(_: argparse.Namespace) -> int:
    from services.laptop import supervisor

    return supervisor.up()


def _gateway(_: argparse.Namespace) -> int:
    from services.gateway import app
    from services.gateway.settings import Settings
    from services.kit import process

    settings = Settings()
    process.run("gateway", settings, lambda: app.serve(settings))
    return 0


def _auth(_: argparse.Namespace) -> int:
    from services.auth import app
    from services.auth.settings import Settings

    settings = Settings()
    return _serve("auth", settings, lambda: app.build(settings), app.PUBLIC)


def _schema(_: argparse.Namespace) -> int:
    from services.schema import app
    from services.schema.settings import Settings

    settings = Settings()
    return _serve("schema", settings, lambda: app.build(settings))


def _records(_: argparse.Namespace) -> int:
    from services.records import app
    from services.records.settings import Settings

    settings = Settings()
    return _serve("records", settings, lambda: app.build(settings))


def _migrate(arguments: argparse.Namespace) -> int:
    from services.auth import migrations

    if not (owner := os.environ.get("AUTH_CONTROL_DSN")):
        print("Set AUTH_CONTROL_DSN to the connection string of the control database's owner.", file=sys.stderr)
        return 2
    asyncio.run(migrations.migrate(owner, arguments.service_login))
    return 0


def _reset_password(arguments: argparse.Namespace) -> int:
    from services.auth import reset
    from services.auth.settings import Settings
    from services.kit.errors import AppError

    if "AUTH_CONTROL_DSN" not in os.environ:
        from services.laptop import environment

        os.environ.update(environment.of_this_machine().of("auth"))
    try:
        password = asyncio.run(reset.reset_password(Settings(), arguments.email))
    except AppError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"The password of {arguments.email} is now {password}")
    return 0


def _serve(
    service: str,
    settings: "Settings",
    build: Callable[[], "AbstractAsyncContextManager[Register]"],
    public: frozenset[str] = frozenset(),
) -> int:
    """Run a gRPC service: what its `build` opens stays open until the last call has ended."""
    from services.kit import process
    from services.kit.rpc.server import serve
    from services.kit.rpc.tokens import Verifier

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        verifier = Verifier(settings.token_public_keys)
        async with build() as register, serve(settings.listen, verifier, register, public=public):
            yield

    process.run(service, settings, serving)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rowhouse", description="A Postgres database for every team.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, run, words in (
        ("up", _up, "start everything on this machine"),
        ("gateway", _gateway, "run the HTTP face"),
        ("auth", _auth, "run the service of accounts, workspaces and credentials"),
        ("schema", _schema, "run the service of everything that changes shape"),
        ("records", _records, "run the service of rows, imports and exports"),
    ):
        commands.add_parser(name, help=words, description=words).set_defaults(run=run)
    words = "bring the control database of AUTH_CONTROL_DSN, its owner's, to the newest version"
    migrate = commands.add_parser("migrate", help=words, description=words)
    migrate.add_argument("--service-login", help="the login that the auth service uses: gets what it needs, no more")
    migrate.set_defaults(run=_migrate)
    words = "give an account a new password, and end its sessions and tokens"
    reset = commands.add_parser("reset-password", help=words, description=words)
    reset.add_argument("email")
    reset.set_defaults(run=_reset_password)
    return parser


def main() -> int:
    """Run the command; answer the exit code."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # else gRPC's own lines stand between the events
    arguments = _parser().parse_args()
    try:
        code: int = arguments.run(arguments)
    except ValidationError as error:
        print(error, file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
