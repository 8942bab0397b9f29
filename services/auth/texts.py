"""Text from people: addresses and names, refused where nobody could have meant them."""

import re
import unicodedata

from services.auth.errors import EmailInvalid, NameInvalid

# Deliberately lax: only the owner of an address can prove that it is one.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")
EMAIL_LIMIT = 254
NAME_LIMIT = 200


def email(text: str) -> str:
    """An address as somebody typed it, without the blanks around it. Fails with EMAIL_INVALID."""
    given = text.strip()
    if len(given) > EMAIL_LIMIT or not _is_printable(given) or _EMAIL.fullmatch(given) is None:
        raise EmailInvalid(given)
    return given


def email_key(text: str) -> str:
    """The form by which addresses are compared; accents count, case and width do not. Any text has one."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return folded.strip().replace("\0", "\ufffd")[: 4 * EMAIL_LIMIT]


def name(what: str, text: str) -> str:
    """A name for people, without the blanks around it. Fails with NAME_INVALID."""
    given = text.strip()
    if not 1 <= len(given) <= NAME_LIMIT or not _is_printable(given):
        raise NameInvalid(what, NAME_LIMIT)
    return given


def _is_printable(text: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)
