"""What can be set for the records service (`RECORDS_…`)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit import settings


class Settings(settings.Settings):
    """Defaults suit a laptop; secrets have none."""

    model_config = SettingsConfigDict(env_prefix="RECORDS_")

    auth_address: str
    """Where auth listens: `unix:/path/x.sock` or `host:port`."""

    schema_address: str
    """Where schema listens; an import has it adopt the table that was loaded."""

    service_secret: SecretStr
    """What this service proves itself with to auth."""

    jobs_dsn: str
    """The control database, as the login of background jobs."""

    statement_seconds: float = Field(default=10.0, gt=0)
    """How long one statement on records may take before it is refused as too slow."""

    spool_folder: Path | None = None
    """A folder of this service's own where files wait whose senders do not (`Prefer: respond-async`); it should outlive a restart.
    Without one everybody waits."""

    spool_bytes: int = Field(default=20 << 30, gt=0)
    """How much may wait there."""
