"""Web addresses, kept as they are typed. Only schemes that a click may follow: never `javascript:` or `data:`."""

import re

from services.kinds import patterns
from services.kinds.format import Format
from services.kinds.kind import DISTINCT, TEXTS, Kind, Settings
from services.kinds.text import STORED

_REST = rf'[^{patterns.BLANK}"<>]'
_HOST = rf'(?:[^{patterns.BLANK}"<>/?#@:\[\]\\]+|\[[0-9A-Fa-f:.]+\])'
_USER = rf'(?:[^{patterns.BLANK}"<>/?#@\\]*@)?'
_WEB = rf"(?:[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp])://{_USER}{_HOST}(?::[0-9]{{1,5}})?(?:[/?#]{_REST}*)?"
_MAIL = rf"[Mm][Aa][Ii][Ll][Tt][Oo]:[^@{patterns.BLANK}]+@{_REST}+"
_PHONE = r"[Tt][Ee][Ll]:\+?[0-9().;=A-Za-z-]+"

ADDRESS = patterns.Spelling(
    (_WEB, f"{_MAIL}|{_PHONE}"), "it is no web address; it begins with https:// and holds no blanks."
)
_SITE = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read an address that says its scheme."""
    if _SITE.fullmatch(text.strip()):
        raise ValueError(f"it does not say how to get there; write https://{text.strip()}")
    return ADDRESS.read(text, settings, base_type)


KIND = Kind(
    name="url",
    types=STORED,
    default_type="text",
    operators=TEXTS,
    aggregates=(*DISTINCT, "count_empty"),
    read=read,
    rule=ADDRESS.rule,
    sorts="text",
)


def _format(name: str, signs: str, punctuation: str) -> Format:
    rest = rf"[A-Za-z0-9_.~:/?#@!$&*+=%{signs}-]*"
    return Format(
        name=name,
        title="web addresses",
        type="text",
        pattern=rf"https?://(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){{0,30}}\.){{1,4}}[A-Za-z]{{2,24}}(?::[0-9]{{1,5}})?(?:[/?#]{rest})?",
        value="{}",
        written="{}",
        within=() if signs else ("url with punctuation",),
        punctuation=punctuation,
        kind="url",
    )


FORMATS = (_format("url", "", ""), _format("url with punctuation", "()',;|", ",;|"))
