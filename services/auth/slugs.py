"""Slugs: the names of tenants in addresses. Once given, a slug is never another's."""

import re
import secrets
import unicodedata

from services.auth.errors import SlugInvalid
from services.auth.store.tenants import is_id

SHORTEST = 3
LONGEST = 40
_SLUG = re.compile(rf"[a-z][a-z0-9-]{{{SHORTEST - 2},{LONGEST - 2}}}[a-z0-9]")
# Words that our own paths and host names use, or that would lend their owner an air of authority.
RESERVED = frozenset(
    """
    about account admin administrator api app assets auth billing blog docs gateway health healthz help invitations login
    logout mail me metrics new null oauth readyz rowhouse root security settings setup signin signup sign-in sign-up
    static status support system tenants undefined users web www
    """.split()  # noqa: SIM905  sixty lines of one word each are no easier to read
)


def checked(slug: str) -> str:
    """`slug`, if it can be one. Fails with SLUG_INVALID."""
    if _SLUG.fullmatch(slug) is None:
        raise SlugInvalid(
            slug,
            f"needs {SHORTEST} to {LONGEST} characters: small letters a-z, digits and hyphens, a letter first and no hyphen last",
        )
    if slug in RESERVED or is_id(slug):
        raise SlugInvalid(slug, "is reserved; choose another")
    return slug


def suggestion(text: str) -> str:
    """A slug like `text`, with a few random digits that make it likely to be free."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-").lstrip("0123456789-")
    return f"{words[: LONGEST - 5].rstrip('-') or 'workspace'}-{secrets.randbelow(9000) + 1000}"
