"""E-mail addresses, kept as they are typed. Letters of every script are allowed, as mail has them today."""

from services.kinds import patterns
from services.kinds.format import Format
from services.kinds.kind import DISTINCT, TEXTS, Kind
from services.kinds.text import STORED

_ATOM = rf'[^{patterns.BLANK}"(),.:;<>@\[\]\\]'
_SIGNS = rf"{patterns.BLANK}\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e"
_TAIL = rf"(?:-*[^{_SIGNS}])*"
_PATTERN = rf"{_ATOM}+(?:\.{_ATOM}+)*@(?:[^{_SIGNS}]{_TAIL}\.)+[^0-9{_SIGNS}]{_TAIL}"
"""A local part without quotes, and a name of at least two labels, the last of which begins with no digit."""

ADDRESS = patterns.Spelling((_PATTERN,), "it is no e-mail address, such as ada@example.com.", limit=254)

KIND = Kind(
    name="email",
    types=STORED,
    default_type="text",
    operators=TEXTS,
    aggregates=(*DISTINCT, "count_empty"),
    read=ADDRESS.read,
    rule=ADDRESS.rule,
    sorts="text",
)

FORMATS = (
    Format(
        name="email",
        title="e-mail addresses",
        type="text",
        pattern=(
            r"[A-Za-z0-9_%+-]{1,18}(?:\.[A-Za-z0-9_%+-]{1,18}){0,2}@"
            r"(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,20}\.){1,4}[A-Za-z]{2,24}"
        ),
        value="{}",
        written="{}",
        kind="email",
    ),
)
