"""Texts that keep to a pattern, which Python and Postgres read alike: what `read` accepts is what the CHECK accepts."""

import re

from services.kinds.kind import Reader, Rule, Settings
from services.kit import quoting

BLANK = r"\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""Inside a bracket expression: controls, spaces of every width, and signs that are not seen."""


def reader(pattern: str, refusal: str) -> Reader:
    """Keep texts of the pattern as they are typed, without blanks around them; refuse others with this sentence."""
    regex = re.compile(pattern)

    def read(text: str, settings: Settings, base_type: str) -> str:
        kept = text.strip()
        if regex.fullmatch(kept) is None:
            raise ValueError(refusal)
        return kept

    return read


def rule(pattern: str) -> Rule:
    """The CHECK that a column's texts are of the pattern."""
    constant = quoting.literal(f"^(?:{pattern})$")
    return lambda column, settings: f"{column} ~ {constant}"
