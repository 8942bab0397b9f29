"""What each process is told: addresses, connection strings and secrets, as environment variables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from services.laptop import control, home
from services.laptop.keys import Keys
from services.laptop.options import Options

KID = "laptop"
SERVICES = ("auth", "schema", "records")


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of the processes of one installation, whose Postgres is at `server` (a superuser's connection string)."""

    options: Options
    keys: Keys
    server: str
    sockets: Path
    spool: Path

    def of(self, process: str) -> Mapping[str, str]:
        """The variables of `process`: gateway, auth, schema or records."""
        told = {
            "LISTEN": self.address(process),
            "LOG_FORMAT": "console",
            "LOG_LEVEL": self.options.log_level,
            "TOKEN_PUBLIC_KEYS": json.dumps({KID: self.keys.verifying_key}),
        }
        match process:
            case "gateway":
                told |= self._gateway()
            case "auth":
                told |= self._auth()
            case "schema":
                told |= self._tenants(self.keys.schema_secret)
            case "records":
                told |= self._tenants(self.keys.records_secret) | {"SPOOL_FOLDER": str(self.spool)}
        return {f"{process.upper()}_{name}": value for name, value in told.items()} | {"GRPC_VERBOSITY": "NONE"}

    def address(self, process: str) -> str:
        """Where `process` listens."""
        if process == "gateway":
            return f"127.0.0.1:{self.options.port}"
        return f"unix:{self.sockets}/{process}.sock"

    def _control(self, login: str, password: str) -> str:
        return control.within(self.server, control.DATABASE, login, password)

    def _jobs(self) -> str:
        return self._control(control.JOBS, self.keys.jobs_password)

    def _auth(self) -> dict[str, str]:
        address = urlsplit(self.server)
        query = dict(parse_qsl(address.query))
        return {
            "CONTROL_DSN": self._control(control.AUTH, self.keys.auth_password),
            "JOBS_DSN": self._jobs(),
            "SERVER_DSN": self.server,
            "SERVER_PUBLIC_HOST": address.hostname or "127.0.0.1",
            "SERVER_PUBLIC_PORT": str(address.port or query.get("port", 5432)),
            "SERVER_HOST": query.get("host", ""),  # the folder of its socket
            "ENCRYPTION_KEY": self.keys.encryption_key,
            "SIGNING_KEY": self.keys.signing_key,
            "SIGNING_KID": KID,
            "SERVICE_SECRETS": json.dumps({"schema": self.keys.schema_secret, "records": self.keys.records_secret}),
            "SIGNUP": self.options.signup,
        }

    def _tenants(self, secret: str) -> dict[str, str]:
        return {
            "AUTH_ADDRESS": self.address("auth"),
            "SCHEMA_ADDRESS": self.address("schema"),
            "SERVICE_SECRET": secret,
            "JOBS_DSN": self._jobs(),
        }

    def _gateway(self) -> dict[str, str]:
        addresses = {f"{service.upper()}_ADDRESS": self.address(service) for service in SERVICES}
        return {**addresses, "PUBLIC_URL": self.options.url}


def of_this_machine() -> Environment:
    """The environment of the installation that runs in this folder, as a command beside it reaches it."""
    options, where = Options(), home.find()[0]
    keys = Keys.kept_in(where.keys)
    password = quote(keys.postgres_password, safe="")
    embedded = f"postgresql://postgres:{password}@127.0.0.1:{options.postgres_port}/postgres"
    return Environment(options, keys, options.postgres_url or embedded, Path(), where.spool)
