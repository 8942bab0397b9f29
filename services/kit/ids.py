"""Random names and secrets."""

import base64
import secrets
import uuid


def new_id() -> str:
    """A random UUID as text."""
    return str(uuid.uuid4())


def opaque_name(prefix: str, size: int = 10) -> str:
    """A lower-case name that says nothing: `prefix` and `size` random bytes in base32, fit for a Postgres role or database."""
    return prefix + base64.b32encode(secrets.token_bytes(size)).decode().rstrip("=").lower()


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)
