"""E-mail addresses, kept as they are typed. Letters of every script are allowed, as mail has them today."""

from services.kinds import patterns
from services.kinds.format import Format
from services.kinds.kind import DISTINCT, TEXTS, Kind
from services.kinds.text import STORED

_ATOM = rf'[^{patterns.BLANK}"(),.:;<>@\[\]\\]'
_LETTER = rf"[^{patterns.BLANK}\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]"
_LABEL = rf"{_LETTER}(?:[-]*{_LETTER})*"
ADDRESS = rf"(?=.{{6,254}}$)(?=[^@]{{1,64}}@){_ATOM}+(?:\.{_ATOM}+)*@(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}"
"""A local part without quotes, and a name of at least two labels, the last of which is no number."""

KIND = Kind(
    name="email",
    types=STORED,
    default_type="text",
    operators=TEXTS,
    aggregates=(*DISTINCT, "count_empty"),
    read=patterns.reader(ADDRESS, "it is no e-mail address, such as ada@example.com."),
    rule=patterns.rule(ADDRESS),
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
