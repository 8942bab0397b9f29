"""What can be set for the gateway."""

from urllib.parse import urlsplit

from pydantic_settings import SettingsConfigDict

from services.kit import settings

MEGABYTE = 1_000_000


class Settings(settings.Settings):
    """`GATEWAY_…` in the environment."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    listen: str = "127.0.0.1:8080"
    """`host:port` of the HTTP server."""

    auth_address: str
    """Where auth listens: `unix:/path/x.sock` or `host:port`."""

    schema_address: str
    """Where schema listens."""

    records_address: str
    """Where records listens."""

    public_url: str = "http://127.0.0.1:8080"
    """The address that people type. With https the session cookie is Secure and browsers are told to stay on https."""

    allowed_hosts: str = ""
    """Host names, comma-separated, under which we may be asked besides that of `public_url`, localhost and any IP address."""

    trusted_proxies: str = ""
    """Addresses, comma-separated, whose X-Forwarded-For is believed; none by default."""

    body_bytes: int = 10 * MEGABYTE
    """The largest JSON body."""

    body_seconds: float = 60
    """How long a JSON body may take to arrive, and each piece of a file."""

    upload_bytes: int = 100_000 * MEGABYTE
    """The largest file of an import."""

    upload_seconds: float = 6 * 3600
    """How long one import or export may take."""

    drain_seconds: float = 10
    """How long running requests may go on after SIGTERM."""

    @property
    def hosts(self) -> list[str]:
        """The names under which we may be asked."""
        return [urlsplit(self.public_url).hostname or "", *filter(None, self.allowed_hosts.split(","))]

    @property
    def secure(self) -> bool:
        """Whether people reach us by https."""
        return urlsplit(self.public_url).scheme == "https"
