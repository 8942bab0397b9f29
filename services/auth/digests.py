"""What we keep of a random secret, and how two are compared."""

import hashlib
import hmac


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret of 256 random bits, which needs no slower hash."""
    return hashlib.sha256(secret.encode()).digest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(digest(one), digest(other))
