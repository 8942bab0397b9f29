"""What can be set for an installation on one machine."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Options(BaseSettings):
    """`ROWHOUSE_…` in the environment. `ROWHOUSE_HOME` is read by `laptop.home`; what a service can be told has its own prefix."""

    model_config = SettingsConfigDict(
        env_prefix="ROWHOUSE_", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    port: int = 8080
    """The gateway's port on 127.0.0.1."""

    postgres_port: int = 5433
    """The embedded Postgres' port on 127.0.0.1."""

    postgres_settings: dict[str, str] = Field(default_factory=dict)
    """More settings of the embedded Postgres, as JSON: `{"shared_buffers": "1GB"}`."""

    postgres_url: str = ""
    """A superuser's connection string of a server to use instead of the embedded one (PostgreSQL 17 or newer)."""

    public_url: str = ""
    """The address that people type, where it is not http://127.0.0.1:<port>."""

    signup: str = "open"
    """Who may make an account: open, invite or closed."""

    log_level: str = "WARNING"
    """The lowest level of the services' events that is shown."""

    @property
    def url(self) -> str:
        """The address of the gateway."""
        return self.public_url or f"http://127.0.0.1:{self.port}"
