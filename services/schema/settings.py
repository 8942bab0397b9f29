"""What can be set for the schema service (`SCHEMA_…`)."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit import settings


class Settings(settings.Settings):
    """Defaults suit a laptop; secrets have none."""

    model_config = SettingsConfigDict(env_prefix="SCHEMA_")

    auth_address: str
    """Where auth listens: `unix:/path/x.sock` or `host:port`."""

    service_secret: SecretStr
    """What this service proves itself with to auth; plan tokens are signed with a key that comes from it."""

    jobs_dsn: str
    """The control database, as the login of background jobs."""

    retention_days: int = Field(default=30, ge=1)
    """How long what was dropped can be had back."""

    lock_budget: float = Field(default=5.0, gt=0)
    """How many seconds a change of shape asks for its locks before it gives up."""
