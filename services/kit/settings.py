"""What can be set, for every process alike: environment variables with the service's prefix, and secrets as files."""

import os

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict


class Settings(BaseSettings):
    """The base of each service's settings; a subclass sets `env_prefix`, in which `<PREFIX>SECRETS_DIR` may name a folder of files."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True, env_nested_delimiter=None
    )

    listen: str
    """Where the service listens: `unix:/path/x.sock` or `host:port`."""

    token_public_keys: dict[str, str] = Field(default_factory=dict)
    """Keys that internal tokens are checked with: key id to PEM."""

    metrics_listen: str | None = None
    """`host:port` of this process's Prometheus endpoint; none on a laptop, where the gateway's is enough."""

    log_format: str = "json"
    """`json`, or `console` for people."""

    log_level: str = "INFO"
    """The lowest level that is logged."""

    otlp_endpoint: str | None = None
    """Where traces go (OTLP over HTTP); without it OpenTelemetry's SDK is not even imported."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look at arguments, then the environment, then the files of the secrets folder; never at a .env file."""
        folder = os.environ.get(f"{cls.model_config.get('env_prefix', '')}SECRETS_DIR")
        secrets = SecretsSettingsSource(settings_cls, secrets_dir=folder) if folder else file_secret_settings
        return init_settings, env_settings, secrets
