"""What can be set for the auth service (`AUTH_…`)."""

import base64
import binascii
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.kit import settings

_KEY_HINT = "must be 32 bytes in base64, as `openssl rand -base64 32` makes them"


class Settings(settings.Settings):
    """Defaults suit a laptop; secrets have none."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    control_dsn: str
    """The control database, as the login of this service; `rowhouse migrate` has prepared it where that is not its owner."""

    jobs_dsn: str
    """The control database, as the login of background jobs."""

    server_dsn: str
    """The server of the tenants' databases, as its provisioner."""

    server_public_host: str = "127.0.0.1"
    """Where people's SQL clients find that server."""

    server_public_port: int = 5433
    """Its port."""

    server_host: str = ""
    """Where the services find it, if elsewhere: another host, or the folder of its unix socket, which is faster."""

    server_port: int = 0
    """Its port there, if another."""

    encryption_key: SecretStr
    """32 bytes in base64, with which the passwords of tenants' logins are sealed."""

    signing_key: SecretStr
    """The private key (Ed25519, PEM) that internal tokens are signed with."""

    signing_kid: str
    """The name of that key among `token_public_keys`."""

    service_secrets: dict[str, SecretStr]
    """What `schema` and `records` prove themselves with when they ask for credentials."""

    signup: Literal["open", "verified", "invite", "closed"] = "open"
    """Who may make an account: anybody, anybody whose address is verified, the invited, nobody."""

    sql_logins: Literal["none", "read", "write", "ddl"] = "ddl"
    """The most that people's own SQL logins may do on the server."""

    retention_days: int = Field(default=30, ge=1)
    """How long a deleted workspace can be had back."""

    warm_pool: int = Field(default=2, ge=0)
    """How many databases wait prepared for the next sign-ups."""

    sign_ups_per_hour: int = Field(default=200, ge=1)
    """How many accounts one network (an IPv4 /24 or IPv6 /64) may make in an hour before it has to wait."""

    hash_queue: int = Field(default=50, ge=0)
    """How many sign-ins may wait for a core before others are refused."""

    rotate_days: int = Field(default=90, ge=1)
    """The age at which the passwords of tenants' logins are replaced."""

    @field_validator("encryption_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr) -> SecretStr:
        try:
            size = len(base64.b64decode(key.get_secret_value(), validate=True))
        except binascii.Error as error:
            raise ValueError(_KEY_HINT) from error
        if size != 32:
            raise ValueError(f"{_KEY_HINT}; this one has {size}")
        return key

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        if self.signup == "verified":
            raise ValueError(
                "AUTH_SIGNUP=verified needs a mail sender to verify addresses with, and this version has none; "
                "use open, invite or closed"
            )
        return self
